//! The warehouse: what a run leaves, what protects it, and what a person can read in it.
//!
//! The estate is a handful of records; every expected value is worked out by hand from the rules.

use std::path::{Path, PathBuf};

use matchbook::extract::Lookups;
use matchbook::matching::{self, Decision, DecisionKind};
use matchbook::model::{Entity, FileInfo, Finding, QuarantineRow, RecordsBuilder, SourceIx, Tables, fields};
use matchbook::normalize::{Junk, normalize};
use matchbook::ownership;
use matchbook::pipeline::{self, Pipeline};
use matchbook::plan::{PlanInput, plan};
use matchbook::warehouse::{self, Format, QueryResult, RunRecord, RunStatus, Warehouse, WarehouseError};

pub const PIPELINE: &str = r#"
name = "test"
method = "B"
warehouse = "test.duckdb"
[hub]
system = "it-glue"
files = ["hub"]
[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
[[source]]
name = "rmm"
system = "datto-rmm"
files = ["rmm"]
"#;

/// `SOURCE ENTITY ID column=value ...`, `_` for a space inside a value, `,` between the items of a list.
///
/// The PSA's PC1 matches by serial and corrects the host name; its PC9 matches nothing. Two devices of the RMM share the
/// serial of hub device 2, so a person must decide.
pub const ESTATE: &str = "
    hub organization 1 name=Acme
    hub configuration 11 organization_id=1 name=PC1 serial_number=SN-ONE hostname=OLD1 archived=false
    hub configuration 12 organization_id=1 name=PC2 serial_number=SN-TWO hostname=PC2
    psa organization 5 name=Acme
    psa organization 6 name=Globex
    psa configuration 51 organization_id=5 name=PC1 serial_number=SN-ONE hostname=PC1 installed_at=2024-02-29 modified_at=2024-03-01T10:20:30Z
    psa configuration 59 organization_id=5 name=PC9 serial_number=SN-NINE hostname=PC9
    psa contact 71 organization_id=5 first_name=Ann last_name=Lee emails=ann@acme.test,al@acme.test
    rmm organization s1 name=Acme
    rmm configuration d1 organization_id=s1 name=PC2A serial_number=SN-TWO hostname=PC2A
    rmm configuration d2 organization_id=s1 name=PC2B serial_number=SN-TWO hostname=PC2B
";

pub struct Setup {
    folder: tempfile::TempDir,
    pub pipeline: Pipeline,
}

impl Setup {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("test.toml");
        std::fs::write(&path, text).expect("a writable folder");
        let pipeline = pipeline::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        Self { folder, pipeline }
    }

    #[expect(clippy::misnamed_getters, reason = "the path of the warehouse, which these tests are about")]
    pub fn path(&self) -> &Path {
        &self.pipeline.warehouse
    }

    pub fn run(&self, estate: &str, status: RunStatus) -> Result<i64, WarehouseError> {
        self.run_with(estate, status, &[])
    }

    pub fn run_with(
        &self,
        estate: &str,
        status: RunStatus,
        decisions: &[Decision],
    ) -> Result<i64, WarehouseError> {
        let mut warehouse = Warehouse::open(&self.pipeline)?;
        self.write(&mut warehouse, estate, status, decisions)
    }

    fn write(
        &self,
        warehouse: &mut Warehouse,
        estate: &str,
        status: RunStatus,
        decisions: &[Decision],
    ) -> Result<i64, WarehouseError> {
        let pipeline = &self.pipeline;
        let previous = warehouse.previous();
        let tables = tables(pipeline, estate);
        let junk = Junk::new(&pipeline.junk);
        let (keys, _) = normalize(&tables, pipeline, &junk);
        let matching = matching::fold(pipeline, &tables, &keys, decisions);
        let lookups = Lookups::default();
        let resolution = ownership::resolve(pipeline, &tables, &matching, &junk, &lookups, previous.as_ref());
        let input = PlanInput {
            pipeline,
            tables: &tables,
            matching: &matching,
            diffs: &resolution.diffs,
            lookups: &lookups,
        };
        let plan = plan(&input, &keys, previous.as_ref());
        let findings = [Finding {
            source: "rmm".to_owned(),
            entity: Entity::Configuration,
            record_id: "d1".to_owned(),
            field: "serial_number",
            code: "junk_serial",
            raw_value: "=cmd()".to_owned(),
            message: "a test".to_owned(),
        }];
        let quarantine = [QuarantineRow {
            source: "psa".to_owned(),
            entity: Entity::Contact,
            file: "psa/contacts.csv".to_owned(),
            line: 7,
            reason: "row_long: 9 cells where the heading has 8".to_owned(),
            raw: "a\0b".to_owned(),
        }];
        warehouse.write(&RunRecord {
            pipeline,
            started_at: "2024-05-06T07:08:09Z".parse().expect("a time"),
            status,
            held_by: &[],
            version: "0.0.0",
            settings: r#"{"name":"test"}"#,
            tables: &tables,
            matching: &matching,
            diffs: &resolution.diffs,
            conflicts: &resolution.conflicts,
            lookups: &lookups,
            plan: &plan,
            findings: &findings,
            quarantine: &quarantine,
        })
    }

    /// The rows as text, cells separated by ` | `.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let answer = warehouse::query(self.path(), sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let cell = |cell| QueryResult::text(cell);
        answer.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect()
    }

    pub fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path().as_os_str().to_owned();
        name.push(suffix);
        name.into()
    }
}

fn tables(pipeline: &Pipeline, estate: &str) -> Tables {
    let mut all = Vec::new();
    for (ix, source) in (0..).zip(&pipeline.sources) {
        let ix: SourceIx = ix;
        for entity in Entity::ALL {
            let mut builder = RecordsBuilder::new(ix, entity);
            let path = format!("{}/{}.csv", source.name, entity.table());
            builder.files.push(FileInfo { path, carried: vec![true; fields(entity).len()] });
            let mut line = 1;
            for words in estate.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()) {
                let [of, kind, id, values @ ..] = words.as_slice() else { continue };
                if *of != source.name || *kind != entity.name() {
                    continue;
                }
                line += 1;
                builder.set(0, id);
                for value in values {
                    let (name, value) = value.split_once('=').expect("column=value");
                    let position = builder.position(name).expect("a canonical column");
                    builder.set(position, &value.replace('_', " ").replace(',', "\u{1f}"));
                }
                builder.finish_row(0, line);
            }
            if !builder.is_empty() {
                builder.rows_read = builder.len() as u64;
                all.push(builder.build());
            }
        }
    }
    Tables::new(pipeline.sources.len(), all)
}

pub fn completed(text: &str, estate: &str) -> Setup {
    let setup = Setup::new(text);
    setup.run(estate, RunStatus::Completed).unwrap_or_else(|error| panic!("{error}"));
    setup
}

#[test]
fn a_run_leaves_its_records_in_their_types() {
    let setup = completed(PIPELINE, ESTATE);
    assert_eq!(
        setup.rows(
            "SELECT run_id, pipeline, method, started_at, status, version, settings->>'name' FROM runs"
        ),
        ["1 | test | psa-and-rmm | 2024-05-06T07:08:09Z | completed | 0.0.0 | test"]
    );
    assert_eq!(
        setup.rows(
            "SELECT source, record_id, name, installed_at, modified_at, archived, cluster_id, state, source_file,
             source_line FROM configurations ORDER BY source, record_id"
        ),
        [
            "hub | 11 | PC1 |  |  | false | hub/11 | hub | hub/configurations.csv | 2",
            "hub | 12 | PC2 |  |  |  | hub/12 | hub | hub/configurations.csv | 3",
            "psa | 51 | PC1 | 2024-02-29 | 2024-03-01T10:20:30Z |  | hub/11 | matched | psa/configurations.csv | 2",
            "psa | 59 | PC9 |  |  |  | psa/59 | unmatched | psa/configurations.csv | 3",
            "rmm | d1 | PC2A |  |  |  | rmm/d1 | review | rmm/configurations.csv | 2",
            "rmm | d2 | PC2B |  |  |  | rmm/d2 | review | rmm/configurations.csv | 3",
        ]
    );
    assert_eq!(
        setup.rows("SELECT emails, emails[2] FROM contacts"),
        [r#"["ann@acme.test","al@acme.test"] | al@acme.test"#]
    );
    assert_eq!(
        setup.rows("SELECT DISTINCT data_type FROM duckdb_columns() WHERE column_name = 'installed_at'"),
        ["DATE"]
    );
    assert_eq!(
        setup.rows("SELECT file, line, replace(raw, chr(0), '0') FROM quarantine"),
        ["psa/contacts.csv | 7 | a0b"]
    );
}

#[test]
fn matches_say_what_decided() {
    let setup = completed(PIPELINE, ESTATE);
    assert_eq!(
        setup.rows(
            "SELECT source, record_id, organization_cluster, cluster_id, hub_id, state, rule, key_value,
             matched_source, matched_record_id, reason FROM matches WHERE entity = 'configuration'
             ORDER BY source, record_id"
        ),
        [
            "hub | 11 | hub/1 | hub/11 | 11 | hub |  |  |  |  | ",
            "hub | 12 | hub/1 | hub/12 | 12 | hub |  |  |  |  | ",
            "psa | 51 | hub/1 | hub/11 | 11 | matched | serial | SN-ONE | hub | 11 | ",
            "psa | 59 | hub/1 | psa/59 |  | unmatched |  |  |  |  | ",
            "rmm | d1 | hub/1 | rmm/d1 |  | review | serial | SN-TWO | hub | 12 | shared_key",
            "rmm | d2 | hub/1 | rmm/d2 |  | review | serial | SN-TWO | hub | 12 | shared_key",
        ]
    );
    assert_eq!(
        setup.rows(
            "SELECT source, record_id, rank, candidate_cluster, hub_id, kind FROM candidates
             WHERE entity = 'configuration' AND rank = 1 AND record_id LIKE 'd%' ORDER BY record_id"
        ),
        ["rmm | d1 | 1 | hub/12 | 12 | rejected", "rmm | d2 | 1 | hub/12 | 12 | rejected"]
    );
    assert_eq!(
        setup.rows("SELECT cluster_id, organization_cluster, hub_id, in_review, members FROM clusters WHERE entity = 'configuration' ORDER BY ALL"),
        [
            "hub/11 | hub/1 | 11 | false | 2",
            "hub/12 | hub/1 | 12 | false | 1",
            "psa/59 | hub/1 |  | false | 1",
            "rmm/d1 | hub/1 |  | true | 1",
            "rmm/d2 | hub/1 |  | true | 1",
        ]
    );
    assert_eq!(
        setup.rows("SELECT cluster_id, organization, target, target_record_id, field, current_value, desired_value, supplied_by, supplied_record_id, kind, rule FROM diffs WHERE field = 'hostname'"),
        ["hub/11 | Acme | hub | 11 | hostname | OLD1 | PC1 | psa | 51 | change | owner:psa"]
    );
}

#[test]
fn the_counts_of_a_source_add_up_to_its_records() {
    let setup = completed(PIPELINE, ESTATE);
    assert_eq!(
        setup.rows(
            "SELECT source, system, role, entity, rows_read, quarantined, records, hub, matched, unmatched, review,
             ignored, skipped, two_way, read_from, newest_record_at
             FROM source_status WHERE entity = 'configuration' ORDER BY source"
        ),
        [
            "hub | it-glue | hub | configuration | 2 | 0 | 2 | 2 | 0 | 0 | 0 | 0 | 0 | false | [\"hub/configurations.csv\"] | ",
            "psa | connectwise | psa | configuration | 2 | 0 | 2 | 0 | 1 | 1 | 0 | 0 | 0 | false | [\"psa/configurations.csv\"] | 2024-03-01T10:20:30Z",
            "rmm | datto-rmm | rmm | configuration | 2 | 0 | 2 | 0 | 0 | 0 | 2 | 0 | 0 | false | [\"rmm/configurations.csv\"] | ",
        ]
    );
    let off = setup.rows(
        "SELECT * FROM source_status
         WHERE hub + matched + unmatched + review + ignored + skipped <> records
            OR records - implied + quarantined <> rows_read",
    );
    assert!(off.is_empty(), "{off:?}");
}

#[test]
fn a_decision_is_kept_with_its_outcome() {
    let setup = Setup::new(PIPELINE);
    let decision = Decision {
        line: 2,
        entity: Entity::Configuration,
        source: "rmm".to_owned(),
        record_id: "d1".to_owned(),
        kind: DecisionKind::Match,
        hub_id: "12".to_owned(),
        note: "seen on site".to_owned(),
        by: "kim".to_owned(),
        at: "2024-05-01".to_owned(),
    };
    setup.run_with(ESTATE, RunStatus::Completed, &[decision]).expect("the run is written");
    assert_eq!(
        setup.rows("SELECT * EXCLUDE run_id FROM latest_decisions"),
        ["2 | configuration | rmm | d1 | match | 12 | seen on site | kim | 2024-05-01 | applied"]
    );
    assert_eq!(
        setup
            .rows("SELECT state, rule, hub_id FROM latest_matches WHERE source = 'rmm' AND record_id = 'd1'"),
        ["matched | decision | 12"]
    );
}

#[test]
fn every_table_view_and_column_has_a_comment() {
    let setup = completed(PIPELINE, ESTATE);
    let described = warehouse::tables_and_views(setup.path()).expect("the warehouse can be read");
    assert!(described.len() > 40, "{}", described.len());
    for of in &described {
        assert!(of.comment.ends_with('.'), "{} has no comment", of.name);
        assert!(!of.columns.is_empty(), "{} has no column", of.name);
        for column in &of.columns {
            assert!(column.comment.ends_with('.'), "{}.{} has no comment", of.name, column.name);
        }
    }
}

#[test]
fn every_view_can_be_read() {
    let setup = completed(PIPELINE, ESTATE);
    for of in warehouse::tables_and_views(setup.path()).expect("the warehouse can be read") {
        setup.rows(&format!("SELECT * FROM {}", of.name));
    }
}

#[test]
fn no_comment_or_name_is_left_out_of_the_contract() {
    let setup = completed(PIPELINE, ESTATE);
    let names: Vec<String> = warehouse::tables_and_views(setup.path())
        .expect("the warehouse can be read")
        .into_iter()
        .map(|described| described.name)
        .collect();
    for name in [
        "runs",
        "source_status",
        "organizations",
        "locations",
        "contacts",
        "configurations",
        "tickets",
        "licenses",
        "groups",
        "matches",
        "candidates",
        "clusters",
        "diffs",
        "conflicts",
        "plan_steps",
        "plan_reasons",
        "data_quality",
        "quarantine",
        "decisions",
        "site_matching",
        "unmatched",
        "review_queue",
        "device_coverage",
        "ticket_links",
        "ready_to_push",
        "blocked",
        "why",
        "run_changes",
        "latest_matches",
        "latest_configurations",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} is missing");
    }
}

#[test]
fn a_newer_warehouse_is_refused_and_left_alone() {
    let setup = completed(PIPELINE, ESTATE);
    {
        let connection = duckdb::Connection::open(setup.path()).expect("the file opens");
        connection
            .execute_batch("UPDATE warehouse_info SET value = '999' WHERE name = 'schema_version'")
            .expect("the version is raised");
    }
    let before = std::fs::read(setup.path()).expect("the file is there");
    let error = setup.run(ESTATE, RunStatus::Completed).expect_err("it is newer");
    assert!(matches!(error, WarehouseError::Newer { .. }), "{error}");
    assert!(error.to_string().contains("test.duckdb"), "{error}");
    assert!(error.to_string().contains("999"), "{error}");
    assert!(!error.hint().is_empty());
    assert!(matches!(warehouse::query(setup.path(), "SELECT 1"), Err(WarehouseError::Newer { .. })));
    assert_eq!(std::fs::read(setup.path()).expect("the file is there"), before);
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let setup = Setup::new(PIPELINE);
    let text = "a text that is no database\n".repeat(1000);
    std::fs::write(setup.path(), &text).expect("a writable folder");
    let error = setup.run(ESTATE, RunStatus::Completed).expect_err("it is no database");
    assert!(matches!(error, WarehouseError::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(setup.path()).expect("the file is there"), text);

    std::fs::remove_file(setup.path()).expect("the file is there");
    duckdb::Connection::open(setup.path())
        .and_then(|connection| connection.execute_batch("CREATE TABLE mine (a INTEGER)"))
        .expect("another database");
    let error = setup.run(ESTATE, RunStatus::Completed).expect_err("it is somebody else's");
    assert!(matches!(error, WarehouseError::NotAWarehouse { .. }), "{error}");
}

#[test]
fn an_empty_file_becomes_a_warehouse() {
    let setup = Setup::new(PIPELINE);
    std::fs::write(setup.path(), "").expect("a writable folder");
    setup.run(ESTATE, RunStatus::Completed).expect("an empty file is as good as none");
    assert_eq!(setup.rows("SELECT count(*) FROM runs"), ["1"]);
}

#[test]
fn a_second_run_is_told_which_warehouse_is_in_use() {
    let setup = completed(PIPELINE, ESTATE);
    let first = Warehouse::open(&setup.pipeline).expect("nobody has it");
    let error = Warehouse::open(&setup.pipeline).expect_err("the first has it");
    assert!(matches!(error, WarehouseError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("test.duckdb"), "{error}");
    assert!(error.hint().contains("wait"));
    assert!(warehouse::prune(setup.path(), 1).is_err());
    // Readers are not kept out while a run is at work.
    assert_eq!(setup.rows("SELECT count(*) FROM runs"), ["1"]);
    drop(first);
    Warehouse::open(&setup.pipeline).expect("nobody has it any more");
}

#[test]
fn no_log_is_left_beside_the_file() {
    let setup = completed(PIPELINE, ESTATE);
    assert!(!setup.beside(".wal").exists());
    setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
    assert!(!setup.beside(".wal").exists());
}

#[test]
fn the_file_may_be_called_anything() {
    let mut setup = Setup::new(PIPELINE);
    setup.pipeline.warehouse = setup.path().with_file_name("O'Brien; \"sons\" of \u{c9}ire.duckdb");
    for run in ["1", "2"] {
        setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
        assert_eq!(setup.rows("SELECT run_id FROM latest_runs"), [run]);
    }
    assert_eq!(setup.rows("SELECT count(*) FROM latest_configurations"), ["6"]);
}

#[test]
fn latest_is_the_last_completed_run() {
    let setup = Setup::new(PIPELINE);
    setup.run(ESTATE, RunStatus::Held).expect("the run is written");
    assert_eq!(setup.rows("SELECT run_id, status FROM latest_runs"), ["1 | held"]);
    setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
    setup.run(ESTATE, RunStatus::Held).expect("the run is written");
    assert_eq!(setup.rows("SELECT run_id, status FROM latest_runs"), ["2 | completed"]);
    assert_eq!(setup.rows("SELECT DISTINCT run_id FROM latest_matches"), ["2"]);
    let previous = Warehouse::open(&setup.pipeline).expect("nobody has it").previous();
    let previous = previous.expect("run 2 is completed");
    assert_eq!(previous.run_id, 2);
    assert_eq!(previous.counts[&("psa".to_owned(), Entity::Configuration)], 2);
    assert!(previous.values.is_empty(), "nothing is two-way");
}

#[test]
fn two_way_values_come_back_as_they_were_read() {
    let text = PIPELINE.replace("files = [\"psa\"]", "files = [\"psa\"]\n[source.sync]\ntwo_way = true");
    let setup = completed(&text, ESTATE);
    setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
    warehouse::prune(setup.path(), 1).expect("the first run goes");
    let mut warehouse = Warehouse::open(&setup.pipeline).expect("nobody has it");
    let previous = warehouse.previous().expect("a completed run");
    assert_eq!(previous.two_way_since["psa"], "2024-05-06T07:08:09Z");
    let of_psa = &previous.values[&("psa".to_owned(), Entity::Configuration)]["51"];
    assert_eq!(of_psa["installed_at"], "2024-02-29");
    assert_eq!(of_psa["serial_number"], "SN-ONE");
    assert!(!of_psa.contains_key("notes"), "blank is absent");
    let of_contact = &previous.values[&("psa".to_owned(), Entity::Contact)]["71"];
    assert_eq!(of_contact["emails"], "ann@acme.test\u{1f}al@acme.test");
    assert_eq!(previous.values[&("hub".to_owned(), Entity::Configuration)]["11"]["name"], "PC1");
}

#[test]
fn prune_keeps_the_newest_runs_and_the_last_completed_one() {
    let setup = Setup::new(PIPELINE);
    for status in [RunStatus::Completed, RunStatus::Completed, RunStatus::Held, RunStatus::Held] {
        setup.run(ESTATE, status).expect("the run is written");
    }
    let pruned = warehouse::prune(setup.path(), 1).expect("it can be pruned");
    assert_eq!((pruned.dropped, pruned.kept), (vec![1, 3], vec![2, 4]));
    assert_eq!(setup.rows("SELECT DISTINCT run_id FROM matches ORDER BY run_id"), ["2", "4"]);
    assert_eq!(setup.run(ESTATE, RunStatus::Completed).expect("the next run works"), 5);
    let pruned = warehouse::prune(setup.path(), 0).expect("it can be pruned");
    assert_eq!(pruned.kept, [5]);
    assert!(!setup.beside(".wal").exists());
}

#[test]
fn queries_cannot_write_and_cannot_reach_files() {
    let setup = completed(PIPELINE, ESTATE);
    let other = setup.folder.path().join("other.csv");
    std::fs::write(&other, "a\n1\n").expect("a writable folder");
    let other = other.display();
    for sql in [
        "DELETE FROM runs".to_owned(),
        "DROP TABLE runs".to_owned(),
        "CREATE TABLE x (a INTEGER)".to_owned(),
        format!("SELECT * FROM '{other}'"),
        format!("SELECT * FROM read_csv('{other}')"),
        format!("COPY runs TO '{other}.out'"),
        format!("ATTACH '{other}.duckdb' AS x"),
        "SET enable_external_access = true".to_owned(),
        "INSTALL httpfs".to_owned(),
        "SELEC 1".to_owned(),
    ] {
        let error = warehouse::query(setup.path(), &sql).expect_err(&sql);
        assert!(matches!(error, WarehouseError::Sql { .. }), "{sql}: {error}");
    }
    assert_eq!(setup.rows("SELECT count(*) FROM runs"), ["1"]);
    let answer = warehouse::query(
        setup.path(),
        "SELECT 1 AS a, 'x' AS b, NULL AS c, DATE '2024-02-29' AS d, sum(2) AS e",
    )
    .expect("it only reads");
    assert_eq!(answer.columns, ["a", "b", "c", "d", "e"]);
    assert_eq!(serde_json::Value::from(answer.rows[0].clone()).to_string(), r#"[1,"x",null,"2024-02-29",2]"#);
}

#[test]
fn a_missing_or_empty_warehouse_says_so() {
    let setup = Setup::new(PIPELINE);
    assert!(matches!(warehouse::query(setup.path(), "SELECT 1"), Err(WarehouseError::Missing { .. })));
    assert!(matches!(warehouse::prune(setup.path(), 1), Err(WarehouseError::Missing { .. })));
    drop(duckdb::Connection::open(setup.path()).expect("a database without tables"));
    assert!(matches!(warehouse::query(setup.path(), "SELECT 1"), Err(WarehouseError::Empty { .. })));
    let mut warehouse = Warehouse::open(&setup.pipeline).expect("a run may begin with it");
    assert!(warehouse.previous().is_none());
}

#[test]
fn csv_cells_cannot_become_formulas() {
    let setup = completed(PIPELINE, ESTATE);
    let folder = setup.folder.path().join("out");
    let exported = warehouse::export(setup.path(), &folder, Format::Csv, false).expect("it can be exported");
    assert_eq!(exported.len(), 19);
    let text = std::fs::read_to_string(folder.join("data_quality.csv")).expect("the file is there");
    assert!(text.contains(",'=cmd(),"), "{text}");
    let error = warehouse::export(setup.path(), &folder, Format::Csv, false).expect_err("it is not empty");
    assert!(matches!(error, WarehouseError::ExportNotEmpty { .. }), "{error}");
}

#[test]
fn parquet_can_be_partitioned_by_organization() {
    let setup = completed(PIPELINE, ESTATE);
    let folder = setup.folder.path().join("out");
    warehouse::export(setup.path(), &folder, Format::Parquet, true).expect("it can be exported");
    let reader = duckdb::Connection::open_in_memory().expect("a database in memory");
    let sql = format!(
        "SELECT organization_cluster, count(*) FROM read_parquet('{}/configurations/**/*.parquet', hive_partitioning = true)
         GROUP BY ALL",
        folder.display()
    );
    let rows: (String, i64) =
        reader.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("it can be read");
    assert_eq!(rows, ("hub/1".to_owned(), 6));
    assert!(folder.join("runs.parquet").is_file());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let setup = Setup::new(PIPELINE);
    // A file where the folder should be: even the superuser cannot write there.
    let mut pipeline = setup.pipeline.clone();
    pipeline.warehouse = setup.folder.path().join("test.toml").join("test.duckdb");
    let error = Warehouse::open(&pipeline).expect_err("there is no such folder");
    assert!(matches!(error, WarehouseError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("test.duckdb"), "{error}");
}
