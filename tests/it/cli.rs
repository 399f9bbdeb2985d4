//! The command line as a user meets it: what every command prints where, and the exit codes.

use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;
use matchbook::cli::exit_code;

use crate::workspace::{PIPELINE, PSA_COMPANIES, Workspace};

#[test]
fn the_readme_lists_the_exit_codes() {
    let readme = include_str!("../../README.md");
    for (code, meaning) in exit_code::ALL {
        let line = format!("| {code} | {meaning} |");
        assert!(readme.contains(&line), "the README lacks the line\n{line}");
    }
}

#[test]
fn a_run_ends_with_a_summary() {
    assert_snapshot!(Workspace::new().seen(&["run", "p.toml"]), @r#"
---- stdout
  source  entity          read  quarantined  matched  unmatched  review  ignored  skipped
  hub     organizations      2            0
  hub     configurations     2            0
  psa     organizations      2            0        1          1       0        0        0
  psa     configurations     1            0        1          0       0        0        0
1 differing field in 1 record
7 plan steps: 4 ready, 3 blocked, 0 in review
  held by `parent_not_ready` (2), `missing_required` (1), `not_yet_pushed` (1) and 1 other reason
run 1 completed in [TIME], in ./p.duckdb
next, see why 3 steps are held: matchbook query p.toml "FROM blocked"
---- exit 0
"#);
}

#[test]
fn a_verbose_run_tells_of_files_and_stages() {
    let workspace = Workspace::new();
    let output = workspace.run(&["run", "p.toml", "--verbose", "--until", "plan"]);
    let mut lines: Vec<String> =
        workspace.redacted(&String::from_utf8_lossy(&output.stderr)).lines().map(str::to_owned).collect();
    // Files are read in parallel.
    lines.sort();
    assert_snapshot!(lines.join("\n"), @"
  hub: 2 rows from hub/configurations.csv
  hub: 2 rows from hub/organizations.csv
  psa: 1 row from psa/configurations.json
  psa: 2 rows from psa/companies.json
diff: 1 differing field in [TIME]
extract: 7 records in [TIME]
match: 5 clusters in [TIME]
normalize: 7 records in [TIME]
plan: 7 plan steps in [TIME]
");
}

#[test]
fn a_quiet_run_says_nothing() {
    assert_snapshot!(Workspace::new().seen(&["run", "p.toml", "--quiet"]), @"---- exit 0");
}

#[test]
fn a_second_run_over_the_same_input_reports_no_changes() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    workspace.run(&["run", "p.toml"]);
    assert_snapshot!(workspace.seen(&["query", "p.toml", "FROM run_changes", "--csv"]), @"
---- stdout
run_id,previous_run_id,entity,source,record_id,change,field,previous_value,current_value,message
---- exit 0
");
}

#[test]
fn json_lines_begin_with_a_version_and_end_with_a_summary() {
    let workspace = Workspace::new();
    let output = workspace.run(&["run", "p.toml", "--json", "--quiet"]);
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(kinds.len(), lines.len());
    assert_eq!((kinds[0], kinds[kinds.len() - 1]), ("version", "summary"));
    let stages: Vec<&str> = lines
        .iter()
        .filter(|line| line["type"] == "stage_finished")
        .filter_map(|line| line["stage"].as_str())
        .collect();
    assert_eq!(stages, ["extract", "normalize", "match", "diff", "plan", "warehouse"]);
    let summary = &lines[lines.len() - 1];
    assert_eq!(summary["status"], "completed");
    assert_eq!(summary["run_id"], 1);
    let psa = summary["sources"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["source"] == "psa" && row["entity"] == "organization")
        .expect("the PSA has organizations");
    assert_eq!((&psa["records"], &psa["matched"], &psa["unmatched"]), (&2.into(), &1.into(), &1.into()));
}

#[test]
fn a_failed_run_ends_its_json_lines_with_the_error() {
    let workspace = Workspace::new().without("psa");
    let output = workspace.run(&["run", "p.toml", "--json"]);
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let last: serde_json::Value =
        serde_json::from_str(text.lines().last().unwrap_or_default()).expect("every line is JSON");
    assert_eq!(last["level"], "error");
    assert_eq!(last["exit_code"], exit_code::UNREADABLE_SOURCE);
    assert_eq!(output.status.code(), Some(i32::from(exit_code::UNREADABLE_SOURCE)));
}

#[test]
fn differences_are_an_exit_code_only_when_asked_for() {
    let workspace = Workspace::new();
    assert_eq!(workspace.run(&["run", "p.toml"]).status.code(), Some(i32::from(exit_code::DONE)));
    let asked = workspace.run(&["run", "p.toml", "--exit-code"]).status.code();
    assert_eq!(asked, Some(i32::from(exit_code::DIFFERENCES)));
}

#[test]
fn a_run_that_stops_early_writes_nothing() {
    let workspace = Workspace::new();
    assert_snapshot!(workspace.seen(&["run", "p.toml", "--until", "extract"]), @"
---- stdout
  source  entity          read  quarantined  records
  hub     organizations      2            0        2
  hub     configurations     2            0        2
  psa     organizations      2            0        2
  psa     configurations     1            0        1
stopped after `extract` in [TIME]; nothing was written to the warehouse
---- exit 0
");
    assert!(!workspace.path("p.duckdb").exists());
}

#[test]
fn a_run_is_narrowed_to_an_organization() {
    let workspace = Workspace::new();
    assert_snapshot!(workspace.seen(&["run", "p.toml", "--organization", "acme"]), @"
---- stdout
  source  entity          read  quarantined  matched  unmatched  review  ignored  skipped
  hub     organizations      1            0
  hub     configurations     1            0
  psa     organizations      1            0        1          0       0        0        0
  psa     configurations     1            0        1          0       0        0        0
1 differing field in 1 record
1 plan step: 1 ready, 0 blocked, 0 in review
  record  field  says       should say  as of
  hub/10  name   ACM-PC-01  RECEPTION   psa/500
  step                             status  gates
  hub:update:configuration:hub/10  ready
narrowed to `Acme` in [TIME]; nothing was written to the warehouse
---- exit 0
");
    assert!(!workspace.path("p.duckdb").exists());
    assert_snapshot!(workspace.seen(&["run", "p.toml", "--organization", "Zeta"]), @"
---- stderr
error: no organization is called `Zeta`, and none has that id

hint: give its name as a system writes it, its id in the hub, or SOURCE/RECORD-ID
---- exit 2
");
}

#[test]
fn a_run_is_narrowed_to_a_source() {
    assert_snapshot!(Workspace::new().seen(&["run", "p.toml", "--source", "psa"]), @"
---- stdout
  source  entity          read  quarantined  matched  unmatched  review  ignored  skipped
  hub     organizations      2            0
  hub     configurations     2            0
  psa     organizations      2            0        1          1       0        0        0
  psa     configurations     1            0        1          0       0        0        0
1 differing field in 1 record
7 plan steps: 4 ready, 3 blocked, 0 in review
  held by `parent_not_ready` (2), `missing_required` (1), `not_yet_pushed` (1) and 1 other reason
narrowed to the hub and `psa` in [TIME]; nothing was written to the warehouse
---- exit 0
");
    assert_snapshot!(Workspace::new().seen(&["run", "p.toml", "--source", "rmm"]), @"
---- stderr
error: the pipeline has no source `rmm`; it has `hub`, `psa`
---- exit 2
");
}

#[test]
fn a_source_that_shrank_holds_the_run_until_it_is_confirmed() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    workspace.write("psa/companies.json", "[]");
    workspace.write("psa/configurations.json", "[]");
    assert_snapshot!(workspace.seen(&["run", "p.toml"]), @"
---- stdout
  source  entity          read  quarantined  matched  unmatched  review  ignored  skipped
  hub     organizations      2            0
  hub     configurations     2            0
  psa     organizations      0            0        0          0       0        0        0
  psa     configurations     0            0        0          0       0        0        0
0 differing fields in 0 records
4 plan steps: 0 ready, 4 blocked, 0 in review
  held by `missing_required` (2), `not_yet_pushed` (2), `one_way` (2) and 1 other reason
run 2 held in [TIME], in ./p.duckdb
next, if the records are really gone: matchbook run p.toml --confirm-shrink
---- stderr
warning: `psa/companies.json` was understood, and holds no row
warning: `psa/configurations.json` was understood, and holds no row
warning: `psa` has 0 records, 3 in the last completed run: that is an outage until confirmed (organizations 2 → 0, configurations 1 → 0)
hint: if the records are really gone, run again with `--confirm-shrink`
---- exit 3
");
    // The held run is no completed one, so the next is still compared with the first.
    assert_eq!(workspace.run(&["run", "p.toml"]).status.code(), Some(i32::from(exit_code::HELD)));
    let confirmed = workspace.run(&["run", "p.toml", "--confirm-shrink"]);
    assert_eq!(confirmed.status.code(), Some(i32::from(exit_code::DONE)));
    assert_eq!(workspace.run(&["run", "p.toml"]).status.code(), Some(i32::from(exit_code::DONE)));
    let status = workspace.run(&["query", "p.toml", "SELECT status FROM runs ORDER BY run_id", "--csv"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert_eq!(status, "status\ncompleted\nheld\nheld\ncompleted\ncompleted\n");
}

#[test]
fn too_many_creates_hold_the_run() {
    let limits = format!("{PIPELINE}\n[limits]\ncreates = 0\ncreates_percent = 0\n");
    assert_snapshot!(Workspace::new().with("p.toml", limits).seen(&["run", "p.toml"]), @r#"
---- stdout
  source  entity          read  quarantined  matched  unmatched  review  ignored  skipped
  hub     organizations      2            0
  hub     configurations     2            0
  psa     organizations      2            0        1          1       0        0        0
  psa     configurations     1            0        1          0       0        0        0
1 differing field in 1 record
5 plan steps: 1 ready, 4 blocked, 0 in review
  held by `parent_not_ready` (2), `limit_exceeded` (1), `missing_required` (1) and 2 other reasons
run 1 held in [TIME], in ./p.duckdb
next, see why 4 steps are held: matchbook query p.toml "FROM blocked"
---- stderr
warning: creates are held: 1 new organization in `hub` is more than the 0 allowed
hint: Check the sources; raise `limits.creates` or `limits.creates_percent` if it is meant.
---- exit 3
"#);
}

#[test]
fn check_reads_everything_and_runs_the_test_cases() {
    let tests = format!(
        "{PIPELINE}{}",
        r#"
[[test]]
name = "names must be equal"
records = [
    { source = "hub", entity = "organization", record_id = "1", name = "Acme" },
    { source = "psa", entity = "organization", record_id = "2", name = "ACME", status = "Active" },
]
expect = [{ entity = "organization", record = "psa/2", state = "matched", hub_id = "1", rule = "name" }]

[[test]]
name = "the PSA's status wins"
records = [
    { source = "hub", entity = "organization", record_id = "1", name = "Acme", status = "Active" },
    { source = "psa", entity = "organization", record_id = "2", name = "Acme", status = "Inactive" },
]
expect = [{ entity = "organization", record = "psa/2", state = "matched", desired = { status = "Inactive" } }]
"#
    );
    let workspace = Workspace::new().with("p.toml", tests);
    assert_snapshot!(workspace.seen(&["check", "p.toml"]), @"
---- stdout
  source  file                     read as                      rows  bad  understood
  hub     hub/configurations.csv   configurations (CSV UTF-8)      2    0  6 of 6
  hub     hub/organizations.csv    organizations (CSV UTF-8)       2    0  4 of 4
  psa     psa/companies.json       organizations (JSON UTF-8)      2    0  5 of 5
  psa     psa/configurations.json  configurations (JSON UTF-8)     1    0  7 of 7
test names must be equal: failed (p.toml:13)
  organization psa/2: state
    expected `matched`
    got      `unmatched`
  organization psa/2: hub_id
    expected `1`
    got      nothing
  organization psa/2: rule
    expected `name`
    got      nothing
test the PSA's status wins: ok
0 decisions read
---- stderr
error: 1 test case of the pipeline fails
---- exit 4
");
    assert!(!workspace.path("p.duckdb").exists());
}

#[test]
fn check_shows_every_kind_of_fault() {
    let workspace = Workspace::new()
        .with("hub/organizations.csv", "id,name,Zweck\n1,Acme,x\n1,Twice,y\n")
        .with("psa/companies.json", "")
        .with(
            "p.decisions.csv",
            "entity,source,record_id,decision,hub_id,note,by,at\norganization,psa,1,match,,,,\n",
        );
    assert_snapshot!(workspace.seen(&["check", "p.toml"]), @r#"
---- stdout
  source  file                     read as                      rows  bad  understood
  hub     hub/configurations.csv   configurations (CSV UTF-8)      2    0  6 of 6
  hub     hub/organizations.csv    organizations (CSV UTF-8)       2    0  2 of 3
  psa     psa/configurations.json  configurations (JSON UTF-8)     1    0  7 of 7
hub/organizations.csv: not understood and kept in `raw`: `Zweck`
---- stderr
warning: hub/organizations.csv:3: duplicate_id: the id `1` stands in an earlier row
  {"record_id":"1","name":"Twice","raw":"{\"Zweck\":\"y\"}"}
error[D008]: `match` takes a hub id
 --> ./p.decisions.csv:2:26
  |
2 | organization,psa,1,match,,,,
  |                          ^
  |
  = hint: the id of the hub's row, or SOURCE/RECORD-ID of a record where the hub has none

1 error in ./p.decisions.csv
error: the source `psa` cannot be read: `psa/companies.json`: the file is empty

hint: export it again, or take it out of the pipeline
error: 1 of the 4 rows of `hub` is bad, more than the 5 % that are allowed
  hub/organizations.csv:3: duplicate_id: the id `1` stands in an earlier row

hint: correct the rows, or raise `bad_rows_percent` under `[limits]` in the pipeline
---- exit 4
"#);
}

#[test]
fn init_writes_a_pipeline_that_runs() {
    let workspace = Workspace::new().without("p.toml").with("hub/passwords.csv", "id,password\n1,secret\n");
    assert_snapshot!(workspace.seen(&["init", "."]), @"
---- stderr
  file                     system           entity          rows
  hub/configurations.csv   IT Glue          configurations     2
  hub/organizations.csv    IT Glue          organizations      2
  hub/passwords.csv                                            0  not opened: it holds passwords in clear text
  psa/companies.json       ConnectWise PSA  organizations      2
  psa/configurations.json  ConnectWise PSA  configurations     1
wrote ./pipeline.toml
next: matchbook check ./pipeline.toml, then matchbook run ./pipeline.toml
---- exit 0
");
    assert_snapshot!(workspace.read("pipeline.toml").lines().skip(3).collect::<Vec<_>>().join("\n"), @r#"
method = "A"  # takes records from a PSA, and from no RMM

# Everything is compared with the hub.
[hub]
system = "it-glue"
files = [
    "hub",
]

# ConnectWise PSA
[[source]]
name = "psa"
system = "connectwise"
files = [
    "psa",
]
"#);
    assert_eq!(workspace.run(&["run", "pipeline.toml"]).status.code(), Some(i32::from(exit_code::DONE)));
    assert_snapshot!(workspace.seen(&["init", "."]), @"
---- stderr
error: `./pipeline.toml` is there already

hint: give another file with `--output`, or overwrite it with `--force`
---- exit 2
");
    assert_eq!(workspace.run(&["init", ".", "--force"]).status.code(), Some(i32::from(exit_code::DONE)));
}

#[test]
fn init_needs_an_export_of_the_hub() {
    assert_snapshot!(Workspace::new().without("hub").without("p.toml").seen(&["init", "."]), @"
---- stderr
  file                     system           entity          rows
  psa/companies.json       ConnectWise PSA  organizations      2
  psa/configurations.json  ConnectWise PSA  configurations     1
error: no export of IT Glue was recognised in `.`

hint: everything is compared with the hub, so its export must be there; `matchbook systems it-glue` says which files it has
---- exit 2
");
    assert_snapshot!(Workspace::empty().seen(&["init", "gone"]), @"
---- stderr
error: the folder `gone` cannot be read: it does not exist
---- exit 5
");
}

#[test]
fn explain_says_why_a_record_is_matched() {
    assert_snapshot!(Workspace::new().seen(&["explain", "p.toml", "psa/500"]), @r#"
---- stdout
configuration psa/500 "RECEPTION"
of Acme (hub/1)
read from psa/configurations.json:1

`psa/500` is matched with `hub/10` by `serial` (5CG1234XYZ), which identifies both

keys
  link
    → psa:500, held by nothing else
  serial: serial_number "5cg1234xyz"
    → 5CG1234XYZ, also held by hub/10
  hostname: name "RECEPTION"
    → RECEPTION, held by nothing else
  name: name "RECEPTION"
  type: type "Workstation"

tiers
  link: psa:500: nothing before this source holds it
  serial (decided): 5CG1234XYZ: identifies hub/10
  mac: not asked: an earlier tier decided
  hostname: not asked: an earlier tier decided

cluster
  hub/10 ACM-PC-01: hub
  psa/500 RECEPTION: matched by serial

fields
  name [psa, hub]: psa/500 says "RECEPTION", and the hub says "ACM-PC-01" (owner:psa)
    not "ACM-PC-01" of hub/10
  type [psa, hub]: psa/500 says "Workstation"
    also "Workstation" of hub/10
  status [psa, hub]: psa/500 says "Active"
    also "Active" of hub/10
  serial_number [psa, hub]: psa/500 says "5cg1234xyz"
    not "5CG1234XYZ" of hub/10

plan
  update in hub: ready (hub:update:configuration:hub/10)
---- exit 0
"#);
}

#[test]
fn explain_says_why_a_company_is_unmatched() {
    assert_snapshot!(Workspace::new().seen(&["explain", "p.toml", "psa/200"]), @r#"
---- stdout
organization psa/200 "Cedar"
read from psa/companies.json:2

`psa/200` is unmatched: nothing that was there before `psa` was folded in holds any of its keys, so it is new

keys
  link
    → psa:200, held by nothing else
  name: name "Cedar"
    → Cedar, held by nothing else

tiers
  link: psa:200: nothing before this source holds it
  name: Cedar: nothing before this source holds it

fields
  name [psa, hub]: psa/200 says "Cedar"
  type [psa, hub]: psa/200 says "Client"
  status [psa, hub]: psa/200 says "Active"
  short_name [psa, hub]: psa/200 says "CEDAR"

plan
  create in hub: ready (hub:create:organization:psa/200)
---- exit 0
"#);
}

#[test]
fn explain_says_why_a_hub_row_does_not_reach_the_psa() {
    assert_snapshot!(Workspace::new().seen(&["explain", "p.toml", "hub/2"]), @r#"
---- stdout
organization hub/2 "Birch"
read from hub/organizations.csv:3

`hub/2` is a row of the hub, so it founds a cluster that the sources can join

keys
  link
    → hub:2, held by nothing else
  name: name "Birch"
    → Birch, held by nothing else

fields
  name [psa, hub]: hub/2 says "Birch"
  type [psa, hub]: hub/2 says "Client"
  status [psa, hub]: hub/2 says "Active"

plan
  create in psa: blocked (psa:create:organization:hub/2)
    missing_required: ConnectWise PSA requires what is missing: short_name, address_1
      Fill the fields in their source.
    not_yet_pushed: `hub/2` was there before two-way sync with `psa`, and nothing says that it was edited since
      Edit and save the record in the hub, or adopt the PSA with `push_all`.
    one_way: two-way sync with `psa` is off
      Turn `two_way` on in the sync settings of the PSA.
---- exit 0
"#);
}

#[test]
fn explain_follows_decisions_and_duplicates() {
    let companies = PSA_COMPANIES.replace("Cedar", "Acme");
    let workspace = Workspace::new().with("psa/companies.json", companies).with(
        "p.decisions.csv",
        "entity,source,record_id,decision,hub_id,note,by,at\norganization,psa,200,never,1,,,\n",
    );
    assert_snapshot!(workspace.seen(&["explain", "p.toml", "psa/200"]), @r#"
---- stdout
organization psa/200 "Acme"
read from psa/companies.json:2

`psa/200` is in review at `name` (Acme): another record of this source has the same key

decisions
  line 2: never 1 → applied

keys
  link
    → psa:200, held by nothing else
  name: name "Acme"
    → Acme, also held by hub/1, psa/100

tiers
  link: psa:200: nothing before this source holds it
  name (decided): Acme: hub/1 holds it, and so does psa/100 of the same source

candidates
  1. psa/100 "Acme" rejected (1.00): another record of this source has the same key: Acme
  2. hub/1 "Acme" suggested (0.97): the names are equal: Acme

fields
  name [psa, hub]: psa/200 says "Acme"
  type [psa, hub]: psa/200 says "Client"
  status [psa, hub]: psa/200 says "Active"
  short_name [psa, hub]: psa/200 says "CEDAR"

plan
  create in hub: blocked (hub:create:organization:psa/200)
    in_review: `psa/200` is in review
      Decide what the record in review is.
    looks_known: it looks like `hub/1`: the names are equal: Acme
      Decide `match` if it is the same, `create` if it is new.
---- exit 0
"#);
}

#[test]
fn explain_asks_which_entity_is_meant() {
    let configurations = crate::workspace::PSA_CONFIGURATIONS.replace("\"id\": 500", "\"id\": 100");
    let workspace = Workspace::new().with("psa/configurations.json", configurations);
    assert_snapshot!(workspace.seen(&["explain", "p.toml", "psa/100"]), @"
---- stderr
error: `psa/100` is an organization and a configuration

hint: say which one with `--entity`
---- exit 2
");
    let json = workspace.run(&["explain", "p.toml", "psa/100", "--entity", "organizations", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("one JSON document");
    assert_eq!((&json["state"], &json["rule"]), (&"matched".into(), &"name".into()));
    assert_snapshot!(workspace.seen(&["explain", "p.toml", "psa/77"]), @"
---- stderr
error: no record is called `psa/77`

hint: a record is SOURCE/RECORD-ID, with the source's name in the pipeline and the id as the vendor writes it
---- exit 2
");
    assert_snapshot!(workspace.seen(&["explain", "p.toml", "psa/77", "--entity", "thing"]), @"
---- stderr
error: invalid value 'thing' for '--entity <ENTITY>': it takes one of organization, location, contact, configuration, ticket, license, group

For more information, try '--help'.
---- exit 2
");
}

#[test]
fn decide_adds_a_row_that_the_next_run_follows() {
    let workspace = Workspace::new();
    let decide = ["decide", "p.toml", "match", "psa/200", "2", "--note", "renamed, a while ago"];
    assert_snapshot!(workspace.seen(&decide), @"
---- stderr
added to ./p.decisions.csv: organization psa/200 match 2; it counts from the next run on
---- exit 0
");
    let file = workspace.redacted(&workspace.read("p.decisions.csv"));
    assert_snapshot!(file, @r#"
entity,source,record_id,decision,hub_id,note,by,at
organization,psa,200,match,2,"renamed, a while ago",tester,[TIME]
"#);
    let sql = "SELECT state, rule, hub_id FROM latest_matches WHERE source = 'psa' AND record_id = '200'";
    workspace.run(&["run", "p.toml"]);
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @"
---- stdout
state,rule,hub_id
matched,decision,2
---- exit 0
");
}

#[test]
fn decide_refuses_what_would_do_nothing() {
    let workspace = Workspace::new();
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "match", "psa/777", "1"]), @"
---- stderr
error: no record is called `psa/777`

hint: a record is SOURCE/RECORD-ID, with the source's name in the pipeline and the id as the vendor writes it
---- exit 2
");
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "match", "psa/200", "77"]), @"
---- stderr
error: the hub has no organization with the id `77`

hint: give the hub's id, or SOURCE/RECORD-ID of a record that the hub has no row of
---- exit 2
");
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "match", "psa/200"]), @"
---- stderr
error: the following required arguments were not provided:
  <HUB-ID>

Usage: matchbook decide <PIPELINE> <DECISION> <SOURCE/RECORD-ID> <HUB-ID>

For more information, try '--help'.
---- exit 2
");
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "ignore", "psa/200", "1"]), @"
---- stderr
error: `ignore` takes no hub id, and `1` is given
---- exit 2
");
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "ignore", "hub/1"]), @"
---- stderr
error: `hub/1` is a row of the hub, and those are not decided on

hint: name the record of the source first, and the hub's id after it
---- exit 2
");
    assert!(!workspace.path("p.decisions.csv").exists());
}

#[test]
fn suggestions_are_accepted_only_when_asked_to() {
    let companies = PSA_COMPANIES.replace("Cedar", "Birch, Inc.");
    let workspace = Workspace::new().with("psa/companies.json", companies);
    let accept = ["decide", "p.toml", "--accept-suggestions", "--min-score", "0.9"];
    assert_snapshot!(workspace.seen(&accept), @"
---- stdout
  entity        record   name         hub id  name there  score  because
  organization  psa/200  Birch, Inc.  2       Birch        0.90  the names are equal but for punctuation, legal suffixes and words such as Site: Birch
---- stderr
error: nothing was written: 1 decision would be added to ./p.decisions.csv

hint: there is no terminal to ask on; add `--yes` to write without asking
---- exit 2
");
    assert!(!workspace.path("p.decisions.csv").exists());
    assert_snapshot!(workspace.seen(&[&accept[..], &["--yes"]].concat()), @"
---- stdout
  entity        record   name         hub id  name there  score  because
  organization  psa/200  Birch, Inc.  2       Birch        0.90  the names are equal but for punctuation, legal suffixes and words such as Site: Birch
---- stderr
added 1 decision to ./p.decisions.csv; it counts from the next run on
---- exit 0
");
    assert_snapshot!(workspace.redacted(&workspace.read("p.decisions.csv")), @r#"
entity,source,record_id,decision,hub_id,note,by,at
organization,psa,200,match,2,"suggestion 0.90: the names are equal but for punctuation, legal suffixes and words such as Site: Birch",tester,[TIME]
"#);
    assert_snapshot!(workspace.seen(&accept), @"
---- stderr
no suggestion of score 0.9 or more is clear enough to be accepted
---- exit 0
");
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "--accept-suggestions"]), @"
---- stderr
error: the following required arguments were not provided:
  --min-score <SCORE>

Usage: matchbook decide --accept-suggestions --min-score <SCORE> <PIPELINE> [DECISION] [SOURCE/RECORD-ID] [HUB-ID]

For more information, try '--help'.
---- exit 2
");
    assert_snapshot!(workspace.seen(&["decide", "p.toml", "--accept-suggestions", "--min-score", "2"]), @"
---- stderr
error: invalid value '2' for '--min-score <SCORE>': it takes a number from 0 to 1

For more information, try '--help'.
---- exit 2
");
}

#[test]
fn query_answers_as_a_table_csv_and_json() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    let sql = "SELECT record_id, state, hub_id FROM latest_matches WHERE source = 'psa' ORDER BY ALL";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql]), @"
---- stdout
┌───────────┬───────────┬────────┐
│ record_id ┆ state     ┆ hub_id │
╞═══════════╪═══════════╪════════╡
│ 100       ┆ matched   ┆ 1      │
│ 200       ┆ unmatched ┆        │
│ 500       ┆ matched   ┆ 10     │
└───────────┴───────────┴────────┘
---- stderr
3 rows
---- exit 0
");
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @"
---- stdout
record_id,state,hub_id
100,matched,1
200,unmatched,
500,matched,10
---- exit 0
");
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--json"]), @r#"
---- stdout
{"record_id":"100","state":"matched","hub_id":"1"}
{"record_id":"200","state":"unmatched","hub_id":null}
{"record_id":"500","state":"matched","hub_id":"10"}
---- exit 0
"#);
    let listed = workspace.seen(&["query", "p.toml"]);
    for name in
        ["site_matching", "unmatched", "review_queue", "ready_to_push", "blocked", "why", "plan_steps"]
    {
        assert!(listed.contains(&format!("\n  {name} ")), "{listed}");
    }
}

#[test]
fn query_only_reads() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    for sql in ["DELETE FROM runs", "COPY runs TO 'x.csv'", "FROM 'p.toml'", "ATTACH 'x.duckdb'", "SELEC"] {
        let output = workspace.run(&["query", "p.toml", sql]);
        assert_eq!(output.status.code(), Some(i32::from(exit_code::WRONG_USAGE)), "{sql}");
    }
    assert!(!workspace.path("x.csv").exists());
}

#[test]
fn export_writes_every_table() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    assert_snapshot!(workspace.seen(&["export", "p.toml", "--csv", "out"]), @"
---- stdout
  table           rows  path
  runs               1  out/runs.csv
  source_status      4  out/source_status.csv
  organizations      4  out/organizations.csv
  locations          0  out/locations.csv
  contacts           0  out/contacts.csv
  configurations     3  out/configurations.csv
  tickets            0  out/tickets.csv
  licenses           0  out/licenses.csv
  groups             0  out/groups.csv
  matches            7  out/matches.csv
  candidates         0  out/candidates.csv
  clusters           5  out/clusters.csv
  diffs              1  out/diffs.csv
  conflicts          0  out/conflicts.csv
  plan_steps         7  out/plan_steps.csv
  plan_reasons       5  out/plan_reasons.csv
  data_quality       0  out/data_quality.csv
  quarantine         0  out/quarantine.csv
  decisions          0  out/decisions.csv
---- exit 0
");
    assert_snapshot!(workspace.seen(&["export", "p.toml", "--csv", "out"]), @"
---- stderr
error: the folder `out` is not empty

hint: export into a new folder; older files would be taken for a part of this export
---- exit 2
");
    assert_snapshot!(workspace.seen(&["export", "p.toml"]), @"
---- stderr
error: the following required arguments were not provided:
  <--parquet <DIR>|--csv <DIR>>

Usage: matchbook export <--parquet <DIR>|--csv <DIR>> <PIPELINE>

For more information, try '--help'.
---- exit 2
");
    let parquet = ["export", "p.toml", "--parquet", "lake", "--partition-by-organization"];
    assert_eq!(workspace.run(&parquet).status.code(), Some(i32::from(exit_code::DONE)));
    assert!(workspace.path("lake/configurations").is_dir());
}

#[test]
fn prune_keeps_the_newest_runs() {
    let workspace = Workspace::new();
    for _ in 0..3 {
        workspace.run(&["run", "p.toml"]);
    }
    assert_snapshot!(workspace.seen(&["prune", "p.toml", "--keep", "1"]), @"
---- stderr
removed runs 1 and 2; 1 run left
---- exit 0
");
    assert_snapshot!(workspace.seen(&["prune", "p.toml", "--keep", "1"]), @"
---- stderr
nothing to remove, the warehouse has 1 run
---- exit 0
");
    assert_snapshot!(workspace.seen(&["prune", "p.toml", "--keep", "0"]), @"
---- stderr
error: invalid value '0' for '--keep <N>': 0 is not in 1..=4294967295

For more information, try '--help'.
---- exit 2
");
}

#[test]
fn junk_and_systems_show_what_is_built_in() {
    let workspace =
        Workspace::new().with("p.toml", format!("{PIPELINE}\n[junk]\nserials = [\"LENT-OUT\"]\n"));
    let junk = |arguments: &[&str]| String::from_utf8_lossy(&workspace.run(arguments).stdout).into_owned();
    assert!(junk(&["junk"]).starts_with("serials\n  "));
    assert!(!junk(&["junk"]).contains("LENT-OUT"));
    assert!(junk(&["junk", "p.toml"]).contains("\n  LENT-OUT\n"));
    // One row per system, so that a new one changes no expectation.
    let shown = junk(&["systems"]);
    let rows: Vec<String> =
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in [
        "name system role reads hub pushes to it",
        "it-glue IT Glue hub organizations, locations, contacts, configurations, licenses, groups no",
        "connectwise ConnectWise PSA psa organizations, locations, contacts, configurations, tickets yes",
        "datto-rmm Datto RMM rmm organizations, configurations no",
        "syncro Syncro psa or rmm organizations, contacts, configurations, tickets no",
    ] {
        assert!(rows.iter().any(|shown| shown == row), "{row}: {shown}");
    }
    let unknown = workspace.seen(&["systems", "connectwize"]);
    assert!(unknown.starts_with("---- stderr\nerror: no system is called `connectwize`\n"), "{unknown}");
    assert!(unknown.contains("hint: there are `it-glue`, `connectwise`, "), "{unknown}");
    let described = junk(&["systems", "connectwise"]);
    for line in [
        "  organizations: name, short_name, address_1\n",
        "  contacts: first_name, last_name, title, type, emails, phones, location\n",
        "  type of a configuration: the type of an existing configuration changes through",
    ] {
        assert!(described.contains(line), "{line}: {described}");
    }
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Workspace::empty().run(&["completions", shell]);
        assert!(output.status.success() && !output.stdout.is_empty(), "{shell}");
    }
}

#[test]
fn help_begins_with_examples_and_groups_the_commands() {
    assert_snapshot!(Workspace::empty().seen(&["help"]), @r#"
---- stdout
Matches the records of a managed service provider across its systems, and says what each should say.

Examples:
  matchbook init ~/exports --output clients.toml
  matchbook run clients.toml
  matchbook query clients.toml "FROM unmatched"
  matchbook explain clients.toml psa/250

Usage: matchbook [OPTIONS] <COMMAND>

Start:
  init         Write a pipeline for a folder of exports
  check        Validate a pipeline, its decisions and its files, and run its test cases
  doctor       Sign in to every system, and say what stands in the way
  extract      Read the sources that have an interface into snapshots
  run          Read, match, compare and plan, and write the warehouse

Ask:
  query        Ask the warehouse in SQL; without SQL, list its tables and views
  explain      Say why a record ended as it did
  report       Write the integration report of the last run
  export       Write every table of the warehouse as Parquet or CSV

Decide:
  decide       Add a decision about a record, or accept suggestions

Look up:
  systems      Show what every system reads, syncs, requires and refuses
  junk         Show the values that identify nothing

Keep house:
  prune        Remove old runs from the warehouse
  snapshots    List the snapshots of sources, or remove old ones
  completions  Write the completions of a shell
  help         Print help, also for one command

Options:
  -q, --quiet
          Say nothing but errors and data

  -v, --verbose
          Say what every stage and every file came to

      --color <WHEN>
          When to use colour; `NO_COLOR` is respected

          Possible values:
          - auto:   On a terminal, unless `NO_COLOR` is set
          - always: Always
          - never:  Never
          
          [default: auto]

  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version
---- exit 0
"#);
    assert_snapshot!(Workspace::empty().seen(&["run", "-h"]), @"
---- stdout
Read, match, compare and plan, and write the warehouse

Usage: matchbook run [OPTIONS] <PIPELINE>

Arguments:
  <PIPELINE>  The pipeline file

Options:
      --fresh  Extract first: read the sources that have an interface into new snapshots
  -h, --help   Print help (see more with '--help')

Narrow:
      --until <STAGE>        Stop after this stage; the warehouse is only written by the last [possible values: extract, normalize, match, diff, plan, warehouse]
      --source <NAME>        Read the hub and this source only; the warehouse is not written
      --organization <NAME>  Report on this organization only, by name or SOURCE/RECORD-ID; the warehouse is not written

Safety:
      --confirm-shrink  Accept that a source has far fewer records than in the last run [alias: --yes]

Output:
      --json          Write events and the summary as JSON lines
      --timings       Print what every stage cost: time, processor time, and the most memory up to its end
      --exit-code     Exit with 1 when anything differs
  -q, --quiet         Say nothing but errors and data
  -v, --verbose       Say what every stage and every file came to
      --color <WHEN>  When to use colour; `NO_COLOR` is respected [default: auto] [possible values: auto, always, never]
---- exit 0
");
}

#[test]
fn a_closed_pipe_is_success() {
    let workspace = Workspace::new();
    let mut child = workspace
        .command(&["junk"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!((child.wait().expect("it ends").code(), said.as_str()), (Some(0), ""));
}

#[test]
fn colour_is_a_matter_of_the_terminal_and_of_no_color() {
    let workspace = Workspace::new();
    let coloured = |arguments: &[&str]| workspace.run(arguments).stdout.contains(&0x1b);
    assert!(!coloured(&["systems"]));
    assert!(coloured(&["systems", "--color", "always"]));
    assert!(!coloured(&["systems", "--color", "never"]));
}

#[test]
fn timings_have_a_line_for_every_stage() {
    let workspace = Workspace::new();
    let output = workspace.run(&["run", "p.toml", "--timings"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let table: Vec<Vec<&str>> = text.lines().take(7).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(table[0], ["stage", "made", "of", "time", "processor", "peak", "memory"]);
    let stages: Vec<&str> = table[1..].iter().map(|line| line[0]).collect();
    assert_eq!(stages, ["extract", "normalize", "match", "diff", "plan", "warehouse"]);
    // As many records are written as were read, and normalised.
    assert_eq!(table[1][1], table[2][1]);
    assert_eq!(table[1][1], table[6][1]);
    let json = workspace.run(&["run", "p.toml", "--timings", "--json"]);
    assert_eq!(json.status.code(), Some(i32::from(exit_code::WRONG_USAGE)));
}
