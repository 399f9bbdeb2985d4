//! Ids for rows and organizations whose source gives none.
//!
//! Such an id is made of the source's name, the entity and the values that identify the record, so it outlives another
//! order of rows, columns and files. It is a 128-bit FNV-1a hash of these, cut to 96 bits, as 24 hex digits after a
//! tilde: `~5f3a...`. FNV is fixed for all time, which the standard library's hashes are not, and no vendor's ids begin
//! with a tilde.

use crate::model::{Entity, LIST_SEPARATOR, column};
use crate::normalize::{fold_case, name_key};

/// Columns whose values identify a record in a file that has no ids.
const IDENTIFYING: [&str; 12] = [
    column::NAME,
    column::FIRST_NAME,
    column::LAST_NAME,
    FULL_NAME,
    column::EMAILS,
    column::SERIAL_NUMBER,
    column::MAC_ADDRESS,
    column::HOSTNAME,
    column::ASSET_TAG,
    column::ADDRESS_1,
    column::NUMBER,
    column::SKU,
];

/// A contact's first and last name in one cell.
pub(super) const FULL_NAME: &str = "full_name";

/// What identifies a row that has none of these values.
const LAST_RESORT: &str = column::PRIMARY_IP;

/// The identifying values of a row.
#[derive(Default)]
pub(super) struct Identity {
    values: Vec<(usize, String)>,
    last_resort: Option<String>,
    organization: String,
}

impl Identity {
    /// Collects a value of the row.
    pub fn add(&mut self, name: &str, value: &str) {
        if name_key(value).is_empty() {
            return;
        }
        if name == column::ORGANIZATION || name == column::ORGANIZATION_ID {
            self.organization.push_str(&name_key(value));
            self.organization.push(LIST_SEPARATOR);
        } else if let Some(at) = IDENTIFYING.iter().position(|known| *known == name) {
            self.values.push((at, name_key(value).into_owned()));
        } else if name == LAST_RESORT {
            self.last_resort = Some(name_key(value).into_owned());
        }
    }

    /// The id, `None` when nothing identifies the row.
    pub fn id(&mut self, source: &str, entity: Entity) -> Option<String> {
        if self.values.is_empty() {
            self.values.push((IDENTIFYING.len(), self.last_resort.take()?));
        }
        self.values.sort();
        let mut hash = Fnv::new();
        hash.add(source);
        hash.add(entity.name());
        hash.add(&self.organization);
        for (at, value) in &self.values {
            hash.add(IDENTIFYING.get(*at).copied().unwrap_or(LAST_RESORT));
            hash.add(value);
        }
        Some(hash.text())
    }

    /// Forgets the row.
    pub fn clear(&mut self) {
        self.values.clear();
        self.last_resort = None;
        self.organization.clear();
    }
}

/// The id of an organization that is only named.
pub(super) fn implied_id(source: &str, name: &str) -> String {
    let mut hash = Fnv::new();
    hash.add(source);
    hash.add(Entity::Organization.name());
    hash.add(name);
    hash.text()
}

/// Whether an id was made here.
pub(super) fn is_made(id: &str) -> bool {
    id.starts_with('~')
}

/// A made id of a record whose organization became known after it was made.
pub(super) fn within(id: &str, organization: &str) -> String {
    let mut hash = Fnv::new();
    hash.add(organization);
    hash.add(id);
    hash.text()
}

/// The id that values make, for records that a system keeps no id for. Letter case and white space are no difference.
pub(super) fn made_id(source: &str, values: &[impl AsRef<str>]) -> String {
    let mut hash = Fnv::new();
    hash.add(source);
    for value in values {
        hash.add(&fold_case(&name_key(value.as_ref())));
    }
    hash.text()
}

struct Fnv(u128);

impl Fnv {
    const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, text: &str) {
        // No text holds the byte 0xff, so it ends each.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn text(&self) -> String {
        format!("~{:024x}", self.0 >> 32)
    }
}
