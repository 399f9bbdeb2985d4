//! Which keys decide a match, in which order: the defaults, the presets, and what a pipeline says instead.

use crate::model::Entity;
use crate::normalize::Key;
use crate::systems::System;

use super::errors::{Faults, shown};
use super::resolve::{by_entity, choice};
use super::written::{Section, texts};
use super::{Code, Tiers};

use Key::{Address, Email, Hostname, Link, Mac, Name, Person, Serial, Type, Upn};

/// More tiers than anyone has use for, and few enough that a tier's number fits one byte.
const MOST_TIERS: usize = 32;

/// A named set of tiers for configurations. The other entities have one set only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Serial number, then MAC address, then host name.
    #[default]
    Default,
    /// What the hub does for an RMM that it reads itself.
    ItglueRmm,
    /// What the hub does for a PSA.
    ItgluePsa,
    /// What the hub does for network scans: the MAC address alone.
    NetworkGlue,
}

impl Preset {
    /// All presets, by their names in a pipeline.
    pub const ALL: [(&'static str, Self); 4] = [
        ("default", Self::Default),
        ("itglue-rmm", Self::ItglueRmm),
        ("itglue-psa", Self::ItgluePsa),
        ("network-glue", Self::NetworkGlue),
    ];

    /// The preset of a system where a pipeline says none.
    fn of(system: &System) -> Self {
        let own =
            |own: &String| Self::ALL.into_iter().find(|(name, _)| name == own).map(|(_, preset)| preset);
        system.preset.as_ref().and_then(own).unwrap_or_default()
    }

    /// The tiers of `entity` for records of the system called `system`.
    #[must_use]
    pub fn tiers(self, entity: Entity, system: &str) -> Tiers {
        let tiers: &[&[Key]] = match entity {
            Entity::Organization | Entity::License | Entity::Group => &[&[Link], &[Name]],
            Entity::Location => &[&[Link], &[Name, Address], &[Name]],
            Entity::Contact => match system {
                "microsoft-365" => &[&[Link], &[Email], &[Upn], &[Person, Email], &[Person]],
                _ if has_directory_contacts(system) => &[&[Link], &[Email], &[Person]],
                _ => &[&[Link], &[Person, Email], &[Person]],
            },
            Entity::Configuration => match self {
                Self::Default => &[&[Link], &[Serial], &[Mac], &[Hostname]],
                Self::ItglueRmm => &[&[Link], &[Mac, Serial], &[Mac], &[Serial]],
                Self::ItgluePsa => &[
                    &[Link],
                    &[Type, Name, Serial, Mac],
                    &[Type, Name, Serial],
                    &[Type, Name, Mac],
                    &[Type, Name],
                ],
                Self::NetworkGlue => &[&[Link], &[Mac]],
            },
            Entity::Ticket => &[&[Link]],
        };
        let veto: &[Key] = match (entity, self) {
            (Entity::Configuration, Self::ItgluePsa) => &[Serial, Mac],
            (Entity::Configuration, _) => &[Serial],
            _ => &[],
        };
        Tiers {
            tiers: tiers.iter().map(|keys| keys.to_vec()).collect(),
            veto: veto.to_vec(),
            address_before_person: entity == Entity::Contact && has_directory_contacts(system),
        }
    }
}

/// Whether the contacts of a system are the user accounts of an Active Directory, where one person has
/// several and only the address tells a person from a service account of that name.
fn has_directory_contacts(system: &str) -> bool {
    matches!(system, "active-directory" | "network-glue")
}

/// The keys that records of `entity` have.
fn keys_of(entity: Entity) -> &'static [Key] {
    match entity {
        Entity::Organization | Entity::License | Entity::Group => &[Link, Name],
        Entity::Location => &[Link, Name, Address],
        Entity::Contact => &[Link, Person, Email, Upn],
        Entity::Configuration => &[Link, Name, Serial, Mac, Hostname, Type],
        Entity::Ticket => &[Link],
    }
}

/// The tiers of every entity for the source in `section`.
pub(super) fn resolve(section: &Section<'_>, system: &System, faults: &mut Faults) -> [Tiers; 7] {
    let preset = |spot, faults: &mut Faults| choice(&spot, "preset", &Preset::ALL, faults);
    let own = Preset::of(system);
    let general = section.text("preset").and_then(|spot| preset(spot, faults)).unwrap_or(own);
    let mut resolved = Entity::ALL.map(|entity| general.tiers(entity, &system.name));
    let mut has_preset = [false; 7];
    for (entity, _, value) in by_entity(section, "presets", faults) {
        let Some(preset) = super::written::text(value).and_then(|spot| preset(spot, faults)) else {
            continue;
        };
        resolved[entity.index()] = preset.tiers(entity, &system.name);
        has_preset[entity.index()] = true;
    }
    for (entity, spot, value) in by_entity(section, "tiers", faults) {
        if has_preset[entity.index()] {
            faults
                .add(Code::TiersAndPreset, spot.span(), format!("tiers and a preset for {entity}"))
                .hint("remove one of the two");
        }
        let Some(written) = value.get_ref().as_array() else { continue };
        if written.is_empty() {
            faults
                .add(Code::Empty, value.span(), format!("no tier for {entity}"))
                .hint("leave `tiers` out for the default; `[[\"link\"]]` matches by stored links alone");
        }
        if written.len() > MOST_TIERS {
            faults.add(Code::OutOfRange, value.span(), format!("more than {MOST_TIERS} tiers"));
        }
        let mut tiers: Vec<Vec<Key>> = Vec::new();
        for tier in written {
            let Some(words) = texts(tier) else { continue };
            if tier.get_ref().as_array().is_some_and(|items| items.is_empty()) {
                faults
                    .add(Code::Empty, tier.span(), "the tier has no keys")
                    .hint("a tier is a list of keys that must all agree");
                continue;
            }
            let keys = keys(entity, &words, faults);
            let same =
                |other: &Vec<Key>| other.len() == keys.len() && keys.iter().all(|key| other.contains(key));
            if !keys.is_empty() && tiers.iter().any(same) {
                faults.add(Code::Repeated, tier.span(), "the tier is there already");
            }
            tiers.push(keys);
        }
        // The rule that a usable address comes before a person's name belongs to the default tiers.
        let own = &mut resolved[entity.index()];
        *own = Tiers { tiers, veto: std::mem::take(&mut own.veto), address_before_person: false };
    }
    for (entity, _, value) in by_entity(section, "veto", faults) {
        if let Some(words) = texts(value) {
            resolved[entity.index()].veto = keys(entity, &words, faults);
        }
    }
    resolved
}

/// The keys that the words name, without those that were reported.
fn keys(entity: Entity, words: &[toml::Spanned<&str>], faults: &mut Faults) -> Vec<Key> {
    let mut keys = Vec::with_capacity(words.len());
    for spot in words {
        let word = *spot.get_ref();
        let valid = keys_of(entity);
        match Key::parse(word) {
            None => {
                faults
                    .add(
                        Code::UnknownMatchKey,
                        spot.span(),
                        format!("unknown key to match by: `{}`", shown(word)),
                    )
                    .label(format!("not a key of {entity} records"))
                    .nearest(word, valid.iter().map(|key| key.name()));
            }
            Some(key) if !valid.contains(&key) => {
                faults
                    .add(Code::ForeignMatchKey, spot.span(), format!("{entity} records have no key `{key}`"))
                    .nearest("", valid.iter().map(|key| key.name()));
            }
            Some(key) if keys.contains(&key) => {
                faults.add(Code::Repeated, spot.span(), format!("`{key}` is there already"));
            }
            Some(key) => keys.push(key),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_begins_with_the_link_and_vetoes_by_serial() {
        for (name, preset) in Preset::ALL {
            for entity in Entity::ALL {
                for system in ["connectwise", "microsoft-365", "active-directory", "network-glue"] {
                    let tiers = preset.tiers(entity, system);
                    assert_eq!(tiers.tiers[0], [Link], "{name} {entity} {system}");
                    assert_eq!(
                        tiers.veto.contains(&Serial),
                        entity == Entity::Configuration,
                        "{name} {entity}"
                    );
                    let keys: Vec<_> = tiers.tiers.iter().flatten().chain(&tiers.veto).collect();
                    assert!(keys.iter().all(|key| keys_of(entity).contains(key)), "{name} {entity}");
                }
            }
        }
    }

    #[test]
    fn every_system_names_presets_that_exist() {
        for system in crate::systems::all() {
            if let Some(preset) = &system.preset {
                assert!(Preset::ALL.iter().any(|(name, _)| name == preset), "{}: {preset}", system.name);
            }
        }
        let scan = crate::systems::find("network-glue").expect("it is a system");
        assert_eq!(Preset::of(scan), Preset::NetworkGlue);
    }

    #[test]
    fn contacts_of_directories_have_tiers_of_their_own() {
        let of = |system| Preset::Default.tiers(Entity::Contact, system);
        assert_eq!(of("connectwise").tiers, [vec![Link], vec![Person, Email], vec![Person]]);
        assert_eq!(of("active-directory").tiers, [vec![Link], vec![Email], vec![Person]]);
        assert_eq!(of("network-glue"), of("active-directory"));
        assert!(of("active-directory").address_before_person && !of("microsoft-365").address_before_person);
        assert_eq!(of("microsoft-365").tiers[1..3], [vec![Email], vec![Upn]]);
    }
}
