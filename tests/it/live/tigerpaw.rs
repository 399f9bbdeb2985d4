//! Tigerpaw over its interface.

use std::collections::BTreeSet;

use matchbook::api::{ApiError, ErrorKind, ExtractionOptions, extract};
use serde_json::{Value, json};

use super::case::{Case, PIPELINE};
use super::setting::{Told, assert_same, extracted, load, sample, warehouse};
use crate::fake::Options;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::fake::tigerpaw::{PRIVATE, PUBLIC, Tigerpaw, failed};
use crate::workspace::Workspace;

const CASE: Case = Case {
    system: "tigerpaw",
    method: "A",
    source: "sync = { organization_types = [\"Client\"] }",
    api: "page_size = 2\n",
    keys: &[("public_key", PUBLIC), ("private_key", PRIVATE)],
    sample: "tigerpaw",
    spec: "tigerpaw",
};

fn small(options: &Options) -> Tigerpaw {
    Tigerpaw::sample(&Options { page_size: Some(2), ..options.clone() })
}

/// The sample without the search by type, which tells one account differently, with every contact in full and with
/// further documents.
fn from_files(more: &[(&str, String)]) -> Vec<String> {
    let mut workspace = Workspace::empty();
    for entry in std::fs::read_dir(sample("tigerpaw")).expect("there is a sample") {
        let path = entry.expect("the sample can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|ending| ending == "json") && name != "accounts_2.json" {
            let text = std::fs::read(&path).expect("the sample can be read");
            workspace = workspace.with(&format!("saved/{name}"), text);
        }
    }
    let fake = Tigerpaw::sample(&Options::default());
    let numbers: BTreeSet<String> =
        fake.lists().rows("contacts").iter().map(|row| row["ContactNumber"].to_string()).collect();
    let details: Value = numbers.iter().filter_map(|number| fake.details(number)).collect();
    workspace.write("saved/contact_details.json", details.to_string());
    for (name, text) in more {
        workspace.write(&format!("saved/{name}"), text);
    }
    CASE.of_folder(&workspace.path("saved"))
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(small(&Options::default()));
    let workspace = CASE.live(&server);
    assert_same(&from_files(&[]), &CASE.read(&server, &workspace));
    let requests = server.requests();
    let starts: Vec<&str> = requests
        .iter()
        .filter(|request| request.method == "POST" && request.body == b"\"Active\"")
        .filter_map(|request| request.param("pageRequest.startRow"))
        .collect();
    assert_eq!(starts, ["1", "3", "5", "7"]);
    assert!(requests.iter().all(|request| !request.path.contains("/assets/")), "the hub takes no assets");
}

#[test]
fn it_survives_failures_and_rows_that_move() {
    let files = from_files(&[]);
    for shift in [Shift::Repeated, Shift::Lost] {
        let faults = Faults::none()
            .at(1, Fault::Drop)
            .at(3, Fault::Truncate)
            .at(5, Fault::Html(502))
            .at(8, Fault::Html(200))
            .at(10, Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))))
            .at(12, Fault::DropAfterHeaders)
            .at(14, Fault::HalfDocument)
            .at(16, Fault::TruncateChunked);
        let server = Server::with_faults(small(&Options { shift, ..Options::default() }), faults);
        let workspace = CASE.live(&server);
        assert_same(&files, &CASE.read(&server, &workspace));
    }
}

#[test]
fn a_search_finds_what_begins_with_its_text() {
    let fake = small(&Options::default());
    let account = json!({
        "AccountNumber": 0,
        "Account": { "Name": "Nettle Bakery", "AccountId": null, "Address1": null, "AccountType": "Client", "Status": "Active - Hold", "IsVendor": false },
        "PhoneNumber": null, "FaxNumber": null, "ParentAccountNumber": null, "NumberOfContacts": 0,
    });
    let status =
        json!({ "Id": 0, "Value": "Active - Hold", "IsSystemEntry": false, "IsSystemDefault": false });
    fake.lists().change("accounts", |rows| rows.push(account.clone()));
    fake.lists().change("statuses", |rows| rows.push(status.clone()));
    let server = Server::start(fake);
    let workspace = CASE.live(&server);
    let found = CASE.read(&server, &workspace);
    let accounts =
        json!({ "Accounts": [account], "PageSize": 1, "NextRow": 2, "TotalCount": 1, "Success": true });
    let statuses = json!([status]);
    let more = [("accounts_3.json", accounts.to_string()), ("account_statuses_2.json", statuses.to_string())];
    assert_same(&from_files(&more), &found);
    let bodies: Vec<String> = server
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert!(bodies.contains(&"\"Active - Hold\"".to_owned()), "{bodies:?}");
}

#[test]
fn a_failure_inside_200_fails_the_extraction_and_the_next_one_goes_on() {
    let faults =
        Faults::none().on("/api/contacts/account/1051201", Fault::Answer(failed("the row is locked")), 1);
    let server = Server::with_faults(small(&Options::default()), faults);
    let workspace = CASE.live(&server);
    let (error, text) = CASE.refusal(&server, &workspace);
    assert_eq!(error.kind, ErrorKind::Answer);
    assert_eq!(
        text,
        "`contacts`: it answers 200 and says that it failed: the row is locked; the request is not tried again, since \
         it would fail in the same way"
    );
    let before = server.requests().len();
    extracted(&load(&workspace, PIPELINE), &Told::default());
    assert_same(&from_files(&[]), &warehouse(&workspace, PIPELINE));
    let again = &server.requests()[before..];
    assert!(again.iter().all(|request| !request.path.contains("/search/")), "the accounts are there already");
}

fn refused(fake: Tigerpaw, keys: &[(&str, &str)]) -> (ApiError, String) {
    let server = Server::start(fake);
    let workspace = CASE.live_with(&server, keys);
    CASE.refusal(&server, &workspace)
}

#[test]
fn wrong_keys_and_clocks_are_refused() {
    let wrong = [("public_key", PUBLIC), ("private_key", "CANARY-other")];
    let (error, text) = refused(small(&Options::default()), &wrong);
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert!(
        text.starts_with(
            "`account_statuses`: it answers 401: Authorization has been denied for this request.; \
             check the credentials of `it`: "
        ),
        "{text}"
    );
    assert!(!text.contains("CANARY"), "{text}");
    let (error, text) = refused(small(&Options::default()).ahead(40), CASE.keys);
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert!(text.contains("set the clock of this machine") && text.contains("behind the vendor's"), "{text}");
    let server = Server::start(small(&Options::default()).ahead(-10));
    extracted(&load(&CASE.live(&server), PIPELINE), &Told::default());
}

#[test]
fn what_the_role_may_not_read_is_left_out_where_the_rest_is_of_use() {
    let server = Server::start(small(&Options::default()).forbidding("/api/serviceorders"));
    let workspace = CASE.live(&server);
    let done = extract(&load(&workspace, PIPELINE), &ExtractionOptions::default(), &Told::default());
    let outcome = done.sources[0].outcome.as_ref().expect("the rest is read");
    assert_eq!(
        outcome.warnings,
        [
            "`service_orders` was not read: `service_orders`: it answers 403: not allowed; give the credentials the \
          permission to read this"
        ]
    );
    let (error, text) = refused(small(&Options::default()).forbidding("/api/contacts"), CASE.keys);
    assert_eq!(error.kind, ErrorKind::Permission);
    assert_eq!(
        text,
        "`contacts`: it answers 403: not allowed; give the credentials the permission to read this"
    );
}
