//! The fold: which records stand for one real thing.

mod decisions;
mod outcome;

pub use decisions::{AppliedDecision, Decision, DecisionKind};
pub use outcome::{
    Candidate, CandidateKind, Cluster, ClusterIx, EntityMatching, Matching, NO_CLUSTER, Outcome, Rule,
};
