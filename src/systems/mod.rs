//! The vendor systems: what each is called, reads, syncs, requires and refuses, as data.
//!
//! A system is one file in `data/systems`, embedded in the program. Nothing here reads a user's files; the readers in
//! `extract` follow the shapes that are declared here, and the plans ask for the capabilities.

mod api;
mod capabilities;
mod directory;
mod lists;
mod marks;
mod push;
mod secrets;
mod shapes;
mod spelling;

use std::sync::LazyLock;

use toml::{Table, Value};

pub use api::{
    Api, Budget, Check, Delay, Discover, Endpoint, Failures, Fewer, ForEach, Pace, Paging, Setting, SignIn,
    Since, Token, When,
};
pub use capabilities::{Holders, System};
pub use directory::{Attribute, Decode, Directory, Many, Object};
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
    let mut tables: Vec<Table> = Vec::with_capacity(FILES.len());
    for text in FILES {
        let own: Table = text.parse().expect("a test parses every embedded system");
        let table = whole(own, &tables);
        tables.push(table);
    }
    tables.into_iter().map(system).collect()
});

/// The file of a system with all that it takes over from the one that it extends.
fn whole(own: Table, earlier: &[Table]) -> Table {
    let Some(base) = own.get("extends").and_then(Value::as_str) else { return own };
    let base = earlier.iter().find(|table| table.get("name").and_then(Value::as_str) == Some(base));
    let mut whole = base.expect("a system extends one that stands before it").clone();
    replace(&mut whole, own);
    whole
}

/// Puts the values of a table in place of another's; tables in both are one inside the other.
fn replace(table: &mut Table, by: Table) {
    for (key, value) in by {
        match (table.get_mut(&key), value) {
            // The regions of one vendor's product are not those of another.
            (Some(Value::Table(old)), Value::Table(new)) if key != "regions" => replace(old, new),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

fn system(table: Table) -> System {
    let spelling = Spelling::of(&table);
    let system: System = table.try_into().expect("a test parses every embedded system");
    if system.any_case { System { spelling, ..system } } else { system }
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
