//! Systems that a user described in files of their own, over their interfaces: a key and numbered pages in the style of
//! Atera, a token and cursors in the style of NinjaOne.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;
use matchbook::api::{ErrorKind, Outcome, doctor};

use super::case::{Case, PIPELINE, WRONG};
use super::setting::{Told, assert_same, extracted, load, warehouse};
use crate::fake::Options;
use crate::fake::atera::{self, Atera};
use crate::fake::estate::Ids;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::limits::Rate;
use crate::fake::ninja_one::{CLIENT, NinjaOne, SECRET};
use crate::fake::paging::Shift;
use crate::fake::server::Server;

const ATERA: Case = Case {
    system: concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/systems/atera.toml"),
    method: "D",
    source: "",
    api: "",
    keys: &[("api_key", atera::KEY)],
    sample: "",
    spec: "atera",
};

const NINJA: Case = Case {
    system: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/systems/ninja_one.toml"),
    keys: &[("client_id", CLIENT), ("client_secret", SECRET)],
    spec: "ninja_one",
    ..ATERA
};

/// The lists of Atera as files have them.
const ATERA_SAVED: [(&str, &str, Option<&str>); 2] =
    [("customers", "customers", Some("items")), ("agents", "agents", Some("items"))];
/// Those of NinjaOne.
const NINJA_SAVED: [(&str, &str, Option<&str>); 2] =
    [("organizations", "organizations", None), ("devices", "devices", None)];

fn in_pages(rows: usize) -> Options {
    Options { page_size: Some(rows), ..Options::default() }
}

fn assert_atera(options: &Options, faults: Faults) -> Server {
    let fake = Atera::sample(options);
    let files = ATERA.of_lists(&fake.lists(), &ATERA_SAVED);
    let server = Server::with_faults(fake, faults);
    assert_same(&files, &ATERA.read(&server, &ATERA.live(&server)));
    server
}

fn assert_ninja(options: &Options, faults: Faults) -> Server {
    let fake = NinjaOne::sample(options);
    let files = NINJA.of_lists(&fake.lists(), &NINJA_SAVED);
    let server = Server::with_faults(fake, faults);
    assert_same(&files, &NINJA.read(&server, &NINJA.live(&server)));
    server
}

/// The pages of a list that were asked for, by the parameter that says where they begin.
fn pages(server: &Server, path: &str, parameter: &str) -> Vec<Option<String>> {
    let requests = server.requests();
    let pages = requests.iter().filter(|request| request.path == path);
    pages.map(|request| request.param(parameter).map(str::to_owned)).collect()
}

#[test]
fn numbered_pages_come_to_the_warehouse_of_the_files() {
    let server = assert_atera(&in_pages(50), Faults::none());
    // 21 clients and 129 devices.
    assert_eq!(pages(&server, "/api/v3/customers", "page"), [Some("1".to_owned())]);
    let three = ["1", "2", "3"].map(|page| Some(page.to_owned()));
    assert_eq!(pages(&server, "/api/v3/agents", "page"), three);
    assert!(server.requests().iter().all(|request| request.param("itemsInPage") == Some("500")));
}

#[test]
fn what_goes_wrong_in_passing_changes_nothing() {
    let faults = Faults::none()
        .on("/api/v3/customers", Fault::Drop, 1)
        .on("/api/v3/customers", Fault::Html(502), 1)
        .on("/api/v3/agents", Fault::Truncate, 1)
        .on("/api/v3/agents", Fault::Html(200), 1)
        .on("/api/v3/agents", Fault::HalfDocument, 1)
        .on("/api/v3/agents", Fault::Refuse(Refusal::TooMany(RetryAfter::Silent)), 1);
    assert_atera(&in_pages(50), faults);
    for shift in [Shift::Repeated, Shift::Lost] {
        let ids = Ids::Long { zero: Some(4401) };
        assert_atera(&Options { shift, empty_page: true, ids, ..in_pages(50) }, Faults::none());
    }
}

#[test]
fn a_refusal_for_the_limits_is_waited_for() {
    let fault = Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1)));
    let fake = Atera::sample(&in_pages(50));
    let server = Server::with_faults(fake, Faults::none().on("/api/v3/agents", fault, 1));
    let told = Told::default();
    extracted(&load(&ATERA.live(&server), PIPELINE), &told);
    let requests = server.requests();
    let agents: Vec<_> = requests.iter().filter(|request| request.path == "/api/v3/agents").collect();
    assert_eq!(agents.len(), 4);
    assert!(agents[1].at - agents[0].at >= Duration::from_secs(1));
    assert_eq!(told.take().iter().filter(|event| event.starts_with("Waiting")).count(), 1);
    // What the description says is kept to: three requests in a second, where the vendor takes three.
    let rate = Rate { requests: 3, window: Duration::from_millis(950) };
    let server = Server::start(Atera::sample(&Options { rate: Some(rate), ..in_pages(20) }));
    let workspace = ATERA.live(&server);
    let paced = workspace.read(PIPELINE).replace("pace = \"none\"", "pace = { requests = 3, seconds = 1 }");
    workspace.write(PIPELINE, paced);
    extracted(&load(&workspace, PIPELINE), &Told::default());
    assert!(server.exchanges().iter().all(|exchange| exchange.status == Some(200)), "nothing was refused");
}

#[test]
fn a_wrong_key_is_named_by_its_last_four_characters() {
    let server = Server::start(Atera::sample(&Options::default()));
    let (error, text) = ATERA.refusal(&server, &ATERA.live_with(&server, &[("api_key", WRONG)]));
    assert_eq!((error.kind, server.requests().len()), (ErrorKind::SignIn, 1));
    assert_snapshot!(text, @"`customers`: it answers 401: The key ***0f3a is not valid.; check the credentials of `it`: `api_key` in [FOLDER]/keys.toml");
    let wrong = [("client_id", CLIENT), ("client_secret", WRONG)];
    let server = Server::start(NinjaOne::sample(&Options::default()));
    let (error, text) = NINJA.refusal(&server, &NINJA.live_with(&server, &wrong));
    assert_eq!((error.kind, server.requests().len()), (ErrorKind::SignIn, 1));
    assert_snapshot!(text, @"the sign-in failed: it answers 401: invalid_client; check the credentials of `it`: `client_id` in [FOLDER]/keys.toml, `client_secret` in [FOLDER]/keys.toml");
}

#[test]
fn the_doctor_knows_systems_of_their_users() {
    let servers = [
        (ATERA, Server::start(Atera::sample(&Options::default()))),
        (NINJA, Server::start(NinjaOne::sample(&Options::default()))),
    ];
    for (case, server) in servers {
        let findings = doctor(&load(&case.live(&server), PIPELINE));
        let checks = findings[0].checks.iter().filter(|check| check.what != "clock");
        let good = checks.clone().filter(|check| matches!(check.outcome, Outcome::Good(_)));
        // The sign-in and both lists.
        assert_eq!((checks.count(), good.count()), (3, 3), "{findings:?}");
    }
}

#[test]
fn pages_behind_the_last_id_come_to_the_warehouse_of_the_files() {
    let server = assert_ninja(&in_pages(60), Faults::none());
    // 129 devices, whose ids begin with 880001; the end is an answer without rows.
    let pages = pages(&server, "/v2/devices-detailed", "after");
    let devices = NinjaOne::sample(&Options::default()).lists().rows("devices");
    let id = |place: usize| Some(devices.get(place)["id"].to_string());
    assert_eq!(pages, [None, id(59), id(119), id(128)]);
    let requests = server.requests();
    let (sign_in, calls) = requests.split_first().expect("there are requests");
    assert_eq!((sign_in.path.as_str(), sign_in.basic()), ("/ws/oauth/token", None));
    assert!(calls.iter().all(|call| call.param("pageSize") == Some("1000") && call.bearer().is_some()));
    let ids = Ids::Long { zero: Some(4401) };
    assert_ninja(&Options { ids, ..in_pages(60) }, Faults::none());
}

#[test]
fn a_cursor_survives_what_goes_wrong_in_passing() {
    let faults = Faults::none()
        .on("/ws/oauth/token", Fault::Html(503), 1)
        .on("/v2/organizations", Fault::Drop, 1)
        .on("/v2/organizations", Fault::Refuse(Refusal::Expired), 1)
        .on("/v2/devices-detailed", Fault::TruncateChunked, 1)
        .on("/v2/devices-detailed", Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))), 1)
        .on("/v2/devices-detailed", Fault::HalfDocument, 1);
    // A token is good for three requests.
    assert_ninja(&Options { token_life: Some(3), ..in_pages(60) }, faults);
}

#[test]
fn an_extraction_that_was_stopped_goes_on_behind_the_last_id() {
    let fake = NinjaOne::sample(&in_pages(60));
    let files = NINJA.of_lists(&fake.lists(), &NINJA_SAVED);
    let is_second = |request: &crate::fake::message::Request| {
        request.path == "/v2/devices-detailed" && request.param("after").is_some()
    };
    let server = Server::with_faults(fake, Faults::none().when(is_second, Fault::Html(503), 6));
    let workspace = NINJA.live(&server);
    assert_eq!(NINJA.refusal(&server, &workspace).0.kind, ErrorKind::Network);
    let before = server.requests().len();
    extracted(&load(&workspace, PIPELINE), &Told::default());
    assert_same(&files, &warehouse(&workspace, PIPELINE));
    let requests = server.requests();
    let again: Vec<&str> = requests[before..].iter().map(|request| request.path.as_str()).collect();
    let devices = "/v2/devices-detailed";
    assert_eq!(again, ["/ws/oauth/token", devices, devices, devices]);
}

#[test]
fn a_cursor_that_is_ignored_does_not_go_on_for_ever() {
    let server = Server::start(NinjaOne::sample(&in_pages(60)).ignoring_the_cursor());
    let done = extracted(&load(&NINJA.live(&server), PIPELINE), &Told::default());
    let outcome = done.sources[0].outcome.as_ref().expect("it is read");
    assert_snapshot!(outcome.warnings.join("\n"), @"
    `organizations`: the list leads back to a page that it had
    `devices`: the list leads back to a page that it had
    ");
}

#[test]
fn what_the_example_says_of_others_is_how_they_are_described() {
    let read = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(path).expect("it is part of the project")
    };
    let (example, other) = (read("pipelines/systems/atera.toml"), read("tests/it/systems/ninja_one.toml"));
    let said: Vec<&str> = example.lines().filter_map(|line| line.strip_prefix("#: ")).collect();
    assert_eq!(said.len(), 15);
    for line in said {
        assert!(other.lines().any(|own| own == line), "{line}");
    }
}
