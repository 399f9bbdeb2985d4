//! Bad input, one test each: what is said, where it is, and how the program ends. Nothing of it may panic.

use std::fs;
use std::io::Write as _;

use insta::assert_snapshot;

use crate::workspace::{HUB_CONFIGURATIONS, HUB_ORGANIZATIONS, PIPELINE, PSA_COMPANIES, Workspace, is_root};

/// What was noticed about the data of a run, as CSV.
fn findings(workspace: &Workspace) -> String {
    let sql = "SELECT source, entity, record_id, code, message FROM latest_data_quality ORDER BY ALL";
    workspace.seen(&["query", "p.toml", sql, "--csv"])
}

/// Allows any number of bad rows, so that the small estate survives one.
fn patient() -> String {
    format!("{PIPELINE}\n[limits]\nbad_rows_percent = 100\n")
}

/// The rows in quarantine of a run, as CSV.
fn quarantine(workspace: &Workspace) -> String {
    workspace.run(&["run", "p.toml"]);
    workspace.seen(&[
        "query",
        "p.toml",
        "SELECT source, file, line, reason FROM quarantine ORDER BY ALL",
        "--csv",
    ])
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("in memory");
        archive.write_all(content.as_bytes()).expect("in memory");
    }
    archive.finish().expect("in memory").into_inner()
}

#[test]
fn a_missing_pipeline() {
    assert_snapshot!(Workspace::empty().seen(&["run", "p.toml"]), @"
---- stderr
error[P001]: the pipeline cannot be read: no such file
--> p.toml
 = hint: `matchbook init FOLDER` writes a pipeline for a folder of exports

1 error in p.toml
---- exit 4
");
}

#[test]
fn a_missing_file() {
    let pipeline = PIPELINE.replace("[\"psa\"]", "[\"psa/gone.json\"]");
    assert_snapshot!(Workspace::new().with("p.toml", pipeline).seen(&["run", "p.toml"]), @"
---- stderr
error: the source `psa` cannot be read: `psa/gone.json`: it does not exist

hint: check the path, which starts at the pipeline's folder
---- exit 5
");
}

#[test]
fn a_missing_optional_source() {
    let workspace = Workspace::new().with("p.toml", format!("{PIPELINE}optional = true\n")).without("psa");
    let seen = workspace.seen(&["run", "p.toml"]);
    assert!(seen.contains("warning: the run goes on without an optional source"), "{seen}");
    assert!(seen.ends_with("---- exit 0"), "{seen}");
}

#[test]
fn an_empty_file() {
    assert_snapshot!(Workspace::new().with("psa/companies.json", "").seen(&["run", "p.toml"]), @"
---- stderr
error: the source `psa` cannot be read: `psa/companies.json`: the file is empty

hint: export it again, or take it out of the pipeline
---- exit 5
");
    assert_snapshot!(Workspace::new().with("hub/organizations.csv", "").seen(&["run", "p.toml"]), @"
---- stderr
error: the source `hub` cannot be read: `hub/organizations.csv`: the file is empty

hint: export it again, or take it out of the pipeline
---- exit 5
");
}

#[test]
fn a_heading_row_only() {
    let workspace = Workspace::new().with("hub/configurations.csv", "id,organization,name\n");
    let seen = workspace.seen(&["run", "p.toml", "--until", "extract"]);
    assert_snapshot!(seen, @"
---- stdout
  source  entity          read  quarantined  records
  hub     organizations      2            0        2
  hub     configurations     0            0        0
  psa     organizations      2            0        2
  psa     configurations     1            0        1
stopped after `extract` in [TIME]; nothing was written to the warehouse
---- stderr
warning: `hub/configurations.csv` was understood, and holds no row
---- exit 0
");
}

#[test]
fn a_file_of_another_system() {
    let workspace = Workspace::new().with("hub/companies.json", PSA_COMPANIES);
    assert_snapshot!(workspace.seen(&["run", "p.toml"]), @"
---- stderr
error: the source `hub` cannot be read: `hub/companies.json`: its elements (id, identifier, name, status, types) are none that IT Glue delivers

hint: it looks like a document of `connectwise`: give it a source of that system
---- exit 5
");
}

#[test]
fn duplicate_record_ids() {
    let rows = format!("{HUB_ORGANIZATIONS}1,Acme again,Client,Active\n");
    let workspace = Workspace::new().with("hub/organizations.csv", rows);
    assert_snapshot!(workspace.seen(&["run", "p.toml"]), @"
---- stderr
error: 1 of the 5 rows of `hub` is bad, more than the 5 % that are allowed
  hub/organizations.csv:4: duplicate_id: the id `1` stands in an earlier row

hint: correct the rows, or raise `bad_rows_percent` under `[limits]` in the pipeline
---- exit 6
");
    let workspace = workspace.with("p.toml", patient());
    assert_snapshot!(quarantine(&workspace), @"
---- stdout
source,file,line,reason
hub,hub/organizations.csv,4,duplicate_id: the id `1` stands in an earlier row
---- exit 0
");
}

#[test]
fn a_record_id_that_changes_type() {
    // A number and a text of the same digits are one id.
    let workspace = Workspace::new().with("p.toml", patient()).with(
        "psa/companies_2.json",
        PSA_COMPANIES.replace("100,", "\"100\",").replace("200,", "{\"a\": 1},"),
    );
    assert_snapshot!(quarantine(&workspace), @"
---- stdout
source,file,line,reason
psa,psa/companies_2.json,1,duplicate_id: the id `100` stands in an earlier row
psa,psa/companies_2.json,2,no_id: the element has no member `id`
---- exit 0
");
}

#[test]
fn a_cyclic_parent() {
    let companies = PSA_COMPANIES
        .replace("\"ACME\",", "\"ACME\", \"parentCompany\": {\"id\": 200, \"name\": \"Cedar\"},")
        .replace("\"CEDAR\",", "\"CEDAR\", \"parentCompany\": {\"id\": 100, \"name\": \"Acme\"},");
    let workspace = Workspace::new().with("psa/companies.json", companies);
    assert!(workspace.run(&["run", "p.toml"]).status.success());
    assert_snapshot!(findings(&workspace), @"
---- stdout
source,entity,record_id,code,message
psa,organization,100,parent_cycle,its parents lead back to it (psa/companies.json:1)
psa,organization,200,parent_cycle,its parents lead back to it (psa/companies.json:2)
---- exit 0
");
}

#[test]
fn an_organization_named_only_in_white_space() {
    let workspace = Workspace::new().with("psa/companies.json", PSA_COMPANIES.replace("Cedar", " \u{a0} "));
    assert!(workspace.run(&["run", "p.toml"]).status.success());
    assert_snapshot!(findings(&workspace), @"
---- stdout
source,entity,record_id,code,message
psa,organization,200,no_name,the organization has no name (psa/companies.json:2)
---- exit 0
");
}

#[test]
fn ten_megabytes_in_one_cell() {
    let huge = "x".repeat(10 << 20);
    let workspace = Workspace::new()
        .with("p.toml", patient())
        .with("hub/organizations.csv", format!("{HUB_ORGANIZATIONS}3,{huge},Client,Active\n"));
    assert_snapshot!(quarantine(&workspace), @"
---- stdout
source,file,line,reason
hub,hub/organizations.csv,4,cell_too_large: a cell is larger than 1 MiB
---- exit 0
");
    let workspace = Workspace::new().with("psa/companies.json", PSA_COMPANIES.replace("Cedar", &huge));
    assert!(workspace.run(&["run", "p.toml"]).status.success());
    assert_snapshot!(findings(&workspace), @"
---- stdout
source,entity,record_id,code,message
psa,organization,200,large_value,the value has 10485760 bytes (psa/companies.json:2)
---- exit 0
");
}

#[test]
fn nul_bytes() {
    let workspace = Workspace::new()
        .with("hub/organizations.csv", format!("{HUB_ORGANIZATIONS}3,Ce\0dar,Client,Active\n"));
    assert!(workspace.run(&["run", "p.toml"]).status.success());
    assert_snapshot!(findings(&workspace), @"
---- stdout
source,entity,record_id,code,message
hub,organization,3,nul_bytes,NUL bytes were dropped from the row
---- exit 0
");
}

#[test]
fn truncated_json() {
    let cut = &PSA_COMPANIES[..PSA_COMPANIES.len() / 2];
    assert_snapshot!(Workspace::new().with("psa/companies.json", cut).seen(&["run", "p.toml"]), @"
---- stderr
error: the source `psa` cannot be read: `psa/companies.json`: it is not valid JSON: EOF while parsing a value at line 3 column 0

hint: the document ends too early: save it again
---- exit 5
");
}

#[test]
fn a_truncated_zip() {
    let archive =
        zip(&[("organizations.csv", HUB_ORGANIZATIONS), ("configurations.csv", HUB_CONFIGURATIONS)]);
    let pipeline = PIPELINE.replace("[\"hub\"]", "[\"export.zip\"]");
    let whole = Workspace::new().with("p.toml", &pipeline).with("export.zip", &archive);
    assert!(whole.run(&["run", "p.toml"]).status.success());
    let cut = Workspace::new().with("p.toml", pipeline).with("export.zip", &archive[..archive.len() / 2]);
    assert_snapshot!(cut.seen(&["run", "p.toml"]), @"
---- stderr
error: the source `hub` cannot be read: `export.zip`: the archive is damaged: invalid Zip archive: Could not find EOCD

hint: export it again, or check that the copy is complete
---- exit 5
");
}

#[test]
fn a_zip_that_climbs_out_of_its_folder() {
    let archive = zip(&[("../../organizations.csv", HUB_ORGANIZATIONS)]);
    let pipeline = PIPELINE.replace("[\"hub\"]", "[\"export.zip\"]");
    let workspace = Workspace::new().with("p.toml", pipeline).with("export.zip", archive);
    assert_snapshot!(workspace.seen(&["run", "p.toml"]), @"
---- stderr
error: the source `hub` cannot be read: `export.zip`: the member `../../organizations.csv` climbs out of the archive

hint: do not use the archive: a vendor's export never holds such a member
---- exit 5
");
}

#[test]
fn invalid_utf8() {
    let mut rows = HUB_ORGANIZATIONS.as_bytes().to_vec();
    rows.extend_from_slice(b"3,Caf\xe9,Client,Active\n");
    let pipeline =
        patient().replacen("files = [\"hub\"]", "files = [\"hub\"]\nreading = { encoding = \"utf-8\" }", 1);
    let workspace = Workspace::new().with("p.toml", pipeline).with("hub/organizations.csv", rows);
    assert_snapshot!(quarantine(&workspace), @"
---- stdout
source,file,line,reason
hub,hub/organizations.csv,4,invalid_utf8: the row is not UTF-8
---- exit 0
");
}

#[test]
fn a_pipeline_with_five_errors() {
    let pipeline = "name = \"five\"
method = \"E\"

[hub]
system = \"it-glu\"
file = [\"hub\"]

[[source]]
name = \"psa\"
system = \"connectwise\"
files = [\"psa\"]
preset = \"fast\"
";
    assert_snapshot!(Workspace::new().with("p.toml", pipeline).seen(&["run", "p.toml"]), @r#"
---- stderr
error[P106]: unknown method `E`
 --> p.toml:2:10
  |
2 | method = "E"
  |          ^^^
  |
  = hint: did you mean `A`?

error[P103]: `files` is missing in `hub`
 --> p.toml:4:1
  |
4 | [hub]
  | ^^^^^

error[P201]: unknown system `it-glu`
 --> p.toml:5:10
  |
5 | system = "it-glu"
  |          ^^^^^^^^
  |
  = hint: did you mean `it-glue`?

error[P101]: unknown key `file`
 --> p.toml:6:1
  |
6 | file = ["hub"]
  | ^^^^ not a key of `hub`
  |
  = hint: did you mean `files`?

error[P106]: unknown preset `fast`
  --> p.toml:12:10
   |
12 | preset = "fast"
   |          ^^^^^^
   |
   = hint: it takes `default`, `itglue-rmm`, `itglue-psa`, `network-glue`

5 errors in p.toml
---- exit 4
"#);
}

#[test]
fn decisions_with_errors() {
    let rows = "entity,source,record_id,decision,hub_id,note,by,at\norg,psa,100,mach,,,,\n";
    assert_snapshot!(Workspace::new().with("p.decisions.csv", rows).seen(&["run", "p.toml"]), @"
---- stderr
error[D004]: unknown entity `org`
 --> ./p.decisions.csv:2:1
  |
2 | org,psa,100,mach,,,,
  | ^^^
  |
  = hint: it takes `organization`, `location`, `contact`, `configuration`, `ticket`, `license`, `group`

error[D007]: unknown decision `mach`
 --> ./p.decisions.csv:2:13
  |
2 | org,psa,100,mach,,,,
  |             ^^^^
  |
  = hint: did you mean `match`?

2 errors in ./p.decisions.csv
---- exit 4
");
}

#[test]
fn a_decision_for_a_record_that_is_gone() {
    let rows = "entity,source,record_id,decision,hub_id,note,by,at\norganization,psa,999,match,1,,,\n";
    let workspace = Workspace::new().with("p.decisions.csv", rows);
    let seen = workspace.seen(&["run", "p.toml", "--until", "match"]);
    assert_snapshot!(seen, @"
---- stdout
  source  entity          read  quarantined  matched  unmatched  review  ignored  skipped
  hub     organizations      2            0
  hub     configurations     2            0
  psa     organizations      2            0        1          1       0        0        0
  psa     configurations     1            0        1          0       0        0        0
1 finding about the data: `stale_decision` (1)
stopped after `match` in [TIME]; nothing was written to the warehouse
---- stderr
warning: line 2 of the decisions does nothing (stale_decision): match organization psa/999
---- exit 0
");
}

#[test]
fn a_warehouse_that_is_none() {
    let workspace = Workspace::new().with("p.duckdb", "this is no database");
    assert_snapshot!(workspace.seen(&["run", "p.toml"]), @"
---- stderr
error: `./p.duckdb` is not a DuckDB database

hint: give this pipeline another `warehouse`, or move the file away; it was not touched
---- exit 7
");
    assert_eq!(workspace.read("p.duckdb"), "this is no database");
    assert_snapshot!(Workspace::new().seen(&["query", "p.toml", "FROM runs"]), @"
---- stderr
error: there is no warehouse at `./p.duckdb`

hint: `matchbook run` makes it
---- exit 7
");
}

#[test]
fn a_second_process_on_the_same_warehouse() {
    let workspace = Workspace::new();
    let lock = fs::File::create(workspace.path("p.duckdb.lock")).expect("the folder is ours");
    lock.lock().expect("nobody else has it");
    assert_snapshot!(workspace.seen(&["run", "p.toml"]), @"
---- stderr
error: the warehouse `./p.duckdb` is in use by another run

hint: wait until that run has finished, or give this pipeline another `warehouse`
---- exit 7
");
    lock.unlock().expect("it is ours");
    assert!(workspace.run(&["run", "p.toml"]).status.success());
}

#[test]
fn a_read_only_folder() {
    let workspace = Workspace::new();
    if is_root(&workspace.path("as")) {
        // Root writes anywhere but below a file.
        let pipeline = format!("warehouse = \"p.toml/p.duckdb\"\n{PIPELINE}");
        let seen = workspace.with("p.toml", pipeline).seen(&["run", "p.toml"]);
        assert!(seen.contains("the warehouse `./p.toml/p.duckdb` cannot be written"), "{seen}");
        assert!(seen.ends_with("---- exit 7"), "{seen}");
        return;
    }
    let folder = workspace.path(".");
    let mut permissions = fs::metadata(&folder).expect("the folder is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&folder, permissions).expect("the folder is ours");
    let seen = workspace.seen(&["run", "p.toml"]);
    assert!(seen.contains("the warehouse `./p.duckdb` cannot be written"), "{seen}");
    assert!(seen.ends_with("---- exit 7"), "{seen}");
}

#[test]
fn wrong_usage() {
    assert_snapshot!(Workspace::empty().seen(&["run"]), @"
---- stderr
error: the following required arguments were not provided:
  <PIPELINE>

Usage: matchbook run <PIPELINE>

For more information, try '--help'.
---- exit 2
");
    assert_snapshot!(Workspace::empty().seen(&["rum", "p.toml"]), @"
---- stderr
error: unrecognized subcommand 'rum'

  tip: a similar subcommand exists: 'run'

Usage: matchbook [OPTIONS] <COMMAND>

For more information, try '--help'.
---- exit 2
");
    assert_snapshot!(Workspace::new().seen(&["run", "p.toml", "--until", "extract", "--organization", "Acme"]), @"
---- stderr
error: `--organization` needs matching, so it cannot stop before `match`
---- exit 2
");
}
