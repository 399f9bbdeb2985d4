//! Which source the hub means when a stored link names an integration.
//!
//! The hub keeps `aem` and a number; only the pipeline knows that `aem` is the source `rmm-east`.

use std::collections::BTreeMap;

use crate::model::Role;
use crate::systems;

use super::Code;
use super::errors::{Faults, shown};
use super::roster::{Draft, Roster};
use super::written::{Section, text};

/// The hub's PSA links without an integration type, as its API sends them. They mean the only PSA.
pub const UNTYPED_PSA_LINK: &str = "adapters-resources";

/// Ids of the hub itself, which companion products of it carry.
const HUB_LINK: &str = "hub";

/// The integration types of the hub's API documentation (`psa_integration_type`, `rmm_integration_type`),
/// besides those that a system of this program declares.
const INTEGRATION_TYPES: [&str; 27] = [
    "manage",
    "autotask",
    "tigerpaw",
    "kaseya-bms",
    "pulseway-psa",
    "vorex",
    "addigy",
    "aem",
    "atera",
    "auvik",
    "managed-workplace",
    "continuum",
    "jamf-pro",
    "kaseya-vsa",
    "automate",
    "log-me-in",
    "msp-rmm",
    "meraki",
    "msp-n-central",
    "ninja-rmm",
    "panorama9",
    "pulseway-rmm",
    "syncro",
    "watchman-monitoring",
    "office365",
    "vsa-x",
    UNTYPED_PSA_LINK,
];

/// Integration type to source name, as seen from the source `of`: by default each type means the only source whose
/// system has it, and what the pipeline says comes on top.
pub(super) fn resolve(
    of: &Draft<'_>,
    section: &Section<'_>,
    roster: &Roster<'_>,
    faults: &mut Faults,
) -> BTreeMap<String, String> {
    let declared =
        || systems::all().iter().flat_map(|system| system.integration_types.iter().map(String::as_str));
    let mut links = BTreeMap::new();
    for kind in declared() {
        if let Some(draft) = meant(of, kind, roster) {
            links.insert(kind.to_owned(), (*draft.name.get_ref()).to_owned());
        }
    }
    if of.system.is_some_and(|system| system.carries_hub_ids)
        && let Some(hub) = roster.only(|draft| draft.role == Some(Role::Hub))
    {
        links.insert(HUB_LINK.to_owned(), (*hub.name.get_ref()).to_owned());
    }
    if let Some(psa) = roster.only(|draft| draft.role == Some(Role::Psa)) {
        links.insert(UNTYPED_PSA_LINK.to_owned(), (*psa.name.get_ref()).to_owned());
    }
    for (kind, value) in section.section("links").iter().flat_map(Section::entries) {
        let word = *kind.get_ref();
        if !INTEGRATION_TYPES.contains(&word) && !declared().any(|known| known == word) {
            let mut known: Vec<&str> = INTEGRATION_TYPES.into_iter().chain(declared()).collect();
            known.sort_unstable();
            known.dedup();
            faults
                .add(Code::UnknownValue, kind.span(), format!("unknown integration type `{}`", shown(word)))
                .nearest(word, known);
        }
        let Some(spot) = text(value) else { continue };
        let Some(draft) = roster.source(&spot, faults) else { continue };
        if draft.role == Some(Role::Hub) {
            faults
                .add(Code::UnknownSource, spot.span(), "a link cannot lead to the hub itself")
                .nearest("", roster.names().skip(1));
            continue;
        }
        links.insert(word.to_owned(), (*draft.name.get_ref()).to_owned());
    }
    links
}

/// The source that an integration type means, as seen from the source `of`: the only one whose system has it.
///
/// A system that has several roles may be there in each, and what has an id in one has the same id in the other. Of
/// its two sources each means the other, and everybody else the one in the system's usual role. With more of them
/// nothing says which belong together.
fn meant<'r, 'a>(of: &Draft<'_>, kind: &str, roster: &'r Roster<'a>) -> Option<&'r Draft<'a>> {
    let has = |system: &systems::System| system.integration_types.iter().any(|own| own == kind);
    let all: Vec<&Draft<'a>> = roster.drafts.iter().filter(|draft| draft.system.is_some_and(has)).collect();
    let is_of_several = |draft: &Draft<'_>| draft.system.is_some_and(|system| !system.roles.is_empty());
    if of.system.is_some_and(has) && is_of_several(of) {
        return match all.as_slice() {
            [one, other] if one.role != other.role => {
                Some(if one.name.get_ref() == of.name.get_ref() { other } else { one })
            }
            _ => None,
        };
    }
    if let [only] = all.as_slice() {
        return Some(only);
    }
    let is_usual =
        |draft: &&&Draft<'_>| is_of_several(draft) && draft.role == draft.system.map(|system| system.role);
    let mut usual = all.iter().filter(is_usual);
    usual.next().filter(|_| usual.next().is_none()).copied()
}
