//! The shapes of a system's JSON documents: which elements are which records, and what else they hold.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Origin, Skip};
use crate::model::Entity;
use crate::systems::List;

/// One kind of JSON document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonShape {
    /// The entity whose records the elements are.
    pub entity: Option<Entity>,
    /// The entity whose records the elements add to, by record id.
    pub supplement: Option<Entity>,
    /// The reference list whose items the elements are.
    pub lookup: Option<String>,
    /// Why documents of this kind are passed over.
    pub passed_over: Option<String>,
    /// True for records in full: they add to the records of the same id in a list, and stand for themselves where
    /// there is none.
    #[serde(default)]
    pub detail: bool,
    /// True where one element is in several answers, such as those of overlapping searches: one that says the same as
    /// an earlier one of its id is that one.
    #[serde(default)]
    pub overlapping: bool,
    /// The reference lists that the elements hold as picklists, each an element with the member `name` and its items in
    /// `picklistValues`, by that name.
    #[serde(default)]
    pub picklists: BTreeMap<String, List>,
    /// File names, without ending and page number.
    #[serde(default)]
    pub files: Vec<String>,
    /// The JSON:API type of the elements.
    pub resource: Option<String>,
    /// Members of the document that hold the elements.
    #[serde(default)]
    pub list: Vec<String>,
    /// Members by which an element is recognised.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The member that gets the key under which an object of elements has this one, or else the file's name, where
    /// that is a unique id and the element has no such member itself.
    pub keyed: Option<String>,
    /// The member that gets the id of the record that the elements belong to: the key under which an object has them,
    /// or else a unique id in the name of the file or of its folder.
    pub within: Option<String>,
    /// For supplements: the list in the records' `raw` that holds the ids of their supplements, where these have ids of
    /// their own.
    pub through: Option<String>,
    /// The elements are records where no other document gives one of their id, and add to it where one does.
    pub stands_in: Option<StandsIn>,
    /// Elements that take no part.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// Objects of an array that stand for it.
    #[serde(default)]
    pub main: Vec<Main>,
    /// Canonical columns and where they come from.
    #[serde(default)]
    pub columns: BTreeMap<String, Origin>,
    /// Records of other entities in the elements.
    #[serde(default)]
    pub children: Vec<Child>,
    /// For reference lists: where an item's parts come from.
    pub item: Option<Item>,
    /// Items of reference lists that the elements name with their ids.
    #[serde(default)]
    pub refers: Vec<Refer>,
}

impl JsonShape {
    /// The entity that the elements are of or add to; `None` for reference lists.
    #[must_use]
    pub fn subject(&self) -> Option<Entity> {
        self.entity.or(self.supplement)
    }
}

/// Which of several elements of one id stands in for a record that no other document gives.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandsIn {
    /// The member of which the greatest is first: a time.
    pub latest: Option<String>,
    /// A member and how it begins in elements that stand in only where there is no other.
    pub last: Option<(String, String)>,
}

/// The parts of an item of a reference list, as paths.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The id; without it, the member `id`.
    pub id: Option<String>,
    /// The name.
    pub name: String,
    /// The id of the item that it belongs to.
    pub parent: Option<String>,
    /// A truth value that says that the item is inactive.
    pub inactive: Option<String>,
    /// A truth value that says that the item is active.
    pub active: Option<String>,
    /// Members of an item that columns of other elements are looked up from, besides its name.
    #[serde(default)]
    pub keep: Vec<String>,
}

/// The one object of an array that stands for it: it becomes a member of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Main {
    /// The array.
    pub of: String,
    /// The name of the new member.
    pub member: String,
    /// A truth value that marks the object. Of several, and where none is marked, the one of the lowest id stands for
    /// the array.
    pub flag: String,
    /// The id.
    pub id: String,
}

/// Records of another entity in the elements of a document. They are rows of the file like any other when they stand in
/// an array. Without one they are only implied: made of what the element says, each once, and counted as no row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Child {
    /// The entity.
    pub entity: Entity,
    /// The array that holds them. Without it every element makes one, unless it gives no id or takes no part.
    pub each: Option<String>,
    /// Columns that come from the element around them, as paths.
    #[serde(default)]
    pub parent: BTreeMap<String, String>,
    /// Children that take no part; implied ones are not made.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// Objects of an array that stand for it.
    #[serde(default)]
    pub main: Vec<Main>,
    /// Canonical columns and where they come from; paths start at the child.
    pub columns: BTreeMap<String, Origin>,
}

/// An item of a reference list that an element names, as paths.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refer {
    /// The list.
    pub list: String,
    /// An array of references, when there are several; the other paths start in each.
    pub each: Option<String>,
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The id of the item that it belongs to.
    pub parent: Option<String>,
}
