//! What the next extraction leaves alone of one that was stopped, and what it keeps of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use matchbook::api::snapshot::{self, Manifest};
use matchbook::api::{Extracted, Extraction, ExtractionOptions, extract};

use super::kills::whole;
use super::setting::{Told, extracted, load};
use crate::fake::Options;
use crate::fake::datto_rmm::{self, DattoRmm};
use crate::fake::fault::{Fault, Faults};
use crate::fake::it_glue::{self, ItGlue};
use crate::fake::message::Request;
use crate::fake::paging::Shift;
use crate::fake::server::Server;
use crate::workspace::Workspace;

/// A hub and an RMM, and a pipeline of them.
struct Estate {
    hub: Server,
    rmm: Server,
    workspace: Workspace,
}

fn account(shift: Shift) -> ItGlue {
    ItGlue::sample(&Options { page_size: Some(2), shift, ..Options::default() })
}

impl Estate {
    fn new(hub: Server, rmm: Faults, more: &str) -> Self {
        let rmm = Server::with_faults(DattoRmm::sample(&Options::default()), rmm);
        let estate = Self { hub, rmm, workspace: Workspace::empty() };
        estate.keys("hub.toml", &format!("api_key = {:?}\n", it_glue::KEY));
        let keys = format!("api_key = {:?}\napi_secret = {:?}\n", datto_rmm::KEY, datto_rmm::SECRET);
        estate.keys("rmm.toml", &keys);
        estate.pipeline("", more);
        estate
    }

    /// One whose RMM fails once, at the devices, and whose hub does not.
    fn stopped(more: &str) -> Self {
        let faults = Faults::none().on("/api/v2/account/devices", Fault::Html(400), 1);
        let estate = Self::new(Server::start(account(Shift::None)), faults, more);
        let [hub, rmm] = estate.extract(&ExtractionOptions::default());
        assert!(hub.is_ok() && rmm.is_err(), "{rmm:?}");
        estate
    }

    fn pipeline(&self, of_hub: &str, of_rmm: &str) {
        let asks = |server: &Server, keys: &str| {
            let base = server.url();
            format!("base = \"{base}\"\ncredentials_file = \"{keys}\"\npace = \"none\"\nfirst_wait_ms = 1\n")
        };
        let text = format!(
            "name = \"live\"\nmethod = \"D\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\n[hub.api]\n{}{of_hub}\n\
             [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\n{of_rmm}\n[source.api]\n{}",
            asks(&self.hub, "hub.toml"),
            asks(&self.rmm, "rmm.toml"),
        );
        self.workspace.write("p.toml", text);
    }

    fn keys(&self, name: &str, text: &str) {
        self.workspace.write(name, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.workspace.path(name), fs::Permissions::from_mode(0o600))
                .expect("the file is ours");
        }
    }

    /// What became of the hub and the RMM.
    fn extract(&self, options: &ExtractionOptions) -> [Result<Extracted, String>; 2] {
        let Extraction { sources, .. } = extract(&load(&self.workspace, "p.toml"), options, &Told::default());
        let outcomes: Vec<_> =
            sources.into_iter().map(|source| source.outcome.map_err(|error| error.to_string())).collect();
        outcomes.try_into().expect("there are two sources")
    }

    fn folder(&self, source: &str) -> PathBuf {
        self.workspace.path(&format!("snapshots/{source}"))
    }

    /// How often the hub's first list was begun.
    fn beginnings(&self) -> usize {
        self.hub.requests().iter().filter(|request| is_page(request, "1")).count()
    }

    /// Says of both sources that their extraction began so many hours ago.
    fn age(&self, hours: i64) {
        let begun_at = Some(Timestamp::now() - SignedDuration::from_hours(hours));
        let complete = snapshot::complete(&self.folder("hub")).expect("it can be listed");
        let (partial, _) =
            snapshot::partial(&self.folder("rmm")).expect("it can be listed").expect("it was stopped");
        for folder in complete.iter().chain([&partial]) {
            let manifest = Manifest::read(folder).expect("it has one");
            Manifest { begun_at, ..manifest }.write(folder).expect("the file is ours");
        }
    }
}

fn is_page(request: &Request, number: &str) -> bool {
    request.path == "/organizations" && request.param("page[number]").unwrap_or("1") == number
}

fn newest(folder: &Path) -> Manifest {
    let chain = snapshot::newest(folder).expect("it is whole").expect("there is one");
    chain.newest().manifest.clone()
}

#[test]
fn sources_that_were_complete_are_not_read_again() {
    let estate = Estate::stopped("");
    let asked = estate.hub.requests().len();
    let [hub, rmm] = estate.extract(&ExtractionOptions::default());
    let (hub, rmm) = (hub.expect("it is there"), rmm.expect("it fails once"));
    let manifest = newest(&estate.folder("hub"));
    assert_eq!((hub.complete_since, hub.requests), (manifest.begun_at, 0));
    assert_eq!(hub.rows, manifest.endpoints.values().map(|summary| summary.rows).sum::<u64>());
    assert_eq!(rmm.complete_since, None);
    assert_eq!(newest(&estate.folder("rmm")).begun_at, manifest.begun_at, "it is the same extraction");
    assert_eq!(estate.hub.requests().len(), asked);
    // Nothing was stopped any more.
    let [hub, _] = estate.extract(&ExtractionOptions::default());
    assert_eq!((hub.expect("it is read").complete_since, estate.beginnings()), (None, 2));
}

#[test]
fn whoever_wants_everything_anew_gets_it() {
    let estate = Estate::stopped("");
    let restart = ExtractionOptions { restart: true, ..ExtractionOptions::default() };
    let [hub, rmm] = estate.extract(&restart);
    assert!(hub.is_ok_and(|hub| hub.complete_since.is_none()) && rmm.is_ok());
    assert_eq!(estate.beginnings(), 2);

    // A source that is named alone is read, and what was stopped beside it is still gone on with.
    let estate = Estate::stopped("");
    let named = ExtractionOptions { sources: vec!["hub".to_owned()], ..ExtractionOptions::default() };
    let done = extract(&load(&estate.workspace, "p.toml"), &named, &Told::default());
    assert!(done.sources[0].outcome.as_ref().is_ok_and(|hub| hub.complete_since.is_none()));
    assert_eq!(estate.beginnings(), 2);
    let [hub, rmm] = estate.extract(&ExtractionOptions::default());
    assert!(hub.is_ok_and(|hub| hub.complete_since.is_some()) && rmm.is_ok());
    assert_eq!(estate.beginnings(), 2);

    // What is asked for differently is something else.
    let estate = Estate::stopped("");
    estate.pipeline("entities = [\"organizations\"]", "");
    let [hub, _] = estate.extract(&ExtractionOptions::default());
    assert!(hub.is_ok_and(|hub| hub.complete_since.is_none()));
}

#[test]
fn an_old_extraction_is_begun_anew() {
    for (hours, begun) in [(11, 1), (13, 2)] {
        let estate = Estate::stopped("");
        estate.age(hours);
        let [hub, rmm] = estate.extract(&ExtractionOptions::default());
        assert!(hub.is_ok() && rmm.is_ok());
        assert_eq!(estate.beginnings(), begun, "after {hours} hours");
    }
}

#[test]
fn a_source_that_keeps_failing_is_named_and_the_others_stay() {
    let faults = Faults::none().on("/api/v2/account/devices", Fault::Html(400), 2);
    let estate = Estate::new(Server::start(account(Shift::None)), faults, "");
    let run = || {
        let output = estate.workspace.run(&["extract", "p.toml"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let again = "matchbook extract p.toml --source rmm";
    let left = "`hub` is complete from the interrupted extraction begun at ";
    let (code, said) = run();
    assert!(code == Some(5) && said.trim_end().ends_with(again) && !said.contains(left), "{said}");
    let (code, said) = run();
    assert!(code == Some(5) && said.trim_end().ends_with(again), "{said}");
    assert!(
        said.contains(left) && said.contains("; `matchbook extract p.toml --source hub` reads it anew"),
        "{said}"
    );
    let output = estate.workspace.run(&["extract", "p.toml", "--json"]);
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && lines.contains(r#"{"type":"extraction_complete_already","source":"hub""#),
        "{lines}"
    );
    assert_eq!(estate.beginnings(), 1);
    let (code, said) = run();
    assert!(code == Some(0) && !said.contains(left) && estate.beginnings() == 2, "{said}");
}

#[test]
fn a_run_afresh_goes_on_too_but_not_for_what_it_does_without() {
    for (more, begun) in [("", 1), ("optional = true", 2)] {
        let estate = Estate::stopped(more);
        let output = estate.workspace.run(&["run", "p.toml", "--fresh", "--quiet"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{said}");
        assert_eq!(estate.beginnings(), begun, "{more}: {said}");
    }
}

#[test]
fn requests_of_all_attempts_are_counted() {
    let estate = Estate::stopped("");
    // Sign-in, sites and what was refused.
    let before = estate.rmm.requests().len() as u64;
    let (_, manifest) =
        snapshot::partial(&estate.folder("rmm")).expect("it can be listed").expect("it was stopped");
    assert_eq!(manifest.requests, before);
    // The network fails once, and the call is made again.
    estate.rmm.faults().add("/api/v2/account/devices", Fault::Drop, 1);
    let [_, rmm] = estate.extract(&ExtractionOptions::default());
    let all = estate.rmm.requests().len() as u64;
    assert_eq!(rmm.expect("it is read").requests, all - before);
    assert_eq!(newest(&estate.folder("rmm")).requests, all);
    assert_eq!(newest(&estate.folder("hub")).requests, estate.hub.requests().len() as u64);
}

#[test]
fn warnings_outlive_an_interruption() {
    let vendor = account(Shift::None);
    // One row stands in the list twice: 17 are said to be there, and 16 are.
    vendor.lists().change("organizations", |rows| rows.push(rows[0].clone()));
    let faults = Faults::none().on("/contacts", Fault::Html(400), 2);
    let estate = Estate::new(Server::with_faults(vendor, faults), Faults::none(), "");
    for _ in 0..2 {
        let [hub, _] = estate.extract(&ExtractionOptions::default());
        hub.expect_err("it is stopped at the contacts");
    }
    let [hub, _] = estate.extract(&ExtractionOptions::default());
    let expected = ["`organizations`: 16 of 17 rows were found"];
    assert_eq!(hub.expect("it is read").warnings, expected);
    assert_eq!(newest(&estate.folder("hub")).warnings, expected);
}

#[test]
fn a_list_whose_rows_moved_goes_on_in_its_second_pass() {
    // The sixteen organizations are on eight pages, and so they are read twice: 16 calls.
    let undisturbed = Estate::new(Server::start(account(Shift::Lost)), Faults::none(), "");
    extracted(&load(&undisturbed.workspace, "p.toml"), &Told::default());
    let organizations = |estate: &Estate| {
        estate.hub.requests().iter().filter(|request| request.path == "/organizations").count()
    };
    assert_eq!(organizations(&undisturbed), 16);
    // Pages link to others, at the address of their server.
    let of_hub = |estate: &Estate| -> Vec<(String, String)> {
        let (answers, _) = whole(&estate.folder("hub"));
        let text = |body: &[u8]| String::from_utf8_lossy(body).replace(&estate.hub.url(), "");
        answers.into_iter().map(|(name, body)| (name, text(&body))).collect()
    };
    let expected = of_hub(&undisturbed);
    for number in ["1", "2", "5", "8"] {
        let seen = AtomicUsize::new(0);
        let is_second =
            move |request: &Request| is_page(request, number) && seen.fetch_add(1, Ordering::SeqCst) == 1;
        let faults = Faults::none().when(is_second, Fault::Html(400), 1);
        let estate = Estate::new(Server::with_faults(account(Shift::Lost), faults), Faults::none(), "");
        let [hub, _] = estate.extract(&ExtractionOptions::default());
        hub.expect_err("it is stopped in the second pass");
        let [hub, _] = estate.extract(&ExtractionOptions::default());
        assert_eq!(hub.expect("it goes on").warnings, [""; 0], "page {number}");
        assert_eq!(organizations(&estate), 17, "page {number}");
        assert!(of_hub(&estate) == expected, "page {number}");
    }
}
