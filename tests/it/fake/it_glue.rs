//! IT Glue, as its developer documentation describes it: a key in `x-api-key`, JSON:API documents, pages by number.
//!
//! Lists give what was asked for with `include` and no more, cut quick notes at 250 characters, and hold archived and
//! live rows together. A wrong key is answered with 403, an unknown path with an HTML page, and 429 says nothing of the
//! time to wait.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Options;
use super::estate::{Estate, Ids, Rows};
use super::fault::{Refusal, RetryAfter};
use super::limits::Window;
use super::lists::{Lists, text_of};
use super::message::{Reply, Request};
use super::paging::{Page, Pager};
use super::server::Vendor;

/// The key that is asked for.
pub const KEY: &str = "ITG.CANARY-it-glue-key-7f3a";

/// Lists, with the values that `include` takes and the attributes that can be filtered by.
const LISTS: [(&str, &[&str], &[&str]); 14] = [
    (
        "organizations",
        &["adapters-resources", "attachments", "rmm-companies"],
        &[
            "id",
            "name",
            "organization-type-id",
            "organization-status-id",
            "created-at",
            "updated-at",
            "primary",
        ],
    ),
    (
        "locations",
        &["adapters-resources", "attachments"],
        &["id", "name", "city", "region-id", "country-id", "organization-id"],
    ),
    (
        "contacts",
        &["adapters-resources", "location", "attachments", "tickets"],
        &["id", "first-name", "last-name", "title", "contact-type-id", "important", "organization-id"],
    ),
    (
        "configurations",
        &["adapters-resources", "configuration-interfaces", "rmm-records", "attachments", "tickets"],
        &[
            "id",
            "name",
            "organization-id",
            "configuration-type-id",
            "configuration-status-id",
            "contact-id",
            "serial-number",
            "mac-address",
            "asset-tag",
            "archived",
        ],
    ),
    ("organization_types", &[], &["name"]),
    ("organization_statuses", &[], &["name"]),
    ("configuration_types", &[], &["name"]),
    ("configuration_statuses", &[], &["name"]),
    ("contact_types", &[], &["name"]),
    ("manufacturers", &[], &["name"]),
    ("models", &[], &["id"]),
    ("operating_systems", &[], &["name"]),
    ("countries", &[], &["name", "iso"]),
    ("regions", &[], &["name", "iso", "country-id"]),
];

/// A list of more than this many characters of quick notes has them cut.
const QUICK_NOTES: usize = 250;

/// What the rows of a list can include, and what they are filtered by.
struct List {
    includes: &'static [&'static str],
    filters: &'static [&'static str],
    /// By type and id.
    included: BTreeMap<(String, String), Value>,
}

/// IT Glue.
pub struct ItGlue {
    kinds: BTreeMap<&'static str, List>,
    lists: Lists,
    pager: Pager,
    window: Option<Window>,
}

impl ItGlue {
    /// An account with the rows of the sample.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("it_glue", options.ids), options)
    }

    /// An account with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let kinds = LISTS.iter().map(|(name, includes, filters)| {
            let included = estate.beside(name, "included").into_iter().map(|item| (reference(&item), item));
            (*name, List { includes, filters, included: included.collect() })
        });
        let names: Vec<(&str, &str)> = LISTS.iter().map(|(name, ..)| (*name, *name)).collect();
        Self {
            kinds: kinds.collect(),
            lists: Lists::of(estate, &names),
            pager: Pager::new(50, 1000, options),
            window: options.rate.map(Window::new),
        }
    }

    /// Its lists, by the names of their paths.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    fn list(&self, list: &List, path: &str, request: &Request) -> Reply {
        let rows = self.lists.rows(path);
        let mut found: Vec<usize> = (0..rows.len()).collect();
        let mut asked = path.to_owned();
        for (name, value) in &request.query {
            let attribute = match name.strip_prefix("filter[").and_then(|rest| rest.strip_suffix(']')) {
                Some(attribute) => attribute.replace('_', "-"),
                None => continue,
            };
            if !list.filters.contains(&attribute.as_str()) {
                return error(400, &format!("{attribute} is not an allowed filter"));
            }
            found.retain(|place| filter_holds(&rows.get(*place), &attribute, value));
            asked.push_str(&format!("&{name}={value}"));
        }
        if let Some(sort) = request.param("sort") {
            sort_by(&mut found, &rows, sort);
        }
        let asked_for: BTreeSet<String> = includes(request).collect();
        if let Some(unknown) = asked_for.iter().find(|name| !list.includes.contains(&name.as_str())) {
            return error(400, &format!("{unknown} is not an allowed include"));
        }
        let index = request.number_param("page[number]").unwrap_or(1).max(1) - 1;
        let page = self.pager.page(&asked, index, request.number_param("page[size]"), found.len());
        let mut data = Vec::new();
        let mut included = BTreeMap::new();
        for place in &found[page.rows.clone()] {
            let mut row = rows.get(*place).into_owned();
            relate(&mut row, &asked_for, list, &mut included);
            if path == "organizations" {
                cut_quick_notes(&mut row);
            }
            data.push(row);
        }
        let mut document = Map::new();
        document.insert("data".to_owned(), data.into());
        if !asked_for.is_empty() {
            document.insert("included".to_owned(), included.into_values().collect());
        }
        document.insert("meta".to_owned(), meta(&page));
        document.insert("links".to_owned(), links(&page, request));
        answer(&document.into())
    }

    fn show(&self, list: &List, path: &str, id: &str, request: &Request) -> Reply {
        let Some(mut row) = self.lists.find(path, "id", id) else {
            return error(404, "Record not found");
        };
        let mut included = BTreeMap::new();
        let asked_for: BTreeSet<String> = includes(request).collect();
        relate(&mut row, &asked_for, list, &mut included);
        let mut document = json!({ "data": row });
        if !asked_for.is_empty() {
            document["included"] = included.into_values().collect();
        }
        answer(&document)
    }

    /// The interfaces of one configuration.
    fn interfaces(&self, id: &str, request: &Request) -> Reply {
        let list = &self.kinds["configurations"];
        let Some(row) = self.lists.find("configurations", "id", id) else {
            return error(404, "Record not found");
        };
        let own = related(&row, "configuration-interfaces");
        let rows: Vec<&Value> = own.iter().filter_map(|item| list.included.get(item)).collect();
        let index = request.number_param("page[number]").unwrap_or(1).max(1) - 1;
        let page = self.pager.page(&request.path, index, request.number_param("page[size]"), rows.len());
        let data = &rows[page.rows.clone()];
        answer(&json!({ "data": data, "meta": meta(&page), "links": links(&page, request) }))
    }
}

impl Vendor for ItGlue {
    fn answer(&self, request: &Request) -> Reply {
        match request.header("x-api-key") {
            Some(KEY) => {}
            Some(_) => return error(403, "Invalid API key"),
            None => return error(401, "Missing API key"),
        }
        if let Some(Err(_)) = self.window.as_ref().map(Window::take) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Silent));
        }
        if request.method != "GET" {
            return error(405, "Method not allowed");
        }
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let list = parts.first().and_then(|name| self.kinds.get(name));
        match (list, parts.as_slice()) {
            (Some(list), [name]) => self.list(list, name, request),
            (Some(list), [name, id]) if !id.is_empty() => self.show(list, name, id, request),
            (Some(_), ["configurations", id, "relationships", "configuration_interfaces"]) => {
                self.interfaces(id, request)
            }
            // A wrong address is answered by the web server and not by the interface.
            _ => Reply::html(404),
        }
    }

    fn refuse(&self, _request: &Request, refusal: &Refusal) -> Reply {
        let reply = match refusal {
            Refusal::Broken(Some(document)) => answer(document),
            _ => error(refusal.status(), refusal.text()),
        };
        refusal.on(reply)
    }
}

/// The account's ids with sixteen digits, and Larkfield IT, the provider itself, as organization 0.
pub const LONG_IDS: Ids = Ids::Long { zero: Some(5001) };

fn answer(document: &Value) -> Reply {
    Reply::new(200, "application/vnd.api+json", document.to_string()).gzip()
}

fn error(status: u16, title: &str) -> Reply {
    answer(&json!({ "errors": [{ "status": status, "title": title }] })).status(status)
}

/// Type and id of a resource or of a reference to one.
fn reference(item: &Value) -> (String, String) {
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    (text("type"), text("id"))
}

fn includes(request: &Request) -> impl Iterator<Item = String> {
    let asked = request.param("include").unwrap_or_default();
    asked.split(',').filter(|name| !name.is_empty()).map(|name| name.trim().replace('_', "-"))
}

/// What a row refers to by a relation.
fn related(row: &Value, relation: &str) -> Vec<(String, String)> {
    match &row["relationships"][relation]["data"] {
        Value::Array(items) => items.iter().map(reference).collect(),
        Value::Object(_) => vec![reference(&row["relationships"][relation]["data"])],
        _ => Vec::new(),
    }
}

/// Leaves those relations of a row that were asked for, and takes along what they refer to.
fn relate(
    row: &mut Value,
    asked_for: &BTreeSet<String>,
    list: &List,
    included: &mut BTreeMap<(String, String), Value>,
) {
    let mut relations = Map::new();
    if !asked_for.contains("adapters-resources") {
        relations.insert("adapters-resources".to_owned(), json!({ "data": [] }));
    }
    for name in asked_for {
        let own = row["relationships"].get(name).cloned().unwrap_or_else(|| json!({ "data": [] }));
        relations.insert(name.clone(), own);
        for item in related(row, name) {
            if let Some(resource) = list.included.get(&item) {
                included.insert(item, resource.clone());
            }
        }
    }
    row["relationships"] = relations.into();
}

fn cut_quick_notes(row: &mut Value) {
    let notes = &mut row["attributes"]["quick-notes"];
    if let Some((end, _)) = notes.as_str().and_then(|text| text.char_indices().nth(QUICK_NOTES)) {
        *notes = notes.as_str().map(|text| text[..end].to_owned()).into();
    }
}

/// Whether a row has one of the values of a filter; `*` and a comma make a range of times.
fn filter_holds(row: &Value, attribute: &str, filter: &str) -> bool {
    let own = attribute_of(row, attribute);
    let values = split_values(filter);
    if attribute.ends_with("-at") {
        let bound = |place: usize| values.get(place).map(String::as_str).filter(|text| *text != "*");
        return bound(0).is_none_or(|start| own.as_str() >= start)
            && bound(1).is_none_or(|end| own.as_str() <= end);
    }
    values.contains(&own)
}

/// The values of a filter: between commas, but for those behind a backslash.
fn split_values(filter: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = filter.chars();
    while let Some(character) = characters.next() {
        match character {
            ',' => values.push(String::new()),
            '\\' => values.last_mut().expect("it is never empty").extend(characters.next()),
            _ => values.last_mut().expect("it is never empty").push(character),
        }
    }
    values
}

fn attribute_of(row: &Value, attribute: &str) -> String {
    text_of(if attribute == "id" { &row["id"] } else { &row["attributes"][attribute] })
}

fn sort_by(places: &mut [usize], rows: &Rows, sort: &str) {
    let (attribute, is_falling) = match sort.strip_prefix('-') {
        Some(attribute) => (attribute.replace('_', "-"), true),
        None => (sort.replace('_', "-"), false),
    };
    places.sort_by_cached_key(|place| {
        let text = attribute_of(&rows.get(*place), &attribute);
        (text.parse::<i64>().ok(), text)
    });
    if is_falling {
        places.reverse();
    }
}

fn meta(page: &Page) -> Value {
    let number = page.index + 1;
    json!({
        "current-page": number,
        "next-page": page.has_next().then_some(number + 1),
        "prev-page": (number > 1).then_some(page.index),
        "total-pages": page.pages,
        "total-count": page.total,
        "filters": {},
    })
}

/// The addresses of other pages; none where there is one page.
fn links(page: &Page, request: &Request) -> Value {
    if page.pages == 1 {
        return json!({});
    }
    let url = |number: usize| request.url_with(&[("page[number]", &number.to_string())]);
    let mut links = json!({ "self": url(page.index + 1), "first": url(1) });
    if page.index > 0 {
        links["prev"] = url(page.index).into();
    }
    if page.has_next() {
        links["next"] = url(page.index + 2).into();
    }
    links["last"] = url(page.pages).into();
    links
}
