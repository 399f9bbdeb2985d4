//! A person's decisions: rows of a CSV file that win over every tier.

use rustc_hash::{FxHashMap, FxHashSet};

use super::outcome::{ClusterIx, NO_CLUSTER};
use super::step::{Decided, Main};
use super::universe::{Local, Universe};
use crate::model::{Entity, Finding, RecordRef, SourceIx, Tables};
use crate::pipeline::Pipeline;

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

/// What a decision names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The cluster that this record founded.
    Founder(RecordRef),
    /// Nothing that exists.
    Missing,
}

/// The decisions about one record that stand: positions in the file's list, and what they name.
#[derive(Debug, Default)]
struct Standing {
    main: Option<(u32, DecisionKind, Target)>,
    never: Vec<(u32, Target)>,
}

/// The decisions about one entity, after the last row has won.
#[derive(Debug, Default)]
pub(super) struct ScopeDecisions<'a> {
    by_record: FxHashMap<RecordRef, Standing>,
    /// The organization cluster of every record, by source and row; empty for organizations.
    organizations: &'a [Vec<ClusterIx>],
    /// Decisions that were settled without looking at a scope.
    pub settled: Vec<(u32, &'static str)>,
}

impl<'a> ScopeDecisions<'a> {
    /// Sorts out the decisions about `entity`.
    pub fn new(
        entity: Entity,
        decisions: &[Decision],
        pipeline: &Pipeline,
        tables: &Tables,
        organizations: &'a [Vec<ClusterIx>],
    ) -> Self {
        let mut this = Self { organizations, ..Self::default() };
        let rows: Vec<(u32, &Decision)> =
            (0..).zip(decisions).filter(|(_, decision)| decision.entity == entity).collect();
        if rows.is_empty() {
            return this;
        }
        let named = NamedRecords::find(entity, rows.iter().map(|(_, decision)| *decision), pipeline, tables);
        // The last row wins: per record among match, ignore and create; per pair between match and never.
        let mut last_main: FxHashMap<(&str, &str), u32> = FxHashMap::default();
        let mut last_of_pair: FxHashMap<(&str, &str, &str), u32> = FxHashMap::default();
        for (position, decision) in &rows {
            let record = (decision.source.as_str(), decision.record_id.as_str());
            if decision.kind != DecisionKind::Never {
                last_main.insert(record, *position);
            }
            if matches!(decision.kind, DecisionKind::Match | DecisionKind::Never) {
                last_of_pair.insert((record.0, record.1, decision.hub_id.as_str()), *position);
            }
        }
        for (position, decision) in rows {
            let record = (decision.source.as_str(), decision.record_id.as_str());
            let pair = (record.0, record.1, decision.hub_id.as_str());
            let is_pair = matches!(decision.kind, DecisionKind::Match | DecisionKind::Never);
            let is_last_main =
                decision.kind == DecisionKind::Never || last_main.get(&record) == Some(&position);
            let is_last_of_pair = !is_pair || last_of_pair.get(&pair) == Some(&position);
            if !(is_last_main && is_last_of_pair) {
                this.settled.push((position, SUPERSEDED));
                continue;
            }
            let Some(record) = named.record(&decision.source, &decision.record_id) else {
                this.settled.push((position, STALE));
                continue;
            };
            let target = if is_pair { named.target(&decision.hub_id) } else { Target::Missing };
            let standing = this.by_record.entry(record).or_default();
            if decision.kind == DecisionKind::Never {
                standing.never.push((position, target));
            } else {
                standing.main = Some((position, decision.kind, target));
            }
        }
        this
    }

    /// Whether a match, ignore or create stands for the record.
    pub fn has_main(&self, record: RecordRef) -> bool {
        self.by_record.get(&record).is_some_and(|standing| standing.main.is_some())
    }

    /// Reports the decisions about a record that never reaches a scope.
    pub fn pass_over(
        &self,
        record: RecordRef,
        outcome: &'static str,
        applied: &mut Vec<(u32, &'static str)>,
    ) {
        if let Some(standing) = self.by_record.get(&record) {
            applied.extend(standing.main.iter().map(|(position, ..)| (*position, outcome)));
            applied.extend(standing.never.iter().map(|(position, _)| (*position, outcome)));
        }
    }

    /// The decisions about a record, in terms of its scope: whether it is ignored, and the rest.
    pub fn of(
        &self,
        record: RecordRef,
        universe: &Universe<'_>,
        organization: ClusterIx,
        applied: &mut Vec<(u32, &'static str)>,
    ) -> (bool, Decided) {
        let mut decided = Decided::default();
        if self.by_record.is_empty() {
            return (false, decided);
        }
        let Some(standing) = self.by_record.get(&record) else { return (false, decided) };
        for (position, target) in &standing.never {
            match self.resolve(*target, universe, organization) {
                Ok(cluster) => {
                    decided.never.push(cluster);
                    applied.push((*position, APPLIED));
                }
                Err(outcome) => applied.push((*position, outcome)),
            }
        }
        let Some((position, kind, target)) = standing.main else { return (false, decided) };
        match kind {
            DecisionKind::Ignore => {
                applied.push((position, APPLIED));
                return (true, decided);
            }
            DecisionKind::Match => match self.resolve(target, universe, organization) {
                Ok(cluster) => {
                    decided.main = Some(Main::Match(cluster));
                    applied.push((position, APPLIED));
                }
                Err(outcome) => applied.push((position, outcome)),
            },
            DecisionKind::Create | DecisionKind::Never => {
                decided.main = Some(Main::Create);
                applied.push((position, APPLIED));
            }
        }
        (false, decided)
    }

    fn resolve(
        &self,
        target: Target,
        universe: &Universe<'_>,
        organization: ClusterIx,
    ) -> Result<Local, &'static str> {
        let Target::Founder(founder) = target else { return Err(STALE) };
        if !self.organizations.is_empty() {
            let home = self.organizations[usize::from(founder.source)][founder.row as usize];
            if home == NO_CLUSTER {
                return Err(STALE);
            }
            if home != organization {
                return Err(OTHER_ORGANIZATION);
            }
        }
        // Clusters are founded in fold order, so their founders are sorted.
        let found = universe.clusters.binary_search_by_key(&founder, |cluster| cluster.founder);
        found.map(|at| Local::try_from(at).expect("fewer than 4 billion clusters")).map_err(|_| STALE)
    }
}

const APPLIED: &str = "applied";
const SUPERSEDED: &str = "superseded";
const STALE: &str = "stale_decision";
const OTHER_ORGANIZATION: &str = "other_organization";

/// The records that decisions name, found in one pass over the tables.
struct NamedRecords<'d> {
    records: FxHashMap<(SourceIx, &'d str), RecordRef>,
    sources: FxHashMap<&'d str, SourceIx>,
}

impl<'d> NamedRecords<'d> {
    fn find(
        entity: Entity,
        decisions: impl Iterator<Item = &'d Decision>,
        pipeline: &'d Pipeline,
        tables: &'d Tables,
    ) -> Self {
        let sources: FxHashMap<&'d str, SourceIx> =
            (0..).zip(&pipeline.sources).map(|(ix, source)| (source.name.as_str(), ix)).collect();
        let mut wanted: FxHashSet<(SourceIx, &'d str)> = FxHashSet::default();
        for decision in decisions {
            wanted.extend(sources.get(decision.source.as_str()).map(|ix| (*ix, decision.record_id.as_str())));
            wanted.insert((0, decision.hub_id.as_str()));
            wanted.extend(split_target(&decision.hub_id, &sources));
        }
        let mut records = FxHashMap::default();
        for table in tables.iter().filter(|table| table.entity == entity) {
            for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
                if let Some(named) = wanted.get(&(table.source, table.id(row))) {
                    records.insert(*named, RecordRef { source: table.source, row });
                }
            }
        }
        Self { records, sources }
    }

    fn record(&self, source: &str, id: &str) -> Option<RecordRef> {
        self.records.get(&(*self.sources.get(source)?, id)).copied()
    }

    /// What a hub id, or `SOURCE/RECORD-ID`, names.
    fn target(&self, hub_id: &str) -> Target {
        let of_source = || split_target(hub_id, &self.sources).and_then(|named| self.records.get(&named));
        self.records
            .get(&(0, hub_id))
            .or_else(of_source)
            .map_or(Target::Missing, |record| Target::Founder(*record))
    }
}

fn split_target<'t>(hub_id: &'t str, sources: &FxHashMap<&str, SourceIx>) -> Option<(SourceIx, &'t str)> {
    let (source, id) = hub_id.split_once('/')?;
    Some((*sources.get(source)?, id))
}

impl AppliedDecision {
    /// The finding that reports a decision which did nothing; `None` for one that was applied or superseded.
    pub(super) fn finding(&self) -> Option<Finding> {
        let message = match self.outcome {
            STALE => "the decision names a record or a cluster that does not exist any more",
            OTHER_ORGANIZATION => "the decision names a cluster of another organization",
            "several_point_to_one" => {
                "two decisions match records of one source with one cluster, so neither applies"
            }
            "carried" => "the record's organization takes no part, so the decision does nothing",
            "skipped" => "the record is skipped, so the decision does nothing",
            _ => return None,
        };
        Some(Finding {
            source: self.decision.source.clone(),
            entity: self.decision.entity,
            record_id: self.decision.record_id.clone(),
            field: "",
            code: self.outcome,
            raw_value: self.decision.hub_id.clone(),
            message: format!("{message} (line {} of the decisions)", self.decision.line),
        })
    }
}
