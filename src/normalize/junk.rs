//! The junk list: identifiers that identify nothing. The list itself is data (`data/junk.toml`).

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use super::identifiers::upper;
use crate::pipeline::JunkAdditions;

/// The list as it is shipped, by section.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JunkList {
    /// Serial numbers.
    pub serials: Vec<String>,
    /// Serial number patterns; `*` stands for any run of characters.
    pub serial_patterns: Vec<String>,
    /// MAC addresses, and prefixes that end in `*`.
    pub macs: Vec<String>,
    /// Words in the names of interfaces that travel.
    pub interfaces: Vec<String>,
    /// Host names.
    pub hostnames: Vec<String>,
    /// Models.
    pub models: Vec<String>,
    /// Manufacturers.
    pub manufacturers: Vec<String>,
    /// IP addresses, and prefixes that end in `*`.
    pub ips: Vec<String>,
}

impl JunkList {
    /// The list that is shipped with the program.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static LIST: LazyLock<JunkList> = LazyLock::new(|| {
            toml::from_str(include_str!("../../data/junk.toml")).expect("a test parses the shipped list")
        });
        &LIST
    }

    /// The shipped list with a pipeline's additions.
    #[must_use]
    pub fn with(additions: &JunkAdditions) -> Self {
        let mut list = Self::shipped().clone();
        list.serials.extend_from_slice(&additions.serials);
        list.serial_patterns.extend_from_slice(&additions.serial_patterns);
        list.macs.extend_from_slice(&additions.macs);
        list.interfaces.extend_from_slice(&additions.interfaces);
        list.hostnames.extend_from_slice(&additions.hostnames);
        list.models.extend_from_slice(&additions.models);
        list
    }
}

/// The list in the form that is asked.
#[derive(Debug, Clone)]
pub struct Junk {
    serials: FxHashSet<String>,
    serial_patterns: Vec<String>,
    macs: FxHashSet<String>,
    mac_prefixes: Vec<String>,
    interfaces: Vec<String>,
    hostnames: FxHashSet<String>,
    models: FxHashSet<String>,
    manufacturers: FxHashSet<String>,
    ips: FxHashSet<String>,
    ip_prefixes: Vec<String>,
}

/// Upper-case, without white space and without punctuation at both ends.
fn bare(text: &str) -> String {
    let squeezed: String = upper(text).chars().filter(|c| !c.is_whitespace()).collect();
    trim_punctuation(&squeezed).to_owned()
}

fn trim_punctuation(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Splits entries that end in `*` (as prefixes, without it) from the others.
fn prefixes(entries: &[String], form: impl Fn(&str) -> String) -> (FxHashSet<String>, Vec<String>) {
    let is_prefix = |entry: &&String| entry.ends_with('*');
    let whole = entries.iter().filter(|entry| !is_prefix(entry)).map(|entry| form(entry)).collect();
    let starts = entries.iter().filter(is_prefix).map(|entry| form(entry.trim_end_matches('*'))).collect();
    (whole, starts)
}

impl Junk {
    /// The shipped list with a pipeline's additions.
    #[must_use]
    pub fn new(additions: &JunkAdditions) -> Self {
        let list = JunkList::with(additions);
        let bare_set = |entries: &[String]| entries.iter().map(|entry| bare(entry)).collect::<FxHashSet<_>>();
        let hex = |entry: &str| upper(entry).chars().filter(char::is_ascii_hexdigit).collect();
        let (macs, mac_prefixes) = prefixes(&list.macs, hex);
        let (ips, ip_prefixes) = prefixes(&list.ips, |entry| entry.trim().to_lowercase());
        Self {
            serials: bare_set(&list.serials),
            serial_patterns: list
                .serial_patterns
                .iter()
                .map(|pattern| upper(pattern).chars().filter(|c| !c.is_whitespace()).collect())
                .collect(),
            macs,
            mac_prefixes,
            interfaces: list.interfaces.iter().map(|word| upper(word.trim()).into_owned()).collect(),
            hostnames: bare_set(&list.hostnames),
            models: bare_set(&list.models),
            manufacturers: bare_set(&list.manufacturers),
            ips,
            ip_prefixes,
        }
    }

    /// Whether a serial number, in the form of its key, is junk. What has no letter and no digit is.
    #[must_use]
    pub fn has_serial(&self, key: &str) -> bool {
        let core = trim_punctuation(key);
        let mut chars = core.chars();
        let is_repeated = chars.next().is_none_or(|first| chars.all(|c| c == first));
        // One character is too short, not repeated; "$" and the like are on the list.
        let is_repeated = is_repeated && key.chars().nth(1).is_some();
        is_repeated
            || (!core.is_empty() && core.bytes().all(|b| matches!(b, b'0' | b'1')))
            || self.serials.contains(core)
            || self.serial_patterns.iter().any(|pattern| matches_pattern(pattern, core))
    }

    /// Whether a MAC address of twelve upper-case hex digits is junk.
    #[must_use]
    pub fn has_mac(&self, key: &str) -> bool {
        self.macs.contains(key) || self.mac_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }

    /// Whether an interface of this name travels between devices.
    #[must_use]
    pub fn has_interface(&self, name: &str) -> bool {
        let name = upper(name);
        self.interfaces.iter().any(|word| name.contains(word.as_str()))
    }

    /// Whether a host name is generic.
    #[must_use]
    pub fn has_hostname(&self, key: &str) -> bool {
        self.hostnames.contains(trim_punctuation(key))
    }

    /// Whether a model is a placeholder.
    #[must_use]
    pub fn has_model(&self, raw: &str) -> bool {
        self.models.contains(&bare(raw))
    }

    /// Whether a manufacturer is a placeholder.
    #[must_use]
    pub fn has_manufacturer(&self, raw: &str) -> bool {
        self.manufacturers.contains(&bare(raw))
    }

    /// Whether an IP address in canonical text is a placeholder.
    #[must_use]
    pub fn has_ip(&self, key: &str) -> bool {
        self.ips.contains(key) || self.ip_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_parses_and_holds_whole_addresses() {
        let list = JunkList::shipped();
        assert!(list.serials.len() > 50);
        for mac in &list.macs {
            let digits = mac.trim_end_matches('*');
            assert!(digits.bytes().all(|b| b.is_ascii_hexdigit()), "{mac}");
            assert!(digits.len() == 12 || mac.ends_with('*'), "{mac}");
        }
    }

    #[test]
    fn patterns_stand_for_runs() {
        assert!(matches_pattern("123456789*", "123456789"));
        assert!(matches_pattern("A*B*C", "AxxBC"));
        assert!(!matches_pattern("A*B", "AxC"));
        assert!(!matches_pattern("AB", "ABC"));
    }

    #[test]
    fn a_pipeline_adds_to_the_list() {
        let additions = JunkAdditions {
            serials: vec!["Lent-Out".into()],
            macs: vec!["02:00:5E:*".into()],
            ..JunkAdditions::default()
        };
        let junk = Junk::new(&additions);
        assert!(junk.has_serial("LENT-OUT"));
        assert!(junk.has_mac("02005E123456"));
        assert!(!Junk::new(&JunkAdditions::default()).has_serial("LENT-OUT"));
    }

    #[test]
    fn models_compare_without_case_and_punctuation() {
        let junk = Junk::new(&JunkAdditions::default());
        assert!(junk.has_model("system product name"));
        assert!(junk.has_model("*"));
        assert!(!junk.has_model("OptiPlex 7090"));
    }
}
