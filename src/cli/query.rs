//! `matchbook query`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use super::exit_code;
use super::failure::Failure;
use crate::pipeline;
use crate::report::words::count;
use crate::report::{Printer, Tone, table};
use crate::warehouse::{self, Described, QueryResult};

/// Ask the warehouse in SQL; without SQL, list its tables and views
#[derive(Debug, Args)]
#[command(
    long_about = "Ask the warehouse in SQL; without SQL, list its tables and views with what they hold.

Only reading is allowed, and only of the warehouse. Any DuckDB client of version 1.2 or later opens the file too.

Examples:
  matchbook query clients.toml
  matchbook query clients.toml \"FROM site_matching\"
  matchbook query clients.toml \"SELECT * FROM blocked\" --csv > blocked.csv
  matchbook query clients.toml \"FROM runs\" --json | jq .run_id"
)]
pub(super) struct QueryArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// The SQL; a view's name is enough behind `FROM`
    #[arg(value_name = "SQL")]
    sql: Option<String>,
    /// Write CSV
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    csv: bool,
    /// Write one JSON object per row
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl QueryArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let Some(sql) = &self.sql else { return self.list(&pipeline.warehouse, printer) };
        let result = warehouse::query(&pipeline.warehouse, sql)?;
        if self.csv {
            printer.data(&csv(&result)?);
        } else if self.json {
            for row in &result.rows {
                printer.line(&object(&result.columns, row).to_string());
                if printer.is_closed() {
                    break;
                }
            }
        } else {
            let rows: Vec<Vec<String>> =
                result.rows.iter().map(|row| row.iter().map(QueryResult::text).collect()).collect();
            printer.data(&table::of_query(&result.columns, &rows));
            printer.note(&count(rows.len() as u64, "row"));
        }
        Ok(exit_code::DONE)
    }

    /// Lists what there is to ask.
    fn list(&self, path: &Path, printer: &Printer) -> Result<u8, Failure> {
        let all = warehouse::tables_and_views(path)?;
        if self.json || self.csv {
            let columns = ["table", "type", "column", "column_type", "comment"].map(str::to_owned).to_vec();
            let rows: Vec<Vec<Value>> = all.iter().flat_map(rows_of).collect();
            if self.csv {
                printer.data(&csv(&QueryResult { columns, rows })?);
            } else {
                for row in &rows {
                    printer.line(&object(&columns, row).to_string());
                }
            }
            return Ok(exit_code::DONE);
        }
        let paint = printer.out_paint();
        let width =
            all.iter().filter(|one| !is_latest(one)).map(|one| one.name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (heading, is_view) in [("views", true), ("tables", false)] {
            text.push_str(&paint.paint(Tone::Heading, heading));
            text.push('\n');
            for one in all.iter().filter(|one| one.is_view == is_view && !is_latest(one)) {
                text.push_str(&format!("  {:width$}  {}\n", one.name, one.comment));
            }
            if is_view {
                let comment = "The rows of a table of the last completed run.";
                text.push_str(&format!("  {:width$}  {comment}\n", "latest_TABLE"));
            }
            text.push('\n');
        }
        text.push_str("The columns of one: ");
        text.push_str(&paint.paint(Tone::Hint, "matchbook query PIPELINE \"DESCRIBE unmatched\""));
        text.push('\n');
        printer.data(&text);
        Ok(exit_code::DONE)
    }
}

/// Whether it is one of the views that repeat a table for the last run: they are listed as one.
fn is_latest(one: &Described) -> bool {
    one.is_view && one.name.starts_with("latest_")
}

/// One row for a table or view, then one per column.
fn rows_of(one: &Described) -> Vec<Vec<Value>> {
    let kind = if one.is_view { "view" } else { "table" };
    let row = |column: &str, column_type: &str, comment: &str| {
        [&one.name, kind, column, column_type, comment].map(Value::from).to_vec()
    };
    std::iter::once(row("", "", &one.comment))
        .chain(one.columns.iter().map(|column| row(&column.name, &column.kind, &column.comment)))
        .collect()
}

fn object(columns: &[String], row: &[Value]) -> Value {
    Value::Object(columns.iter().cloned().zip(row.iter().cloned()).collect::<Map<_, _>>())
}

fn csv(result: &QueryResult) -> Result<String, Failure> {
    let unexpected = |error: &dyn std::error::Error| Failure::unexpected(&error.to_string());
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(&result.columns).map_err(|error| unexpected(&error))?;
    for row in &result.rows {
        writer.write_record(row.iter().map(QueryResult::text)).map_err(|error| unexpected(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| unexpected(&error))?;
    String::from_utf8(bytes).map_err(|error| unexpected(&error))
}
