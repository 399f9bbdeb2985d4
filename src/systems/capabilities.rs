//! What a system is and can do.

use crate::model::{Entity, Role};

/// One vendor system, read from its declarative file.
#[derive(Debug, Clone)]
pub struct System {
    /// The name in pipelines: `it-glue`, `connectwise`, `datto-rmm`, `csv`, `parquet`.
    pub name: String,
    /// The name for people: `ConnectWise PSA`.
    pub title: String,
    /// The role.
    pub role: Role,
    /// What it delivers.
    pub entities: Vec<Entity>,
    /// What the hub calls the integration in its stored links: `manage`, `aem`.
    pub integration_types: Vec<String>,
    /// Whether the hub pushes to it.
    pub two_way: bool,
}
