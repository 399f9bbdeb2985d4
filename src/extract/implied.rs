//! Organizations of sources that only name them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::assemble;
use super::identity::implied_id;
use super::nested::Nested;
use super::sink::{FileRows, Repeats};
use crate::model::{Entity, FileInfo, Records, RecordsBuilder, SourceIx, column, fields};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::Names;

/// The organizations that a source's records name, for a source that delivers none: one per id, else one per name.
/// They are no rows of a file. `None` when no record names one.
pub(super) fn implied_organizations(source: SourceIx, name: &str, tables: &[Records]) -> Option<Records> {
    let mut by_id: FxHashMap<&str, Option<Cow<'_, str>>> = FxHashMap::default();
    let mut by_name: FxHashSet<Cow<'_, str>> = FxHashSet::default();
    for table in tables {
        let ids = table.cells(column::ORGANIZATION_ID);
        let names = table.cells(column::ORGANIZATION);
        for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
            let name = names.get(row).map(name_key).filter(|name| !name.is_empty());
            match (ids.get(row), name) {
                (Some(id), name) => {
                    let known = by_id.entry(id).or_default();
                    // Of several spellings of one id's name the smallest, so that the order of rows does not matter.
                    if name.is_some() && (known.is_none() || name < *known) {
                        *known = name;
                    }
                }
                (None, Some(name)) if !by_name.contains(&name) => {
                    by_name.insert(name);
                }
                (None, _) => {}
            }
        }
    }
    let named = by_id.into_iter().map(|(id, known)| (Cow::Borrowed(id), known.unwrap_or_default()));
    let only_named = by_name.into_iter().map(|given| (Cow::Owned(implied_id(name, &given)), given));
    let found: BTreeMap<Cow<'_, str>, Cow<'_, str>> = named.chain(only_named).collect();
    if found.is_empty() {
        return None;
    }
    // They are of no file in particular, but must name one.
    let path = tables
        .iter()
        .find_map(|table| table.files.first())
        .map_or_else(String::new, |file| file.path.clone());
    Some(records(source, path, &found))
}

/// The organization records of a source, and one more for every name that was `given` to its rows and that none of them
/// has.
pub(super) fn with_organizations(
    own: Records,
    name: &str,
    given: &BTreeSet<String>,
    names: Names,
) -> Records {
    let key = |name: &str| match names {
        Names::Exact => name_key(name).into_owned(),
        Names::IgnoreCase => fold_case(&name_key(name)),
    };
    let cells = own.cells(column::NAME);
    let rows = 0..u32::try_from(own.len()).expect("a table has fewer than 4 billion rows");
    let has: FxHashSet<String> = rows.filter_map(|row| cells.get(row).map(key)).collect();
    let missing: BTreeMap<Cow<'_, str>, Cow<'_, str>> = given
        .iter()
        .filter(|given| !has.contains(&key(given)))
        .map(|given| (Cow::Owned(implied_id(name, given)), Cow::Borrowed(given.as_str())))
        .collect();
    if missing.is_empty() {
        return own;
    }
    let path = own.files.first().map_or_else(String::new, |file| file.path.clone());
    let (source, entity) = (own.source, own.entity);
    let files = [records(source, path, &missing), own].map(|records| FileRows {
        records,
        findings: Vec::new(),
        quarantine: Vec::new(),
        repeats: Repeats::default(),
        nested: Nested::default(),
    });
    let parts = assemble::Parts { files: files.into(), ..assemble::Parts::default() };
    assemble::table(source, name, entity, parts, None).records
}

/// Records of organizations, by id and name.
fn records(source: SourceIx, path: String, found: &BTreeMap<Cow<'_, str>, Cow<'_, str>>) -> Records {
    let mut builder = RecordsBuilder::new(source, Entity::Organization);
    let carried = fields(Entity::Organization).iter().map(|field| field.name == column::NAME).collect();
    builder.files.push(FileInfo { path, carried });
    let name_position = builder.position(column::NAME).expect("organizations have a name");
    for (id, name) in found {
        builder.set(0, id);
        builder.set(name_position, name);
        builder.finish_row(0, 0);
    }
    builder.build()
}
