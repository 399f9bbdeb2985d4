//! A folder with a small estate and the program, for tests of what a user sees.
//!
//! Two clients in IT Glue's account export and in saved documents of ConnectWise: `Acme` is on both sides with one device
//! that meets by serial number, `Birch` is the hub's alone, `Cedar` the PSA's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const PIPELINE: &str = r#"name = "small"
method = "A"

[hub]
system = "it-glue"
files = ["hub"]

[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
"#;

pub const HUB_ORGANIZATIONS: &str = "\
id,name,organization_type,organization_status
1,Acme,Client,Active
2,Birch,Client,Active
";

pub const HUB_CONFIGURATIONS: &str = "\
id,organization,name,configuration_type,configuration_status,serial_number
10,Acme,ACM-PC-01,Workstation,Active,5CG1234XYZ
11,Birch,BIR-PC-01,Workstation,Active,5CG7777AAA
";

pub const PSA_COMPANIES: &str = r#"[
{"id": 100, "identifier": "ACME", "name": "Acme", "status": {"name": "Active"}, "types": [{"name": "Client"}]},
{"id": 200, "identifier": "CEDAR", "name": "Cedar", "status": {"name": "Active"}, "types": [{"name": "Client"}]}
]"#;

pub const PSA_CONFIGURATIONS: &str = r#"[
{"id": 500, "name": "RECEPTION", "deviceIdentifier": "", "company": {"id": 100, "name": "Acme"},
 "type": {"name": "Workstation"}, "status": {"name": "Active"}, "serialNumber": "5cg1234xyz"}
]"#;

pub struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// The small estate, with its pipeline in `p.toml`.
    pub fn new() -> Self {
        Self::empty()
            .with("p.toml", PIPELINE)
            .with("hub/organizations.csv", HUB_ORGANIZATIONS)
            .with("hub/configurations.csv", HUB_CONFIGURATIONS)
            .with("psa/companies.json", PSA_COMPANIES)
            .with("psa/configurations.json", PSA_CONFIGURATIONS)
    }

    /// Writes a file, over one that is there.
    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(name, content);
        self
    }

    /// Removes a file or folder.
    pub fn without(self, name: &str) -> Self {
        let path = self.path(name);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.expect("the file was there");
        self
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, content).expect("the file can be written");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file can be read")
    }

    /// The program, about to be started in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matchbook"));
        command.current_dir(self.folder.path()).args(arguments).env("USER", "tester").env_remove("NO_COLOR");
        command
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Everything that a user sees of a command: both streams and the exit code, with what differs from run to run
    /// replaced.
    pub fn seen(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let mut seen = String::new();
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !bytes.is_empty() {
                seen.push_str(&format!("---- {name}\n{}", self.redacted(&String::from_utf8_lossy(bytes))));
            }
        }
        let code = output.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string());
        seen.push_str(&format!("---- exit {code}"));
        seen
    }

    /// Text without temporary paths, times and the version.
    pub fn redacted(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        let text = text.replace(&folder, "[FOLDER]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        without_times(&text)
    }
}

/// Text with durations and times of day replaced: `12 ms`, `1.2 s`, `2026-01-31T12:00:00Z`, `"seconds":0.1`.
fn without_times(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        // A digit inside a word or a path belongs to it.
        let is_word = rest[..at].ends_with(|c: char| c.is_alphanumeric() || "-_/.".contains(c));
        let end = at
            + rest[at..]
                .find(|c: char| !(c.is_ascii_digit() || ".-:TZ".contains(c)))
                .unwrap_or(rest.len() - at);
        let number = &rest[at..end];
        out.push_str(&rest[..at]);
        let unit = [" ms", " s"].into_iter().find(|unit| {
            rest[end..].strip_prefix(unit).is_some_and(|after| !after.starts_with(char::is_alphanumeric))
        });
        if out.ends_with("\"seconds\":") || (number.len() >= 19 && number.contains('T')) {
            out.push_str("[TIME]");
            rest = &rest[end..];
        } else if let (Some(unit), false) = (unit, is_word) {
            out.push_str("[TIME]");
            rest = &rest[end + unit.len()..];
        } else {
            out.push_str(number);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

/// Whether the tests run as a user for whom nothing is read-only.
pub fn is_root(folder: &Path) -> bool {
    let probe = folder.join("probe");
    fs::create_dir_all(&probe).expect("the folder can be made");
    let mut permissions = fs::metadata(&probe).expect("the folder is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&probe, permissions).expect("the folder is ours");
    fs::write(probe.join("file"), "").is_ok()
}
