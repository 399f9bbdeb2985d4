//! What can go wrong with a warehouse. All of it is expected: the text says what and where, [`WarehouseError::hint`]
//! what to do about it.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// What went wrong with a warehouse.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WarehouseError {
    /// Another run has it.
    #[error("the warehouse `{}` is in use by another run", path.display())]
    Locked {
        /// The warehouse.
        path: PathBuf,
    },
    /// Another program has it open.
    #[error("the warehouse `{}` is open in another program: {message}", path.display())]
    Busy {
        /// The warehouse.
        path: PathBuf,
        /// What DuckDB says.
        message: String,
    },
    /// A newer version made it.
    #[error("the warehouse `{}` was made by a newer version of matchbook: {found}", path.display())]
    Newer {
        /// The warehouse.
        path: PathBuf,
        /// What it says of itself.
        found: String,
    },
    /// It is no DuckDB file.
    #[error("`{}` is not a DuckDB database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// It is a DuckDB file with other tables.
    #[error("`{}` is a DuckDB database, but not one of matchbook's", path.display())]
    NotAWarehouse {
        /// The file.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no warehouse at `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is one without a run.
    #[error("the warehouse `{}` holds no run yet", path.display())]
    Empty {
        /// The warehouse.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("the warehouse `{}` cannot be written", path.display())]
    NotWritable {
        /// The warehouse.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The disk is full.
    #[error("the disk is full: the run could not be written to the warehouse `{}`, which is as it was before", path.display())]
    DiskFull {
        /// The warehouse.
        path: PathBuf,
    },
    /// The folder of an export holds something.
    #[error("the folder `{}` is not empty", folder.display())]
    ExportNotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder of an export cannot be written.
    #[error("cannot write to the folder `{}`", folder.display())]
    NoExport {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A statement of the user's is wrong, or not allowed.
    #[error("{message}")]
    Sql {
        /// What DuckDB says.
        message: String,
    },
    /// Anything else that DuckDB says.
    #[error("failed to {doing} the warehouse `{}`: {message}", path.display())]
    Database {
        /// The warehouse.
        path: PathBuf,
        /// What was being done: `open`, `write`.
        doing: &'static str,
        /// What DuckDB says.
        message: String,
    },
}

impl WarehouseError {
    /// What the user can do about it; empty when the message says it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Locked { .. } => {
                "wait until that run has finished, or give this pipeline another `warehouse`"
            }
            Self::Busy { .. } => "close the database there; a session that only reads blocks a run as well",
            Self::Newer { .. } => {
                "use that version or a later one, or give this pipeline another `warehouse`"
            }
            Self::NotADatabase { .. } | Self::NotAWarehouse { .. } => {
                "give this pipeline another `warehouse`, or move the file away; it was not touched"
            }
            Self::Missing { .. } | Self::Empty { .. } => "`matchbook run` makes it",
            Self::NotWritable { .. } => "make the folder writable, or give this pipeline another `warehouse`",
            Self::DiskFull { .. } => "free some space and run again; `matchbook prune` drops old runs",
            Self::ExportNotEmpty { .. } => {
                "export into a new folder; older files would be taken for a part of this export"
            }
            Self::Sql { message } if message.contains("read-only") => {
                "a query can only read; `decide`, `run` and `prune` write"
            }
            Self::NoExport { .. } | Self::Sql { .. } | Self::Database { .. } => "",
        }
    }

    /// What an error of DuckDB's means. DuckDB has no codes for these, so its words are looked at.
    pub(super) fn of_database(path: &Path, doing: &'static str, error: &duckdb::Error) -> Self {
        let path = path.to_path_buf();
        let message = words(error);
        let says = |text: &str| message.contains(text);
        if says("No space left on device") || says("File too large") || says("not enough space") {
            Self::DiskFull { path }
        } else if says("Conflicting lock")
            || says("Could not set lock")
            || says("being used by another process")
        {
            // The rest of it is advice that does not help here: a run has to write.
            let holder =
                message.split_once("Conflicting lock is held in ").map_or(message.as_str(), |(_, rest)| rest);
            let holder = holder.split(". However").next().unwrap_or(holder).to_owned();
            Self::Busy { path, message: holder }
        } else if says("database file with version number") || says("is newer than") {
            Self::Newer { path, found: message }
        } else if says("not a valid DuckDB database file")
            || says("file is too small")
            || says("Corrupt database file")
        {
            Self::NotADatabase { path }
        } else if says("Permission denied") || says("Read-only file system") {
            let source = std::io::Error::new(std::io::ErrorKind::PermissionDenied, message);
            Self::NotWritable { path, source }
        } else {
            Self::Database { path, doing, message }
        }
    }
}

/// The first line of what DuckDB says; what follows is a position in SQL or a stack.
pub(super) fn words(error: &duckdb::Error) -> String {
    match error {
        duckdb::Error::DuckDBFailure(_, Some(message)) => message.trim().to_owned(),
        other => other.to_string(),
    }
}
