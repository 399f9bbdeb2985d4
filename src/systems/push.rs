//! What a system takes from outside: columns and the members that they are written to, what is required, what is
//! locked, what syncs in both directions, and where the lists are that ids come from.
//!
//! Said once, in the system's file; ownership, plans and `matchbook systems` ask here. How a call looks is not said
//! here: every family of vendors has a writer of its own in `plan`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::List;
use crate::model::{Entity, fields};

/// What a system takes of one entity. An entity that has none of this it does not take at all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Why it takes no records of the entity although it has them.
    pub refused: Option<String>,
    /// True when a new organization is made together with its main location.
    #[serde(default)]
    pub makes_main_location: bool,
    /// What the pipeline sets for every new record, by the key in `[source.create.ENTITY]`.
    #[serde(default)]
    pub settings: BTreeMap<String, PushSetting>,
    /// What it takes, by canonical column. Of an organization also columns of its main location, for systems in which
    /// an organization has an address of its own.
    #[serde(default)]
    pub columns: BTreeMap<String, PushColumn>,
}

/// How a system takes one column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushColumn {
    /// The member that it is written to; without it nothing can be written.
    pub member: Option<String>,
    /// The list of the system that the member takes an id of.
    pub list: Option<List>,
    /// True when a new record is refused without it.
    #[serde(default)]
    pub required: bool,
    /// True when the hub sends its value to the system, and takes the system's.
    #[serde(default)]
    pub two_way: bool,
    /// Why an existing record does not take it.
    pub locked: Option<String>,
    /// True when an existing row takes it even if the row syncs with a PSA. Only the hub has such rows.
    #[serde(default)]
    pub when_synced: bool,
    /// The longest text, in characters.
    pub max_chars: Option<usize>,
}

/// Something that every new record gets and no column holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushSetting {
    /// The member that it is written to.
    pub member: String,
    /// True when a new record is refused without it.
    #[serde(default)]
    pub required: bool,
}

/// Where a reference list of a system is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushList {
    /// The path of its items; empty where the vendor publishes none, so that the list has to be read from a file.
    #[serde(default)]
    pub path: String,
    /// The member that holds an item's name.
    #[serde(default = "name")]
    pub name: String,
    /// True when items can be added. Where not, they carry rules of their own and are set up by hand.
    #[serde(default)]
    pub addable: bool,
}

fn name() -> String {
    "name".to_owned()
}

impl super::System {
    /// Whether it takes records of `entity`.
    #[must_use]
    pub fn takes(&self, entity: Entity) -> bool {
        self.push.get(&entity).is_some_and(|push| push.refused.is_none())
    }

    /// How it takes a column, `None` when it does not know it.
    #[must_use]
    pub fn column(&self, entity: Entity, column: &str) -> Option<&PushColumn> {
        self.push.get(&entity)?.columns.get(column)
    }

    /// The member that a column is written to.
    #[must_use]
    pub fn member(&self, entity: Entity, column: &str) -> Option<&str> {
        self.column(entity, column)?.member.as_deref()
    }

    /// The columns without which it refuses a new record, in the order of the entity's columns, those of the main
    /// location last.
    pub fn required(&self, entity: Entity) -> impl Iterator<Item = &'static str> {
        let own = fields(entity).iter();
        let of_location = (entity == Entity::Organization).then(|| fields(Entity::Location));
        let further = of_location.unwrap_or_default().iter();
        let further = further.filter(move |field| fields(entity).iter().all(|own| own.name != field.name));
        let is_required = move |name: &str| self.column(entity, name).is_some_and(|column| column.required);
        own.chain(further).map(|field| field.name).filter(move |name| is_required(name))
    }

    /// The longest text that it takes in a column, in characters.
    #[must_use]
    pub fn max_chars(&self, entity: Entity, column: &str) -> Option<usize> {
        self.column(entity, column)?.max_chars
    }

    /// Why an existing record does not take a column from the hub, `None` when it does.
    #[must_use]
    pub fn locked(&self, entity: Entity, column: &str) -> Option<&str> {
        match self.column(entity, column) {
            Some(PushColumn { locked: Some(why), .. }) => Some(why),
            Some(PushColumn { member: Some(_), .. }) => None,
            _ => Some("it has no such field"),
        }
    }

    /// Whether the hub's value of a column goes to it.
    #[must_use]
    pub fn is_two_way(&self, entity: Entity, column: &str) -> bool {
        self.two_way && self.column(entity, column).is_some_and(|column| column.two_way)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Entity;
    use crate::systems;

    #[test]
    fn connectwise_makes_no_company_without_an_address() {
        let connectwise = systems::find("connectwise").expect("it is embedded");
        let required: Vec<_> = connectwise.required(Entity::Organization).collect();
        assert_eq!(required, ["name", "short_name", "address_1"]);
    }
}
