//! Tigerpaw: overlapping searches, locations made of addresses, and what is never read or written. Values are worked out
//! from the sample's documents.

use serde_json::{Value, json};

use crate::workspace::Workspace;

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn sample() -> Workspace {
    let text = std::fs::read_to_string(format!("{REPOSITORY}/pipelines/tigerpaw.toml"))
        .expect("the pipeline is part of the project")
        .replace("../samples", &format!("{REPOSITORY}/samples"));
    Workspace::empty().with("p.toml", text)
}

fn run(workspace: &Workspace) {
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rows(workspace: &Workspace, sql: &str) -> Vec<Vec<String>> {
    let output = workspace.run(&["query", "p.toml", sql, "--csv"]);
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let rows = reader.records().map(|row| row.expect("the program writes CSV"));
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}

#[test]
fn each_address_of_an_account_is_one_location() {
    let workspace = sample();
    run(&workspace);
    // Two contacts and the account itself are at Quay Street; the account has phone and fax, and one contact no postal
    // code. The inactive contact's address, the vendor's and the blank ones make none.
    assert_eq!(
        rows(
            &workspace,
            "SELECT organization_id, name, address_1, city, postal_code, phone, fax, \"primary\" FROM latest_locations \
             WHERE source = 'psa' ORDER BY 1, 2"
        ),
        [
            ["1051200", "2 Mill Yard", "2 Mill Yard", "Hollowell", "CT18 7QS", "", "", ""],
            [
                "1051200",
                "28 Quay Street",
                "28 Quay Street",
                "Hollowell",
                "CT18 9QS",
                "01632960108",
                "01632960198",
                "true"
            ],
            [
                "1051201",
                "34 Quay Street",
                "34 Quay Street",
                "Juniper Hill",
                "CT20 2QS",
                "01632960110",
                "",
                "true"
            ],
            ["1051203", "46 Quay Street", "46 Quay Street", "Quayside", "CT24 6QS", "", "", "true"],
            ["1051205", "6 Glass Lane", "6 Glass Lane", "Sandpiper", "CT62 1QS", "01632960930", "", "true"],
            ["1051206", "1 Kiln Yard", "1 Kiln Yard", "Tidewell", "CT60 1QS", "", "", "true"],
        ]
    );
    // A contact is at the location that its address makes, however it is spelled; without an address it is at none.
    assert_eq!(
        rows(
            &workspace,
            "SELECT c.record_id, coalesce(l.name, '') FROM latest_contacts AS c LEFT JOIN latest_locations AS l \
             ON l.source = c.source AND l.record_id = c.location_id WHERE c.source = 'psa' ORDER BY 1"
        ),
        [
            ["1051200-30011", "28 Quay Street"],
            ["1051200-30012", "28 Quay Street"],
            ["1051200-30013", ""],
            ["1051200-30014", "2 Mill Yard"],
            ["1051200-30015", ""],
            ["1051201-30011", ""],
            ["1051201-30016", "34 Quay Street"],
            ["1051205-30017", "6 Glass Lane"],
        ]
    );
}

#[test]
fn what_several_searches_found_is_one_row_unless_they_disagree() {
    let workspace = sample();
    run(&workspace);
    let read = "SELECT entity, rows_read, quarantined, records FROM latest_source_status WHERE source = 'psa' ORDER BY 1";
    // Seven accounts, three of them found again, and one found with another status; locations are no rows of a file
    // but what addresses make.
    assert_eq!(
        rows(&workspace, read),
        [
            ["contact", "8", "0", "8"],
            ["location", "6", "0", "6"],
            ["organization", "8", "1", "7"],
            ["ticket", "2", "0", "2"]
        ]
    );
    let bad = "SELECT file, reason FROM latest_quarantine WHERE source = 'psa'";
    let bad = rows(&workspace, bad);
    assert_eq!(bad.len(), 1);
    assert!(bad[0][0].ends_with("accounts_2.json") && bad[0][1].starts_with("duplicate_id"), "{bad:?}");
}

#[test]
fn the_answer_about_a_contact_adds_to_the_list() {
    let workspace = sample();
    run(&workspace);
    let contact = "SELECT emails, phones, phone_labels, organization, title FROM latest_contacts WHERE record_id = '1051200-30011'";
    assert_eq!(
        rows(&workspace, contact),
        [[
            r#"["nadia.strand@hollowellsolicitors.example","nadia@strand.example"]"#,
            r#"["01632960248","07700900248"]"#,
            r#"["Office","Mobile"]"#,
            "Hollowell Solicitors",
            "Office Manager"
        ]]
    );
    let ticket = "SELECT organization_id, contact_id, closed FROM latest_tickets WHERE source = 'psa' ORDER BY record_id";
    assert_eq!(
        rows(&workspace, ticket),
        [["1051200", "1051200-30011", "false"], ["1051201", "1051201-30016", "true"]]
    );
    // Internal comments do not leave Tigerpaw.
    let bytes = std::fs::read(workspace.path("tigerpaw.duckdb")).expect("the run wrote it");
    assert!(!bytes.windows(6).any(|window| window == b"CANARY"));
}

#[test]
fn nothing_is_written_to_it() {
    let workspace = sample();
    run(&workspace);
    let step = "SELECT status, method || ' ' || path, payload FROM latest_plan_steps WHERE step_id = 'psa:create:organization:hub/5008'";
    let found = rows(&workspace, step);
    assert_eq!((found[0][0].as_str(), found[0][1].as_str()), ("blocked", "POST /api/accounts"));
    let body: Value = serde_json::from_str(&found[0][2]).expect("a body is JSON");
    assert_eq!(
        body,
        json!({"Account": {"Name": "Fennwick Veterinary Clinic", "AccountType": "Client", "Status": "Active",
            "AccountId": "FVC", "Address1": "25 Quay Street", "City": "Fennwick", "State": "Norfolk",
            "Country": "United Kingdom", "PostalCode": "CT17 8QS"},
            "PrimaryPhoneNumber": {"Number": "01632960107"}})
    );
    let why =
        "SELECT code FROM latest_plan_reasons WHERE step_id = 'psa:create:organization:hub/5008' ORDER BY 1";
    assert_eq!(rows(&workspace, why), [["not_yet_pushed"], ["one_way"], ["two_way_unsupported"]]);
    let ready = "SELECT count(*) FROM latest_plan_steps WHERE target = 'psa' AND status = 'ready'";
    assert_eq!(rows(&workspace, ready), [["0"]]);
}

#[test]
fn an_answer_that_failed_is_an_error_with_its_message() {
    let workspace = sample().with(
        "psa/accounts.json",
        r#"{"Accounts":[],"PageSize":0,"NextRow":1,"TotalCount":0,"Success":false,"Message":"No rights for accounts"}"#,
    );
    let text = workspace.read("p.toml").replace(&format!("{REPOSITORY}/samples/tigerpaw"), "psa");
    workspace.write("p.toml", text);
    let output = workspace.run(&["run", "p.toml"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stderr).contains("No rights for accounts"));
}
