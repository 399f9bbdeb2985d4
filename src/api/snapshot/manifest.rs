//! What a snapshot is as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::MANIFEST;
use crate::api::{ApiError, ErrorKind};
use crate::pipeline::Source;

/// What a snapshot is as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The source.
    pub source: String,
    /// The system.
    pub system: String,
    /// When the extraction began, by the vendor's clock where it tells.
    pub started_at: Timestamp,
    /// When the extraction of all sources began that it is a part of, by this machine's clock.
    #[serde(default)]
    pub begun_at: Option<Timestamp>,
    /// When it ended; nothing while it has not.
    pub finished_at: Option<Timestamp>,
    /// All, or what changed since the snapshot that it builds on.
    pub kind: Kind,
    /// What was asked for, as a checksum of endpoints, queries and settings: an interrupted extraction of something
    /// else is not gone on with.
    pub asked: String,
    /// Requests that were sent in all: sign-ins and retries too, and those before an interruption. A program that is
    /// killed leaves uncounted what it sent behind the last answer on disk.
    #[serde(default)]
    pub requests: u64,
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
    /// By tenant, blank where there are none: the link that leads to what changed after this extraction.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, String>,
    /// Tenants, blank where there are none, of which such a link was followed, so that only what changed is here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub followed: BTreeSet<String>,
}

impl EndpointSummary {
    /// Whether all records of a tenant are here, and not only what changed.
    #[must_use]
    pub fn is_whole(&self, tenant: Option<&str>) -> bool {
        self.since.is_none() && !self.followed.contains(tenant.unwrap_or_default())
    }
}

impl Manifest {
    /// That of an extraction of a source that begins now, in one of all sources that began at `begun_at`.
    pub(in crate::api) fn new(source: &Source, begun_at: Timestamp, kind: Kind, asked: String) -> Self {
        Self {
            source: source.name.clone(),
            system: source.system.name.clone(),
            started_at: Timestamp::now(),
            begun_at: Some(begun_at),
            finished_at: None,
            kind,
            asked,
            requests: 0,
            endpoints: BTreeMap::new(),
            checksum: String::new(),
            warnings: Vec::new(),
        }
    }

    /// Reads the manifest of the snapshot in `folder`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, ApiError> {
        let text = std::fs::read_to_string(folder.join(MANIFEST))?;
        serde_json::from_str(&text).map_err(|error| {
            ApiError::new(
                ErrorKind::Disk,
                format!("the snapshot {} is damaged: its manifest: {error}", folder.display()),
                "remove its folder and extract again",
            )
        })
    }

    /// Writes it into `folder`, in one piece.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, folder: &Path) -> Result<(), ApiError> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        let beside = folder.join(format!("{MANIFEST}.new"));
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(beside, folder.join(MANIFEST))?;
        Ok(())
    }
}

/// The SHA-256 of a file, as hex digits.
///
/// # Errors
/// When it cannot be read.
pub fn checksum(path: &Path) -> Result<String, ApiError> {
    let (mut file, mut context) = (File::open(path)?, Context::new(&SHA256));
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(context.finish().as_ref())),
            read => context.update(&buffer[..read]),
        }
    }
}

/// Bytes as hex digits.
pub(in crate::api) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
