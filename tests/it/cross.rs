//! Several systems in one pipeline: what they make of the same clients, people and devices together.
//!
//! Every estate is a handful of records; the expectations are worked out by hand from the rules.

use crate::warehouse::{Setup, completed};

/// A pipeline of `sources`, each `NAME SYSTEM` and, behind a bar, further keys.
fn pipeline(method: &str, sources: &[&str]) -> String {
    let mut text = format!(
        "name = \"test\"\nmethod = \"{method}\"\nwarehouse = \"test.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n"
    );
    for source in sources {
        let (head, keys) = source.split_once(" | ").unwrap_or((source, ""));
        let (name, system) = head.split_once(' ').expect("NAME SYSTEM");
        text.push_str(&format!(
            "[[source]]\nname = \"{name}\"\nsystem = \"{system}\"\nfiles = [\"{name}\"]\n{keys}\n"
        ));
    }
    text
}

fn outcomes(setup: &Setup, entity: &str) -> Vec<String> {
    setup.rows(&format!(
        "SELECT source || '/' || record_id, state, coalesce(reason, rule, ''), cluster_id FROM matches \
         WHERE entity = '{entity}' AND state <> 'hub' ORDER BY source, record_id"
    ))
}

fn steps(setup: &Setup, target: &str, entity: &str) -> Vec<String> {
    setup.rows(&format!(
        "SELECT action, cluster_id, status, coalesce(string_agg(code, ' ' ORDER BY code), '') FROM plan_steps \
         LEFT JOIN plan_reasons USING (run_id, step_id) WHERE target = '{target}' AND entity = '{entity}' \
         GROUP BY ALL ORDER BY 2, 1"
    ))
}

/// One client in four systems. The PSA knows the laptop by its serial number, the RMM by serial number and MAC
/// address, the directory by its MAC address alone, so the directory's row reaches the hub's through the RMM's.
const FOUR: &str = "
    hub organization 1 name=Acme
    hub contact 21 organization_id=1 first_name=Ann last_name=Lee emails=ann@acme.example
    hub configuration 11 organization_id=1 name=LAPTOP type=Workstation serial_number=SN-ONE hostname=OLD-NAME
    psa organization p1 name=Acme
    psa contact p2 organization_id=p1 first_name=Ann last_name=Lee emails=ann@acme.example title=Owner
    psa configuration p3 organization_id=p1 name=LAPTOP type=Workstation serial_number=SN-ONE
    rmm organization r1 name=Acme
    rmm configuration r2 organization_id=r1 name=ACM-LT-01 type=Workstation serial_number=SN-ONE mac_address=3C5282000001 hostname=ACM-LT-01
    rmm configuration r3 organization_id=r1 name=ACM-PC-02 type=Workstation serial_number=SN-TWO mac_address=3C5282000002 hostname=ACM-PC-02
    dir organization d1 name=Acme
    dir contact d2 organization_id=d1 first_name=Ann-Marie last_name=Lee emails=amlee@acme.example,ann@acme.example title=Director phones=5550100
    dir contact d3 organization_id=d1 first_name=Bo last_name=Ek emails=bo@acme.example
    dir configuration d4 organization_id=d1 name=ACM-LT-01 mac_address=3C5282000001 operating_system=Windows_11 hostname=ACM-LT-01-AAD
    dir configuration d5 organization_id=d1 name=ACM-PC-02 mac_address=3C5282000002
    dir configuration d6 organization_id=d1 name=ACM-TAB-03 type=Tablet serial_number=SN-SIX
";

fn four(directory: &str) {
    let text = pipeline("B", &["psa connectwise", "rmm datto-rmm", &format!("dir {directory}")]);
    let setup = completed(&text, FOUR);
    assert_eq!(
        outcomes(&setup, "organization"),
        [
            "dir/d1 | matched | name | hub/1",
            "psa/p1 | matched | name | hub/1",
            "rmm/r1 | matched | name | hub/1"
        ]
    );
    assert_eq!(
        outcomes(&setup, "configuration"),
        [
            "dir/d4 | matched | mac | hub/11",
            "dir/d5 | matched | mac | rmm/r3",
            "dir/d6 | unmatched |  | dir/d6",
            "psa/p3 | matched | serial | hub/11",
            "rmm/r2 | matched | serial | hub/11",
            "rmm/r3 | unmatched |  | rmm/r3",
        ]
    );
    assert_eq!(
        outcomes(&setup, "contact"),
        [
            "dir/d2 | matched | email | hub/21",
            "dir/d3 | unmatched |  | dir/d3",
            "psa/p2 | matched | person+email | hub/21",
        ]
    );
    // The PSA says no host name, so the RMM does, before the directory. What only the directory knows comes from it.
    assert_eq!(
        setup.rows(
            "SELECT field, coalesce(current_value, ''), desired_value, supplied_by FROM diffs \
             WHERE target = 'hub' AND entity = 'configuration' ORDER BY field"
        ),
        [
            "hostname | OLD-NAME | ACM-LT-01 | rmm",
            "mac_address |  | 3C5282000001 | rmm",
            "operating_system |  | Windows 11 | dir",
        ]
    );
    // The PSA owns names and titles; the directory fills the telephone number and adds an address.
    assert_eq!(
        setup.rows(
            "SELECT field, desired_value, supplied_by FROM diffs WHERE target = 'hub' AND entity = 'contact' \
             ORDER BY field"
        ),
        ["phones | 5550100 | dir", "title | Owner | psa"]
    );
    // Only what the PSA has is created from the RMM; a directory is no RMM.
    assert_eq!(
        steps(&setup, "hub", "configuration"),
        [
            "create | dir/d6 | ready | ",
            "update | hub/11 | ready | ",
            "create | rmm/r3 | blocked | method_forbids_create",
        ]
    );
    assert_eq!(steps(&setup, "hub", "contact"), ["create | dir/d3 | ready | ", "update | hub/21 | ready | "]);
}

#[test]
fn connectwise_with_datto_and_active_directory() {
    four("active-directory");
}

/// How the one contact of a source ends: its state and what decided.
fn contact(source: &str, cells: &str) -> String {
    let name = source.split(' ').next().unwrap_or_default();
    let estate = format!(
        "
        hub organization 1 name=Acme
        hub contact 21 organization_id=1 first_name=Ann last_name=Lee emails=ann@acme.example
        hub contact 22 organization_id=1 first_name=Bob last_name=Ray
        hub contact 23 organization_id=1 first_name=Cy last_name=Dunn emails=cy@acme.example
        {name} organization o1 name=Acme
        {name} contact c1 organization_id=o1 {cells}
    "
    );
    let method = if matches!(name, "rmm") { "D" } else { "A" };
    let other = if method == "D" { "other csv | role = \"sheet\"" } else { "other connectwise" };
    let mut sources = vec![source];
    if name != "psa" && name != "rmm" {
        sources.push(other);
    }
    let setup = completed(&pipeline(method, &sources), &estate);
    let rows = setup.rows(
        "SELECT state, coalesce(reason, rule, ''), coalesce(hub_id, '') FROM matches \
         WHERE entity = 'contact' AND record_id = 'c1'",
    );
    rows[0].trim_end_matches(" | ").replace(" | ", " ")
}

/// One person as every system may have her, and what each makes of her.
#[test]
fn systems_look_for_a_person_in_three_orders() {
    const PSA: &str = "psa connectwise";
    const RMM: &str = "rmm datto-rmm";
    const SHEET: &str = "sheet csv";
    const AD: &str = "dir active-directory";
    let cases: &[(&str, &[(&str, &str)])] = &[
        // Name and address agree: everybody finds her, each by the first of its tiers.
        (
            "first_name=Ann last_name=Lee emails=ann@acme.example",
            &[
                (PSA, "matched person+email 21"),
                (RMM, "matched person+email 21"),
                (SHEET, "matched person+email 21"),
                (AD, "matched email 21"),
            ],
        ),
        // The address agrees, the name does not: directories know who owns an address, the others ask.
        (
            "first_name=Anna last_name=Lee emails=ann@acme.example",
            &[
                (PSA, "review shared_key"),
                (RMM, "review shared_key"),
                (SHEET, "review shared_key"),
                (AD, "matched email 21"),
            ],
        ),
        // Any alias counts as the address.
        (
            "first_name=Ann last_name=Lee-Moss emails=ann.lee-moss@acme.example,ANN@acme.example",
            &[(PSA, "review shared_key"), (AD, "matched email 21")],
        ),
        // The hub has no address of him: the name decides, but not for an account with an address of its own.
        (
            "first_name=Bob last_name=Ray emails=bob@acme.example",
            &[
                (PSA, "matched person 22"),
                (RMM, "matched person 22"),
                (SHEET, "matched person 22"),
                (AD, "review shared_key"),
            ],
        ),
        // Without an address the name is all there is.
        ("first_name=Bob last_name=Ray", &[(PSA, "matched person 22"), (AD, "matched person 22")]),
        // The sign-in name is an address of the hub's row: that counts for Microsoft 365 alone.
        (
            "first_name=Cyrus last_name=Dunn user_principal_name=cy@acme.example",
            &[(PSA, "unmatched"), (AD, "unmatched")],
        ),
        // An address comes before the name: hers is that of another person's row.
        (
            "first_name=Ann last_name=Lee emails=cy@acme.example",
            &[(PSA, "matched person 21"), (AD, "matched email 23")],
        ),
    ];
    let mut wrong = Vec::new();
    for (cells, expectations) in cases {
        for (source, expected) in *expectations {
            let got = contact(source, cells);
            if got != *expected {
                wrong.push(format!("{source}: {cells}\n  expected {expected}\n  got      {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
