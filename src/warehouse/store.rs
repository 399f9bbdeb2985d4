//! Opening a warehouse for a run, and writing the run.

use std::path::{Path, PathBuf};

use duckdb::Connection;

use super::columns::Filling;
use super::database::{self, Identity, New, Views, create, identify, is_there, open_to_read, open_to_write};
use super::load::{Load, MOST_THREADS, Stopped, load};
use super::lock::Lock;
use super::names::Names;
use super::{WarehouseError, outcomes, previous, records, results, schema, status};
use crate::diff::{Conflict, Diff};
use crate::extract::Lookups;
use crate::matching::Matching;
use crate::model::{Entity, Finding, Previous, QuarantineRow, Records, Role, Tables};
use crate::pipeline::Pipeline;
use crate::plan::{Calls, Plan, PlanInput};

/// So many records are worth a thread: as many as DuckDB puts into one group of rows. Groups are filled by one thread each, and
/// parts of a group by several threads are copied once more.
const RECORDS_OF_A_THREAD: usize = 122_880;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Nothing held it.
    Completed,
    /// A safety limit held something back.
    Held,
}

impl RunStatus {
    /// The name, as in the column `status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Held => "held",
        }
    }
}

/// Everything that a run leaves in the warehouse.
#[derive(Debug, Clone, Copy)]
pub struct RunRecord<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// When the run started.
    pub started_at: jiff::Timestamp,
    /// How it ended.
    pub status: RunStatus,
    /// Why it is held, one sentence each.
    pub held_by: &'a [String],
    /// The version of the program.
    pub version: &'a str,
    /// The pipeline's settings as a JSON object, without secrets.
    pub settings: &'a str,
    /// The records.
    pub tables: &'a Tables,
    /// The fold.
    pub matching: &'a Matching,
    /// The differences.
    pub diffs: &'a [Diff],
    /// Fields that two systems changed.
    pub conflicts: &'a [Conflict],
    /// The reference lists that were read.
    pub lookups: &'a Lookups,
    /// The plan.
    pub plan: &'a Plan,
    /// What was noticed, by all stages.
    pub findings: &'a [Finding],
    /// Rows that could not become records.
    pub quarantine: &'a [QuarantineRow],
}

/// A warehouse that a run has to itself, or one that is only read.
#[derive(Debug)]
pub struct Warehouse {
    path: PathBuf,
    /// Held for the length of a run.
    lock: Option<Lock>,
    /// The file, where there was none.
    new: Option<New>,
    previous: Option<Previous>,
}

impl Warehouse {
    /// Takes the pipeline's warehouse for a run: see [`Self::open_for_run`]. Reads what [`Self::previous`] gives.
    ///
    /// # Errors
    /// As there, and when the previous run cannot be read.
    pub fn open(pipeline: &Pipeline) -> Result<Self, WarehouseError> {
        Self::take(&pipeline.warehouse, |connection| previous::load(connection, pipeline))
    }

    /// Takes the warehouse at `path` for a run, and finds out early what would stop the run at its end. It need not exist.
    ///
    /// # Errors
    /// When another run has it, when another program has it open, when it cannot be written, when it was made by a newer
    /// version, or when the file is something else. Nothing was touched then.
    pub fn open_for_run(path: &Path) -> Result<Self, WarehouseError> {
        Self::take(path, |_| Ok(None))
    }

    fn take(
        path: &Path,
        read: impl FnOnce(&Connection) -> duckdb::Result<Option<Previous>>,
    ) -> Result<Self, WarehouseError> {
        // Looked at before anything is opened for writing. While it is open nobody writes, so what is read with the lock
        // taken is of the last run.
        let known = identified(path)?;
        let lock = Lock::take(path)?;
        let known = match known {
            // Another run may just have made it.
            None => identified(path)?,
            known => known,
        };
        let previous = read_previous(path, known, read)?;
        let path = path.to_path_buf();
        let new = if is_there(&path) {
            open_to_write(&path)?;
            None
        } else {
            Some(New::begin(&path))
        };
        Ok(Self { path, lock: Some(lock), new, previous })
    }

    /// The pipeline's warehouse, to look at the previous run only. It need not exist.
    ///
    /// # Errors
    /// When it was made by a newer version, when the file is something else, or when it cannot be read.
    pub fn open_read_only(pipeline: &Pipeline) -> Result<Self, WarehouseError> {
        let path = &pipeline.warehouse;
        let known = identified(path)?;
        let previous = read_previous(path, known, |connection| previous::load(connection, pipeline))?;
        Ok(Self { path: path.clone(), lock: None, new: None, previous })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last completed run, `None` when there is none, or when it was given already. A held run does not count.
    pub fn previous(&mut self) -> Option<Previous> {
        self.previous.take()
    }

    /// Writes the run in one transaction and gives its id, which is greater than all before it.
    ///
    /// # Errors
    /// When the warehouse cannot be written; its content is as it was before.
    ///
    /// # Panics
    /// If the warehouse was opened to be read only: the caller is wrong.
    pub fn write(&mut self, run: &RunRecord<'_>) -> Result<i64, WarehouseError> {
        assert!(self.lock.is_some(), "a run opens its warehouse with a lock");
        let failed = |error: duckdb::Error| WarehouseError::of_database(&self.path, "write", &error);
        let (connection, views) = match self.new.take() {
            Some(new) => new.with_tables().map(|(connection, views)| (connection, Some(views)))?,
            None => (open_to_write(&self.path)?, None),
        };
        let is_new = views.is_some();
        connection.execute_batch(&format!("SET threads = {}", threads(run.tables))).map_err(failed)?;
        connection.execute_batch(database::BEGIN).map_err(failed)?;
        if !is_new {
            bring_up_to_date(&connection, &self.path)?;
        }
        let run_id = write(&connection, run).map_err(failed)?;
        views.map_or(Ok(()), Views::wait)?;
        connection.execute_batch("COMMIT").map_err(failed)?;
        // The run is in. When the disk is too full to fold the log into the file, the next opening does it.
        let folded = connection.execute_batch("CHECKPOINT");
        connection.close().map_err(|(_, error)| failed(error))?;
        if is_new {
            // The log does not get the new name.
            folded.map_err(failed)?;
            database::finish(&self.path)?;
        }
        Ok(run_id)
    }
}

impl Drop for Warehouse {
    /// What was begun for a run that is not written goes.
    fn drop(&mut self) {
        drop(self.new.take());
        if self.lock.is_some() {
            // What is left lies beside the warehouse, and the next run begins with removing it.
            let _ = database::discard(&self.path);
        }
    }
}

/// The file, opened for reading, with what it is; `None` when there is none.
fn identified(path: &Path) -> Result<Option<(Connection, Identity)>, WarehouseError> {
    if !is_there(path) {
        return Ok(None);
    }
    let connection = open_to_read(path, false)?;
    let identity = identify(&connection, path)?;
    Ok(Some((connection, identity)))
}

/// Reads the previous run, and lets go of the file.
fn read_previous(
    path: &Path,
    known: Option<(Connection, Identity)>,
    read: impl FnOnce(&Connection) -> duckdb::Result<Option<Previous>>,
) -> Result<Option<Previous>, WarehouseError> {
    match known {
        Some((connection, Identity::Warehouse | Identity::Earlier)) => {
            read(&connection).map_err(|error| WarehouseError::of_database(path, "read", &error))
        }
        Some((_, Identity::Blank)) | None => Ok(None),
    }
}

/// Makes what a warehouse that is there lacks.
fn bring_up_to_date(connection: &Connection, path: &Path) -> Result<(), WarehouseError> {
    match identify(connection, path)? {
        Identity::Blank => connection.execute_batch(&create()),
        Identity::Earlier => database::upgrade(connection),
        Identity::Warehouse => Ok(()),
    }
    .map_err(|error| WarehouseError::of_database(path, "write", &error))
}

/// How many threads write so many records. While one of them has all there is to do, the others do not sleep but ask for
/// work all the time, so small runs are written by one.
fn threads(tables: &Tables) -> usize {
    let records: usize = tables.iter().map(Records::len).sum();
    (records / RECORDS_OF_A_THREAD).clamp(1, rayon::current_num_threads().min(MOST_THREADS))
}

/// Writes the run.
fn write(connection: &Connection, run: &RunRecord<'_>) -> duckdb::Result<i64> {
    let run_id: i64 =
        connection.query_row("SELECT coalesce(max(run_id), 0) + 1 FROM runs", [], |row| row.get(0))?;
    let names = Names { pipeline: run.pipeline, tables: run.tables, matching: run.matching };
    let names = &names;
    let mut loads: Vec<Load<'_>> = Vec::new();
    for entity in Entity::ALL {
        loads.push(Load::new(entity.table(), move |sink| records::write(sink, names, run_id, entity)));
    }
    loads.extend([
        filled("matches", run_id, |table| outcomes::write_matches(table, names)),
        filled("candidates", run_id, |table| outcomes::write_candidates(table, names)),
        filled("clusters", run_id, |table| outcomes::write_clusters(table, names)),
        filled("decisions", run_id, |table| outcomes::write_decisions(table, names)),
        filled("diffs", run_id, |table| results::write_diffs(table, names, run.diffs)),
        filled("conflicts", run_id, |table| results::write_conflicts(table, names, run.conflicts)),
        filled("plan_steps", run_id, |table| {
            let RunRecord { pipeline, tables, matching, diffs, lookups, plan, .. } = *run;
            let calls = Calls::new(plan, &PlanInput { pipeline, tables, matching, diffs, lookups });
            results::write_steps(table, names, plan, &calls)
        }),
        filled("plan_reasons", run_id, |table| results::write_reasons(table, run.plan)),
        filled("data_quality", run_id, |table| results::write_findings(table, run.findings)),
        filled("quarantine", run_id, |table| results::write_quarantine(table, run.quarantine)),
        filled("source_status", run_id, |table| status::write_sources(table, names)),
    ]);
    load(connection, loads)?;
    if run.status == RunStatus::Completed {
        remember_two_way(connection, run)?;
    }
    let finished_at = jiff::Timestamp::now().as_microsecond();
    load(connection, vec![filled("runs", run_id, |table| status::write_run(table, run, finished_at))])?;
    Ok(run_id)
}

/// A table that `fill` fills row by row.
fn filled<'a>(
    table: &'static str,
    run_id: i64,
    fill: impl FnOnce(&Filling<'_>) -> Result<(), Stopped> + Send + 'a,
) -> Load<'a> {
    Load::new(table, move |sink| fill(&Filling { sink, table: schema::table(table), run_id }))
}

/// Keeps since when two-way sync is on, apart from the runs, so that pruning them does not lose it.
fn remember_two_way(connection: &Connection, run: &RunRecord<'_>) -> duckdb::Result<()> {
    let since = run.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    for source in &run.pipeline.sources {
        if source.role == Role::Psa && source.sync.two_way {
            let name = format!("{}{}", database::TWO_WAY_SINCE, source.name);
            connection.execute("INSERT OR IGNORE INTO warehouse_info VALUES (?, ?)", [&name, &since])?;
        }
    }
    Ok(())
}
