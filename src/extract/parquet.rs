//! Parquet files in canonical columns, read through DuckDB.

use std::collections::BTreeMap;

use duckdb::Connection;
use serde_json::Value;

use super::FileReport;
use super::error::Failure;
use super::file::Content;
use super::files::Input;
use super::sink::Sink;
use crate::model::{Entity, Kind, SourceIx, fields};
use crate::pipeline::Source;

pub(super) fn read(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let Some(path) = input.path() else {
        return Err(Failure::new(
            "a Parquet file cannot be read inside an archive",
            "unpack the archive and name the folder",
        ));
    };
    let connection = Connection::open_in_memory().map_err(|error| failure(&error))?;
    let path = path.to_string_lossy().replace('\'', "''");
    let columns = columns(&connection, &path)?;
    let entity = input.entity.or_else(|| Entity::parse(&input.stem()));
    let Some(entity) = entity else {
        let what =
            format!("neither its name nor the pipeline says which entity it holds ({})", columns.join(", "));
        return Err(Failure::new(
            what,
            "name the entity with `files = [{ path = \"...\", entity = \"...\" }]`",
        ));
    };
    let all = fields(entity);
    let known: BTreeMap<&str, usize> = all.iter().enumerate().map(|(at, field)| (field.name, at)).collect();
    let mut sink = Sink::new(ix, source, entity, &input.shown, vec![false; all.len()]);
    let mut selected = Vec::new();
    for column in &columns {
        let quoted = column.replace('"', "\"\"");
        // Lists become text with the separator of list cells; everything else is its plain text.
        let is_list = known
            .get(column.as_str())
            .is_some_and(|at| matches!(all[*at].kind, Kind::List | Kind::Emails | Kind::Phones));
        selected.push(if is_list {
            format!("CASE WHEN typeof(\"{quoted}\") LIKE '%[]' THEN array_to_string(\"{quoted}\"::VARCHAR[], chr(31)) ELSE \"{quoted}\"::VARCHAR END")
        } else {
            format!("\"{quoted}\"::VARCHAR")
        });
        match known.get(column.as_str()) {
            Some(at) => {
                sink.carry(*at);
                report.understood.push((column.clone(), all[*at].name));
            }
            None => report.not_understood.push(column.clone()),
        }
    }
    if report.understood.is_empty() {
        let what = format!("its columns ({}) are none of {}", columns.join(", "), entity.table());
        return Err(Failure::new(
            what,
            "a Parquet source has the canonical column names, such as `record_id`",
        ));
    }
    let sql = format!("SELECT {} FROM read_parquet('{path}')", selected.join(", "));
    let mut statement = connection.prepare(&sql).map_err(|error| failure(&error))?;
    let mut rows = statement.query([]).map_err(|error| failure(&error))?;
    let has_id = columns.iter().any(|column| column == all[0].name);
    let mut number = 0;
    while let Some(row) = rows.next().map_err(|error| failure(&error))? {
        number += 1;
        for (at, column) in columns.iter().enumerate() {
            let Some(text) = row.get::<_, Option<String>>(at).map_err(|error| failure(&error))? else {
                continue;
            };
            match known.get(column.as_str()) {
                Some(position) => {
                    if !has_id {
                        sink.identify(column, &text);
                    }
                    match all[*position].kind {
                        Kind::List | Kind::Emails | Kind::Phones => sink.put_made(*position, &text),
                        Kind::Interfaces if text.trim_start().starts_with('[') => {
                            sink.put_made(
                                *position,
                                &super::lists::interfaces_of_json(&text).unwrap_or_default(),
                            );
                        }
                        _ => sink.put(*position, &text),
                    }
                }
                None => {
                    sink.rest.insert(column.clone(), Value::from(text));
                }
            }
        }
        sink.finish(number, String::new);
    }
    Ok(Content::Records(entity, sink.build()))
}

fn columns(connection: &Connection, path: &str) -> Result<Vec<String>, Failure> {
    let sql = format!("SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('{path}'))");
    let mut statement = connection.prepare(&sql).map_err(|error| failure(&error))?;
    let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(|error| failure(&error))?;
    names.collect::<Result<_, _>>().map_err(|error| failure(&error))
}

fn failure(error: &duckdb::Error) -> Failure {
    let text = error.to_string();
    Failure::new(format!("it is not readable as Parquet: {}", text.lines().next().unwrap_or_default()), "")
}
