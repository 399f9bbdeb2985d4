//! One element of a JSON document, borrowed from its text, and the paths that lead into it.
//!
//! `serde_json::Value` copies every name and text and hashes every name; an element is read once and given up, so it
//! borrows, and its members are found by position, which is the same in one element after the other.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::object::Members;
use crate::model::is_blank;
use crate::systems::{Secrets, Spelling};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    /// What is borrowed stands so in a document, where control characters are escaped: it has none.
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Members<'a>),
    /// A column holds the value; it is not written to `raw`.
    Taken,
}

impl<'a> Node<'a> {
    /// The element that `text` holds.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The member called `name`.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The member at a path of names with dots between, `None` when there is none. `null` is there and blank.
    pub fn at(&self, path: &str) -> Option<&Self> {
        Path::new(path).find(self)
    }

    /// A scalar as text, `None` for null and structures.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::UInt(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(number.to_string())),
            Self::Null | Self::Array(_) | Self::Object(_) | Self::Taken => None,
        }
    }

    /// A scalar that is not blank, as text.
    pub fn filled(&self) -> Option<Cow<'_, str>> {
        self.text().filter(|text| !is_blank(text))
    }

    /// Whether its text may have NUL bytes.
    pub const fn may_have_nul(&self) -> bool {
        matches!(self, Self::Text(Cow::Owned(_)))
    }

    /// The values of an array; nothing for anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The members of an object, `None` for anything else.
    pub fn members_mut(&mut self) -> Option<&mut Members<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Writes the names of members as the shapes of a system spell them.
    pub fn respell(&mut self, spelling: &'static Spelling) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(|item| item.respell(spelling)),
            Self::Object(members) => {
                members.rename(|name| spelling.find(name).filter(|known| *known != name));
                members.values_mut().for_each(|(_, value)| value.respell(spelling));
            }
            _ => {}
        }
    }

    /// Whether it says nothing: null, an empty text or list, an object of nothing else.
    fn is_nothing(&self) -> bool {
        match self {
            Self::Null | Self::Taken => true,
            Self::Text(text) => text.is_empty(),
            Self::Array(items) => items.iter().all(|item| matches!(item, Self::Taken)),
            Self::Object(members) => members.iter().all(|(_, value)| value.is_nothing()),
            _ => false,
        }
    }

    /// Takes out of objects whose members people make up what is not known to be harmless, at any depth.
    pub fn withhold(&mut self, open_objects: &BTreeMap<String, Vec<String>>) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(|item| item.withhold(open_objects)),
            Self::Object(members) => {
                for (name, value) in members.values_mut() {
                    if let (Some(known), Self::Object(own)) = (open_objects.get(name), &mut *value) {
                        own.retain(|name| known.iter().any(|known| known.eq_ignore_ascii_case(name)));
                    }
                    value.withhold(open_objects);
                }
            }
            _ => {}
        }
    }

    /// Takes out, wherever they stand, values that stand for one that is not shown.
    pub fn unmask(&mut self, masks: &[String]) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(|item| item.unmask(masks)),
            Self::Object(members) => members.values_mut().for_each(|(_, value)| value.unmask(masks)),
            Self::Text(text) if masks.iter().any(|mask| mask == text.trim()) => *self = Self::Null,
            _ => {}
        }
    }

    /// Whether a member called `name` belongs into `raw`.
    pub fn is_worth_keeping(&self, name: &str, secrets: &Secrets) -> bool {
        !self.is_nothing() && !secrets.holds(name)
    }

    /// Appends it as JSON, without what says nothing and without the members that `secrets` names.
    pub fn write(&self, secrets: &Secrets, out: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Taken => out.extend(b"null"),
            Self::Bool(truth) => out.extend(if *truth { &b"true"[..] } else { b"false" }),
            Self::Int(number) => write_json(number, out),
            Self::UInt(number) => write_json(number, out),
            Self::Float(number) => write_json(number, out),
            Self::Text(Cow::Owned(text)) if text.contains('\0') => write_json(&text.replace('\0', ""), out),
            Self::Text(text) => write_json(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    item.write(secrets, out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                let mut is_first = true;
                for (name, value) in members.iter() {
                    if !value.is_worth_keeping(name, secrets) {
                        continue;
                    }
                    if !is_first {
                        out.push(b',');
                    }
                    is_first = false;
                    write_json(name, out);
                    out.push(b':');
                    value.write(secrets, out);
                }
                out.push(b'}');
            }
        }
    }

    /// The element as JSON, as [`Node::write`] writes it.
    pub fn json(&self, secrets: &Secrets) -> String {
        let mut out = Vec::new();
        self.write(secrets, &mut out);
        String::from_utf8(out).expect("JSON is written as UTF-8")
    }
}

/// Appends a name, text or number as JSON.
pub(super) fn write_json(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("a scalar can be written to memory");
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Node::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Node::UInt(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Node::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::with_capacity(8);
        while let Some(name) = map.next_key::<Name<'de>>()? {
            members.push((name.0, map.next_value()?));
        }
        Ok(Node::Object(members))
    }
}

/// The name of a member, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A path of member names that remembers where it found them last. A number is the place of an item of a list, and a
/// path that begins with `@` is one name: those of annotations have dots in them.
#[derive(Debug)]
pub(super) struct Path {
    parts: Vec<(String, Cell<usize>)>,
}

impl Path {
    pub fn new(path: &str) -> Self {
        if path.starts_with('@') {
            return Self { parts: vec![(path.to_owned(), Cell::new(0))] };
        }
        Self { parts: path.split('.').map(|part| (part.to_owned(), Cell::new(0))).collect() }
    }

    /// The member at the path, `None` when there is none.
    pub fn find<'n, 'a>(&self, node: &'n Node<'a>) -> Option<&'n Node<'a>> {
        self.seek(node).ok()
    }

    /// The member at the path. Where there is none, whether it is there even so: what a reference that is null and a list
    /// that is empty may hold is said by them.
    pub fn seek<'n, 'a>(&self, mut node: &'n Node<'a>) -> Result<&'n Node<'a>, bool> {
        let mut is_there = false;
        for (name, hint) in &self.parts {
            is_there |= matches!(node, Node::Null | Node::Array(_));
            let inner = match node {
                Node::Object(members) => position(members, name, hint).map(|at| &members[at].1),
                Node::Array(items) => name.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            node = inner.ok_or(is_there)?;
        }
        Ok(node)
    }

    /// The member at the path, of arrays on the way that of the first item that says something.
    pub fn find_inside<'n, 'a>(&self, node: &'n Node<'a>) -> Option<&'n Node<'a>> {
        fn inside<'n, 'a>(parts: &[(String, Cell<usize>)], node: &'n Node<'a>) -> Option<&'n Node<'a>> {
            match (parts.split_first(), node) {
                (None, node) => Some(node),
                (Some(((name, _), rest)), Node::Object(_)) => inside(rest, node.get(name)?),
                (_, Node::Array(items)) => {
                    let found = |item| inside(parts, item).filter(|found| !found.is_nothing());
                    items.iter().find_map(found)
                }
                _ => None,
            }
        }
        inside(&self.parts, node)
    }

    /// The member at the path as text, `None` when there is none or it is blank.
    pub fn filled<'n>(&self, node: &'n Node<'_>) -> Option<Cow<'n, str>> {
        self.find(node).and_then(Node::filled)
    }

    /// Whether the member or, for a reference that is null, its parent is there.
    pub fn is_there(&self, node: &Node<'_>) -> bool {
        self.seek(node).map_or_else(|is_there| is_there, |_| true)
    }

    /// The member at the path, to be changed.
    pub fn find_mut<'n, 'a>(&self, node: &'n mut Node<'a>) -> Option<&'n mut Node<'a>> {
        self.parts.iter().try_fold(node, |node, (name, hint)| match node {
            Node::Object(members) => {
                let at = position(members, name, hint)?;
                Some(members.value_mut(at))
            }
            Node::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Marks the member at the path as taken over.
    pub fn take(&self, node: &mut Node<'_>) {
        if let Some(member) = self.find_mut(node) {
            *member = Node::Taken;
        }
    }
}

fn position(members: &Members<'_>, name: &str, hint: &Cell<usize>) -> Option<usize> {
    if members.is_at(hint.get(), name) {
        return Some(hint.get());
    }
    let found = members.position(name)?;
    hint.set(found);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_borrows_and_writes_what_was_not_taken() {
        let text = r#"{"id":7,"name":"A \"B\"","site":null,"empty":{"x":""},"proxy":{"password":"p","port":1},"n":1.5}"#;
        let mut node = Node::parse(text).expect("it is valid");
        assert_eq!(node.at("id").and_then(Node::text).as_deref(), Some("7"));
        let site = Path::new("site.name");
        assert!(site.is_there(&node), "a reference that is null carries its members as blank");
        assert_eq!(site.find(&node), None);
        Path::new("id").take(&mut node);
        assert_eq!(node.json(Secrets::common()), r#"{"name":"A \"B\"","proxy":{"port":1},"n":1.5}"#);
    }

    #[test]
    fn a_path_finds_its_member_wherever_it_stands() {
        let path = Path::new("type.name");
        for text in [r#"{"type":{"id":1,"name":"x"}}"#, r#"{"a":1,"type":{"name":"x"}}"#] {
            let node = Node::parse(text).expect("it is valid");
            assert_eq!(path.find(&node).and_then(Node::text).as_deref(), Some("x"), "{text}");
        }
    }
}
