//! What a pipeline says about single columns: who owns them, and what they are called in the user's files.

use std::collections::BTreeMap;

use crate::model::{Entity, Field, Role, column, fields};

use super::errors::{Faults, shown};
use super::resolve::by_entity;
use super::roster::Roster;
use super::written::{Section, section, text, texts};
use super::{Code, OwnershipOverride};

/// Columns that the program or the hub keeps and that nobody owns.
const KEPT: [&str; 11] = [
    column::RECORD_ID,
    column::ORGANIZATION,
    column::LINKS,
    column::PSA_INTEGRATION,
    column::ARCHIVED,
    column::ACTIVE,
    column::SKIP_REASON,
    column::MODIFIED_AT,
    column::RAW,
    column::LAST_SEEN_AT,
    column::PRIMARY,
];

/// Whether a column of `entity` may have an owner list. Ids follow the reference that they belong to, labels
/// the list beside them; tickets are never written.
fn is_ownable(entity: Entity, name: &str) -> bool {
    entity != Entity::Ticket && !KEPT.contains(&name) && !name.ends_with("_id") && !name.ends_with("_labels")
}

/// The owner lists that replace a default.
pub(super) fn overrides(
    root: &Section<'_>,
    roster: &Roster<'_>,
    faults: &mut Faults,
) -> Vec<OwnershipOverride> {
    let mut overrides = Vec::new();
    for (entity, _, value) in by_entity(root, "ownership", faults) {
        for (spot, value) in section(value).iter().flat_map(Section::entries) {
            let Some(field) = field(entity, &spot, faults) else { continue };
            if !is_ownable(entity, field.name) {
                let ownable =
                    || fields(entity).iter().map(|field| field.name).filter(|name| is_ownable(entity, name));
                let fault = faults.add(
                    Code::NotOwnable,
                    spot.span(),
                    format!("`{}` of {entity} records has no owner", field.name),
                );
                if entity == Entity::Ticket {
                    fault.hint("tickets are linked and never written");
                } else {
                    fault.nearest(field.name.trim_end_matches("_id").trim_end_matches("_labels"), ownable());
                }
                continue;
            }
            let Some(words) = texts(value) else { continue };
            if words.is_empty() {
                faults
                    .add(Code::Empty, value.span(), format!("`{}` has no owners", field.name))
                    .hint("`[\"hub\"]` leaves the field to the hub");
            }
            let mut owners: Vec<String> = Vec::with_capacity(words.len());
            for spot in words {
                let Some(owner) = owner(&spot, roster, faults) else { continue };
                if owners.iter().any(|other| other == owner) {
                    faults.add(Code::Repeated, spot.span(), format!("`{owner}` is there already"));
                }
                owners.push(owner.to_owned());
            }
            overrides.push(OwnershipOverride { entity, field: field.name, owners });
        }
    }
    overrides
}

/// The owner that the text names: a role or a source. The hub is `hub`, whatever it is called.
fn owner<'a>(spot: &toml::Spanned<&'a str>, roster: &Roster<'_>, faults: &mut Faults) -> Option<&'a str> {
    let word = *spot.get_ref();
    if Role::parse(word).is_some() {
        return Some(word);
    }
    match roster.find(word) {
        Some(draft) if draft.role == Some(Role::Hub) => Some(Role::Hub.name()),
        Some(_) => Some(word),
        None => {
            let names = roster.names().chain(Role::ALL.map(Role::name));
            faults
                .add(Code::UnknownOwner, spot.span(), format!("unknown owner `{}`", shown(word)))
                .label("neither a role nor a source")
                .nearest(word, names);
            None
        }
    }
}

/// The headings of the user's files, per entity: canonical column to heading.
pub(super) fn headings(
    source: &Section<'_>,
    faults: &mut Faults,
) -> BTreeMap<Entity, BTreeMap<String, String>> {
    let mut headings = BTreeMap::new();
    for (entity, _, value) in by_entity(source, "headings", faults) {
        let columns: &mut BTreeMap<String, String> = headings.entry(entity).or_default();
        for (spot, value) in section(value).iter().flat_map(Section::entries) {
            let Some(field) = field(entity, &spot, faults) else { continue };
            if let Some(heading) = text(value) {
                columns.insert(field.name.to_owned(), (*heading.get_ref()).to_owned());
            }
        }
    }
    headings
}

/// The column of `entity` that the text names; reports one that there is not.
pub(super) fn field(
    entity: Entity,
    spot: &toml::Spanned<&str>,
    faults: &mut Faults,
) -> Option<&'static Field> {
    let word = *spot.get_ref();
    let found = fields(entity).iter().find(|field| field.name == word);
    if found.is_none() {
        faults
            .add(Code::UnknownColumn, spot.span(), format!("unknown column `{}`", shown(word)))
            .label(format!("not a column of {}", entity.table()))
            .nearest(word, fields(entity).iter().map(|field| field.name));
    }
    found
}
