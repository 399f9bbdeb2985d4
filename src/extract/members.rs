//! Members of groups, who are distinguished names in an export: each becomes what the account is called, where an account
//! of that name stands beside it.

use rustc_hash::FxHashMap;

use super::lists;
use super::sink::FileRows;
use crate::model::{column, list_items};

/// What accounts are called, by the keys of their distinguished names; `None` where two accounts have one name.
///
/// Two clients may have domains of one name, so these are the accounts of one folder or archive.
#[derive(Debug, Default)]
pub(super) struct People(FxHashMap<String, Option<String>>);

impl People {
    /// Adds accounts.
    pub fn add(&mut self, people: Vec<(String, String)>) {
        for (name, called) in people {
            self.0
                .entry(name)
                .and_modify(|known| {
                    if known.as_ref().is_some_and(|known| *known != called) {
                        *known = None;
                    }
                })
                .or_insert(Some(called));
        }
    }

    /// Calls the members of groups what their accounts are called. Those that are not known keep their names.
    pub fn name_members(&self, rows: &mut FileRows) {
        let records = &rows.records;
        let Some(position) = records.position(column::MEMBERS) else { return };
        let cells = records.cells(column::MEMBERS);
        let count = u32::try_from(records.len()).expect("a file has fewer than 4 billion rows");
        let mut changed = records.clone();
        changed.replace(
            position,
            (0..count).map(|row| {
                let called = |name| self.0.get(&name_key(name)).and_then(Option::as_deref).unwrap_or(name);
                cells.get(row).map(|cell| lists::join(&list_items(cell).map(called).collect::<Vec<&str>>()))
            }),
        );
        rows.records = changed;
    }
}

/// A distinguished name in comparable form: letter case and white space around its parts are no difference.
pub(super) fn name_key(name: &str) -> String {
    name.split(',').map(str::trim).collect::<Vec<&str>>().join(",").to_lowercase()
}
