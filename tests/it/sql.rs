//! The views for people, on the estate of [`crate::warehouse`]: every answer is worked out by hand.

use matchbook::warehouse::RunStatus;

use crate::warehouse::{ESTATE, PIPELINE, Setup, completed};

/// Compares the rows of a query; a failure shows both in full.
fn expect(setup: &Setup, sql: &str, rows: &[&str]) {
    let got = setup.rows(sql);
    assert!(got == rows, "{sql}\nexpected:\n{}\n\ngot:\n{}\n", rows.join("\n"), got.join("\n"));
}

#[test]
fn site_matching_lists_the_sites_of_every_organization() {
    let setup = completed(PIPELINE, &format!("{ESTATE}\nhub organization 2 name=Lonely"));
    expect(
        &setup,
        "SELECT * FROM site_matching",
        &[
            "Acme | 1 | hub/1 | psa | Acme | 5 | matched | name | ",
            "Acme | 1 | hub/1 | rmm | Acme | s1 | matched | name | ",
            "Globex |  | psa/6 | psa | Globex | 6 | unmatched |  | ",
            "Lonely | 2 | hub/2 |  |  |  | hub_only |  | ",
        ],
    );
}

#[test]
fn unmatched_lists_what_matched_nothing() {
    let setup = completed(PIPELINE, ESTATE);
    expect(
        &setup,
        "SELECT entity, source, record_id, name, organization, cluster_id FROM unmatched",
        &[
            "configuration | psa | 59 | PC9 | Acme | psa/59",
            "contact | psa | 71 | Ann Lee | Acme | psa/71",
            "organization | psa | 6 | Globex | Globex | psa/6",
        ],
    );
}

#[test]
fn review_queue_lists_what_a_person_must_decide() {
    let setup = completed(PIPELINE, ESTATE);
    expect(
        &setup,
        "SELECT entity, source, record_id, name, organization, reason, sentence, rule, key_value, candidates[1]
         FROM review_queue",
        &[
            "configuration | rmm | d1 | PC2A | Acme | shared_key | it shares a key with a record, and the key does not identify it | serial | SN-TWO | hub/12",
            "configuration | rmm | d2 | PC2B | Acme | shared_key | it shares a key with a record, and the key does not identify it | serial | SN-TWO | hub/12",
        ],
    );
}

#[test]
fn review_queue_leaves_out_what_follows_its_organization() {
    // Two organizations of the PSA have one name, so both are in review, and their devices with them.
    let estate = format!("{ESTATE}\npsa organization 7 name=Acme");
    let setup = completed(PIPELINE, &estate);
    expect(
        &setup,
        "SELECT DISTINCT entity, source, record_id FROM review_queue WHERE source = 'psa' ORDER BY ALL",
        &["organization | psa | 5", "organization | psa | 7"],
    );
    expect(
        &setup,
        "SELECT state, reason FROM latest_matches WHERE source = 'psa' AND record_id = '59'",
        &["review | organization_in_review"],
    );
}

#[test]
fn device_coverage_says_which_systems_have_a_device() {
    let setup = completed(PIPELINE, ESTATE);
    expect(
        &setup,
        "SELECT * FROM device_coverage",
        &[
            r#"Acme | PC1 | hub/11 | 11 | true | ["hub","psa"] | ["rmm"] | 2 | false"#,
            r#"Acme | PC2 | hub/12 | 12 | true | ["hub"] | ["psa","rmm"] | 1 | false"#,
            r#"Acme | PC2A | rmm/d1 |  | false | ["rmm"] | ["hub","psa"] | 1 | true"#,
            r#"Acme | PC2B | rmm/d2 |  | false | ["rmm"] | ["hub","psa"] | 1 | true"#,
            r#"Acme | PC9 | psa/59 |  | false | ["psa"] | ["hub","rmm"] | 1 | false"#,
        ],
    );
}

#[test]
fn why_says_it_in_one_sentence() {
    let setup = completed(PIPELINE, ESTATE);
    expect(
        &setup,
        "SELECT source, record_id, split_part(sentence, '; candidates', 1) FROM why
         WHERE entity = 'configuration' ORDER BY ALL",
        &[
            "hub | 11 | a row of the hub",
            "hub | 12 | a row of the hub",
            "psa | 51 | matched with hub/11 by serial on SN-ONE, which hub/11 holds",
            "psa | 59 | unmatched, because no rule finds a counterpart",
            "rmm | d1 | in review, because it shares a key with a record, and the key does not identify it, by serial on SN-TWO, which hub/12 holds",
            "rmm | d2 | in review, because it shares a key with a record, and the key does not identify it, by serial on SN-TWO, which hub/12 holds",
        ],
    );
    expect(
        &setup,
        "SELECT count(*) FROM why WHERE state = 'review' AND sentence NOT LIKE '%; candidates: hub/12 (rejected: %'",
        &["0"],
    );
}

#[test]
fn steps_are_in_the_view_of_their_status() {
    let setup = completed(PIPELINE, ESTATE);
    for (view, status) in [("ready_to_push", "ready"), ("blocked", "blocked"), ("steps_in_review", "review")]
    {
        let sql = format!(
            "(SELECT step_id FROM {view} EXCEPT SELECT step_id FROM latest_plan_steps WHERE status = '{status}')
             UNION ALL
             (SELECT step_id FROM latest_plan_steps WHERE status = '{status}' EXCEPT SELECT step_id FROM {view})"
        );
        expect(&setup, &sql, &[]);
    }
    expect(
        &setup,
        "SELECT count(*) FROM blocked WHERE code IS NULL OR message IS NULL OR remedy IS NULL",
        &["0"],
    );
    expect(
        &setup,
        "SELECT target, entity, action, organization, name, target_record_id, method
         FROM ready_to_push WHERE entity = 'configuration' AND action = 'update'",
        &["hub | configuration | update | Acme | PC1 | 11 | PATCH"],
    );
}

#[test]
fn a_run_over_the_same_input_changes_nothing() {
    let setup = completed(PIPELINE, ESTATE);
    expect(&setup, "SELECT * FROM run_changes", &[]);
    setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
    expect(&setup, "SELECT * FROM run_changes", &[]);
    expect(&setup, "SELECT run_id FROM latest_runs", &["2"]);
}

#[test]
fn run_changes_lists_records_whose_state_changed() {
    let setup = completed(PIPELINE, ESTATE);
    // The RMM's second device is gone, so the serial number identifies the first; the PSA knows another one.
    let mut estate: Vec<&str> =
        ESTATE.lines().filter(|line| !line.contains("rmm configuration d2")).collect();
    estate.push("psa configuration 60 organization_id=5 name=PC10 serial_number=SN-TEN");
    setup.run(&estate.join("\n"), RunStatus::Held).expect("the run is written");
    expect(&setup, "SELECT * FROM run_changes", &[]);
    setup.run(&estate.join("\n"), RunStatus::Completed).expect("the run is written");
    expect(
        &setup,
        "SELECT * FROM run_changes ORDER BY source, record_id",
        &[
            "3 | 1 | configuration | psa | 60 | appeared |  |  | unmatched | it was not there in the previous run, and is unmatched",
            "3 | 1 | configuration | rmm | d1 | state |  | review | matched | it was review in the previous run, and is matched",
            "3 | 1 | configuration | rmm | d2 | disappeared |  | review |  | it was review in the previous run, and is not there any more",
        ],
    );
}

#[test]
fn run_changes_lists_fields_that_flip() {
    let setup = completed(PIPELINE, ESTATE);
    let swapped = ESTATE
        .replace("SN-ONE hostname=OLD1", "SN-ONE hostname=NEW")
        .replace("SN-ONE hostname=PC1", "SN-ONE hostname=OLD1")
        .replace("SN-ONE hostname=NEW", "SN-ONE hostname=PC1");
    setup.run(&swapped, RunStatus::Completed).expect("the run is written");
    expect(
        &setup,
        "SELECT * FROM run_changes",
        &[
            "2 | 1 | configuration | hub | 11 | flips | hostname | OLD1 | PC1 | the field goes back and forth between PC1 and OLD1",
        ],
    );
    setup.run(&swapped, RunStatus::Completed).expect("the run is written");
    expect(&setup, "SELECT * FROM run_changes", &[]);
}

#[test]
fn keys_identify_rows() {
    let setup = completed(PIPELINE, ESTATE);
    setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
    for (table, key) in [
        ("configurations", "run_id, source, record_id"),
        ("matches", "run_id, entity, source, record_id"),
        ("clusters", "run_id, entity, cluster_id"),
        ("candidates", "run_id, entity, source, record_id, rank"),
        ("diffs", "run_id, entity, cluster_id, target, field"),
        ("plan_steps", "run_id, step_id"),
    ] {
        expect(&setup, &format!("SELECT {key} FROM {table} GROUP BY ALL HAVING count(*) > 1"), &[]);
    }
}
