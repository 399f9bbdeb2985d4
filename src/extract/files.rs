//! Finding and opening the files of a source: folders, files, globs, and zip archives, none of which is trusted.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::Failure;
use super::values::is_guid;
use crate::model::Entity;
use crate::pipeline::FileSpec;

/// Folders inside folders, at most.
const DEPTH: usize = 8;

/// The most bytes that one member of an archive may hold.
const MEMBER_SIZE: u64 = 8 << 30;

/// How many times larger than its compressed form a member may be. Text shrinks to a tenth, seldom to a
/// hundredth; an archive that is made to fill the disk shrinks to a thousandth.
const MEMBER_RATIO: u64 = 500;

/// One file of a source.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The path as shown to people.
    pub shown: String,
    path: PathBuf,
    /// The position in the archive, for a member.
    member: Option<usize>,
    /// The entity that the pipeline gives.
    pub entity: Option<Entity>,
    pub format: Format,
}

/// What a file is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Parquet,
    /// Not opened: it holds passwords in clear text.
    Secret,
    /// Not opened: it is nothing that is read.
    Other,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
            Self::Secret | Self::Other => "",
        }
    }

    fn of(name: &str) -> Self {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
        if name == "passwords.csv" {
            return Self::Secret;
        }
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("csv") => Self::Csv,
            Some("json") => Self::Json,
            Some("parquet") => Self::Parquet,
            _ => Self::Other,
        }
    }
}

/// The files that `spec` names, sorted.
pub(super) fn find(spec: &FileSpec, folder: &Path) -> Result<Vec<Input>, Failure> {
    let text = spec.path.to_string_lossy();
    let is_pattern = !spec.path.exists() && spec.written.contains(['*', '?', '[']);
    let mut paths = Vec::new();
    if is_pattern {
        let found =
            glob::glob(&text).map_err(|error| Failure::new(format!("the pattern is wrong: {error}"), ""))?;
        for path in found {
            paths.push(path.map_err(|error| Failure::from(std::io::Error::from(error.error().kind())))?);
        }
        if paths.is_empty() {
            return Err(Failure::new(
                "no file fits the pattern",
                "check the pattern, which starts at the pipeline's folder",
            ));
        }
    } else {
        let path = PathBuf::from(glob_unescaped(&text));
        paths.push(if spec.path.exists() { spec.path.clone() } else { path });
    }
    let mut inputs = Vec::new();
    for path in paths {
        add(&path, spec, folder, 0, &mut inputs)?;
    }
    inputs.sort_by(|a, b| a.shown.cmp(&b.shown));
    inputs.dedup_by(|a, b| a.shown == b.shown);
    Ok(inputs)
}

/// The text without the brackets by which a glob escapes its special characters.
fn glob_unescaped(text: &str) -> String {
    text.replace("[[]", "[").replace("[]]", "]").replace("[*]", "*").replace("[?]", "?")
}

fn add(
    path: &Path,
    spec: &FileSpec,
    folder: &Path,
    depth: usize,
    inputs: &mut Vec<Input>,
) -> Result<(), Failure> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        // A link that leads back up would go on for ever, so depth is bounded.
        if depth >= DEPTH {
            return Ok(());
        }
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries {
            let is_hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            // A link that leads nowhere is no file.
            if !is_hidden && entry.exists() {
                add(&entry, spec, folder, depth + 1, inputs)?;
            }
        }
        return Ok(());
    }
    let shown = shown(path, folder);
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
        return add_members(path, &shown, spec, inputs);
    }
    let format = Format::of(&shown);
    inputs.push(Input { shown, path: path.to_owned(), member: None, entity: spec.entity, format });
    Ok(())
}

fn add_members(path: &Path, shown: &str, spec: &FileSpec, inputs: &mut Vec<Input>) -> Result<(), Failure> {
    let mut archive = open_archive(path)?;
    for position in 0..archive.len() {
        let member = archive.by_index(position).map_err(|error| archive_failure(&error))?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().map_err(|error| archive_failure(&error))?.into_owned();
        let climbs = name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..");
        if climbs || member.enclosed_name().is_none() {
            let what = format!("the member `{}` climbs out of the archive", name.escape_debug());
            return Err(Failure::new(
                what,
                "do not use the archive: a vendor's export never holds such a member",
            ));
        }
        if member.size() > MEMBER_SIZE || member.size() / member.compressed_size().max(1) > MEMBER_RATIO {
            let what = format!("the member `{}` unpacks to {} bytes", name.escape_debug(), member.size());
            return Err(Failure::new(
                what,
                "unpack the archive by hand if this is right, and name the folder",
            ));
        }
        inputs.push(Input {
            shown: format!("{shown}/{name}"),
            path: path.to_owned(),
            member: Some(position),
            entity: spec.entity,
            format: Format::of(&name),
        });
    }
    Ok(())
}

fn open_archive(path: &Path) -> Result<zip::ZipArchive<BufReader<File>>, Failure> {
    zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(|error| archive_failure(&error))
}

fn archive_failure(error: &zip::result::ZipError) -> Failure {
    Failure::new(
        format!("the archive is damaged: {error}"),
        "export it again, or check that the copy is complete",
    )
}

/// The path for people: relative to the pipeline's folder where it is below, with forward slashes.
fn shown(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

impl Input {
    /// Opens the file and hands a reader to `read`. A member of an archive is unpacked as it is read.
    pub fn read<T>(&self, read: impl FnOnce(&mut dyn Read) -> Result<T, Failure>) -> Result<T, Failure> {
        match self.member {
            None => read(&mut BufReader::with_capacity(1 << 16, File::open(&self.path)?)),
            Some(position) => {
                let mut archive = open_archive(&self.path)?;
                let member = archive.by_index(position).map_err(|error| archive_failure(&error))?;
                let size = member.size();
                // What the archive says of the size is not trusted.
                read(&mut BufReader::with_capacity(1 << 16, member.take(size.min(MEMBER_SIZE) + 1)))
            }
        }
    }

    /// The file's name where it is a GUID, by which a device is named.
    pub fn guid(&self) -> Option<&str> {
        let name = self.shown.rsplit('/').next()?;
        name.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| is_guid(stem))
    }

    /// The path on disk, for readers that need one; `None` for members of archives.
    pub fn path(&self) -> Option<&Path> {
        self.member.is_none().then_some(&self.path)
    }

    /// The file's name in comparable form: without folder, ending, page number and punctuation, lower-case.
    pub fn stem(&self) -> String {
        let name = self.shown.rsplit('/').next().unwrap_or(&self.shown);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        squeeze(name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-' | ' ' | '.')))
    }
}

/// Lower-case, letters and digits only: how headings and file names compare.
pub(super) fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
