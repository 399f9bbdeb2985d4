//! What a run comes to, in numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use rustc_hash::FxHashSet;

use super::narrow::Scope;
use super::{Details, Stage, Timing, Warning, Work};
use crate::diff::DiffKind;
use crate::model::{Entity, Finding, Records, State};
use crate::pipeline::Pipeline;
use crate::plan::{Action, Plan, Step, StepStatus};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is in the warehouse, as the last completed run.
    Completed,
    /// It is in the warehouse, but a safety limit held it.
    Held,
    /// It left something out, so it is not in the warehouse.
    Partial,
}

impl Status {
    /// The name, as in the column `status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Held => "held",
            Self::Partial => "partial",
        }
    }
}

/// What a whole run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// The pipeline's name.
    pub pipeline: String,
    /// How it ended.
    pub status: Status,
    /// The id in the warehouse, `None` for a run that was not written.
    pub run_id: Option<i64>,
    /// The last stage that ran.
    pub last_stage: Stage,
    /// What it was narrowed to, in words; empty when it was not.
    pub narrowed_to: String,
    /// By source and entity, in the run's order.
    pub sources: Vec<SourceSummary>,
    /// Fields that differ, `None` when the run stopped before.
    pub differences: Option<DifferenceSummary>,
    /// The plan, `None` when the run stopped before.
    pub plan: Option<PlanSummary>,
    /// What holds the run.
    pub holds: Vec<Warning>,
    /// What was noticed about the data: every code with the number of its findings, the commonest first.
    pub findings: Vec<(&'static str, u64)>,
    /// For a run narrowed to an organization: what differs and what is planned, one by one.
    pub details: Option<Details>,
    /// Where the warehouse is.
    pub warehouse: PathBuf,
    /// What every stage cost, in order.
    pub timings: Vec<Timing>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What was read of one source and entity, and how its records ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSummary {
    /// The source's name.
    pub source: String,
    /// The entity.
    pub entity: Entity,
    /// True for the hub, whose records are what the others are matched with.
    pub is_hub: bool,
    /// Rows read, quarantined ones included.
    pub rows_read: u64,
    /// Rows quarantined.
    pub quarantined: u64,
    /// Records.
    pub records: u64,
    /// Records by state, in the order of [`State::ALL`]; zeros before matching.
    pub states: [u64; State::ALL.len()],
}

impl SourceSummary {
    /// The records in `state`.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        State::ALL.iter().position(|other| *other == state).map_or(0, |at| self.states[at])
    }
}

/// The fields that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DifferenceSummary {
    /// All of them.
    pub fields: u64,
    /// The target records that they are of.
    pub records: u64,
    /// Fields that were blank.
    pub set: u64,
    /// Fields that have another value.
    pub change: u64,
    /// Fields that two systems changed.
    pub conflict: u64,
}

/// The plan in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanSummary {
    /// Steps that may be sent.
    pub ready: u64,
    /// Steps that a gate holds.
    pub blocked: u64,
    /// Steps that a person must look at.
    pub review: u64,
    /// Steps that create a record.
    pub creates: u64,
    /// Steps that change or bring back a record.
    pub updates: u64,
    /// Every gate's code with the number of steps that it holds, the commonest first.
    pub reasons: Vec<(&'static str, u64)>,
}

impl RunSummary {
    /// Whether anything differs: a field, or a record that is to be created, changed or brought back.
    #[must_use]
    pub fn has_differences(&self) -> bool {
        self.differences.is_some_and(|differences| differences.fields > 0)
            || self.plan.as_ref().is_some_and(|plan| plan.creates + plan.updates > 0)
    }

    /// The records in `state`, over all sources and entities.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        self.sources.iter().map(|source| source.count(state)).sum()
    }

    /// Rows quarantined, over all sources and entities.
    #[must_use]
    pub fn quarantined(&self) -> u64 {
        self.sources.iter().map(|source| source.quarantined).sum()
    }
}

/// The numbers of one table.
pub(super) fn source(
    pipeline: &Pipeline,
    work: &Work,
    scope: Option<&Scope>,
    table: &Records,
) -> SourceSummary {
    let mut states = [0; State::ALL.len()];
    let mut records = 0;
    for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
        let record = crate::model::RecordRef { source: table.source, row };
        if let Some(matching) = &work.matching {
            let of_entity = matching.of(table.entity);
            if scope.is_some_and(|scope| !scope.has_record(of_entity, record)) {
                continue;
            }
            states[of_entity.outcome(record).state as usize] += 1;
        }
        records += 1;
    }
    // Rows that could not be read belong to no organization.
    let of_all = |rows: u64| if scope.is_some() { 0 } else { rows };
    SourceSummary {
        source: pipeline.sources[usize::from(table.source)].name.clone(),
        entity: table.entity,
        is_hub: table.source == 0,
        rows_read: if scope.is_some() { records } else { table.rows_read },
        quarantined: of_all(table.quarantined),
        records,
        states,
    }
}

/// The numbers of the differing fields.
pub(super) fn differences(work: &Work, scope: Option<&Scope>) -> Option<DifferenceSummary> {
    let (matching, resolution) = (work.matching.as_ref()?, work.resolution.as_ref()?);
    let mut summary = DifferenceSummary::default();
    let mut targets = FxHashSet::default();
    for diff in &resolution.diffs {
        if scope.is_some_and(|scope| !scope.has_cluster(matching.of(diff.entity), diff.cluster)) {
            continue;
        }
        summary.fields += 1;
        targets.insert((diff.entity, diff.target));
        match diff.kind {
            DiffKind::Set => summary.set += 1,
            DiffKind::Change => summary.change += 1,
            DiffKind::Conflict => summary.conflict += 1,
        }
    }
    summary.records = targets.len() as u64;
    Some(summary)
}

/// The numbers of the plan.
pub(super) fn plan(work: &Work, scope: Option<&Scope>) -> Option<PlanSummary> {
    let (matching, plan) = (work.matching.as_ref()?, work.plan.as_ref()?);
    let is_in = |step: &Step| {
        scope.is_none_or(|scope| {
            step.cluster.is_some_and(|(entity, cluster)| scope.has_cluster(matching.of(entity), cluster))
        })
    };
    let mut summary = PlanSummary::default();
    for step in plan.steps.iter().filter(|step| is_in(step)) {
        match step.status {
            StepStatus::Ready => summary.ready += 1,
            StepStatus::Blocked => summary.blocked += 1,
            StepStatus::Review => summary.review += 1,
        }
        match step.action {
            Action::Lookup => {}
            Action::Create => summary.creates += 1,
            Action::Update | Action::Unarchive => summary.updates += 1,
        }
    }
    summary.reasons = reasons(plan, is_in);
    Some(summary)
}

/// Gates by the number of steps that they hold, the commonest first, equal ones by code. A gate that only keeps a field
/// out of a step that is ready holds nothing.
fn reasons(plan: &Plan, is_in: impl Fn(&Step) -> bool) -> Vec<(&'static str, u64)> {
    let is_held = |step: &Step| step.status != StepStatus::Ready && is_in(step);
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    // Reasons are by step, then by code, so a step that one gate holds twice has them side by side.
    let mut last = None;
    for reason in plan.reasons.iter().filter(|reason| is_held(&plan.steps[reason.step as usize])) {
        if last.replace((reason.step, reason.code)) != Some((reason.step, reason.code)) {
            *counts.entry(reason.code).or_default() += 1;
        }
    }
    commonest_first(counts)
}

/// The numbers of what was noticed about the data.
pub(super) fn findings(findings: &[Finding]) -> Vec<(&'static str, u64)> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.code).or_default() += 1;
    }
    commonest_first(counts)
}

/// Equal ones by code.
fn commonest_first(counts: BTreeMap<&'static str, u64>) -> Vec<(&'static str, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
