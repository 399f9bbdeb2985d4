//! ConnectWise PSA over its interface.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::case::{Case, PIPELINE, WRONG};
use super::setting::{Told, assert_same, extracted, load};
use crate::fake::Options;
use crate::fake::connectwise::{CLIENT_ID, COMPANY, ConnectWise, Links, PRIVATE_KEY, PUBLIC_KEY};
use crate::fake::estate::Ids;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::lists::{Lists, text_of};
use crate::fake::message::{Reply, Request};
use crate::fake::paging::Shift;
use crate::fake::server::{Server, Vendor};
use crate::workspace::Workspace;

const CASE: Case = Case {
    system: "connectwise",
    method: "A",
    source: "",
    api: "page_size = 20\nsettings = { company = \"larkfield\" }\n",
    keys: &[("public_key", PUBLIC_KEY), ("private_key", PRIVATE_KEY), ("client_id", CLIENT_ID)],
    sample: "connectwise",
    spec: "connectwise",
};

/// The lists as files have them.
const SAVED: [(&str, &str, Option<&str>); 14] = [
    ("company/companies", "companies", None),
    ("sites", "sites", None),
    ("company/contacts", "contacts", None),
    ("company/configurations", "configurations", None),
    ("service/tickets", "tickets", None),
    ("company/companies/types", "company_types", None),
    ("company/companies/statuses", "company_statuses", None),
    ("company/contacts/types", "contact_types", None),
    ("company/configurations/types", "configuration_types", None),
    ("company/configurations/statuses", "configuration_statuses", None),
    ("procurement/manufacturers", "manufacturers", None),
    ("company/states", "states", None),
    ("company/countries", "countries", None),
    ("company/communicationTypes", "communication_types", None),
];

fn in_pages(rows: usize) -> Options {
    Options { page_size: Some(rows), ..Options::default() }
}

/// The warehouse of the lists saved as files.
///
/// The sample has one configuration twice. In files the second one is an error of whoever saved them, and quarantined.
/// Over an interface rows come twice because they move between pages, so the later one takes the place of the other. The
/// files to compare with have the later one alone. Nor have they the sites of companies that were deleted: these are not
/// asked for.
fn from_files(lists: &Lists) -> Vec<String> {
    let saved = Lists::default();
    for (list, _, _) in SAVED {
        saved.set(list, lists.rows(list));
    }
    saved.change("company/configurations", |rows| {
        let last: BTreeMap<String, usize> =
            rows.iter().enumerate().map(|(place, row)| (text_of(&row["id"]), place)).collect();
        let mut place = 0;
        rows.retain(|row| {
            place += 1;
            last[&text_of(&row["id"])] == place - 1
        });
    });
    let companies = lists.rows("company/companies");
    let deleted: Vec<String> =
        companies.iter().filter(|row| row["deletedFlag"] == true).map(|row| text_of(&row["id"])).collect();
    saved.change("sites", |rows| rows.retain(|row| !deleted.contains(&text_of(&row["company"]["id"]))));
    CASE.of_lists(&saved, &SAVED)
}

/// Asserts that a server comes to the warehouse of the sample's files.
fn assert_as_files(server: &Server) -> Workspace {
    let live = CASE.live(server);
    let lists = ConnectWise::sample(&Options::default()).lists();
    assert_same(&from_files(&lists), &CASE.read(server, &live));
    live
}

fn asked(server: &Server, part: &str) -> Vec<Arc<Request>> {
    server.requests().into_iter().filter(|request| request.path.contains(part)).collect()
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    assert!(CASE.api.contains(COMPANY));
    let server = Server::start(ConnectWise::sample(&in_pages(20)));
    assert_as_files(&server);
    // It is found out first where to ask, and every list is asked for forward only.
    assert_eq!(server.requests()[0].path, "/login/companyinfo/larkfield");
    assert_eq!(asked(&server, "/login/").len(), 1);
    for request in asked(&server, "/v2026_3/apis/3.0/") {
        assert_eq!(request.header("pagination-type"), Some("forward-only"), "{}", request.target);
    }
    // 19 companies, of which one was deleted.
    assert_eq!(asked(&server, "/sites").len(), 18);
    assert_eq!(asked(&server, "/companies/244/sites").len(), 0);
}

#[test]
fn a_server_without_forward_only_paging_is_read_by_number() {
    for links in [Links::Numbered, Links::Missing] {
        let server = Server::start(ConnectWise::sample(&in_pages(20)).with_links(links));
        assert_as_files(&server);
        assert!(asked(&server, "/company/contacts").iter().any(|request| request.param("page") == Some("2")));
    }
}

#[test]
fn an_upgrade_midway_is_followed() {
    let fake = ConnectWise::sample(&in_pages(20));
    let upgraded = move |request: &Request| {
        if request.path.ends_with("/company/contacts") && request.param("pageId").is_some() {
            fake.upgrade("v2026_4/");
        }
        fake.answer(request)
    };
    let server = Server::start(upgraded);
    assert_as_files(&server);
    assert_eq!(asked(&server, "/login/").len(), 2);
    assert_eq!(asked(&server, "/v2026_4/apis/3.0/service/tickets").len(), 1);
}

#[test]
fn what_was_deleted_meanwhile_is_no_upgrade() {
    let gone = Reply::json(&json!({ "code": "NotFound", "message": "gone" })).status(404);
    let faults = Faults::none()
        .on("/v2026_3/apis/3.0/company/companies/200/sites", Fault::Answer(gone.clone()), 1)
        .on("/v2026_3/apis/3.0/company/companies/201/sites", Fault::Answer(gone), 1);
    let server = Server::with_faults(ConnectWise::sample(&in_pages(20)), faults);
    let live = CASE.live(&server);
    CASE.read(&server, &live);
    // Looked for once, not for every record.
    assert_eq!(asked(&server, "/login/").len(), 2);
    let snapshots = std::fs::read_dir(live.path("snapshots/it")).expect("there are snapshots");
    let manifests = snapshots.filter_map(|entry| {
        std::fs::read_to_string(entry.expect("it can be listed").path().join("manifest.json")).ok()
    });
    let manifests: String = manifests.collect();
    assert!(manifests.contains("`sites`: the vendor has nothing about 2 of 18 records"), "{manifests}");
}

#[test]
fn failures_in_passing_change_nothing() {
    let at = |list: &str| format!("/v2026_3/apis/3.0/company/{list}");
    let faults = Faults::none()
        .on("/login/companyinfo", Fault::Html(502), 1)
        .on(&at("companies"), Fault::Drop, 1)
        .on(&at("companies"), Fault::Html(200), 1)
        .on(&at("companies/2"), Fault::Refuse(Refusal::TooMany(RetryAfter::Date(1))), 1)
        .on(&at("companies/2"), Fault::TruncateChunked, 1)
        .on(&at("contacts"), Fault::Truncate, 1)
        .on(&at("contacts"), Fault::HalfDocument, 1)
        .on(&at("contacts"), Fault::WrongType, 1)
        .on(&at("configurations"), Fault::DropAfterHeaders, 1)
        .on(&at("configurations"), Fault::Html(502), 1)
        .on(&at("configurations"), Fault::Refuse(Refusal::Broken(None)), 1);
    assert_as_files(&Server::with_faults(ConnectWise::sample(&in_pages(20)), faults));
}

#[test]
fn rows_that_move_are_found_and_no_id_is_too_long() {
    for (links, shift) in [(Links::Forward, Shift::None), (Links::Numbered, Shift::Repeated)] {
        let options = Options { shift, empty_page: true, ids: Ids::Long { zero: Some(201) }, ..in_pages(20) };
        let fake = ConnectWise::sample(&options).with_links(links);
        let lists = fake.lists();
        let server = Server::start(fake);
        let live = CASE.live(&server);
        assert_same(&from_files(&lists), &CASE.read(&server, &live));
        assert_eq!(asked(&server, "/companies/0/sites").len(), 1);
    }
}

#[test]
fn only_what_has_changed_is_asked_for_again() {
    let fake = ConnectWise::sample(&in_pages(20));
    let lists = fake.lists();
    let server = Server::start(fake);
    let live = assert_as_files(&server);
    let before = server.requests().len();
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    lists.change("company/contacts", |rows| {
        rows[0]["title"] = "Owner".into();
        rows[0]["_info"]["lastUpdated"] = now.as_str().into();
    });
    lists.change("company/companies", |rows| {
        rows[3]["deletedFlag"] = true.into();
        rows[3]["_info"]["lastUpdated"] = now.as_str().into();
    });
    assert_same(&from_files(&lists), &CASE.read(&server, &live));
    let second = &server.requests()[before..];
    for list in ["company/companies", "company/contacts", "company/configurations", "service/tickets"] {
        let own: Vec<_> = second.iter().filter(|request| request.path.ends_with(list)).collect();
        assert_eq!(own.len(), 1, "{list} is asked for once");
        let conditions = own[0].param("conditions").unwrap_or_default();
        assert!(conditions.starts_with("lastUpdated>["), "{conditions}");
    }
    // What is not there any more does not show by what has changed: everything is read from time to time.
    lists.change("company/contacts", |rows| {
        rows.remove(1);
    });
    assert_same(&from_files(&lists), &super::case::Case::read_in_full(&live));
}

#[test]
fn wrong_credentials_and_a_missing_permission_are_named() {
    let server = Server::start(ConnectWise::sample(&in_pages(20)));
    let keys = [("public_key", PUBLIC_KEY), ("private_key", WRONG), ("client_id", CLIENT_ID)];
    let (_, text) = CASE.refusal(&server, &CASE.live_with(&server, &keys));
    assert_eq!(
        text,
        "`companies`: it answers 401: Username or password is incorrect; check the credentials of `it`: \
         `client_id` in [FOLDER]/keys.toml, `private_key` in [FOLDER]/keys.toml, `public_key` in [FOLDER]/keys.toml"
    );
    let contacts = "/v2026_3/apis/3.0/company/contacts";
    server.faults().add(contacts, Fault::Refuse(Refusal::Forbidden), 1);
    let (_, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!(
        text,
        "`contacts`: it answers 403: not allowed; give the credentials the permission \"Companies - Contacts\""
    );
    // Tickets are of use for reports alone: the rest is read without them.
    server.faults().add("/v2026_3/apis/3.0/service/tickets", Fault::Refuse(Refusal::Forbidden), 1);
    let live = CASE.live(&server);
    CASE.read(&server, &live);
}

#[test]
fn what_is_not_read_is_said_once_and_as_long_as_it_is_true() {
    let tickets = "`tickets` was not read: `tickets`: it answers 403: not allowed; give the credentials the permission \
                   \"Service Desk - Service Tickets\"";
    for (refused, expected) in [(1, &[][..]), (2, &[tickets][..])] {
        let faults = Faults::none()
            .on("/v2026_3/apis/3.0/service/tickets", Fault::Refuse(Refusal::Forbidden), refused)
            .on("/v2026_3/apis/3.0/company/configurations/types", Fault::Html(400), 1);
        let server = Server::with_faults(ConnectWise::sample(&in_pages(20)), faults);
        let live = CASE.live(&server);
        CASE.refusal(&server, &live);
        let done = extracted(&load(&live, PIPELINE), &Told::default());
        let warnings = done.sources[0].outcome.as_ref().map(|done| done.warnings.clone());
        assert_eq!(warnings.expect("it goes on"), expected, "refused {refused} times");
    }
}
