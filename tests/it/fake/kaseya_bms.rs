//! Kaseya BMS, as its help page and the description of version 2 of its API have it, and Vorex and Pulseway PSA with it: a
//! token by form with a tenant, numbered pages from 1, failures with status 200, and a budget of every endpoint's own.
//!
//! The list of assets has no total and no MAC address; the answer about one asset has. The description prints names in
//! `PascalCase`, live answers have them in `camelCase`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::Options;
use super::estate::{Estate, Rows};
use super::fault::{Refusal, RetryAfter};
use super::limits::{Rate, Tokens, Window};
use super::lists::{Lists, text_of};
use super::message::{Reply, Request};
use super::paging::Pager;
use super::server::Vendor;

/// The user name of an API employee.
pub const USER: &str = "CANARY-bms-user";
/// Its password.
pub const PASSWORD: &str = "CANARY-bms-password-41aa";
/// The name of the tenant.
pub const TENANT: &str = "Larkfield IT";

/// Rows of a page where a request does not say. The vendor publishes neither this nor the most.
const PAGE: usize = 100;

/// Kaseya BMS.
pub struct KaseyaBms {
    lists: Lists,
    pager: Pager,
    tokens: Tokens,
    expiry: Expiry,
    rate: Option<Rate>,
    /// By endpoint.
    windows: Mutex<BTreeMap<&'static str, Window>>,
    is_pascal: bool,
}

/// What an answer to a sign-in says of the token's end.
#[derive(Debug, Clone, Copy)]
pub enum Expiry {
    /// In so long.
    In(Duration),
    /// So long ago, as a vendor's clock of another zone has it, and without the zone.
    Zoneless(Duration),
    /// Nothing.
    Silent,
}

impl KaseyaBms {
    /// A tenant with the rows of the sample, in lists that are called as its files are. `asset_details` has one row per
    /// asset of the list.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("kaseya_bms", options.ids), options)
    }

    /// A tenant with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let lists = Lists::default();
        for name in ["accounts", "contacts", "hardware_assets", "tickets", "account_types"] {
            // The sample's second documents are in another spelling.
            let rows = [estate.rows(name), estate.rows(&format!("{name}_2"))].concat();
            lists.set(name, Rows::held(rows));
        }
        let listed = lists.rows("hardware_assets");
        let is_listed = |asset: &Value| listed.iter().any(|row| row["id"] == asset["id"]);
        let details = estate.rows("asset_details").into_iter().map(|answer| answer["result"].clone());
        lists.set("asset_details", Rows::held(details.filter(is_listed).collect()));
        Self {
            lists,
            pager: Pager::new(PAGE, usize::MAX, options),
            tokens: Tokens::new(options.token_life),
            expiry: Expiry::In(Duration::from_mins(30)),
            rate: options.rate,
            windows: Mutex::default(),
            is_pascal: false,
        }
    }

    /// The same with answers in `PascalCase`.
    #[must_use]
    pub fn in_pascal_case(mut self) -> Self {
        self.is_pascal = true;
        self
    }

    /// The same with tokens of which this is said.
    #[must_use]
    pub fn with_expiry(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    /// Tokens that were given.
    pub fn sign_ins(&self) -> usize {
        self.tokens.count()
    }

    fn sign_in(&self, request: &Request) -> Value {
        let form = request.form();
        let field = |name: &str| {
            form.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
        };
        if field("GrantType") != "password" {
            return failure(400, "GrantType is invalid");
        }
        if field("UserName") != USER || field("Password") != PASSWORD || field("Tenant") != TENANT {
            return failure(401, "Invalid user name, password or tenant");
        }
        let after =
            |wait: SignedDuration| (Timestamp::now() + wait).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let expires = match self.expiry {
            Expiry::In(wait) => {
                let wait = SignedDuration::try_from(wait).expect("tests wait for less than ages");
                format!("{}Z", after(wait)).into()
            }
            Expiry::Zoneless(ago) => {
                let ago = SignedDuration::try_from(ago).expect("tests wait for less than ages");
                after(-ago).into()
            }
            Expiry::Silent => Value::Null,
        };
        success(&json!({
            "accessToken": self.tokens.give(), "accessTokenExpireOn": expires,
            "refreshToken": "refresh-CANARY", "refreshTokenExpireOn": null,
        }))
    }

    /// Takes a place in the budget of an endpoint. A refusal does not say how long it lasts.
    fn take(&self, endpoint: &'static str) -> bool {
        let Some(rate) = self.rate else { return true };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.entry(endpoint).or_insert_with(|| Window::new(rate)).take().is_ok()
    }

    fn read(&self, request: &Request) -> Reply {
        let path = request.path.strip_prefix("/v2/").unwrap_or_default();
        let (endpoint, asset) = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["crm", "accounts", "summary"] => ("accounts", None),
            ["crm", "contacts", "summary"] => ("contacts", None),
            ["servicedesk", "hardwareasset", "searchselect"] => ("hardware_assets", None),
            ["servicedesk", "hardwareasset", id] => ("asset_details", Some(*id)),
            ["servicedesk", "tickets"] => ("tickets", None),
            ["system", "accounttypes", "lookup"] => ("account_types", None),
            _ => return Reply::text(404, ""),
        };
        if !self.take(endpoint) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Seconds(1)));
        }
        let answer = match (endpoint, asset) {
            (_, Some(id)) => match self.lists.find("asset_details", "id", id) {
                Some(asset) => success(&asset),
                None => failure(404, "Hardware asset was not found"),
            },
            ("account_types", _) => {
                let rows: Vec<Value> =
                    self.lists.rows(endpoint).iter().map(std::borrow::Cow::into_owned).collect();
                success(&rows.into())
            }
            _ => self.list(request, endpoint),
        };
        self.spelt(&answer).gzip()
    }

    /// A page of a list. Pages are counted from 1.
    fn list(&self, request: &Request, name: &str) -> Value {
        let rows = self.lists.rows(name);
        let found: Vec<Value> =
            rows.iter().filter(|row| is_wanted(request, row)).map(std::borrow::Cow::into_owned).collect();
        let number = |name: &str| parameter(request, name).and_then(|text| text.parse::<usize>().ok());
        let index = number("PageNumber").unwrap_or(1).max(1) - 1;
        // What tells lists apart is everything but the page.
        let mut filters = request.query.clone();
        filters.retain(|(name, _)| !name.eq_ignore_ascii_case("PageNumber"));
        let page = self.pager.page(&format!("{name} {filters:?}"), index, number("PageSize"), found.len());
        let rows = found.get(page.rows.clone()).unwrap_or_default().to_vec();
        let mut answer = success(&rows.into());
        if name != "hardware_assets" {
            answer["totalRecords"] = page.total.into();
        }
        answer
    }

    /// An answer in the spelling of its names that the server has.
    fn spelt(&self, answer: &Value) -> Reply {
        if self.is_pascal { Reply::json(&pascal(answer)) } else { Reply::json(answer) }
    }
}

impl Vendor for KaseyaBms {
    fn answer(&self, request: &Request) -> Reply {
        let is = |method: &str, path: &str| request.method == method && request.path == path;
        if is("POST", "/v2/security/authenticate") {
            return self.spelt(&self.sign_in(request));
        }
        if !self.tokens.takes(request.bearer()) {
            return self.refuse(request, &Refusal::Expired);
        }
        if request.method != "GET" {
            return Reply::text(405, "");
        }
        self.read(request)
    }

    fn refuse(&self, _: &Request, refusal: &Refusal) -> Reply {
        let reply = match refusal {
            Refusal::Broken(Some(document)) => Reply::json(document),
            // Failures come with status 200.
            Refusal::Forbidden => {
                return self.spelt(&failure(403, "The user has no right to read this"));
            }
            _ => self.spelt(&failure(refusal.status(), refusal.text())),
        };
        refusal.on(reply)
    }
}

fn success(result: &Value) -> Value {
    json!({ "success": true, "error": null, "result": result })
}

/// A failure as the vendor writes it, its spelling mistakes included.
pub fn failure(code: u16, message: &str) -> Value {
    let error =
        json!({ "code": code, "message": message, "details": null, "stackStrace": null, "subErrors": [] });
    json!({ "success": false, "result": null, "error": error })
}

/// A parameter of the query, in any case of letters.
fn parameter<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.query.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// A member of a row, in either spelling.
fn member<'v>(row: &'v Value, name: &str) -> Option<&'v Value> {
    row.as_object()?.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn is_wanted(request: &Request, row: &Value) -> bool {
    let time =
        |text: &str| text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse::<Timestamp>()).ok();
    let own = |name: &str| member(row, name).and_then(Value::as_str).and_then(time);
    let asked = |name: &str| parameter(request, name).and_then(time);
    let spans = [
        ("ModifiedOn", "modifiedOn"),
        ("CreatedOn", "createdOn"),
        ("LastActivityUpdate", "lastActivityUpdate"),
    ];
    let is_in_time = spans.iter().all(|(filter, name)| {
        let from = asked(&format!("Filter.{filter}From"));
        let to = asked(&format!("Filter.{filter}To"));
        from.is_none_or(|from| own(name).is_some_and(|own| own >= from))
            && to.is_none_or(|to| own(name).is_some_and(|own| own <= to))
    });
    let is_active = member(row, "isActive").map(text_of);
    is_in_time
        && parameter(request, "Filter.IsActive").is_none_or(|wanted| is_active.as_deref() == Some(wanted))
}

/// A document with names in `PascalCase`.
fn pascal(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let mut chars = name.chars();
                let first = chars.next().map(|first| first.to_ascii_uppercase());
                (first.into_iter().chain(chars).collect(), pascal(value))
            });
            Value::Object(members.collect::<Map<String, Value>>())
        }
        Value::Array(items) => items.iter().map(pascal).collect(),
        other => other.clone(),
    }
}
