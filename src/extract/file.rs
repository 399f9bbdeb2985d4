//! One file: what it is, and its rows.

use std::path::Path;

use super::answers::Stand;
use super::blocks;
use super::csv;
use super::directory;
use super::document;
use super::encoding::Decoding;
use super::error::Failure;
use super::files::{Format, Input, squeeze};
use super::heading_row;
use super::headings::{Headings, entity_of};
use super::joins::Joins;
use super::sink::{FileRows, Repeats, Sink};
use super::stand_ins::StandIns;
use super::workbook;
use super::{FileReport, LookupItem};
use crate::model::{Entity, SourceIx};
use crate::pipeline::Source;
use crate::systems::{self, System};

/// What a file holds.
#[derive(Default)]
pub(super) struct Content {
    pub rows: Rows,
    /// Records of other entities in its elements.
    pub children: Vec<(Entity, FileRows)>,
    /// Items of reference lists that its records name, by list.
    pub named: Vec<(&'static str, LookupItem)>,
    /// What accounts are called, by distinguished name.
    pub people: Vec<(String, String)>,
}

/// The rows of a file.
#[derive(Default)]
pub(super) enum Rows {
    Records(Entity, FileRows),
    /// Records of several entities in one file.
    Several(Vec<(Entity, FileRows)>),
    /// Records in full, which add to those of the same id.
    Detail(Entity, FileRows),
    /// Values that add to the records of an entity.
    Supplement(Entity, FileRows),
    /// Items of reference lists.
    Lists(Vec<(&'static str, Vec<LookupItem>)>),
    /// Values that add to the records of an entity whose list of this name holds their ids.
    Through(Entity, FileRows, &'static str),
    /// Records, where no other file gives those of their ids.
    StandIns(Entity, StandIns),
    /// Nothing that is read.
    #[default]
    Nothing,
}

impl Content {
    /// Says that it is the answer that stands there. What only says more of a record stays that.
    pub fn stands_at(&mut self, stand: Stand) {
        let children = self.children.iter_mut().map(|(_, rows)| rows);
        let own: Vec<&mut FileRows> = match &mut self.rows {
            Rows::Records(_, rows)
            | Rows::Detail(_, rows)
            | Rows::Supplement(_, rows)
            | Rows::Through(_, rows, _) => vec![rows],
            Rows::Several(all) => all.iter_mut().map(|(_, rows)| rows).collect(),
            Rows::StandIns(..) | Rows::Lists(..) | Rows::Nothing => Vec::new(),
        };
        for rows in own.into_iter().chain(children) {
            rows.repeats = match rows.repeats {
                Repeats::Merged => Repeats::LatestMerged(stand),
                _ => Repeats::Latest(stand),
            };
        }
    }
}

impl From<Rows> for Content {
    fn from(rows: Rows) -> Self {
        Self { rows, ..Self::default() }
    }
}

/// Reads a file of a source; a CSV file in blocks of so many bytes, where they are given.
pub(super) fn read(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    joins: &Joins,
    block: Option<u64>,
) -> Result<(Content, FileReport), Failure> {
    let mut report = FileReport::new(ix, input);
    if let Some(note) = passed_over(source.system, input) {
        note.clone_into(&mut report.note);
        return Ok((Content::default(), report));
    }
    if source.licenses.names.as_ref().is_some_and(|names| input.path() == Some(&names.path)) {
        "passed over: it has the names of products".clone_into(&mut report.note);
        return Ok((Content::default(), report));
    }
    let outcome = match input.format {
        Format::Csv => read_csv(ix, source, input, block, &mut report),
        Format::Workbook => match &input.sheet {
            Some(sheet) => workbook::read(ix, source, input, sheet, &mut report),
            None => Ok(Content::default()),
        },
        Format::Json => document::read(ix, source, input, joins, &mut report),
        Format::Ldif => match &source.system.directory {
            Some(directory) => directory::read_ldif(ix, source, directory, input, &mut report),
            None => unknown(source, input, &mut report, no_directory(source)),
        },
        Format::Parquet => super::parquet::read(ix, source, input, &mut report),
        Format::Secret | Format::Other => Ok(Content::default()),
    };
    let content = outcome?;
    let counted: Vec<(Entity, &FileRows)> = match &content.rows {
        Rows::Records(entity, rows)
        | Rows::Detail(entity, rows)
        | Rows::Supplement(entity, rows)
        | Rows::Through(entity, rows, _)
        | Rows::StandIns(entity, StandIns { rows, .. }) => vec![(*entity, rows)],
        Rows::Several(all) => all.iter().map(|(entity, rows)| (*entity, rows)).collect(),
        Rows::Lists(..) | Rows::Nothing => Vec::new(),
    };
    for (entity, rows) in counted {
        report.entities.push(entity);
        report.rows += rows.records.rows_read;
        report.quarantined += rows.records.quarantined;
        report.count(&rows.findings);
    }
    if !report.entities.is_empty() && report.rows == 0 {
        "it has no rows".clone_into(&mut report.note);
    }
    for (entity, rows) in content.children.iter().filter(|(_, rows)| rows.records.rows_read > 0) {
        let with = if report.note.is_empty() { "with" } else { ", with" };
        report.note.push_str(&format!("{with} {} {}", rows.records.rows_read, entity.table()));
    }
    Ok((content, report))
}

/// Why a file is passed over unopened, `None` when it is opened.
pub(super) fn passed_over(system: &System, input: &Input) -> Option<&'static str> {
    match input.format {
        Format::Secret => Some("not opened: it holds passwords in clear text"),
        Format::Other => Some("passed over: not a CSV, XLSX, JSON, LDIF, Parquet or zip file"),
        _ if input.is_in(&system.foreign_folders) => {
            Some("passed over: a file of someone's own in the export")
        }
        _ => None,
    }
}

/// What becomes of a file that is none of the system's: passed over where the system's exports hold others, else an
/// error.
pub(super) fn unknown(
    source: &Source,
    input: &Input,
    report: &mut FileReport,
    failure: Failure,
) -> Result<Content, Failure> {
    match &source.system.others {
        Some(why) if !input.is_named && input.entity.is_none() => {
            report.note = format!("passed over: {why}");
            Ok(Content::default())
        }
        _ => Err(failure),
    }
}

/// Passes over a file of an entity that the system delivers in another role.
pub(super) fn not_of_role(source: &Source, entity: Entity, report: &mut FileReport) -> Content {
    report.note =
        format!("passed over: {} as {} delivers no {}", source.system.title, source.role, entity.table());
    Content::default()
}

fn read_csv(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    block: Option<u64>,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let read = csv::read(input, source, |rows| {
        let decoding = rows.decoding;
        report.encoding = decoding.name();
        report.separator = Some(char::from(rows.beginning.separator));
        report.title_lines = rows.beginning.titles;
        report.heading_line = rows.heading_line;
        if let Some(failure) = refused_by_headings(source, &rows.headings) {
            Err(failure)?;
        }
        if let Some(directory) = &source.system.directory {
            if directory::understood(source, directory, input, &rows.headings).is_none() {
                return Ok(unknown(source, input, report, not_recognised(source, &rows.headings))?);
            }
            return directory::read_csv(ix, source, directory, input, rows, report);
        }
        let Some((entity, headings)) = understood(source, input, &rows.headings) else {
            return Ok(unknown(source, input, report, not_recognised(source, &rows.headings))?);
        };
        if !source.system.delivers(source.role).contains(&entity) {
            return Ok(not_of_role(source, entity, report));
        }
        let mut sink = Sink::new(ix, source, entity, &input.shown);
        for (column, value) in class_of(source.system, entity, input) {
            sink.default_to(column, value);
        }
        if matches!(decoding, Decoding::Mixed(_)) {
            let message = format!("lines of the file are in two encodings, {}", decoding.name());
            sink.remark_file("", "mixed_encoding", "", &message);
        }
        let (rows, filled) = blocks::read(rows, &headings, source, sink, input.size, block)?;
        report.headings(&headings, entity, &filled);
        Ok(Rows::Records(entity, rows).into())
    });
    match read {
        Err(failure) if heading_row::is_no_table(&failure) => unknown(source, input, report, failure),
        read => read,
    }
}

/// The entity of a CSV file and its headings, `None` when it is no file of the source's system.
pub(super) fn understood(source: &Source, input: &Input, raw: &[String]) -> Option<(Entity, Headings)> {
    let entity = input.entity.or_else(|| entity_of(&input.stem(), raw, source))?;
    let headings = Headings::new(raw, entity, source);
    (headings.understood() > 0).then_some((entity, headings))
}

fn no_directory(source: &Source) -> Failure {
    let what = format!("LDIF is a directory's, and {} is none", source.system.title);
    Failure::new(
        what,
        "give the file a source of the system `active-directory`, or take it out of the pipeline",
    )
}

/// What the file's name says of its rows.
fn class_of<'s>(
    system: &'s System,
    entity: Entity,
    input: &Input,
) -> impl Iterator<Item = (&'s str, &'s str)> {
    let stem = input.stem();
    let classes = system.csv.get(&entity).map_or(&[][..], |shape| &shape.classes);
    let class = classes.iter().find(move |class| class.files.iter().any(|file| squeeze(file) == stem));
    class.into_iter().flat_map(|class| &class.set).map(|(column, value)| (column.as_str(), value.as_str()))
}

/// Why a file of this ending is refused; nothing for files that may be read.
pub(super) fn refused_by_name(source: &Source, path: &Path) -> Option<Failure> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let refused = source.system.refused.iter().find(|refused| refused.endings.contains(&ending))?;
    Some(Failure::new(format!("{} (.{ending})", refused.what), &refused.hint))
}

fn refused_by_headings(source: &Source, headings: &[String]) -> Option<Failure> {
    let squeezed: Vec<String> = headings.iter().map(|heading| squeeze(heading)).collect();
    let has = |tell: &String| squeezed.contains(&squeeze(tell));
    let mut refused = source.system.refused.iter();
    let refused = refused.find(|refused| !refused.tells.is_empty() && refused.tells.iter().all(has))?;
    Some(Failure::new(&refused.what, &refused.hint))
}

fn not_recognised(source: &Source, headings: &[String]) -> Failure {
    let shown: Vec<&str> = headings.iter().map(|heading| heading.trim()).take(8).collect();
    let known: Vec<&str> = source.system.entities.iter().map(|entity| entity.table()).collect();
    let what = format!(
        "its headings ({}) are none of {} that {} delivers",
        shown.join(", "),
        known.join(", "),
        source.system.title
    );
    let hint = match looks_like(headings, source.system) {
        Some(other) => format!("it looks like a file of `{}`: give it a source of that system", other.name),
        None => "name the entity with `files = [{ path = \"...\", entity = \"...\" }]` and the headings with `headings`".into(),
    };
    Failure::new(what, hint)
}

/// The system of which most headings are.
fn looks_like(headings: &[String], not: &System) -> Option<&'static System> {
    let known = |system: &System| {
        let aliases: Vec<String> = system
            .csv
            .values()
            .flat_map(|shape| shape.aliases.values().flatten())
            .map(|alias| squeeze(alias))
            .collect();
        headings.iter().filter(|heading| aliases.contains(&squeeze(heading))).count()
    };
    systems::all()
        .iter()
        .filter(|system| system.name != not.name)
        .map(|system| (known(system), system))
        .filter(|(count, _)| *count > 1)
        .max_by_key(|(count, system)| (*count, std::cmp::Reverse(&system.name)))
        .map(|(_, system)| system)
}
