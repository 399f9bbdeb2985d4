//! Answers of a snapshot, each read like a saved document.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::GzDecoder;
use std::io::BufReader;

use super::error::Failure;
use crate::api::ApiError;
use crate::api::snapshot::{self, Chain, ChainAnswer};

/// Where one answer stands.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    offset: u64,
    length: u64,
    /// The size that it unpacks to.
    bytes: u64,
    position: u32,
}

/// Whether a folder is a snapshot.
pub(super) fn is_snapshot(folder: &Path) -> bool {
    snapshot::is_snapshot(folder)
}

/// The snapshot in a folder, with what it builds on.
pub(super) fn chain(folder: &Path) -> Result<Chain, Failure> {
    Chain::open(folder).map_err(failure)
}

/// The newest snapshot of a source, with what it builds on.
pub(super) fn newest(snapshots: &Path) -> Result<Chain, Failure> {
    snapshot::newest(snapshots).map_err(failure)?.ok_or_else(|| {
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
    pub fn new(answer: &ChainAnswer<'_>) -> Result<Self, Failure> {
        let position = u32::try_from(answer.position)
            .map_err(|_| Failure::new("the snapshot has more than 4 billion answers", ""))?;
        let entry = answer.entry;
        Ok(Self { offset: entry.offset, length: entry.length, bytes: entry.bytes, position })
    }

    /// Its position among the answers of its source: of rows with one id, the one in the last answer counts.
    pub const fn position(&self) -> u32 {
        self.position
    }

    /// Hands a reader of the unpacked answer to `read`. It gives no more than was written.
    pub fn read<T>(
        &self,
        file: &Path,
        read: impl FnOnce(&mut dyn Read) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut file = File::open(file)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let packed = BufReader::new(file.take(self.length));
        read(&mut BufReader::new(GzDecoder::new(packed).take(self.bytes)))
    }
}
