//! Tigerpaw's fake does what Tigerpaw's pages say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection};
use crate::fake::server::Server;
use crate::fake::tigerpaw::{PRIVATE, PUBLIC, Tigerpaw};

const STATUS: &str = "/api/accounts/search/accountstatus";

/// Sends a request that was signed so many minutes ago.
fn ask(server: &Server, method: &str, target: &str, body: &str, minutes_ago: i64) -> Answer {
    let at = Timestamp::now() - SignedDuration::from_mins(minutes_ago);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&at).expect("it is this century");
    let path = target.split('?').next().unwrap_or_default();
    let message = format!("{method}|{path}|{date}").to_lowercase();
    let key = hmac::Key::new(hmac::HMAC_SHA256, PRIVATE.as_bytes());
    let hash = STANDARD.encode(hmac::sign(&key, message.as_bytes()));
    let authorization = format!("TSI {}", STANDARD.encode(format!("{PUBLIC}:{hash}")));
    let headers = [
        ("Authorization", authorization.as_str()),
        ("X-TSI-Date", &date),
        ("Content-Type", "application/json"),
    ];
    Connection::to(server).ask(method, target, &headers, body).expect("it answers")
}

fn get(server: &Server, target: &str) -> Value {
    ask(server, "GET", target, "", 0).json()
}

#[test]
fn takes_signatures_of_about_now() {
    let server = Server::start(Tigerpaw::sample(&Options::default()));
    let path = "/api/diagnostics/validate/user";
    assert_eq!(get(&server, path)["Success"], true);
    assert_eq!(ask(&server, "GET", path, "", 14).status, 200);
    assert_eq!(ask(&server, "GET", path, "", 16).status, 401);
    let unsigned = Connection::to(&server).get(path, &[]).expect("it answers");
    assert_eq!(unsigned.status, 401);
}

#[test]
fn searches_by_the_begin_of_a_text_and_pages_by_rows() {
    let server = Server::start(Tigerpaw::sample(&Options::default()));
    let page = |start: u32| {
        let target = format!("{STATUS}?pageRequest.pageSize=3&pageRequest.startRow={start}");
        ask(&server, "POST", &target, "\"act\"", 0).json()
    };
    let (first, last) = (page(1), page(7));
    assert_eq!(
        (&first["NextRow"], &first["TotalCount"], &first["PageSize"]),
        (&json!(4), &json!(7), &json!(3))
    );
    assert_eq!((&last["NextRow"], &last["PageSize"]), (&json!(8), &json!(1)));
    let failed = ask(&server, "POST", STATUS, "{}", 0);
    assert_eq!((failed.status, &failed.json()["Success"]), (200, &json!(false)));
}

#[test]
fn has_contacts_of_an_account_and_their_details() {
    let server = Server::start(Tigerpaw::sample(&Options::default()));
    let all = get(&server, "/api/contacts/account/1051200?activeOnly=false");
    let active = get(&server, "/api/contacts/account/1051200?activeOnly=true");
    assert_eq!((&all["TotalCount"], &active["TotalCount"]), (&json!(5), &json!(4)));
    let full = get(&server, "/api/contacts/30011/details");
    assert_eq!(full["PhoneNumbers"].as_array().map(Vec::len), Some(2));
    assert_eq!(ask(&server, "GET", "/api/contacts/1/details", "", 0).status, 404);
}
