//! The warehouse: one DuckDB file per pipeline, with every table and view that analysts get.
//!
//! [`schema`] and [`views`] declare what is in it, [`store`] opens it and writes a run in one transaction, the files
//! named after tables turn results into rows. Nothing here decides anything, and nothing is printed.
//!
//! The file is made in storage version `v1.2.0`, because a file in the default format of DuckDB 2.0 is refused by every
//! 1.x client. A side file, the warehouse's name with `.lock` behind it, is locked for the length of a run; DuckDB's own
//! lock is held only while the file is read or written, so that analysts can read while a run still matches.

mod cells;
mod columns;
mod database;
mod error;
mod export;
mod load;
mod lock;
mod names;
mod order;
mod outcomes;
mod previous;
mod prune;
mod query;
mod reader;
mod records;
mod results;
mod schema;
mod status;
mod store;
mod text;
mod ticket_links;
mod views;

pub use error::WarehouseError;
pub use export::{Exported, Format, export};
pub use prune::{Pruned, prune};
pub use query::{Described, DescribedColumn, QueryResult, RunInfo, query, runs, tables_and_views};
pub use reader::Reader;
pub use store::{RunRecord, RunStatus, Warehouse};
