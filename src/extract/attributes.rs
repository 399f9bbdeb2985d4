//! Attributes of directory objects: their names in every format, and their values in readable text.
//!
//! The same attribute is a GUID in one format, 16 bytes as base64 or hex digits in another; a date, a number of 100 ns
//! units or a generalized time. Which is which is declared with the system; here is how each is read. A value that is not
//! in the declared form stays as it is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use rustc_hash::FxHashMap;

use super::files::squeeze;
use super::node::Node;
use super::object::Members;
use super::values::{is_guid, truth};
use crate::model::WINDOWS_1252;
use crate::systems::{Attribute, Decode, Directory, Many};

/// Seconds between 1601 and 1970.
const EPOCH: i64 = 11_644_473_600;

/// The finding of a cell that has the name of a type instead of values.
pub(super) const MULTIVALUE_LOST: &str = "multivalue_lost";

/// What stands in a generalized time for no time.
const NO_TIME: &str = "16010101";

/// The attributes of a system by everything that they are called.
pub(super) struct Attributes<'s>(FxHashMap<String, (&'s str, &'s Attribute)>);

impl<'s> Attributes<'s> {
    pub fn new(directory: &'s Directory) -> Self {
        let mut all = FxHashMap::default();
        for (name, attribute) in &directory.attributes {
            for called in std::iter::once(name).chain(&attribute.names) {
                all.insert(squeeze(called), (name.as_str(), attribute));
            }
        }
        Self(all)
    }

    /// The attribute that `name` means, with its name in the directory.
    pub fn find(&self, name: &str) -> Option<(&'s str, &'s Attribute)> {
        self.0.get(&squeeze(name)).copied()
    }

    /// The names of all attributes in the directory.
    pub fn names(&self) -> impl Iterator<Item = &'s str> {
        self.0.values().map(|(name, _)| *name)
    }
}

/// A value as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Bytes(Vec<u8>),
}

/// Something that is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub code: &'static str,
    pub attribute: String,
    pub raw: String,
    pub message: &'static str,
}

/// The attributes of one object, as they are read.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    pub members: Members<'a>,
    pub flaws: Vec<Flaw>,
}

impl<'a> Object<'a> {
    /// Adds the values of a cell: several where the attribute has several.
    pub fn add_cell(&mut self, name: &str, known: Option<(&'a str, &Attribute)>, cell: &'a str) {
        let cell = cell.trim();
        if is_type_name(cell) {
            let message = "the export has the name of a type where several values were";
            self.flaw(MULTIVALUE_LOST, name, cell, message);
            self.set(name, known, Node::Null);
            return;
        }
        let one = |text: &'a str| match hex_of_cell(text) {
            Some(bytes) => Value::Bytes(bytes),
            None => Value::Text(Cow::Borrowed(text)),
        };
        match known.and_then(|(_, attribute)| attribute.many).filter(|_| !cell.is_empty()) {
            Some(many) => {
                for part in parts(cell, many) {
                    self.add(name, known, one(part));
                }
            }
            None => self.add(name, known, one(cell)),
        }
    }

    /// Adds one value. A second one of an attribute makes a list of it.
    pub fn add(&mut self, name: &str, known: Option<(&'a str, &Attribute)>, value: Value<'a>) {
        let decode = known.and_then(|(_, attribute)| attribute.decode.as_ref());
        let node = match decode.map(|decode| decoded(decode, &value)) {
            Some(Decoded::Known(node)) => node,
            Some(Decoded::Nothing) => Node::Null,
            Some(Decoded::Unknown) | None => self.text(name, value),
        };
        let is_list = known.is_some_and(|(_, attribute)| attribute.many.is_some());
        self.set(name, known, if is_list && node != Node::Null { Node::Array(vec![node]) } else { node });
    }

    fn text(&mut self, name: &str, value: Value<'a>) -> Node<'a> {
        match value {
            Value::Text(text) => Node::Text(text),
            Value::Bytes(bytes) => match readable(bytes) {
                Readable::Text(text) => Node::Text(Cow::Owned(text)),
                Readable::Ansi(text) => {
                    self.flaw(
                        "mixed_encoding",
                        name,
                        &text,
                        "the value is not UTF-8 and was read as Windows-1252",
                    );
                    Node::Text(Cow::Owned(text))
                }
                Readable::No => Node::Null,
            },
        }
    }

    fn set(&mut self, name: &str, known: Option<(&'a str, &Attribute)>, node: Node<'a>) {
        let own = known.map_or(name, |(own, _)| own);
        let Some(there) = self.members.get_mut(own) else {
            let name = known.map_or_else(|| Cow::Owned(name.to_owned()), |(own, _)| Cow::Borrowed(own));
            self.members.push((name, node));
            return;
        };
        let is_blank =
            |node: &Node<'_>| matches!(node, Node::Null) || node.text().is_some_and(|text| text.is_empty());
        if is_blank(there) {
            *there = node;
        } else if !is_blank(&node) && *there != node {
            let mut all = match std::mem::replace(there, Node::Null) {
                Node::Array(items) => items,
                one => vec![one],
            };
            match node {
                Node::Array(items) => all.extend(items),
                one => all.push(one),
            }
            *there = Node::Array(all);
        }
    }

    /// Says that an attribute could not be decoded.
    pub fn garbled(&mut self, name: &str) {
        self.flaw("bad_base64", name, "", "the value is not valid base64");
    }

    /// Says that the object has the attribute, blank where nothing was added.
    pub fn is_there(&mut self, name: &'a str) {
        if self.members.get(name).is_none() {
            self.members.push((Cow::Borrowed(name), Node::Null));
        }
    }

    fn flaw(&mut self, code: &'static str, name: &str, raw: &str, message: &'static str) {
        self.flaws.push(Flaw { code, attribute: name.to_owned(), raw: raw.to_owned(), message });
    }
}

/// What PowerShell writes for a property of several values: the name of the collection's type.
fn is_type_name(cell: &str) -> bool {
    (cell.starts_with("System.") || cell.starts_with("Microsoft.ActiveDirectory."))
        && (cell.ends_with("[]") || cell.ends_with("Collection"))
        && !cell.contains(char::is_whitespace)
}

/// The values in a cell. A `;` behind a backslash is part of a distinguished name.
fn parts(cell: &str, many: Many) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in cell.match_indices(';') {
        if !cell[..at].ends_with('\\') {
            parts.push(cell[start..at].trim());
            start = at + 1;
        }
    }
    parts.push(cell[start..].trim());
    parts.retain(|part| !part.is_empty());
    let begins = |part: &str, separator: char| {
        part.split_once(separator).is_some_and(|(kind, rest)| {
            !rest.is_empty() && !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    };
    let are_whole = match many {
        Many::Values => true,
        Many::Names => parts.iter().all(|part| begins(part, '=')),
        Many::Addresses => parts.iter().all(|part| begins(part, ':')),
    };
    if are_whole { parts } else { vec![cell] }
}

/// The bytes of a cell in the form `X'9a6b'`, by which csvde writes them.
fn hex_of_cell(cell: &str) -> Option<Vec<u8>> {
    hex(cell.strip_prefix("X'").or_else(|| cell.strip_prefix("x'"))?.strip_suffix('\'')?)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// What bytes are as text.
enum Readable {
    Text(String),
    /// They were no UTF-8, and are text in Windows-1252.
    Ansi(String),
    /// They are no text.
    No,
}

fn readable(bytes: Vec<u8>) -> Readable {
    let is_text = bytes.iter().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\r' | b'\n'));
    if !is_text {
        return Readable::No;
    }
    String::from_utf8(bytes).map_or_else(
        |error| {
            let high = WINDOWS_1252.table();
            let letter = |byte: &u8| match byte.checked_sub(0x80) {
                Some(at) => high[usize::from(at)],
                None => char::from(*byte),
            };
            Readable::Ansi(error.as_bytes().iter().map(letter).collect())
        },
        Readable::Text,
    )
}

/// A value after decoding.
#[derive(Debug, PartialEq)]
enum Decoded {
    Known(Node<'static>),
    /// It says that there is none.
    Nothing,
    /// It is in another form.
    Unknown,
}

impl From<Option<String>> for Decoded {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Unknown, |text| Self::Known(Node::Text(Cow::Owned(text))))
    }
}

fn decoded(decode: &Decode, value: &Value<'_>) -> Decoded {
    let text = match value {
        Value::Text(text) => Some(text.trim()),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
    };
    match decode {
        Decode::Guid => Decoded::from(guid(value)),
        Decode::Sid => Decoded::from(sid(value)),
        Decode::Time => text.map_or(Decoded::Unknown, generalized_time),
        Decode::FileTime => text.map_or(Decoded::Unknown, file_time),
        Decode::Bits(names) => {
            let Some(bits) = text.and_then(|text| text.parse::<i64>().ok()) else { return Decoded::Unknown };
            let set = names.iter().filter(|(bit, _)| bits & i64::from(*bit) != 0);
            Decoded::from(Some(set.map(|(_, name)| name.as_str()).collect::<Vec<&str>>().join(", ")))
        }
        Decode::Truth => Decoded::from(text.and_then(truth).map(str::to_owned)),
        Decode::Words(words) => {
            let number = text.and_then(|text| text.parse::<i64>().ok());
            Decoded::from(
                number
                    .and_then(|number| words.iter().find(|(own, _)| *own == number))
                    .map(|(_, word)| word.clone()),
            )
        }
    }
}

/// A GUID as text: from 16 bytes, from their hex digits or base64, or from its text form.
fn guid(value: &Value<'_>) -> Option<String> {
    let text = match value {
        Value::Bytes(bytes) => return guid_of_bytes(bytes),
        Value::Text(text) => text.trim(),
    };
    let bare = text.trim_start_matches('{').trim_end_matches('}');
    if is_guid(bare) {
        return Some(bare.to_ascii_lowercase());
    }
    guid_of_bytes(&hex(text).or_else(|| STANDARD.decode(text).ok())?)
}

fn guid_of_bytes(bytes: &[u8]) -> Option<String> {
    let b: &[u8; 16] = bytes.try_into().ok()?;
    let first = u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    let (second, third) = (u16::from_le_bytes([b[4], b[5]]), u16::from_le_bytes([b[6], b[7]]));
    let rest: String = b[10..].iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{first:08x}-{second:04x}-{third:04x}-{:02x}{:02x}-{rest}", b[8], b[9]))
}

/// A security identifier as text: from its bytes, from their hex digits or base64, or from its text form.
fn sid(value: &Value<'_>) -> Option<String> {
    let text = match value {
        Value::Bytes(bytes) => return sid_of_bytes(bytes),
        Value::Text(text) => text.trim(),
    };
    if text.len() > 4 && text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("S-")) {
        return Some(text.to_ascii_uppercase());
    }
    sid_of_bytes(&hex(text).or_else(|| STANDARD.decode(text).ok())?)
}

fn sid_of_bytes(bytes: &[u8]) -> Option<String> {
    let (head, parts) = bytes.split_at_checked(8)?;
    if head[0] != 1 || parts.is_empty() || parts.len() != usize::from(head[1]) * 4 {
        return None;
    }
    let authority = head[2..].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut text = format!("S-1-{authority}");
    for part in parts.chunks_exact(4) {
        text.push_str(&format!("-{}", u32::from_le_bytes([part[0], part[1], part[2], part[3]])));
    }
    Some(text)
}

/// `20171117102419.0Z`, or with an offset instead of the `Z`.
fn generalized_time(text: &str) -> Decoded {
    let Some((digits, rest)) = text.split_at_checked(14) else { return Decoded::Unknown };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Decoded::Unknown;
    }
    if digits.starts_with(NO_TIME) {
        return Decoded::Nothing;
    }
    let zone = rest.trim_start_matches(['.', ',']).trim_start_matches(|c: char| c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => Some(Offset::UTC),
        _ => zone_of(zone),
    };
    let at = DateTime::strptime("%Y%m%d%H%M%S", digits).ok().zip(offset);
    Decoded::from(at.and_then(|(at, offset)| {
        let at = offset.to_timestamp(at).ok()?;
        Some(shown(at))
    }))
}

/// `+0100`.
fn zone_of(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    match sign {
        "+" => Offset::from_seconds(seconds).ok(),
        "-" => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

/// `131553878594042640`; 0 and the largest number mean never.
fn file_time(text: &str) -> Decoded {
    let Ok(number) = text.parse::<i64>() else { return Decoded::Unknown };
    if number <= 0 || number == i64::MAX {
        return Decoded::Nothing;
    }
    Decoded::from(Timestamp::from_second(number / 10_000_000 - EPOCH).ok().map(shown))
}

fn shown(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Secrets;

    fn text(decode: &Decode, value: &Value<'_>) -> String {
        match decoded(decode, value) {
            Decoded::Known(node) => node.text().map_or_else(|| node.json(Secrets::common()), Cow::into_owned),
            Decoded::Nothing => "nothing".to_owned(),
            Decoded::Unknown => "unknown".to_owned(),
        }
    }

    fn of_text(decode: &Decode, value: &str) -> String {
        text(decode, &Value::Text(Cow::Borrowed(value)))
    }

    fn of_base64(decode: &Decode, value: &str) -> String {
        text(decode, &Value::Bytes(STANDARD.decode(value).expect("it is base64")))
    }

    #[test]
    fn guids_are_mixed_endian() {
        let known = "5a82a793-a963-49fd-a1a0-0aecedceee7d";
        assert_eq!(of_base64(&Decode::Guid, "k6eCWmOp/UmhoArs7c7ufQ=="), known);
        for other in [
            "k6eCWmOp/UmhoArs7c7ufQ==",
            "93a7825a63a9fd49a1a00aecedceee7d",
            "{5A82A793-A963-49FD-A1A0-0AECEDCEEE7D}",
            "5a82a793-a963-49fd-a1a0-0aecedceee7d",
        ] {
            assert_eq!(of_text(&Decode::Guid, other), known, "{other}");
        }
        let csvde = hex_of_cell("X'3a2f1d5b447c0e4e9a610f2d8c5e1b90'").expect("it is hex");
        assert_eq!(text(&Decode::Guid, &Value::Bytes(csvde)), "5b1d2f3a-7c44-4e0e-9a61-0f2d8c5e1b90");
        assert_eq!(of_text(&Decode::Guid, "no guid"), "unknown");
        assert_eq!(text(&Decode::Guid, &Value::Bytes(vec![1; 15])), "unknown");
    }

    #[test]
    fn security_identifiers_are_read_from_their_bytes() {
        let known = "S-1-5-21-576138249-2656707200-1968901389-1104";
        assert_eq!(of_base64(&Decode::Sid, "AQUAAAAAAAUVAAAACSxXIoAiWp4NDVt1UAQAAA=="), known);
        assert_eq!(of_text(&Decode::Sid, "AQUAAAAAAAUVAAAACSxXIoAiWp4NDVt1UAQAAA=="), known);
        assert_eq!(of_text(&Decode::Sid, known), known);
        assert_eq!(text(&Decode::Sid, &Value::Bytes(vec![1, 5, 0])), "unknown", "it is cut off");
        assert_eq!(text(&Decode::Sid, &Value::Bytes(vec![1, 9, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0])), "unknown");
    }

    #[test]
    fn times_are_in_utc_and_never_is_nothing() {
        for (raw, expected) in [
            ("20171117102419.0Z", "2017-11-17T10:24:19Z"),
            ("20171117102419Z", "2017-11-17T10:24:19Z"),
            ("20171117102419.5+0130", "2017-11-17T08:54:19Z"),
            ("16010101000001.0Z", "nothing"),
            ("3/14/2025 8:30:00 AM", "unknown"),
            ("20171399102419.0Z", "unknown"),
        ] {
            assert_eq!(of_text(&Decode::Time, raw), expected, "{raw}");
        }
        for (raw, expected) in [
            ("131553878594042640", "2017-11-17T10:24:19Z"),
            ("133864146000000000", "2025-03-14T08:30:00Z"),
            ("0", "nothing"),
            ("9223372036854775807", "nothing"),
            ("-1", "nothing"),
            ("14.03.2025 08:30:00", "unknown"),
            ("9223372036854775806", "unknown"),
        ] {
            assert_eq!(of_text(&Decode::FileTime, raw), expected, "{raw}");
        }
    }

    #[test]
    fn bits_and_words_have_names() {
        let bits = Decode::Bits(
            [(2, "disabled"), (512, "normal"), (65536, "never expires")]
                .map(|(bit, name)| (bit, name.to_owned()))
                .into(),
        );
        assert_eq!(of_text(&bits, "66050"), "disabled, normal, never expires");
        assert_eq!(of_text(&bits, "512"), "normal");
        assert_eq!(of_text(&bits, "many"), "unknown");
        let words = Decode::Words([(-2_147_483_646, "Global Security".to_owned())].into());
        assert_eq!(of_text(&words, "-2147483646"), "Global Security");
        assert_eq!(of_text(&words, "7"), "unknown");
    }

    #[test]
    fn cells_hold_several_values_where_the_attribute_does() {
        assert_eq!(parts("SMTP:a@x.example;smtp:b@x.example", Many::Addresses).len(), 2);
        assert_eq!(parts("SMTP:a@x.example;broken", Many::Addresses).len(), 1);
        assert_eq!(parts("CN=A\\;B,DC=x;CN=C,DC=x", Many::Names), ["CN=A\\;B,DC=x", "CN=C,DC=x"]);
        assert_eq!(parts("top;person", Many::Values), ["top", "person"]);
    }

    #[test]
    fn type_names_are_no_values() {
        assert!(is_type_name("Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"));
        assert!(is_type_name("System.String[]"));
        assert!(!is_type_name("System.Engineer"));
        assert!(!is_type_name("Microsoft.ActiveDirectory is a Collection"));
    }

    #[test]
    fn bytes_are_text_where_they_can_be() {
        let mut object = Object::default();
        object.add("cn", None, Value::Bytes("Zoë Šimek".as_bytes().to_vec()));
        object.add("sn", None, Value::Bytes(b"M\xfcller".to_vec()));
        object.add("photo", None, Value::Bytes(vec![0xff, 0xd8, 0, 1]));
        let node = Node::Object(object.members);
        assert_eq!(node.json(Secrets::common()), r#"{"cn":"Zoë Šimek","sn":"Müller"}"#);
        assert_eq!(object.flaws.len(), 1);
        assert_eq!((object.flaws[0].code, object.flaws[0].attribute.as_str()), ("mixed_encoding", "sn"));
    }
}
