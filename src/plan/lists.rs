//! Reference lists of a target: the ids of types, statuses, makers and places, by name.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::extract::{LookupItem, Lookups};
use crate::model::SourceIx;
use crate::normalize::{fold_case, maker_key, name_key};
use crate::systems::List;

/// A name of a list in comparable form.
fn fold(list: List, name: &str) -> String {
    match list {
        List::Manufacturer => maker_key(name),
        _ => fold_case(&name_key(name)),
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
            let Some(items) = by_name.get(&fold(list, name)) else { return Found::Absent };
            let fits = |item: &&&'a LookupItem| match (parent, &item.parent_id) {
                // The maker of a product is a name.
                (Some(parent), Some(of)) if list == List::Product => maker_key(parent) == maker_key(of),
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
        fold(list, name)
    }
}

/// The items of every list, by folded name.
fn by_name<'a>(
    lists: &'a BTreeMap<(SourceIx, &'static str), Vec<LookupItem>>,
) -> FxHashMap<(SourceIx, List), ByName<'a>> {
    let mut found = FxHashMap::default();
    for ((source, key), items) in lists {
        let Some(list) = List::parse(key) else { continue };
        let mut by_name: ByName<'a> = FxHashMap::default();
        for item in items {
            by_name.entry(fold(list, &item.name)).or_default().push(item);
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
