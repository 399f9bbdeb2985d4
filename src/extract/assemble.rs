//! From the rows of single files to one table per source and entity.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, UInt32Type};
use rayon::prelude::*;

use super::answers::Stand;
use super::merge::merged;
use super::sink::{FileRows, Repeats, quarantined};
use super::superseded;
use super::supplement::supplemented;
use crate::model::{
    Entity, FileInfo, Finding, LIST_SEPARATOR, QuarantineRow, Records, RecordsBuilder, SourceIx,
    blank_column, fields, joined_texts,
};
use crate::normalize::Junk;
use crate::systems::Merge;

/// A table and what was noticed on the way.
pub(super) struct Assembled {
    pub records: Records,
    pub findings: Vec<Finding>,
    pub quarantine: Vec<QuarantineRow>,
}

/// The rows of all files of a source and entity.
#[derive(Default)]
pub(super) struct Parts {
    /// Records.
    pub files: Vec<FileRows>,
    /// Records in full, which add to those of the same id.
    pub details: Vec<FileRows>,
    /// Values that add to records.
    pub supplements: Vec<FileRows>,
}

impl Parts {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        [&self.files, &self.details, &self.supplements]
            .into_iter()
            .flatten()
            .map(|rows| rows.records.len())
            .sum()
    }
}

/// One table of all files of a source and entity: without repeated ids, sorted by id, supplemented, so that neither
/// the order of rows nor the cut of files matters. With `merge`, rows that describe one record are one.
pub(super) fn table(
    source: SourceIx,
    name: &str,
    entity: Entity,
    parts: Parts,
    merge: Option<(&Merge, &Junk)>,
) -> Assembled {
    let mut whole = unique(source, name, entity, parts.files, merge);
    if !parts.details.is_empty() {
        let details = unique(source, name, entity, parts.details, None);
        whole.records = detailed(&whole.records, &details.records);
        whole.findings.extend(details.findings);
        whole.quarantine.extend(details.quarantine);
    }
    if !parts.supplements.is_empty() {
        let adding = joined(source, entity, superseded::supplements(parts.supplements)).0;
        whole.findings.extend(adding.findings);
        whole.quarantine.extend(adding.quarantine);
        let mut records = supplemented(&whole.records, &adding.records);
        // Rows of supplements are no records, but bad ones must not go unnoticed.
        records.rows_read = whole.records.rows_read + adding.records.quarantined;
        records.quarantined = whole.records.quarantined + adding.records.quarantined;
        whole.records = records;
    }
    whole.findings.sort();
    whole
}

/// The rows of all files without repeated ids, sorted by id.
fn unique(
    source: SourceIx,
    name: &str,
    entity: Entity,
    mut files: Vec<FileRows>,
    merge: Option<(&Merge, &Junk)>,
) -> Assembled {
    superseded::drop_findings(&mut files);
    let (mut whole, repeats) = joined(source, entity, files);
    if let Some((rule, junk)) = merge {
        let (records, findings) = merged(&whole.records, name, &rule.domains, junk);
        whole.records = records;
        whole.findings.extend(findings);
    }
    let (records, bad) = sorted(whole.records, &repeats);
    whole.records = records;
    whole.quarantine.extend(bad.into_iter().map(|row| QuarantineRow { source: name.to_owned(), ..row }));
    whole
}

/// The details, with what the records of the same id say besides, and the records that have none. All are sorted by id.
fn detailed(records: &Records, details: &Records) -> Records {
    let (ids, detail_ids) = (records.ids(), details.ids());
    let (mut known, mut others) = (Vec::new(), Vec::new());
    let mut at = 0;
    for row in 0..u32::try_from(records.len()).expect("a table has fewer than 4 billion rows") {
        let id = ids.value(row as usize);
        while at < detail_ids.len() && detail_ids.value(at) < id {
            at += 1;
        }
        let is_known = at < detail_ids.len() && detail_ids.value(at) == id;
        if is_known { known.push(row) } else { others.push(row) }
    }
    let rows_read = records.rows_read + details.rows_read - known.len() as u64;
    let bad = records.quarantined + details.quarantined;
    let entity = records.entity;
    let whole = supplemented(details, &taken(records, known));
    let mut files = whole.files.clone();
    let offset = u32::try_from(files.len()).expect("fewer than 4 billion files");
    let others = taken(records, others);
    files.extend(others.files.iter().cloned());
    let columns = one_after_the_other(entity, vec![whole.into_columns(), shifted(others, offset)]);
    let joined = Records::new(records.source, entity, files, columns);
    let mut whole = taken(&joined, joined.by_id());
    (whole.rows_read, whole.quarantined) = (rows_read, bad);
    whole
}

/// Some rows of a table.
pub(super) fn taken(records: &Records, rows: Vec<u32>) -> Records {
    let columns = take_rows(records.columns().to_vec(), rows);
    Records::new(records.source, records.entity, records.files.clone(), columns)
}

/// The rows of a table in this order. Its columns are let go one by one.
fn reordered(mut records: Records, order: Vec<u32>) -> Records {
    let Records { source, entity, rows_read, quarantined, .. } = records;
    let files = std::mem::take(&mut records.files);
    let mut reordered = Records::new(source, entity, files, take_rows(records.into_columns(), order));
    (reordered.rows_read, reordered.quarantined) = (rows_read, quarantined);
    reordered
}

/// Some rows of columns, which are let go one by one.
fn take_rows(columns: Vec<ArrayRef>, rows: Vec<u32>) -> Vec<ArrayRef> {
    let rows = UInt32Array::from(rows);
    let blank = blank_column(rows.len());
    columns
        .into_par_iter()
        .with_max_len(1)
        .map(|column| {
            if is_blank(&column) {
                Arc::clone(&blank)
            } else {
                take(&column, &rows, None).expect("the order names rows of the table")
            }
        })
        .collect()
}

/// The rows of all files, one file after the other, and what a repeated id is in each.
fn joined(source: SourceIx, entity: Entity, files: Vec<FileRows>) -> (Assembled, Vec<Repeats>) {
    let mut infos: Vec<FileInfo> = Vec::new();
    let mut repeats = Vec::new();
    let mut tables: Vec<Vec<ArrayRef>> = Vec::new();
    let (mut findings, mut quarantine) = (Vec::new(), Vec::new());
    let (mut rows_read, mut bad) = (0, 0);
    for file in files {
        let offset = u32::try_from(infos.len()).expect("fewer than 4 billion files");
        rows_read += file.records.rows_read;
        bad += file.records.quarantined;
        infos.extend(file.records.files.iter().cloned());
        repeats.resize(infos.len(), file.repeats);
        tables.push(shifted(file.records, offset));
        findings.extend(file.findings);
        quarantine.extend(file.quarantine);
    }
    let whole = match <[Vec<ArrayRef>; 1]>::try_from(tables) {
        Ok([only]) => only,
        Err(several) => one_after_the_other(entity, several),
    };
    let mut records = Records::new(source, entity, infos, whole);
    records.rows_read = rows_read;
    records.quarantined = bad;
    (Assembled { records, findings, quarantine }, repeats)
}

/// The columns of all. Those of single tables are let go as soon as they are joined.
pub(super) fn one_after_the_other(entity: Entity, tables: Vec<Vec<ArrayRef>>) -> Vec<ArrayRef> {
    if tables.is_empty() {
        return RecordsBuilder::new(0, entity).build().into_columns();
    }
    let rows = tables.iter().map(|columns| columns[0].len()).sum();
    let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::with_capacity(tables.len()); tables[0].len()];
    for table in tables {
        for (parts, part) in columns.iter_mut().zip(table) {
            parts.push(part);
        }
    }
    let blank = blank_column(rows);
    columns
        .into_par_iter()
        .with_max_len(1)
        .map(|parts| {
            if parts.iter().all(is_blank) {
                return Arc::clone(&blank);
            }
            if *parts[0].data_type() != DataType::UInt32 {
                return joined_texts(&parts);
            }
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            concat(&parts).expect("all are numbers")
        })
        .collect()
}

/// Whether it is a column of texts that no row has, such as one that no file carries. All of a table share one array.
fn is_blank(column: &ArrayRef) -> bool {
    column.null_count() == column.len() && *column.data_type() == DataType::LargeUtf8
}

/// The columns of the records, with the file numbers moved on.
fn shifted(records: Records, offset: u32) -> Vec<ArrayRef> {
    let mut columns = records.into_columns();
    if offset > 0 {
        let position = columns.len() - 2;
        let numbers = columns[position].as_primitive::<UInt32Type>();
        let moved: UInt32Array = numbers.unary(|number| number + offset);
        columns[position] = Arc::new(moved);
    }
    columns
}

/// The records by id, and for the quarantine the rows whose id an earlier row has. Columns are let go as soon as they
/// are sorted.
fn sorted(records: Records, repeats: &[Repeats]) -> (Records, Vec<QuarantineRow>) {
    let ids = records.ids();
    if (1..records.len()).all(|row| ids.value(row - 1) < ids.value(row)) {
        return (records, Vec::new());
    }
    let by_id = records.by_id();
    let is_repeated = |pair: &[u32]| ids.value(pair[0] as usize) == ids.value(pair[1] as usize);
    if !by_id.par_windows(2).any(is_repeated) {
        return (reordered(records, by_id), Vec::new());
    }
    let what = |row: u32| repeats.get(records.file_at(row)).copied().unwrap_or_default();
    let (mut order, mut repeated) = (Vec::with_capacity(records.len()), Vec::new());
    let (mut bad, mut merged) = (Vec::new(), Vec::new());
    for rows in by_id.chunk_by(|a, b| ids.value(*a as usize) == ids.value(*b as usize)) {
        let mut latest: Option<(Stand, u32)> = None;
        // The last of every endpoint.
        let mut more: Vec<(Stand, u32)> = Vec::new();
        for row in rows {
            match what(*row) {
                Repeats::Latest(stand) => latest = latest.max(Some((stand, *row))),
                Repeats::LatestMerged(stand) => {
                    match more.iter_mut().find(|(known, _)| known.endpoint == stand.endpoint) {
                        Some(known) => *known = (*known).max((stand, *row)),
                        None => more.push((stand, *row)),
                    }
                }
                _ => {}
            }
        }
        // The endpoint that comes first says most of it, an account more of its address than its contacts.
        let first = more.iter().min_by_key(|(stand, _)| stand.endpoint);
        let kept = latest.as_ref().or(first).map_or(rows[0], |(_, row)| *row);
        order.push(kept);
        merged.extend(more.iter().map(|(_, row)| *row).filter(|row| *row != kept));
        repeated.extend(rows.iter().filter(|row| **row != kept).map(|row| (kept, *row)));
    }
    let mut more = repeated.len() as u64;
    for (first, row) in repeated {
        match what(row) {
            Repeats::Merged => merged.push(row),
            Repeats::Latest(_) | Repeats::LatestMerged(_) => {}
            Repeats::Same if is_same(&records, first, row) => {}
            Repeats::Same | Repeats::Bad => {
                bad.push(row);
                more -= 1;
            }
        }
    }
    let quarantine: Vec<QuarantineRow> = bad
        .iter()
        .map(|row| {
            let reason = format!("duplicate_id: the id `{}` stands in an earlier row", records.id(*row));
            let (file, line) = (&records.file(*row).path, u64::from(records.line(*row)));
            quarantined("", records.entity, file, line, &reason, &as_json(&records, *row))
        })
        .collect();
    let adding = (!merged.is_empty()).then(|| taken(&records, merged));
    let rows_read = records.rows_read - more;
    let bad = records.quarantined + quarantine.len() as u64;
    let mut sorted = reordered(records, order);
    if let Some(adding) = adding {
        sorted = supplemented(&sorted, &adding);
    }
    sorted.rows_read = rows_read;
    sorted.quarantined = bad;
    (sorted, quarantine)
}

/// Whether two rows say the same in every column.
fn is_same(records: &Records, a: u32, b: u32) -> bool {
    let value = |position: usize, row: u32| records.text_at(position).get(row as usize);
    (0..fields(records.entity).len()).all(|position| value(position, a) == value(position, b))
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
