//! The vendor systems: what each is called, reads, syncs, requires and refuses, as data.
//!
//! A system is one file in `data/systems`, embedded in the program. Nothing here reads a user's files; the readers in
//! `extract` follow the shapes that are declared here, and the plans ask for the capabilities.

mod capabilities;
mod directory;
mod lists;
mod push;
mod shapes;

use std::sync::LazyLock;

pub use capabilities::System;
pub use directory::{Attribute, Decode, Directory, Many, Object};
pub use lists::List;
pub use push::{Push, PushColumn, PushList};
pub use shapes::{Adapters, CsvShape, Item, JsonShape, Labelled, Origin, PrimaryAdapter, Refer, Rule, Skip};

static ALL: LazyLock<Vec<System>> = LazyLock::new(|| {
    [
        include_str!("../../data/systems/it-glue.toml"),
        include_str!("../../data/systems/connectwise.toml"),
        include_str!("../../data/systems/autotask.toml"),
        include_str!("../../data/systems/datto-rmm.toml"),
        include_str!("../../data/systems/syncro.toml"),
        include_str!("../../data/systems/active-directory.toml"),
        include_str!("../../data/systems/csv.toml"),
        include_str!("../../data/systems/parquet.toml"),
    ]
    .into_iter()
    .map(|text| toml::from_str(text).expect("a test parses every embedded system"))
    .collect()
});

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
