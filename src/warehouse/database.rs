//! Connections to the file, and what the file says of itself.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

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

/// What makes a connection use the warehouse that is being made.
const USE_UNFINISHED: &str = "USE warehouse";

/// Begins to write. There is nothing to optimise in declarations and loads, and DuckDB looks for it in every statement.
pub(super) const BEGIN: &str = "PRAGMA disable_optimizer; BEGIN";

/// A warehouse that is being made, for its first run.
///
/// Its tables, its views and all their comments take DuckDB a quarter of a second, a third of an ordinary run. So the tables
/// are made while files are read, and the views while rows are loaded.
#[derive(Debug)]
pub(super) struct New {
    /// Gives the connection of the run when the tables are there, and nothing when they cannot be made.
    connection: Receiver<Connection>,
    views: Views,
}

impl New {
    /// Begins the file on a thread of its own.
    pub fn begin(path: &Path) -> Self {
        let (sender, connection) = sync_channel(1);
        let path = path.to_path_buf();
        let views = thread::spawn(move || {
            let failed = |error: duckdb::Error| WarehouseError::of_database(&path, "write", &error);
            discard(&path)?;
            let connection = open_unfinished(&path)?;
            in_transaction(&connection, &create_tables()).map_err(failed)?;
            let of_run = connection.try_clone().map_err(failed)?;
            of_run.execute_batch(USE_UNFINISHED).map_err(failed)?;
            // Without a receiver there is no run to come.
            sender
                .send(of_run)
                .map_or(Ok(()), |()| in_transaction(&connection, &statements()).map_err(failed))
        });
        Self { connection, views: Views(Some(views)) }
    }

    /// The connection for the run, once there are tables, and the views, which the run has to wait for before it ends.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn with_tables(self) -> Result<(Connection, Views), WarehouseError> {
        match self.connection.recv() {
            Ok(connection) => Ok((connection, self.views)),
            Err(_) => Err(self.views.wait().expect_err("without an error there is a connection")),
        }
    }
}

/// The views of a new warehouse, while they are made.
#[derive(Debug)]
pub(super) struct Views(Option<JoinHandle<Result<(), WarehouseError>>>);

impl Views {
    /// Waits until they are there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn wait(mut self) -> Result<(), WarehouseError> {
        let views = self.0.take().expect("they are waited for once");
        views.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for Views {
    /// A file that is to go must not be written any more.
    fn drop(&mut self) {
        if let Some(views) = self.0.take() {
            // The run failed or does not happen. Whether there are views does not matter then.
            let _ = views.join();
        }
    }
}

fn in_transaction(connection: &Connection, sql: &str) -> duckdb::Result<()> {
    connection.execute_batch(BEGIN)?;
    connection.execute_batch(sql)?;
    connection.execute_batch("COMMIT")
}

/// Gives a warehouse with its first run in it its name.
pub(super) fn finish(path: &Path) -> Result<(), WarehouseError> {
    std::fs::rename(unfinished(path), path).map_err(|error| not_writable(path, error))
}

/// Removes what a run that did not end began, with what did not fit into memory.
pub(super) fn discard(path: &Path) -> Result<(), WarehouseError> {
    let file = unfinished(path);
    for removed in [std::fs::remove_file(&file), std::fs::remove_dir_all(spilled(&file))] {
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(not_writable(path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where DuckDB puts what does not fit into memory.
fn spilled(file: &Path) -> PathBuf {
    with_ending(file, ".tmp")
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
    let config = || to_write()?.with("storage_compatibility_version", STORAGE_VERSION);
    let connection =
        config().and_then(|config| Connection::open_with_flags(path, config)).and_then(|connection| {
            load::prepare(&connection)?;
            Ok(connection)
        });
    connection.map_err(|error| WarehouseError::of_database(path, "open", &error))
}

/// Opens a new file beside `path`, to make a warehouse in it. It has no log: what is not finished is thrown away, so rows need
/// not be written twice. It is complete after `CHECKPOINT`.
fn open_unfinished(path: &Path) -> Result<Connection, WarehouseError> {
    let open = || {
        let file = unfinished(path);
        let name = |path: PathBuf| {
            path.to_str().map(literal).ok_or_else(|| duckdb::Error::InvalidPath(path.clone()))
        };
        // Only a database that is attached can be without a log.
        let attach = format!(
            "SET temp_directory = {}; ATTACH {} AS warehouse (STORAGE_VERSION '{STORAGE_VERSION}', RECOVERY_MODE no_wal_writes);",
            name(spilled(&file))?,
            name(file)?,
        );
        let connection = Connection::open_in_memory_with_flags(to_write()?)?;
        connection.execute_batch(&attach)?;
        connection.execute_batch(USE_UNFINISHED)?;
        load::prepare(&connection)?;
        Ok(connection)
    };
    open().map_err(|error| WarehouseError::of_database(path, "open", &error))
}

fn to_write() -> duckdb::Result<Config> {
    common(Config::default())?
        .max_memory(WRITE_MEMORY)?
        // A run asks for more when it is worth it.
        .threads(1)?
        // Loading with several threads keeps the order inside batches only, and a sort would cost more than it gives.
        .with("preserve_insertion_order", "false")
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

/// The SQL that makes all tables and views with their comments.
pub(super) fn create() -> String {
    create_tables() + &statements()
}

fn create_tables() -> String {
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
    sql
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
