//! JSON documents: an array of elements, an object that holds them in a list, an array of such pages, an object of
//! elements by unique id, or several of these one after the other.

use std::io::Read;

use rustc_hash::FxHashMap;

use super::envelope::Envelope;
use super::error::Failure;
use super::hub_links::hyphenated;
use super::node::{Node, write_json};
use super::scan::Scanner;
use super::values::is_guid;
use crate::systems::Secrets;

/// The member in which JSON:API has the resources that its elements refer to.
const INCLUDED: &str = "included";

/// Members beside the elements that are no part of any.
const ABOUT: [&str; 4] = ["meta", "links", "pageDetails", "@odata.context"];

/// The attributes of the resources that a JSON:API document carries beside its elements, as JSON, by type and id.
#[derive(Debug, Default)]
pub(super) struct Included {
    kinds: FxHashMap<String, FxHashMap<String, Box<str>>>,
    /// Where the attributes of a resource are written.
    written: Vec<u8>,
}

impl Included {
    /// The attributes of the resource `id` of a type.
    pub fn attributes(&self, kind: &str, id: &str) -> Option<Node<'_>> {
        self.kinds.get(kind)?.get(id).and_then(|text| Node::parse(text).ok())
    }

    fn keep(&mut self, resource: &Node<'_>) {
        let (Some(kind), Some(id)) =
            (resource.get("type").and_then(Node::text), resource.get("id").and_then(Node::text))
        else {
            return;
        };
        let Some(attributes) = resource.get("attributes") else { return };
        self.written.clear();
        attributes.write(Secrets::common(), &mut self.written);
        let written = std::str::from_utf8(&self.written).expect("JSON is written as UTF-8");
        let kind = hyphenated(kind);
        if !self.kinds.contains_key(kind.as_ref()) {
            self.kinds.insert(kind.clone().into_owned(), FxHashMap::default());
        }
        if let Some(of_kind) = self.kinds.get_mut(kind.as_ref()) {
            of_kind.insert(id.into_owned(), written.into());
        }
    }
}

/// One element of a document.
pub(super) enum Element<'e> {
    /// With the key under which an object of elements has it, if one does.
    Node(Node<'e>, Option<&'e str>),
    /// Text that is not UTF-8.
    Garbled(&'e [u8]),
}

/// Gives every element of the document to `each`, which returns whether it wants more.
pub(super) fn each_element(
    reader: &mut dyn Read,
    envelope: &Envelope<'_>,
    each: &mut dyn FnMut(Element<'_>) -> bool,
) -> Result<(), Failure> {
    Walk { scanner: Scanner::new(reader)?, envelope, each, included: None }.document()
}

/// The resources that the document carries in `included`.
pub(super) fn included(reader: &mut dyn Read, envelope: &Envelope<'_>) -> Result<Included, Failure> {
    let mut included = Included::default();
    Walk { scanner: Scanner::new(reader)?, envelope, each: &mut |_| true, included: Some(&mut included) }
        .document()?;
    Ok(included)
}

struct Walk<'w> {
    scanner: Scanner<'w>,
    envelope: &'w Envelope<'w>,
    each: &'w mut dyn FnMut(Element<'_>) -> bool,
    /// Set when the included resources are wanted, and not the elements.
    included: Option<&'w mut Included>,
}

/// Whether to go on; `Err` for a document that is wrong.
type Step = Result<bool, Failure>;

impl Walk<'_> {
    fn document(&mut self) -> Result<(), Failure> {
        if self.scanner.peek()?.is_none() {
            return Err(Failure::new("the file is empty", "export it again, or take it out of the pipeline"));
        }
        while let Some(first) = self.scanner.peek()? {
            let goes_on = match first {
                b'[' => self.array(Self::item)?,
                b'{' => self.object()?,
                _ => return Err(self.scanner.unexpected("an array or an object")),
            };
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// The values of an array, one after the other.
    fn array(&mut self, mut each: impl FnMut(&mut Self) -> Step) -> Step {
        self.scanner.skip();
        if self.scanner.eat(b']')? {
            return Ok(true);
        }
        loop {
            if !each(self)? {
                return Ok(false);
            }
            if self.scanner.eat(b']')? {
                return Ok(true);
            }
            if !self.scanner.eat(b',')? {
                return Err(self.scanner.unexpected("`,` or `]`"));
            }
        }
    }

    /// An element of the outer array: an element, or a page that holds elements.
    fn item(&mut self) -> Step {
        let (envelope, included) = (self.envelope, self.included.as_deref_mut());
        let each = &mut *self.each;
        let mut failure = None;
        let goes_on = parsed(&mut self.scanner, None, |element| {
            let Element::Node(mut node, key) = element else { return included.is_some() || each(element) };
            failure = envelope.failure(&node);
            if failure.is_some() {
                return false;
            }
            let Some(members) = node.members_mut() else {
                return included.is_some() || each(Element::Node(node, key));
            };
            // An answer about one record has it where others have their lists.
            let is_page = |(name, value): &(std::borrow::Cow<'_, str>, Node<'_>)| match value {
                Node::Array(_) => envelope.is_list(name),
                Node::Object(_) | Node::Null => envelope.is_own_list(name),
                _ => false,
            };
            // What has an id is a record, even where it holds a list of others, as a customer holds its contacts.
            let is_record = members.get("id").is_some();
            let Some(list) = members.iter().position(is_page).filter(|_| !is_record) else {
                return included.is_some() || each(Element::Node(node, key));
            };
            if let Some(included) = included {
                members.get(INCLUDED).map_or(&[][..], Node::items).iter().for_each(|it| included.keep(it));
                return true;
            }
            match members.swap_remove(list) {
                Node::Array(elements) => {
                    elements.into_iter().all(|element| each(Element::Node(element, None)))
                }
                Node::Null => true,
                element => each(Element::Node(element, None)),
            }
        })?;
        failure.map_or(Ok(goes_on), Err)
    }

    /// An element of a page.
    fn element(&mut self) -> Step {
        if self.included.is_some() {
            return self.scanner.skip_value().map(|()| true);
        }
        parsed(&mut self.scanner, None, &mut *self.each)
    }

    /// An object that holds its elements in a list or by key, or that is one itself.
    fn object(&mut self) -> Step {
        self.scanner.skip();
        let mut whole: Vec<u8> = Vec::new();
        let mut about_failure: Vec<u8> = Vec::new();
        let (mut holds_elements, mut is_record) = (false, false);
        if self.scanner.eat(b'}')? {
            return Ok(true);
        }
        loop {
            let name = self.name()?;
            let first = self.scanner.peek()?;
            let mut goes_on = true;
            is_record |= name == "id";
            let is_list = !is_record && self.envelope.is_list(&name);
            if is_list && matches!(first, Some(b'[' | b'{' | b'n')) {
                holds_elements = true;
                goes_on = match first {
                    Some(b'[') => self.array(Self::element)?,
                    // `data` of an answer about one record.
                    Some(b'{') => self.element()?,
                    _ => self.scanner.skip_value().map(|()| true)?,
                };
            } else if name == INCLUDED && first == Some(b'[') {
                self.array(Self::resource)?;
            } else if matches!(first, Some(b'{' | b'[')) && is_guid(&name) {
                holds_elements = true;
                goes_on = self.keyed(&name)?;
            } else {
                let range = self.scanner.value()?;
                if self.envelope.is_about_failure(&name) {
                    add_member(&mut about_failure, &name, self.scanner.bytes(range.clone()));
                }
                if !holds_elements && !ABOUT.contains(&name.as_str()) {
                    add_member(&mut whole, &name, self.scanner.bytes(range));
                }
            }
            if !goes_on {
                return Ok(false);
            }
            if self.scanner.eat(b'}')? {
                break;
            }
            if !self.scanner.eat(b',')? {
                return Err(self.scanner.unexpected("`,` or `}`"));
            }
        }
        if !about_failure.is_empty() {
            about_failure.push(b'}');
            let text = String::from_utf8_lossy(&about_failure);
            if let Some(failure) = Node::parse(&text).ok().and_then(|about| self.envelope.failure(&about)) {
                return Err(failure);
            }
        }
        if holds_elements || whole.is_empty() || self.included.is_some() {
            return Ok(true);
        }
        // An object that holds no list is one element, such as the answer about one record.
        whole.push(b'}');
        let mut bytes = whole.as_slice();
        let mut scanner = Scanner::new(&mut bytes)?;
        parsed(&mut scanner, None, &mut *self.each)
    }

    /// The name of a member, and the colon after it.
    fn name(&mut self) -> Result<String, Failure> {
        if self.scanner.peek()? != Some(b'"') {
            return Err(self.scanner.unexpected("the name of a member"));
        }
        let range = self.scanner.value()?;
        let start = range.start;
        let name = serde_json::from_slice(self.scanner.bytes(range))
            .map_err(|error| self.scanner.invalid(start, &error))?;
        if self.scanner.eat(b':')? { Ok(name) } else { Err(self.scanner.unexpected("`:`")) }
    }

    fn keyed(&mut self, key: &str) -> Step {
        if self.included.is_some() {
            return self.scanner.skip_value().map(|()| true);
        }
        let envelope = self.envelope;
        let each = &mut *self.each;
        parsed(&mut self.scanner, Some(key), |element| {
            let Element::Node(mut node, key) = element else { return each(element) };
            let page = node.members_mut().and_then(|members| {
                let is_page = |(name, value): &(std::borrow::Cow<'_, str>, Node<'_>)| {
                    envelope.is_list(name) && matches!(value, Node::Array(_))
                };
                members.iter().position(is_page).map(|at| members.swap_remove(at))
            });
            // The answer about what belongs to the key, as a page or as its list.
            match page.unwrap_or(node) {
                Node::Array(elements) => {
                    elements.into_iter().all(|element| each(Element::Node(element, key)))
                }
                node => each(Element::Node(node, key)),
            }
        })
    }

    fn resource(&mut self) -> Step {
        match &mut self.included {
            None => self.scanner.skip_value().map(|()| true),
            Some(included) => parsed(&mut self.scanner, None, |element| {
                if let Element::Node(node, _) = element {
                    included.keep(&node);
                }
                true
            }),
        }
    }
}

/// Adds a member to an object that is written as it is read.
fn add_member(object: &mut Vec<u8>, name: &str, value: &[u8]) {
    object.push(if object.is_empty() { b'{' } else { b',' });
    write_json(name, object);
    object.push(b':');
    object.extend_from_slice(value);
}

/// Parses the next value and hands it on.
fn parsed(scanner: &mut Scanner<'_>, key: Option<&str>, each: impl FnOnce(Element<'_>) -> bool) -> Step {
    if let Some((node, length)) = scanner.at_hand()? {
        let goes_on = each(Element::Node(node, key));
        scanner.advance(length);
        return Ok(goes_on);
    }
    let range = scanner.value()?;
    let start = range.start;
    let bytes = scanner.bytes(range);
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(each(Element::Garbled(bytes))) };
    match Node::parse(text) {
        Ok(node) => Ok(each(Element::Node(node, key))),
        Err(error) => Err(scanner.invalid(start, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Result<Vec<i64>, Failure> {
        let mut found = Vec::new();
        each_element(&mut text.as_bytes(), &Envelope::with_lists(&["devices"]), &mut |element| {
            found.push(match element {
                Element::Node(node, _) => match node.get("id") {
                    Some(Node::UInt(id)) => i64::try_from(*id).unwrap_or(-1),
                    _ => -1,
                },
                Element::Garbled(_) => -2,
            });
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
        assert_eq!(ids("{\"id\":1}\n{\"id\":2}\n"), Ok(vec![1, 2]), "one answer after the other");
        assert_eq!(ids("[]"), Ok(vec![]));
        assert_eq!(ids("{}"), Ok(vec![]));
        assert_eq!(ids("[1,[],\"x\"]"), Ok(vec![-1, -1, -1]), "what is no record is an element even so");
    }

    #[test]
    fn elements_by_unique_id_come_with_it() {
        let text = r#"{"5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001":{"bios":{}}}"#;
        let mut keys = Vec::new();
        let each = &mut |element: Element<'_>| {
            if let Element::Node(_, key) = element {
                keys.push(key.map(str::to_owned));
            }
            true
        };
        each_element(&mut text.as_bytes(), &Envelope::default(), each).expect("it is valid");
        assert_eq!(keys, [Some("5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001".to_owned())]);
    }

    #[test]
    fn a_wrong_document_says_where() {
        let failure = ids("[{\"id\":1},\n{\"id\":").expect_err("it is cut");
        assert!(failure.what.contains("line 2"), "{}", failure.what);
        assert!(failure.hint.contains("too early"), "{}", failure.hint);
        assert_eq!(ids("").expect_err("nothing").what, "the file is empty");
        let what = |text: &str| ids(text).expect_err("it is wrong").what;
        assert_eq!(
            what("[{\"id\":1}\n {\"id\":2}]"),
            "it is not valid JSON: expected `,` or `]`, found `{` at line 2 column 2"
        );
        assert_eq!(
            what("[{\"id\":1},\n {\"id\" 2}]"),
            "it is not valid JSON: expected `:` at line 2 column 8"
        );
        assert_eq!(
            what("<html>"),
            "it is not valid JSON: expected an array or an object, found `<` at line 1 column 1"
        );
        assert_eq!(
            what("[{\"id\":1}]]"),
            "it is not valid JSON: expected an array or an object, found `]` at line 1 column 11"
        );
    }

    #[test]
    fn a_garbled_element_leaves_the_others_alone() {
        let mut bytes = b"[{\"id\":1},{\"id\":\"".to_vec();
        bytes.extend([0xff, b'"', b'}', b',']);
        bytes.extend(b"{\"id\":3}]");
        let mut found = 0;
        let mut garbled = 0;
        each_element(&mut bytes.as_slice(), &Envelope::default(), &mut |element| {
            match element {
                Element::Node(..) => found += 1,
                Element::Garbled(_) => garbled += 1,
            }
            true
        })
        .expect("it can be read");
        assert_eq!((found, garbled), (2, 1));
    }

    /// Elements that lie across the ends of the buffer, some that are larger than what is parsed at hand, and letters of
    /// several bytes that lie across the ends of both.
    #[test]
    fn every_element_of_a_large_document_comes_once() {
        let size = |id: usize| if id % 500 == 7 { 20_000 + id } else { id % 97 };
        let element =
            |id: usize| format!(r#"{{"id":{id},"text":"{}"}}"#, ["x", "\u{20ac}"][id % 2].repeat(size(id)));
        let elements: Vec<String> = (0..5_000).map(element).collect();
        let (first, others) = elements.split_at(1_000);
        let text = format!(
            r#"{{"data":[{}],"devices":[{}],"included":[{{"id":"5","type":"a","attributes":{{"b":1}}}}]}}"#,
            first.join(",\n"),
            others.join(","),
        );
        let envelope = Envelope::with_lists(&["data", "devices"]);
        let mut found = Vec::new();
        each_element(&mut text.as_bytes(), &envelope, &mut |element| {
            let Element::Node(node, _) = element else { return false };
            let Some(Node::UInt(id)) = node.get("id") else { return false };
            let length = node.get("text").and_then(Node::text).map_or(0, |text| text.chars().count());
            found.push((usize::try_from(*id).unwrap_or_default(), length));
            true
        })
        .expect("it is valid");
        assert_eq!(found, (0..5_000).map(|id| (id, size(id))).collect::<Vec<_>>());
        let included = included(&mut text.as_bytes(), &envelope).expect("it is valid");
        assert!(included.attributes("a", "5").is_some(), "what is behind the elements is found");
    }

    #[test]
    fn included_resources_are_found_after_the_elements() {
        let page = r#"{"data":[{"id":"1"}],"included":[{"id":"71","type":"adapters_resources","attributes":{"remote-id":"9"}}]}"#;
        for text in [page.to_owned(), format!("[{page}]")] {
            let found = included(&mut text.as_bytes(), &Envelope::default()).expect("it is valid");
            let attributes = found.attributes("adapters-resources", "71").expect("it is there");
            assert_eq!(attributes.get("remote-id").and_then(Node::text).as_deref(), Some("9"));
        }
    }
}
