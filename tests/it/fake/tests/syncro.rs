//! Syncro's fake does what Syncro's documents say.

use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection};
use crate::fake::fault::{Fault, Faults, Refusal};
use crate::fake::server::Server;
use crate::fake::spec::Spec;
use crate::fake::syncro::{KEY, Syncro};

fn ask(server: &Server, target: &str) -> Answer {
    let authorization = format!("Bearer {KEY}");
    let headers = [("Authorization", authorization.as_str())];
    Connection::to(server).get(&format!("/api/v1{target}"), &headers).expect("it answers")
}

fn document(server: &Server, target: &str) -> Value {
    let answer = ask(server, target);
    assert_eq!(answer.status, 200, "{target}");
    answer.json()
}

fn count(document: &Value, member: &str) -> usize {
    document[member].as_array().map_or(0, Vec::len)
}

#[test]
fn demands_its_key_in_the_header() {
    let server = Server::start(Syncro::sample(&Options::default()));
    let answer =
        Connection::to(&server).get(&format!("/api/v1/customers?api_key={KEY}"), &[]).expect("it answers");
    assert_eq!(answer.status, 401);
    assert!(answer.json()["error"].as_str().is_some_and(|text| text.starts_with("Not authorized")));
    assert_eq!(document(&server, "/me")["subdomain"], "larkfield");
}

#[test]
fn answers_a_missing_permission_like_a_wrong_key() {
    let server = Server::start(Syncro::sample(&Options::default()).forbidding("tickets"));
    assert_eq!(ask(&server, "/tickets").status, 401);
    assert_eq!(ask(&server, "/contacts").status, 200);
    server.faults().add("/api/v1/contacts", Fault::Refuse(Refusal::Forbidden), 1);
    assert_eq!(ask(&server, "/contacts").status, 401);
}

#[test]
fn pages_as_it_likes() {
    let server = Server::start(Syncro::sample(&Options { page_size: Some(8), ..Options::default() }));
    let first = document(&server, "/customer_assets");
    assert_eq!(first["meta"], json!({ "total_pages": 3, "total_entries": 19, "per_page": 8, "page": 1 }));
    let counts: Vec<usize> = (1..=4)
        .map(|page| count(&document(&server, &format!("/customer_assets?page={page}")), "assets"))
        .collect();
    assert_eq!(counts, [8, 8, 3, 0]);
    assert_eq!(document(&server, "/tickets")["meta"], json!({ "total_pages": 1, "page": 1 }));
    let whole = Server::start(Syncro::sample(&Options::default()));
    assert_eq!(document(&whole, "/customers")["meta"]["per_page"], 100);
    assert_eq!(document(&whole, "/contacts")["meta"]["per_page"], 50);
    assert!(Spec::of("syncro").check_all(server.requests()).is_empty());
}

#[test]
fn leaves_disabled_customers_out() {
    let server = Server::start(Syncro::sample(&Options::default()));
    assert_eq!(count(&document(&server, "/customers"), "customers"), 7);
    assert_eq!(count(&document(&server, "/customers?include_disabled=true"), "customers"), 8);
}

#[test]
fn filters_tickets_by_time_and_shows_their_assets_one_by_one() {
    let server = Server::start(Syncro::sample(&Options::default()));
    let all = document(&server, "/tickets");
    assert_eq!(count(&all, "tickets"), 4);
    assert!(
        all["tickets"].as_array().expect("a list").iter().all(|ticket| ticket.get("asset_ids").is_none())
    );
    assert!(document(&server, "/tickets/9001")["ticket"]["asset_ids"].is_array());
    assert_eq!(count(&document(&server, "/tickets?since_updated_at=2026-01-30T11:00:00Z"), "tickets"), 4);
    assert_eq!(count(&document(&server, "/tickets?since_updated_at=2026-01-30T11:00:00.001Z"), "tickets"), 0);
}

#[test]
fn shows_single_records_in_several_envelopes() {
    let server = Server::start(Syncro::sample(&Options::default()));
    assert_eq!(
        document(&server, "/customers/3301")["customer"]["business_name"],
        "Fennwick Veterinary Clinic"
    );
    assert_eq!(document(&server, "/customer_assets/51001")["asset"]["name"], "FVC-WS-01");
    assert_eq!(document(&server, "/contacts/6601")["name"], "Yusuf Nowak");
    let missing = ask(&server, "/customers/1");
    assert_eq!((missing.status, missing.json()), (404, json!({ "message": "Not found" })));
    assert_eq!(ask(&server, "/invoices").status, 404);
}

#[test]
fn sees_changes_while_it_runs() {
    let vendor = Syncro::sample(&Options::default());
    let lists = vendor.lists();
    let server = Server::with_faults(vendor, Faults::none());
    lists.change("tickets", |tickets| {
        tickets.truncate(1);
        tickets[0]["updated_at"] = "2026-02-01T08:00:00.000Z".into();
    });
    let changed = document(&server, "/tickets?since_updated_at=2026-01-31T00:00:00Z");
    assert_eq!((count(&changed, "tickets"), &changed["tickets"][0]["id"]), (1, &json!(9001)));
    assert_eq!(ask(&server, "/tickets/9002").status, 404);
}
