//! Columns that are made of parts of an element: a name that is split, a list of several members, the ids of an array.

use std::borrow::Cow;

use super::adapters::{Adapters, PrimaryAdapter};
use super::lists;
use super::node::{Node, Path};
use super::sink::Sink;
use crate::model::column;
use crate::systems::{Case, Labelled, Rule};

/// How a column is made of parts, with its paths ready to be followed.
pub(super) enum Part<'s> {
    /// The first or the last name of a person whose name is one member.
    Name(Path, Half),
    /// The name of a business, or of a person.
    BusinessName(Path, Vec<Path>),
    /// Several members as a list, each with its label and the member with its extension.
    Values(Vec<(Path, Option<Path>)>),
    /// The labels of these.
    Labels(Vec<(Path, &'s str)>),
    Ids(Vec<Path>),
    Sole(Path, Path),
    /// A part of a text at a separator, or another member that says it by itself.
    Split(Path, &'s str, Half, Option<Path>),
    Adapters(Adapters<'s>),
    PrimaryAdapter(PrimaryAdapter),
    /// MAC addresses in brackets.
    MacList(Path),
    /// A member that stays in `raw` besides.
    Copy(Path),
    /// A list in one text, which stays in `raw` besides.
    Separated(Path, &'s str),
    /// Several members with a separator between them.
    AnyOf(Vec<Path>, &'s str),
    /// Values, each with the members that it needs and what they are.
    Cases(Vec<(&'s str, Vec<(Path, &'s str)>)>),
    /// The text as it is.
    Text(Path),
}

/// One side of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    First,
    Last,
}

impl<'s> Part<'s> {
    pub fn new(rule: &'s Rule) -> Self {
        let path = |path: &String| Path::new(path);
        let extended = |of: &Labelled| (Path::new(&of.path), of.extension.as_ref().map(path));
        match rule {
            Rule::FirstName { path: name } => Self::Name(path(name), Half::First),
            Rule::LastName { path: name } => Self::Name(path(name), Half::Last),
            Rule::BusinessName { path: name, person } => {
                Self::BusinessName(path(name), person.iter().map(path).collect())
            }
            Rule::Values { of } => Self::Values(of.iter().map(extended).collect()),
            Rule::Labels { of } => {
                Self::Labels(of.iter().map(|of| (path(&of.path), of.label.as_str())).collect())
            }
            Rule::Ids { paths } => Self::Ids(paths.iter().map(path).collect()),
            Rule::Sole { path: list, value } => Self::Sole(path(list), path(value)),
            Rule::Before { path: text, separator } => Self::Split(path(text), separator, Half::First, None),
            Rule::After { path: text, separator, or } => {
                Self::Split(path(text), separator, Half::Last, Some(path(or)))
            }
            Rule::MacList { path: list } => Self::MacList(path(list)),
            Rule::Adapters(adapters) => Self::Adapters(Adapters::new(adapters)),
            Rule::PrimaryAdapter(primary) => Self::PrimaryAdapter(PrimaryAdapter::new(primary)),
            Rule::Copy { path: member } => Self::Copy(path(member)),
            Rule::Separated { path: list, separator } => Self::Separated(path(list), separator),
            Rule::AnyOf { paths, separator } => Self::AnyOf(paths.iter().map(path).collect(), separator),
            Rule::Cases { cases } => {
                let when = |(member, expected): (&String, &'s String)| (path(member), expected.as_str());
                let case = |case: &'s Case| (case.value.as_str(), case.when.iter().map(when).collect());
                Self::Cases(cases.iter().map(case).collect())
            }
            other => Self::Text(Path::new(other.path())),
        }
    }

    /// Sets the column. Returns whether the element carries it at all. Members that the column holds entirely go to
    /// `used`.
    pub fn put<'m>(
        &'m self,
        position: usize,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        let is_there = |path: &Path| path.is_there(element);
        match self {
            Self::Name(path, half) => {
                let Some(name) = path.filled(element) else { return is_there(path) };
                let (first, last) = lists::split_name(&name);
                if *half == Half::First && first.contains(char::is_whitespace) {
                    sink.remark(column::FIRST_NAME, "name_split", &name, NAME_SPLIT);
                }
                sink.put(position, if *half == Half::First { first } else { last });
                used.push(path);
                true
            }
            Self::BusinessName(business, person) => {
                if let Some(name) = business.filled(element) {
                    sink.put(position, &name);
                    used.push(business);
                } else if let Some((path, name)) =
                    person.iter().find_map(|path| Some((path, path.filled(element)?)))
                {
                    sink.put(position, &name);
                    sink.remark(column::NAME, "person", &name, PERSON);
                    used.push(path);
                }
                is_there(business)
            }
            Self::Values(of) => {
                sink.put(position, &lists::join(&values(of, element, used)));
                of.iter().any(|(path, _)| is_there(path))
            }
            Self::Labels(of) => {
                let labels: Vec<&str> = of
                    .iter()
                    .filter(|(path, _)| path.filled(element).is_some())
                    .map(|(_, label)| *label)
                    .collect();
                sink.put(position, &lists::join(&labels));
                of.iter().any(|(path, _)| is_there(path))
            }
            Self::Ids(paths) => {
                sink.put(position, &lists::join(&ids(paths, element)));
                paths.iter().any(is_there)
            }
            Self::Sole(list, value) => {
                if let Some(value) = list.find(element).and_then(|array| sole(array, value)) {
                    sink.put(position, &value);
                }
                is_there(list)
            }
            Self::Split(path, separator, half, or) => {
                if let Some((own, value)) = or.as_ref().and_then(|own| Some((own, own.filled(element)?))) {
                    sink.put(position, &value);
                    used.push(own);
                    return true;
                }
                if let Some(text) = path.filled(element) {
                    sink.put(position, side(&text, separator, *half));
                    used.push(path);
                }
                is_there(path)
            }
            Self::Adapters(adapters) => adapters.put(position, element, sink, used),
            Self::PrimaryAdapter(primary) => primary.put(position, element, sink),
            Self::MacList(path) => {
                if let Some(text) = path.filled(element) {
                    sink.put(position, &lists::bracketed_macs(&text));
                    used.push(path);
                }
                is_there(path)
            }
            Self::Copy(path) => {
                sink.put(position, &path.filled(element).unwrap_or_default());
                is_there(path)
            }
            Self::Separated(path, separator) => {
                let text = path.filled(element).unwrap_or_default();
                let items = text.split(*separator).map(str::trim).filter(|item| !item.is_empty());
                sink.put_made(position, &lists::join(&items.collect::<Vec<_>>()));
                is_there(path)
            }
            Self::AnyOf(paths, separator) => {
                let parts: Vec<Cow<'_, str>> = paths.iter().filter_map(|path| path.filled(element)).collect();
                sink.put(position, &parts.join(separator));
                used.extend(paths);
                paths.iter().any(is_there)
            }
            Self::Cases(cases) => {
                if let Some(value) = chosen(cases, element) {
                    sink.put_made(position, value);
                }
                cases.iter().any(|(_, when)| when.iter().any(|(path, _)| is_there(path)))
            }
            Self::Text(path) => {
                let member = path.find(element);
                if member.and_then(|member| sink.put_member(position, member)) == Some(true) {
                    used.push(path);
                }
                is_there(path)
            }
        }
    }
}

const NAME_SPLIT: &str = "the source has one name, which was split at its last space";

const PERSON: &str = "the client is a person and no business, and goes by the person's name";

/// The members that are not blank, each with its extension.
fn values<'m>(of: &'m [(Path, Option<Path>)], element: &Node<'_>, used: &mut Vec<&'m Path>) -> Vec<String> {
    let mut items = Vec::new();
    for (path, extension) in of {
        let Some(value) = path.filled(element) else { continue };
        used.push(path);
        match extension.as_ref().and_then(|path| Some((path, path.filled(element)?))) {
            Some((path, extension)) => {
                items.push(format!("{} x{}", value.trim(), extension.trim()));
                used.push(path);
            }
            None => items.push(value.trim().to_owned()),
        }
    }
    items
}

/// The one value that a member has in all objects of an array.
fn sole<'n>(array: &'n Node<'_>, value: &Path) -> Option<Cow<'n, str>> {
    let mut values = array.items().iter().filter_map(|item| value.filled(item));
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// One side of a text at its first separator. Without one all of it is the first side.
fn side<'t>(text: &'t str, separator: &str, half: Half) -> &'t str {
    let (first, last) = text.split_once(separator).unwrap_or((text, ""));
    if half == Half::First { first.trim() } else { last.trim() }
}

/// The ids in the arrays, or of members that are one id themselves, each once.
fn ids<'n>(paths: &[Path], element: &'n Node<'_>) -> Vec<Cow<'n, str>> {
    let mut ids = Vec::new();
    let each = |node: &'n Node<'_>| match node {
        Node::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    for item in paths.iter().filter_map(|path| path.find(element)).flat_map(each) {
        let id = item.filled().or_else(|| item.get("id").and_then(Node::filled));
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    ids
}

/// The value of the first case that holds.
fn chosen<'s>(cases: &[(&'s str, Vec<(Path, &'s str)>)], element: &Node<'_>) -> Option<&'s str> {
    let is = |(path, expected): &(Path, &str)| {
        let has = |node: &Node<'_>| node.text().as_deref() == Some(*expected);
        path.find(element).is_some_and(|node| has(node) || node.items().iter().any(has))
    };
    cases.iter().find(|(_, when)| when.iter().all(is)).map(|(value, _)| *value)
}
