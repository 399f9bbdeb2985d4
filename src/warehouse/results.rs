//! The tables of what the run concluded: `diffs`, `conflicts`, `plan_steps`, `plan_reasons`, `data_quality`,
//! `quarantine`.

use super::columns::Rows;
use super::load::Stopped;
use super::names::Names;
use super::text::json;
use crate::diff::{Conflict, Diff};
use crate::model::{Finding, QuarantineRow};
use crate::plan::{Plan, StepReason};

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

pub(super) fn write_steps(rows: &mut Rows<'_>, names: &Names<'_>, plan: &Plan) -> Result<(), Stopped> {
    // The plan is by wave, then by id, as the table is.
    for step in &plan.steps {
        let payload = (!step.payload.is_empty()).then(|| json(&step.payload));
        rows.text(&step.id)
            .text(names.source(step.target))
            .text(step.entity)
            .text(step.action.name())
            .record(step.cluster.and_then(|(entity, cluster)| names.founder(entity, cluster)))
            .optional(step.cluster.and_then(|(entity, cluster)| names.organization(entity, cluster)))
            .optional(step.target_record_id.as_deref())
            .text(step.status.name())
            .text(step.method)
            .text(&step.path)
            .optional(payload.as_deref())
            .texts(step.depends_on.iter().map(String::as_str))
            .count(step.wave)
            .truth(step.pushed_on_by_hub)
            .end()?;
    }
    Ok(())
}

pub(super) fn write_reasons(rows: &mut Rows<'_>, plan: &Plan) -> Result<(), Stopped> {
    let id = |reason: &StepReason| plan.steps[reason.step as usize].id.as_str();
    let mut sorted: Vec<&StepReason> = plan.reasons.iter().collect();
    sorted.sort_by(|a, b| (id(a), a.code, &a.message).cmp(&(id(b), b.code, &b.message)));
    for reason in sorted {
        rows.text(id(reason)).text(reason.code).text(&reason.message).text(&reason.remedy).end()?;
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
