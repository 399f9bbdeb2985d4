//! `samples/README.md` says what a run makes of the samples; these tests compare it with runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use matchbook::model::{Reason, State};
use matchbook::plan::Gate;

/// Every pipeline whose records a README lists, with that README's folder in `samples`.
const LISTED: &[(&str, &str)] = &[
    ("pipelines/demo.toml", ""),
    ("pipelines/kaseya-bms.toml", "kaseya_bms"),
    ("pipelines/tigerpaw.toml", "tigerpaw"),
    ("pipelines/autotask.toml", "autotask"),
    ("pipelines/network-detective.toml", "network_detective"),
    ("pipelines/syncro.toml", "syncro"),
    ("pipelines/network-glue.toml", "network_glue"),
    ("pipelines/active-directory.toml", "active_directory"),
    ("pipelines/microsoft-365.toml", "microsoft_365"),
    ("pipelines/spreadsheets.toml", "spreadsheets"),
];

/// A copy of the samples and the pipelines, so that warehouses are made there.
pub struct Estate {
    folder: tempfile::TempDir,
}

impl Estate {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["samples", "pipelines"] {
            copy(&repository().join(name), &folder.path().join(name));
        }
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn matchbook(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matchbook"));
        command.current_dir(self.folder.path()).args(arguments);
        command.output().expect("the program starts")
    }

    /// Runs `pipeline` and fails unless it ends with `code`.
    pub fn run(&self, pipeline: &str, code: i32) {
        let output = self.matchbook(&["run", pipeline, "--json"]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "matchbook run {pipeline}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The rows of a query; `{run}` in it is the last run, completed or held.
    pub fn query(&self, pipeline: &str, sql: &str) -> Vec<Vec<String>> {
        let sql = sql.replace("{run}", "run_id = (SELECT max(run_id) FROM runs)");
        let output = self.matchbook(&["query", pipeline, &sql, "--csv"]);
        assert!(
            output.status.success(),
            "matchbook query {pipeline} \"{sql}\"\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
        let rows = reader.records().map(|row| row.expect("the program writes CSV"));
        rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
    }
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies a folder into another, which may exist, without warehouses that somebody made there.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().contains(".duckdb") {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

fn readme() -> String {
    readme_of("")
}

/// The README of a folder in `samples`.
fn readme_of(folder: &str) -> String {
    let path = repository().join("samples").join(folder).join("README.md");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table below `heading`, cells without their backticks.
fn table(readme: &str, heading: &str) -> Vec<Vec<String>> {
    let section = readme.split(heading).nth(1).expect("the README has this heading");
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows: Vec<Vec<String>> = section
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---"))
        .skip(1)
        .map(|line| {
            let line = line.trim_matches('|');
            line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "the README has no table below {heading}");
    rows
}

fn records(readme: &str) -> Vec<Vec<String>> {
    table(readme, "\n## Records\n")
}

fn gates(readme: &str) -> Vec<Vec<String>> {
    table(readme, "\n## Gates\n")
}

/// The codes that the README says these systems cannot show.
fn not_shown(readme: &str) -> BTreeSet<String> {
    let section =
        readme.split("\n## What these systems cannot show\n").nth(1).expect("the README has this heading");
    let section = section.split("\n## ").next().unwrap_or(section);
    let items = section.lines().filter_map(|line| line.strip_prefix("* `"));
    items.filter_map(|item| Some(item.split_once('`')?.0.to_owned())).collect()
}

/// What of the records of a README ended otherwise in the last run of its pipeline.
fn differences(estate: &Estate, pipeline: &str, readme: &str) -> Vec<String> {
    let rows = estate.query(
        pipeline,
        "SELECT entity, source || '/' || record_id, state, coalesce(rule, ''), coalesce(reason, ''), \
         coalesce(hub_id, '') FROM matches WHERE {run}",
    );
    let mut found: BTreeMap<(String, String), (String, String, String)> = BTreeMap::new();
    for row in rows {
        let [entity, record, state, rule, reason, hub_id]: [String; 6] = row.try_into().expect("six columns");
        let by = if reason.is_empty() { rule } else { reason };
        found.insert((entity, record), (state, by, hub_id));
    }
    let mut wrong = Vec::new();
    for row in records(readme) {
        let [case, record, entity, state, by, hub_id, _]: [String; 7] =
            row.try_into().expect("seven columns");
        let expected = (state, by, hub_id);
        match found.get(&(entity.clone(), record.clone())) {
            Some(got) if *got == expected => {}
            got => wrong.push(format!(
                "{pipeline}: {case}: {entity} {record}\n  expected {expected:?}\n  got      {got:?}"
            )),
        }
    }
    wrong
}

/// Sources and entities of the last run whose counts do not add up.
fn miscounted(estate: &Estate, pipeline: &str) -> Vec<String> {
    let rows = estate.query(
        pipeline,
        "SELECT source, entity, rows_read, quarantined, records, matched, unmatched, review, ignored, skipped \
         FROM source_status WHERE {run} AND (rows_read + implied <> quarantined + records \
         OR (source <> 'hub' AND records <> matched + unmatched + review + ignored + skipped))",
    );
    rows.into_iter().map(|row| format!("{pipeline}: the counts do not add up: {}", row.join(" "))).collect()
}

#[test]
fn the_records_of_every_readme_end_as_it_says() {
    let estate = Estate::new();
    let mut wrong = Vec::new();
    for (pipeline, folder) in LISTED {
        estate.run(pipeline, 0);
        wrong.extend(differences(&estate, pipeline, &readme_of(folder)));
        wrong.extend(miscounted(&estate, pipeline));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever copies a pipeline must be able to run it first. What is in [`LISTED`] is run with its README.
#[test]
fn every_other_pipeline_runs_and_its_counts_add_up() {
    let estate = Estate::new();
    let entries = fs::read_dir(estate.path("pipelines")).expect("the pipelines are there");
    let mut pipelines: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        // The reference shows every key, not what goes together; its paths lead nowhere.
        .filter(|name| name != "reference.toml")
        .map(|name| format!("pipelines/{name}"))
        .filter(|name| !LISTED.iter().any(|(listed, _)| listed == name))
        .collect();
    pipelines.sort();
    assert!(pipelines.len() >= 5, "{pipelines:?}");
    let mut wrong = Vec::new();
    for pipeline in &pipelines {
        estate.run(pipeline, 0);
        wrong.extend(miscounted(&estate, pipeline));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_with_a_readme_is_listed() {
    let folders = fs::read_dir(repository().join("samples")).expect("the samples are there");
    let with_readme: BTreeSet<String> = folders
        .map(|entry| entry.expect("the folder can be read"))
        .filter(|entry| entry.path().join("README.md").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let listed: BTreeSet<String> =
        LISTED.iter().map(|(_, folder)| (*folder).to_owned()).filter(|folder| !folder.is_empty()).collect();
    assert_eq!(with_readme, listed);
}

#[test]
fn the_gates_of_the_readme_hold_what_it_says() {
    let estate = Estate::new();
    let mut wrong = Vec::new();
    let gates = gates(&readme());
    let pipelines: BTreeSet<&String> = gates.iter().map(|row| &row[4]).collect();
    for pipeline in pipelines {
        estate.run(pipeline, if pipeline == "samples/strict.toml" { 3 } else { 0 });
        let rows = estate.query(
            pipeline,
            "SELECT reasons.code, steps.target, steps.entity, steps.cluster_id \
             FROM plan_reasons AS reasons JOIN plan_steps AS steps USING (run_id, step_id) WHERE {run}",
        );
        let found: BTreeSet<Vec<String>> = rows.into_iter().collect();
        for row in gates.iter().filter(|row| row[4] == *pipeline) {
            if !found.contains(&row[..4]) {
                let of_record: Vec<_> = found.iter().filter(|found| found[2..] == row[2..4]).collect();
                wrong.push(format!("expected {:?} in {pipeline}\n  got {of_record:?}", &row[..4]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_has_every_state_reason_and_gate() {
    let readme = readme();
    let (gates, not_shown) = (gates(&readme), not_shown(&readme));
    let records: Vec<Vec<String>> =
        LISTED.iter().flat_map(|(_, folder)| records(&readme_of(folder))).collect();
    let states: BTreeSet<&str> = records.iter().map(|row| row[3].as_str()).collect();
    let reasons: BTreeSet<&str> = records.iter().map(|row| row[4].as_str()).collect();
    let codes: BTreeSet<&str> = gates.iter().map(|row| row[0].as_str()).collect();
    let all_states = State::ALL.into_iter().filter(|state| *state != State::Hub).map(State::name);
    let missing: Vec<&str> = all_states
        .filter(|state| !states.contains(state))
        .chain(Reason::ALL.into_iter().map(Reason::code).filter(|code| !reasons.contains(code)))
        .chain(Gate::ALL.iter().map(|gate| gate.code()).filter(|code| !codes.contains(code)))
        .filter(|code| !not_shown.contains(*code))
        .collect();
    assert!(missing.is_empty(), "neither shown nor said to be impossible: {missing:?}");
    let shown_after_all: Vec<_> = not_shown
        .iter()
        .filter(|code| reasons.contains(code.as_str()) || codes.contains(code.as_str()))
        .collect();
    assert!(shown_after_all.is_empty(), "shown, and said to be impossible: {shown_after_all:?}");
}

/// The rows of a file as somebody who knows nothing of the program would count them: elements stand on lines of
/// their own, rows of the sheets too.
fn count_rows(folder: &str, start: &str) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(repository().join("samples").join(folder)).expect("the samples are there") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let rest = name.strip_prefix(start).unwrap_or("-");
        if !(rest.starts_with('.') || rest.starts_with("_1.") || rest.starts_with("_2.")) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("the samples are text");
        count += if path.extension().is_some_and(|ending| ending == "csv") {
            text.lines().count() - 1
        } else {
            let own = text.split("\n\"included\"").next().unwrap_or(&text);
            own.lines().filter(|line| line.starts_with("{\"id\"")).count()
        };
    }
    count
}

#[test]
fn the_counts_of_the_states_add_up_to_the_rows_of_the_files() {
    let estate = Estate::new();
    estate.run("pipelines/demo.toml", 0);
    let rows = estate.query(
        "pipelines/demo.toml",
        "SELECT source, entity, rows_read, quarantined, records, matched, unmatched, review, ignored, skipped \
         FROM source_status WHERE {run}",
    );
    let files = [
        ("hub", "organization", "it_glue", "organizations"),
        ("hub", "location", "it_glue", "locations"),
        ("hub", "contact", "it_glue", "contacts"),
        ("hub", "configuration", "it_glue", "configurations"),
        ("psa", "organization", "connectwise", "companies"),
        ("psa", "location", "connectwise", "sites"),
        ("psa", "contact", "connectwise", "contacts"),
        ("psa", "configuration", "connectwise", "configurations"),
        ("psa", "ticket", "connectwise", "tickets"),
        ("rmm", "organization", "datto_rmm", "sites"),
        ("rmm", "configuration", "datto_rmm", "devices"),
        ("sheet", "organization", "sheet", "organizations"),
        ("sheet", "contact", "sheet", "contacts"),
        ("sheet", "configuration", "sheet", "devices"),
        ("sheet", "license", "sheet", "licenses"),
    ];
    for (source, entity, folder, start) in files {
        let row = rows.iter().find(|row| row[0] == source && row[1] == entity);
        let row = row.unwrap_or_else(|| panic!("no status of {source} {entity} in {rows:?}"));
        let counts: Vec<usize> = row[2..].iter().map(|cell| cell.parse().unwrap_or_default()).collect();
        assert_eq!(counts[0], count_rows(folder, start), "rows of {source} {entity}");
        assert_eq!(counts[0], counts[1] + counts[2], "records and quarantined rows of {source} {entity}");
        if source != "hub" {
            assert_eq!(counts[2], counts[3..].iter().sum::<usize>(), "states of {source} {entity}");
        }
    }
}

#[test]
fn a_row_that_two_pages_repeat_is_quarantined_once() {
    let estate = Estate::new();
    estate.run("pipelines/demo.toml", 0);
    let rows = estate.query(
        "pipelines/demo.toml",
        "SELECT source, file, line, split_part(reason, ':', 1) FROM quarantine WHERE {run}",
    );
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][0], "psa");
    assert!(rows[0][1].ends_with("connectwise/configurations_2.json"), "{rows:?}");
    assert_eq!(rows[0][2], "1");
    assert!(rows[0][3].starts_with("duplicate_id"), "{rows:?}");
}

#[test]
fn every_kind_of_decision_is_applied_and_a_stale_one_reported() {
    let estate = Estate::new();
    estate.run("pipelines/demo.toml", 0);
    let rows = estate.query(
        "pipelines/demo.toml",
        "SELECT decision, outcome, count(*) FROM decisions WHERE {run} GROUP BY ALL ORDER BY ALL",
    );
    let found: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
    let expected = [
        "create applied 1",
        "ignore applied 2",
        "ignore stale_decision 1",
        "match applied 2",
        "never applied 1",
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_archived_row_comes_back_and_a_new_client_is_made_in_order() {
    let estate = Estate::new();
    estate.run("pipelines/demo.toml", 0);
    let readme = readme();
    let archived = records(&readme).into_iter().find(|row| row[0] == "an archived row that comes back");
    let archived = archived.expect("the README has the case")[5].clone();
    let rows = estate.query(
        "pipelines/demo.toml",
        &format!("SELECT status FROM plan_steps WHERE action = 'unarchive' AND target_record_id = '{archived}' AND {{run}}"),
    );
    assert_eq!(rows, [["ready"]]);
    let rows = estate.query(
        "pipelines/demo.toml",
        "SELECT entity, count(*), min(status), max(status) FROM plan_steps WHERE target = 'hub' AND action = 'create' \
         AND (cluster_id LIKE 'psa/242%' OR cluster_id = 'psa/642' OR cluster_id IN ('psa/5119', 'psa/5120', 'psa/5121')) \
         AND {run} GROUP BY ALL ORDER BY min(wave), entity",
    );
    let found: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
    assert_eq!(found[0], "organization 1 ready ready", "{found:?}");
    assert!(found.contains(&"location 1 ready ready".to_owned()), "{found:?}");
    assert!(found.contains(&"contact 2 ready ready".to_owned()), "{found:?}");
    assert!(found.contains(&"configuration 3 ready ready".to_owned()), "{found:?}");
}

#[test]
fn the_second_run_finds_who_changed_what() {
    let estate = Estate::new();
    estate.run("pipelines/demo.toml", 0);
    let conflicts = "SELECT count(*) FROM conflicts WHERE {run}";
    assert_eq!(estate.query("pipelines/demo.toml", conflicts), [["0"]]);
    copy(&estate.path("samples/second_run"), &estate.path("samples"));
    estate.run("pipelines/demo.toml", 0);
    assert_eq!(estate.query("pipelines/demo.toml", conflicts), [["1"]]);
    let rows = estate.query(
        "pipelines/demo.toml",
        "SELECT cluster_id, target, current_value, desired_value, kind FROM diffs \
         WHERE field = 'asset_tag' AND organization LIKE 'Kestrel%' AND {run} ORDER BY ALL",
    );
    let table = table(&readme(), "\n## The second run\n");
    let hub = |row: usize| table[row][0].split('`').next().unwrap_or_default().to_owned();
    let expected = [
        [hub(0).as_str(), "psa", "2026/100", "KPD-0100-B", "conflict"],
        [hub(1).as_str(), "psa", "KPD-0101", "KPD-0101-B", "change"],
        [hub(2).as_str(), "hub", "KPD-0102", "2026/102", "change"],
    ]
    .map(|row| row.map(str::to_owned).to_vec());
    assert_eq!(rows, expected);
}

#[test]
fn the_file_of_passwords_is_never_opened() {
    let estate = Estate::new();
    let file = estate.path("samples/it_glue/passwords.csv");
    let secret = fs::read_to_string(&file).expect("the samples have the file");
    let secret = secret.trim().rsplit(',').next().expect("the last column is the secret");
    assert!(secret.starts_with("CANARY"));
    estate.run("pipelines/demo.toml", 0);
    let folder = estate.path("exported");
    let output = estate.matchbook(&["export", "pipelines/demo.toml", "--csv", &folder.to_string_lossy()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("the export is there") {
        let path = entry.expect("the folder can be read").path();
        let text = fs::read(&path).expect("the export can be read");
        assert!(!text.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
        files += 1;
    }
    assert!(files > 10, "only {files} files were exported");
}
