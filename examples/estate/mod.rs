//! The generator of estates: the world, and the files that it is written to with a pipeline that runs and a table of the
//! truth. The example and the benches share it.

mod csv_files;
mod json_files;
mod rng;
mod rows;
mod words;
mod world;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use csv_files::CsvFiles;
use json_files::JsonFiles;
use rows::{ContactRow, DeviceRow, LocationRow, OrganizationRow, Sink, System};
pub use world::{Clones, Spec};

/// What kind of files the systems deliver.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// The hub's account export, and device and company lists.
    Csv,
    /// Saved API documents.
    Json,
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

/// Writes an estate into `folder`, which is made if need be.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path, spec: &Spec, format: Format) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("pipeline.toml"), PIPELINE)?;
    let mut truth = BufWriter::new(File::create(folder.join("truth.csv"))?);
    writeln!(truth, "source,record_id,device")?;
    match format {
        Format::Csv => {
            let mut all = WithTruth { sink: CsvFiles::create(folder)?, truth };
            world::generate(spec, &mut all)?;
            all.sink.finish()?;
            all.truth.flush()
        }
        Format::Json => {
            let mut all = WithTruth { sink: JsonFiles::create(folder)?, truth };
            world::generate(spec, &mut all)?;
            all.sink.finish()?;
            all.truth.flush()
        }
    }
}
