//! Reading the last run for more than one question: answers are kept between questions, in memory.

use std::path::Path;

use duckdb::Connection;

use super::WarehouseError;
use super::database::open_filled;
use super::query::{QueryResult, select};
use super::views::quoted;

/// An open warehouse that is only read.
pub struct Reader {
    connection: Connection,
    path: std::path::PathBuf,
}

impl Reader {
    /// Opens the warehouse.
    ///
    /// # Errors
    /// When there is none, or when it holds no run.
    pub fn open(path: &Path) -> Result<Self, WarehouseError> {
        Ok(Self { connection: open_filled(path, false)?, path: path.to_path_buf() })
    }

    /// Keeps the answer to `sql` under `name` until the reader is dropped. The file does not change.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keep(&self, name: &str, sql: &str) -> Result<(), WarehouseError> {
        let made = self.connection.execute_batch(&format!("CREATE TEMP TABLE {} AS {sql}", quoted(name)));
        made.map_err(|error| WarehouseError::of_database(&self.path, "read", &error))
    }

    /// The answer to `sql`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn ask(&self, sql: &str) -> Result<QueryResult, WarehouseError> {
        select(&self.connection, sql).map_err(|error| WarehouseError::of_database(&self.path, "read", &error))
    }
}
