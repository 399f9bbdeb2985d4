//! Which creates look like something that is known already: the gate `looks_known`.
//!
//! Nothing here decides that two records are one; it only keeps a step from being sent before a person looked.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::context::Context;
use crate::matching::{CandidateKind, ClusterIx};
use crate::model::{Entity, RecordRef, SourceIx, State};
use crate::normalize::Key;

/// The keys that identify a device across organizations.
const DEVICE_KEYS: [Key; 2] = [Key::Serial, Key::Mac];

/// What speaks against creating clusters, by entity and cluster.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// For creates in the hub.
    hub: FxHashMap<(Entity, ClusterIx), String>,
    /// For creates in a PSA: its records that look like a cluster of the hub.
    psa: FxHashMap<(SourceIx, Entity, ClusterIx), String>,
    /// For creates in a PSA: its records in review that may be a cluster of the hub.
    psa_review: FxHashMap<(SourceIx, Entity, ClusterIx), String>,
}

impl Known {
    pub(super) fn new(ctx: &Context<'_>) -> Self {
        let mut known = Self::default();
        known.add_candidates(ctx);
        known.add_devices(ctx);
        known
    }

    /// Why a create in the hub needs a look.
    pub(super) fn in_hub(&self, ctx: &Context<'_>, entity: Entity, cluster: ClusterIx) -> Option<String> {
        self.hub.get(&(entity, cluster)).cloned().or_else(|| disagreement(ctx, entity, cluster))
    }

    /// Why a create in a PSA needs a look.
    pub(super) fn in_psa(
        &self,
        ctx: &Context<'_>,
        psa: SourceIx,
        entity: Entity,
        cluster: ClusterIx,
    ) -> Option<String> {
        self.psa.get(&(psa, entity, cluster)).cloned().or_else(|| disagreement(ctx, entity, cluster))
    }

    /// Why a record of the PSA that is in review may be this cluster.
    pub(super) fn review_in_psa(&self, psa: SourceIx, entity: Entity, cluster: ClusterIx) -> Option<&str> {
        self.psa_review.get(&(psa, entity, cluster)).map(String::as_str)
    }

    fn add_candidates(&mut self, ctx: &Context<'_>) {
        for entity in Entity::ALL {
            let matching = ctx.matching(entity);
            for candidate in &matching.candidates {
                let outcome = matching.outcome(candidate.record);
                let of = (candidate.record.source, entity, candidate.cluster);
                let name = || ctx.record_name(entity, candidate.record);
                if candidate.kind == CandidateKind::Rejected && outcome.state == State::Review {
                    let message = format!("`{}`, which is in review, may be this record", name());
                    keep_first(&mut self.psa_review, of, message);
                }
                if candidate.looks_known {
                    let message = format!("`{}` looks like this record: {}", name(), candidate.reason);
                    keep_first(&mut self.psa, of, message);
                    if outcome.cluster != candidate.cluster {
                        let other = ctx.cluster_name(entity, candidate.cluster);
                        let message = || format!("it looks like `{other}`: {}", candidate.reason);
                        self.hub.entry((entity, outcome.cluster)).or_insert_with(message);
                    }
                }
            }
        }
    }

    /// Devices that identify a device of the hub in another organization. For a record that nothing matched a candidate
    /// says so; here are clusters whose identifying member joined another one.
    fn add_devices(&mut self, ctx: &Context<'_>) {
        let matching = ctx.matching(Entity::Configuration);
        for (cluster, hub_cluster, key, value) in moved(ctx) {
            let message = || {
                let hub = ctx.cluster_name(Entity::Configuration, hub_cluster);
                let organization = matching.clusters[hub_cluster as usize].organization;
                let organization = ctx.title(Entity::Organization, organization);
                format!("its {key} `{value}` identifies `{hub}` of {organization}")
            };
            self.hub.entry((Entity::Configuration, cluster)).or_insert_with(message);
        }
    }
}

/// Keeps the message that comes first in the alphabet, so that the order of records does not show.
fn keep_first<K: Eq + std::hash::Hash>(messages: &mut FxHashMap<K, String>, key: K, message: String) {
    match messages.entry(key) {
        Entry::Occupied(mut kept) if message < *kept.get() => {
            kept.insert(message);
        }
        Entry::Occupied(_) => {}
        Entry::Vacant(free) => {
            free.insert(message);
        }
    }
}

/// The cluster names, or is named by, a finding that a weaker key disagrees.
fn disagreement(ctx: &Context<'_>, entity: Entity, cluster: ClusterIx) -> Option<String> {
    let named = ctx.matching(entity).disagreeing.binary_search(&cluster).is_ok();
    named.then(|| {
        "a weaker key of a matched record points to it, or one of its own points elsewhere".to_owned()
    })
}

/// Where the value of a device is held in the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    None,
    One(ClusterIx),
    Several,
}

/// The clusters of several members without a hub row whose serial or MAC identifies a hub row of another organization:
/// exactly one hub row and one record of the member's source hold it. Each cluster once, in order.
fn moved<'a>(ctx: &Context<'a>) -> Vec<(ClusterIx, ClusterIx, Key, &'a str)> {
    let entity = Entity::Configuration;
    let matching = ctx.matching(entity);
    let values_of = |record: RecordRef| {
        DEVICE_KEYS
            .into_iter()
            .flat_map(move |key| ctx.keys(entity, record, key).map(move |value| (key, value)))
    };
    let new = || {
        let numbered = (0u32..).zip(&matching.clusters);
        numbered
            .filter(|(_, cluster)| cluster.founder.source != 0 && cluster.members.1 - cluster.members.0 > 1)
            .map(|(ix, _)| ix)
    };
    let mut slots: FxHashMap<(Key, &str), u32> = FxHashMap::default();
    let mut holders: Vec<Holder> = Vec::new();
    for cluster in new() {
        for value in ctx.members(entity, cluster).iter().flat_map(|member| values_of(*member)) {
            slots.entry(value).or_insert_with(|| {
                holders.push(Holder::None);
                u32::try_from(holders.len() - 1).expect("no more values than records in 32 bits")
            });
        }
    }
    if slots.is_empty() {
        return Vec::new();
    }
    for (cluster, row) in
        (0u32..).zip(&matching.clusters).filter_map(|(ix, cluster)| Some((ix, cluster.hub_row()?)))
    {
        for value in values_of(RecordRef { source: 0, row }) {
            if let Some(slot) = slots.get(&value) {
                let holder = &mut holders[*slot as usize];
                *holder = if *holder == Holder::None { Holder::One(cluster) } else { Holder::Several };
            }
        }
    }
    slots.retain(|_, slot| matches!(holders[*slot as usize], Holder::One(_)));
    if slots.is_empty() {
        return Vec::new();
    }
    // How many records of each source hold the value, up to two.
    let mut counts: FxHashMap<(SourceIx, u32), u8> = FxHashMap::default();
    for table in ctx.tables.iter().filter(|table| table.entity == entity && table.source != 0) {
        for row in 0..u32::try_from(table.len()).unwrap_or(u32::MAX) {
            for value in values_of(RecordRef { source: table.source, row }) {
                if let Some(slot) = slots.get(&value) {
                    let count = counts.entry((table.source, *slot)).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
    }
    new()
        .filter_map(|cluster| {
            let organization = matching.clusters[cluster as usize].organization;
            ctx.members(entity, cluster).iter().find_map(|member| {
                values_of(*member).find_map(|(key, value)| {
                    let slot = slots.get(&(key, value))?;
                    let Holder::One(hub) = holders[*slot as usize] else { return None };
                    let elsewhere = matching.clusters[hub as usize].organization != organization;
                    (elsewhere && counts.get(&(member.source, *slot)) == Some(&1))
                        .then_some((cluster, hub, key, value))
                })
            })
        })
        .collect()
}
