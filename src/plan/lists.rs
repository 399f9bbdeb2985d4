//! Reference lists of a target: the ids of types, statuses, makers and places, by name.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::extract::{LookupItem, Lookups};
use crate::model::SourceIx;
use crate::normalize::{fold_case, maker_key, name_key};

/// A reference list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum List {
    OrganizationType,
    OrganizationStatus,
    ContactType,
    ConfigurationType,
    ConfigurationStatus,
    Manufacturer,
    Model,
    OperatingSystem,
    Region,
    Country,
    CommunicationType,
}

impl List {
    const ALL: [Self; 11] = [
        Self::OrganizationType,
        Self::OrganizationStatus,
        Self::ContactType,
        Self::ConfigurationType,
        Self::ConfigurationStatus,
        Self::Manufacturer,
        Self::Model,
        Self::OperatingSystem,
        Self::Region,
        Self::Country,
        Self::CommunicationType,
    ];

    /// What one item is called in a step.
    pub(super) const fn item(self) -> &'static str {
        match self {
            Self::OrganizationType => "organization_type",
            Self::OrganizationStatus => "organization_status",
            Self::ContactType => "contact_type",
            Self::ConfigurationType => "configuration_type",
            Self::ConfigurationStatus => "configuration_status",
            Self::Manufacturer => "manufacturer",
            Self::Model => "model",
            Self::OperatingSystem => "operating_system",
            Self::Region => "region",
            Self::Country => "country",
            Self::CommunicationType => "communication_type",
        }
    }

    /// The name in [`Lookups::lists`].
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::OrganizationType => "organization_types",
            Self::OrganizationStatus => "organization_statuses",
            Self::ContactType => "contact_types",
            Self::ConfigurationType => "configuration_types",
            Self::ConfigurationStatus => "configuration_statuses",
            Self::Manufacturer => "manufacturers",
            Self::Model => "models",
            Self::OperatingSystem => "operating_systems",
            Self::Region => "regions",
            Self::Country => "countries",
            Self::CommunicationType => "communication_types",
        }
    }

    /// A name of this list in comparable form.
    fn fold(self, name: &str) -> String {
        match self {
            Self::Manufacturer => maker_key(name),
            _ => fold_case(&name_key(name)),
        }
    }
}

/// What is known of a name in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The list has it.
    Item(&'a LookupItem),
    /// The list was read and lacks it.
    Absent,
    /// The list was not read.
    NoList,
}

/// All lists, by folded name.
#[derive(Debug, Default)]
pub(super) struct Lists<'a> {
    lists: FxHashMap<(SourceIx, List), ByName<'a>>,
    /// Items that records of the target name; the lists that were read may lack them, or be missing.
    named: FxHashMap<(SourceIx, List), ByName<'a>>,
}

/// The items of a list, by folded name.
type ByName<'a> = FxHashMap<String, Vec<&'a LookupItem>>;

impl<'a> Lists<'a> {
    pub(super) fn new(lookups: &'a Lookups) -> Self {
        Self { lists: by_name(&lookups.lists), named: by_name(&lookups.named) }
    }

    /// The item called `name`, of the item `parent` where one is known and the list says whose its items are. The
    /// same spelling is preferred to another one.
    pub(super) fn find(&self, target: SourceIx, list: List, name: &str, parent: Option<&str>) -> Found<'a> {
        let find = |lists: &FxHashMap<(SourceIx, List), ByName<'a>>| {
            let Some(by_name) = lists.get(&(target, list)) else { return Found::NoList };
            let Some(items) = by_name.get(&list.fold(name)) else { return Found::Absent };
            let fits = |item: &&&'a LookupItem| match (parent, &item.parent_id) {
                (Some(parent), Some(of)) => parent == of,
                _ => true,
            };
            let same = items.iter().filter(fits).find(|item| item.name == name && !item.is_inactive);
            same.or_else(|| items.iter().find(fits)).map_or(Found::Absent, |item| Found::Item(item))
        };
        match find(&self.lists) {
            Found::Item(item) => Found::Item(item),
            // A record that names an item proves that it exists, whatever was saved of the list.
            lacking => match find(&self.named) {
                Found::Item(item) => Found::Item(item),
                _ => lacking,
            },
        }
    }

    /// The name as the list spells it, the name itself when the list is not known or lacks it: two spellings of one
    /// missing name need one step.
    pub(super) fn step_name(list: List, name: &str) -> String {
        list.fold(name)
    }
}

/// The items of every list, by folded name.
fn by_name<'a>(
    lists: &'a BTreeMap<(SourceIx, &'static str), Vec<LookupItem>>,
) -> FxHashMap<(SourceIx, List), ByName<'a>> {
    let mut found = FxHashMap::default();
    for ((source, key), items) in lists {
        let Some(list) = List::ALL.into_iter().find(|list| list.key() == *key) else { continue };
        let mut by_name: ByName<'a> = FxHashMap::default();
        for item in items {
            by_name.entry(list.fold(&item.name)).or_default().push(item);
        }
        // Several items may bear one name; the live one with the smallest id is taken every time.
        #[expect(clippy::iter_over_hash_type, reason = "each value is sorted on its own")]
        for items in by_name.values_mut() {
            items.sort_unstable_by_key(|item| (item.is_inactive, item.id.len(), &item.id));
        }
        found.insert((*source, list), by_name);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, name: &str, parent: Option<&str>, is_inactive: bool) -> LookupItem {
        LookupItem { id: id.into(), name: name.into(), parent_id: parent.map(Into::into), is_inactive }
    }

    #[test]
    fn names_are_found_without_case_and_makers_without_suffix() {
        let mut lookups = Lookups::default();
        lookups.lists.insert(
            (0, "manufacturers"),
            vec![item("9", "Dell", None, true), item("10", "Dell Inc.", None, false)],
        );
        lookups.lists.insert(
            (0, "models"),
            vec![
                item("1", "Latitude 5440", Some("10"), false),
                item("2", "Latitude 5440", Some("77"), false),
            ],
        );
        lookups.named.insert((0, "manufacturers"), vec![item("11", "HP", None, false)]);
        let lists = Lists::new(&lookups);
        let id = |found| match found {
            Found::Item(item) => item.id.as_str(),
            Found::Absent => "absent",
            Found::NoList => "no list",
        };
        assert_eq!(id(lists.find(0, List::Manufacturer, "DELL", None)), "10");
        assert_eq!(id(lists.find(0, List::Manufacturer, "Lenovo", None)), "absent");
        assert_eq!(
            id(lists.find(0, List::Manufacturer, "HP", None)),
            "11",
            "a record names it, so it exists"
        );
        assert_eq!(id(lists.find(0, List::Model, "latitude 5440", Some("77"))), "2");
        assert_eq!(id(lists.find(0, List::Model, "Latitude 5440", Some("78"))), "absent");
        assert_eq!(id(lists.find(0, List::Country, "Germany", None)), "no list");
        assert_eq!(id(lists.find(1, List::Manufacturer, "Dell", None)), "no list");
    }
}
