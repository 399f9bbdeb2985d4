//! Syncro over its interface.

use jiff::Timestamp;
use serde_json::json;

use super::case::{Case, WRONG};
use super::setting::assert_same;
use crate::fake::Options;
use crate::fake::estate::Ids;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::fake::syncro::{KEY, Syncro};

const CASE: Case = Case {
    system: "syncro",
    method: "A",
    source: "role = \"psa\"",
    api: "settings = { subdomain = \"larkfield\" }\n",
    keys: &[("api_token", KEY)],
    sample: "syncro",
    spec: "syncro",
};

/// The lists as files have them.
const SAVED: [(&str, &str, Option<&str>); 4] = [
    ("customers", "customers", Some("customers")),
    ("contacts", "contacts", Some("contacts")),
    ("customer_assets", "assets", Some("assets")),
    ("tickets", "tickets", Some("tickets")),
];

fn in_pages(rows: usize) -> Options {
    Options { page_size: Some(rows), ..Options::default() }
}

/// The paths that were asked for, from a place of the log on, which begin with `path`.
fn asked(server: &Server, from: usize, path: &str) -> Vec<String> {
    let requests = server.requests();
    let paths = requests[from..].iter().map(|request| request.path.clone());
    paths.filter(|own| own.starts_with(path)).collect()
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(Syncro::sample(&in_pages(4)));
    CASE.assert_as_files(&server);
    // The list does not say which assets a ticket is about.
    assert_eq!(asked(&server, 0, "/api/v1/tickets/").len(), 4);
}

#[test]
fn as_rmm_it_is_not_asked_for_contacts_and_tickets() {
    let server = Server::start(Syncro::sample(&in_pages(4)));
    let case = Case { method: "D", source: "role = \"rmm\"", ..CASE };
    case.assert_as_files(&server);
    assert_eq!(asked(&server, 0, "/api/v1/contacts").len() + asked(&server, 0, "/api/v1/tickets").len(), 0);
}

#[test]
fn failures_in_passing_change_nothing() {
    let faults = Faults::none()
        .on("/api/v1/customers", Fault::Drop, 1)
        .on("/api/v1/customers", Fault::Refuse(Refusal::TooMany(RetryAfter::Silent)), 1)
        .on("/api/v1/contacts", Fault::Truncate, 1)
        .on("/api/v1/contacts", Fault::Html(502), 1)
        .on("/api/v1/contacts", Fault::Html(200), 1)
        .on("/api/v1/customer_assets", Fault::TruncateChunked, 1)
        .on("/api/v1/customer_assets", Fault::HalfDocument, 1)
        .on("/api/v1/customer_assets", Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))), 1)
        .on("/api/v1/tickets/", Fault::DropAfterHeaders, 1)
        .on("/api/v1/tickets/", Fault::WrongType, 1);
    CASE.assert_as_files(&Server::with_faults(Syncro::sample(&in_pages(4)), faults));
}

#[test]
fn rows_that_move_are_found_and_no_id_is_too_long() {
    for shift in [Shift::Repeated, Shift::Lost] {
        let options = Options { shift, empty_page: true, ids: Ids::Long { zero: Some(3301) }, ..in_pages(4) };
        let fake = Syncro::sample(&options);
        let lists = fake.lists();
        let server = Server::start(fake);
        let live = CASE.live(&server);
        assert_same(&CASE.of_lists(&lists, &SAVED), &CASE.read(&server, &live));
    }
}

#[test]
fn only_tickets_that_have_changed_are_asked_for_again() {
    let fake = Syncro::sample(&in_pages(4));
    let lists = fake.lists();
    let server = Server::start(fake);
    let live = CASE.assert_as_files(&server);
    let before = server.requests().len();
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    lists.change("tickets", |rows| {
        rows[1]["asset_ids"] = json!([51007]);
        rows[1]["assets"] = json!([{ "id": 51007, "name": "JCC-WS-01" }]);
        rows[1]["updated_at"] = now.as_str().into();
    });
    assert_same(&CASE.of_lists(&lists, &SAVED), &CASE.read(&server, &live));
    assert_eq!(asked(&server, before, "/api/v1/tickets/"), ["/api/v1/tickets/9002"]);
    let requests = server.requests();
    let list = requests[before..].iter().find(|request| request.path == "/api/v1/tickets");
    assert!(list.is_some_and(|request| request.param("since_updated_at").is_some()));
}

#[test]
fn a_missing_permission_is_no_wrong_key() {
    let server = Server::start(Syncro::sample(&in_pages(4)));
    let (_, text) = CASE.refusal(&server, &CASE.live_with(&server, &[("api_token", WRONG)]));
    let said =
        "it answers 401: Not authorized. Check that the token is right and has the permission for this call.";
    assert_eq!(
        text,
        format!("`customers`: {said}; check the credentials of `it`: `api_token` in [FOLDER]/keys.toml")
    );
    let server = Server::start(Syncro::sample(&in_pages(4)).forbidding("contacts"));
    let (_, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!(
        text,
        format!("`contacts`: {said}; give the credentials the permission \"Contacts - List/Search\"")
    );
    // Tickets are of use for reports alone: the rest is read without them.
    let server = Server::start(Syncro::sample(&in_pages(4)).forbidding("tickets"));
    let live = CASE.live(&server);
    CASE.read(&server, &live);
    assert_eq!(asked(&server, 0, "/api/v1/tickets/").len(), 0);
}
