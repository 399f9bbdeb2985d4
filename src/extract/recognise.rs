//! What a folder of exports holds: systems and entities by file names, headings and members. For `init`.

use std::path::Path;

use super::error::Failure;
use super::file::{self, Content};
use super::files::{self, Format};
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
/// headings; of equals the more special system.
///
/// # Errors
/// When the folder cannot be read, in words.
pub fn recognise(folder: &Path) -> Result<Vec<Recognised>, String> {
    let spec = FileSpec { path: folder.to_owned(), written: folder.display().to_string(), entity: None };
    let inputs = files::find(&spec, folder).map_err(|failure: Failure| failure.what)?;
    let mut found = Vec::new();
    for input in inputs {
        let mut best: Option<(usize, Recognised)> = None;
        let mut why = String::new();
        if matches!(input.format, Format::Secret | Format::Other) {
            "left out: it is not read".clone_into(&mut why);
        } else {
            for system in systems::all() {
                match file::read(0, &Source::of(system), &input) {
                    Ok((content, report)) => {
                        let is_list = matches!(content, Content::List(..));
                        let score = report.understood.len() * 4 + usize::from(is_list) * 3;
                        let score = (score + 1).saturating_sub(report.not_understood.len());
                        if best.as_ref().is_none_or(|(known, _)| score > *known) {
                            let note = report.note;
                            best = Some((
                                score,
                                Recognised {
                                    file: input.shown.clone(),
                                    system: Some(system),
                                    entity: report.entity,
                                    rows: report.rows,
                                    note,
                                },
                            ));
                        }
                    }
                    Err(failure) => why = failure.what,
                }
            }
        }
        found.push(best.map_or_else(
            || Recognised {
                file: input.shown.clone(),
                system: None,
                entity: None,
                rows: 0,
                note: why.clone(),
            },
            |(_, recognised)| recognised,
        ));
    }
    Ok(found)
}
