//! Rows on their way into a table: batches of columns in the declared types, made on all threads.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{Field, Schema};
use rayon::prelude::*;

use super::load::{BATCH, MOST_THREADS, Sink, Stopped};
use super::schema::{Table, Type};

/// The values of one column of a batch.
enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Bool(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Texts(ListBuilder<StringBuilder>),
}

/// The bytes of most texts. A builder that has room for them is not copied as it grows.
const TEXT: usize = 16;

/// A builder for so many texts.
pub(super) fn texts(rows: usize) -> StringBuilder {
    StringBuilder::with_capacity(rows, rows * TEXT)
}

impl Builder {
    fn new(kind: Type, rows: usize) -> Self {
        match kind {
            // Dates are written by the tables of records only, which have whole columns.
            Type::Text | Type::Json | Type::Date => Self::Text(texts(rows)),
            Type::Integer => Self::Integer(Int64Builder::with_capacity(rows)),
            Type::Number => Self::Number(Float64Builder::with_capacity(rows)),
            Type::Bool => Self::Bool(BooleanBuilder::with_capacity(rows)),
            Type::Time => Self::Time(TimestampMicrosecondBuilder::with_capacity(rows)),
            Type::Texts => Self::Texts(ListBuilder::with_capacity(StringBuilder::new(), rows)),
        }
    }

    fn as_builder(&mut self) -> &mut dyn ArrayBuilder {
        match self {
            Self::Text(builder) => builder,
            Self::Integer(builder) => builder,
            Self::Number(builder) => builder,
            Self::Bool(builder) => builder,
            Self::Time(builder) => builder,
            Self::Texts(builder) => builder,
        }
    }
}

/// A table on its way into the warehouse.
pub(super) struct Filling<'s> {
    pub sink: &'s Sink,
    pub table: &'static Table,
    /// The value of the column `run_id`.
    pub run_id: i64,
}

impl Filling<'_> {
    /// Adds a row per item, in their order. Rows are made on all threads, a batch on each.
    ///
    /// # Errors
    /// When DuckDB takes no more.
    pub fn each<T: Sync>(&self, items: &[T], write: impl Fn(&mut Rows, &T) + Sync) -> Result<(), Stopped> {
        let batch = |items: &[T]| {
            let mut rows = Rows::new(self.table, self.run_id, items.len());
            for item in items {
                write(&mut rows, item);
                rows.end();
            }
            rows.finish()
        };
        let at_once = rayon::current_num_threads().min(MOST_THREADS);
        for items in items.chunks(at_once * BATCH) {
            let batches: Vec<RecordBatch> = items.par_chunks(BATCH).map(batch).collect();
            batches.into_iter().try_for_each(|batch| self.sink.send(batch))?;
        }
        Ok(())
    }
}

/// Builds rows of a table. The values of a row come in the declared order of the columns; `run_id` is set by itself.
pub(super) struct Rows {
    table: &'static Table,
    builders: Vec<Builder>,
    run_id: i64,
    at: usize,
}

impl Rows {
    fn new(table: &'static Table, run_id: i64, rows: usize) -> Self {
        // One more row is begun than there are.
        let builders = table.columns.iter().map(|column| Builder::new(column.kind, rows + 1)).collect();
        let mut rows = Self { table, builders, run_id, at: 0 };
        rows.begin();
        rows
    }

    fn begin(&mut self) {
        self.at = 0;
        self.integer(Some(self.run_id));
    }

    fn next(&mut self) -> &mut Builder {
        let at = self.at;
        self.at += 1;
        self.builders.get_mut(at).expect("a row has the columns of its table")
    }

    /// The next value; blank text is null.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.optional((!value.is_empty()).then_some(value))
    }

    /// The next value.
    pub fn optional(&mut self, value: Option<&str>) -> &mut Self {
        match self.next() {
            Builder::Text(builder) => builder.append_option(value),
            _ => unreachable!("the column was declared as text"),
        }
        self
    }

    /// The next value, `SOURCE/RECORD-ID`.
    pub fn record(&mut self, value: Option<(&str, &str)>) -> &mut Self {
        match self.next() {
            Builder::Text(builder) => append_record(builder, value),
            _ => unreachable!("the column was declared as text"),
        }
        self
    }

    /// The next value, a count.
    pub fn count(&mut self, value: impl TryInto<i64>) -> &mut Self {
        self.integer(Some(value.try_into().unwrap_or(i64::MAX)))
    }

    /// The next value.
    pub fn integer(&mut self, value: Option<i64>) -> &mut Self {
        match self.next() {
            Builder::Integer(builder) => builder.append_option(value),
            _ => unreachable!("the column was declared as a whole number"),
        }
        self
    }

    /// The next value.
    pub fn number(&mut self, value: f64) -> &mut Self {
        match self.next() {
            Builder::Number(builder) => builder.append_value(value),
            _ => unreachable!("the column was declared as a number"),
        }
        self
    }

    /// The next value.
    pub fn truth(&mut self, value: bool) -> &mut Self {
        match self.next() {
            Builder::Bool(builder) => builder.append_value(value),
            _ => unreachable!("the column was declared as a truth value"),
        }
        self
    }

    /// The next value, in microseconds since 1970 in UTC.
    pub fn time(&mut self, value: Option<i64>) -> &mut Self {
        match self.next() {
            Builder::Time(builder) => builder.append_option(value),
            _ => unreachable!("the column was declared as a time"),
        }
        self
    }

    /// The next value.
    pub fn texts<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> &mut Self {
        match self.next() {
            Builder::Texts(builder) => {
                for value in values {
                    builder.values().append_value(value);
                }
                builder.append(true);
            }
            _ => unreachable!("the column was declared as a list"),
        }
        self
    }

    fn end(&mut self) {
        assert_eq!(self.at, self.builders.len(), "a row of {} has all columns", self.table.name);
        self.begin();
    }

    fn finish(mut self) -> RecordBatch {
        // The row that was begun after the last one has a `run_id` and nothing else.
        let rows = self.builders[0].as_builder().len() - 1;
        let columns = self.builders.iter_mut().map(|builder| builder.as_builder().finish().slice(0, rows));
        let columns = columns.collect();
        batch(self.table.columns.iter().map(|column| column.name), columns)
    }
}

/// A batch of columns of equal length.
pub(super) fn batch(names: impl Iterator<Item = &'static str>, columns: Vec<ArrayRef>) -> RecordBatch {
    let fields: Vec<Field> = names
        .zip(&columns)
        .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .expect("the columns were built for as many rows")
}

/// Appends `SOURCE/RECORD-ID`, without a text in between.
pub(super) fn append_record(builder: &mut StringBuilder, value: Option<(&str, &str)>) {
    match value {
        Some((source, id)) => {
            for part in [source, "/", id] {
                builder.write_str(part).expect("writing to memory does not fail");
            }
            builder.append_value("");
        }
        None => builder.append_null(),
    }
}
