//! Tiers, veto keys and identity keys, as the rules list them; tuples of key values.

use std::collections::BTreeSet;

use matchbook::model::Entity;

use super::keys::{KeySets, Value};

/// How one source matches one entity.
#[derive(Debug, Clone)]
pub struct Tiers {
    /// The tiers in order, each the keys that must all agree.
    pub list: Vec<Vec<&'static str>>,
    /// The keys that rule a cluster out.
    pub veto: Vec<&'static str>,
    /// A record with a usable address is never decided by `person`.
    pub address_before_person: bool,
}

/// What kind of source it is, as far as tiers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// `default`.
    Default,
    /// `itglue-rmm`.
    ItglueRmm,
    /// `itglue-psa`.
    ItgluePsa,
    /// `network-glue`.
    NetworkGlue,
    /// `default` for the contacts of Microsoft 365.
    Microsoft,
    /// `default` for the contacts of Active Directory.
    ActiveDirectory,
}

impl Preset {
    /// The tiers of `entity`.
    pub fn tiers(self, entity: Entity) -> Tiers {
        let text = match (entity, self) {
            (Entity::Organization | Entity::License | Entity::Group, _) => "link; name",
            (Entity::Location, _) => "link; name+address; name",
            (Entity::Contact, Self::Microsoft) => "link; email; upn; person+email; person",
            (Entity::Contact, Self::ActiveDirectory) => "link; email; person",
            (Entity::Contact, _) => "link; person+email; person",
            (Entity::Configuration, Self::ItglueRmm) => "link; mac+serial; mac; serial",
            (Entity::Configuration, Self::ItgluePsa) => {
                "link; type+name+serial+mac; type+name+serial; type+name+mac; type+name"
            }
            (Entity::Configuration, Self::NetworkGlue) => "link; mac",
            (Entity::Configuration, _) => "link; serial; mac; hostname",
            (Entity::Ticket, _) => "link",
        };
        let veto = match (entity, self) {
            (Entity::Configuration, Self::ItgluePsa) => vec!["serial", "mac"],
            (Entity::Configuration, _) => vec!["serial"],
            _ => vec![],
        };
        Tiers {
            list: text.split("; ").map(|tier| tier.split('+').collect()).collect(),
            veto,
            address_before_person: entity == Entity::Contact && self == Self::ActiveDirectory,
        }
    }
}

/// The identity keys of an entity, which count when nothing decided.
pub fn identity_keys(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Configuration => &["serial", "mac", "hostname"],
        Entity::Contact => &["email"],
        Entity::Location => &["address"],
        _ => &[],
    }
}

/// A value of a tier: one key value per key.
pub type Tuple = Vec<Value>;

/// The tuples that a record holds at a tier: none if it lacks one of the keys.
pub fn of_record(sets: &KeySets, tier: &[&'static str]) -> BTreeSet<Tuple> {
    product(tier.iter().map(|key| sets.get(key).cloned().unwrap_or_default()))
}

/// The tuples that a cluster holds at a tier. A sign-in name is compared with e-mail addresses.
pub fn of_cluster(sets: &KeySets, tier: &[&'static str]) -> BTreeSet<Tuple> {
    let other = |key: &'static str| if key == "upn" { "email" } else { key };
    product(tier.iter().map(|key| sets.get(other(key)).cloned().unwrap_or_default()))
}

fn product(sets: impl Iterator<Item = BTreeSet<Value>>) -> BTreeSet<Tuple> {
    let mut tuples = BTreeSet::from([Vec::new()]);
    for set in sets {
        let longer = |tuple: &Tuple| {
            set.iter().map(|value| [tuple.clone(), vec![value.clone()]].concat()).collect::<Vec<_>>()
        };
        tuples = tuples.iter().flat_map(longer).collect();
    }
    tuples
}

/// The tuple as the column `key_value` shows it.
pub fn shown(tuple: &Tuple) -> String {
    tuple.concat().join(" + ")
}

/// True when `key` is known on both sides and they have nothing in common.
pub fn disagree(key: &str, a: &KeySets, b: &KeySets) -> bool {
    match (a.get(key), b.get(key)) {
        (Some(a), Some(b)) => a.is_disjoint(b),
        _ => false,
    }
}
