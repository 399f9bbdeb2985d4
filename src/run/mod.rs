//! A run: the stages in order, the limits that stop or hold it, and the events that tell of it.
//!
//! The stages themselves are functions elsewhere; this module calls them, and it is the only one that knows their
//! order. It prints nothing: a [`Reporter`] takes the events. The same stages, in memory and without the warehouse,
//! answer [`explain`] and run the pipeline's own test cases ([`cases`]).

pub mod cases;
mod checks;
mod details;
mod error;
mod event;
pub mod explain;
mod limits;
mod narrow;
mod options;
mod record;
mod summary;
mod timing;
mod work;

use std::time::Instant;

use jiff::Timestamp;

pub use details::{Details, FieldDetail, StepDetail};
pub use error::{BadRows, RunError};
pub use event::{Event, Reporter, Silent, Stage, Warning};
pub use limits::check_bad_rows;
pub use options::RunOptions;
pub use summary::{DifferenceSummary, PlanSummary, RunSummary, SourceSummary, Status};
pub use timing::Timing;
pub use work::{Work, work};

use crate::model::Previous;
use crate::pipeline::{self, Pipeline};
use crate::plan::{Gate, Plan};
use crate::warehouse::Warehouse;
use narrow::Scope;

/// Runs the pipeline.
///
/// A whole run is written to the warehouse in one transaction, with the status `held` when a limit holds it. A run that
/// stops early or is narrowed writes nothing.
///
/// # Errors
/// When the decisions are wrong, a source cannot be read or has too many bad rows, or the warehouse cannot be used.
/// Nothing was written then.
pub fn run(
    pipeline: &Pipeline,
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<RunSummary, RunError> {
    let (started, started_at) = (Instant::now(), Timestamp::now());
    let narrowed = options.source.as_deref().map(|name| narrow::to_source(pipeline, name)).transpose()?;
    let pipeline = narrowed.as_ref().unwrap_or(pipeline);
    let last = options.last_stage();
    let decisions = pipeline::decisions::load(pipeline).map_err(RunError::Decisions)?;
    // Opened first, so that a second run on the same warehouse does not read for minutes before it is told.
    let mut warehouse = (last == Stage::Warehouse).then(|| Warehouse::open(pipeline)).transpose()?;
    let previous = match &mut warehouse {
        Some(warehouse) => warehouse.previous(),
        None => previous(pipeline)?,
    };
    let mut work = work(pipeline, &decisions, previous.as_ref(), last, reporter)?;
    let scope = match (&options.organization, &work.matching) {
        (Some(wanted), Some(matching)) => {
            Some(Scope::find(wanted, pipeline, &work.extracted.tables, matching)?)
        }
        _ => None,
    };
    let mut holds = previous
        .as_ref()
        .map(|previous| limits::shrunk(pipeline, &work.extracted.tables, previous))
        .filter(|_| !options.confirm_shrink)
        .unwrap_or_default();
    holds.extend(work.plan.as_ref().filter(|plan| plan.is_held).map(too_many_creates));
    for hold in &holds {
        reporter.event(&Event::Warning(hold));
    }
    let held_by: Vec<String> = holds.iter().map(|hold| hold.message.clone()).collect();
    // Nothing asks for keys any more, and they are a tenth of what a large run holds in memory.
    work.keys = None;
    let run_id = match &mut warehouse {
        Some(warehouse) => record::write(warehouse, pipeline, &mut work, started_at, &held_by, reporter)?,
        None => None,
    };
    let status = match (run_id, holds.is_empty()) {
        (None, _) => Status::Partial,
        (Some(_), true) => Status::Completed,
        (Some(_), false) => Status::Held,
    };
    Ok(RunSummary {
        pipeline: pipeline.name.clone(),
        status,
        run_id,
        last_stage: last,
        narrowed_to: narrowed_to(options, scope.as_ref()),
        sources: work
            .extracted
            .tables
            .iter()
            .map(|table| summary::source(pipeline, &work, scope.as_ref(), table))
            .collect(),
        differences: summary::differences(&work, scope.as_ref()),
        plan: summary::plan(&work, scope.as_ref()),
        holds,
        // Findings are of records, files and decisions, and not all of those are of an organization.
        findings: if scope.is_some() { Vec::new() } else { summary::findings(&work.findings) },
        details: scope.as_ref().map(|scope| details::details(pipeline, &work, scope)),
        warehouse: pipeline.warehouse.clone(),
        timings: work.timings,
        elapsed: started.elapsed(),
    })
}

/// The last completed run, `None` when there is none. For what reads the warehouse without writing to it.
///
/// # Errors
/// When there is a warehouse that cannot be read.
pub fn previous(pipeline: &Pipeline) -> Result<Option<Previous>, RunError> {
    Ok(Warehouse::open_read_only(pipeline)?.previous())
}

/// What is said when the plan holds creates back.
fn too_many_creates(plan: &Plan) -> Warning {
    let mut messages: Vec<&str> = plan
        .reasons
        .iter()
        .filter(|reason| reason.code == Gate::LimitExceeded.code())
        .map(|reason| &*reason.message)
        .collect();
    messages.sort_unstable();
    messages.dedup();
    Warning {
        code: Gate::LimitExceeded.code(),
        source: String::new(),
        message: format!("creates are held: {}", messages.join("; ")),
        hint: Gate::LimitExceeded.remedy().to_owned(),
    }
}

fn narrowed_to(options: &RunOptions, scope: Option<&Scope>) -> String {
    let source = options.source.as_ref().map(|name| format!("the hub and `{name}`"));
    let organization = scope.map(|scope| format!("`{}`", scope.name));
    [source, organization].into_iter().flatten().collect::<Vec<_>>().join(", and to ")
}
