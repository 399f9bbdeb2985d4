//! `matchbook explain`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::model::Entity;
use crate::pipeline;
use crate::report::{Printer, Text, render_explanation};
use crate::run::{self, Stage, explain};

/// Say why a record ended as it did
#[derive(Debug, Args)]
#[command(
    long_about = "Say why a record ended as it did: its keys, the tiers in order, who else holds them, the candidates,
each field's owner, and each plan step with what holds it.

The sources are read again, and nothing is written.

Examples:
  matchbook explain clients.toml psa/250                      why a company is not matched
  matchbook explain clients.toml hub/77 --entity organization why it does not show up in the PSA"
)]
pub(super) struct ExplainArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// The record: the source's name and the record's id
    #[arg(value_name = "SOURCE/RECORD-ID")]
    record: String,
    /// The entity, where records of several have this id
    #[arg(long, value_name = "ENTITY", value_parser = super::entity)]
    entity: Option<Entity>,
    /// Write one JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl ExplainArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let decisions = pipeline::decisions::load(&pipeline)?;
        let previous = run::previous(&pipeline)?;
        let reporter = Text::new(printer);
        let work = run::work(&pipeline, &decisions, previous.as_ref(), Stage::Plan, &reporter)?;
        drop(reporter);
        let (entity, record) = explain::find(&pipeline, &work.extracted.tables, &self.record, self.entity)?;
        let Some(explanation) = explain::explain(&pipeline, &work, previous.as_ref(), entity, record) else {
            return Err(Failure::unexpected("a record was read and not matched"));
        };
        if self.json {
            let text = serde_json::to_string_pretty(&explanation)
                .map_err(|error| Failure::unexpected(&error.to_string()))?;
            printer.line(&text);
        } else {
            printer.data(&render_explanation(&explanation, printer.out_paint()));
        }
        Ok(exit_code::DONE)
    }
}
