//! The rows of a table of text, of a CSV file or a workbook's sheet: which cell goes to which column.

use csv::ByteRecord;

use super::cells::{self, Care};
use super::error::Failure;
use super::files::squeeze;
use super::heading_row::is_blank;
use super::headings::{Headings, Meaning};
use super::identity::FULL_NAME;
use super::known::Known;
use super::lists;
use super::sink::{NUL_BYTES, Sink};
use super::skips::{Seen, Skips};
use crate::model::{Kind, column, fields};
use crate::pipeline::Source;

/// Why a table is not read on.
pub(super) enum Refused {
    /// It was taken for UTF-8 and is not.
    NotUtf8,
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// A column of the file that is a canonical column.
struct Target {
    position: usize,
    kind: Kind,
    name: &'static str,
    care: Care,
    /// Whether a cell holds several values, split as people type them.
    is_list: bool,
    /// What cells became, by their text before it was cleaned.
    known: Known,
}

/// Two columns of one heading, the first of which counts.
struct Twins {
    first: usize,
    second: usize,
    name: &'static str,
    /// The first line on which they differ.
    differ: Option<u64>,
}

/// What to do with each cell of a row.
pub(super) struct Plan<'h> {
    headings: &'h Headings,
    separator: char,
    targets: Vec<Option<Target>>,
    has_id: bool,
    /// The columns that say that a row takes no part.
    skips: Skips<'h, usize>,
    skip_position: Option<usize>,
    twins: Vec<Twins>,
    /// The column that takes up separators that nobody quoted.
    rejoin: Option<usize>,
    max_cell: usize,
    /// Rows, and those of them with another number of cells than headings.
    rows: u64,
    ragged: u64,
    /// Whether a row has anything in a column without a heading.
    pub filled: Vec<bool>,
}

impl<'h> Plan<'h> {
    pub fn new(headings: &'h Headings, source: &'h Source, separator: u8, sink: &mut Sink<'_>) -> Self {
        let all = fields(sink.entity());
        let mut targets = Vec::with_capacity(headings.meanings.len());
        for meaning in &headings.meanings {
            targets.push(match meaning {
                Meaning::Column(at) => {
                    sink.carry(*at);
                    let field = &all[*at];
                    sink.read_dates_together(*at, &headings.names[targets.len()]);
                    Some(Target {
                        position: *at,
                        kind: field.kind,
                        name: field.name,
                        care: Care::of(sink.entity(), field),
                        is_list: matches!(field.kind, Kind::List | Kind::Emails | Kind::Phones)
                            && field.name != column::LINKS,
                        known: Known::default(),
                    })
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
        let reading = sink.reading();
        let has_id = headings.meanings.contains(&Meaning::Column(0));
        let at = |name: &str| all.iter().position(|field| field.name == name);
        let heading = |name: &str| headings.names.iter().position(|own| squeeze(own) == squeeze(name));
        let rules = source.system.csv.get(&sink.entity()).map_or(&[][..], |shape| &shape.skip);
        let skips = Skips::new(rules, source, true, heading);
        let twins = headings.twins.iter().filter_map(|(first, second)| {
            let name = match headings.meanings[*first] {
                Meaning::Column(at) => all[at].name,
                Meaning::FullName | Meaning::Unknown => "",
                Meaning::Secret => return None,
            };
            Some(Twins { first: *first, second: *second, name, differ: None })
        });
        Self {
            headings,
            separator: char::from(separator),
            targets,
            has_id,
            skips,
            skip_position: at(column::SKIP_REASON),
            twins: twins.collect(),
            rejoin: reading.rejoin.as_deref().and_then(heading),
            max_cell: reading.max_cell,
            rows: 0,
            ragged: 0,
            filled: vec![false; headings.names.len()],
        }
    }

    /// Takes a row. Refuses one that is not UTF-8, and a file whose headings mean two things.
    pub fn take(&mut self, record: &ByteRecord, line: u64, sink: &mut Sink<'_>) -> Result<(), Refused> {
        if is_blank(record) {
            return Ok(());
        }
        let bytes = record.as_slice();
        let width = self.headings.names.len();
        // All cells are checked at once; a letter that two cells share halves of ends in none of them.
        let text = std::str::from_utf8(bytes).ok();
        let ends = || (0..record.len()).map(|at| record.range(at).unwrap_or_default().end);
        let Some(text) = text.filter(|text| text.is_ascii() || ends().all(|end| text.is_char_boundary(end)))
        else {
            return Err(Refused::NotUtf8);
        };
        self.rows += 1;
        if bytes.len() > self.max_cell && record.iter().any(|cell| cell.len() > self.max_cell) {
            let reason = format!("cell_too_large: a cell is larger than {}", size(self.max_cell));
            sink.reject(line, &reason, &self.raw(record));
            return Ok(());
        }
        if record.len() > width && record.iter().skip(width).any(|cell| !cell.trim_ascii().is_empty()) {
            self.ragged += 1;
            if let Some(joined) = self.rejoined(record) {
                let name = self.targets[self.rejoin.unwrap_or_default()].as_ref().map_or("", |it| it.name);
                let message =
                    format!("the row has {} cells, the surplus ones were joined to one", record.len());
                sink.remark(name, "row_rejoined", &self.raw(record), &message);
                return self.take_cells(&joined, line, sink);
            }
            let reason = format!(
                "row_long: the row has {} cells, the heading row has {width}; {} without quotes is likely",
                record.len(),
                separator_name(self.separator)
            );
            sink.reject(line, &reason, &self.raw(record));
            return Ok(());
        }
        if record.len() < width {
            self.ragged += 1;
            sink.remark("", "row_short", "", &format!("the row has {} of {width} cells", record.len()));
        }
        self.take_text(text, record, line, sink)
    }

    fn take_cells(&mut self, record: &ByteRecord, line: u64, sink: &mut Sink<'_>) -> Result<(), Refused> {
        match std::str::from_utf8(record.as_slice()) {
            Ok(text) => self.take_text(text, record, line, sink),
            Err(_) => Err(Refused::NotUtf8),
        }
    }

    /// Takes a row that has no more cells than there are headings, but for blank ones.
    fn take_text(
        &mut self,
        text: &str,
        record: &ByteRecord,
        line: u64,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        let width = self.headings.names.len();
        let bytes = text.as_bytes();
        let has_nul = bytes.contains(&0);
        if has_nul {
            sink.remark("", "nul_bytes", "", NUL_BYTES);
        }
        // What was decoded wrongly is not ASCII, and what was lost is a question mark.
        let may_be_garbled = !text.is_ascii() || bytes.contains(&b'?');
        for at in 0..record.len().min(width) {
            let range = record.range(at).unwrap_or_default();
            let mut cell = &text[range];
            if at + 1 == record.len() {
                // A file may end with Ctrl-Z.
                cell = cell.strip_suffix('\u{1a}').unwrap_or(cell);
                cell = cell.strip_suffix('\r').unwrap_or(cell);
            }
            if cell.is_empty() {
                continue;
            }
            if has_nul && cell.contains('\0') {
                self.put(at, &cell.replace('\0', ""), may_be_garbled, sink);
            } else {
                self.put(at, cell, may_be_garbled, sink);
            }
        }
        for twins in self.twins.iter_mut().filter(|twins| twins.differ.is_none()) {
            let cell = |at| record.range(at).map_or("", |range| &text[range]).trim();
            if cell(twins.first) != cell(twins.second) {
                twins.differ = Some(line);
            }
        }
        if let Some(twins) = self.twins.iter().find(|twins| twins.differ == Some(line) && is_key(twins.name))
        {
            let heading = &self.headings.names[twins.first];
            let other = &self.headings.names[twins.second];
            let (first, second, name) = (twins.first + 1, twins.second + 1, twins.name);
            let what = format!(
                "heading_ambiguous: the columns {first} and {second} are both called `{heading}`, which is {name}, and differ in line {line}"
            );
            let hint = format!(
                "say which one counts: `headings = {{ {} = {{ {name} = \"{heading}\" }} }}`, or \"{other}\" for the second",
                sink.entity().table()
            );
            return Err(Failure::new(what, hint).into());
        }
        if let Some(position) = self.skip_position {
            let cell = |at: &usize| Seen::cell(record.range(*at).map_or("", |range| &text[range]));
            if let Some(reason) = self.skips.reason(cell) {
                sink.put_made(position, reason.code());
            }
        }
        sink.finish(line, || self.raw(record));
        Ok(())
    }

    /// Adds what was seen in later rows of the same file.
    pub fn add(&mut self, later: Self) {
        self.rows += later.rows;
        self.ragged += later.ragged;
        self.filled.iter_mut().zip(later.filled).for_each(|(filled, later)| *filled |= later);
        for (twins, later) in self.twins.iter_mut().zip(later.twins) {
            twins.differ = twins.differ.or(later.differ);
        }
    }

    /// What is to be said of the whole file.
    pub fn finish(&self, sink: &mut Sink<'_>) {
        for twins in &self.twins {
            if let Some(line) = twins.differ {
                let message = format!(
                    "the columns {} and {} have one heading, and differ in line {line}; the first counts, the other is kept in `raw`",
                    twins.first + 1,
                    twins.second + 1
                );
                sink.remark_file(
                    twins.name,
                    "heading_ambiguous",
                    &self.headings.names[twins.first],
                    &message,
                );
            }
        }
        // One such row is no sign of anything.
        if self.ragged > 1 && self.ragged * 20 > self.rows {
            let message = format!(
                "{} of {} rows have another number of cells than the heading row; {} may not be what separates them",
                self.ragged,
                self.rows,
                separator_name(self.separator)
            );
            sink.remark_file("", "ragged_rows", "", &message);
        }
    }

    /// The row for the quarantine, without secrets. In one that is too long they may have moved to the right.
    pub fn raw(&self, record: &ByteRecord) -> String {
        let is_secret = |at: usize| self.headings.meanings.get(at) == Some(&Meaning::Secret);
        let is_long = record.len() > self.headings.names.len();
        let first = (0..record.len()).position(is_secret).filter(|_| is_long);
        let mut raw = String::new();
        for (at, cell) in record.iter().enumerate().take(first.unwrap_or(record.len())) {
            if at > 0 {
                raw.push(self.separator);
            }
            if !is_secret(at) {
                raw.push_str(&String::from_utf8_lossy(cell));
            }
        }
        raw.truncate(raw.trim_end_matches('\r').len());
        raw
    }

    /// Whether a column holds secrets.
    pub fn has_secrets(&self) -> bool {
        self.headings.meanings.contains(&Meaning::Secret)
    }

    /// The row with its surplus cells joined to the column that the pipeline names.
    fn rejoined(&self, record: &ByteRecord) -> Option<ByteRecord> {
        let at = self.rejoin?;
        let surplus = record.len() - self.headings.names.len();
        let mut joined = ByteRecord::new();
        let mut cells = record.iter();
        cells.by_ref().take(at).for_each(|cell| joined.push_field(cell));
        let separator = u8::try_from(self.separator).unwrap_or(b',');
        let parts: Vec<&[u8]> = cells.by_ref().take(surplus + 1).collect();
        joined.push_field(&parts.join(&separator));
        cells.for_each(|cell| joined.push_field(cell));
        Some(joined)
    }

    fn put(&mut self, at: usize, cell: &str, may_be_garbled: bool, sink: &mut Sink<'_>) {
        let repaired = if may_be_garbled { cells::garbled(cell, self.name(at), sink) } else { None };
        let cell = repaired.as_deref().unwrap_or(cell);
        let Some(target) = &mut self.targets[at] else {
            self.put_other(at, cell, sink);
            return;
        };
        // What identifies a row without an id is said of every row.
        let may_be_known = self.has_id && sink.begin(target.position);
        if may_be_known
            && let Some(code) = target.known.code(cell)
            && sink.put_code(target.position, code)
        {
            return;
        }
        let heading = &self.headings.names[at];
        if put_cell(target, heading, cell, self.has_id, sink) && may_be_known {
            target.known.keep(cell, target.position, sink);
        }
    }

    fn put_other(&mut self, at: usize, cell: &str, sink: &mut Sink<'_>) {
        match self.headings.meanings[at] {
            Meaning::FullName => {
                let cell = cells::unwrapped(cell);
                if cells::is_mark_of_nothing(cell) {
                    return;
                }
                if !self.has_id {
                    sink.identify(FULL_NAME, cell);
                }
                let (first, last) = lists::split_name(cell);
                sink.put(position(sink, column::FIRST_NAME), first);
                sink.put(position(sink, column::LAST_NAME), last);
            }
            Meaning::Secret => {}
            _ => {
                self.filled[at] = true;
                sink.rest.add_text(&self.headings.names[at], cells::unwrapped(cell));
            }
        }
    }

    /// Whether the column at `at` holds identifiers.
    pub fn is_identifier(&self, at: usize) -> bool {
        self.targets[at].as_ref().is_some_and(|target| target.care.is_identifier())
    }

    fn name(&self, at: usize) -> &'static str {
        self.targets[at].as_ref().map_or("", |target| target.name)
    }
}

/// Puts a cell into its column. Returns whether the column holds all that it says; if not, it is in the rest.
fn put_cell(target: &Target, heading: &str, cell: &str, has_id: bool, sink: &mut Sink<'_>) -> bool {
    let Some(cell) = cells::cleaned(cell, target.name, target.care, sink) else {
        sink.rest.add_text(heading, cell);
        return false;
    };
    if cell.is_empty() {
        return false;
    }
    if !has_id {
        sink.identify(target.name, &cell);
    }
    let is_taken = match target.kind {
        Kind::Interfaces => {
            if let Some(list) = lists::interfaces_of_json(&cell) {
                sink.put_made(target.position, &list);
                true
            } else {
                let message = "the cell is not a JSON list of interfaces";
                sink.doubt(target.name, "bad_interfaces", &cell, message)
            }
        }
        _ if target.is_list => sink.put_text(target.position, &lists::split(&cell)),
        _ => sink.put_text(target.position, &cell),
    };
    if !is_taken {
        sink.rest.add_text(heading, &cell);
    }
    is_taken
}

/// The columns by which records are matched: two of them that differ are no matter of order.
fn is_key(name: &str) -> bool {
    matches!(
        name,
        column::RECORD_ID
            | column::SERIAL_NUMBER
            | column::MAC_ADDRESS
            | column::HOSTNAME
            | column::EMAILS
            | column::USER_PRINCIPAL_NAME
    )
}

fn separator_name(separator: char) -> &'static str {
    match separator {
        ',' => "a comma",
        ';' => "a semicolon",
        '\t' => "a tab",
        '|' => "a bar",
        _ => "a separator",
    }
}

/// A size in words.
fn size(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

fn position(sink: &Sink<'_>, name: &str) -> usize {
    fields(sink.entity()).iter().position(|field| field.name == name).expect("contacts have names")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::blocks;
    use super::super::csv::CsvRows;
    use super::super::encoding::Decoding;
    use super::super::known;
    use super::super::sink::FileRows;
    use super::*;
    use crate::model::{Encoding, Entity, Records};
    use crate::systems;

    fn read(text: &str, entity: Entity, source: &Source) -> FileRows {
        let mut text = Cursor::new(text);
        let decoding = Some(Decoding::Whole(Encoding::Utf8));
        let Ok(rows) = CsvRows::open(&mut text, source, decoding) else { panic!("it has headings") };
        let headings = Headings::new(&rows.headings, entity, source);
        let sink = Sink::new(1, source, entity, "export.csv");
        let Ok((rows, _)) = blocks::read(rows, &headings, source, sink, 0, None) else {
            panic!("it is a table")
        };
        rows
    }

    fn column<'r>(records: &'r Records, name: &str) -> Vec<Option<&'r str>> {
        records.text(name).iter().collect()
    }

    #[test]
    fn a_text_that_recurs_becomes_the_same_in_every_row() {
        let mut source = Source::of(systems::find("csv").expect("it is a system"));
        source.types.insert("srv".to_owned(), "Server".to_owned());
        let text = "ID,Name,Type,Status,Model,Purchased At,Archived\n\
            1,PC 1,srv,On,\"=\"\"M 1\"\"\",2025-01-02,yes\n\
            2,PC 2,Server,n/a,M 1,3/4/2025,no\n\
            3,PC 3,srv,On,\"=\"\"M 1\"\"\",2025-01-02,maybe\n\
            4,PC 4,Server,On,#N/A,3/4/2025,maybe\n\
            5,PC 5,SRV,n/a,#N/A,13/4/2025,yes\n";
        let FileRows { records, findings, .. } = read(text, Entity::Configuration, &source);
        assert_eq!(column(&records, "type"), [Some("Server"); 5]);
        assert_eq!(column(&records, "status"), [Some("On"), None, Some("On"), Some("On"), None]);
        assert_eq!(column(&records, "model"), [Some("M 1"), Some("M 1"), Some("M 1"), None, None]);
        // The last row says that the day comes first.
        let dates = ["2025-01-02", "2025-04-03", "2025-01-02", "2025-04-03", "2025-04-13"].map(Option::Some);
        assert_eq!(column(&records, "purchased_at"), dates);
        assert_eq!(column(&records, "archived"), [Some("true"), Some("false"), None, None, Some("true")]);
        // What is said of a row is said of every one.
        let raw = [
            Some(r#"{"source_type":"srv"}"#),
            None,
            Some(r#"{"source_type":"srv","Archived":"maybe"}"#),
            Some(r##"{"Model":"#N/A","Archived":"maybe"}"##),
            Some(r##"{"source_type":"SRV","Model":"#N/A"}"##),
        ];
        assert_eq!(column(&records, "raw"), raw);
        let of = |code| {
            findings.iter().filter(|it| it.code == code).map(|it| it.record_id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of("forced_text"), ["1", "3"]);
        assert_eq!(of("error_cell"), ["4", "5"]);
        assert_eq!(of("bad_truth_value"), ["3", "4"]);
    }

    #[test]
    fn more_texts_recur_than_are_known() {
        let source = Source::of(systems::find("csv").expect("it is a system"));
        // Every text twice, so that the column is one of codes, and then all of them again.
        let texts = || (0..known::MOST + 100).flat_map(|number| [number, number]);
        let cells: Vec<String> = texts().chain(texts()).map(|number| format!("M {number}")).collect();
        let mut text = "ID,Model\n".to_owned();
        for (id, cell) in cells.iter().enumerate() {
            text.push_str(&format!("{id},{cell}\n"));
        }
        let FileRows { records, findings, .. } = read(&text, Entity::Configuration, &source);
        let expected: Vec<Option<&str>> = cells.iter().map(|cell| Some(cell.as_str())).collect();
        assert_eq!(column(&records, "model"), expected);
        assert!(findings.is_empty());
    }

    #[test]
    fn what_a_row_has_already_is_not_what_a_later_cell_became() {
        let source = Source::of(systems::find("csv").expect("it is a system"));
        let text = "ID,Full Name,First Name\n1,Mara Quill,Ann\n2,,Ann\n3,Mara Quill,Ann\n4,,Mara\n";
        let FileRows { records, .. } = read(text, Entity::Contact, &source);
        assert_eq!(column(&records, "first_name"), ["Mara", "Ann", "Mara", "Mara"].map(Option::Some));
    }
}
