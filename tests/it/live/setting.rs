//! A small estate that is read from saved documents, and the same estate over an interface.

use std::path::Path;
use std::sync::Mutex;

use matchbook::api::{ApiEvent, ApiReporter, Extraction, ExtractionOptions, extract};
use matchbook::pipeline::{self, Pipeline};

use crate::workspace::Workspace;

/// Keeps what an extraction tells.
#[derive(Default)]
pub struct Told(Mutex<Vec<String>>);

impl Told {
    /// What was told, as debug text.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no test fails while it is held"))
    }
}

impl ApiReporter for Told {
    fn event(&self, event: &ApiEvent<'_>) {
        self.0.lock().expect("no test fails while it is held").push(format!("{event:?}"));
    }
}

/// The lines of a section `api` that asks a fake at `base`: no limit, short waits, credentials from `keys.toml`.
pub fn asks(base: &str) -> String {
    format!("base = \"{base}\"\ncredentials_file = \"keys.toml\"\npace = \"none\"\nfirst_wait_ms = 1\n")
}

/// The workspace with the credentials in a file that only its owner may read.
pub fn with_keys(workspace: Workspace, keys: &[(&str, &str)]) -> Workspace {
    let text: String = keys.iter().map(|(name, key)| format!("{name} = {key:?}\n")).collect();
    let workspace = workspace.with("keys.toml", text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(workspace.path("keys.toml"), std::fs::Permissions::from_mode(0o600))
            .expect("the file is ours");
    }
    workspace
}

/// The folder of a sample.
pub fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name).display().to_string()
}

/// The pipeline of a workspace.
pub fn load(workspace: &Workspace, name: &str) -> Pipeline {
    match pipeline::load(&workspace.path(name)) {
        Ok(pipeline) => pipeline,
        Err(errors) => panic!("{errors}"),
    }
}

/// Extracts every source of a pipeline that has an interface; every one of them succeeds.
pub fn extracted(pipeline: &Pipeline, told: &Told) -> Extraction {
    let done = extract(pipeline, &ExtractionOptions::default(), told);
    for source in &done.sources {
        if let Err(error) = &source.outcome {
            panic!("`{}`: {error}; {}; {:?}", source.source, error.hint, told.take());
        }
    }
    done
}

/// Removes the warehouse of earlier runs, so that the next one is the only one.
pub fn fresh(workspace: &Workspace) {
    std::fs::remove_file(workspace.path("live.duckdb")).expect("there was a run");
}

/// Every row of every table of the last run, without what says where and when it was read: file, line, run and times.
pub fn warehouse(workspace: &Workspace, name: &str) -> Vec<String> {
    let output = workspace.run(&["run", name, "--quiet"]);
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 3)), "{code:?} {}", String::from_utf8_lossy(&output.stderr));
    let tables = [
        "organizations",
        "locations",
        "contacts",
        "configurations",
        "tickets",
        "licenses",
        "groups",
        "matches",
        "candidates",
        "clusters",
        "diffs",
        "conflicts",
        "plan_steps",
        "plan_reasons",
        "quarantine",
        "data_quality",
    ];
    let mut rows = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT '{table}' AS t, to_json(r) AS row FROM (SELECT * EXCLUDE (run_id) FROM {table}) AS r"
        );
        let output = workspace.run(&["query", name, &sql, "--json"]);
        assert!(output.status.success(), "{table}: {}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            rows.push(without_places(line));
        }
    }
    rows.sort();
    rows
}

/// A row without the names and lines of files.
fn without_places(line: &str) -> String {
    let mut row: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| line.into());
    strip(&mut row);
    row.to_string()
}

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members
                .retain(|name, _| !matches!(name.as_str(), "source_file" | "source_line" | "file" | "line"));
            members.values_mut().for_each(strip);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
        serde_json::Value::String(text) if text.starts_with('{') => {
            if let Ok(mut inner) = serde_json::from_str::<serde_json::Value>(text) {
                strip(&mut inner);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

/// Asserts that two warehouses say the same, and says in which rows they differ.
pub fn assert_same(files: &[String], live: &[String]) {
    let missing: Vec<_> = files.iter().filter(|row| !live.contains(row)).collect();
    let more: Vec<_> = live.iter().filter(|row| !files.contains(row)).collect();
    assert!(missing.is_empty() && more.is_empty(), "only in files: {missing:#?}\nonly live: {more:#?}");
    assert_eq!(files.len(), live.len());
    assert!(files.len() > 20, "{} rows are no estate", files.len());
}
