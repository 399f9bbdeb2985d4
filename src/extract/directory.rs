//! Exports of a directory, as CSV and as LDIF: objects of several kinds in one file, each a row of its own entity.
//!
//! Both formats become the same members, so what an object is and what it becomes is declared once, with the system.
//! Objects that are no records of ours, such as organizational units, are no rows; the report says how many there were.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use csv::ByteRecord;

use super::FileReport;
use super::attributes::{Attributes, MULTIVALUE_LOST, Object, Value};
use super::element::Mapping;
use super::encoding;
use super::error::Failure;
use super::file::{Content, Rows};
use super::files::{Input, squeeze};
use super::headings::Headings;
use super::joins::Joins;
use super::ldif::{Entry, Ldif};
use super::members::name_key;
use super::node::Node;
use super::rows::Refused;
use super::sink::Sink;
use crate::model::{Entity, Kind, SourceIx, column, fields};
use crate::pipeline::Source;
use crate::systems::{self, Directory};

/// The attribute with the object's classes.
const CLASS: &str = "objectClass";
/// The attribute with the name of the object's category.
const CATEGORY: &str = "objectCategory";
/// The attribute with the object's distinguished name.
const NAME: &str = "distinguishedName";

/// What a file is by its headings.
pub(super) struct Export {
    /// The entity of objects without a class, `None` where every object says its class.
    pub entity: Option<Entity>,
}

/// What a file of these headings is, `None` when it is no export of the directory.
pub(super) fn understood(
    source: &Source,
    directory: &Directory,
    input: &Input,
    raw: &[String],
) -> Option<Export> {
    let attributes = Attributes::new(directory);
    let known: Vec<&str> = raw.iter().filter_map(|heading| Some(attributes.find(heading)?.0)).collect();
    let tells =
        raw.iter().any(|heading| directory.tells.iter().any(|tell| squeeze(tell) == squeeze(heading)));
    let is_told = input.entity.is_some() || (input.is_named && known.len() > 1);
    if !tells && (!is_told || known.is_empty()) {
        return None;
    }
    let entity =
        default_kind(directory, source, input, &known).and_then(|at| directory.objects[at].record.entity);
    let has_classes = known.contains(&CLASS) || known.contains(&CATEGORY);
    (entity.is_some() || has_classes).then_some(Export { entity })
}

/// How many of these headings are attributes of the directory.
pub(super) fn own(directory: &Directory, raw: &[String]) -> usize {
    let attributes = Attributes::new(directory);
    raw.iter().filter(|heading| attributes.find(heading).is_some()).count()
}

/// The kind of objects without a class: what the pipeline says, else the file's name, else its attributes.
fn default_kind(directory: &Directory, source: &Source, input: &Input, known: &[&str]) -> Option<usize> {
    let objects = &directory.objects;
    if let Some(entity) = input.entity {
        // The last kind of an entity is the general one.
        return objects.iter().rposition(|object| object.record.entity == Some(entity));
    }
    let stem = input.stem();
    let is_named = |words: &[String]| words.iter().any(|word| stem.contains(&squeeze(word)));
    let by_name = objects.iter().position(|object| is_named(&object.files));
    let telling =
        |at: &usize| objects[*at].tells.iter().filter(|tell| known.contains(&tell.as_str())).count();
    by_name
        .or_else(|| {
            let best = (0..objects.len()).rev().max_by_key(telling)?;
            (telling(&best) > 0).then_some(best)
        })
        .filter(|at| {
            objects[*at].record.entity.is_some_and(|entity| source.system.entities.contains(&entity))
        })
}

/// Reads a CSV file whose heading row was read.
pub(super) fn read_csv(
    ix: SourceIx,
    source: &Source,
    directory: &Directory,
    input: &Input,
    rows: super::csv::CsvRows<'_>,
    report: &mut FileReport,
) -> Result<Content, Refused> {
    report.not_understood.clear();
    let headings = Headings::names(&rows.headings);
    let mut reader = Reader::new(ix, source, directory, input);
    let columns: Vec<Column<'_>> = headings
        .iter()
        .zip(&rows.headings)
        .map(|(heading, raw)| Column {
            known: reader.attributes.find(heading),
            is_secret: source.system.secrets.holds(raw),
            heading,
        })
        .collect();
    let known: Vec<&str> = columns.iter().filter_map(|column| Some(column.known?.0)).collect();
    reader.default = default_kind(directory, source, input, &known);
    for column in &columns {
        if column.known.is_none() {
            report.not_understood.push(column.heading.clone());
        }
    }
    reader.columns =
        columns.iter().filter_map(|column| Some((column.heading.as_str(), column.known?.0))).collect();
    rows.each(source.reading.max_cell, &mut |row| match row {
        Ok((line, cells)) => {
            let mut object = Object::default();
            for (column, cell) in columns.iter().zip(cells).filter(|(column, _)| !column.is_secret) {
                object.add_cell(column.heading, column.known, cell);
            }
            reader.take(object, line);
        }
        Err(bad) => reader.reject(bad.line, &bad.reason, &raw(bad.record, &columns)),
    })?;
    Ok(reader.finish(report))
}

struct Column<'h> {
    heading: &'h String,
    known: Option<(&'h str, &'h systems::Attribute)>,
    is_secret: bool,
}

/// The row for the quarantine, without secrets. Of a row that is too long it is not known which cell is one.
fn raw(record: &ByteRecord, columns: &[Column<'_>]) -> String {
    let has_secrets = columns.iter().any(|column| column.is_secret);
    if has_secrets && record.len() > columns.len() {
        return String::new();
    }
    let is_secret = |at: usize| columns.get(at).is_some_and(|column| column.is_secret);
    let cells = (0..)
        .zip(record)
        .map(|(at, cell)| if is_secret(at) { Cow::Borrowed("") } else { String::from_utf8_lossy(cell) });
    cells.collect::<Vec<_>>().join(",").trim_end_matches('\r').to_owned()
}

/// Opens an LDIF file. One in UTF-16 is decoded; else every value says for itself whether it is UTF-8.
fn open_ldif<T>(
    input: &Input,
    source: &Source,
    read: impl FnOnce(Ldif<'_>, &'static str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    input.read(|inner| {
        let mut start = Vec::with_capacity(encoding::START);
        (&mut *inner).take(encoding::START as u64).read_to_end(&mut start)?;
        let guess = encoding::guess(&start, &source.reading);
        start.drain(..guess.mark);
        let mut text = encoding::decoded(Box::new(Cursor::new(start).chain(inner)), guess.decoding);
        read(Ldif::open(&mut text)?, guess.decoding.name())
    })
}

/// Reads an LDIF file.
pub(super) fn read_ldif(
    ix: SourceIx,
    source: &Source,
    directory: &Directory,
    input: &Input,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let mut reader = Reader::new(ix, source, directory, input);
    reader.default = default_kind(directory, source, input, &[]);
    // An entry has the attributes that are set, so one that it lacks is blank.
    let mut names: Vec<&str> = reader.attributes.names().collect();
    names.sort_unstable();
    names.dedup();
    open_ldif(input, source, |mut ldif, encoding| {
        report.encoding = encoding;
        let mut entry = Entry::default();
        while ldif.next(&mut entry)? {
            if let Some(fault) = entry.fault {
                let name = entry
                    .values
                    .first()
                    .map_or(Cow::Borrowed(""), |value| String::from_utf8_lossy(&value.bytes));
                reader.reject(entry.line, fault, &name);
                continue;
            }
            let mut object = Object::default();
            for attribute in &entry.garbled {
                object.garbled(attribute);
            }
            for value in entry.values.drain(..) {
                // An option such as `;binary` is no part of the name.
                let name = value.attribute.split(';').next().unwrap_or_default();
                if source.system.secrets.holds(name) {
                    continue;
                }
                let known = reader.attributes.find(name);
                // What is written as text may still be in the encoding of the machine.
                let content = match String::from_utf8(value.bytes) {
                    Ok(text) if !value.is_binary => Value::Text(Cow::Owned(text)),
                    Ok(text) => Value::Bytes(text.into_bytes()),
                    Err(error) => Value::Bytes(error.into_bytes()),
                };
                object.add(name, known, content);
            }
            for name in &names {
                object.is_there(name);
            }
            reader.take(object, entry.line);
        }
        Ok(())
    })?;
    Ok(reader.finish(report))
}

/// The number of entries in an LDIF file.
pub(super) fn count(input: &Input, source: &Source) -> Result<u64, Failure> {
    open_ldif(input, source, |mut ldif, _| {
        let mut entry = Entry::default();
        let mut count = 0;
        while ldif.next(&mut entry)? {
            count += 1;
        }
        Ok(count)
    })
}

/// Takes the objects of one file.
struct Reader<'s, 'h> {
    ix: SourceIx,
    source: &'s Source,
    directory: &'s Directory,
    attributes: Attributes<'s>,
    file: &'s str,
    mappings: Vec<Option<Mapping<'s>>>,
    /// One for every entity of which there was an object.
    sinks: BTreeMap<Entity, Sink<'s>>,
    /// What an object without a class is.
    default: Option<usize>,
    /// The headings of a table that are attributes, with their names in the directory.
    columns: Vec<(&'h str, &'h str)>,
    /// Attributes of which it was said that their values were lost, where no column is made of them.
    lost: BTreeSet<String>,
    /// Objects that are no records, by class.
    others: BTreeMap<String, u64>,
    /// What accounts are called, by distinguished name.
    people: Vec<(String, String)>,
}

impl<'s> Reader<'s, '_> {
    fn new(ix: SourceIx, source: &'s Source, directory: &'s Directory, input: &'s Input) -> Self {
        let mapping = |object: &'s systems::Object| {
            let entity =
                object.record.entity.filter(|entity| input.entity.is_none_or(|only| only == *entity))?;
            Some(Mapping::new(&object.record, entity, source, Joins::none()))
        };
        Self {
            ix,
            source,
            directory,
            attributes: Attributes::new(directory),
            file: &input.shown,
            mappings: directory.objects.iter().map(mapping).collect(),
            sinks: BTreeMap::new(),
            default: None,
            columns: Vec::new(),
            lost: BTreeSet::new(),
            others: BTreeMap::new(),
            people: Vec::new(),
        }
    }

    /// Where objects of the kind at `at` go.
    fn sink(&mut self, at: usize, entity: Entity) -> &mut Sink<'s> {
        let (ix, source, file) = (self.ix, self.source, self.file);
        let (columns, record) = (&self.columns, &self.directory.objects[at].record);
        self.sinks.entry(entity).or_insert_with(|| {
            let mut sink = Sink::new(ix, source, entity, file);
            // Whether the day or the month comes first is seen from a whole column.
            for (position, field) in fields(entity).iter().enumerate() {
                let is_made =
                    |name: &str| record.columns.get(field.name).is_some_and(|origin| origin.starts_at(name));
                let made = columns.iter().find(|(_, name)| is_made(name));
                if let Some((heading, _)) = made.filter(|_| matches!(field.kind, Kind::Date | Kind::Time)) {
                    sink.read_dates_together(position, heading);
                }
            }
            sink
        })
    }

    fn take(&mut self, object: Object<'_>, line: u64) {
        let mut node = Node::Object(object.members);
        let (at, class) = match self.kind(&node) {
            Ok(found) => found,
            Err(class) => {
                *self.others.entry(class).or_default() += 1;
                return;
            }
        };
        let kind = &self.directory.objects[at];
        let Some(entity) = kind.record.entity.filter(|_| self.mappings[at].is_some()) else {
            *self.others.entry(class).or_default() += 1;
            return;
        };
        // Of all classes the one that counted stays, as a text.
        if let Some(value) = node.members_mut().and_then(|all| all.get_mut(CLASS)) {
            *value = Node::Text(Cow::Owned(class));
        }
        let first = |names: &[String]| {
            let found = names.iter().find_map(|name| node.get(name).and_then(Node::filled));
            found.map(|text| text.trim().to_owned())
        };
        if let (Some(name), Some(called)) = (node.get(NAME).and_then(Node::filled), first(&kind.called)) {
            self.people.push((name_key(&name), called));
        }
        let identity = first(&kind.identity);
        self.sink(at, entity);
        let (Some(mapping), Some(sink)) = (&self.mappings[at], self.sinks.get_mut(&entity)) else { return };
        for flaw in &object.flaws {
            let field = field(&kind.record, &self.attributes, entity, &flaw.attribute);
            // Where no column is lost, it is enough to say it once.
            if field.is_empty() && flaw.code == MULTIVALUE_LOST && !self.lost.insert(flaw.attribute.clone()) {
                continue;
            }
            sink.remark(field, flaw.code, &flaw.raw, flaw.message);
        }
        if !mapping.has_id(&node)
            && let Some(identity) = &identity
        {
            sink.identify(column::NAME, identity);
        }
        let shown = node
            .get(NAME)
            .and_then(Node::filled)
            .or(identity.map(Cow::Owned))
            .unwrap_or_default()
            .into_owned();
        mapping.take(node, sink);
        sink.finish(line, || shown);
    }

    fn reject(&mut self, line: u64, reason: &str, raw: &str) {
        let objects = &self.directory.objects;
        // A row that cannot be read has no class; it counts among the accounts.
        let Some(at) = self.default.or(objects.len().checked_sub(1)) else { return };
        if let Some(entity) = objects[at].record.entity {
            self.sink(at, entity).reject(line, reason, raw);
        }
    }

    /// The kind of an object and its class: by its classes, else by its category, else as the file says. The class of
    /// an object that is none of these.
    fn kind(&self, node: &Node<'_>) -> Result<(usize, String), String> {
        let objects = &self.directory.objects;
        let classes: Vec<Cow<'_, str>> = match node.get(CLASS) {
            Some(Node::Array(items)) => items.iter().filter_map(Node::filled).collect(),
            other => other.and_then(Node::filled).into_iter().collect(),
        };
        let is_of = |object: &systems::Object| {
            classes.iter().any(|class| class.trim().eq_ignore_ascii_case(&object.class))
        };
        if let Some(at) = objects.iter().position(is_of) {
            return Ok((at, objects[at].class.clone()));
        }
        if let Some(last) = classes.last() {
            return Err(last.clone().into_owned());
        }
        if let Some(category) = node.get(CATEGORY).and_then(Node::filled) {
            let first =
                category.split(',').next().and_then(|part| part.split_once('=')).map_or("", |(_, name)| name);
            let fits = |object: &systems::Object| {
                object.category.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(first.trim()))
            };
            return match objects.iter().rposition(fits) {
                Some(at) => Ok((at, objects[at].class.clone())),
                None => Err(first.to_owned()),
            };
        }
        self.default.map(|at| (at, objects[at].class.clone())).ok_or_else(|| "no class".to_owned())
    }

    fn finish(self, report: &mut FileReport) -> Content {
        for object in self.directory.objects.iter().rev() {
            let Some((entity, sink)) =
                object.record.entity.and_then(|entity| self.sinks.get_key_value(&entity))
            else {
                continue;
            };
            for (at, field) in fields(*entity).iter().enumerate() {
                if sink.carries(at)
                    && let Some(origin) = object.record.columns.get(field.name)
                    && !report.understood.iter().any(|(_, column)| *column == field.name)
                {
                    report.understood.push((super::document::shown(origin), field.name));
                }
            }
        }
        if !self.others.is_empty() {
            let counts: Vec<String> =
                self.others.iter().map(|(class, count)| format!("{count} {class}")).collect();
            report.note = format!("no records: {}", counts.join(", "));
        }
        let rows: Vec<_> = self.sinks.into_iter().map(|(entity, sink)| (entity, sink.build())).collect();
        Content { rows: Rows::Several(rows), people: self.people, ..Content::default() }
    }
}

/// The column that an attribute goes to, for findings.
fn field(
    record: &systems::JsonShape,
    attributes: &Attributes<'_>,
    entity: Entity,
    attribute: &str,
) -> &'static str {
    let own = attributes.find(attribute).map_or(attribute, |(name, _)| name);
    let is_made = |column: &str| record.columns.get(column).is_some_and(|origin| origin.starts_at(own));
    fields(entity).iter().find(|field| is_made(field.name)).map_or("", |field| field.name)
}
