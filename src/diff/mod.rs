//! Differences: fields whose current value is not the desired one.

use std::sync::Arc;

use crate::matching::ClusterIx;
use crate::model::{Entity, RecordRef, SourceIx};

/// How a field differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiffKind {
    /// It was blank.
    Set,
    /// It has another value.
    Change,
    /// Two systems changed it since the last run.
    Conflict,
}

impl DiffKind {
    /// The name, as in the column `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Change => "change",
            Self::Conflict => "conflict",
        }
    }
}

/// One differing field of one target record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The entity.
    pub entity: Entity,
    /// The cluster.
    pub cluster: ClusterIx,
    /// The record to change: of the hub, or of a PSA with two-way sync.
    pub target: RecordRef,
    /// The canonical column.
    pub field: &'static str,
    /// What the target says, `None` when blank. For lists, items joined by `; `.
    pub current: Option<String>,
    /// What it should say; for reference fields the name of the referenced record. For lists the whole
    /// desired list, joined by `; `.
    pub desired: String,
    /// For reference fields, the cluster that is referred to.
    pub desired_cluster: Option<ClusterIx>,
    /// The record that supplied the desired value.
    pub supplied_by: RecordRef,
    /// How it differs.
    pub kind: DiffKind,
    /// What decided: `owner:psa`, `two_way:hub_changed`, `two_way:psa_changed` or `two_way:both_changed`.
    pub rule: Arc<str>,
}

/// A field that two systems changed since the last completed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The entity.
    pub entity: Entity,
    /// The cluster.
    pub cluster: ClusterIx,
    /// The canonical column.
    pub field: &'static str,
    /// The hub's value.
    pub hub_value: String,
    /// The PSA.
    pub psa: SourceIx,
    /// The PSA's value.
    pub psa_value: String,
    /// The name of the source whose value wins.
    pub winner: String,
    /// Why, in one sentence.
    pub why: String,
}
