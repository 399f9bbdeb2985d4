//! Who owns which field: the default table as data, and what a pipeline makes of it.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{Entity, Field, Role, SourceIx, column, fields};
use crate::pipeline::{MachineValues, Pipeline};

/// The roles whose values come from machines.
const MACHINES: [Role; 3] = [Role::Rmm, Role::Directory, Role::Scan];

/// Who owns a field when no rule of [`TABLE`] names it: the hub, so that nobody changes it.
const UNNAMED: &[Role] = &[Role::Hub];

/// One row of the default table.
struct Rule {
    entity: Entity,
    /// The columns; empty for all that no row above names.
    fields: &'static [&'static str],
    /// First wins.
    owners: &'static [Role],
}

/// The default owners. Of two rows that name a field, the first counts.
const TABLE: &[Rule] = &[
    Rule {
        entity: Entity::Organization,
        fields: &[column::NAME, column::TYPE, column::STATUS, column::SHORT_NAME, column::PARENT],
        owners: &[Role::Psa, Role::Hub],
    },
    Rule { entity: Entity::Location, fields: &[column::NOTES], owners: UNNAMED },
    Rule { entity: Entity::Location, fields: &[], owners: &[Role::Psa, Role::Hub] },
    Rule {
        entity: Entity::Contact,
        fields: &[
            column::FIRST_NAME,
            column::LAST_NAME,
            column::TITLE,
            column::TYPE,
            column::EMAILS,
            column::PHONES,
            column::LOCATION,
        ],
        owners: &[Role::Psa, Role::Directory, Role::Hub, Role::Sheet],
    },
    Rule {
        entity: Entity::Configuration,
        fields: &[
            column::SERIAL_NUMBER,
            column::HOSTNAME,
            column::OPERATING_SYSTEM,
            column::PRIMARY_IP,
            column::MAC_ADDRESS,
            column::DEFAULT_GATEWAY,
        ],
        owners: &[Role::Psa, Role::Rmm, Role::Directory, Role::Scan, Role::Hub, Role::Sheet],
    },
    Rule {
        entity: Entity::Configuration,
        fields: &[column::NAME, column::TYPE, column::STATUS, column::MANUFACTURER, column::MODEL],
        owners: &[Role::Psa, Role::Hub, Role::Rmm, Role::Directory, Role::Scan, Role::Sheet],
    },
    Rule {
        entity: Entity::Configuration,
        fields: &[column::INSTALLED_AT, column::PURCHASED_AT, column::WARRANTY_EXPIRES_AT],
        owners: &[Role::Psa, Role::Hub, Role::Sheet],
    },
    Rule { entity: Entity::License, fields: &[], owners: &[Role::Directory, Role::Hub] },
    Rule { entity: Entity::Group, fields: &[], owners: &[Role::Directory, Role::Hub] },
];

/// Columns that say what a record is and where it stands in its own system. Nobody owns them.
const KEPT: &[&str] = &[
    column::RECORD_ID,
    column::ORGANIZATION,
    column::LINKS,
    column::PSA_INTEGRATION,
    column::ARCHIVED,
    column::ACTIVE,
    column::SKIP_REASON,
    column::MODIFIED_AT,
    column::LAST_SEEN_AT,
    column::RAW,
];

/// The sources that speak as one.
pub type Voice = SmallVec<[SourceIx; 2]>;

/// One owner of a field: a role or a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The role or the source's name, as in the pipeline.
    pub name: String,
    /// The same in the column `rule` of what it decides, as `owner:psa`.
    pub rule: Arc<str>,
    /// Its sources, in fold order. An owner that no source of the pipeline fills is left out of the lists.
    pub voice: Voice,
}

impl Owner {
    fn new(name: &str, voice: Voice) -> Self {
        Self { name: name.to_owned(), rule: format!("owner:{name}").into(), voice }
    }
}

/// The columns of `entity` that have owners, in table order. Ids follow the reference that they belong to, labels the
/// list beside them, and tickets are never written.
pub fn owned_fields(entity: Entity) -> impl Iterator<Item = (usize, &'static Field)> {
    let is_owned = move |field: &Field| {
        entity != Entity::Ticket
            && !KEPT.contains(&field.name)
            && (entity, field.name) != (Entity::Organization, column::PRIMARY)
            && !field.name.ends_with("_id")
            && !field.name.ends_with("_labels")
    };
    fields(entity).iter().enumerate().filter(move |(_, field)| is_owned(field))
}

/// The owners of a field that the pipeline has sources for, first wins.
#[must_use]
pub fn owners(pipeline: &Pipeline, entity: Entity, field: &str) -> Vec<Owner> {
    let own = pipeline.ownership.iter().rfind(|own| own.entity == entity && own.field == field);
    let owners: Vec<Owner> = match own {
        Some(own) => own.owners.iter().map(|name| named(pipeline, name)).collect(),
        None => default_roles(entity, field, pipeline.machine_values)
            .into_iter()
            .map(|role| Owner::new(role.name(), of_role(pipeline, role)))
            .collect(),
    };
    owners.into_iter().filter(|owner| !owner.voice.is_empty()).collect()
}

/// The owner that the text names. A pipeline is refused when a name could mean both a role and another source.
fn named(pipeline: &Pipeline, name: &str) -> Owner {
    let voice = match Role::parse(name) {
        Some(role) => of_role(pipeline, role),
        None => pipeline.source(name).map(|(source, _)| source).into_iter().collect(),
    };
    Owner::new(name, voice)
}

fn of_role(pipeline: &Pipeline, role: Role) -> Voice {
    (0..).zip(&pipeline.sources).filter(|(_, source)| source.role == role).map(|(ix, _)| ix).collect()
}

/// The default owners of a field, as the pipeline's `machine_values` arranges them.
fn default_roles(entity: Entity, field: &str, machines: MachineValues) -> Vec<Role> {
    let rule = TABLE
        .iter()
        .find(|rule| rule.entity == entity && (rule.fields.is_empty() || rule.fields.contains(&field)));
    let roles = rule.map_or(UNNAMED, |rule| rule.owners);
    match machines {
        MachineValues::Overwrite
            if entity == Entity::Configuration
                && matches!(field, column::NAME | column::MANUFACTURER | column::MODEL) =>
        {
            arrange(roles, true)
        }
        MachineValues::Fill => arrange(roles, false),
        MachineValues::Default | MachineValues::Overwrite => roles.to_vec(),
    }
}

/// The roles with the machines directly before or directly behind the hub, in their own order.
fn arrange(roles: &[Role], before: bool) -> Vec<Role> {
    let machines: Vec<Role> = roles.iter().copied().filter(|role| MACHINES.contains(role)).collect();
    let mut arranged: Vec<Role> = roles.iter().copied().filter(|role| !MACHINES.contains(role)).collect();
    let hub = arranged.iter().position(|role| *role == Role::Hub);
    let at = hub.map_or(arranged.len(), |hub| if before { hub } else { hub + 1 });
    arranged.splice(at..at, machines);
    arranged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(entity: Entity, field: &str, machines: MachineValues) -> String {
        let roles = default_roles(entity, field, machines);
        roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" ")
    }

    fn default(entity: Entity, field: &str) -> String {
        words(entity, field, MachineValues::Default)
    }

    #[test]
    fn the_default_table_is_the_documented_one() {
        assert_eq!(default(Entity::Organization, "name"), "psa hub");
        assert_eq!(default(Entity::Organization, "parent"), "psa hub");
        assert_eq!(default(Entity::Organization, "quick_notes"), "hub");
        assert_eq!(default(Entity::Location, "city"), "psa hub");
        assert_eq!(default(Entity::Location, "notes"), "hub");
        assert_eq!(default(Entity::Contact, "emails"), "psa directory hub sheet");
        assert_eq!(default(Entity::Contact, "important"), "hub");
        assert_eq!(default(Entity::Configuration, "serial_number"), "psa rmm directory scan hub sheet");
        assert_eq!(default(Entity::Configuration, "model"), "psa hub rmm directory scan sheet");
        assert_eq!(default(Entity::Configuration, "purchased_at"), "psa hub sheet");
        assert_eq!(default(Entity::Configuration, "asset_tag"), "hub");
        assert_eq!(default(Entity::Configuration, "location"), "hub");
        assert_eq!(default(Entity::License, "total"), "directory hub");
        assert_eq!(default(Entity::Group, "members"), "directory hub");
    }

    #[test]
    fn machine_values_move_machines_around_the_hub() {
        let overwrite = |field| words(Entity::Configuration, field, MachineValues::Overwrite);
        assert_eq!(overwrite("name"), "psa rmm directory scan hub sheet");
        assert_eq!(overwrite("model"), "psa rmm directory scan hub sheet");
        assert_eq!(overwrite("status"), "psa hub rmm directory scan sheet");
        let fill = |field| words(Entity::Configuration, field, MachineValues::Fill);
        assert_eq!(fill("serial_number"), "psa hub rmm directory scan sheet");
        assert_eq!(fill("asset_tag"), "hub");
        assert_eq!(words(Entity::Contact, "title", MachineValues::Fill), "psa hub directory sheet");
    }

    #[test]
    fn ids_labels_and_what_a_system_keeps_have_no_owner() {
        let owned = |entity| owned_fields(entity).map(|(_, field)| field.name).collect::<Vec<_>>();
        assert!(owned(Entity::Ticket).is_empty());
        for name in ["record_id", "organization", "location_id", "archived", "last_seen_at", "raw"] {
            assert!(!owned(Entity::Configuration).contains(&name), "{name}");
        }
        assert!(owned(Entity::Configuration).contains(&"location"));
        assert!(!owned(Entity::Contact).contains(&"email_labels"));
    }
}
