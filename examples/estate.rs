//! Writes an estate of any size in the vendors' own file shapes, with a pipeline that runs on it and a table that says
//! which records are the same device.
//!
//! ```text
//! cargo run --release --example estate -- --configurations 1000000 --organization-size 500 --seed 7 --out estate
//! cargo run --release -- run estate/pipeline.toml
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

#[path = "estate/mod.rs"]
mod generator;

use generator::{Clones, Format, Spec};

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
    /// Every serial number is shared by four devices: the worst that matching can meet.
    #[arg(long, conflicts_with = "shared_serials")]
    every_serial_shared: bool,
}

impl Arguments {
    fn spec(&self) -> Spec {
        Spec {
            configurations: self.configurations,
            organization_size: if self.tiny { 10 } else { self.organization_size.max(1) },
            seed: self.seed,
            has_giant: self.skew,
            clones: match (self.every_serial_shared, self.shared_serials) {
                (true, _) => Clones::All,
                (false, true) => Clones::Tenth,
                (false, false) => Clones::Few,
            },
        }
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program of its own")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let format = if arguments.json { Format::Json } else { Format::Csv };
    match generator::write(&arguments.out, &arguments.spec(), format) {
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
