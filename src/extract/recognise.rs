//! What a folder of exports holds: systems and entities by file names, headings and members. For `init`.

use std::path::Path;

use super::error::Failure;
use super::file::{self, Content};
use super::files::{self, Format, Input};
use crate::model::Entity;
use crate::pipeline::{FileSpec, Source};
use crate::systems::{self, System};

/// One file of a folder, and what it is.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// The path, relative to the folder.
    pub file: String,
    /// The system that it is of, `None` when it is none that is known.
    pub system: Option<&'static System>,
    /// The entity, `None` for reference lists and unknown files.
    pub entity: Option<Entity>,
    /// The number of rows.
    pub rows: u64,
    /// Why it is left out, or what else is to say; empty for nothing.
    pub note: String,
}

/// Looks at every file below `folder`, sorted by path.
///
/// A file is of the system that understands the largest part of it: JSON by the members of its elements, CSV by its
/// headings. Where several understand it alike, it is of the one that the other files of its folder are of, and else of
/// the most general one.
///
/// # Errors
/// When the folder cannot be read, in words.
pub fn recognise(folder: &Path) -> Result<Vec<Recognised>, String> {
    let spec = FileSpec { path: folder.to_owned(), written: folder.display().to_string(), entity: None };
    let inputs = files::find(&spec, folder).map_err(|failure: Failure| failure.what)?;
    let found: Vec<Vec<Recognised>> = inputs.iter().map(best).collect();
    let settled: Vec<(&str, &System)> = found
        .iter()
        .filter_map(|best| match best.as_slice() {
            [only] => only.system.map(|system| (parent(&only.file), system)),
            _ => None,
        })
        .collect();
    let is_at_home = |one: &Recognised| {
        settled.iter().any(|(folder, system)| {
            *folder == parent(&one.file) && one.system.is_some_and(|own| own.name == system.name)
        })
    };
    Ok(found
        .iter()
        .filter_map(|best| best.iter().find(|one| is_at_home(one)).or(best.last()))
        .cloned()
        .collect())
}

/// What a file is to the systems that understand the largest part of it, the most general one last. A file that none
/// understands is of no system.
fn best(input: &Input) -> Vec<Recognised> {
    let of =
        |system, entity, rows, note| Recognised { file: input.shown.clone(), system, entity, rows, note };
    if matches!(input.format, Format::Secret | Format::Other) {
        return vec![of(None, None, 0, "left out: it is not read".to_owned())];
    }
    let mut best: Vec<Recognised> = Vec::new();
    let mut most = 0;
    let mut why = String::new();
    let declares = |system: &&System| match input.format {
        Format::Csv => !system.csv.is_empty(),
        Format::Json => !system.json.is_empty(),
        _ => true,
    };
    for system in systems::all().iter().filter(declares) {
        match file::read(0, &Source::of(system), input) {
            Ok((content, report)) => {
                let is_list = matches!(content, Content::List(..));
                let understood = report.understood.len() * 4 + usize::from(is_list) * 3;
                let score = (understood + 1).saturating_sub(report.not_understood.len());
                if score < most {
                    continue;
                }
                if score > most {
                    best.clear();
                    most = score;
                }
                best.push(of(Some(system), report.entity, report.rows, report.note));
            }
            Err(failure) => why = failure.what,
        }
    }
    if best.is_empty() { vec![of(None, None, 0, why)] } else { best }
}

/// The folder of a path.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
