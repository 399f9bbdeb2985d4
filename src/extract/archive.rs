//! Zip archives, none of which is trusted: members stay inside, and unpack to what they say and no more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::Failure;
use super::files::Format;

/// The most bytes that one member may hold.
const MEMBER_SIZE: u64 = 8 << 30;

/// How many times larger than its compressed form a large member may be. Text shrinks to a tenth, seldom to a
/// hundredth; an archive that is made to fill the disk shrinks to a thousandth.
const MEMBER_RATIO: u64 = 500;

/// Up to this size the ratio does not matter.
const SMALL: u64 = 64 << 20;

/// One member of an archive.
#[derive(Debug, Clone)]
pub(super) struct Member {
    archive: ZipArchive<Reopened>,
    position: usize,
}

/// The members of an archive that are files, with their names.
pub(super) fn members(path: &Path) -> Result<Vec<(String, Member)>, Failure> {
    let mut archive = ZipArchive::new(Reopened::new(path)).map_err(|error| damaged(&error))?;
    let mut found = Vec::new();
    for position in 0..archive.len() {
        let member = archive.by_index_raw(position).map_err(|error| damaged(&error))?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().map_err(|error| damaged(&error))?.into_owned();
        let shown = name.escape_debug();
        let climbs = name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..");
        if climbs || member.enclosed_name().is_none() {
            let what = format!("the member `{shown}` climbs out of the archive");
            return Err(Failure::new(
                what,
                "do not use the archive: a vendor's export never holds such a member",
            ));
        }
        // What is not opened may be of any size.
        let is_opened = !matches!(Format::of(&name), Format::Secret | Format::Other);
        let is_bomb = member.size() > SMALL && member.size() / member.compressed_size().max(1) > MEMBER_RATIO;
        if is_opened && (is_bomb || member.size() > MEMBER_SIZE) {
            let what = format!("the member `{shown}` unpacks to {} bytes", member.size());
            return Err(Failure::new(
                what,
                "unpack the archive by hand if this is right, and name the folder",
            ));
        }
        if !is_litter(&name) {
            found.push((name, position));
        }
    }
    Ok(found
        .into_iter()
        .map(|(name, position)| (name, Member { archive: archive.clone(), position }))
        .collect())
}

/// Whether a member is what an operating system leaves beside files, and nobody's data.
fn is_litter(name: &str) -> bool {
    let mut parts = name.rsplit(['/', '\\']);
    let file = parts.next().unwrap_or_default();
    let is_named = |names: &[&str]| names.iter().any(|litter| file.eq_ignore_ascii_case(litter));
    file.starts_with("._")
        || is_named(&[".DS_Store", "Thumbs.db", "desktop.ini"])
        || parts.any(|folder| folder == "__MACOSX")
}

impl Member {
    /// Hands a reader of the unpacked member to `read`.
    pub fn read<T>(&self, read: impl FnOnce(&mut dyn Read) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut archive = self.archive.clone();
        let member = archive.by_index(self.position).map_err(|error| damaged(&error))?;
        let left = member.size();
        read(&mut Exactly { inner: member, left })
    }
}

fn damaged(error: &ZipError) -> Failure {
    let hint = match error {
        ZipError::UnsupportedArchive(_) => "unpack the archive by hand, and name the folder",
        _ => "export it again, or check that the copy is complete",
    };
    Failure::new(format!("the archive is damaged: {error}"), hint)
}

/// Refuses more than was promised: what an archive says of a size is not trusted.
struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the member unpacks to more than the archive says")
        })?;
        Ok(count)
    }
}

/// A file that each clone opens for itself when it is first read, so that members are read in parallel and the table of
/// an archive is read once.
#[derive(Debug)]
struct Reopened {
    path: Arc<PathBuf>,
    file: Option<File>,
}

impl Reopened {
    fn new(path: &Path) -> Self {
        Self { path: Arc::new(path.to_owned()), file: None }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        match &mut self.file {
            Some(file) => Ok(file),
            closed => Ok(closed.insert(File::open(self.path.as_path())?)),
        }
    }
}

impl Clone for Reopened {
    fn clone(&self) -> Self {
        Self { path: Arc::clone(&self.path), file: None }
    }
}

impl Read for Reopened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file()?.read(buffer)
    }
}

impl Seek for Reopened {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(position)
    }
}
