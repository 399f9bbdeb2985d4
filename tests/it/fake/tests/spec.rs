//! The check of requests against descriptions, on descriptions and requests written for it.

use std::time::Instant;

use serde_json::{Value, json};

use crate::fake::message::{Request, decode, pairs};
use crate::fake::spec::Spec;

const VENDORS: [&str; 8] =
    ["autotask", "connectwise", "datto_rmm", "it_glue", "kaseya_bms", "microsoft_365", "syncro", "tigerpaw"];

fn request(method: &str, target: &str, headers: &[&str]) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        number: 1,
        connection: 1,
        at: Instant::now(),
        method: method.to_owned(),
        target: target.to_owned(),
        path: decode(path, false),
        query: pairs(query),
        headers: headers.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect(),
        body: Vec::new(),
    }
}

fn post(target: &str, headers: &[&str], body: &Value) -> Request {
    Request { body: body.to_string().into_bytes(), ..request("POST", target, headers) }
}

fn wrong(vendor: &str, request: &Request) -> Vec<String> {
    Spec::of(vendor).check(request)
}

#[test]
fn every_description_can_be_read_and_is_small() {
    for vendor in VENDORS {
        let spec = Spec::of(vendor);
        assert!(!spec.check(&request("GET", "/no/such/path", &[])).is_empty());
        let path = format!("{}/tests/it/specs/{vendor}.json", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::metadata(path).expect("it is there").len() < 40_000);
    }
}

#[test]
fn knows_paths_and_methods() {
    let datto = |method, target| wrong("datto_rmm", &request(method, target, &["authorization"]));
    assert!(datto("GET", "/api/v2/account/sites").is_empty());
    assert!(datto("GET", "/api/v2/site/0b7c1f4a/devices/network-interface?page=0&max=250").is_empty());
    assert_eq!(datto("GET", "/api/v2/account/contacts"), ["Datto RMM has no such path"]);
    assert_eq!(datto("GET", "/v2/account/sites"), ["Datto RMM has no such path"]);
    assert_eq!(datto("GET", "/api/v2/audit/device/"), ["Datto RMM has no such path"]);
    assert_eq!(datto("PUT", "/api/v2/account/sites"), ["Datto RMM has no such method"]);
    assert!(wrong("connectwise", &request("GET", "/login/companyinfo/larkfield", &[])).is_empty());
    let autotask = request("GET", "/atservicesrest/v1.0/zoneinformation?user=a%40b.example", &[]);
    assert!(wrong("autotask", &autotask).is_empty());
}

#[test]
fn a_named_path_is_meant_before_an_open_one() {
    let types = request(
        "GET",
        "/v4_6_release/apis/3.0/company/companies/types?page=1",
        &["authorization", "clientid"],
    );
    assert!(wrong("connectwise", &types).is_empty());
}

#[test]
fn knows_parameters_and_their_types() {
    let datto = |query: &str| {
        wrong("datto_rmm", &request("GET", &format!("/api/v2/account/devices?{query}"), &["authorization"]))
    };
    assert!(datto("hostname=a&page=0").is_empty());
    assert_eq!(datto("Page=0"), ["there is no parameter Page"]);
    assert_eq!(datto("max=all"), ["max is \"all\" and not of type integer"]);
    assert_eq!(datto("page=1&page=2"), ["the parameter page is there twice"]);
    let syncro = request("GET", "/api/v1/contacts?customer_id=7&per_page=100", &["authorization"]);
    assert_eq!(wrong("syncro", &syncro), ["there is no parameter per_page"]);
    let kaseya = request("GET", "/v2/crm/accounts/summary?pageNumber=1&PageSize=100", &["authorization"]);
    assert!(wrong("kaseya_bms", &kaseya).is_empty());
}

#[test]
fn knows_what_must_be_there() {
    let bare = request("GET", "/v4_6_release/apis/3.0/system/info", &["authorization"]);
    assert_eq!(wrong("connectwise", &bare), ["the header clientid is missing"]);
    let zone = request("GET", "/ATServicesRest/V1.0/zoneInformation", &[]);
    assert_eq!(wrong("autotask", &zone), ["the parameter user is missing"]);
}

#[test]
fn knows_the_lists_of_it_glue() {
    let check = |target: &str| wrong("it_glue", &request("GET", target, &["x-api-key"]));
    assert!(
        check("/configurations?page[size]=1000&include=adapters-resources,rmm_records&sort=-updated_at")
            .is_empty()
    );
    assert!(check("/flexible_assets?filter[flexible-asset-type-id]=4").is_empty());
    assert_eq!(check("/flexible_assets"), ["the parameter filter[flexible_asset_type_id] is missing"]);
    assert_eq!(check("/configurations?page[size]=2000"), ["page[size] cannot be 2000"]);
    assert_eq!(check("/configurations?include=rmm_records,passwords"), ["include cannot be passwords"]);
    assert_eq!(check("/contacts?filter[updated_at]=x"), ["there is no parameter filter[updated_at]"]);
    assert_eq!(check("/passwords"), ["IT Glue has no such path"]);
}

#[test]
fn knows_bodies() {
    let headers = ["apiintegrationcode", "username", "secret"];
    let query =
        |body: Value| wrong("autotask", &post("/ATServicesRest/V1.0/Companies/query", &headers, &body));
    let all = json!({ "op": "gte", "field": "id", "value": 0 });
    assert!(query(json!({ "MaxRecords": 500, "filter": [all] })).is_empty());
    let nested = json!({ "filter": [{ "op": "and", "items": [all, { "op": "like", "field": 7 }] }] });
    assert_eq!(
        query(nested),
        [
            "body.filter[0].items[1].op cannot be \"like\"",
            "body.filter[0].items[1].field is 7 and not of type string"
        ]
    );
    assert_eq!(
        query(json!({ "maxRecords": 500, "MaxRecords": 501 })),
        ["there is no body.maxRecords", "body.MaxRecords cannot be 501", "body.filter is missing"]
    );
    let nothing = request("POST", "/ATServicesRest/V1.0/Companies/query", &headers);
    assert_eq!(wrong("autotask", &nothing), ["the body is no JSON"]);
    let status = post("/api/accounts/search/accountstatus", &["authorization"], &json!("Active"));
    assert!(wrong("tigerpaw", &status).is_empty());
    let get = Request { body: b"{}".to_vec(), ..request("GET", "/api/v1/me", &["authorization"]) };
    assert_eq!(wrong("syncro", &get), ["there is a body"]);
}

#[test]
fn knows_forms() {
    let form = |body: &str| {
        let mut request = request("POST", "/auth/oauth/token", &["authorization"]);
        request.headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        request.body = body.as_bytes().to_vec();
        wrong("datto_rmm", &request)
    };
    assert!(form("grant_type=password&username=k&password=s").is_empty());
    assert_eq!(
        form("grant_type=client_credentials&username=k&tenant=t"),
        [
            "grant_type cannot be \"client_credentials\"",
            "there is no field tenant",
            "the field password is missing"
        ]
    );
}

#[test]
fn says_which_request_it_was() {
    let requests = [request("GET", "/api/v1/me", &["authorization"]), request("GET", "/api/v1/you?a=1", &[])];
    assert_eq!(Spec::of("syncro").check_all(&requests), ["GET /api/v1/you?a=1: Syncro has no such path"]);
}
