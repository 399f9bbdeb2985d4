//! Where a table begins: what stands between its cells, and which row has the headings.
//!
//! People put titles, dates and `sep=;` above a table. The heading row is known by headings, or by looking like one; it is
//! never guessed beyond the first rows.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};
use rustc_hash::FxHashSet;

use super::error::Failure;
use super::files::squeeze;
use crate::pipeline::{Reading, Source};
use crate::systems::{self, Marks, System};

/// What may stand between cells, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// So many rows tell the separator.
const ROWS: usize = 50;

/// The heading row is one of so many first rows.
const FIRST: usize = 20;

/// What PowerShell's `Format-Table` leaves in a file instead of data.
const FORMAT_TABLE: &str = "ClassId2e4f51ef21dd47e99d3c952918aff9cd";

/// A table's beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Beginning {
    pub separator: u8,
    /// Where the heading row starts in the text.
    pub start: usize,
    /// Lines before it.
    pub lines: u64,
    /// Rows above it that are titles.
    pub titles: u64,
}

/// Finds the beginning of the table in `text`, the first part of a file or, where `is_whole`, all of it.
pub(super) fn find(text: &[u8], is_whole: bool, source: &Source) -> Result<Beginning, Failure> {
    let known = Known::new(source);
    let reading = &source.reading;
    let (skipped, told) = directives(text);
    let body = &text[skipped..];
    let candidates: Vec<Candidate> = match reading.separator.or(told) {
        Some(separator) => vec![Candidate::new(body, is_whole, separator, reading, &known)],
        None => {
            SEPARATORS.map(|it| Candidate::new(body, is_whole, it, reading, &known)).into_iter().collect()
        }
    };
    // Of equal ones the first counts, so the likeliest separators come last.
    let best = candidates.into_iter().rev().max_by_key(|it| it.rank).ok_or_else(empty)?;
    let at = heading_row(&best.records, &known)?;
    let start = skipped + best.starts[at];
    Ok(Beginning {
        separator: best.separator,
        start,
        lines: newlines(&text[..start]),
        titles: best.records[..at].iter().filter(|record| !is_blank(record)).count() as u64,
    })
}

/// The position of the heading row among the first rows of a table.
pub(super) fn heading_row(records: &[ByteRecord], known: &Known) -> Result<usize, Failure> {
    if records.iter().take(FIRST).any(|record| cells(record).any(|cell| cell.contains(FORMAT_TABLE))) {
        return Err(Failure::new(
            "format_table_export: the file holds what PowerShell shows on a screen, and no data",
            "export the objects themselves: leave out `Format-Table` before `Export-Csv`",
        ));
    }
    let filled: Vec<usize> = (0..records.len()).filter(|at| !is_blank(&records[*at])).collect();
    let widest = records.iter().map(ByteRecord::len).max().unwrap_or(0);
    let is_heading = |place: usize| {
        let record = &records[filled[place]];
        if known.hits(record) > 1 {
            return true;
        }
        let next = filled.get(place + 1).map(|at| records[*at].len());
        // A title has fewer cells than the table below it.
        let is_wide = || {
            (widest < 2 || record.len() > 1) && record.len() >= common_width(&records[filled[place] + 1..]).0
        };
        next == Some(record.len()) && looks_like_headings(record) && is_wide()
    };
    if let Some(place) = (0..filled.len().min(FIRST)).find(|place| is_heading(*place)) {
        return Ok(filled[place]);
    }
    let first = *filled.first().ok_or_else(empty)?;
    if filled.len() == 1 || known.hits(&records[first]) > 0 {
        return Ok(first);
    }
    let shown: Vec<Cow<'_, str>> = cells(&records[first]).take(4).collect();
    Err(Failure::new(
        format!(
            "heading_not_found: none of its first rows has headings; it begins with {}",
            shown.join(", ").escape_debug()
        ),
        "put a row of headings above the data, and no more than a few lines above it",
    ))
}

/// Why a sheet is no table.
pub(super) fn no_table(why: &str) -> Failure {
    Failure::new(format!("no_table: {why}"), "")
}

/// Whether what is wrong with a file is that there is no table in it.
pub(super) fn is_no_table(failure: &Failure) -> bool {
    ["heading_not_found:", "no_table:"].iter().any(|code| failure.what.starts_with(code))
}

fn empty() -> Failure {
    Failure::new("the file is empty", "export it again, or take it out of the pipeline")
}

/// The lines at the top that are meant for programs, `#TYPE` of PowerShell and `sep=` of Excel: how long they are, and
/// the separator that they name.
fn directives(text: &[u8]) -> (usize, Option<u8>) {
    let (mut skipped, mut separator) = (0, None);
    for _ in 0..2 {
        let line = text[skipped..].split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        let bare = bare.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(bare);
        if bare.starts_with(b"#TYPE ") {
            skipped += line.len();
        } else if let (None, Some((name, [byte]))) = (separator, bare.split_at_checked(4))
            && name.eq_ignore_ascii_case(b"sep=")
            && !byte.is_ascii_alphanumeric()
        {
            separator = Some(*byte);
            skipped += line.len();
        } else {
            break;
        }
    }
    (skipped, separator)
}

/// The first rows as one separator makes them.
struct Candidate {
    separator: u8,
    records: Vec<ByteRecord>,
    /// Where each starts.
    starts: Vec<usize>,
    /// How good it is: whether headings are known, how even the rows are, how many headings are known, the width.
    rank: (bool, usize, usize, usize),
}

impl Candidate {
    fn new(text: &[u8], is_whole: bool, separator: u8, reading: &Reading, known: &Known) -> Self {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .delimiter(separator)
            .comment(reading.comments)
            .from_reader(text);
        let (mut records, mut starts) = (Vec::new(), Vec::new());
        let mut record = ByteRecord::new();
        while records.len() < ROWS {
            let start = usize::try_from(reader.position().byte()).unwrap_or(text.len());
            // Reading from memory does not fail, and rows may be of any length.
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                break;
            }
            records.push(record.clone());
            starts.push(start);
        }
        // The last row may be cut where the text is.
        if !is_whole && records.len() < ROWS && records.len() > 1 {
            records.pop();
        }
        let (width, count) = common_width(&records);
        let rows = records.iter().filter(|record| !is_blank(record)).count().max(1);
        let evenness = if width > 1 { count * 1000 / rows } else { 0 };
        let hits = records.iter().take(FIRST).map(|record| known.hits(record)).max().unwrap_or(0);
        Self { separator, records, starts, rank: (hits > 1, evenness, hits, width) }
    }
}

/// The number of cells that most rows have, and how many have it.
fn common_width(records: &[ByteRecord]) -> (usize, usize) {
    let mut widths: Vec<usize> =
        records.iter().filter(|record| !is_blank(record)).map(ByteRecord::len).collect();
    widths.sort_unstable();
    widths
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len()))
        .max_by_key(|(_, count)| *count)
        .unwrap_or((0, 0))
}

/// Whether the row says nothing: white space and separators only.
pub(super) fn is_blank(record: &ByteRecord) -> bool {
    record.as_slice().iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x1a)
}

fn cells(record: &ByteRecord) -> impl Iterator<Item = Cow<'_, str>> {
    record.iter().map(String::from_utf8_lossy)
}

/// Texts of which none is repeated, in most cells.
fn looks_like_headings(record: &ByteRecord) -> bool {
    let mut seen = FxHashSet::default();
    let mut filled = 0;
    for cell in cells(record) {
        let cell = cell.trim().to_owned();
        if cell.is_empty() {
            continue;
        }
        filled += 1;
        let is_text = cell.chars().any(char::is_alphabetic) && !cell.contains('@');
        // What begins with a digit is a date, a size or a number with a unit.
        if !is_text || cell.starts_with(|c: char| c.is_ascii_digit()) || !seen.insert(cell) {
            return false;
        }
    }
    filled > 0 && filled * 10 >= record.len() * 6
}

#[expect(clippy::naive_bytecount, reason = "the compiler makes vector code of it")]
fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The headings that a source's files may have.
pub(super) struct Known {
    squeezed: FxHashSet<String>,
    marks: &'static Marks,
}

impl Known {
    pub fn new(source: &Source) -> Self {
        let of = |system: &System| -> Vec<String> {
            let shapes = system.csv.values();
            let aliases = shapes.flat_map(|shape| {
                shape
                    .aliases
                    .iter()
                    .flat_map(|(column, aliases)| aliases.iter().chain([column]))
                    .chain(&shape.tells)
            });
            aliases.map(|alias| squeeze(alias)).collect()
        };
        let mut known: FxHashSet<String> = of(source.system).into_iter().collect();
        known.extend(systems::find("csv").map(of).unwrap_or_default());
        known.extend(source.system.secrets.names().map(str::to_owned));
        let columns = source.system.entities.iter().flat_map(|entity| crate::model::fields(*entity));
        known.extend(columns.map(|field| squeeze(field.name)));
        known.extend(source.headings.values().flat_map(|map| map.values()).map(|heading| squeeze(heading)));
        known.remove("");
        Self { squeezed: known, marks: &source.system.heading_marks }
    }

    /// How many cells of a row are known headings.
    fn hits(&self, record: &ByteRecord) -> usize {
        let is_known = |cell: &str| self.squeezed.contains(&squeeze(self.marks.strip(cell)));
        cells(record).filter(|cell| cell.len() < 100 && is_known(cell)).count()
    }
}
