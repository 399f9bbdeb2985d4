//! JSON documents that are written, never read: borrowed text, member order as given.

use std::borrow::Cow;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json<'a> {
    Bool(bool),
    Text(Cow<'a, str>),
    /// An id: a number when it is written like one, else text.
    Id(Cow<'a, str>),
    /// The result of an earlier step: its id, or one of its members.
    Step {
        id: Arc<str>,
        member: Option<&'static str>,
    },
    Object(Vec<(&'static str, Json<'a>)>),
    List(Vec<Json<'a>>),
    /// A value as a vendor wrote it.
    Whole(serde_json::Value),
}

impl<'a> Json<'a> {
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// An object with one member.
    pub(super) fn one(name: &'static str, value: Self) -> Self {
        Self::Object(vec![(name, value)])
    }

    /// The document as text.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and text keys always serialize")
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Id(id) => match number(id) {
                Some(number) => serializer.serialize_i64(number),
                None => serializer.serialize_str(id),
            },
            Self::Step { id, member } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("$ref", &**id)?;
                if let Some(member) = member {
                    map.serialize_entry("member", member)?;
                }
                map.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::Whole(value) => value.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
        }
    }
}

/// The number that `id` is written as: digits without leading zeros, so that nothing is lost.
fn number(id: &str) -> Option<i64> {
    let is_plain = id == "0" || (!id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit()));
    is_plain.then(|| id.parse().ok()).flatten()
}

/// Percent-encodes everything that is not unreserved in a URL.
pub(super) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_when_nothing_is_lost() {
        let list = ["4489414129010794", "0", "007", "abc", "", "99999999999999999999"];
        let json = Json::List(list.map(|id| Json::Id(id.into())).into());
        assert_eq!(json.to_text(), r#"[4489414129010794,0,"007","abc","","99999999999999999999"]"#);
    }

    #[test]
    fn text_is_escaped_and_order_kept() {
        let json = Json::Object(vec![
            ("b", Json::text("a \"quoted\"\nline\u{0}")),
            ("a", Json::Step { id: "x".into(), member: None }),
            ("c", Json::Step { id: "x".into(), member: Some("site.id") }),
            ("d", Json::Bool(true)),
        ]);
        assert_eq!(
            json.to_text(),
            r#"{"b":"a \"quoted\"\nline\u0000","a":{"$ref":"x"},"c":{"$ref":"x","member":"site.id"},"d":true}"#
        );
    }

    #[test]
    fn urls_are_encoded_byte_by_byte() {
        assert_eq!(percent_encode("Kub\\, Ré"), "Kub%5C%2C%20R%C3%A9");
    }
}
