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

#[test]
fn connectwise_with_datto_and_microsoft_365() {
    four("microsoft-365");
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
    const GLUE: &str = "scan network-glue";
    const M365: &str = "dir microsoft-365";
    let cases: &[(&str, &[(&str, &str)])] = &[
        // Name and address agree: everybody finds her, each by the first of its tiers.
        (
            "first_name=Ann last_name=Lee emails=ann@acme.example",
            &[
                (PSA, "matched person+email 21"),
                (RMM, "matched person+email 21"),
                (SHEET, "matched person+email 21"),
                (AD, "matched email 21"),
                (GLUE, "matched email 21"),
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
                (GLUE, "matched email 21"),
                (M365, "matched email 21"),
            ],
        ),
        // Any alias counts as the address.
        (
            "first_name=Ann last_name=Lee-Moss emails=ann.lee-moss@acme.example,ANN@acme.example",
            &[(PSA, "review shared_key"), (AD, "matched email 21"), (M365, "matched email 21")],
        ),
        // The hub has no address of him: the name decides, but not for an account with an address of its own.
        (
            "first_name=Bob last_name=Ray emails=bob@acme.example",
            &[
                (PSA, "matched person 22"),
                (RMM, "matched person 22"),
                (SHEET, "matched person 22"),
                (AD, "review shared_key"),
                (GLUE, "review shared_key"),
                (M365, "matched person 22"),
            ],
        ),
        // Without an address the name is all there is.
        (
            "first_name=Bob last_name=Ray",
            &[(PSA, "matched person 22"), (AD, "matched person 22"), (GLUE, "matched person 22")],
        ),
        // The sign-in name is an address of the hub's row: that counts for Microsoft 365 alone.
        (
            "first_name=Cyrus last_name=Dunn user_principal_name=cy@acme.example",
            &[(PSA, "unmatched"), (AD, "unmatched"), (M365, "matched upn 23")],
        ),
        // An address comes before the name: hers is that of another person's row.
        (
            "first_name=Ann last_name=Lee emails=cy@acme.example",
            &[(PSA, "matched person 21"), (AD, "matched email 23"), (M365, "matched email 23")],
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

/// The sites of an RMM carry the company's id in the PSA, as Datto's do that are linked to Autotask.
#[test]
fn linked_sites_are_one_client_whatever_they_are_called() {
    let setup = completed(
        &pipeline("B", &["psa autotask", "rmm datto-rmm"]),
        "
        hub organization 1 name=Acme links=psa:501
        hub organization 2 name=Birch
        hub configuration 11 organization_id=1 name=PC1 serial_number=SN-ONE
        hub configuration 12 organization_id=1 name=PC2 serial_number=SN-TWO
        psa organization 501 name=Acme_Ltd
        psa organization 502 name=Birch
        psa configuration 51 organization_id=501 name=PC1 serial_number=SN-ONE
        rmm organization r1 name=Acme_-_North links=psa:501
        rmm organization r2 name=Birch links=psa:501
        rmm organization r3 name=Birch_Head_Office links=psa:502
        rmm organization r4 name=Acme
        rmm configuration r11 organization_id=r1 name=PC1 serial_number=SN-ONE
        rmm configuration r12 organization_id=r2 name=PC2 serial_number=SN-TWO
        rmm configuration r13 organization_id=r3 name=PC3 serial_number=SN-TEN
        rmm configuration r14 organization_id=r4 name=PC4 serial_number=SN-SIX
    ",
    );
    assert_eq!(
        outcomes(&setup, "organization"),
        [
            "psa/501 | matched | link | hub/1",
            "psa/502 | matched | name | hub/2",
            // The site goes where its link leads, whosever name it has.
            "rmm/r1 | matched | link | hub/1",
            "rmm/r2 | matched | link | hub/1",
            "rmm/r3 | matched | link | hub/2",
            // A site that is not linked is found by its name, though linked sites are there already.
            "rmm/r4 | matched | name | hub/1",
        ]
    );
    assert_eq!(
        outcomes(&setup, "configuration"),
        [
            "psa/51 | matched | serial | hub/11",
            "rmm/r11 | matched | serial | hub/11",
            "rmm/r12 | matched | serial | hub/12",
            "rmm/r13 | unmatched |  | rmm/r13",
            "rmm/r14 | unmatched |  | rmm/r14",
        ]
    );
}

/// Tigerpaw has no configurations: with method B nothing could ever create one, with method C the RMM does.
#[test]
fn tigerpaw_with_an_rmm() {
    const ESTATE: &str = "
        hub organization 1 name=Acme
        hub organization 2 name=Hub_Alone type=Client status=Active
        hub contact 21 organization_id=1 first_name=Ann last_name=Lee
        hub configuration 11 organization_id=1 name=PC1 type=Workstation serial_number=SN-ONE
        psa organization p1 name=Acme
        psa contact p2 organization_id=p1 first_name=Ann last_name=Lee title=Owner
        psa contact p3 organization_id=p1 first_name=Bo last_name=Ek
        rmm organization r1 name=Acme
        rmm configuration r2 organization_id=r1 name=PC1 type=Workstation serial_number=SN-ONE hostname=PC1-NEW
        rmm configuration r3 organization_id=r1 name=PC3 type=Workstation serial_number=SN-THREE
    ";
    for (method, gates) in [("B", "blocked | method_forbids_create"), ("C", "ready | ")] {
        let setup = completed(&pipeline(method, &["psa tigerpaw", "rmm datto-rmm"]), ESTATE);
        assert_eq!(
            steps(&setup, "hub", "configuration"),
            ["update | hub/11 | ready | ".to_owned(), format!("create | rmm/r3 | {gates}")],
            "method {method}"
        );
        // Its people flow to the hub, and nothing flows back.
        assert_eq!(
            steps(&setup, "hub", "contact"),
            ["update | hub/21 | ready | ", "create | psa/p3 | ready | "]
        );
        assert_eq!(
            steps(&setup, "psa", "organization"),
            ["create | hub/2 | blocked | not_yet_pushed one_way two_way_unsupported"]
        );
        assert_eq!(setup.rows("SELECT count(*) FROM plan_steps WHERE target = 'psa'"), ["1"]);
    }
}

/// Whether the hub pushes the new contacts of a pipeline on to the PSA: those of the directory, and the PSA's own.
fn pushed_on(psa: &str) -> Vec<String> {
    let text = pipeline("A", &[psa, "dir active-directory"]);
    let setup = completed(
        &text,
        "
        hub organization 1 name=Acme
        hub contact 21 organization_id=1 first_name=Ann last_name=Lee emails=ann@acme.example
        psa organization p1 name=Acme
        psa contact p2 organization_id=p1 first_name=Ann last_name=Lee emails=ann@acme.example
        psa contact p3 organization_id=p1 first_name=Bo last_name=Ek emails=bo@acme.example
        dir organization d1 name=Acme
        dir contact d2 organization_id=d1 first_name=Cy last_name=Dunn emails=cy@acme.example
        dir contact d3 organization_id=d1 first_name=Bo last_name=Ek emails=bo@acme.example
    ",
    );
    setup.rows(
        "SELECT cluster_id, pushed_on_by_hub FROM plan_steps WHERE target = 'hub' AND entity = 'contact' \
         AND action = 'create' ORDER BY cluster_id",
    )
}

#[test]
fn a_new_contact_says_whether_the_hub_pushes_it_on_to_the_psa() {
    let marked = ["dir/d2 | true", "psa/p3 | false"];
    let unmarked = ["dir/d2 | false", "psa/p3 | false"];
    for system in ["connectwise", "autotask", "kaseya-bms", "vorex", "pulseway"] {
        assert_eq!(pushed_on(&format!("psa {system} | sync = {{ two_way = true }}")), marked, "{system}");
        assert_eq!(pushed_on(&format!("psa {system}")), unmarked, "{system}, one way");
        let without = format!("psa {system} | sync = {{ two_way = true, contacts = false }}");
        assert_eq!(pushed_on(&without), unmarked, "{system}, without contacts");
    }
    for one_way in ["psa tigerpaw", "psa syncro | role = \"psa\""] {
        assert_eq!(pushed_on(one_way), unmarked, "{one_way}");
    }
}

/// Contacts of the hub that Kaseya BMS lacks: what it requires of them, named.
#[test]
fn kaseya_bms_takes_only_whole_contacts() {
    const ESTATE: &str = "
        hub organization 1 name=Acme
        hub location 5 organization_id=1 name=Main address_1=1_Quay city=Leith
        hub contact 21 organization_id=1 first_name=Ann last_name=Lee emails=ann@acme.example phones=5550100 location_id=5
        hub contact 22 organization_id=1 first_name=Bo last_name=Ek emails=bo@acme.example
        hub contact 23 organization_id=1 last_name=Dunn phones=5550101 location_id=5
        psa organization p1 name=Acme
        psa location p5 organization_id=p1 name=Main address_1=1_Quay city=Leith
        psa contact p9 organization_id=p1 first_name=Zoe last_name=Zed emails=zoe@acme.example
    ";
    let missing = |keys: &str| {
        let text = pipeline("A", &[&format!("psa kaseya-bms | sync = {{ two_way = true{keys} }}")]);
        completed(&text, ESTATE).rows(
            "SELECT cluster_id, message FROM plan_steps JOIN plan_reasons USING (run_id, step_id) \
             WHERE target = 'psa' AND entity = 'contact' AND code = 'missing_required' ORDER BY 1",
        )
    };
    // Types go by their ids, and no list of them was read.
    let emails = "emails (nothing says which id the e-mail type `Work` has)";
    let phones = "phones (nothing says which id the phone type `Work` has)";
    let requires = "Kaseya BMS requires what is missing:";
    assert_eq!(
        missing(", contact_email_type = \"Work\""),
        [
            format!("hub/21 | {requires} {emails}, {phones}"),
            format!("hub/22 | {requires} phones, location, {emails}"),
            format!("hub/23 | {requires} first_name, emails, {phones}"),
        ]
    );
    assert_eq!(
        missing(""),
        [
            format!("hub/21 | {requires} email_labels, {emails}, {phones}"),
            format!("hub/22 | {requires} email_labels, phones, location, {emails}"),
            format!("hub/23 | {requires} first_name, emails, email_labels, {phones}"),
        ]
    );
}

/// A pipeline chooses which attributes of contacts it takes, and from whom.
#[test]
fn the_attributes_of_contacts_are_chosen_in_the_pipeline() {
    const ESTATE: &str = "
        hub organization 1 name=Acme
        hub contact 21 organization_id=1 first_name=Ann last_name=Lee emails=ann@acme.example title=Clerk
        psa organization p1 name=Acme
        psa contact p2 organization_id=p1 first_name=Ann last_name=Lee emails=ann@acme.example title=Owner
        dir organization d1 name=Acme
        dir contact d2 organization_id=d1 first_name=Ann last_name=Lee emails=ann@acme.example title=Director phones=5550100
    ";
    let differing = |more: &str| {
        let text = pipeline("A", &["psa connectwise", "dir active-directory"]) + more;
        completed(&text, ESTATE).rows(
            "SELECT field, desired_value, supplied_by FROM diffs WHERE target = 'hub' AND entity = 'contact' \
             ORDER BY field",
        )
    };
    assert_eq!(differing(""), ["phones | 5550100 | dir", "title | Owner | psa"]);
    assert_eq!(
        differing("[ownership.contact]\ntitle = [\"directory\", \"hub\"]\nphones = [\"hub\"]\n"),
        ["title | Director | dir"]
    );
    assert_eq!(
        differing("[ownership.contact]\ntitle = [\"hub\"]\nphones = [\"psa\", \"hub\"]\n"),
        [] as [&str; 0]
    );
}

/// A pipeline chooses the types that the addresses and numbers of new contacts get in the PSA, where the hub's labels are
/// its own.
#[test]
fn the_types_of_addresses_and_numbers_are_chosen_in_the_pipeline() {
    let body = |keys: &str| {
        let text = pipeline("A", &[&format!("psa connectwise | sync = {{ two_way = true{keys} }}")]);
        completed(
            &text,
            "
            hub organization 1 name=Acme
            hub contact 21 organization_id=1 first_name=Ann last_name=Lee emails=ann@acme.example phones=5550100
            psa organization p1 name=Acme
            psa contact p9 organization_id=p1 first_name=Zoe last_name=Zed
        ",
        )
        .rows(
            "SELECT regexp_extract_all(payload, 'communication_type:([a-z]+)', 1) FROM plan_steps WHERE target = 'psa' AND entity = 'contact' \
             AND cluster_id = 'hub/21'",
        )
    };
    let chosen = |email: &str, phone: &str| {
        body(&format!(", contact_email_type = \"{email}\", contact_phone_type = \"{phone}\""))
    };
    assert_eq!(chosen("Email", "Direct"), [r#"["email","direct"]"#]);
    assert_eq!(chosen("Home", "Mobile"), [r#"["home","mobile"]"#]);
}

/// Syncro is PSA and RMM of method B: what both have is created once, from the PSA, and the RMM adds what it knows.
#[test]
fn syncro_as_both_creates_from_the_psa_alone() {
    let setup = completed(
        &pipeline("B", &["psa syncro | role = \"psa\"", "rmm syncro | role = \"rmm\""]),
        "
        hub organization 1 name=Acme
        hub contact 21 organization_id=1 first_name=Zoe last_name=Zed
        hub configuration 11 organization_id=1 name=PC1 type=Workstation serial_number=SN-ONE
        psa organization 3301 name=Acme
        psa contact 6601 organization_id=3301 first_name=Ann last_name=Lee
        psa configuration 51001 organization_id=3301 name=PC1 type=Workstation serial_number=SN-ONE
        psa configuration 51002 organization_id=3301 name=PC2 type=Workstation serial_number=SN-TWO
        rmm organization 3301 name=Acme links=psa:3301
        rmm organization 3302 name=Birch links=psa:3302
        rmm configuration 51001 organization_id=3301 name=PC1 type=Workstation serial_number=SN-ONE links=psa:51001 hostname=PC1-NEW
        rmm configuration 51002 organization_id=3301 name=PC2-NEW type=Workstation links=psa:51002
        rmm configuration 51003 organization_id=3301 name=PC3 type=Workstation links=psa:51003
        rmm configuration 51004 organization_id=3302 name=PC4 type=Workstation links=psa:51004
    ",
    );
    assert_eq!(
        outcomes(&setup, "configuration"),
        [
            "psa/51001 | matched | serial | hub/11",
            "psa/51002 | unmatched |  | psa/51002",
            "rmm/51001 | matched | link | hub/11",
            "rmm/51002 | matched | link | psa/51002",
            "rmm/51003 | unmatched |  | rmm/51003",
            "rmm/51004 | unmatched |  | rmm/51004",
        ]
    );
    assert_eq!(
        steps(&setup, "hub", "configuration"),
        [
            "update | hub/11 | ready | ",
            "create | psa/51002 | ready | ",
            "create | rmm/51003 | blocked | method_forbids_create",
            "create | rmm/51004 | blocked | method_forbids_create parent_not_ready",
        ]
    );
    assert_eq!(steps(&setup, "hub", "organization"), ["create | rmm/3302 | blocked | method_forbids_create"]);
    assert_eq!(steps(&setup, "hub", "contact"), ["create | psa/6601 | ready | "]);
}
