//! The shapes of a system's CSV files: what they are called, and which headings are which canonical column.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Skip;

/// The CSV file of one entity.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvShape {
    /// File names, without ending and page number.
    #[serde(default)]
    pub files: Vec<String>,
    /// Headings by canonical column, the preferred one first. Every column is its own heading besides. The name
    /// `full_name` stands for a contact's first and last name in one cell.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Headings by which a file of another name is recognised: it has all of them. Where a system gives them, nothing
    /// else makes a file of another name one of its.
    #[serde(default)]
    pub tells: Vec<String>,
    /// Rows that take no part; the paths are headings.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// Kinds of files of the entity that say something by their name.
    #[serde(default)]
    pub classes: Vec<CsvClass>,
    /// Set when several rows may describe one record.
    pub merge: Option<Merge>,
}

/// A kind of file that says something by its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvClass {
    /// File names, without ending and page number.
    pub files: Vec<String>,
    /// What a column is where a row leaves it blank.
    pub set: BTreeMap<String, String>,
}

/// How rows that describe one record are recognised.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Headings of the domain of a host name, which no column holds.
    #[serde(default)]
    pub domains: Vec<String>,
}
