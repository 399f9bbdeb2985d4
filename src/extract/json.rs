//! JSON documents, streamed: an array of elements, an object that holds them, or an array of such pages.

use std::io::{BufRead, BufReader, Read};

use rustc_hash::FxHashMap;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::error::Failure;

/// Members in which any vendor's answer holds its elements.
const LISTS: [&str; 3] = ["data", "items", "value"];

/// Resources that a JSON:API document carries beside its elements, by type and id.
pub(super) type Included = FxHashMap<(String, String), Value>;

/// Gives every element of the document to `each`, which returns whether it wants more.
pub(super) fn each_element(
    reader: &mut dyn Read,
    lists: &[String],
    mut each: impl FnMut(Value) -> bool,
) -> Result<(), Failure> {
    let mut walk = Walk { lists, what: What::Elements(&mut each), wants_more: true };
    run(reader, &mut walk)
}

/// The resources that the document carries in `included`.
pub(super) fn included(reader: &mut dyn Read, lists: &[String]) -> Result<Included, Failure> {
    let mut included = Included::default();
    let mut walk = Walk { lists, what: What::Included(&mut included), wants_more: true };
    run(reader, &mut walk)?;
    Ok(included)
}

fn run(reader: &mut dyn Read, walk: &mut Walk<'_>) -> Result<(), Failure> {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    // Some editors put a byte order mark before a document.
    if reader.fill_buf()?.starts_with(&[0xef, 0xbb, 0xbf]) {
        reader.consume(3);
    }
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let outcome = deserializer.deserialize_any(Document(walk));
    match outcome {
        Err(error) if walk.wants_more => Err(failure(&error)),
        Err(_) => Ok(()),
        Ok(()) => deserializer.end().map_err(|error| failure(&error)),
    }
}

fn failure(error: &serde_json::Error) -> Failure {
    if error.is_eof() && error.line() <= 1 && error.column() == 0 {
        return Failure::new("the file is empty", "export it again, or take it out of the pipeline");
    }
    let hint = if error.is_eof() { "the document ends too early: save it again" } else { "" };
    Failure::new(format!("it is not valid JSON: {error}"), hint)
}

enum What<'w> {
    Elements(&'w mut dyn FnMut(Value) -> bool),
    Included(&'w mut Included),
}

struct Walk<'w> {
    lists: &'w [String],
    what: What<'w>,
    wants_more: bool,
}

impl Walk<'_> {
    fn is_list(&self, member: &str) -> bool {
        self.lists.iter().any(|list| list == member) || LISTS.contains(&member)
    }

    /// An element of a top-level array: a page that holds elements, or an element itself.
    fn take(&mut self, value: Value) -> bool {
        let Value::Object(mut members) = value else { return self.give(value) };
        let list = members
            .iter()
            .find(|(name, value)| self.is_list(name) && value.is_array())
            .map(|(name, _)| name.clone());
        let Some(Value::Array(elements)) = list.and_then(|list| members.remove(&list)) else {
            return self.give(Value::Object(members));
        };
        if let (What::Included(included), Some(Value::Array(resources))) =
            (&mut self.what, members.remove("included"))
        {
            for resource in resources {
                keep(included, resource);
            }
        }
        elements.into_iter().all(|element| self.give(element))
    }

    fn give(&mut self, element: Value) -> bool {
        if let What::Elements(each) = &mut self.what {
            self.wants_more = each(element);
        }
        self.wants_more
    }
}

fn keep(included: &mut Included, resource: Value) {
    let text = |name: &str| match resource.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    if let (Some(kind), Some(id)) = (text("type"), text("id")) {
        included.insert((kind.replace('_', "-"), id), resource);
    }
}

/// The top of the document.
struct Document<'a, 'w>(&'a mut Walk<'w>);

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array, or an object that holds one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            if !self.0.take(value) {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut rest = serde_json::Map::new();
        let mut has_list = false;
        while let Some(member) = map.next_key::<String>()? {
            if self.0.is_list(&member) {
                has_list = true;
                map.next_value_seed(Elements(self.0))?;
            } else if member == "included" {
                map.next_value_seed(Resources(self.0))?;
            } else if has_list || matches!(member.as_str(), "meta" | "links" | "pageDetails") {
                map.next_value::<IgnoredAny>()?;
            } else {
                let value = map.next_value()?;
                rest.insert(member, value);
            }
        }
        // An object that holds no list is one element, such as the answer about one record.
        if !has_list && !rest.is_empty() {
            self.0.give(Value::Object(rest));
        }
        Ok(())
    }
}

/// The elements of one page.
struct Elements<'a, 'w>(&'a mut Walk<'w>);

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if matches!(self.0.what, What::Included(_)) {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(value) = seq.next_element::<Value>()? {
            if !self.0.give(value) {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }

    /// `data` of an answer about one record.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut members = serde_json::Map::new();
        while let Some((name, value)) = map.next_entry()? {
            members.insert(name, value);
        }
        self.0.give(Value::Object(members));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The resources beside the elements.
struct Resources<'a, 'w>(&'a mut Walk<'w>);

impl<'de> DeserializeSeed<'de> for Resources<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Resources<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of included resources")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let What::Included(included) = &mut self.0.what {
            while let Some(resource) = seq.next_element::<Value>()? {
                keep(included, resource);
            }
        } else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Result<Vec<i64>, Failure> {
        let mut found = Vec::new();
        each_element(&mut text.as_bytes(), &["devices".to_owned()], |value| {
            found.push(value["id"].as_i64().unwrap_or(-1));
            true
        })?;
        Ok(found)
    }

    #[test]
    fn every_envelope_gives_its_elements() {
        assert_eq!(ids(r#"[{"id":1},{"id":2}]"#), Ok(vec![1, 2]));
        assert_eq!(ids(r#"{"pageDetails":{"count":1},"devices":[{"id":1}]}"#), Ok(vec![1]));
        assert_eq!(ids(r#"[{"data":[{"id":1}],"meta":{}},{"data":[{"id":2},{"id":3}]}]"#), Ok(vec![1, 2, 3]));
        assert_eq!(ids(r#"{"data":{"id":7}}"#), Ok(vec![7]));
        assert_eq!(ids(r#"{"id":8,"name":"one record"}"#), Ok(vec![8]));
        assert_eq!(ids("\u{feff}[{\"id\":1}]"), Ok(vec![1]));
        assert_eq!(ids("[]"), Ok(vec![]));
    }

    #[test]
    fn a_cut_document_says_where() {
        let failure = ids("[{\"id\":1},\n{\"id\":").expect_err("it is cut");
        assert!(failure.what.contains("line 2"), "{}", failure.what);
        assert!(failure.hint.contains("too early"), "{}", failure.hint);
        assert_eq!(ids("").expect_err("nothing").what, "the file is empty");
    }

    #[test]
    fn included_resources_are_found_after_the_elements() {
        let text = r#"{"data":[{"id":"1"}],"included":[{"id":"71","type":"adapters_resources","attributes":{"remote-id":"9"}}]}"#;
        let found = included(&mut text.as_bytes(), &[]).expect("it is valid");
        assert_eq!(
            found[&("adapters-resources".to_owned(), "71".to_owned())]["attributes"]["remote-id"],
            "9"
        );
    }
}
