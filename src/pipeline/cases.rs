//! The `[[test]]` cases of a pipeline: records and expectations as the user wrote them, turned into the text
//! that canonical columns hold.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::model::{Field, Kind, LIST_SEPARATOR, PART_SEPARATOR, Reason, State, column};

use super::errors::{Faults, shown};
use super::ownership::field;
use super::resolve::{choice, entity};
use super::roster::Roster;
use super::written::{Section, section, text};
use super::{Code, Expectation, TestCase, TestRecord};

/// The parts of a network interface, in the order in which a cell holds them.
const INTERFACE: [&str; 3] = ["name", "mac_address", "ip_address"];

/// All test cases. `text` is the file, to say on which lines they are.
pub(super) fn cases(
    root: &Section<'_>,
    text: &str,
    roster: &Roster<'_>,
    faults: &mut Faults,
) -> Vec<TestCase> {
    root.sections("test").iter().map(|section| case(section, text, roster, faults)).collect()
}

fn case(test: &Section<'_>, file: &str, roster: &Roster<'_>, faults: &mut Faults) -> TestCase {
    let mut records: Vec<TestRecord> = Vec::new();
    for section in test.sections("records") {
        let Some(new) = record(&section, roster, faults) else { continue };
        let id = new.values.get(column::RECORD_ID);
        let is_same = |other: &TestRecord| {
            other.source == new.source
                && other.entity == new.entity
                && other.values.get(column::RECORD_ID) == id
        };
        if records.iter().any(is_same) {
            let id = id.map_or("", String::as_str);
            faults.add(
                Code::DuplicateTestRecord,
                section.span.clone(),
                format!("two {} records `{}/{}`", new.entity, new.source, shown(id)),
            );
        }
        records.push(new);
    }
    let expect =
        test.sections("expect").iter().filter_map(|section| expectation(section, &records, faults)).collect();
    TestCase {
        name: test.text("name").map_or_else(String::new, |name| (*name.get_ref()).to_owned()),
        line: file.get(..test.span.start).map_or(0, |before| before.matches('\n').count()) + 1,
        records,
        expect,
    }
}

fn record(section: &Section<'_>, roster: &Roster<'_>, faults: &mut Faults) -> Option<TestRecord> {
    for key in ["source", "entity", column::RECORD_ID] {
        match section.value(key).map(|value| (value, value.get_ref().as_str())) {
            Some((value, None)) if key != column::RECORD_ID => {
                faults.add(Code::WrongType, value.span(), format!("`{key}` takes a text"));
            }
            Some((_, None)) => {}
            Some((_, Some(text))) if !text.trim().is_empty() => {}
            None | Some(_) => {
                faults.add(
                    Code::MissingKey,
                    section.span.clone(),
                    format!("`{key}` is missing in the record"),
                );
            }
        }
    }
    let (source, entity_spot) = (section.text("source"), section.text("entity"));
    let source = source.and_then(|spot| roster.source(&spot, faults))?;
    let entity = entity_spot.and_then(|spot| entity(&spot, faults))?;
    let mut values = BTreeMap::new();
    for (key, value) in
        section.entries().into_iter().filter(|(key, _)| !matches!(*key.get_ref(), "source" | "entity"))
    {
        let Some(field) = field(entity, &key, faults) else { continue };
        if let Some(cell) = cell(field, value, faults) {
            values.insert(field.name.to_owned(), cell);
        }
    }
    Some(TestRecord { source: (*source.name.get_ref()).to_owned(), entity, values })
}

fn expectation(section: &Section<'_>, records: &[TestRecord], faults: &mut Faults) -> Option<Expectation> {
    let states = State::ALL.map(|state| (state.name(), state));
    let reasons = Reason::ALL.map(|reason| (reason.code(), reason.code()));
    let state = section.text("state").and_then(|spot| choice(&spot, "state", &states, faults));
    let reason = section.text("reason").and_then(|spot| choice(&spot, "reason", &reasons, faults));
    let entity = section.text("entity").and_then(|spot| entity(&spot, faults))?;
    let spot = section.text("record")?;
    let name = |record: &TestRecord| {
        format!("{}/{}", record.source, record.values.get(column::RECORD_ID).map_or("", String::as_str))
    };
    let known: Vec<String> = records.iter().filter(|record| record.entity == entity).map(name).collect();
    if !known.iter().any(|record| record == spot.get_ref()) {
        faults
            .add(
                Code::UnknownTestRecord,
                spot.span(),
                format!("the test has no {entity} record `{}`", shown(spot.get_ref())),
            )
            .nearest(spot.get_ref(), known.iter().map(String::as_str));
    }
    let mut desired = BTreeMap::new();
    for (key, value) in section.section("desired").iter().flat_map(Section::entries) {
        let Some(field) = field(entity, &key, faults) else { continue };
        if let Some(cell) = cell(field, value, faults) {
            desired.insert(field.name.to_owned(), cell);
        }
    }
    Some(Expectation {
        entity,
        record: (*spot.get_ref()).to_owned(),
        state,
        reason: reason.map(ToOwned::to_owned),
        hub_id: section.value("hub_id").and_then(|value| value.get_ref().as_str()).map(ToOwned::to_owned),
        rule: section.text("rule").map(|rule| (*rule.get_ref()).to_owned()),
        desired,
    })
}

/// The text that the column holds for a value; reports a value that the column cannot hold.
fn cell(field: &Field, value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<String> {
    let is_list = matches!(field.kind, Kind::List | Kind::Emails | Kind::Phones);
    match value.get_ref() {
        DeValue::Array(items) if field.kind == Kind::Interfaces => {
            let cells: Option<Vec<String>> = items.iter().map(|item| interface(item, faults)).collect();
            Some(cells?.join(&LIST_SEPARATOR.to_string()))
        }
        DeValue::Array(items) if is_list => {
            let cells: Option<Vec<String>> = items.iter().map(|item| scalar(field, item, faults)).collect();
            Some(cells?.join(&LIST_SEPARATOR.to_string()))
        }
        _ => scalar(field, value, faults),
    }
}

fn interface(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<String> {
    let Some(section) = section(value) else {
        faults
            .add(Code::WrongType, value.span(), "an interface is a table")
            .hint("write `{ name = \"LAN\", mac_address = \"...\", ip_address = \"...\" }`");
        return None;
    };
    for (key, value) in section.entries() {
        let word = *key.get_ref();
        if !value.get_ref().is_str() {
            faults.add(Code::WrongType, value.span(), format!("`{}` takes a text", shown(word)));
        }
        if !INTERFACE.contains(&word) {
            faults
                .add(Code::UnknownKey, key.span(), format!("unknown key `{}`", shown(word)))
                .label("not a part of an interface")
                .nearest(word, INTERFACE);
        }
    }
    let part = |key: &str| section.value(key).and_then(text).map_or("", |spot| *spot.get_ref());
    Some(INTERFACE.map(part).join(&PART_SEPARATOR.to_string()))
}

fn scalar(field: &Field, value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => {
            faults
                .add(Code::WrongType, value.span(), format!("`{}` takes a single value", field.name))
                .label(format!("this is a {}", value.get_ref().type_str()));
            None
        }
    }
}
