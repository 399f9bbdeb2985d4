//! Identifiers across organizations: devices that seem to have moved, and organizations whose devices the hub has
//! under another name. Nothing is matched across organizations; this only tells a person where to look.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Proposal, is_subject, score};
use crate::matching::entity::Estate;
use crate::matching::outcome::{CandidateKind, ClusterIx, EntityMatching, NO_CLUSTER};
use crate::matching::owners::Owner;
use crate::model::{Entity, Finding, Reason, RecordRef, SourceIx, State};
use crate::normalize::Key;

/// A device whose serial number or MAC address exactly one hub row of another organization holds.
struct Seen {
    record: RecordRef,
    /// The organization record of the device in its own source.
    owner: Option<u32>,
    key: Key,
    value: String,
    hub_row: u32,
}

/// Devices that the hub has in another organization.
pub(in crate::matching) struct Elsewhere {
    seen: Vec<Seen>,
    /// Devices with a serial number or MAC address, by source and organization record.
    devices: FxHashMap<(SourceIx, u32), u32>,
}

impl Elsewhere {
    /// Looks for devices in review or unmatched, those of organizations in review included.
    pub fn find(estate: Estate<'_>, matchings: &[EntityMatching]) -> Self {
        let matching = &matchings[Entity::Configuration.index()];
        let (mut seen, devices) = rayon::join(
            || {
                Key::DEVICE
                    .into_par_iter()
                    .with_max_len(1)
                    .flat_map_iter(|key| seen(estate, matching, key))
                    .collect::<Vec<_>>()
            },
            || devices(estate, matching),
        );
        seen.sort_by(|a, b| (a.record, a.key, &a.value).cmp(&(b.record, b.key, &b.value)));
        Self { seen, devices }
    }

    /// A finding for every device that seems to have moved.
    pub fn findings(&self, estate: Estate<'_>, matchings: &[EntityMatching]) -> Vec<Finding> {
        let matching = &matchings[Entity::Configuration.index()];
        let mut findings = Vec::new();
        for seen in self.seen.iter().filter(|seen| is_subject(matching, seen.record)) {
            let hub_id = estate.tables.id(Entity::Configuration, RecordRef { source: 0, row: seen.hub_row });
            findings.push(Finding {
                source: estate.pipeline.sources[usize::from(seen.record.source)].name.clone(),
                entity: Entity::Configuration,
                record_id: estate.tables.id(Entity::Configuration, seen.record).to_owned(),
                field: seen.key.name(),
                code: Reason::Moved.code(),
                raw_value: seen.value.clone(),
                message: format!(
                    "the hub has this {} in another organization, on record {hub_id}",
                    spoken(seen.key)
                ),
            });
        }
        findings
    }

    /// Hub rows of other organizations, for devices.
    pub fn configurations(&self, matching: &EntityMatching) -> Vec<Proposal> {
        let subjects = self.seen.iter().filter(|seen| is_subject(matching, seen.record));
        subjects
            .map(|seen| Proposal {
                record: seen.record,
                cluster: matching.outcome(RecordRef { source: 0, row: seen.hub_row }).cluster,
                kind: CandidateKind::Suggested,
                score: score::OTHER_ORGANIZATION,
                reason: format!(
                    "it has the same {} in another organization: {}",
                    spoken(seen.key),
                    seen.value
                ),
                looks_known: true,
            })
            .filter(|proposal| proposal.cluster != NO_CLUSTER)
            .collect()
    }

    /// For each organization in review or unmatched, the hub organization that holds the most of its devices.
    pub fn organizations(&self, estate: Estate<'_>, matchings: &[EntityMatching]) -> Vec<Proposal> {
        let organizations = &matchings[Entity::Organization.index()];
        let founder = |cluster: ClusterIx| {
            let founder = organizations.clusters[cluster as usize].founder;
            (founder.source, estate.tables.id(Entity::Organization, founder))
        };
        let configurations = &matchings[Entity::Configuration.index()];
        let mut votes: FxHashMap<(SourceIx, u32), Vec<(ClusterIx, RecordRef)>> = FxHashMap::default();
        for seen in &self.seen {
            if let Some(owner) = seen.owner {
                let home = configurations.organizations[0][seen.hub_row as usize];
                votes.entry((seen.record.source, owner)).or_default().push((home, seen.record));
            }
        }
        let mut proposals = Vec::new();
        for ((source, row), mut voters) in sorted_votes(votes) {
            let record = RecordRef { source, row };
            if !is_subject(organizations, record) {
                continue;
            }
            voters.sort_unstable();
            voters.dedup();
            let counted = voters.chunk_by(|a, b| a.0 == b.0).map(|same| (same.len(), same[0].0));
            // The most devices; of equals the first organization by id.
            let Some((count, cluster)) =
                counted.max_by_key(|(count, cluster)| (*count, std::cmp::Reverse(founder(*cluster))))
            else {
                continue;
            };
            let devices = self.devices.get(&(source, row)).copied().unwrap_or_default() as usize;
            let noun = if devices == 1 { "device" } else { "devices" };
            proposals.push(Proposal {
                record,
                cluster,
                kind: CandidateKind::Suggested,
                score: score::DEVICES,
                reason: format!(
                    "the hub has {count} of its {devices} {noun} there, by serial number or MAC address"
                ),
                looks_known: count * 2 > devices,
            });
        }
        proposals
    }
}

/// Devices that seem to be elsewhere by one key, the values in order.
fn seen(estate: Estate<'_>, matching: &EntityMatching, key: Key) -> Vec<Seen> {
    let hub_rows = u32::try_from(matching.outcomes.first().map_or(0, Vec::len))
        .expect("a table has fewer than 4 billion rows");
    // Only values that somebody asks for are looked up, so memory grows with the questions.
    let mut asked: FxHashMap<&str, SmallVec<[RecordRef; 1]>> = FxHashMap::default();
    for record in subjects(matching) {
        for value in estate.keys.of(record.source, Entity::Configuration).of(key).get(record.row) {
            asked.entry(value).or_default().push(record);
        }
    }
    let values = estate.keys.of(0, Entity::Configuration).of(key);
    let held: Vec<(&str, u32)> = (0..hub_rows)
        .into_par_iter()
        .flat_map_iter(|row| values.get(row).map(move |value| (value, row)))
        .filter(|(value, _)| asked.contains_key(value))
        .collect();
    let mut found: FxHashMap<&str, SmallVec<[u32; 2]>> = FxHashMap::default();
    for (value, row) in held {
        found.entry(value).or_default().push(row);
    }
    let mut seen = Vec::new();
    for (value, rows) in sorted(&found) {
        let [hub_row] = rows[..] else { continue };
        let home = matching.organizations[0][hub_row as usize];
        for record in &asked[value] {
            let own = matching.organizations[usize::from(record.source)][record.row as usize];
            if home == NO_CLUSTER || own == home {
                continue;
            }
            let owner = owner(estate, *record);
            seen.push(Seen { record: *record, owner, key, value: value.to_owned(), hub_row });
        }
    }
    seen
}

/// How many devices have a serial number or MAC address, by source and organization record.
fn devices(estate: Estate<'_>, matching: &EntityMatching) -> FxHashMap<(SourceIx, u32), u32> {
    let mut devices = FxHashMap::default();
    for record in subjects(matching) {
        let keys = estate.keys.of(record.source, Entity::Configuration);
        let is_known = Key::DEVICE.iter().any(|key| !keys.of(*key).is_empty(record.row));
        if let Some(owner) = owner(estate, record).filter(|_| is_known) {
            *devices.entry((record.source, owner)).or_default() += 1;
        }
    }
    devices
}

/// Devices that nothing was found for, those whose organization is in review included.
fn subjects(matching: &EntityMatching) -> impl Iterator<Item = RecordRef> + '_ {
    (0..).zip(&matching.outcomes).skip(1).flat_map(|(source, outcomes)| {
        (0..)
            .zip(outcomes)
            .filter(|(_, outcome)| matches!(outcome.state, State::Review | State::Unmatched))
            .map(move |(row, _)| RecordRef { source, row })
    })
}

fn owner(estate: Estate<'_>, record: RecordRef) -> Option<u32> {
    let owners = &estate.owners[usize::from(record.source)][Entity::Configuration.index()];
    match owners.get(record.row as usize) {
        Some(Owner::Row(row)) => Some(*row),
        _ => None,
    }
}

const fn spoken(key: Key) -> &'static str {
    match key {
        Key::Mac => "MAC address",
        _ => "serial number",
    }
}

fn sorted<'m, V>(map: &'m FxHashMap<&str, V>) -> Vec<(&'m str, &'m V)> {
    let mut entries: Vec<(&str, &V)> = map.iter().map(|(key, value)| (*key, value)).collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

fn sorted_votes<V>(map: FxHashMap<(SourceIx, u32), V>) -> Vec<((SourceIx, u32), V)> {
    let mut entries: Vec<_> = map.into_iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}
