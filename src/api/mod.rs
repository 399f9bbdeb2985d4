//! Reading vendors' systems over HTTPS into local snapshots.
//!
//! What a system's interface is like is data (`[api]` in its file, [`crate::systems::Api`]); here is what asks by it:
//! credentials, sign-in, pace, retries, paging, and the snapshots that keep every answer as it was received. Nothing here
//! knows what an answer means: a snapshot is read like a folder of saved documents, by the same readers. Nothing is ever
//! changed in a vendor's system: only GET, and queries by POST that their vendors document as reads, are sent.

mod budget;
mod changes;
mod client;
mod credentials;
mod discover;
mod doctor;
mod error;
mod event;
mod extraction;
mod http;
mod interrupted;
mod judge;
mod pace;
mod paging;
mod parents;
mod place;
mod rows;
mod settings;
mod sign_in;
mod skim;
pub mod snapshot;
mod template;
mod token;
mod walk;

pub use doctor::{Check, Finding, Outcome, doctor};
pub use error::{ApiError, ErrorKind};
pub use event::{ApiEvent, ApiReporter};
pub use extraction::{Extracted, Extraction, ExtractionOptions, SourceExtraction, extract};
pub use settings::{ApiSettings, CredentialAt, PaceSetting};
