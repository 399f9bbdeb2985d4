//! `matchbook junk`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::normalize::JunkList;
use crate::pipeline::{self, JunkAdditions};
use crate::report::{Printer, Tone};

/// Show the values that identify nothing
#[derive(Debug, Args)]
#[command(
    long_about = "Show the values that identify nothing: serial numbers, MAC addresses, interfaces, host names, models.

They are compared without letter case and surrounding punctuation. A pipeline adds its own under `[junk]`.

Examples:
  matchbook junk
  matchbook junk clients.toml     with the additions of a pipeline"
)]
pub(super) struct JunkArgs {
    /// A pipeline file whose additions are shown too
    #[arg(value_name = "PIPELINE")]
    pipeline: Option<PathBuf>,
}

impl JunkArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let list = match &self.pipeline {
            Some(path) => JunkList::with(&pipeline::load(path)?.junk),
            None => JunkList::with(&JunkAdditions::default()),
        };
        let sections: [(&str, &[String]); 8] = [
            ("serials", &list.serials),
            ("serial_patterns", &list.serial_patterns),
            ("macs", &list.macs),
            ("interfaces", &list.interfaces),
            ("hostnames", &list.hostnames),
            ("models", &list.models),
            ("manufacturers", &list.manufacturers),
            ("ips", &list.ips),
        ];
        let mut text = String::new();
        for (name, values) in sections {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&printer.out_paint().paint(Tone::Heading, name));
            text.push('\n');
            for value in values {
                text.push_str("  ");
                text.push_str(value);
                text.push('\n');
            }
        }
        printer.data(&text);
        Ok(exit_code::DONE)
    }
}
