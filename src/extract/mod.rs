//! Readers: a system's files in, canonical records and quarantined rows out.

use std::collections::BTreeMap;

use crate::model::{Entity, Finding, QuarantineRow, SourceIx, Tables};

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The records.
    pub tables: Tables,
    /// Reference lists of the hub and the PSAs.
    pub lookups: Lookups,
    /// Rows that could not become records.
    pub quarantine: Vec<QuarantineRow>,
    /// What was noticed about values.
    pub findings: Vec<Finding>,
    /// What was read of every file.
    pub files: Vec<FileReport>,
    /// Optional sources that could not be read, with the reason.
    pub missing: Vec<(SourceIx, String)>,
}

/// What `check` says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The source.
    pub source: SourceIx,
    /// The file, relative to the pipeline's folder.
    pub file: String,
    /// What it was read as: `CSV`, `JSON`, `Parquet`.
    pub format: &'static str,
    /// The encoding of text files.
    pub encoding: &'static str,
    /// The entity, `None` for reference lists and files that were passed over.
    pub entity: Option<Entity>,
    /// Rows read, quarantined ones included.
    pub rows: u64,
    /// Rows quarantined.
    pub quarantined: u64,
    /// Headings or members that were understood, with the canonical column.
    pub understood: Vec<(String, &'static str)>,
    /// Headings or members that were not, and went to `raw`.
    pub not_understood: Vec<String>,
    /// Why the file was passed over, or another remark; empty for none.
    pub note: String,
}

/// Reference lists: names and ids that payloads need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookups {
    /// By source and list name (such as `configuration_types`, `manufacturers`, `models`,
    /// `operating_systems`), the items as read.
    pub lists: BTreeMap<(SourceIx, &'static str), Vec<LookupItem>>,
}

/// One item of a reference list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupItem {
    /// The id, as text.
    pub id: String,
    /// The name.
    pub name: String,
    /// The id of the item that it belongs to: a model's manufacturer, a region's country.
    pub parent_id: Option<String>,
    /// True when the vendor marks it as inactive or closed.
    pub is_inactive: bool,
}
