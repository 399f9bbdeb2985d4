//! `matchbook snapshots`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit_code;
use super::failure::Failure;
use crate::api::ApiError;
use crate::api::snapshot::{Held, Kind, Pruned, State, held, prune};
use crate::pipeline::{self, Pipeline};
use crate::report::table::Columns;
use crate::report::words::{count, list, one_line, size, thousands};
use crate::report::{Printer, Tone};

/// List the snapshots of sources, or remove old ones
#[derive(Debug, Args)]
#[command(long_about = "List the snapshots of sources, or remove old ones.

A snapshot holds every answer of one extraction of a source as it was received. A run reads the newest complete one, with
those that it builds on where it holds changes only.

Examples:
  matchbook snapshots list clients.toml
  matchbook snapshots list clients.toml --verify
  matchbook snapshots prune clients.toml --keep 7")]
pub(super) struct SnapshotsArgs {
    #[command(subcommand)]
    command: Snapshots,
}

#[derive(Debug, Subcommand)]
enum Snapshots {
    List(ListArgs),
    Prune(PruneArgs),
}

/// List the snapshots of every source, oldest first
#[derive(Debug, Args)]
struct ListArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Only the snapshots of this source
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Compare the answers with their checksums too; damage is an error
    #[arg(long)]
    verify: bool,
    /// Write one JSON object per snapshot
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Remove all but the newest complete snapshots of every source
#[derive(Debug, Args)]
#[command(long_about = "Remove all but the newest complete snapshots of every source.

What they build on stays too. What an interrupted extraction left goes when a complete snapshot is newer, and nothing
goes while an extraction writes. A damaged snapshot counts as none, and stays.

Examples:
  matchbook snapshots prune clients.toml --keep 7
  matchbook snapshots prune clients.toml --keep 1 --source psa")]
struct PruneArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// How many complete snapshots stay of each source, the newest ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
    /// Only the snapshots of this source
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

impl SnapshotsArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        match self.command {
            Snapshots::List(args) => args.run(printer),
            Snapshots::Prune(args) => args.run(printer),
        }
    }
}

impl ListArgs {
    fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let mut all: Vec<(&str, Held)> = Vec::new();
        for (name, folder) in folders(&pipeline, self.source.as_deref())? {
            let held =
                held(folder, self.verify).map_err(|error| failed(exit_code::UNREADABLE_SOURCE, error))?;
            all.extend(held.into_iter().map(|held| (name, held)));
        }
        if self.json {
            for (source, held) in &all {
                printer.line(&object(source, held).to_string());
            }
        } else if !all.is_empty() {
            printer.data(&table(&all).render(printer.out_paint()));
        }
        if all.is_empty() {
            printer.note("there is no snapshot yet");
            printer.hint(
                "`matchbook extract PIPELINE` makes one of every source that is read over its interface",
            );
        }
        if !self.json {
            notes(&all, printer);
        }
        let is_damaged = all.iter().any(|(_, held)| matches!(held.state, State::Damaged(_)));
        Ok(if self.verify && is_damaged { exit_code::UNREADABLE_SOURCE } else { exit_code::DONE })
    }
}

impl PruneArgs {
    fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let keep = usize::try_from(self.keep).unwrap_or(usize::MAX);
        for (name, folder) in folders(&pipeline, self.source.as_deref())? {
            let pruned = prune(folder, keep).map_err(|error| failed(exit_code::WAREHOUSE, error))?;
            printer.note(&said(name, &pruned));
            for error in &pruned.damaged {
                printer.warning(&format!("{name}: {error}; it stays, {}", error.hint));
            }
        }
        Ok(exit_code::DONE)
    }
}

/// The sources that are read over their interfaces, or the one that is asked for, with the folders of their snapshots.
fn folders<'p>(pipeline: &'p Pipeline, only: Option<&str>) -> Result<Vec<(&'p str, &'p Path)>, Failure> {
    let names = |with_interface: bool| -> Vec<String> {
        let sources = pipeline.sources.iter().filter(|source| !with_interface || source.api.is_some());
        sources.map(|source| format!("`{}`", source.name)).collect()
    };
    if let Some(only) = only
        && !pipeline.sources.iter().any(|source| source.name == only)
    {
        return Err(Failure::usage(format!("no source is called `{only}`"))
            .hint(format!("there are {}", list(&names(false)))));
    }
    let found: Vec<(&str, &Path)> = pipeline
        .sources
        .iter()
        .filter(|source| only.is_none_or(|only| source.name == only))
        .filter_map(|source| Some((source.name.as_str(), source.api.as_ref()?.snapshots.as_path())))
        .collect();
    match (found.is_empty(), only) {
        (false, _) => Ok(found),
        (true, None) => Err(Failure::usage("no source of the pipeline is read over its interface")
            .hint("snapshots are made of sources with `api` in place of `files`")),
        (true, Some(only)) => {
            let failure = Failure::usage(format!("`{only}` is read from files, and has no snapshots"));
            let others = names(true);
            Err(if others.is_empty() {
                failure
            } else {
                failure.hint(format!("there are those of {}", list(&others)))
            })
        }
    }
}

fn failed(code: u8, error: ApiError) -> Failure {
    Failure::new(code, error.what).hint(error.hint)
}

fn table(all: &[(&str, Held)]) -> Columns {
    let headings = [
        "source",
        "snapshot",
        "started",
        "kind",
        "state",
        ">requests",
        ">answers",
        ">reused",
        ">rows",
        ">size",
        ">warnings",
    ];
    let mut columns = Columns::new(&headings);
    for (source, held) in all {
        let manifest = held.manifest.as_ref();
        let started = manifest.map(|manifest| manifest.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string());
        columns.row([
            (*source).to_owned(),
            held.name(),
            started.unwrap_or_default(),
            manifest.map(|manifest| kind(&manifest.kind)).unwrap_or_default(),
            state(&held.state).to_owned(),
            thousands(held.requests),
            thousands(held.answers),
            thousands(held.reused),
            thousands(held.rows),
            size(held.bytes),
            manifest.map_or(0, |manifest| manifest.warnings.len()).to_string(),
        ]);
    }
    columns
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Full => "full".to_owned(),
        Kind::Increment { base, .. } => format!("changes since {base}"),
    }
}

const fn state(state: &State) -> &'static str {
    match state {
        State::Complete => "complete",
        State::Partial => "partial",
        State::Damaged(_) => "damaged",
    }
}

/// Says what is damaged, and the warnings of the newest complete snapshot of every source.
fn notes(all: &[(&str, Held)], printer: &Printer) {
    let mut said: Vec<&ApiError> = Vec::new();
    for (position, (source, held)) in all.iter().enumerate() {
        if let State::Damaged(error) = &held.state
            && !said.contains(&error)
        {
            // An increment is damaged as what it builds on is.
            said.push(error);
            printer.warning(&format!("{source}: {error}; {}", error.hint));
        }
        let is_complete = |held: &Held| held.state == State::Complete;
        let is_newest = !all[position + 1..].iter().any(|(other, held)| other == source && is_complete(held));
        if is_newest && is_complete(held) {
            for warning in held.manifest.iter().flat_map(|manifest| &manifest.warnings) {
                let line = format!("{source}/{}: {}", held.name(), one_line(warning, 300));
                printer.note(&format!("  {}", printer.err_paint().paint(Tone::Faint, &line)));
            }
        }
    }
}

fn object(source: &str, held: &Held) -> serde_json::Value {
    let manifest = held.manifest.as_ref();
    let base = manifest.and_then(|manifest| match &manifest.kind {
        Kind::Full => None,
        Kind::Increment { base, .. } => Some(base.as_str()),
    });
    let damage = match &held.state {
        State::Damaged(error) => Some(error.to_string()),
        State::Complete | State::Partial => None,
    };
    json!({
        "source": source,
        "snapshot": held.name(),
        "folder": held.folder.to_string_lossy(),
        "started_at": manifest.map(|manifest| manifest.started_at.to_string()),
        "finished_at": manifest.and_then(|manifest| manifest.finished_at).map(|time| time.to_string()),
        "kind": manifest.map(|_| if base.is_some() { "increment" } else { "full" }),
        "base": base,
        "state": state(&held.state),
        "damage": damage,
        "requests": held.requests,
        "answers": held.answers,
        "reused": held.reused,
        "rows": held.rows,
        "bytes": held.bytes,
        "warnings": manifest.map(|manifest| &manifest.warnings),
    })
}

/// What pruning came to, in a sentence.
fn said(source: &str, pruned: &Pruned) -> String {
    let kept = pruned.kept.len() as u64;
    if pruned.removed.is_empty() {
        let left = if kept == 0 { "no complete snapshot".to_owned() } else { count(kept, "snapshot") };
        return format!("{source}: nothing to remove, there {} {left}", if kept > 1 { "are" } else { "is" });
    }
    let (removed, space) = (list(&pruned.removed), size(pruned.bytes));
    format!("{source}: removed {removed} ({space}); {} left", count(kept, "snapshot"))
}
