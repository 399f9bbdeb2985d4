//! The tables of what the run concluded: `diffs`, `conflicts`, `plan_steps`, `plan_reasons`, `data_quality`,
//! `quarantine`.

use super::columns::{Filling, Rows};
use super::load::Stopped;
use super::names::Names;
use super::order;
use crate::diff::{Conflict, Diff};
use crate::model::{Finding, QuarantineRow, RecordRef};
use crate::plan::{Calls, Plan, Step, StepCall};

pub(super) fn write_diffs(filling: &Filling<'_>, names: &Names<'_>, diffs: &[Diff]) -> Result<(), Stopped> {
    let order = order::by_key(diffs.len(), |at| {
        let diff = &diffs[at];
        (diff.entity, names.founder(diff.entity, diff.cluster), diff.target.source, diff.field)
    });
    filling.each(&order, |rows, at| {
        let diff = &diffs[*at as usize];
        let (target, target_id) = names.record(diff.entity, diff.target);
        let (supplied_by, supplied_id) = names.record(diff.entity, diff.supplied_by);
        rows.text(diff.entity.name())
            .record(names.founder(diff.entity, diff.cluster))
            .optional(names.organization(diff.entity, diff.cluster))
            .text(target)
            .text(target_id)
            .text(diff.field)
            .optional(diff.current.as_deref())
            .optional(Some(&diff.desired))
            .text(supplied_by)
            .text(supplied_id)
            .text(diff.kind.name())
            .text(&diff.rule);
    })
}

pub(super) fn write_conflicts(
    filling: &Filling<'_>,
    names: &Names<'_>,
    conflicts: &[Conflict],
) -> Result<(), Stopped> {
    let order = order::by_key(conflicts.len(), |at| {
        let conflict = &conflicts[at];
        (conflict.entity, names.founder(conflict.entity, conflict.cluster), conflict.field, conflict.psa)
    });
    filling.each(&order, |rows, at| {
        let conflict = &conflicts[*at as usize];
        rows.text(conflict.entity.name())
            .record(names.founder(conflict.entity, conflict.cluster))
            .optional(names.organization(conflict.entity, conflict.cluster))
            .text(conflict.field)
            .text(&conflict.hub_value)
            .text(names.source(conflict.psa))
            .text(&conflict.psa_value)
            .text(&conflict.winner)
            .text(&conflict.why);
    })
}

pub(super) fn write_steps(
    filling: &Filling<'_>,
    names: &Names<'_>,
    plan: &Plan,
    calls: &Calls<'_>,
) -> Result<(), Stopped> {
    // The plan is by wave, then by id, as the table is.
    filling.each(&plan.steps, |rows, step| write_step(rows, names, step, &calls.of(step)))
}

fn write_step(rows: &mut Rows, names: &Names<'_>, step: &Step, call: &StepCall) {
    let of_cluster =
        |(entity, cluster)| (names.founder(entity, cluster), names.organization(entity, cluster));
    let (cluster, organization) = step.cluster.map(of_cluster).unwrap_or_default();
    let record = step
        .cluster
        .zip(step.row)
        .map(|((entity, _), row)| names.record(entity, RecordRef { source: step.target, row }).1);
    rows.text(&step.id)
        .text(names.source(step.target))
        .text(step.entity)
        .text(step.action.name())
        .record(cluster)
        .optional(organization)
        .optional(record)
        .text(step.status.name())
        .text(call.method)
        .text(&call.path)
        .text(&call.payload)
        .texts(call.depends_on.iter().map(|id| &**id))
        .count(step.wave)
        .truth(step.pushed_on_by_hub);
}

pub(super) fn write_reasons(filling: &Filling<'_>, plan: &Plan) -> Result<(), Stopped> {
    // Steps by wave, then by id, as in their own table.
    filling.each(&plan.reasons, |rows, reason| {
        let step = &plan.steps[reason.step as usize];
        rows.text(&step.id).text(reason.code).text(&reason.message).text(reason.remedy);
    })
}

pub(super) fn write_findings(filling: &Filling<'_>, findings: &[Finding]) -> Result<(), Stopped> {
    let order = order::by_key(findings.len(), |at| &findings[at]);
    filling.each(&order, |rows, at| {
        let finding = &findings[*at as usize];
        rows.text(&finding.source)
            .text(finding.entity.name())
            .text(&finding.record_id)
            .text(finding.field)
            .text(finding.code)
            .text(&finding.raw_value)
            .text(&finding.message);
    })
}

pub(super) fn write_quarantine(filling: &Filling<'_>, quarantine: &[QuarantineRow]) -> Result<(), Stopped> {
    let order = order::by_key(quarantine.len(), |at| &quarantine[at]);
    filling.each(&order, |rows, at| {
        let row = &quarantine[*at as usize];
        rows.text(&row.source)
            .text(row.entity.name())
            .text(&row.file)
            .count(row.line)
            .text(&row.reason)
            .text(&row.raw);
    })
}
