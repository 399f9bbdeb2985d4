//! Which organization of its own source a record belongs to.

use rustc_hash::FxHashMap;

use crate::model::{Entity, Records, Tables, column};
use crate::normalize::{Key, Keys, fold_case, name_key};
use crate::pipeline::{Names, Pipeline};

/// The organization record of a record, in the same source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The organization's row.
    Row(u32),
    /// It names none, or one that the source does not have.
    None,
    /// Several organizations of the source have the name it gives.
    Shared,
}

/// Asks `of` about texts that say something; of others there is nothing.
fn said<T>(of: impl Fn(&str) -> T) -> impl Fn(&str) -> Option<T> {
    move |text| (!text.trim().is_empty()).then(|| of(text))
}

/// The organization of every record of `table`: by id where the record gives one, else by name.
pub(super) fn owners(table: &Records, tables: &Tables, keys: &Keys, pipeline: &Pipeline) -> Vec<Owner> {
    let Some(organizations) = tables.get(table.source, Entity::Organization) else {
        return vec![Owner::None; table.len()];
    };
    let rows = u32::try_from(organizations.len()).expect("a table has fewer than 4 billion rows");
    let by_id: FxHashMap<&str, u32> = (0..rows).map(|row| (organizations.id(row), row)).collect();
    let names = keys.of(table.source, Entity::Organization).of(Key::Name);
    let mut by_name: FxHashMap<&str, Owner> = FxHashMap::default();
    for row in 0..rows {
        for name in names.get(row) {
            by_name.entry(name).and_modify(|owner| *owner = Owner::Shared).or_insert(Owner::Row(row));
        }
    }
    let folds = pipeline.names == Names::IgnoreCase;
    let with_id = |id: &str| by_id.get(id).map_or(Owner::None, |row| Owner::Row(*row));
    let with_name = |name: &str| {
        let key = name_key(name);
        let found = if folds { by_name.get(fold_case(&key).as_str()) } else { by_name.get(key.as_ref()) };
        found.copied().unwrap_or(Owner::None)
    };
    let ids = table.text(column::ORGANIZATION_ID).map(said(with_id));
    let names = table.text(column::ORGANIZATION).map(said(with_name));
    ids.zip(names).map(|(id, name)| id.flatten().or(name.flatten()).unwrap_or(Owner::None)).collect()
}
