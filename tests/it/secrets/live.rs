//! What a vendor's interface answers: snapshots hold it as it was received, and nothing else has the secrets in it.
//!
//! The credentials themselves are in no file but their own, also not in the answers.

use std::fs;
use std::path::Path;

use super::plant::{self, MARKER, REMARK, System};
use super::{assert_no_secret, assert_none};
use crate::fake::Options;
use crate::fake::autotask::{self, Autotask};
use crate::fake::connectwise::{self, ConnectWise};
use crate::fake::datto_rmm::{self, DattoRmm};
use crate::fake::estate::{Estate, Ids};
use crate::fake::fault::{Fault, Faults};
use crate::fake::it_glue::{self, ItGlue};
use crate::fake::kaseya_bms::{self, KaseyaBms};
use crate::fake::server::Server;
use crate::fake::syncro::{self, Syncro};
use crate::fake::tigerpaw::{self, Tigerpaw};
use crate::fuzz::below;
use crate::workspace::Workspace;

/// A folder of the sample with secrets in it, as an estate of a fake.
fn planted(workspace: &Workspace, sample: &str, system: &str) -> Estate {
    let system = System::new(system);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(sample);
    let mut count = 0;
    for entry in fs::read_dir(&from).expect("there is a sample") {
        let path = entry.expect("the sample can be listed").path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (content, own) = plant::file(&name, fs::read(&path).expect("it can be read"), &system);
            workspace.write(&format!("{sample}/{name}"), content);
            count += own;
        }
    }
    assert!(count > 20, "{sample}: {count} secrets are planted");
    Estate::folder(workspace.path(sample), Ids::Own)
}

/// The lines of a section that asks a server, with the credentials in a file of their own.
fn asks(workspace: &Workspace, server: &Server, keys: &[(&str, &str)], file: &str) -> String {
    let text: String = keys.iter().map(|(name, key)| format!("{name} = {key:?}\n")).collect();
    workspace.write(file, text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(workspace.path(file), fs::Permissions::from_mode(0o600))
            .expect("the file is ours");
    }
    let base = server.url();
    format!("base = \"{base}\"\ncredentials_file = \"{file}\"\npace = \"none\"\nfirst_wait_ms = 1\n")
}

/// Extracts the hub and a source whose answers are full of secrets, stopped once, and searches whatever comes of it.
fn none_of(system: &str, sample: &str, more: [&str; 2], keys: &[(&str, &str)], start: fn(&Estate) -> Server) {
    let (samples, workspace) = (Workspace::empty(), Workspace::empty());
    let hub = ItGlue::new(&planted(&samples, "it_glue", "it-glue"), &Options::default());
    let hub = Server::with_faults(hub, Faults::none().on("/models", Fault::Html(400), 1));
    let own = start(&planted(&samples, sample, system));
    let hub_keys = [("api_key", it_glue::KEY)];
    let [of_source, of_api] = more;
    let method = if system == "datto-rmm" { "D" } else { "A" };
    let text = format!(
        "name = \"live\"\nmethod = \"{method}\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\n[hub.api]\n{}\
         [[source]]\nname = \"own\"\nsystem = \"{system}\"\n{of_source}\n[source.api]\n{}{of_api}\n\
         [limits]\nbad_rows_percent = 100\n",
        asks(&workspace, &hub, &hub_keys, "hub.toml"),
        asks(&workspace, &own, keys, "own.toml"),
    );
    workspace.write("p.toml", text);

    let mut said = String::new();
    for (arguments, code) in [
        (&["--verbose", "extract", "p.toml"][..], 5),
        (&["extract", "p.toml", "--json"], 0),
        (&["doctor", "p.toml"], 0),
        (&["snapshots", "list", "p.toml", "--verify"], 0),
        (&["snapshots", "list", "p.toml", "--json"], 0),
    ] {
        let output = workspace.run(arguments);
        for stream in [&output.stdout, &output.stderr] {
            assert_none(&arguments.join(" "), &String::from_utf8_lossy(stream));
            said.push_str(&String::from_utf8_lossy(stream));
        }
        assert_eq!(output.status.code(), Some(code), "{system}: {arguments:?}: {said}");
    }
    let held = assert_no_secret(&workspace.path(""), "p.toml", &|arguments| workspace.run(arguments));
    assert!(held.contains(REMARK), "{system}: the remarks are kept");

    // Answers are kept as they were received, and they alone.
    let secrets: Vec<&[u8]> = keys.iter().chain(&hub_keys).map(|(_, key)| key.as_bytes()).collect();
    let has = |content: &[u8], secret: &[u8]| content.windows(secret.len()).any(|part| part == secret);
    assert!(!secrets.iter().any(|secret| has(said.as_bytes(), secret) || has(held.as_bytes(), secret)));
    let mut snapshots = 0;
    for (name, mut content) in below(&workspace.path("")) {
        if name.ends_with("hub.toml") || name.ends_with("own.toml") {
            continue;
        }
        if name.ends_with("answers.gz") {
            content = unpacked(&content);
            assert!(has(&content, MARKER.as_bytes()), "{system}: {name} has nothing that could be found");
            snapshots += 1;
        } else {
            assert!(!has(&content, MARKER.as_bytes()), "{system}: {name} holds a secret");
        }
        assert!(!secrets.iter().any(|secret| has(&content, secret)), "{system}: {name} holds a credential");
    }
    assert_eq!(snapshots, 2, "{system}");
}

fn unpacked(content: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    std::io::copy(&mut flate2::read::MultiGzDecoder::new(content), &mut all).expect("it is whole");
    all
}

#[test]
fn none_of_connectwise() {
    let keys = [
        ("public_key", connectwise::PUBLIC_KEY),
        ("private_key", connectwise::PRIVATE_KEY),
        ("client_id", connectwise::CLIENT_ID),
    ];
    none_of("connectwise", "connectwise", ["", "settings = { company = \"larkfield\" }"], &keys, |estate| {
        Server::start(ConnectWise::new(estate, &Options::default()))
    });
}

#[test]
fn none_of_datto_rmm() {
    let keys = [("api_key", datto_rmm::KEY), ("api_secret", datto_rmm::SECRET)];
    none_of("datto-rmm", "datto_rmm", ["", ""], &keys, |estate| {
        Server::start(DattoRmm::new(estate, &Options::default()))
    });
}

#[test]
fn none_of_autotask() {
    let keys =
        [("user", autotask::USER), ("secret", autotask::SECRET), ("integration_code", autotask::INTEGRATION)];
    none_of("autotask", "autotask", ["", ""], &keys, |estate| {
        Server::start(Autotask::new(estate, &Options::default()))
    });
}

#[test]
fn none_of_kaseya_bms() {
    let keys = [("user", kaseya_bms::USER), ("password", kaseya_bms::PASSWORD)];
    let tenant = "settings = { tenant_name = \"Larkfield IT\" }";
    none_of("kaseya-bms", "kaseya_bms", ["", tenant], &keys, |estate| {
        Server::start(KaseyaBms::new(estate, &Options::default()))
    });
}

#[test]
fn none_of_tigerpaw() {
    let keys = [("public_key", tigerpaw::PUBLIC), ("private_key", tigerpaw::PRIVATE)];
    none_of("tigerpaw", "tigerpaw", ["", ""], &keys, |estate| {
        Server::start(Tigerpaw::new(estate, &Options::default()))
    });
}

#[test]
fn none_of_syncro() {
    let more = ["role = \"psa\"", "settings = { subdomain = \"larkfield\" }"];
    none_of("syncro", "syncro", more, &[("api_token", syncro::KEY)], |estate| {
        Server::start(Syncro::new(estate, &Options::default()))
    });
}
