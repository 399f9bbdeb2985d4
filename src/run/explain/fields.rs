//! What each field of a record's cluster should say, who says so, and who is not heard.

use serde::Serialize;

use super::Case;
use crate::matching::NO_CLUSTER;
use crate::model::Previous;
use crate::ownership::{self, OwnerValue};

/// One field of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldExplanation {
    /// The column.
    pub field: &'static str,
    /// The owners of the pipeline's policy that a source fills, first wins.
    pub owners: Vec<String>,
    /// The record that supplies the value, as SOURCE/RECORD-ID; empty when nobody says anything.
    pub owner: String,
    /// What the field should say.
    pub desired: String,
    /// What the hub's row says; empty for a blank one, and where the hub has no row.
    pub current: String,
    /// Whether the hub's row should be changed.
    pub differs: bool,
    /// What decided: `owner:psa`, `two_way:hub_changed` and the like.
    pub rule: String,
    /// What else was said, and is not taken.
    pub losers: Vec<FieldValue>,
}

/// A record and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldValue {
    /// The record, as SOURCE/RECORD-ID.
    pub record: String,
    /// The value.
    pub value: String,
    /// Why it counts as blank, or empty when it only came later.
    pub blank: &'static str,
}

/// Every owned field of which any owner says something.
pub(super) fn fields(case: &Case<'_>, previous: Option<&Previous>) -> Vec<FieldExplanation> {
    let cluster = case.matching.outcome(case.record).cluster;
    if cluster == NO_CLUSTER {
        return Vec::new();
    }
    let work = case.work;
    let explained = ownership::explain(
        case.pipeline,
        case.tables,
        case.all,
        &work.junk,
        &work.extracted.lookups,
        previous,
        case.entity,
        cluster,
    );
    explained
        .into_iter()
        .filter(|field| field.owners.iter().any(|owner| owner.value.is_some()))
        .map(|field| FieldExplanation {
            field: field.field,
            owner: field.winner.map(|record| case.label(record)).unwrap_or_default(),
            desired: field.desired.unwrap_or_default(),
            current: field.current.unwrap_or_default(),
            differs: field.differs,
            rule: field.rule,
            losers: field
                .owners
                .iter()
                .filter(|owner| owner.record != field.winner)
                .filter_map(|owner| loser(case, owner))
                .collect(),
            owners: field.owners.into_iter().map(|owner| owner.owner).collect(),
        })
        .collect()
}

fn loser(case: &Case<'_>, owner: &OwnerValue) -> Option<FieldValue> {
    Some(FieldValue {
        record: case.label(owner.record?),
        value: owner.value.clone()?,
        blank: owner.blank.unwrap_or_default(),
    })
}
