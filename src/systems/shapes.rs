//! The shapes of a system's files: which headings and members are which canonical column.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Entity, Reason};
use crate::pipeline::{AccountSetting, SkipList};

/// The CSV file of one entity.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvShape {
    /// File names, without ending and page number.
    #[serde(default)]
    pub files: Vec<String>,
    /// Headings by canonical column, the preferred one first. Every column is its own heading besides. The name
    /// `full_name` stands for a contact's first and last name in one cell.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Headings by which a file of another name is recognised: it has all of them. Where a system gives them, nothing
    /// else makes a file of another name one of its.
    #[serde(default)]
    pub tells: Vec<String>,
    /// Rows that take no part; the paths are headings.
    #[serde(default)]
    pub skip: Vec<Skip>,
}

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
    /// Elements that take no part.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// Canonical columns and where they come from.
    #[serde(default)]
    pub columns: BTreeMap<String, Origin>,
    /// For reference lists: where an item's parts come from; the id is the member `id`.
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

/// The parts of an item of a reference list, as paths.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The name.
    pub name: String,
    /// The id of the item that it belongs to.
    pub parent: Option<String>,
    /// A truth value that says that the item is inactive.
    pub inactive: Option<String>,
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

/// When an element takes no part. Of several that hold the first gives the reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// The reason that the record's state carries.
    pub reason: Reason,
    /// The member that says so, or the heading.
    pub path: String,
    /// The value that it then has.
    pub equals: Option<String>,
    /// It then holds no GUID.
    #[serde(default)]
    pub unless_guid: bool,
    /// It then holds this somewhere, whatever the letter case.
    pub contains: Option<String>,
    /// It is then there and says nothing: null, or an empty text or list.
    #[serde(default)]
    pub blank: bool,
    /// It is then on this list of the pipeline's.
    pub listed: Option<SkipList>,
    /// Members or headings that must be there and say nothing besides.
    #[serde(default)]
    pub without: Vec<String>,
    /// The pipeline's setting that lets such records in.
    pub unless: Option<AccountSetting>,
    /// What the setting lets in is kept out by no later rule either.
    #[serde(default)]
    pub settles: bool,
}

/// Where a column comes from. A path names members, separated by dots.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// One member.
    Path(String),
    /// The first of these members that is not blank.
    First(Vec<String>),
    /// A rule.
    Rule(Rule),
}

/// How a column is made of a structure.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// A list of one member of each object in an array.
    Items {
        /// The array.
        path: String,
        /// The member of each object.
        value: String,
        /// A member that is appended after ` x`.
        extension: Option<String>,
        /// A truth value that puts its object first.
        first: Option<String>,
        /// A member and the value that it must have.
        only: Option<(String, String)>,
    },
    /// The names of an array of references, separated by commas.
    Names {
        /// The array.
        path: String,
    },
    /// The network interfaces in an array.
    Interfaces {
        /// The array.
        path: String,
        /// Members for the name, the first that is not blank.
        name: Vec<String>,
        /// Members for the MAC address.
        mac: Vec<String>,
        /// Members for the IP address.
        ip: Vec<String>,
    },
    /// The opposite of a truth value.
    Not {
        /// The member.
        path: String,
    },
    /// The id of the record in another system.
    Link {
        /// The member.
        path: String,
        /// The integration type of the other system.
        #[serde(rename = "type")]
        integration: String,
    },
    /// The PSA and RMM links that the hub stores with a row.
    HubLinks {},
    /// The name of the organization, or of its Autotask company where the pipeline says so.
    OrganizationName {
        /// The member with the name.
        path: String,
        /// The member with the Autotask company's name.
        autotask: String,
    },
}

impl Rule {
    /// The member that it is made of, for messages.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Items { path, .. }
            | Self::Names { path }
            | Self::Interfaces { path, .. }
            | Self::Not { path }
            | Self::Link { path, .. }
            | Self::OrganizationName { path, .. } => path,
            Self::HubLinks {} => "relationships",
        }
    }
}

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
                let kinds = [shape.entity.is_some(), shape.supplement.is_some(), shape.lookup.is_some()];
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
            }
            for (entity, columns) in &system.requires {
                for column in columns {
                    check(*entity, column);
                }
            }
        }
    }
}
