//! Rows of one import that describe one device, such as a printer that a scan lists once per queue.
//!
//! Only for systems that declare it. Rows of two organizations never meet. Rows that say the same are one; then rows
//! meet by serial number, by MAC address, by host name and domain, in this order, when nothing else that they say
//! speaks against it. A value whose rows contradict each other merges none of them and is reported. Of merged rows one
//! stays a record, with what the others add; the others stay records that take no part, so that every row is accounted
//! for. Rows without any identifier take no part either.

mod groups;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use super::identity::within;
use super::lists;
use crate::model::{Finding, Kind, Reason, Records, RecordsBuilder, column, fields, list_items};
use crate::normalize::Junk;
use groups::{Groups, Tier};
use rows::Row;

/// The records with merged rows marked, and what was noticed. `domains` are headings of the domain that `raw` may have.
pub(super) fn merged(
    records: &Records,
    source: &str,
    domains: &[String],
    junk: &Junk,
) -> (Records, Vec<Finding>) {
    let count = u32::try_from(records.len()).expect("a table has fewer than 4 billion rows");
    let rows: Vec<Row> = (0..count).map(|row| Row::new(records, row, domains, junk)).collect();
    let mut groups = Groups::of_equal_rows(&rows);
    let mut shared = Vec::new();
    for tier in Tier::ALL {
        groups.meet(tier, &mut shared);
    }
    let members = groups.members();
    let ids = ids(records, &rows, &members);
    let merged = rebuilt(records, &rows, &members, &ids);
    let mut findings: Vec<Finding> = shared
        .into_iter()
        .flat_map(|shared| {
            // Each of the devices that share the value, however they were merged since.
            let roots: BTreeSet<usize> = shared.rows.iter().map(|row| groups.root(*row)).collect();
            let (field, code) = shared.tier.finding();
            let ids: Vec<String> = roots.iter().map(|root| ids[members[root][0]].clone()).collect();
            ids.into_iter().map(move |record_id| Finding {
                source: source.to_owned(),
                entity: records.entity,
                record_id,
                field,
                code,
                raw_value: shared.value.clone(),
                message: "rows that are not one device have it, so it merges none of them".to_owned(),
            })
        })
        .collect();
    findings.sort();
    findings.dedup();
    (merged, findings)
}

/// The id of every row. The first row of a group keeps its own, unless another group's has the same: then address and
/// domain tell them apart. Other rows are numbered.
fn ids(records: &Records, rows: &[Row], members: &BTreeMap<usize, Vec<usize>>) -> Vec<String> {
    let own = |row: usize| records.id(rows[row].position);
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for group in members.values() {
        *users.entry(own(group[0])).or_default() += 1;
    }
    let mut ids = vec![String::new(); rows.len()];
    for group in members.values() {
        let first = own(group[0]);
        let id = if users[first] > 1 {
            let said = |value: &Option<String>| value.clone().unwrap_or_default();
            let row = &rows[group[0]];
            within(&within(first, &said(&row.address)), &said(&row.domain))
        } else {
            first.to_owned()
        };
        for (number, row) in group.iter().enumerate() {
            ids[*row] = if number == 0 { id.clone() } else { format!("{id}#{}", number + 1) };
        }
    }
    ids
}

/// The records again: the first row of every group with what the others add, the others marked.
fn rebuilt(
    records: &Records,
    rows: &[Row],
    members: &BTreeMap<usize, Vec<usize>>,
    ids: &[String],
) -> Records {
    let columns = fields(records.entity);
    let skip = columns.iter().position(|field| field.name == column::SKIP_REASON);
    let mut builder = RecordsBuilder::new(records.source, records.entity);
    builder.files.clone_from(&records.files);
    for group in members.values() {
        for (number, &at) in group.iter().enumerate() {
            let row = &rows[at];
            builder.set(0, &ids[at]);
            let others: &[usize] = if number == 0 { &group[1..] } else { &[] };
            for (position, field) in columns.iter().enumerate().skip(1) {
                let said = |row: &Row| records.get(row.position, field.name);
                match field.kind {
                    Kind::Mac if !others.is_empty() => {
                        let all = std::iter::once(row).chain(others.iter().map(|other| &rows[*other]));
                        builder.set(position, &mac_cell(all, said));
                    }
                    Kind::List | Kind::Interfaces if !others.is_empty() => {
                        let all = std::iter::once(row).chain(others.iter().map(|other| &rows[*other]));
                        let mut items: Vec<&str> = Vec::new();
                        for item in all.filter_map(said).flat_map(list_items) {
                            if !items.contains(&item) {
                                items.push(item);
                            }
                        }
                        builder.set(position, &lists::join(&items));
                    }
                    Kind::Json => builder.set(position, said(row).unwrap_or_default()),
                    _ => {
                        let found = said(row).or_else(|| others.iter().find_map(|other| said(&rows[*other])));
                        builder.set(position, found.unwrap_or_default());
                    }
                }
            }
            if let Some(skip) = skip {
                if number > 0 {
                    builder.set(skip, Reason::MergedRow.code());
                } else if group.iter().all(|at| !rows[*at].has_identifier()) {
                    builder.set(skip, Reason::NoIdentifier.code());
                }
            }
            let file = records.files.iter().position(|file| std::ptr::eq(file, records.file(row.position)));
            let file = file.and_then(|file| u32::try_from(file).ok()).unwrap_or_default();
            builder.finish_row(file, records.line(row.position));
        }
    }
    let mut merged = builder.build();
    merged.rows_read = records.rows_read;
    merged.quarantined = records.quarantined;
    merged
}

/// The cells of the rows in one, without those whose addresses are all in a cell before.
fn mac_cell<'r>(rows: impl Iterator<Item = &'r Row>, said: impl Fn(&'r Row) -> Option<&'r str>) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut cells: Vec<&str> = Vec::new();
    for row in rows {
        if cells.is_empty() || !row.macs.iter().all(|mac| known.contains(&mac.as_str())) {
            known.extend(row.macs.iter().map(String::as_str));
            cells.extend(said(row));
        }
    }
    cells.join(", ")
}
