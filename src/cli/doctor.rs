//! `matchbook doctor`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::extract::check_sources;
use super::failure::Failure;
use crate::api::doctor;
use crate::pipeline::{self, Pipeline};
use crate::report::{Lines, Printer, extraction};

/// Sign in to every system, and say what stands in the way
#[derive(Debug, Args)]
#[command(long_about = "Sign in to every system, and say what stands in the way.

Every source that has an interface is asked with the least call there is: whether the credentials are taken, which
permission is missing, how far the clocks are apart, what is left of the budget, and what was not tested. Nothing is
written, here or there.

Example:
  matchbook doctor clients.toml")]
pub(super) struct DoctorArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Write what was found as JSON lines, one per source
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl DoctorArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let load = || -> Result<Pipeline, Failure> {
            let pipeline = pipeline::load(&self.pipeline)?;
            check_sources(&pipeline, &[])?;
            Ok(pipeline)
        };
        let findings = if self.json {
            let lines = Lines::new(printer);
            match load() {
                Ok(pipeline) => {
                    let findings = doctor(&pipeline);
                    lines.findings(&findings);
                    findings
                }
                Err(failure) => {
                    lines.error(failure.code(), &failure.message(), failure.advice());
                    return Err(failure);
                }
            }
        } else {
            let findings = doctor(&load()?);
            printer.data(&extraction::findings(&findings, printer.out_paint()));
            findings
        };
        let is_bad = findings.iter().any(crate::api::Finding::is_bad);
        Ok(if is_bad { exit_code::UNREADABLE_SOURCE } else { exit_code::DONE })
    }
}
