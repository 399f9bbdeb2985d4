//! Ids that stand for others: a scan's device names the snapshot that it was seen in, and the network names its snapshot.
//!
//! A value that its list does not have says nothing, and so does a column in which no value of a file is known: what
//! stands around the file may then say which organization its rows belong to.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::sink::FileRows;
use super::{LookupItem, Lookups};
use crate::model::{Entity, Records, SourceIx};
use crate::pipeline::Pipeline;

/// Puts the ids that are meant in the place of those that stand for them, where a system declares such columns.
pub(super) fn resolve(
    pipeline: &Pipeline,
    lookups: &Lookups,
    files: &mut BTreeMap<(SourceIx, Entity), Vec<FileRows>>,
) {
    for (source, settings) in (0..).zip(&pipeline.sources) {
        for (entity, columns) in &settings.system.resolves {
            let Some(of_entity) = files.get_mut(&(source, *entity)) else { continue };
            for (column, list) in columns {
                let items = lookups
                    .named
                    .iter()
                    .filter(|((of, name), _)| *of == source && name == list)
                    .flat_map(|(_, items)| items);
                let known = known(items);
                for rows in of_entity.iter_mut() {
                    put(&mut rows.records, column, &known);
                }
            }
        }
    }
}

/// The id that each stands for; none where two say otherwise.
fn known<'a>(items: impl Iterator<Item = &'a LookupItem>) -> FxHashMap<&'a str, Option<&'a str>> {
    let mut known: FxHashMap<&str, Option<&str>> = FxHashMap::default();
    for item in items {
        let meant = Some(item.name.as_str());
        known
            .entry(item.id.as_str())
            .and_modify(|other| *other = other.filter(|_| *other == meant))
            .or_insert(meant);
    }
    known
}

fn put(records: &mut Records, column: &str, known: &FxHashMap<&str, Option<&str>>) {
    let Some(position) = records.position(column) else { return };
    let cells = records.text_at(position);
    let meant: Vec<Option<&str>> =
        cells.iter().map(|cell| known.get(cell?.trim()).copied().flatten()).collect();
    if meant.iter().all(Option::is_none) {
        for file in &mut records.files {
            file.carried[position] = false;
        }
    }
    records.replace(position, meant);
}
