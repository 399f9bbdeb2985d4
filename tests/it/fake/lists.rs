//! The lists of a vendor, which a test may change while the server runs.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::estate::{Estate, Rows};

/// Lists by name. Copies of it are the same lists.
#[derive(Clone, Default)]
pub struct Lists(Arc<Mutex<BTreeMap<String, List>>>);

#[derive(Clone)]
struct List {
    rows: Rows,
    /// Places by the text of a member, for the members that were asked for.
    indexes: BTreeMap<String, Arc<HashMap<String, usize>>>,
}

impl Lists {
    /// Lists of an estate: what each is called here, and what its documents are called. A list without a document is
    /// empty.
    pub fn of(estate: &Estate, names: &[(&str, &str)]) -> Self {
        let lists = Self::default();
        for (name, documents) in names {
            lists.set(name, Rows::held(estate.rows(documents)));
        }
        lists
    }

    /// A list, if there is one.
    pub fn get(&self, name: &str) -> Option<Rows> {
        self.lock().get(name).map(|list| list.rows.clone())
    }

    /// A list that there is.
    pub fn rows(&self, name: &str) -> Rows {
        self.get(name).expect("the fake has all lists that it names")
    }

    /// Puts other rows in the place of a list.
    pub fn set(&self, name: &str, rows: Rows) {
        self.lock().insert(name.to_owned(), List { rows, indexes: BTreeMap::new() });
    }

    /// Changes the rows of a list.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let mut rows: Vec<Value> = self.rows(name).iter().map(std::borrow::Cow::into_owned).collect();
        change(&mut rows);
        self.set(name, Rows::held(rows));
    }

    /// The first row of a list whose member has this text.
    pub fn find(&self, name: &str, member: &str, text: &str) -> Option<Value> {
        let (rows, index) = {
            let mut lists = self.lock();
            let list = lists.get_mut(name)?;
            if !list.indexes.contains_key(member) {
                let places = list.rows.iter().enumerate().map(|(place, row)| (text_of(&row[member]), place));
                let mut index = HashMap::new();
                for (text, place) in places {
                    index.entry(text).or_insert(place);
                }
                list.indexes.insert(member.to_owned(), Arc::new(index));
            }
            (list.rows.clone(), Arc::clone(&list.indexes[member]))
        };
        index.get(text).map(|place| rows.get(*place).into_owned())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, List>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value as text; nothing is the empty text.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
