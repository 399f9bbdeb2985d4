//! The clusters of one scope, and which of them hold which key value.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::model::{Entity, RecordRef, SourceIx};
use crate::normalize::{Key, Keys};

/// The position of a cluster inside its scope.
pub(super) type Local = u32;

/// The number of a key value inside its scope, per key space.
pub(super) type ValueId = u32;

/// A small list of numbers; most records hold one or two values of a key, most values one or two holders.
pub(super) type Ids = SmallVec<[u32; 2]>;

/// One cluster while its scope is folded.
#[derive(Debug)]
pub(super) struct LocalCluster {
    pub founder: RecordRef,
    pub in_review: bool,
    /// Its hub row is archived.
    pub is_archived: bool,
    pub members: SmallVec<[RecordRef; 4]>,
}

/// The key on the cluster's side: a sign-in name is compared with e-mail addresses.
pub(super) const fn cluster_side(key: Key) -> Key {
    match key {
        Key::Upn => Key::Email,
        other => other,
    }
}

/// The clusters of one scope. Values are interned, so that everything after reading them compares numbers.
pub(super) struct Universe<'a> {
    entity: Entity,
    keys: &'a Keys,
    /// Whether any record says under which id another system has it. A record's own id is only held by those that do.
    has_links: bool,
    pub clusters: Vec<LocalCluster>,
    /// The united values of all members of every cluster, by key space; empty for keys that the entity does not have.
    values: [Vec<Ids>; Key::ALL.len()],
    interned: [FxHashMap<&'a str, ValueId>; Key::ALL.len()],
    text: [Vec<&'a str>; Key::ALL.len()],
    holders: [Vec<Ids>; Key::ALL.len()],
}

/// The values of the records of a step, by key, as numbers of the cluster-side key space.
#[derive(Debug, Default)]
pub(super) struct RecordValues([Lists; Key::ALL.len()]);

/// A list of values for every record, one after the other; empty when no record holds any.
#[derive(Debug, Default)]
struct Lists {
    values: Vec<ValueId>,
    /// Where the list of each record ends.
    ends: Vec<u32>,
}

impl RecordValues {
    /// The values of `key` that a record holds.
    pub fn of(&self, record: u32, key: Key) -> &[ValueId] {
        let Lists { values, ends } = &self.0[key.index()];
        let record = record as usize;
        let Some(end) = ends.get(record) else { return &[] };
        let start = if record == 0 { 0 } else { ends[record - 1] };
        &values[start as usize..*end as usize]
    }
}

impl<'a> Universe<'a> {
    pub fn new(entity: Entity, keys: &'a Keys) -> Self {
        Self {
            entity,
            keys,
            has_links: keys.stores_links(entity),
            clusters: Vec::new(),
            values: Default::default(),
            interned: Default::default(),
            text: Default::default(),
            holders: Default::default(),
        }
    }

    /// The values of the records in `rows`, interned, key by key: the rows of an organization are far apart in memory, and
    /// waiting for one after the other was a third of the fold.
    pub fn read(&mut self, source: SourceIx, rows: &[u32]) -> RecordValues {
        let record_keys = self.keys.of(source, self.entity);
        let mut read = RecordValues::default();
        let mut texts: Vec<&'a str> = Vec::with_capacity(rows.len());
        let keys = crate::normalize::keys_of(self.entity);
        for key in keys.iter().filter(|key| **key != Key::Link || self.has_links) {
            texts.clear();
            let ends = record_keys.of(*key).gather(rows, &mut texts);
            if texts.is_empty() {
                continue;
            }
            let space = cluster_side(*key).index();
            let (interned, known) = (&mut self.interned[space], &mut self.text[space]);
            if interned.is_empty() {
                interned.reserve(texts.len());
                known.reserve(texts.len());
            }
            let number = |text: &&'a str| {
                let next = ValueId::try_from(known.len()).expect("fewer than 4 billion values");
                *interned.entry(*text).or_insert_with(|| {
                    known.push(*text);
                    next
                })
            };
            let values = texts.iter().map(number).collect();
            self.holders[space].resize_with(self.text[space].len(), Ids::new);
            read.0[key.index()] = Lists { values, ends };
        }
        read
    }

    /// The text of a value.
    pub fn text(&self, key: Key, value: ValueId) -> &'a str {
        self.text[cluster_side(key).index()][value as usize]
    }

    /// The number of values in the space of `key`.
    pub fn count(&self, key: Key) -> usize {
        self.text[cluster_side(key).index()].len()
    }

    /// The clusters that hold `value`, in order.
    pub fn holders(&self, key: Key, value: ValueId) -> &[Local] {
        &self.holders[cluster_side(key).index()][value as usize]
    }

    /// The values of a cluster.
    pub fn values(&self, cluster: Local, key: Key) -> &[ValueId] {
        self.values[cluster_side(key).index()].get(cluster as usize).map_or(&[], |values| values.as_slice())
    }

    /// Adds a cluster with its founder, the record of the step that holds `values`.
    pub fn found(
        &mut self,
        founder: RecordRef,
        values: &RecordValues,
        record: u32,
        in_review: bool,
        is_archived: bool,
    ) -> Local {
        let cluster = Local::try_from(self.clusters.len()).expect("fewer than 4 billion clusters");
        self.clusters.push(LocalCluster { founder, in_review, is_archived, members: SmallVec::new() });
        for key in crate::normalize::keys_of(self.entity) {
            self.values[key.index()].push(Ids::new());
        }
        self.join(cluster, founder, values, record);
        cluster
    }

    /// Adds a member to a cluster, the record of the step that holds `values`. A sign-in name is no value of the cluster:
    /// only addresses are.
    pub fn join(&mut self, cluster: Local, member: RecordRef, values: &RecordValues, record: u32) {
        self.clusters[cluster as usize].members.push(member);
        for key in crate::normalize::keys_of(self.entity) {
            if cluster_side(*key) != *key {
                continue;
            }
            let united = &mut self.values[key.index()][cluster as usize];
            for value in values.of(record, *key) {
                if !united.contains(value) {
                    united.push(*value);
                    self.holders[key.index()][*value as usize].push(cluster);
                }
            }
        }
    }

    /// Whether both sides know `key` and have nothing in common.
    pub fn is_disjoint(&self, values: &RecordValues, record: u32, cluster: Local, key: Key) -> bool {
        are_disjoint(values.of(record, key), self.values(cluster, key))
    }

    /// The first member of any of the clusters, which come in order, that [holds](Self::holder_of) `parts`.
    pub fn first_holder(
        &self,
        clusters: impl Iterator<Item = Local>,
        parts: &[(Key, ValueId)],
    ) -> Option<RecordRef> {
        let mut first: Option<RecordRef> = None;
        for cluster in clusters {
            // Clusters are in the order of their founders, and a founder comes before all other members.
            if first.is_some_and(|first| first < self.clusters[cluster as usize].founder) {
                break;
            }
            first = first.into_iter().chain(self.holder_of(cluster, parts)).min();
        }
        first
    }

    /// The first member, in fold order, that holds all of `parts`, else the first that holds any of them. `None` when
    /// none does.
    fn holder_of(&self, cluster: Local, parts: &[(Key, ValueId)]) -> Option<RecordRef> {
        let members = &self.clusters[cluster as usize].members;
        let holds = |member: &RecordRef, (key, value): &(Key, ValueId)| {
            let text = self.text(*key, *value);
            self.keys
                .of(member.source, self.entity)
                .of(cluster_side(*key))
                .get(member.row)
                .any(|held| held == text)
        };
        let all = members.iter().find(|member| parts.iter().all(|part| holds(member, part)));
        let any = || members.iter().find(|member| parts.iter().any(|part| holds(member, part)));
        all.or_else(any).copied()
    }
}

/// Whether both sets are known and have nothing in common.
pub(super) fn are_disjoint(left: &[ValueId], right: &[ValueId]) -> bool {
    !left.is_empty() && !right.is_empty() && !left.iter().any(|value| right.contains(value))
}
