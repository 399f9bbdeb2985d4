//! Tigerpaw, as its API description and its page on signed requests have it: a keyed hash of method, path and date, searches
//! by POST that find what begins with a text, pages by the number of the next row.
//!
//! There is no list of all accounts, and that of an account's contacts has no pages. A call that fails may be answered
//! with 200 and `Success` false.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde_json::{Value, json};

use super::Options;
use super::estate::{Estate, Rows};
use super::fault::Refusal;
use super::lists::{Lists, text_of};
use super::message::{Reply, Request};
use super::paging::Pager;
use super::server::Vendor;

/// The public key of an account representative.
pub const PUBLIC: &str = "3383259B-9FBA-486E-97A8-CANARYpublic";
/// Its private key.
pub const PRIVATE: &str = "CANARY-7C21-4E0B-private";

/// Minutes that the date of a request may differ from the clock of the server.
const SKEW: i64 = 15;
/// Rows of a page where a request does not say, and at most.
const PAGE: (usize, usize) = (50, 200);

/// Tigerpaw.
pub struct Tigerpaw {
    lists: Lists,
    pager: Pager,
    /// Rows of a page at most.
    most: usize,
    /// How far its clock is ahead.
    ahead: SignedDuration,
    forbidden: Vec<String>,
}

impl Tigerpaw {
    /// A server with the rows of the sample: the lists `accounts`, `contacts`, `service_orders`, `statuses`, `types` and
    /// `details` of contacts.
    pub fn sample(options: &Options) -> Self {
        Self::new(&Estate::sample("tigerpaw", options.ids), options)
    }

    /// A server with the rows of a folder of saved documents.
    pub fn new(estate: &Estate, options: &Options) -> Self {
        let documents = [
            ("service_orders", "service_orders"),
            ("statuses", "account_statuses"),
            ("types", "account_types"),
        ];
        let lists = Lists::of(estate, &documents);
        // The sample has what two searches found; the first of them is what the server has.
        let mut accounts: Vec<Value> = Vec::new();
        for account in estate.rows("accounts") {
            if accounts.iter().all(|known| known["AccountNumber"] != account["AccountNumber"]) {
                accounts.push(account);
            }
        }
        let of = |account: &Value| estate.rows(&format!("contacts_{}", account["AccountNumber"]));
        lists.set("contacts", Rows::held(accounts.iter().flat_map(of).collect()));
        lists.set("accounts", Rows::held(accounts));
        lists.set("details", Rows::held(estate.rows("contact_details")));
        Self {
            lists,
            // Rows are numbered, so there is no page without any.
            pager: Pager::new(PAGE.0, PAGE.1, &Options { empty_page: false, ..options.clone() }),
            most: options.page_size.unwrap_or(PAGE.1).clamp(1, PAGE.1),
            ahead: SignedDuration::ZERO,
            forbidden: Vec::new(),
        }
    }

    /// The same with a clock that is so many minutes ahead.
    #[must_use]
    pub fn ahead(mut self, minutes: i64) -> Self {
        self.ahead = SignedDuration::from_mins(minutes);
        self
    }

    /// The same with a role that may not read paths that begin like this.
    #[must_use]
    pub fn forbidding(mut self, path: &str) -> Self {
        self.forbidden.push(path.to_owned());
        self
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }

    /// Whether the request is signed by the key, with a date of about now.
    fn is_signed(&self, request: &Request) -> bool {
        let date = request.header("x-tsi-date").or_else(|| request.header("date")).unwrap_or_default();
        let Ok(at) = DateTimeParser::new().parse_timestamp(date) else { return false };
        let message = format!("{}|{}|{date}", request.method, request.raw_path()).to_lowercase();
        let key = hmac::Key::new(hmac::HMAC_SHA256, PRIVATE.as_bytes());
        let hash = STANDARD.encode(hmac::sign(&key, message.as_bytes()));
        let token = STANDARD.encode(format!("{PUBLIC}:{hash}"));
        let is_about_now = at.duration_since(self.now()).abs() <= SignedDuration::from_mins(SKEW);
        is_about_now && request.header("authorization") == Some(&format!("TSI {token}"))
    }

    fn read(&self, request: &Request) -> Reply {
        let path = request.path.to_ascii_lowercase();
        let parts: Vec<&str> = path.trim_start_matches("/api/").split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["diagnostics", "validate", "user"]) => {
                Reply::json(&json!({ "Success": true, "Message": null }))
            }
            ("GET", ["mastertables", "accounts", list @ ("statuses" | "types")]) => {
                let rows: Vec<Value> =
                    self.lists.rows(list).iter().map(std::borrow::Cow::into_owned).collect();
                Reply::json(&rows.into())
            }
            ("GET", ["mastertables", "phonelocations"]) => Reply::json(
                &json!([{ "Id": 1, "Value": "Office", "IsSystemEntry": true, "IsSystemDefault": true }]),
            ),
            ("POST", ["accounts", "search", by @ ("accountstatus" | "accounttype")]) => {
                self.search(request, by)
            }
            ("GET", ["contacts", "account", number]) => {
                let is_active_only =
                    request.param("activeOnly").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
                let rows = self.lists.rows("contacts");
                let own = rows.iter().filter(|row| text_of(&row["Contact"]["AccountNumber"]) == *number);
                let own = own.filter(|row| !is_active_only || row["Contact"]["Inactive"] != true);
                let own: Vec<Value> = own.map(std::borrow::Cow::into_owned).collect();
                let total = own.len();
                found("Contacts", &own, total, 1)
            }
            ("GET", ["contacts", number, "details"]) => match self.details(number) {
                Some(details) => Reply::json(&details).gzip(),
                None => Reply::json(&json!({ "Message": "The contact was not found." })).status(404),
            },
            ("GET", ["serviceorders", "account", number]) => {
                self.list(request, "service_orders", "ServiceOrders", |row| {
                    text_of(&row["ServiceOrder"]["AccountNumber"]) == *number
                })
            }
            _ => {
                Reply::json(&json!({ "Message": "No HTTP resource was found that matches the request URI." }))
                    .status(404)
            }
        }
    }

    /// A search of accounts by the begin of a text.
    fn search(&self, request: &Request, by: &str) -> Reply {
        let Some(text) = request.json().and_then(|body| body.as_str().map(str::to_lowercase)) else {
            return failed("The criteria are missing.");
        };
        let member = if by == "accountstatus" { "Status" } else { "AccountType" };
        self.list(request, "accounts", "Accounts", |row| {
            text_of(&row["Account"][member]).to_lowercase().starts_with(&text)
        })
    }

    /// A contact in full: as the sample has it, or with the address and the number that its summary has.
    pub fn details(&self, number: &str) -> Option<Value> {
        if let Some(details) = self.lists.find("details", "ContactNumber", number) {
            return Some(details);
        }
        let summary = self.lists.find("contacts", "ContactNumber", number)?;
        let account = text_of(&summary["Contact"]["AccountNumber"]);
        let account = self.lists.find("accounts", "AccountNumber", &account).unwrap_or_default();
        let one = |value: &Value, row: Value| if value.is_string() { json!([row]) } else { json!([]) };
        let (phone, email) = (&summary["PhoneNumber"], &summary["EmailAddress"]);
        let phone_row = json!({ "PhoneNumberId": 1, "Number": phone, "Location": null, "IsPrimary": true });
        let email_row =
            json!({ "EmailAddressId": 1, "Email": email, "Description": null, "IsPrimary": true });
        Some(json!({
            "ContactNumber": summary["ContactNumber"],
            "Contact": summary["Contact"],
            "PhoneNumbers": one(phone, phone_row),
            "EmailAddresses": one(email, email_row),
            "Groups": [],
            "Account": account["Account"],
            "CustomFields": [],
            "IsPrimaryContact": summary["IsPrimaryContact"],
        }))
    }

    /// The rows of a list from the one that is asked for.
    fn list(&self, request: &Request, name: &str, member: &str, is_wanted: impl Fn(&Value) -> bool) -> Reply {
        let rows = self.lists.rows(name);
        let own: Vec<usize> = (0..rows.len()).filter(|place| is_wanted(&rows.get(*place))).collect();
        let start = request.number_param("pageRequest.startRow").unwrap_or(1).max(1);
        let size = request.number_param("pageRequest.pageSize").unwrap_or(PAGE.0).clamp(1, self.most);
        let list = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
        let page = self.pager.page(&list, (start - 1) / size, Some(size), own.len());
        let data: Vec<Value> =
            own[page.rows.clone()].iter().map(|place| rows.get(*place).into_owned()).collect();
        let start = page.index * page.size + 1;
        let mut answer = found_rows(member, &data, own.len(), start);
        if page.has_next() {
            answer["NextRow"] = (start + page.size).into();
        }
        Reply::json(&answer).gzip()
    }
}

fn found(member: &str, rows: &[Value], total: usize, start: usize) -> Reply {
    Reply::json(&found_rows(member, rows, total, start)).gzip()
}

fn found_rows(member: &str, rows: &[Value], total: usize, start: usize) -> Value {
    let count = rows.len();
    json!({
        member: rows, "PageSize": count, "NextRow": start + count, "TotalCount": total, "Success": true, "Message": null,
    })
}

/// An answer that says that the call failed.
pub fn failed(message: &str) -> Reply {
    Reply::json(&json!({
        "Accounts": null, "PageSize": 0, "NextRow": 0, "TotalCount": 0, "Success": false, "Message": message,
    }))
}

impl Vendor for Tigerpaw {
    fn answer(&self, request: &Request) -> Reply {
        let reply = if !self.is_signed(request) {
            self.refuse(request, &Refusal::Expired)
        } else if self.forbidden.iter().any(|path| request.path.starts_with(path.as_str())) {
            self.refuse(request, &Refusal::Forbidden)
        } else {
            self.read(request)
        };
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.now());
        reply.header("date", &date.expect("the years to come have four digits"))
    }

    fn refuse(&self, _request: &Request, refusal: &Refusal) -> Reply {
        let reply = match refusal {
            Refusal::Broken(Some(document)) => Reply::json(document),
            Refusal::Expired => {
                Reply::json(&json!({ "Message": "Authorization has been denied for this request." }))
            }
            _ => Reply::json(&json!({ "Success": false, "Message": refusal.text() })),
        };
        refusal.on(reply)
    }
}
