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
    assert_snapshot!(workspace().seen(&["extract", "p.toml"]), @"");
}

#[test]
fn a_run_afresh_without_credentials() {
    assert_snapshot!(workspace().seen(&["run", "p.toml", "--fresh"]), @"");
    let optional = workspace();
    optional.write("p.toml", format!("{}optional = true\n", PIPELINE).replace("files = [\"psa\"]\n", "") + "[source.api]\nbase = \"http://127.0.0.1:9\"\nsettings = { company = \"acme\" }\ncredentials_file = \"keys.toml\"\n");
    let seen = optional.seen(&["run", "p.toml", "--fresh"]);
    assert!(seen.contains("error: the source `psa` was not read"), "{seen}");
    assert!(seen.ends_with("---- exit 0"), "{seen}");
}

#[test]
fn a_check_without_credentials() {
    assert_snapshot!(workspace().seen(&["doctor", "p.toml"]), @"");
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
    assert_eq!(lines(&["extract", "p.toml", "--json"]), ["version", "diagnostic", "extraction"]);
    assert_eq!(lines(&["doctor", "p.toml", "--json"]), ["version", "finding"]);
    assert_eq!(
        lines(&["run", "p.toml", "--fresh", "--json"]),
        ["version", "diagnostic", "extraction", "diagnostic"]
    );
}

#[test]
fn sources_that_cannot_be_extracted() {
    assert_snapshot!(workspace().seen(&["extract", "p.toml", "--source", "rmm"]), @"");
    assert_snapshot!(workspace().seen(&["extract", "p.toml", "--source", "hub"]), @"");
    assert_snapshot!(Workspace::new().seen(&["extract", "p.toml"]), @"");
    assert_snapshot!(Workspace::new().seen(&["doctor", "p.toml"]), @"");
}

#[test]
fn a_run_without_a_snapshot() {
    assert_snapshot!(workspace().seen(&["run", "p.toml"]), @"");
}
