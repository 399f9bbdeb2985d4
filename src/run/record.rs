//! A whole run on its way into the warehouse.

use jiff::Timestamp;

use super::work::timed;
use super::{Reporter, RunError, Stage, Work};
use crate::pipeline::Pipeline;
use crate::warehouse::{RunRecord, RunStatus, Warehouse};

/// Writes the run and gives its id. A run that did not plan is not written.
pub(super) fn write(
    warehouse: &mut Warehouse,
    pipeline: &Pipeline,
    work: &mut Work,
    started_at: Timestamp,
    held_by: &[String],
    reporter: &dyn Reporter,
) -> Result<Option<i64>, RunError> {
    let (Some(matching), Some(resolution), Some(plan)) = (&work.matching, &work.resolution, &work.plan)
    else {
        return Ok(None);
    };
    let settings = settings(pipeline);
    let mut timings = std::mem::take(&mut work.timings);
    let run_id = timed(reporter, &mut timings, Stage::Warehouse, || {
        let run_id = warehouse.write(&RunRecord {
            pipeline,
            started_at,
            status: if held_by.is_empty() { RunStatus::Completed } else { RunStatus::Held },
            held_by,
            version: env!("CARGO_PKG_VERSION"),
            settings: &settings,
            tables: &work.extracted.tables,
            matching,
            diffs: &resolution.diffs,
            conflicts: &resolution.conflicts,
            lookups: &work.extracted.lookups,
            plan,
            findings: &work.findings,
            quarantine: &work.extracted.quarantine,
        })?;
        let records = work.extracted.tables.iter().map(|table| table.len() as u64).sum();
        Ok((run_id, records))
    })?;
    work.timings = timings;
    Ok(Some(run_id))
}

/// What the user wrote in the pipeline, as a JSON object. A pipeline with something that looks like a credential is
/// refused when it is read, so there is none to take out. A file that went away meanwhile leaves an empty object.
fn settings(pipeline: &Pipeline) -> String {
    let text = std::fs::read_to_string(&pipeline.path).unwrap_or_default();
    let value: serde_json::Value = toml::from_str(&text).unwrap_or_else(|_| serde_json::json!({}));
    value.to_string()
}
