//! `matchbook run`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::extract;
use super::failure::Failure;
use crate::pipeline;
use crate::report::{Lines, Printer, Text, render_summary, render_timings};
use crate::run::{self, RunOptions, RunSummary, Stage, Status};

/// Read, match, compare and plan, and write the warehouse
#[derive(Debug, Args)]
#[command(long_about = "Read, match, compare and plan, and write the warehouse.

Nothing is changed in any vendor's system. A run writes all of its tables or none.

Examples:
  matchbook run clients.toml
  matchbook run clients.toml --fresh                     extract first
  matchbook run clients.toml --until match               stop after matching, write nothing
  matchbook run clients.toml --organization \"Acme Corp\"  report on one client, write nothing
  matchbook run clients.toml --json | jq 'select(.type == \"summary\")'")]
#[expect(clippy::struct_excessive_bools, reason = "the options of a command are independent of each other")]
pub(super) struct RunArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Extract first: read the sources that have an interface into new snapshots
    #[arg(long)]
    fresh: bool,
    /// Stop after this stage; the warehouse is only written by the last
    #[arg(long, value_enum, value_name = "STAGE", help_heading = "Narrow")]
    until: Option<Stage>,
    /// Read the hub and this source only; the warehouse is not written
    #[arg(long, value_name = "NAME", help_heading = "Narrow")]
    source: Option<String>,
    /// Report on this organization only, by name or SOURCE/RECORD-ID; the warehouse is not written
    #[arg(long, value_name = "NAME", help_heading = "Narrow")]
    organization: Option<String>,
    /// Accept that a source has far fewer records than in the last run
    #[arg(long, visible_alias = "yes", alias = "confirm", help_heading = "Safety")]
    confirm_shrink: bool,
    /// Write events and the summary as JSON lines
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print what every stage cost: time, processor time, and the most memory up to its end
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    timings: bool,
    /// Exit with 1 when anything differs
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
}

impl RunArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let options = RunOptions {
            until: self.until,
            source: self.source,
            organization: self.organization,
            confirm_shrink: self.confirm_shrink,
        };
        if options.organization.is_some() && options.last_stage() < Stage::Match {
            return Err(Failure::usage("`--organization` needs matching, so it cannot stop before `match`"));
        }
        let load = || pipeline::load(&self.pipeline).map_err(Failure::from);
        let summary = if self.json {
            let lines = Lines::new(printer);
            let done = load().and_then(|pipeline| {
                if self.fresh {
                    extract::fresh(&pipeline, options.source.as_deref(), |wanted| {
                        extract::reported(&pipeline, wanted, &lines)
                    })?;
                }
                Ok(run::run(&pipeline, &options, &lines)?)
            });
            match done {
                Ok(summary) => {
                    lines.summary(&summary);
                    summary
                }
                Err(failure) => {
                    lines.error(failure.code(), &failure.message(), failure.advice());
                    return Err(failure);
                }
            }
        } else {
            let pipeline = load()?;
            if self.fresh {
                extract::fresh(&pipeline, options.source.as_deref(), |wanted| {
                    extract::told(&pipeline, wanted, printer)
                })?;
            }
            let text = Text::new(printer);
            let summary = run::run(&pipeline, &options, &text)?;
            drop(text);
            let written = self.pipeline.display().to_string();
            if self.timings {
                printer.report(&render_timings(&summary.timings, printer.out_paint()));
            }
            printer.report(&render_summary(&summary, &written, printer.out_paint()));
            summary
        };
        Ok(code(&summary, self.exit_code))
    }
}

/// A held run says so before a difference does: the differences are those of an outage.
fn code(summary: &RunSummary, wants_differences: bool) -> u8 {
    match summary.status {
        Status::Held => exit_code::HELD,
        _ if wants_differences && summary.has_differences() => exit_code::DIFFERENCES,
        _ => exit_code::DONE,
    }
}
