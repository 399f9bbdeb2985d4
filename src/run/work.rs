//! The stages in memory: everything of a run but the warehouse.

use super::timing::Clock;
use super::{Event, Reporter, RunError, Stage, Timing, Warning, checks, limits};
use crate::extract::{self, Extracted};
use crate::matching::{self, Decision, Matching};
use crate::model::{Finding, Previous};
use crate::normalize::{self, Junk, Keys};
use crate::ownership::{self, Resolution};
use crate::pipeline::Pipeline;
use crate::plan::{self, Plan, PlanInput};

/// What the stages of a run made. What a stage that did not run would have made is `None`.
#[derive(Debug)]
pub struct Work {
    /// What was read.
    pub extracted: Extracted,
    /// The junk list with the pipeline's additions.
    pub junk: Junk,
    /// The keys of all records.
    pub keys: Option<Keys>,
    /// The clusters.
    pub matching: Option<Matching>,
    /// Desired values and differences.
    pub resolution: Option<Resolution>,
    /// The plan.
    pub plan: Option<Plan>,
    /// What was noticed, by all stages.
    pub findings: Vec<Finding>,
    /// What every stage cost, in order.
    pub timings: Vec<Timing>,
}

/// Runs the stages up to `last`, at most the plan.
///
/// # Errors
/// When a source cannot be read, or has too many bad rows.
pub fn work(
    pipeline: &Pipeline,
    decisions: &[Decision],
    previous: Option<&Previous>,
    last: Stage,
    reporter: &dyn Reporter,
) -> Result<Work, RunError> {
    let junk = Junk::new(&pipeline.junk);
    let mut timings = Vec::new();
    let mut extracted = timed(reporter, &mut timings, Stage::Extract, || {
        let extracted = extract::extract(pipeline, &|event| tell(pipeline, reporter, event))?;
        let rows = extracted.tables.iter().map(|table| table.len() as u64).sum();
        Ok::<_, RunError>((extracted, rows))
    })?;
    limits::check_bad_rows(pipeline, &extracted.tables, &extracted.quarantine)?;
    for (source, why) in &extracted.missing {
        let source = pipeline.sources[usize::from(*source)].name.clone();
        let message = format!("the run goes on without an optional source: {why}");
        reporter.event(&Event::Warning(&Warning {
            code: "source_missing",
            source,
            message,
            hint: String::new(),
        }));
    }
    for warning in checks::empty_files(pipeline, &extracted.files) {
        reporter.event(&Event::Warning(&warning));
    }
    let mut findings = std::mem::take(&mut extracted.findings);
    findings.extend(checks::findings(pipeline, &extracted));
    let mut work = Work {
        extracted,
        junk,
        keys: None,
        matching: None,
        resolution: None,
        plan: None,
        findings: Vec::new(),
        timings: Vec::new(),
    };
    let tables = &work.extracted.tables;
    if last >= Stage::Normalize {
        let keys = timed(reporter, &mut timings, Stage::Normalize, || {
            let (mut keys, found) = normalize::normalize(tables, pipeline, &work.junk);
            // A record can be explained by all of its keys.
            if last == Stage::Warehouse {
                keys.drop_lone_links();
            }
            findings.extend(found);
            let rows = tables.iter().map(|table| table.len() as u64).sum();
            Ok::<_, RunError>((keys, rows))
        })?;
        work.keys = Some(keys);
    }
    if let (Some(keys), true) = (&work.keys, last >= Stage::Match) {
        let matching = timed(reporter, &mut timings, Stage::Match, || {
            let mut matching = matching::fold(pipeline, tables, keys, decisions);
            findings.append(&mut matching.findings);
            let clusters = matching.entities.iter().map(|entity| entity.clusters.len() as u64).sum();
            Ok::<_, RunError>((matching, clusters))
        })?;
        for warning in checks::idle_decisions(&matching.decisions) {
            reporter.event(&Event::Warning(&warning));
        }
        work.matching = Some(matching);
        // A record can be explained by all of its keys. What is only planned and written asks for two of ten.
        if last == Stage::Warehouse
            && let Some(keys) = &mut work.keys
        {
            keys.retain(plan::asks_for);
        }
    }
    if let (Some(matching), true) = (&work.matching, last >= Stage::Diff) {
        let resolution = timed(reporter, &mut timings, Stage::Diff, || {
            let lookups = &work.extracted.lookups;
            let mut resolution =
                ownership::resolve(pipeline, tables, matching, &work.junk, lookups, previous);
            findings.append(&mut resolution.findings);
            let fields = resolution.diffs.len() as u64;
            Ok::<_, RunError>((resolution, fields))
        })?;
        work.resolution = Some(resolution);
    }
    if let (Some(keys), Some(matching), Some(resolution), true) =
        (&work.keys, &work.matching, &work.resolution, last >= Stage::Plan)
    {
        let plan = timed(reporter, &mut timings, Stage::Plan, || {
            let (diffs, lookups) = (&resolution.diffs, &work.extracted.lookups);
            let input = PlanInput { pipeline, tables, matching, diffs, lookups };
            let plan = plan::plan(&input, keys, previous);
            let steps = plan.steps.len() as u64;
            Ok::<_, RunError>((plan, steps))
        })?;
        work.plan = Some(plan);
    }
    findings.sort();
    work.findings = findings;
    work.timings = timings;
    Ok(work)
}

/// Runs one stage between its two events. The stage says what it made, and how many.
pub(super) fn timed<T>(
    reporter: &dyn Reporter,
    timings: &mut Vec<Timing>,
    stage: Stage,
    body: impl FnOnce() -> Result<(T, u64), RunError>,
) -> Result<T, RunError> {
    let clock = Clock::start(stage);
    reporter.event(&Event::StageStarted(stage));
    let (made, rows) = body()?;
    let timing = clock.stop(rows);
    reporter.event(&Event::StageFinished(timing));
    timings.push(timing);
    Ok(made)
}

/// Passes on what the readers tell.
fn tell(pipeline: &Pipeline, reporter: &dyn Reporter, event: extract::ExtractEvent<'_>) {
    if let extract::ExtractEvent::FileRead(file) = event {
        reporter.event(&Event::FileRead {
            source: &pipeline.sources[usize::from(file.source)].name,
            file: &file.file,
            rows: file.rows,
        });
    }
}
