//! `matchbook decide`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::{exit_code, suggestions};
use crate::matching::{Decision, DecisionKind};
use crate::model::Entity;
use crate::pipeline::{self, Pipeline};
use crate::report::table::Columns;
use crate::report::{Printer, Text};
use crate::run::{self, RunError, Stage, explain};

/// Add a decision about a record, or accept suggestions
#[derive(Debug, Args)]
#[command(
    long_about = "Add a decision about a record to the pipeline's decisions file, or accept suggestions.

Decisions win over every rule from the next run on. The last row about a record wins, so a decision is taken back
by another one.

Examples:
  matchbook decide clients.toml match psa/250 1042 --note \"renamed\"   the record is the hub's row 1042
  matchbook decide clients.toml never rmm/17 2051                     it never is
  matchbook decide clients.toml ignore psa/251                        leave it out
  matchbook decide clients.toml create psa/252                        it is new
  matchbook decide clients.toml --accept-suggestions --min-score 0.95"
)]
pub(super) struct DecideArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// What is decided
    #[arg(value_enum, value_name = "DECISION", required_unless_present = "accept_suggestions")]
    decision: Option<Kind>,
    /// The record: the source's name and the record's id
    #[arg(value_name = "SOURCE/RECORD-ID", required_unless_present = "accept_suggestions")]
    record: Option<String>,
    /// For match and never: the hub's id, or SOURCE/RECORD-ID of a record that the hub has no row of
    #[arg(value_name = "HUB-ID", required_if_eq_any([("decision", "match"), ("decision", "never")]))]
    hub_id: Option<String>,
    /// The entity, where records of several have this id
    #[arg(long, value_name = "ENTITY", value_parser = super::entity)]
    entity: Option<Entity>,
    /// A note for whoever reads the file
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Who decides; the user's name by default
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Match every record without a counterpart with its best suggestion
    #[arg(long, requires = "min_score", conflicts_with_all = ["decision", "record", "hub_id"], help_heading = "Suggestions")]
    accept_suggestions: bool,
    /// The least score of a suggestion that is accepted, 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = score, requires = "accept_suggestions", help_heading = "Suggestions")]
    min_score: Option<f32>,
    /// Write without asking
    #[arg(long, short, help_heading = "Suggestions")]
    yes: bool,
}

/// A decision, as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The record is the one named
    Match,
    /// The record is never the one named
    Never,
    /// The record is left out
    Ignore,
    /// The record is new
    Create,
}

impl Kind {
    const fn decision(self) -> DecisionKind {
        match self {
            Self::Match => DecisionKind::Match,
            Self::Never => DecisionKind::Never,
            Self::Ignore => DecisionKind::Ignore,
            Self::Create => DecisionKind::Create,
        }
    }
}

fn score(text: &str) -> Result<f32, String> {
    let score: f32 = text.parse().map_err(|_| "it takes a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&score) { Ok(score) } else { Err("it takes a number from 0 to 1".to_owned()) }
}

impl DecideArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        // What cannot be read cannot be added to, and a decision for a wrong file is better refused before the reading.
        let decisions = pipeline::decisions::load(&pipeline)?;
        let by = self.by.clone().unwrap_or_else(user);
        if let (Some(kind), Some(record)) = (self.decision, &self.record) {
            self.add(kind.decision(), record, by, &pipeline, printer)
        } else {
            let least = self.min_score.unwrap_or(1.0);
            accept(&pipeline, &decisions, least, &by, self.yes, printer)
        }
    }

    fn add(
        &self,
        kind: DecisionKind,
        wanted: &str,
        by: String,
        pipeline: &Pipeline,
        printer: &Printer,
    ) -> Result<u8, Failure> {
        let names_row = matches!(kind, DecisionKind::Match | DecisionKind::Never);
        if let (false, Some(hub_id)) = (names_row, &self.hub_id) {
            let message = format!("`{}` takes no hub id, and `{hub_id}` is given", kind.name());
            return Err(Failure::usage(message));
        }
        let reporter = Text::new(printer);
        let work = run::work(pipeline, &[], None, Stage::Extract, &reporter)?;
        drop(reporter);
        let tables = &work.extracted.tables;
        let (entity, record) = explain::find(pipeline, tables, wanted, self.entity)?;
        if record.source == 0 {
            return Err(Failure::usage(format!(
                "`{wanted}` is a row of the hub, and those are not decided on"
            ))
            .hint("name the record of the source first, and the hub's id after it"));
        }
        let hub_id = self.hub_id.clone().unwrap_or_default();
        if names_row && !exists(pipeline, tables, entity, &hub_id) {
            return Err(Failure::usage(format!("the hub has no {entity} with the id `{hub_id}`"))
                .hint("give the hub's id, or SOURCE/RECORD-ID of a record that the hub has no row of"));
        }
        let decision = Decision {
            line: 0,
            entity,
            source: pipeline.sources[usize::from(record.source)].name.clone(),
            record_id: tables.id(entity, record).to_owned(),
            kind,
            hub_id,
            note: self.note.clone(),
            by,
            at: now(),
        };
        pipeline::decisions::append(pipeline, std::slice::from_ref(&decision))?;
        let target = if decision.hub_id.is_empty() { String::new() } else { format!(" {}", decision.hub_id) };
        printer.note(&format!(
            "added to {}: {entity} {wanted} {}{target}; it counts from the next run on",
            pipeline.decisions.display(),
            kind.name()
        ));
        Ok(exit_code::DONE)
    }
}

/// Whether a decision may name `hub_id`: a row of the hub, or a record of a source.
fn exists(pipeline: &Pipeline, tables: &crate::model::Tables, entity: Entity, hub_id: &str) -> bool {
    let hub = format!("{}/{hub_id}", pipeline.hub().name);
    [hub.as_str(), hub_id].iter().any(|name| explain::find(pipeline, tables, name, Some(entity)).is_ok())
}

/// Shows the suggestions that would be accepted, asks, and writes them.
fn accept(
    pipeline: &Pipeline,
    decisions: &[Decision],
    least: f32,
    by: &str,
    yes: bool,
    printer: &Printer,
) -> Result<u8, Failure> {
    let reporter = Text::new(printer);
    let work =
        run::work(pipeline, decisions, None, Stage::Match, &reporter).map_err(|error| match error {
            RunError::Decisions(errors) => Failure::from(errors),
            error => error.into(),
        })?;
    drop(reporter);
    let accepted = suggestions::accept(pipeline, &work, decisions, least);
    if accepted.is_empty() {
        printer.note(&format!("no suggestion of score {least} or more is clear enough to be accepted"));
        return Ok(exit_code::DONE);
    }
    let mut columns =
        Columns::new(&["entity", "record", "name", "hub id", "name there", ">score", "because"]);
    for suggestion in &accepted {
        columns.row([
            suggestion.entity.name().to_owned(),
            format!("{}/{}", suggestion.source, suggestion.record_id),
            suggestion.name.clone(),
            suggestion.hub_id.clone(),
            suggestion.hub_name.clone(),
            format!("{:.2}", suggestion.score),
            suggestion.reason.clone(),
        ]);
    }
    printer.data(&columns.render(printer.out_paint()));
    let rows = crate::report::words::count(accepted.len() as u64, "decision");
    let file = pipeline.decisions.display();
    if !yes {
        if !printer.can_ask() {
            return Err(Failure::usage(format!("nothing was written: {rows} would be added to {file}"))
                .hint("there is no terminal to ask on; add `--yes` to write without asking"));
        }
        if !printer.ask(&format!("add {rows} to {file}?")) {
            printer.note("nothing was written");
            return Ok(exit_code::DONE);
        }
    }
    let at = now();
    let added: Vec<Decision> =
        accepted.into_iter().map(|suggestion| suggestion.into_decision(by, &at)).collect();
    pipeline::decisions::append(pipeline, &added)?;
    let count = if added.len() == 1 { "it counts" } else { "they count" };
    printer.note(&format!("added {rows} to {file}; {count} from the next run on"));
    Ok(exit_code::DONE)
}

/// The name of the user, as the system has it.
fn user() -> String {
    ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default()
}

/// The time in UTC, to the second.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
