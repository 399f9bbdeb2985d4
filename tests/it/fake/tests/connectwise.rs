//! ConnectWise's fake does what the clients of ConnectWise PSA know.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection, readable, target};
use crate::fake::connectwise::{CLIENT_ID, COMPANY, ConnectWise, Links, PRIVATE_KEY, PUBLIC_KEY};
use crate::fake::limits::Rate;
use crate::fake::server::Server;
use crate::fake::spec::Spec;

const BASE: &str = "/v4_6_release/apis/3.0";

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("{COMPANY}+{PUBLIC_KEY}:{PRIVATE_KEY}")))
}

fn ask_with(server: &Server, target: &str, more: &[(&str, &str)]) -> Answer {
    let basic = basic();
    let mut headers = vec![("Authorization", basic.as_str()), ("clientId", CLIENT_ID)];
    headers.extend(more);
    Connection::to(server).get(target, &headers).expect("it answers")
}

fn ask(server: &Server, target: &str) -> Answer {
    ask_with(server, &format!("{BASE}{target}"), &[])
}

fn ids(answer: &Answer) -> Vec<i64> {
    let document = answer.json();
    let rows = document.as_array().expect("a bare list");
    rows.iter().map(|row| row["id"].as_i64().expect("ids are numbers")).collect()
}

/// The address behind `rel="next"`.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let part = link.split(", ").find(|part| part.ends_with("rel=\"next\""))?;
    Some(part.split(['<', '>']).nth(1).expect("an address in brackets").to_owned())
}

#[test]
fn demands_keys_and_client_id() {
    let server = Server::start(ConnectWise::sample(&Options::default()));
    let mut connection = Connection::to(&server);
    let path = format!("{BASE}/system/info");
    let wrong = connection.get(&path, &[("clientId", CLIENT_ID)]).expect("it answers");
    assert_eq!((wrong.status, &wrong.json()["code"]), (401, &json!("Unauthorized")));
    assert_eq!(connection.get(&path, &[("Authorization", &basic())]).expect("it answers").status, 403);
    let info = ask(&server, "/system/info");
    assert_eq!((info.status, info.header("api-current-version")), (200, Some("2026.3")));
    assert_eq!(info.json()["isCloud"], true);
}

#[test]
fn tells_its_codebase_and_changes_it() {
    let vendor = std::sync::Arc::new(ConnectWise::sample(&Options::default()));
    let server = Server::start(std::sync::Arc::clone(&vendor));
    let codebase = || {
        let answer = Connection::to(&server).get("/login/companyinfo/larkfield", &[]).expect("it answers");
        answer.json()["Codebase"].as_str().expect("a codebase").to_owned()
    };
    let before = format!("/{}apis/3.0/system/info", codebase());
    assert_eq!(ask_with(&server, &before, &[]).status, 200);
    vendor.upgrade("v2026_4/");
    let refused = ask_with(&server, &before, &[]);
    assert_eq!((refused.status, &refused.json()["code"]), (404, &json!("NotFound")));
    assert_eq!(ask_with(&server, &format!("/{}apis/3.0/system/info", codebase()), &[]).status, 200);
    assert_eq!(ask(&server, "/system/info").status, 200);
    let unknown = Connection::to(&server).get("/login/companyinfo/other", &[]).expect("it answers");
    assert_eq!(unknown.json(), Value::Null);
}

#[test]
fn pages_forward_only() {
    let server = Server::start(ConnectWise::sample(&Options::default()));
    let forward = [("pagination-type", "forward-only")];
    let mut target_of_page = format!("{BASE}/company/configurations?pageSize=50");
    let mut all = Vec::new();
    loop {
        let page = ask_with(&server, &target_of_page, &forward);
        all.extend(ids(&page));
        let Some(url) = next(&page) else {
            assert_eq!(page.header("link"), Some(""));
            break;
        };
        assert!(url.starts_with(&server.url()));
        target_of_page = target(&url);
    }
    assert!(all.is_sorted());
    assert_eq!((all.len(), server.requests().len()), (124, 3));
    let last = format!("{BASE}/company/configurations?pageSize=50&pageId={}", all[99]);
    assert_eq!(readable(&target_of_page), last);
    assert_eq!(Spec::of("connectwise").check_all(server.requests()), Vec::<String>::new());
}

#[test]
fn pages_by_number() {
    let server = Server::start(ConnectWise::sample(&Options::default()));
    let first = ask(&server, "/company/contacts");
    assert_eq!(ids(&first).len(), 25);
    assert_eq!(next(&first).as_deref().map(readable), Some(format!("{BASE}/company/contacts?page=2")));
    let last = ask(&server, "/company/contacts?page=4");
    assert_eq!((ids(&last).len(), next(&last)), (88 - 75, None));
    let beyond = ask(&server, "/company/contacts?page=9");
    assert_eq!((beyond.status, ids(&beyond).len()), (200, 0));
    assert_eq!(ids(&ask(&server, "/company/contacts?pageSize=5000")).len(), 88);
    let forward = [("pagination-type", "forward-only")];
    for (links, has_link) in [(Links::Numbered, true), (Links::Missing, false)] {
        let server = Server::start(ConnectWise::sample(&Options::default()).with_links(links));
        let page = ask_with(&server, &format!("{BASE}/company/contacts?pageSize=50"), &forward);
        assert_eq!(page.header("link").is_some(), has_link);
        assert!(next(&page).is_none_or(|url| url.contains("page=2")));
    }
}

#[test]
fn filters_by_conditions() {
    let server = Server::start(ConnectWise::sample(&Options::default()));
    let count = |conditions: &str| {
        let target = format!(
            "/company/companies?pageSize=1000&conditions={}",
            crate::fake::message::encode(conditions)
        );
        let answer = ask(&server, &target);
        assert_eq!(answer.status, 200, "{conditions}");
        ids(&answer).len()
    };
    assert_eq!(count("deletedFlag=False"), 18);
    assert_eq!(count("lastUpdated>[2026-01-30T16:41:07Z]"), 0);
    assert_eq!(count("lastUpdated>=[2026-01-30T16:41:07Z] AND deletedFlag = true"), 1);
    assert_eq!(count("id in (200, 201,7)"), 2);
    assert_eq!(count("name=\"Alder & Finch Accountants\" and status/id=1"), 1);
    assert_eq!(count("name like \"Quayside%\""), 1);
    let counted = ask(&server, "/company/configurations/count?conditions=company%2Fid%3D200");
    let listed = ask(&server, "/company/configurations?conditions=company/id=200&fields=id");
    assert_eq!(counted.json()["count"], ids(&listed).len());
    assert_eq!(listed.json()[0].as_object().map(serde_json::Map::len), Some(1));
    let refused = ask(&server, "/company/companies?conditions=deletedFlag");
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("InvalidObject")));
}

#[test]
fn has_sites_below_companies() {
    let server = Server::start(ConnectWise::sample(&Options::default()));
    assert_eq!(ids(&ask(&server, "/company/companies/212/sites")), [612, 690]);
    assert_eq!(ids(&ask(&server, "/company/companies/241/sites")), [641]);
    assert_eq!(ask(&server, "/company/companies/7/sites").status, 404);
    assert_eq!(ask(&server, "/company/companies/212").json()["id"], 212);
    assert_eq!(ids(&ask(&server, "/company/companies/types")), [1, 2, 3, 4]);
    assert_eq!(ids(&ask(&server, "/company/countries")), [] as [i64; 0]);
    assert_eq!(ids(&ask(&server, "/service/tickets/30001/configurations")), [] as [i64; 0]);
    assert_eq!(ask(&server, "/company/notes").status, 404);
}

#[test]
fn says_how_long_to_wait() {
    let rate = Rate { requests: 1, window: std::time::Duration::from_mins(1) };
    let server = Server::start(ConnectWise::sample(&Options { rate: Some(rate), ..Options::default() }));
    assert_eq!(ask(&server, "/system/info").status, 200);
    let refused = ask(&server, "/system/info");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(refused.json()["error"], "Too Many Requests");
}
