//! The shapes of a system's files: which headings and members are which canonical column.
//!
//! Each is data that a system's file spells out; the readers in `extract` follow it.

mod csv;
mod json;
mod origin;
mod parts;
mod refused;
mod rule;
mod skip;

pub use csv::{CsvClass, CsvShape, Merge};
pub use json::{Child, Item, JsonShape, Main, Refer, StandsIn};
pub use origin::Origin;
pub use parts::{Adapters, Case, Labelled, LookedUp, NamePart, PrimaryAdapter};
pub use refused::{Failed, Refused};
pub use rule::Rule;
pub use skip::Skip;

#[cfg(test)]
mod tests {
    use crate::model::{Entity, fields};
    use crate::systems;

    #[test]
    fn every_system_names_columns_that_exist() {
        for system in systems::all() {
            let check = |entity: Entity, column: &str| {
                let is_known = fields(entity).iter().any(|field| field.name == column);
                assert!(
                    is_known || (column, entity) == ("full_name", Entity::Contact),
                    "{}: {entity}.{column}",
                    system.name
                );
            };
            for (entity, shape) in &system.csv {
                for column in shape.aliases.keys() {
                    check(*entity, column);
                }
            }
            for shape in &system.json {
                let kinds = [
                    shape.entity.is_some(),
                    shape.supplement.is_some(),
                    shape.lookup.is_some(),
                    shape.passed_over.is_some(),
                    !shape.picklists.is_empty(),
                ];
                assert_eq!(kinds.iter().filter(|is| **is).count(), 1, "{}: {:?}", system.name, shape.files);
                assert_eq!(
                    shape.lookup.is_some(),
                    shape.item.is_some(),
                    "{}: {:?}",
                    system.name,
                    shape.files
                );
                if let Some(entity) = shape.subject() {
                    assert!(shape.columns.contains_key("record_id"), "{} {entity}", system.name);
                    for column in shape.columns.keys() {
                        check(entity, column);
                    }
                }
                for child in &shape.children {
                    assert!(child.columns.contains_key("record_id"), "{} {}", system.name, child.entity);
                    child.columns.keys().chain(child.parent.keys()).for_each(|it| check(child.entity, it));
                }
            }
        }
    }
}
