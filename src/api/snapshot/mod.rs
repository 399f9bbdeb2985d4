//! Snapshots: the answers of one extraction of one source, as they were received, in one folder.
//!
//! `answers.gz` holds the bodies, each a gzip member of its own, so that `zcat` prints them all. `index.jsonl` has a line
//! per answer: where it stands and what it was to. A line is written after its answer, so an answer counts when its line
//! is whole; whatever an interruption leaves behind the last line is cut off by whoever goes on. `manifest.json` is
//! written last and makes the snapshot complete. Nothing here holds a credential.

mod housekeeping;
mod journal;
mod manifest;
mod read;

pub use housekeeping::{Held, Pruned, State, held, prune};
pub(super) use journal::compressed;
pub use journal::{Entry, Journal, Told};
pub(super) use manifest::hex;
pub use manifest::{EndpointSummary, Kind, Manifest, checksum};
pub use read::{Chain, ChainAnswer, Outdated, Snapshot, body, complete, is_snapshot, newest, partial, raw};

/// What the name of the folder of an extraction ends with that is not complete.
pub const PARTIAL: &str = ".partial";

/// The bodies.
pub(super) const ANSWERS: &str = "answers.gz";
/// A line per answer.
const INDEX: &str = "index.jsonl";
/// What the whole is.
const MANIFEST: &str = "manifest.json";
