//! A person's decisions: rows of a CSV file that win over every tier.

use crate::model::Entity;

/// What a decision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionKind {
    /// The record belongs to the cluster named.
    Match,
    /// The record never belongs to the cluster named.
    Never,
    /// The record is left out.
    Ignore,
    /// The record is new.
    Create,
}

impl DecisionKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Match, Self::Never, Self::Ignore, Self::Create];

    /// The name, as in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Never => "never",
            Self::Ignore => "ignore",
            Self::Create => "create",
        }
    }
}

/// One row of the decisions file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The line in the file, from 1.
    pub line: u64,
    /// The entity of the record.
    pub entity: Entity,
    /// The source's name.
    pub source: String,
    /// The record.
    pub record_id: String,
    /// What is decided.
    pub kind: DecisionKind,
    /// The hub id, or `SOURCE/RECORD-ID` of a cluster without a hub row; empty for ignore and create.
    pub hub_id: String,
    /// A person's note.
    pub note: String,
    /// Who decided.
    pub by: String,
    /// When, as written.
    pub at: String,
}

/// A decision and what became of it: `applied`, `superseded`, `stale_decision`, `other_organization`,
/// `several_point_to_one`, or `carried` when the record's organization is not matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedDecision {
    /// The row of the file.
    pub decision: Decision,
    /// What became of it.
    pub outcome: &'static str,
}
