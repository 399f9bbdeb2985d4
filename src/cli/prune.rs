//! `matchbook prune`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::pipeline;
use crate::report::Printer;
use crate::report::words::{count, list};
use crate::warehouse;

/// Remove old runs from the warehouse
#[derive(Debug, Args)]
#[command(long_about = "Remove old runs from the warehouse.

The last completed run stays in any case: the next run compares itself with it.

Examples:
  matchbook prune clients.toml --keep 30")]
pub(super) struct PruneArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// How many runs stay, the newest ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
}

impl PruneArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let keep = usize::try_from(self.keep).unwrap_or(usize::MAX);
        let pruned = warehouse::prune(&pipeline.warehouse, keep)?;
        let kept = count(pruned.kept.len() as u64, "run");
        if pruned.dropped.is_empty() {
            printer.note(&format!("nothing to remove, the warehouse has {kept}"));
        } else {
            let dropped: Vec<String> = pruned.dropped.iter().map(ToString::to_string).collect();
            let noun = crate::report::words::plural(dropped.len() as u64, "run");
            printer.note(&format!("removed {noun} {}; {kept} left", list(&dropped)));
        }
        Ok(exit_code::DONE)
    }
}
