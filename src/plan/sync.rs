//! Whether a record is among those that a source syncs.

use crate::model::{Entity, RecordRef, SourceIx, Tables, column};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::Source;

/// The sync lists of one source, folded for comparison.
#[derive(Debug, Default)]
pub(super) struct SyncLists {
    organization_types: Option<Vec<String>>,
    organization_statuses: Option<Vec<String>>,
    configuration_types: Option<Vec<String>>,
    configuration_statuses: Option<Vec<String>>,
}

fn fold(text: &str) -> String {
    fold_case(&name_key(text))
}

impl SyncLists {
    /// The lists of `source`. A configuration type or status may be listed as the source calls it or as the
    /// pipeline's mapping does.
    pub(super) fn new(source: &Source) -> Self {
        let plain = |list: &Option<Vec<String>>| {
            list.as_ref().map(|names| names.iter().map(|name| fold(name)).collect::<Vec<_>>())
        };
        let mapped = |list: &Option<Vec<String>>, mapping: &std::collections::BTreeMap<String, String>| {
            plain(list).map(|mut names| {
                let more: Vec<_> = mapping
                    .iter()
                    .filter(|(from, _)| names.contains(&fold(from)))
                    .map(|(_, to)| fold(to))
                    .collect();
                names.extend(more);
                names
            })
        };
        Self {
            organization_types: plain(&source.sync.organization_types),
            organization_statuses: plain(&source.sync.organization_statuses),
            configuration_types: mapped(&source.sync.configuration_types, &source.types),
            configuration_statuses: mapped(&source.sync.configuration_statuses, &source.statuses),
        }
    }

    /// Whether records of `entity` can be left out at all.
    pub(super) fn restricts(&self, entity: Entity) -> bool {
        self.restricts_organizations()
            || (entity == Entity::Configuration
                && (self.configuration_types.is_some() || self.configuration_statuses.is_some()))
    }

    pub(super) fn restricts_organizations(&self) -> bool {
        self.organization_types.is_some() || self.organization_statuses.is_some()
    }

    /// What of `record` keeps it out, such as "organization type `Vendor`", or `None` when it syncs.
    pub(super) fn refusal(&self, tables: &Tables, entity: Entity, record: RecordRef) -> Option<String> {
        let (types, statuses) = match entity {
            Entity::Organization => (&self.organization_types, &self.organization_statuses),
            Entity::Configuration => (&self.configuration_types, &self.configuration_statuses),
            _ => return None,
        };
        [(types, column::TYPE), (statuses, column::STATUS)].into_iter().find_map(|(list, field)| {
            let list = list.as_ref()?;
            let value = tables.value(entity, record, field).unwrap_or_default();
            (!is_listed(list, entity, value)).then(|| match value {
                "" => format!("blank {entity} {field}"),
                value => format!("{entity} {field} `{value}`"),
            })
        })
    }
}

/// Whether records of `source` whose type or status (`field`) is `value` sync: organizations and configurations may be
/// left out by the pipeline's lists.
#[must_use]
pub fn syncs(source: &Source, entity: Entity, field: &str, value: &str) -> bool {
    let lists = SyncLists::new(source);
    let list = match (entity, field) {
        (Entity::Organization, column::TYPE) => lists.organization_types,
        (Entity::Organization, column::STATUS) => lists.organization_statuses,
        (Entity::Configuration, column::TYPE) => lists.configuration_types,
        (Entity::Configuration, column::STATUS) => lists.configuration_statuses,
        _ => None,
    };
    list.is_none_or(|list| is_listed(&list, entity, value))
}

/// Whether a list holds the value. An organization may have several types in one cell; a type may hold a comma itself.
fn is_listed(list: &[String], entity: Entity, value: &str) -> bool {
    list.contains(&fold(value))
        || (entity == Entity::Organization && value.split(',').any(|part| list.contains(&fold(part))))
}

/// The position of a source as text would name it.
pub(super) fn index(position: usize) -> SourceIx {
    SourceIx::try_from(position).expect("a pipeline has fewer than 65,536 sources")
}
