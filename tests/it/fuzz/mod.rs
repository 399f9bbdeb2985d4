//! Files as nobody writes them, for every reader: none may panic, hang or lose count.
//!
//! A case is a file of the samples with some changes, or bytes out of nothing. A few hundred run with the suite; with
//! `MATCHBOOK_FUZZ_SECONDS=3600` each test runs that long. What was found once is in `tests/it/regressions`, a folder per
//! finding with a folder called like the system, and is read with every run of the suite.

mod change;
mod room;
mod seeds;

use std::path::Path;
use std::time::{Duration, Instant};

use matchbook::pipeline::{self, decisions};
use matchbook::systems;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestError, TestRunner};

use change::{Change, change, changed, noise};
pub use change::{archive, members};
use room::Files;
pub use room::below;

/// Runs cases of `strategy`: `few` of them, or as many as fit into the time that the environment gives.
fn run<S: Strategy>(
    few: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), TestError<S::Value>> {
    let config = ProptestConfig {
        cases: few,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    };
    let seconds = std::env::var("MATCHBOOK_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    loop {
        TestRunner::new(config.clone()).run(strategy, &test)?;
        if end.is_none_or(|end| Instant::now() > end) {
            return Ok(());
        }
    }
}

/// A file of a sample with changes.
#[derive(Debug, Clone)]
struct Case {
    estate: Index,
    file: Index,
    /// The member of an archive that changes; else its bytes do.
    member: Option<Index>,
    changes: Vec<Change>,
    /// Whether the other files of the sample are read with it.
    with_others: bool,
    /// The system that it is read as, where that is not its own.
    system: Option<Index>,
}

fn case() -> impl Strategy<Value = Case> {
    let index = any::<Index>;
    let member = proptest::option::weighted(0.7, index());
    let system = proptest::option::weighted(0.15, index());
    let changes = proptest::collection::vec(change(), 1..6);
    (index(), index(), member, changes, proptest::bool::weighted(0.15), system).prop_map(
        |(estate, file, member, changes, with_others, system)| Case {
            estate,
            file,
            member,
            changes,
            with_others,
            system,
        },
    )
}

impl Case {
    fn files(&self, estates: &[(String, Files)]) -> (String, Files) {
        let (system, files) = self.estate.get(estates);
        let position = self.file.index(files.len());
        let others: Vec<&[u8]> = files.iter().map(|(_, content)| content.as_slice()).collect();
        let (name, content) = files[position].clone();
        let content = match (self.member, members(&content)) {
            (Some(member), Some(mut members)) if !members.is_empty() => {
                let member = member.index(members.len());
                let inner = std::mem::take(&mut members[member].1);
                members[member].1 = changed(inner, &self.changes, &others);
                archive(&members)
            }
            _ => changed(content, &self.changes, &others),
        };
        let mut taken = if self.with_others { files.clone() } else { vec![(name, Vec::new())] };
        let at = if self.with_others { position } else { 0 };
        taken[at].1 = content;
        let system = self.system.map_or(system, |system| &system.get(systems::all()).name);
        (system.clone(), taken)
    }
}

#[test]
fn files_with_changes_are_read_or_refused() {
    let estates = seeds::estates();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcome = run(300, &case(), |case| {
        let (system, files) = case.files(&estates);
        room::read(folder.path(), &system, &files).map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(why, case)) = outcome {
        let (system, files) = case.files(&estates);
        panic!("{why}: {system}, kept in {}", room::keep(&system, &files).display());
    }
}

#[test]
fn bytes_out_of_nothing_are_read_or_refused() {
    let names: Vec<(String, String)> = seeds::names();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let strategy = (any::<Index>(), noise());
    let outcome = run(200, &strategy, |(name, content)| {
        let (system, name) = name.get(&names);
        room::read(folder.path(), system, &[(name.clone(), content)]).map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(why, (name, content))) = outcome {
        let (system, name) = name.get(&names);
        panic!("{why}: kept in {}", room::keep(system, &[(name.clone(), content)]).display());
    }
}

/// Reads a pipeline, a profile or a decisions file; what is wrong with it is said in words.
fn written(folder: &Path, name: &str, content: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let said =
        |message: String| if message.is_empty() { Err("an error without words".to_owned()) } else { Ok(()) };
    let base = |more: &str| {
        format!(
            "name = \"f\"\nmethod = \"A\"\n{more}[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n[[source]]\nname = \"psa\"\nsystem = \"connectwise\"\nfiles = [\"psa\"]\n"
        )
    };
    let pipeline = folder.join("p.toml");
    std::fs::write(folder.join(name), content).map_err(failed)?;
    match name {
        "p.toml" => match pipeline::load(&pipeline) {
            Ok(_) => Ok(()),
            Err(errors) => said(errors.to_string()),
        },
        "profile.toml" => {
            let text = base("")
                + "[[source]]\nname = \"scan\"\nsystem = \"network-detective\"\nfiles = [\"scan\"]\nprofile = \"profile.toml\"\n";
            match pipeline::parse(&pipeline, &text) {
                Ok(_) => Ok(()),
                Err(errors) => said(errors.to_string()),
            }
        }
        _ => {
            let text = base("decisions = \"decisions.csv\"\n");
            let parsed = pipeline::parse(&pipeline, &text).map_err(|errors| errors.to_string())?;
            match decisions::load(&parsed) {
                Ok(_) => Ok(()),
                Err(errors) => said(errors.to_string()),
            }
        }
    }
}

#[test]
fn pipelines_profiles_and_decisions_with_changes_are_taken_or_refused() {
    let seeds = seeds::written();
    let others: Vec<&[u8]> = seeds.iter().map(|(_, content)| content.as_slice()).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let strategy =
        (any::<Index>(), proptest::collection::vec(change(), 1..6), proptest::option::weighted(0.1, noise()));
    let content = |seed: &Index, changes: &[Change], noise: Option<Vec<u8>>| {
        let (name, content) = seed.get(&seeds);
        (*name, noise.unwrap_or_else(|| changed(content.clone(), changes, &others)))
    };
    let outcome = run(300, &strategy, |(seed, changes, noise)| {
        let (name, content) = content(&seed, &changes, noise);
        written(folder.path(), name, &content).map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(why, (seed, changes, noise))) = outcome {
        let (name, content) = content(&seed, &changes, noise);
        panic!("{why}: kept in {}", room::keep("written", &[(name.to_owned(), content)]).display());
    }
}

#[test]
fn what_was_found_once_stays_right() {
    let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/regressions");
    let mut wrong = Vec::new();
    for finding in std::fs::read_dir(regressions).expect("the regressions are there") {
        let finding = finding.expect("the folder can be read").path();
        if !finding.is_dir() {
            continue;
        }
        for system in std::fs::read_dir(&finding).expect("a finding is a folder") {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = system.expect("the folder can be read").path();
            let system = path.file_name().expect("it has a name").to_string_lossy().into_owned();
            let files = room::below(&path);
            let outcome = if system == "written" {
                files.iter().try_for_each(|(name, content)| written(folder.path(), name, content))
            } else {
                room::read(folder.path(), &system, &files)
            };
            if let Err(why) = outcome {
                wrong.push(format!("{}: {why}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
