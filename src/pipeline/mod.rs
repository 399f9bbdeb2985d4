//! The pipeline file: first what the user wrote ([`keys`](known_keys) says what there is), then the form that
//! the stages work with ([`settings`]), with errors that point into the file. Running the stages is not done
//! here.

mod accounts;
mod api;
mod cases;
mod codes;
mod creates;
pub mod decisions;
mod errors;
mod json;
mod keys;
mod links;
mod ownership;
mod profile;
mod reading;
mod resolve;
mod roster;
pub mod settings;
mod sources;
mod tiers;
mod written;

use std::path::Path;

use toml::de::DeTable;

pub use accounts::{AccountSetting, Accounts, AssetType, Licenses, PrimaryEmail, SkipList};
pub use codes::Code;
pub use creates::{Constant, Creates};
pub use errors::{PipelineError, PipelineErrors};
pub use keys::known_keys;
pub use links::UNTYPED_PSA_LINK;
pub use reading::{DateOrder, Reading};
pub use settings::*;
pub use tiers::Preset;

pub(crate) use errors::read_text;
use errors::{Faults, ReadFault};
use written::Section;

/// The largest pipeline file that is read. A written one is a few kilobytes.
const LARGEST: u64 = 16 << 20;

/// Reads the pipeline in the file `path`.
///
/// # Errors
/// Everything that is wrong with the file, at once.
pub fn load(path: &Path) -> Result<Pipeline, PipelineErrors> {
    let mut faults = Faults::default();
    match read_text(path, LARGEST) {
        Ok(text) => parse(path, &text),
        Err(why) => {
            let fault = faults.add_to_file(Code::Unreadable, format!("the pipeline cannot be read: {why}"));
            if matches!(why, ReadFault::Missing) {
                fault.hint("`matchbook init FOLDER` writes a pipeline for a folder of exports");
            }
            Err(faults.into_errors(path, ""))
        }
    }
}

/// Reads the pipeline in `text`, which is the content of the file `path`.
///
/// # Errors
/// Everything that is wrong with the text, at once.
pub fn parse(path: &Path, text: &str) -> Result<Pipeline, PipelineErrors> {
    let mut faults = Faults::default();
    // Spreadsheet programs and editors on Windows may start a file with a byte order mark; the parser passes
    // over it.
    let (table, syntax) = DeTable::parse_recoverable(text);
    let root = Section::new(table.get_ref(), 0..0);
    written::check(&root, keys::PIPELINE, "a pipeline", &mut faults);
    let pipeline = resolve::pipeline(path, text, &root, &mut faults);
    report_syntax(&syntax, text, &mut faults);
    if faults.is_empty() { Ok(pipeline) } else { Err(faults.into_errors(path, text)) }
}

/// Adds the parser's errors. What it could not read is not missing, and a line that is no TOML means nothing,
/// so the errors that only follow from them are dropped.
fn report_syntax(syntax: &[toml::de::Error], text: &str, faults: &mut Faults) {
    if syntax.is_empty() {
        return;
    }
    let line_of = |position: usize| text.get(..position).map_or(0, |before| before.matches('\n').count());
    let broken: Vec<usize> = syntax.iter().filter_map(|error| Some(line_of(error.span()?.start))).collect();
    faults.retain(|error| {
        !matches!(error.code, Code::MissingKey | Code::MethodNeeds | Code::UnknownSource | Code::UnknownOwner)
            && !error.span.as_ref().is_some_and(|span| broken.contains(&line_of(span.start)))
    });
    for error in syntax {
        let span = error.span().unwrap_or(0..0);
        faults.add(Code::Syntax, span, error.message().to_owned());
    }
    hide_credentials(text, faults);
}

/// Keeps the values of lines that look like credentials out of the messages, where the parser cannot tell
/// them apart.
fn hide_credentials(text: &str, faults: &mut Faults) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((key, _)) = line.split_once('=')
            && written::looks_like_credential(key)
        {
            faults.hide(start + key.len() + 1..start + line.trim_end().len());
        }
        start += line.len();
    }
}
