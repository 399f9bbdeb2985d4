//! The rows of a CSV file, from the reader to the sink; those of a large file on several threads.
//!
//! Only what stands before a row tells where it begins and on which line: a quote may have been opened pages before. So
//! one thread reads a file from front to back and cuts it into blocks of rows, which is a tenth of the work. What the rows
//! say is worked out block by block by whichever thread is free, and put together in the order of the file. No result
//! depends on where a block ends, or on which thread it was taken.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use csv::ByteRecord;

use super::csv::CsvRows;
use super::error::Failure;
use super::headings::Headings;
use super::rows::{Plan, Refused};
use super::sink::{FileRows, Sink};
use crate::pipeline::Source;

/// The bytes of a block, give or take a row.
pub(super) const BLOCK: u64 = 1 << 20;

/// After so many rows it is clear enough how many there will be.
const SEEN: u64 = 1024;

/// Room is made for this many rows at most. A file that has more grows as it is read.
const MOST_ROOM: u64 = 1 << 20;

/// Reads all rows into `sink`, which may hold remarks about the file. Gives what they are, and which columns that are not
/// understood hold something. In blocks of so many bytes, where these are given. `size` is that of the file in bytes, 0 where
/// it is not known.
pub(super) fn read(
    mut rows: CsvRows<'_>,
    headings: &Headings,
    source: &Source,
    mut sink: Sink<'_>,
    size: u64,
    block: Option<u64>,
) -> Result<(FileRows, Vec<bool>), Refused> {
    let (separator, is_sure) = (rows.beginning.separator, rows.is_sure);
    let mut plan = Plan::new(headings, source, separator, &mut sink);
    let Some(block) = block else {
        let mut row = Row::default();
        let mut count = 0;
        while row.read(&mut rows)? {
            row.take(&mut plan, &mut sink, is_sure)?;
            count += 1;
            if count == SEEN {
                // A little more, because the rows to come may be shorter.
                let expected = (size / (rows.position() / SEEN).max(1)).saturating_mul(17) / 16;
                sink.make_room(usize::try_from(expected.min(MOST_ROOM)).unwrap_or_default());
            }
        }
        plan.finish(&mut sink);
        return Ok((sink.build(), plan.filled));
    };
    let sinks = Shelf::default();
    let seen = taken_in_blocks(&mut rows, block, &|number, block| {
        let mut sink = sinks.pop().unwrap_or_else(|| sink.for_more());
        let mut plan = Plan::new(headings, source, separator, &mut sink);
        let taken = block.take(&mut plan, &mut sink, is_sure);
        sink.end_block(number);
        sinks.push(sink);
        taken.map(|()| plan)
    });
    for seen in seen {
        plan.add(seen?);
    }
    plan.finish(&mut sink);
    let parts = sinks.into_all().into_iter().map(Sink::part).collect();
    Ok((sink.build_with(parts), plan.filled))
}

/// Cuts a file into blocks, and gives every block with its number to `take`, on any thread. What that gave, in the order of
/// the file. Blocks behind one that was refused may be missing.
fn taken_in_blocks<T: Send>(
    rows: &mut CsvRows<'_>,
    size: u64,
    take: &(impl Fn(usize, &mut Block) -> Result<T, Refused> + Sync),
) -> Vec<Result<T, Refused>> {
    // One for every thread, and one that waits.
    let most = rayon::current_num_threads() + 1;
    let (under_way, is_refused) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (free, taken) = (Shelf::default(), Shelf::default());
    rayon::in_place_scope(|scope| {
        let mut has_more = true;
        for number in 0.. {
            if !has_more || is_refused.load(Ordering::Relaxed) {
                break;
            }
            let mut block: Block = free.pop().unwrap_or_default();
            has_more = block.fill(rows, size);
            let (under_way, is_refused, free, taken) = (&under_way, &is_refused, &free, &taken);
            let finish = move || {
                let result = take(number, &mut block);
                is_refused.fetch_or(result.is_err(), Ordering::Relaxed);
                taken.push((number, result));
                free.push(block);
                under_way.fetch_sub(1, Ordering::Relaxed);
            };
            // While enough of them wait this thread takes the block itself, so that no more of the file gets into memory.
            if under_way.fetch_add(1, Ordering::Relaxed) < most {
                scope.spawn(move |_| finish());
            } else {
                finish();
            }
        }
    });
    let mut taken = taken.into_all();
    taken.sort_unstable_by_key(|(number, _)| *number);
    taken.into_iter().map(|(_, result)| result).collect()
}

/// Things that threads leave for one another.
struct Shelf<T>(Mutex<Vec<T>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shelf<T> {
    fn push(&self, thing: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(thing);
    }

    fn pop(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn into_all(self) -> Vec<T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row as it was read.
#[derive(Default)]
struct Row {
    line: u64,
    record: ByteRecord,
    /// Why it is bad, when a quote in it is never closed.
    fault: Option<String>,
}

impl Row {
    /// Reads the next row. `false` at the end.
    fn read(&mut self, rows: &mut CsvRows<'_>) -> Result<bool, Failure> {
        let Some((line, fault)) = rows.next_into(&mut self.record)? else { return Ok(false) };
        (self.line, self.fault) = (line, fault);
        Ok(true)
    }

    /// Gives it to the sink.
    fn take(&self, plan: &mut Plan<'_>, sink: &mut Sink<'_>, is_sure: bool) -> Result<(), Refused> {
        if let Some(fault) = &self.fault {
            // The open cell holds the rows behind it as well, with their secrets.
            let raw = if plan.has_secrets() { String::new() } else { plan.raw(&self.record) };
            sink.reject(self.line, fault, raw.trim_end_matches(['\u{1e}', '\n', '\r']));
            return Ok(());
        }
        match plan.take(&self.record, self.line, sink) {
            Err(Refused::NotUtf8) if is_sure => {
                sink.reject(self.line, "invalid_utf8: the row is not UTF-8", &plan.raw(&self.record));
                Ok(())
            }
            other => other,
        }
    }
}

/// Rows in the order of the file. It is filled more than once, so that rows are not made anew.
#[derive(Default)]
struct Block {
    rows: Vec<Row>,
    /// How many of the rows are in use.
    len: usize,
    /// Why what is behind them cannot be read.
    failure: Option<Failure>,
}

impl Block {
    /// Reads rows of so many bytes. Whether there are more.
    fn fill(&mut self, rows: &mut CsvRows<'_>, size: u64) -> bool {
        self.len = 0;
        let mut bytes = 0;
        while bytes < size {
            if self.len == self.rows.len() {
                self.rows.push(Row::default());
            }
            let row = &mut self.rows[self.len];
            match row.read(rows) {
                Ok(true) => {
                    self.len += 1;
                    bytes += row.record.as_slice().len() as u64 + 1;
                }
                Ok(false) => return false,
                Err(failure) => {
                    self.failure = Some(failure);
                    return false;
                }
            }
        }
        true
    }

    /// Gives its rows to the sink.
    fn take(&mut self, plan: &mut Plan<'_>, sink: &mut Sink<'_>, is_sure: bool) -> Result<(), Refused> {
        for row in &self.rows[..self.len] {
            row.take(plan, sink, is_sure)?;
        }
        self.failure.take().map_or(Ok(()), |failure| Err(failure.into()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encoding::Decoding;
    use super::*;
    use crate::model::{Encoding, Entity, Finding, QuarantineRow, fields};
    use crate::systems;

    const HEADINGS: &str = "ID,Name,Serial Number,Purchased At,Model,Model,Color\n";

    /// What a file gave, in a form in which two readings can be compared.
    #[derive(Debug, PartialEq)]
    struct Read {
        /// The cells of every record, and its line.
        records: Vec<(Vec<Option<String>>, u32)>,
        rows: u64,
        findings: Vec<Finding>,
        quarantine: Vec<QuarantineRow>,
        filled: Vec<bool>,
        carried: Vec<bool>,
    }

    /// Reads rows below [`HEADINGS`]. An error is what refuses them; empty where they are not UTF-8.
    fn reading(rows: &[u8], is_sure: bool, block: Option<u64>) -> Result<Read, String> {
        reading_of(rows, is_sure, 0, block)
    }

    /// The same of a file that is said to have so many bytes.
    fn reading_of(rows: &[u8], is_sure: bool, size: u64, block: Option<u64>) -> Result<Read, String> {
        let source = Source::of(systems::find("csv").expect("it is a system"));
        let text = [HEADINGS.as_bytes(), rows].concat();
        let read = || {
            let mut text = text.as_slice();
            let mut rows = CsvRows::open(&mut text, &source, Some(Decoding::Whole(Encoding::Utf8)))?;
            rows.is_sure = is_sure;
            let headings = Headings::new(&rows.headings, Entity::Configuration, &source);
            let mut sink = Sink::new(1, &source, Entity::Configuration, "devices.csv");
            sink.remark_file("", "mixed_encoding", "", "said before the rows");
            super::read(rows, &headings, &source, sink, size, block)
        };
        let (FileRows { records, mut findings, mut quarantine, .. }, filled) =
            read().map_err(|refused| match refused {
                Refused::NotUtf8 => String::new(),
                Refused::Failure(failure) => failure.what,
            })?;
        findings.sort();
        quarantine.sort();
        let cells = |row: u32| {
            let texts = (0..fields(Entity::Configuration).len()).map(|at| records.text_at(at));
            texts.map(|texts| texts.get(row as usize).map(str::to_owned)).collect()
        };
        let count = u32::try_from(records.len()).expect("there are few");
        Ok(Read {
            records: (0..count).map(|row| (cells(row), records.line(row))).collect(),
            rows: records.rows_read,
            findings,
            quarantine,
            filled,
            carried: records.files[0].carried.clone(),
        })
    }

    #[test]
    fn dates_and_lines_of_a_file_do_not_end_with_a_block() {
        // The last row says that the day comes first, and the quote in the first one holds three lines.
        let rows =
            "1,\"PC\n\n1\",,3/4/2025,,,\n2,PC 2,,,,,red\n\n3,,,13/4/2025,,\n,,,,,,\n4,PC 4,,,,,,too long\n";
        let read = reading(rows.as_bytes(), true, Some(1)).expect("it is a table");
        let position = |name| fields(Entity::Configuration).iter().position(|field| field.name == name);
        let purchased = position("purchased_at").expect("it is a column");
        let dates: Vec<_> =
            read.records.iter().map(|(cells, line)| (*line, cells[purchased].as_deref())).collect();
        assert_eq!(dates, [(2, Some("2025-04-03")), (5, None), (7, Some("2025-04-13"))]);
        assert_eq!((read.rows, read.quarantine.len()), (4, 1));
        assert_eq!(read.quarantine[0].line, 9);
        assert_eq!(read.filled, [false, false, false, false, false, false, true]);
    }

    #[test]
    fn the_first_row_that_refuses_a_file_counts() {
        let good = "1,PC 1,S1,,,,\n".repeat(50);
        let late = format!("{good}2,PC 2,S2,,,,\n{good}");
        let mut rows = late.clone().into_bytes();
        rows.extend(b"3,\xff,,,,,\n");
        assert_eq!(reading(&rows, false, Some(1)), Err(String::new()));
        assert_eq!(reading(late.as_bytes(), false, Some(1)), reading(late.as_bytes(), false, None));
    }

    #[test]
    fn what_is_said_of_a_files_size_changes_nothing() {
        let row = |at: u64| format!("{at},PC {at},SER{at},2025-01-02,Model {},,\n", at % 3);
        let rows: String = (0..SEEN + 5).map(row).collect();
        let read = |size| reading_of(rows.as_bytes(), true, size, None).expect("it is a table");
        let whole = read(0);
        assert_eq!(whole.records.len() as u64, SEEN + 5);
        for size in [1, rows.len() as u64, u64::MAX] {
            assert_eq!(read(size), whole, "{size}");
        }
    }

    /// Rows as files have them, good and bad; `{}` is a number of their own.
    const ROWS: [&[u8]; 14] = [
        b"{},PC {},SER{},2025-01-02,OptiPlex,OptiPlex,\n",
        b"{},PC {},0012{},3/4/2025,Latitude,Latitude,blue\r\n",
        b"{},PC {},,14/3/2025,,,\n",
        b"{},PC {},,3/14/2025,,,\n",
        b"{},PC {},,31/31/2025,,,\n",
        b"{},\"PC\n{}\",\"a \"\"quoted\"\" one\",,OptiPlex,OptiPlex,\n",
        b"{},PC {},S,,OptiPlex,Latitude,\n",
        b"\n",
        b"{},PC {}\n",
        b"{},PC {},S,,,,,surplus\n",
        b"{},PC \xff {},S,,,,\n",
        b",,,,,,\n",
        b",,S{},,,,\n",
        b"{},PC\0{},none,,,,\x1a\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_file_is_the_same_in_blocks_of_any_size(
            kinds in prop::collection::vec(0..ROWS.len(), 0..60),
            size in 1..600_u64,
            is_sure: bool,
            is_open: bool,
        ) {
            let mut rows = Vec::new();
            for (number, kind) in kinds.iter().enumerate() {
                let mut pieces = ROWS[*kind].split(|byte| *byte == b'{');
                rows.extend(pieces.next().unwrap_or_default());
                for piece in pieces {
                    rows.extend(number.to_string().as_bytes());
                    rows.extend(&piece[1..]);
                }
            }
            if is_open {
                rows.extend(b"last,\"never closed\n1,2,3\n");
            }
            prop_assert_eq!(reading(&rows, is_sure, Some(size)), reading(&rows, is_sure, None));
        }
    }
}
