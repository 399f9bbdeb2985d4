//! Writing a snapshot, and going on with one that was interrupted.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use serde::{Deserialize, Serialize};

use super::{ANSWERS, INDEX};

/// Answers between two times at which everything is made sure to be on the disk.
const SYNCED_EVERY: usize = 200;

/// What a gzip member begins with (RFC 1952): deflate, no flags, no time, the fastest level, an unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The endpoint.
    pub endpoint: String,
    /// What a file of the answer would be called, with folders: `tenants/acme.example/users_1.json`.
    pub name: String,
    /// The tenant, where the system has tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The id of the record that was asked about, where it is one call per record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The number of the answer in its list, from 1.
    pub page: u64,
    /// Where the body begins.
    pub offset: u64,
    /// Its length on disk.
    pub length: u64,
    /// Its length as received.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// Where the list goes on; nothing after its last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The number of all rows, where the vendor tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The value of the member by which an answer about one record is known to be still true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Taken from the snapshot before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_reused: bool,
    /// Only what changed since a time was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_increment: bool,
    /// Requests that the extraction had sent when it arrived, whatever came of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub requests: u64,
    /// What a person should know of the list that it ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What it tells of changes, where it is no list of records but tells of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

/// What an answer tells of changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The member of a record by which the records are called.
    pub by: String,
    /// Records that are new or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Records that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// Where later changes are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A snapshot that is being written.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    answers: File,
    index: File,
    /// Where the next body begins.
    offset: u64,
    /// Answers that may not be on the disk itself.
    unsynced: usize,
    /// Set when the disk did not take an answer: what follows would stand in the wrong place.
    is_broken: bool,
}

impl Journal {
    /// Opens the snapshot in `folder`, which need not exist, and returns what it has. What an interruption left behind
    /// the last whole answer is cut off.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn open(folder: &Path) -> io::Result<(Self, Vec<Entry>)> {
        std::fs::create_dir_all(folder)?;
        let open = |name: &str| {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(name))
        };
        let (mut answers, mut index) = (open(ANSWERS)?, open(INDEX)?);
        let (entries, index_end) = whole_entries(&mut index, &mut answers)?;
        let offset = entries.last().map_or(0, |entry| entry.offset + entry.length);
        index.set_len(index_end)?;
        index.seek(SeekFrom::Start(index_end))?;
        answers.set_len(offset)?;
        answers.seek(SeekFrom::Start(offset))?;
        let journal =
            Self { folder: folder.to_owned(), answers, index, offset, unsynced: 0, is_broken: false };
        Ok((journal, entries))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds an answer; `offset`, `length` and `bytes` of the entry are set here.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn add(&mut self, entry: Entry, body: &[u8]) -> io::Result<Entry> {
        self.add_compressed(Entry { bytes: body.len() as u64, ..entry }, &compressed(body)?)
    }

    /// Adds an answer whose body is compressed already, such as one of another snapshot.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn add_compressed(&mut self, entry: Entry, body: &[u8]) -> io::Result<Entry> {
        if self.is_broken {
            return Err(io::Error::other("an answer before could not be written"));
        }
        let entry = Entry { offset: self.offset, length: body.len() as u64, ..entry };
        let mut line = serde_json::to_vec(&entry).map_err(io::Error::other)?;
        line.push(b'\n');
        // Others go on when one fails, and may find space that it did not.
        self.is_broken = true;
        self.answers.write_all(body)?;
        self.index.write_all(&line)?;
        self.is_broken = false;
        self.offset += entry.length;
        self.unsynced += 1;
        if self.unsynced >= SYNCED_EVERY {
            self.sync()?;
            self.unsynced = 0;
        }
        Ok(entry)
    }

    /// Waits until everything is on the disk itself.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn sync(&self) -> io::Result<()> {
        self.answers.sync_data()?;
        self.index.sync_data()
    }
}

/// A body as one gzip member.
///
/// # Errors
/// Never, since memory takes everything.
pub(crate) fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        // Its tables are far larger than most answers, and would be made for each of them. The fastest level already
        // makes JSON a tenth of its size.
        static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    }
    let mut packed = Vec::with_capacity(body.len() / 8 + 64);
    packed.extend(GZIP_HEADER);
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        loop {
            let done = usize::try_from(deflate.total_in()).map_err(io::Error::other)?;
            packed.reserve(body.len() / 16 + 64);
            match deflate.compress_vec(&body[done..], &mut packed, FlushCompress::Finish)? {
                Status::StreamEnd => return Ok::<(), io::Error>(()),
                Status::Ok | Status::BufError => {}
            }
        }
    })?;
    let mut sum = Crc::new();
    sum.update(body);
    packed.extend(sum.sum().to_le_bytes());
    packed.extend(sum.amount().to_le_bytes());
    packed.shrink_to_fit();
    Ok(packed)
}

/// The entries whose line and body are whole, and where the last of their lines ends.
fn whole_entries(index: &mut File, answers: &mut File) -> io::Result<(Vec<Entry>, u64)> {
    let size = answers.metadata()?.len();
    let (mut entries, mut ends): (Vec<Entry>, Vec<u64>) = (Vec::new(), Vec::new());
    let mut reader = BufReader::new(index);
    let (mut line, mut end, mut expected) = (String::new(), 0, 0);
    loop {
        line.clear();
        let read = reader.read_line(&mut line).unwrap_or(0);
        let entry: Option<Entry> = line.strip_suffix('\n').and_then(|line| serde_json::from_str(line).ok());
        match entry {
            Some(entry)
                if entry.offset == expected
                    && entry.offset.checked_add(entry.length).is_some_and(|end| end <= size) =>
            {
                end += read as u64;
                expected = entry.offset + entry.length;
                entries.push(entry);
                ends.push(end);
            }
            _ => break,
        }
    }
    // After a power failure a line may be on disk whose body is not, in any order since the last time that everything was
    // made sure to be there.
    let unsure = entries.len().saturating_sub(SYNCED_EVERY);
    let whole = entries[unsure..].iter().take_while(|entry| is_whole(answers, entry)).count();
    entries.truncate(unsure + whole);
    ends.truncate(unsure + whole);
    Ok((entries, ends.last().copied().unwrap_or(0)))
}

/// Whether the body of an entry is what was written.
fn is_whole(answers: &mut File, entry: &Entry) -> bool {
    let mut read = || -> io::Result<u64> {
        answers.seek(SeekFrom::Start(entry.offset))?;
        io::copy(&mut MultiGzDecoder::new(BufReader::new(answers.take(entry.length))), &mut io::sink())
    };
    read().is_ok_and(|bytes| bytes == entry.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_gzip_member() {
        let mut random = fastrand::Rng::with_seed(3);
        for size in [0, 1, 63, 70_000, 3_000_000] {
            let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(size).collect();
            for body in [noise, vec![b'x'; size]] {
                let packed = compressed(&body).expect("memory takes everything");
                let (mut reader, mut again) =
                    (flate2::bufread::GzDecoder::new(packed.as_slice()), Vec::new());
                reader.read_to_end(&mut again).expect("it is gzip");
                assert!(again == body, "{size}");
                assert!(reader.into_inner().is_empty(), "nothing stands behind it");
            }
        }
    }
}
