//! The vendor systems: what each is called, reads, syncs, requires and refuses, as data.

mod capabilities;

use std::sync::LazyLock;

use crate::model::{Entity, Role};

pub use capabilities::System;

static ALL: LazyLock<Vec<System>> = LazyLock::new(|| {
    [
        ("it-glue", Role::Hub, ""),
        ("connectwise", Role::Psa, "manage"),
        ("datto-rmm", Role::Rmm, "aem"),
        ("csv", Role::Sheet, ""),
        ("parquet", Role::Sheet, ""),
    ]
    .into_iter()
    .map(|(name, role, link)| System {
        name: name.into(),
        title: name.into(),
        role,
        entities: Entity::ALL.to_vec(),
        integration_types: if link.is_empty() { vec![] } else { vec![link.into()] },
        two_way: name == "connectwise",
    })
    .collect()
});

/// All systems, by name.
#[must_use]
pub fn all() -> &'static [System] {
    &ALL
}

/// The system of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static System> {
    all().iter().find(|system| system.name == name)
}
