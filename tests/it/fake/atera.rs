//! Atera, as the description of version 3 of its API has it: a key in a header, numbered pages from 1, and what a list goes
//! on by beside its rows.
//!
//! The vendor publishes neither the documents of its failures nor how it refuses for its limits; those here are what its
//! framework writes.

use serde_json::{Value, json};

use super::Options;
use super::estate::{Estate, Rows};
use super::fault::{Refusal, RetryAfter};
use super::limits::{Window, whole_seconds};
use super::lists::Lists;
use super::message::{Reply, Request};
use super::paging::Pager;
use super::server::Vendor;

/// The key that is asked for.
pub const KEY: &str = "CANARY-atera-key-77c1";

/// Rows of a page where a request does not say, and at most.
const PAGE: (usize, usize) = (20, 500);

/// Atera.
pub struct Atera {
    lists: Lists,
    pager: Pager,
    window: Option<Window>,
}

impl Atera {
    /// An account with the clients and devices that the sample of Datto RMM has, in the lists `customers` and `agents`.
    pub fn sample(options: &Options) -> Self {
        let estate = Estate::sample("datto_rmm", options.ids);
        let audits = estate.rows("audits");
        let agents = estate.rows("devices").into_iter().map(|device| {
            let audit = audits.iter().find(|audit| audit["deviceUid"] == device["uid"]);
            agent(&device, audit.unwrap_or(&Value::Null))
        });
        let lists = Lists::default();
        lists.set("agents", Rows::held(agents.collect()));
        lists.set("customers", Rows::held(estate.rows("sites").iter().map(customer).collect()));
        Self { lists, pager: Pager::new(PAGE.0, PAGE.1, options), window: options.rate.map(Window::new) }
    }

    /// Its lists.
    pub fn lists(&self) -> Lists {
        self.lists.clone()
    }

    fn list(&self, request: &Request, name: &str) -> Reply {
        let rows = self.lists.rows(name);
        let number = request.number_param("page").unwrap_or(1).max(1);
        let page = self.pager.page(name, number - 1, request.number_param("itemsInPage"), rows.len());
        let items: Vec<Value> = page.rows.clone().map(|place| rows.get(place).into_owned()).collect();
        let link = |number: usize| request.url_with(&[("page", &number.to_string())]);
        Reply::json(&json!({
            "items": items, "totalItemCount": page.total, "page": number, "itemsInPage": page.size,
            "totalPages": page.pages,
            "prevLink": if number > 1 { link(number - 1) } else { String::new() },
            "nextLink": if page.has_next() { link(number + 1) } else { String::new() },
        }))
        .gzip()
    }
}

impl Vendor for Atera {
    fn answer(&self, request: &Request) -> Reply {
        let key = request.header("x-api-key").unwrap_or_default();
        if key != KEY {
            // Servers repeat what they were sent.
            return Reply::json(&json!({ "Message": format!("The key {key} is not valid.") })).status(401);
        }
        if let Some(Err(wait)) = self.window.as_ref().map(Window::take) {
            return self.refuse(request, &Refusal::TooMany(RetryAfter::Seconds(whole_seconds(wait))));
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/api/v3/customers") => self.list(request, "customers"),
            ("GET", "/api/v3/agents") => self.list(request, "agents"),
            _ => Reply::json(&json!({ "Message": "No HTTP resource was found." })).status(404),
        }
    }

    fn refuse(&self, _: &Request, refusal: &Refusal) -> Reply {
        refusal.on(Reply::json(&json!({ "Message": refusal.text() })))
    }
}

fn customer(site: &Value) -> Value {
    json!({
        "CustomerID": site["id"], "CustomerName": site["name"], "BusinessNumber": "", "Domain": null, "Address": null,
        "City": null, "State": null, "Country": null, "Phone": null, "Fax": null, "Notes": site["notes"],
        "CreatedOn": "2022-04-16T00:00:00Z", "LastModified": null,
    })
}

fn agent(device: &Value, audit: &Value) -> Value {
    let macs = |nic: &Value| nic["macAddress"].as_str().map(str::to_owned);
    let nics = audit["nics"].as_array().cloned().unwrap_or_default();
    let system = device["operatingSystem"].as_str().unwrap_or_default();
    json!({
        "AgentID": device["id"], "MachineID": device["uid"], "DeviceGuid": device["uid"],
        "CustomerID": device["siteId"], "CustomerName": device["siteName"], "AgentName": device["hostname"],
        "SystemName": null, "MachineName": device["hostname"], "DomainName": null, "Online": device["online"],
        "LastSeen": "2026-01-30T18:40:00Z", "Created": "2022-04-16T08:00:00Z", "Modified": "2026-01-30T18:40:00Z",
        "AppViewUrl": device["portalUrl"], "ReportedFromIP": device["extIpAddress"],
        "IpAddresses": [device["intIpAddress"]], "MacAddresses": nics.iter().filter_map(macs).collect::<Vec<_>>(),
        "Vendor": audit["systemInfo"]["manufacturer"], "VendorBrandModel": audit["systemInfo"]["model"],
        "VendorSerialNumber": audit["bios"]["serialNumber"], "OS": system,
        "OSType": if system.contains("Server") { "Server" } else { "Work Station" },
        "WindowsSerialNumber": "00330-CANARY", "OfficeSerialNumber": "XX-CANARY",
    })
}
