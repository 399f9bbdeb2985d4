//! The command line: what the user wrote, one file per subcommand.
//!
//! A command reads its arguments, calls the stages, and hands what they made to `report`. It returns an exit code of
//! [`exit_code`], or a [`Failure`] that [`main`] reports. Nothing here computes.

mod check;
mod completions;
mod decide;
mod doctor;
pub mod exit_code;
mod explain;
mod export;
mod extract;
mod failure;
mod init;
mod junk;
mod noticed;
mod prune;
mod query;
mod report;
mod run;
mod snapshots;
mod suggestions;
mod systems;

use std::panic;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, Parser, Subcommand};

use crate::model::Entity;
use crate::report::{Colour, Level, Printer};
use failure::Failure;

/// The commands in groups; clap lists subcommands in one.
const COMMANDS: &str = "\
Start:
  init         Write a pipeline for a folder of exports
  check        Validate a pipeline, its decisions and its files, and run its test cases
  doctor       Sign in to every system, and say what stands in the way
  extract      Read the sources that have an interface into snapshots
  run          Read, match, compare and plan, and write the warehouse

Ask:
  query        Ask the warehouse in SQL; without SQL, list its tables and views
  explain      Say why a record ended as it did
  report       Write the integration report of the last run
  export       Write every table of the warehouse as Parquet or CSV

Decide:
  decide       Add a decision about a record, or accept suggestions

Look up:
  systems      Show what every system reads, syncs, requires and refuses
  junk         Show the values that identify nothing

Keep house:
  prune        Remove old runs from the warehouse
  snapshots    List the snapshots of sources, or remove old ones
  completions  Write the completions of a shell
  help         Print help, also for one command";

/// Matches the records of a managed service provider across its systems, and says what each should say
#[derive(Debug, Parser)]
#[command(
    name = "matchbook",
    version,
    long_about = "Matches the records of a managed service provider across its systems, and says what each should say.

Examples:
  matchbook init ~/exports --output clients.toml
  matchbook run clients.toml
  matchbook query clients.toml \"FROM unmatched\"
  matchbook explain clients.toml psa/250",
    help_template = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}",
    after_help = COMMANDS,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: Output,
}

/// How much is said, and how.
#[derive(Debug, Args)]
struct Output {
    /// Say nothing but errors and data
    #[arg(long, short, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Say what every stage and every file came to
    #[arg(long, short, global = true, help_heading = "Output")]
    verbose: bool,
    /// When to use colour; `NO_COLOR` is respected
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Check(check::CheckArgs),
    Doctor(doctor::DoctorArgs),
    Extract(extract::ExtractArgs),
    Run(run::RunArgs),
    Query(query::QueryArgs),
    Explain(explain::ExplainArgs),
    Report(report::ReportArgs),
    Export(export::ExportArgs),
    Decide(decide::DecideArgs),
    Systems(systems::SystemsArgs),
    Junk(junk::JunkArgs),
    Prune(prune::PruneArgs),
    Snapshots(snapshots::SnapshotsArgs),
    Completions(completions::CompletionsArgs),
}

/// Runs the program: parses the arguments, runs the command, reports its failure.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = match (cli.output.quiet, cli.output.verbose) {
        (true, _) => Level::Quiet,
        (_, true) => Level::Verbose,
        _ => Level::Normal,
    };
    let printer = Printer::new(level, cli.output.color);
    let said = catch_panics();
    let done = panic::catch_unwind(panic::AssertUnwindSafe(|| cli.command.run(&printer)));
    let code = match done {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => failure.report(&printer),
        Err(_) => {
            let said = said.lock().unwrap_or_else(PoisonError::into_inner);
            Failure::unexpected(&said).report(&printer)
        }
    };
    match printer.take_failure() {
        Some(error) => {
            let message = format!("standard output cannot be written: {error}");
            Failure::new(exit_code::WAREHOUSE, message).report(&printer).into()
        }
        None => code.into(),
    }
}

/// Keeps what the first panic says. A panic is a bug: the user gets one line and where to report it, not a backtrace.
fn catch_panics() -> Arc<Mutex<String>> {
    let said = Arc::new(Mutex::new(String::new()));
    let keeper = Arc::clone(&said);
    panic::set_hook(Box::new(move |info| {
        let mut said = keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_empty() {
            *said = info.to_string().replace('\n', " ");
        }
    }));
    said
}

/// Reads an entity, singular or plural.
fn entity(name: &str) -> Result<Entity, String> {
    let all = || Entity::ALL.map(Entity::name).join(", ");
    Entity::parse(name).ok_or_else(|| format!("it takes one of {}", all()))
}

impl Command {
    fn run(self, printer: &Printer) -> Result<u8, Failure> {
        match self {
            Self::Init(args) => args.run(printer),
            Self::Check(args) => args.run(printer),
            Self::Doctor(args) => args.run(printer),
            Self::Extract(args) => args.run(printer),
            Self::Run(args) => args.run(printer),
            Self::Query(args) => args.run(printer),
            Self::Explain(args) => args.run(printer),
            Self::Report(args) => args.run(printer),
            Self::Export(args) => args.run(printer),
            Self::Decide(args) => args.run(printer),
            Self::Systems(args) => args.run(printer),
            Self::Junk(args) => args.run(printer),
            Self::Prune(args) => args.run(printer),
            Self::Snapshots(args) => args.run(printer),
            Self::Completions(args) => Ok(args.run(printer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_groups_name_every_command() {
        for command in Cli::command().get_subcommands() {
            let line = format!("\n  {} ", command.get_name());
            assert!(COMMANDS.contains(&line), "{} is in no group", command.get_name());
        }
    }
}
