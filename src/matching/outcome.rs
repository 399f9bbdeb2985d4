//! What the fold leaves: clusters, an outcome per record, candidates.

use crate::model::{Entity, Reason, RecordRef, State};

/// The position of a cluster in [`EntityMatching::clusters`].
pub type ClusterIx = u32;

/// No cluster.
pub const NO_CLUSTER: ClusterIx = ClusterIx::MAX;

/// What decided a record's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Nothing: a hub row, or a record that founded its cluster, was carried or skipped.
    None,
    /// A decision.
    Decision,
    /// The tier with this position in the source's tiers of the entity.
    Tier(u8),
    /// An identity key that is no tier of the source.
    Identity(crate::normalize::Key),
}

/// How one record ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The state.
    pub state: State,
    /// The cluster that it joined or founded, [`NO_CLUSTER`] for ignored, skipped and carried records.
    pub cluster: ClusterIx,
    /// What decided.
    pub rule: Rule,
    /// Why it is in review, ignored or skipped.
    pub reason: Option<Reason>,
    /// The key value that decided, as a range of [`EntityMatching::values`]; empty when there is none.
    pub key_value: (u32, u32),
    /// The member that held the key value on the other side.
    pub matched: Option<RecordRef>,
}

/// The records that stand for one real thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The record that founded it: the hub's if it has one.
    pub founder: RecordRef,
    /// The organization cluster it is in, [`NO_CLUSTER`] for organizations themselves.
    pub organization: ClusterIx,
    /// True when a record in review founded it.
    pub in_review: bool,
    /// The members in fold order, as a range of [`EntityMatching::members`].
    pub members: (u32, u32),
}

impl Cluster {
    /// The row of the hub's record, `None` when the cluster has none.
    #[must_use]
    pub fn hub_row(&self) -> Option<u32> {
        (self.founder.source == 0).then_some(self.founder.row)
    }
}

/// A cluster that a record in review or unmatched might belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The record.
    pub record: RecordRef,
    /// From 1, the strongest first.
    pub rank: u8,
    /// The cluster.
    pub cluster: ClusterIx,
    /// `rejected` by a rule of the fold, or `suggested` by likeness.
    pub kind: CandidateKind,
    /// 0 to 1.
    pub score: f32,
    /// In words.
    pub reason: String,
    /// True when the names are equal but for letter case, punctuation and legal suffixes.
    pub looks_known: bool,
}

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateKind {
    /// A rule of the fold rejected it.
    Rejected,
    /// It looks alike.
    Suggested,
}

impl CandidateKind {
    /// The name, as in the column `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Suggested => "suggested",
        }
    }
}

/// The matching of one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityMatching {
    /// The entity.
    pub entity: Entity,
    /// All clusters: by organization cluster, then by founder.
    pub clusters: Vec<Cluster>,
    /// Members of all clusters.
    pub members: Vec<RecordRef>,
    /// Outcomes by source, then by row.
    pub outcomes: Vec<Vec<Outcome>>,
    /// The text that key values are ranges of.
    pub values: String,
    /// Candidates by record, then by rank.
    pub candidates: Vec<Candidate>,
    /// The organization cluster of each record by source and row; [`NO_CLUSTER`] when its organization has
    /// none, and for organizations themselves.
    pub organizations: Vec<Vec<ClusterIx>>,
    /// Clusters that a `weaker_key_disagrees` finding is about or names, sorted.
    pub disagreeing: Vec<ClusterIx>,
}

impl EntityMatching {
    /// The outcome of a record.
    #[must_use]
    pub fn outcome(&self, record: RecordRef) -> &Outcome {
        &self.outcomes[record.source as usize][record.row as usize]
    }

    /// The members of a cluster, in fold order.
    #[must_use]
    pub fn members(&self, cluster: ClusterIx) -> &[RecordRef] {
        let (start, end) = self.clusters[cluster as usize].members;
        &self.members[start as usize..end as usize]
    }

    /// The key value of an outcome, `None` when there is none.
    #[must_use]
    pub fn key_value(&self, outcome: &Outcome) -> Option<&str> {
        let (start, end) = outcome.key_value;
        (start < end).then(|| &self.values[start as usize..end as usize])
    }
}

/// The matching of all entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// By [`Entity::index`].
    pub entities: Vec<EntityMatching>,
    /// What was noticed on the way.
    pub findings: Vec<crate::model::Finding>,
    /// The decisions as applied, in file order.
    pub decisions: Vec<super::AppliedDecision>,
}

impl Matching {
    /// The matching of `entity`.
    #[must_use]
    pub fn of(&self, entity: Entity) -> &EntityMatching {
        &self.entities[entity.index()]
    }
}
