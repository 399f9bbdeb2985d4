//! One file: what it is, and its rows.

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::csv::CsvRows;
use super::element::{Mapping, at, text};
use super::error::Failure;
use super::files::{Format, Input, squeeze};
use super::headings::{Headings, Meaning, entity_of};
use super::json::{self, Included};
use super::sink::{FileRows, Sink};
use super::values::is_guid;
use super::{FileReport, LookupItem};
use crate::model::{Entity, SourceIx, fields};
use crate::pipeline::Source;
use crate::systems::{self, JsonShape, System};

/// What a file holds.
pub(super) enum Content {
    Records(Entity, FileRows),
    /// Values that add to the records of an entity.
    Supplement(Entity, FileRows),
    /// Items of a reference list.
    List(&'static str, Vec<LookupItem>),
    /// Nothing that is read.
    Nothing,
}

/// Names of the lists in [`super::Lookups`].
const LISTS: [&str; 11] = [
    "organization_types",
    "organization_statuses",
    "contact_types",
    "configuration_types",
    "configuration_statuses",
    "manufacturers",
    "models",
    "operating_systems",
    "regions",
    "countries",
    "communication_types",
];

/// Reads a file of a source.
pub(super) fn read(ix: SourceIx, source: &Source, input: &Input) -> Result<(Content, FileReport), Failure> {
    let mut report = FileReport {
        source: ix,
        file: input.shown.clone(),
        format: input.format.name(),
        encoding: if matches!(input.format, Format::Csv | Format::Json) { "UTF-8" } else { "" },
        entity: None,
        rows: 0,
        quarantined: 0,
        understood: Vec::new(),
        not_understood: Vec::new(),
        note: String::new(),
    };
    let content = match input.format {
        Format::Secret => {
            "not opened: it holds passwords in clear text".clone_into(&mut report.note);
            Content::Nothing
        }
        Format::Other => {
            "passed over: not a CSV, JSON, Parquet or zip file".clone_into(&mut report.note);
            Content::Nothing
        }
        Format::Csv => read_csv(ix, source, input, &mut report)?,
        Format::Json => read_json(ix, source, input, &mut report)?,
        Format::Parquet => super::parquet::read(ix, source, input, &mut report)?,
    };
    if let Content::Records(entity, rows) | Content::Supplement(entity, rows) = &content {
        report.entity = Some(*entity);
        report.rows = rows.records.rows_read;
        report.quarantined = rows.records.quarantined;
        if report.rows == 0 {
            "it has no rows".clone_into(&mut report.note);
        }
    }
    Ok((content, report))
}

fn read_csv(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    input.read(|reader| {
        let rows = CsvRows::open(reader)?;
        let found = input.entity.or_else(|| entity_of(&input.stem(), &rows.headings, source));
        let Some(entity) = found else {
            return Err(not_recognised(source, &rows.headings));
        };
        let headings = Headings::new(&rows.headings, entity, source);
        if headings.understood() == 0 {
            return Err(not_recognised(source, &rows.headings));
        }
        for (name, meaning) in headings.names.iter().zip(&headings.meanings) {
            match meaning {
                Meaning::Column(at) => report.understood.push((name.clone(), fields(entity)[*at].name)),
                Meaning::FullName => report.understood.push((name.clone(), "first_name and last_name")),
                Meaning::Unknown => report.not_understood.push(name.clone()),
            }
        }
        let mut sink = Sink::new(ix, source, entity, &input.shown, vec![false; fields(entity).len()]);
        rows.read_into(&headings, &mut sink)?;
        Ok(Content::Records(entity, sink.build()))
    })
}

fn not_recognised(source: &Source, headings: &[String]) -> Failure {
    let shown: Vec<&str> = headings.iter().map(|heading| heading.trim()).take(8).collect();
    let known: Vec<&str> = source.system.entities.iter().map(|entity| entity.table()).collect();
    let what = format!(
        "its headings ({}) are none of {} that {} delivers",
        shown.join(", "),
        known.join(", "),
        source.system.title
    );
    let hint = match looks_like(headings, source.system) {
        Some(other) => format!("it looks like a file of `{}`: give it a source of that system", other.name),
        None => "name the entity with `files = [{ path = \"...\", entity = \"...\" }]` and the headings with `headings`".into(),
    };
    Failure::new(what, hint)
}

/// The system of which most headings are.
fn looks_like(headings: &[String], not: &System) -> Option<&'static System> {
    let known = |system: &System| {
        let aliases: Vec<String> = system
            .csv
            .values()
            .flat_map(|shape| shape.aliases.values().flatten())
            .map(|alias| squeeze(alias))
            .collect();
        headings.iter().filter(|heading| aliases.contains(&squeeze(heading))).count()
    };
    systems::all()
        .iter()
        .filter(|system| system.name != not.name)
        .map(|system| (known(system), system))
        .filter(|(count, _)| *count > 1)
        .max_by_key(|(count, system)| (*count, std::cmp::Reverse(&system.name)))
        .map(|(_, system)| system)
}

fn read_json(
    ix: SourceIx,
    source: &Source,
    input: &Input,
    report: &mut FileReport,
) -> Result<Content, Failure> {
    let lists: Vec<String> = source.system.json.iter().flat_map(|shape| shape.list.clone()).collect();
    let mut first = None;
    input.read(|reader| {
        json::each_element(reader, &lists, |element| {
            first = Some(element);
            false
        })
    })?;
    if let Some(element) = first.take() {
        first = spread(element, input).into_iter().next();
    }
    let Some(shape) = shape_of(source.system, input, first.as_ref()) else {
        return Err(unknown_document(source, first.as_ref()));
    };
    if let (Some(list), Some(item)) = (&shape.lookup, &shape.item) {
        let Some(list) = LISTS.into_iter().find(|known| known == list) else { return Ok(Content::Nothing) };
        let mut items = Vec::new();
        input.read(|reader| {
            json::each_element(reader, &lists, |element| {
                let part =
                    |path: &str| at(&element, path).and_then(text).filter(|text| !text.trim().is_empty());
                if let (Some(id), Some(name)) = (part("id"), part(&item.name)) {
                    let parent_id = item.parent.as_deref().and_then(part);
                    let is_inactive = item.inactive.as_deref().and_then(part).as_deref() == Some("true");
                    items.push(LookupItem { id, name, parent_id, is_inactive });
                }
                true
            })
        })?;
        report.rows = items.len() as u64;
        report.note = format!("the list {list}");
        return Ok(Content::List(list, items));
    }
    let Some(entity) = shape.subject() else { return Ok(Content::Nothing) };
    let included = if shape.resource.is_some() {
        input.read(|reader| json::included(reader, &lists))?
    } else {
        Included::default()
    };
    let mapping = Mapping::new(shape, entity, source);
    let mut sink = Sink::new(ix, source, entity, &input.shown, vec![false; fields(entity).len()]);
    let id_paths: Vec<&str> = match &shape.columns["record_id"] {
        systems::Origin::Path(path) => vec![path],
        systems::Origin::First(all) => all.iter().map(String::as_str).collect(),
        systems::Origin::Rule(_) => Vec::new(),
    };
    let take = |mut element: Value, number: u64, sink: &mut Sink<'_>| {
        let names = |path: &&str| at(&element, path).and_then(text).is_some_and(|id| !id.trim().is_empty());
        if !id_paths.iter().any(names) {
            let members = id_paths.join("` or `");
            sink.reject(
                number,
                &format!("no_id: the element has no member `{members}`"),
                &element.to_string(),
            );
            return;
        }
        link(&mut element, &included);
        mapping.take(element, sink);
        sink.finish(number, String::new);
    };
    let mut number = 0;
    input.read(|reader| {
        json::each_element(reader, &lists, |element| {
            if shape.supplement.is_some() {
                for element in spread(element, input) {
                    number += 1;
                    take(element, number, &mut sink);
                }
            } else {
                number += 1;
                take(element, number, &mut sink);
            }
            true
        })
    })?;
    let rows = sink.build();
    for (position, field) in fields(entity).iter().enumerate() {
        if rows.records.files[0].carried[position] {
            report.understood.push((field.name.to_owned(), field.name));
        }
    }
    Ok(if shape.supplement.is_some() {
        Content::Supplement(entity, rows)
    } else {
        Content::Records(entity, rows)
    })
}

/// The elements that an element stands for: an object whose members are GUIDs holds one per member, and an element of a
/// file that is called by a GUID is about that device. Each is given the member `deviceUid`.
fn spread(element: Value, input: &Input) -> Vec<Value> {
    let named = |mut element: Value, id: &str| {
        if let Value::Object(members) = &mut element {
            members.entry("deviceUid").or_insert_with(|| Value::from(id));
        }
        element
    };
    match element {
        Value::Object(members) if !members.is_empty() && members.keys().all(|name| is_guid(name)) => {
            members.into_iter().map(|(id, element)| named(element, &id)).collect()
        }
        element => match input.guid() {
            Some(id) => vec![named(element, id)],
            None => vec![element],
        },
    }
}

/// Puts the attributes of included resources into the element, under `linked`, by their type.
fn link(element: &mut Value, included: &Included) {
    let Some(Value::Object(relationships)) = element.get("relationships") else { return };
    let mut linked: Map<String, Value> = Map::new();
    for (name, relationship) in relationships {
        let named = match relationship.get("data") {
            Some(Value::Array(all)) => all.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => continue,
        };
        let mut found = Vec::new();
        for reference in named {
            let kind = reference.get("type").and_then(Value::as_str).unwrap_or(name).replace('_', "-");
            let Some(id) = reference.get("id").and_then(text) else { continue };
            // On creates and in some answers the attributes ride in the relationship itself.
            let attributes = included.get(&(kind, id)).unwrap_or(reference).get("attributes");
            found.extend(attributes.cloned());
        }
        linked.insert(name.replace('_', "-"), Value::Array(found));
    }
    if let Value::Object(members) = element {
        members.insert("linked".to_owned(), Value::Object(linked));
    }
}

/// The shape of a document: by the entity that the pipeline gives, by the type of its elements, by the file's name,
/// by the members of its first element.
fn shape_of<'s>(system: &'s System, input: &Input, first: Option<&Value>) -> Option<&'s JsonShape> {
    let stem = input.stem();
    let by_name = |shape: &&JsonShape| {
        let resource = shape.resource.iter();
        shape.files.iter().chain(resource).any(|file| squeeze(file) == stem)
    };
    if let Some(entity) = input.entity {
        return system.json.iter().find(|shape| shape.entity == Some(entity));
    }
    let kind = first
        .and_then(|element| element.get("type"))
        .and_then(Value::as_str)
        .map(|kind| kind.replace('_', "-"));
    if let Some(shape) = system.json.iter().find(|shape| shape.resource.is_some() && shape.resource == kind) {
        return Some(shape);
    }
    let fits = |shape: &&JsonShape| {
        first.is_none_or(|element| shape.needs.iter().all(|path| at(element, path).is_some()))
    };
    let by_members =
        || system.json.iter().find(|shape| !shape.needs.is_empty() && first.is_some() && fits(shape));
    let named = system.json.iter().find(by_name).filter(|shape| {
        // JSON:API says what its elements are; only an empty list of it does not.
        let is_api = shape.resource.is_some();
        // Vendors leave blank members out, so a name counts where nothing says that the element is something else.
        let is_free = first.is_none_or(|element| like(element, system).is_none()) && by_members().is_none();
        if is_api { first.is_none() } else { shape.lookup.is_some() || fits(shape) || is_free }
    });
    named.or_else(by_members)
}

/// Another system whose documents have elements like this one.
fn like(element: &Value, not: &System) -> Option<&'static System> {
    let kind = element.get("type").and_then(Value::as_str);
    systems::all().iter().filter(|system| system.name != not.name).find(|system| {
        system.json.iter().any(|shape| {
            let is_resource = shape.resource.is_some() && shape.resource.as_deref() == kind;
            is_resource
                || (!shape.needs.is_empty() && shape.needs.iter().all(|path| at(element, path).is_some()))
        })
    })
}

fn unknown_document(source: &Source, first: Option<&Value>) -> Failure {
    let members = match first {
        Some(Value::Object(members)) => members.keys().take(8).cloned().collect::<Vec<_>>().join(", "),
        Some(_) => "no members".to_owned(),
        None => "no elements".to_owned(),
    };
    let like = first.and_then(|element| like(element, source.system));
    let hint = match like {
        Some(system) => {
            format!("it looks like a document of `{}`: give it a source of that system", system.name)
        }
        None => "name the entity with `files = [{ path = \"...\", entity = \"...\" }]`, or take the file out"
            .to_owned(),
    };
    Failure::new(format!("its elements ({members}) are none that {} delivers", source.system.title), hint)
}

/// Supplements by record id: position and text of the columns that they add.
pub(super) type Supplements = FxHashMap<String, Vec<(usize, String)>>;

/// The values of supplement rows, by record id. The first file that has a column wins.
pub(super) fn supplements(all: &[FileRows]) -> Supplements {
    let mut found = Supplements::default();
    for rows in all {
        let records = &rows.records;
        let columns = fields(records.entity);
        for row in 0..u32::try_from(records.len()).unwrap_or(u32::MAX) {
            let values = found.entry(records.id(row).to_owned()).or_default();
            for (position, field) in columns.iter().enumerate().skip(1) {
                if let Some(text) = records.get(row, field.name)
                    && !values.iter().any(|(known, _)| *known == position)
                {
                    values.push((position, text.to_owned()));
                }
            }
        }
    }
    found
}
