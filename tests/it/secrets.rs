//! No secret of any system reaches the warehouse, what the program says, or what it exports.
//!
//! Markers are planted under every name that a system's file lists as a secret, and under those that the vendors' own
//! documents show; then everything that the program wrote is searched.

mod live;
mod plant;

use std::fs;
use std::path::Path;

use matchbook::model::Role;
use matchbook::systems;

use crate::fuzz::{archive, below};
use crate::samples::Estate;
use crate::workspace::{PIPELINE, Workspace};
use plant::{MARKER, REMARK, System};

/// Everything that a warehouse holds, as text: its file is compressed.
fn contents(warehouse: &Path) -> String {
    let connection = duckdb::Connection::open(warehouse).expect("the run made a warehouse");
    let rows = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).expect("the query is right");
        let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).expect("it can be asked");
        rows.map(|row| row.expect("it is text").unwrap_or_default()).collect()
    };
    let tables = rows("SELECT table_name FROM information_schema.tables ORDER BY ALL");
    assert!(tables.len() > 10, "the warehouse has tables");
    let each = tables.iter().flat_map(|table| rows(&format!("SELECT CAST(t AS VARCHAR) FROM \"{table}\" t")));
    each.collect::<Vec<_>>().join("\n")
}

/// Fails where a text has a marker, with some of what stands around it.
#[track_caller]
fn assert_none(what: &str, text: &str) {
    if let Some(at) = text.find(MARKER) {
        let (from, to) =
            (text.floor_char_boundary(at.saturating_sub(300)), text.ceil_char_boundary(at + 120));
        panic!("{what} holds a secret: ...{}...", &text[from..to]);
    }
}

/// Searches all that the program writes and says of a pipeline. Returns what the warehouse holds.
#[track_caller]
fn assert_no_secret(folder: &Path, pipeline: &str, say: &dyn Fn(&[&str]) -> std::process::Output) -> String {
    let mut said = String::new();
    let exported = folder.join("exported");
    let exports = exported.to_string_lossy();
    for arguments in [
        &["check", pipeline][..],
        &["--verbose", "run", pipeline],
        &["report", pipeline],
        &["report", pipeline, "--markdown"],
        &["query", pipeline, "FROM quarantine", "--csv"],
        &["export", pipeline, "--csv", &exports],
    ] {
        let output = say(arguments);
        for stream in [&output.stdout, &output.stderr] {
            assert_none(&arguments.join(" "), &String::from_utf8_lossy(stream));
            said.push_str(&String::from_utf8_lossy(stream));
        }
    }
    assert!(exported.exists(), "nothing was exported\n{said}");
    let files = below(&exported);
    assert!(files.len() > 10, "only {} files were exported", files.len());
    for (name, content) in files {
        assert_none(&name, &String::from_utf8_lossy(&content));
    }
    let mut held = String::new();
    for (name, content) in below(folder) {
        if name.ends_with(".duckdb") {
            assert!(!content.windows(MARKER.len()).any(|part| part == MARKER.as_bytes()), "{name}");
            held = contents(&folder.join(&name));
            assert_none(&name, &held);
        }
    }
    assert!(!held.is_empty(), "the run made no warehouse");
    held
}

/// Plants secrets in the samples of these systems and runs a pipeline over them.
#[track_caller]
fn planted(pipeline: &str, folders: &[(&str, &str)]) {
    let estate = Estate::new();
    for (folder, system) in folders {
        let (folder, system) = (estate.path("samples").join(folder), System::new(system));
        let mut count = 0;
        let others: Vec<_> = folders.iter().map(|(other, _)| estate.path("samples").join(other)).collect();
        for (name, content) in below(&folder) {
            let is_others =
                |other: &&std::path::PathBuf| **other != folder && folder.join(&name).starts_with(other);
            if others.iter().find(is_others).is_some_and(|other| other.starts_with(&folder)) {
                continue;
            }
            let (content, planted) = plant::file(&name, content, &system);
            fs::write(folder.join(name), content).expect("the file can be written");
            count += planted;
        }
        assert!(count > 20, "{}: {count} secrets are planted", folder.display());
    }
    let held = assert_no_secret(&estate.path(""), pipeline, &|arguments| estate.matchbook(arguments));
    // What is no secret is kept: the search would find one.
    assert!(held.contains(REMARK), "the remarks are kept");
}

#[test]
fn none_of_the_hub_connectwise_datto_rmm_and_sheets() {
    planted(
        "pipelines/demo.toml",
        &[
            ("it_glue", "it-glue"),
            ("connectwise", "connectwise"),
            ("datto_rmm", "datto-rmm"),
            ("sheet", "csv"),
        ],
    );
}

#[test]
fn none_of_autotask() {
    planted("pipelines/autotask.toml", &[("autotask", "autotask"), ("autotask/datto_rmm", "datto-rmm")]);
}

#[test]
fn none_of_the_bms_family() {
    planted("pipelines/kaseya-bms.toml", &[("kaseya_bms", "kaseya-bms")]);
}

#[test]
fn none_of_tigerpaw() {
    planted("pipelines/tigerpaw.toml", &[("tigerpaw", "tigerpaw")]);
}

#[test]
fn none_of_syncro() {
    planted("pipelines/syncro.toml", &[("syncro", "syncro")]);
}

#[test]
fn none_of_microsoft_365() {
    planted(
        "pipelines/microsoft-365.toml",
        &[
            ("microsoft_365/hub", "it-glue"),
            ("microsoft_365/tenants", "microsoft-365"),
            ("microsoft_365/partner", "microsoft-365"),
        ],
    );
}

#[test]
fn none_of_active_directory() {
    planted("pipelines/active-directory.toml", &[("active_directory", "active-directory")]);
}

#[test]
fn none_of_network_glue() {
    planted("pipelines/network-glue.toml", &[("network_glue", "network-glue")]);
}

#[test]
fn none_of_network_detective() {
    planted("pipelines/network-detective.toml", &[("network_detective", "network-detective")]);
}

/// Every system whose CSV files are declared, each with one file per entity in its own headings.
#[test]
fn none_of_any_csv_export() {
    for system in systems::all().iter().filter(|system| !system.csv.is_empty()) {
        let own = System::new(&system.name);
        let workspace = Workspace::new();
        for (entity, shape) in &system.csv {
            let headings: Vec<&str> =
                shape.aliases.values().filter_map(|aliases| aliases.first()).map(String::as_str).collect();
            let stem = shape.files.first().map_or_else(|| entity.table().to_owned(), Clone::clone);
            workspace.write(&format!("own/{stem}.csv"), plant::table(&headings, &own));
        }
        let source = format!("system = \"{}\"\nfiles = [\"own\"]\n", system.name);
        let text = match system.role {
            Role::Hub => PIPELINE.replace("files = [\"hub\"]", "files = [\"own\"]"),
            Role::Psa => PIPELINE.replace("system = \"connectwise\"\nfiles = [\"psa\"]\n", &source),
            role => {
                let method = if role == Role::Rmm { "\"B\"" } else { "\"A\"" };
                format!("{PIPELINE}\n[[source]]\nname = \"own\"\n{source}").replace("\"A\"", method)
            }
        };
        workspace.write("p.toml", format!("{text}\n[limits]\nbad_rows_percent = 100\n"));
        let held = assert_no_secret(&workspace.path(""), "p.toml", &|arguments| workspace.run(arguments));
        assert!(held.contains(REMARK), "{}: the remarks are kept", system.name);
    }
}

/// Rows that are not read are kept as they are, so what is known of their secrets must be known there too.
#[test]
fn none_of_the_quarantine() {
    let wide = format!(
        "id,company,name,password,remark,password\n1,Acme, Inc,PC-1,{MARKER},x,{MARKER},y\n2,Acme,PC-2,{MARKER},{REMARK},{MARKER}\n"
    );
    let open = format!(
        "id,company,name,password\n1,Acme,PC-1,{MARKER}\n2,\"Acme,PC-2,{MARKER}\n3,Acme,PC-3,{MARKER}\n"
    );
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let mut bad = format!("id,name,Wi-Fi Password\n5,Acme,{MARKER}\n6,").into_bytes();
    bad.extend_from_slice(b"\xff\xfe\x81,");
    bad.extend_from_slice(format!("{MARKER}\n").as_bytes());
    let mut garbled = format!(
        "[{{\"id\":100,\"name\":\"Acme\",\"status\":{{\"name\":\"Active\"}}}},{{\"name\":\"no id\",\"portalPassword\":\"{MARKER}\"}},{{\"id\":101,\"portalPassword\":\"{MARKER}\",\"name\":\""
    )
    .into_bytes();
    garbled.extend_from_slice(b"\xff\"}]");
    let zipped = archive(&[("devices.csv".to_owned(), wide.clone().into_bytes())]);
    let workspace = Workspace::new()
        .with("psa/companies.json", garbled)
        .with("own/wide/devices.csv", &wide)
        .with("own/open/devices.csv", &open)
        .with("own/utf16/devices.csv", utf16(&wide))
        .with("own/bad/organizations.csv", bad)
        .with("own/zipped/devices.zip", zipped)
        .with("own/passwords (2).csv", format!("id,name\n1,{MARKER}\n"));
    workspace.write(
        "p.toml",
        format!(
            "{PIPELINE}\n[[source]]\nname = \"own\"\nsystem = \"csv\"\nfiles = [\"own\"]\n\n[limits]\nbad_rows_percent = 100\n"
        ),
    );
    let held = assert_no_secret(&workspace.path(""), "p.toml", &|arguments| workspace.run(arguments));
    assert!(held.contains(REMARK), "the remarks are kept");
    for reason in ["row_long", "invalid_utf8", "no_id", "quote"] {
        assert!(held.contains(reason), "no row is quarantined for {reason}");
    }
}
