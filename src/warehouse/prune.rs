//! Dropping old runs.

use std::path::Path;

use super::WarehouseError;
use super::database::{Identity, identify, open_to_read, open_to_write};
use super::lock::Lock;
use super::schema::tables;
use super::views::quoted;

/// What was dropped, and what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The runs that were dropped, the oldest first.
    pub dropped: Vec<i64>,
    /// The runs that are left, the oldest first.
    pub kept: Vec<i64>,
}

/// Keeps the newest `keep` runs, at least one, and the last completed run in any case: the next run compares itself with
/// it. The space of the others is used again by later runs.
///
/// # Errors
/// When there is no warehouse, when a run has it, or when it cannot be written.
pub fn prune(path: &Path, keep: usize) -> Result<Pruned, WarehouseError> {
    if identify(&open_to_read(path, false)?, path)? == Identity::Blank {
        return Err(WarehouseError::Empty { path: path.to_path_buf() });
    }
    let _lock = Lock::take(path)?;
    let failed = |error: duckdb::Error| WarehouseError::of_database(path, "write", &error);
    let mut connection = open_to_write(path)?;
    let pruned = drop_runs(&mut connection, keep.max(1)).map_err(failed)?;
    connection.execute_batch("CHECKPOINT").map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))?;
    Ok(pruned)
}

fn drop_runs(connection: &mut duckdb::Connection, keep: usize) -> duckdb::Result<Pruned> {
    let transaction = connection.transaction()?;
    let sql = "SELECT run_id, status FROM runs ORDER BY run_id DESC";
    let runs: Vec<(i64, String)> = transaction
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<duckdb::Result<_>>()?;
    let last_completed = runs.iter().find(|(_, status)| status == "completed").map(|(run_id, _)| *run_id);
    let mut pruned = Pruned { dropped: Vec::new(), kept: Vec::new() };
    for (position, (run_id, _)) in runs.iter().enumerate().rev() {
        let is_kept = position < keep || last_completed == Some(*run_id);
        if is_kept { &mut pruned.kept } else { &mut pruned.dropped }.push(*run_id);
    }
    if !pruned.dropped.is_empty() {
        let dropped: Vec<String> = pruned.dropped.iter().map(i64::to_string).collect();
        let dropped = dropped.join(", ");
        for table in tables() {
            let name = quoted(table.name);
            transaction.execute(&format!("DELETE FROM {name} WHERE run_id IN ({dropped})"), [])?;
        }
    }
    transaction.commit()?;
    Ok(pruned)
}
