//! Autotask PSA over its interface.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use jiff::Timestamp;
use matchbook::api::{ErrorKind, Outcome, doctor};
use serde_json::json;

use super::case::{Case, PIPELINE};
use super::setting::{Told, assert_same, extracted, fresh, load, warehouse};
use crate::fake::Options;
use crate::fake::autotask::{Autotask, INTEGRATION, SECRET, USER};
use crate::fake::estate::Ids;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::limits::Rate;
use crate::fake::lists::Lists;
use crate::fake::message::Reply;
use crate::fake::server::Server;
use crate::workspace::Workspace;

const CASE: Case = Case {
    system: "autotask",
    method: "A",
    source: "types = { \"Workstation\" = \"Managed Workstation\", \"Laptop\" = \"Managed Workstation\", \"Server\" = \"Managed Server\" }\n\
             sync = { organization_types = [\"Customer\", \"Client\"], two_way = true }\n\
             create = { organization = { owner_resource_id = 4021 }, configuration = { product_billing_code_id = 29682804 } }\n",
    api: "",
    keys: &[("user", USER), ("secret", SECRET), ("integration_code", INTEGRATION)],
    sample: "autotask",
    spec: "autotask",
};

/// The documents that an extraction saves.
const SAVED: [(&str, &str, Option<&str>); 13] = [
    ("companies", "companies", Some("items")),
    ("company_locations", "company_locations", Some("items")),
    ("contacts", "contacts", Some("items")),
    ("configuration_items", "configuration_items", Some("items")),
    ("products", "products", Some("items")),
    ("tickets", "tickets", Some("items")),
    ("countries", "countries", Some("items")),
    ("configuration_item_categories", "configuration_item_categories", Some("items")),
    ("companies_fields", "companies_fields", Some("fields")),
    ("contacts_fields", "contacts_fields", Some("fields")),
    ("configuration_items_fields", "configuration_items_fields", Some("fields")),
    ("products_fields", "products_fields", Some("fields")),
    ("tickets_fields", "tickets_fields", Some("fields")),
];

const SMALL: Options = Options { page_size: Some(4), ..DEFAULT };
const DEFAULT: Options = Options {
    page_size: None,
    token_life: None,
    rate: None,
    shift: crate::fake::paging::Shift::None,
    empty_page: false,
    ids: Ids::Own,
};

fn from(lists: &Lists) -> Vec<String> {
    CASE.of_lists(lists, &SAVED)
}

/// Asserts that what a server gives comes to the same warehouse as its rows from files.
fn assert_as_files(vendor: Autotask, faults: Faults) {
    let lists = vendor.lists();
    let server = Server::with_faults(vendor, faults);
    let found = CASE.read(&server, &CASE.live(&server));
    assert_same(&from(&lists), &found);
}

fn with_api(server: &Server, lines: &str) -> Workspace {
    Case { api: "", ..CASE }.live(server).tap(lines)
}

trait Tap {
    fn tap(self, lines: &str) -> Self;
}

impl Tap for Workspace {
    /// The same with more lines at the end of the pipeline, in place of lines with the same key.
    fn tap(self, lines: &str) -> Self {
        let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.to_owned());
        let new: BTreeSet<Option<String>> = lines.lines().map(key).collect();
        let text = self.read(PIPELINE);
        let (head, section) = text.split_once("[source.api]\n").expect("there is an interface");
        let kept: Vec<&str> = section.lines().filter(|line| !new.contains(&key(line))).collect();
        self.write(PIPELINE, format!("{head}[source.api]\n{}\n{lines}", kept.join("\n")));
        self
    }
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let vendor = Autotask::sample(&SMALL);
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let found = CASE.read(&server, &CASE.live(&server));
    assert_same(&from(&lists), &found);
    assert!(server.peak() <= 3, "{} calls at the same time", server.peak());

    let requests = server.requests();
    let (zone, calls) = requests.split_first().expect("there are requests");
    assert_eq!(zone.path, "/atservicesrest/v1.0/zoneInformation");
    assert_eq!(
        (zone.param("user"), zone.header("secret"), zone.header("username")),
        (Some(USER), None, None)
    );
    for call in calls {
        assert!(call.path.starts_with("/ATServicesRest/V1.0/"), "{}", call.path);
        assert_eq!(call.header("content-type"), Some("application/json"));
        assert_eq!(call.headers.iter().filter(|(name, _)| name == "content-type").count(), 1);
        assert_eq!(call.method == "POST", call.path.ends_with("/query"), "{}", call.path);
    }
    // Every page of a list is asked for with the body of its first.
    let items: Vec<_> =
        calls.iter().filter(|call| call.path.ends_with("/ConfigurationItems/query")).collect();
    assert!(items.len() > 4, "{} pages", items.len());
    assert!(items.iter().skip(1).all(|call| call.param("paging").is_some() && call.body == items[0].body));
    let body = json!({ "MaxRecords": 500, "filter": [{ "op": "gte", "field": "id", "value": 0 }] });
    assert_eq!(items[0].json(), Some(body));
}

#[test]
fn it_survives_what_goes_wrong_in_passing() {
    let broken = Refusal::Broken(None);
    let faults = Faults::none()
        .on("/atservicesrest", Fault::Html(503), 1)
        .at(3, Fault::Drop)
        .at(5, Fault::Truncate)
        .at(8, Fault::Html(502))
        .at(10, Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))))
        .at(12, Fault::Html(200))
        .at(14, Fault::DropAfterHeaders)
        .at(16, Fault::HalfDocument)
        .at(18, Fault::Refuse(broken))
        .at(20, Fault::Answer(Autotask::thread_threshold()))
        .at(21, Fault::Answer(Autotask::thread_threshold()))
        .at(23, Fault::TruncateChunked);
    assert_as_files(Autotask::sample(&SMALL), faults);
}

#[test]
fn an_empty_page_long_ids_and_the_id_0() {
    assert_as_files(Autotask::sample(&Options { empty_page: true, ..SMALL }), Faults::none());
    let ids = Ids::Long { zero: Some(0) };
    assert_as_files(Autotask::sample(&Options { ids, ..SMALL }), Faults::none());
    assert_as_files(Autotask::sample(&SMALL).with_bare_zone(), Faults::none());
}

#[test]
fn what_is_wrong_with_a_query_is_not_tried_again() {
    let text = json!({ "errors": ["Conversion failed when converting \"x\" to an integer."] });
    let faults =
        Faults::none().on("/ATServicesRest/V1.0/Contacts", Fault::Refuse(Refusal::Broken(Some(text))), 10);
    let server = Server::with_faults(Autotask::sample(&SMALL), faults);
    let (error, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!(error.kind, ErrorKind::Answer);
    assert_snapshot!(text, @r#"`contacts`: it answers 500: Conversion failed when converting "x" to an integer.; the request is not tried again, since it would fail in the same way"#);
    let asked = server.requests().iter().filter(|request| request.path.contains("/Contacts/")).count();
    assert_eq!(asked, 1);
}

#[test]
fn wrong_credentials() {
    let server = Server::start(Autotask::sample(&DEFAULT));
    let keys = |user, secret| [("user", user), ("secret", secret), ("integration_code", INTEGRATION)];
    let stranger = CASE.live_with(&server, &keys("CANARY-nobody@larkfieldit.example", SECRET));
    assert_snapshot!(CASE.refusal(&server, &stranger).1, @"where to ask cannot be found out from [SERVER]: it answers 500: No zone information could be found for the user.; check `settings` under `api` in the pipeline, and the credentials");
    let wrong = CASE.live_with(&server, &keys(USER, "CANARY-wrong-secret"));
    let (error, text) = CASE.refusal(&server, &wrong);
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert_snapshot!(text, @"`companies`: it answers 401: The API user name or secret is not valid for this zone.; check the credentials of `it`: `integration_code` in [FOLDER]/keys.toml, `secret` in [FOLDER]/keys.toml, `user` in [FOLDER]/keys.toml");
    // It was asked whether the account has moved, and no call was made twice.
    let requests = server.requests();
    let zones = requests.iter().filter(|request| request.path.ends_with("zoneInformation")).count();
    assert_eq!((zones, requests.len()), (3, 4));
}

#[test]
fn a_missing_permission() {
    let refused = |entity: &str| {
        let path = format!("/ATServicesRest/V1.0/{entity}/query");
        Server::with_faults(
            Autotask::sample(&DEFAULT),
            Faults::none().on(&path, Fault::Answer(Autotask::missing_permission(entity)), 10),
        )
    };
    let server = refused("Contacts");
    let (error, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!(error.kind, ErrorKind::Permission);
    assert_snapshot!(text, @"`contacts`: it answers 500: The logged in Resource does not have the adequate permissions to query this entity type: Contacts.; give the credentials the permission to read this");
    // Tickets are of use, and nothing depends on them.
    let server = refused("Tickets");
    let done = extracted(&load(&CASE.live(&server), PIPELINE), &Told::default());
    let outcome = done.sources[0].outcome.as_ref().expect("the rest is read");
    assert_snapshot!(outcome.warnings.join("\n"), @"`tickets` was not read: `tickets`: it answers 500: The logged in Resource does not have the adequate permissions to query this entity type: Tickets.; give the credentials the permission to read this");
}

#[test]
fn calls_keep_apart_when_the_budget_shrinks() {
    let rate = Rate { requests: 1000, window: Duration::from_secs(24) };
    let server = Server::start(Autotask::sample(&Options { rate: Some(rate), ..DEFAULT }));
    let workspace = with_api(&server, "pace = { requests = 20, seconds = 24 }\n");
    CASE.read(&server, &workspace);
    assert!(server.exchanges().iter().all(|exchange| exchange.status == Some(200)));
    let requests = server.requests();
    // The question for the zone does not count; the one for the budget does, so that the tenth list is the eleventh.
    assert_eq!(requests[1].path, "/ATServicesRest/V1.0/ThresholdInformation");
    let lists: Vec<_> =
        requests[2..].iter().filter(|request| !request.path.ends_with("/ThresholdInformation")).collect();
    let apart = |at: usize| lists[at].at - lists[at - 1].at;
    assert!((1..9).all(|at| apart(at) < Duration::from_millis(450)));
    assert!((9..lists.len()).all(|at| apart(at) > Duration::from_millis(450)), "{}", lists.len());
}

#[test]
fn what_others_have_used_of_the_budget_is_waited_for() {
    // Of a thousand requests fifty are left to others, so 950 may be made, and 960 were.
    let rate = Rate { requests: 1000, window: Duration::from_secs(2) };
    let vendor = Autotask::sample(&Options { rate: Some(rate), ..DEFAULT }).with_used(960);
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let workspace = with_api(&server, "pace = { requests = 1000, seconds = 2 }\n");
    let told = Told::default();
    let begin = Instant::now();
    extracted(&load(&workspace, PIPELINE), &told);
    assert_same(&from(&lists), &warehouse(&workspace, PIPELINE));
    assert!(server.exchanges().iter().all(|exchange| exchange.status == Some(200)), "nothing was refused");
    let requests = server.requests();
    let lists = requests.iter().filter(|request| request.method == "POST");
    let first = lists.map(|request| request.at).min().expect("lists are read");
    assert!(first - begin > Duration::from_millis(1500), "{:?}", first - begin);
    // A twelfth of the window is waited before it is asked again.
    let questions = requests.iter().filter(|request| request.path.ends_with("/ThresholdInformation")).count();
    assert!((8..=14).contains(&questions), "{questions}");
}

#[test]
fn a_wait_for_others_is_told_of() {
    let rate = Rate { requests: 400, window: Duration::from_secs(13) };
    let vendor = Autotask::sample(&Options { rate: Some(rate), ..DEFAULT }).with_used(200);
    // All is used when it is asked first, and half the next time.
    let full = json!({ "externalRequestThreshold": 400, "currentTimeframeRequestCount": 400 });
    let full = Fault::Answer(Reply::json(&full));
    let server = Server::with_faults(vendor, Faults::none().on("/ATServicesRest/V1.0/Threshold", full, 1));
    let workspace = with_api(&server, "pace = { requests = 400, seconds = 13 }\n");
    workspace.write(
        PIPELINE,
        workspace.read(PIPELINE).replace("[source.api]", "[source.api]\nentities = [\"organization\"]"),
    );
    let told = Told::default();
    extracted(&load(&workspace, PIPELINE), &told);
    let told = told.take();
    let waits: Vec<&String> = told.iter().filter(|event| event.starts_with("Waiting")).collect();
    assert_eq!(waits.len(), 1, "{told:?}");
    let why = "400 of 400 requests of the account are used, by others too";
    assert!(waits[0].contains(why) && waits[0].contains("wait: 1."), "{waits:?}");
}

#[test]
fn the_doctor_says_what_is_left_of_the_budget() {
    let rate = Rate { requests: 10_000, window: Duration::from_hours(1) };
    let server = Server::start(Autotask::sample(&Options { rate: Some(rate), ..DEFAULT }));
    let findings = doctor(&load(&CASE.live(&server), PIPELINE));
    let checks = &findings[0].checks;
    let budget = checks.iter().find(|check| check.what == "budget").expect("it is checked");
    assert_eq!(budget.outcome, Outcome::Good("9998 of 10000 requests are left".to_owned()));
    let is_good = |outcome: &Outcome| matches!(outcome, Outcome::Good(_));
    assert!(checks.iter().all(|check| check.what == "clock" || is_good(&check.outcome)), "{checks:?}");
    // One row of a list is enough to know that it may be read.
    let query = server.requests().iter().find_map(|request| request.json()).expect("lists are queried");
    assert_eq!(query["MaxRecords"], 1);
}

#[test]
fn everything_goes_to_the_zone_of_the_account() {
    let zone = Server::start(Autotask::sample(&DEFAULT));
    let front = Server::start(Autotask::sample(&DEFAULT).elsewhere(&zone.url()));
    let workspace = CASE.live(&front);
    extracted(&load(&workspace, PIPELINE), &Told::default());
    assert_eq!(front.requests().len(), 1);
    assert_eq!(zone.requests().len(), SAVED.len());
    // An account that has moved is not known in its old zone.
    let old = Server::start(Autotask::sample(&DEFAULT).elsewhere(&zone.url()));
    let front = Server::start(Autotask::sample(&DEFAULT).elsewhere(&old.url()));
    let (error, _) = CASE.refusal(&front, &CASE.live(&front));
    assert_eq!(error.kind, ErrorKind::SignIn);
}

#[test]
fn only_what_changed_is_asked_for_again() {
    let vendor = Autotask::sample(&SMALL);
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let workspace = CASE.live(&server);
    CASE.read(&server, &workspace);
    let first = server.requests().len();
    let now = Timestamp::now().to_string();
    lists.change("contacts", |rows| {
        rows[1]["title"] = "Chief of Everything".into();
        rows[1]["lastModifiedDate"] = now.as_str().into();
    });
    lists.change("configuration_items", |rows| {
        rows[2]["serialNumber"] = "NEW-SERIAL-1".into();
        rows[2]["lastModifiedTime"] = now.as_str().into();
    });
    lists.change("companies", |rows| {
        let mut new = rows[2].clone();
        new["id"] = 30_555.into();
        new["companyName"] = "Larch & Sons".into();
        new["lastActivityDate"] = now.as_str().into();
        rows.push(new);
    });
    fresh(&workspace);
    let found = CASE.read(&server, &workspace);
    assert_same(&from(&lists), &found);
    let requests = server.requests();
    let bodies: Vec<_> = requests[first..]
        .iter()
        .filter_map(|request| Some((request.path.rsplit('/').nth(1)?.to_owned(), request.json()?)))
        .collect();
    let of = |entity: &str| -> Vec<_> {
        bodies.iter().filter(|(own, _)| own == entity).map(|(_, body)| &body["filter"][0]).collect()
    };
    for entity in ["Companies", "Contacts", "Tickets"] {
        assert_eq!(of(entity).len(), 1, "{entity}");
        assert_eq!(of(entity)[0]["op"], "or");
        assert_eq!(of(entity)[0]["items"][0]["field"], "lastActivityDate");
    }
    assert_eq!(of("ConfigurationItems")[0]["field"], "lastModifiedTime");
    assert_eq!(of("ConfigurationItems")[0]["op"], "gt");
    // Neither says when it changed.
    for entity in ["CompanyLocations", "Products"] {
        assert_eq!(of(entity)[0], &json!({ "op": "gte", "field": "id", "value": 0 }));
    }
}

#[test]
fn an_extraction_that_was_stopped_goes_on_with_its_page() {
    let vendor = Autotask::sample(&SMALL);
    let lists = vendor.lists();
    let second = |request: &crate::fake::message::Request| {
        request.path.ends_with("/ConfigurationItems/query") && request.param("paging").is_some()
    };
    let server = Server::with_faults(vendor, Faults::none().when(second, Fault::Html(503), 2));
    let workspace = with_api(&server, "retries = 1\n");
    let (error, _) = CASE.refusal(&server, &workspace);
    assert_eq!(error.kind, ErrorKind::Network);
    let before = server.requests().len();
    extracted(&load(&workspace, PIPELINE), &Told::default());
    assert_same(&from(&lists), &warehouse(&workspace, PIPELINE));
    let requests = server.requests();
    let next = &requests[before + 1];
    assert!(next.path.ends_with("/ConfigurationItems/query") && next.param("paging").is_some());
    assert!(requests[before + 1..].iter().all(|request| !request.path.contains("/Companies/query")));
}
