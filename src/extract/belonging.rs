//! Which organization the rows of a file belong to, where they do not say it themselves.
//!
//! Directories and scans are exported client by client, without a column for the client. Such rows get the organization
//! that the pipeline gives the file or its source; else the only organization record that the source has in the same
//! folder or archive; else the organization of the hub or of an earlier source that the folder or the archive is called
//! exactly like. Nothing is guessed: without any of these they keep none, and the fold skips them.
//!
//! What stands around a file speaks for files without a column for the organization only. Where there is one, a blank
//! cell means that the source does not know, and the pipeline alone may say more.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rustc_hash::FxHashMap;

use super::FileReport;
use super::identity;
use super::sink::FileRows;
use crate::model::{Entity, Records, SourceIx, column};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::{Names, Pipeline};

/// Where a file stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Home {
    /// The organization that the pipeline gives the file.
    pub organization: Option<String>,
    /// Its folder, which may be one inside the archive; `None` at the top of an archive.
    pub folder: Option<Place>,
    /// The archive that it is a member of.
    pub archive: Option<Place>,
}

/// A folder or an archive.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The path as shown to people.
    pub path: String,
    /// Its own name, without the ending of an archive.
    pub name: String,
}

/// What says to which organization the rows of a file belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// The pipeline; with the name, and whether rows of the file name organizations themselves.
    Pipeline(String, bool),
    /// The only organization record in the same folder or archive, by id and name.
    Record(String, String),
    /// The name of the folder.
    Folder(String),
    /// The name of the archive.
    Archive(String),
    /// Nothing.
    Nothing,
}

impl fmt::Display for Belonging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = "its rows name no organization";
        match self {
            Self::Pipeline(name, true) => {
                write!(f, "rows that name no organization belong to `{name}`: the pipeline says so")
            }
            Self::Pipeline(name, false) => write!(f, "{none} and belong to `{name}`: the pipeline says so"),
            Self::Record(_, name) => {
                write!(
                    f,
                    "{none} and belong to `{name}`: it is the only one of this source in the folder or archive"
                )
            }
            Self::Folder(name) => write!(f, "{none} and belong to `{name}`: the folder is called so"),
            Self::Archive(name) => write!(f, "{none} and belong to `{name}`: the archive is called so"),
            Self::Nothing => {
                write!(
                    f,
                    "{none}, and nothing else says which: they are skipped unless `organization` in `files` names it"
                )
            }
        }
    }
}

impl Belonging {
    /// The column that it gives the rows, and the value.
    fn value(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Record(id, _) => Some((column::ORGANIZATION_ID, id)),
            Self::Pipeline(name, _) | Self::Folder(name) | Self::Archive(name) => {
                Some((column::ORGANIZATION, name))
            }
            Self::Nothing => None,
        }
    }
}

/// The rows of all files, by source and entity.
type Files = BTreeMap<(SourceIx, Entity), Vec<FileRows>>;

/// Gives every row that names no organization the one that it belongs to, if anything says which. Returns the names
/// that were given, by source.
pub(super) fn assign(
    pipeline: &Pipeline,
    homes: &BTreeMap<(SourceIx, String), Home>,
    files: &mut Files,
    reports: &mut [FileReport],
) -> BTreeMap<SourceIx, BTreeSet<String>> {
    let mut given: BTreeMap<SourceIx, BTreeSet<String>> = BTreeMap::new();
    let mut known = Known {
        ignores_case: pipeline.names == Names::IgnoreCase,
        names: FxHashMap::default(),
        sources: 0,
        divided: divided(homes),
    };
    for (source, settings) in (0..).zip(&pipeline.sources).skip(1) {
        let records = Neighbours::new(files.get(&(source, Entity::Organization)), source, homes);
        let mut settled: Vec<(Entity, usize, Belonging)> = Vec::new();
        for ((_, entity), of_entity) in
            files.range((source, Entity::Organization)..(source + 1, Entity::Organization))
        {
            if *entity == Entity::Organization {
                continue;
            }
            for (at, rows) in of_entity.iter().enumerate() {
                let Some(home) = home(rows, source, homes).filter(|_| !rows.records.is_empty()) else {
                    continue;
                };
                let names_own = carries(&rows.records, column::ORGANIZATION_ID)
                    || carries(&rows.records, column::ORGANIZATION);
                let belonging = match home.organization.as_ref().or(settings.organization.as_ref()) {
                    Some(name) => Belonging::Pipeline(name_key(name).into_owned(), names_own),
                    None if names_own => continue,
                    None => match records.only(home) {
                        Some(found) => found,
                        None => known.up_to(source, files).called(home),
                    },
                };
                settled.push((*entity, at, belonging));
            }
        }
        for (entity, at, belonging) in settled {
            let Some(rows) = files.get_mut(&(source, entity)).and_then(|of_entity| of_entity.get_mut(at))
            else {
                continue;
            };
            if let Some((column, value)) = belonging.value() {
                give(rows, column, value);
                if column == column::ORGANIZATION {
                    given.entry(source).or_default().insert(value.to_owned());
                }
            }
            let file = &rows.records.files[0].path;
            let report = reports.iter_mut().find(|report| report.source == source && report.file == *file);
            if let Some(report) = report {
                report.belonging = Some(belonging);
            }
        }
    }
    given
}

fn home<'h>(
    rows: &FileRows,
    source: SourceIx,
    homes: &'h BTreeMap<(SourceIx, String), Home>,
) -> Option<&'h Home> {
    homes.get(&(source, rows.records.files.first()?.path.clone()))
}

fn carries(records: &Records, name: &str) -> bool {
    let position = records.position(name);
    position.is_some_and(|position| records.files.iter().any(|file| file.carried[position]))
}

/// The organization records of a source, by the folders and archives that they stand in.
#[derive(Default)]
struct Neighbours(BTreeMap<String, BTreeMap<String, String>>);

impl Neighbours {
    fn new(
        organizations: Option<&Vec<FileRows>>,
        source: SourceIx,
        homes: &BTreeMap<(SourceIx, String), Home>,
    ) -> Self {
        let mut neighbours = Self::default();
        for rows in organizations.into_iter().flatten() {
            let Some(home) = home(rows, source, homes) else { continue };
            for place in [&home.folder, &home.archive].into_iter().flatten() {
                let there = neighbours.0.entry(place.path.clone()).or_default();
                let names = rows.records.cells(column::NAME);
                for row in 0..count(&rows.records) {
                    let name = names.get(row).unwrap_or_default();
                    there.insert(rows.records.id(row).to_owned(), name.to_owned());
                    // Two are as good as many.
                    if there.len() > 1 {
                        break;
                    }
                }
            }
        }
        neighbours
    }

    /// The only organization of the folder, else that of the archive.
    fn only(&self, home: &Home) -> Option<Belonging> {
        let mut around = [&home.folder, &home.archive].into_iter().flatten();
        let there = around.find_map(|place| self.0.get(&place.path))?;
        let (id, name) = there.first_key_value().filter(|_| there.len() == 1)?;
        Some(Belonging::Record(id.clone(), name.clone()))
    }
}

/// The names of the organizations of the hub and the earlier sources.
struct Known<'h> {
    ignores_case: bool,
    /// The names by their keys.
    names: FxHashMap<String, String>,
    /// The sources whose names are there, from the hub on.
    sources: SourceIx,
    /// The archives whose files stand in several folders.
    divided: BTreeSet<&'h str>,
}

impl Known<'_> {
    /// With the names of all sources before `source`. They are looked for when a file asks for them, which few do.
    fn up_to(&mut self, source: SourceIx, files: &Files) -> &Self {
        for earlier in self.sources..source {
            let of_source =
                || files.range((earlier, Entity::Organization)..(earlier + 1, Entity::Organization));
            let has_records = files.contains_key(&(earlier, Entity::Organization));
            for ((_, entity), of_entity) in of_source() {
                let is_record = *entity == Entity::Organization;
                if is_record == has_records {
                    let column = if is_record { column::NAME } else { column::ORGANIZATION };
                    for rows in of_entity {
                        self.add(&rows.records, column);
                    }
                }
            }
        }
        self.sources = self.sources.max(source);
        self
    }

    fn add(&mut self, records: &Records, column: &str) {
        let (names, skips) = (records.cells(column), records.cells(column::SKIP_REASON));
        let mut last = "";
        for row in 0..count(records) {
            let Some(name) = names.get(row).filter(|_| skips.get(row).is_none()) else { continue };
            if name == last {
                continue;
            }
            last = name;
            let (key, name) = (self.key(name), name_key(name));
            if key.is_empty() {
                continue;
            }
            // Of several spellings the smallest, so that the order of rows does not matter.
            match self.names.get_mut(key.as_ref()) {
                Some(known) if known.as_str() <= name.as_ref() => {}
                Some(known) => *known = name.into_owned(),
                None => {
                    let key = key.into_owned();
                    self.names.insert(key, name.into_owned());
                }
            }
        }
    }

    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let key = name_key(name);
        if self.ignores_case { Cow::Owned(fold_case(&key)) } else { key }
    }

    /// The organization that the folder is called like, else the archive. The name of an archive does not speak for
    /// several folders, of which each may be another client's.
    fn called(&self, home: &Home) -> Belonging {
        let find = |place: &Place| self.names.get(self.key(&place.name).as_ref()).cloned();
        let archive = home.archive.as_ref().filter(|archive| !self.divided.contains(archive.path.as_str()));
        let by_folder = home.folder.as_ref().and_then(find).map(Belonging::Folder);
        by_folder.or_else(|| archive.and_then(find).map(Belonging::Archive)).unwrap_or(Belonging::Nothing)
    }
}

fn divided(homes: &BTreeMap<(SourceIx, String), Home>) -> BTreeSet<&str> {
    let mut folders: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut divided = BTreeSet::new();
    for home in homes.values() {
        let Some(archive) = &home.archive else { continue };
        let folder = home.folder.as_ref().map(|folder| folder.path.as_str());
        if *folders.entry(&archive.path).or_insert(folder) != folder {
            divided.insert(archive.path.as_str());
        }
    }
    divided
}

/// Sets `column` of the rows that name no organization. Ids that were made of the values of these rows are made of
/// their organization too: two clients may each have a contact of one name.
fn give(rows: &mut FileRows, name: &str, value: &str) {
    let records = &rows.records;
    let Some(position) = records.position(name) else { return };
    let (ids, names) = (records.cells(column::ORGANIZATION_ID), records.cells(column::ORGANIZATION));
    let gets: Vec<bool> =
        (0..count(records)).map(|row| ids.get(row).is_none() && names.get(row).is_none()).collect();
    let old = records.cells(name);
    let cells: Vec<Option<&str>> =
        (0..).zip(&gets).map(|(row, gets)| if *gets { Some(value) } else { old.get(row) }).collect();
    let mut changed = records.clone();
    changed.replace(position, cells);
    if (0..).zip(&gets).any(|(row, gets)| *gets && identity::is_made(records.id(row))) {
        let mut moved: FxHashMap<&str, String> = FxHashMap::default();
        let ids = (0..).zip(&gets).map(|(row, gets)| {
            let id = records.id(row);
            if !*gets || !identity::is_made(id) {
                return Some(id.to_owned());
            }
            let within = identity::within(id, value);
            moved.insert(id, within.clone());
            Some(within)
        });
        changed.replace(0, ids);
        for finding in &mut rows.findings {
            if let Some(id) = moved.get(finding.record_id.as_str()) {
                finding.record_id.clone_from(id);
            }
        }
    }
    rows.records = changed;
}

fn count(records: &Records) -> u32 {
    u32::try_from(records.len()).expect("a file has fewer than 4 billion rows")
}
