//! Answers of a snapshot, each read like a saved document.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::GzDecoder;

use super::error::Failure;
use super::node::Node;
use crate::api::ApiError;
use crate::api::snapshot::{self, Chain, ChainAnswer, Outdated};

/// Where one answer stands.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// What was asked.
    endpoint: String,
    offset: u64,
    length: u64,
    /// The size that it unpacks to.
    bytes: u64,
    stand: Stand,
    /// Its records that do not count.
    outdated: Option<Arc<Outdated>>,
}

/// Where an answer stands among those of its source: of rows with one id, the one in the last answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stand {
    /// Its position.
    pub position: u32,
    /// The position of its snapshot.
    pub snapshot: u32,
    /// The number of its endpoint.
    pub endpoint: u32,
}

/// Whether a folder is a snapshot.
pub(super) fn is_snapshot(folder: &Path) -> bool {
    snapshot::is_snapshot(folder)
}

/// The snapshot in a folder, with what it builds on.
pub(super) fn chain(folder: &Path) -> Result<Chain, Failure> {
    Chain::open(folder).map_err(failure)
}

/// The newest of the snapshots that a folder holds, with what it builds on; `None` where it holds none.
pub(super) fn newest_in(folder: &Path) -> Result<Option<Chain>, Failure> {
    snapshot::newest(folder).map_err(failure)
}

/// The newest snapshot of a source, with what it builds on.
pub(super) fn newest(snapshots: &Path) -> Result<Chain, Failure> {
    newest_in(snapshots)?.ok_or_else(|| {
        Failure::new(
            "there is no snapshot of it yet",
            "extract it first: `matchbook extract PIPELINE`, or `matchbook run PIPELINE --fresh`",
        )
    })
}

fn failure(error: ApiError) -> Failure {
    Failure::new(error.what, error.hint)
}

impl Answer {
    /// An answer of the endpoint with this number.
    pub fn new(answer: &ChainAnswer<'_>, endpoint: usize) -> Result<Self, Failure> {
        let number = |number: usize| {
            u32::try_from(number)
                .map_err(|_| Failure::new("the snapshot has more than 4 billion answers", ""))
        };
        let stand = Stand {
            position: number(answer.position)?,
            snapshot: number(answer.of)?,
            endpoint: number(endpoint)?,
        };
        let entry = answer.entry;
        let endpoint = entry.endpoint.clone();
        let outdated = answer.outdated.clone();
        Ok(Self { endpoint, offset: entry.offset, length: entry.length, bytes: entry.bytes, stand, outdated })
    }

    /// The name of its endpoint, which is what files of such answers are called.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where it stands.
    pub const fn stand(&self) -> Stand {
        self.stand
    }

    /// Whether one of its records does not count, since a later answer has it or it is gone.
    pub fn is_outdated(&self, record: &Node<'_>) -> bool {
        self.outdated.as_ref().is_some_and(|outdated| {
            let id = record.at(&outdated.by).and_then(Node::filled);
            id.is_some_and(|id| outdated.ids.contains(id.as_ref()))
        })
    }

    /// Hands a reader of the unpacked answer to `read`. It gives no more than was written, and
    /// fails at the end when that is something else.
    pub fn read<T>(
        &self,
        file: &Path,
        read: impl FnOnce(&mut dyn Read) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut file = File::open(file)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let packed = BufReader::new(file.take(self.length));
        // One more, so that the end is reached, where the checksum stands.
        read(&mut BufReader::new(GzDecoder::new(packed).take(self.bytes.saturating_add(1))))
    }
}
