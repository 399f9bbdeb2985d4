//! The rows that the fakes serve: what the samples hold, or rows that a test makes.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

/// Which ids rows have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ids {
    /// Those of the sample.
    #[default]
    Own,
    /// Sixteen digits, as tenants in Europe and Australia have them; the one that is named becomes 0.
    Long {
        /// The id that becomes 0.
        zero: Option<i64>,
    },
}

/// What is added to an id to make it one of sixteen digits.
const LONG: i64 = 4_489_414_129_000_000;

/// Rows of a list.
#[derive(Clone)]
pub enum Rows {
    /// Rows in memory.
    Held(Arc<Vec<Value>>),
    /// Rows that are made when they are asked for, so that a list of a million costs nothing.
    Made {
        /// How many.
        count: usize,
        /// The row at a place.
        make: Arc<dyn Fn(usize) -> Value + Send + Sync>,
    },
}

impl Rows {
    /// Rows in memory.
    pub fn held(rows: Vec<Value>) -> Self {
        Self::Held(Arc::new(rows))
    }

    /// Rows that are made when they are asked for.
    pub fn made(count: usize, make: impl Fn(usize) -> Value + Send + Sync + 'static) -> Self {
        Self::Made { count, make: Arc::new(make) }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Held(rows) => rows.len(),
            Self::Made { count, .. } => *count,
        }
    }

    /// The row at a place.
    pub fn get(&self, place: usize) -> Cow<'_, Value> {
        match self {
            Self::Held(rows) => Cow::Borrowed(&rows[place]),
            Self::Made { make, .. } => Cow::Owned(make(place)),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, Value>> {
        (0..self.len()).map(|place| self.get(place))
    }
}

/// The saved documents of a system in a folder.
#[derive(Debug, Clone)]
pub struct Estate {
    folder: PathBuf,
    ids: Ids,
}

impl Estate {
    /// A folder of `samples/`.
    pub fn sample(folder: &str, ids: Ids) -> Self {
        Self { folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(folder), ids }
    }

    /// Any folder.
    pub fn folder(folder: impl Into<PathBuf>, ids: Ids) -> Self {
        Self { folder: folder.into(), ids }
    }

    /// The documents called `name.json`, or `name_1.json`, `name_2.json` and so on, in this order.
    pub fn documents(&self, name: &str) -> Vec<Value> {
        let numbered = (1..).map(|number| self.folder.join(format!("{name}_{number}.json")));
        let whole = std::iter::once(self.folder.join(format!("{name}.json"))).filter(|path| path.exists());
        whole.chain(numbered.take_while(|path| path.exists())).map(|path| self.read(&path)).collect()
    }

    /// The rows of all documents called `name`: the elements of the document, or of its first member that is a list.
    /// No rows where there is no document.
    pub fn rows(&self, name: &str) -> Vec<Value> {
        self.documents(name).into_iter().flat_map(elements).collect()
    }

    /// What stands beside the rows of all documents called `name`, in a list of its own such as `included`.
    pub fn beside(&self, name: &str, member: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        for mut document in self.documents(name) {
            if let Some(Value::Array(own)) = document.get_mut(member).map(Value::take) {
                rows.extend(own);
            }
        }
        rows
    }

    fn read(&self, path: &Path) -> Value {
        let text = std::fs::read_to_string(path).expect("the sample can be read");
        let mut document = serde_json::from_str(&text).expect("the sample is JSON");
        renumber(&mut document, self.ids);
        document
    }
}

/// The elements of a document that is a list or holds one.
fn elements(document: Value) -> Vec<Value> {
    match document {
        Value::Array(rows) => rows,
        Value::Object(members) => members
            .into_iter()
            .find_map(|(_, value)| if let Value::Array(rows) = value { Some(rows) } else { None })
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Gives every id in a document its new value, as number or text as before.
fn renumber(value: &mut Value, ids: Ids) {
    let Ids::Long { zero } = ids else { return };
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| renumber(item, ids)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::Array(_) | Value::Object(_) => renumber(member, ids),
                    _ if is_id(name) => renumber_one(member, zero),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn renumber_one(value: &mut Value, zero: Option<i64>) {
    let long = |id: i64| if Some(id) == zero { 0 } else { LONG + id };
    if let Some(id) = value.as_i64() {
        *value = long(id).into();
    } else if let Some(id) = value.as_str().and_then(|text| text.parse::<i64>().ok()) {
        *value = long(id).to_string().into();
    }
}

/// Whether a member of this name holds an id of this system; `remote-id` holds one of another.
fn is_id(name: &str) -> bool {
    let ends = ["-id", "_id", "Id", "ID"];
    name == "id" || (name != "remote-id" && ends.iter().any(|end| name.ends_with(end)))
}
