//! A system that a user described in a file of their own.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::workspace::{HUB_CONFIGURATIONS, HUB_ORGANIZATIONS, Workspace};

const PIPELINE: &str = r#"method = "D"

[hub]
files = ["hub"]

[[source]]
name = "rmm"
system = "./systems/atera.toml"
files = ["rmm"]
"#;

const CUSTOMERS: &str = r#"{
  "items": [
    {"CustomerID": 7, "CustomerName": "Acme", "BusinessNumber": "", "City": "Lowther"},
    {"CustomerID": 8, "CustomerName": "Cedar", "BusinessNumber": "12", "City": null}
  ],
  "totalItemCount": 2, "page": 1, "itemsInPage": 500, "totalPages": 1, "prevLink": "", "nextLink": ""
}"#;

const AGENTS: &str = r#"{
  "items": [
    {"AgentID": 71, "CustomerID": 7, "CustomerName": "Acme", "AgentName": "RECEPTION", "MachineName": "ACM-PC-01",
     "SystemName": "ACM-PC-01", "OSType": "Work Station", "OS": "Microsoft Windows 11 Pro", "Vendor": "HP",
     "VendorSerialNumber": "5cg1234xyz", "VendorBrandModel": "EliteDesk 800", "Online": true,
     "MacAddresses": ["3C52820A1B2C", "3C52820A1B2D"], "IPAddresses": ["192.168.1.20"],
     "LastSeen": "2026-11-20T16:01:00Z", "WindowsSerialNumber": "geheim-00330"},
    {"AgentID": 72, "CustomerID": 7, "CustomerName": "Acme", "AgentName": null, "MachineName": "ACM-NB-02",
     "SystemName": null, "OSType": "Work Station", "OS": "macOS 15", "Vendor": "Apple", "VendorSerialNumber": "",
     "VendorBrandModel": null, "Online": false, "MacAddresses": [], "IPAddresses": []}
  ],
  "totalItemCount": 2, "page": 1, "itemsInPage": 500, "totalPages": 1, "prevLink": "", "nextLink": ""
}"#;

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/systems/atera.toml");
    fs::read_to_string(path).expect("it is part of the project")
}

fn workspace(system: &str) -> Workspace {
    Workspace::empty()
        .with("p.toml", PIPELINE)
        .with("systems/atera.toml", system)
        .with("hub/organizations.csv", HUB_ORGANIZATIONS)
        .with("hub/configurations.csv", HUB_CONFIGURATIONS)
        .with("rmm/customers_1.json", CUSTOMERS)
        .with("rmm/agents_1.json", AGENTS)
}

#[test]
fn the_example_reads_saved_documents() {
    let workspace = workspace(&example());
    let output = workspace.run(&["run", "p.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let sql = "SELECT record_id, name, hostname, type, serial_number, manufacturer, model, state, hub_id
               FROM latest_configurations WHERE source = 'rmm' ORDER BY record_id";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @"");
    let sql = "SELECT record_id, name, state, hub_id FROM latest_organizations WHERE source = 'rmm' ORDER BY record_id";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @"");
    let warehouse = fs::read(workspace.path("p.duckdb")).expect("a run writes it");
    assert!(!warehouse.windows(6).any(|part| part == b"geheim"), "a secret was kept");
}

#[test]
fn the_example_is_checked_without_a_pipeline() {
    let seen = workspace(&example()).seen(&["systems", "--file", "systems/atera.toml"]);
    assert_snapshot!(seen, @"");
}

#[test]
fn everything_that_is_wrong_with_a_description_is_said_with_its_line() {
    let wrong = example()
        .replace("name = \"my-atera\"", "name = \"datto-rmm\"")
        .replace("serial_number = ", "serialnumber = ")
        .replace("path = \"/agents\"", "path = \"/agents/{id}\"\nquery = { key = \"{api_key}\" }")
        .replace("name = \"customers\"\n", "name = \"clients\"\nfor_each = { of = [\"agents\"] }\n")
        .replace("https://app.atera.com", "http://app.atera.com")
        .replace("needs = [\"CustomerID\", \"BusinessNumber\"]\n", "");
    assert_snapshot!(workspace(&wrong).seen(&["check", "p.toml"]), @"");
    let member = example().replace("role = \"rmm\"", "role = \"rmm\"\ncolour = \"red\"");
    assert_snapshot!(workspace(&member).seen(&["run", "p.toml"]), @"");
    let broken = example().replace("title = \"Atera\"", "title = Atera");
    assert_snapshot!(workspace(&broken).seen(&["systems", "--file", "systems/atera.toml"]), @"");
    let hub = example().replace("role = \"rmm\"", "role = \"hub\"\ntwo_way = true");
    assert_snapshot!(workspace(&hub).seen(&["systems", "--file", "systems/atera.toml"]), @"");
}

#[test]
fn a_description_may_extend_a_system_of_the_program() {
    let own = "extends = \"datto-rmm\"\nname = \"my-datto\"\ntitle = \"Datto in our own spelling\"\n\
               [csv.organizations]\nfiles = [\"sites\"]\naliases = { record_id = [\"site id\"], name = [\"site\"] }\n";
    let seen = workspace(own).seen(&["systems", "--file", "systems/atera.toml"]);
    assert!(seen.starts_with("---- stdout\nDatto in our own spelling (my-datto, rmm)\n"), "{seen}");
    let none = own.replace("\"datto-rmm\"", "\"dato\"");
    let seen = workspace(&none).seen(&["systems", "--file", "systems/atera.toml"]);
    assert!(seen.contains("in line 1: it extends `dato`, which is no system of the program"), "{seen}");
}
