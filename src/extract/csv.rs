//! CSV files: UTF-8, separated by commas, read row by row with line numbers.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};

use super::error::Failure;
use super::files::squeeze;
use super::headings::{Headings, Meaning};
use super::identity::FULL_NAME;
use super::lists;
use super::sink::{NUL_BYTES, Sink};
use super::skips::{Seen, Skips};
use super::values::unwrapped;
use crate::model::{Kind, column, fields};
use crate::pipeline::Source;

/// The largest cell that becomes a value.
const CELL_SIZE: usize = 1 << 20;

/// The most bytes of one row. A quote that is never closed would otherwise swallow the file.
const ROW_SIZE: usize = 64 << 20;

/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

/// Stops a row that goes on for ever, and knows how the file ended.
struct RowLimit<R> {
    inner: R,
    progress: Rc<Progress>,
}

/// How far a file was read.
#[derive(Default)]
struct Progress {
    /// Bytes since the last row.
    since_row: Cell<usize>,
    last_byte: Cell<u8>,
    has_ended: Cell<bool>,
}

impl<R: Read> Read for RowLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.since_row.get() > ROW_SIZE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, ROW_LIMIT));
        }
        let count = self.inner.read(buffer)?;
        self.progress.since_row.set(self.progress.since_row.get() + count);
        match buffer[..count].last() {
            Some(last) => self.progress.last_byte.set(*last),
            None => self.progress.has_ended.set(true),
        }
        Ok(count)
    }
}

const ROW_LIMIT: &str = "a row is larger than 64 MiB";

/// An open CSV file.
pub(super) struct CsvRows<'r> {
    reader: csv::Reader<RowLimit<&'r mut dyn Read>>,
    progress: Rc<Progress>,
    record: ByteRecord,
    /// The headings as written.
    pub headings: Vec<String>,
}

impl<'r> CsvRows<'r> {
    /// Reads the heading row.
    pub fn open(inner: &'r mut dyn Read) -> Result<Self, Failure> {
        let progress = Rc::new(Progress::default());
        let limited = RowLimit { inner, progress: Rc::clone(&progress) };
        // With CRLF as the end of a row, a row would be said to start where the one before it ends. So rows end at LF,
        // and a CR before it is taken off the last cell.
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER)
            .from_reader(limited);
        let mut record = ByteRecord::new();
        let has_row = reader.read_byte_record(&mut record).map_err(|error| failure(&error))?;
        if !has_row {
            return Err(Failure::new("the file is empty", "export it again, or take it out of the pipeline"));
        }
        let mut headings: Vec<String> =
            record.iter().map(|cell| String::from_utf8_lossy(cell).replace('\0', "")).collect();
        if let Some(first) = headings.first_mut() {
            *first = first.trim_start_matches('\u{feff}').to_owned();
        }
        if let Some(last) = headings.last_mut() {
            last.truncate(last.trim_end_matches('\r').len());
        }
        Ok(Self { reader, progress, record, headings })
    }

    /// Reads the next row. `false` at the end.
    fn next(&mut self) -> Result<bool, Failure> {
        self.progress.since_row.set(0);
        self.reader.read_byte_record(&mut self.record).map_err(|error| failure(&error))
    }

    /// The line on which the row in hand starts. Blank lines before it are no part of it, so it is counted back from
    /// its end.
    #[expect(clippy::naive_bytecount, reason = "a row is short")]
    fn line(&self) -> u64 {
        let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let is_cut = self.progress.has_ended.get() && self.progress.last_byte.get() != b'\n';
        self.reader.position().line().saturating_sub(inside + u64::from(!is_cut))
    }

    /// Gives all rows to `sink`.
    pub fn read_into(
        mut self,
        headings: &Headings,
        source: &Source,
        sink: &mut Sink<'_>,
    ) -> Result<(), Failure> {
        let plan = Plan::new(headings, source, sink);
        while self.next()? {
            plan.take(&self.record, self.line(), sink);
        }
        Ok(())
    }

    /// Gives all rows that are no blank lines to `take`: the line and the cells, or the line, why the row is bad and
    /// what it says.
    pub fn each(
        mut self,
        take: &mut dyn FnMut(Result<(u64, Vec<&str>), (u64, String, String)>),
    ) -> Result<(), Failure> {
        while self.next()? {
            if is_blank(&self.record) {
                continue;
            }
            let line = self.line();
            let cells: Result<Vec<&str>, _> = self.record.iter().map(std::str::from_utf8).collect();
            match cells {
                Ok(mut cells) => {
                    if let Some(last) = cells.last_mut() {
                        *last = last.strip_suffix('\r').unwrap_or(last);
                    }
                    take(Ok((line, cells)));
                }
                Err(_) => take(Err((line, "invalid_utf8: the row is not UTF-8".to_owned(), String::new()))),
            }
        }
        Ok(())
    }

    /// Counts the rows that are no blank lines, without keeping any.
    pub fn count(mut self) -> Result<u64, Failure> {
        let mut count = 0;
        while self.next()? {
            count += u64::from(!is_blank(&self.record));
        }
        Ok(count)
    }
}

fn failure(error: &csv::Error) -> Failure {
    let at = error.position().map_or_else(String::new, |position| format!("line {}: ", position.line()));
    let hint =
        if error.to_string().contains(ROW_LIMIT) { "look for a quote that is never closed" } else { "" };
    Failure::new(format!("{at}{error}"), hint)
}

fn is_blank(record: &ByteRecord) -> bool {
    record.as_slice().iter().all(u8::is_ascii_whitespace)
}

/// What to do with each cell of a row.
struct Plan<'h> {
    headings: &'h Headings,
    kinds: Vec<Option<(usize, Kind, &'static str)>>,
    has_id: bool,
    links: Option<usize>,
    /// The columns that say that a row takes no part.
    skips: Skips<'h, usize>,
    skip_position: Option<usize>,
}

impl<'h> Plan<'h> {
    fn new(headings: &'h Headings, source: &'h Source, sink: &mut Sink<'_>) -> Self {
        let all = fields(sink.entity());
        let mut kinds = Vec::with_capacity(headings.meanings.len());
        for meaning in &headings.meanings {
            kinds.push(match meaning {
                Meaning::Column(at) => {
                    sink.carry(*at);
                    Some((*at, all[*at].kind, all[*at].name))
                }
                Meaning::FullName => {
                    for name in [column::FIRST_NAME, column::LAST_NAME] {
                        sink.carry(position(sink, name));
                    }
                    None
                }
                Meaning::Secret | Meaning::Unknown => None,
            });
        }
        let has_id = headings.meanings.contains(&Meaning::Column(0));
        let at = |name: &str| all.iter().position(|field| field.name == name);
        let heading = |path: &str| headings.names.iter().position(|name| squeeze(name) == squeeze(path));
        let shape = source.system.csv.get(&sink.entity());
        let rules = shape.map_or(&[][..], |shape| &shape.skip);
        let skips = Skips::new(rules, source, true, heading);
        Self {
            headings,
            kinds,
            has_id,
            links: at(column::LINKS),
            skips,
            skip_position: at(column::SKIP_REASON),
        }
    }

    fn take(&self, record: &ByteRecord, line: u64, sink: &mut Sink<'_>) {
        if is_blank(record) {
            return;
        }
        let raw = || self.raw(record);
        let bytes = record.as_slice();
        if bytes.len() > CELL_SIZE && record.iter().any(|cell| cell.len() > CELL_SIZE) {
            sink.reject(line, "cell_too_large: a cell is larger than 1 MiB", &raw());
            return;
        }
        let width = self.headings.names.len();
        if record.len() > width && record.iter().skip(width).any(|cell| !cell.trim_ascii().is_empty()) {
            let reason = format!(
                "row_long: the row has {} cells, the heading row has {width}; a comma without quotes is likely",
                record.len()
            );
            sink.reject(line, &reason, &raw());
            return;
        }
        let cells = || (0..record.len().min(width)).map(|at| record.range(at).unwrap_or_default());
        // All cells are checked at once; a letter that two cells share halves of ends in none of them.
        let text = std::str::from_utf8(bytes).ok();
        let Some(text) = text.filter(|text| cells().all(|range| text.is_char_boundary(range.end))) else {
            sink.reject(line, "invalid_utf8: the row is not UTF-8", &raw());
            return;
        };
        if record.len() < width {
            sink.remark("", "row_short", "", &format!("the row has {} of {width} cells", record.len()));
        }
        let has_nul = bytes.contains(&0);
        if has_nul {
            sink.remark("", "nul_bytes", "", NUL_BYTES);
        }
        for (at, range) in cells().enumerate() {
            let mut cell = &text[range];
            if at + 1 == record.len() {
                cell = cell.strip_suffix('\r').unwrap_or(cell);
            }
            if has_nul && cell.contains('\0') {
                self.put(at, &cell.replace('\0', ""), sink);
            } else if !cell.is_empty() {
                self.put(at, cell, sink);
            }
        }
        if let Some(position) = self.skip_position {
            let cell = |at: &usize| Seen::cell(record.range(*at).map_or("", |range| &text[range]));
            if let Some(reason) = self.skips.reason(cell) {
                sink.put_made(position, reason.code());
            }
        }
        sink.finish(line, raw);
    }

    /// The row for the quarantine, without secrets.
    fn raw(&self, record: &ByteRecord) -> String {
        let is_secret = |at: usize| self.headings.meanings.get(at) == Some(&Meaning::Secret);
        let cells = (0..)
            .zip(record)
            .map(|(at, cell)| if is_secret(at) { "".into() } else { String::from_utf8_lossy(cell) });
        cells.collect::<Vec<_>>().join(",").trim_end_matches('\r').to_owned()
    }

    fn put(&self, at: usize, cell: &str, sink: &mut Sink<'_>) {
        let cell = unwrapped(cell);
        let Some((position, kind, name)) = self.kinds[at] else {
            self.put_other(at, cell, sink);
            return;
        };
        if !self.has_id {
            sink.identify(name, cell);
        }
        let is_taken = match kind {
            Kind::Interfaces => match lists::interfaces_of_json(cell) {
                Some(list) => {
                    sink.put_made(position, &list);
                    true
                }
                None => sink.doubt(name, "bad_interfaces", cell, "the cell is not a JSON list of interfaces"),
            },
            Kind::List | Kind::Emails | Kind::Phones if Some(position) != self.links => {
                sink.put(position, &lists::split(cell))
            }
            _ => sink.put(position, cell),
        };
        if !is_taken {
            sink.rest.add_text(&self.headings.names[at], cell);
        }
    }

    fn put_other(&self, at: usize, cell: &str, sink: &mut Sink<'_>) {
        match self.headings.meanings[at] {
            Meaning::FullName => {
                if !self.has_id {
                    sink.identify(FULL_NAME, cell);
                }
                let (first, last) = lists::split_name(cell);
                sink.put(position(sink, column::FIRST_NAME), first);
                sink.put(position(sink, column::LAST_NAME), last);
            }
            Meaning::Secret => {}
            _ => sink.rest.add_text(&self.headings.names[at], cell),
        }
    }
}

fn position(sink: &Sink<'_>, name: &str) -> usize {
    fields(sink.entity()).iter().position(|field| field.name == name).expect("contacts have names")
}
