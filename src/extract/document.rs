//! Saved JSON documents of a system: which of its shapes a document has, and its elements as rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::children::Children;
use super::element::Mapping;
use super::envelope::Envelope;
use super::error::Failure;
use super::file::{Content, Rows, not_of_role, unknown};
use super::files::{Input, squeeze};
use super::hub_links::link;
use super::joins::{self, Joins};
use super::json::{self, Element, Included};
use super::node::{Node, Path};
use super::sink::{FileRows, Repeats, Sink};
use super::stand_ins::StandIns;
use super::values::is_guid;
use super::{FileReport, LookupItem};
use crate::model::{SourceIx, column, fields};
use crate::pipeline::Source;
use crate::systems::{self, Item, JsonShape, List, Origin, Refer, Secrets, System};

pub(super) fn read(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    joins: &Joins,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let envelope = Envelope::of(source.system);
    let looked_at = look(source.system, input, &envelope)?;
    let Some(shape) = looked_at.shape else {
        let failure = unknown_document(source, &looked_at);
        return if looked_at.other.is_some() {
            Err(failure)
        } else {
            unknown(source, input, report, failure)
        };
    };
    if let (Some(list), Some(item)) = (&shape.lookup, &shape.item) {
        return read_list(list, item, source, input, &envelope, report);
    }
    if let Some(why) = &shape.passed_over {
        report.note = format!("passed over: {why}");
        return Ok(Content::default());
    }
    if !shape.picklists.is_empty() {
        return read_picklists(shape, input, &envelope, report);
    }
    let Some(entity) = shape.subject() else { return Ok(Content::default()) };
    if !source.system.delivers(source.role).contains(&entity) {
        return Ok(not_of_role(source, entity, report));
    }
    let included = if shape.resource.is_some() {
        input.read(|reader| json::included(reader, &envelope))?
    } else {
        Included::default()
    };
    let mapping = Mapping::new(shape, entity, source, joins);
    let mut named = Named::new(&shape.refers);
    let mut sink = Sink::new(ix, source, entity, &input.shown);
    let mut children = Children::new(&shape.children, ix, source, joins, &input.shown);
    let mut number = 0;
    input.read(|reader| {
        json::each_element(reader, &envelope, &mut |element| {
            number += 1;
            let mut element = match element {
                Element::Node(node, key) => keyed(spelled(node, source.system), shape, key, input),
                Element::Garbled(bytes) => {
                    let raw = garbled(bytes, &source.system.secrets);
                    sink.reject(number, "invalid_utf8: the element is not UTF-8", &raw);
                    return true;
                }
            };
            if input.is_outdated(&element) {
                return true;
            }
            if !source.system.open_objects.is_empty() {
                element.withhold(&source.system.open_objects);
            }
            if !source.system.masks.is_empty() {
                element.unmask(&source.system.masks);
            }
            if !mapping.has_id(&element) {
                let member = id_member(shape);
                let reason = format!("no_id: the element has no member `{member}`");
                sink.reject(number, &reason, &element.json(&source.system.secrets));
                return true;
            }
            named.add(&element);
            link(&mut element, &included);
            children.take(&mapping, &mut element, number, &source.system.secrets);
            mapping.take(element, &mut sink);
            sink.finish(number, String::new);
            true
        })
    })?;
    let rows = sink.build();
    for (position, field) in fields(entity).iter().enumerate() {
        if rows.records.files[0].carried[position] {
            report
                .understood
                .push((shape.columns.get(field.name).map_or_else(String::new, shown), field.name));
        }
    }
    let repeats = if shape.overlapping { Repeats::Same } else { Repeats::Bad };
    let rows = FileRows { repeats, ..rows };
    let rows = if let Some(rule) = &shape.stands_in {
        let rank = source.system.json.iter().position(|other| std::ptr::eq(other, shape)).unwrap_or_default();
        Rows::StandIns(entity, StandIns { rows, rule, rank })
    } else if let Some(through) = &shape.through {
        Rows::Through(entity, rows, through)
    } else if shape.supplement.is_some() {
        Rows::Supplement(entity, rows)
    } else if shape.detail {
        Rows::Detail(entity, rows)
    } else {
        Rows::Records(entity, rows)
    };
    Ok(Content { rows, children: children.build(), named: named.items(), ..Content::default() })
}

/// The element with its members named as the system's shapes name them.
fn spelled<'n>(mut element: Node<'n>, system: &'static System) -> Node<'n> {
    if system.any_case {
        element.respell(&system.spelling);
    }
    element
}

/// What the first element of a document says.
pub(super) struct LookedAt<'s> {
    /// The shape that the document has, if it is one of the system's.
    pub shape: Option<&'s JsonShape>,
    /// How many columns of the shape the first element has.
    pub columns: usize,
    /// Its members, for messages.
    members: String,
    /// Another system whose element it looks like.
    other: Option<&'static System>,
}

/// Looks at the first element of a document.
pub(super) fn look(
    system: &'static System,
    input: &Input,
    envelope: &Envelope<'_>,
) -> Result<LookedAt<'static>, Failure> {
    let mut found = None;
    input.read(|reader| {
        json::each_element(reader, envelope, &mut |element| {
            let Element::Node(node, key) = element else { return true };
            let mut node = spelled(node, system);
            for shape in &system.json {
                node = keyed(node, shape, key, input);
            }
            found = Some(looked_at(system, input, Some(&node)));
            false
        })
    })?;
    Ok(found.unwrap_or_else(|| looked_at(system, input, None)))
}

fn looked_at<'s>(system: &'s System, input: &Input, first: Option<&Node<'_>>) -> LookedAt<'s> {
    let shape = shape_of(system, input, first);
    let members = match first {
        Some(Node::Object(members)) => {
            members.iter().take(8).map(|(name, _)| name.as_ref()).collect::<Vec<_>>().join(", ")
        }
        Some(_) => "no members".to_owned(),
        None => "no elements".to_owned(),
    };
    let other = first.and_then(|element| other_system(system, element));
    let columns = first.map_or(0, |element| shape.map_or(0, |shape| columns_of(shape, element)));
    LookedAt { shape, columns, members, other }
}

/// The shape of a document: by the entity that the pipeline gives, by the type of its elements, by the file's name,
/// by the members of its first element.
fn shape_of<'s>(system: &'s System, input: &Input, first: Option<&Node<'_>>) -> Option<&'s JsonShape> {
    if let Some(entity) = input.entity {
        return system.json.iter().find(|shape| shape.entity == Some(entity));
    }
    let stem = input.stem();
    let is_named =
        |shape: &&JsonShape| shape.files.iter().chain(&shape.resource).any(|file| squeeze(file) == stem);
    let Some(first) = first else { return system.json.iter().find(is_named) };
    if system.json.iter().any(|shape| shape.resource.is_some()) {
        let kind = first.get("type").and_then(Node::text)?.replace('_', "-");
        return system
            .json
            .iter()
            .find(|shape| shape.resource.as_deref() == Some(&kind) && fits(shape, first));
    }
    let named =
        system.json.iter().find(|shape| is_named(shape) && (shape.lookup.is_some() || fits(shape, first)));
    // An answer that was asked for with fewer members lacks some that tell; its name does, unless another system's
    // elements look so.
    let nearly = || {
        let of_another = other_system(system, first).is_some();
        system.json.iter().find(|shape| is_named(shape) && !of_another && columns_of(shape, first) > 1)
    };
    named
        .or_else(|| system.json.iter().find(|shape| !shape.needs.is_empty() && fits(shape, first)))
        .or_else(nearly)
}

fn fits(shape: &JsonShape, element: &Node<'_>) -> bool {
    shape.needs.iter().all(|path| element.at(path).is_some())
}

fn columns_of(shape: &JsonShape, element: &Node<'_>) -> usize {
    let has = |origin: &&Origin| match origin {
        Origin::Path(path) => element.at(path).is_some(),
        Origin::First(all) => all.iter().any(|path| element.at(path).is_some()),
        Origin::Rule(_) => false,
    };
    shape.columns.values().filter(has).count()
}

/// Another system of whose elements this looks like one.
fn other_system(not: &System, element: &Node<'_>) -> Option<&'static System> {
    let kind = element.get("type").and_then(Node::text);
    let is_of = |shape: &JsonShape| {
        let is_resource = shape.resource.is_some() && shape.resource.as_deref() == kind.as_deref();
        is_resource || (!shape.needs.is_empty() && fits(shape, element))
    };
    systems::all()
        .iter()
        .filter(|system| system.name != not.name)
        .find(|system| system.json.iter().any(is_of))
}

fn unknown_document(source: &Source, looked_at: &LookedAt<'_>) -> Failure {
    let hint = match looked_at.other {
        Some(system) => {
            format!("it looks like a document of `{}`: give it a source of that system", system.name)
        }
        None => "name the entity with `files = [{ path = \"...\", entity = \"...\" }]`, or take the file out"
            .to_owned(),
    };
    let what = format!("its elements ({}) are none that {} delivers", looked_at.members, source.system.title);
    Failure::new(what, hint)
}

/// An element that is not UTF-8 for the quarantine, without secrets; nothing where it is no JSON either.
fn garbled(bytes: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(bytes);
    Node::parse(&text).map_or_else(|_| String::new(), |element| element.json(secrets))
}

/// The element with its key in the member that the shape names for it, where the key is a unique id.
fn keyed<'n>(mut element: Node<'n>, shape: &JsonShape, key: Option<&str>, input: &Input) -> Node<'n> {
    let Some(members) = element.members_mut() else { return element };
    // Elements of other shapes may stand in a file that is called so; their ids are their own.
    let own_key = key.unwrap_or(input.name());
    let added = if let Some(member) = &shape.keyed
        && is_guid(own_key)
        && ![member.as_str(), "uid", "id"].iter().any(|name| members.get(name).is_some())
    {
        Some((member, own_key))
    } else if let Some(member) = &shape.within
        && members.get(member).is_none()
    {
        key.filter(|key| is_guid(key)).or_else(|| input.guid()).map(|id| (member, id))
    } else {
        None
    };
    if let Some((member, id)) = added {
        members.push((Cow::Owned(member.clone()), Node::Text(Cow::Owned(id.trim().to_owned()))));
    }
    element
}

fn id_member(shape: &JsonShape) -> String {
    shape
        .columns
        .get(column::RECORD_ID)
        .map_or_else(String::new, |origin| shown(origin).replace(", ", "` or `"))
}

/// The members of an origin, for people.
pub(super) fn shown(origin: &Origin) -> String {
    match origin {
        Origin::Path(path) => path.clone(),
        Origin::First(all) => all.join(", "),
        Origin::Rule(rule) => rule.path().to_owned(),
    }
}

fn read_list(
    list: &str,
    item: &Item,
    source: &Source,
    input: &Input,
    envelope: &Envelope<'_>,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let list = known_list(list);
    let mut items = Vec::new();
    input.read(|reader| {
        json::each_element(reader, envelope, &mut |element| {
            let Element::Node(node, _) = element else { return true };
            let node = spelled(node, source.system);
            if input.is_outdated(&node) {
                return true;
            }
            let part = |path: &str| node.at(path).and_then(Node::filled).map(Cow::into_owned);
            let id = part(item.id.as_deref().unwrap_or("id"));
            if let (Some(id), Some(name)) = (id, part(&item.name)) {
                let parent_id = item.parent.as_deref().and_then(part);
                let is = |flag: &Option<String>, truth: &str| {
                    flag.as_deref().and_then(part).as_deref() == Some(truth)
                };
                let is_inactive = is(&item.inactive, "true") || is(&item.active, "false");
                items.push(LookupItem { id, name, parent_id, is_inactive });
            }
            true
        })
    })?;
    report.rows = items.len() as u64;
    report.note = format!("the list {list}");
    Ok(Rows::Lists(vec![(list, items)]).into())
}

/// The lists that a description of an entity's fields holds.
fn read_picklists(
    shape: &JsonShape,
    input: &Input,
    envelope: &Envelope<'_>,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let mut found: BTreeMap<&'static str, Vec<LookupItem>> = BTreeMap::new();
    input.read(|reader| {
        json::each_element(reader, envelope, &mut |element| {
            report.rows += 1;
            let Element::Node(node, _) = element else { return true };
            for joins::Picked { list, id, label: name, is_inactive } in joins::picked(shape, &node) {
                let item = LookupItem { id, name, parent_id: None, is_inactive };
                found.entry(list.key()).or_default().push(item);
            }
            true
        })
    })?;
    let names: Vec<&str> = found.keys().copied().collect();
    report.note = match names.as_slice() {
        [] => "fields without a list that is used".to_owned(),
        names => format!("the lists {}", names.join(", ")),
    };
    Ok(Rows::Lists(found.into_iter().collect()).into())
}

fn known_list(name: &str) -> &'static str {
    List::parse(name).expect("a test looks up the lists of every embedded system").key()
}

/// The items of reference lists that elements name.
struct Named<'s> {
    refers: Vec<NamedList<'s>>,
}

/// One list, with the paths to the parts of its items.
struct NamedList<'s> {
    list: &'static str,
    refer: &'s Refer,
    each: Path,
    id: Path,
    name: Path,
    parent: Path,
    items: FxHashMap<String, (String, Option<String>)>,
}

impl<'s> Named<'s> {
    fn new(refers: &'s [Refer]) -> Self {
        let list = |refer: &'s Refer| NamedList {
            list: known_list(&refer.list),
            refer,
            each: Path::new(refer.each.as_deref().unwrap_or_default()),
            id: Path::new(&refer.id),
            name: Path::new(&refer.name),
            parent: Path::new(refer.parent.as_deref().unwrap_or_default()),
            items: FxHashMap::default(),
        };
        Self { refers: refers.iter().map(list).collect() }
    }

    fn add(&mut self, element: &Node<'_>) {
        for list in &mut self.refers {
            let holders = match &list.refer.each {
                Some(_) => list.each.find(element).map_or(&[][..], Node::items),
                None => std::slice::from_ref(element),
            };
            for holder in holders {
                let part = |path: &Path| path.find(holder).and_then(Node::filled);
                let (Some(id), Some(name)) = (part(&list.id), part(&list.name)) else { continue };
                match list.items.get_mut(id.as_ref()) {
                    // Of several spellings the smallest, so that the order of elements does not matter.
                    Some((known, _)) if name.as_ref() >= known.as_str() => {}
                    Some((known, _)) => *known = name.into_owned(),
                    None => {
                        let parent = list.refer.parent.as_ref().and_then(|_| part(&list.parent));
                        list.items.insert(id.into_owned(), (name.into_owned(), parent.map(Cow::into_owned)));
                    }
                }
            }
        }
    }

    /// The items, in no order.
    fn items(self) -> Vec<(&'static str, LookupItem)> {
        let item = |(id, (name, parent_id))| LookupItem { id, name, parent_id, is_inactive: false };
        self.refers
            .into_iter()
            .flat_map(|named| named.items.into_iter().map(move |parts| (named.list, item(parts))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_names_lists_that_exist() {
        for system in systems::all() {
            for shape in &system.json {
                shape.lookup.iter().chain(shape.refers.iter().map(|refer| &refer.list)).for_each(|list| {
                    assert_eq!(known_list(list), list, "{}", system.name);
                });
            }
        }
    }
}
