//! What a run needs to know of the last completed one.

use std::collections::{BTreeMap, HashMap};

use super::Entity;

/// The values of one record in the last completed run: canonical column to text; blank columns are absent.
pub type PreviousValues = HashMap<&'static str, String>;

/// The last completed run of the pipeline.
#[derive(Debug, Clone, Default)]
pub struct Previous {
    /// Its id.
    pub run_id: i64,
    /// Records by source name and entity.
    pub counts: BTreeMap<(String, Entity), u64>,
    /// For the hub and each PSA with two-way sync: the two-way fields of every record, by record id.
    pub values: BTreeMap<(String, Entity), HashMap<String, PreviousValues>>,
    /// By source name: when the first completed run with two-way sync of this PSA started, as
    /// `yyyy-mm-ddThh:mm:ssZ`.
    pub two_way_since: BTreeMap<String, String>,
}
