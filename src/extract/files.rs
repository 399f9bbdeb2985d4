//! Finding and opening the files of a source: folders, files, globs and archives.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::answers::{self, Answer, Stand};
use super::archive::{self, Member};
use super::belonging::{Home, Place};
use super::error::Failure;
use super::node::Node;
use super::values::is_guid;
use super::workbook::{self, Sheet};
use crate::api::snapshot::Chain;
use crate::model::Entity;
use crate::pipeline::FileSpec;

/// Folders inside folders, at most.
const DEPTH: usize = 8;

/// What spreadsheet programs call a sheet, before its number.
const UNNAMED_SHEETS: [&str; 6] = ["sheet", "tabelle", "feuil", "hoja", "foglio", "blad"];

/// One file of a source.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The path as shown to people: relative to the pipeline's folder, with forward slashes.
    pub shown: String,
    path: PathBuf,
    /// The bytes of the file, of a member those of its archive; 0 for an answer, which is one of many in a file.
    pub size: u64,
    /// Set for a member of an archive.
    member: Option<Member>,
    /// Set for an answer in a snapshot.
    answer: Option<Answer>,
    /// The entity that the pipeline gives.
    pub entity: Option<Entity>,
    /// The organization that the pipeline gives.
    organization: Option<String>,
    pub format: Format,
    /// The sheet of a workbook.
    pub sheet: Option<Sheet>,
    /// True when the pipeline names the file itself, and not a folder, an archive or a pattern.
    pub is_named: bool,
    /// The path below the folder or archive that the pipeline names.
    below: String,
}

/// What a file is, by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    /// A sheet of a workbook.
    Workbook,
    Json,
    Parquet,
    Ldif,
    /// Not opened: it holds passwords in clear text.
    Secret,
    /// Not opened: it is nothing that is read.
    Other,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Workbook => "XLSX",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
            Self::Ldif => "LDIF",
            Self::Secret | Self::Other => "",
        }
    }

    /// The format of the file called `name`, which may be a path.
    pub fn of(name: &str) -> Self {
        // Copies are called `passwords (1).csv` or `Passwords-2025.csv`, and hold the same.
        if stem(name).starts_with("password") {
            return Self::Secret;
        }
        // What a spreadsheet program puts beside a file that is open.
        if name.rsplit('/').next().is_some_and(|name| name.starts_with("~$")) {
            return Self::Other;
        }
        match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("csv" | "tsv" | "tab") => Self::Csv,
            Some("xlsx" | "xlsm") => Self::Workbook,
            Some("json") => Self::Json,
            Some("parquet") => Self::Parquet,
            Some("ldf" | "ldif") => Self::Ldif,
            _ => Self::Other,
        }
    }
}

/// The files that `spec` names, sorted, each once.
pub(super) fn find(spec: &FileSpec, folder: &Path) -> Result<Vec<Input>, Failure> {
    let text = spec.path.to_string_lossy();
    let is_pattern = !spec.path.exists() && spec.written.contains(['*', '?', '[']);
    let mut finder = Finder { spec, folder, inputs: Vec::new(), seen: BTreeSet::new() };
    if is_pattern {
        let found =
            glob::glob(&text).map_err(|error| Failure::new(format!("the pattern is wrong: {error}"), ""))?;
        let mut paths = Vec::new();
        for path in found {
            paths.push(path.map_err(|error| Failure::from(std::io::Error::from(error.error().kind())))?);
        }
        if paths.is_empty() {
            return Err(Failure::new(
                "no file fits the pattern",
                "check the pattern, which starts at the pipeline's folder",
            ));
        }
        paths.sort();
        for path in paths {
            finder.add(&path, "", 0)?;
        }
    } else {
        let path = if spec.path.exists() { spec.path.clone() } else { PathBuf::from(glob_unescaped(&text)) };
        finder.add(&path, "", 0)?;
        let is_file = path.is_file();
        for input in finder.inputs.iter_mut().filter(|input| is_file && input.member.is_none()) {
            input.is_named = true;
            // A text file may be anything, unless the pipeline says that it is data.
            if input.format == Format::Other && ends_with_txt(&input.shown) {
                input.format = Format::Csv;
            }
        }
    }
    let mut inputs = finder.inputs;
    if !inputs.iter().any(|input| !matches!(input.format, Format::Secret | Format::Other)) {
        return Err(Failure::new(
            "it holds no CSV, XLSX, JSON, LDIF, Parquet or zip file that is read",
            "check the path, which starts at the pipeline's folder",
        ));
    }
    inputs.sort_by(|a, b| a.shown.cmp(&b.shown));
    inputs.dedup_by(|a, b| a.is_same(b));
    Ok(inputs)
}

/// The answers of the newest snapshot of a source that is read over its interface.
pub(super) fn of_snapshot(snapshots: &Path, folder: &Path) -> Result<Vec<Input>, Failure> {
    let spec =
        FileSpec { path: snapshots.to_owned(), written: String::new(), entity: None, organization: None };
    let mut finder = Finder { spec: &spec, folder, inputs: Vec::new(), seen: BTreeSet::new() };
    finder.add_answers(&answers::newest(snapshots)?)?;
    Ok(finder.inputs)
}

fn ends_with_txt(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("txt"))
}

/// The text without the brackets by which a glob escapes its special characters.
fn glob_unescaped(text: &str) -> String {
    text.replace("[[]", "[").replace("[]]", "]").replace("[*]", "*").replace("[?]", "?")
}

struct Finder<'f> {
    spec: &'f FileSpec,
    folder: &'f Path,
    inputs: Vec<Input>,
    /// Files and folders by where they really are: a link that leads back is followed once.
    seen: BTreeSet<PathBuf>,
}

impl Finder<'_> {
    fn add(&mut self, path: &Path, below: &str, depth: usize) -> Result<(), Failure> {
        let about = std::fs::metadata(path)?;
        if !self.seen.insert(path.canonicalize()?) {
            return Ok(());
        }
        if about.is_dir() && answers::is_snapshot(path) {
            return self.add_answers(&answers::chain(path)?);
        }
        if about.is_dir() {
            // Snapshots beside each other are of one source, at other times.
            if let Some(chain) = answers::newest_in(path)? {
                return self.add_answers(&chain);
            }
            return if depth < DEPTH { self.add_folder(path, below, depth) } else { Ok(()) };
        }
        // Reading a pipe or a device might wait for ever.
        if !about.is_file() {
            return Ok(());
        }
        let shown = shown(path, self.folder);
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
            for (name, member) in archive::members(path)? {
                self.push(format!("{shown}/{name}"), path, about.len(), Some(member), &name)?;
            }
            return Ok(());
        }
        self.push(shown, path, about.len(), None, below)
    }

    fn add_folder(&mut self, path: &Path, below: &str, depth: usize) -> Result<(), Failure> {
        let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
        let mut entries: Vec<PathBuf> = entries.collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries {
            let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // A link that leads nowhere is no file.
            if !name.starts_with('.') && entry.exists() {
                let below = if below.is_empty() { name } else { format!("{below}/{name}") };
                self.add(&entry, &below, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Adds the answers of a snapshot.
    fn add_answers(&mut self, chain: &Chain) -> Result<(), Failure> {
        let mut endpoints: Vec<&str> = Vec::new();
        for answer in chain.answers() {
            let name = answer.entry.endpoint.as_str();
            let endpoint = endpoints.iter().position(|known| *known == name).unwrap_or(endpoints.len());
            if endpoint == endpoints.len() {
                endpoints.push(name);
            }
            let shown = format!("{}/{}", shown(&answer.snapshot.folder, self.folder), answer.entry.name);
            let below = answer.entry.name.clone();
            self.inputs.push(Input {
                format: Format::of(&shown),
                shown,
                path: answer.file.to_owned(),
                size: 0,
                member: None,
                answer: Some(Answer::new(&answer, endpoint)?),
                entity: self.spec.entity,
                organization: self.spec.organization.clone(),
                sheet: None,
                is_named: false,
                below,
            });
        }
        Ok(())
    }

    /// Adds a file, or every sheet of a workbook.
    fn push(
        &mut self,
        shown: String,
        path: &Path,
        size: u64,
        member: Option<Member>,
        below: &str,
    ) -> Result<(), Failure> {
        let format = Format::of(&shown);
        let input = Input {
            shown,
            path: path.to_owned(),
            size,
            member,
            answer: None,
            entity: self.spec.entity,
            organization: self.spec.organization.clone(),
            format,
            sheet: None,
            is_named: false,
            below: below.to_owned(),
        };
        if format != Format::Workbook {
            self.inputs.push(input);
            return Ok(());
        }
        for sheet in workbook::sheets(&input).map_err(|failure| failure.about(&input.shown))? {
            let shown = format!("{}#{}", input.shown, sheet.name);
            let is_secret = stem(&format!("{}.", sheet.name)).starts_with("password");
            let format = if is_secret { Format::Secret } else { format };
            self.inputs.push(Input { shown, sheet: Some(sheet), format, ..input.clone() });
        }
        Ok(())
    }
}

/// The path for people: relative to the pipeline's folder where it is below, with forward slashes.
fn shown(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

impl Input {
    /// Opens the file and hands a reader to `read`. A member of an archive is unpacked as it is read.
    pub fn read<T>(&self, read: impl FnOnce(&mut dyn Read) -> Result<T, Failure>) -> Result<T, Failure> {
        match (&self.member, &self.answer) {
            // The readers have buffers of their own.
            (None, None) => read(&mut File::open(&self.path)?),
            (Some(member), _) => member.read(|inner| read(&mut BufReader::new(inner))),
            (None, Some(answer)) => answer.read(&self.path, read),
        }
    }

    /// The path on disk, for readers that need one; `None` for what is part of a file.
    pub fn path(&self) -> Option<&Path> {
        (self.member.is_none() && self.answer.is_none()).then_some(&self.path)
    }

    /// Where an answer stands among those of its source; `None` for anything else.
    pub fn stand(&self) -> Option<Stand> {
        self.answer.as_ref().map(Answer::stand)
    }

    /// Whether a record in it does not count, since a later answer has it or it is gone.
    pub fn is_outdated(&self, record: &Node<'_>) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.is_outdated(record))
    }

    /// Whether both are one file.
    pub fn is_same(&self, other: &Self) -> bool {
        self.shown == other.shown && self.stand() == other.stand()
    }

    /// How little the pipeline's path says of the file: whether nothing but where it is, and how far off it starts.
    pub fn vagueness(&self) -> (bool, usize) {
        (self.entity.is_none() && self.organization.is_none(), self.below.len())
    }

    /// Where the file stands.
    pub fn home(&self) -> Home {
        let parent = self.shown.rsplit_once('/').map_or("", |(parent, _)| parent);
        let organization = self.organization.clone();
        if self.answer.is_some() {
            // The same client has the same folder in every snapshot of a chain.
            let of_source = self.path.parent().and_then(Path::parent).unwrap_or(&self.path);
            let inside = self.below.rsplit_once('/').map(|(folder, _)| folder);
            let folder = inside.map(|inside| Place {
                path: format!("{}/{inside}", of_source.to_string_lossy()),
                name: inside.rsplit('/').next().unwrap_or(inside).to_owned(),
            });
            return Home { organization, folder, archive: None };
        }
        if self.member.is_none() {
            let folder =
                self.path.parent().map(|folder| Place { path: parent.to_owned(), name: name_of(folder) });
            return Home { organization, folder, archive: None };
        }
        let archive =
            self.shown.strip_suffix(&self.below).map_or(parent, |archive| archive.trim_end_matches('/'));
        let name = self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let inside = self.below.rsplit_once(['/', '\\']).map(|(folder, _)| folder);
        let folder = inside.map(|inside| Place {
            path: format!("{archive}/{inside}"),
            name: inside.rsplit(['/', '\\']).next().unwrap_or(inside).to_owned(),
        });
        Home { organization, folder, archive: Some(Place { path: archive.to_owned(), name }) }
    }

    /// The file's name in comparable form: without folder, ending, page number and punctuation, lower-case.
    pub fn stem(&self) -> String {
        // The file of an answer about one record is called by the record's id.
        if let Some(answer) = &self.answer {
            return squeeze(answer.endpoint());
        }
        let Some(sheet) = &self.sheet else { return stem(&self.shown) };
        let own = stem(&format!("{}.", sheet.name));
        // A sheet that nobody named is called like its workbook.
        if UNNAMED_SHEETS.contains(&own.as_str()) {
            stem(self.shown.strip_suffix(&format!("#{}", sheet.name)).unwrap_or(&self.shown))
        } else {
            own
        }
    }

    /// The file's name without folder and ending.
    pub fn name(&self) -> &str {
        let name = self.shown.rsplit('/').next().unwrap_or(&self.shown);
        name.rsplit_once('.').map_or(name, |(name, _)| name)
    }

    /// A unique id in its name, else in that of its folder.
    pub fn guid(&self) -> Option<&str> {
        let mut names = self.shown.rsplit('/');
        [names.next(), names.next()].into_iter().flatten().find_map(guid_in)
    }

    /// Whether it stands in one of these folders of an export.
    pub fn is_in(&self, folders: &[String]) -> bool {
        let mut parents = self.below.split(['/', '\\']).rev().skip(1);
        parents.any(|parent| folders.iter().any(|folder| folder.eq_ignore_ascii_case(parent)))
    }
}

fn guid_in(name: &str) -> Option<&str> {
    (0..name.len()).find_map(|start| name.get(start..start + 36).filter(|part| is_guid(part)))
}

/// The name of a folder, whichever way it was written: `.` has one too.
fn name_of(folder: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    name(folder).or_else(|| name(&folder.canonicalize().ok()?)).unwrap_or_default()
}

fn stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    squeeze(
        name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-' | ' ' | '.' | '(' | ')')),
    )
}

/// Lower-case, letters and digits only: how headings and file names compare.
pub(super) fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
