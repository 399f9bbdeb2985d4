//! The owner lists of the pipeline as sources: what a create takes its values from.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::sync;
use crate::model::{Entity, Role, SourceIx, column, fields};
use crate::pipeline::{MachineValues, Pipeline};

/// Sources that speak as one owner: those of a role, or one by its name.
pub(super) type Owner = SmallVec<[SourceIx; 2]>;

/// The owners of every field, first wins.
#[derive(Debug, Default)]
pub(super) struct Owners(FxHashMap<(Entity, &'static str), Vec<Owner>>);

impl Owners {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        let mut owners = FxHashMap::default();
        for entity in Entity::ALL {
            for field in fields(entity) {
                let own =
                    pipeline.ownership.iter().find(|own| own.entity == entity && own.field == field.name);
                let list = match own {
                    Some(own) => own.owners.iter().map(|name| resolve(pipeline, name)).collect(),
                    None => default_roles(entity, field.name, pipeline.machine_values)
                        .into_iter()
                        .map(|role| of_role(pipeline, role))
                        .collect::<Vec<_>>(),
                };
                if !list.is_empty() {
                    owners.insert((entity, field.name), list);
                }
            }
        }
        Self(owners)
    }

    /// The owners of a field, none for a column that is no field.
    pub(super) fn of(&self, entity: Entity, field: &'static str) -> &[Owner] {
        self.0.get(&(entity, field)).map_or(&[], Vec::as_slice)
    }
}

fn resolve(pipeline: &Pipeline, name: &str) -> Owner {
    let by_name = pipeline.sources.iter().position(|source| source.name == name);
    match by_name {
        Some(position) => Owner::from_slice(&[sync::index(position)]),
        None => Role::parse(name).map(|role| of_role(pipeline, role)).unwrap_or_default(),
    }
}

fn of_role(pipeline: &Pipeline, role: Role) -> Owner {
    let sources = pipeline.sources.iter().enumerate().filter(|(_, source)| source.role == role);
    sources.map(|(position, _)| sync::index(position)).collect()
}

fn default_roles(entity: Entity, field: &str, machines: MachineValues) -> Vec<Role> {
    use Role::{Directory, Hub, Psa, Rmm, Scan, Sheet};
    match (entity, field) {
        (
            _,
            column::RECORD_ID
            | column::ORGANIZATION_ID
            | column::ORGANIZATION
            | column::LINKS
            | column::PSA_INTEGRATION
            | column::ARCHIVED
            | column::ACTIVE
            | column::SKIP_REASON
            | column::MODIFIED_AT
            | column::RAW,
        )
        | (Entity::Ticket, _) => Vec::new(),
        (Entity::Organization, column::ALERT | column::DESCRIPTION | column::QUICK_NOTES)
        | (Entity::Location | Entity::Contact, column::NOTES)
        | (Entity::Contact, column::IMPORTANT) => vec![Hub],
        (Entity::Organization | Entity::Location, _) => vec![Psa, Hub],
        (Entity::Contact, _) => vec![Psa, Directory, Hub, Sheet],
        (
            Entity::Configuration,
            column::SERIAL_NUMBER
            | column::HOSTNAME
            | column::OPERATING_SYSTEM
            | column::PRIMARY_IP
            | column::MAC_ADDRESS
            | column::DEFAULT_GATEWAY,
        ) => match machines {
            MachineValues::Fill => vec![Psa, Hub, Rmm, Directory, Scan, Sheet],
            _ => vec![Psa, Rmm, Directory, Scan, Hub, Sheet],
        },
        (Entity::Configuration, column::NAME | column::MANUFACTURER | column::MODEL)
            if machines == MachineValues::Overwrite =>
        {
            vec![Psa, Rmm, Directory, Scan, Hub, Sheet]
        }
        (
            Entity::Configuration,
            column::NAME | column::TYPE | column::STATUS | column::MANUFACTURER | column::MODEL,
        ) => {
            vec![Psa, Hub, Rmm, Directory, Scan, Sheet]
        }
        (
            Entity::Configuration,
            column::INSTALLED_AT | column::PURCHASED_AT | column::WARRANTY_EXPIRES_AT,
        ) => {
            vec![Psa, Hub, Sheet]
        }
        (Entity::Configuration, _) => vec![Hub],
        (Entity::License | Entity::Group, _) => vec![Directory, Hub],
    }
}
