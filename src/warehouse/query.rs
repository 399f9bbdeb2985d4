//! Reading a warehouse: a user's SQL, what there is to read, which runs it holds.

use std::path::Path;

use duckdb::Connection;
use serde_json::Value as Json;

use super::WarehouseError;
use super::cells::json;
use super::database::open_filled;
use super::error::words;

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryResult {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows; every cell as JSON, where dates and times are text.
    pub rows: Vec<Vec<Json>>,
}

impl QueryResult {
    /// A cell as text: nothing for null, text as it is, lists as JSON.
    #[must_use]
    pub fn text(cell: &Json) -> String {
        match cell {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The name.
    pub name: String,
    /// True for a view.
    pub is_view: bool,
    /// One sentence.
    pub comment: String,
    /// The columns.
    pub columns: Vec<DescribedColumn>,
}

/// A column of a table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedColumn {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: String,
    /// One sentence.
    pub comment: String,
}

/// A run that the warehouse holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Its id.
    pub run_id: i64,
    /// When it started, in UTC.
    pub started_at: String,
    /// `completed` or `held`.
    pub status: String,
}

/// Runs SQL that only reads. DuckDB itself refuses everything else, and files beside the warehouse are out of reach.
///
/// # Errors
/// When there is no warehouse, or when the SQL is wrong or would write.
pub fn query(path: &Path, sql: &str) -> Result<QueryResult, WarehouseError> {
    let connection = open_filled(path, false)?;
    let answer =
        connection.execute_batch("SET lock_configuration = true").and_then(|()| select(&connection, sql));
    answer.map_err(|error| WarehouseError::Sql { message: words(&error) })
}

pub(super) fn select(connection: &Connection, sql: &str) -> duckdb::Result<QueryResult> {
    let mut statement = connection.prepare(sql)?;
    // Not row by row: the library's rows do not know columns that are only null.
    let batches = statement.query_arrow([])?;
    let columns = batches.get_schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut answer = QueryResult { columns, rows: Vec::new() };
    for batch in batches {
        let cells = |row| batch.columns().iter().map(move |column| json(column, row)).collect();
        answer.rows.extend((0..batch.num_rows()).map(cells));
    }
    Ok(answer)
}

/// Every table and view with its comments: views for people first, then tables, then the `latest_*` views.
///
/// # Errors
/// When there is no warehouse, or when it cannot be read.
pub fn tables_and_views(path: &Path) -> Result<Vec<Described>, WarehouseError> {
    let connection = open_filled(path, false)?;
    describe(&connection).map_err(|error| WarehouseError::of_database(path, "read", &error))
}

fn describe(connection: &Connection) -> duckdb::Result<Vec<Described>> {
    let sql = "SELECT name, is_view, comment FROM (
            SELECT view_name AS name, true AS is_view, comment FROM duckdb_views() WHERE NOT internal
            UNION ALL SELECT table_name, false, comment FROM duckdb_tables() WHERE NOT internal
        ) ORDER BY starts_with(name, 'latest_'), NOT is_view, name";
    let mut all: Vec<Described> = connection
        .prepare(sql)?
        .query_map([], |row| {
            Ok(Described {
                name: row.get(0)?,
                is_view: row.get(1)?,
                comment: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                columns: Vec::new(),
            })
        })?
        .collect::<duckdb::Result<_>>()?;
    let sql = "SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
        WHERE NOT internal ORDER BY table_name, column_index";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let owner: String = row.get(0)?;
        let column = DescribedColumn {
            name: row.get(1)?,
            kind: row.get(2)?,
            comment: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        };
        if let Some(described) = all.iter_mut().find(|described| described.name == owner) {
            described.columns.push(column);
        }
    }
    Ok(all)
}

/// The runs that the warehouse holds, the oldest first.
///
/// # Errors
/// When there is no warehouse, or when it cannot be read.
pub fn runs(path: &Path) -> Result<Vec<RunInfo>, WarehouseError> {
    let connection = open_filled(path, false)?;
    let read = || -> duckdb::Result<Vec<RunInfo>> {
        let sql =
            "SELECT run_id, strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'), status FROM runs ORDER BY run_id";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(RunInfo { run_id: row.get(0)?, started_at: row.get(1)?, status: row.get(2)? })
        })?;
        rows.collect()
    };
    read().map_err(|error| WarehouseError::of_database(path, "read", &error))
}
