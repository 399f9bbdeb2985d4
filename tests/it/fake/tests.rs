//! The servers themselves are tested here, with a client of their own.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::Options;
use super::client::{Connection, readable, target};
use super::fault::{Fault, Faults, Refusal, RetryAfter};
use super::message::{Reply, Request};
use super::server::{Capacity, Server};

mod autotask;
mod connectwise;
mod datto_rmm;
mod graph;
mod it_glue;
mod kaseya_bms;
mod pages;
mod spec;
mod syncro;
mod tigerpaw;

/// A vendor that says what it was asked.
fn echo(request: &Request) -> Reply {
    Reply::json(&json!({
        "method": request.method, "path": request.path, "query": request.query,
        "body": String::from_utf8_lossy(&request.body), "number": request.number,
    }))
}

/// The same with some faults.
fn failing(faults: Faults) -> (Server, Connection) {
    let server = Server::with_faults(echo, faults);
    let connection = Connection::to(&server);
    (server, connection)
}

#[test]
fn understands_requests_and_keeps_the_connection() {
    let (server, mut connection) = failing(Faults::none());
    let first = connection.get("/a%20b/c?x=1%2C2&y=a+b&x=3&filter%5Bid%5D=7", &[("X-Key", "k")]);
    assert_eq!(
        first.expect("it answers").json(),
        json!({
            "method": "GET", "path": "/a b/c", "body": "", "number": 1,
            "query": [["x", "1,2"], ["y", "a b"], ["x", "3"], ["filter[id]", "7"]],
        })
    );
    let second = connection.ask("POST", "/q", &[], "{\"a\":1}").expect("it answers");
    assert_eq!((second.status, second.json()["body"].as_str()), (200, Some("{\"a\":1}")));
    let chunked = "PUT /q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
    assert_eq!(connection.send(chunked).expect("it answers").json()["body"], "abcde");

    let requests = server.requests();
    let connections: BTreeSet<usize> = requests.iter().map(|request| request.connection).collect();
    assert_eq!((requests.len(), server.connections(), connections.len()), (3, 1, 1));
    assert_eq!(requests[0].raw_path(), "/a%20b/c");
    assert_eq!(requests[0].header("x-key"), Some("k"));
    assert_eq!(requests[1].json(), Some(json!({ "a": 1 })));
    assert!(requests.is_sorted_by_key(|request| request.at));
    assert!(server.exchanges().iter().all(|exchange| exchange.whole && exchange.status == Some(200)));
    assert!(server.malformed().is_empty());
}

#[test]
fn reads_forms_and_sign_ins() {
    let (server, mut connection) = failing(Faults::none());
    let headers = [("Authorization", "Basic cHVibGljLWNsaWVudDpwdWJsaWM=")];
    connection.ask("POST", "/token", &headers, "grant_type=password&username=a%40b+c&password=");
    connection.get("/list", &[("Authorization", "Bearer abc")]);
    let requests = server.requests();
    assert_eq!(requests[0].basic(), Some(("public-client".to_owned(), "public".to_owned())));
    assert_eq!(requests[0].field("username").as_deref(), Some("a@b c"));
    assert_eq!(requests[0].field("password").as_deref(), Some(""));
    assert_eq!((requests[1].bearer(), requests[1].basic()), (Some("abc"), None));
}

#[test]
fn refuses_what_is_no_http_and_goes_on() {
    let (server, mut connection) = failing(Faults::none());
    assert_eq!(connection.send("nonsense\r\n\r\n").expect("it answers").status, 400);
    let length = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";
    assert_eq!(Connection::to(&server).send(length).expect("it answers").status, 400);
    assert_eq!(Connection::to(&server).get("/", &[]).expect("it answers").status, 200);
    assert_eq!(server.malformed(), ["`nonsense` is no request line", "a body of 99999999999 bytes"]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn closes_connections_as_its_capacity_says() {
    let capacity = Capacity { connections: 1, requests_per_connection: 2 };
    let server = Server::with(echo, Faults::none(), capacity);
    let mut connection = Connection::to(&server);
    assert_eq!(connection.get("/1", &[]).expect("it answers").header("connection"), None);
    assert!(Connection::to(&server).get("/refused", &[]).is_none());
    assert_eq!(connection.get("/2", &[]).expect("it answers").header("connection"), Some("close"));
    assert!(connection.get("/3", &[]).is_none());
}

#[test]
fn ends_while_clients_wait() {
    let (server, mut connection) = failing(Faults::none().at(1, Fault::Slow(Duration::from_mins(1))));
    let idle = Connection::to(&server);
    let waiting = std::thread::spawn(move || connection.get("/", &[]).is_none());
    while server.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let start = Instant::now();
    drop(server);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(waiting.join().expect("the client ends"));
    drop(idle);
}

#[test]
fn counts_requests_at_the_same_time() {
    let slow = Fault::Slow(Duration::from_millis(300));
    let server = Server::with_faults(echo, Faults::none().on("/", slow, 3));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| Connection::to(&server).get("/", &[]).expect("it answers"));
        }
    });
    assert_eq!(server.peak(), 3);
}

#[test]
fn compresses_for_those_who_take_it() {
    let server = Server::start(|_: &Request| Reply::json(&json!({ "name": "x".repeat(500) })).gzip());
    let mut connection = Connection::to(&server);
    assert_eq!(connection.get("/", &[]).expect("it answers").json()["name"], "x".repeat(500));
    let packed = connection.get("/", &[("Accept-Encoding", "gzip, br")]).expect("it answers");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < 100);
    let mut text = String::new();
    GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).expect("it is gzip");
    assert_eq!(text, json!({ "name": "x".repeat(500) }).to_string());
}

#[test]
fn breaks_connections() {
    let faults = Faults::none()
        .at(1, Fault::Drop)
        .at(2, Fault::DropAfterHeaders)
        .at(3, Fault::Truncate)
        .at(4, Fault::TruncateChunked);
    let server = Server::with_faults(echo, faults);
    let ask = || Connection::to(&server).get("/list?page=2", &[]);
    assert!(ask().is_none());
    let headers_only = ask().expect("headers come");
    assert_eq!((headers_only.status, headers_only.is_whole, headers_only.body.len()), (200, false, 0));
    for _ in 0..2 {
        let half = ask().expect("half of it comes");
        assert!(!half.is_whole && !half.body.is_empty());
    }
    assert!(ask().expect("it comes").is_whole);
    let exchanges = server.exchanges();
    let whole: Vec<bool> = exchanges.iter().map(|exchange| exchange.whole).collect();
    assert_eq!(whole, [false, false, false, false, true]);
    assert_eq!((exchanges[0].status, exchanges[1].status), (None, Some(200)));
    assert_eq!(server.pending_faults(), 0);
}

#[test]
fn answers_with_what_is_in_between() {
    let faults = Faults::none()
        .at(1, Fault::Html(502))
        .at(2, Fault::WrongType)
        .at(3, Fault::HalfDocument)
        .at(4, Fault::Redirect("http://other.example".to_owned()))
        .at(5, Fault::Oversized(70_000))
        .at(6, Fault::Answer(Reply::text(418, "tea")));
    let (_server, mut connection) = failing(faults);
    let mut ask = || connection.get("/list?page=2", &[]).expect("it answers");
    let page = ask();
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    let typed = ask();
    assert_eq!(
        (typed.header("content-type"), &typed.json()["path"]),
        (Some("text/html; charset=utf-8"), &json!("/list"))
    );
    let half = ask();
    assert!(half.is_whole && serde_json::from_slice::<Value>(&half.body).is_err());
    let moved = ask();
    assert_eq!((moved.status, moved.header("location")), (302, Some("http://other.example/list?page=2")));
    let large = ask();
    assert_eq!(large.body.len(), 70_000);
    assert!(large.json().is_object());
    assert_eq!(ask().status, 418);
    assert_eq!(ask().status, 200);
}

#[test]
fn refuses_in_words_and_with_times() {
    let faults = Faults::none()
        .at(1, Fault::Refuse(Refusal::TooMany(RetryAfter::Silent)))
        .at(2, Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(7))))
        .at(3, Fault::Refuse(Refusal::TooMany(RetryAfter::Date(90))))
        .at(4, Fault::Refuse(Refusal::Expired));
    let server = Server::with_faults(super::it_glue::ItGlue::sample(&Options::default()), faults);
    let mut connection = Connection::to(&server);
    let mut ask = || connection.get("/countries", &[("x-api-key", super::it_glue::KEY)]).expect("it answers");
    let silent = ask();
    assert_eq!((silent.status, silent.header("retry-after")), (429, None));
    assert_eq!(silent.json()["errors"][0]["status"], 429);
    assert_eq!(ask().header("retry-after"), Some("7"));
    let dated = ask();
    let date = dated.header("retry-after").expect("it says when");
    let at = jiff::fmt::rfc2822::parse(date).expect("it is a date of HTTP").timestamp();
    let wait = at.as_second() - jiff::Timestamp::now().as_second();
    assert!((85..=91).contains(&wait), "{date}");
    assert!(date.ends_with(" GMT"), "{date}");
    assert_eq!(ask().status, 401);
    assert_eq!(ask().status, 200);
}

#[test]
fn fails_by_path_by_question_and_as_often_as_planned() {
    let faults = Faults::none().on("/contacts", Fault::Html(503), 2).when(
        |request| request.param("page") == Some("3"),
        Fault::Html(504),
        1,
    );
    let (server, mut connection) = failing(faults);
    let mut statuses = |targets: &[&str]| -> Vec<u16> {
        targets.iter().map(|target| connection.get(target, &[]).expect("it answers").status).collect()
    };
    assert_eq!(statuses(&["/contacts", "/sites", "/contacts/1", "/contacts"]), [503, 200, 503, 200]);
    assert_eq!(statuses(&["/sites?page=2", "/sites?page=3", "/sites?page=3"]), [200, 504, 200]);
    server.faults().add("/sites", Fault::Html(502), 1);
    assert_eq!(server.pending_faults(), 1);
    assert_eq!(statuses(&["/sites", "/sites"]), [502, 200]);
}

#[test]
fn fails_at_random_in_the_same_way_every_time() {
    let run = |seed| -> Vec<u16> {
        let (_server, mut connection) = failing(Faults::none().random(seed, 250, Fault::Html(502), 1000));
        (0..200).map(|_| connection.get("/", &[]).expect("it answers").status).collect()
    };
    let failed = |statuses: &[u16]| statuses.iter().filter(|status| **status == 502).count();
    let first = run(1);
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
    assert!((30..70).contains(&failed(&first)), "{}", failed(&first));
}

#[test]
fn serves_many_at_the_same_time_through_all_failures() {
    let faults = Faults::none()
        .random(1, 50, Fault::Drop, 1000)
        .random(2, 50, Fault::Truncate, 1000)
        .random(3, 50, Fault::Html(503), 1000)
        .random(4, 50, Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(1))), 1000);
    let server = Server::with_faults(super::it_glue::ItGlue::sample(&Options::default()), faults);
    let ask = |connection: &mut Connection| {
        let answer = connection.get("/manufacturers", &[("x-api-key", super::it_glue::KEY)]);
        answer.filter(|answer| answer.is_whole && answer.status == 200).map(|answer| answer.json())
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut connection = Connection::to(&server);
                for _ in 0..25 {
                    let mut tries = 0;
                    let document = loop {
                        match ask(&mut connection) {
                            Some(document) => break document,
                            None => connection = Connection::to(&server),
                        }
                        tries += 1;
                        assert!(tries < 20);
                    };
                    assert_eq!(document["data"].as_array().map(Vec::len), Some(8));
                }
            });
        }
    });
    let exchanges = server.exchanges();
    let good = exchanges.iter().filter(|exchange| exchange.whole && exchange.status == Some(200));
    assert_eq!(good.count(), 200);
    assert!(exchanges.len() > 200);
    assert!(exchanges.iter().zip(1..).all(|(exchange, number)| exchange.request.number == number));
}

#[test]
fn makes_addresses_of_other_pages() {
    let server = Server::start(|request: &Request| {
        Reply::json(&json!({ "next": request.url_with(&[("page[number]", "2"), ("q", "a b")]) }))
    });
    let answer = Connection::to(&server).get("/list?page%5Bnumber%5D=1&z=1", &[]).expect("it answers");
    let next = answer.json()["next"].as_str().expect("an address").to_owned();
    assert!(next.starts_with(&server.url()));
    assert_eq!(target(&next), "/list?page%5Bnumber%5D=2&z=1&q=a%20b");
    assert_eq!(readable(&next), "/list?page[number]=2&z=1&q=a b");
}
