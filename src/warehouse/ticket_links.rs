//! What tickets are about: the organization, the location, the contact and the configurations that a ticket names, as
//! clusters. Tickets match nothing themselves, so analysts get the way from a ticket to what it is about here.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::names::Names;
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Entity, RecordRef, Records, SourceIx, column, list_items};
use crate::normalize::{fold_case, name_key};

/// The records of one source that its tickets can name.
pub(super) struct TicketLinks<'a> {
    organizations: Targets<'a>,
    locations: Targets<'a>,
    contacts: Targets<'a>,
    configurations: Targets<'a>,
}

impl<'a> TicketLinks<'a> {
    /// Of the tickets in `tickets`; only the entities that they name are looked at.
    pub fn new(names: &'a Names<'a>, tickets: &Records) -> Self {
        let source = tickets.source;
        let of = |entity, id: &str, name: &str| {
            let has =
                |column: &str| tickets.position(column).is_some_and(|at| !tickets.text_at(at).is_blank());
            Targets::new(names, source, entity, has(id), has(name))
        };
        Self {
            organizations: of(Entity::Organization, column::ORGANIZATION_ID, column::ORGANIZATION),
            locations: of(Entity::Location, column::LOCATION_ID, column::LOCATION),
            contacts: of(Entity::Contact, column::CONTACT_ID, column::CONTACT),
            configurations: of(Entity::Configuration, column::CONFIGURATION_IDS, ""),
        }
    }

    /// The cluster that the ticket in `row` names in one of the columns; its founder is what the cluster is called by.
    pub fn cluster(
        &self,
        names: &Names<'a>,
        tickets: &Records,
        row: u32,
        link: &str,
    ) -> Option<(&'a str, &'a str)> {
        let (targets, id, name) = match link {
            "organization_cluster" => (&self.organizations, column::ORGANIZATION_ID, column::ORGANIZATION),
            "location_cluster" => (&self.locations, column::LOCATION_ID, column::LOCATION),
            _ => (&self.contacts, column::CONTACT_ID, column::CONTACT),
        };
        let organization = if targets.entity == Entity::Organization {
            NO_CLUSTER
        } else {
            self.organizations.find(tickets, row, column::ORGANIZATION_ID, column::ORGANIZATION, NO_CLUSTER)
        };
        names.founder(targets.entity, targets.find(tickets, row, id, name, organization))
    }

    /// The clusters of the configurations that the ticket in `row` names, each once, in the ticket's order.
    pub fn configurations(&self, names: &Names<'a>, tickets: &Records, row: u32) -> Option<Vec<String>> {
        let cell = tickets.get(row, column::CONFIGURATION_IDS)?;
        let mut clusters: Vec<String> = Vec::new();
        for id in list_items(cell) {
            let cluster = self.configurations.by_id.get(id.trim()).copied().unwrap_or(NO_CLUSTER);
            if let Some((source, record)) = names.founder(Entity::Configuration, cluster) {
                let cluster = format!("{source}/{record}");
                if !clusters.contains(&cluster) {
                    clusters.push(cluster);
                }
            }
        }
        Some(clusters)
    }
}

/// The clusters of one entity's records, by id, and by organization and name.
struct Targets<'a> {
    entity: Entity,
    /// Whether names compare without letter case.
    folds: bool,
    by_id: FxHashMap<&'a str, ClusterIx>,
    /// [`NO_CLUSTER`] where several records of an organization have the name.
    by_name: FxHashMap<(ClusterIx, String), ClusterIx>,
}

impl<'a> Targets<'a> {
    fn new(
        names: &'a Names<'a>,
        source: SourceIx,
        entity: Entity,
        needs_ids: bool,
        needs_names: bool,
    ) -> Self {
        let folds = names.pipeline.names == crate::pipeline::Names::IgnoreCase;
        let mut targets = Self { entity, folds, by_id: FxHashMap::default(), by_name: FxHashMap::default() };
        let Some(table) = names.tables.get(source, entity).filter(|_| needs_ids || needs_names) else {
            return targets;
        };
        let matching = names.matching.of(entity);
        let folds = targets.folds;
        for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
            let cluster = matching.outcome(RecordRef { source, row }).cluster;
            if needs_ids {
                targets.by_id.insert(table.id(row), cluster);
            }
            if let Some(name) = key(&name(table, row), folds).filter(|_| needs_names) {
                let organization = match entity {
                    Entity::Organization => NO_CLUSTER,
                    _ => matching.organizations[usize::from(source)][row as usize],
                };
                targets
                    .by_name
                    .entry((organization, name))
                    .and_modify(|known| *known = NO_CLUSTER)
                    .or_insert(cluster);
            }
        }
        targets
    }

    /// The cluster of the record that a ticket names: by id, and where it has none by name inside its organization.
    fn find(&self, tickets: &Records, row: u32, id: &str, name: &str, organization: ClusterIx) -> ClusterIx {
        if let Some(id) = tickets.get(row, id) {
            return self.by_id.get(id.trim()).copied().unwrap_or(NO_CLUSTER);
        }
        let name = tickets.get(row, name).and_then(|name| key(name, self.folds));
        name.and_then(|name| self.by_name.get(&(organization, name)).copied()).unwrap_or(NO_CLUSTER)
    }
}

/// The name by which a ticket would name the record.
fn name(table: &Records, row: u32) -> Cow<'_, str> {
    let part = |name| table.get(row, name).unwrap_or_default();
    if table.entity == Entity::Contact {
        return format!("{} {}", part(column::FIRST_NAME), part(column::LAST_NAME)).into();
    }
    part(column::NAME).into()
}

/// The form in which names are compared, `None` for a blank one.
fn key(name: &str, folds: bool) -> Option<String> {
    let key = name_key(name);
    let key = if folds { fold_case(&key) } else { key.into_owned() };
    (!key.is_empty()).then_some(key)
}
