//! The fake of Kaseya BMS does what its documents say.

use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection};
use crate::fake::kaseya_bms::{KaseyaBms, PASSWORD, USER};
use crate::fake::server::Server;

fn server() -> Server {
    Server::start(KaseyaBms::sample(&Options { page_size: Some(3), ..Options::default() }))
}

fn sign_in(server: &Server, form: &str) -> Value {
    let answer = Connection::to(server).ask("POST", "/v2/security/authenticate", &[], form);
    let answer = answer.expect("it answers");
    assert_eq!(answer.status, 200, "failures come with it too");
    answer.json()
}

fn form(tenant: &str) -> String {
    format!("grantType=password&userName={USER}&password={PASSWORD}&tenant={tenant}")
}

fn get(server: &Server, target: &str) -> Answer {
    let answer = sign_in(server, &form("Larkfield+IT"));
    let token = answer["result"]["accessToken"].as_str().expect("a token").to_owned();
    let header = format!("Bearer {token}");
    Connection::to(server).get(target, &[("Authorization", &header)]).expect("it answers")
}

#[test]
fn gives_a_token_to_those_who_name_the_tenant() {
    let server = server();
    let refused = sign_in(&server, &form("Somebody"));
    assert_eq!((&refused["success"], &refused["result"]), (&json!(false), &Value::Null));
    assert!(refused["error"].get("stackStrace").is_some(), "the vendor spells it so");
    // Names of fields in either spelling.
    let upper = form("Larkfield+IT").replace("grantType", "GrantType").replace("tenant", "Tenant");
    assert!(sign_in(&server, &upper)["result"]["accessTokenExpireOn"].is_string());
    let bare = Connection::to(&server).get("/v2/crm/accounts/summary", &[]).expect("it answers");
    assert_eq!(bare.status, 401);
}

#[test]
fn counts_pages_from_1_and_says_totals_where_the_vendor_does() {
    let server = server();
    let ids = |target: &str| -> Vec<Value> {
        let rows = get(&server, target).json()["result"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row["id"].clone()).collect()
    };
    let list = "/v2/servicedesk/hardwareasset/searchselect?PageSize=2&PageNumber=";
    assert_eq!(ids(&format!("{list}1")), [70021, 70022]);
    assert_eq!(ids(&format!("{list}2")), [70023, 70024]);
    assert!(ids(&format!("{list}99")).is_empty());
    assert!(get(&server, &format!("{list}1")).json().get("totalRecords").is_none());
    let accounts = get(&server, "/v2/crm/accounts/summary?pagesize=100").json();
    assert_eq!(
        (accounts["totalRecords"].as_i64(), accounts["result"].as_array().map(Vec::len)),
        (Some(9), Some(3))
    );
    assert!(ids("/v2/crm/accounts/summary?Filter.ModifiedOnFrom=2100-01-01T00:00:00Z").is_empty());
}

#[test]
fn has_mac_addresses_in_the_answer_about_one_asset_alone() {
    let server = server();
    let one = get(&server, "/v2/servicedesk/hardwareasset/70021").json();
    assert_eq!(one["result"]["macAddress"], "18-66-DA-0A-12-E4");
    let list = get(&server, "/v2/servicedesk/hardwareasset/searchselect").json();
    assert!(list["result"][0].get("macAddress").is_none());
    let missing = get(&server, "/v2/servicedesk/hardwareasset/1");
    assert_eq!((missing.status, &missing.json()["success"]), (200, &json!(false)));
}

#[test]
fn answers_in_either_spelling() {
    let vendor = KaseyaBms::sample(&Options::default()).in_pascal_case();
    let server = Server::start(vendor);
    let answer = sign_in(&server, &form("Larkfield+IT"));
    assert!(answer["Result"]["AccessToken"].is_string(), "{answer}");
}
