//! Checks what was asked against what the vendor's description allows.
//!
//! `tests/it/specs/` has, per vendor, the facts of the description that concern a request: methods, paths, the names and
//! types of parameters and of the members of bodies, and which of them must be there.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::message::Request;

/// A vendor's description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The vendor.
    vendor: String,
    /// The version of the description.
    version: String,
    /// What stands in front of paths.
    base: String,
    /// Headers that every request has.
    headers: Vec<String>,
    /// How names of the query compare.
    #[serde(default)]
    query_names: Names,
    /// How paths compare.
    #[serde(default)]
    path_case: Case,
    /// Types that have a name.
    #[serde(default)]
    schemas: BTreeMap<String, Schema>,
    operations: Vec<Operation>,
}

/// How names compare.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Names {
    #[default]
    Exact,
    /// Large and small letters are the same.
    AnyCase,
    /// Dashes are the same as underscores.
    Dashes,
}

/// How paths compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Case {
    #[default]
    Exact,
    Any,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    method: String,
    path: String,
    /// What stands in front of this path, where it differs.
    base: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, Schema>,
    /// Parameters of the query that must be there.
    #[serde(default)]
    required: Vec<String>,
    /// Headers that must be there, where they differ.
    headers: Option<Vec<String>>,
    body: Option<Schema>,
    form: Option<Schema>,
}

/// The type of a value: its name alone, or all that is said of it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Schema {
    Named(String),
    Full(Box<Shape>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Shape {
    r#type: Option<String>,
    r#enum: Vec<Value>,
    /// Values that may stand between commas.
    list: Vec<String>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    items: Option<Schema>,
    members: BTreeMap<String, Schema>,
    required: Vec<String>,
}

impl Spec {
    /// The description of a vendor, by the name of its file.
    pub fn of(vendor: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/specs");
        let text = std::fs::read_to_string(folder.join(format!("{vendor}.json")));
        serde_json::from_str(&text.expect("the description can be read"))
            .expect("the description has its form")
    }

    /// What is wrong with any of the requests, each with the request in front.
    pub fn check_all(&self, requests: impl IntoIterator<Item = impl Borrow<Request>>) -> Vec<String> {
        let mut wrong = Vec::new();
        for request in requests {
            let request = request.borrow();
            let own = self.check(request);
            wrong
                .extend(own.into_iter().map(|what| format!("{} {}: {what}", request.method, request.target)));
        }
        wrong
    }

    /// What is wrong with a request.
    pub fn check(&self, request: &Request) -> Vec<String> {
        let fitting: Vec<&Operation> = self.operations.iter().filter(|one| self.fits(one, request)).collect();
        let own = fitting.iter().filter(|operation| operation.method == request.method);
        // A path that names a word is meant before one that takes any.
        let Some(operation) = own.min_by_key(|operation| operation.path.matches('{').count()) else {
            let what = if fitting.is_empty() { "path" } else { "method" };
            return vec![format!("{} has no such {what}", self.vendor)];
        };
        let mut wrong = Vec::new();
        for name in operation.headers.as_ref().unwrap_or(&self.headers) {
            if request.header(name).is_none_or(str::is_empty) {
                wrong.push(format!("the header {name} is missing"));
            }
        }
        self.check_pairs(&request.query, &operation.query, &operation.required, "parameter", &mut wrong);
        match (&operation.body, &operation.form) {
            (Some(schema), _) => match request.json() {
                Some(body) => self.check_value(&body, schema, "body", &mut wrong),
                None => wrong.push("the body is no JSON".to_owned()),
            },
            (None, Some(schema)) => self.check_form(request, schema, &mut wrong),
            (None, None) if request.body.is_empty() => {}
            (None, None) => wrong.push("there is a body".to_owned()),
        }
        wrong
    }

    /// Whether an operation has the path of a request.
    fn fits(&self, operation: &Operation, request: &Request) -> bool {
        let template = format!("{}{}", operation.base.as_ref().unwrap_or(&self.base), operation.path);
        // The path as it was sent: an encoded slash in an id is no slash.
        let raw = request.raw_path();
        template.split('/').count() == raw.split('/').count()
            && template.split('/').zip(raw.split('/')).all(|(wanted, sent)| match self.path_case {
                _ if wanted.starts_with('{') => !sent.is_empty(),
                Case::Exact => wanted == sent,
                Case::Any => wanted.eq_ignore_ascii_case(sent),
            })
    }

    fn same(&self, one: &str, other: &str) -> bool {
        match self.query_names {
            Names::Exact => one == other,
            Names::AnyCase => one.eq_ignore_ascii_case(other),
            Names::Dashes => one.replace('-', "_") == other.replace('-', "_"),
        }
    }

    fn check_pairs(
        &self,
        pairs: &[(String, String)],
        allowed: &BTreeMap<String, Schema>,
        required: &[String],
        what: &str,
        wrong: &mut Vec<String>,
    ) {
        for (name, text) in pairs {
            match allowed.iter().find(|(known, _)| self.same(known, name)) {
                Some((_, schema)) => self.check_text(text, schema, name, wrong),
                None => wrong.push(format!("there is no {what} {name}")),
            }
        }
        for name in required {
            if !pairs.iter().any(|(own, _)| self.same(name, own)) {
                wrong.push(format!("the {what} {name} is missing"));
            }
        }
        for (place, (name, _)) in pairs.iter().enumerate() {
            if pairs[..place].iter().any(|(before, _)| self.same(before, name)) {
                wrong.push(format!("the {what} {name} is there twice"));
            }
        }
    }

    fn check_form(&self, request: &Request, schema: &Schema, wrong: &mut Vec<String>) {
        let is_form = request
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            wrong.push("the content type is not that of a form".to_owned());
        }
        let Schema::Full(form) = self.resolved(schema) else { return };
        self.check_pairs(&request.form(), &form.members, &form.required, "field", wrong);
    }

    /// A type behind its name.
    fn resolved<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        match schema {
            Schema::Named(name) => self.schemas.get(name).unwrap_or(schema),
            Schema::Full(_) => schema,
        }
    }

    /// Checks a value that is text on its way: a parameter or a field.
    fn check_text(&self, text: &str, schema: &Schema, name: &str, wrong: &mut Vec<String>) {
        let (kind, full) = self.kind(schema);
        let value = match kind {
            "integer" | "number" | "boolean" => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            // Lists are written in several ways, which the descriptions do not tell.
            "array" => return,
            _ => Value::from(text),
        };
        let Some(full) = full.filter(|full| !full.list.is_empty()) else {
            return self.check_value(&value, schema, name, wrong);
        };
        for piece in text.split(',') {
            if !full.list.iter().any(|known| self.same(known, piece)) {
                wrong.push(format!("{name} cannot be {piece}"));
            }
        }
    }

    fn check_value(&self, value: &Value, schema: &Schema, name: &str, wrong: &mut Vec<String>) {
        let (kind, full) = self.kind(schema);
        let has_type = match kind {
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "any" => true,
            unknown => panic!("{} has no type {unknown}", self.vendor),
        };
        if !has_type {
            wrong.push(format!("{name} is {value} and not of type {kind}"));
            return;
        }
        let Some(full) = full else { return };
        if !full.r#enum.is_empty() && !full.r#enum.contains(value) {
            wrong.push(format!("{name} cannot be {value}"));
        }
        if let Some(number) = value.as_i64() {
            let is_low = full.minimum.is_some_and(|least| number < least);
            if is_low || full.maximum.is_some_and(|most| number > most) {
                wrong.push(format!("{name} cannot be {number}"));
            }
        }
        if let (Some(elements), Some(items)) = (value.as_array(), &full.items) {
            for (place, element) in elements.iter().enumerate() {
                self.check_value(element, items, &format!("{name}[{place}]"), wrong);
            }
        }
        if let Some(members) = value.as_object().filter(|_| !full.members.is_empty()) {
            for (member, value) in members {
                match full.members.get(member) {
                    Some(schema) => self.check_value(value, schema, &format!("{name}.{member}"), wrong),
                    None => wrong.push(format!("there is no {name}.{member}")),
                }
            }
            for member in full.required.iter().filter(|member| !members.contains_key(*member)) {
                wrong.push(format!("{name}.{member} is missing"));
            }
        }
    }

    /// The name of a type, with what else is said of it.
    fn kind<'a>(&'a self, schema: &'a Schema) -> (&'a str, Option<&'a Shape>) {
        match self.resolved(schema) {
            Schema::Named(name) => (name, None),
            Schema::Full(full) => (full.r#type.as_deref().unwrap_or("any"), Some(full)),
        }
    }
}
