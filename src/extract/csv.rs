//! CSV files as people make them, read row by row with line numbers: decoded, from the heading row on.
//!
//! Which row is the heading row is found in `heading_row`, what a row's cells mean in `rows`; `blocks` brings both together.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};

use super::encoding::{self, Decoding};
use super::error::Failure;
use super::files::Input;
use super::heading_row::{self, Beginning, is_blank};
use super::rows::Refused;
use crate::pipeline::Source;

/// The most bytes of one row. A quote that is never closed would otherwise swallow the file.
const ROW_SIZE: usize = 64 << 20;

/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

/// So much of a file is looked at to find its heading row.
const HEAD: u64 = 1 << 18;

/// Stands behind the end of every file as a row of its own, or, where a quote is never closed, in its last cell.
const END: &[u8] = b"\n\x1e";

/// Stops a row that goes on for ever, and marks the end of the file.
struct Guarded<R> {
    inner: R,
    progress: Rc<Progress>,
}

/// How far a file was read.
#[derive(Default)]
struct Progress {
    /// Bytes since the last row.
    since_row: Cell<usize>,
    /// Bytes of the mark at the end that were handed out.
    marked: Cell<usize>,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.since_row.get() > ROW_SIZE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, ROW_LIMIT));
        }
        let marked = self.progress.marked.get();
        let mut count = if marked == 0 { self.inner.read(buffer)? } else { 0 };
        if count == 0 {
            count = (&END[marked..]).read(buffer)?;
            self.progress.marked.set(marked + count);
        }
        self.progress.since_row.set(self.progress.since_row.get() + count);
        Ok(count)
    }
}

const ROW_LIMIT: &str = "a row is larger than 64 MiB";

/// An open CSV file.
pub(super) struct CsvRows<'r> {
    reader: csv::Reader<Guarded<Box<dyn Read + 'r>>>,
    progress: Rc<Progress>,
    record: ByteRecord,
    /// How many lines the reader was behind before it read the row in hand.
    before: u64,
    /// The headings as written.
    pub headings: Vec<String>,
    pub decoding: Decoding,
    /// False when a row that is not UTF-8 disproves the decoding.
    pub is_sure: bool,
    pub beginning: Beginning,
    /// The line of the heading row.
    pub heading_line: u64,
}

/// A row that cannot be taken.
pub(super) struct BadRow<'r> {
    pub line: u64,
    pub reason: String,
    pub record: &'r ByteRecord,
}

/// Opens a CSV file and hands its rows to `read`; once more, and decoded in another way, where it turns out not to be
/// UTF-8.
pub(super) fn read<T>(
    input: &Input,
    source: &Source,
    mut read: impl FnMut(CsvRows<'_>) -> Result<T, Refused>,
) -> Result<T, Failure> {
    let first = input.read(|reader| Ok(CsvRows::open(reader, source, None).and_then(&mut read)))?;
    match first {
        Ok(done) => Ok(done),
        Err(Refused::Failure(failure)) => Err(failure),
        Err(Refused::NotUtf8) => {
            let decoding = input.read(|reader| encoding::survey(reader, &source.reading))?;
            let second =
                input.read(|reader| Ok(CsvRows::open(reader, source, Some(decoding)).and_then(&mut read)))?;
            second.map_err(|refused| match refused {
                Refused::Failure(failure) => failure,
                Refused::NotUtf8 => Failure::new("its encoding cannot be found", "name it with `encoding`"),
            })
        }
    }
}

/// Counts the rows that are no blank lines, without keeping any.
pub(super) fn count(input: &Input, source: &Source) -> Result<u64, Failure> {
    read(input, source, |mut rows| {
        let mut count = 0;
        while rows.next()? {
            count += u64::from(!is_blank(&rows.record));
        }
        Ok(count)
    })
}

impl<'r> CsvRows<'r> {
    /// Finds the encoding, unless it is `known`, and the heading row, and reads that.
    pub fn open(inner: &'r mut dyn Read, source: &Source, known: Option<Decoding>) -> Result<Self, Refused> {
        let reading = &source.reading;
        let mut start = Vec::with_capacity(encoding::START);
        (&mut *inner).take(encoding::START as u64).read_to_end(&mut start)?;
        let guess = encoding::guess(&start, reading);
        start.drain(..guess.mark);
        let decoding = known.unwrap_or(guess.decoding);
        let is_sure = guess.is_sure || known.is_some();
        let mut text = encoding::decoded(Box::new(Cursor::new(start).chain(inner)), decoding);

        let mut head = Vec::new();
        text.by_ref().take(HEAD).read_to_end(&mut head)?;
        let is_whole = (head.len() as u64) < HEAD;
        if !is_sure && !encoding::is_utf8(&head, is_whole) {
            return Err(Refused::NotUtf8);
        }
        if encoding::has_cr_lines(&head) {
            text = Box::new(encoding::Lines::behind(&mut head, text));
        }
        let beginning = heading_row::find(&head, is_whole, source)?;
        head.drain(..beginning.start);

        let progress = Rc::new(Progress::default());
        let rest: Box<dyn Read + 'r> =
            if is_whole { Box::new(Cursor::new(head)) } else { Box::new(Cursor::new(head).chain(text)) };
        let limited = Guarded { inner: rest, progress: Rc::clone(&progress) };
        // With CRLF as the end of a row, a row would be said to start where the one before it ends. So rows end at LF,
        // and a CR before it is taken off the last cell.
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .delimiter(beginning.separator)
            .comment(reading.comments)
            .buffer_capacity(BUFFER)
            .from_reader(limited);
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).map_err(|error| failure(&error, beginning.lines + 1))? {
            return Err(
                Failure::new("the file is empty", "export it again, or take it out of the pipeline").into()
            );
        }
        if record.len() > reading.max_columns {
            let what = format!("too_many_columns: it has {} columns", record.len());
            let hint = "if that is right, raise `max_columns` of the source's `reading`";
            return Err(Failure::new(what, hint).into());
        }
        let mut headings: Vec<String> =
            record.iter().map(|cell| String::from_utf8_lossy(cell).replace(['\0', '\u{1a}'], "")).collect();
        if let Some(last) = headings.last_mut() {
            last.truncate(last.trim_end_matches('\r').len());
        }
        let mut rows = Self {
            reader,
            progress,
            record,
            before: 0,
            headings,
            decoding,
            is_sure,
            beginning,
            heading_line: 0,
        };
        rows.heading_line = rows.line();
        Ok(rows)
    }

    /// Reads the next row. `false` at the end.
    fn next(&mut self) -> Result<bool, Failure> {
        self.progress.since_row.set(0);
        self.before = self.reader.position().line();
        let start = self.beginning.lines + self.before;
        let has_row =
            self.reader.read_byte_record(&mut self.record).map_err(|error| failure(&error, start))?;
        Ok(has_row && !self.is_end())
    }

    /// Whether the row in hand is the mark at the end of the file.
    fn is_end(&self) -> bool {
        self.progress.marked.get() > 0 && self.record.as_slice() == &END[1..]
    }

    /// Whether the last cell of the row in hand begins with a quote that is never closed.
    fn is_unterminated(&self) -> bool {
        self.progress.marked.get() > 0 && self.record.as_slice().ends_with(END)
    }

    /// The line on which the row in hand starts. Blank lines before it are no part of it, so it is counted back from
    /// its end; a row that ends one line on holds no line break and has no blank line before it.
    fn line(&self) -> u64 {
        if self.reader.position().line() == self.before + 1 && !self.is_unterminated() {
            return self.beginning.lines + self.before;
        }
        let inside = newlines(self.record.as_slice());
        let line = self.reader.position().line().saturating_sub(inside + u64::from(!self.is_unterminated()));
        self.beginning.lines + line
    }

    /// Why the row in hand, in which a quote is never closed, is bad.
    fn unterminated(&self, line: u64) -> String {
        let cells = self.record.len().saturating_sub(1);
        let opened = line + self.record.iter().take(cells).map(newlines).sum::<u64>();
        let swallowed = self.record.get(cells).map_or(0, newlines).saturating_sub(1);
        format!(
            "unterminated_quote: the quote that opens in line {opened} is never closed, and the {swallowed} lines behind it are lost"
        )
    }

    /// Gives all rows that are no blank lines to `take`: the line and the cells, or why the row is bad.
    pub fn each(
        mut self,
        max_cell: usize,
        take: &mut dyn FnMut(Result<(u64, Vec<&str>), BadRow<'_>>),
    ) -> Result<(), Refused> {
        let width = self.headings.len();
        while self.next()? {
            if is_blank(&self.record) {
                continue;
            }
            let line = self.line();
            let bad = |reason| Err(BadRow { line, reason, record: &self.record });
            if self.is_unterminated() {
                take(bad(self.unterminated(line)));
                break;
            }
            let cells: Result<Vec<&str>, _> = self.record.iter().map(std::str::from_utf8).collect();
            match cells {
                Ok(cells) if cells.iter().skip(width).any(|cell| !cell.trim().is_empty()) => {
                    let count = cells.len();
                    take(bad(format!("row_long: the row has {count} cells, the heading row has {width}")));
                }
                Ok(cells) if cells.iter().any(|cell| cell.len() > max_cell) => {
                    take(bad(format!("cell_too_large: a cell is larger than {max_cell} bytes")));
                }
                Ok(mut cells) => {
                    if let Some(last) = cells.last_mut() {
                        *last = last.strip_suffix('\u{1a}').unwrap_or(last);
                        *last = last.strip_suffix('\r').unwrap_or(last);
                    }
                    take(Ok((line, cells)));
                }
                Err(_) if self.is_sure => take(bad("invalid_utf8: the row is not UTF-8".to_owned())),
                Err(_) => return Err(Refused::NotUtf8),
            }
        }
        Ok(())
    }

    /// The bytes that were read, headings and all.
    pub fn position(&self) -> u64 {
        self.reader.position().byte()
    }

    /// Puts the next row into `record`. Gives its line, and why it is bad where a quote is never closed, after which there is no
    /// other row; `None` at the end.
    pub fn next_into(&mut self, record: &mut ByteRecord) -> Result<Option<(u64, Option<String>)>, Failure> {
        if !self.next()? {
            return Ok(None);
        }
        let line = self.line();
        let fault = self.is_unterminated().then(|| self.unterminated(line));
        std::mem::swap(&mut self.record, record);
        Ok(Some((line, fault)))
    }
}

#[expect(clippy::naive_bytecount, reason = "a row is short")]
fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// What went wrong in the row that starts at or behind `line`.
fn failure(error: &csv::Error, line: u64) -> Failure {
    if error.to_string().contains(ROW_LIMIT) {
        return Failure::new(format!("line {line}: {ROW_LIMIT}"), "look for a quote that is never closed");
    }
    Failure::new(format!("line {line}: {error}"), "")
}
