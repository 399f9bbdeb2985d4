//! Extractions that build on the one before: changes alone, everything from time to time, and answers that are still true.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use matchbook::api::snapshot::{self, Kind};
use matchbook::api::{ExtractionOptions, extract};
use serde_json::Value;

use super::kills::whole;
use super::setting::{Told, asks, assert_same, extracted, load, sample, warehouse, with_keys};
use crate::fake::Options;
use crate::fake::connectwise::{CLIENT_ID, COMPANY, ConnectWise, PRIVATE_KEY, PUBLIC_KEY};
use crate::fake::datto_rmm::{self, DattoRmm};
use crate::fake::server::Server;
use crate::workspace::Workspace;

fn psa(server: &Server, more: &str) -> Workspace {
    let text = format!(
        "name = \"live\"\nmethod = \"A\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"{}\"]\n\
         [[source]]\nname = \"psa\"\nsystem = \"connectwise\"\n[source.api]\n{}settings = {{ company = \"{COMPANY}\" }}\n{more}\n",
        sample("it_glue"),
        asks(&server.url())
    );
    let keys = [("public_key", PUBLIC_KEY), ("private_key", PRIVATE_KEY), ("client_id", CLIENT_ID)];
    with_keys(Workspace::empty().with("p.toml", text), &keys)
}

/// What the newest snapshot is: the number of the increment, 0 for everything.
fn number(folder: &Path) -> u64 {
    match snapshot::newest(folder).expect("it is whole").expect("there is one").newest().manifest.kind {
        Kind::Full => 0,
        Kind::Increment { number, .. } => number,
    }
}

/// The rows of an endpoint that count, by id.
fn rows(folder: &Path, endpoint: &str) -> BTreeMap<String, Value> {
    let chain = snapshot::newest(folder).expect("it is whole").expect("there is one");
    let mut rows = BTreeMap::new();
    for answer in chain.answers().filter(|answer| answer.entry.endpoint == endpoint) {
        let body = snapshot::body(answer.file, answer.entry).expect("the body is whole");
        let document: Value = serde_json::from_slice(&body).expect("it is JSON");
        for row in document.as_array().expect("it is a list") {
            rows.insert(row["id"].to_string(), row.clone());
        }
    }
    rows
}

/// The condition of every request to a path.
fn asked(server: &Server, path: &str) -> Vec<Option<String>> {
    let requests = server.requests();
    let own = requests.iter().filter(|request| request.path.ends_with(path));
    own.map(|request| request.param("conditions").map(str::to_owned)).collect()
}

#[test]
fn changes_are_asked_for_and_everything_from_time_to_time() {
    let vendor = ConnectWise::sample(&Options::default());
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let workspace = psa(&server, "full_every = 3");
    let (pipeline, folder) = (load(&workspace, "p.toml"), workspace.path("snapshots/psa"));
    extracted(&pipeline, &Told::default());
    assert_eq!(number(&folder), 0);
    let all = rows(&folder, "configurations");

    // One row changes, one is deleted: the vendor tells of the first alone.
    let (mut changed, mut deleted) = (String::new(), String::new());
    lists.change("company/configurations", |rows| {
        deleted = rows.remove(1)["id"].to_string();
        changed = rows[0]["id"].to_string();
        rows[0]["name"] = "RENAMED".into();
        rows[0]["_info"]["lastUpdated"] = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
    });
    for round in 1..=2 {
        extracted(&pipeline, &Told::default());
        assert_eq!(number(&folder), round);
        let chain = snapshot::newest(&folder).expect("it is whole").expect("there is one");
        let summary = &chain.newest().manifest.endpoints["configurations"];
        assert!(summary.since.is_some() && summary.rows == 1, "{summary:?}");
        let now = rows(&folder, "configurations");
        assert_eq!(now[&changed]["name"], "RENAMED");
        assert!(now.contains_key(&deleted) && now.len() == all.len(), "nothing says that it was deleted");
    }
    let conditions = asked(&server, "/company/configurations");
    assert!(conditions[0].is_none() && conditions.iter().skip(1).all(Option::is_some), "{conditions:?}");

    extracted(&pipeline, &Told::default());
    assert_eq!(number(&folder), 0, "the third one after a full one is full");
    let now = rows(&folder, "configurations");
    assert!(!now.contains_key(&deleted) && now.len() == all.len() - 1);
    assert_eq!(asked(&server, "/company/configurations").last(), Some(&None));

    extracted(&pipeline, &Told::default());
    assert_eq!(number(&folder), 1);
    let full = ExtractionOptions { full: true, ..ExtractionOptions::default() };
    assert!(extract(&pipeline, &full, &Told::default()).sources[0].outcome.is_ok());
    assert_eq!(number(&folder), 0, "whoever wants everything gets it");
}

#[test]
fn a_chain_reads_like_everything() {
    let vendor = ConnectWise::sample(&Options { page_size: Some(5), ..Options::default() });
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let workspace = psa(&server, "");
    let pipeline = load(&workspace, "p.toml");
    extracted(&pipeline, &Told::default());
    for round in 0..3_usize {
        for list in ["company/companies", "company/contacts", "company/configurations"] {
            lists.change(list, |rows| {
                let row = &mut rows[round * 2];
                let member = if list.ends_with("contacts") { "title" } else { "name" };
                row[member] = format!("{} {round}", row[member].as_str().unwrap_or("Changed")).into();
                let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                row["_info"]["lastUpdated"] = now.into();
            });
        }
        extracted(&pipeline, &Told::default());
    }
    assert_eq!(number(&workspace.path("snapshots/psa")), 3);
    let anew = psa(&server, "");
    extracted(&load(&anew, "p.toml"), &Told::default());
    assert_same(&warehouse(&anew, "p.toml"), &warehouse(&workspace, "p.toml"));
}

#[test]
fn an_answer_that_is_still_true_is_not_asked_for_again() {
    let vendor = DattoRmm::sample(&Options::default());
    let lists = vendor.lists();
    let server = Server::start(vendor);
    let text = format!(
        "name = \"live\"\nmethod = \"D\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"{}\"]\n\
         [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\n[source.api]\n{}",
        sample("it_glue"),
        asks(&server.url())
    );
    let keys = [("api_key", datto_rmm::KEY), ("api_secret", datto_rmm::SECRET)];
    let workspace = with_keys(Workspace::empty().with("p.toml", text), &keys);
    let pipeline = load(&workspace, "p.toml");
    let audits = || server.requests().iter().filter(|request| request.path.contains("/audit/")).count();
    let summary = || {
        let chain = snapshot::newest(&workspace.path("snapshots/rmm")).expect("it is whole");
        chain.expect("there is one").newest().manifest.endpoints["audits"].clone()
    };
    // Those of the newest snapshot alone: a record's answer is in every snapshot.
    let audit_bodies = || {
        let (answers, _) = whole(&workspace.path("snapshots/rmm"));
        answers.into_iter().filter(|(name, _)| name.starts_with("audits/")).collect::<BTreeMap<_, _>>()
    };
    extracted(&pipeline, &Told::default());
    let (all, first) = (audits(), summary());
    assert!(all > 50 && first.reused == 0, "{all} audits, {first:?}");
    let before = audit_bodies();

    extracted(&pipeline, &Told::default());
    let second = summary();
    assert_eq!((second.answers, second.rows), (first.answers, first.rows));
    // A device without an audit is asked about every time: there is no answer to keep.
    let never = all - usize::try_from(first.answers).expect("they are few");
    assert_eq!(audits() - all, never, "{second:?}");
    assert_eq!(second.reused, first.answers);
    assert_eq!(audit_bodies(), before);

    let changed = lists.rows("devices").get(0)["uid"].as_str().expect("it is a text").to_owned();
    lists.change("devices", |rows| rows[0]["lastAuditDate"] = 1_769_990_000_000_u64.into());
    lists.change("audits", |rows| {
        let own = rows.iter_mut().find(|row| row["deviceUid"] == changed).expect("it was audited");
        own["bios"]["serialNumber"] = "NEWBOARD1".into();
    });
    let asked_before = audits();
    extracted(&pipeline, &Told::default());
    assert_eq!((audits() - asked_before, summary().reused), (never + 1, first.answers - 1));
    let after = audit_bodies();
    let differing: Vec<&String> = before.keys().filter(|name| before[*name] != after[*name]).collect();
    assert_eq!(differing, [&format!("audits/{changed}.json")]);
    assert!(String::from_utf8_lossy(&after[differing[0]]).contains("NEWBOARD1"));
}
