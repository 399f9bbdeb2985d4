//! A second, independent reading of the matching rules: naive, slow and literal.
//!
//! Strings, sorted maps and loops over everything. It shares no code with the program but the words for entities,
//! states and reasons, so that a mistake in one of the two shows as a difference.

mod decisions;
mod fold;
mod keys;
mod step;
mod tiers;

use std::collections::BTreeMap;

use matchbook::model::{Entity, Reason, Role, State};

pub use fold::fold;
pub use tiers::Preset;

/// A source.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub role: Role,
    pub preset: Preset,
}

/// A record: its cells by canonical column.
#[derive(Clone)]
pub struct Row {
    pub source: usize,
    pub entity: Entity,
    pub id: String,
    pub cells: Vec<(&'static str, String)>,
}

impl Row {
    pub fn cell(&self, column: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(name, _)| *name == column)?;
        Some(found.1.as_str()).filter(|value| !value.trim().is_empty())
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{} {:?}", self.entity, self.source, self.id, self.cells)
    }
}

/// A row of the decisions file; `kind` and `target` as written.
#[derive(Debug, Clone)]
pub struct Decision {
    pub entity: Entity,
    pub source: usize,
    pub record_id: String,
    pub kind: &'static str,
    pub target: String,
}

/// Everything that the fold looks at.
#[derive(Debug, Clone)]
pub struct Estate {
    /// The hub first, then the sources in fold order.
    pub sources: Vec<Source>,
    pub rows: Vec<Row>,
    pub decisions: Vec<Decision>,
    pub ignore_case: bool,
}

/// A record: its source and id.
pub type Rid = (usize, String);

/// How a record ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub state: State,
    pub reason: Option<Reason>,
    /// `decision`, a tier as `mac+serial`, or nothing.
    pub rule: String,
    pub key_value: String,
    /// The member on the other side that held the value.
    pub matched: Option<Rid>,
    /// The founder of its cluster.
    pub cluster: Option<Rid>,
    /// The founder of the organization cluster that it is compared in.
    pub organization: Option<Rid>,
}

impl Outcome {
    fn bare(state: State, reason: Option<Reason>) -> Self {
        let (rule, key_value) = (String::new(), String::new());
        Self { state, reason, rule, key_value, matched: None, cluster: None, organization: None }
    }
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub members: Vec<Rid>,
    pub in_review: bool,
    pub organization: Option<Rid>,
}

/// What the fold leaves of one entity.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    pub outcomes: BTreeMap<Rid, Outcome>,
    /// By founder.
    pub clusters: BTreeMap<Rid, Cluster>,
}

/// What the fold leaves.
#[derive(Debug, Clone)]
pub struct Answer {
    pub entities: BTreeMap<Entity, Folded>,
    /// What became of every decision, in file order.
    pub decisions: Vec<&'static str>,
}
