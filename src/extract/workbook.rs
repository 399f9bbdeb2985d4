//! Workbooks (XLSX, XLSM): every sheet is a table of its own, read row by row.
//!
//! A workbook keeps its texts apart from its sheets and they are held in memory while a sheet is read, so its size is
//! limited. It is an archive, and what it says of its sizes is not trusted.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use csv::ByteRecord;
use zip::ZipArchive;

use super::FileReport;
use super::error::Failure;
use super::file::{Content, Rows, not_of_role, understood};
use super::files::Input;
use super::heading_row::{self, Known, is_blank};
use super::rows::{Plan, Refused};
use super::sink::Sink;
use crate::model::SourceIx;
use crate::pipeline::Source;

/// The most bytes of a workbook, and of all that it unpacks to.
const SIZE: u64 = 128 << 20;
const UNPACKED_SIZE: u64 = 1 << 30;

/// The most bytes of what is held in memory: everything but the sheets.
const HELD_SIZE: u64 = 256 << 20;

/// So many rows are looked at to find the heading row.
const FIRST: usize = 50;

/// What a workbook can be read from.
trait Bytes: Read + Seek {}
impl<T: Read + Seek> Bytes for T {}

type Workbook = Xlsx<Box<dyn Bytes>>;

/// One sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub name: String,
    pub is_hidden: bool,
}

/// The sheets of a workbook, in their order.
pub(super) fn sheets(input: &Input) -> Result<Vec<Sheet>, Failure> {
    check_size(bytes(input)?)?;
    let workbook = open(input)?;
    let sheets = workbook
        .sheets_metadata()
        .iter()
        .map(|sheet| Sheet { name: sheet.name.clone(), is_hidden: sheet.visible != SheetVisible::Visible });
    Ok(sheets.collect())
}

/// The bytes of a workbook; a member of an archive is unpacked into memory.
fn bytes(input: &Input) -> Result<Box<dyn Bytes>, Failure> {
    if let Some(path) = input.path() {
        let file = File::open(path)?;
        return if file.metadata()?.len() > SIZE {
            Err(too_large())
        } else {
            Ok(Box::new(BufReader::new(file)))
        };
    }
    let content = input.read(|reader| {
        let mut content = Vec::new();
        reader.take(SIZE + 1).read_to_end(&mut content)?;
        Ok(content)
    })?;
    if content.len() as u64 > SIZE { Err(too_large()) } else { Ok(Box::new(Cursor::new(content))) }
}

fn open(input: &Input) -> Result<Workbook, Failure> {
    Xlsx::new(bytes(input)?).map_err(|error| damaged(&error))
}

fn too_large() -> Failure {
    Failure::new(
        "workbook_too_large: it is larger than 128 MiB, or unpacks to more than 1 GiB",
        "save its sheets as CSV files, which may be of any size",
    )
}

fn damaged(error: &XlsxError) -> Failure {
    match error {
        XlsxError::Password => {
            Failure::new("the workbook is protected by a password", "save it without the password")
        }
        _ => Failure::new(
            format!("the workbook is damaged: {error}"),
            "open it and save it again, or save it as CSV",
        ),
    }
}

/// Refuses a workbook that unpacks to more than fits. Everything is unpacked once, as the sizes that it states are
/// claims.
fn check_size(bytes: Box<dyn Bytes>) -> Result<(), Failure> {
    let no_archive =
        |error| Failure::new(format!("it is no workbook: {error}"), "open it and save it as XLSX or CSV");
    let mut archive = ZipArchive::new(bytes).map_err(no_archive)?;
    let (mut all, mut held) = (0, 0);
    for position in 0..archive.len() {
        let mut member = archive.by_index(position).map_err(no_archive)?;
        let is_sheet = member.name().is_ok_and(|name| name.starts_with("xl/worksheets/"));
        let size = std::io::copy(&mut (&mut member).take(UNPACKED_SIZE - all + 1), &mut std::io::sink())?;
        all += size;
        held += if is_sheet { 0 } else { size };
        if all > UNPACKED_SIZE || held > HELD_SIZE {
            return Err(too_large());
        }
    }
    Ok(())
}

/// The headings of a sheet, for `init`.
pub(super) fn headings(input: &Input, sheet: &Sheet, source: &Source) -> Result<Vec<String>, Failure> {
    let mut workbook = open(input)?;
    let mut rows = SheetRows::open(&mut workbook, sheet, source)?;
    Ok(rows.begin(&Known::new(source))?.headings)
}

/// The number of rows of a sheet below its headings.
pub(super) fn count(input: &Input, sheet: &Sheet, source: &Source) -> Result<u64, Failure> {
    let mut workbook = open(input)?;
    let mut rows = SheetRows::open(&mut workbook, sheet, source)?;
    let beginning = rows.begin(&Known::new(source))?;
    let mut count = beginning.rest.len() as u64;
    let mut record = ByteRecord::new();
    while rows.next(&mut record)?.is_some() {
        count += u64::from(!is_blank(&record));
    }
    Ok(count)
}

/// Reads a sheet. One that is no table is passed over.
pub(super) fn read(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    sheet: &Sheet,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    if sheet.is_hidden {
        "passed over: a hidden sheet".clone_into(&mut report.note);
        return Ok(Content::default());
    }
    let mut workbook = open(input)?;
    let mut rows = SheetRows::open(&mut workbook, sheet, source)?;
    let beginning = match rows.begin(&Known::new(source)) {
        Ok(beginning) => beginning,
        Err(failure) if heading_row::is_no_table(&failure) => {
            report.note = format!("passed over: {}", failure.what);
            return Ok(Content::default());
        }
        Err(failure) => return Err(failure),
    };
    report.heading_line = beginning.line;
    report.title_lines = beginning.titles;
    let found =
        if source.system.directory.is_some() { None } else { understood(source, input, &beginning.headings) };
    let Some((entity, headings)) = found else {
        let shown: Vec<&str> = beginning.headings.iter().map(String::as_str).take(8).collect();
        report.note = format!(
            "passed over: its headings ({}) are none that {} delivers",
            shown.join(", "),
            source.system.title
        );
        return Ok(Content::default());
    };
    if !source.system.delivers(source.role).contains(&entity) {
        return Ok(not_of_role(source, entity, report));
    }
    let mut sink = Sink::new(ix, source, entity, &input.shown);
    let mut plan = Plan::new(&headings, source, b',', &mut sink);
    rows.identifiers = (0..headings.names.len()).map(|at| plan.is_identifier(at)).collect();
    for (mut record, line) in beginning.rest {
        rows.complete(&mut record);
        take(&mut plan, &record, line, &mut sink)?;
    }
    let mut record = ByteRecord::new();
    while let Some(line) = rows.next(&mut record)? {
        rows.complete(&mut record);
        take(&mut plan, &record, line, &mut sink)?;
    }
    plan.finish(&mut sink);
    report.headings(&headings, entity, &plan.filled);
    Ok(Rows::Records(entity, sink.build()).into())
}

fn take(plan: &mut Plan<'_>, record: &ByteRecord, line: u64, sink: &mut Sink<'_>) -> Result<(), Failure> {
    plan.take(record, line, sink).map_err(|refused| match refused {
        Refused::Failure(failure) => failure,
        Refused::NotUtf8 => Failure::new("a cell is not UTF-8", ""),
    })
}

/// Where a sheet's table begins.
struct Beginning {
    headings: Vec<String>,
    /// The row of the headings.
    line: u64,
    /// Rows above it that are titles.
    titles: u64,
    /// Rows below it that were read to find it.
    rest: Vec<(ByteRecord, u64)>,
}

/// The rows of a sheet.
struct SheetRows<'a> {
    cells: XlsxCellReader<'a, Box<dyn Bytes>>,
    /// The first cell of the next row: row, column and text.
    next: Option<(u32, u32, Cow<'a, str>)>,
    has_ended: bool,
    most_columns: usize,
    /// The columns of identifiers, which a spreadsheet may have taken for dates.
    identifiers: Vec<bool>,
    width: usize,
}

/// Stands before a date that a spreadsheet knows as such. No XML document holds it.
const DATE: char = '\u{1d}';

impl<'a> SheetRows<'a> {
    fn open(workbook: &'a mut Workbook, sheet: &Sheet, source: &Source) -> Result<Self, Failure> {
        let cells = workbook.worksheet_cells_reader(&sheet.name).map_err(|error| match error {
            XlsxError::NotAWorksheet(_) => heading_row::no_table("the sheet holds no cells"),
            other => damaged(&other),
        })?;
        Ok(Self {
            cells,
            next: None,
            has_ended: false,
            most_columns: source.reading.max_columns,
            identifiers: Vec::new(),
            width: 0,
        })
    }

    /// Reads up to and including the heading row, and a few rows more.
    fn begin(&mut self, known: &Known) -> Result<Beginning, Failure> {
        let mut first: Vec<(ByteRecord, u64)> = Vec::new();
        let mut record = ByteRecord::new();
        while first.len() < FIRST
            && let Some(line) = self.next(&mut record)?
        {
            if !is_blank(&record) {
                first.push((record.clone(), line));
            }
        }
        if first.is_empty() {
            return Err(heading_row::no_table("an empty sheet"));
        }
        let records: Vec<ByteRecord> = first.iter().map(|(record, _)| record.clone()).collect();
        let at = heading_row::heading_row(&records, known)?;
        let rest = first.split_off(at + 1);
        let (heading, line) = first.pop().expect("the heading row is one of the first");
        self.width = heading.len();
        Ok(Beginning {
            headings: heading
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).trim_start_matches(DATE).to_owned())
                .collect(),
            line,
            titles: at as u64,
            rest,
        })
    }

    /// Reads the next row that has cells into `record` and returns its number.
    fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>, Failure> {
        record.clear();
        let mut row = None;
        loop {
            let (at, column, text) = match self.next.take() {
                Some(next) => next,
                // The reader does not remember that the sheet has ended.
                None if self.has_ended => break,
                None => match self.cells.next_cell().map_err(|error| damaged(&error))? {
                    None => {
                        self.has_ended = true;
                        break;
                    }
                    Some(cell) => {
                        let (at, column) = cell.get_position();
                        let Some(text) = text(cell.get_value()) else { continue };
                        (at, column, text)
                    }
                },
            };
            if row.is_some_and(|row| row != at) {
                self.next = Some((at, column, text));
                break;
            }
            row = Some(at);
            let column = column as usize;
            if column >= self.most_columns {
                let what = format!("too_many_columns: row {} has a cell in column {}", at + 1, column + 1);
                return Err(Failure::new(
                    what,
                    "take it out, or raise `max_columns` of the source's `reading`",
                ));
            }
            // Cells that are left out are blank; one that comes again or too late is not used.
            while record.len() < column {
                record.push_field(b"");
            }
            if record.len() == column {
                record.push_field(text.as_bytes());
            }
        }
        Ok(row.map(|row| u64::from(row) + 1))
    }

    /// Fills a row that ends with its last cell, and writes out its dates: as dates, or, where a spreadsheet made them of
    /// identifiers, as a spreadsheet shows them.
    fn complete(&self, record: &mut ByteRecord) {
        let mark = DATE as u8;
        if record.as_slice().contains(&mark) {
            let cells = record.iter().enumerate().map(|(at, cell)| match cell.strip_prefix(&[mark]) {
                Some(date) if self.identifiers.get(at) == Some(&true) => as_shown(date),
                Some(date) => date.to_vec(),
                None => cell.to_vec(),
            });
            *record = cells.collect::<Vec<_>>().into();
        }
        while record.len() < self.width {
            record.push_field(b"");
        }
    }
}

/// A date in canonical text as a spreadsheet shows it: `12-Mar-2025`.
fn as_shown(date: &[u8]) -> Vec<u8> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = String::from_utf8_lossy(date);
    let parts: Option<(&str, &str, &str)> = (|| Some((text.get(..4)?, text.get(5..7)?, text.get(8..10)?)))();
    let shown = parts.and_then(|(year, month, day)| {
        let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(format!("{day}-{month}-{year}"))
    });
    shown.map_or_else(|| date.to_vec(), String::into_bytes)
}

/// A date or time in canonical text.
fn canonical(date: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    if date.is_duration() || date.as_f64() < 1.0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else if (hour, minute, second) == (0, 0, 0) {
        format!("{DATE}{year:04}-{month:02}-{day:02}")
    } else {
        format!("{DATE}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// The text of a cell, `None` for an empty one. Numbers are written out, however long they are.
fn text<'a>(value: &DataRef<'a>) -> Option<Cow<'a, str>> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::SharedString(text) => Cow::Borrowed(*text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cow::Owned(text.clone())
        }
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(number.to_string()),
        DataRef::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        DataRef::Error(error) => Cow::Owned(error.to_string()),
        DataRef::DateTime(date) => Cow::Owned(canonical(*date)),
    };
    (!text.is_empty()).then_some(text)
}
