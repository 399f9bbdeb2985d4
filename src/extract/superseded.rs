//! What an older answer of an interface said of a record that a later one says something else of.

use rustc_hash::{FxHashMap, FxHashSet};

use super::answers::Stand;
use super::assemble::taken;
use super::sink::{FileRows, Repeats};
use crate::model::fields;

/// Where the rows of a file stand; `None` where they are not of an answer.
fn stand(file: &FileRows) -> Option<Stand> {
    match file.repeats {
        Repeats::Latest(stand) | Repeats::LatestMerged(stand) => Some(stand),
        Repeats::Bad | Repeats::Same | Repeats::Merged => None,
    }
}

/// The supplements without those of which a later snapshot has newer ones. Inside a snapshot several rows may add to one
/// record, a page of its members each; what another endpoint adds stays besides. A row that moved between the pages of a
/// list while it was read is in two of them, and counts once.
pub(super) fn supplements(files: Vec<FileRows>) -> Vec<FileRows> {
    if files.iter().all(|file| stand(file).is_none()) {
        return files;
    }
    // The newest snapshot that adds to a record, and with how many rows.
    let mut newest: FxHashMap<(u32, &str), (u32, u32)> = FxHashMap::default();
    for (file, stand) in files.iter().filter_map(|file| Some((file, stand(file)?))) {
        for row in rows(file) {
            let (snapshot, count) = newest.entry((stand.endpoint, file.records.id(row))).or_default();
            if stand.snapshot > *snapshot {
                (*snapshot, *count) = (stand.snapshot, 0);
            }
            *count += u32::from(stand.snapshot == *snapshot);
        }
    }
    let mut told: FxHashSet<(u32, Vec<Option<&str>>)> = FxHashSet::default();
    let kept: Vec<Option<Vec<u32>>> = files
        .iter()
        .map(|file| {
            let stand = stand(file)?;
            let counts = |row: &u32| {
                let (snapshot, count) = newest[&(stand.endpoint, file.records.id(*row))];
                let mut is_new = || told.insert((stand.endpoint, says(file, *row)));
                snapshot == stand.snapshot && (count == 1 || is_new())
            };
            Some(rows(file).filter(counts).collect())
        })
        .collect();
    let pairs = files.into_iter().zip(kept);
    pairs
        .map(|(mut file, kept)| {
            if let Some(kept) = kept.filter(|kept| kept.len() < file.records.len()) {
                let mut records = taken(&file.records, kept);
                (records.rows_read, records.quarantined) = (file.records.rows_read, file.records.quarantined);
                file.records = records;
            }
            file
        })
        .collect()
}

/// Takes out what was noticed about rows of which a later answer has the one that counts.
pub(super) fn drop_findings(files: &mut [FileRows]) {
    // Few rows have findings.
    let mut latest: FxHashMap<String, Stand> = FxHashMap::default();
    for (file, stand) in files.iter().filter_map(|file| Some((file, stand(file)?))) {
        for finding in &file.findings {
            latest.entry(finding.record_id.clone()).or_insert(stand);
        }
    }
    if latest.is_empty() {
        return;
    }
    for (file, stand) in files.iter().filter_map(|file| Some((file, stand(file)?))) {
        for row in rows(file) {
            if let Some(known) = latest.get_mut(file.records.id(row)) {
                *known = stand.max(*known);
            }
        }
    }
    for file in files {
        let Some(stand) = stand(file) else { continue };
        file.findings
            .retain(|finding| finding.record_id.is_empty() || latest.get(&finding.record_id) == Some(&stand));
    }
}

/// What a row says, column by column.
fn says(file: &FileRows, row: u32) -> Vec<Option<&str>> {
    let columns = (0..fields(file.records.entity).len()).map(|position| file.records.text_at(position));
    columns.map(|column| column.get(row as usize)).collect()
}

fn rows(file: &FileRows) -> impl Iterator<Item = u32> + use<> {
    0..u32::try_from(file.records.len()).expect("a file has fewer than 4 billion rows")
}
