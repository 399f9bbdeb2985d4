//! A system that a user described in a file of their own, in the words of the program's own descriptions.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeArray, DeTable, DeValue};

use super::{FILES, System, all, built, tables, whole};
use crate::model::Role;
use crate::pipeline::read_text;

/// The most bytes of a description.
const SIZE: u64 = 1 << 20;

/// Reads the description in the file `path`, with everything that it takes over from the system that it extends.
///
/// # Errors
/// Everything that is wrong with it, in words that follow the file's name.
pub fn read(path: &Path) -> Result<System, Vec<String>> {
    let text = read_text(path, SIZE).map_err(|why| vec![format!("cannot be read: {why}")])?;
    let system = described(&text).map_err(said)?;
    let mut faults: Vec<(usize, String)> = Vec::new();
    let mut add = |name: &str, what: &str| faults.push((line_of(&text, name), what.to_owned()));
    system.faults().iter().for_each(|fault| add(&fault.at, &fault.what));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if system.name.is_empty() || !system.name.chars().all(is_plain) {
        add("name", "its `name` takes letters, digits, `-` and `_`");
    } else if all().iter().any(|other| other.name == system.name) {
        add("name", &format!("its `name` is that of a system of the program, `{}`", system.name));
    }
    if system.role == Role::Hub || system.roles.contains_key(&Role::Hub) {
        add("role", "its `role` cannot be `hub`: plans are written for IT Glue alone");
    }
    if system.two_way {
        let what = "it cannot have `two_way`: the hub pushes to the systems that it has integrations with";
        add("two_way", what);
    }
    if system.csv.is_empty() && system.json.is_empty() && system.directory.is_none() {
        add("name", "it describes no files, with `[csv.ENTITY]` or `[[json]]`");
    }
    if faults.is_empty() {
        return Ok(system);
    }
    Err(said(faults))
}

/// What is wrong in which lines, in words.
fn said(mut faults: Vec<(usize, String)>) -> Vec<String> {
    faults.sort();
    faults.dedup();
    faults.into_iter().map(|(line, what)| format!("is wrong in line {line}: {what}")).collect()
}

/// The system that a text describes, or what is no TOML or no description in which lines.
fn described(text: &str) -> Result<System, Vec<(usize, String)>> {
    // Behind the places of whatever is taken over, so that a place says whose it is.
    let before = FILES.iter().map(|file| file.len()).max().unwrap_or_default();
    let text = format!("{}{text}", "\n".repeat(before));
    let at = |error: &toml::de::Error| {
        let start = error.span().map_or(before, |span| span.start.clamp(before, text.len()));
        let line = text[..start].matches('\n').count() + 1 - before;
        (line, error.message().replace('\n', ", "))
    };
    let (own, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        return Err(errors.iter().map(at).collect());
    }
    let extends = own.get_ref().get("extends").map_or(before, |base| base.span().start);
    let mut file = whole(own, &tables()).map_err(|base| {
        let line = text[..extends].matches('\n').count() + 1 - before;
        vec![(line, format!("it extends `{base}`, which is no system of the program"))]
    })?;
    let (mut faults, mut removed): (Vec<_>, Vec<String>) = (Vec::new(), Vec::new());
    loop {
        let error = match built(file.clone()) {
            Ok(system) if faults.is_empty() => return Ok(system),
            Ok(_) => return Err(faults),
            Err(error) => error,
        };
        // What is missing because it was taken out was told of.
        let is_told = |name: &String| error.message().contains(&format!("missing field `{name}`"));
        if !removed.iter().any(is_told) {
            faults.push(at(&error));
        }
        // Without what is wrong, what else is wrong shows.
        let span = error.span().filter(|span| span.start >= before);
        match span.and_then(|span| take_out(file.get_mut(), &span)) {
            Some(name) => removed.push(name),
            None => return Err(faults),
        }
    }
}

/// Takes the key or value at a place out of a table. Returns the name of what it was the value of.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let is_it = table.iter().find(|(key, value)| key.span() == *span || value.span() == *span);
    if let Some(name) = is_it.map(|(key, _)| key.get_ref().to_string()) {
        table.remove(name.as_str());
        return Some(name);
    }
    table.iter_mut().find_map(|(key, value)| take_out_of(value.get_mut(), key.get_ref(), span))
}

fn take_out_of(value: &mut DeValue<'_>, name: &str, span: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => take_out(table, span),
        DeValue::Array(items) => {
            if items.iter().any(|item| item.span() == *span) {
                let mut others = DeArray::new();
                items.iter().filter(|item| item.span() != *span).for_each(|item| others.push(item.clone()));
                *items = others;
                return Some(name.to_owned());
            }
            items.iter_mut().find_map(|item| take_out_of(item.get_mut(), name, span))
        }
        _ => None,
    }
}

/// The line that a name is given in, or else the first that it stands in outside of comments; the first of all where there
/// is none.
fn line_of(text: &str, name: &str) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let gives = |line: &str| {
        let given = line.split_once('=').filter(|(key, _)| key.trim() == "name");
        given.is_some_and(|(_, value)| value.trim().trim_matches(['"', '\'']) == name)
    };
    let holds = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        code.match_indices(name).any(|(start, found)| {
            !code[..start].ends_with(is_name) && !code[start + found.len()..].starts_with(is_name)
        })
    };
    text.lines().position(gives).or_else(|| text.lines().position(holds)).map_or(1, |line| line + 1)
}
