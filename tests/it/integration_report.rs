//! `matchbook report`: what it says of small estates whose outcome is plain to see.

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
