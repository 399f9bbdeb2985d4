//! Syncro, as its API document and calls against live tenants have it: a bearer key, pages of sizes that differ by list and
//! cannot be asked for, five kinds of failure documents.
//!
//! A missing permission is answered with 401 like a wrong key. The list of tickets does not say which assets they are
//! about; the single ticket does. Disabled customers are left out unless they are asked for.

use serde_json::{Value, json};

use super::Options;
use super::estate::Estate;
use super::fault::{Refusal, RetryAfter};
use super::limits::Window;
use super::lists::{Lists, text_of};
use super::message::{Reply, Request};
use super::paging::Pager;
use super::server::Vendor;

/// The key that is asked for.
pub const KEY: &str = "CANARY-syncro-key-5b8e";

/// Members of a ticket that its list does not have.
const TICKET_DETAIL: [&str; 2] = ["asset_ids", "assets"];

/// Syncro.
pub struct Syncro {
    lists: Lists,
    /// Lists of customers have a hundred rows a page, all others fifty.
    customers: Pager,
    others: Pager,
    window: Option<Window>,
    forbidden: Vec<String>,
}

impl Syncro {
    /// A tenant with the rows of the sample.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("syncro", options.ids), options)
    }

    /// A tenant with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let lists = [
            ("customers", "customers"),
            ("contacts", "contacts"),
            ("customer_assets", "assets"),
            ("tickets", "tickets"),
        ];
        Self {
            lists: Lists::of(estate, &lists),
            customers: Pager::new(100, 100, options),
            others: Pager::new(50, 50, options),
            window: options.rate.map(Window::new),
            forbidden: Vec::new(),
        }
    }

    /// The same with a key that lacks the permission for a list.
    #[must_use]
    pub fn forbidding(mut self, list: &str) -> Self {
        self.forbidden.push(list.to_owned());
        self
    }

    /// Its lists, by the names of their paths.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    fn list(&self, request: &Request, name: &str) -> Option<Reply> {
        let rows = self.lists.get(name)?;
        let found: Vec<usize> =
            (0..rows.len()).filter(|place| is_wanted(request, name, &rows.get(*place))).collect();
        let number = request.number_param("page").unwrap_or(1).max(1);
        let pager = if name == "customers" { &self.customers } else { &self.others };
        let list = format!(
            "{name} {:?}",
            request.query.iter().filter(|(name, _)| name != "page").collect::<Vec<_>>()
        );
        let page = pager.page(&list, number - 1, None, found.len());
        let data: Vec<Value> =
            found[page.rows.clone()].iter().map(|place| listed(name, &rows.get(*place))).collect();
        let meta = if name == "tickets" {
            json!({ "total_pages": page.pages, "page": number })
        } else {
            json!({ "total_pages": page.pages, "total_entries": page.total, "per_page": page.size, "page": number })
        };
        let member = if name == "customer_assets" { "assets" } else { name };
        Some(Reply::json(&json!({ member: data, "meta": meta })).gzip())
    }

    fn show(&self, name: &str, id: &str) -> Option<Reply> {
        let row = self.lists.find(name, "id", id)?;
        let document = match name {
            "customers" => {
                let mut row = row;
                row["phones"] = json!([]);
                row["addresses"] = json!([]);
                json!({ "customer": row })
            }
            "customer_assets" => json!({ "asset": row }),
            "tickets" => json!({ "ticket": row }),
            // A contact stands alone.
            _ => row,
        };
        Some(Reply::json(&document))
    }
}

impl Vendor for Syncro {
    fn answer(&self, request: &Request) -> Reply {
        if request.bearer() != Some(KEY) {
            return not_authorized();
        }
        if let Some(Err(_)) = self.window.as_ref().map(Window::take) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Silent));
        }
        if request.method != "GET" {
            return Reply::json(&json!({ "errors": ["method not allowed"] })).status(405);
        }
        let path = request.path.strip_prefix("/api/v1/").unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        if parts.first().is_some_and(|name| self.forbidden.iter().any(|own| own == name)) {
            return not_authorized();
        }
        let reply = match parts.as_slice() {
            ["me"] => Some(Reply::json(
                &json!({ "user_id": 1, "user_name": "Sync", "admin": false, "subdomain": "larkfield" }),
            )),
            [name] => self.list(request, name),
            [name, id] => self.show(name, id),
            _ => None,
        };
        reply.unwrap_or_else(|| Reply::json(&json!({ "message": "Not found" })).status(404))
    }

    fn refuse(&self, _request: &Request, refusal: &Refusal) -> Reply {
        match refusal {
            Refusal::Expired | Refusal::Forbidden => not_authorized(),
            Refusal::Broken(Some(document)) => refusal.on(Reply::json(document)),
            Refusal::Broken(None) => refusal.on(Reply::json(&json!({ "errors": [refusal.text()] }))),
            Refusal::TooMany(_) => refusal.on(Reply::json(&json!({ "error": refusal.text() }))),
        }
    }
}

fn not_authorized() -> Reply {
    let text = "Not authorized. Check that the token is right and has the permission for this call.";
    Reply::json(&json!({ "error": text })).status(401)
}

/// A row as its list has it.
fn listed(name: &str, row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(members) = row.as_object_mut().filter(|_| name == "tickets") {
        for member in TICKET_DETAIL {
            members.shift_remove(member);
        }
    }
    row
}

fn is_wanted(request: &Request, list: &str, row: &Value) -> bool {
    let equals = |name: &str| request.param(name).is_none_or(|wanted| text_of(&row[name]) == wanted);
    let is_shown =
        list != "customers" || row["disabled"] != true || request.param("include_disabled") == Some("true");
    let is_new = |name: &str, member: &str| {
        list != "tickets" || request.param(name).is_none_or(|since| is_later(&text_of(&row[member]), since))
    };
    let is_related = list == "customers" || (equals("customer_id") && equals("contact_id"));
    is_shown
        && is_related
        && is_new("since_updated_at", "updated_at")
        && is_new("created_after", "created_at")
}

/// Whether a time is not before another. Text that is no time is before all others.
fn is_later(time: &str, since: &str) -> bool {
    let parse = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (parse(time), parse(since)) {
        (Some(time), Some(since)) => time >= since,
        _ => false,
    }
}
