//! Whole runs: a generated estate in a folder of its own, the binary, and what it leaves in the warehouse.

#[path = "../../../examples/estate/mod.rs"]
mod generator;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use generator::{Clones, Format, Spec};
use tempfile::TempDir;

/// The tables that a run fills, the runs themselves aside.
const TABLES: [&str; 19] = [
    "candidates",
    "clusters",
    "configurations",
    "conflicts",
    "contacts",
    "data_quality",
    "decisions",
    "diffs",
    "groups",
    "licenses",
    "locations",
    "matches",
    "organizations",
    "plan_reasons",
    "plan_steps",
    "quarantine",
    "source_status",
    "tickets",
    "run_changes",
];

const PIPELINE: &str = r#"
name = "estate"
method = "B"
[hub]
system = "it-glue"
files = ["it_glue"]
[[source]]
name = "psa"
system = "connectwise"
files = ["connectwise"]
[source.sync]
two_way = true
[[source]]
name = "rmm"
system = "datto-rmm"
files = ["datto_rmm"]
types = { "Desktop" = "Managed Workstation", "Server" = "Managed Server" }
[limits]
creates = 10000
"#;

const DECISIONS: &str = "entity,source,record_id,decision,hub_id,note,by,at\n\
                         configuration,psa,30000001,create,,,,\n\
                         configuration,psa,30000003,ignore,,,,\n\
                         configuration,psa,30000005,never,7000000005,,,\n\
                         configuration,psa,99999999,match,7000000005,,,\n";

/// The content of every table: what a test compares.
pub type Contents = BTreeMap<&'static str, Vec<String>>;

/// An estate in a temporary folder.
pub struct Whole {
    folder: TempDir,
}

impl Whole {
    /// Writes an estate of a few hundred devices in small organizations.
    pub fn generate() -> Self {
        Self::of(400)
    }

    /// The same with so many devices.
    pub fn of(configurations: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let spec =
            Spec { configurations, organization_size: 25, seed: 11, has_giant: false, clones: Clones::Tenth };
        generator::write(folder.path(), &spec, Format::Csv).expect("the folder is writable");
        std::fs::write(folder.path().join("estate.toml"), PIPELINE).expect("the folder is writable");
        std::fs::write(folder.path().join("estate.decisions.csv"), DECISIONS)
            .expect("the folder is writable");
        Self { folder }
    }

    /// The paths of the sources' files.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for folder in ["it_glue", "connectwise", "datto_rmm"] {
            for entry in std::fs::read_dir(self.folder.path().join(folder)).expect("the folder was made") {
                files.push(entry.expect("the folder is readable").path());
            }
        }
        files.sort();
        files
    }

    /// Runs the pipeline with so many threads.
    #[track_caller]
    pub fn run(&self, threads: usize) {
        self.matchbook(threads, &["run", "estate.toml"]);
    }

    /// What the run of this number left, the columns aside that say when and from which line.
    #[track_caller]
    pub fn contents(&self, run: u32) -> Contents {
        let read = |table: &&'static str| {
            let own = ["run_id", "previous_run_id", "source_file", "source_line", "read_from", "file"];
            let own = own.map(|column| format!("'{column}'")).join(", ");
            let sql = format!(
                "SELECT COLUMNS(lambda name: name NOT IN ({own})) FROM {table} WHERE run_id = {run} ORDER BY ALL"
            );
            let text = self.matchbook(2, &["query", "estate.toml", "--csv", &sql]);
            (*table, text.lines().map(str::to_owned).collect())
        };
        TABLES.iter().map(read).collect()
    }

    #[track_caller]
    fn matchbook(&self, threads: usize, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_matchbook"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("RAYON_NUM_THREADS", threads.to_string())
            .env("POLARS_MAX_THREADS", threads.to_string())
            .output()
            .expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "matchbook {arguments:?}: {}\n{said}", output.status);
        String::from_utf8(output.stdout).expect("the output is text")
    }
}

/// Writes the rows of a CSV file in the opposite order, into so many files beside each other.
pub fn rearrange(path: &Path, parts: usize) {
    let mut reader = csv::Reader::from_path(path).expect("a generated file");
    let headings = reader.headers().expect("a heading row").clone();
    let mut rows: Vec<csv::StringRecord> =
        reader.records().collect::<Result<_, _>>().expect("generated rows are well formed");
    rows.reverse();
    std::fs::remove_file(path).expect("the folder is writable");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("an ASCII name");
    for (part, rows) in rows.chunks(rows.len().div_ceil(parts).max(1)).enumerate() {
        let path = path.with_file_name(format!("{stem}_{}.csv", part + 1));
        let mut writer = csv::Writer::from_path(path).expect("the folder is writable");
        writer.write_record(&headings).expect("the folder is writable");
        for row in rows {
            writer.write_record(row).expect("the folder is writable");
        }
        writer.flush().expect("the folder is writable");
    }
}
