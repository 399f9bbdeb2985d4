//! `matchbook report`: what it says of small estates whose outcome is plain to see.

use std::collections::BTreeSet;

use crate::samples::Estate;
use crate::workspace::{HUB_CONFIGURATIONS, PIPELINE, PSA_COMPANIES, Workspace};

fn reported(workspace: &Workspace, more: &[&str]) -> String {
    let arguments: Vec<&str> = ["report", "p.toml", "--markdown"].iter().chain(more).copied().collect();
    let output = workspace.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

/// The part of a report below a heading.
fn below<'t>(text: &'t str, heading: &str) -> &'t str {
    let part = text.split(&format!("\n{heading}\n")).nth(1);
    let part = part.unwrap_or_else(|| panic!("no `{heading}` in\n{text}"));
    part.split("\n#").next().unwrap_or(part)
}

/// The rows of the tables below a heading.
fn rows(text: &str, heading: &str) -> Vec<String> {
    let lines = below(text, heading).lines().filter(|line| line.starts_with("| "));
    lines.filter(|line| !line.starts_with("| ---")).skip(1).map(str::to_owned).collect()
}

#[test]
fn every_section_says_what_the_run_came_to() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    let text = reported(&workspace, &[]);
    assert!(text.starts_with("# Integration report: small\n"), "{text}");
    assert!(text.contains("* Sync method A: takes records from a PSA, and from no RMM\n"), "{text}");
    assert_eq!(
        rows(&text, "## Integration status"),
        [
            "| hub | it-glue | hub | no | 2 |  | 4 | 0 | 4 |",
            "| psa | connectwise | psa | no | 2 |  | 3 | 0 | 3 |"
        ]
    );
    assert_eq!(
        rows(&text, "## Records"),
        [
            "| hub | configuration | 2 | 0 | 0 | 0 | 0 | 0 |",
            "| hub | organization | 2 | 0 | 0 | 0 | 0 | 0 |",
            "| psa | configuration | 1 | 1 | 0 | 0 | 0 | 0 |",
            "| psa | organization | 2 | 1 | 1 | 0 | 0 | 0 |",
        ]
    );
    // Both tables of the section: by source, then by organization, what is open first.
    assert_eq!(
        rows(&text, "## Site matching"),
        [
            "| hub only | 1 | 0 | 0 | 0 | 0 |",
            "| psa | 2 | 1 | 1 | 0 | 0 |",
            "| Organization | Source | Site | Status | By |",
            "| Cedar | psa | Cedar | unmatched |  |",
            "| Birch |  |  | hub\\_only |  |",
            "| Acme | psa | Acme | matched | name |",
        ]
    );
    assert_eq!(
        rows(&text, "## Device sync status"),
        ["| Birch | 1 | 1 | 0 | 0 | 1 | 0 |", "| Acme | 1 | 1 | 1 | 1 | 0 | 0 |"]
    );
    assert_eq!(below(&text, "## Licences").trim(), "None.");
    assert_eq!(
        below(&text, "### Resolved since the run before").trim(),
        "There is no earlier run to compare with."
    );
    let owners = rows(&text, "## Data ownership");
    assert_eq!(owners[0], "| organization | name, type, status, short\\_name, parent | psa, hub |");
    assert_eq!(rows(&text, "### Differing fields"), ["| hub | configuration | name | 0 | 1 | 0 |"]);
    assert_eq!(reported(&workspace, &[]), text, "the same warehouse gives the same report");
}

#[test]
fn types_are_marked_by_the_lists_of_the_pipeline() {
    let lists = "sync = { organization_types = [\"Client\"], configuration_types = [\"Server\"] }\n";
    let workspace = Workspace::new()
        .with("p.toml", format!("{PIPELINE}{lists}"))
        .with("psa/companies.json", PSA_COMPANIES.replacen("Client", "Vendor", 1));
    workspace.run(&["run", "p.toml"]);
    assert_eq!(
        rows(&reported(&workspace, &[]), "## Synchronised types"),
        [
            "| psa | organization | type | Client | 1 | yes |",
            "| psa | organization | type | Vendor | 1 | no |",
            "| psa | organization | status | Active | 2 | yes |",
            "| psa | configuration | type | Workstation | 1 | no |",
            "| psa | configuration | status | Active | 1 | yes |",
        ]
    );
}

#[test]
fn a_corrected_value_is_listed_as_resolved() {
    let junk = HUB_CONFIGURATIONS.replace("5CG7777AAA", "To be filled by O.E.M.");
    let workspace = Workspace::new().with("hub/configurations.csv", junk);
    workspace.run(&["run", "p.toml"]);
    let errors = rows(&reported(&workspace, &[]), "### Errors");
    assert!(errors.iter().any(|row| row.starts_with("| finding | junk | 1 |")), "{errors:?}");
    workspace.write("hub/configurations.csv", HUB_CONFIGURATIONS);
    workspace.run(&["run", "p.toml"]);
    let text = reported(&workspace, &[]);
    assert!(!below(&text, "### Errors").contains("junk"), "{text}");
    let resolved = rows(&text, "### Resolved since the run before");
    assert_eq!(resolved.len(), 1, "{resolved:?}");
    assert!(resolved[0].starts_with("| finding | hub/11 serial\\_number | Birch | junk |"), "{resolved:?}");
    assert!(below(&text, "### Resolved since the run before").contains("Compared with run 1."), "{text}");
}

#[test]
fn one_organization_has_a_report_of_its_own() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    let text = reported(&workspace, &["--organization", "Birch"]);
    assert!(text.starts_with("# Integration report: Birch\n"), "{text}");
    assert_eq!(rows(&text, "### Devices that a system lacks"), ["| BIR-PC-01 | hub | psa | no |"]);
    assert!(!text.contains("Acme") && !text.contains("Cedar"), "{text}");
}

#[test]
fn an_organization_that_is_not_there_is_wrong_usage() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    insta::assert_snapshot!(workspace.seen(&["report", "p.toml", "--markdown", "--organization", "Birhc"]), @"
    ---- stderr
    error: no organization of the last run is called `Birhc`

    hint: did you mean `Birch`?
    ---- exit 2
    ");
}

#[test]
fn a_report_needs_a_run() {
    insta::assert_snapshot!(Workspace::new().seen(&["report", "p.toml", "--markdown"]), @"
    ---- stderr
    error: there is no warehouse at `./p.duckdb`

    hint: `matchbook run` makes it
    ---- exit 7
    ");
}

#[test]
fn a_folder_gets_a_file_per_organization() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    let output = workspace.run(&["report", "p.toml", "--markdown", "--out", "reports"]);
    assert_eq!(output.status.code(), Some(0));
    let entries = std::fs::read_dir(workspace.path("reports")).expect("the folder was made");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["acme.md", "birch.md", "cedar.md", "report.md"]);
    let again = workspace.run(&["report", "p.toml", "--markdown", "--out", "reports"]);
    assert_eq!(again.status.code(), Some(7));
}

#[test]
fn names_cannot_break_a_table() {
    let evil = "A|cme <b>`x`</b>";
    let workspace = Workspace::new().with("psa/companies.json", PSA_COMPANIES.replace("Cedar", evil));
    workspace.run(&["run", "p.toml"]);
    let text = reported(&workspace, &[]);
    assert!(!text.contains("<b>"), "{text}");
    let sites = rows(&text, "## Site matching");
    let row =
        "| A\\|cme &lt;b&gt;\\`x\\`&lt;/b&gt; | psa | A\\|cme &lt;b&gt;\\`x\\`&lt;/b&gt; | unmatched |  |";
    assert!(sites.contains(&row.to_owned()), "{sites:?}");
}

#[test]
fn long_tables_say_what_they_leave_out() {
    let mut organizations = "id,name\n".to_owned();
    for number in 1..=60 {
        organizations.push_str(&format!("{number},Client {number:02}\n"));
    }
    let workspace =
        Workspace::new().with("hub/organizations.csv", organizations).without("hub/configurations.csv");
    workspace.run(&["run", "p.toml"]);
    let text = reported(&workspace, &[]);
    // 60 organizations of the hub and two companies of the PSA.
    assert!(below(&text, "## Site matching").contains("12 more rows: `FROM site_matching`"), "{text}");
}

/// The demo pipeline's report: the numbers of its sections are those that plain SQL finds.
#[test]
fn the_numbers_of_the_samples_are_those_of_the_warehouse() {
    let (estate, pipeline) = (Estate::new(), "pipelines/demo.toml");
    estate.run(pipeline, 0);
    let reported = |more: &[&str]| {
        let arguments: Vec<&str> = ["report", pipeline, "--markdown"].iter().chain(more).copied().collect();
        let output = estate.matchbook(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a report is UTF-8")
    };
    let text = reported(&[]);
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('\\', "")).collect()
    };
    let same = |heading: &str, shown: &[usize], sql: &str| {
        let expected: BTreeSet<Vec<String>> = estate.query(pipeline, sql).into_iter().collect();
        let found: BTreeSet<Vec<String>> = rows(&text, heading)
            .iter()
            .map(|row| cells(row))
            .map(|row| shown.iter().map(|at| row[*at].replace(',', "").replace("&amp;", "&")).collect())
            .collect();
        assert_eq!(found, expected, "{heading}");
    };
    same(
        "## Integration status",
        &[0, 1, 6, 7, 8],
        "SELECT source, system, sum(rows_read), sum(quarantined), sum(records) FROM source_status GROUP BY ALL",
    );
    same(
        "## Records",
        &[0, 1, 2, 3, 4, 5, 6, 7],
        "SELECT source, entity, records, matched, unmatched, review, ignored, skipped FROM source_status \
         WHERE records > 0 AND source <> 'hub' UNION ALL \
         SELECT source, entity, records, 0, 0, 0, 0, 0 FROM source_status WHERE source = 'hub' AND records > 0",
    );
    same(
        "## Device sync status",
        &[0, 1, 2, 3, 4],
        "SELECT o.name, count(DISTINCT m.cluster_id), count(DISTINCT m.cluster_id) FILTER (m.source = 'hub'), \
         count(DISTINCT m.cluster_id) FILTER (m.source = 'psa'), count(DISTINCT m.cluster_id) FILTER (m.source = 'rmm') \
         FROM matches AS m JOIN organizations AS o ON o.source || '/' || o.record_id = m.organization_cluster \
         WHERE m.entity = 'configuration' AND m.cluster_id IS NOT NULL GROUP BY o.name",
    );
    same(
        "## Licences",
        &[1, 2, 4, 5, 6],
        "SELECT source, name, total, consumed, total - consumed FROM licenses",
    );
    same(
        "### Differing fields",
        &[0, 1, 2, 3, 4, 5],
        "SELECT target, entity, field, count(*) FILTER (kind = 'set'), count(*) FILTER (kind = 'change'), \
         count(*) FILTER (kind = 'conflict') FROM diffs GROUP BY ALL",
    );
    // Every code of a finding, of a record in review, of a held step and of a bad row, with how many there are.
    same(
        "### Errors",
        &[0, 1, 2],
        "SELECT 'finding', code, count(*) FROM (SELECT DISTINCT source, entity, record_id, field, code, message \
             FROM data_quality) GROUP BY ALL UNION ALL \
         SELECT 'record in review', reason, count(*) FROM review_queue GROUP BY ALL UNION ALL \
         SELECT 'step that is held', code, count(*) FROM plan_steps JOIN plan_reasons USING (run_id, step_id) \
         WHERE status <> 'ready' GROUP BY ALL UNION ALL \
         SELECT 'row that cannot be read', 'duplicate_id', count(*) FROM quarantine",
    );
    // Kestrel Print & Design, by the README of the samples: its PSA has one address under another name and one
    // address of a person under another name, and nothing else is in review there.
    let text = reported(&["--organization", "Kestrel Print & Design"]);
    let review: Vec<String> = rows(&text, "### Open items")
        .iter()
        .map(|row| cells(row)[0].clone())
        .filter(|item| item.contains('('))
        .collect();
    assert_eq!(review, ["Rob Tanner (psa/1976)", "Print Works (psa/691)"]);
    assert!(!text.contains("Marlow"), "{text}");
}

/// Every SQL statement that the report names runs.
#[test]
fn the_sql_that_shows_the_rest_is_sql() {
    let workspace = Workspace::new();
    workspace.run(&["run", "p.toml"]);
    let sources = [
        include_str!("../../src/integration/devices.rs"),
        include_str!("../../src/integration/errors.rs"),
        include_str!("../../src/integration/licenses.rs"),
        include_str!("../../src/integration/ownership.rs"),
        include_str!("../../src/integration/sites.rs"),
        include_str!("../../src/integration/status.rs"),
    ];
    let named = sources.iter().flat_map(|text| text.split('"')).filter(|text| text.starts_with("FROM "));
    let named: BTreeSet<&str> = named.collect();
    assert!(named.len() > 5, "{named:?}");
    for sql in named {
        let output = workspace.run(&["query", "p.toml", sql]);
        assert_eq!(output.status.code(), Some(0), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
