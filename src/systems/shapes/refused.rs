//! What is no data although it is there: files that cannot be read, and answers that say that they failed.

use serde::Deserialize;

/// A file that is refused, with advice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Endings of its name.
    #[serde(default)]
    pub endings: Vec<String>,
    /// Headings that it has, all of them.
    #[serde(default)]
    pub tells: Vec<String>,
    /// What it is.
    pub what: String,
    /// What to do instead.
    pub hint: String,
}

/// How an answer says that it failed. Paths start at the answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// The member that says so. A blank one, and a structure, says nothing.
    pub member: String,
    /// The value that it then has; without it, any.
    pub equals: Option<String>,
    /// The value that it has when all is well.
    pub unless: Option<String>,
    /// Where the reason stands, the first that is not blank.
    #[serde(default)]
    pub message: Vec<String>,
}
