//! Which members and headings hold secrets: those of every system, and a system's own.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use smallvec::SmallVec;

/// The names that hold secrets wherever they stand.
static COMMON: LazyLock<Vec<String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        names: Vec<String>,
    }
    let file: File =
        toml::from_str(include_str!("../../data/secrets.toml")).expect("a test parses every embedded system");
    file.names
});

/// The names of members and headings that hold secrets, compared by their letters and digits alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Secrets {
    names: FxHashSet<String>,
    /// Beginnings of names.
    starts: Vec<String>,
    /// Ends of names, by their last byte.
    ends: FxHashMap<u8, Vec<String>>,
}

impl Secrets {
    /// The names that hold secrets in every system.
    #[must_use]
    pub fn common() -> &'static Self {
        static OF_ALL: LazyLock<Secrets> = LazyLock::new(Secrets::default);
        &OF_ALL
    }

    /// Whether a member or heading of this name holds secrets.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        let mut letters = SmallVec::<[u8; 64]>::new();
        if name.is_ascii() {
            letters.extend_from_slice(name.as_bytes());
            letters.make_ascii_lowercase();
            if !letters.iter().all(u8::is_ascii_alphanumeric) {
                letters.retain(|byte| byte.is_ascii_alphanumeric());
            }
        } else {
            let own = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
            own.for_each(|c| letters.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()));
        }
        let Ok(letters) = std::str::from_utf8(&letters) else { return false };
        let ends = letters.bytes().last().and_then(|last| self.ends.get(&last));
        ends.is_some_and(|ends| ends.iter().any(|end| letters.ends_with(end.as_str())))
            || self.starts.iter().any(|start| letters.starts_with(start.as_str()))
            || self.names.contains(letters)
    }

    /// The names that are told in full, as they compare.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().chain(self.ends.values().flatten()).map(String::as_str)
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

/// A system's own names; those of every system are added.
impl From<Vec<String>> for Secrets {
    fn from(own: Vec<String>) -> Self {
        let mut secrets =
            Self { names: FxHashSet::default(), starts: Vec::new(), ends: FxHashMap::default() };
        for name in COMMON.iter().chain(&own) {
            let letters: String =
                name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            if name.ends_with('*') {
                secrets.starts.push(letters);
            } else if name.starts_with('*') {
                let Some(last) = letters.bytes().last() else { continue };
                secrets.ends.entry(last).or_default().push(letters);
            } else {
                secrets.names.insert(letters);
            }
        }
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_by_letters_and_digits() {
        let secrets = Secrets::from(vec!["udf*".to_owned(), "proxySettings".to_owned()]);
        for name in [
            "Password",
            "admin-password",
            "portalPassword",
            "WLAN-Kennwort",
            "OTP_Secret",
            "BitLocker Recovery Key",
            "udf12",
            "UDF 12",
            "proxy_settings",
            "snmp-community",
            "Contraseña",
        ] {
            assert!(secrets.holds(name), "{name}");
        }
        for name in [
            "Password Last Set",
            "passwordNeverExpires",
            "PasswordLastSet",
            "tokenCount",
            "Shipping",
            "secretary",
            "name",
            "Community",
            "location",
            "",
        ] {
            assert!(!secrets.holds(name), "{name}");
        }
    }
}
