//! Autotask PSA, as its developer pages and API description have it: a zone that has to be found out, three headers,
//! queries by POST whose further pages are asked for by POST with the same body, and errors with status 500.
//!
//! A page goes on behind the last id of the one before, so rows do not move between pages. Picklists stand in the
//! descriptions of fields. The budget of an hour is one of the whole account: from half of it on answers come late.

use std::cmp::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Options;
use super::estate::{Estate, Rows};
use super::fault::{Refusal, RetryAfter};
use super::limits::{Rate, Window, whole_seconds};
use super::lists::{Lists, text_of};
use super::message::{Reply, Request, encode};
use super::server::Vendor;

/// The name of the API user.
pub const USER: &str = "CANARY-autotask+api@larkfieldit.example";
/// Its secret.
pub const SECRET: &str = "CANARY-autotask-secret-5b1e";
/// The tracking identifier of the integration.
pub const INTEGRATION: &str = "CANARY-autotask-code-90c3";

/// The most rows of a page.
const PAGE: usize = 500;
/// The most conditions of a query that are joined by `or`.
const CONDITIONS: usize = 500;

/// The entities, with what the samples call their rows.
const ENTITIES: [(&str, &str); 8] = [
    ("Companies", "companies"),
    ("CompanyLocations", "company_locations"),
    ("Contacts", "contacts"),
    ("ConfigurationItems", "configuration_items"),
    ("Products", "products"),
    ("Tickets", "tickets"),
    ("Countries", "countries"),
    ("ConfigurationItemCategories", "configuration_item_categories"),
];

/// The entities whose fields are described, with what the samples call the descriptions.
const FIELDS: [(&str, &str); 5] = [
    ("Companies", "companies_fields"),
    ("Contacts", "contacts_fields"),
    ("ConfigurationItems", "configuration_items_fields"),
    ("Products", "products_fields"),
    ("Tickets", "tickets_fields"),
];

/// Autotask PSA.
pub struct Autotask {
    lists: Lists,
    page_size: usize,
    empty_page: bool,
    rate: Option<Rate>,
    window: Option<Window>,
    /// Where the account lives, if it does not live here.
    zone: Option<String>,
    /// Whether the address of the zone ends without a slash.
    bare_zone: bool,
}

impl Autotask {
    /// An account with the rows of the sample, in lists that are called as its files are.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("autotask", options.ids), options)
    }

    /// An account with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let lists = Lists::default();
        for (_, name) in ENTITIES {
            let mut rows = estate.rows(name);
            rows.sort_by_key(id);
            rows.dedup_by_key(|row| id(row));
            rows.iter_mut().for_each(mask);
            lists.set(name, Rows::held(rows));
        }
        for (_, name) in FIELDS {
            lists.set(name, Rows::held(estate.rows(name)));
        }
        Self {
            lists,
            page_size: options.page_size.unwrap_or(PAGE).clamp(1, PAGE),
            empty_page: options.empty_page,
            rate: options.rate,
            window: options.rate.map(Window::new),
            zone: None,
            bare_zone: false,
        }
    }

    /// The same for an account that lives in the zone at `url`, of which this server knows the name alone.
    #[must_use]
    pub fn elsewhere(mut self, url: &str) -> Self {
        self.zone = Some(url.to_owned());
        self
    }

    /// The same with an address of the zone that has no slash at its end.
    #[must_use]
    pub fn with_bare_zone(mut self) -> Self {
        self.bare_zone = true;
        self
    }

    /// The same after others have made so many requests just now.
    #[must_use]
    pub fn with_used(mut self, requests: usize) -> Self {
        self.window = self.window.map(|window| window.used(requests));
        self
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    /// The answer to one call more than an integration may make of an entity at the same time.
    pub fn thread_threshold() -> Reply {
        errors(500, "The thread threshold of 3 threads for this entity has been exceeded. (Itgenatr005)")
    }

    /// The answer to a query of a user who may not read the entity.
    pub fn missing_permission(entity: &str) -> Reply {
        let text = "The logged in Resource does not have the adequate permissions to query this entity type";
        errors(500, &format!("{text}: {entity}."))
    }

    fn zone_information(&self, request: &Request) -> Reply {
        if request.param("user") != Some(USER) {
            return errors(500, "No zone information could be found for the user.");
        }
        let origin = self.zone.clone().unwrap_or_else(|| request.origin());
        let slash = if self.bare_zone { "" } else { "/" };
        Reply::json(&json!({
            "zoneName": "America East", "url": format!("{origin}/ATServicesRest{slash}"),
            "webUrl": "https://ww16.autotask.net/", "ci": 10_044,
        }))
    }

    /// Takes a place in the budget, or refuses. From half of the budget on answers come late: half a second for the
    /// vendor's hour, and a whole one from three quarters on.
    fn take(&self, request: &Request) -> Result<Duration, Reply> {
        let (Some(rate), Some(window)) = (self.rate, &self.window) else { return Ok(Duration::ZERO) };
        if let Err(wait) = window.take() {
            let after = RetryAfter::Seconds(whole_seconds(wait));
            return Err(self.refuse(request, &Refusal::TooMany(after)));
        }
        let percent = window.taken() * 100 / rate.requests;
        Ok(match percent {
            0..50 => Duration::ZERO,
            50..75 => rate.window / 7200,
            _ => rate.window / 3600,
        })
    }

    fn threshold(&self) -> Value {
        let (limit, minutes) =
            self.rate.map_or((10_000, 60), |rate| (rate.requests, rate.window.as_secs().div_ceil(60)));
        json!({
            "externalRequestThreshold": limit, "requestThresholdTimeframe": minutes,
            "currentTimeframeRequestCount": self.window.as_ref().map_or(0, Window::taken),
        })
    }

    fn read(&self, request: &Request) -> Reply {
        let path = request.path.to_lowercase();
        let path = path.strip_prefix("/atservicesrest/v1.0/").unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        if parts == ["thresholdinformation"] {
            return only("GET", request, || Reply::json(&self.threshold()));
        }
        let named = |table: &[(&'static str, &'static str)]| {
            table.iter().find(|(entity, _)| entity.eq_ignore_ascii_case(parts[0])).copied()
        };
        let Some((entity, list)) = named(&ENTITIES) else { return not_found(request) };
        match &parts[1..] {
            ["query"] => only("POST", request, || self.query(request, entity, list)),
            ["query", "count"] => only("POST", request, || self.count(request, entity, list)),
            ["entityinformation", "fields"] => only("GET", request, || match named(&FIELDS) {
                Some((_, fields)) => {
                    let fields: Vec<Value> =
                        self.lists.rows(fields).iter().map(std::borrow::Cow::into_owned).collect();
                    Reply::json(&json!({ "fields": fields }))
                }
                None => not_found(request),
            }),
            [id] if id.parse::<i64>().is_ok() => only("GET", request, || {
                let item = self.lists.find(list, "id", id).unwrap_or_default();
                Reply::json(&json!({ "item": item }))
            }),
            _ => not_found(request),
        }
    }

    fn count(&self, request: &Request, entity: &str, list: &str) -> Reply {
        match self.found(request, entity, list) {
            Ok((_, rows)) => Reply::json(&json!({ "queryCount": rows.len() })),
            Err(reply) => reply,
        }
    }

    fn query(&self, request: &Request, entity: &str, list: &str) -> Reply {
        let (body, rows) = match self.found(request, entity, list) {
            Ok(found) => found,
            Err(reply) => return reply,
        };
        let asked = body["MaxRecords"].as_u64().and_then(|most| usize::try_from(most).ok());
        let size = asked.unwrap_or(PAGE).min(self.page_size);
        let cursor: Option<Value> = request.param("paging").map(|text| {
            // Whoever changed the address gets nothing.
            serde_json::from_str(text).unwrap_or_default()
        });
        if cursor.as_ref().is_some_and(|cursor| cursor["of"] != digest(&body)) {
            return errors(500, "The paging parameter does not belong to this query.");
        }
        let after = cursor.as_ref().and_then(|cursor| cursor["previousIds"].as_array()?.last()?.as_i64());
        let is_empty = cursor.as_ref().is_some_and(|cursor| cursor["empty"] == true);
        let mut rest = rows.iter().filter(|row| after.is_none_or(|after| id(row) > after));
        let page: Vec<Value> =
            rest.by_ref().take(if is_empty { 0 } else { size }).map(|row| chosen(row, &body)).collect();
        let has_next = rest.next().is_some();
        let end = page.last().map(id).or(after);
        let next = has_next.then(|| {
            let mut ids: Vec<i64> = Vec::new();
            if let Some(before) = cursor.as_ref().and_then(|cursor| cursor["previousIds"].as_array()) {
                ids.extend(before.iter().filter_map(Value::as_i64));
            }
            ids.extend(end);
            // Behind the first page alone.
            let goes_on_empty = self.empty_page && cursor.is_none();
            let paging = json!({
                "pageSize": size, "previousIds": ids, "of": digest(&body), "empty": goes_on_empty,
            });
            let paging = encode(&paging.to_string());
            format!("{}{}?paging={paging}", request.origin(), request.raw_path())
        });
        let details = json!({
            "count": page.len(), "requestCount": asked.unwrap_or(PAGE), "prevPageUrl": null, "nextPageUrl": next,
        });
        Reply::json(&json!({ "items": page, "pageDetails": details })).gzip()
    }

    /// The query, and the rows that it is for.
    fn found(&self, request: &Request, entity: &str, list: &str) -> Result<(Value, Vec<Value>), Reply> {
        let Some(body) = request.json().filter(Value::is_object) else {
            return Err(errors(500, "The request body is no query."));
        };
        let most = &body["MaxRecords"];
        if !most.is_null() && most.as_u64().is_none_or(|most| most == 0 || most > PAGE as u64) {
            return Err(errors(500, "MaxRecords must be between 1 and 500."));
        }
        let has_id = |fields: &Vec<Value>| {
            fields.iter().any(|field| field.as_str().is_some_and(|name| name.eq_ignore_ascii_case("id")))
        };
        if body["IncludeFields"].as_array().is_some_and(|fields| !has_id(fields)) {
            return Err(errors(500, "IncludeFields must contain id."));
        }
        let Some(filter) = body["filter"].as_array().filter(|filter| !filter.is_empty()) else {
            return Err(errors(500, "The filter of the query is missing."));
        };
        let all = self.lists.rows(list);
        let known = all.iter().next().map(std::borrow::Cow::into_owned).unwrap_or_default();
        let query = Query { entity, known };
        if filter.iter().map(conditions).sum::<usize>() > CONDITIONS {
            return Err(errors(500, "The query has more than 500 OR conditions."));
        }
        let mut rows = Vec::new();
        for row in all.iter() {
            if query.all(filter, &row)? {
                rows.push(row.into_owned());
            }
        }
        rows.sort_by_key(id);
        Ok((body, rows))
    }
}

impl Vendor for Autotask {
    fn answer(&self, request: &Request) -> Reply {
        match request.path.to_lowercase().as_str() {
            "/atservicesrest/v1.0/zoneinformation" => return self.zone_information(request),
            "/atservicesrest/versioninformation" => return Reply::json(&json!({ "apiVersions": ["1.0"] })),
            _ => {}
        }
        // An account of another zone is not known here.
        let is_here = self.zone.is_none();
        let signs = [("username", USER), ("secret", SECRET), ("apiintegrationcode", INTEGRATION)];
        if !is_here || signs.iter().any(|(name, value)| request.header(name) != Some(value)) {
            return self.refuse(request, &Refusal::Expired);
        }
        if request.header("content-type") != Some("application/json") {
            return errors(500, "The header Content-Type is missing.");
        }
        match self.take(request) {
            Ok(delay) => Reply { delay, ..self.read(request) },
            Err(refusal) => refusal,
        }
    }

    fn refuse(&self, _: &Request, refusal: &Refusal) -> Reply {
        let reply = match refusal {
            Refusal::Broken(Some(document)) => Reply::json(document),
            // Without errors it is not about the request.
            Refusal::Broken(None) => Reply::json(&json!({ "Message": "An error has occurred." })),
            Refusal::Expired => errors(401, "The API user name or secret is not valid for this zone."),
            Refusal::Forbidden => errors(403, "The user may not use the API."),
            Refusal::TooMany(_) => errors(429, "The request threshold of this database was reached."),
        };
        refusal.on(reply)
    }
}

/// A query's conditions.
struct Query<'q> {
    entity: &'q str,
    /// A row, whose members are the fields that there are.
    known: Value,
}

impl Query<'_> {
    fn all(&self, conditions: &[Value], row: &Value) -> Result<bool, Reply> {
        for condition in conditions {
            if !self.holds(condition, row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds(&self, condition: &Value, row: &Value) -> Result<bool, Reply> {
        let items = condition["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let operator = condition["op"].as_str().unwrap_or_default();
        match operator {
            "and" => return self.all(items, row),
            "or" => {
                let mut is_one = false;
                for item in items {
                    is_one |= self.holds(item, row)?;
                }
                return Ok(is_one);
            }
            _ => {}
        }
        let field = condition["field"].as_str().unwrap_or_default();
        if self.known.is_object() && self.known.get(field).is_none() {
            return Err(errors(500, &format!("Unable to find {field} in the {} Entity.", self.entity)));
        }
        let (own, value) = (&row[field], &condition["value"]);
        // A text is compared with no id, and with no other number.
        if value.is_string() && own.is_number() {
            return match field {
                "id" => Ok(false),
                _ => Err(errors(500, &format!("Conversion failed when converting {value} to an integer."))),
            };
        }
        let order = compared(own, value);
        let text = |value: &Value| text_of(value).to_lowercase();
        Ok(match operator {
            "eq" => order == Some(Ordering::Equal),
            "noteq" => order != Some(Ordering::Equal),
            "gt" => order == Some(Ordering::Greater),
            "gte" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            "lt" => order == Some(Ordering::Less),
            "lte" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            "beginsWith" => text(own).starts_with(&text(value)),
            "endsWith" => text(own).ends_with(&text(value)),
            "contains" => text(own).contains(&text(value)),
            "exist" => !own.is_null(),
            "notExist" => own.is_null(),
            "in" => value.as_array().is_some_and(|values| values.contains(own)),
            "notIn" => value.as_array().is_some_and(|values| !values.contains(own)),
            _ => return Err(errors(500, &format!("There is no operator {operator}."))),
        })
    }
}

/// How two values compare: times as times, numbers as numbers. Nothing compares with nothing.
fn compared(own: &Value, value: &Value) -> Option<Ordering> {
    if let (Some(own), Some(value)) = (own.as_f64(), value.as_f64()) {
        return own.partial_cmp(&value);
    }
    if let (Some(own), Some(value)) = (own.as_str(), value.as_str()) {
        let times = own.parse::<Timestamp>().ok().zip(value.parse::<Timestamp>().ok());
        return Some(times.map_or_else(|| own.cmp(value), |(own, value)| own.cmp(&value)));
    }
    (own == value && !own.is_null()).then_some(Ordering::Equal)
}

/// How many conditions are joined by `or`.
fn conditions(condition: &Value) -> usize {
    let own = usize::from(condition["op"] == "or") * condition["items"].as_array().map_or(0, Vec::len);
    let list = condition["value"].as_array().map_or(0, Vec::len);
    let inside = condition["items"].as_array().map_or(0, |items| items.iter().map(conditions).sum());
    own + list + inside
}

/// The row with the fields that the query names, or with all.
fn chosen(row: &Value, body: &Value) -> Value {
    let (Some(fields), Some(members)) = (body["IncludeFields"].as_array(), row.as_object()) else {
        return row.clone();
    };
    let is_wanted = |name: &String| {
        fields.iter().any(|field| field.as_str().is_some_and(|wanted| wanted.eq_ignore_ascii_case(name)))
    };
    let chosen = members.iter().filter(|(name, _)| is_wanted(name));
    Value::Object(chosen.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Protected fields of the user's own come masked.
fn mask(row: &mut Value) {
    let fields = row["userDefinedFields"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
    for field in fields {
        if field["value"].as_str().is_some_and(|value| value.starts_with("CANARY")) {
            field["value"] = "*****".into();
        }
    }
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().unwrap_or_default()
}

/// What tells queries apart.
fn digest(body: &Value) -> u64 {
    // FNV-1a.
    body.to_string()
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn errors(status: u16, text: &str) -> Reply {
    Reply::json(&json!({ "errors": [text] })).status(status)
}

fn not_found(request: &Request) -> Reply {
    let text = format!("No HTTP resource was found that matches the request URI '{}'.", request.path);
    Reply::json(&json!({ "Message": text })).status(404)
}

/// The answer to a request by the method that the resource supports.
fn only(method: &str, request: &Request, answer: impl FnOnce() -> Reply) -> Reply {
    if request.method == method {
        return answer();
    }
    let text = format!("The requested resource does not support http method '{}'.", request.method);
    Reply::json(&json!({ "Message": text })).status(405)
}
