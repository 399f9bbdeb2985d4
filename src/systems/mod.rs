//! The vendor systems: what each is called, reads, syncs, requires and refuses, as data.
//!
//! A system is one file in `data/systems`, embedded in the program. Nothing here reads a user's files; the readers in
//! `extract` follow the shapes that are declared here, and the plans ask for the capabilities.

mod api;
mod capabilities;
mod directory;
mod faults;
mod interface;
mod lists;
mod marks;
pub mod own;
mod push;
mod secrets;
mod shapes;
mod spelling;

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use api::{
    Api, Budget, Changes, Check, Delay, Discover, Endpoint, Failures, Fewer, ForEach, Pace, Paging, Setting,
    SignIn, Since, Token, WHOLE, When,
};
pub use capabilities::{Holders, System};
pub use directory::{Attribute, Decode, Directory, Many, Object};
pub use faults::Fault;
pub use lists::List;
pub use marks::Marks;
pub use push::{Push, PushColumn, PushList, PushSetting};
pub use secrets::Secrets;
pub use shapes::{
    Adapters, Case, Child, CsvClass, CsvShape, Failed, Item, JsonShape, Labelled, LookedUp, Main, Merge,
    NamePart, Origin, PrimaryAdapter, Refer, Refused, Rule, Skip, StandsIn,
};
pub use spelling::Spelling;

const FILES: &[&str] = &[
    include_str!("../../data/systems/it-glue.toml"),
    include_str!("../../data/systems/connectwise.toml"),
    include_str!("../../data/systems/autotask.toml"),
    include_str!("../../data/systems/kaseya-bms.toml"),
    include_str!("../../data/systems/vorex.toml"),
    include_str!("../../data/systems/pulseway.toml"),
    include_str!("../../data/systems/tigerpaw.toml"),
    include_str!("../../data/systems/datto-rmm.toml"),
    include_str!("../../data/systems/syncro.toml"),
    include_str!("../../data/systems/microsoft-365.toml"),
    include_str!("../../data/systems/active-directory.toml"),
    include_str!("../../data/systems/network-glue.toml"),
    include_str!("../../data/systems/network-detective.toml"),
    include_str!("../../data/systems/csv.toml"),
    include_str!("../../data/systems/parquet.toml"),
];

static ALL: LazyLock<Vec<System>> = LazyLock::new(|| {
    let built = |table| built(table).expect("a test parses every embedded system");
    tables().into_iter().map(built).collect()
});

/// The file of a system, whose values know where they stand.
type File<'t> = Spanned<DeTable<'t>>;

/// The files of all systems, each with all that it takes over.
fn tables() -> Vec<File<'static>> {
    let mut tables: Vec<File<'static>> = Vec::with_capacity(FILES.len());
    for text in FILES {
        let own = DeTable::parse(text).expect("a test parses every embedded system");
        let table = whole(own, &tables).expect("a system extends one that stands before it");
        tables.push(table);
    }
    tables
}

/// The file of a system with all that it takes over from the one that it extends; the error is the name of one that
/// there is not.
fn whole<'t>(own: File<'t>, earlier: &[File<'static>]) -> Result<File<'t>, String> {
    let Some(base) = own.get_ref().get("extends") else { return Ok(own) };
    let base = base.get_ref().as_str().unwrap_or_default();
    let named = |file: &&File<'_>| {
        file.get_ref().get("name").is_some_and(|name| name.get_ref().as_str() == Some(base))
    };
    let base: DeTable<'_> = earlier.iter().find(named).ok_or_else(|| base.to_owned())?.get_ref().clone();
    let (span, mut whole) = (own.span(), base);
    replace(&mut whole, own.into_inner());
    Ok(Spanned::new(span, whole))
}

/// Puts the values of a table in place of another's; tables in both are one inside the other.
fn replace<'t>(table: &mut DeTable<'t>, by: DeTable<'t>) {
    for (key, value) in by {
        // The regions of one vendor's product are not those of another.
        let is_one = |old: &&mut Spanned<DeValue<'t>>| {
            old.get_ref().is_table() && value.get_ref().is_table() && key.get_ref() != "regions"
        };
        let Some(old) = table.get_mut(key.get_ref().as_ref()).filter(is_one) else {
            table.insert(key, value);
            continue;
        };
        // What is wrong with both together is wrong where one was changed.
        let span = value.span();
        if let (DeValue::Table(mut inner), DeValue::Table(by)) = (old.get_ref().clone(), value.into_inner()) {
            replace(&mut inner, by);
            *old = Spanned::new(span, DeValue::Table(inner));
        }
    }
}

fn built(file: File<'_>) -> Result<System, toml::de::Error> {
    let spelling = Spelling::of(file.get_ref());
    let system = System::deserialize(file.into_deserializer())?;
    Ok(if system.any_case { System { spelling, ..system } } else { system })
}

/// All systems: the hub, then PSA, RMM and the generic ones.
#[must_use]
pub fn all() -> &'static [System] {
    &ALL
}

/// The system of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static System> {
    all().iter().find(|system| system.name == name)
}

/// The part of a system's description that a mapping profile replaces: its CSV files. `None` where it has none.
#[must_use]
pub fn profile(system: &System) -> Option<&'static str> {
    let at = all().iter().position(|other| other.name == system.name)?;
    let text = FILES[at];
    let start = text.find("\n[csv.")? + 1;
    let end = text[start..].find("\n[[json]]").map_or(text.len(), |end| start + end + 1);
    Some(&text[start..end])
}
