//! Records that several documents give: which of them is the record, and which only add to it.
//!
//! A list of customers names every tenant; the tenant's own document says more of it, where there is one. And what a
//! document says under an id of its own belongs to the record that lists that id.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::assemble::taken;
use super::nested::Nested;
use super::sink::FileRows;
use crate::model::{Finding, Records, column};
use crate::systems::StandsIn;

/// The rows of a document that stand in for records.
pub(super) struct StandIns {
    pub rows: FileRows,
    pub rule: &'static StandsIn,
    /// The place of the document's shape among those of its system: of two documents the lower one stands in.
    pub rank: usize,
}

/// Makes records of the rows whose ids no other document gives, and supplements of the others. `source` is the name.
pub(super) fn settle(
    source: &str,
    records: &mut Vec<FileRows>,
    supplements: &mut Vec<FileRows>,
    stand_ins: Vec<StandIns>,
) {
    let known: FxHashSet<String> = records
        .iter()
        .flat_map(|file| (0..count(&file.records)).map(|row| file.records.id(row).to_owned()))
        .collect();
    let mut best: BTreeMap<String, Candidate> = BTreeMap::new();
    for (file, stand_in) in stand_ins.iter().enumerate() {
        let table = &stand_in.rows.records;
        let (raws, skips) = (table.cells(column::RAW), table.cells(column::SKIP_REASON));
        for row in 0..count(table) {
            let id = table.id(row);
            if known.contains(id) {
                continue;
            }
            let (is_last, latest) = judged(stand_in.rule, raws.get(row));
            let candidate = Candidate {
                is_skipped: skips.get(row).is_some(),
                is_last,
                rank: stand_in.rank,
                latest: Reverse(latest),
                file,
                row,
            };
            match best.get_mut(id) {
                Some(other) if *other <= candidate => {}
                Some(other) => *other = candidate,
                None => {
                    best.insert(id.to_owned(), candidate);
                }
            }
        }
    }
    // A row that moved between the pages of a list, and is in two of them, says nothing twice.
    let mut told: FxHashSet<(String, String)> = FxHashSet::default();
    for (id, best) in &best {
        let raws = stand_ins[best.file].rows.records.cells(column::RAW);
        told.extend(raws.get(best.row).map(|raw| (id.clone(), raw.to_owned())));
    }
    for (file, StandIns { mut rows, .. }) in stand_ins.into_iter().enumerate() {
        let is_record = |row: u32| {
            best.get(rows.records.id(row)).is_some_and(|best| (best.file, best.row) == (file, row))
        };
        let (own, mut adding): (Vec<u32>, Vec<u32>) =
            (0..count(&rows.records)).partition(|row| is_record(*row));
        let raws = rows.records.cells(column::RAW);
        adding.retain(|row| {
            let raw = raws.get(*row).map(|raw| (rows.records.id(*row).to_owned(), raw.to_owned()));
            raw.is_none_or(|raw| told.insert(raw))
        });
        let last: Vec<Finding> = own
            .iter()
            .filter_map(|row| best.get(rows.records.id(*row)).filter(|best| best.is_last))
            .map(|best| Finding {
                source: source.to_owned(),
                entity: rows.records.entity,
                record_id: rows.records.id(best.row).to_owned(),
                field: "",
                code: "last_choice",
                raw_value: String::new(),
                message: "only a document that is a last choice gives this record".to_owned(),
            })
            .collect();
        let added = taken(&rows.records, adding);
        let mut made = taken(&rows.records, own);
        made.quarantined = rows.records.quarantined;
        made.rows_read = made.len() as u64 + made.quarantined;
        if !added.is_empty() {
            supplements.push(FileRows {
                records: added,
                findings: Vec::new(),
                quarantine: Vec::new(),
                repeats: rows.repeats,
                nested: Nested::default(),
            });
        }
        let findings = std::mem::take(&mut rows.findings).into_iter().chain(last).collect();
        records.push(FileRows { records: made, findings, ..rows });
    }
}

/// A row that could stand in, the better one first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    is_skipped: bool,
    is_last: bool,
    rank: usize,
    latest: Reverse<String>,
    file: usize,
    row: u32,
}

/// Whether the row is a last choice, and its time.
fn judged(rule: &StandsIn, raw: Option<&str>) -> (bool, String) {
    let Some(raw) = raw.and_then(|raw| serde_json::from_str::<Value>(raw).ok()) else {
        return (false, String::new());
    };
    let text = |path: &str| raw.get(path).and_then(Value::as_str).unwrap_or_default();
    let is_last = rule.last.as_ref().is_some_and(|(path, start)| text(path).starts_with(start.as_str()));
    (is_last, rule.latest.as_deref().map(text).unwrap_or_default().to_owned())
}

/// The supplements with the ids of the records whose list `through` holds their own; those that none holds are left out.
pub(super) fn redirected(records: &[FileRows], adding: FileRows, through: &str) -> FileRows {
    let mut holders: FxHashMap<String, String> = FxHashMap::default();
    for file in records {
        let raws = file.records.cells(column::RAW);
        for row in 0..count(&file.records) {
            let Some(raw) = raws.get(row).filter(|raw| raw.contains(through)) else { continue };
            let Ok(raw) = serde_json::from_str::<Value>(raw) else { continue };
            let ids = raw.get(through).and_then(Value::as_array);
            for id in ids.into_iter().flatten().filter_map(Value::as_str) {
                holders.entry(id.to_owned()).or_insert_with(|| file.records.id(row).to_owned());
            }
        }
    }
    let held: Vec<u32> =
        (0..count(&adding.records)).filter(|row| holders.contains_key(adding.records.id(*row))).collect();
    let ids: Vec<Option<&String>> = held.iter().map(|row| holders.get(adding.records.id(*row))).collect();
    let mut redirected = taken(&adding.records, held);
    redirected.replace(0, ids);
    redirected.rows_read = adding.records.rows_read;
    redirected.quarantined = adding.records.quarantined;
    FileRows { records: redirected, ..adding }
}

fn count(records: &Records) -> u32 {
    u32::try_from(records.len()).expect("a file has fewer than 4 billion rows")
}
