//! Reading of an answer what a list goes on by, and leaving the rest of its rows alone.
//!
//! The answer itself is kept as it was received; here it is only looked at. What stands outside of arrays is all there;
//! of the objects inside arrays, which are the rows and what is beside them, the members that are asked for are.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::systems::{Api, Endpoint, Paging, System};

/// The names of the members of rows that are looked at.
pub(super) struct Names(Vec<String>);

impl Names {
    /// What the walk through an endpoint and the judgement of its answers look at.
    pub fn of(endpoint: &Endpoint, api: &Api, system: &System) -> Self {
        let mut names = Self(Vec::new());
        // What a failure says may stand in a list of failures.
        for path in &api.failures.message {
            names.add(path);
        }
        for name in ["message", "detail", "title"] {
            names.add(name);
        }
        names.add(&endpoint.id);
        for path in endpoint.rows.iter().chain(&endpoint.total) {
            names.add(path);
        }
        if let Some(changes) = &endpoint.changes {
            names.add(&changes.link);
            names.add(&changes.removed);
        }
        match endpoint.paging.as_ref().unwrap_or(&api.paging) {
            Paging::Number { pages: Some(path), .. }
            | Paging::Link { member: path, .. }
            | Paging::Rows { next: path, .. } => names.add(path),
            _ => {}
        }
        for mark in &system.failed {
            names.add(&mark.member);
            for path in &mark.message {
                names.add(path);
            }
        }
        names
    }

    /// Every name that a path of names with dots between may mean; names may have dots in them.
    fn add(&mut self, path: &str) {
        let ends = |at: usize| {
            path.match_indices('.').map(|(dot, _)| dot).chain([path.len()]).filter(move |end| *end > at)
        };
        for start in std::iter::once(0).chain(path.match_indices('.').map(|(dot, _)| dot + 1)) {
            self.0.extend(ends(start).map(|end| path[start..end].to_owned()));
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The document in `body`, which has to be whole, without the members of rows that nobody looks at.
pub(super) fn skimmed(body: &[u8], names: &Names) -> Option<Value> {
    // What is left alone is not checked for it.
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Skim { names, is_row: false }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(value)
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Skim<'n> {
    names: &'n Names,
    /// Inside an array.
    is_row: bool,
}

impl<'de> DeserializeSeed<'de> for Skim<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skim<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = Self { is_row: true, ..self };
        let mut kept = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            kept.push(item);
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = members.next_key_seed(Name { names: self.is_row.then_some(self.names) })? {
            match name {
                Some(name) => {
                    kept.insert(name, members.next_value_seed(self)?);
                }
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(kept))
    }
}

/// Reads a name; nothing where it is none of the names.
struct Name<'n> {
    names: Option<&'n Names>,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.names.is_none_or(|names| names.has(name)).then(|| name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(paths: &[&str]) -> Names {
        let mut names = Names(Vec::new());
        for path in paths {
            names.add(path);
        }
        names
    }

    #[test]
    fn rows_have_what_is_looked_at() {
        let body = json!({
            "data": [{"id": "7", "attributes": {"name": "a", "at": {"x": 1}}, "n": [1]}, 5, null],
            "meta": {"total": 2, "big": 12_345_678_901_234_567_890_u64, "list": [{"name": "gone"}]},
        });
        let kept =
            skimmed(body.to_string().as_bytes(), &names(&["id", "attributes.at"])).expect("it is JSON");
        let wanted = json!({
            "data": [{"id": "7", "attributes": {"at": {}}}, 5, null],
            "meta": {"total": 2, "big": 12_345_678_901_234_567_890_u64, "list": [{}]},
        });
        assert_eq!(kept, wanted);
    }

    #[test]
    fn what_is_no_document_is_none() {
        for body in ["", "{\"a\": [", "{\"a\": [{\"b\": [1, 2}]}", "{} {}", "<html>", "[{\"b\": \"\u{1}\"}]"]
        {
            assert_eq!(skimmed(body.as_bytes(), &names(&["id"])), None, "{body}");
            assert!(serde_json::from_str::<Value>(body).is_err(), "{body}");
        }
        assert_eq!(skimmed(b"[{\"b\": \"\xff\"}]", &names(&["b"])), None);
    }

    #[test]
    fn a_path_may_mean_names_with_dots() {
        let kept = skimmed(b"[{\"a.b\": {\"c\": 1, \"d\": 2}, \"A\": 3}]", &names(&["a.b.c"]));
        assert_eq!(kept, Some(json!([{"a.b": {"c": 1}, "A": 3}])));
    }
}
