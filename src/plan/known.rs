//! Which creates look like something that is known already: the gate `looks_known`.
//!
//! Nothing here decides that two records are one; it only keeps a step from being sent before a person looked.

use std::collections::hash_map::Entry;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::context::Context;
use crate::matching::{Candidate, CandidateKind, ClusterIx};
use crate::model::{Entity, RecordRef, Role, SourceIx, State};
use crate::normalize::{Key, Keys};

/// What speaks against creating clusters, by entity and cluster. Of thousands few are asked for, so the sentences are
/// made then.
#[derive(Debug, Default)]
pub(super) struct Known<'a> {
    /// For creates in the hub.
    hub: FxHashMap<(Entity, ClusterIx), Likeness<'a>>,
    /// For creates in a PSA: its records that look like a cluster of the hub.
    psa: FxHashMap<(SourceIx, Entity, ClusterIx), &'a Candidate>,
    /// For creates in a PSA: its records in review that may be a cluster of the hub.
    psa_review: FxHashMap<(SourceIx, Entity, ClusterIx), &'a Candidate>,
}

/// What a cluster without a row of the hub looks like.
#[derive(Debug, Clone, Copy)]
enum Likeness<'a> {
    /// Another cluster, as the candidate says.
    Candidate(&'a Candidate),
    /// A device of the hub that a key identifies.
    Device { hub: ClusterIx, key: Key, value: &'a str },
}

impl<'a> Known<'a> {
    pub(super) fn new(ctx: &Context<'a>, keys: &'a Keys) -> Self {
        let (mut known, devices) = rayon::join(|| Self::of_candidates(ctx), || moved(ctx, keys));
        // Devices that identify a device of the hub in another organization. For a record that nothing matched a candidate
        // says so; these are clusters whose identifying member joined another one.
        for (cluster, hub, key, value) in devices {
            let likeness = Likeness::Device { hub, key, value };
            known.hub.entry((Entity::Configuration, cluster)).or_insert(likeness);
        }
        known
    }

    /// Why a create in the hub needs a look.
    pub(super) fn in_hub(&self, ctx: &Context<'_>, entity: Entity, cluster: ClusterIx) -> Option<String> {
        match self.hub.get(&(entity, cluster)) {
            Some(Likeness::Candidate(candidate)) => {
                let other = ctx.cluster_name(entity, candidate.cluster);
                Some(format!("it looks like `{other}`: {}", candidate.reason))
            }
            Some(Likeness::Device { hub, key, value }) => {
                let organization = ctx.cluster(entity, *hub).organization;
                let organization = ctx.title(Entity::Organization, organization);
                let hub = ctx.cluster_name(entity, *hub);
                Some(format!("its {key} `{value}` identifies `{hub}` of {organization}"))
            }
            None => disagreement(ctx, entity, cluster),
        }
    }

    /// Why a create in a PSA needs a look.
    pub(super) fn in_psa(
        &self,
        ctx: &Context<'_>,
        psa: SourceIx,
        entity: Entity,
        cluster: ClusterIx,
    ) -> Option<String> {
        let Some(candidate) = self.psa.get(&(psa, entity, cluster)) else {
            return disagreement(ctx, entity, cluster);
        };
        let name = ctx.record_name(entity, candidate.record);
        Some(format!("`{name}` looks like this record: {}", candidate.reason))
    }

    /// Why a record of the PSA that is in review may be this cluster.
    pub(super) fn review_in_psa(
        &self,
        ctx: &Context<'_>,
        psa: SourceIx,
        entity: Entity,
        cluster: ClusterIx,
    ) -> Option<String> {
        let candidate = self.psa_review.get(&(psa, entity, cluster))?;
        let name = ctx.record_name(entity, candidate.record);
        Some(format!("`{name}`, which is in review, may be this record"))
    }

    fn of_candidates(ctx: &Context<'a>) -> Self {
        let mut known = Self::default();
        for entity in Entity::ALL {
            let matching = ctx.matching(entity);
            for candidate in &matching.candidates {
                let outcome = matching.outcome(candidate.record);
                let of = (candidate.record.source, entity, candidate.cluster);
                let is_of_psa = ctx.role(candidate.record.source) == Role::Psa;
                let is_rejected = candidate.kind == CandidateKind::Rejected;
                if is_of_psa && is_rejected && outcome.state == State::Review {
                    keep_first(ctx, entity, &mut known.psa_review, of, candidate);
                }
                if is_of_psa && candidate.looks_known {
                    keep_first(ctx, entity, &mut known.psa, of, candidate);
                }
                if candidate.looks_known && outcome.cluster != candidate.cluster {
                    let likeness = Likeness::Candidate(candidate);
                    known.hub.entry((entity, outcome.cluster)).or_insert(likeness);
                }
            }
        }
        known
    }
}

/// Keeps the candidate whose message comes first in the alphabet, so that the order of records does not show.
fn keep_first<'a, K: Eq + std::hash::Hash>(
    ctx: &Context<'a>,
    entity: Entity,
    kept: &mut FxHashMap<K, &'a Candidate>,
    key: K,
    candidate: &'a Candidate,
) {
    // The id of the record stands in backticks in front of the reason.
    let id = |of: &Candidate| ctx.id(entity, of.record).bytes().chain([b'`']);
    match kept.entry(key) {
        Entry::Occupied(mut kept) => {
            let other = *kept.get();
            let order = id(candidate).cmp(id(other)).then_with(|| candidate.reason.cmp(&other.reason));
            if order.is_lt() {
                kept.insert(candidate);
            }
        }
        Entry::Vacant(free) => {
            free.insert(candidate);
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
fn moved<'a>(ctx: &Context<'_>, keys: &'a Keys) -> Vec<(ClusterIx, ClusterIx, Key, &'a str)> {
    let entity = Entity::Configuration;
    let matching = ctx.matching(entity);
    let values_of = |record: RecordRef| {
        let of_record = keys.of(record.source, entity);
        Key::DEVICE
            .into_iter()
            .flat_map(move |key| of_record.of(key).get(record.row).map(move |value| (key, value)))
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
    let in_hub: Vec<(u32, ClusterIx)> = (0..matching.clusters.len())
        .into_par_iter()
        .filter_map(|ix| Some((ix, matching.clusters[ix].hub_row()?)))
        .flat_map_iter(|(ix, row)| {
            let ix = ClusterIx::try_from(ix).expect("clusters are counted in 32 bits");
            let slots =
                values_of(RecordRef { source: 0, row }).filter_map(|value| slots.get(&value).copied());
            slots.map(move |slot| (slot, ix))
        })
        .collect();
    for (slot, cluster) in in_hub {
        let holder = &mut holders[slot as usize];
        *holder = if *holder == Holder::None { Holder::One(cluster) } else { Holder::Several };
    }
    slots.retain(|_, slot| matches!(holders[*slot as usize], Holder::One(_)));
    if slots.is_empty() {
        return Vec::new();
    }
    // How many records of each source hold the value, up to two.
    let mut counts: FxHashMap<(SourceIx, u32), u8> = FxHashMap::default();
    for table in ctx.tables.iter().filter(|table| table.entity == entity && table.source != 0) {
        let held: Vec<u32> = (0..u32::try_from(table.len()).unwrap_or(u32::MAX))
            .into_par_iter()
            .flat_map_iter(|row| values_of(RecordRef { source: table.source, row }))
            .filter_map(|value| slots.get(&value).copied())
            .collect();
        for slot in held {
            let count = counts.entry((table.source, slot)).or_default();
            *count = count.saturating_add(1);
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
