//! Sync methods A to D: what each permits and forbids.
//!
//! The shipped pipelines run on the samples, whose README says which record is what; the small estates hold what the
//! samples do not show. Every expectation follows from the method alone.

use std::path::Path;

use matchbook::pipeline::{self, Code};

use crate::samples::Estate;
use crate::warehouse::{Setup, completed};

/// The sources of a pipeline: name, system, role where the system is of a general format.
type Sources<'a> = &'a [(&'a str, &'a str, &'a str)];

const PSA: (&str, &str, &str) = ("psa", "connectwise", "");
const RMM: (&str, &str, &str) = ("rmm", "datto-rmm", "");
const SCAN: (&str, &str, &str) = ("scan", "csv", "scan");
const DIRECTORY: (&str, &str, &str) = ("directory", "csv", "directory");
const SHEET: (&str, &str, &str) = ("sheet", "csv", "sheet");

fn written(method: &str, sources: Sources<'_>) -> String {
    let mut text = format!(
        "name = \"test\"\nmethod = \"{method}\"\nwarehouse = \"test.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n"
    );
    for (name, system, role) in sources {
        text.push_str(&format!(
            "[[source]]\nname = \"{name}\"\nsystem = \"{system}\"\nfiles = [\"{name}\"]\n"
        ));
        if !role.is_empty() {
            text.push_str(&format!("role = \"{role}\"\n"));
        }
    }
    text
}

/// The codes that a method and its sources are refused with.
fn refused(method: &str, sources: Sources<'_>) -> Vec<Code> {
    match pipeline::parse(Path::new("test.toml"), &written(method, sources)) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.errors().iter().map(|error| error.code).collect(),
    }
}

#[test]
fn a_method_says_which_sources_there_are() {
    let has_not = [Code::MethodExcludes];
    let lacks = [Code::MethodNeeds];
    for (method, name) in
        [("A", "psa-only"), ("B", "psa-and-rmm"), ("C", "psa-for-organizations"), ("D", "rmm-only")]
    {
        let both: &[Code] = if matches!(method, "B" | "C") { &[] } else { &has_not };
        let psa_alone: &[Code] = match method {
            "A" => &[],
            "D" => &[Code::MethodNeeds, Code::MethodExcludes],
            _ => &lacks,
        };
        let rmm_alone: &[Code] = match method {
            "D" => &[],
            "A" => &[Code::MethodNeeds, Code::MethodExcludes],
            _ => &lacks,
        };
        let cases: [(Sources<'_>, &[Code]); 4] = [
            (&[PSA, RMM], both),
            (&[PSA], psa_alone),
            (&[RMM], rmm_alone),
            // What every method takes besides does not stand in for what it needs.
            (
                &[SCAN, DIRECTORY, SHEET],
                if matches!(method, "B" | "C") { &[Code::MethodNeeds; 2] } else { &lacks },
            ),
        ];
        for (sources, expected) in cases {
            assert_eq!(refused(method, sources), expected, "method {method} with {sources:?}");
            assert_eq!(refused(name, sources), expected, "method {name} with {sources:?}");
        }
    }
    for (method, needed) in [("A", &[PSA][..]), ("B", &[PSA, RMM]), ("C", &[PSA, RMM]), ("D", &[RMM])] {
        let all = [needed, &[SCAN, DIRECTORY, SHEET]].concat();
        assert_eq!(refused(method, &all), [], "method {method} with {all:?}");
    }
}

/// The status and the gates of the hub's create of a record.
fn created(estate: &Estate, pipeline: &str, entity: &str, record: &str) -> String {
    let sql = format!(
        "SELECT status, coalesce(string_agg(code, ' ' ORDER BY code), '') FROM plan_steps LEFT JOIN plan_reasons \
         USING (run_id, step_id) WHERE target = 'hub' AND action = 'create' AND entity = '{entity}' \
         AND cluster_id = '{record}' AND {{run}} GROUP BY status"
    );
    let rows = estate.query(pipeline, &sql);
    rows.first().map(|row| row.join(" ").trim().to_owned()).unwrap_or_default()
}

fn number(estate: &Estate, pipeline: &str, sql: &str) -> String {
    estate.query(pipeline, sql)[0][0].clone()
}

/// The creates of the hub that are ready and stand for no record of a role.
fn ready_without(estate: &Estate, pipeline: &str, entity: &str, source: &str) -> String {
    let sql = format!(
        "SELECT count(*) FROM plan_steps AS s WHERE target = 'hub' AND action = 'create' AND status = 'ready' \
         AND entity = '{entity}' AND {{run}} AND NOT EXISTS (SELECT 1 FROM matches AS m WHERE m.run_id = s.run_id \
         AND m.entity = s.entity AND m.cluster_id = s.cluster_id AND m.source = '{source}')"
    );
    number(estate, pipeline, &sql)
}

/// A new client, its site, a contact and a device of it, an unused new device, in the PSA; a site that the RMM alone
/// has, with its device.
const CLIENT: &str = "psa/242";
const SITE: &str = "psa/642";
const PERSON: &str = "psa/2420";
const DEVICE: &str = "psa/5119";
const RMM_CLIENT: &str = "rmm/0b7c1f4a-21aa-4c1e-8a4e-2f100000002b";
const RMM_DEVICE: &str = "rmm/5f0c7c0e-21aa-4c1e-8a4e-2f1000000081";

#[test]
fn method_a_takes_everything_from_the_psa() {
    let (estate, pipeline) = (Estate::new(), "pipelines/method-a.toml");
    estate.run(pipeline, 0);
    let sources = "SELECT string_agg(DISTINCT source || ' ' || system, ', ' ORDER BY source || ' ' || system) FROM source_status";
    assert_eq!(number(&estate, pipeline, sources), "hub it-glue, psa connectwise");
    let all = [("organization", CLIENT), ("location", SITE), ("contact", PERSON), ("configuration", DEVICE)];
    for (entity, record) in all {
        assert_eq!(created(&estate, pipeline, entity, record), "ready", "{entity} {record}");
    }
    assert_eq!(number(&estate, pipeline, "SELECT count(*) FROM plan_reasons WHERE code LIKE 'method%'"), "0");
}

#[test]
fn method_b_creates_nothing_that_the_psa_lacks() {
    let (estate, pipeline) = (Estate::new(), "pipelines/method-b.toml");
    estate.run(pipeline, 0);
    let all = [("organization", CLIENT), ("location", SITE), ("contact", PERSON), ("configuration", DEVICE)];
    for (entity, record) in all {
        assert_eq!(created(&estate, pipeline, entity, record), "ready", "{entity} {record}");
    }
    assert_eq!(created(&estate, pipeline, "organization", RMM_CLIENT), "blocked method_forbids_create");
    assert_eq!(
        created(&estate, pipeline, "configuration", RMM_DEVICE),
        "blocked method_forbids_create parent_not_ready"
    );
    assert_eq!(ready_without(&estate, pipeline, "organization", "psa"), "0");
    assert_eq!(ready_without(&estate, pipeline, "configuration", "psa"), "0");
    // It keeps what is there current, and brings an archived row back.
    let by_rmm = "SELECT count(DISTINCT step_id) FROM plan_steps AS s JOIN diffs AS d ON d.run_id = s.run_id \
                  AND d.cluster_id = s.cluster_id AND d.target = s.target AND d.entity = s.entity \
                  WHERE s.target = 'hub' AND s.entity = 'configuration' AND s.status = 'ready' AND d.supplied_by = 'rmm'";
    assert_ne!(number(&estate, pipeline, by_rmm), "0");
    let back = "SELECT status FROM plan_steps WHERE action = 'unarchive' AND target_record_id = '8122'";
    assert_eq!(number(&estate, pipeline, back), "ready");
}

#[test]
fn method_c_takes_devices_from_the_rmm_and_all_else_from_the_psa() {
    let (estate, pipeline) = (Estate::new(), "pipelines/method-c.toml");
    estate.run(pipeline, 0);
    for (entity, record) in [("organization", CLIENT), ("location", SITE), ("contact", PERSON)] {
        assert_eq!(created(&estate, pipeline, entity, record), "ready", "{entity} {record}");
    }
    assert_eq!(created(&estate, pipeline, "configuration", DEVICE), "blocked method_excludes_entity");
    assert_eq!(created(&estate, pipeline, "organization", RMM_CLIENT), "blocked method_forbids_create");
    // The device may be created, its client may not.
    assert_eq!(created(&estate, pipeline, "configuration", RMM_DEVICE), "blocked parent_not_ready");
    assert_eq!(ready_without(&estate, pipeline, "organization", "psa"), "0");
    assert_eq!(ready_without(&estate, pipeline, "configuration", "rmm"), "0");
}

#[test]
fn method_d_creates_from_the_rmm_and_from_sheets() {
    let (estate, pipeline) = (Estate::new(), "pipelines/method-d.toml");
    estate.run(pipeline, 0);
    assert_eq!(created(&estate, pipeline, "organization", RMM_CLIENT), "ready");
    assert_eq!(created(&estate, pipeline, "configuration", RMM_DEVICE), "ready");
    // A person that only the sheet has; a device of the sheet that has no type.
    assert_eq!(created(&estate, pipeline, "contact", "sheet/C17"), "ready");
    assert_eq!(created(&estate, pipeline, "configuration", "sheet/D002"), "blocked missing_required");
    assert_eq!(number(&estate, pipeline, "SELECT count(*) FROM plan_steps WHERE target <> 'hub'"), "0");
    assert_eq!(number(&estate, pipeline, "SELECT count(*) FROM plan_reasons WHERE code LIKE 'method%'"), "0");

    // A printer and a switch that Network Detective found alone; a machine of which it knows the name and no more.
    let found = |name: &str| {
        let sql = format!(
            "SELECT source || '/' || record_id FROM configurations WHERE source = 'scan' AND name = '{name}' \
             AND state = 'unmatched' AND {{run}}"
        );
        created(&estate, pipeline, "configuration", &number(&estate, pipeline, &sql))
    };
    assert_eq!(found("SW-CLOSET-A"), "ready");
    // Ready but for its model, which the hub's list lacks.
    assert_eq!(found("HP LaserJet M507 (Front Desk)"), "ready missing_required");
    assert_eq!(found("LWB-XRAY"), "blocked missing_required");
    // A machine that the scan saw before the RMM's agent was on it is one device.
    let met = "SELECT string_agg(source || ' ' || coalesce(rule, ''), ', ' ORDER BY source) FROM matches \
               WHERE entity = 'configuration' AND cluster_id = 'hub/8093' AND source <> 'hub'";
    assert_eq!(number(&estate, pipeline, met), "rmm serial, scan serial");
}

fn steps(setup: &Setup) -> Vec<String> {
    setup.rows(
        "SELECT entity, cluster_id, status, coalesce(string_agg(code, ' ' ORDER BY code), '') FROM plan_steps \
         LEFT JOIN plan_reasons USING (run_id, step_id) WHERE target = 'hub' AND action = 'create' \
         AND entity IN ('organization', 'location', 'contact', 'configuration') GROUP BY ALL ORDER BY 2",
    )
}

/// A client of each of PSA and RMM, and one of both; a device of each, and one of both.
const BOTH: &str = "
    hub organization 1 name=Acme
    hub configuration 9 organization_id=1 name=HUB-PC serial_number=SN-NINE
    psa organization p1 name=Acme
    psa organization p2 name=Birch
    psa organization p3 name=Cedar
    psa configuration p4 organization_id=p1 name=PSA-PC type=Workstation serial_number=SN-FOUR
    psa configuration p5 organization_id=p1 name=BOTH-PC type=Workstation serial_number=SN-FIVE
    rmm organization r1 name=Acme
    rmm organization r2 name=Birch
    rmm organization r4 name=Dover
    rmm configuration r5 organization_id=r1 name=BOTH-PC type=Workstation serial_number=SN-FIVE
    rmm configuration r6 organization_id=r1 name=RMM-PC type=Workstation serial_number=SN-SIX
    rmm configuration r7 organization_id=r2 name=BIRCH-PC type=Workstation serial_number=SN-SEVEN
    rmm configuration r8 organization_id=r4 name=DOVER-PC type=Workstation serial_number=SN-EIGHT
";

#[test]
fn one_estate_under_b_and_c() {
    let under_b = steps(&completed(&written("B", &[PSA, RMM]), BOTH));
    let expected = [
        "organization | psa/p2 | ready | ",
        "organization | psa/p3 | ready | ",
        "configuration | psa/p4 | ready | ",
        // The PSA has it too.
        "configuration | psa/p5 | ready | ",
        "organization | rmm/r4 | blocked | method_forbids_create",
        "configuration | rmm/r6 | blocked | method_forbids_create",
        "configuration | rmm/r7 | blocked | method_forbids_create",
        "configuration | rmm/r8 | blocked | method_forbids_create parent_not_ready",
    ];
    assert_eq!(under_b, expected);
    let under_c = steps(&completed(&written("C", &[PSA, RMM]), BOTH));
    let expected = [
        "organization | psa/p2 | ready | ",
        "organization | psa/p3 | ready | ",
        "configuration | psa/p4 | blocked | method_excludes_entity",
        // The RMM has it too.
        "configuration | psa/p5 | ready | ",
        "organization | rmm/r4 | blocked | method_forbids_create",
        "configuration | rmm/r6 | ready | ",
        // Its client comes from the PSA.
        "configuration | rmm/r7 | ready | ",
        "configuration | rmm/r8 | blocked | parent_not_ready",
    ];
    assert_eq!(under_c, expected);
}

/// Method C with two-way sync: what the hub has goes to the PSA, but for configurations.
#[test]
fn method_c_pushes_no_device_to_the_psa() {
    let text = written("C", &[PSA, RMM])
        .replace("files = [\"psa\"]\n", "files = [\"psa\"]\nsync = { two_way = true }\n");
    let setup = completed(&text, BOTH);
    let rows = setup.rows(
        "SELECT DISTINCT code FROM plan_steps JOIN plan_reasons USING (run_id, step_id) \
         WHERE target = 'psa' AND entity = 'configuration' AND cluster_id = 'hub/9' ORDER BY ALL",
    );
    assert!(rows.contains(&"method_excludes_entity".to_owned()), "{rows:?}");
}

/// Scans and sheets are there before the RMM is connected: what they brought is met by the RMM, not made twice.
#[test]
fn method_d_with_a_scan_and_sheets_first() {
    let first = "
        hub organization 1 name=Acme
        hub location 2 organization_id=1 name=Main
        hub contact 3 organization_id=1 first_name=Ann last_name=Lee
        hub configuration 9 organization_id=1 name=ACM-DC1 mac_address=3C5282000009
        sheet organization s1 name=Acme
        sheet organization s2 name=Birch
        sheet location s3 organization_id=s2 name=Yard
        sheet contact s4 organization_id=s2 first_name=Bo last_name=Ek location=Yard
        scan organization n1 name=Acme
        scan organization n2 name=Birch
        scan configuration n3 organization_id=n1 name=ACM-DC1 type=Server mac_address=3C5282000009
        scan configuration n4 organization_id=n2 name=BIR-PC1 type=Workstation mac_address=3C5282000004
        scan configuration n5 organization_id=n2 name=BIR-PRN type=Printer mac_address=3C5282000005
        rmm organization r1 name=Acme
        rmm configuration r3 organization_id=r1 name=ACM-DC1 type=Server serial_number=SN-DC mac_address=3C5282000009
    ";
    let setup = completed(&written("D", &[RMM, SCAN, SHEET]), first);
    let expected = [
        // The scan is folded in before the sheet, so its record founds the client's cluster.
        "organization | scan/n2 | ready | ",
        "configuration | scan/n4 | ready | ",
        "configuration | scan/n5 | ready | ",
        "location | sheet/s3 | ready | ",
        "contact | sheet/s4 | ready | ",
    ];
    assert_eq!(steps(&setup), expected);
    let order = "SELECT entity, wave FROM plan_steps WHERE target = 'hub' AND action = 'create' AND \
                 cluster_id IN ('scan/n2', 'sheet/s3', 'sheet/s4') ORDER BY wave";
    assert_eq!(setup.rows(order), ["organization | 0", "location | 1", "contact | 2"]);

    // Then the RMM gets the second client: the device that the scan found is the RMM's, under either system's keys.
    let then = format!(
        "{first}
        rmm organization r2 name=Birch
        rmm configuration r4 organization_id=r2 name=BIR-PC1 type=Workstation serial_number=SN-PC mac_address=3C5282000004
    "
    );
    let setup = completed(&written("D", &[RMM, SCAN, SHEET]), &then);
    let expected = [
        "organization | rmm/r2 | ready | ",
        "configuration | rmm/r4 | ready | ",
        "configuration | scan/n5 | ready | ",
        "location | sheet/s3 | ready | ",
        "contact | sheet/s4 | ready | ",
    ];
    assert_eq!(steps(&setup), expected);
    let met = "SELECT source, record_id, state, rule, cluster_id FROM matches WHERE entity = 'configuration' \
               AND source IN ('rmm', 'scan') ORDER BY source, record_id";
    let expected = [
        "rmm | r3 | matched | mac | hub/9",
        "rmm | r4 | unmatched |  | rmm/r4",
        "scan | n3 | matched | mac | hub/9",
        "scan | n4 | matched | mac | rmm/r4",
        "scan | n5 | unmatched |  | scan/n5",
    ];
    assert_eq!(setup.rows(met), expected);
}
