//! What a run narrowed to one organization has to show: there is no warehouse to ask, so it says more than numbers.

use super::Work;
use super::explain::label;
use super::narrow::Scope;
use crate::pipeline::Pipeline;

/// The differing fields and plan steps of one organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Fields that differ, in the order of the diffs.
    pub fields: Vec<FieldDetail>,
    /// Planned steps, in the order of the plan.
    pub steps: Vec<StepDetail>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDetail {
    /// The record to change, as SOURCE/RECORD-ID.
    pub record: String,
    /// The column.
    pub field: &'static str,
    /// What it says; empty when blank.
    pub current: String,
    /// What it should say.
    pub desired: String,
    /// The record that supplies it, as SOURCE/RECORD-ID.
    pub supplied_by: String,
}

/// A planned step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDetail {
    /// Its id.
    pub step: String,
    /// Whether it may be sent.
    pub status: &'static str,
    /// The codes of its gates.
    pub gates: Vec<&'static str>,
}

/// The details of the organization.
pub(super) fn details(pipeline: &Pipeline, work: &Work, scope: &Scope) -> Details {
    let mut details = Details::default();
    let Some(matching) = &work.matching else { return details };
    let tables = &work.extracted.tables;
    if let Some(resolution) = &work.resolution {
        let of_scope =
            resolution.diffs.iter().filter(|diff| scope.has_cluster(matching.of(diff.entity), diff.cluster));
        details.fields = of_scope
            .map(|diff| FieldDetail {
                record: label(pipeline, tables, diff.entity, diff.target),
                field: diff.field,
                current: diff.current.clone().unwrap_or_default(),
                desired: diff.desired.clone(),
                supplied_by: label(pipeline, tables, diff.entity, diff.supplied_by),
            })
            .collect();
    }
    if let Some(plan) = &work.plan {
        let of_scope = (0_u32..).zip(&plan.steps).filter(|(_, step)| {
            step.cluster.is_some_and(|(entity, cluster)| scope.has_cluster(matching.of(entity), cluster))
        });
        details.steps = of_scope
            .map(|(position, step)| {
                let start = plan.reasons.partition_point(|reason| reason.step < position);
                let own = plan.reasons[start..].iter().take_while(|reason| reason.step == position);
                StepDetail {
                    step: step.id.clone(),
                    status: step.status.name(),
                    gates: own.map(|reason| reason.code).collect(),
                }
            })
            .collect();
    }
    details
}
