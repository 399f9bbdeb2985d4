//! What was noticed about the data without changing any state: findings and quarantined rows.

use super::Entity;

/// One row of `data_quality`: something about a value or a record that a person may want to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The source's name.
    pub source: String,
    /// The entity of the record.
    pub entity: Entity,
    /// The record, or empty when the finding is about a whole file.
    pub record_id: String,
    /// The canonical column, or empty.
    pub field: &'static str,
    /// A stable code such as `junk_serial` or `weaker_key_disagrees`.
    pub code: &'static str,
    /// The text as it was read.
    pub raw_value: String,
    /// One sentence for a person.
    pub message: String,
}

/// One row of `quarantine`: a row that could not become a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuarantineRow {
    /// The source's name.
    pub source: String,
    /// The entity that the file holds.
    pub entity: Entity,
    /// The file, relative to the pipeline's folder; a member of an archive as `archive.zip/member.csv`.
    pub file: String,
    /// The line on which the row starts, from 1; for JSON the number of the element, from 1.
    pub line: u64,
    /// A stable code such as `duplicate_id` or `row_long`, then a sentence.
    pub reason: String,
    /// The row as it was read, cut at 4,096 bytes.
    pub raw: String,
}
