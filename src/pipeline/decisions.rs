//! The decisions file: a CSV under version control with one row per decision of a person.
//!
//! Reading reports everything that is wrong with the file at once and says where. What a decision means, and
//! whether the record that it names exists, is for matching to say.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};

use crate::matching::{Decision, DecisionKind};
use crate::model::{Entity, Role};

use super::errors::{Faults, ReadFault, read_text, shown};
use super::{Code, Pipeline, PipelineErrors};

/// The columns, in the order in which a new file has them.
pub const COLUMNS: [&str; 8] = ["entity", "source", "record_id", "decision", "hub_id", "note", "by", "at"];

/// The largest decisions file that is read: some millions of rows.
const LARGEST: u64 = 512 << 20;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads the decisions of the pipeline; none when there is no file.
///
/// # Errors
/// Everything that is wrong with the file, at once.
pub fn load(pipeline: &Pipeline) -> Result<Vec<Decision>, PipelineErrors> {
    let path = &pipeline.decisions;
    let text = match read_text(path, LARGEST) {
        Ok(text) => text,
        Err(ReadFault::Missing) => return Ok(Vec::new()),
        Err(ReadFault::Other(why)) => return Err(unreadable(path, "read", &why)),
    };
    let mut faults = Faults::default();
    let decisions = parse(&text, pipeline, &mut faults);
    if faults.is_empty() { Ok(decisions) } else { Err(faults.into_errors(path, &text)) }
}

/// Appends decisions to the pipeline's file, which is made when there is none. The new content is written
/// beside the file and takes its place in one step, so that a crash leaves the old file or the new one.
///
/// # Errors
/// When the file has another heading, or cannot be read or written.
pub fn append(pipeline: &Pipeline, decisions: &[Decision]) -> Result<(), PipelineErrors> {
    let path = &pipeline.decisions;
    let (mut text, is_new) = match read_text(path, LARGEST) {
        Ok(text) if text.trim_start_matches(BYTE_ORDER_MARK).trim().is_empty() => (text, true),
        Ok(text) => (text, false),
        Err(ReadFault::Missing) => (String::new(), true),
        Err(ReadFault::Other(why)) => return Err(unreadable(path, "read", &why)),
    };
    let mut faults = Faults::default();
    let mut order = COLUMNS.to_vec();
    if !is_new {
        let mut reader = Reader::new(&text);
        match reader.next() {
            Some(heading) => order = heading_names(&heading, &text, &mut faults),
            None => order.clear(),
        }
        if !faults.is_empty() {
            return Err(faults.into_errors(path, &text));
        }
    }
    // The file keeps the line ends that its editor gave it.
    let terminator = if text.contains("\r\n") { Terminator::CRLF } else { Terminator::Any(b'\n') };
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !text.is_empty() && !text.ends_with('\n') && !is_new {
        text.push_str(line_end);
    }
    let mut writer = WriterBuilder::new().terminator(terminator).from_writer(text.into_bytes());
    let written = (|| -> csv::Result<()> {
        if is_new {
            writer.write_record(COLUMNS)?;
        }
        for decision in decisions {
            writer.write_record(order.iter().map(|column| cell(decision, column)))?;
        }
        writer.flush()?;
        Ok(())
    })();
    written.map_err(|error| unreadable(path, "written", &error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| unreadable(path, "written", &error.to_string()))?;
    replace(path, &bytes).map_err(|error| unreadable(path, "written", &error.to_string()))
}

fn cell<'a>(decision: &'a Decision, column: &str) -> &'a str {
    match column {
        "entity" => decision.entity.name(),
        "source" => &decision.source,
        "record_id" => &decision.record_id,
        "decision" => decision.kind.name(),
        "hub_id" => &decision.hub_id,
        "note" => &decision.note,
        "by" => &decision.by,
        "at" => &decision.at,
        _ => "",
    }
}

/// Puts `bytes` in the place of the file `path` in one step.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A link is followed, so that the file that it leads to is replaced and not the link.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary: PathBuf = target.with_file_name(name);
    let result = (|| {
        let mut file = std::fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        if let Ok(metadata) = std::fs::metadata(&target) {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()?;
        std::fs::rename(&temporary, &target)
    })();
    if result.is_err() {
        // The error that stopped the work is the one to report; what is left over is harmless.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

fn unreadable(path: &Path, verb: &str, why: &str) -> PipelineErrors {
    let mut faults = Faults::default();
    faults.add_to_file(Code::DecisionsUnreadable, format!("the decisions file cannot be {verb}: {why}"));
    faults.into_errors(path, "")
}

fn parse(text: &str, pipeline: &Pipeline, faults: &mut Faults) -> Vec<Decision> {
    let mut reader = Reader::new(text);
    let Some(heading) = reader.next() else {
        if !text.trim_start_matches(BYTE_ORDER_MARK).trim().is_empty() {
            faults.add(Code::DecisionsHeading, 0..0, "the file has no heading");
        }
        return Vec::new();
    };
    let names = heading_names(&heading, text, faults);
    if names.len() != COLUMNS.len() {
        return Vec::new();
    }
    // The heading has every column, so each is found.
    let position = COLUMNS.map(|column| names.iter().position(|name| *name == column).unwrap_or(0));
    let mut decisions = Vec::new();
    for row in reader {
        if row.cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        if row.cells.len() != COLUMNS.len() {
            let count = row.cells.len();
            let cells = if count == 1 { "cell" } else { "cells" };
            faults
                .add(
                    Code::DecisionCells,
                    row.start..row.end(text),
                    format!("the row has {count} {cells}, the heading has {}", COLUMNS.len()),
                )
                .hint("put a note that holds a comma between quotes");
            continue;
        }
        decisions.extend(decision(&row, position, text, pipeline, faults));
    }
    decisions
}

/// The columns of the file, as far as they are known; reports those that are unknown or missing.
fn heading_names(heading: &Row, text: &str, faults: &mut Faults) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::with_capacity(COLUMNS.len());
    for (ix, cell) in heading.cells.iter().enumerate() {
        let word = String::from_utf8_lossy(cell).trim_start_matches(BYTE_ORDER_MARK).trim().to_lowercase();
        let found = COLUMNS.into_iter().find(|column| *column == word);
        match found {
            Some(column) if names.contains(&column) => {
                let span = heading.cell_span(ix, text);
                faults.add(Code::DecisionsHeading, span, format!("the column `{column}` is there twice"));
            }
            Some(column) => names.push(column),
            None => {
                let span = heading.cell_span(ix, text);
                let fault =
                    faults.add(Code::DecisionsHeading, span, format!("unknown column `{}`", shown(&word)));
                if word.contains([';', '\t']) {
                    fault.hint("save the file with commas between the cells");
                } else {
                    fault.nearest(&word, COLUMNS);
                }
            }
        }
    }
    let missing: Vec<String> =
        COLUMNS.iter().filter(|column| !names.contains(column)).map(|column| format!("`{column}`")).collect();
    if !missing.is_empty() {
        faults
            .add(
                Code::DecisionsHeading,
                heading.start..heading.end(text),
                format!("the heading lacks {}", missing.join(", ")),
            )
            .hint(format!("the first line is `{}`", COLUMNS.join(",")));
    }
    names
}

fn decision(
    row: &Row,
    position: [usize; 8],
    text: &str,
    pipeline: &Pipeline,
    faults: &mut Faults,
) -> Option<Decision> {
    // The whole text is UTF-8, and cells end at commas, quotes and line ends, which are characters of one
    // byte.
    let raw = |column: usize| String::from_utf8_lossy(row.cells.get(position[column]).unwrap_or_default());
    let cell = |column: usize| raw(column).trim().to_owned();
    let at = |column: usize| row.cell_span(position[column], text);
    let [entity_word, source, record_id, kind_word, hub_id] = [0, 1, 2, 3, 4].map(cell);
    let entity = Entity::parse(&entity_word);
    if entity.is_none() {
        faults
            .add(Code::DecisionEntity, at(0), format!("unknown entity `{}`", shown(&entity_word)))
            .nearest(&entity_word, Entity::ALL.map(Entity::name));
    }
    let others = || {
        pipeline.sources.iter().filter(|source| source.role != Role::Hub).map(|source| source.name.as_str())
    };
    let found = pipeline.source(&source).map(|(_, source)| source.role);
    match found {
        None => {
            faults
                .add(Code::DecisionSource, at(1), format!("unknown source `{}`", shown(&source)))
                .nearest(&source, others());
        }
        Some(Role::Hub) => {
            faults
                .add(Code::DecisionSource, at(1), "the hub's own rows are not decided on")
                .hint("name the source's record and put the hub's id into `hub_id`");
        }
        Some(_) => {}
    }
    if record_id.is_empty() {
        faults.add(Code::DecisionRecord, at(2), "the record id is missing");
    }
    let kind = DecisionKind::ALL.into_iter().find(|kind| kind.name() == kind_word);
    match kind {
        None => {
            faults
                .add(Code::DecisionUnknown, at(3), format!("unknown decision `{}`", shown(&kind_word)))
                .nearest(&kind_word, DecisionKind::ALL.map(DecisionKind::name));
        }
        Some(kind @ (DecisionKind::Match | DecisionKind::Never)) if hub_id.is_empty() => {
            faults
                .add(Code::DecisionHubId, at(4), format!("`{}` takes a hub id", kind.name()))
                .hint("the id of the hub's row, or SOURCE/RECORD-ID of a record where the hub has none");
        }
        Some(kind @ (DecisionKind::Ignore | DecisionKind::Create)) if !hub_id.is_empty() => {
            faults
                .add(Code::DecisionExtraHubId, at(4), format!("`{}` takes no hub id", kind.name()))
                .hint("leave the cell empty, or decide `match`");
        }
        Some(_) => {}
    }
    if record_id.is_empty() || found.is_none_or(|role| role == Role::Hub) {
        return None;
    }
    Some(Decision {
        line: row.line,
        entity: entity?,
        source,
        record_id,
        kind: kind?,
        hub_id,
        note: raw(5).into_owned(),
        by: raw(6).into_owned(),
        at: raw(7).into_owned(),
    })
}

/// Reads rows and says where they start.
struct Reader<'a> {
    rows: csv::Reader<&'a [u8]>,
    text: &'a str,
    /// The line at which the text up to `counted` ends. Lines are counted once for all rows.
    line: u64,
    counted: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let rows = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { rows, text, line: 1, counted: 0 }
    }
}

impl Iterator for Reader<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let mut cells = ByteRecord::new();
        // Reading from memory cannot fail, and rows may have any number of cells.
        if !self.rows.read_byte_record(&mut cells).unwrap_or(false) {
            return None;
        }
        let start = cells.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        // The reader counts line ends before a row as part of it.
        let start = self.text.len() - self.text[start..].trim_start_matches(['\r', '\n']).len();
        self.line += self.text[self.counted..start].matches('\n').count() as u64;
        self.counted = start;
        Some(Row { cells, start, line: self.line })
    }
}

/// A row and where it starts.
struct Row {
    cells: ByteRecord,
    start: usize,
    line: u64,
}

impl Row {
    /// The bytes of the cell with this position, without the quotes around it.
    fn cell_span(&self, position: usize, text: &str) -> Range<usize> {
        let mut start = self.start;
        for _ in 0..position {
            start = (cell_end(text, start) + 1).min(text.len());
        }
        start..cell_end(text, start)
    }

    /// The end of the row's first line.
    fn end(&self, text: &str) -> usize {
        let rest = &text[self.start..];
        self.start + rest.find(['\r', '\n']).unwrap_or(rest.len())
    }
}

/// The end of the cell that starts at `start`: at a comma or line end outside quotes.
fn cell_end(text: &str, start: usize) -> usize {
    let mut is_quoted = false;
    for (ix, byte) in text.as_bytes()[start..].iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' | b'\r' | b'\n' if !is_quoted => return start + ix,
            _ => {}
        }
    }
    text.len()
}
