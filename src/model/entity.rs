//! Entities and roles: what a record is of, and what its source is to the organization.

use std::fmt;

/// What a record stands for. The order is the order in which entities are matched and planned: a contact
/// needs its location, a configuration its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A client of the managed service provider.
    Organization,
    /// A site or office of an organization.
    Location,
    /// A person of an organization.
    Contact,
    /// A device or other configuration item.
    Configuration,
    /// A service ticket; linked, never planned.
    Ticket,
    /// A licence subscription.
    License,
    /// A group of contacts.
    Group,
}

impl Entity {
    /// All entities, in matching order.
    pub const ALL: [Self; 7] = [
        Self::Organization,
        Self::Location,
        Self::Contact,
        Self::Configuration,
        Self::Ticket,
        Self::License,
        Self::Group,
    ];

    /// The singular name, as in the `entity` columns: `organization`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Location => "location",
            Self::Contact => "contact",
            Self::Configuration => "configuration",
            Self::Ticket => "ticket",
            Self::License => "license",
            Self::Group => "group",
        }
    }

    /// The name of the record table in the warehouse: `organizations`.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::Location => "locations",
            Self::Contact => "contacts",
            Self::Configuration => "configurations",
            Self::Ticket => "tickets",
            Self::License => "licenses",
            Self::Group => "groups",
        }
    }

    /// The entity that `name` means, singular or plural, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.name() == name || entity.table() == name)
    }

    /// The position in [`Entity::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a source is to the run. The order is the fold order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The documentation platform that is reconciled against.
    Hub,
    /// Professional services automation: the ticketing and billing system.
    Psa,
    /// Remote monitoring and management.
    Rmm,
    /// A network scan.
    Scan,
    /// A directory of people and machines.
    Directory,
    /// A spreadsheet or CSV file.
    Sheet,
}

impl Role {
    /// All roles, in fold order.
    pub const ALL: [Self; 6] = [Self::Hub, Self::Psa, Self::Rmm, Self::Scan, Self::Directory, Self::Sheet];

    /// The name, as in the `role` columns and in ownership lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Psa => "psa",
            Self::Rmm => "rmm",
            Self::Scan => "scan",
            Self::Directory => "directory",
            Self::Sheet => "sheet",
        }
    }

    /// The role that `name` means, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Entity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("no entity is called `{name}`")))
    }
}

impl<'de> serde::Deserialize<'de> for Role {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("no role is called `{name}`")))
    }
}
