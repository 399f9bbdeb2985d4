//! How extractions keep to limits, wait, try again, and what they do not fall for.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use matchbook::api::{ApiError, ErrorKind, ExtractionOptions, extract};

use super::setting::{Told, extracted, load, sample, with_keys};
use crate::fake::Options;
use crate::fake::datto_rmm::{self, DattoRmm};
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::it_glue::{self, ItGlue};
use crate::fake::limits::Rate;
use crate::fake::message::{Reply, Request};
use crate::fake::server::Server;
use crate::workspace::Workspace;

/// Lines of a section `api`, all but the pace.
fn asks(base: &str) -> String {
    format!("base = \"{base}\"\ncredentials_file = \"keys.toml\"\n")
}

/// No limit and short waits.
const HURRY: &str = "pace = \"none\"\nfirst_wait_ms = 1\n";

/// A folder whose hub is asked as `api` says.
fn workspace(api: &str) -> Workspace {
    let text = format!(
        "name = \"live\"\nmethod = \"D\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\n[hub.api]\n{api}\n\
         [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\nfiles = [\"{}\"]\n",
        sample("datto_rmm")
    );
    with_keys(Workspace::empty().with("p.toml", text), &[("api_key", it_glue::KEY)])
}

/// A folder whose source is asked as `api` says.
fn devices(api: &str) -> Workspace {
    let text = format!(
        "name = \"live\"\nmethod = \"D\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"{}\"]\n\
         [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\n[source.api]\n{api}\n",
        sample("it_glue")
    );
    let keys = [("api_key", datto_rmm::KEY), ("api_secret", datto_rmm::SECRET)];
    with_keys(Workspace::empty().with("p.toml", text), &keys)
}

fn account() -> ItGlue {
    ItGlue::sample(&Options::default())
}

/// What an extraction fails with, and what it told.
fn failure(workspace: &Workspace) -> (ApiError, Vec<String>) {
    let told = Told::default();
    let done = extract(&load(workspace, "p.toml"), &ExtractionOptions::default(), &told);
    (done.sources[0].outcome.clone().expect_err("it fails"), told.take())
}

/// The requests to a path.
fn to(server: &Server, path: &str) -> Vec<Arc<Request>> {
    server.requests().into_iter().filter(|request| request.path == path).collect()
}

fn waits(told: &[String]) -> Vec<&String> {
    told.iter().filter(|event| event.starts_with("Waiting")).collect()
}

#[test]
fn a_budget_is_kept_to() {
    // The vendor's window is a little shorter, since requests are counted there when they arrive.
    let rate = Rate { requests: 8, window: Duration::from_millis(1900) };
    let server = Server::start(ItGlue::sample(&Options { rate: Some(rate), ..Options::default() }));
    let workspace = workspace(&format!("{}pace = {{ requests = 8, seconds = 2 }}\n", asks(&server.url())));
    let (started, told) = (Instant::now(), Told::default());
    extracted(&load(&workspace, "p.toml"), &told);
    let exchanges = server.exchanges();
    assert!(exchanges.iter().all(|exchange| exchange.status == Some(200)), "nothing was refused");
    let windows = (exchanges.len() - 1) / 8;
    assert!(windows > 0 && started.elapsed() >= Duration::from_secs(2 * windows as u64), "{windows} windows");
    let told = told.take();
    let waits = waits(&told);
    assert!(waits.len() <= windows && !waits.is_empty(), "every wait is told of once: {waits:?}");
    assert!(waits[0].contains("the budget of 8 requests in 2 s is used up"), "{waits:?}");
}

#[test]
fn a_refusal_is_waited_for_as_long_as_the_vendor_wishes() {
    // A date has whole seconds, so of two there is more than one left.
    for after in [RetryAfter::Seconds(1), RetryAfter::Date(2)] {
        let fault = Fault::Refuse(Refusal::TooMany(after));
        let server = Server::with_faults(account(), Faults::none().on("/contacts", fault, 1));
        let told = Told::default();
        extracted(&load(&workspace(&(asks(&server.url()) + HURRY)), "p.toml"), &told);
        let requests = to(&server, "/contacts");
        assert_eq!(requests.len(), 2, "{after:?}");
        let wait = requests[1].at - requests[0].at;
        assert!(wait >= Duration::from_millis(990) && wait < Duration::from_secs(8), "{after:?}: {wait:?}");
        let told = told.take();
        assert_eq!(waits(&told).len(), 1, "{after:?}: {told:?}");
    }
}

#[test]
fn a_refusal_without_a_time_is_waited_for_longer_every_time() {
    let fault = Fault::Refuse(Refusal::TooMany(RetryAfter::Silent));
    let server = Server::with_faults(account(), Faults::none().on("/contacts", fault, 4));
    let api = format!("{}pace = \"none\"\nfirst_wait_ms = 40\nretries = 0\n", asks(&server.url()));
    extracted(&load(&workspace(&api), "p.toml"), &Told::default());
    assert_growing(&to(&server, "/contacts"), 5, Duration::from_millis(20));
}

#[test]
fn callers_that_wait_for_one_thing_tell_of_it_once() {
    let fault = Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(2)));
    let faults = Faults::none().on("/api/v2/audit", fault, 1);
    let server = Server::with_faults(DattoRmm::sample(&Options::default()), faults);
    let told = Told::default();
    extracted(&load(&devices(&(asks(&server.url()) + HURRY)), "p.toml"), &told);
    let told = told.take();
    assert_eq!(waits(&told).len(), 1, "{told:?}");
}

#[test]
fn a_refusal_for_the_account_is_for_every_call() {
    let fault = Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(2)));
    let server = Server::with_faults(
        DattoRmm::sample(&Options::default()),
        Faults::none().on("/api/v2/audit", fault, 1),
    );
    extracted(&load(&devices(&(asks(&server.url()) + HURRY)), "p.toml"), &Told::default());
    let requests = server.requests();
    let audits = |request: &&Arc<Request>| request.path.starts_with("/api/v2/audit");
    let refused = requests.iter().find(audits).expect("devices are audited").at;
    let after: Vec<Duration> =
        requests.iter().filter(|own| own.at > refused).map(|own| own.at - refused).collect();
    // Calls that were on their way are not held back.
    let held = |wait: &Duration| *wait > Duration::from_millis(300) && *wait < Duration::from_millis(1990);
    assert!(!after.iter().any(held), "{after:?}");
    assert!(after.iter().any(|wait| *wait >= Duration::from_millis(1990)), "{after:?}");
}

/// Tries of one request, with waits between them that are at least `first`, and twice as long every time.
fn assert_growing(requests: &[Arc<Request>], tries: usize, first: Duration) {
    assert_eq!(requests.len(), tries);
    for (pair, times) in requests.windows(2).zip(0..) {
        let (wait, least) = (pair[1].at - pair[0].at, first * 2_u32.pow(times));
        assert!(wait >= least, "wait {times}: {wait:?} is less than {least:?}");
    }
}

#[test]
fn what_passes_is_tried_again_with_growing_waits() {
    let faults = [
        Fault::Html(502),
        Fault::Html(503),
        Fault::Html(504),
        Fault::Html(200),
        Fault::Drop,
        Fault::Truncate,
    ];
    for fault in faults {
        let server = Server::with_faults(account(), Faults::none().on("/contacts", fault.clone(), 100));
        let api = format!("{}pace = \"none\"\nfirst_wait_ms = 30\nretries = 3\n", asks(&server.url()));
        let workspace = workspace(&api);
        let (error, told) = failure(&workspace);
        assert_eq!(error.kind, ErrorKind::Network, "{fault:?}: {error}");
        assert!(error.what.starts_with("`contacts`: ") && error.what.ends_with(", 4 times"), "{error}");
        assert_growing(&to(&server, "/contacts"), 4, Duration::from_millis(15));
        let again = told.iter().filter(|event| event.starts_with("Retrying")).count();
        assert_eq!(again, 3, "{fault:?}: {told:?}");
    }
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    for status in [400, 401, 402, 403, 404, 405, 406, 409, 410, 413, 415, 422, 451] {
        let reply = Fault::Answer(Reply::text(status, "no"));
        let server = Server::with_faults(account(), Faults::none().on("/contacts", reply, 100));
        let (error, _) = failure(&workspace(&(asks(&server.url()) + HURRY)));
        assert_eq!(to(&server, "/contacts").len(), 1, "{status}: {error}");
        assert!(error.what.contains(&status.to_string()), "{status}: {error}");
        let kind = match status {
            401 => ErrorKind::SignIn,
            403 => ErrorKind::Permission,
            404 | 410 => ErrorKind::Missing,
            _ => ErrorKind::Answer,
        };
        assert_eq!(error.kind, kind, "{status}: {error}");
    }
}

#[test]
fn answers_in_disguise_are_seen_through() {
    let faults = Faults::none()
        .on("/contacts", Fault::Html(200), 1)
        .on("/locations", Fault::WrongType, 1)
        .on("/configurations", Fault::HalfDocument, 1)
        .on("/models", Fault::TruncateChunked, 1)
        .on("/regions", Fault::DropAfterHeaders, 1);
    let server = Server::with_faults(account(), faults);
    extracted(&load(&workspace(&(asks(&server.url()) + HURRY)), "p.toml"), &Told::default());
    assert_eq!(server.pending_faults(), 0);
    let times = ["/contacts", "/locations", "/configurations", "/models", "/regions"];
    assert_eq!(
        times.map(|path| to(&server, path).len()),
        [2, 1, 2, 2, 2],
        "JSON is JSON, whatever it is called"
    );
}

#[test]
fn credentials_stay_with_one_host() {
    let other = Server::start(|_: &Request| Reply::text(200, "{}"));
    let redirect = Fault::Redirect(other.url());
    let server = Server::with_faults(account(), Faults::none().on("/contacts", redirect, 1));
    let (error, _) = failure(&workspace(&(asks(&server.url()) + HURRY)));
    assert_eq!((error.kind, to(&server, "/contacts").len()), (ErrorKind::Answer, 1), "{error}");
    assert!(error.what.contains("a redirect to another place, which is not followed"), "{error}");

    // An address in an answer.
    let next = format!("{}/api/v2/account/sites?page=1", other.url());
    let body = serde_json::json!({ "pageDetails": { "nextPageUrl": next }, "sites": [] });
    let fault = Fault::Answer(Reply::json(&body));
    let faults = Faults::none().on("/api/v2/account/sites", fault, 1);
    let server = Server::with_faults(DattoRmm::sample(&Options::default()), faults);
    let (error, _) = failure(&devices(&(asks(&server.url()) + HURRY)));
    assert_eq!(error.kind, ErrorKind::Answer, "{error}");
    assert!(error.what.contains("which is another host than"), "{error}");
    assert!(other.requests().is_empty() && other.connections() == 0, "nothing was sent there");

    // Inside of one host redirects are followed.
    let server = Server::start(account());
    server.faults().add("/contacts", Fault::Redirect(server.url()), 1);
    extracted(&load(&workspace(&(asks(&server.url()) + HURRY)), "p.toml"), &Told::default());
    assert_eq!(to(&server, "/contacts").len(), 2);
}

#[test]
fn answers_have_a_largest_size() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..300 {
        encoder.write_all(&vec![b' '; 1 << 20]).expect("memory takes everything");
    }
    let bomb = encoder.finish().expect("memory takes everything");
    let bomb = Reply::new(200, "application/json", bomb).header("content-encoding", "gzip");
    for fault in [Fault::Answer(bomb), Fault::Oversized((256 << 20) + 1000)] {
        let server = Server::with_faults(account(), Faults::none().on("/contacts", fault, 1));
        let (error, _) = failure(&workspace(&(asks(&server.url()) + HURRY)));
        assert_eq!((error.kind, to(&server, "/contacts").len()), (ErrorKind::Answer, 1), "{error}");
        assert_eq!(error.what, "`contacts`: the answer is larger than 256 MiB");
    }
}

#[test]
fn an_address_without_tls_is_refused() {
    for base in ["http://itglue.example", "ftp://127.0.0.1", "http://127.0.0.1.example"] {
        let output = workspace(&asks(base)).run(&["extract", "p.toml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(
            said.contains("is not asked over TLS") && said.contains("it begins with `https://`"),
            "{said}"
        );
    }
}

#[test]
fn a_source_that_fails_leaves_the_others_whole() {
    let hub = Server::start(account());
    let faults = Faults::none().on("/api/v2/account/devices", Fault::Refuse(Refusal::Forbidden), 1);
    let rmm = Server::with_faults(DattoRmm::sample(&Options::default()), faults);
    let text = format!(
        "name = \"live\"\nmethod = \"D\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\n[hub.api]\n{}{HURRY}\
         [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\n[source.api]\n{}{HURRY}",
        asks(&hub.url()),
        asks(&rmm.url()).replace("keys", "rmm"),
    );
    let keys = Workspace::empty().with("p.toml", text);
    let keys = with_keys(keys, &[("api_key", datto_rmm::KEY), ("api_secret", datto_rmm::SECRET)]);
    std::fs::rename(keys.path("keys.toml"), keys.path("rmm.toml")).expect("the file is ours");
    let workspace = with_keys(keys, &[("api_key", it_glue::KEY)]);
    let output = workspace.run(&["extract", "p.toml"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    let last: Vec<&str> = said.trim_end().lines().rev().take(5).collect();
    assert_eq!(last[0], "matchbook extract p.toml --source rmm", "{said}");
    assert_eq!(last[1], "what was read is kept; to go on with it:", "{said}");
    assert!(said.contains("error: the source `rmm` was not read: `devices`: it answers 403"), "{said}");
    assert!(!said.contains("CANARY"), "{said}");
    super::kills::whole(&workspace.path("snapshots/hub"));
    let asked = hub.requests().len();
    let output = workspace.run(&["extract", "p.toml", "--source", "rmm"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    super::kills::whole(&workspace.path("snapshots/rmm"));
    assert_eq!(hub.requests().len(), asked, "the hub was not asked again");
    assert_eq!(to(&rmm, "/api/v2/account/sites").len(), 1, "what was there was not asked for again");
}
