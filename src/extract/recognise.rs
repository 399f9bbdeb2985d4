//! What a folder of exports holds: systems and entities by file names, headings and members. For `init`.

use std::path::Path;

use super::csv;
use super::directory;
use super::document;
use super::envelope::Envelope;
use super::error::Failure;
use super::file;
use super::files::{self, Format, Input, squeeze};
use super::headings;
use super::json;
use super::parquet::{self, Parquet};
use super::workbook;
use crate::model::{Entity, Role, fields};
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
    /// Whether a run opens it, known or not.
    pub is_opened: bool,
    /// Why it is left out, or what else is to say; empty for nothing.
    pub note: String,
}

/// Looks at every file below `folder`, sorted by path.
///
/// A file is of the system that its folder is called like, if that one understands it at all, and else of the system that
/// understands the largest part of it: JSON by the members of its first element, CSV by its headings. Where that is true
/// of several, it is of the one that other files of its folder are of, and else of the most general one.
///
/// # Errors
/// When the folder cannot be read, in words.
pub fn recognise(folder: &Path) -> Result<Vec<Recognised>, String> {
    let spec = FileSpec {
        path: folder.to_owned(),
        written: folder.display().to_string(),
        entity: None,
        organization: None,
    };
    let inputs = files::find(&spec, folder).map_err(|failure: Failure| failure.what)?;
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let guesses: Vec<Result<Vec<Guess>, String>> = inputs.iter().map(|input| guesses(input, &name)).collect();
    let settled: Vec<(&str, &System)> = inputs
        .iter()
        .zip(&guesses)
        .filter_map(|(input, guesses)| match guesses.as_deref() {
            Ok([only]) => Some((parent(input), only.system)),
            _ => None,
        })
        .collect();
    let chosen = inputs.iter().zip(guesses).map(|(input, guesses)| {
        let guesses = guesses?;
        let folder = parent(input);
        let is_settled = |guess: &Guess| {
            settled.iter().any(|(of, system)| *of == folder && system.name == guess.system.name)
        };
        let at = guesses.iter().position(is_settled).unwrap_or(guesses.len().saturating_sub(1));
        let guess = guesses.into_iter().nth(at).ok_or("no system delivers such a file")?;
        let rows = rows(guess.system, input).map_err(|failure| failure.what)?;
        Ok((guess, rows))
    });
    let recognised = |(input, chosen): (&Input, Result<(Guess, u64), String>)| {
        let is_opened = !matches!(input.format, Format::Secret | Format::Other);
        let of_none = Recognised {
            file: input.shown.clone(),
            system: None,
            entity: None,
            rows: 0,
            is_opened,
            note: String::new(),
        };
        match chosen {
            Ok((guess, rows)) => {
                let Guess { system, entity, note, .. } = guess;
                Recognised { system: Some(system), entity, rows, note, ..of_none }
            }
            Err(note) => Recognised { note, ..of_none },
        }
    };
    Ok(inputs.iter().zip(chosen).map(recognised).collect())
}

/// What it counts that a file is in a folder that is called like a system: as much as two headings.
const NAMED: i64 = 8;

/// The folder of a file, empty for one that lies in the folder that is looked at.
fn parent(input: &Input) -> &str {
    input.shown.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What a file is as one of a system's.
struct Guess {
    system: &'static System,
    entity: Option<Entity>,
    /// How much of it the system understands, less what it does not.
    score: i64,
    note: String,
}

/// The best guesses of a file, none when no system knows it, and why when it cannot be read.
fn guesses(input: &Input, folder: &str) -> Result<Vec<Guess>, String> {
    let mut best: Vec<Guess> = Vec::new();
    let mut why = None;
    let folders = squeeze(&format!("{folder}/{}", parent(input)));
    let place = folders.clone() + &squeeze(&input.stem());
    let named = named(&folders);
    for system in systems::all().iter().filter(|system| is_meant(system, &place)) {
        if let Some(note) = file::passed_over(system, input) {
            why = Some(note.to_owned());
            continue;
        }
        match guess(system, input) {
            Ok(Some(mut guess)) => {
                if named == Some(system.name.as_str()) {
                    guess.score += NAMED;
                }
                match best.first() {
                    Some(known) if guess.score < known.score => {}
                    Some(known) if guess.score == known.score => best.push(guess),
                    _ => best = vec![guess],
                }
            }
            Ok(None) => {}
            Err(failure) => why = Some(failure.what),
        }
    }
    match why {
        Some(why) if best.is_empty() => Err(why),
        _ => Ok(best),
    }
}

/// The system that folders are called like, the innermost of several. What the general formats are called says nothing.
fn named(folders: &str) -> Option<&'static str> {
    let called = systems::all().iter().filter(|system| system.role != Role::Sheet);
    let at = |system: &System| folders.rfind(&squeeze(&system.name));
    called.filter_map(|system| Some((at(system)?, system.name.as_str()))).max().map(|(_, name)| name)
}

/// Whether files in a place may be of a system: brands of one system have the same files, and only the place tells
/// which of them they are of.
fn is_meant(system: &System, place: &str) -> bool {
    let is_named = |system: &System| place.contains(&squeeze(&system.name));
    let is_brand = |other: &&System| other.extends.as_ref() == Some(&system.name);
    match system.extends {
        Some(_) => is_named(system),
        None => !systems::all().iter().filter(is_brand).any(is_named),
    }
}

fn guess(system: &'static System, input: &Input) -> Result<Option<Guess>, Failure> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let guess = |entity, score, note| Some(Guess { system, entity, score, note });
    match input.format {
        Format::Csv | Format::Workbook => {
            let source = Source::of(system);
            let raw = match &input.sheet {
                Some(sheet) if sheet.is_hidden => {
                    return Err(Failure::new("passed over: a hidden sheet", ""));
                }
                Some(sheet) => workbook::headings(input, sheet, &source)?,
                None => csv::read(input, &source, |rows| Ok(rows.headings))?,
            };
            if let Some(directory) = system.directory.as_ref().filter(|_| input.sheet.is_none()) {
                let found = directory::understood(&source, directory, input, &raw);
                let own = count(directory::own(directory, &raw));
                let score = own * 4 + 1 - (count(raw.len()) - own);
                return Ok(found.and_then(|export| guess(export.entity, score, String::new())));
            }
            if system.csv.is_empty() {
                return Ok(None);
            }
            let found = file::understood(&source, input, &raw);
            Ok(found.and_then(|(entity, headings)| {
                let said = headings.names.iter().filter(|name| !name.is_empty()).count();
                let others = said.saturating_sub(headings.understood());
                let own = headings::own(system, entity, &raw);
                guess(Some(entity), count(own) * 4 - count(others), String::new())
            }))
        }
        Format::Json => {
            let found = document::look(system, input, &Envelope::of(system))?;
            Ok(found.shape.and_then(|shape| match (&shape.lookup, &shape.passed_over) {
                (Some(list), _) => guess(None, 1, format!("the list {list}")),
                (None, Some(why)) => guess(None, count(1 + shape.needs.len()), format!("passed over: {why}")),
                (None, None) => guess(shape.subject(), count(1 + found.columns), String::new()),
            }))
        }
        Format::Parquet => {
            let file = Parquet::open(input)?;
            let known = |entity: Entity| {
                file.columns
                    .iter()
                    .filter(|column| fields(entity).iter().any(|field| field.name == *column))
                    .count()
            };
            let is_general = system.csv.is_empty() && system.json.is_empty();
            let entity = parquet::entity_of(input).filter(|entity| is_general && known(*entity) > 0);
            Ok(entity.and_then(|entity| guess(Some(entity), count(known(entity)), String::new())))
        }
        // Entries may be of several entities.
        Format::Ldif => Ok(system.directory.as_ref().and_then(|_| guess(None, 1, String::new()))),
        Format::Secret | Format::Other => Ok(None),
    }
}

fn rows(system: &'static System, input: &Input) -> Result<u64, Failure> {
    match input.format {
        Format::Csv | Format::Workbook => match &input.sheet {
            Some(sheet) => workbook::count(input, sheet, &Source::of(system)),
            None => csv::count(input, &Source::of(system)),
        },
        Format::Json => {
            let mut count = 0;
            input.read(|reader| {
                json::each_element(reader, &Envelope::of(system), &mut |_| {
                    count += 1;
                    true
                })
            })?;
            Ok(count)
        }
        Format::Parquet => Parquet::open(input)?.count(),
        Format::Ldif => directory::count(input, &Source::of(system)),
        Format::Secret | Format::Other => Ok(0),
    }
}
