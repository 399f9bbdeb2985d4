//! From what the user wrote to what the stages work with: the top of the file, and the parts in turn.
//!
//! Every part reports what is wrong and goes on, so that one run shows everything. A pipeline is made only
//! when nothing was reported.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use crate::model::Entity;

use super::errors::{Faults, shown};
use super::roster::Roster;
use super::written::Section;
use super::{Code, JunkAdditions, Limits, MachineValues, Method, Names, Pipeline, PlanSettings};
use super::{api, cases, ownership, sources};

/// The pipeline in `root`, the content of the file `path`, whose text is `text`; incomplete when anything was
/// reported.
pub(super) fn pipeline(path: &Path, text: &str, root: &Section<'_>, faults: &mut Faults) -> Pipeline {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let stem =
        path.file_stem().map_or_else(|| "pipeline".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let method_spot = root.text("method");
    let method = method_spot.as_ref().and_then(|spot| method(spot, faults));
    api::check_origins(root, faults);
    let roster = Roster::new(root, &folder, faults);
    if let (Some(method), Some(spot)) = (method, &method_spot) {
        roster.check_method(method, spot, faults);
    }
    let file = |key: &str, default: String| {
        folder.join(root.text(key).map_or(default.as_str(), |spot| *spot.get_ref()))
    };
    Pipeline {
        name: root.text("name").map_or_else(|| stem.clone(), |spot| (*spot.get_ref()).to_owned()),
        // A method that is missing or unknown was reported.
        method: method.unwrap_or(Method::PsaAndRmm),
        warehouse: file("warehouse", format!("{stem}.duckdb")),
        decisions: file("decisions", format!("{stem}.decisions.csv")),
        names: choice_or_default(root, "names", &NAMES, faults),
        machine_values: choice_or_default(root, "machine_values", &MACHINE_VALUES, faults),
        sources: sources::resolve(&roster, &folder, method, faults),
        ownership: ownership::overrides(root, &roster, faults),
        junk: junk(root),
        limits: limits(root, faults),
        plan: PlanSettings {
            hold_host_name_only: root
                .section("plan")
                .and_then(|plan| plan.flag("hold_host_name_only"))
                .is_some_and(|flag| *flag.get_ref()),
        },
        tests: cases::cases(root, text, &roster, faults),
        path: path.to_owned(),
        folder,
    }
}

const NAMES: [(&str, Names); 2] = [("exact", Names::Exact), ("ignore-case", Names::IgnoreCase)];

const MACHINE_VALUES: [(&str, MachineValues); 3] = [
    ("default", MachineValues::Default),
    ("overwrite", MachineValues::Overwrite),
    ("fill", MachineValues::Fill),
];

fn method(spot: &Spanned<&str>, faults: &mut Faults) -> Option<Method> {
    let choices: Vec<_> = Method::ALL
        .into_iter()
        .flat_map(|method| [(method.letter(), method), (method.name(), method)])
        .collect();
    choice(spot, "method", &choices, faults)
}

fn junk(root: &Section<'_>) -> JunkAdditions {
    let Some(junk) = root.section("junk") else { return JunkAdditions::default() };
    let list = |key| owned(junk.texts(key).unwrap_or_default());
    JunkAdditions {
        serials: list("serials"),
        serial_patterns: list("serial_patterns"),
        macs: list("macs"),
        interfaces: list("interfaces"),
        hostnames: list("hostnames"),
        models: list("models"),
    }
}

fn limits(root: &Section<'_>, faults: &mut Faults) -> Limits {
    let default = Limits::default();
    let Some(limits) = root.section("limits") else { return default };
    let mut share = |key, default| {
        let Some(number) = limits.number(key) else { return default };
        if *number.get_ref() > 100.0 {
            faults
                .add(Code::OutOfRange, number.span(), format!("`{key}` takes a percentage of at most 100"))
                .hint("100 switches the limit off");
        }
        *number.get_ref()
    };
    Limits {
        bad_rows_percent: share("bad_rows_percent", default.bad_rows_percent),
        shrink_percent: share("shrink_percent", default.shrink_percent),
        creates: limits.whole("creates").unwrap_or(default.creates),
        creates_percent: limits
            .number("creates_percent")
            .map_or(default.creates_percent, |number| *number.get_ref()),
    }
}

/// The choice that the text names, without regard to letter case; reports one that there is not.
pub(super) fn choice<T: Copy>(
    spot: &Spanned<&str>,
    what: &str,
    choices: &[(&str, T)],
    faults: &mut Faults,
) -> Option<T> {
    let word = *spot.get_ref();
    let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    if found.is_none() {
        faults
            .add(Code::UnknownValue, spot.span(), format!("unknown {what} `{}`", shown(word)))
            .nearest(word, choices.iter().map(|(name, _)| *name));
    }
    found.map(|(_, value)| *value)
}

/// The choice that the text of `key` names, the default of its type when the key is absent.
pub(super) fn choice_or_default<T: Copy + Default>(
    section: &Section<'_>,
    key: &str,
    choices: &[(&str, T)],
    faults: &mut Faults,
) -> T {
    section.text(key).and_then(|spot| choice(&spot, key, choices, faults)).unwrap_or_default()
}

/// The entity that the text names; reports one that there is not.
pub(super) fn entity(spot: &Spanned<&str>, faults: &mut Faults) -> Option<Entity> {
    let word = *spot.get_ref();
    let found = Entity::parse(word);
    if found.is_none() {
        faults
            .add(Code::UnknownEntity, spot.span(), format!("unknown entity `{}`", shown(word)))
            .nearest(word, Entity::ALL.map(Entity::name));
    }
    found
}

/// The entries of the table `key`, whose keys are entities, in the order of the file.
pub(super) fn by_entity<'a>(
    section: &Section<'a>,
    key: &str,
    faults: &mut Faults,
) -> Vec<(Entity, Spanned<&'a str>, &'a Spanned<DeValue<'a>>)> {
    let mut found: Vec<(Entity, Spanned<&str>, _)> = Vec::new();
    for (spot, value) in section.section(key).iter().flat_map(Section::entries) {
        let Some(entity) = entity(&spot, faults) else { continue };
        if found.iter().any(|(other, ..)| *other == entity) {
            faults.add(
                Code::Repeated,
                spot.span(),
                format!("`{key}` has {entity} twice, in singular and in plural"),
            );
        } else {
            found.push((entity, spot, value));
        }
    }
    found
}

/// Owned copies of the texts of a list.
pub(super) fn owned(texts: Vec<Spanned<&str>>) -> Vec<String> {
    texts.into_iter().map(|text| text.into_inner().to_owned()).collect()
}
