//! What the tests of every vendor have in common: one source beside the sample's hub, from files or over its interface.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use matchbook::api::{ApiError, ExtractionOptions, extract};
use serde_json::Value;

use super::setting::{Told, asks, assert_same, extracted, load, sample, warehouse, with_keys};
use crate::fake::lists::Lists;
use crate::fake::server::Server;
use crate::fake::spec::Spec;
use crate::workspace::Workspace;

/// The pipeline's file in a workspace.
pub const PIPELINE: &str = "p.toml";

/// A source of one system.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The system.
    pub system: &'static str,
    /// The pipeline's method.
    pub method: &'static str,
    /// Lines of the source's section.
    pub source: &'static str,
    /// Lines of its section `api`.
    pub api: &'static str,
    /// Its credentials.
    pub keys: &'static [(&'static str, &'static str)],
    /// The folder in `samples/`.
    pub sample: &'static str,
    /// The vendor's description.
    pub spec: &'static str,
}

impl Case {
    fn pipeline(&self, from: &str) -> String {
        format!(
            "name = \"live\"\nmethod = \"{}\"\nwarehouse = \"live.duckdb\"\n\
             [hub]\nsystem = \"it-glue\"\nfiles = [\"{}\"]\n\
             [[source]]\nname = \"it\"\nsystem = \"{}\"\n{}\n{from}\n",
            self.method,
            sample("it_glue"),
            self.system,
            self.source
        )
    }

    /// A workspace whose source is read from a server.
    pub fn live(&self, server: &Server) -> Workspace {
        self.live_with(server, self.keys)
    }

    /// The same with other credentials.
    pub fn live_with(&self, server: &Server, keys: &[(&str, &str)]) -> Workspace {
        let section = format!("[source.api]\n{}{}", asks(&server.url()), self.api);
        with_keys(Workspace::empty().with(PIPELINE, self.pipeline(&section)), keys)
    }

    /// The warehouse of the sample's files.
    pub fn of_files(&self) -> Vec<String> {
        self.of_folder(Path::new(&sample(self.sample)))
    }

    /// The warehouse of a folder's files.
    pub fn of_folder(&self, folder: &Path) -> Vec<String> {
        let files = format!("files = [\"{}\"]", folder.display());
        warehouse(&Workspace::empty().with(PIPELINE, self.pipeline(&files)), PIPELINE)
    }

    /// The warehouse of what a server's lists hold, saved as files: each list with its name there and the member that
    /// holds it, if any.
    pub fn of_lists(&self, lists: &Lists, saved: &[(&str, &str, Option<&str>)]) -> Vec<String> {
        let workspace = Workspace::empty();
        for (list, name, member) in saved {
            let rows: Value = lists.rows(list).iter().map(std::borrow::Cow::into_owned).collect();
            let document = match member {
                Some(member) => serde_json::json!({ *member: rows }),
                None => rows,
            };
            workspace.write(&format!("saved/{name}.json"), document.to_string());
        }
        self.of_folder(&workspace.path("saved"))
    }

    /// Extracts, runs and returns the warehouse; every request is one that the vendor allows, every planned failure has
    /// happened, and no credential is left anywhere.
    pub fn read(&self, server: &Server, workspace: &Workspace) -> Vec<String> {
        let told = Told::default();
        let done = extracted(&load(workspace, PIPELINE), &told);
        let found = only_run(workspace);
        assert_eq!(Spec::of(self.spec).check_all(server.requests()), Vec::<String>::new());
        assert_eq!(server.pending_faults(), 0, "failures did not happen");
        assert_eq!(server.malformed(), Vec::<String>::new());
        self.assert_no_credential(workspace, &format!("{done:?} {:?}", told.take()));
        found
    }

    /// Asserts that a server's rows come to the same warehouse as the sample's files.
    pub fn assert_as_files(&self, server: &Server) -> Workspace {
        let workspace = self.live(server);
        let found = self.read(server, &workspace);
        assert_same(&self.of_files(), &found);
        workspace
    }

    /// Why the source cannot be extracted: the error and its hint, without the server's address and the workspace's
    /// path.
    pub fn refusal(&self, server: &Server, workspace: &Workspace) -> (ApiError, String) {
        let told = Told::default();
        let done = extract(&load(workspace, PIPELINE), &ExtractionOptions::default(), &told);
        self.assert_no_credential(workspace, &format!("{done:?} {:?}", told.take()));
        let error = done.sources.into_iter().find_map(|source| source.outcome.err());
        let error = error.expect("the extraction fails");
        let text = format!("{error}; {}", error.hint).replace(&server.url(), "[SERVER]");
        let text = workspace.redacted(&text);
        (error, text)
    }

    /// Extracts everything again and returns the warehouse.
    pub fn read_in_full(workspace: &Workspace) -> Vec<String> {
        let options = ExtractionOptions { full: true, ..ExtractionOptions::default() };
        let done = extract(&load(workspace, PIPELINE), &options, &Told::default());
        assert!(done.sources.iter().all(|source| source.outcome.is_ok()), "{done:?}");
        only_run(workspace)
    }

    /// Asserts that no credential or token is in a text or in any file of the workspace, but in that of the credentials.
    /// What the vendor's rows hold of their own is not asked about.
    fn assert_no_credential(&self, workspace: &Workspace, text: &str) {
        let keys = self.keys.iter().map(|(_, key)| key.as_bytes());
        let secrets: Vec<&[u8]> = keys.chain([TOKEN, WRONG.as_bytes()]).collect();
        assert!(!has(text.as_bytes(), &secrets), "a credential is in {text}");
        search(&workspace.path(""), &secrets);
    }
}

/// A credential that no fake takes.
pub const WRONG: &str = "CANARY-wrong-0f3a";

/// The warehouse of one run: that of the runs before is removed.
fn only_run(workspace: &Workspace) -> Vec<String> {
    let before = workspace.path("live.duckdb");
    if before.exists() {
        std::fs::remove_file(before).expect("the warehouse is ours");
    }
    warehouse(workspace, PIPELINE)
}

/// What the fakes' tokens begin with.
const TOKEN: &[u8] = b"token-0";

fn has(bytes: &[u8], secrets: &[&[u8]]) -> bool {
    secrets.iter().any(|secret| bytes.windows(secret.len()).any(|part| part == *secret))
}

fn search(folder: &Path, secrets: &[&[u8]]) {
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            search(&path, secrets);
        } else if path.file_name().is_some_and(|name| name != "keys.toml") {
            let mut bytes = std::fs::read(&path).expect("the file can be read");
            if !bytes.is_empty() && path.extension().is_some_and(|extension| extension == "gz") {
                let packed = std::mem::take(&mut bytes);
                MultiGzDecoder::new(packed.as_slice())
                    .read_to_end(&mut bytes)
                    .expect("the answers can be unpacked");
            }
            assert!(!has(&bytes, secrets), "a credential is in {}", path.display());
        }
    }
}
