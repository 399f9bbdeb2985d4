//! The shapes of a system's files: which headings and members are which canonical column.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::List;
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
    /// Kinds of files of the entity that say something by their name.
    #[serde(default)]
    pub classes: Vec<CsvClass>,
    /// Set when several rows may describe one record.
    pub merge: Option<Merge>,
}

/// A kind of file that says something by its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvClass {
    /// File names, without ending and page number.
    pub files: Vec<String>,
    /// What a column is where a row leaves it blank.
    pub set: BTreeMap<String, String>,
}

/// How rows that describe one record are recognised.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Headings of the domain of a host name, which no column holds.
    #[serde(default)]
    pub domains: Vec<String>,
}

/// A file that is refused, with advice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Endings of its name.
    #[serde(default)]
    pub endings: Vec<String>,
    /// Headings that it has, all of them.
    #[serde(default)]
    pub tells: Vec<String>,
    /// What it is.
    pub what: String,
    /// What to do instead.
    pub hint: String,
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

/// How an answer says that it failed. Paths start at the answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// The member that says so. A blank one, and a structure, says nothing.
    pub member: String,
    /// The value that it then has; without it, any.
    pub equals: Option<String>,
    /// The value that it has when all is well.
    pub unless: Option<String>,
    /// Where the reason stands, the first that is not blank.
    #[serde(default)]
    pub message: Vec<String>,
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
    /// It then fits one of these, in which `*` at the beginning or end stands for any run of characters, whatever
    /// the letter case.
    #[serde(default)]
    pub like: Vec<String>,
    /// It is then on this list of the pipeline's.
    pub listed: Option<SkipList>,
    /// Members or headings that must be there and say nothing besides.
    #[serde(default)]
    pub without: Vec<String>,
    /// Members none of which is there and says anything, in no item of an array either.
    #[serde(default)]
    pub lacking: Vec<String>,
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

impl Origin {
    /// Whether the column is made of the member `name` first of all.
    #[must_use]
    pub fn starts_at(&self, name: &str) -> bool {
        match self {
            Self::Path(path) => path == name,
            Self::First(all) => all.iter().any(|path| path == name),
            Self::Rule(rule) => rule.path() == name,
        }
    }
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
    /// The network interfaces in several places, in the spellings of several programs, and addresses that no
    /// interface names. What is not called by its name alone has its description behind it.
    Adapters(Adapters),
    /// One member of the network adapter that a device goes out by.
    PrimaryAdapter(PrimaryAdapter),
    /// Several values in one; nothing unless all are there.
    Joined {
        /// The members.
        paths: Vec<String>,
        /// What stands between them.
        by: String,
    },
    /// The same value in every record.
    Always {
        /// The value.
        value: String,
    },
    /// An id made of values, for what the vendor gives none: two records that say the same in them are one.
    MadeId {
        /// Members without which there is none.
        needs: Vec<String>,
        /// Further members.
        #[serde(default)]
        with: Vec<String>,
    },
    /// A word for each truth value.
    YesOrNo {
        /// The member.
        path: String,
        /// The word for true.
        yes: String,
        /// The word for false.
        no: String,
    },
    /// Whether a member is not blank.
    Filled {
        /// The member.
        path: String,
    },
    /// The opposite of a truth value.
    Not {
        /// The member.
        path: String,
    },
    /// The first name of a person whose name is one member: all but the last word.
    FirstName {
        /// The member.
        path: String,
    },
    /// The last name of a person whose name is one member: the last word of several.
    LastName {
        /// The member.
        path: String,
    },
    /// The name of a business, or of the person who is the client.
    BusinessName {
        /// The member with the name of the business.
        path: String,
        /// Members with the name of the person, the first that is not blank.
        person: Vec<String>,
    },
    /// A list of several members, blank ones left out.
    Values {
        /// The members.
        of: Vec<Labelled>,
    },
    /// The labels of the members of a list of several, blank members left out.
    Labels {
        /// The members.
        of: Vec<Labelled>,
    },
    /// The ids in arrays of ids or of objects that have one, each once.
    Ids {
        /// The arrays.
        paths: Vec<String>,
    },
    /// The one value that a member has in all objects of an array, nothing where they differ.
    Sole {
        /// The array.
        path: String,
        /// The member of each object.
        value: String,
    },
    /// The part of a text in front of a separator, or all of it.
    Before {
        /// The member.
        path: String,
        /// The separator.
        separator: String,
    },
    /// The part of a text behind a separator, or another member that says it by itself.
    After {
        /// The member.
        path: String,
        /// The separator.
        separator: String,
        /// The member that is preferred.
        or: String,
    },
    /// One half of the name of a person.
    PersonName {
        /// `first` or `last`.
        half: String,
        /// The member with the first name.
        given: String,
        /// The member with the last name.
        family: String,
        /// The member with the display name, which is split where both are blank.
        display: String,
        /// The name of the account, which stands in where the file has neither.
        name: String,
    },
    /// The e-mail addresses of an account, the primary one first.
    Addresses {
        /// The address, the first that is not blank.
        of: Vec<String>,
        /// The array of addresses behind `SMTP:` and `smtp:`.
        proxies: String,
        /// The sign-in name, which is an address where there is no other.
        sign_in: String,
        /// Ends of domains that are no addresses.
        internal: Vec<String>,
    },
    /// `false` where a text holds a part, else `true`.
    Lacks {
        /// The member with the text.
        path: String,
        /// The part.
        part: String,
        /// The member that is preferred, a truth value.
        or: String,
    },
    /// The first label of a host name.
    HostName {
        /// The members, the first that is not blank.
        of: Vec<String>,
    },
    /// Several members with a space between.
    Words {
        /// The members.
        of: Vec<String>,
        /// The member that has it all, where they are blank.
        or: String,
    },
    /// The texts of an array.
    Texts {
        /// The array.
        path: String,
    },
    /// The name, or another member, of the item of a reference list whose id a member has: of several places the first
    /// that says something.
    LookedUp {
        /// The places.
        of: Vec<LookedUp>,
    },
    /// MAC addresses in one text, in brackets and with commas between. The text may be cut off at the end.
    MacList {
        /// The member.
        path: String,
    },
    /// The id of the record in another system.
    Link {
        /// The member.
        path: String,
        /// The integration type of the other system; `hub` for the hub.
        #[serde(rename = "type")]
        integration: String,
        /// A member and the value that it must have.
        only: Option<(String, String)>,
    },
    /// The PSA and RMM links that the hub stores with a row.
    HubLinks {},
    /// A member that stays in `raw` besides.
    Copy {
        /// The member.
        path: String,
    },
    /// A list in one text, which stays in `raw` besides.
    Separated {
        /// The member.
        path: String,
        /// What stands between the items.
        separator: String,
    },
    /// Several members in one text.
    AnyOf {
        /// The members; blank ones are left out.
        paths: Vec<String>,
        /// What stands between them.
        separator: String,
    },
    /// The value of the first case that holds.
    Cases {
        /// The cases.
        cases: Vec<Case>,
    },
    /// The first or the last name of a person. Where both are blank, parts of the full name.
    PartOfName {
        /// Which.
        part: NamePart,
        /// The member with the first name.
        first: String,
        /// The member with the last name.
        last: String,
        /// The members with the full name, the first that is not blank.
        full: Vec<String>,
    },
    /// The e-mail addresses of an account: the primary one as the pipeline chooses, then its aliases.
    AccountAddresses {
        /// The members with the address of the mailbox, the first that is not blank.
        mailbox: Vec<String>,
        /// The members with the sign-in name, likewise.
        sign_in: Vec<String>,
        /// The members with the proxy addresses, likewise: `SMTP:` before the primary one, `smtp:` before others.
        aliases: Vec<String>,
    },
    /// The name of the organization, or of its Autotask company where the pipeline says so.
    OrganizationName {
        /// The member with the name.
        path: String,
        /// The member with the Autotask company's name.
        autotask: String,
    },
}

/// Where network adapters are, and how their members are called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapters {
    /// The arrays, objects that hold them, or JSON texts of either.
    pub lists: Vec<String>,
    /// Members for the name, the first that is not blank.
    pub name: Vec<String>,
    /// Members for the description.
    #[serde(default)]
    pub description: Vec<String>,
    /// Members for the MAC address.
    pub mac: Vec<String>,
    /// Members for the IP address.
    pub ip: Vec<String>,
    /// Members that hold MAC addresses without an interface, as a text or an array. One that an interface has is left
    /// out, because the interface may be one that travels.
    #[serde(default)]
    pub bare: Vec<String>,
}

/// The adapter that a device goes out by: the one with the address that is said to be primary, else the only one with
/// a private address and a gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryAdapter {
    /// The array of adapters.
    pub path: String,
    /// The member of an adapter with its address.
    pub ip: String,
    /// The member of an adapter with its gateway.
    pub gateway: String,
    /// The member that says the primary address.
    pub primary: String,
    /// The member of the adapter that is meant.
    pub value: String,
    /// Members that say it where no adapter does.
    #[serde(default)]
    pub or: Vec<String>,
}

/// Where a looked-up column comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookedUp {
    /// The member.
    pub path: String,
    /// The list that its value is an id in; without it the value says it by itself.
    pub list: Option<List>,
    /// The member of the item, its name when none is given. The shape of the list keeps it.
    pub value: Option<String>,
    /// The list that this value in turn is an id in.
    pub then: Option<List>,
}

/// A member of an element with a label for its value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// The member.
    pub path: String,
    /// What the value is: `Mobile`.
    pub label: String,
    /// A member that is appended after ` x`.
    pub extension: Option<String>,
}

/// A case of a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The value.
    pub value: String,
    /// Members and what each of them is, or has among its items.
    pub when: BTreeMap<String, String>,
}

/// A part of a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamePart {
    /// The first name.
    First,
    /// The last name.
    Last,
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
            | Self::YesOrNo { path, .. }
            | Self::Filled { path }
            | Self::FirstName { path }
            | Self::LastName { path }
            | Self::BusinessName { path, .. }
            | Self::Sole { path, .. }
            | Self::MacList { path }
            | Self::Before { path, .. }
            | Self::After { path, .. }
            | Self::PrimaryAdapter(PrimaryAdapter { path, .. })
            | Self::Link { path, .. }
            | Self::Copy { path }
            | Self::Separated { path, .. }
            | Self::OrganizationName { path, .. }
            | Self::Lacks { path, .. }
            | Self::Texts { path } => path,
            Self::Adapters(Adapters { lists: paths, .. }) | Self::Ids { paths } => {
                paths.first().map_or("", String::as_str)
            }
            Self::Values { of } | Self::Labels { of } => of.first().map_or("", |first| first.path.as_str()),
            Self::LookedUp { of } => of.first().map_or("", |first| first.path.as_str()),
            Self::Joined { paths: needs, .. } | Self::MadeId { needs, .. } => {
                needs.first().map_or("", String::as_str)
            }
            Self::Always { .. } => "",
            Self::AnyOf { paths, .. } => paths.first().map_or("", String::as_str),
            Self::AccountAddresses { mailbox, .. } => mailbox.first().map_or("", String::as_str),
            Self::PartOfName { part: NamePart::First, first, .. } => first,
            Self::PartOfName { part: NamePart::Last, last, .. } => last,
            Self::Cases { cases } => {
                cases.first().and_then(|case| case.when.keys().next()).map_or("", String::as_str)
            }
            Self::HubLinks {} => "relationships",
            Self::PersonName { half, given, family, .. } => {
                if half == "first" {
                    given
                } else {
                    family
                }
            }
            Self::Addresses { of, .. } | Self::HostName { of } | Self::Words { of, .. } => {
                of.first().map_or("", String::as_str)
            }
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
