//! What a user sees of `extract`, `doctor` and `run --fresh` where no system can be asked.

use insta::assert_snapshot;

use crate::workspace::{PIPELINE, Workspace};

/// The small estate with a PSA that is read over its interface, for which a credential is missing.
fn workspace() -> Workspace {
    let section = "[source.api]\nbase = \"http://127.0.0.1:9\"\nsettings = { company = \"acme\" }\n\
                   credentials_file = \"keys.toml\"\n";
    Workspace::new().with("p.toml", PIPELINE.replace("files = [\"psa\"]\n", section)).without("psa")
}

#[test]
fn an_extraction_without_credentials() {
    assert_snapshot!(workspace().seen(&["extract", "p.toml"]), @"
    ---- stdout
      source  snapshot         requests  rows  time
      psa     none: it failed
    ---- stderr
    error: the source `psa` was not read: the credentials in ./keys.toml cannot be read: no such file
      hint: check `credentials_file` in the pipeline, whose path starts at the pipeline's folder

    what was read is kept; to go on with it:
    matchbook extract p.toml --source psa
    ---- exit 5
    ");
}

#[test]
fn a_run_afresh_without_credentials() {
    assert_snapshot!(workspace().seen(&["run", "p.toml", "--fresh"]), @"
    ---- stdout
      source  snapshot         requests  rows  time
      psa     none: it failed
    ---- stderr
    error: the source `psa` was not read: the credentials in ./keys.toml cannot be read: no such file
      hint: check `credentials_file` in the pipeline, whose path starts at the pipeline's folder
    error: `psa` could not be extracted, so nothing was run

    hint: go on with `matchbook extract p.toml --source psa`, or run without `--fresh` on the snapshots that there are
    ---- exit 5
    ");
    let optional = workspace();
    optional
        .write("p.toml", optional.read("p.toml").replace("[source.api]", "optional = true\n[source.api]"));
    let seen = optional.seen(&["run", "p.toml", "--fresh"]);
    assert!(seen.contains("error: the source `psa` was not read"), "{seen}");
    assert!(seen.ends_with("---- exit 0"), "{seen}");
}

#[test]
fn a_check_without_credentials() {
    assert_snapshot!(workspace().seen(&["doctor", "p.toml"]), @"
    ---- stdout
    psa (ConnectWise PSA)
      bad       credentials: the credentials in ./keys.toml cannot be read: no such file
                hint: check `credentials_file` in the pipeline, whose path starts at the pipeline's folder

    bad: an extraction would fail for `psa`
    ---- exit 5
    ");
}

#[test]
fn the_same_as_lines() {
    let lines = |arguments: &[&str]| -> Vec<String> {
        let output = workspace().run(arguments);
        assert_eq!(output.status.code(), Some(5), "{arguments:?}");
        let text = String::from_utf8(output.stdout).expect("it is text");
        let records = text.lines().map(|line| serde_json::from_str(line).expect("a line is a document"));
        records
            .map(|record: serde_json::Value| record["type"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(
        lines(&["extract", "p.toml", "--json"]),
        ["version", "extraction_started", "diagnostic", "extraction"]
    );
    assert_eq!(lines(&["doctor", "p.toml", "--json"]), ["version", "finding"]);
    assert_eq!(
        lines(&["run", "p.toml", "--fresh", "--json"]),
        ["version", "extraction_started", "diagnostic", "extraction", "diagnostic"]
    );
}

#[test]
fn sources_that_cannot_be_extracted() {
    assert_snapshot!(workspace().seen(&["extract", "p.toml", "--source", "rmm"]), @"
    ---- stderr
    error: no source is called `rmm`

    hint: read over an interface: `psa`
    ---- exit 2
    ");
    assert_snapshot!(workspace().seen(&["extract", "p.toml", "--source", "hub"]), @"
    ---- stderr
    error: the source `hub` is read from files

    hint: read over an interface: `psa`
    ---- exit 2
    ");
    assert_snapshot!(Workspace::new().seen(&["extract", "p.toml"]), @"
    ---- stderr
    error: no source of p.toml is read over an interface

    hint: give one `[source.api]` in place of `files`; `pipelines/reference.toml` shows how
    ---- exit 2
    ");
    assert_snapshot!(Workspace::new().seen(&["doctor", "p.toml"]), @"
    ---- stderr
    error: no source of p.toml is read over an interface

    hint: give one `[source.api]` in place of `files`; `pipelines/reference.toml` shows how
    ---- exit 2
    ");
}

#[test]
fn a_run_without_a_snapshot() {
    assert_snapshot!(workspace().seen(&["run", "p.toml"]), @"
    ---- stderr
    error: the source `psa` cannot be read: there is no snapshot of it yet

    hint: extract it first: `matchbook extract PIPELINE`, or `matchbook run PIPELINE --fresh`
    ---- exit 5
    ");
}
