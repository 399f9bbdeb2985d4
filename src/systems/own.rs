//! A system that a user described in a file of their own, in the words of the program's own descriptions.

use std::path::Path;

use toml::Table;

use super::{System, all, built, tables, whole};
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
    let wrong = |error: &toml::de::Error| {
        let place = error.span().map(|span| {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            format!(" in line {line}")
        });
        vec![format!("is wrong{}: {}", place.unwrap_or_default(), error.message().replace('\n', ", "))]
    };
    let own: Table = text.parse().map_err(|error| wrong(&error))?;
    let system = if own.contains_key("extends") {
        let own = whole(own, &tables()).map_err(|base| {
            let line = line_of(&text, "extends");
            vec![format!("is wrong in line {line}: it extends `{base}`, which is no system of the program")]
        })?;
        built(own).map_err(|error| wrong(&error))?
    } else {
        // Read from the text itself, so that errors say where they are.
        toml::from_str::<System>(&text).map_err(|error| wrong(&error))?;
        built(own).map_err(|error| wrong(&error))?
    };
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
    faults.sort();
    Err(faults.into_iter().map(|(line, what)| format!("is wrong in line {line}: {what}")).collect())
}

/// The first line that a name stands in, outside of comments; the first of all where there is none.
fn line_of(text: &str, name: &str) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let holds = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        code.match_indices(name).any(|(start, found)| {
            !code[..start].ends_with(is_name) && !code[start + found.len()..].starts_with(is_name)
        })
    };
    text.lines().position(holds).map_or(1, |line| line + 1)
}
