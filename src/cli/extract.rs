//! `matchbook extract`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::api::{Extraction, ExtractionOptions, extract};
use crate::pipeline::{self, Pipeline};
use crate::report::words::list;
use crate::report::{Extracting, Lines, Printer, extraction};

/// Read the sources that have an interface into snapshots
#[derive(Debug, Args)]
#[command(long_about = "Read the sources that have an interface into snapshots.

Nothing is changed in any vendor's system. A run uses the newest complete snapshot of every source. A source that fails
leaves the others as they are. An extraction that was stopped goes on where it was: sources that it had completed are not
read again within 12 hours of its begin, the others go on within 24.

Examples:
  matchbook extract clients.toml
  matchbook extract clients.toml --source psa        read this source alone
  matchbook extract clients.toml --full              read everything, also where changes would do")]
pub(super) struct ExtractArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Read this source only; may be given several times
    #[arg(long, value_name = "NAME", help_heading = "Narrow")]
    source: Vec<String>,
    /// Read everything, also where only changes would be asked for
    #[arg(long)]
    full: bool,
    /// Begin anew instead of going on with what was stopped; reads every source
    #[arg(long)]
    restart: bool,
    /// Write events and the summary as JSON lines
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl ExtractArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let options = ExtractionOptions {
            sources: self.source,
            full: self.full,
            restart: self.restart,
            is_done_without_optional: false,
        };
        let load = || -> Result<Pipeline, Failure> {
            let pipeline = pipeline::load(&self.pipeline)?;
            check_sources(&pipeline, &options.sources)?;
            Ok(pipeline)
        };
        let done = if self.json {
            let lines = Lines::new(printer);
            match load() {
                Ok(pipeline) => reported(&pipeline, &options, &lines),
                Err(failure) => {
                    lines.error(failure.code(), &failure.message(), failure.advice());
                    return Err(failure);
                }
            }
        } else {
            let pipeline = load()?;
            let done = told(&pipeline, &options, printer);
            extraction::tell_again(&done, &self.pipeline.display().to_string(), printer);
            done
        };
        let is_good = done.sources.iter().all(|source| source.outcome.is_ok());
        Ok(if is_good { exit_code::DONE } else { exit_code::UNREADABLE_SOURCE })
    }
}

/// Extracts, and tells a person.
pub(super) fn told(pipeline: &Pipeline, options: &ExtractionOptions, printer: &Printer) -> Extraction {
    let progress = Extracting::new(printer);
    let done = extract(pipeline, options, &progress);
    drop(progress);
    extraction::tell(&done, &pipeline.path.display().to_string(), printer);
    done
}

/// Extracts before a run, the hub and `source` alone where one is named. A source that is not optional and fails ends the
/// run.
pub(super) fn fresh(
    pipeline: &Pipeline,
    source: Option<&str>,
    extract: impl FnOnce(&ExtractionOptions) -> Extraction,
) -> Result<(), Failure> {
    let sources: Vec<String> = match source {
        None => Vec::new(),
        Some(name) => {
            let wanted = pipeline.sources.iter().filter(|own| own.api.is_some());
            let hub = pipeline.hub().name.as_str();
            wanted.map(|own| own.name.clone()).filter(|own| own == name || own == hub).collect()
        }
    };
    // Names that there are not are the run's to report.
    if source.is_some() && sources.is_empty() {
        return Ok(());
    }
    if source.is_none() {
        check_sources(pipeline, &sources)?;
    }
    // A run goes on without optional sources.
    let options =
        ExtractionOptions { sources, is_done_without_optional: true, ..ExtractionOptions::default() };
    let done = extract(&options);
    let is_optional =
        |name: &str| pipeline.sources.iter().any(|source| source.name == name && source.optional);
    let failed: Vec<String> = done
        .sources
        .iter()
        .filter(|source| source.outcome.is_err() && !is_optional(&source.source))
        .map(|source| format!("`{}`", source.source))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let again = extraction::again(&done, &pipeline.path.display().to_string());
    Err(Failure::new(
        exit_code::UNREADABLE_SOURCE,
        format!("{} could not be extracted, so nothing was run", list(&failed)),
    )
    .hint(format!(
        "go on with `{}`, or run without `--fresh` on the snapshots that there are",
        again.unwrap_or_default()
    )))
}

/// Refuses names that the pipeline does not have, and a pipeline without interfaces.
pub(super) fn check_sources(pipeline: &Pipeline, names: &[String]) -> Result<(), Failure> {
    let with_api = || pipeline.sources.iter().filter(|source| source.api.is_some());
    if with_api().next().is_none() {
        let message = format!("no source of {} is read over an interface", pipeline.path.display());
        return Err(Failure::usage(message)
            .hint("give one `[source.api]` in place of `files`; `pipelines/reference.toml` shows how"));
    }
    if let Some(name) = names.iter().find(|name| !with_api().any(|source| source.name == **name)) {
        let known: Vec<String> = with_api().map(|source| format!("`{}`", source.name)).collect();
        let is_there = pipeline.sources.iter().any(|source| source.name == *name);
        let message = if is_there {
            format!("the source `{name}` is read from files")
        } else {
            format!("no source is called `{name}`")
        };
        return Err(Failure::usage(message).hint(format!("read over an interface: {}", list(&known))));
    }
    Ok(())
}

/// Extracts, and writes what happens as lines.
pub(super) fn reported(pipeline: &Pipeline, options: &ExtractionOptions, lines: &Lines<'_>) -> Extraction {
    let done = extract(pipeline, options, lines);
    lines.extraction(&done);
    done
}
