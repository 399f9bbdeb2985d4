//! Loading a table: batches are made while DuckDB's threads take, compress and write those before.
//!
//! `INSERT ... SELECT` from a table function is the one way into a table that DuckDB runs on several threads inside one
//! transaction; an appender is fed, and compresses, on a single one. Loading is most of a large run, and this halves it.
//!
//! A batch goes to one thread as a whole, and few batches make a group of rows of the file. So a group has neighbouring
//! rows, and a reader of some of them still skips the rest; the order of the batches is that in which threads took them.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use duckdb::Connection;
use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{
    BindInfo, InitInfo, TableFunctionInfo, VTab, record_batch_to_duckdb_data_chunk,
    to_duckdb_logical_type_for_field,
};

use super::views::quoted;

/// Rows per batch: a quarter of a row group of DuckDB's files, so that threads end at about the same time.
pub(super) const BATCH: usize = 30_720;

/// More threads than this would wait for batches, and each that takes them holds a group of rows in memory.
pub(super) const MOST_THREADS: usize = 4;

/// Rows of one chunk, DuckDB's unit of work.
const CHUNK: usize = 2048;

/// Batches that wait for a thread; more would only cost memory.
const WAITING: usize = 1;

const FUNCTION: &str = "matchbook_batches";

/// DuckDB takes no more rows. The statement that reads them says why.
#[derive(Debug)]
pub(super) struct Stopped;

/// Where the batches of one table go.
pub(super) struct Sink(SyncSender<RecordBatch>);

impl Sink {
    /// Hands a batch over; waits while enough of them wait. All batches of a table have the columns of the first.
    pub fn send(&self, batch: RecordBatch) -> Result<(), Stopped> {
        self.0.send(batch).map_err(|_| Stopped)
    }
}

/// Lets a connection load tables.
pub(super) fn prepare(connection: &Connection) -> duckdb::Result<()> {
    connection.register_table_function::<Batches>(FUNCTION)
}

/// A table, and what makes its batches. Columns that they lack stay null.
pub(super) struct Load<'a> {
    table: &'static str,
    produce: Box<dyn FnOnce(&Sink) -> Result<(), Stopped> + Send + 'a>,
}

impl<'a> Load<'a> {
    pub fn new(table: &'static str, produce: impl FnOnce(&Sink) -> Result<(), Stopped> + Send + 'a) -> Self {
        Self { table, produce: Box::new(produce) }
    }
}

/// Fills tables, one after the other. While DuckDB takes the rows of one, the first batches of the next are made: they
/// may have to be sorted before.
///
/// # Errors
/// When DuckDB refuses them.
pub(super) fn load(connection: &Connection, loads: Vec<Load<'_>>) -> duckdb::Result<()> {
    thread::scope(|scope| {
        let mut makers = Vec::with_capacity(loads.len());
        let mut takers = Vec::with_capacity(loads.len());
        for Load { table, produce } in loads {
            let (sender, batches) = sync_channel(WAITING);
            makers.push((produce, sender));
            takers.push((table, batches));
        }
        // What stopped it is the error of a statement below.
        scope.spawn(move || makers.into_iter().all(|(produce, sender)| produce(&Sink(sender)).is_ok()));
        takers.into_iter().try_for_each(|(table, batches)| insert(connection, table, batches))
    })
}

fn insert(connection: &Connection, table: &str, batches: Receiver<RecordBatch>) -> duckdb::Result<()> {
    let Ok(first) = batches.recv() else { return Ok(()) };
    let columns: Vec<String> = first.schema().fields().iter().map(|field| quoted(field.name())).collect();
    let scan = Registered::new(Scan::new(first, batches));
    connection.execute_batch(&format!(
        "INSERT INTO {} ({}) SELECT * FROM {FUNCTION}({})",
        quoted(table),
        columns.join(", "),
        scan.0,
    ))
}

/// The scans of all connections, by the number that their statement names.
static SCANS: LazyLock<Mutex<HashMap<u64, Arc<Scan>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A scan while its statement runs.
struct Registered(u64);

impl Registered {
    fn new(scan: Scan) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        locked(&SCANS).insert(number, Arc::new(scan));
        Self(number)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        locked(&SCANS).remove(&self.0);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Batches on their way into a table.
struct Scan {
    schema: SchemaRef,
    waiting: Mutex<Waiting>,
    begun: Mutex<Vec<Begun>>,
}

/// What no thread has begun.
struct Waiting {
    first: Option<RecordBatch>,
    rest: Receiver<RecordBatch>,
}

/// A batch that a thread is at.
struct Begun {
    thread: ThreadId,
    batch: RecordBatch,
    at: usize,
}

impl Scan {
    fn new(first: RecordBatch, rest: Receiver<RecordBatch>) -> Self {
        Self {
            schema: first.schema(),
            waiting: Mutex::new(Waiting { first: Some(first), rest }),
            begun: Mutex::default(),
        }
    }

    /// The next rows for this thread: of its own batch, else of the next one, else of one whose thread DuckDB has given
    /// other work.
    fn next(&self) -> Option<RecordBatch> {
        let this = thread::current().id();
        if let Some(rows) = self.slice_of(|begun| begun.thread == this) {
            return Some(rows);
        }
        let mut waiting = locked(&self.waiting);
        let next = waiting.first.take().or_else(|| waiting.rest.recv().ok());
        drop(waiting);
        match next {
            Some(batch) => {
                locked(&self.begun).push(Begun { thread: this, batch, at: 0 });
                self.slice_of(|begun| begun.thread == this)
            }
            None => self.slice_of(|_| true),
        }
    }

    fn slice_of(&self, is_wanted: impl Fn(&Begun) -> bool) -> Option<RecordBatch> {
        let mut all = locked(&self.begun);
        let found = all.iter().position(is_wanted)?;
        let begun = &mut all[found];
        let rows = CHUNK.min(begun.batch.num_rows() - begun.at);
        let slice = begun.batch.slice(begun.at, rows);
        begun.at += rows;
        if begun.at == begun.batch.num_rows() {
            all.swap_remove(found);
        }
        Some(slice)
    }
}

/// The table function that reads a scan: its one argument is the scan's number.
struct Batches;

impl VTab for Batches {
    type BindData = Arc<Scan>;
    type InitData = ();

    fn bind(bind: &BindInfo) -> Result<Arc<Scan>, Box<dyn Error>> {
        let number = bind.get_parameter(0).to_uint64();
        let scan = Arc::clone(locked(&SCANS).get(&number).ok_or("it has no batches of that number")?);
        for field in scan.schema.fields() {
            bind.add_result_column(field.name(), to_duckdb_logical_type_for_field(field)?);
        }
        Ok(scan)
    }

    fn init(init: &InitInfo) -> Result<(), Box<dyn Error>> {
        init.set_max_threads(rayon::current_num_threads() as u64);
        Ok(())
    }

    fn func(call: &TableFunctionInfo<Self>, output: &mut DataChunkHandle) -> Result<(), Box<dyn Error>> {
        let Some(rows) = call.get_bind_data().next() else {
            output.set_len(0);
            return Ok(());
        };
        record_batch_to_duckdb_data_chunk(&rows, output)
    }

    fn parameters() -> Option<Vec<LogicalTypeHandle>> {
        Some(vec![LogicalTypeHandle::from(LogicalTypeId::UBigint)])
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
        let texts: StringArray =
            rows.clone().map(|row| (row % 3 > 0).then(|| format!("row {row}"))).collect();
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(rows));
        RecordBatch::try_from_iter([("number", numbers), ("text", Arc::new(texts))]).expect("equal lengths")
    }

    /// A database with a table that has a column more than the batches.
    fn database(threads: u32) -> Connection {
        let connection = Connection::open_in_memory().expect("it opens");
        prepare(&connection).expect("the function is new");
        let sql = format!(
            "SET threads = {threads}; SET preserve_insertion_order = false;
             CREATE TABLE rows (text VARCHAR, number BIGINT NOT NULL, other VARCHAR)"
        );
        connection.execute_batch(&sql).expect("it is right");
        connection
    }

    fn one<T: duckdb::types::FromSql>(connection: &Connection, sql: &str) -> T {
        connection.query_row(sql, [], |row| row.get(0)).expect("it has an answer")
    }

    #[test]
    fn every_row_arrives_once_with_any_number_of_threads() {
        // Batches that end in the middle of a chunk, and one of a single row.
        let bounds = [0, 5_000, 5_001, 80_000, 81_000, 150_123, 200_000];
        for threads in [1, 2, 5] {
            let connection = database(threads);
            let batches =
                |sink: &Sink| bounds.windows(2).try_for_each(|pair| sink.send(batch(pair[0]..pair[1])));
            load(&connection, vec![Load::new("rows", batches)]).expect("the rows fit");
            assert_eq!(one::<i64>(&connection, "SELECT count(*) FROM rows"), 200_000);
            let wrong =
                "SELECT count(*) FROM rows FULL JOIN range(200_000) AS all_rows (number) USING (number)
                 WHERE rows.number IS NULL OR other IS NOT NULL
                    OR text IS DISTINCT FROM if(number % 3 > 0, 'row ' || number, NULL)";
            assert_eq!(one::<i64>(&connection, wrong), 0);
            assert_eq!(one::<i64>(&connection, "SELECT count(DISTINCT number) FROM rows"), 200_000);
        }
    }

    #[test]
    fn nothing_to_load_is_no_statement() {
        let connection = database(2);
        let nothing = Load::new("there is no such table", |_| Ok(()));
        load(&connection, vec![nothing]).expect("nothing was asked for");
    }

    #[test]
    fn what_is_refused_stops_the_batches() {
        let connection = database(2);
        let without_number = |rows: i64| {
            let texts: StringArray = (0..rows).map(|row| Some(row.to_string())).collect();
            RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).expect("one column")
        };
        let mut sent = 0;
        let endless = |sink: &Sink| {
            loop {
                sink.send(without_number(1_000))?;
                sent += 1;
            }
        };
        let never = Load::new("rows", |_| unreachable!("the batches before are refused"));
        let error =
            load(&connection, vec![Load::new("rows", endless), never]).expect_err("a number is required");
        assert!(error.to_string().contains("NOT NULL"), "{error}");
        assert!(sent > 0);
        assert_eq!(one::<i64>(&connection, "SELECT count(*) FROM rows"), 0);
    }
}
