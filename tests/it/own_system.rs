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
     "MacAddresses": ["3C52820A1B2C", "3C52820A1B2D"], "IpAddresses": ["192.168.1.20"],
     "LastSeen": "2026-11-20T16:01:00Z", "WindowsSerialNumber": "geheim-00330"},
    {"AgentID": 72, "CustomerID": 7, "CustomerName": "Acme", "AgentName": null, "MachineName": "ACM-NB-02",
     "SystemName": null, "OSType": "Work Station", "OS": "macOS 15", "Vendor": "Apple", "VendorSerialNumber": "",
     "VendorBrandModel": null, "Online": false, "MacAddresses": [], "IpAddresses": []}
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
    let sql =
        "SELECT record_id, name, hostname, type, serial_number, manufacturer, model, last_seen_at, interfaces
               FROM latest_configurations WHERE source = 'rmm' ORDER BY record_id";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @r#"
    ---- stdout
    record_id,name,hostname,type,serial_number,manufacturer,model,last_seen_at,interfaces
    71,RECEPTION,ACM-PC-01,Work Station,5cg1234xyz,HP,EliteDesk 800,[TIME],"[{""mac_address"":""3C52820A1B2C""},{""mac_address"":""3C52820A1B2D""}]"
    72,ACM-NB-02,ACM-NB-02,Work Station,,Apple,,,
    ---- exit 0
    "#);
    let sql =
        "SELECT entity, record_id, state, hub_id, rule FROM latest_matches WHERE source = 'rmm' ORDER BY ALL";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @"
    ---- stdout
    entity,record_id,state,hub_id,rule
    configuration,71,matched,10,serial
    configuration,72,unmatched,,
    organization,7,matched,1,name
    organization,8,skipped,,
    ---- exit 0
    ");
    let warehouse = fs::read(workspace.path("p.duckdb")).expect("a run writes it");
    assert!(!warehouse.windows(6).any(|part| part == b"geheim"), "a secret was kept");
}

#[test]
fn the_example_is_checked_without_a_pipeline() {
    let seen = workspace(&example()).seen(&["systems", "--file", "systems/atera.toml"]);
    assert_snapshot!(seen, @"
    ---- stdout
    Atera (my-atera, rmm)

    reads
      organizations, configurations

    saved JSON documents, by name
      organizations: customers, customer
      configurations: agents, agent

    interface
      credential api_key: the API key (Admin, API)
      pace: 600 requests in [TIME], 2 at the same time
      reads customers, agents

    syncs
      the hub does not push to it
      the hub stores its ids as `atera`
    ---- exit 0
    ");
}

#[test]
fn a_list_of_changes_goes_on_by_links_and_has_records() {
    let changes =
        r#"changes = { path = "/agents/delta", link = "next", removed = "gone", record = "/agents/{key}" }"#;
    let text = example().replace("path = \"/agents\"\n", &format!("path = \"/agents\"\n{changes}\n"));
    let said = workspace(&text).seen(&["check", "p.toml"]);
    for what in [
        "the endpoint `agents`: nothing gives `{key}` in `/agents/{key}` a value",
        "`record` of the changes of the endpoint `agents` does not hold `{id}`",
        "the endpoint `agents` has `changes`, which go on by links, and its list does not",
    ] {
        assert!(said.contains(what), "{what}: {said}");
    }
    let paging = "paging = { kind = \"link\", member = \"nextLink\" }";
    let right = text.replace(changes, &format!("{changes}\n{paging}"));
    let right = right.replace("{key}", "{id}");
    let said = workspace(&right).seen(&["systems", "--file", "systems/atera.toml"]);
    assert!(said.trim_end().ends_with("---- exit 0"), "{said}");
}

#[test]
fn everything_that_is_wrong_with_a_description_is_said_with_its_line() {
    let wrong = example()
        .replace("name = \"my-atera\"", "name = \"datto-rmm\"")
        .replace("serial_number = ", "serialnumber = ")
        .replace("path = \"/agents\"", "path = \"/agents/{id}\"\nquery = { key = \"{api_key}\" }")
        .replace("name = \"customers\"\n", "name = \"clients\"\nfor_each = { of = [\"agents\"] }\n")
        .replace("https://app.atera.com", "http://app.atera.com")
        .replace("needs = [\"CustomerID\", \"BusinessNumber\"]\n", "")
        .replace("needs = [\"AgentID\", \"MachineName\"]\n", "");
    assert_snapshot!(workspace(&wrong).seen(&["check", "p.toml"]), @r#"
    ---- stderr
    error[P212]: the system `./systems/atera.toml` is wrong in line 20: its `name` is that of a system of the program, `datto-rmm`
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 34: the address `http://app.atera.com/api/v3` does not begin with `https://`
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 107: no JSON shape has `clients` among its `files`, so its answers cannot be read
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 107: the endpoint `clients` is asked per record of `agents`, which does not stand before it
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 107: the endpoint `clients` is asked per record, and does not say of which: `{id}`
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 119: the endpoint `agents`: nothing gives `{id}` in `/agents/{id}` a value
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 119: the endpoint `agents`: the credential `api_key` stands outside of `sign_in` and `headers`: `{api_key}`
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    error[P212]: the system `./systems/atera.toml` is wrong in line 152: configurations have no column `serialnumber`
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    8 errors in p.toml
    ---- exit 4
    "#);
    let member = example().replace("role = \"rmm\"", "role = \"rmm\"\ncolour = \"red\"");
    assert_snapshot!(workspace(&member).seen(&["run", "p.toml"]), @r#"
    ---- stderr
    error[P212]: the system `./systems/atera.toml` is wrong in line 23: unknown field `colour`, expected one of `name`, `extends`, `title`, `role`, `entities`, `roles`, `integration_types`, `carries_hub_ids`, `preset`, `resolves`, `two_way`, `syncs`, `secrets`, `open_objects`, `heading_marks`, `masks`, `push`, `lists`, `refuses`, `others`, `foreign_folders`, `list`, `failed`, `any_case`, `refused`, `license_holders`, `csv`, `directory`, `json`, `api`
     --> p.toml:8:10
      |
    8 | system = "./systems/atera.toml"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: `matchbook systems --file FILE` checks it

    1 error in p.toml
    ---- exit 4
    "#);
    let broken = example().replace("title = \"Atera\"", "title = Atera");
    assert_snapshot!(workspace(&broken).seen(&["systems", "--file", "systems/atera.toml"]), @"
    ---- stderr
    error: systems/atera.toml is wrong in line 21: string values must be quoted, expected literal string
    ---- exit 4
    ");
    let hub = example().replace("role = \"rmm\"", "role = \"hub\"\ntwo_way = true");
    assert_snapshot!(workspace(&hub).seen(&["systems", "--file", "systems/atera.toml"]), @"
    ---- stderr
    error: systems/atera.toml is wrong in line 22: its `role` cannot be `hub`: plans are written for IT Glue alone
           systems/atera.toml is wrong in line 23: it cannot have `two_way`: the hub pushes to the systems that it has integrations with
    ---- exit 4
    ");
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

#[test]
fn what_has_the_wrong_type_is_said_with_its_line_all_at_once() {
    let wrong = example()
        .replace("role = \"rmm\"", "role = \"rmn\"\ncolour = \"red\"")
        .replace("concurrency = 2", "concurrency = \"two\"")
        .replace("entities = [\"configuration\"]\n", "entities = [\"device\"]\n")
        .replace("kind = \"number\"", "kind = \"numbers\"");
    assert_snapshot!(workspace(&wrong).seen(&["systems", "--file", "systems/atera.toml"]), @r#"
    ---- stderr
    error: systems/atera.toml is wrong in line 22: no role is called `rmn`
           systems/atera.toml is wrong in line 23: unknown field `colour`, expected one of `name`, `extends`, `title`, `role`, `entities`, `roles`, `integration_types`, `carries_hub_ids`, `preset`, `resolves`, `two_way`, `syncs`, `secrets`, `open_objects`, `heading_marks`, `masks`, `push`, `lists`, `refuses`, `others`, `foreign_folders`, `list`, `failed`, `any_case`, `refused`, `license_holders`, `csv`, `directory`, `json`, `api`
           systems/atera.toml is wrong in line 71: invalid type: string "two", expected u64
           systems/atera.toml is wrong in line 80: unknown variant `numbers`, expected one of `none`, `number`, `link`, `link-header`, `last-id`, `rows`
           systems/atera.toml is wrong in line 120: no entity is called `device`
    ---- exit 4
    "#);
    let own = "extends = \"datto-rmm\"\nname = \"my-datto\"\n[api.pace]\nrequests = \"many\"\nspeed = 3\n\
               [csv.organizations]\nfiles = \"sites\"\n";
    assert_snapshot!(workspace(own).seen(&["systems", "--file", "systems/atera.toml"]), @r#"
    ---- stderr
    error: systems/atera.toml is wrong in line 4: invalid type: string "many", expected u64
           systems/atera.toml is wrong in line 5: unknown field `speed`, expected one of `requests`, `seconds`, `per_endpoint`, `concurrency`, `delays`, `refused`
           systems/atera.toml is wrong in line 7: invalid type: string "sites", expected a sequence
    ---- exit 4
    "#);
    let syntax = "name = my-atera\ntitle = \"Atera\nrole = \"rmm\"\n";
    assert_snapshot!(workspace(syntax).seen(&["systems", "--file", "systems/atera.toml"]), @r#"
    ---- stderr
    error: systems/atera.toml is wrong in line 1: string values must be quoted, expected literal string
           systems/atera.toml is wrong in line 2: invalid basic string, expected `"`
    ---- exit 4
    "#);
}
