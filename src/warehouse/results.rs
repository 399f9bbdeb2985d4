//! The tables of what the run concluded: `diffs`, `conflicts`, `plan_steps`, `plan_reasons`, `data_quality`,
//! `quarantine`.

use rayon::prelude::*;

use super::columns::Rows;
use super::load::Stopped;
use super::names::Names;
use super::text::json;
use crate::diff::{Conflict, Diff};
use crate::model::{Finding, QuarantineRow, RecordRef};
use crate::plan::{Calls, Plan, Step, StepCall};

pub(super) fn write_diffs(rows: &mut Rows<'_>, names: &Names<'_>, diffs: &[Diff]) -> Result<(), Stopped> {
    let mut sorted: Vec<&Diff> = diffs.iter().collect();
    sorted.sort_by_cached_key(|diff| {
        (diff.entity, names.founder(diff.entity, diff.cluster), diff.target.source, diff.field)
    });
    for diff in sorted {
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
            .text(&diff.rule)
            .end()?;
    }
    Ok(())
}

pub(super) fn write_conflicts(
    rows: &mut Rows<'_>,
    names: &Names<'_>,
    conflicts: &[Conflict],
) -> Result<(), Stopped> {
    let mut sorted: Vec<&Conflict> = conflicts.iter().collect();
    sorted.sort_by_cached_key(|conflict| {
        (conflict.entity, names.founder(conflict.entity, conflict.cluster), conflict.field, conflict.psa)
    });
    for conflict in sorted {
        rows.text(conflict.entity.name())
            .record(names.founder(conflict.entity, conflict.cluster))
            .optional(names.organization(conflict.entity, conflict.cluster))
            .text(conflict.field)
            .text(&conflict.hub_value)
            .text(names.source(conflict.psa))
            .text(&conflict.psa_value)
            .text(&conflict.winner)
            .text(&conflict.why)
            .end()?;
    }
    Ok(())
}

/// Calls that are written at a time.
const CALLS: usize = 4096;

pub(super) fn write_steps(
    rows: &mut Rows<'_>,
    names: &Names<'_>,
    plan: &Plan,
    calls: &Calls<'_>,
) -> Result<(), Stopped> {
    // The plan is by wave, then by id, as the table is.
    for steps in plan.steps.chunks(CALLS) {
        let calls: Vec<StepCall> = steps.par_iter().map(|step| calls.of(step)).collect();
        for (step, call) in steps.iter().zip(&calls) {
            write_step(rows, names, step, call)?;
        }
    }
    Ok(())
}

fn write_step(rows: &mut Rows<'_>, names: &Names<'_>, step: &Step, call: &StepCall) -> Result<(), Stopped> {
    let payload = (!call.payload.is_empty()).then(|| json(&call.payload));
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
        .optional(payload.as_deref())
        .texts(call.depends_on.iter().map(|id| &**id))
        .count(step.wave)
        .truth(step.pushed_on_by_hub)
        .end()
}

pub(super) fn write_reasons(rows: &mut Rows<'_>, plan: &Plan) -> Result<(), Stopped> {
    // Steps by wave, then by id, as in their own table.
    for reason in &plan.reasons {
        let step = &plan.steps[reason.step as usize];
        rows.text(&step.id).text(reason.code).text(&reason.message).text(reason.remedy).end()?;
    }
    Ok(())
}

pub(super) fn write_findings(rows: &mut Rows<'_>, findings: &[Finding]) -> Result<(), Stopped> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort();
    for finding in sorted {
        rows.text(&finding.source)
            .text(finding.entity.name())
            .text(&finding.record_id)
            .text(finding.field)
            .text(finding.code)
            .text(&finding.raw_value)
            .text(&finding.message)
            .end()?;
    }
    Ok(())
}

pub(super) fn write_quarantine(rows: &mut Rows<'_>, quarantine: &[QuarantineRow]) -> Result<(), Stopped> {
    let mut sorted: Vec<&QuarantineRow> = quarantine.iter().collect();
    sorted.sort();
    for row in sorted {
        rows.text(&row.source)
            .text(row.entity.name())
            .text(&row.file)
            .count(row.line)
            .text(&row.reason)
            .text(&row.raw)
            .end()?;
    }
    Ok(())
}
