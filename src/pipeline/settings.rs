//! The validated form of a pipeline: what the stages work with. Every default is resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::api::ApiSettings;
use crate::model::{Entity, Reason, Role, SourceIx};
use crate::normalize::Key;
use crate::systems::System;

use super::{Accounts, Creates, Licenses, Reading};

/// A sync method of the hub: which systems it takes records from, and which may create what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A: a PSA only.
    PsaOnly,
    /// B: PSA and RMM in a combined view; the RMM creates nothing.
    PsaAndRmm,
    /// C: PSA for organizations, contacts and locations; RMM for configurations.
    PsaForOrganizations,
    /// D: RMM only, with optional Network Detective and CSV imports.
    RmmOnly,
}

impl Method {
    /// All methods, from A to D.
    pub const ALL: [Self; 4] = [Self::PsaOnly, Self::PsaAndRmm, Self::PsaForOrganizations, Self::RmmOnly];

    /// The letter, `A` to `D`.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::PsaOnly => "A",
            Self::PsaAndRmm => "B",
            Self::PsaForOrganizations => "C",
            Self::RmmOnly => "D",
        }
    }

    /// The name in a pipeline: `psa-only`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PsaOnly => "psa-only",
            Self::PsaAndRmm => "psa-and-rmm",
            Self::PsaForOrganizations => "psa-for-organizations",
            Self::RmmOnly => "rmm-only",
        }
    }

    /// What it takes from where, to stand behind its name.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::PsaOnly => "takes records from a PSA, and from no RMM",
            Self::PsaAndRmm => "takes records from a PSA and an RMM",
            Self::PsaForOrganizations => {
                "takes organizations, locations and contacts from a PSA, and configurations from an RMM"
            }
            Self::RmmOnly => "takes records from an RMM, and from no PSA",
        }
    }

    /// The roles of which there must be a source.
    #[must_use]
    pub const fn needs(self) -> &'static [Role] {
        match self {
            Self::PsaOnly => &[Role::Psa],
            Self::PsaAndRmm | Self::PsaForOrganizations => &[Role::Psa, Role::Rmm],
            Self::RmmOnly => &[Role::Rmm],
        }
    }

    /// The roles of which there must be none. Scans, directories and sheets go with every method: scans and
    /// directories are integrations of their own beside the sync, and sheets are how every onboarding begins.
    #[must_use]
    pub const fn excludes(self) -> &'static [Role] {
        match self {
            Self::PsaOnly => &[Role::Rmm],
            Self::PsaAndRmm | Self::PsaForOrganizations => &[],
            Self::RmmOnly => &[Role::Psa],
        }
    }
}

/// A whole pipeline.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The file it was read from.
    pub path: PathBuf,
    /// The file's folder; relative paths start here.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// The sync method.
    pub method: Method,
    /// The warehouse file.
    pub warehouse: PathBuf,
    /// The decisions file; it need not exist.
    pub decisions: PathBuf,
    /// How names compare.
    pub names: Names,
    /// Where machines stand in the owner lists.
    pub machine_values: MachineValues,
    /// The hub first, then the sources in fold order: by role, inside a role as written.
    pub sources: Vec<Source>,
    /// Owner lists that replace the default of one field.
    pub ownership: Vec<OwnershipOverride>,
    /// Additions to the junk list.
    pub junk: JunkAdditions,
    /// The limits.
    pub limits: Limits,
    /// How plans are made.
    pub plan: PlanSettings,
    /// The user's own test cases.
    pub tests: Vec<TestCase>,
}

impl Pipeline {
    /// The hub.
    ///
    /// # Panics
    /// If there is no source: a pipeline that was read has its hub first.
    #[must_use]
    pub fn hub(&self) -> &Source {
        self.sources.first().expect("the hub is the first source of every pipeline")
    }

    /// The source called `name` and its position, `None` when there is none.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<(SourceIx, &Source)> {
        (0..).zip(&self.sources).find(|(_, source)| source.name == name)
    }
}

/// How keys made of names compare letter case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Case is kept.
    #[default]
    Exact,
    /// Case is folded.
    IgnoreCase,
}

/// Where rmm, directory and scan stand in the owner lists of name, manufacturer and model, and everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MachineValues {
    /// The table of the ownership module as it is.
    #[default]
    Default,
    /// Before the hub for name, manufacturer and model too.
    Overwrite,
    /// Behind the hub everywhere.
    Fill,
}

/// One source of a pipeline, the hub included.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// The system.
    pub system: &'static System,
    /// The role.
    pub role: Role,
    /// Where its files are.
    pub files: Vec<FileSpec>,
    /// The organization of rows that name none.
    pub organization: Option<String>,
    /// True when the run goes on without it.
    pub optional: bool,
    /// What syncs.
    pub sync: Sync,
    /// Configuration type of the source to configuration type of the hub, compared without letter case.
    pub types: BTreeMap<String, String>,
    /// Configuration status of the source to configuration status of the hub.
    pub statuses: BTreeMap<String, String>,
    /// Headings of the user's files, per entity: canonical column to heading.
    pub headings: BTreeMap<Entity, BTreeMap<String, String>>,
    /// Tiers and veto keys, by [`Entity::index`].
    pub matching: [Tiers; 7],
    /// Integration types of the hub's stored links to source names, such as `manage` to `psa`.
    pub links: BTreeMap<String, String>,
    /// For Datto RMM: the site or its Autotask company names the organization.
    pub organization_by: OrganizationBy,
    /// Reasons for which the system leaves records out, and this source does not.
    pub include: Vec<Reason>,
    /// What every new record of it gets besides its columns.
    pub creates: Creates,
    /// For directories: which accounts and devices take part.
    pub accounts: Accounts,
    /// For directories: what becomes of licences and groups.
    pub licenses: Licenses,
    /// How its text files and workbooks are read.
    pub reading: Reading,
    /// How it is read over its interface; nothing where it is read from files.
    pub api: Option<ApiSettings>,
}

impl Source {
    /// A source of a system with every setting as it is by default and no files, for looking at files that no
    /// pipeline names yet.
    #[must_use]
    pub fn of(system: &'static System) -> Self {
        Self {
            name: system.name.clone(),
            system,
            role: system.role,
            files: Vec::new(),
            organization: None,
            optional: false,
            sync: Sync::default(),
            types: BTreeMap::new(),
            statuses: BTreeMap::new(),
            headings: BTreeMap::new(),
            matching: Default::default(),
            links: BTreeMap::new(),
            organization_by: OrganizationBy::default(),
            include: Vec::new(),
            creates: Creates::default(),
            accounts: Accounts::default(),
            licenses: Licenses::default(),
            reading: Reading::default(),
            api: None,
        }
    }
}

/// What names the organization of a Datto RMM site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrganizationBy {
    /// The site's name.
    #[default]
    Site,
    /// The name of the Autotask company that the site is linked to, the site's own where there is none.
    AutotaskCompany,
}

/// A path of a source: a folder, a file, a glob or a zip archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// The path or pattern, already joined with the pipeline's folder.
    pub path: PathBuf,
    /// The text as the user wrote it, for messages.
    pub written: String,
    /// The entity, when the pipeline says it; otherwise it is recognised by file name and headings.
    pub entity: Option<Entity>,
    /// The organization of rows that name none.
    pub organization: Option<String>,
}

/// Sync settings of a source. `None` for a list means that everything syncs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sync {
    /// Organization types that sync.
    pub organization_types: Option<Vec<String>>,
    /// Organization statuses that sync.
    pub organization_statuses: Option<Vec<String>>,
    /// Configuration types that sync.
    pub configuration_types: Option<Vec<String>>,
    /// Configuration statuses that sync.
    pub configuration_statuses: Option<Vec<String>>,
    /// Whether contacts sync. On by default.
    pub contacts: bool,
    /// Whether the hub's values may go to this PSA.
    pub two_way: bool,
    /// The label of e-mail addresses that a push adds.
    pub contact_email_type: Option<String>,
    /// The label of telephone numbers that a push adds.
    pub contact_phone_type: Option<String>,
    /// The one-time push for a PSA that is being adopted.
    pub push_all: PushAll,
}

/// The one-time push for a PSA that is being adopted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PushAll {
    /// Off.
    #[default]
    No,
    /// On; refused when the PSA already holds organizations.
    Yes,
    /// On even so.
    Forced,
}

/// Tiers and veto keys of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tiers {
    /// The tiers in order, each the keys that must all agree.
    pub tiers: Vec<Vec<Key>>,
    /// The keys that rule a cluster out when both sides know them and they have nothing in common.
    pub veto: Vec<Key>,
    /// True when a record with a usable e-mail address is never decided by `person` (Active Directory).
    pub address_before_person: bool,
}

/// The owner list of one field, as the pipeline gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnershipOverride {
    /// The entity.
    pub entity: Entity,
    /// The canonical column.
    pub field: &'static str,
    /// Roles or source names, first wins.
    pub owners: Vec<String>,
}

/// Additions to the junk list, per section of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JunkAdditions {
    /// Serial numbers.
    pub serials: Vec<String>,
    /// Serial number patterns, `*` for any run of characters.
    pub serial_patterns: Vec<String>,
    /// MAC addresses, or prefixes that end in `*`.
    pub macs: Vec<String>,
    /// Words in interface names.
    pub interfaces: Vec<String>,
    /// Host names.
    pub hostnames: Vec<String>,
    /// Models.
    pub models: Vec<String>,
}

/// Limits that stop or hold a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Creates of one entity that are always allowed. 100 by default.
    pub creates: u64,
    /// Creates of one entity that are allowed, in percent of the hub's rows, if that is more. 10 by default.
    pub creates_percent: f64,
    /// Quarantined rows of one source, in percent of its rows, above which the run stops. 5 by default.
    pub bad_rows_percent: f64,
    /// How far a source may shrink since the last run, in percent, before the run is held. 50 by default.
    pub shrink_percent: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { creates: 100, creates_percent: 10.0, bad_rows_percent: 5.0, shrink_percent: 50.0 }
    }
}

/// How plans are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanSettings {
    /// Hold back steps whose match rests on the host name alone (`host_name_only`). Off by default.
    pub hold_host_name_only: bool,
}

/// A user's test of the pipeline's rules: a few records in, expected outcomes out.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// What it shows.
    pub name: String,
    /// The line in the pipeline on which it starts, for messages.
    pub line: usize,
    /// Records, each with its source's name, its entity and canonical columns (lists joined by
    /// [`crate::model::LIST_SEPARATOR`]).
    pub records: Vec<TestRecord>,
    /// What is expected.
    pub expect: Vec<Expectation>,
}

/// One record of a test case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRecord {
    /// The source's name.
    pub source: String,
    /// The entity.
    pub entity: Entity,
    /// Canonical column to value.
    pub values: BTreeMap<String, String>,
}

/// One expectation of a test case: about `SOURCE/RECORD-ID` of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The entity.
    pub entity: Entity,
    /// The record, as `SOURCE/RECORD-ID`.
    pub record: String,
    /// The expected state, if given.
    pub state: Option<crate::model::State>,
    /// The expected reason code, if given.
    pub reason: Option<String>,
    /// The expected hub id, if given; empty for none.
    pub hub_id: Option<String>,
    /// The expected rule, such as `serial` or `decision`, if given.
    pub rule: Option<String>,
    /// Expected desired values of the cluster in the hub: field to value.
    pub desired: BTreeMap<String, String>,
}
