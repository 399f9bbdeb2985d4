//! Microsoft Graph, as its documentation has it: tokens per tenant by client credentials, lists that go on at
//! `@odata.nextLink`, fields only where `$select` names them.
//!
//! The links of pages are opaque: one that a client makes up is refused. A page without rows still has a link. Lists of the
//! partner's relationships are there in the partner's own tenant alone.

mod delta;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

pub use self::delta::Deltas;
use super::Options;
use super::estate::{Estate, Rows};
use super::fault::{Refusal, RetryAfter};
use super::limits::{Tokens, Window, whole_seconds};
use super::lists::Lists;
use super::message::{Reply, Request, encode};
use super::paging::Pager;
use super::server::Vendor;

/// The id of the application.
pub const CLIENT: &str = "3f2b9c10-5d7e-4a86-9b1c-CANARYclient";
/// The secret of the application.
pub const SECRET: &str = "CANARY~graph.secret-91ac";

/// The provider's own tenant.
pub const PARTNER: &str = "larkfieldit.example";

/// Fields of a user that no list of users has; asking for one is answered with 501.
const SINGLE: [&str; 11] = [
    "aboutMe",
    "birthday",
    "hireDate",
    "interests",
    "mySite",
    "pastProjects",
    "preferredName",
    "responsibilities",
    "schools",
    "skills",
    "mailboxSettings",
];

/// Fields of a user where `$select` names none.
const DEFAULT: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// The lists of a tenant: path, what its documents are called, and the most rows of a page.
const LISTS: [(&str, &str, Option<usize>); 9] = [
    ("/organization", "organization", None),
    ("/domains", "domains", Some(999)),
    ("/users", "users", Some(999)),
    ("/subscribedSkus", "subscribed_skus", None),
    ("/directory/subscriptions", "subscriptions", Some(999)),
    ("/groups", "groups", Some(999)),
    ("/deviceManagement/managedDevices", "managed_devices", Some(999)),
    ("/tenantRelationships/delegatedAdminCustomers", "delegated_admin_customers", Some(300)),
    ("/tenantRelationships/delegatedAdminRelationships", "delegated_admin_relationships", Some(300)),
];

/// One tenant.
struct Tenant {
    /// What it is called in the sample.
    name: String,
    /// Its id and its domains.
    names: Vec<String>,
    is_partner: bool,
    /// By path; the members of groups too.
    lists: Lists,
}

/// What a token or a link is for.
#[derive(Default)]
struct Given {
    /// Tenants by token.
    tokens: BTreeMap<String, usize>,
    /// Tenant, list and page by the text of a link.
    links: BTreeMap<String, (usize, String, usize)>,
}

/// Microsoft Graph with its sign-in.
pub struct Graph {
    tenants: Vec<Tenant>,
    pager: Pager,
    tokens: Tokens,
    given: Mutex<Given>,
    window: Option<Window>,
    lapsed: Vec<String>,
    forbidden: Vec<(String, String)>,
    deltas: Deltas,
    has_mark: bool,
    elsewhere: Option<String>,
    turns: bool,
}

impl Graph {
    /// The tenants of the sample, and the provider's own. The devices of `lowther` may not be read.
    pub fn sample(options: &Options) -> Self {
        let tenants = ["juniper_court", "lowther"];
        let tenants = tenants.map(|name| Tenant::of(name, &format!("microsoft_365/tenants/{name}")));
        let partner = Tenant::of("partner", "microsoft_365/partner");
        Self {
            tenants: tenants.into_iter().chain([partner]).collect(),
            pager: Pager::new(100, 999, options),
            tokens: Tokens::new(options.token_life),
            given: Mutex::default(),
            window: options.rate.map(Window::new),
            lapsed: Vec::new(),
            forbidden: vec![("lowther".to_owned(), "/deviceManagement".to_owned())],
            deltas: Deltas::new(options),
            has_mark: false,
            elsewhere: None,
            turns: false,
        }
    }

    /// The same with a tenant whose relationship ended: it gives no tokens.
    #[must_use]
    pub fn lapsing(mut self, tenant: &str) -> Self {
        self.lapsed.push(tenant.to_owned());
        self
    }

    /// The same with lists that may not be read in a tenant, by the begin of their paths.
    #[must_use]
    pub fn forbidding(mut self, tenant: &str, path: &str) -> Self {
        self.forbidden.push((tenant.to_owned(), path.to_owned()));
        self
    }

    /// The same with a mark of the byte order in front of every answer.
    #[must_use]
    pub fn marking(mut self) -> Self {
        self.has_mark = true;
        self
    }

    /// The same with links that lead to another address.
    #[must_use]
    pub fn leading_to(mut self, origin: &str) -> Self {
        self.elsewhere = Some(origin.to_owned());
        self
    }

    /// The same with lists whose last page links back to an earlier one.
    #[must_use]
    pub fn turning(mut self) -> Self {
        self.turns = true;
        self
    }

    /// The lists of a tenant, by path.
    pub fn lists(&self, tenant: &str) -> Lists {
        let found = self.tenants.iter().find(|known| known.name == tenant);
        found.expect("the sample has the tenant").lists.clone()
    }

    /// The links to what changed.
    pub fn deltas(&self) -> Deltas {
        self.deltas.clone()
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign_in(&self, request: &Request, called: &str) -> Reply {
        let at = self
            .tenants
            .iter()
            .position(|tenant| tenant.names.iter().any(|name| name.eq_ignore_ascii_case(called)));
        let Some(at) = at else {
            let what = format!("AADSTS90002: Tenant '{called}' not found.");
            return refused_sign_in(400, "invalid_request", 90002, &what);
        };
        if self.lapsed.contains(&self.tenants[at].name) {
            let what = "AADSTS5000224: We are sorry, this resource is not available.";
            return refused_sign_in(400, "invalid_request", 5_000_224, what);
        }
        if request.field("grant_type").as_deref() != Some("client_credentials") {
            let what = "AADSTS70003: The app requested an unsupported grant type.";
            return refused_sign_in(400, "unsupported_grant_type", 70003, what);
        }
        if request.field("client_id").as_deref() != Some(CLIENT) {
            let what = "AADSTS700016: The application was not found in the directory.";
            return refused_sign_in(400, "unauthorized_client", 700_016, what);
        }
        if request.field("client_secret").as_deref() != Some(SECRET) {
            let what = "AADSTS7000215: Invalid client secret provided.";
            return refused_sign_in(401, "invalid_client", 7_000_215, what);
        }
        if request.field("scope") != Some(format!("{}/.default", request.origin())) {
            let what = "AADSTS70011: The provided value for the input parameter 'scope' is not valid.";
            return refused_sign_in(400, "invalid_scope", 70011, what);
        }
        let token = self.tokens.give();
        self.given().tokens.insert(token.clone(), at);
        Reply::json(
            &json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token }),
        )
    }

    fn read(&self, request: &Request, at: usize, path: &str) -> Reply {
        let tenant = &self.tenants[at];
        let is_forbidden = self
            .forbidden
            .iter()
            .any(|(name, begin)| *name == tenant.name && path.starts_with(begin.as_str()));
        let is_partners = path.starts_with("/tenantRelationships/");
        if is_forbidden || (is_partners && !tenant.is_partner) {
            return self.refuse(request, &Refusal::Forbidden);
        }
        if let Some(list) = path.strip_suffix("/delta").filter(|list| matches!(*list, "/users" | "/groups")) {
            let rows: Vec<Value> = tenant.lists.rows(list).iter().map(std::borrow::Cow::into_owned).collect();
            let origin = self.elsewhere.clone().unwrap_or_else(|| request.origin());
            return self.deltas.answer(request, at, &rows, &origin);
        }
        if let Some((list, id)) = path
            .strip_prefix("/groups/")
            .map(|rest| ("/groups", rest))
            .or_else(|| path.strip_prefix("/users/").map(|rest| ("/users", rest)))
        {
            let (id, is_members) = id.strip_suffix("/members").map_or((id, false), |id| (id, true));
            let Some(row) = tenant.lists.find(list, "id", id) else {
                return error(404, "Request_ResourceNotFound", &format!("Resource '{id}' does not exist."));
            };
            if is_members && list == "/groups" {
                let members = tenant.lists.get(path).unwrap_or_else(|| Rows::held(Vec::new()));
                let members: Vec<Value> = members.iter().map(std::borrow::Cow::into_owned).collect();
                return self.page(request, at, Some(999), &members);
            }
            return record(request, list, &row);
        }
        let Some((_, _, most)) = LISTS.iter().find(|(own, _, _)| *own == path) else {
            return error(400, "BadRequest", "Resource not found for the segment.");
        };
        if most.is_none() && request.param("$filter").is_some() {
            return error(400, "Request_BadRequest", "This operation is not supported.");
        }
        let rows = tenant.lists.rows(path);
        let is_active = request.param("$filter") == Some("status eq 'active'");
        let rows = rows.iter().filter(|row| !is_active || row["status"] == "active");
        self.page(request, at, *most, &rows.map(std::borrow::Cow::into_owned).collect::<Vec<_>>())
    }

    /// A page of rows with the fields that are asked for.
    fn page(&self, request: &Request, at: usize, most: Option<usize>, rows: &[Value]) -> Reply {
        let top = match (request.param("$top"), most) {
            (None, None) => Some(usize::MAX),
            (None, Some(_)) => None,
            (Some(text), most) => match (text.parse::<usize>(), most) {
                (Ok(top), Some(most)) if (1..=most).contains(&top) => Some(top),
                _ => {
                    return error(
                        400,
                        "Request_BadRequest",
                        &format!("Invalid page size specified: '{text}'."),
                    );
                }
            },
        };
        let selected: Option<Vec<&str>> = match request.param("$select") {
            Some(text) => Some(text.split(',').collect()),
            None if request.path == "/v1.0/users" => Some(DEFAULT.to_vec()),
            None => None,
        };
        if request.path == "/v1.0/users" && selected.iter().flatten().any(|name| SINGLE.contains(name)) {
            return error(501, "NotImplemented", "This operation target is not yet supported.");
        }
        let list = format!("{at} {}", request.path);
        let index = match request.param("$skiptoken") {
            None => 0,
            Some(_) => match self.given().links.get(&request.target) {
                Some((own, known, index)) if *own == at && *known == list => *index,
                _ => {
                    return error(
                        400,
                        "Directory_ExpiredPageToken",
                        "The specified page token value has expired.",
                    );
                }
            },
        };
        let has_pages = most.is_some();
        let page = if has_pages {
            self.pager.page(&list, index, top, rows.len())
        } else {
            Pager::new(usize::MAX, usize::MAX, &Options::default()).page(&list, 0, None, rows.len())
        };
        let value: Vec<Value> =
            rows[page.rows.clone()].iter().map(|row| fields(row, selected.as_deref())).collect();
        let name = request.path.trim_start_matches("/v1.0/");
        let mut answer = json!({ "@odata.context": format!("{}/v1.0/$metadata#{name}", request.origin()) });
        let next = if page.has_next() { Some(index + 1) } else { (self.turns && index > 0).then_some(1) };
        if let Some(next) = next {
            answer["@odata.nextLink"] = self.link(request, at, list, next).into();
        }
        answer["value"] = value.into();
        if !self.has_mark {
            return Reply::json(&answer).gzip();
        }
        Reply::new(200, "application/json;charset=utf-8", format!("\u{feff}{answer}")).gzip()
    }

    /// The link to a page: with the query as it was, dollar signs and all.
    fn link(&self, request: &Request, at: usize, list: String, index: usize) -> String {
        let own = request.query.iter().filter(|(name, _)| name != "$skiptoken");
        let mut query: Vec<String> = own.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        query.push(format!("$skiptoken=RFNwd2kBAAEAAAA{index}"));
        let target = format!("{}?{}", request.raw_path(), query.join("&"));
        let origin = self.elsewhere.clone().unwrap_or_else(|| request.origin());
        let link = format!("{origin}{target}");
        self.given().links.insert(target, (at, list, index));
        link
    }
}

impl Tenant {
    fn of(name: &str, folder: &str) -> Self {
        let estate = Estate::sample(folder, super::estate::Ids::Own);
        let documents: Vec<(&str, &str)> = LISTS.iter().map(|(path, name, _)| (*path, *name)).collect();
        let lists = Lists::of(&estate, &documents);
        let mut names: Vec<String> = Vec::new();
        for tenant in lists.rows("/organization").iter() {
            let domains = tenant["verifiedDomains"].as_array().cloned().unwrap_or_default();
            let texts = std::iter::once(&tenant["id"]).chain(domains.iter().map(|domain| &domain["name"]));
            names.extend(texts.filter_map(Value::as_str).map(str::to_owned));
        }
        if names.is_empty() {
            names.push(PARTNER.to_owned());
        }
        let together = estate.documents("group_members").pop().unwrap_or_default();
        for group in lists.rows("/groups").iter() {
            let id = group["id"].as_str().unwrap_or_default();
            let mut own = estate.rows(&format!("members/{id}"));
            own.extend(together[id]["value"].as_array().cloned().unwrap_or_default());
            lists.set(&format!("/groups/{id}/members"), Rows::held(own));
        }
        Self { name: name.to_owned(), names, is_partner: name == "partner", lists }
    }
}

impl Vendor for Graph {
    fn answer(&self, request: &Request) -> Reply {
        let sign_in = request.path.strip_prefix('/').and_then(|path| path.strip_suffix("/oauth2/v2.0/token"));
        if let ("POST", Some(tenant)) = (request.method.as_str(), sign_in) {
            return self.sign_in(request, tenant);
        }
        if !self.tokens.takes(request.bearer()) {
            return self.refuse(request, &Refusal::Expired);
        }
        let at = request.bearer().and_then(|token| self.given().tokens.get(token).copied());
        let Some((at, path)) = at.zip(request.path.strip_prefix("/v1.0")) else {
            return error(404, "NotFound", "There is nothing here.");
        };
        if let Some(Err(wait)) = self.window.as_ref().map(Window::take) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Seconds(whole_seconds(wait))));
        }
        if request.method != "GET" {
            return error(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            );
        }
        self.read(request, at, path)
    }

    fn refuse(&self, _request: &Request, refusal: &Refusal) -> Reply {
        let reply = match refusal {
            Refusal::Expired => {
                error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
            }
            Refusal::TooMany(_) => error(429, "TooManyRequests", "Too many requests"),
            Refusal::Broken(Some(document)) => Reply::json(document),
            Refusal::Broken(None) => error(500, "InternalServerError", "An unexpected error occurred."),
            Refusal::Forbidden => error(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
        };
        refusal.on(reply)
    }
}

/// The answer about one record of a list.
fn record(request: &Request, list: &str, row: &Value) -> Reply {
    let selected: Option<Vec<&str>> = request.param("$select").map(|text| text.split(',').collect());
    let context = format!("{}/v1.0/$metadata#{}/$entity", request.origin(), list.trim_start_matches('/'));
    let mut document = Map::from_iter([("@odata.context".to_owned(), Value::from(context))]);
    document.extend(fields(row, selected.as_deref()).as_object().cloned().unwrap_or_default());
    Reply::json(&Value::Object(document)).gzip()
}

/// The fields of a row that are asked for; what `OData` says of it stays.
fn fields(row: &Value, selected: Option<&[&str]>) -> Value {
    let (Some(members), Some(selected)) = (row.as_object(), selected) else { return row.clone() };
    let is_wanted = |name: &str| name.starts_with('@') || name == "id" || selected.contains(&name);
    let own = members.iter().filter(|(name, _)| is_wanted(name));
    Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

/// The document of a failed call.
fn error(status: u16, code: &str, message: &str) -> Reply {
    let inner = json!({
        "date": "2026-11-21T08:30:00",
        "request-id": "9c1f0000-0000-4000-8000-000000000002",
        "client-request-id": "9c1f0000-0000-4000-8000-000000000002",
    });
    Reply::json(&json!({ "error": { "code": code, "message": message, "innerError": inner } })).status(status)
}

/// The document of a failed sign-in.
fn refused_sign_in(status: u16, error: &str, code: u32, description: &str) -> Reply {
    Reply::json(&json!({
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": "2026-11-21 08:30:00Z",
        "trace_id": "9c1f0000-0000-4000-8000-000000000003",
        "correlation_id": "9c1f0000-0000-4000-8000-000000000004",
    }))
    .status(status)
}
