//! `init` on every folder of samples: what it recognises, and that the pipeline which it writes runs.

use std::collections::BTreeSet;
use std::fs;

use matchbook::extract;

use crate::samples::{copy, repository};
use crate::workspace::Workspace;

/// The systems whose files are in each folder of samples.
const SYSTEMS: &[(&str, &[&str])] = &[
    ("active_directory", &["active-directory"]),
    ("autotask", &["autotask", "datto-rmm"]),
    ("connectwise", &["connectwise"]),
    ("datto_rmm", &["datto-rmm"]),
    ("it_glue", &["it-glue"]),
    ("kaseya_bms", &["kaseya-bms"]),
    ("microsoft_365", &["microsoft-365", "it-glue"]),
    ("network_detective", &["network-detective"]),
    ("network_glue", &["network-glue"]),
    ("second_run", &["connectwise", "it-glue"]),
    ("sheet", &["csv"]),
    ("spreadsheets", &["csv"]),
    ("syncro", &["syncro"]),
    ("tigerpaw", &["tigerpaw"]),
];

/// Files of the samples that are of no system.
const OF_NONE: &[&str] = &[
    // Passwords are not looked at.
    "it_glue/passwords.csv",
    // The vendor's list of what products are called is a setting of the source.
    "microsoft_365/product_names.csv",
    // Lines of a diagram are no records.
    "network_glue/connections.json",
    "spreadsheets/inventory.xlsx#Lists",
    "spreadsheets/inventory.xlsx#Read me",
];

#[test]
fn every_folder_of_samples_is_known() {
    let samples = fs::read_dir(repository().join("samples")).expect("the samples are there");
    let folders: BTreeSet<String> = samples
        .map(|entry| entry.expect("the folder can be read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> = SYSTEMS.iter().map(|(folder, _)| (*folder).to_owned()).collect();
    assert_eq!(folders, known);
}

#[test]
fn the_systems_of_every_folder_of_samples_are_recognised() {
    let mut wrong = Vec::new();
    for (folder, systems) in SYSTEMS {
        let found =
            extract::recognise(&repository().join("samples").join(folder)).expect("the folder can be read");
        for file in &found {
            let name = format!("{folder}/{}", file.file);
            let is_of_none = name.ends_with("/README.md") || OF_NONE.contains(&name.as_str());
            if file.system.is_none() != is_of_none {
                wrong.push(format!("{name}: {:?} {}", file.system.map(|system| &system.name), file.note));
            }
        }
        let names: BTreeSet<&str> =
            found.iter().filter_map(|file| Some(file.system?.name.as_str())).collect();
        if names != systems.iter().copied().collect() {
            let of: Vec<_> =
                found.iter().map(|file| (&file.file, file.system.map(|system| &system.name))).collect();
            wrong.push(format!("{folder}: {names:?} for {systems:?}: {of:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The folders beside the hub's, with what a sync method needs besides: scans and directories go with a PSA.
#[test]
fn a_pipeline_for_every_folder_of_samples_runs() {
    for (folder, systems) in SYSTEMS.iter().filter(|(folder, _)| !matches!(*folder, "it_glue" | "second_run"))
    {
        let workspace = Workspace::empty();
        let mut folders = vec!["it_glue", folder];
        if matches!(systems[0], "active-directory" | "microsoft-365" | "network-detective" | "network-glue") {
            folders.push("connectwise");
        }
        for folder in folders {
            copy(&repository().join("samples").join(folder), &workspace.path(folder));
        }
        // The bad rows of the spreadsheets are more than a pipeline allows by itself.
        let ended = if *folder == "spreadsheets" { 6 } else { 0 };
        for (arguments, code) in [(&["init", "."][..], 0), (&["run", "pipeline.toml"], ended)] {
            let output = workspace.run(arguments);
            assert_eq!(
                output.status.code(),
                Some(code),
                "{arguments:?} of {folder}: {}\n{}",
                String::from_utf8_lossy(&output.stderr),
                workspace.read("pipeline.toml")
            );
        }
        let text = workspace.read("pipeline.toml");
        for system in *systems {
            assert!(text.contains(&format!("system = \"{system}\"")), "{folder}: {text}");
        }
    }
}

/// The name, system and role of every source that `init` writes for folders of samples.
fn sources(folders: &[&str]) -> Vec<String> {
    let workspace = Workspace::empty();
    for folder in folders {
        copy(&repository().join("samples").join(folder), &workspace.path(folder));
    }
    let output = workspace.run(&["init", "."]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = workspace.read("pipeline.toml");
    let told =
        |line: &&str| line.starts_with("method") || line.starts_with("system") || line.starts_with("role");
    let value = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    text.lines().filter(told).map(value).collect()
}

#[test]
fn a_system_of_several_roles_has_those_that_no_other_has() {
    assert_eq!(sources(&["it_glue", "syncro"]), ["B", "it-glue", "syncro", "psa", "syncro", "rmm"]);
    assert_eq!(
        sources(&["it_glue", "syncro", "connectwise"]),
        ["B", "it-glue", "connectwise", "syncro", "rmm"]
    );
    assert_eq!(sources(&["it_glue", "syncro", "datto_rmm"]), ["B", "it-glue", "syncro", "psa", "datto-rmm"]);
}
