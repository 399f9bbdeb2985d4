//! Parquet files in canonical columns, read through DuckDB batch by batch.

use std::path::Path;

use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray, StringArray};

use super::FileReport;
use super::error::Failure;
use super::file::{Content, Rows};
use super::files::Input;
use super::lists;
use super::sink::Sink;
use crate::model::{Entity, Field, Kind, SourceIx, fields};
use crate::pipeline::Source;
use crate::systems::Secrets;

pub(super) fn read(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let file = Parquet::open(input)?;
    let Some(entity) = entity_of(input) else {
        let what = format!(
            "neither its name nor the pipeline says which entity it holds ({})",
            file.columns.join(", ")
        );
        return Err(Failure::new(
            what,
            "name the entity with `files = [{ path = \"...\", entity = \"...\" }]`",
        ));
    };
    let all = fields(entity);
    let mut sink = Sink::new(ix, source, entity, &input.shown);
    let mut positions: Vec<Option<usize>> = Vec::with_capacity(file.columns.len());
    let secrets = &source.system.secrets;
    for column in &file.columns {
        let position = all.iter().position(|field| field.name == column);
        match position {
            Some(at) => {
                sink.carry(at);
                report.understood.push((column.clone(), all[at].name));
            }
            None => report.not_understood.push(column.clone()),
        }
        positions.push(position);
    }
    if report.understood.is_empty() {
        let what = format!("its columns ({}) are none of {}", file.columns.join(", "), entity.table());
        return Err(Failure::new(
            what,
            "a Parquet source has the canonical column names, such as `record_id`",
        ));
    }
    let has_id = positions.contains(&Some(0));
    let selected: Vec<String> =
        file.columns.iter().zip(&positions).map(|(name, at)| as_text(name, at.map(|at| &all[at]))).collect();
    let sql = format!("SELECT {} FROM {}", selected.join(", "), file.table);
    let mut statement = file.connection.prepare(&sql).map_err(|error| failure(&error))?;
    let mut number = 0;
    for batch in statement.query_arrow([]).map_err(|error| failure(&error))? {
        let cells: Vec<&StringArray> = batch.columns().iter().map(AsArray::as_string).collect();
        for row in 0..batch.num_rows() {
            number += 1;
            for ((column, cells), position) in file.columns.iter().zip(&cells).zip(&positions) {
                if cells.is_null(row) {
                    continue;
                }
                let text = cells.value(row);
                let Some(position) = *position else {
                    if !secrets.holds(column) {
                        sink.rest.add_text(column, text);
                    }
                    continue;
                };
                if !has_id {
                    sink.identify(column, text);
                }
                put(&all[position], position, text, &mut sink);
            }
            sink.finish(number, || raw(&file.columns, &cells, row, secrets));
        }
    }
    Ok(Rows::Records(entity, sink.build()).into())
}

fn put(field: &Field, position: usize, text: &str, sink: &mut Sink<'_>) {
    let is_taken = match field.kind {
        Kind::Interfaces if text.trim_start().starts_with('[') => match lists::interfaces_of_json(text) {
            Some(list) => {
                sink.put_made(position, &list);
                true
            }
            None => {
                sink.doubt(field.name, "bad_interfaces", text, "the cell is not a JSON list of interfaces")
            }
        },
        Kind::List | Kind::Emails | Kind::Phones | Kind::Json => {
            sink.put_made(position, text);
            true
        }
        _ => sink.put(position, text),
    };
    if !is_taken {
        sink.rest.add_text(field.name, text);
    }
}

fn raw(columns: &[String], cells: &[&StringArray], row: usize, secrets: &Secrets) -> String {
    let filled =
        columns.iter().zip(cells).filter(|(column, cells)| cells.is_valid(row) && !secrets.holds(column));
    filled.map(|(column, cells)| format!("{column}={}", cells.value(row))).collect::<Vec<_>>().join(", ")
}

/// An open file.
pub(super) struct Parquet {
    connection: Connection,
    /// The table function that reads it, as SQL.
    table: String,
    pub columns: Vec<String>,
}

impl Parquet {
    /// Opens a file and reads the names of its columns.
    pub fn open(input: &Input) -> Result<Self, Failure> {
        let Some(path) = input.path() else {
            return Err(Failure::new(
                "a Parquet file cannot be read inside an archive",
                "unpack the archive and name the folder",
            ));
        };
        let connection = Connection::open_in_memory().map_err(|error| failure(&error))?;
        let table = format!("read_parquet('{}')", literally(path));
        let columns = {
            let sql = format!("SELECT column_name FROM (DESCRIBE SELECT * FROM {table})");
            let mut statement = connection.prepare(&sql).map_err(|error| failure(&error))?;
            let names =
                statement.query_map([], |row| row.get::<_, String>(0)).map_err(|error| failure(&error))?;
            names.collect::<Result<Vec<_>, _>>().map_err(|error| failure(&error))?
        };
        Ok(Self { connection, table, columns })
    }

    /// The number of rows.
    pub fn count(&self) -> Result<u64, Failure> {
        let sql = format!("SELECT count(*) FROM {}", self.table);
        self.connection.query_row(&sql, [], |row| row.get(0)).map_err(|error| failure(&error))
    }
}

/// The entity: the one that the pipeline gives, else the one that the file is named after.
pub(super) fn entity_of(input: &Input) -> Option<Entity> {
    input.entity.or_else(|| Entity::parse(&input.stem()))
}

/// The path in an SQL text, with nothing in it that DuckDB takes for a pattern.
fn literally(path: &Path) -> String {
    let mut text = String::new();
    for letter in path.to_string_lossy().chars() {
        match letter {
            '[' | '*' | '?' => {
                text.push('[');
                text.push(letter);
                text.push(']');
            }
            '\'' => text.push_str("''"),
            _ => text.push(letter),
        }
    }
    text
}

/// The column as text, in SQL. Lists become text with the separator of list cells.
fn as_text(name: &str, field: Option<&Field>) -> String {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let is_list = field.is_some_and(|field| matches!(field.kind, Kind::List | Kind::Emails | Kind::Phones));
    if is_list {
        format!(
            "CASE WHEN typeof({quoted}) LIKE '%[]' THEN array_to_string({quoted}::VARCHAR[], chr(31)) ELSE {quoted}::VARCHAR END"
        )
    } else {
        format!("{quoted}::VARCHAR")
    }
}

fn failure(error: &duckdb::Error) -> Failure {
    let text = error.to_string();
    Failure::new(format!("it is not readable as Parquet: {}", text.lines().next().unwrap_or_default()), "")
}
