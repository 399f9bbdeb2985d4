//! Where a column comes from: a member, the first of several, or a rule.

use serde::Deserialize;

use super::{Adapters, NamePart, PrimaryAdapter, Rule};

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
