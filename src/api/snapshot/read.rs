//! Reading snapshots: which there are, which answers count, and their bodies.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::GzDecoder;
use rustc_hash::FxHashMap;

use super::{ANSWERS, Entry, INDEX, Kind, MANIFEST, Manifest, PARTIAL};
use crate::api::{ApiError, ErrorKind};

/// One complete snapshot.
#[derive(Debug)]
pub struct Snapshot {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is as a whole.
    pub manifest: Manifest,
    /// Its answers, in the order in which they arrived.
    pub entries: Vec<Entry>,
}

impl Snapshot {
    /// Reads manifest and index of a complete snapshot.
    ///
    /// # Errors
    /// When it is not complete or not whole.
    pub fn open(folder: &Path) -> Result<Self, ApiError> {
        let damaged = |what: String| {
            ApiError::new(
                ErrorKind::Disk,
                format!("the snapshot {} is damaged: {what}", folder.display()),
                "remove its folder and extract again",
            )
        };
        let manifest = Manifest::read(folder)?;
        if manifest.finished_at.is_none() {
            return Err(ApiError::new(
                ErrorKind::Disk,
                format!("the snapshot {} is not complete", folder.display()),
                "`matchbook extract` goes on with it",
            ));
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (line, number) in BufReader::new(File::open(folder.join(INDEX))?).lines().zip(1_u64..) {
            let entry = serde_json::from_str(&line?)
                .map_err(|error| damaged(format!("line {number} of its index: {error}")))?;
            entries.push(entry);
        }
        let size = std::fs::metadata(folder.join(ANSWERS))?.len();
        let end = entries.last().map_or(0, |last| last.offset.saturating_add(last.length));
        if size != end {
            return Err(damaged(format!("its answers are {size} bytes, and should be {end}")));
        }
        Ok(Self { folder: folder.to_owned(), manifest, entries })
    }

    /// The name of its folder.
    #[must_use]
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A full snapshot and the increments that follow it, oldest first.
#[derive(Debug)]
pub struct Chain {
    snapshots: Vec<Snapshot>,
    answers: Vec<PathBuf>,
}

/// One answer of a chain.
#[derive(Debug, Clone)]
pub struct ChainAnswer<'c> {
    /// Its position: of rows with one id, the one in the answer with the highest position counts.
    pub position: usize,
    /// The position of its snapshot, oldest first.
    pub of: usize,
    /// The answer.
    pub entry: &'c Entry,
    /// The snapshot that has it.
    pub snapshot: &'c Snapshot,
    /// The file that holds the body.
    pub file: &'c Path,
    /// Its records that do not count, where there may be some.
    pub outdated: Option<Arc<Outdated>>,
}

/// Records of older answers that a later snapshot has anew or that are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outdated {
    /// The member of a record that is its id.
    pub by: String,
    /// Their ids.
    pub ids: BTreeSet<String>,
}

/// What is asked for together: an endpoint, of a tenant.
type Part<'c> = (&'c str, Option<&'c str>);

fn part(entry: &Entry) -> Part<'_> {
    (&entry.endpoint, entry.tenant.as_deref())
}

impl Chain {
    /// The chain that ends with the snapshot in `folder`.
    ///
    /// # Errors
    /// When one of its snapshots is not there or not whole.
    pub fn open(folder: &Path) -> Result<Self, ApiError> {
        let mut snapshots = vec![Snapshot::open(folder)?];
        loop {
            let last = &snapshots[snapshots.len() - 1];
            let Kind::Increment { base, number } = &last.manifest.kind else { break };
            let folder = last.folder.with_file_name(base);
            let is_a_name = !base.is_empty() && !base.contains(['/', '\\']) && base != ".." && base != ".";
            if !is_a_name || !folder.is_dir() {
                return Err(ApiError::new(
                    ErrorKind::Disk,
                    format!("the snapshot {} builds on `{base}`, which is not there", last.folder.display()),
                    "extract again with `--full`",
                ));
            }
            let before = Snapshot::open(&folder)?;
            let is_before = match before.manifest.kind {
                Kind::Full => true,
                Kind::Increment { number: earlier, .. } => earlier < *number,
            };
            if !is_before {
                return Err(ApiError::new(
                    ErrorKind::Disk,
                    format!("the snapshot {} builds on itself", last.folder.display()),
                    "extract again with `--full`",
                ));
            }
            snapshots.push(before);
        }
        snapshots.reverse();
        let answers = snapshots.iter().map(|snapshot| snapshot.folder.join(ANSWERS)).collect();
        Ok(Self { snapshots, answers })
    }

    /// The newest snapshot.
    ///
    /// # Panics
    /// Never: a chain has at least one.
    #[must_use]
    pub fn newest(&self) -> &Snapshot {
        self.snapshots.last().expect("a chain has at least one snapshot")
    }

    /// Every snapshot, oldest first.
    #[must_use]
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// The answers that count: of every endpoint and tenant those of the newest snapshot that has all of it, and the
    /// changes since. Answers that tell of changes are none of them.
    pub fn answers(&self) -> impl Iterator<Item = ChainAnswer<'_>> {
        let (from, outdated) = (self.whole_from(), self.outdated());
        let all = self.snapshots.iter().zip(&self.answers).enumerate();
        all.flat_map(|(at, (snapshot, file))| {
            snapshot.entries.iter().map(move |entry| (at, snapshot, file, entry))
        })
        .filter(move |(at, _, _, entry)| {
            entry.told.is_none() && from.get(&part(entry)).is_none_or(|from| from <= at)
        })
        .enumerate()
        .map(move |(position, (of, snapshot, file, entry))| {
            let outdated = outdated.get(&part(entry)).and_then(|all| all[of].clone());
            ChainAnswer { position, of, entry, snapshot, file, outdated }
        })
    }

    /// The newest snapshot that has all of an endpoint, by tenant.
    fn whole_from(&self) -> FxHashMap<Part<'_>, usize> {
        let mut from: FxHashMap<Part<'_>, usize> = FxHashMap::default();
        for entry in self.snapshots.iter().flat_map(|snapshot| &snapshot.entries) {
            from.entry(part(entry)).or_insert_with(|| {
                let (endpoint, tenant) = part(entry);
                let is_whole = |snapshot: &Snapshot| {
                    snapshot.manifest.endpoints.get(endpoint).is_some_and(|summary| summary.is_whole(tenant))
                };
                self.snapshots.iter().rposition(is_whole).unwrap_or(0)
            });
        }
        from
    }

    /// By snapshot, what later ones tell to have changed in it or to be gone.
    fn outdated(&self) -> FxHashMap<Part<'_>, Vec<Option<Arc<Outdated>>>> {
        let told = |snapshot: &Snapshot| snapshot.entries.iter().any(|entry| entry.told.is_some());
        let mut all: FxHashMap<Part<'_>, Vec<Option<Arc<Outdated>>>> = FxHashMap::default();
        for (at, snapshot) in self.snapshots.iter().enumerate().rev().filter(|(_, it)| told(it)) {
            let mut own: FxHashMap<Part<'_>, Outdated> = FxHashMap::default();
            for entry in &snapshot.entries {
                let Some(told) = &entry.told else { continue };
                let own = own.entry(part(entry)).or_default();
                own.by.clone_from(&told.by);
                own.ids.extend(told.changed.iter().chain(&told.removed).cloned());
            }
            for (part, mut own) in own.into_iter().filter(|(_, own)| !own.ids.is_empty()) {
                let by_snapshot = all.entry(part).or_insert_with(|| vec![None; self.snapshots.len()]);
                // What later snapshots tell is known: it stands where this one's own answers have it.
                if let Some(later) = &by_snapshot[at] {
                    own.ids.extend(later.ids.iter().cloned());
                }
                by_snapshot[..at].fill(Some(Arc::new(own)));
            }
        }
        all
    }
}

/// The newest complete snapshot in the folder of a source, with what it builds on; `None` where there is none.
///
/// # Errors
/// When it is damaged.
pub fn newest(folder: &Path) -> Result<Option<Chain>, ApiError> {
    complete(folder)?.pop().map(|newest| Chain::open(&newest)).transpose()
}

/// The folders of the complete snapshots of a source, oldest first.
///
/// # Errors
/// When the folder cannot be listed.
pub fn complete(folder: &Path) -> Result<Vec<PathBuf>, ApiError> {
    let found = folders(folder)?;
    Ok(found.into_iter().filter(|folder| !is_partial(folder)).collect())
}

/// The extraction of a source that was stopped, with the manifest that it began with; `None` where there is none.
///
/// # Errors
/// When the folder cannot be listed.
pub fn partial(folder: &Path) -> Result<Option<(PathBuf, Manifest)>, ApiError> {
    let partial = folders(folder)?.into_iter().rev().filter(|folder| is_partial(folder));
    // One without a manifest was stopped before anything was asked for, or is damaged.
    Ok(partial
        .map(|folder| (Manifest::read(&folder), folder))
        .find_map(|(manifest, folder)| Some((folder, manifest.ok()?))))
}

/// Whether a folder is a snapshot.
#[must_use]
pub fn is_snapshot(folder: &Path) -> bool {
    [MANIFEST, INDEX, ANSWERS].iter().all(|name| folder.join(name).is_file())
}

pub(super) fn is_partial(folder: &Path) -> bool {
    folder.to_string_lossy().ends_with(PARTIAL)
}

/// The folders of all snapshots of a source, those that are not complete too, oldest first.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>, ApiError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // What begins with a dot is being removed.
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_begun = is_partial(&path) && path.is_dir();
        if !is_hidden && (is_begun || path.join(MANIFEST).is_file()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The body of an answer.
///
/// # Errors
/// When it cannot be read or is not what was written.
pub fn body(file: &Path, entry: &Entry) -> io::Result<Vec<u8>> {
    let packed = raw(file, entry)?;
    let mut body = Vec::with_capacity(usize::try_from(entry.bytes).unwrap_or(0).min(1 << 24));
    // What unpacks to more than was written is not what was written.
    GzDecoder::new(packed.as_slice()).take(entry.bytes.saturating_add(1)).read_to_end(&mut body)?;
    if body.len() as u64 != entry.bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is not what was written"));
    }
    Ok(body)
}

/// The body of an answer as it stands on disk.
///
/// # Errors
/// When it cannot be read.
pub fn raw(file: &Path, entry: &Entry) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(entry.offset))?;
    let mut packed = Vec::new();
    file.take(entry.length).read_to_end(&mut packed)?;
    Ok(packed)
}
