//! The tier values of one step: what the records of a source hold, and which clusters hold the same.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::universe::{Ids, Local, RecordValues, Universe, ValueId};
use crate::normalize::Key;

/// A tuple of key values, one per key of the tier.
type Tuple = SmallVec<[ValueId; 4]>;

/// One tier (or identity key) of one step.
///
/// A tier of one key uses the universe's own numbers and holders. A tier of several keys numbers the tuples of
/// the step's records; tuples that no record of the step holds are never asked for.
pub(super) struct TierIndex<'s> {
    pub keys: Vec<Key>,
    values: &'s RecordValues,
    /// The records of the step that hold each tier value, value by value.
    records: Vec<u32>,
    /// By tier value: where its records begin; the last is the end of all.
    starts: Vec<u32>,
    /// For several keys: the tuples of each record, all tuples, and the clusters that hold each.
    record_tuples: Vec<Ids>,
    tuples: Vec<Tuple>,
    clusters: Vec<Ids>,
}

impl<'s> TierIndex<'s> {
    /// Indexes the tier for the `count` records of a step.
    pub fn new(keys: &[Key], values: &'s RecordValues, count: u32, universe: &Universe<'_>) -> Self {
        let mut index = Self {
            keys: keys.to_vec(),
            values,
            records: Vec::new(),
            starts: Vec::new(),
            record_tuples: Vec::new(),
            tuples: Vec::new(),
            clusters: Vec::new(),
        };
        let tier_values = if let [key] = keys {
            universe.count(*key)
        } else {
            index.number_tuples(count, universe);
            index.tuples.len()
        };
        index.list_records(count, tier_values);
        index
    }

    /// Lists the records by value, in one counting pass.
    fn list_records(&mut self, count: u32, values: usize) {
        let mut starts = vec![0; values + 1];
        for value in (0..count).flat_map(|record| self.of(record)) {
            starts[*value as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut records = vec![0; starts[values] as usize];
        for record in 0..count {
            for value in self.of(record) {
                let at = &mut next[*value as usize];
                records[*at as usize] = record;
                *at += 1;
            }
        }
        (self.starts, self.records) = (starts, records);
    }

    fn number_tuples(&mut self, count: u32, universe: &Universe<'_>) {
        let mut numbers: FxHashMap<Tuple, ValueId> = FxHashMap::default();
        for record in 0..count {
            let mut ids = Ids::new();
            for tuple in product(&self.keys, |key| self.values.of(record, key)) {
                let next = ValueId::try_from(self.tuples.len()).expect("fewer than 4 billion tuples");
                let id = *numbers.entry(tuple.clone()).or_insert(next);
                if id == next {
                    self.tuples.push(tuple);
                }
                ids.push(id);
            }
            self.record_tuples.push(ids);
        }
        self.clusters.resize_with(self.tuples.len(), Ids::new);
        for cluster in 0..universe.clusters.len() {
            let cluster = Local::try_from(cluster).expect("fewer than 4 billion clusters");
            for tuple in product(&self.keys, |key| universe.values(cluster, key)) {
                if let Some(id) = numbers.get(&tuple) {
                    self.clusters[*id as usize].push(cluster);
                }
            }
        }
    }

    /// The tier values of a record.
    pub fn of(&self, record: u32) -> &[ValueId] {
        match self.keys[..] {
            [key] => self.values.of(record, key),
            _ => &self.record_tuples[record as usize],
        }
    }

    /// The records of the step that hold `value`: S(t,v).
    pub fn records(&self, value: ValueId) -> &[u32] {
        let value = value as usize;
        &self.records[self.starts[value] as usize..self.starts[value + 1] as usize]
    }

    /// All clusters that hold `value`, before a record's own exclusions.
    pub fn clusters<'u>(&'u self, universe: &'u Universe<'_>, value: ValueId) -> &'u [Local] {
        match self.keys[..] {
            [key] => universe.holders(key, value),
            _ => &self.clusters[value as usize],
        }
    }

    /// The key values that make up a tier value.
    pub fn parts(&self, value: ValueId) -> SmallVec<[(Key, ValueId); 4]> {
        match self.keys[..] {
            [key] => SmallVec::from_slice(&[(key, value)]),
            _ => self.keys.iter().copied().zip(self.tuples[value as usize].iter().copied()).collect(),
        }
    }

    /// The texts of a tier value, for comparing: tuples compare part by part.
    pub fn texts<'a>(&self, universe: &Universe<'a>, value: ValueId) -> SmallVec<[&'a str; 4]> {
        self.parts(value).iter().map(|(key, value)| universe.text(*key, *value)).collect()
    }

    /// Whether this is the tier `link`.
    pub fn is_link(&self) -> bool {
        self.keys == [Key::Link]
    }

    /// Whether this tier is the key `key` alone.
    pub fn is_only(&self, key: Key) -> bool {
        self.keys == [key]
    }
}

/// The tuples of one value per key; none if a key has no value.
fn product<'v>(keys: &[Key], values: impl Fn(Key) -> &'v [ValueId]) -> Vec<Tuple> {
    let mut tuples = vec![Tuple::new()];
    for key in keys {
        let values = values(*key);
        tuples = tuples
            .iter()
            .flat_map(|tuple| {
                values.iter().map(move |value| {
                    let mut longer = tuple.clone();
                    longer.push(*value);
                    longer
                })
            })
            .collect();
        if tuples.is_empty() {
            break;
        }
    }
    tuples
}
