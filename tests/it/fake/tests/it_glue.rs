//! IT Glue's fake does what IT Glue's documentation says.

use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection, readable, target};
use crate::fake::estate::Rows;
use crate::fake::it_glue::{ItGlue, KEY, LONG_IDS};
use crate::fake::limits::Rate;
use crate::fake::paging::Shift;
use crate::fake::server::Server;

fn ask(server: &Server, target: &str) -> Answer {
    Connection::to(server).get(target, &[("x-api-key", KEY)]).expect("it answers")
}

/// Asks for something that is there.
fn document(server: &Server, target: &str) -> Value {
    let answer = ask(server, target);
    assert_eq!(answer.status, 200, "{target}");
    answer.json()
}

fn ids(document: &Value) -> Vec<&str> {
    let rows = document["data"].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_str().expect("ids are texts")).collect()
}

fn start(options: &Options) -> Server {
    Server::start(ItGlue::sample(options))
}

#[test]
fn demands_its_key() {
    let server = start(&Options::default());
    let mut connection = Connection::to(&server);
    let wrong = connection.get("/organizations", &[("x-api-key", "ITG.wrong")]).expect("it answers");
    assert_eq!(
        (wrong.status, wrong.json()),
        (403, json!({ "errors": [{ "status": 403, "title": "Invalid API key" }] }))
    );
    assert_eq!(connection.get("/organizations", &[]).expect("it answers").status, 401);
    assert_eq!(
        connection.ask("POST", "/organizations", &[("x-api-key", KEY)], "{}").expect("it answers").status,
        405
    );
}

#[test]
fn pages_by_number() {
    let server = start(&Options::default());
    let first = document(&server, "/contacts");
    assert_eq!(ids(&first).len(), 50);
    assert_eq!(
        first["meta"],
        json!({ "current-page": 1, "next-page": 2, "prev-page": null, "total-pages": 2, "total-count": 88, "filters": {} })
    );
    let next = first["links"]["next"].as_str().expect("there is a second page");
    assert_eq!(readable(next), "/contacts?page[number]=2");
    let second = document(&server, &target(next));
    assert_eq!((ids(&second).len(), &second["links"]["next"]), (38, &Value::Null));
    let all = document(&server, "/contacts?page%5Bsize%5D=5000");
    assert_eq!((ids(&all).len(), &all["links"]), (88, &json!({})));
}

#[test]
fn gives_what_was_asked_for_with_include() {
    let server = start(&Options::default());
    let bare = document(&server, "/configurations?page[size]=1000");
    assert_eq!(bare.get("included"), None);
    assert_eq!(bare["data"][0]["relationships"], json!({ "adapters-resources": { "data": [] } }));
    let records = document(&server, "/configurations?page[size]=1000&include=rmm_records");
    assert_eq!(records["data"][0]["relationships"]["rmm-records"]["data"][0]["id"], "9501");
    assert!(records["included"].as_array().expect("a list").iter().all(|item| item["type"] == "rmm-records"));
    let all = document(
        &server,
        "/configurations?page[size]=1000&include=adapters_resources,configuration_interfaces,rmm_records",
    );
    assert_eq!(all["included"].as_array().map(Vec::len), Some(169));
    assert_eq!(ask(&server, "/configurations?include=passwords").status, 400);
}

#[test]
fn filters_and_sorts() {
    let server = start(&Options::default());
    let own = document(&server, "/configurations?filter[organization_id]=5001&page[size]=1000");
    assert!(!ids(&own).is_empty());
    let rows = own["data"].as_array().expect("a list");
    assert!(rows.iter().all(|row| row["attributes"]["organization-id"] == 5001));
    assert_eq!(
        ids(&document(&server, "/organizations?filter[name]=Larkfield%20IT,larkfield%20it")),
        ["5001"]
    );
    let falling = document(&server, "/organizations?sort=-id&page[size]=2");
    assert!(ids(&falling).is_sorted_by(|one, other| one > other));
    assert_eq!(ask(&server, "/models?filter[name]=x").status, 400);
}

#[test]
fn shows_single_records_and_their_interfaces() {
    let server = start(&Options::default());
    assert_eq!(
        document(&server, "/organizations/5002")["data"]["attributes"]["name"],
        "Alder & Finch Accountants"
    );
    let missing = ask(&server, "/organizations/1");
    assert_eq!((missing.status, &missing.json()["errors"][0]["status"]), (404, &json!(404)));
    let interfaces = document(&server, "/configurations/8121/relationships/configuration_interfaces");
    assert_eq!(ids(&interfaces), ["9057", "9058"]);
    for path in ["/organizations/", "/passwords", "/", "/organizations/5002/x"] {
        let page = ask(&server, path);
        assert_eq!((page.status, page.header("content-type")), (404, Some("text/html")), "{path}");
    }
}

#[test]
fn cuts_quick_notes_in_lists() {
    let row = json!({ "id": "1", "type": "organizations", "attributes": { "quick-notes": "é".repeat(300) } });
    let vendor = ItGlue::sample(&Options::default());
    vendor.lists().set("organizations", Rows::held(vec![row]));
    let server = Server::start(vendor);
    let listed = document(&server, "/organizations");
    assert_eq!(listed["data"][0]["attributes"]["quick-notes"], "é".repeat(250));
    let shown = document(&server, "/organizations/1");
    assert_eq!(shown["data"]["attributes"]["quick-notes"], "é".repeat(300));
}

#[test]
fn refuses_too_many_requests_without_saying_how_long() {
    let rate = Rate { requests: 2, window: std::time::Duration::from_mins(5) };
    let server = start(&Options { rate: Some(rate), ..Options::default() });
    let statuses: Vec<u16> = (0..3).map(|_| ask(&server, "/countries").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(ask(&server, "/countries").header("retry-after"), None);
}

#[test]
fn has_long_ids_and_moving_rows_on_request() {
    let options = Options {
        shift: Shift::Repeated,
        page_size: Some(10),
        empty_page: true,
        ids: LONG_IDS,
        ..Options::default()
    };
    let server = start(&options);
    let page =
        |number: usize| document(&server, &format!("/organizations?page[number]={number}&page[size]=1000"));
    assert_eq!(ids(&page(1))[0], "0");
    let empty = page(2);
    assert_eq!((ids(&empty).len(), &empty["meta"]["next-page"]), (0, &json!(3)));
    assert_eq!(ids(&page(3))[0], "4489414129005010");
    assert_eq!(ids(&page(3)).len(), 7);
}
