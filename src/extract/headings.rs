//! Headings of CSV files: which canonical column each is.

use std::collections::BTreeMap;

use super::files::squeeze;
use crate::model::{Entity, fields};
use crate::pipeline::Source;
use crate::systems::{self, System};

/// What a column of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The canonical column at this position.
    Column(usize),
    /// First and last name of a contact in one cell.
    FullName,
    /// Nothing that is known; it goes to `raw`.
    Unknown,
}

/// The headings of one file.
#[derive(Debug, Clone)]
pub(super) struct Headings {
    /// The headings as they go to `raw`: duplicates numbered, blank ones named by position.
    pub names: Vec<String>,
    pub meanings: Vec<Meaning>,
}

impl Headings {
    /// The headings as written, in the form they go by: a second one of a name gets `__2`, a blank one `_col7`.
    pub fn names(raw: &[String]) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        (1..)
            .zip(raw)
            .map(|(position, heading)| {
                let name = heading.trim().trim_start_matches('\u{feff}').trim();
                if name.is_empty() {
                    return format!("_col{position}");
                }
                let count = seen.entry(squeeze(name)).or_insert(0);
                *count += 1;
                if *count == 1 { name.to_owned() } else { format!("{name}__{count}") }
            })
            .collect()
    }

    /// The headings of a file of `entity`.
    pub fn new(raw: &[String], entity: Entity, source: &Source) -> Self {
        let names = Self::names(raw);
        let squeezed: Vec<String> = names.iter().map(|name| squeeze(name)).collect();
        let mut meanings = vec![Meaning::Unknown; names.len()];
        for (at, heading) in (0..).zip(&squeezed) {
            // Several columns may have one meaning in the aliases; the preferred heading has it, and the first column
            // of that heading.
            meanings[at] = Self::meaning(heading, &squeezed, entity, source);
            if meanings[at] != Meaning::Unknown && meanings[..at].contains(&meanings[at]) {
                meanings[at] = Meaning::Unknown;
            }
        }
        Self { names, meanings }
    }

    fn meaning(heading: &str, all: &[String], entity: Entity, source: &Source) -> Meaning {
        let overrides = source.headings.get(&entity);
        let overridden = overrides.and_then(|map| map.iter().find(|(_, theirs)| squeeze(theirs) == heading));
        if let Some((column, _)) = overridden {
            return position(entity, column);
        }
        let is_overridden = |column: &str| overrides.is_some_and(|map| map.contains_key(column));
        for column in candidates(entity) {
            if is_overridden(column) {
                continue;
            }
            let aliases = aliases(source.system, entity, column);
            let Some(rank) = aliases.iter().position(|alias| alias == heading) else { continue };
            if !aliases[..rank].iter().any(|better| all.contains(better)) {
                return position(entity, column);
            }
        }
        Meaning::Unknown
    }

    /// How many headings are understood.
    pub fn understood(&self) -> usize {
        self.meanings.iter().filter(|meaning| **meaning != Meaning::Unknown).count()
    }
}

fn position(entity: Entity, column: &str) -> Meaning {
    fields(entity).iter().position(|field| field.name == column).map_or(Meaning::FullName, Meaning::Column)
}

/// The columns of an entity, and the pseudo-column of a full name.
fn candidates(entity: Entity) -> impl Iterator<Item = &'static str> {
    let full_name = (entity == Entity::Contact).then_some("full_name");
    fields(entity).iter().map(|field| field.name).chain(full_name)
}

/// The headings that mean `column`, the preferred one first: the column's own name, then those of the system, then
/// the general ones.
fn aliases(system: &System, entity: Entity, column: &str) -> Vec<String> {
    let general = systems::find("csv").filter(|general| general.name != system.name);
    let of = |system: &System| -> Vec<String> {
        let shape = system.csv.get(&entity);
        let listed = shape.and_then(|shape| shape.aliases.get(column));
        listed.into_iter().flatten().map(|alias| squeeze(alias)).collect()
    };
    let mut all = of(system);
    all.push(squeeze(column));
    all.extend(general.map(of).unwrap_or_default());
    all
}

/// The entity of a CSV file: by its name, else by the headings that say the most.
pub(super) fn entity_of(stem: &str, raw: &[String], source: &Source) -> Option<Entity> {
    let by_name = |system: &System| {
        system
            .csv
            .iter()
            .find(|(_, shape)| shape.files.iter().any(|file| squeeze(file) == stem))
            .map(|(entity, _)| *entity)
    };
    let general = systems::find("csv");
    if let Some(entity) = by_name(source.system).or_else(|| general.and_then(by_name)) {
        return source.system.entities.contains(&entity).then_some(entity);
    }
    source
        .system
        .entities
        .iter()
        .map(|entity| (score(*entity, &Headings::new(raw, *entity, source)), *entity))
        .filter(|(score, _)| *score > 0)
        .max_by_key(|(score, entity)| (*score, std::cmp::Reverse(*entity)))
        .map(|(_, entity)| entity)
}

/// How much the headings say for an entity: those that only this entity has count more.
fn score(entity: Entity, headings: &Headings) -> usize {
    let telling: &[&str] = match entity {
        Entity::Configuration => {
            &["serial_number", "mac_address", "hostname", "operating_system", "primary_ip", "model"]
        }
        Entity::Contact => &["first_name", "last_name", "emails", "title", "user_principal_name"],
        Entity::Location => &["address_1", "city", "postal_code", "region"],
        Entity::Ticket => &["priority", "board", "number"],
        Entity::License => &["sku", "total", "consumed"],
        Entity::Organization => &["short_name", "quick_notes", "alert"],
        Entity::Group => &["members"],
    };
    let tells = |meaning: &&Meaning| match meaning {
        Meaning::Column(at) => telling.contains(&fields(entity)[*at].name),
        Meaning::FullName => true,
        Meaning::Unknown => false,
    };
    headings.meanings.iter().filter(tells).count() * 4
        + if headings.meanings.iter().any(|meaning| tells(&meaning)) { headings.understood() } else { 0 }
        + usize::from(entity == Entity::Organization && headings.understood() > 0)
}
