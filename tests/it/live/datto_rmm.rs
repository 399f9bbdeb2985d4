//! Datto RMM over its interface.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::case::{Case, WRONG};
use super::setting::assert_same;
use crate::fake::Options;
use crate::fake::datto_rmm::{DattoRmm, KEY, SECRET, interfaces};
use crate::fake::estate::{Ids, Rows};
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::limits::Rate;
use crate::fake::lists::Lists;
use crate::fake::message::Reply;
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::workspace::Workspace;

const CASE: Case = Case {
    system: "datto-rmm",
    method: "D",
    source: "",
    api: "",
    keys: &[("api_key", KEY), ("api_secret", SECRET)],
    sample: "datto_rmm",
    spec: "datto_rmm",
};

/// The lists as files have them.
const SAVED: [(&str, &str, Option<&str>); 4] = [
    ("sites", "sites", Some("sites")),
    ("devices", "devices", Some("devices")),
    ("audits", "audits", None),
    ("interfaces", "network_interfaces", Some("devices")),
];

/// The sample's device without an audit.
const WITHOUT_AUDIT: &str = "5f0c7c0e-21aa-4c1e-8a4e-2f100000001e";

fn in_pages(rows: usize) -> Options {
    Options { page_size: Some(rows), ..Options::default() }
}

/// The warehouse of the lists saved as files. The sample has no list of interfaces; an extraction reads it, so the files
/// to compare with have it, and with it the addresses of devices without an audit.
fn from_files(lists: &Lists) -> Vec<String> {
    let saved = Lists::default();
    for list in ["sites", "devices", "audits"] {
        saved.set(list, lists.rows(list));
    }
    let devices = lists.rows("devices");
    saved.set("interfaces", Rows::held(devices.iter().map(|device| interfaces(lists, &device)).collect()));
    CASE.of_lists(&saved, &SAVED)
}

/// Asserts that a server comes to the warehouse of the sample's files.
fn assert_as_files(case: Case, server: &Server) -> Workspace {
    let live = case.live(server);
    let lists = DattoRmm::sample(&Options::default()).lists();
    assert_same(&from_files(&lists), &case.read(server, &live));
    live
}

/// The paths that were asked for, from a place of the log on, which hold `part`.
fn asked(server: &Server, from: usize, part: &str) -> Vec<String> {
    let requests = server.requests();
    let paths = requests[from..].iter().map(|request| request.path.clone());
    paths.filter(|path| path.contains(part)).collect()
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(DattoRmm::sample(&in_pages(20)));
    assert_as_files(CASE, &server);
    // Twenty sites and the pseudo site, whose uid is none. Every site has as many devices in the account's list as it
    // says.
    assert_eq!(asked(&server, 0, "/network-interface").len(), 20);
    assert_eq!(asked(&server, 0, "/site/deleted-devices").len(), 0);
    assert_eq!(asked(&server, 0, "/site/").len(), 20);
    // 129 devices, of which one has no audit.
    assert_eq!(asked(&server, 0, "/audit/").len(), 129);
    assert!(!asked(&server, 0, "/audit/printer/").is_empty());
    assert_eq!(asked(&server, 0, "/auth/oauth/token").len(), 1);
}

#[test]
fn devices_that_the_list_of_the_account_lacks_are_found_in_their_sites() {
    // One each of Larkfield IT and of Brackenridge Dental Care.
    let hidden = ["5f0c7c0e-21aa-4c1e-8a4e-2f1000000002", "5f0c7c0e-21aa-4c1e-8a4e-2f100000000d"];
    let server = Server::start(DattoRmm::sample(&in_pages(20)).hiding(&hidden));
    assert_as_files(CASE, &server);
    let mut sites = asked(&server, 0, "/devices");
    sites.retain(|path| path.ends_with("/devices") && path.contains("/site/"));
    // Sites are asked about side by side.
    sites.sort();
    assert_eq!(
        sites,
        [
            "/api/v2/site/0b7c1f4a-21aa-4c1e-8a4e-2f1000000001/devices",
            "/api/v2/site/0b7c1f4a-21aa-4c1e-8a4e-2f1000000003/devices",
        ]
    );
    assert_eq!(asked(&server, 0, "/audit/").len(), 129);
}

#[test]
fn failures_in_passing_change_nothing() {
    let faults = Faults::none()
        .on("/auth/oauth/token", Fault::Html(502), 1)
        .on("/api/v2/account/sites", Fault::Drop, 1)
        .on("/api/v2/account/sites", Fault::WrongType, 1)
        .on("/api/v2/account/devices", Fault::Truncate, 1)
        .on("/api/v2/account/devices", Fault::Html(200), 1)
        .on("/api/v2/site/", Fault::HalfDocument, 1)
        .on("/api/v2/site/", Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))), 1)
        .on("/api/v2/audit/", Fault::Refuse(Refusal::Expired), 1)
        .on("/api/v2/audit/", Fault::DropAfterHeaders, 1)
        .on("/api/v2/audit/", Fault::TruncateChunked, 1)
        .on("/api/v2/audit/", Fault::Html(503), 1);
    let options = Options { token_life: Some(50), ..in_pages(20) };
    let server = Server::with_faults(DattoRmm::sample(&options), faults);
    assert_as_files(CASE, &server);
    assert!(asked(&server, 0, "/auth/oauth/token").len() > 3, "tokens are asked for again");
}

#[test]
fn rows_that_move_are_found_and_no_id_is_too_long() {
    for shift in [Shift::Repeated, Shift::Lost] {
        let options =
            Options { shift, empty_page: true, ids: Ids::Long { zero: Some(880_001) }, ..in_pages(5) };
        let fake = DattoRmm::sample(&options);
        let lists = fake.lists();
        let server = Server::start(fake);
        let live = CASE.live(&server);
        assert_same(&from_files(&lists), &CASE.read(&server, &live));
    }
}

#[test]
fn the_vendors_budget_is_kept() {
    let rate = Rate { requests: 60, window: Duration::from_secs(1) };
    let server = Server::start(DattoRmm::sample(&Options { rate: Some(rate), ..in_pages(20) }));
    // One after the other: four that are refused together are blocked.
    assert_as_files(Case { api: "concurrency = 1\n", ..CASE }, &server);
    let statuses: Vec<u16> = server.exchanges().iter().filter_map(|exchange| exchange.status).collect();
    assert!(statuses.contains(&429) && !statuses.contains(&403), "{statuses:?}");
}

#[test]
fn a_block_after_too_many_requests_is_no_missing_permission() {
    let block = Reply::json(&json!({ "status": 403, "error": "Forbidden" })).status(403);
    let faults = Faults::none()
        .on("/api/v2/account/devices", Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))), 1)
        .on("/api/v2/account/devices", Fault::Answer(block.header("retry-after", "1")), 1);
    assert_as_files(CASE, &Server::with_faults(DattoRmm::sample(&in_pages(20)), faults));
}

#[test]
fn an_audit_is_asked_for_again_when_its_date_has_changed() {
    let fake = DattoRmm::sample(&in_pages(20));
    let lists = fake.lists();
    let server = Server::start(fake);
    let live = assert_as_files(CASE, &server);
    let before = server.requests().len();
    let device = "5f0c7c0e-21aa-4c1e-8a4e-2f1000000003";
    lists.change("devices", |rows| rows[2]["lastAuditDate"] = 1_769_999_000_000_u64.into());
    lists.change("audits", |rows| {
        rows[2]["bios"]["serialNumber"] = "4ABCD12".into();
        // Without a newer date it is not asked for, so this is not seen.
        rows[3]["bios"]["serialNumber"] = "UNSEEN1".into();
    });
    let found = CASE.read(&server, &live);
    // That without an audit may have one by now.
    let expected: BTreeSet<String> =
        [device, WITHOUT_AUDIT].iter().map(|uid| format!("/api/v2/audit/device/{uid}")).collect();
    let again: BTreeSet<String> = asked(&server, before, "/audit/").into_iter().collect();
    assert_eq!(again, expected);
    lists.change("audits", |rows| rows[3]["bios"]["serialNumber"] = "5CG2026JCF".into());
    assert_same(&from_files(&lists), &found);
}

#[test]
fn wrong_credentials_and_a_missing_permission_are_named() {
    let server = Server::start(DattoRmm::sample(&in_pages(20)));
    let live = CASE.live_with(&server, &[("api_key", KEY), ("api_secret", WRONG)]);
    let (_, text) = CASE.refusal(&server, &live);
    assert_eq!(
        text,
        "the sign-in failed: it answers 400: invalid_grant; check the credentials of `it`: \
         `api_key` in [FOLDER]/keys.toml, `api_secret` in [FOLDER]/keys.toml"
    );
    server.faults().add("/api/v2/audit/", Fault::Refuse(Refusal::Forbidden), 1);
    let (_, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!(
        text,
        "`audits`: it answers 403: not allowed; give the credentials the permission to read this"
    );
}
