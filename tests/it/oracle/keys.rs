//! The keys of a record, spelled out one rule after the other.
//!
//! Letter case is folded by `to_lowercase`, which is full case folding for the alphabets that the tests draw from,
//! and the junk list is the handful of values that they draw.

use std::collections::{BTreeMap, BTreeSet};

use matchbook::model::{Entity, LIST_SEPARATOR, PART_SEPARATOR};
use unicode_normalization::UnicodeNormalization;

use super::Row;

/// A key value: one part, or the parts of a person or an address.
pub type Value = Vec<String>;

/// The values that a record holds, by key name.
pub type KeySets = BTreeMap<&'static str, BTreeSet<Value>>;

const JUNK_SERIALS: [&str; 3] = ["TOBEFILLEDBYO.E.M", "N/A", "NONE"];
const JUNK_MACS: [&str; 1] = ["005056C00001"];
const JUNK_HOSTNAMES: [&str; 1] = ["LOCALHOST"];
const TRAVELLING: [&str; 2] = ["USB", "DOCK"];

/// The keys of `row`, which is of the source called `source`.
pub fn keys(row: &Row, source: &str, ignore_case: bool) -> KeySets {
    let mut sets = KeySets::new();
    let cell = |column: &str| row.cell(column).unwrap_or_default();
    let folded = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_owned() };
    let mut add = |key: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            sets.entry(key).or_default().insert(value);
        }
    };
    let one = |text: String| (!text.is_empty()).then(|| vec![text]);

    add("link", one(format!("{source}:{}", row.id)));
    for link in cell("links").split(LIST_SEPARATOR) {
        add("link", one(link.to_owned()));
    }
    match row.entity {
        Entity::Organization | Entity::License | Entity::Group => {
            add("name", one(folded(&name(cell("name")))));
        }
        Entity::Location => {
            add("name", one(folded(&name(cell("name")))));
            let parts: Vec<String> = ["address_1", "address_2", "city", "region", "country"]
                .iter()
                .map(|column| name(cell(column)).to_lowercase())
                .collect();
            add("address", (!parts[0].is_empty() || !parts[2].is_empty()).then_some(parts));
        }
        Entity::Contact => {
            let parts = vec![folded(&name(cell("first_name"))), folded(&name(cell("last_name")))];
            add("person", parts.iter().any(|part| !part.is_empty()).then_some(parts));
            for address in cell("emails").split(LIST_SEPARATOR) {
                add("email", email(address));
            }
            add("upn", email(cell("user_principal_name")));
        }
        Entity::Configuration => {
            add("name", one(folded(&name(cell("name")))));
            add("type", one(name(cell("type")).to_lowercase()));
            add("serial", serial(cell("serial_number")));
            for mac in macs(cell("mac_address")) {
                add("mac", one(mac));
            }
            for interface in cell("interfaces").split(LIST_SEPARATOR) {
                let mut parts = interface.split(PART_SEPARATOR);
                let label = parts.next().unwrap_or_default().to_uppercase();
                if !TRAVELLING.iter().any(|word| label.contains(word)) {
                    for mac in macs(parts.next().unwrap_or_default()) {
                        add("mac", one(mac));
                    }
                }
            }
            let display = cell("name").trim();
            let is_plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == '.';
            let from_display = || display.chars().all(is_plain).then(|| hostname(display)).flatten();
            add("hostname", hostname(cell("hostname")).or_else(from_display));
        }
        Entity::Ticket => {}
    }
    sets
}

/// The key of a name, letter case kept.
pub fn name(raw: &str) -> String {
    let visible: String = raw
        .nfc()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
        .collect();
    visible.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn email(raw: &str) -> Option<Value> {
    let address = raw.trim().to_lowercase();
    (address.matches('@').count() == 1).then(|| vec![address])
}

fn serial(raw: &str) -> Option<Value> {
    if raw.contains("E+") {
        return None;
    }
    let mut key: String = raw.nfc().flat_map(char::to_uppercase).filter(|c| !c.is_whitespace()).collect();
    for prefix in ["S/N:", "SN:", "SERIAL:"] {
        if let Some(rest) = key.strip_prefix(prefix) {
            key = rest.into();
            break;
        }
    }
    let bare = key.trim_matches(|c: char| !c.is_alphanumeric());
    let letters: BTreeSet<char> = bare.chars().collect();
    let is_junk = JUNK_SERIALS.contains(&bare)
        || bare.starts_with("123456789")
        || letters.len() < 2
        || letters.iter().all(|c| *c == '0' || *c == '1');
    (key.chars().count() >= 3 && !is_junk).then(|| vec![key])
}

fn macs(cell: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in cell.split([',', ';', '/', '|', '\t', '\n']) {
        match mac(piece) {
            Some(mac) => found.push(mac),
            None => found.extend(piece.split(' ').filter_map(mac)),
        }
    }
    found.retain(|mac| {
        let is_multicast = u8::from_str_radix(&mac[..2], 16).is_ok_and(|octet| octet % 2 == 1);
        !is_multicast && !JUNK_MACS.contains(&mac.as_str()) && mac != "000000000000"
    });
    found
}

fn mac(piece: &str) -> Option<String> {
    let groups: Vec<&str> = piece.split([':', '-', '.', ' ']).filter(|group| !group.is_empty()).collect();
    let digits: String = if groups.len() == 6 {
        groups.iter().map(|group| format!("{group:0>2}")).collect()
    } else {
        groups.concat()
    };
    (digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit())).then(|| digits.to_uppercase())
}

fn hostname(raw: &str) -> Option<Value> {
    let text = raw.trim().trim_start_matches('\\');
    let text = text.strip_suffix('$').unwrap_or(text);
    if text.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let label = text.split('.').next().unwrap_or_default().to_uppercase();
    (!label.is_empty() && !JUNK_HOSTNAMES.contains(&label.as_str())).then(|| vec![label])
}
