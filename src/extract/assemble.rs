//! From the rows of single files to one table per source and entity.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, LargeStringArray, RecordBatch, UInt32Array};
use arrow::compute::{concat, take};
use rayon::prelude::*;

use super::sink::{FileRows, quarantined};
use super::supplement::supplemented;
use crate::model::{
    Entity, FileInfo, Finding, LIST_SEPARATOR, QuarantineRow, Records, SourceIx, fields, schema,
};

/// A table and what was noticed on the way.
pub(super) struct Assembled {
    pub records: Records,
    pub findings: Vec<Finding>,
    pub quarantine: Vec<QuarantineRow>,
}

/// One table of all files of a source and entity: without repeated ids, sorted by id, supplemented, so that neither
/// the order of rows nor the cut of files matters.
pub(super) fn table(
    source: SourceIx,
    name: &str,
    entity: Entity,
    files: Vec<FileRows>,
    supplements: Vec<FileRows>,
) -> Assembled {
    let mut joined = joined(source, entity, files);
    let (records, repeated) = sorted(joined.records);
    joined.records = records;
    for row in repeated {
        joined.quarantine.push(QuarantineRow { source: name.to_owned(), ..row });
    }
    if !supplements.is_empty() {
        let adding = self::joined(source, entity, supplements);
        joined.findings.extend(adding.findings);
        joined.quarantine.extend(adding.quarantine);
        let mut records = supplemented(&joined.records, &adding.records);
        // Rows of supplements are no records, but bad ones must not go unnoticed.
        records.rows_read = joined.records.rows_read + adding.records.quarantined;
        records.quarantined = joined.records.quarantined + adding.records.quarantined;
        joined.records = records;
    }
    joined.findings.sort();
    joined
}

/// The rows of all files, one file after the other.
fn joined(source: SourceIx, entity: Entity, files: Vec<FileRows>) -> Assembled {
    let mut infos: Vec<FileInfo> = Vec::new();
    let mut batches: Vec<RecordBatch> = Vec::new();
    let (mut findings, mut quarantine) = (Vec::new(), Vec::new());
    let (mut rows_read, mut bad) = (0, 0);
    for file in files {
        let offset = u32::try_from(infos.len()).expect("fewer than 4 billion files");
        rows_read += file.records.rows_read;
        bad += file.records.quarantined;
        infos.extend(file.records.files.iter().cloned());
        batches.push(shifted(file.records.batch(), offset));
        findings.extend(file.findings);
        quarantine.extend(file.quarantine);
    }
    let whole = match <[RecordBatch; 1]>::try_from(batches) {
        Ok([only]) => only,
        Err(several) => one_after_the_other(entity, several),
    };
    let mut records = Records::new(source, entity, infos, whole);
    records.rows_read = rows_read;
    records.quarantined = bad;
    Assembled { records, findings, quarantine }
}

/// One batch of all. Columns of single files are let go as soon as they are joined.
fn one_after_the_other(entity: Entity, batches: Vec<RecordBatch>) -> RecordBatch {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut columns: Vec<Vec<ArrayRef>> =
        vec![Vec::with_capacity(batches.len()); schema(entity).fields().len()];
    for batch in batches {
        for (parts, part) in columns.iter_mut().zip(batch.columns()) {
            parts.push(Arc::clone(part));
        }
    }
    let joined: Vec<ArrayRef> = columns
        .into_par_iter()
        .map(|parts| {
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            if parts.iter().all(|part| is_blank(*part)) {
                return Arc::new(LargeStringArray::new_null(rows)) as ArrayRef;
            }
            concat(&parts).expect("every batch has the schema of the entity")
        })
        .collect();
    RecordBatch::try_new(schema(entity), joined).expect("every batch has the schema of the entity")
}

/// Whether it is a column of texts that no row has, such as one that no file carries. It stays the array that was never
/// filled, whose memory is never touched.
fn is_blank(column: &dyn Array) -> bool {
    column.null_count() == column.len() && column.as_any().is::<LargeStringArray>()
}

/// The batch with its file numbers moved on.
fn shifted(batch: &RecordBatch, offset: u32) -> RecordBatch {
    if offset == 0 {
        return batch.clone();
    }
    let position = batch.num_columns() - 2;
    let numbers: &UInt32Array =
        batch.column(position).as_any().downcast_ref().expect("the column is declared so");
    let moved: UInt32Array = numbers.unary(|number| number + offset);
    let mut columns = batch.columns().to_vec();
    columns[position] = Arc::new(moved);
    RecordBatch::try_new(batch.schema(), columns)
        .expect("one column was replaced by another of its type and length")
}

/// The rows in the order of their ids; rows of one id in the order of files and lines.
pub(super) fn by_id(records: &Records) -> Vec<u32> {
    let ids = records.text_at(0);
    let mut order: Vec<u32> =
        (0..u32::try_from(ids.len()).expect("a table has fewer than 4 billion rows")).collect();
    order.par_sort_unstable_by(|a, b| (ids.value(*a as usize), a).cmp(&(ids.value(*b as usize), b)));
    order
}

/// The records by id, and for the quarantine all but the first row of every id. Columns are let go as soon as they are
/// sorted.
fn sorted(mut records: Records) -> (Records, Vec<QuarantineRow>) {
    let ids = records.text_at(0);
    if (1..records.len()).all(|row| ids.value(row - 1) < ids.value(row)) {
        return (records, Vec::new());
    }
    let mut order = by_id(&records);
    let mut repeated = Vec::new();
    let mut last: Option<u32> = None;
    order.retain(|row| {
        let is_new = last.is_none_or(|last| ids.value(last as usize) != ids.value(*row as usize));
        if is_new {
            last = Some(*row);
        } else {
            repeated.push(*row);
        }
        is_new
    });
    let quarantine: Vec<QuarantineRow> = repeated
        .iter()
        .map(|row| {
            let reason = format!("duplicate_id: the id `{}` stands in an earlier row", records.id(*row));
            let (file, line) = (&records.file(*row).path, u64::from(records.line(*row)));
            quarantined("", records.entity, file, line, &reason, &as_json(&records, *row))
        })
        .collect();
    let order = UInt32Array::from(order);
    let (source, entity, rows_read) = (records.source, records.entity, records.rows_read);
    let bad = records.quarantined + quarantine.len() as u64;
    let files = std::mem::take(&mut records.files);
    let unsorted: Vec<ArrayRef> = records.into_batch().columns().to_vec();
    let columns: Vec<ArrayRef> = unsorted
        .into_par_iter()
        .map(|column| {
            if is_blank(&column) {
                Arc::new(LargeStringArray::new_null(order.len())) as ArrayRef
            } else {
                take(&column, &order, None).expect("the order names rows of the table")
            }
        })
        .collect();
    let batch = RecordBatch::try_new(schema(entity), columns).expect("every column was taken in one order");
    let mut sorted = Records::new(source, entity, files, batch);
    sorted.rows_read = rows_read;
    sorted.quarantined = bad;
    (sorted, quarantine)
}

/// A record as a JSON object of its columns, for the quarantine.
fn as_json(records: &Records, row: u32) -> String {
    let mut object = serde_json::Map::new();
    for field in fields(records.entity) {
        if let Some(value) = records.get(row, field.name) {
            object.insert(field.name.to_owned(), value.replace(LIST_SEPARATOR, "; ").into());
        }
    }
    serde_json::Value::Object(object).to_string()
}
