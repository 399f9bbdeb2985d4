//! When a row or an element takes no part.

use serde::Deserialize;

use crate::model::Reason;
use crate::pipeline::{AccountSetting, SkipList};

/// When an element takes no part. Of several that hold the first gives the reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// The reason that the record's state carries.
    pub reason: Reason,
    /// The member that says so, or the heading.
    pub path: String,
    /// The value that it then has.
    pub equals: Option<String>,
    /// It then holds no GUID.
    #[serde(default)]
    pub unless_guid: bool,
    /// It then holds this somewhere, whatever the letter case.
    pub contains: Option<String>,
    /// It is then there and says nothing: null, or an empty text or list.
    #[serde(default)]
    pub blank: bool,
    /// It then fits one of these, in which `*` at the beginning or end stands for any run of characters, whatever
    /// the letter case.
    #[serde(default)]
    pub like: Vec<String>,
    /// It is then on this list of the pipeline's.
    pub listed: Option<SkipList>,
    /// Members or headings that must be there and say nothing besides.
    #[serde(default)]
    pub without: Vec<String>,
    /// Members none of which is there and says anything, in no item of an array either.
    #[serde(default)]
    pub lacking: Vec<String>,
    /// The pipeline's setting that lets such records in.
    pub unless: Option<AccountSetting>,
    /// What the setting lets in is kept out by no later rule either.
    #[serde(default)]
    pub settles: bool,
}
