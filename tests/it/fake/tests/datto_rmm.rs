//! Datto RMM's fake does what Datto RMM's pages say.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection, readable, target};
use crate::fake::datto_rmm::{DattoRmm, KEY, SECRET};
use crate::fake::limits::Rate;
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::fake::spec::Spec;

const SITE: &str = "0b7c1f4a-21aa-4c1e-8a4e-2f1000000004";
const PRINTER: &str = "5f0c7c0e-21aa-4c1e-8a4e-2f1000000073";

/// A client that is signed in.
struct Client {
    connection: Connection,
    authorization: String,
}

fn sign_in(connection: &mut Connection, client: &str, form: &str) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode(client));
    let headers = [("Authorization", basic.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    connection.ask("POST", "/auth/oauth/token", &headers, form).expect("it answers")
}

impl Client {
    fn of(server: &Server) -> Self {
        let mut connection = Connection::to(server);
        let form = format!("grant_type=password&username={KEY}&password={SECRET}");
        let token = sign_in(&mut connection, "public-client:public", &form).json();
        let authorization = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
        Self { connection, authorization }
    }

    fn ask(&mut self, target: &str) -> Answer {
        self.connection.get(target, &[("Authorization", &self.authorization)]).expect("it answers")
    }

    fn document(&mut self, target: &str) -> Value {
        let answer = self.ask(target);
        assert_eq!(answer.status, 200, "{target}");
        answer.json()
    }

    /// The uids of all pages of a list.
    fn uids(&mut self, first: &str, member: &str) -> Vec<String> {
        let mut uids = Vec::new();
        let mut next = first.to_owned();
        while !next.is_empty() {
            let page = self.document(&next);
            let rows = page[member].as_array().expect("a list");
            assert_eq!(page["pageDetails"]["count"], rows.len());
            uids.extend(rows.iter().map(|row| row["uid"].as_str().expect("a uid").to_owned()));
            next = page["pageDetails"]["nextPageUrl"]
                .as_str()
                .map(target)
                .filter(|url| url != "/")
                .unwrap_or_default();
        }
        uids
    }
}

#[test]
fn gives_tokens_for_the_password_grant() {
    let server = Server::start(DattoRmm::sample(&Options { token_life: Some(2), ..Options::default() }));
    let mut connection = Connection::to(&server);
    let form = format!("grant_type=password&username={KEY}&password={SECRET}");
    assert_eq!(sign_in(&mut connection, "public-client:other", &form).status, 401);
    let wrong = sign_in(&mut connection, "public-client:public", "grant_type=password&username=a&password=b");
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &json!("invalid_grant")));
    let mut client = Client::of(&server);
    let statuses: Vec<u16> = (0..3).map(|_| client.ask("/api/v2/account").status).collect();
    assert_eq!(statuses, [200, 200, 401]);
    let refused = client.ask("/api/v2/account/sites").json();
    assert_eq!((&refused["status"], &refused["path"]), (&json!(401), &json!("/v2/account/sites")));
    assert!(refused["timestamp"].is_i64());
    assert_eq!(Client::of(&server).ask("/api/v2/account").status, 200);
}

#[test]
fn pages_from_zero_and_loses_filters() {
    let server = Server::start(DattoRmm::sample(&Options { page_size: Some(20), ..Options::default() }));
    let mut client = Client::of(&server);
    let first = client.document("/api/v2/account/devices?hostname=-ws-&max=20&page=0");
    let next = first["pageDetails"]["nextPageUrl"].as_str().expect("a next page");
    assert_eq!(readable(next), "/api/v2/account/devices?page=1&max=20");
    assert_eq!(first["pageDetails"]["prevPageUrl"], Value::Null);
    assert_eq!(client.uids("/api/v2/account/devices", "devices").len(), 129);
    assert_eq!(client.uids("/api/v2/account/sites?max=250", "sites").len(), 21);
    let last = client.document(&format!("/api/v2/site/{SITE}/devices"));
    assert_eq!(last["pageDetails"]["nextPageUrl"], "");
    assert_eq!(client.document("/api/v2/system/pagination"), json!({ "max": 250 }));
}

#[test]
fn has_lists_of_sites_with_devices_that_the_account_lacks() {
    let hidden = "5f0c7c0e-21aa-4c1e-8a4e-2f100000006d";
    let server = Server::start(DattoRmm::sample(&Options::default()).hiding(&[hidden]));
    let mut client = Client::of(&server);
    assert_eq!(client.uids("/api/v2/account/devices", "devices").len(), 128);
    let own = client.uids(&format!("/api/v2/site/{SITE}/devices"), "devices");
    assert!(own.len() == 11 && own.contains(&hidden.to_owned()));
    assert_eq!(client.ask("/api/v2/site/deleted-devices/devices").status, 400);
    assert_eq!(client.ask("/api/v2/site/0b7c1f4a-21aa-4c1e-8a4e-2f10000000ff/devices").status, 404);
}

#[test]
fn gives_interfaces_in_bulk_and_audits_one_by_one() {
    let server = Server::start(DattoRmm::sample(&Options::default()));
    let mut client = Client::of(&server);
    let interfaces =
        client.document(&format!("/api/v2/site/{SITE}/devices/network-interface?page=0&max=250"));
    let rows = interfaces["devices"].as_array().expect("a list");
    assert_eq!(rows.len(), 11);
    assert!(rows.iter().all(|row| row["nics"].is_array() && row.get("operatingSystem").is_none()));
    let audit = client.document(&format!("/api/v2/audit/printer/{PRINTER}"));
    assert_eq!((&audit["systemInfo"]["model"], audit.get("deviceUid")), (&json!("HL-L6400DW"), None));
    let wrong = client.ask(&format!("/api/v2/audit/device/{PRINTER}"));
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["error"].as_str().is_some_and(|text| text.contains("not of class")));
    assert_eq!(client.ask("/api/v2/audit/device/5f0c7c0e-21aa-4c1e-8a4e-2f10000000ff").status, 404);
}

#[test]
fn blocks_those_who_go_on_asking() {
    let window = Duration::from_millis(300);
    let rate = Rate { requests: 3, window };
    let server = Server::start(DattoRmm::sample(&Options { rate: Some(rate), ..Options::default() }));
    let mut client = Client::of(&server);
    let statuses: Vec<u16> = (0..8).map(|_| client.ask("/api/v2/account").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429, 429, 403]);
    std::thread::sleep(window);
    assert_eq!(client.ask("/api/v2/account").status, 403);
    std::thread::sleep(window * 5);
    let budget = client.document("/api/v2/system/request_rate");
    assert_eq!((&budget["accountRateLimit"], &budget["accountCount"]), (&json!(3), &json!(1)));
}

#[test]
fn says_how_long_to_wait() {
    let rate = Rate { requests: 1, window: Duration::from_secs(30) };
    let server = Server::start(DattoRmm::sample(&Options { rate: Some(rate), ..Options::default() }));
    let mut client = Client::of(&server);
    assert_eq!(client.ask("/api/v2/system/pagination").status, 200);
    assert_eq!(client.ask("/api/v2/account").header("retry-after"), Some("30"));
}

#[test]
fn loses_a_row_in_the_first_reading() {
    let options = Options { page_size: Some(50), shift: Shift::Lost, ..Options::default() };
    let server = Server::start(DattoRmm::sample(&options));
    let mut client = Client::of(&server);
    let first = client.document("/api/v2/account/devices");
    assert_eq!(first["pageDetails"]["totalCount"], 129);
    assert_eq!(client.uids("/api/v2/account/devices", "devices").len(), 128);
    assert_eq!(client.uids("/api/v2/account/devices", "devices").len(), 129);
    let requests = server.requests();
    assert_eq!(Spec::of("datto_rmm").check_all(requests), Vec::<String>::new());
}
