//! From one element of a vendor's JSON to the columns of a record.
//!
//! Works on a parsed element and the system's declared columns, so that an answer of an API can go the same way as a
//! saved file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::account::Account;
use super::hub_links::hub_links;
use super::joins::{Joins, Lookup};
use super::lists;
use super::made::Made;
use super::node::{Node, Path};
use super::parts::Part;
use super::people::Person;
use super::sink::Sink;
use super::skips::{Seen, Skips};
use super::values::truth;
use crate::model::{Entity, LIST_SEPARATOR, Reason, column, fields};
use crate::pipeline::{OrganizationBy, Source};
use crate::systems::{Child, JsonShape, Main, Origin, Rule, Skip};

/// Members that are no part of a record: how JSON:API refers to others, and what was put in for it.
const NO_PART: [&str; 2] = ["relationships", LINKED];

/// The member under which the attributes of linked resources are put, by type.
pub(super) const LINKED: &str = "linked";

/// Linked resources that no column holds entirely.
const RMM_RECORDS: &str = "rmm-records";

/// The columns of a shape in table order, with where each comes from.
pub(super) struct Mapping<'s> {
    columns: Vec<(usize, Maker<'s>)>,
    skips: Skips<'s, Path>,
    source: &'s Source,
    skip_position: Option<usize>,
    id: Option<Maker<'s>>,
    mains: Vec<MainPaths<'s>>,
}

/// How the object is found that stands for an array.
struct MainPaths<'s> {
    list: Path,
    flag: Path,
    id: Path,
    member: &'s str,
}

impl<'s> MainPaths<'s> {
    fn new(main: &'s Main) -> Self {
        let (list, flag, id) = (Path::new(&main.of), Path::new(&main.flag), Path::new(&main.id));
        Self { list, flag, id, member: &main.member }
    }

    /// Moves the object out of its array.
    fn take_out(&self, element: &mut Node<'_>) {
        let Some(Node::Array(items)) = self.list.find_mut(element) else { return };
        let rank = |item: &Node<'_>| {
            let id = self.id.find(item).and_then(Node::text).unwrap_or_default().into_owned();
            // Ids are numbers, so of two the shorter one is lower.
            (self.flag.find(item) != Some(&Node::Bool(true)), id.len(), id)
        };
        let Some(at) = (0..items.len()).min_by_key(|at| rank(&items[*at])) else { return };
        let main = items.remove(at);
        if let Some(members) = element.members_mut() {
            members.push((Cow::Owned(self.member.to_owned()), main));
        }
    }
}

/// How a column is made, with its paths ready to be followed.
enum Maker<'s> {
    /// The first of these that is not blank.
    First(Vec<Path>),
    Items {
        list: Path,
        value: Path,
        extension: Option<Path>,
        first: Option<Path>,
        only: Option<(Path, &'s str)>,
    },
    Names(Path),
    Interfaces {
        list: Path,
        name: &'s [String],
        mac: &'s [String],
        ip: &'s [String],
    },
    Not(Path),
    Link {
        path: Path,
        integration: &'s str,
        only: Option<(Path, &'s str)>,
    },
    HubLinks,
    OrganizationName {
        name: Path,
        company: Path,
    },
    /// What is made of members.
    Made(Made<'s>),
    /// What an item of a list says.
    Lookup(Lookup<'s>),
    /// A rule about the person of an account.
    Person(Person),
    /// A rule of parts.
    Part(Part<'s>),
    /// A rule of accounts.
    Account(Account<'s>),
}

impl<'s> Maker<'s> {
    fn new(origin: &'s Origin, joins: &'s Joins, source: &Source) -> Self {
        let path = |path: &String| Path::new(path);
        match origin {
            Origin::Path(one) => Self::First(vec![Path::new(one)]),
            Origin::First(all) => Self::First(all.iter().map(path).collect()),
            Origin::Rule(Rule::Items { path: list, value, extension, first, only }) => Self::Items {
                list: path(list),
                value: path(value),
                extension: extension.as_ref().map(path),
                first: first.as_ref().map(path),
                only: only.as_ref().map(|(member, expected)| (path(member), expected.as_str())),
            },
            Origin::Rule(Rule::Names { path: list }) => Self::Names(path(list)),
            Origin::Rule(Rule::Interfaces { path: list, name, mac, ip }) => {
                Self::Interfaces { list: path(list), name, mac, ip }
            }
            Origin::Rule(Rule::Not { path: member }) => Self::Not(path(member)),
            Origin::Rule(Rule::Link { path: member, integration, only }) => Self::Link {
                path: path(member),
                integration,
                only: only.as_ref().map(|(member, expected)| (path(member), expected.as_str())),
            },
            Origin::Rule(Rule::HubLinks {}) => Self::HubLinks,
            Origin::Rule(Rule::OrganizationName { path: name, autotask }) => {
                Self::OrganizationName { name: path(name), company: path(autotask) }
            }
            Origin::Rule(Rule::LookedUp { of }) => Self::Lookup(Lookup::new(of, joins)),
            Origin::Rule(rule) => Account::new(rule)
                .map(Self::Account)
                .or_else(|| Made::new(rule).map(Self::Made))
                .or_else(|| Person::new(rule, source).map(Self::Person))
                .unwrap_or_else(|| Self::Part(Part::new(rule))),
        }
    }
}

impl<'s> Mapping<'s> {
    pub fn new(shape: &'s JsonShape, entity: Entity, source: &'s Source, joins: &'s Joins) -> Self {
        Self::of(&shape.columns, &shape.skip, &shape.main, entity, source, joins)
    }

    pub fn of_child(child: &'s Child, source: &'s Source, joins: &'s Joins) -> Self {
        Self::of(&child.columns, &child.skip, &child.main, child.entity, source, joins)
    }

    fn of(
        origins: &'s BTreeMap<String, Origin>,
        skips: &'s [Skip],
        mains: &'s [Main],
        entity: Entity,
        source: &'s Source,
        joins: &'s Joins,
    ) -> Self {
        let all = fields(entity);
        let columns: Vec<(usize, Maker<'s>)> = (0..all.len())
            .filter_map(|at| origins.get(all[at].name).map(|origin| (at, Maker::new(origin, joins, source))))
            .collect();
        let id = origins.get(column::RECORD_ID).map(|origin| Maker::new(origin, joins, source));
        let skip_position = all.iter().position(|field| field.name == column::SKIP_REASON);
        let skips = Skips::new(skips, source, false, |path| Some(Path::new(path)));
        let mains = mains.iter().map(MainPaths::new).collect();
        Self { columns, skips, source, skip_position, id, mains }
    }

    /// The id of the element.
    pub fn id(&self, element: &Node<'_>) -> Option<String> {
        match &self.id {
            Some(Maker::First(paths)) => paths.iter().find_map(|path| path.filled(element)),
            Some(Maker::Part(Part::Copy(path))) => path.filled(element),
            Some(Maker::Made(made)) => made.value(element, &self.source.name),
            _ => None,
        }
        .map(Cow::into_owned)
    }

    /// Whether the element has an id.
    pub fn has_id(&self, element: &Node<'_>) -> bool {
        match &self.id {
            Some(Maker::First(paths)) => paths.iter().any(|path| path.filled(element).is_some()),
            Some(Maker::Part(Part::Copy(path))) => path.filled(element).is_some(),
            Some(Maker::Made(made)) => made.value(element, &self.source.name).is_some(),
            _ => false,
        }
    }

    /// Why the element takes no part, `None` when it does.
    pub fn skip_reason(&self, element: &Node<'_>) -> Option<Reason> {
        self.skips.reason(|path| match path.find_inside(element) {
            // A member of what is null is there, and says nothing.
            None if path.is_there(element) => Seen::Nothing,
            found => Seen::node(found),
        })
    }

    /// Puts the columns of `element` into the row being built; what is left of it goes to `raw`.
    pub fn take(&self, mut element: Node<'_>, sink: &mut Sink<'_>) {
        for main in &self.mains {
            main.take_out(&mut element);
        }
        let used = self.fill(&element, sink);
        for path in used {
            path.take(&mut element);
        }
        let secrets = &self.source.system.secrets;
        let Node::Object(members) = &element else { return };
        for (name, value) in members.iter() {
            if !NO_PART.contains(&name.as_ref()) {
                sink.rest.add(name, value, secrets);
            } else if name == LINKED
                && let Some(records) = value.get(RMM_RECORDS)
            {
                sink.rest.add(RMM_RECORDS, records, secrets);
            }
        }
    }

    /// Puts the columns of `element` into the row being built. Returns what they hold entirely.
    pub fn fill(&self, element: &Node<'_>, sink: &mut Sink<'_>) -> Vec<&Path> {
        if let (Some(reason), Some(position)) = (self.skip_reason(element), self.skip_position) {
            sink.put_made(position, reason.code());
        }
        // A member may make several columns, so all are read before any is taken out.
        let mut used: Vec<&Path> = Vec::with_capacity(self.columns.len());
        for (position, maker) in &self.columns {
            if self.put(*position, maker, element, sink, &mut used) {
                sink.carry(*position);
            }
        }
        used
    }

    /// Sets one column. Returns whether the element carries it at all.
    fn put<'m>(
        &'m self,
        position: usize,
        maker: &'m Maker<'_>,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        match maker {
            Maker::First(paths) => {
                let mut is_there = false;
                for path in paths {
                    let found = path.seek(element);
                    if let Some(is_whole) = found.ok().and_then(|member| sink.put_member(position, member)) {
                        if is_whole {
                            used.push(path);
                        }
                        return true;
                    }
                    is_there |= found.map_or_else(|is_there| is_there, |_| true);
                }
                is_there
            }
            Maker::Items { list, value, extension, first, only } => {
                let Some(array) = list.find(element) else { return false };
                let items = items(array, value, extension.as_ref(), first.as_ref(), only.as_ref());
                // Labels stand beside their items, so blank ones keep their place.
                sink.put_made(position, &items.join(&LIST_SEPARATOR.to_string()));
                // Items of another kind (such as fax numbers) have no column, so the whole array stays in `raw`.
                if only.is_none() {
                    used.push(list);
                }
                true
            }
            Maker::Names(list) => {
                let Some(array) = list.find(element) else { return false };
                let names: Vec<Cow<'_, str>> =
                    array.items().iter().filter_map(|item| item.get("name").and_then(Node::text)).collect();
                sink.put_made(position, &names.join(", "));
                true
            }
            Maker::Interfaces { list, name, mac, ip } => {
                let Some(array) = list.find(element) else { return false };
                let found: Vec<String> = array
                    .items()
                    .iter()
                    .map(|it| lists::interface(&part(it, name), &part(it, mac), &part(it, ip)))
                    .collect();
                sink.put_made(position, &lists::join(&found));
                used.push(list);
                true
            }
            Maker::Not(path) => {
                let Some(value) = path.find(element) else { return false };
                match value.text().as_deref().and_then(truth) {
                    Some("true") => sink.put_made(position, "false"),
                    Some(_) => sink.put_made(position, "true"),
                    None => return true,
                }
                used.push(path);
                true
            }
            Maker::Link { path, integration, only } => {
                let is_meant = only
                    .as_ref()
                    .is_none_or(|(path, expected)| path.filled(element).as_deref() == Some(*expected));
                let id = path.filled(element).filter(|_| is_meant);
                if let (Some(id), Some(source)) = (id, self.source.links.get(*integration)) {
                    sink.put_made(position, &format!("{source}:{}", id.trim()));
                }
                false
            }
            Maker::HubLinks => {
                let links = hub_links(element, &self.source.links);
                if !links.is_empty() {
                    sink.put_made(position, &lists::join(&links));
                }
                false
            }
            Maker::OrganizationName { name, company } => {
                let by_company = self.source.organization_by == OrganizationBy::AutotaskCompany;
                let chosen = if by_company && company.find(element).and_then(Node::filled).is_some() {
                    company
                } else {
                    name
                };
                let member = chosen.find(element);
                if member.and_then(|member| sink.put_member(position, member)) == Some(true) {
                    used.push(chosen);
                }
                name.is_there(element)
            }
            Maker::Made(made) => made.put(position, element, &self.source.name, sink),
            Maker::Lookup(lookup) => lookup.put(position, element, sink),
            Maker::Person(person) => person.put(position, element, sink, used),
            Maker::Part(part) => part.put(position, element, sink, used),
            Maker::Account(account) => account.put(position, element, sink, used),
        }
    }
}

/// The first of these members that is not blank, else an empty text.
fn part<'n>(item: &'n Node<'_>, names: &[String]) -> Cow<'n, str> {
    names.iter().find_map(|name| item.get(name).and_then(Node::filled)).unwrap_or_default()
}

fn items(
    list: &Node<'_>,
    value: &Path,
    extension: Option<&Path>,
    first: Option<&Path>,
    only: Option<&(Path, &str)>,
) -> Vec<String> {
    let is_first = |item: &Node<'_>| first.and_then(|path| path.find(item)) == Some(&Node::Bool(true));
    let is_meant = |item: &&Node<'_>| {
        only.is_none_or(|(path, expected)| path.find(item).and_then(Node::text).as_deref() == Some(*expected))
    };
    let mut chosen: Vec<&Node<'_>> = list.items().iter().filter(is_meant).collect();
    chosen.sort_by_key(|item| !is_first(item));
    chosen
        .into_iter()
        .map(|item| {
            let own = value.find(item).and_then(Node::text).unwrap_or_default();
            match extension.and_then(|path| path.find(item)).and_then(Node::filled) {
                Some(extension) => format!("{own} x{}", extension.trim()),
                None => own.into_owned(),
            }
        })
        .collect()
}
