//! Headings of CSV files: which canonical column each is.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::files::squeeze;
use super::identity::FULL_NAME;
use crate::model::{Entity, fields};
use crate::pipeline::Source;
use crate::systems::{self, CsvShape, System};

/// What a column of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The canonical column at this position.
    Column(usize),
    /// First and last name of a contact in one cell.
    FullName,
    /// A secret; it is dropped.
    Secret,
    /// Nothing that is known; it goes to `raw`.
    Unknown,
}

/// The headings of one file.
#[derive(Debug, Clone)]
pub(super) struct Headings {
    /// The headings as they go to `raw`: duplicates numbered, blank ones named by position.
    pub names: Vec<String>,
    pub meanings: Vec<Meaning>,
    /// Columns of one heading, the first and a later one, where the pipeline does not say which counts.
    pub twins: Vec<(usize, usize)>,
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
        let marks = &source.system.heading_marks;
        let squeezed: Vec<String> = names.iter().map(|name| squeeze(marks.strip(name))).collect();
        let known = Aliases::new(&squeezed, entity, source);
        let mut taken: Vec<Meaning> = Vec::new();
        let meanings = raw.iter().zip(&squeezed).map(|(raw, heading)| {
            // The second column of a name has a number behind it, which makes it no less a secret.
            if source.system.secrets.holds(marks.strip(raw)) {
                return Meaning::Secret;
            }
            // Several columns may have one meaning in the aliases; the preferred heading has it, and the first column
            // of that heading.
            let meaning = known.meaning(heading);
            if meaning == Meaning::Unknown || taken.contains(&meaning) {
                return Meaning::Unknown;
            }
            taken.push(meaning);
            meaning
        });
        let meanings = meanings.collect();
        let twins = Self::twins(raw, entity, source);
        Self { names, meanings, twins }
    }

    fn twins(raw: &[String], entity: Entity, source: &Source) -> Vec<(usize, usize)> {
        let overrides = source.headings.get(&entity);
        let is_told = |heading: &str| {
            overrides.is_some_and(|map| map.values().any(|theirs| squeeze(theirs).starts_with(heading)))
        };
        let mut firsts: FxHashMap<String, usize> = FxHashMap::default();
        let mut twins = Vec::new();
        for (at, heading) in raw.iter().map(|heading| squeeze(heading)).enumerate() {
            match firsts.get(&heading) {
                Some(first) if !is_told(&heading) => twins.push((*first, at)),
                Some(_) => {}
                None if heading.is_empty() => {}
                None => {
                    firsts.insert(heading, at);
                }
            }
        }
        twins
    }

    /// Whether the column at `at` has no heading.
    pub fn is_blank(&self, at: usize) -> bool {
        self.names[at] == format!("_col{}", at + 1)
    }

    /// How many headings are understood.
    pub fn understood(&self) -> usize {
        self.meanings.iter().filter(|meaning| !matches!(meaning, Meaning::Unknown | Meaning::Secret)).count()
    }
}

/// What the headings of one file mean by the aliases. A file may have thousands of columns, so each is looked up once.
struct Aliases(FxHashMap<String, Meaning>);

impl Aliases {
    fn new(headings: &[String], entity: Entity, source: &Source) -> Self {
        let there: FxHashSet<&str> = headings.iter().map(String::as_str).collect();
        let overrides = source.headings.get(&entity);
        let mut known = FxHashMap::default();
        for (column, theirs) in overrides.into_iter().flatten() {
            known
                .entry(squeeze(source.system.heading_marks.strip(theirs)))
                .or_insert_with(|| position(entity, column));
        }
        for column in candidates(entity) {
            if overrides.is_some_and(|map| map.contains_key(column)) {
                continue;
            }
            // Of several headings of a column only the preferred one means it.
            let best = aliases(source.system, entity, column)
                .into_iter()
                .find(|alias| there.contains(alias.as_str()));
            if let Some(best) = best {
                known.entry(best).or_insert_with(|| position(entity, column));
            }
        }
        Self(known)
    }

    fn meaning(&self, heading: &str) -> Meaning {
        self.0.get(heading).copied().unwrap_or(Meaning::Unknown)
    }
}

fn position(entity: Entity, column: &str) -> Meaning {
    fields(entity).iter().position(|field| field.name == column).map_or(Meaning::FullName, Meaning::Column)
}

/// The columns of an entity, and the pseudo-column of a full name.
fn candidates(entity: Entity) -> impl Iterator<Item = &'static str> {
    let full_name = (entity == Entity::Contact).then_some(FULL_NAME);
    fields(entity).iter().map(|field| field.name).chain(full_name)
}

/// The headings that mean `column`, the preferred one first: the column's own name, then those of the system, then
/// the general ones.
fn aliases(system: &System, entity: Entity, column: &str) -> Vec<String> {
    let general = systems::find("csv").filter(|general| general.name != system.name);
    let mut all = own_aliases(system, entity, column);
    all.push(squeeze(column));
    all.extend(general.map(|general| own_aliases(general, entity, column)).unwrap_or_default());
    all
}

fn own_aliases(system: &System, entity: Entity, column: &str) -> Vec<String> {
    let listed = system.csv.get(&entity).and_then(|shape| shape.aliases.get(column));
    listed.into_iter().flatten().map(|alias| squeeze(alias)).collect()
}

/// How many headings the system has itself, without the general aliases that serve every system.
pub(super) fn own(system: &System, entity: Entity, raw: &[String]) -> usize {
    let known: BTreeSet<String> = candidates(entity)
        .flat_map(|column| own_aliases(system, entity, column).into_iter().chain([squeeze(column)]))
        .collect();
    raw.iter().filter(|heading| known.contains(&squeeze(system.heading_marks.strip(heading)))).count()
}

/// The entity of a CSV file: by its name, else by the headings that say the most.
pub(super) fn entity_of(stem: &str, raw: &[String], source: &Source) -> Option<Entity> {
    let system = source.system;
    let by_name = |system: &System| {
        system
            .csv
            .iter()
            .find(|(_, shape)| shape.files.iter().any(|file| squeeze(file) == stem))
            .map(|(entity, _)| *entity)
    };
    if system.csv.values().any(|shape| !shape.tells.is_empty()) {
        // An export of many files: only those that are named so, or that have what no other of its files has.
        let squeezed: Vec<String> = raw.iter().map(|heading| squeeze(heading)).collect();
        let tells = |shape: &CsvShape| {
            !shape.tells.is_empty() && shape.tells.iter().all(|heading| squeezed.contains(&squeeze(heading)))
        };
        let told = || system.csv.iter().find(|(_, shape)| tells(shape)).map(|(entity, _)| *entity);
        return by_name(system).or_else(told);
    }
    let general = systems::find("csv");
    if let Some(entity) = by_name(system).or_else(|| general.and_then(by_name)) {
        return system.entities.contains(&entity).then_some(entity);
    }
    system
        .entities
        .iter()
        .map(|entity| (score(*entity, &Headings::new(raw, *entity, source)), *entity))
        .filter(|(score, _)| *score > 0)
        .max_by_key(|(score, entity)| (*score, std::cmp::Reverse(*entity)))
        .map(|(_, entity)| entity)
}

/// How much the headings say for an entity: nothing without one that only this entity has.
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
        Meaning::Secret | Meaning::Unknown => false,
    };
    let telling = headings.meanings.iter().filter(tells).count();
    if telling == 0 { 0 } else { telling * 4 + headings.understood() }
}
