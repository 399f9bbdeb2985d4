//! Autotask's fake does what Autotask's documents say.

use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::autotask::{Autotask, INTEGRATION, SECRET, USER};
use crate::fake::client::{Answer, Connection, target};
use crate::fake::server::Server;

const HEADERS: [(&str, &str); 4] = [
    ("UserName", USER),
    ("Secret", SECRET),
    ("ApiIntegrationCode", INTEGRATION),
    ("Content-Type", "application/json"),
];

fn server() -> Server {
    Server::start(Autotask::sample(&Options { page_size: Some(5), ..Options::default() }))
}

fn post(server: &Server, target: &str, body: &Value) -> Answer {
    Connection::to(server).ask("POST", target, &HEADERS, &body.to_string()).expect("it answers")
}

fn get(server: &Server, path: &str) -> Answer {
    let target = format!("/ATServicesRest/V1.0/{path}");
    Connection::to(server).get(&target, &HEADERS).expect("it answers")
}

fn query(server: &Server, entity: &str, body: &Value) -> Answer {
    post(server, &format!("/ATServicesRest/V1.0/{entity}/query"), body)
}

fn all() -> Value {
    json!({ "filter": [{ "op": "gte", "field": "id", "value": 0 }] })
}

#[test]
fn tells_the_zone_of_a_user() {
    let server = server();
    let zone = |user: &str| {
        let target = format!("/atservicesrest/v1.0/zoneInformation?user={user}");
        Connection::to(&server).get(&target, &[]).expect("it answers")
    };
    let known = zone("CANARY-autotask%2Bapi%40larkfieldit.example").json();
    assert_eq!(known["url"], format!("{}/ATServicesRest/", server.url()));
    assert_eq!((zone("nobody").status, zone("nobody").json()["errors"].is_array()), (500, true));
}

#[test]
fn demands_three_headers() {
    let server = server();
    for left_out in 0..3 {
        let mut headers = HEADERS.to_vec();
        headers.remove(left_out);
        let target = "/ATServicesRest/V1.0/ThresholdInformation";
        assert_eq!(Connection::to(&server).get(target, &headers).expect("it answers").status, 401);
    }
    assert_eq!(get(&server, "ThresholdInformation").json()["externalRequestThreshold"], 10_000);
}

#[test]
fn goes_on_by_post_with_the_same_body() {
    let server = server();
    let first = query(&server, "ConfigurationItems", &all()).json();
    let next = target(first["pageDetails"]["nextPageUrl"].as_str().expect("there is more"));
    let refused = Connection::to(&server).get(&next, &HEADERS).expect("it answers");
    assert_eq!(refused.status, 405);
    assert_eq!(refused.json()["Message"], "The requested resource does not support http method 'GET'.");
    let other = json!({ "filter": [{ "op": "gt", "field": "id", "value": 1 }] });
    assert_eq!(post(&server, &next, &other).status, 500);
    let second = post(&server, &next, &all()).json();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(5));
    assert!(second["items"][0]["id"].as_i64() > first["items"][4]["id"].as_i64());
}

#[test]
fn answers_wrong_queries_with_status_500() {
    let server = server();
    let wrong = [
        json!({}),
        json!({ "filter": [] }),
        json!({ "MaxRecords": 501, "filter": all()["filter"] }),
        json!({ "IncludeFields": ["companyName"], "filter": all()["filter"] }),
        json!({ "filter": [{ "op": "eq", "field": "colour", "value": 1 }] }),
        json!({ "filter": [{ "op": "eq", "field": "companyType", "value": "Customer" }] }),
        json!({ "filter": [{ "op": "like", "field": "companyName", "value": "a" }] }),
    ];
    for body in wrong {
        let answer = query(&server, "Companies", &body);
        assert_eq!((answer.status, answer.json()["errors"].is_array()), (500, true), "{body}");
    }
}

#[test]
fn filters_rows_and_fields() {
    let server = server();
    let found = |filter: Value| -> Vec<Value> {
        let body = json!({ "IncludeFields": ["id"], "filter": filter });
        query(&server, "Companies", &body).json()["items"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(found(json!([{ "op": "eq", "field": "id", "value": 0 }])), [json!({ "id": 0 })]);
    assert!(found(json!([{ "op": "eq", "field": "id", "value": "0" }])).is_empty());
    let either = json!([{ "op": "or", "items": [
        { "op": "in", "field": "id", "value": [175] },
        { "op": "beginsWith", "field": "companyName", "value": "larkfield" },
    ]}]);
    assert_eq!(found(either), [json!({ "id": 0 }), json!({ "id": 175 })]);
    let later = json!([{ "op": "gt", "field": "lastActivityDate", "value": "2100-01-01T00:00:00Z" }]);
    assert!(found(later).is_empty());
}

#[test]
fn answers_about_one_record_and_about_fields() {
    let server = server();
    assert_eq!(get(&server, "Companies/0").json()["item"]["companyName"], "Larkfield IT");
    let missing = get(&server, "Companies/424242");
    assert_eq!((missing.status, missing.json()), (200, json!({ "item": null })));
    let fields = get(&server, "Companies/entityInformation/fields").json();
    let types =
        fields["fields"].as_array().expect("fields").iter().find(|field| field["name"] == "companyType");
    assert_eq!(types.expect("it is one")["picklistValues"][0]["value"], "1");
    assert_eq!(get(&server, "Colours/1").status, 404);
    let count = post(&server, "/ATServicesRest/V1.0/Countries/query/count", &all()).json();
    assert_eq!(count["queryCount"], 3);
}
