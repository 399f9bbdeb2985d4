//! What a snapshot is as a whole.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a snapshot is as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The source.
    pub source: String,
    /// The system.
    pub system: String,
    /// When the extraction began, by the vendor's clock where it tells.
    pub started_at: Timestamp,
    /// When it ended; nothing while it has not.
    pub finished_at: Option<Timestamp>,
    /// All, or what changed since the snapshot that it builds on.
    pub kind: Kind,
    /// What was asked for, as a checksum of endpoints, queries and settings: an interrupted extraction of something
    /// else is not gone on with.
    pub asked: String,
    /// By endpoint.
    pub endpoints: BTreeMap<String, EndpointSummary>,
    /// The SHA-256 of the bodies as they stand on disk, as hex digits; empty while it is not complete.
    pub checksum: String,
    /// What a person should know of it.
    pub warnings: Vec<String>,
}

/// All, or what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// Everything.
    Full,
    /// What changed since the snapshot called `base`, for endpoints that can say so, and everything of the others.
    Increment {
        /// The snapshot before it.
        base: String,
        /// How many increments have followed a full snapshot, this one included.
        number: u64,
    },
}

/// What an endpoint came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSummary {
    /// Answers.
    pub answers: u64,
    /// Rows in them.
    pub rows: u64,
    /// Answers that were taken from the snapshot before, since nothing changed.
    pub reused: u64,
    /// Set when only changes since this time were asked for.
    pub since: Option<Timestamp>,
}
