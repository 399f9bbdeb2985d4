//! Connections to the file, and what the file says of itself.

use std::path::{Path, PathBuf};

use duckdb::{AccessMode, Config, Connection, OptionalExt as _};

use super::schema::{Table, tables};
use super::views::{literal, quoted, statements};
use super::{WarehouseError, load};

/// The version of tables and views. It is raised when a column or table is added or changes its meaning.
pub(super) const SCHEMA_VERSION: i64 = 2;

/// The oldest format that 1.2 and newer clients read; the default of DuckDB 2.0 is refused by all of 1.x.
const STORAGE_VERSION: &str = "v1.2.0";

/// What the name of a row of `warehouse_info` begins with that says since when two-way sync of a source is on.
pub(super) const TWO_WAY_SINCE: &str = "two_way_since:";

/// How much DuckDB may keep in memory while a run is written; the run itself is in memory as well.
const WRITE_MEMORY: &str = "1GB";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// A database without tables.
    Blank,
    /// A warehouse of this version.
    Warehouse,
    /// A warehouse of an earlier version. It can be read; a run brings it up to date.
    Earlier,
}

/// Opens the file for reading. `may_reach_files` is true for exports only: SQL of users cannot touch other files.
pub(super) fn open_to_read(path: &Path, may_reach_files: bool) -> Result<Connection, WarehouseError> {
    if !is_there(path) {
        return Err(WarehouseError::Missing { path: path.to_path_buf() });
    }
    let config = || {
        common(Config::default())?.access_mode(AccessMode::ReadOnly)?.enable_external_access(may_reach_files)
    };
    let connection = config().and_then(|config| Connection::open_with_flags(path, config));
    connection.map_err(|error| WarehouseError::of_database(path, "open", &error))
}

/// Whether there is a file with something in it.
pub(super) fn is_there(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

/// Where a warehouse is made. It gets its name when its first run is in it, so that a process that is killed leaves no half
/// of a file.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    with_ending(path, ".new")
}

/// Begins to write. There is nothing to optimise in declarations and loads, and DuckDB looks for it in every statement.
pub(super) const BEGIN: &str = "PRAGMA disable_optimizer; BEGIN";

/// Begins a warehouse: its tables and views, in a transaction that is left open for the first run.
pub(super) fn begin(path: &Path) -> Result<Connection, WarehouseError> {
    discard(path)?;
    let connection = open_to_write(&unfinished(path))?;
    let begun = connection.execute_batch(BEGIN).and_then(|()| create(&connection));
    begun.map_err(|error| WarehouseError::of_database(path, "write", &error))?;
    Ok(connection)
}

/// Gives a warehouse with its first run in it its name.
pub(super) fn finish(path: &Path) -> Result<(), WarehouseError> {
    std::fs::rename(unfinished(path), path).map_err(|error| not_writable(path, error))
}

/// Removes what a run that did not end began.
pub(super) fn discard(path: &Path) -> Result<(), WarehouseError> {
    let unfinished = unfinished(path);
    for file in [with_ending(&unfinished, ".wal"), unfinished] {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(not_writable(path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn not_writable(path: &Path, source: std::io::Error) -> WarehouseError {
    WarehouseError::NotWritable { path: path.to_path_buf(), source }
}

/// Opens the file for writing.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, WarehouseError> {
    let config = || {
        common(Config::default())?
            .with("storage_compatibility_version", STORAGE_VERSION)?
            .max_memory(WRITE_MEMORY)?
            // A run asks for more when it is worth it.
            .threads(1)?
            // Loading with several threads keeps the order inside batches only, and a sort would cost more than it gives.
            .with("preserve_insertion_order", "false")
    };
    let connection =
        config().and_then(|config| Connection::open_with_flags(path, config)).and_then(|connection| {
            load::prepare(&connection)?;
            Ok(connection)
        });
    connection.map_err(|error| WarehouseError::of_database(path, "open", &error))
}

fn common(config: Config) -> duckdb::Result<Config> {
    config.with("autoinstall_known_extensions", "false")?.with("autoload_known_extensions", "false")
}

/// What the file is; an error when it is of a newer version or of something else.
pub(super) fn identify(connection: &Connection, path: &Path) -> Result<Identity, WarehouseError> {
    let failed = |error: duckdb::Error| WarehouseError::of_database(path, "open", &error);
    let (all, known): (i64, i64) = connection
        .query_row(
            "SELECT count(*), count(*) FILTER (table_name = 'warehouse_info') FROM duckdb_tables() WHERE NOT internal",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(failed)?;
    if all == 0 {
        return Ok(Identity::Blank);
    }
    if known == 0 {
        return Err(WarehouseError::NotAWarehouse { path: path.to_path_buf() });
    }
    let version: Option<i64> = connection
        .query_row(
            "SELECT try_cast(value AS BIGINT) FROM warehouse_info WHERE name = 'schema_version'",
            [],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?
        .flatten();
    match version {
        Some(SCHEMA_VERSION) => Ok(Identity::Warehouse),
        Some(version) if (1..SCHEMA_VERSION).contains(&version) => Ok(Identity::Earlier),
        Some(version) if version > SCHEMA_VERSION => Err(WarehouseError::Newer {
            path: path.to_path_buf(),
            found: format!("its tables are of version {version}, and this version knows {SCHEMA_VERSION}"),
        }),
        _ => Err(WarehouseError::NotAWarehouse { path: path.to_path_buf() }),
    }
}

/// Opens the file for reading; an error unless it holds a run.
pub(super) fn open_filled(path: &Path, may_reach_files: bool) -> Result<Connection, WarehouseError> {
    let connection = open_to_read(path, may_reach_files)?;
    match identify(&connection, path)? {
        Identity::Warehouse | Identity::Earlier => Ok(connection),
        Identity::Blank => Err(WarehouseError::Empty { path: path.to_path_buf() }),
    }
}

/// Makes all tables and views with their comments.
pub(super) fn create(connection: &Connection) -> duckdb::Result<()> {
    let mut sql = format!(
        "CREATE TABLE warehouse_info (name VARCHAR NOT NULL, value VARCHAR, PRIMARY KEY (name));
         COMMENT ON TABLE warehouse_info IS 'One row per thing that the warehouse says of itself.';
         COMMENT ON COLUMN warehouse_info.name IS 'What it is about.';
         COMMENT ON COLUMN warehouse_info.value IS 'What it says, as text; times in UTC.';
         INSERT INTO warehouse_info VALUES ('schema_version', '{SCHEMA_VERSION}');\n"
    );
    for table in tables() {
        sql.push_str(&create_table(table));
    }
    sql.push_str(&statements());
    connection.execute_batch(&sql)
}

/// Brings a warehouse of an earlier version up to date: tables, columns and views that it lacks. Rows of earlier runs
/// have nothing in new columns.
pub(super) fn upgrade(connection: &Connection) -> duckdb::Result<()> {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut statement =
        connection.prepare("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")?;
    for row in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        known.push(row?);
    }
    let mut sql = String::new();
    for table in tables() {
        if !known.iter().any(|(name, _)| name == table.name) {
            sql.push_str(&create_table(table));
            continue;
        }
        for column in &table.columns {
            if known.iter().any(|(of, name)| of == table.name && name == column.name) {
                continue;
            }
            let (of, name) = (quoted(table.name), quoted(column.name));
            sql.push_str(&format!("ALTER TABLE {of} ADD COLUMN {name} {};\n", column.kind.sql()));
            sql.push_str(&format!("COMMENT ON COLUMN {of}.{name} IS {};\n", literal(column.comment)));
        }
    }
    sql.push_str(&statements());
    sql.push_str(&format!(
        "UPDATE warehouse_info SET value = '{SCHEMA_VERSION}' WHERE name = 'schema_version';\n"
    ));
    connection.execute_batch(&sql)
}

fn create_table(table: &Table) -> String {
    let name = quoted(table.name);
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let not_null = if table.is_required(column.name) { " NOT NULL" } else { "" };
            let compression =
                column.compression().map(|name| format!(" USING COMPRESSION {name}")).unwrap_or_default();
            format!("{} {}{compression}{not_null}", quoted(column.name), column.kind.sql())
        })
        .collect();
    let key: Vec<String> = table.key.iter().map(|name| quoted(name)).collect();
    let key = if table.has_index { format!(", PRIMARY KEY ({})", key.join(", ")) } else { String::new() };
    let mut sql = format!("CREATE TABLE {name} ({}{key});\n", columns.join(", "));
    sql.push_str(&format!("COMMENT ON TABLE {name} IS {};\n", literal(table.comment)));
    for column in &table.columns {
        let comment = literal(column.comment);
        sql.push_str(&format!("COMMENT ON COLUMN {name}.{} IS {comment};\n", quoted(column.name)));
    }
    sql
}
