//! What rules are told: places, labels and cases.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::systems::List;

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
