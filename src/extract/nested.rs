//! Rows inside elements of another entity, such as the locations of an account: which element each is of.
//!
//! An element lists all of its own. So where a later answer has an element again, what earlier answers listed in it counts no
//! more, be it a record or a row that could not be read.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::assemble::taken;
use super::sink::{FileRows, Repeats};

/// Which elements the rows of a file are of. Nothing for rows that stand for themselves.
#[derive(Default)]
pub(super) struct Nested {
    /// The ids of the elements, those too that list none.
    elements: Vec<String>,
    /// By row the position of its element.
    rows: Vec<u32>,
    /// The same by quarantined row.
    bad: Vec<u32>,
}

impl Nested {
    /// Begins the list of an element.
    pub fn begin(&mut self, id: String) {
        self.elements.push(id);
    }

    /// Notes a row of the element that was begun last, or one that could not be read.
    pub fn note(&mut self, is_bad: bool) {
        let element = u32::try_from(self.elements.len()).unwrap_or(u32::MAX).saturating_sub(1);
        if is_bad { self.bad.push(element) } else { self.rows.push(element) }
    }
}

/// Takes out what earlier answers listed in elements that a later answer has.
pub(super) fn drop_superseded(files: &mut [FileRows]) {
    let mut latest = FxHashMap::default();
    for file in files.iter() {
        let Repeats::Latest(stand) = file.repeats else { continue };
        for element in &file.nested.elements {
            let known = latest.entry(element.clone()).or_insert(stand);
            *known = stand.max(*known);
        }
    }
    for file in files {
        let Repeats::Latest(stand) = file.repeats else { continue };
        let counts: Vec<bool> =
            file.nested.elements.iter().map(|id| latest.get(id) == Some(&stand)).collect();
        if !counts.iter().all(|counts| *counts) {
            keep(file, &|element| counts.get(element as usize) != Some(&false));
        }
    }
}

/// Keeps what is of elements that count.
fn keep(file: &mut FileRows, counts: &dyn Fn(u32) -> bool) {
    let all = || file.nested.rows.iter().zip(0_u32..);
    let gone: BTreeSet<&str> =
        all().filter(|(element, _)| !counts(**element)).map(|(_, row)| file.records.id(row)).collect();
    file.findings.retain(|finding| !gone.contains(finding.record_id.as_str()));
    let rows: Vec<u32> = all().filter(|(element, _)| counts(**element)).map(|(_, row)| row).collect();
    let mut elements = file.nested.bad.iter();
    file.quarantine.retain(|_| elements.next().is_none_or(|element| counts(*element)));
    let mut records = taken(&file.records, rows);
    records.quarantined = file.quarantine.len() as u64;
    records.rows_read = records.len() as u64 + records.quarantined;
    file.records = records;
    file.nested.rows.retain(|element| counts(*element));
    file.nested.bad.retain(|element| counts(*element));
}
