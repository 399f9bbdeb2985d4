//! Mapping profiles: a user's own headings and file names for a system whose exports nobody has written down.
//!
//! A profile is the part of a system's description that says what its CSV files and sheets look like, in the same words;
//! `matchbook systems NAME --profile` prints the one that the program has. It replaces that part as a whole.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Code;
use super::errors::{Faults, shown};
use super::written::Section;
use crate::model::{Entity, fields};
use crate::systems::{CsvShape, System};

/// The most bytes of a profile.
const SIZE: u64 = 1 << 20;

/// What a profile says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    csv: BTreeMap<Entity, CsvShape>,
}

/// The system as the source's profile has it, or as it is where the source has none.
pub(super) fn applied(
    section: &Section<'_>,
    system: &'static System,
    folder: &Path,
    faults: &mut Faults,
) -> &'static System {
    let Some(spot) = section.text("profile") else { return system };
    match read(&folder.join(spot.get_ref()), system) {
        // A pipeline is loaded once in the life of the program, and everything refers to its systems.
        Ok(csv) => Box::leak(Box::new(System { csv, ..system.clone() })),
        Err(what) => {
            faults
                .add(Code::BadProfile, spot.span(), format!("the profile `{}` {what}", shown(spot.get_ref())))
                .hint(format!("`matchbook systems {} --profile` prints one to start from", system.name));
            system
        }
    }
}

/// The CSV files that the profile describes, or what is wrong with it, in words that follow its name.
fn read(path: &Path, system: &System) -> Result<BTreeMap<Entity, CsvShape>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    if std::fs::metadata(path).map_err(cannot)?.len() > SIZE {
        return Err("is larger than 1 MiB".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    let profile: Profile = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        format!("is wrong in line {line}: {}", error.message())
    })?;
    for (entity, shape) in &profile.csv {
        if !system.entities.contains(entity) {
            return Err(format!("describes {}, which {} does not deliver", entity.table(), system.title));
        }
        let set = shape.classes.iter().flat_map(|class| class.set.keys());
        for column in shape.aliases.keys().chain(set) {
            let is_known = fields(*entity).iter().any(|field| field.name == column)
                || (*entity == Entity::Contact && column == "full_name");
            if !is_known {
                return Err(format!(
                    "names the column `{}`, which {} do not have",
                    shown(column),
                    entity.table()
                ));
            }
        }
    }
    Ok(profile.csv)
}
