//! Extractions that are interrupted, and how they go on.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use matchbook::api::snapshot::{self, Manifest};
use matchbook::api::{ErrorKind, Extraction, ExtractionOptions, extract};

use super::kills::{Kills, whole};
use super::setting::{Told, asks, extracted, load, sample, with_keys};
use crate::fake::Options;
use crate::fake::fault::{Fault, Faults};
use crate::fake::it_glue::{ItGlue, KEY};
use crate::fake::server::Server;
use crate::workspace::Workspace;

fn account() -> ItGlue {
    ItGlue::sample(&Options { page_size: Some(2), ..Options::default() })
}

fn pipeline(server: &Server, more: &str) -> String {
    let (asks, psa) = (asks(&server.url()), sample("connectwise"));
    format!(
        "name = \"live\"\nmethod = \"A\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\n[hub.api]\n{asks}\
         {more}\n[[source]]\nname = \"psa\"\nsystem = \"connectwise\"\nfiles = [\"{psa}\"]\n"
    )
}

/// A folder with a pipeline whose hub is the server.
fn workspace(server: &Server, more: &str) -> Workspace {
    with_keys(Workspace::empty().with("p.toml", pipeline(server, more)), &[("api_key", KEY)])
}

/// Extracts, whatever comes of it.
fn attempted(workspace: &Workspace, options: &ExtractionOptions) -> Extraction {
    extract(&load(workspace, "p.toml"), options, &Told::default())
}

/// A folder in which an extraction was stopped at the contacts, with the server that stopped it once.
fn stopped() -> (Server, Workspace) {
    let server = Server::with_faults(account(), Faults::none().on("/contacts", Fault::Html(400), 1));
    let workspace = workspace(&server, "");
    let done = attempted(&workspace, &ExtractionOptions::default());
    let error = done.sources[0].outcome.as_ref().expect_err("it was stopped");
    assert_eq!(error.kind, ErrorKind::Answer, "{error}");
    (server, workspace)
}

/// How often the first page of the organizations was asked for.
fn beginnings(server: &Server) -> usize {
    let is_first = |number: Option<&str>| number.is_none_or(|number| number == "1");
    let requests = server.requests();
    let first =
        requests.iter().filter(|one| one.path == "/organizations" && is_first(one.param("page[number]")));
    first.count()
}

fn hub(workspace: &Workspace) -> std::path::PathBuf {
    workspace.path("snapshots/hub")
}

/// What an extraction of the account brings that nobody disturbs.
fn undisturbed(server: &Server) -> (Vec<(String, Vec<u8>)>, u64) {
    let workspace = workspace(server, "");
    extracted(&load(&workspace, "p.toml"), &Told::default());
    whole(&hub(&workspace))
}

#[test]
fn an_extraction_that_is_killed_goes_on_where_it_was() {
    let kills = Kills::new(Path::new(env!("CARGO_BIN_EXE_matchbook")));
    for (calls, seed) in [(1, 7), (4, 8)] {
        let toll = kills.run(8, calls, seed);
        assert!(toll.kills == 8 && toll.completed > 0 && toll.lost <= 16 * calls, "{toll:?}");
    }
}

#[test]
fn what_an_interruption_tore_is_read_again() {
    let server = Server::start(account());
    let workspace = workspace(&server, "");
    let pipeline = load(&workspace, "p.toml");
    extracted(&pipeline, &Told::default());
    let folder = hub(&workspace);
    let undisturbed = whole(&folder);
    let complete =
        snapshot::complete(&folder).expect("the folder is there").pop().expect("it has a snapshot");
    let manifest = Manifest::read(&complete).expect("it has a manifest");
    let manifest = Manifest { finished_at: None, checksum: String::new(), ..manifest };
    let read = |name: &str| fs::read(complete.join(name)).expect("the file is there");
    let (answers, index) = (read("answers.gz"), read("index.jsonl"));
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..40 {
        let (mut answers, mut index) = (answers.clone(), index.clone());
        let (of_answers, of_index) = (random.usize(..=answers.len()), random.usize(..=index.len()));
        match round % 5 {
            0 => index.truncate(of_index),
            1 => answers.truncate(of_answers),
            2 => {
                index.truncate(of_index);
                answers.truncate(of_answers);
            }
            // What a file system leaves that had the size on disk, and not the content.
            3 => {
                let end = (of_answers + 300).min(answers.len());
                answers[of_answers..end].fill(0);
            }
            _ => {
                index.truncate(of_index);
                index.extend([0; 64]);
            }
        }
        fs::remove_dir_all(&folder).expect("the folder is ours");
        let partial = folder.join("20260101T000000Z.partial");
        fs::create_dir_all(&partial).expect("the folder is ours");
        fs::write(partial.join("answers.gz"), answers).expect("the file is ours");
        fs::write(partial.join("index.jsonl"), index).expect("the file is ours");
        manifest.write(&partial).expect("the file is ours");
        extracted(&pipeline, &Told::default());
        assert!(whole(&folder) == undisturbed, "round {round}, {of_answers}, {of_index}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_what_is_there_is_of_use() {
    let server = Server::start(account());
    let workspace = workspace(&server, "");
    // A limit on the size of files stands for the disk: writing beyond it fails in the same way.
    let mut shell = std::process::Command::new("bash");
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" extract p.toml";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_matchbook")]).current_dir(workspace.path(""));
    let output = shell.output().expect("the shell starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(
        said.contains("the snapshot cannot be used: ") && said.contains("the space on its disk"),
        "{said}"
    );
    assert!(said.trim_end().ends_with("matchbook extract p.toml --source hub"), "{said}");
    let before = server.requests().len();
    assert!(before > 3, "{before} requests");
    extracted(&load(&workspace, "p.toml"), &Told::default());
    let whole_again = whole(&hub(&workspace));
    let answers = whole_again.0.len();
    // Calls that were in flight when the disk was full, four at most, are made again.
    assert!(server.requests().len() <= answers + 4, "{} requests", server.requests().len());
    assert!(whole_again == undisturbed(&server));
}

#[test]
fn what_was_stopped_goes_on() {
    let (server, workspace) = stopped();
    extracted(&load(&workspace, "p.toml"), &Told::default());
    assert_eq!(beginnings(&server), 1);
    assert!(whole(&hub(&workspace)) == undisturbed(&server));
}

#[test]
fn a_restart_begins_anew() {
    let (server, workspace) = stopped();
    let options = ExtractionOptions { restart: true, ..ExtractionOptions::default() };
    assert!(attempted(&workspace, &options).sources[0].outcome.is_ok());
    assert_eq!(beginnings(&server), 2);
    assert!(whole(&hub(&workspace)) == undisturbed(&server));
}

#[test]
fn what_is_asked_for_differently_begins_anew() {
    for more in ["entities = [\"organizations\"]", "page_size = 1"] {
        let (server, workspace) = stopped();
        workspace.write("p.toml", pipeline(&server, more));
        extracted(&load(&workspace, "p.toml"), &Told::default());
        assert_eq!(beginnings(&server), 2, "{more}");
        let folder = hub(&workspace);
        assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 2, "the snapshot and the lock");
    }
    // How fast it is asked changes nothing.
    let (server, workspace) = stopped();
    workspace.write("p.toml", pipeline(&server, "retries = 1"));
    extracted(&load(&workspace, "p.toml"), &Told::default());
    assert_eq!(beginnings(&server), 1);
}

#[test]
fn what_was_stopped_long_ago_begins_anew() {
    for (hours, begun) in [(23, 1), (25, 2)] {
        let (server, workspace) = stopped();
        let (partial, manifest) =
            snapshot::partial(&hub(&workspace)).expect("it can be listed").expect("it was stopped");
        let started_at = Timestamp::now() - SignedDuration::from_hours(hours);
        Manifest { started_at, ..manifest }.write(&partial).expect("the file is ours");
        extracted(&load(&workspace, "p.toml"), &Told::default());
        assert_eq!(beginnings(&server), begun, "after {hours} hours");
    }
}

#[test]
fn two_extractions_at_once() {
    let server =
        Server::with_faults(account(), Faults::none().at(1, Fault::Slow(std::time::Duration::from_secs(3))));
    let workspace = workspace(&server, "");
    let mut first = workspace.command(&["extract", "p.toml"]);
    let first = first.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    let mut first = first.expect("the program starts");
    while server.requests().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = workspace.run(&["extract", "p.toml"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(5), "{said}");
    assert!(
        said.contains("another extraction writes to ") && said.contains("hint: wait until it is done"),
        "{said}"
    );
    assert!(first.wait().expect("it is ours").success());
    assert!(whole(&hub(&workspace)) == undisturbed(&server));
}
