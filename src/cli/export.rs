//! `matchbook export`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::pipeline;
use crate::report::Printer;
use crate::report::table::Columns;
use crate::report::words::thousands;
use crate::warehouse::{self, Format};

/// Write every table of the warehouse as Parquet or CSV
#[derive(Debug, Args)]
#[command(long_about = "Write every table of the warehouse as Parquet or CSV, into a new or empty folder.

Cells of a CSV file that a spreadsheet would take for a formula get an apostrophe in front.

Examples:
  matchbook export clients.toml --parquet out/
  matchbook export clients.toml --parquet out/ --partition-by-organization
  matchbook export clients.toml --csv out/")]
pub(super) struct ExportArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Write one folder per organization for the tables that have rows of organizations
    #[arg(long)]
    partition_by_organization: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Write Parquet files into this folder
    #[arg(long, value_name = "DIR")]
    parquet: Option<PathBuf>,
    /// Write CSV files into this folder
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
}

impl ExportArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let (folder, format) = match (self.target.parquet, self.target.csv) {
            (Some(folder), _) => (folder, Format::Parquet),
            (None, Some(folder)) => (folder, Format::Csv),
            (None, None) => return Err(Failure::usage("say where to: `--parquet DIR` or `--csv DIR`")),
        };
        let exported =
            warehouse::export(&pipeline.warehouse, &folder, format, self.partition_by_organization)?;
        let mut columns = Columns::new(&["table", ">rows", "path"]);
        for table in &exported {
            columns.row([table.table.clone(), thousands(table.rows), table.path.display().to_string()]);
        }
        printer.report(&columns.render(printer.out_paint()));
        Ok(exit_code::DONE)
    }
}
