//! Reading a warehouse: a user's SQL, what there is to read, which runs it holds.

use std::path::Path;

use duckdb::Connection;
use duckdb::types::{TimeUnit, Value};
use serde_json::Value as Json;

use super::WarehouseError;
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

fn select(connection: &Connection, sql: &str) -> duckdb::Result<QueryResult> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let columns: Vec<String> = rows.as_ref().map(duckdb::Statement::column_names).unwrap_or_default();
    let mut answer = QueryResult { rows: Vec::new(), columns };
    while let Some(row) = rows.next()? {
        let cells = (0..answer.columns.len()).map(|at| Ok(json(&row.get(at)?)));
        answer.rows.push(cells.collect::<duckdb::Result<_>>()?);
    }
    Ok(answer)
}

/// A value as JSON.
fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::from(*value),
        Value::TinyInt(value) => Json::from(*value),
        Value::SmallInt(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::BigInt(value) => Json::from(*value),
        // Sums are of this type; what does not fit a JSON number is text.
        Value::HugeInt(value) => {
            i64::try_from(*value).map_or_else(|_| Json::from(value.to_string()), Json::from)
        }
        Value::UTinyInt(value) => Json::from(*value),
        Value::USmallInt(value) => Json::from(*value),
        Value::UInt(value) => Json::from(*value),
        Value::UBigInt(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::Double(value) => Json::from(*value),
        Value::Text(value) | Value::Enum(value) => Json::from(value.as_str()),
        Value::Date32(days) => Json::from(date(*days)),
        Value::Timestamp(unit, value) => Json::from(timestamp(*unit, *value)),
        Value::List(values) | Value::Array(values) => values.iter().map(json).collect(),
        Value::Struct(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.clone(), json(value))).collect())
        }
        Value::Map(entries) => {
            let entry = |(key, value): (&Value, &Value)| (QueryResult::text(&json(key)), json(value));
            Json::Object(entries.iter().map(|(key, value)| entry((key, value))).collect())
        }
        Value::Union(value) => json(value),
        Value::Blob(bytes) => Json::from(String::from_utf8_lossy(bytes)),
        other => Json::from(format!("{other:?}")),
    }
}

fn date(days: i32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(days)).map_or_else(|_| days.to_string(), |date| date.to_string())
}

fn timestamp(unit: TimeUnit, value: i64) -> String {
    let time = match unit {
        TimeUnit::Second => jiff::Timestamp::from_second(value),
        TimeUnit::Millisecond => jiff::Timestamp::from_millisecond(value),
        TimeUnit::Microsecond => jiff::Timestamp::from_microsecond(value),
        TimeUnit::Nanosecond => jiff::Timestamp::from_nanosecond(i128::from(value)),
    };
    time.map_or_else(|_| value.to_string(), |time| time.to_string())
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
