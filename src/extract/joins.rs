//! Documents that other elements are joined with: the products of devices, the labels of picklists, countries.
//!
//! They are read before everything else of their source, so that every element can be joined while it is read, in any
//! order of files. They are short: lists that a vendor's account has once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::document;
use super::envelope::Envelope;
use super::files::{Format, Input};
use super::json::{self, Element};
use super::node::{Node, Path};
use super::sink::Sink;
use crate::pipeline::Source;
use crate::systems::{JsonShape, List, LookedUp, System};

/// The members of an item that elements are joined with; the name is called [`NAME`].
type Members = BTreeMap<String, String>;

/// What an item is called.
const NAME: &str = "";

/// The lists of one source, items by id.
#[derive(Debug, Default)]
pub(super) struct Joins(FxHashMap<List, FxHashMap<String, Members>>);

static NONE: LazyLock<Joins> = LazyLock::new(Joins::default);

impl Joins {
    /// Nothing to be joined with.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// Reads the lists of a source among its files. What cannot be read is left to the reader that says so.
    pub fn read(source: &Source, inputs: &[&Input]) -> Self {
        let mut joins = Self::default();
        if !uses_joins(source.system) {
            return joins;
        }
        let envelope = Envelope::of(source.system);
        for input in inputs.iter().filter(|input| input.format == Format::Json) {
            let Ok(document::LookedAt { shape: Some(shape), .. }) =
                document::look(source.system, input, &envelope)
            else {
                continue;
            };
            if shape.lookup.is_some() || !shape.picklists.is_empty() {
                // A document that is cut off is read to where it is, and reported when it is read again.
                let _ = input.read(|reader| {
                    json::each_element(reader, &envelope, &mut |element| {
                        if let Element::Node(node, _) = element {
                            joins.add(shape, &node);
                        }
                        true
                    })
                });
            }
        }
        joins
    }

    fn add(&mut self, shape: &JsonShape, element: &Node<'_>) {
        for value in picked(shape, element) {
            let members = Members::from([(NAME.to_owned(), value.label)]);
            self.0.entry(value.list).or_default().insert(comparable(&value.id), members);
        }
        let (Some(list), Some(item)) = (shape.lookup.as_deref().and_then(List::parse), &shape.item) else {
            return;
        };
        let part = |path: &str| element.at(path).and_then(Node::filled).map(|text| text.trim().to_owned());
        let Some(id) = part("id") else { return };
        let name = part(&item.name).map(|name| (NAME.to_owned(), name));
        let kept = item.keep.iter().filter_map(|path| Some((path.clone(), part(path)?)));
        self.0.entry(list).or_default().insert(comparable(&id), name.into_iter().chain(kept).collect());
    }

    /// A member of an item, its name when none is given.
    fn find(&self, list: List, id: &str, member: Option<&str>) -> Option<&str> {
        let item = self.0.get(&list)?.get(&comparable(id))?;
        item.get(member.unwrap_or(NAME)).map(String::as_str)
    }

    /// Whether the list was read.
    fn has(&self, list: List) -> bool {
        self.0.contains_key(&list)
    }
}

/// Whether columns of the system are looked up anywhere.
fn uses_joins(system: &System) -> bool {
    system.json.iter().any(|shape| {
        !shape.picklists.is_empty() || shape.item.as_ref().is_some_and(|item| !item.keep.is_empty())
    })
}

/// Numbers compare as numbers, whether the vendor writes them as text or not.
fn comparable(id: &str) -> String {
    let id = id.trim();
    id.parse::<i64>().map_or_else(|_| id.to_owned(), |number| number.to_string())
}

/// One value of a picklist.
pub(super) struct Picked {
    pub list: List,
    pub id: String,
    pub label: String,
    pub is_inactive: bool,
}

/// The values of a picklist, where the element describes one that is used.
pub(super) fn picked<'n>(shape: &JsonShape, element: &'n Node<'_>) -> impl Iterator<Item = Picked> + use<'n> {
    let name = element.get("name").and_then(Node::text);
    let list = name.and_then(|name| shape.picklists.get(name.as_ref()).copied());
    let values = element.get("picklistValues").map_or(&[][..], Node::items);
    values.iter().filter_map(move |value| {
        let part = |name| value.get(name).and_then(Node::filled).map(|text| text.trim().to_owned());
        let is_inactive = value.get("isActive") == Some(&Node::Bool(false));
        Some(Picked { list: list?, id: part("value")?, label: part("label")?, is_inactive })
    })
}

/// A column that is looked up, with its paths ready to be followed.
pub(super) struct Lookup<'s> {
    of: Vec<(Path, &'s LookedUp)>,
    joins: &'s Joins,
}

impl<'s> Lookup<'s> {
    pub fn new(of: &'s [LookedUp], joins: &'s Joins) -> Self {
        Self { of: of.iter().map(|one| (Path::new(&one.path), one)).collect(), joins }
    }

    /// Sets the column from the first of its places that says something. Returns whether the element carries it: a
    /// number whose list was not read says nothing, so the column is unknown and not blank.
    pub fn put(&self, position: usize, element: &Node<'_>, sink: &mut Sink<'_>) -> bool {
        let mut is_carried = false;
        for (path, one) in &self.of {
            if !path.is_there(element) {
                continue;
            }
            let Some(own) = path.filled(element) else {
                is_carried = true;
                continue;
            };
            let Some(list) = one.list else {
                sink.put(position, &own);
                return true;
            };
            is_carried |= self.joins.has(list);
            let found = self.joins.find(list, &own, one.value.as_deref());
            let found = match (found, one.then) {
                (Some(id), Some(then)) => self.joins.find(then, id, None),
                (found, _) => found,
            };
            if let Some(found) = found {
                sink.put(position, found);
                return true;
            }
        }
        is_carried
    }
}
