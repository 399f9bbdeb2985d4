//! What the pipeline says of a source that is read over its interface.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::Entity;

/// The section `api` of a source. Every default is resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiSettings {
    /// The address that takes the place of a region's: what `{host}` is.
    pub base: Option<String>,
    /// Values of the settings that the system names, defaults included, and `host`, the address of the region.
    pub values: BTreeMap<String, String>,
    /// Where every credential that the system names comes from.
    pub credentials: BTreeMap<String, CredentialAt>,
    /// The entities that are wanted, all that the source delivers where the pipeline says nothing.
    pub entities: Vec<Entity>,
    /// The tenants that are read, by id or domain; for systems that have them.
    pub tenants: Vec<String>,
    /// The tenant of the provider itself, for what only it can be asked.
    pub partner: Option<String>,
    /// How fast it is asked.
    pub pace: PaceSetting,
    /// Calls at the same time, where it differs from the system's own.
    pub concurrency: Option<u64>,
    /// Rows per page, where it differs from the system's own.
    pub page_size: Option<u64>,
    /// How often a request that failed in passing is repeated.
    pub retries: u32,
    /// The first wait between two tries, in milliseconds; it doubles.
    pub first_wait_ms: u64,
    /// Every so many extractions everything is read again, where only changes are read otherwise.
    pub full_every: u64,
    /// Where the source's snapshots are.
    pub snapshots: PathBuf,
}

/// How fast a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaceSetting {
    /// As its system declares.
    #[default]
    Declared,
    /// So many requests in so many seconds.
    Limit {
        /// Requests.
        requests: u64,
        /// Seconds.
        seconds: u64,
    },
    /// As fast as it answers.
    Unlimited,
}

/// Where a credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialAt {
    /// An environment variable.
    Environment(String),
    /// A file that nobody but its owner may read, as TOML of texts, and the key in it.
    File(PathBuf, String),
}
