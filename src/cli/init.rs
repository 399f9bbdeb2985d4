//! `matchbook init`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::extract::{self, Recognised};
use crate::model::{Entity, Role};
use crate::pipeline::{self, Method};
use crate::report::Printer;
use crate::report::table::Columns;
use crate::report::words::{one_line, thousands};
use crate::systems::System;

/// Write a pipeline for a folder of exports
#[derive(Debug, Args)]
#[command(long_about = "Look at a folder of exports and write a pipeline that runs.

Systems and entities are recognised by file names, headings and members. The pipeline is written into the folder, or where
`--output` says.

Examples:
  matchbook init ~/exports
  matchbook init ~/exports --output clients.toml")]
pub(super) struct InitArgs {
    /// The folder of exports
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Where the pipeline is written; `FOLDER/pipeline.toml` by default
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
}

impl InitArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let output = self.output.unwrap_or_else(|| self.folder.join("pipeline.toml"));
        if output.exists() && !self.force {
            return Err(Failure::usage(format!("`{}` is there already", output.display()))
                .hint("give another file with `--output`, or overwrite it with `--force`"));
        }
        let found = extract::recognise(&self.folder).map_err(|why| {
            let message = format!("the folder `{}` cannot be read: {why}", self.folder.display());
            Failure::new(exit_code::UNREADABLE_SOURCE, message)
        })?;
        let mut columns = Columns::new(&["file", "system", "entity", ">rows", ""]);
        for file in &found {
            columns.row([
                one_line(&file.file, 80),
                file.system.map_or("", |system| system.title.as_str()).to_owned(),
                file.entity.map_or("", Entity::table).to_owned(),
                thousands(file.rows),
                one_line(&file.note, 60),
            ]);
        }
        if !columns.is_empty() {
            printer.note(columns.render(printer.err_paint()).trim_end());
        }
        let text = write_pipeline(&found, &self.folder, &output)?;
        // The promise is that it runs, so it is read back before it is written.
        pipeline::parse(&output, &text).map_err(|errors| {
            Failure::new(exit_code::BAD_PIPELINE, "no pipeline can be made of these files").hint(
                errors.errors().iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("; "),
            )
        })?;
        fs::write(&output, &text).map_err(|error| {
            Failure::new(exit_code::WAREHOUSE, format!("`{}` cannot be written: {error}", output.display()))
        })?;
        let shown = output.display();
        printer.note(&format!("wrote {shown}\nnext: matchbook check {shown}, then matchbook run {shown}"));
        Ok(exit_code::DONE)
    }
}

/// The pipeline as text.
fn write_pipeline(found: &[Recognised], folder: &Path, output: &Path) -> Result<String, Failure> {
    let mut by_system: BTreeMap<&str, (&'static System, Vec<&Recognised>)> = BTreeMap::new();
    for file in found {
        if let Some(system) = file.system {
            by_system.entry(&system.name).or_insert((system, Vec::new())).1.push(file);
        }
    }
    let mut systems: Vec<(Role, &System, &[&Recognised])> = Vec::new();
    for (system, files) in by_system.values() {
        systems.extend(roles(system, &by_system).into_iter().map(|role| (role, *system, files.as_slice())));
    }
    systems.sort_by_key(|(role, system, _)| (*role, system.name.as_str()));
    let Some((_, hub, hub_files)) = systems.iter().find(|(role, ..)| *role == Role::Hub) else {
        return Err(Failure::usage(format!("no export of IT Glue was recognised in `{}`", folder.display()))
            .hint("everything is compared with the hub, so its export must be there; `matchbook systems it-glue` says which files it has"));
    };
    let has = |role: Role| systems.iter().any(|(of, ..)| *of == role);
    // A pipeline needs a PSA or an RMM; where there are sheets only, they stand in for the PSA.
    let sheets_are_psa = !has(Role::Psa) && !has(Role::Rmm);
    let method = match (has(Role::Psa), has(Role::Rmm)) {
        (true, true) => Method::PsaAndRmm,
        (false, true) => Method::RmmOnly,
        _ => Method::PsaOnly,
    };
    let name = folder
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "clients".to_owned());
    let place = Place::new(found, folder, output);
    let mut text = format!(
        "# Made by `matchbook init` from what was found in the folder. `pipelines/reference.toml` documents every key.

name = {}
method = {}  # {}

# Everything is compared with the hub.
[hub]
system = {}
files = [
{}]
",
        quoted(&name),
        quoted(method.letter()),
        method.describe(),
        quoted(&hub.name),
        place.files(hub, hub_files),
    );
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (role, system, files) in systems.iter().filter(|(role, ..)| *role != Role::Hub) {
        let stands_in = sheets_are_psa && *role == Role::Sheet && taken.is_empty();
        let role = if stands_in { Role::Psa } else { *role };
        let name = if taken.contains(role.name()) { system.name.clone() } else { role.name().to_owned() };
        text.push_str(&format!(
            "\n# {}\n[[source]]\nname = {}\nsystem = {}\n",
            system.title,
            quoted(&name),
            quoted(&system.name)
        ));
        if stands_in {
            text.push_str("role = \"psa\"  # the sheets stand in for the PSA\n");
        } else if !system.roles.is_empty() {
            text.push_str(&format!("role = {}\n", quoted(role.name())));
        }
        text.push_str(&format!("files = [\n{}]\n", place.files(system, files)));
        taken.insert(name);
    }
    Ok(text)
}

/// The roles that a system has among those that were found. One that can have several has each that no other system
/// has already.
fn roles(system: &System, found: &BTreeMap<&str, (&'static System, Vec<&Recognised>)>) -> Vec<Role> {
    let is_taken = |role: &Role| {
        let mut others = found.values().filter(|(other, _)| other.name != system.name);
        others.any(|(other, _)| other.role == *role)
    };
    let free: Vec<Role> = system.roles.keys().copied().filter(|role| !is_taken(role)).collect();
    if free.is_empty() { vec![system.role] } else { free }
}

/// How the files are named in the pipeline.
struct Place<'a> {
    found: &'a [Recognised],
    /// What a path starts with, seen from the pipeline's folder; empty when it is the folder of exports.
    prefix: PathBuf,
}

impl<'a> Place<'a> {
    fn new(found: &'a [Recognised], folder: &Path, output: &Path) -> Self {
        let parent = output.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let prefix = match (folder.canonicalize(), parent.canonicalize()) {
            (Ok(folder), Ok(parent)) => folder.strip_prefix(&parent).map(Path::to_owned).unwrap_or(folder),
            _ => folder.to_owned(),
        };
        Self { found, prefix }
    }

    /// The paths of one system's files, one per line: a folder where it holds nothing else, else the files. Files of the
    /// general formats say their entity.
    fn files(&self, system: &System, files: &[&Recognised]) -> String {
        let is_general = matches!(system.name.as_str(), "csv" | "parquet");
        let mut lines: BTreeSet<String> = BTreeSet::new();
        for file in files {
            let folder = file.file.split_once('/').map(|(folder, _)| folder);
            // A workbook is named once for all of its sheets, which may be of several entities.
            let workbook = [".xlsx#", ".xlsm#"].iter().find_map(|ending| {
                let at = file.file.to_lowercase().find(ending)?;
                file.file.get(..at + ending.len() - 1)
            });
            let line = match (folder, file.entity) {
                (Some(folder), _) if self.is_only_of(folder, system) => quoted(&self.path(folder)),
                _ if workbook.is_some() => quoted(&self.path(workbook.unwrap_or_default())),
                (_, Some(entity)) if is_general => {
                    format!(
                        "{{ path = {}, entity = {} }}",
                        quoted(&self.path(&file.file)),
                        quoted(entity.table())
                    )
                }
                _ => quoted(&self.path(&file.file)),
            };
            lines.insert(line);
        }
        lines.iter().map(|line| format!("    {line},\n")).collect()
    }

    /// Whether everything below `folder` that a run would open is of `system`.
    fn is_only_of(&self, folder: &str, system: &System) -> bool {
        self.found
            .iter()
            .filter(|file| file.file.split_once('/').is_some_and(|(first, _)| first == folder))
            .all(|file| match file.system {
                Some(other) => other.name == system.name,
                // A file that nobody knows would stop the run, but where the system's exports hold others.
                None => !file.is_opened || system.others.is_some(),
            })
    }

    fn path(&self, name: &str) -> String {
        let path = self.prefix.join(name);
        path.to_string_lossy().replace('\\', "/")
    }
}

/// A text as a TOML string. JSON escapes what TOML does, and in the same way.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
