//! Datto RMM, as its help pages and API description have it: a token by the password grant, pages from 0, a budget of
//! reads that is refused with 429 and, for those who go on, with a block that looks like a missing permission.
//!
//! `nextPageUrl` loses the filters of the first call. The list of the account can lack devices that the lists of the
//! sites have. An audit does not say which device it is of.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Options;
use super::estate::Estate;
use super::fault::{Refusal, RetryAfter};
use super::limits::{Rate, Tokens, Window, whole_seconds};
use super::lists::{Lists, text_of};
use super::message::{Reply, Request, query_text};
use super::paging::{Page, Pager};
use super::server::Vendor;

/// The API key, which is sent as the user name.
pub const KEY: &str = "CANARY-datto-key-19d2";
/// The API secret, which is sent as the password.
pub const SECRET: &str = "CANARY-datto-secret-77e0";

/// The most rows of a page, which is also what a request without `max` gets.
const PAGE: usize = 250;
/// Requests that may follow the first refused one before the address is blocked.
const PATIENCE: u32 = 3;
/// A block lasts so many windows: five minutes for the vendor's minute.
const BLOCK_WINDOWS: u32 = 5;

/// Datto RMM.
pub struct DattoRmm {
    lists: Lists,
    hidden: Vec<String>,
    pager: Pager,
    tokens: Tokens,
    rate: Option<Rate>,
    window: Option<Window>,
    pressure: Mutex<Pressure>,
}

/// What became of those who asked too fast.
#[derive(Debug, Default)]
struct Pressure {
    refused: u32,
    blocked_until: Option<Instant>,
}

impl DattoRmm {
    /// An account with the rows of the sample: the lists `sites`, `devices` and `audits`, these by `deviceUid`.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("datto_rmm", options.ids), options)
    }

    /// An account with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let lists = [("sites", "sites"), ("devices", "devices"), ("audits", "audits")];
        Self {
            lists: Lists::of(estate, &lists),
            hidden: Vec::new(),
            pager: Pager::new(PAGE, PAGE, options),
            tokens: Tokens::new(options.token_life),
            rate: options.rate,
            window: options.rate.map(Window::new),
            pressure: Mutex::default(),
        }
    }

    /// The same with devices that the list of the account lacks.
    #[must_use]
    pub fn hiding(mut self, uids: &[&str]) -> Self {
        self.hidden = uids.iter().map(|uid| (*uid).to_owned()).collect();
        self
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    fn sign_in(&self, request: &Request) -> Reply {
        let client = ("public-client".to_owned(), "public".to_owned());
        if request.basic() != Some(client) {
            return refused_sign_in(401, "invalid_client");
        }
        if request.field("grant_type").as_deref() != Some("password") {
            return refused_sign_in(400, "unsupported_grant_type");
        }
        let has_key = request.field("username").as_deref() == Some(KEY);
        if !has_key || request.field("password").as_deref() != Some(SECRET) {
            return refused_sign_in(400, "invalid_grant");
        }
        // A hundred hours.
        Reply::json(
            &json!({ "access_token": self.tokens.give(), "token_type": "bearer", "expires_in": 359_999 }),
        )
    }

    /// Takes a place in the budget. Above nine tenths of it answers come late; the vendor's second is a sixtieth of its
    /// window.
    fn take(&self, request: &Request) -> Result<Duration, Reply> {
        let (Some(rate), Some(window)) = (self.rate, &self.window) else { return Ok(Duration::ZERO) };
        let mut pressure = self.pressure.lock().unwrap_or_else(PoisonError::into_inner);
        if pressure.blocked_until.is_some_and(|until| Instant::now() < until) {
            return Err(error(request, 403, "Forbidden"));
        }
        match window.take() {
            Ok(()) => {
                *pressure = Pressure::default();
                let is_late = window.taken() * 10 > rate.requests * 9;
                Ok(if is_late { rate.window / 60 } else { Duration::ZERO })
            }
            Err(wait) => {
                pressure.refused += 1;
                if pressure.refused > PATIENCE {
                    pressure.blocked_until = Some(Instant::now() + rate.window * BLOCK_WINDOWS);
                }
                Err(self.refuse(request, &Refusal::TooMany(RetryAfter::Seconds(whole_seconds(wait)))))
            }
        }
    }

    fn read(&self, request: &Request) -> Reply {
        let path = request.path.strip_prefix("/api/v2/").unwrap_or_default();
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["account"] => Reply::json(&account(self.lists.rows("devices").len())),
            ["account", "sites"] => self.list(
                request,
                "sites",
                "sites",
                |row| like(request, "siteName", &row["name"]),
                Clone::clone,
            ),
            ["account", "devices"] => self.list(
                request,
                "devices",
                "devices",
                |row| !self.hidden.iter().any(|uid| row["uid"] == **uid) && is_wanted(request, row),
                Clone::clone,
            ),
            ["site", uid, rest @ ..] if !rest.is_empty() => self.of_site(request, uid, rest),
            ["audit", class, uid] => self.audit(request, class, uid),
            ["system", "request_rate"] => Reply::json(&self.request_rate()),
            ["system", "pagination"] => Reply::json(&json!({ "max": PAGE })),
            _ => error(request, 404, "Not Found"),
        }
    }

    fn of_site(&self, request: &Request, uid: &str, rest: &[&str]) -> Reply {
        // The pseudo site's uid is none.
        if !is_guid(uid) {
            return error(request, 400, "Bad Request");
        }
        if self.lists.find("sites", "uid", uid).is_none() {
            return error(request, 404, "Not Found");
        }
        let is_own = |row: &Value| row["siteUid"] == uid;
        match rest {
            ["devices"] => self.list(request, "devices", "devices", is_own, Clone::clone),
            ["devices", "network-interface"] => {
                self.list(request, "devices", "devices", is_own, |row| interfaces(&self.lists, row))
            }
            _ => error(request, 404, "Not Found"),
        }
    }

    /// A page of a list: the rows that are wanted, each in the form of the call.
    fn list(
        &self,
        request: &Request,
        name: &str,
        member: &str,
        is_wanted: impl Fn(&Value) -> bool,
        form: impl Fn(&Value) -> Value,
    ) -> Reply {
        let rows = self.lists.rows(name);
        let found: Vec<usize> = (0..rows.len()).filter(|place| is_wanted(&rows.get(*place))).collect();
        let mut filters = request.query.clone();
        filters.retain(|(name, _)| name != "page");
        let list = format!("{}{}", request.path, query_text(&filters));
        let index = request.number_param("page").unwrap_or(0);
        let page = self.pager.page(&list, index, request.number_param("max"), found.len());
        let data: Vec<Value> = found[page.rows.clone()].iter().map(|place| form(&rows.get(*place))).collect();
        let details = page_details(request, &page, data.len());
        Reply::json(&json!({ "pageDetails": details, member: data })).gzip()
    }

    fn audit(&self, request: &Request, class: &str, uid: &str) -> Reply {
        let Some(device) = self.lists.find("devices", "uid", uid) else {
            return error(request, 404, "Not Found");
        };
        let own = match device["deviceClass"].as_str() {
            Some("esxihost") => "esxihost",
            Some("printer") => "printer",
            _ => "device",
        };
        if class != own {
            return error(request, 400, &format!("Device {uid} is not of class {class}"));
        }
        let Some(mut audit) = self.lists.find("audits", "deviceUid", uid) else {
            return error(request, 404, "Not Found");
        };
        if let Some(members) = audit.as_object_mut() {
            members.shift_remove("deviceUid");
        }
        Reply::json(&audit).gzip()
    }

    fn request_rate(&self) -> Value {
        let (limit, seconds) =
            self.rate.map_or((600, 60), |rate| (rate.requests, whole_seconds(rate.window)));
        json!({
            "slidingTimeWindowSizeSeconds": seconds,
            "accountUid": "lar0001",
            "accountCount": self.window.as_ref().map_or(0, Window::taken),
            "accountRateLimit": limit,
            "accountCutOffRatio": 0.9,
            "accountWriteRateLimit": 600,
            "accountWriteCount": 0,
            "operationWriteStatus": {},
        })
    }
}

impl Vendor for DattoRmm {
    fn answer(&self, request: &Request) -> Reply {
        if request.path == "/auth/oauth/token" && request.method == "POST" {
            return self.sign_in(request);
        }
        if !self.tokens.takes(request.bearer()) {
            return error(request, 401, "Unauthorized");
        }
        let delay = match self.take(request) {
            Ok(delay) => delay,
            Err(refusal) => return refusal,
        };
        if request.method != "GET" {
            return error(request, 405, "Method Not Allowed");
        }
        Reply { delay, ..self.read(request) }
    }

    fn refuse(&self, request: &Request, refusal: &Refusal) -> Reply {
        let reply = match refusal {
            Refusal::Broken(Some(document)) => Reply::json(document),
            _ => error(request, refusal.status(), refusal.text()),
        };
        refusal.on(reply)
    }
}

/// A device as the list of a site's interfaces has it.
pub fn interfaces(lists: &Lists, device: &Value) -> Value {
    let audit = lists.find("audits", "deviceUid", &text_of(&device["uid"])).unwrap_or_default();
    let mut row = json!({});
    for name in [
        "id",
        "uid",
        "siteId",
        "siteUid",
        "siteName",
        "deviceType",
        "hostname",
        "intIpAddress",
        "extIpAddress",
    ] {
        row[name] = device[name].clone();
    }
    row["nics"] = if audit["nics"].is_array() { audit["nics"].clone() } else { json!([]) };
    row
}

fn refused_sign_in(status: u16, code: &str) -> Reply {
    Reply::json(&json!({ "error": code, "error_description": "Bad credentials" })).status(status)
}

/// The vendor's document for a failure. Its path is that behind `/api`.
fn error(request: &Request, status: u16, text: &str) -> Reply {
    let path = request.path.strip_prefix("/api").unwrap_or(&request.path);
    let at = jiff::Timestamp::now().as_millisecond();
    Reply::json(&json!({ "timestamp": at, "status": status, "error": text, "path": path })).status(status)
}

fn account(devices: usize) -> Value {
    json!({
        "id": 1, "uid": "lar0001", "name": "Larkfield IT", "currency": "GBP",
        "descriptor": { "bilingEmail": "accounts@larkfieldit.example", "deviceLimit": 500, "timeZone": "Europe/London" },
        "devicesStatus": { "numberOfDevices": devices },
    })
}

/// Filters compare by `LIKE` with anything before and behind.
fn like(request: &Request, parameter: &str, value: &Value) -> bool {
    let has = |wanted: &str| text_of(value).to_lowercase().contains(&wanted.to_lowercase());
    request.param(parameter).is_none_or(has)
}

fn is_wanted(request: &Request, device: &Value) -> bool {
    like(request, "hostname", &device["hostname"])
        && like(request, "siteName", &device["siteName"])
        && like(request, "operatingSystem", &device["operatingSystem"])
        && like(request, "deviceType", &device["deviceType"]["category"])
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Addresses of other pages have page and size, and no filter. The last page of a site's list has an empty address, that
/// of the account's lists none.
fn page_details(request: &Request, page: &Page, count: usize) -> Value {
    let url = |index: usize| {
        let size = request.param("max").map(|max| format!("&max={max}")).unwrap_or_default();
        format!("{}{}?page={index}{size}", request.origin(), request.raw_path())
    };
    let none = if request.path.contains("/site/") { json!("") } else { Value::Null };
    json!({
        "count": count,
        "totalCount": page.total,
        "prevPageUrl": if page.index > 0 { url(page.index - 1).into() } else { none.clone() },
        "nextPageUrl": if page.has_next() { url(page.index + 1).into() } else { none },
    })
}
