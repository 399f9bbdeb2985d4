//! What a system is and can do.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shapes::{CsvShape, JsonShape};
use crate::model::{Entity, Role};

/// One vendor system, read from its declarative file in `data/systems`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
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
    #[serde(default)]
    pub integration_types: Vec<String>,
    /// Whether the hub pushes to it.
    #[serde(default)]
    pub two_way: bool,
    /// What flows between it and the hub, in words.
    #[serde(default)]
    pub syncs: Vec<String>,
    /// Members and headings that hold secrets: they are dropped wherever they stand.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Canonical columns without which it refuses a record, by entity.
    #[serde(default)]
    pub requires: BTreeMap<Entity, Vec<String>>,
    /// What it refuses, in words.
    #[serde(default)]
    pub refuses: Vec<String>,
    /// Why files and documents that are none of those below are passed over; without it they are errors.
    pub others: Option<String>,
    /// Folders of an export that hold files of people's own, which are passed over.
    #[serde(default)]
    pub foreign_folders: Vec<String>,
    /// Its CSV files, by entity.
    #[serde(default)]
    pub csv: BTreeMap<Entity, CsvShape>,
    /// Its JSON documents.
    #[serde(default)]
    pub json: Vec<JsonShape>,
}
