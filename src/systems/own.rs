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
            vec![at(&text, "extends", &format!("it extends `{base}`, which is no system of the program"))]
        })?;
        built(own).map_err(|error| wrong(&error))?
    } else {
        // Read from the text itself, so that errors say where they are.
        toml::from_str::<System>(&text).map_err(|error| wrong(&error))?;
        built(own).map_err(|error| wrong(&error))?
    };
    let mut faults: Vec<String> =
        system.faults().iter().map(|fault| at(&text, &fault.at, &fault.what)).collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if system.name.is_empty() || !system.name.chars().all(is_plain) {
        faults.push(at(&text, "name", "its `name` takes letters, digits, `-` and `_`"));
    } else if all().iter().any(|other| other.name == system.name) {
        let what = format!("its `name` is that of a system of the program, `{}`", system.name);
        faults.push(at(&text, "name", &what));
    }
    if system.role == Role::Hub || system.roles.contains_key(&Role::Hub) {
        faults.push(at(&text, "role", "its `role` cannot be `hub`: plans are written for IT Glue alone"));
    }
    if system.two_way {
        let what = "it cannot have `two_way`: the hub pushes to the systems that it has integrations with";
        faults.push(at(&text, "two_way", what));
    }
    if system.csv.is_empty() && system.json.is_empty() && system.directory.is_none() {
        faults.push("is wrong: it describes no files, with `[csv.ENTITY]` or `[[json]]`".to_owned());
    }
    if faults.is_empty() { Ok(system) } else { Err(faults) }
}

/// A fault with the line that the name stands in, where it does.
fn at(text: &str, name: &str, what: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let holds = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        code.match_indices(name).any(|(start, found)| {
            !code[..start].ends_with(is_name) && !code[start + found.len()..].starts_with(is_name)
        })
    };
    match text.lines().position(holds) {
        Some(line) => format!("is wrong in line {}: {what}", line + 1),
        None => format!("is wrong: {what}"),
    }
}
