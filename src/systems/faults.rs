//! What is wrong with a system's description: names that do not exist, and rules that contradict each other.
//!
//! The tests ask it of every system of the program, and a pipeline of a system that a user described.

use std::collections::BTreeSet;

use super::{System, interface};
use crate::model::{Entity, fields};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What, in words.
    pub what: String,
    /// The name in the file that it is about.
    pub at: String,
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Faults(pub Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, at: &str, what: String) {
        let fault = Fault { what, at: at.to_owned() };
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    fn column(&mut self, entity: Entity, column: &str) {
        let is_known = fields(entity).iter().any(|field| field.name == column);
        if !is_known && (entity, column) != (Entity::Contact, "full_name") {
            self.add(column, format!("{} have no column `{column}`", entity.table()));
        }
    }
}

impl System {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Faults::default();
        self.check_csv(&mut faults);
        self.check_json(&mut faults);
        self.check_push(&mut faults);
        if let Some(api) = &self.api {
            interface::check(self, api, &mut faults);
        }
        faults.0
    }

    /// Whether it delivers the entity, in whatever role.
    pub(super) fn delivers_any(&self, entity: Entity) -> bool {
        self.entities.contains(&entity) || self.roles.values().any(|of| of.contains(&entity))
    }

    fn check_delivered(&self, entity: Entity, faults: &mut Faults) {
        if !self.delivers_any(entity) {
            faults.add(entity.name(), format!("`entities` does not have `{entity}`, and a shape does"));
        }
    }

    fn check_csv(&self, faults: &mut Faults) {
        for (entity, shape) in &self.csv {
            self.check_delivered(*entity, faults);
            let set = shape.classes.iter().flat_map(|class| class.set.keys());
            shape.aliases.keys().chain(set).for_each(|column| faults.column(*entity, column));
        }
    }

    fn check_json(&self, faults: &mut Faults) {
        for shape in &self.json {
            let at = shape.files.first().or(shape.resource.as_ref()).map_or("json", String::as_str);
            let kinds = [
                shape.entity.is_some(),
                shape.supplement.is_some(),
                shape.lookup.is_some(),
                shape.passed_over.is_some(),
                !shape.picklists.is_empty(),
            ];
            if kinds.iter().filter(|is| **is).count() != 1 {
                let kinds = "`entity`, `supplement`, `lookup`, `picklists` and `passed_over`";
                faults.add(at, format!("a JSON shape has one of {kinds}"));
            }
            if shape.lookup.is_some() != shape.item.is_some() {
                faults.add(
                    at,
                    "a JSON shape with `lookup` says what an `item` is, and no other does".to_owned(),
                );
            }
            if let Some(entity) = shape.subject() {
                self.check_delivered(entity, faults);
                if !shape.columns.contains_key("record_id") {
                    faults.add(
                        at,
                        format!("a JSON shape of {} does not say their `record_id`", entity.table()),
                    );
                }
                shape.columns.keys().for_each(|column| faults.column(entity, column));
            }
            for child in &shape.children {
                self.check_delivered(child.entity, faults);
                if !child.columns.contains_key("record_id") {
                    let what = format!("`children` of {} do not say their `record_id`", child.entity.table());
                    faults.add(at, what);
                }
                child
                    .columns
                    .keys()
                    .chain(child.parent.keys())
                    .for_each(|it| faults.column(child.entity, it));
            }
        }
    }

    fn check_push(&self, faults: &mut Faults) {
        for (entity, push) in &self.push {
            for (name, column) in &push.columns {
                let of = |entity| fields(entity).iter().any(|field| field.name == name);
                let of_main_location = *entity == Entity::Organization && of(Entity::Location);
                if !of(*entity) && !of_main_location {
                    faults.add(name, format!("{} have no column `{name}`", entity.table()));
                }
                if let Some(list) = column.list.filter(|list| !self.lists.contains_key(list)) {
                    faults.add(list.key(), format!("`lists` does not have `{}`", list.key()));
                }
                if column.two_way && !self.two_way {
                    faults.add(name, format!("`{name}` syncs in both directions, and the system does not"));
                }
            }
        }
    }

    /// The names of files by which its documents are recognised, as [`plain`] writes them.
    pub(super) fn document_names(&self) -> BTreeSet<String> {
        let of_shapes =
            self.json.iter().flat_map(|shape| shape.files.iter().chain(&shape.resource).chain(&shape.lookup));
        let objects = self.directory.iter().flat_map(|directory| &directory.objects);
        let of_objects = objects.flat_map(|object| object.files.iter().chain(&object.record.files));
        of_shapes.chain(of_objects).map(|name| plain(name)).collect()
    }
}

/// The name of a file as names are compared: without letter case, and with one kind of blank.
pub(super) fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use crate::systems;

    #[test]
    fn nothing_is_wrong_with_any_system() {
        let all = systems::all().iter().flat_map(|system| {
            system.faults().into_iter().map(|fault| format!("{}: {}", system.name, fault.what))
        });
        assert_eq!(all.collect::<Vec<_>>(), [""; 0]);
    }
}
