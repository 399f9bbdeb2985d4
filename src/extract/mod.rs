//! Readers: a system's files in, canonical records and quarantined rows out.
//!
//! Files are read in parallel, each into rows of its own; then the files of one source and entity become one table.
//! Nothing here compares records of two sources. Bad rows are quarantined with file and line; a file that cannot be
//! read at all fails its source.

mod account;
mod adapters;
mod answers;
mod archive;
mod assemble;
mod attributes;
mod belonging;
mod blocks;
mod cells;
mod children;
mod csv;
mod dates;
mod directory;
mod document;
mod element;
mod encoding;
mod envelope;
mod error;
mod file;
mod files;
mod heading_row;
mod headings;
mod hub_links;
mod identity;
mod implied;
mod joins;
mod json;
mod known;
mod ldif;
mod licences;
mod lists;
mod made;
mod members;
mod merge;
mod nested;
mod node;
mod object;
mod parquet;
mod parts;
mod people;
mod recognise;
mod resolve;
mod rest;
mod rows;
mod scan;
mod sink;
mod skips;
mod stand_ins;
mod superseded;
mod supplement;
mod values;
mod widths;
mod workbook;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::model::{Entity, Finding, QuarantineRow, Records, SourceIx, Tables, column, fields};
use crate::normalize::Junk;
use crate::pipeline::Pipeline;
use belonging::Home;
use blocks::BLOCK;
use error::Failure;
use file::{Content, Rows};
use files::{Format, Input};
use headings::{Headings, Meaning};
use joins::Joins;
use licences::ProductNames;
use members::People;
use sink::FileRows;
use stand_ins::StandIns;

pub use belonging::Belonging;
pub use error::ExtractError;
pub use recognise::{Recognised, recognise};

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The records.
    pub tables: Tables,
    /// Reference lists of the hub and the PSAs.
    pub lookups: Lookups,
    /// Rows that could not become records.
    pub quarantine: Vec<QuarantineRow>,
    /// What was noticed about values.
    pub findings: Vec<Finding>,
    /// What was read of every file.
    pub files: Vec<FileReport>,
    /// Optional sources that could not be read, with the reason.
    pub missing: Vec<(SourceIx, String)>,
}

/// What `check` says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The source.
    pub source: SourceIx,
    /// The file, relative to the pipeline's folder.
    pub file: String,
    /// What it was read as: `CSV`, `JSON`, `Parquet`.
    pub format: &'static str,
    /// The encoding of text files.
    pub encoding: &'static str,
    /// The entities, none for reference lists and files that were passed over.
    pub entities: Vec<Entity>,
    /// Rows read, quarantined ones included.
    pub rows: u64,
    /// Rows quarantined.
    pub quarantined: u64,
    /// Headings or members that were understood, with the canonical column.
    pub understood: Vec<(String, &'static str)>,
    /// Headings or members that were not, and went to `raw`.
    pub not_understood: Vec<String>,
    /// Which organization its rows belong to and what says so, where they do not all say it themselves.
    pub belonging: Option<Belonging>,
    /// What separates the cells of a CSV file.
    pub separator: Option<char>,
    /// Rows above the heading row that are titles.
    pub title_lines: u64,
    /// The line of the heading row, 0 where there is none.
    pub heading_line: u64,
    /// Values that were repaired, that may be wrong, and that were left out.
    pub noted: Noted,
    /// What was noticed about the file as a whole.
    pub remarks: Vec<String>,
    /// Why the file was passed over, or another remark; empty for none.
    pub note: String,
}

/// What was noticed about the values of a file, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noted {
    /// Repaired without loss.
    pub repaired: u64,
    /// Taken as they are, though they may be wrong.
    pub doubted: u64,
    /// Left out, because they are wrong or cannot be read.
    pub dropped: u64,
}

impl FileReport {
    /// What can be said before the file is opened.
    fn new(source: SourceIx, input: &Input) -> Self {
        Self {
            source,
            file: input.shown.clone(),
            format: input.format.name(),
            encoding: if matches!(input.format, Format::Csv | Format::Json | Format::Ldif) {
                "UTF-8"
            } else {
                ""
            },
            entities: Vec::new(),
            rows: 0,
            quarantined: 0,
            understood: Vec::new(),
            not_understood: Vec::new(),
            belonging: None,
            separator: None,
            title_lines: 0,
            heading_line: 0,
            noted: Noted::default(),
            remarks: Vec::new(),
            note: String::new(),
        }
    }

    /// Which headings were understood. Columns without a heading count when they hold something.
    fn headings(&mut self, headings: &Headings, entity: Entity, filled: &[bool]) {
        self.understood.clear();
        self.not_understood.clear();
        for (at, (name, meaning)) in headings.names.iter().zip(&headings.meanings).enumerate() {
            match meaning {
                Meaning::Column(column) => self.understood.push((name.clone(), fields(entity)[*column].name)),
                Meaning::FullName => self.understood.push((name.clone(), "first_name and last_name")),
                Meaning::Unknown if headings.is_blank(at) && !filled[at] => {}
                Meaning::Secret | Meaning::Unknown => self.not_understood.push(name.clone()),
            }
        }
    }

    /// Counts what was noticed about values, and keeps what was noticed about the file.
    fn count(&mut self, findings: &[Finding]) {
        for finding in findings {
            if finding.record_id.is_empty() {
                let message = finding.message.trim_end_matches(&format!(" ({})", self.file));
                self.remarks.push(format!("{message} ({})", finding.code));
                continue;
            }
            match finding.code {
                "forced_text" | "float_identifier" | "typographic" | "mojibake_repaired" | "row_rejoined"
                | "nul_bytes" => {
                    self.noted.repaired += 1;
                }
                "excel_scientific" | "excel_date" | "error_cell" | "null_word" | "bad_date"
                | "date_ambiguous" | "bad_truth_value" | "bad_number" | "bad_interfaces" => {
                    self.noted.dropped += 1;
                }
                // A short MAC address is no address; a short serial number is one.
                "maybe_leading_zeros" if finding.field == column::MAC_ADDRESS => self.noted.dropped += 1,
                _ => self.noted.doubted += 1,
            }
        }
    }
}

/// Reference lists: names and ids that payloads need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookups {
    /// By source and list name (such as `configuration_types`, `manufacturers`, `models`,
    /// `operating_systems`), the items as read.
    pub lists: BTreeMap<(SourceIx, &'static str), Vec<LookupItem>>,
    /// Items that records name with their ids, likewise. They exist, but others may exist that no record names.
    pub named: BTreeMap<(SourceIx, &'static str), Vec<LookupItem>>,
}

/// One item of a reference list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupItem {
    /// The id, as text.
    pub id: String,
    /// The name.
    pub name: String,
    /// The id of the item that it belongs to: a model's manufacturer, a region's country.
    pub parent_id: Option<String>,
    /// True when the vendor marks it as inactive or closed.
    pub is_inactive: bool,
}

/// What happens while files are read.
#[derive(Debug, Clone, Copy)]
pub enum ExtractEvent<'a> {
    /// So many files are going to be read.
    Started {
        /// The number of files.
        files: usize,
    },
    /// A file was read.
    FileRead(&'a FileReport),
}

/// Reads all sources of a pipeline.
///
/// # Errors
/// The first source, in the pipeline's order, that cannot be read and is not optional.
pub fn extract(
    pipeline: &Pipeline,
    tell: &(dyn Fn(ExtractEvent<'_>) + Sync),
) -> Result<Extracted, ExtractError> {
    let (extracted, errors) = read_all(pipeline, tell);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(extracted),
    }
}

/// Reads all sources for `check`: what was read of every file, every error, and what was noticed.
#[must_use]
pub fn inspect(pipeline: &Pipeline) -> (Extracted, Vec<ExtractError>) {
    read_all(pipeline, &|_| {})
}

type Outcome = Result<(Content, FileReport), Failure>;

fn read_all(pipeline: &Pipeline, tell: &(dyn Fn(ExtractEvent<'_>) + Sync)) -> (Extracted, Vec<ExtractError>) {
    let mut inputs: Vec<(SourceIx, Input)> = Vec::new();
    let mut failures: Vec<(SourceIx, String, Failure)> = Vec::new();
    for (ix, source) in (0..).zip(&pipeline.sources) {
        if let Some(api) = &source.api {
            match files::of_snapshot(&api.snapshots, &pipeline.folder) {
                Ok(found) => inputs.extend(found.into_iter().map(|input| (ix, input))),
                Err(failure) => failures.push((ix, String::new(), failure)),
            }
        }
        for spec in &source.files {
            match files::find(spec, &pipeline.folder) {
                Ok(found) => inputs.extend(found.into_iter().map(|input| (ix, input))),
                Err(failure) => {
                    let failure = file::refused_by_name(source, &spec.path).unwrap_or(failure);
                    failures.push((ix, spec.written.clone(), failure));
                }
            }
        }
    }
    // Two paths of a source may lead to one file. The one that says more of it counts, else the one closer to it.
    inputs.sort_by(|a, b| (a.0, &a.1.shown, a.1.vagueness()).cmp(&(b.0, &b.1.shown, b.1.vagueness())));
    inputs.dedup_by(|a, b| a.0 == b.0 && a.1.is_same(&b.1));
    tell(ExtractEvent::Started { files: inputs.len() });
    let homes = inputs.iter().map(|(ix, input)| ((*ix, input.shown.clone()), input.home())).collect();
    let joins: Vec<Joins> = (0..)
        .zip(&pipeline.sources)
        .map(|(ix, source)| {
            let own: Vec<&Input> =
                inputs.iter().filter(|(of, _)| *of == ix).map(|(_, input)| input).collect();
            Joins::read(source, &own)
        })
        .collect();
    // Large files first: one that is begun last would be read while nothing else is left to do. So would one that is more than a
    // thread's share of all of them, unless others help.
    let share = inputs.iter().map(|(_, input)| input.size).sum::<u64>() / rayon::current_num_threads() as u64;
    let mut waiting: Vec<(usize, (SourceIx, Input))> = inputs.into_iter().enumerate().collect();
    waiting.sort_by_key(|(_, (_, input))| Reverse(input.size));
    let mut read: Vec<(usize, (SourceIx, String, Outcome))> = waiting
        .into_iter()
        .par_bridge()
        .map(|(at, (ix, input))| {
            let block = (input.size > share.max(BLOCK)).then_some(BLOCK);
            let mut outcome =
                file::read(ix, &pipeline.sources[usize::from(ix)], &input, &joins[usize::from(ix)], block);
            if let Ok((content, report)) = &mut outcome {
                if let Some(stand) = input.stand() {
                    content.stands_at(stand);
                }
                tell(ExtractEvent::FileRead(report));
            }
            (at, (ix, input.shown, outcome))
        })
        .collect();
    read.sort_unstable_by_key(|(at, _)| *at);

    let mut whole = Collected::default();
    for (_, (ix, shown, outcome)) in read {
        match outcome {
            Ok((content, report)) => whole.add(ix, content, report),
            Err(failure) => failures.push((ix, shown, failure)),
        }
    }
    for (ix, source) in (0..).zip(&pipeline.sources) {
        let has_failed = failures.iter().any(|(failed, ..)| *failed == ix);
        let has_files = !source.files.is_empty() || source.api.is_some();
        if has_files && !has_failed && !whole.sources.contains(&ix) {
            let what = format!("none of its files holds anything that {} delivers", source.system.title);
            let hint = "see `matchbook check` for what each file is";
            failures.push((ix, String::new(), Failure::new(what, hint)));
        }
    }
    let names: Vec<ProductNames> = (0..)
        .zip(&pipeline.sources)
        .map(|(ix, source)| match ProductNames::of(source) {
            Ok(names) => names,
            Err((file, failure)) => {
                failures.push((ix, file, failure));
                ProductNames::default()
            }
        })
        .collect();
    let mut extracted = whole.assemble(pipeline, &homes, &names);
    failures.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut errors = Vec::new();
    for (ix, file, failure) in failures {
        let source = &pipeline.sources[usize::from(ix)];
        let error = ExtractError::new(&source.name, &file, failure);
        if source.optional { extracted.missing.push((ix, error.to_string())) } else { errors.push(error) }
    }
    (extracted, errors)
}

/// The folder of a file, as shown to people.
fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The rows of all files, by source and entity.
#[derive(Default)]
struct Collected {
    records: BTreeMap<(SourceIx, Entity), Vec<FileRows>>,
    details: BTreeMap<(SourceIx, Entity), Vec<FileRows>>,
    supplements: BTreeMap<(SourceIx, Entity), Vec<FileRows>>,
    /// Supplements by ids of their own, with the list of the records that holds these.
    through: Vec<((SourceIx, Entity), FileRows, &'static str)>,
    stand_ins: BTreeMap<(SourceIx, Entity), Vec<StandIns>>,
    lookups: Lookups,
    /// What accounts are called, by source and folder.
    people: BTreeMap<(SourceIx, String), People>,
    files: Vec<FileReport>,
    /// Sources of which something was read.
    sources: BTreeSet<SourceIx>,
}

impl Collected {
    fn add(&mut self, source: SourceIx, content: Content, mut report: FileReport) {
        for (list, item) in content.named {
            self.lookups.named.entry((source, list)).or_default().push(item);
        }
        if !content.people.is_empty() {
            self.people.entry((source, folder(&report.file).to_owned())).or_default().add(content.people);
        }
        if !matches!(content.rows, Rows::Nothing) {
            self.sources.insert(source);
        }
        for (entity, rows) in content.children {
            self.records.entry((source, entity)).or_default().push(rows);
        }
        match content.rows {
            Rows::Records(entity, rows) => self.records.entry((source, entity)).or_default().push(rows),
            Rows::Several(all) => {
                for (entity, rows) in all {
                    self.records.entry((source, entity)).or_default().push(rows);
                }
            }
            Rows::Detail(entity, rows) => self.details.entry((source, entity)).or_default().push(rows),
            Rows::Supplement(entity, rows) => {
                report.note = format!("adds to the {}", entity.table());
                self.supplements.entry((source, entity)).or_default().push(rows);
            }
            Rows::Lists(lists) => {
                for (list, items) in lists {
                    self.lookups.lists.entry((source, list)).or_default().extend(items);
                }
            }
            Rows::Through(entity, rows, list) => {
                report.note = format!("adds to the {}", entity.table());
                self.through.push(((source, entity), rows, list));
            }
            Rows::StandIns(entity, rows) => self.stand_ins.entry((source, entity)).or_default().push(rows),
            Rows::Nothing => {}
        }
        self.files.push(report);
    }

    /// Makes records of what stands in for them, and gives supplements the ids of their records.
    fn settle(&mut self, pipeline: &Pipeline) {
        for (key, stand_ins) in std::mem::take(&mut self.stand_ins) {
            let name = &pipeline.sources[usize::from(key.0)].name;
            let records = self.records.entry(key).or_default();
            stand_ins::settle(name, records, self.supplements.entry(key).or_default(), stand_ins);
        }
        for (key, rows, list) in std::mem::take(&mut self.through) {
            let records = self.records.get(&key).map_or(&[][..], Vec::as_slice);
            self.supplements.entry(key).or_default().push(stand_ins::redirected(records, rows, list));
        }
    }

    fn assemble(
        mut self,
        pipeline: &Pipeline,
        homes: &BTreeMap<(SourceIx, String), Home>,
        names: &[ProductNames],
    ) -> Extracted {
        self.records.values_mut().for_each(|files| nested::drop_superseded(files));
        self.settle(pipeline);
        resolve::resolve(pipeline, &self.lookups, &mut self.records);
        let given = belonging::assign(pipeline, homes, &mut self.records, &mut self.files);
        for ((source, entity), files) in &mut self.records {
            for rows in files.iter_mut().filter(|_| *entity == Entity::Group) {
                let folder = rows.records.files.first().map_or("", |file| folder(&file.path));
                if let Some(people) = self.people.get(&(*source, folder.to_owned())) {
                    people.name_members(rows);
                }
            }
        }
        for key in self.details.keys() {
            self.records.entry(*key).or_default();
        }
        let mut parts = Vec::with_capacity(self.records.len());
        for (key, files) in self.records {
            let details = self.details.remove(&key).unwrap_or_default();
            let supplements = self.supplements.remove(&key).unwrap_or_default();
            parts.push((key.0, key.1, assemble::Parts { files, details, supplements }));
        }
        // Large tables first, as with files.
        parts.sort_by_key(|(_, _, parts)| Reverse(parts.rows()));
        let mut made: Vec<assemble::Assembled> = parts
            .into_iter()
            .par_bridge()
            .map(|(source, entity, parts)| {
                let settings = &pipeline.sources[usize::from(source)];
                let merge = settings.system.csv.get(&entity).and_then(|shape| shape.merge.as_ref());
                let junk = merge.map(|_| Junk::new(&pipeline.junk));
                assemble::table(source, &settings.name, entity, parts, merge.zip(junk.as_ref()))
            })
            .collect();
        made.sort_by_key(|made| (made.records.source, made.records.entity));
        let (mut tables, mut findings, mut quarantine) = (Vec::new(), Vec::new(), Vec::new());
        for made in made {
            tables.push(made.records);
            findings.extend(made.findings);
            quarantine.extend(made.quarantine);
        }
        for (source, settings) in (0..).zip(&pipeline.sources).skip(1) {
            let (mut own, others): (Vec<Records>, Vec<Records>) =
                std::mem::take(&mut tables).into_iter().partition(|table| table.source == source);
            tables = others;
            if !own.iter().any(|table| table.entity == Entity::Organization) {
                tables.extend(implied::implied_organizations(source, &settings.name, &own));
            } else if let Some(given) = given.get(&source) {
                own = own
                    .into_iter()
                    .map(|table| match table.entity {
                        Entity::Organization => {
                            implied::with_organizations(table, &settings.name, given, pipeline.names)
                        }
                        _ => table,
                    })
                    .collect();
            }
            licences::complete(settings, &names[usize::from(source)], &mut own, &mut findings);
            tables.extend(own);
        }
        quarantine.sort();
        self.files.sort_by(|a, b| (a.source, &a.file).cmp(&(b.source, &b.file)));
        for items in self.lookups.lists.values_mut().chain(self.lookups.named.values_mut()) {
            items.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
            items.dedup_by(|a, b| a.id == b.id);
        }
        // What is known of each file was noted between its rows, which are gone now. Of thousands of files that leaves
        // thousands of gaps in memory, among which every stage to come would look for room: copies stand together.
        for table in &mut tables {
            table.files = table.files.clone();
        }
        let files = self.files.clone();
        Extracted {
            tables: Tables::new(pipeline.sources.len(), tables),
            lookups: self.lookups,
            quarantine,
            findings,
            files,
            missing: Vec::new(),
        }
    }
}
