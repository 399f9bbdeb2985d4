//! Why a source could not be read over its interface.

use thiserror::Error;

/// Why a source could not be read over its interface. No text of it holds more of a credential than its last four
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct ApiError {
    /// What happened: lower-case, without a full stop.
    pub what: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// Which kind of failure it is.
    pub kind: ErrorKind,
}

/// Kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A credential is not there, or its file may be read by others.
    Credential,
    /// The vendor refuses the credentials.
    SignIn,
    /// The vendor refuses the call for want of a permission.
    Permission,
    /// The vendor refuses because of its limits, for longer than is waited.
    Limit,
    /// The network or the vendor fails, also after repeated tries.
    Network,
    /// What was asked for is not there.
    Missing,
    /// The answer is not what the vendor documents.
    Answer,
    /// The snapshot cannot be written or read.
    Disk,
}

impl ApiError {
    /// A failure with what to do about it.
    pub fn new(kind: ErrorKind, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into(), kind }
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        Self::new(
            ErrorKind::Disk,
            format!("the snapshot cannot be used: {error}"),
            "check the folder of the snapshots, its permissions and the space on its disk",
        )
    }
}
