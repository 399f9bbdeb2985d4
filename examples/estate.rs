//! Writes an estate of any size in the vendors' own file shapes, with a pipeline that runs on it and a table that says
//! which records are the same device.
//!
//! ```text
//! cargo run --release --example estate -- --configurations 1000000 --organization-size 500 --seed 7 --out estate
//! cargo run --release -- run estate/pipeline.toml
//! ```

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

#[path = "estate/csv_files.rs"]
mod csv_files;
#[path = "estate/json_files.rs"]
mod json_files;
#[path = "estate/rng.rs"]
mod rng;
#[path = "estate/rows.rs"]
mod rows;
#[path = "estate/words.rs"]
mod words;
#[path = "estate/world.rs"]
mod world;

use csv_files::CsvFiles;
use json_files::JsonFiles;
use rows::{ContactRow, DeviceRow, LocationRow, OrganizationRow, Sink, System};
use world::Spec;

/// Writes a fictitious estate of hub, PSA and RMM, with a pipeline and the truth.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Arguments {
    /// Devices; each system holds about 97 % of them.
    #[arg(long, default_value_t = 10_000)]
    configurations: u64,
    /// Devices of an organization on average.
    #[arg(long, default_value_t = 500)]
    organization_size: u64,
    /// The seed; the same one gives the same files.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// Write saved API documents instead of CSV files.
    #[arg(long)]
    json: bool,
    /// One organization holds 300,000 devices (a third of all, if that is less).
    #[arg(long)]
    skew: bool,
    /// Organizations of ten devices.
    #[arg(long)]
    tiny: bool,
    /// A tenth of the devices share their serial number with a few others.
    #[arg(long)]
    shared_serials: bool,
}

/// Passes rows on and keeps the truth about devices.
struct WithTruth<S> {
    sink: S,
    truth: BufWriter<File>,
}

impl<S: Sink> Sink for WithTruth<S> {
    fn organization(&mut self, system: System, row: &OrganizationRow) -> io::Result<()> {
        self.sink.organization(system, row)
    }

    fn location(&mut self, system: System, row: &LocationRow) -> io::Result<()> {
        self.sink.location(system, row)
    }

    fn contact(&mut self, system: System, row: &ContactRow) -> io::Result<()> {
        self.sink.contact(system, row)
    }

    fn device(&mut self, system: System, row: &DeviceRow) -> io::Result<()> {
        writeln!(self.truth, "{},{},{}", system.name(), row.id, row.device)?;
        self.sink.device(system, row)
    }
}

/// The pipeline of an estate. An onboarding creates much, so creates are not limited.
const PIPELINE: &str = r#"# A generated estate.
name = "estate"
method = "B"

[hub]
system = "it-glue"
files = ["it_glue"]

[[source]]
name = "psa"
system = "connectwise"
files = ["connectwise"]

[[source]]
name = "rmm"
system = "datto-rmm"
files = ["datto_rmm"]
types = { "Desktop" = "Managed Workstation", "Server" = "Managed Server", "Network Device (Switch)" = "Network Switch" }

[limits]
creates_percent = 100
"#;

fn write(arguments: &Arguments) -> io::Result<()> {
    let spec = Spec {
        configurations: arguments.configurations,
        organization_size: if arguments.tiny { 10 } else { arguments.organization_size.max(1) },
        seed: arguments.seed,
        has_giant: arguments.skew,
        shares_serials: arguments.shared_serials,
    };
    let folder: &Path = &arguments.out;
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("pipeline.toml"), PIPELINE)?;
    let mut truth = BufWriter::new(File::create(folder.join("truth.csv"))?);
    writeln!(truth, "source,record_id,device")?;
    if arguments.json {
        let mut all = WithTruth { sink: JsonFiles::create(folder)?, truth };
        world::generate(&spec, &mut all)?;
        all.sink.finish()?;
        all.truth.flush()
    } else {
        let mut all = WithTruth { sink: CsvFiles::create(folder)?, truth };
        world::generate(&spec, &mut all)?;
        all.sink.finish()?;
        all.truth.flush()
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program of its own")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match write(&arguments) {
        Ok(()) => {
            println!("{}", arguments.out.join("pipeline.toml").display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: failed to write `{}`: {error}", arguments.out.display());
            ExitCode::FAILURE
        }
    }
}
