//! NinjaOne, as its public API has it: a token for client credentials, lists that are arrays, and pages that begin behind
//! the id of the last row of the one before.

use serde_json::{Value, json};

use super::Options;
use super::estate::{Estate, Rows};
use super::fault::{Refusal, RetryAfter};
use super::limits::{Tokens, Window, whole_seconds};
use super::lists::Lists;
use super::message::{Reply, Request};
use super::server::Vendor;

/// The id of the client application.
pub const CLIENT: &str = "CANARY-ninja-client-90";
/// Its secret.
pub const SECRET: &str = "CANARY-ninja-secret-e2d8";

/// Rows of a page at most.
const PAGE: usize = 1000;

/// NinjaOne.
pub struct NinjaOne {
    lists: Lists,
    page_size: usize,
    tokens: Tokens,
    window: Option<Window>,
    ignores_cursor: bool,
}

impl NinjaOne {
    /// An account with the clients and devices that the sample of Datto RMM has, in the lists `organizations` and
    /// `devices`, in the order of their ids.
    pub fn sample(options: &Options) -> Self {
        let estate = Estate::sample("datto_rmm", options.ids);
        let audits = estate.rows("audits");
        let sorted = |mut rows: Vec<Value>| {
            rows.sort_by_key(id);
            Rows::held(rows)
        };
        let device = |row: &Value| {
            let audit = audits.iter().find(|audit| audit["deviceUid"] == row["uid"]);
            device(row, audit.unwrap_or(&Value::Null))
        };
        let organization = |site: &Value| json!({ "id": site["id"], "name": site["name"], "description": site["notes"], "nodeApprovalMode": "AUTOMATIC" });
        let lists = Lists::default();
        lists.set("organizations", sorted(estate.rows("sites").iter().map(organization).collect()));
        lists.set("devices", sorted(estate.rows("devices").iter().map(device).collect()));
        Self {
            lists,
            page_size: options.page_size.unwrap_or(PAGE).clamp(1, PAGE),
            tokens: Tokens::new(options.token_life),
            window: options.rate.map(Window::new),
            ignores_cursor: false,
        }
    }

    /// The same for a server that gives the first page whatever is asked for.
    #[must_use]
    pub fn ignoring_the_cursor(mut self) -> Self {
        self.ignores_cursor = true;
        self
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    fn sign_in(&self, request: &Request) -> Reply {
        let field = |name: &str| request.field(name).unwrap_or_default();
        let refused = |what: &str| Reply::json(&json!({ "error": what })).status(400);
        if field("grant_type") != "client_credentials" {
            return refused("unsupported_grant_type");
        }
        if field("client_id") != CLIENT || field("client_secret") != SECRET {
            return refused("invalid_client").status(401);
        }
        if field("scope") != "monitoring" {
            return refused("invalid_scope");
        }
        Reply::json(&json!({
            "access_token": self.tokens.give(), "token_type": "Bearer", "expires_in": 3600, "scope": "monitoring",
        }))
    }

    fn list(&self, request: &Request, name: &str) -> Reply {
        let rows = self.lists.rows(name);
        let after =
            request.param("after").and_then(|id| id.parse::<i64>().ok()).filter(|_| !self.ignores_cursor);
        let size = request.number_param("pageSize").unwrap_or(PAGE).clamp(1, self.page_size);
        let behind = rows.iter().filter(|row| after.is_none_or(|after| id(row) > after));
        Reply::json(&behind.take(size).map(std::borrow::Cow::into_owned).collect()).gzip()
    }
}

impl Vendor for NinjaOne {
    fn answer(&self, request: &Request) -> Reply {
        if request.method == "POST" && request.path == "/ws/oauth/token" {
            return self.sign_in(request);
        }
        if !self.tokens.takes(request.bearer()) {
            return self.refuse(request, &Refusal::Expired);
        }
        if let Some(Err(wait)) = self.window.as_ref().map(Window::take) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Seconds(whole_seconds(wait))));
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/v2/organizations") => self.list(request, "organizations"),
            ("GET", "/v2/devices-detailed") => self.list(request, "devices"),
            _ => Reply::json(&json!({ "resultCode": "NOT_FOUND" })).status(404),
        }
    }

    fn refuse(&self, _: &Request, refusal: &Refusal) -> Reply {
        refusal.on(Reply::json(&json!({ "resultCode": "FAILURE", "errorMessage": refusal.text() })))
    }
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().unwrap_or_default()
}

fn device(row: &Value, audit: &Value) -> Value {
    let macs = |nic: &Value| nic["macAddress"].as_str().map(str::to_owned);
    let nics = audit["nics"].as_array().cloned().unwrap_or_default();
    let system = row["operatingSystem"].as_str().unwrap_or_default();
    json!({
        "id": row["id"], "uid": row["uid"], "organizationId": row["siteId"], "locationId": 1, "nodeRoleId": 11,
        "nodeClass": if system.contains("Server") { "WINDOWS_SERVER" } else { "WINDOWS_WORKSTATION" },
        "approvalStatus": "APPROVED", "offline": row["online"] == false, "systemName": row["hostname"], "dnsName": null,
        "created": 1_728_487_941.725_76, "lastContact": 1_769_800_000.5, "lastUpdate": 1_769_800_000,
        "ipAddresses": [row["intIpAddress"]], "publicIP": row["extIpAddress"],
        "macAddresses": nics.iter().filter_map(macs).collect::<Vec<_>>(),
        "os": { "name": system, "manufacturer": "Microsoft Corporation" },
        "system": {
            "name": row["hostname"], "manufacturer": audit["systemInfo"]["manufacturer"],
            "model": audit["systemInfo"]["model"], "serialNumber": audit["bios"]["serialNumber"],
            "biosSerialNumber": audit["bios"]["serialNumber"],
        },
    })
}
