//! The fold of one scope: hub rows found the clusters, then the sources are folded in, one step each.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::decisions::ScopeDecisions;
use super::outcome::{NO_CLUSTER, Outcome, Rule};
use super::step::{Decided, Step, Toward};
use super::universe::{Local, Universe, ValueId};
use crate::model::{Entity, Reason, RecordRef, SourceIx, State, Tables, column};
use crate::normalize::{Key, Keys};
use crate::pipeline::Pipeline;

/// What the fold of every scope of one entity reads.
#[derive(Clone, Copy)]
pub(super) struct FoldInput<'a> {
    pub entity: Entity,
    pub pipeline: &'a Pipeline,
    pub tables: &'a Tables,
    pub keys: &'a Keys,
    pub decisions: &'a ScopeDecisions<'a>,
    /// Hub rows, with their organization cluster, that store a link, by the link.
    pub stored_links: &'a super::links::StoredLinks<'a>,
    /// Organizations of an RMM without devices: they take part only when a decision about them applies.
    pub without_devices: &'a FxHashSet<RecordRef>,
}

/// A cluster as the fold of its scope leaves it.
pub(super) struct ScopeCluster {
    pub founder: RecordRef,
    pub in_review: bool,
    pub members: SmallVec<[RecordRef; 4]>,
}

/// What the fold of one scope leaves. Cluster numbers are positions in `clusters`.
#[derive(Default)]
pub(super) struct ScopeResult {
    pub organization: u32,
    pub clusters: Vec<ScopeCluster>,
    pub outcomes: Vec<(RecordRef, Outcome)>,
    pub text: String,
    /// Rejected candidates; a cluster of another scope is named by its hub row.
    pub rejected: Vec<(RecordRef, Rejected)>,
    /// A matched record of which a weaker key points to another cluster.
    pub weaker_key_disagrees: Vec<(RecordRef, Local, Local)>,
    /// A member with veto keys that have nothing in common with those of its cluster.
    pub cluster_disagrees: Vec<(RecordRef, Local)>,
    /// Live hub rows that share a serial number or MAC address with others.
    pub duplicate_in_hub: Vec<DuplicateInHub>,
    /// Decisions, by position, and what became of them.
    pub decisions: Vec<(u32, &'static str)>,
}

/// A live hub row that shares a key value with others of its organization.
#[derive(Debug, Clone)]
pub(super) struct DuplicateInHub {
    pub record: RecordRef,
    pub key: Key,
    pub value: String,
    /// The first of the others, by id.
    pub others: Vec<RecordRef>,
    /// How many others there are.
    pub count: usize,
}

/// How many of the other rows a `duplicate_in_hub` names: with all of them, one value that thousands of rows hold
/// would be millions of ids.
const NAMED_DUPLICATES: usize = 5;

/// A candidate that a rule rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rejected {
    Cluster(Local),
    HubRow(u32),
}

/// Folds one scope. `rows` are the rows of each source that take part, by source.
pub(super) fn fold_scope(input: &FoldInput<'_>, organization: u32, rows: &[&[u32]]) -> ScopeResult {
    let mut scope = Scope {
        input: *input,
        universe: Universe::new(input.entity, input.keys),
        result: ScopeResult { organization, ..ScopeResult::default() },
    };
    scope.found_hub_clusters(rows.first().copied().unwrap_or_default());
    for (source, rows) in rows.iter().enumerate().skip(1) {
        if !rows.is_empty() {
            let source = SourceIx::try_from(source).expect("a pipeline has fewer than 65,536 sources");
            scope.fold_source(source, rows);
        }
    }
    scope.result.clusters = scope
        .universe
        .clusters
        .into_iter()
        .map(|cluster| ScopeCluster {
            founder: cluster.founder,
            in_review: cluster.in_review,
            members: cluster.members,
        })
        .collect();
    scope.result
}

struct Scope<'a> {
    input: FoldInput<'a>,
    universe: Universe<'a>,
    result: ScopeResult,
}

impl Scope<'_> {
    fn found_hub_clusters(&mut self, rows: &[u32]) {
        let archived = self.input.tables.get(0, self.input.entity).map(|table| table.cells(column::ARCHIVED));
        let values = self.universe.read(0, rows);
        for (row, at) in rows.iter().zip(0..) {
            let founder = RecordRef { source: 0, row: *row };
            let is_archived = archived.and_then(|cells| cells.get(*row)) == Some("true");
            let cluster = self.universe.found(founder, &values, at, false, is_archived);
            self.result.outcomes.push((founder, outcome(State::Hub, cluster, Rule::None, None)));
        }
        if self.input.entity == Entity::Configuration {
            self.duplicates_in_hub(Key::Serial);
            self.duplicates_in_hub(Key::Mac);
        }
    }

    fn duplicates_in_hub(&mut self, key: Key) {
        let table = self.input.tables.get(0, self.input.entity);
        let id = |record: &RecordRef| table.map_or("", |table| table.id(record.row));
        let live = self.universe.clusters.iter().zip(0..).filter(|(cluster, _)| !cluster.is_archived);
        let mut holders: Vec<(ValueId, RecordRef)> = live
            .flat_map(|(cluster, at)| {
                self.universe.values(at, key).iter().map(|value| (*value, cluster.founder))
            })
            .collect();
        holders.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| id(&a.1).cmp(id(&b.1))));
        for group in holders.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            for (value, record) in group {
                let others = group.iter().map(|(_, other)| *other).filter(|other| other != record);
                self.result.duplicate_in_hub.push(DuplicateInHub {
                    record: *record,
                    key,
                    value: self.universe.text(key, *value).to_owned(),
                    others: others.take(NAMED_DUPLICATES).collect(),
                    count: group.len() - 1,
                });
            }
        }
    }

    /// One step: decides the records of a source, then lets them join or found clusters.
    fn fold_source(&mut self, source: SourceIx, rows: &[u32]) {
        let entity = self.input.entity;
        let settings = &self.input.pipeline.sources[usize::from(source)];
        let mut records: Vec<RecordRef> = Vec::with_capacity(rows.len());
        let mut decided: Vec<Decided> = Vec::with_capacity(rows.len());
        for row in rows {
            let record = RecordRef { source, row: *row };
            let (is_ignored, found) = self.input.decisions.of(
                record,
                &self.universe,
                self.result.organization,
                &mut self.result.decisions,
            );
            if is_ignored {
                let ended = outcome(State::Ignored, NO_CLUSTER, Rule::Decision, None);
                self.result.outcomes.push((record, ended));
            } else if found.main.is_none() && self.input.without_devices.contains(&record) {
                let ended = outcome(State::Skipped, NO_CLUSTER, Rule::None, Some(Reason::NoDevices));
                self.result.outcomes.push((record, ended));
            } else {
                records.push(record);
                decided.push(found);
            }
        }
        let rows: Vec<u32> = records.iter().map(|record| record.row).collect();
        let values = self.universe.read(source, &rows);
        let step = Step::new(
            &self.universe,
            entity,
            settings.role,
            &settings.matching[entity.index()],
            &values,
            &decided,
        );
        let organization = self.result.organization;
        let moved = |record: u32| {
            self.input.stored_links.elsewhere(&self.input, records[record as usize], organization)
        };
        let (ended, disagreements) = step.run(moved, &mut self.result.text);

        let mut clusters: Vec<Local> = Vec::with_capacity(records.len());
        for ((record, at), ended) in records.iter().zip(0..).zip(&ended) {
            let cluster = if let Some(cluster) = ended.joined {
                if settings.matching[entity.index()]
                    .veto
                    .iter()
                    .any(|key| self.universe.is_disjoint(&values, at, cluster, *key))
                {
                    self.result.cluster_disagrees.push((*record, cluster));
                }
                self.universe.join(cluster, *record, &values, at);
                cluster
            } else {
                self.universe.found(*record, &values, at, ended.state == State::Review, false)
            };
            clusters.push(cluster);
            let ended = Outcome {
                key_value: ended.key_value,
                matched: ended.holder.or_else(|| beside(*ended.rejected.first()?, &records)),
                ..outcome(ended.state, cluster, ended.rule, ended.reason)
            };
            self.result.outcomes.push((*record, ended));
        }
        for (position, ended) in ended.iter().enumerate() {
            for toward in &ended.rejected {
                let rejected = match toward {
                    Toward::Cluster(cluster) => Rejected::Cluster(*cluster),
                    Toward::Record(other) => Rejected::Cluster(clusters[*other as usize]),
                    Toward::HubRow(row) => Rejected::HubRow(*row),
                };
                self.result.rejected.push((records[position], rejected));
            }
        }
        for (record, other) in disagreements {
            let position = record as usize;
            self.result.weaker_key_disagrees.push((records[position], clusters[position], other));
        }
    }
}

/// The record on the other side where no cluster of the scope is: a twin of the same source, or a hub row elsewhere.
fn beside(toward: Toward, records: &[RecordRef]) -> Option<RecordRef> {
    match toward {
        Toward::Cluster(_) => None,
        Toward::Record(twin) => Some(records[twin as usize]),
        Toward::HubRow(row) => Some(RecordRef { source: 0, row }),
    }
}

/// An outcome without evidence.
pub(super) fn outcome(state: State, cluster: u32, rule: Rule, reason: Option<Reason>) -> Outcome {
    Outcome { state, cluster, rule, reason, key_value: (0, 0), matched: None }
}
