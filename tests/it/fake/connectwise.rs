//! ConnectWise PSA, as its API description and the clients that run against it have it: Basic with company and keys, a
//! `clientId`, bare arrays, pages by number or forward only with the next address in `Link`.
//!
//! The codebase has to be found out first, and after an upgrade the old one answers 404. Deleted companies are listed. A
//! company's sites, and a ticket's configurations, are lists of their own.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::Options;
use super::estate::Estate;
use super::fault::{Refusal, RetryAfter};
use super::limits::{Window, whole_seconds};
use super::lists::{Lists, text_of};
use super::message::{Reply, Request};
use super::paging::Pager;
use super::server::Vendor;

mod conditions;

/// The company that signs in.
pub const COMPANY: &str = "larkfield";
/// The public key.
pub const PUBLIC_KEY: &str = "CANARY-cw-public-31c4";
/// The private key.
pub const PRIVATE_KEY: &str = "CANARY-cw-private-88f1";
/// The id of the client.
pub const CLIENT_ID: &str = "5f1c2a4e-CANARY-4b0e-9a55-2f6d0c7e1a90";

/// Paths, with what the lists are called in saved documents.
const LISTS: [(&str, &str); 13] = [
    ("company/companies", "companies"),
    ("company/contacts", "contacts"),
    ("company/configurations", "configurations"),
    ("service/tickets", "tickets"),
    ("company/companies/types", "company_types"),
    ("company/companies/statuses", "company_statuses"),
    ("company/contacts/types", "contact_types"),
    ("company/configurations/types", "configuration_types"),
    ("company/configurations/statuses", "configuration_statuses"),
    ("procurement/manufacturers", "manufacturers"),
    ("company/states", "states"),
    ("company/countries", "countries"),
    ("company/communicationTypes", "communication_types"),
];

/// How a server says where a list goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// Forward only for those who ask for it, by number for others; the address is in `Link`.
    #[default]
    Forward,
    /// By number alone, with the address in `Link`.
    Numbered,
    /// By number alone, and nothing says where it goes on.
    Missing,
}

/// ConnectWise PSA.
pub struct ConnectWise {
    lists: Lists,
    links: Links,
    pager: Pager,
    page_size: usize,
    window: Option<Window>,
    codebase: Mutex<String>,
}

impl ConnectWise {
    /// A company's system with the rows of the sample. Its lists have the names of their paths, such as
    /// `company/companies`; the sites are in `sites`.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("connectwise", options.ids), options)
    }

    /// A company's system with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let lists = Lists::of(estate, &LISTS);
        lists.set("sites", super::estate::Rows::held(estate.rows("sites")));
        Self {
            lists,
            links: Links::default(),
            pager: Pager::new(25, 1000, options),
            page_size: options.page_size.unwrap_or(1000).min(1000),
            window: options.rate.map(Window::new),
            codebase: Mutex::new("v2026_3/".to_owned()),
        }
    }

    /// The same with another way to say where lists go on.
    #[must_use]
    pub fn with_links(mut self, links: Links) -> Self {
        self.links = links;
        self
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    /// Moves the system to another codebase, such as `v2026_4/`: the one before answers 404 from then on.
    pub fn upgrade(&self, codebase: &str) {
        codebase.clone_into(&mut self.codebase.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn codebase(&self) -> String {
        self.codebase.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn company_info(&self, company: &str) -> Reply {
        if company != COMPANY {
            return Reply::json(&Value::Null);
        }
        Reply::json(&json!({
            "CompanyName": "Larkfield IT", "Codebase": self.codebase(), "VersionCode": "v2026.3",
            "VersionNumber": "v4.6.99999", "CompanyID": COMPANY, "IsCloud": true,
        }))
    }

    /// The path behind the codebase and the version of the interface.
    fn resource<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let path = request.path.strip_prefix('/')?;
        let own = self.codebase();
        // The routing codebase works on every server.
        let behind =
            [own.as_str(), "v4_6_release/"].iter().find_map(|codebase| path.strip_prefix(codebase))?;
        behind.strip_prefix("apis/3.0/")
    }

    fn read(&self, request: &Request, resource: &str) -> Reply {
        if resource == "system/info" {
            return Reply::json(&json!({
                "version": "v2026.3.99999", "isCloud": true, "serverTimeZone": "GMT Standard Time", "cloudRegion": "EU",
            }));
        }
        let (path, is_count) = match resource.strip_suffix("/count") {
            Some(path) => (path, true),
            None => (resource, false),
        };
        match self.rows(path) {
            Some(rows) if is_count => Self::count(request, &rows),
            Some(rows) => self.list(request, &rows),
            None => self.show(request, path),
        }
    }

    /// The rows of a list; nothing where the path is none of a list.
    fn rows(&self, path: &str) -> Option<Vec<Value>> {
        let all = |list: &str| {
            self.lists.rows(list).iter().map(std::borrow::Cow::into_owned).collect::<Vec<Value>>()
        };
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["company", "companies", id, "sites"] => {
                self.lists.find("company/companies", "id", id)?;
                let mut sites = all("sites");
                sites.retain(|site| text_of(&site["company"]["id"]) == *id);
                Some(sites)
            }
            ["service", "tickets", id, "configurations"] => {
                let ticket = self.lists.find("service/tickets", "id", id)?;
                Some(ticket["configurations"].as_array().cloned().unwrap_or_default())
            }
            _ if LISTS.iter().any(|(own, _)| *own == path) => {
                let mut rows = all(path);
                if path == "service/tickets" {
                    rows.iter_mut().for_each(without_configurations);
                }
                Some(rows)
            }
            _ => None,
        }
    }

    fn count(request: &Request, rows: &[Value]) -> Reply {
        match conditions::filter(request.param("conditions"), rows) {
            Ok(found) => Reply::json(&json!({ "count": found.len() })),
            Err(what) => error(400, "InvalidObject", &what),
        }
    }

    fn show(&self, request: &Request, path: &str) -> Reply {
        let found = path.rsplit_once('/').and_then(|(list, id)| self.lists.find(list, "id", id));
        let Some(mut row) = found else { return error(404, "NotFound", "Entity not found") };
        without_configurations(&mut row);
        Reply::json(&cut(&row, request.param("fields")))
    }

    fn list(&self, request: &Request, rows: &[Value]) -> Reply {
        let mut found = match conditions::filter(request.param("conditions"), rows) {
            Ok(found) => found,
            Err(what) => return error(400, "InvalidObject", &what),
        };
        let is_forward =
            self.links == Links::Forward && request.header("pagination-type") == Some("forward-only");
        let (page, link) = if is_forward {
            self.forward(request, &mut found)
        } else {
            if let Some(order) = request.param("orderBy") {
                conditions::order(&mut found, order);
            }
            self.numbered(request, &found)
        };
        let data: Vec<Value> = page.iter().map(|row| cut(row, request.param("fields"))).collect();
        let reply = Reply::json(&data.into()).gzip();
        match self.links {
            Links::Missing => reply,
            _ => reply.header("Link", &link),
        }
    }

    /// A page behind the id that `pageId` names, with the address of the next one; the address behind the last page is
    /// empty. Order and number count for nothing.
    fn forward<'a>(&self, request: &Request, found: &mut [&'a Value]) -> (Vec<&'a Value>, String) {
        let id = |row: &Value| row["id"].as_i64().unwrap_or_default();
        found.sort_by_key(|row| id(row));
        let after: Option<i64> = request.param("pageId").and_then(|text| text.parse().ok());
        let behind = found.iter().copied().filter(|row| after.is_none_or(|after| id(row) > after));
        let size = request.number_param("pageSize").unwrap_or(25).clamp(1, self.page_size);
        let mut page: Vec<&Value> = behind.take(size + 1).collect();
        if page.len() <= size {
            return (page, String::new());
        }
        page.truncate(size);
        let last = page.last().map_or(0, |row| id(row)).to_string();
        (page, format!("<{}>; rel=\"next\"", request.url_with(&[("pageId", &last)])))
    }

    /// A page by number, with the addresses of others.
    fn numbered<'a>(&self, request: &Request, found: &[&'a Value]) -> (Vec<&'a Value>, String) {
        let number = request.number_param("page").unwrap_or(1).max(1);
        let list = format!("{} {:?}", request.path, request.param("conditions"));
        let page = self.pager.page(&list, number - 1, request.number_param("pageSize"), found.len());
        let relation = |name: &str, number: usize| {
            format!("<{}>; rel=\"{name}\"", request.url_with(&[("page", &number.to_string())]))
        };
        let mut links = Vec::new();
        if page.has_next() {
            links.push(relation("next", number + 1));
            links.push(relation("last", page.pages));
        }
        if number > 1 {
            links.push(relation("first", 1));
            links.push(relation("prev", number - 1));
        }
        (found[page.rows.clone()].to_vec(), links.join(", "))
    }
}

impl Vendor for ConnectWise {
    fn answer(&self, request: &Request) -> Reply {
        if let Some(company) = request.path.strip_prefix("/login/companyinfo/") {
            return self.company_info(company);
        }
        let Some(resource) = self.resource(request) else {
            return error(404, "NotFound", "The path is not known");
        };
        let user = format!("{COMPANY}+{PUBLIC_KEY}");
        if request.basic() != Some((user, PRIVATE_KEY.to_owned())) {
            return error(401, "Unauthorized", "Username or password is incorrect");
        }
        if request.header("clientid") != Some(CLIENT_ID) {
            return error(403, "ConnectWiseApi", "The clientId header is missing or not known");
        }
        if let Some(Err(wait)) = self.window.as_ref().map(Window::take) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Seconds(whole_seconds(wait))));
        }
        if request.method != "GET" {
            return error(405, "NotAllowed", "The fake is read only");
        }
        self.read(request, resource).header("api-current-version", "2026.3")
    }

    fn refuse(&self, _request: &Request, refusal: &Refusal) -> Reply {
        let text = refusal.text();
        let reply = match refusal {
            Refusal::Expired => error(401, "Unauthorized", text),
            Refusal::Forbidden => error(403, "ConnectWiseApi", text),
            Refusal::Broken(Some(document)) => Reply::json(document),
            Refusal::Broken(None) => error(500, "InternalServerError", text),
            Refusal::TooMany(_) => Reply::json(&json!({ "error": "Too Many Requests", "message": text })),
        };
        refusal.on(reply)
    }
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(&json!({ "code": code, "message": message, "errors": null })).status(status)
}

/// A ticket as its list has it.
fn without_configurations(ticket: &mut Value) {
    if let Some(members) = ticket.as_object_mut() {
        members.shift_remove("configurations");
    }
}

/// The members of a row that `fields` names, all where it is not there. `_info` comes only when it is named.
fn cut(row: &Value, fields: Option<&str>) -> Value {
    let (Some(fields), Some(members)) = (fields, row.as_object()) else { return row.clone() };
    let wanted: Vec<&str> =
        fields.split(',').map(|name| name.trim().split('/').next().unwrap_or_default()).collect();
    let kept = members.iter().filter(|(name, _)| wanted.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}
