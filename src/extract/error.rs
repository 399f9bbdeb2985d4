//! Why a source cannot be read.

use thiserror::Error;

/// A source that cannot be read: which, where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the source `{source_name}` cannot be read: {place}{what}")]
#[non_exhaustive]
pub struct ExtractError {
    /// The source's name.
    pub source_name: String,
    /// The file, with a colon and a space, or empty.
    place: String,
    /// What is wrong, a lowercase fragment.
    pub what: String,
    /// What to do about it; empty for nothing.
    pub hint: String,
}

impl ExtractError {
    /// An error of a source, and of a file unless `file` is empty.
    pub(super) fn new(source_name: &str, file: &str, failure: Failure) -> Self {
        let place = if file.is_empty() { String::new() } else { format!("`{file}`: ") };
        Self { source_name: source_name.to_owned(), place, what: failure.what, hint: failure.hint }
    }
}

/// What is wrong with a file, before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub what: String,
    pub hint: String,
}

impl Failure {
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl Failure {
    /// The failure of one file of several.
    pub fn about(self, file: &str) -> Self {
        Self { what: format!("`{file}`: {}", self.what), ..self }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path, which starts at the pipeline's folder",
            std::io::ErrorKind::PermissionDenied => "make the file readable for the user who runs this",
            _ => "",
        };
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Self::new(what, hint)
    }
}
