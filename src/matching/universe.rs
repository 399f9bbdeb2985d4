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
    /// The united values of all members, by key space.
    values: [Ids; Key::ALL.len()],
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
    interned: [FxHashMap<&'a str, ValueId>; Key::ALL.len()],
    text: [Vec<&'a str>; Key::ALL.len()],
    holders: [Vec<Ids>; Key::ALL.len()],
}

/// The values of one record, by key, as numbers of the cluster-side key space.
pub(super) type RecordValues = [Ids; Key::ALL.len()];

impl<'a> Universe<'a> {
    pub fn new(entity: Entity, keys: &'a Keys) -> Self {
        Self {
            entity,
            keys,
            has_links: keys.stores_links(entity),
            clusters: Vec::new(),
            interned: Default::default(),
            text: Default::default(),
            holders: Default::default(),
        }
    }

    /// The values of the records in `rows`, interned.
    ///
    /// The rows of an organization are far apart in memory. All texts of a key are found before the first is looked up, so
    /// that the processor waits for many of them at once: waiting for one after the other was a third of the fold.
    pub fn read(&mut self, source: SourceIx, rows: &[u32]) -> Vec<RecordValues> {
        let record_keys = self.keys.of(source, self.entity);
        let mut values: Vec<RecordValues> = rows.iter().map(|_| RecordValues::default()).collect();
        let mut texts: Vec<(usize, &'a str)> = Vec::with_capacity(rows.len());
        let keys = crate::normalize::keys_of(self.entity);
        for key in keys.iter().filter(|key| **key != Key::Link || self.has_links) {
            let of_key = record_keys.of(*key);
            texts.clear();
            for (at, row) in rows.iter().enumerate() {
                texts.extend(of_key.get(*row).map(|text| (at, text)));
            }
            let space = cluster_side(*key).index();
            for (at, text) in &texts {
                let next = ValueId::try_from(self.text[space].len()).expect("fewer than 4 billion values");
                let id = *self.interned[space].entry(text).or_insert(next);
                if id == next {
                    self.text[space].push(text);
                    self.holders[space].push(Ids::new());
                }
                values[*at][key.index()].push(id);
            }
        }
        values
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
        &self.clusters[cluster as usize].values[cluster_side(key).index()]
    }

    /// Adds a cluster with its founder.
    pub fn found(
        &mut self,
        founder: RecordRef,
        values: &RecordValues,
        in_review: bool,
        is_archived: bool,
    ) -> Local {
        let cluster = Local::try_from(self.clusters.len()).expect("fewer than 4 billion clusters");
        self.clusters.push(LocalCluster {
            founder,
            in_review,
            is_archived,
            members: SmallVec::new(),
            values: Default::default(),
        });
        self.join(cluster, founder, values);
        cluster
    }

    /// Adds a member to a cluster. A sign-in name is no value of the cluster: only addresses are.
    pub fn join(&mut self, cluster: Local, member: RecordRef, values: &RecordValues) {
        let entry = &mut self.clusters[cluster as usize];
        entry.members.push(member);
        for key in crate::normalize::keys_of(self.entity) {
            if cluster_side(*key) != *key {
                continue;
            }
            for value in &values[key.index()] {
                if !entry.values[key.index()].contains(value) {
                    entry.values[key.index()].push(*value);
                    self.holders[key.index()][*value as usize].push(cluster);
                }
            }
        }
    }

    /// Whether both sides know `key` and have nothing in common.
    pub fn is_disjoint(&self, values: &RecordValues, cluster: Local, key: Key) -> bool {
        are_disjoint(&values[key.index()], self.values(cluster, key))
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
