//! Microsoft 365 over Graph, a tenant at a time.

use std::path::Path;
use std::sync::OnceLock;

use matchbook::api::{ErrorKind, ExtractionOptions, extract};
use serde_json::Value;

use super::case::{Case, PIPELINE};
use super::setting::{Told, asks, assert_same, load, sample, warehouse, with_keys};
use crate::fake::Options;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::graph::{CLIENT, Graph, PARTNER, SECRET};
use crate::fake::limits::Rate;
use crate::fake::message::Reply;
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::workspace::Workspace;

pub(super) const KEYS: &[(&str, &str)] = &[("client_id", CLIENT), ("client_secret", SECRET)];

/// What the tests of all vendors have in common; the pipeline is this file's own.
pub(super) const CASE: Case = Case {
    system: "microsoft-365",
    method: "A",
    source: "",
    api: "",
    keys: KEYS,
    sample: "microsoft_365",
    spec: "microsoft_365",
};

pub(super) const DOMAINS: [&str; 2] = ["junipercourtcarehome.example", "lowtherbreweries.example"];
const IDS: [&str; 2] = ["0d9a4e1c-7b52-4f0e-9a61-3c5d2e8f1011", "4b7c2a90-1e3d-4c86-b5f2-9d8e7a6c2012"];

/// The sample's pipeline with the tenants from files or over the interface.
pub(super) fn pipeline(from: &str) -> String {
    let sample = |name: &str| sample(name);
    format!(
        "name = \"live\"\nmethod = \"A\"\nwarehouse = \"live.duckdb\"\n\
         [hub]\nsystem = \"it-glue\"\nfiles = [\"{}\", \"{}\"]\n\
         [[source]]\nname = \"psa\"\nsystem = \"connectwise\"\nfiles = [\"{}\"]\n\
         [source.sync]\norganization_types = [\"Client\", \"Owner\"]\norganization_statuses = [\"Active\"]\n\
         [[source]]\nname = \"m365\"\nsystem = \"microsoft-365\"\n{from}\
         [source.accounts]\nskip_names = [\"svc-*\"]\n\
         [source.licenses]\nnames = \"{}\"\nskip = [\"*_FREE\"]\n\
         license_type = {{ id = 4101, name = \"Cloud Licences\" }}\ngroup_type = {{ id = 4102, name = \"Cloud Groups\" }}\n",
        sample("it_glue"),
        sample("microsoft_365/hub"),
        sample("connectwise"),
        sample("microsoft_365/product_names.csv"),
    )
}

pub(super) fn live_with(server: &Server, tenants: &[&str], more: &str, keys: &[(&str, &str)]) -> Workspace {
    let api = format!(
        "[source.api]\n{}tenants = {tenants:?}\npartner = \"{PARTNER}\"\nsettings = {{ login = \"{}\" }}\n{more}",
        asks(&server.url()),
        server.url()
    );
    with_keys(Workspace::empty().with(PIPELINE, pipeline(&api)), keys)
}

pub(super) fn live(server: &Server, tenants: &[&str]) -> Workspace {
    live_with(server, tenants, "page_size = 2\n", KEYS)
}

/// Copies the saved answers of a folder of the sample.
fn copy(workspace: &Workspace, folder: &str) {
    for entry in std::fs::read_dir(sample(&format!("microsoft_365/{folder}"))).expect("there is a sample") {
        let path = entry.expect("the sample can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            copy(workspace, &format!("{folder}/{name}"));
        } else {
            workspace.write(&format!("{folder}/{name}"), read(&path));
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the sample can be read")
}

/// The warehouse of the sample's files, as far as Graph has them: nothing of Partner Center, and of the relationships those
/// that are active.
fn from_files() -> &'static [String] {
    static ROWS: OnceLock<Vec<String>> = OnceLock::new();
    ROWS.get_or_init(|| warehouse_of(saved()))
}

/// The sample's files, as far as Graph has them.
pub(super) fn saved() -> Workspace {
    let workspace = Workspace::empty();
    copy(&workspace, "tenants");
    copy(&workspace, "partner");
    let name = "partner/delegated_admin_relationships.json";
    let mut document: Value = serde_json::from_str(&workspace.read(name)).expect("it is JSON");
    if let Some(rows) = document["value"].as_array_mut() {
        rows.retain(|row| row["status"] == "active");
    }
    workspace.write(name, document.to_string());
    // A member that nobody selects.
    let name = "tenants/lowther/users_3.json";
    workspace.write(name, workspace.read(name).replace(", \"futureMember\": {\"isNew\": true}", ""));
    // The second is an answer of 403.
    workspace.without("partner/partner_center_customers.json").without("tenants/lowther/managed_devices.json")
}

/// The warehouse of saved files.
pub(super) fn warehouse_of(saved: Workspace) -> Vec<String> {
    warehouse(&saved.with(PIPELINE, pipeline("files = [\"tenants\", \"partner\"]\n")), PIPELINE)
}

pub(super) fn warnings(server: &Server, workspace: &Workspace) -> Vec<String> {
    let done = extract(&load(workspace, PIPELINE), &ExtractionOptions::default(), &Told::default());
    let outcome = done.sources.into_iter().next().expect("there is a source").outcome;
    match outcome {
        Ok(done) => done.warnings.iter().map(|text| text.replace(&server.url(), "[SERVER]")).collect(),
        Err(error) => panic!("{error}; {}", error.hint),
    }
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(Graph::sample(&Options { page_size: Some(2), ..Options::default() }));
    let workspace = live(&server, &DOMAINS);
    assert_same(from_files(), &CASE.read(&server, &workspace));
    let requests = server.requests();
    for request in requests.iter().filter(|request| request.path.starts_with("/v1.0")) {
        assert_eq!(request.header("x-ms-throttle-priority"), Some("Low"), "{}", request.target);
    }
    let pages = requests.iter().filter(|request| request.param("$skiptoken").is_some());
    assert!(pages.count() > 8, "lists and members go on");
}

#[test]
fn tenants_by_id_are_those_by_domain() {
    let options = Options { page_size: Some(2), empty_page: true, ..Options::default() };
    let server = Server::start(Graph::sample(&options).marking());
    let workspace = live(&server, &IDS);
    assert_same(from_files(), &CASE.read(&server, &workspace));
}

#[test]
fn it_survives_failures_and_rows_that_move() {
    let faults = Faults::none()
        .at(1, Fault::Html(502))
        .at(3, Fault::Drop)
        .at(6, Fault::Truncate)
        .at(9, Fault::Html(502))
        .at(12, Fault::Html(200))
        .at(15, Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))))
        .at(18, Fault::Refuse(Refusal::Expired))
        .at(21, Fault::DropAfterHeaders)
        .at(24, Fault::HalfDocument)
        .at(27, Fault::TruncateChunked)
        .at(30, Fault::Answer(Reply::text(503, "busy").header("retry-after", "1")));
    let options =
        Options { page_size: Some(2), token_life: Some(4), shift: Shift::Repeated, ..Options::default() };
    let server = Server::with_faults(Graph::sample(&options), faults);
    let workspace = live(&server, &DOMAINS);
    assert_same(from_files(), &CASE.read(&server, &workspace));
}

#[test]
fn it_waits_as_long_as_graph_wishes() {
    let rate = Rate { requests: 12, window: std::time::Duration::from_millis(900) };
    let server = Server::start(Graph::sample(&Options { rate: Some(rate), ..Options::default() }));
    let workspace = live_with(&server, &DOMAINS, "", KEYS);
    assert_same(from_files(), &CASE.read(&server, &workspace));
    let refused = server.exchanges().iter().filter(|exchange| exchange.status == Some(429)).count();
    assert!((1..=8).contains(&refused), "{refused} requests were refused");
}

#[test]
fn a_tenant_that_lapsed_leaves_the_others_whole() {
    let server = Server::start(Graph::sample(&Options::default()).lapsing("juniper_court"));
    let workspace = live_with(&server, &DOMAINS, "", KEYS);
    let said = warnings(&server, &workspace);
    assert_eq!(
        said,
        [
            "the tenant `junipercourtcarehome.example` was not read: the sign-in failed: it answers 400: \
             AADSTS5000224: We are sorry, this resource is not available.",
            "`managed_devices` of the tenant `lowtherbreweries.example` was not read: `managed_devices`: it answers \
             403: Insufficient privileges to complete the operation.; give the credentials the permission \
             \"DeviceManagementManagedDevices.Read.All\"",
        ]
    );
    let found = warehouse(&workspace, PIPELINE);
    let has = |text: &str| found.iter().any(|row| row.contains(text));
    // Users of the two, by the ends of their ids.
    assert!(has("0f5a3f6f0201") && !has("0f5a3f6f0101"));
    // What the partner knows of it is read all the same.
    assert!(has("Juniper Court Ltd"));
}

#[test]
fn a_list_that_one_tenant_refuses_is_read_in_the_others() {
    let fake = Graph::sample(&Options::default()).forbidding("lowther", "/users");
    let server = Server::start(fake);
    let workspace = live_with(&server, &DOMAINS, "", KEYS);
    let said = warnings(&server, &workspace);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("`users` of the tenant `lowtherbreweries.example` was not read:"),
        "{said:?}"
    );
    assert!(said[0].contains("\"User.Read.All\""), "{said:?}");
    let found = warehouse(&workspace, PIPELINE);
    let has = |text: &str| found.iter().any(|row| row.contains(text));
    assert!(has("0f5a3f6f0101") && has("5d2c9b6e0021"));
    let contacts = || found.iter().filter(|row| row.contains("\"t\":\"contacts\""));
    assert!(!contacts().any(|row| row.contains("0f5a3f6f0202")));
}

#[test]
fn a_tenant_that_is_not_there_is_named() {
    let server = Server::start(Graph::sample(&Options::default()));
    let workspace = live_with(&server, &["elsewhere.example", DOMAINS[1]], "", KEYS);
    let said = warnings(&server, &workspace);
    assert_eq!(
        said[0],
        "the tenant `elsewhere.example` was not read: the sign-in failed: it answers 400: AADSTS90002: Tenant \
         'elsewhere.example' not found."
    );
}

#[test]
fn wrong_secrets_and_missing_permissions_are_told() {
    let server = Server::start(Graph::sample(&Options::default()));
    let keys = [("client_id", CLIENT), ("client_secret", "CANARY~other.secret")];
    let (error, text) = CASE.refusal(&server, &live_with(&server, &DOMAINS, "", &keys));
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert!(
        text.starts_with(
            "the sign-in failed: it answers 401: AADSTS7000215: Invalid client secret provided.; check the \
             credentials of `m365`: "
        ),
        "{text}"
    );
    assert!(!text.contains("CANARY"), "{text}");
    let fake = Graph::sample(&Options::default());
    let fake = fake.forbidding("juniper_court", "/").forbidding("lowther", "/").forbidding("partner", "/");
    let server = Server::start(fake);
    let (error, text) = CASE.refusal(&server, &live_with(&server, &DOMAINS, "", KEYS));
    assert_eq!(error.kind, ErrorKind::Permission);
    assert!(
        text.contains("Insufficient privileges") && text.contains("give the credentials the permission"),
        "{text}"
    );
}

#[test]
fn links_to_another_host_are_not_followed() {
    let other = Server::start(Graph::sample(&Options::default()));
    let fake = Graph::sample(&Options { page_size: Some(2), ..Options::default() }).leading_to(&other.url());
    let server = Server::start(fake);
    let (error, text) = CASE.refusal(&server, &live(&server, &DOMAINS));
    assert_eq!(error.kind, ErrorKind::Answer);
    assert!(text.contains("which is another host than `[SERVER]`"), "{text}");
    assert_eq!(other.connections(), 0);
}

#[test]
fn links_that_lead_back_end_the_list() {
    let options = Options { page_size: Some(2), ..Options::default() };
    let server = Server::start(Graph::sample(&options).turning());
    let workspace = live(&server, &DOMAINS);
    assert_same(from_files(), &CASE.read(&server, &workspace));
    let told = workspace.seen(&["snapshots", "list", PIPELINE, "--json"]);
    assert!(!told.contains("CANARY"), "{told}");
}
