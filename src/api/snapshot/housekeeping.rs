//! What snapshots a source has, and which may go.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::read::{folders, is_partial};
use super::{ANSWERS, Chain, Entry, INDEX, Manifest, PARTIAL, checksum};
use crate::api::extraction::locked;
use crate::api::{ApiError, ErrorKind};

/// What the name of a folder ends with that is being removed; it begins with a dot.
const REMOVED: &str = ".removed";

/// One snapshot of a source, whatever its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is as a whole; `None` where that cannot be read.
    pub manifest: Option<Manifest>,
    /// Whether it can be read.
    pub state: State,
    /// Requests that its extraction has sent.
    pub requests: u64,
    /// Answers.
    pub answers: u64,
    /// Answers that were taken from the snapshot before.
    pub reused: u64,
    /// Rows in all answers.
    pub rows: u64,
    /// Its size on disk.
    pub bytes: u64,
}

/// Whether a snapshot can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can.
    Complete,
    /// Its extraction was stopped, or is going on.
    Partial,
    /// It cannot, for this reason.
    Damaged(ApiError),
}

impl Held {
    /// The name, without what says that it is not complete.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.folder)
    }
}

/// Every snapshot in the folder of a source, oldest first. With `verify` the bodies of complete ones are compared with
/// their checksums.
///
/// # Errors
/// When the folder cannot be listed.
pub fn held(folder: &Path, verify: bool) -> Result<Vec<Held>, ApiError> {
    folders(folder)?.into_iter().map(|folder| look(folder, verify)).collect()
}

fn look(folder: PathBuf, verify: bool) -> Result<Held, ApiError> {
    let state = if is_partial(&folder) {
        State::Partial
    } else {
        let chain = Chain::open(&folder).and_then(|chain| if verify { verified(chain) } else { Ok(chain) });
        chain.map_or_else(State::Damaged, |_| State::Complete)
    };
    let manifest = Manifest::read(&folder).ok();
    let bytes = size(&folder)?;
    let requests = manifest.as_ref().map_or(0, |manifest| manifest.requests);
    let mut held = Held { folder, manifest, state, requests, answers: 0, reused: 0, rows: 0, bytes };
    // The index has what a manifest says at the end only.
    let lines = fs::File::open(held.folder.join(INDEX)).map(|file| BufReader::new(file).lines());
    for line in lines.into_iter().flatten() {
        let Some(entry) = line.ok().and_then(|line| serde_json::from_str::<Entry>(&line).ok()) else { break };
        held.requests = held.requests.max(entry.requests);
        held.answers += 1;
        held.reused += u64::from(entry.is_reused);
        held.rows += entry.rows;
    }
    Ok(held)
}

/// The chain, when the bodies of its newest snapshot are what was written.
fn verified(chain: Chain) -> Result<Chain, ApiError> {
    let newest = chain.newest();
    if checksum(&newest.folder.join(ANSWERS))? == newest.manifest.checksum {
        return Ok(chain);
    }
    let what = format!("the snapshot {} is damaged: its checksum differs", newest.folder.display());
    Err(ApiError::new(ErrorKind::Disk, what, "remove its folder and extract again"))
}

/// What pruning came to, by the names of the snapshots, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Removed.
    pub removed: Vec<String>,
    /// The space that these took.
    pub bytes: u64,
    /// Complete ones that are left, those that they build on among them.
    pub kept: Vec<String>,
    /// Left because they cannot be read, with the reason; they count as none of the newest.
    pub damaged: Vec<ApiError>,
}

/// Removes all but the newest `keep` complete snapshots, at least one, and what they build on. What is not complete goes
/// when a complete one is newer.
///
/// # Errors
/// When an extraction is going on, or the disk does not let go of one.
pub fn prune(folder: &Path, keep: usize) -> Result<Pruned, ApiError> {
    let mut pruned = Pruned::default();
    if !folder.is_dir() {
        return Ok(pruned);
    }
    let _lock = locked(folder)?;
    sweep(folder)?;
    let all = folders(folder)?;
    let (mut needed, mut newest, mut goes) = (BTreeSet::new(), None, Vec::new());
    let mut left = keep.max(1);
    for folder in all.iter().rev().filter(|folder| !is_partial(folder)) {
        match Chain::open(folder) {
            Ok(chain) if left > 0 => {
                left -= 1;
                newest.get_or_insert_with(|| name(folder));
                needed.extend(chain.snapshots().iter().map(|snapshot| snapshot.folder.clone()));
            }
            Ok(_) => {}
            Err(error) => {
                pruned.damaged.push(error);
                continue;
            }
        }
        if needed.contains(folder) { pruned.kept.push(name(folder)) } else { goes.push(folder.clone()) }
    }
    let is_over = |folder: &PathBuf| newest.as_ref().is_some_and(|newest| name(folder) < *newest);
    goes.extend(all.iter().rev().filter(|folder| is_partial(folder) && is_over(folder)).cloned());
    // Newest first: when it is interrupted, nothing is left without what it builds on.
    goes.sort_by_key(|folder| std::cmp::Reverse(name(folder)));
    for folder in goes {
        pruned.bytes += size(&folder)?;
        pruned.removed.push(name(&folder));
        remove(&folder)?;
    }
    Ok(pruned)
}

/// Removes a snapshot. It is none any more before its first file goes.
fn remove(folder: &Path) -> io::Result<()> {
    let aside = folder.with_file_name(format!(".{}{REMOVED}", name(folder)));
    fs::rename(folder, &aside)?;
    fs::remove_dir_all(aside)
}

/// Removes what an interrupted removal left.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') && name.ends_with(REMOVED) && path.is_dir() {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(PARTIAL).unwrap_or(&name).to_owned()
}

/// The size of the files in a folder.
fn size(folder: &Path) -> io::Result<u64> {
    fs::read_dir(folder)?.map(|entry| entry?.metadata().map(|about| about.len())).sum()
}
