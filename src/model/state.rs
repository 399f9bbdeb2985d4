//! States of a record after the fold, and the reasons that explain them.

use std::fmt;

/// How a record ended. Every record of every source has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// A row of the hub: it founded its cluster.
    Hub,
    /// It joined a cluster.
    Matched,
    /// It joined nothing and founded a cluster.
    Unmatched,
    /// A person must decide.
    Review,
    /// A decision says to leave it out, or its organization was left out.
    Ignored,
    /// It takes no part, for the reason given.
    Skipped,
}

impl State {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Hub, Self::Matched, Self::Unmatched, Self::Review, Self::Ignored, Self::Skipped];

    /// The name, as in the `state` columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Matched => "matched",
            Self::Unmatched => "unmatched",
            Self::Review => "review",
            Self::Ignored => "ignored",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a record is in review, ignored or skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Its identifying values reach several clusters.
    PointsToSeveral,
    /// The cluster was joined, or pointed to by several records, at an earlier tier.
    TargetTaken,
    /// Another record points to the same cluster at the same tier.
    SeveralPointToOne,
    /// A stronger key speaks against the cluster.
    Contradiction,
    /// It holds a value that a cluster holds, and the value identifies nothing.
    SharedKey,
    /// It holds a value that another record of its source holds.
    DuplicateInSource,
    /// Its own link is stored on a hub row of another organization.
    Moved,
    /// Its organization is in review.
    OrganizationInReview,
    /// Its organization is ignored.
    OrganizationIgnored,
    /// Its organization is skipped.
    OrganizationSkipped,
    /// An organization of an RMM without a configuration.
    NoDevices,
    /// It names no organization that its source knows.
    NoOrganization,
    /// It names an organization that several organizations of its source are called.
    OrganizationNameShared,
    /// The source marks it as deleted.
    Deleted,
    /// A site that the RMM invents for its own purposes.
    PseudoSite,
    /// A node that a network diagram invents.
    InventedNode,
    /// A guest of another organization.
    Guest,
    /// An account that cannot sign in.
    DisabledAccount,
    /// A shared mailbox or a room.
    SharedMailbox,
    /// An account that no person uses.
    ServiceAccount,
    /// An account or subscription without a licence.
    Unlicensed,
    /// A device that is someone's own.
    PersonalDevice,
    /// What a source lists among its devices and is none.
    NotADevice,
    /// A vendor among the organizations.
    Vendor,
    /// A print queue of software.
    QueueNotDevice,
    /// A row of an import that another row stands for.
    MergedRow,
    /// A row that nothing identifies.
    NoIdentifier,
    /// The organization is the managed service provider itself.
    OwnCompany,
    /// A record that the vendor puts there to show what records look like.
    SampleRecord,
    /// A list of the pipeline leaves it out.
    OnSkipList,
    /// The source had it once.
    Removed,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 31] = [
        Self::PointsToSeveral,
        Self::TargetTaken,
        Self::SeveralPointToOne,
        Self::Contradiction,
        Self::SharedKey,
        Self::DuplicateInSource,
        Self::Moved,
        Self::OrganizationInReview,
        Self::OrganizationIgnored,
        Self::OrganizationSkipped,
        Self::NoDevices,
        Self::NoOrganization,
        Self::OrganizationNameShared,
        Self::Deleted,
        Self::PseudoSite,
        Self::InventedNode,
        Self::Guest,
        Self::DisabledAccount,
        Self::SharedMailbox,
        Self::ServiceAccount,
        Self::Unlicensed,
        Self::PersonalDevice,
        Self::NotADevice,
        Self::Vendor,
        Self::QueueNotDevice,
        Self::MergedRow,
        Self::NoIdentifier,
        Self::OwnCompany,
        Self::SampleRecord,
        Self::OnSkipList,
        Self::Removed,
    ];

    /// The code, as in the `reason` columns.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PointsToSeveral => "points_to_several",
            Self::TargetTaken => "target_taken",
            Self::SeveralPointToOne => "several_point_to_one",
            Self::Contradiction => "contradiction",
            Self::SharedKey => "shared_key",
            Self::DuplicateInSource => "duplicate_in_source",
            Self::Moved => "moved",
            Self::OrganizationInReview => "organization_in_review",
            Self::OrganizationIgnored => "organization_ignored",
            Self::OrganizationSkipped => "organization_skipped",
            Self::NoDevices => "no_devices",
            Self::NoOrganization => "no_organization",
            Self::OrganizationNameShared => "organization_name_shared",
            Self::Deleted => "deleted",
            Self::PseudoSite => "pseudo_site",
            Self::InventedNode => "invented_node",
            Self::Guest => "guest",
            Self::DisabledAccount => "disabled_account",
            Self::SharedMailbox => "shared_mailbox",
            Self::ServiceAccount => "service_account",
            Self::Unlicensed => "unlicensed",
            Self::PersonalDevice => "personal_device",
            Self::NotADevice => "not_a_device",
            Self::Vendor => "vendor",
            Self::QueueNotDevice => "queue_not_device",
            Self::MergedRow => "merged_row",
            Self::NoIdentifier => "no_identifier",
            Self::OwnCompany => "own_company",
            Self::SampleRecord => "sample_record",
            Self::OnSkipList => "on_skip_list",
            Self::Removed => "removed",
        }
    }

    /// One sentence that says it to a person.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::PointsToSeveral => "its identifying values point to several records",
            Self::TargetTaken => "the record it points to is already taken by another record of this source",
            Self::SeveralPointToOne => "several records of this source point to the same record",
            Self::Contradiction => "a stronger key speaks against the record it points to",
            Self::SharedKey => "it shares a key with a record, and the key does not identify it",
            Self::DuplicateInSource => "another record of this source has the same key",
            Self::Moved => "the hub stores its link in another organization",
            Self::OrganizationInReview => "its organization is in review",
            Self::OrganizationIgnored => "its organization is ignored",
            Self::OrganizationSkipped => "its organization is skipped",
            Self::NoDevices => "the organization has no device in this source",
            Self::NoOrganization => "it names no organization that this source has",
            Self::OrganizationNameShared => "several organizations of this source have the name it gives",
            Self::Deleted => "the source marks it as deleted",
            Self::PseudoSite => "the site is not a client but a folder of the RMM's own",
            Self::InventedNode => "the node was invented by the network diagram",
            Self::Guest => "it is a guest of another organization",
            Self::DisabledAccount => "the account is disabled",
            Self::SharedMailbox => "it is a shared mailbox or a room, and no person",
            Self::ServiceAccount => "it is an account that no person uses",
            Self::Unlicensed => "it has no licence",
            Self::PersonalDevice => "the device is someone's own",
            Self::NotADevice => "the source lists it among its devices, but it is none",
            Self::Vendor => "it is a vendor and no client",
            Self::QueueNotDevice => "it is a print queue of software, and no device",
            Self::MergedRow => "another row of the same import describes the same device",
            Self::NoIdentifier => "it has no serial number, MAC address or host name",
            Self::OwnCompany => "it is the managed service provider itself and no client",
            Self::SampleRecord => "the vendor put it there as an example",
            Self::OnSkipList => "a list of the pipeline leaves it out",
            Self::Removed => "the source has it no more",
        }
    }

    /// The reason whose code is `code`, or `None`.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// True when the record only follows its organization.
    #[must_use]
    pub const fn is_carried(self) -> bool {
        matches!(self, Self::OrganizationInReview | Self::OrganizationIgnored | Self::OrganizationSkipped)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("no reason is called `{name}`")))
    }
}
