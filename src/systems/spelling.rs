//! The names of members as a system's shapes spell them, for systems whose answers differ in letter case.

use rustc_hash::FxHashMap;
use toml::de::{DeTable, DeValue};

/// The longest name that is looked up; no vendor's is longer.
const NAME_SIZE: usize = 64;

/// The spelling of every name that the shapes have, by the name in lower case.
#[derive(Debug, Clone, Default)]
pub struct Spelling(FxHashMap<String, String>);

impl Spelling {
    /// The names in the `json` tables of a system's file. Its other words stand there too and do no harm, for a member
    /// is only ever written in another letter case.
    #[must_use]
    pub(super) fn of(system: &DeTable<'_>) -> Self {
        let mut spelling = Self::default();
        system.get("json").into_iter().for_each(|shapes| spelling.add(shapes.get_ref()));
        spelling
    }

    fn add(&mut self, value: &DeValue<'_>) {
        match value {
            DeValue::String(text) => {
                for name in text.split('.') {
                    self.0.insert(name.to_ascii_lowercase(), name.to_owned());
                }
            }
            DeValue::Array(values) => values.iter().for_each(|value| self.add(value.get_ref())),
            DeValue::Table(table) => table.values().for_each(|value| self.add(value.get_ref())),
            _ => {}
        }
    }

    /// How the shapes spell `name`, `None` for a name that they do not have.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        let mut lower = [0; NAME_SIZE];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        std::str::from_utf8(lower).ok().and_then(|lower| self.0.get(lower)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_letter_case() {
        let text = "[[json]]\nneeds = [\"ipAddress\"]\n[json.columns]\ncity = \"address.zipCode\"\n";
        let system = DeTable::parse(text).expect("it is valid");
        let spelling = Spelling::of(system.get_ref());
        assert_eq!(spelling.find("IPAddress"), Some("ipAddress"));
        assert_eq!(spelling.find("ZIPCODE"), Some("zipCode"));
        assert_eq!(spelling.find("address"), Some("address"));
        assert_eq!(spelling.find("other"), None);
        assert_eq!(spelling.find(&"n".repeat(100)), None);
    }
}
