//! Kaseya BMS over its interface, and Vorex and Pulseway PSA, which are the same at other addresses.

use std::collections::BTreeSet;
use std::time::Duration;

use insta::assert_snapshot;
use jiff::Timestamp;
use matchbook::api::{ErrorKind, ExtractionOptions, Outcome, doctor, extract};
use matchbook::pipeline;

use super::case::{Case, PIPELINE};
use super::setting::{Told, assert_same, extracted, fresh, load, warehouse};
use crate::fake::Options;
use crate::fake::estate::Ids;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::kaseya_bms::{Expiry, KaseyaBms, PASSWORD, TENANT, USER, failure};
use crate::fake::limits::Rate;
use crate::fake::lists::Lists;
use crate::fake::message::Reply;
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::workspace::Workspace;

const CASE: Case = Case {
    system: "kaseya-bms",
    method: "A",
    source: "sync = { organization_types = [\"Client\"], two_way = true, contact_email_type = \"Work\", contact_phone_type = \"Work\" }\n",
    api: "settings = { tenant_name = \"Larkfield IT\" }\n",
    keys: &[("user", USER), ("password", PASSWORD)],
    sample: "kaseya_bms",
    spec: "kaseya_bms",
};

/// The documents that an extraction saves.
const SAVED: [(&str, &str, Option<&str>); 6] = [
    ("accounts", "accounts", Some("result")),
    ("contacts", "contacts", Some("result")),
    ("hardware_assets", "hardware_assets", Some("result")),
    ("asset_details", "asset_details", None),
    ("tickets", "tickets", Some("result")),
    ("account_types", "account_types", Some("result")),
];

const DEFAULT: Options = Options {
    page_size: None,
    token_life: None,
    rate: None,
    shift: Shift::None,
    empty_page: false,
    ids: Ids::Own,
};
/// Pages of fewer rows than are asked for.
const SMALL: Options = Options { page_size: Some(4), ..DEFAULT };

const SIGN_IN: &str = "/v2/security/authenticate";
const DETAILS: &str = "/v2/servicedesk/hardwareasset/7";

fn from(case: &Case, lists: &Lists) -> Vec<String> {
    case.of_lists(lists, &SAVED)
}

/// Asserts that what a server gives comes to the same warehouse as its rows from files.
fn assert_as_files(vendor: KaseyaBms, faults: Faults) -> Server {
    let lists = vendor.lists();
    let server = Server::with_faults(vendor, faults);
    let found = CASE.read(&server, &CASE.live(&server));
    assert_same(&from(&CASE, &lists), &found);
    server
}

fn sign_ins(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.path == SIGN_IN).count()
}

fn asked(server: &Server, path: &str) -> usize {
    server.requests().iter().filter(|request| request.path == path).count()
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = assert_as_files(KaseyaBms::sample(&SMALL), Faults::none());
    assert_eq!(sign_ins(&server), 1);
    assert!(server.peak() <= 2, "{} calls at the same time", server.peak());
    let requests = server.requests();
    let form: BTreeSet<String> = requests[0].form().into_iter().map(|(name, _)| name).collect();
    assert_eq!(form, ["grantType", "password", "tenant", "userName"].map(str::to_owned).into());
    assert_eq!(requests[0].field("tenant").as_deref(), Some(TENANT));
    let pages: Vec<_> = requests
        .iter()
        .filter(|request| request.path == "/v2/servicedesk/hardwareasset/searchselect")
        .map(|request| request.number_param("PageNumber"))
        .collect();
    assert_eq!(pages, (1..=pages.len()).map(Some).collect::<Vec<_>>(), "pages are counted from 1");
    // Every asset is asked about once: the list has no MAC address.
    let details: Vec<_> = requests.iter().filter(|request| request.path.starts_with(DETAILS)).collect();
    let ids: BTreeSet<_> = details.iter().map(|request| &request.path).collect();
    assert_eq!(details.len(), ids.len());
    assert!(ids.len() > 8, "{} assets", ids.len());
}

#[test]
fn answers_in_pascal_case() {
    let vendor = KaseyaBms::sample(&SMALL).in_pascal_case();
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let found = CASE.read(&server, &CASE.live(&server));
    // What is kept of members that have no column keeps their names.
    let small = |rows: Vec<String>| -> Vec<String> { rows.iter().map(|row| row.to_lowercase()).collect() };
    assert_same(&small(from(&CASE, &lists)), &small(found));
}

#[test]
fn it_survives_what_goes_wrong_in_passing() {
    let faults = Faults::none()
        .at(1, Fault::Html(502))
        .at(4, Fault::Drop)
        .at(6, Fault::Truncate)
        .at(8, Fault::Html(502))
        .at(10, Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))))
        .at(12, Fault::Refuse(Refusal::Expired))
        .at(14, Fault::Html(200))
        .at(17, Fault::Answer(Reply::json(&failure(503, "The service is not available"))))
        .at(20, Fault::HalfDocument)
        .at(22, Fault::TruncateChunked);
    let server = assert_as_files(KaseyaBms::sample(&SMALL), faults);
    assert_eq!(sign_ins(&server), 3, "the first failed, and the third renewed a refused token");
}

#[test]
fn a_token_is_renewed_after_it_was_refused() {
    let vendor = KaseyaBms::sample(&Options { token_life: Some(9), ..SMALL });
    let server = assert_as_files(vendor, Faults::none());
    assert!(sign_ins(&server) > 2, "{}", sign_ins(&server));
    // With status 401 inside 200, as all failures may come.
    let expired = Fault::Answer(Reply::json(&failure(401, "The token has expired")));
    let server = assert_as_files(KaseyaBms::sample(&SMALL), Faults::none().at(7, expired));
    assert_eq!(sign_ins(&server), 2);
    // A token that is refused at once is not asked for again and again.
    let faults = Faults::none().on("/v2/crm/contacts", Fault::Refuse(Refusal::Expired), 10);
    let server = Server::with_faults(KaseyaBms::sample(&DEFAULT), faults);
    let (error, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert!(sign_ins(&server) < 5, "{}", sign_ins(&server));
    assert_snapshot!(text, @"`contacts`: it answers 401: token expired; check the credentials of `it`: `password` in [FOLDER]/keys.toml, `user` in [FOLDER]/keys.toml");
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let vendor = KaseyaBms::sample(&DEFAULT).with_expiry(Expiry::In(Duration::from_secs(62)));
    let slow = Fault::Slow(Duration::from_millis(2500));
    let server = assert_as_files(vendor, Faults::none().on("/v2/crm/contacts", slow, 1));
    assert_eq!(sign_ins(&server), 2);
    assert!(server.exchanges().iter().all(|exchange| exchange.status == Some(200)));
}

#[test]
fn an_end_in_the_past_is_not_believed() {
    // The time of a zone that is five hours behind, and nothing that says so.
    let past = Expiry::Zoneless(Duration::from_hours(5));
    let server = assert_as_files(KaseyaBms::sample(&DEFAULT).with_expiry(past), Faults::none());
    assert_eq!(sign_ins(&server), 1);
    let server = assert_as_files(KaseyaBms::sample(&DEFAULT).with_expiry(Expiry::Silent), Faults::none());
    assert_eq!(sign_ins(&server), 1);
}

#[test]
fn rows_that_move_an_empty_page_and_long_ids() {
    for shift in [Shift::Repeated, Shift::Lost] {
        let vendor = KaseyaBms::sample(&Options { shift, ..SMALL });
        // Without a total nobody can tell that a row was lost.
        if shift == Shift::Lost {
            vendor.lists().change("hardware_assets", |rows| rows.truncate(4));
            let kept: Vec<_> =
                vendor.lists().rows("hardware_assets").iter().map(|row| row["id"].clone()).collect();
            vendor.lists().change("asset_details", |rows| rows.retain(|row| kept.contains(&row["id"])));
        }
        assert_as_files(vendor, Faults::none());
    }
    let ids = Ids::Long { zero: Some(4101) };
    assert_as_files(KaseyaBms::sample(&Options { ids, ..SMALL }), Faults::none());
}

#[test]
fn a_failure_inside_an_answer() {
    let refused = |code, text| {
        let fault = Fault::Answer(Reply::json(&failure(code, text)));
        Server::with_faults(KaseyaBms::sample(&DEFAULT), Faults::none().on("/v2/crm/contacts", fault, 10))
    };
    let server = refused(400, "Filter.ModifiedOnFrom is invalid");
    let (error, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!((error.kind, asked(&server, "/v2/crm/contacts/summary")), (ErrorKind::Answer, 1));
    assert_snapshot!(text, @"`contacts`: it answers 400 inside 200: Filter.ModifiedOnFrom is invalid; the request is not tried again, since it would fail in the same way");
    let server = refused(403, "The user has no right to read contacts");
    let (error, text) = CASE.refusal(&server, &CASE.live(&server));
    assert_eq!((error.kind, asked(&server, "/v2/crm/contacts/summary")), (ErrorKind::Permission, 1));
    assert_snapshot!(text, @"`contacts`: it answers 403 inside 200: The user has no right to read contacts; give the credentials the permission to read this");
}

#[test]
fn a_permission_that_the_rest_does_without() {
    let faults = Faults::none().on("/v2/servicedesk/tickets", Fault::Refuse(Refusal::Forbidden), 10);
    let server = Server::with_faults(KaseyaBms::sample(&DEFAULT), faults);
    let done = extracted(&load(&CASE.live(&server), PIPELINE), &Told::default());
    let outcome = done.sources[0].outcome.as_ref().expect("the rest is read");
    assert_snapshot!(outcome.warnings.last().expect("there is one"), @"`tickets` was not read: `tickets`: it answers 403 inside 200: The user has no right to read this; give the credentials the permission to read this");
}

#[test]
fn wrong_credentials() {
    let server = Server::start(KaseyaBms::sample(&DEFAULT));
    let wrong = CASE.live_with(&server, &[("user", USER), ("password", "CANARY-wrong-password")]);
    let (error, text) = CASE.refusal(&server, &wrong);
    assert_eq!((error.kind, server.requests().len()), (ErrorKind::SignIn, 1));
    assert_snapshot!(text, @"the sign-in failed: it answers 401 inside 200: Invalid user name, password or tenant; check the credentials of `it`: `password` in [FOLDER]/keys.toml, `user` in [FOLDER]/keys.toml");
    let tenant = Case { api: "settings = { tenant_name = \"Larkfield\" }\n", ..CASE };
    assert_eq!(tenant.refusal(&server, &tenant.live(&server)).0.kind, ErrorKind::SignIn);
}

#[test]
fn every_endpoint_has_a_budget_of_its_own() {
    let rate = Rate { requests: 9, window: Duration::from_secs(1) };
    let vendor = KaseyaBms::sample(&Options { rate: Some(rate), ..DEFAULT });
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let workspace = CASE.live(&server);
    // Requests may arrive up to a second later than they were sent, on a machine that is busy, and one not so late.
    let text = workspace.read(PIPELINE).replace("pace = \"none\"", "pace = { requests = 8, seconds = 2 }");
    workspace.write(PIPELINE, text);
    let found = CASE.read(&server, &workspace);
    assert_same(&from(&CASE, &lists), &found);
    assert!(server.exchanges().iter().all(|exchange| exchange.status == Some(200)));
    // More requests than one budget has, and only the details had to wait.
    let requests = server.requests();
    let is_detail =
        |request: &&std::sync::Arc<crate::fake::message::Request>| request.path.starts_with(DETAILS);
    let details: Vec<_> = requests.iter().filter(is_detail).collect();
    assert!(requests.len() > details.len() + 4 && details.len() > 8, "{}", details.len());
    assert!(details[8].at - details[0].at > Duration::from_millis(900));
    assert!(details[0].at - requests[0].at < Duration::from_millis(900));
}

#[test]
fn an_endpoint_that_has_to_wait_does_not_keep_the_others_waiting() {
    for (path, refused) in
        [("/v2/crm/contacts", "contacts"), ("/v2/servicedesk/hardwareasset/search", "assets")]
    {
        let fault = Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(2)));
        let vendor = KaseyaBms::sample(&SMALL);
        let lists = vendor.lists();
        let server = Server::with_faults(vendor, Faults::none().on(path, fault, 1));
        let workspace = CASE.live(&server);
        let told = Told::default();
        extracted(&load(&workspace, PIPELINE), &told);
        assert_same(&from(&CASE, &lists), &warehouse(&workspace, PIPELINE));
        let requests = server.requests();
        let at = requests.iter().position(|request| request.path.starts_with(path)).expect("it was refused");
        // Nothing but what is about the assets needs their list.
        let is_late = |path: &str| match refused {
            "contacts" => path.starts_with("/v2/crm/contacts"),
            _ => path.starts_with("/v2/servicedesk/hardwareasset"),
        };
        for request in &requests[at + 1..] {
            let after = request.at - requests[at].at;
            assert_eq!(is_late(&request.path), after >= Duration::from_secs(2), "{} {after:?}", request.path);
        }
        assert!(requests[at + 1..].iter().any(|request| request.path == "/v2/servicedesk/tickets"));
        let told = told.take();
        assert_eq!(told.iter().filter(|event| event.starts_with("Waiting")).count(), 1, "{told:?}");
    }
}

#[test]
fn only_what_changed_is_asked_for_again() {
    let vendor = KaseyaBms::sample(&SMALL);
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let workspace = CASE.live(&server);
    CASE.read(&server, &workspace);
    let first = server.requests().len();
    let now = Timestamp::now().to_string();
    lists.change("contacts", |rows| {
        rows[0]["jobTitle"] = "Chief of Everything".into();
        rows[0]["modifiedOn"] = now.as_str().into();
    });
    lists.change("tickets", |rows| {
        rows[0]["title"] = "Front desk PC starts again".into();
        rows[0]["lastActivityUpdate"] = now.as_str().into();
    });
    lists.change("hardware_assets", |rows| rows[2]["assetName"] = "FVC-SW-99".into());
    lists.change("asset_details", |rows| {
        let changed = rows.iter_mut().find(|row| row["id"] == 70_023).expect("the sample has it");
        changed["name"] = "FVC-SW-99".into();
        changed["macAddress"] = "18-66-DA-0A-99-99".into();
    });
    fresh(&workspace);
    let found = CASE.read(&server, &workspace);
    assert_same(&from(&CASE, &lists), &found);
    let requests = server.requests();
    let filtered: BTreeSet<(&str, &str)> = requests[first..]
        .iter()
        .flat_map(|request| {
            let filters = request.query.iter().filter(|(name, _)| name.starts_with("Filter"));
            filters.map(|(name, _)| (request.path.as_str(), name.as_str()))
        })
        .collect();
    let wanted = [
        ("/v2/crm/accounts/summary", "Filter.ModifiedOnFrom"),
        ("/v2/crm/contacts/summary", "Filter.ModifiedOnFrom"),
        ("/v2/servicedesk/tickets", "Filter.LastActivityUpdateFrom"),
    ];
    assert_eq!(filtered, wanted.into());
    // Of some the vendor has nothing, so there is no answer that could be kept.
    let ids = |name: &str| -> BTreeSet<String> {
        lists.rows(name).iter().filter_map(|row| Some(row["id"].as_i64()?.to_string())).collect()
    };
    let (assets, known) = (ids("hardware_assets"), ids("asset_details"));
    let mut due: BTreeSet<String> = assets.difference(&known).cloned().collect();
    due.insert("70023".to_owned());
    let read = |from: usize| -> BTreeSet<String> {
        let requests = server.requests();
        let ids = requests[from..].iter().filter_map(|request| request.path.rsplit_once("hardwareasset/7"));
        ids.map(|(_, rest)| format!("7{rest}")).collect()
    };
    assert_eq!(read(first), due);
    // What the list does not show is read by the next extraction of everything.
    let before = server.requests().len();
    let full = ExtractionOptions { full: true, ..ExtractionOptions::default() };
    let done = extract(&load(&workspace, PIPELINE), &full, &Told::default());
    assert!(done.sources[0].outcome.is_ok());
    assert_eq!(read(before), assets);
}

#[test]
fn the_doctor_signs_in() {
    let server = Server::start(KaseyaBms::sample(&DEFAULT));
    let findings = doctor(&load(&CASE.live(&server), PIPELINE));
    let untested: Vec<&str> = findings[0]
        .checks
        .iter()
        .filter(|check| !matches!(check.outcome, Outcome::Good(_)))
        .map(|check| check.what.as_str())
        .filter(|what| *what != "clock")
        .collect();
    assert_eq!(untested, ["asset_details"]);
}

/// The host that a region, or none, stands for.
fn host(system: &str, region: &str) -> Result<String, String> {
    let keys = "credentials = { user = \"BMS_USER\", password = \"BMS_PASSWORD\" }\n";
    let text = format!(
        "name = \"x\"\nmethod = \"A\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n\
         [[source]]\nname = \"psa\"\nsystem = \"{system}\"\n[source.api]\n{region}{keys}{}",
        CASE.api
    );
    let workspace =
        Workspace::empty().with("p.toml", text).with("hub/organizations.csv", "id,name\n1,Acme\n");
    let loaded = pipeline::load(&workspace.path("p.toml")).map_err(|errors| errors.to_string())?;
    let api = loaded.sources.iter().find_map(|source| source.api.as_ref()).expect("it has an interface");
    Ok(api.values["host"].clone())
}

#[test]
fn vorex_is_the_same_at_its_own_address() {
    let vorex = Case { system: "vorex", ..CASE };
    let vendor = KaseyaBms::sample(&SMALL);
    let lists = vendor.lists();
    let server = Server::start(vendor);
    assert_same(&from(&vorex, &lists), &vorex.read(&server, &vorex.live(&server)));
    assert_eq!(host("vorex", "").as_deref(), Ok("https://api.vorexlogin.com"));
    let kaseya = host("vorex", "region = \"kaseya\"\n");
    assert_eq!(kaseya.as_deref(), Ok("https://api.vorexlogin.kaseya.com"));
    assert_eq!(host("kaseya-bms", "").as_deref(), Ok("https://api.bms.kaseya.com"));
    assert_eq!(host("kaseya-bms", "region = \"emea\"\n").as_deref(), Ok("https://api.bmsemea.kaseya.com"));
    let none = host("vorex", "region = \"emea\"\n").expect_err("it is a region of another product");
    assert!(none.contains("has no region `emea`"), "{none}");
}

#[test]
fn pulseway_is_the_same_at_its_own_address() {
    let pulseway = Case { system: "pulseway", ..CASE };
    let vendor = KaseyaBms::sample(&SMALL);
    let lists = vendor.lists();
    let server = Server::start(vendor);
    assert_same(&from(&pulseway, &lists), &pulseway.read(&server, &pulseway.live(&server)));
    assert_eq!(host("pulseway", "").as_deref(), Ok("https://api.psa.pulseway.com"));
    assert!(host("pulseway", "region = \"apac\"\n").is_err());
}
