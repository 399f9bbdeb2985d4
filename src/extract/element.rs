//! From one element of a vendor's JSON to the columns of a record.
//!
//! Works on a parsed element and the system's declared columns, so that an answer of an API can go the same way as a
//! saved file.

use serde_json::{Map, Value};

use super::lists;
use super::sink::Sink;
use super::values::{is_guid, truth};
use crate::model::{Entity, column, fields};
use crate::pipeline::{OrganizationBy, Source, UNTYPED_PSA_LINK};
use crate::systems::{JsonShape, Origin, Rule, Skip};

/// The columns of a shape in table order, with where each comes from.
pub(super) struct Mapping<'s> {
    columns: Vec<(usize, &'s Origin)>,
    skips: &'s [Skip],
    source: &'s Source,
    skip_position: Option<usize>,
}

impl<'s> Mapping<'s> {
    pub fn new(shape: &'s JsonShape, entity: Entity, source: &'s Source) -> Self {
        let all = fields(entity);
        let columns = (0..all.len())
            .filter_map(|at| shape.columns.get(all[at].name).map(|origin| (at, origin)))
            .collect();
        let skip_position = all.iter().position(|field| field.name == column::SKIP_REASON);
        Self { columns, skips: &shape.skip, source, skip_position }
    }

    /// Puts the columns of `element` into the row being built; what is left of it goes to `raw`.
    pub fn take(&self, mut element: Value, sink: &mut Sink<'_>) {
        strip(&mut element, &self.source.system.secrets);
        for skip in self.skips {
            let value = at(&element, &skip.path).and_then(text);
            let is_met = match &skip.equals {
                Some(expected) => value.as_deref() == Some(expected),
                None => skip.unless_guid && !value.as_deref().is_some_and(is_guid),
            };
            if let (true, Some(position)) = (is_met, self.skip_position) {
                sink.put_made(position, skip.reason.code());
            }
        }
        for (position, origin) in &self.columns {
            if let Some(is_there) = self.column(*position, origin, &element, sink)
                && is_there
            {
                sink.carry(*position);
            }
        }
        let used: Vec<&str> = self.columns.iter().flat_map(|(_, origin)| paths(origin)).collect();
        if let Value::Object(members) = &mut element {
            for path in used {
                remove(members, path);
            }
            members.remove("relationships");
            if let Some(Value::Object(mut linked)) = members.remove("linked")
                && let Some(records) = linked.remove("rmm-records")
            {
                members.insert("rmm-records".to_owned(), records);
            }
            prune(members);
            for (name, value) in std::mem::take(members) {
                sink.rest.entry(name).or_insert(value);
            }
        }
    }

    /// Sets one column. Returns whether the element carries it at all, `None` for made columns that always are.
    fn column(&self, position: usize, origin: &Origin, element: &Value, sink: &mut Sink<'_>) -> Option<bool> {
        match origin {
            Origin::Path(path) => {
                let value = at(element, path);
                if let Some(text) = value.and_then(text) {
                    sink.put(position, &text);
                }
                Some(value.is_some() || parent_is_there(element, path))
            }
            Origin::First(all) => {
                let found = all
                    .iter()
                    .find_map(|path| at(element, path).and_then(text).filter(|text| !text.trim().is_empty()));
                if let Some(text) = found {
                    sink.put(position, &text);
                }
                Some(all.iter().any(|path| at(element, path).is_some() || parent_is_there(element, path)))
            }
            Origin::Rule(rule) => self.rule(position, rule, element, sink),
        }
    }

    fn rule(&self, position: usize, rule: &Rule, element: &Value, sink: &mut Sink<'_>) -> Option<bool> {
        match rule {
            Rule::Items { path, value, extension, first, only } => {
                let array = at(element, path);
                let items = items(array, value, extension.as_deref(), first.as_deref(), only.as_ref());
                // Labels stand beside their items, so blank ones keep their place.
                sink.put_made(position, &items.join(&crate::model::LIST_SEPARATOR.to_string()));
                Some(array.is_some())
            }
            Rule::Names { path } => {
                let names: Vec<String> =
                    array(at(element, path)).filter_map(|it| it.get("name").and_then(text)).collect();
                sink.put_made(position, &names.join(", "));
                Some(at(element, path).is_some())
            }
            Rule::Interfaces { path, name, mac, ip } => {
                let found = interfaces(at(element, path), name, mac, ip);
                sink.put_made(position, &found);
                Some(at(element, path).is_some())
            }
            Rule::Not { path } => {
                let value = at(element, path);
                match value.and_then(text).as_deref().and_then(truth) {
                    Some("true") => sink.put_made(position, "false"),
                    Some(_) => sink.put_made(position, "true"),
                    None => {}
                }
                Some(value.is_some())
            }
            Rule::Link { path, integration } => {
                let id = at(element, path).and_then(text).filter(|id| !id.trim().is_empty());
                if let (Some(id), Some(source)) = (id, self.source.links.get(integration)) {
                    sink.put_made(position, &format!("{source}:{}", id.trim()));
                }
                None
            }
            Rule::HubLinks {} => {
                sink.put_made(position, &lists::join(&self.hub_links(element)));
                None
            }
            Rule::OrganizationName { path, autotask } => {
                let by_company = self.source.organization_by == OrganizationBy::AutotaskCompany;
                let company =
                    at(element, autotask).and_then(text).filter(|name| by_company && !name.trim().is_empty());
                if let Some(name) = company.or_else(|| at(element, path).and_then(text)) {
                    sink.put(position, &name);
                }
                Some(at(element, path).is_some())
            }
        }
    }

    /// The ids that the hub stores: of PSAs as linked adapter resources or as `psa-id`, of RMMs likewise.
    fn hub_links(&self, element: &Value) -> Vec<String> {
        let mut links = Vec::new();
        let mut add = |kind: Option<String>, untyped: Option<&str>, id: Option<String>| {
            let source = match &kind {
                Some(kind) => self.source.links.get(kind),
                None => untyped.and_then(|kind| self.source.links.get(kind)),
            };
            if let (Some(source), Some(id)) = (source, id.filter(|id| !id.trim().is_empty())) {
                let link = format!("{source}:{}", id.trim());
                if !links.contains(&link) {
                    links.push(link);
                }
            }
        };
        let attribute =
            |holder: &Value, names: &[&str]| names.iter().find_map(|name| holder.get(name).and_then(text));
        for linked in array(at(element, "linked.adapters-resources")) {
            let kind = attribute(linked, &["integration-type", "psa-integration-type", "adapter-type"]);
            add(kind, Some(UNTYPED_PSA_LINK), attribute(linked, &["remote-id"]));
        }
        for name in ["linked.rmm-records", "linked.rmm-adapters-resources", "linked.rmm-companies"] {
            for linked in array(at(element, name)) {
                let kind = attribute(linked, &["integration-type", "rmm-integration-type", "adapter-type"]);
                add(kind, None, attribute(linked, &["remote-id", "rmm-id"]));
            }
        }
        if let Some(attributes) = element.get("attributes") {
            for system in ["psa", "rmm"] {
                let kind = attribute(attributes, &[&format!("{system}-integration-type")]);
                let untyped = (system == "psa").then_some(UNTYPED_PSA_LINK);
                add(kind, untyped, attribute(attributes, &[&format!("{system}-id")]));
            }
        }
        links
    }
}

/// The member at a path of names with dots between, `None` when there is none. `null` is there and blank.
pub(super) fn at<'v>(element: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(element, |value, name| value.get(name))
}

/// Whether a reference is there but null, which carries its members as blank.
fn parent_is_there(element: &Value, path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(parent, _)| at(element, parent).is_some_and(Value::is_null))
}

/// A scalar as text, `None` for null and structures.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.replace('\0', "")),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn array(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn items(
    list: Option<&Value>,
    value: &str,
    extension: Option<&str>,
    first: Option<&str>,
    only: Option<&(String, String)>,
) -> Vec<String> {
    let is_first =
        |item: &Value| first.and_then(|name| at(item, name)).and_then(Value::as_bool).unwrap_or(false);
    let is_meant = |item: &&Value| {
        only.is_none_or(|(name, expected)| {
            at(item, name).and_then(text).as_deref() == Some(expected.as_str())
        })
    };
    let mut chosen: Vec<&Value> = array(list).filter(is_meant).collect();
    chosen.sort_by_key(|item| !is_first(item));
    chosen
        .into_iter()
        .map(|item| {
            let own = at(item, value).and_then(text).unwrap_or_default();
            match extension.and_then(|name| at(item, name)).and_then(text).filter(|it| !it.trim().is_empty())
            {
                Some(extension) => format!("{own} x{}", extension.trim()),
                None => own,
            }
        })
        .collect()
}

fn interfaces(list: Option<&Value>, name: &[String], mac: &[String], ip: &[String]) -> String {
    let part = |item: &Value, names: &[String]| {
        names.iter().find_map(|name| item.get(name).and_then(text)).unwrap_or_default()
    };
    let found: Vec<String> =
        array(list).map(|it| lists::interface(&part(it, name), &part(it, mac), &part(it, ip))).collect();
    lists::join(&found)
}

/// Drops members that are known to hold secrets, wherever they stand.
fn strip(value: &mut Value, secrets: &[String]) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !secrets.iter().any(|secret| secret.eq_ignore_ascii_case(name)));
            members.values_mut().for_each(|value| strip(value, secrets));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| strip(value, secrets)),
        _ => {}
    }
}

/// The members that a column is made of.
fn paths(origin: &Origin) -> Vec<&str> {
    match origin {
        Origin::First(all) => all.iter().map(String::as_str).collect(),
        // Items of another kind (such as fax numbers) have no column, so the whole array stays in `raw`.
        Origin::Rule(Rule::Items { only: Some(_), .. } | Rule::Link { .. } | Rule::HubLinks {}) => Vec::new(),
        Origin::Path(path)
        | Origin::Rule(
            Rule::Items { path, .. }
            | Rule::Names { path }
            | Rule::Interfaces { path, .. }
            | Rule::Not { path }
            | Rule::OrganizationName { path, .. },
        ) => vec![path],
    }
}

fn remove(members: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            members.remove(path);
        }
        Some((name, rest)) => {
            if let Some(Value::Object(inner)) = members.get_mut(name) {
                remove(inner, rest);
            }
        }
    }
}

/// Drops nulls, empty texts and structures that became empty.
fn prune(members: &mut Map<String, Value>) {
    members.retain(|_, value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(inner) => {
            prune(inner);
            !inner.is_empty()
        }
        Value::Array(values) => !values.is_empty(),
        _ => true,
    });
}
