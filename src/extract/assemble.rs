//! From the rows of single files to one table per source and entity.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, LargeStringArray, LargeStringBuilder, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take};
use rustc_hash::FxHashSet;

use super::file::{Supplements, supplements};
use super::sink::{FileRows, Fnv, quarantined};
use crate::model::{
    Entity, FileInfo, Finding, Kind, LIST_SEPARATOR, QuarantineRow, Records, RecordsBuilder, SourceIx,
    column, fields, schema,
};
use crate::normalize::name_key;

/// One table of all files of a source and entity: supplemented, without repeated ids, sorted by id, so that neither
/// the order of rows nor the cut of files matters.
pub(super) fn table(
    source: SourceIx,
    name: &str,
    entity: Entity,
    files: Vec<FileRows>,
    supplementing: &[FileRows],
    findings: &mut Vec<Finding>,
    quarantine: &mut Vec<QuarantineRow>,
) -> Records {
    let mut infos: Vec<FileInfo> = Vec::new();
    let mut batches: Vec<RecordBatch> = Vec::new();
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
    if !supplementing.is_empty() {
        supplement(entity, &mut batches, &mut infos, supplementing);
    }
    let whole = match <[RecordBatch; 1]>::try_from(batches) {
        Ok([only]) => only,
        Err(several) => {
            concat_batches(&schema(entity), &several).expect("every batch has the schema of the entity")
        }
    };
    let mut records = Records::new(source, entity, infos, whole);
    records.rows_read = rows_read;
    records.quarantined = bad;
    sorted_and_unique(records, name, quarantine)
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
    replaced(batch, position, Arc::new(moved))
}

fn replaced(batch: &RecordBatch, position: usize, column: ArrayRef) -> RecordBatch {
    let mut columns = batch.columns().to_vec();
    columns[position] = column;
    RecordBatch::try_new(batch.schema(), columns)
        .expect("one column was replaced by another of its type and length")
}

/// Fills blank columns from supplements. A list of interfaces is added to the one that is there.
fn supplement(entity: Entity, batches: &mut [RecordBatch], infos: &mut [FileInfo], from: &[FileRows]) {
    let found: Supplements = supplements(from);
    for (position, field) in fields(entity).iter().enumerate().skip(1) {
        let is_carried = from.iter().any(|rows| rows.records.files.iter().any(|file| file.carried[position]));
        if !is_carried {
            continue;
        }
        for info in infos.iter_mut() {
            info.carried[position] = true;
        }
        for batch in batches.iter_mut() {
            let ids: &LargeStringArray = batch.column(0).as_any().downcast_ref().expect("ids are text");
            let own: &LargeStringArray =
                batch.column(position).as_any().downcast_ref().expect("columns are text");
            let mut made = LargeStringBuilder::with_capacity(own.len(), own.value_data().len());
            for row in 0..batch.num_rows() {
                let value = own.is_valid(row).then(|| own.value(row));
                let added = found
                    .get(ids.value(row))
                    .and_then(|all| all.iter().find(|(known, _)| *known == position));
                match (value, added) {
                    (Some(value), Some((_, added))) if field.kind == Kind::Interfaces && value != added => {
                        made.append_value(format!("{value}{LIST_SEPARATOR}{added}"));
                    }
                    (None, Some((_, added))) => made.append_value(added),
                    (value, _) => made.append_option(value),
                }
            }
            *batch = replaced(batch, position, Arc::new(made.finish()));
        }
    }
}

/// Quarantines all but the first row of every id, then sorts by id.
fn sorted_and_unique(records: Records, name: &str, quarantine: &mut Vec<QuarantineRow>) -> Records {
    let ids = records.text(column::RECORD_ID);
    let count = u32::try_from(records.len()).expect("a table has fewer than 4 billion rows");
    let is_sorted = (1..records.len()).all(|row| ids.value(row - 1) < ids.value(row));
    if is_sorted {
        return records;
    }
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    let mut order: Vec<u32> = Vec::with_capacity(records.len());
    let mut repeated: Vec<u32> = Vec::new();
    for row in 0..count {
        if seen.insert(records.id(row)) { order.push(row) } else { repeated.push(row) }
    }
    for row in &repeated {
        let reason = format!("duplicate_id: the id `{}` stands in an earlier row", records.id(*row));
        let line = u64::from(records.line(*row));
        let file = &records.file(*row).path;
        quarantine.push(quarantined(name, records.entity, file, line, &reason, &as_json(&records, *row)));
    }
    order.sort_unstable_by(|a, b| records.id(*a).cmp(records.id(*b)));
    let order = UInt32Array::from(order);
    let columns: Vec<ArrayRef> = records
        .batch()
        .columns()
        .iter()
        .map(|column| {
            // A column that no file carries stays the null array that costs nothing.
            if column.null_count() == column.len() {
                Arc::new(LargeStringArray::new_null(order.len())) as ArrayRef
            } else {
                take(column, &order, None).expect("the order names rows of the table")
            }
        })
        .collect();
    let batch =
        RecordBatch::try_new(records.batch().schema(), columns).expect("every column was taken in one order");
    let mut sorted = Records::new(records.source, records.entity, records.files.clone(), batch);
    sorted.rows_read = records.rows_read;
    sorted.quarantined = records.quarantined + repeated.len() as u64;
    sorted
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

/// The organizations that a source's records name, for a source that delivers none: one per id, else one per name.
/// They are no rows of a file. `None` when no record names one.
pub(super) fn implied_organizations(source: SourceIx, name: &str, tables: &mut [Records]) -> Option<Records> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut paths: Vec<FileInfo> = Vec::new();
    for table in tables.iter() {
        let ids = table.cells(column::ORGANIZATION_ID);
        let names = table.cells(column::ORGANIZATION);
        for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
            let given = names.get(row).map(name_key).filter(|name| !name.is_empty());
            let id = match (ids.get(row), &given) {
                (Some(id), _) => id.to_owned(),
                (None, Some(given)) => implied_id(name, given),
                (None, None) => continue,
            };
            let known = found.entry(id).or_default();
            // Of several spellings of one id's name the smallest, so that the order of rows does not matter.
            if let Some(given) = given
                && (known.is_empty() || given.as_ref() < known.as_str())
            {
                *known = given.into_owned();
            }
        }
        if paths.is_empty() && !table.files.is_empty() {
            let carried =
                fields(Entity::Organization).iter().map(|field| field.name == column::NAME).collect();
            paths.push(FileInfo { path: table.files[0].path.clone(), carried });
        }
    }
    if found.is_empty() {
        return None;
    }
    let mut builder = RecordsBuilder::new(source, Entity::Organization);
    builder.files = paths;
    let name_position = builder.position(column::NAME)?;
    for (id, name) in &found {
        builder.set(0, id);
        builder.set(name_position, name);
        builder.finish_row(0, 0);
    }
    Some(builder.build())
}

/// The id of an organization that is only named.
fn implied_id(source: &str, name: &str) -> String {
    let mut hash = Fnv::new();
    hash.add(source);
    hash.add(Entity::Organization.name());
    hash.add(name);
    hash.text()
}
