//! What a system is and can do.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::directory::Directory;
use super::shapes::{CsvShape, Failed, JsonShape, Refused};
use super::spelling::Spelling;
use super::{Api, List, Marks, Push, PushList, Secrets};
use crate::model::{Entity, Reason, Role};

/// One vendor system, read from its declarative file in `data/systems`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The name in pipelines: `it-glue`, `connectwise`, `datto-rmm`, `csv`, `parquet`.
    pub name: String,
    /// The system whose file this one takes over but for what it says itself.
    pub extends: Option<String>,
    /// The name for people: `ConnectWise PSA`.
    pub title: String,
    /// The role, or the one that it has where a pipeline says none.
    pub role: Role,
    /// What it delivers.
    pub entities: Vec<Entity>,
    /// The roles that a source of it can have, with what it delivers in each; nothing where there is one only.
    #[serde(default)]
    pub roles: BTreeMap<Role, Vec<Entity>>,
    /// What the hub calls the integration in its stored links: `manage`, `aem`.
    #[serde(default)]
    pub integration_types: Vec<String>,
    /// Whether its records carry ids of the hub's own records.
    #[serde(default)]
    pub carries_hub_ids: bool,
    /// The tiers that its configurations are matched by where a pipeline says nothing, by the name of a preset.
    pub preset: Option<String>,
    /// Columns that hold an id of another list than they should, by entity, with the list that says the right one.
    #[serde(default)]
    pub resolves: BTreeMap<Entity, BTreeMap<String, String>>,
    /// Whether the hub pushes to it.
    #[serde(default)]
    pub two_way: bool,
    /// What flows between it and the hub, in words.
    #[serde(default)]
    pub syncs: Vec<String>,
    /// Members and headings that hold secrets: they are dropped wherever they stand.
    #[serde(default)]
    pub secrets: Secrets,
    /// Objects whose members people make up, by the member that holds them, with those of their members that are read.
    /// The others are dropped wherever they stand: people keep passwords there.
    #[serde(default)]
    pub open_objects: BTreeMap<String, Vec<String>>,
    /// Marks that its import templates put before and behind headings, such as `[required]`.
    #[serde(default)]
    pub heading_marks: Marks,
    /// Values that stand for one that the system does not show, such as `*****`. They are never data.
    #[serde(default)]
    pub masks: Vec<String>,
    /// What it takes from outside, by entity.
    #[serde(default)]
    pub push: BTreeMap<Entity, Push>,
    /// The reference lists that its calls take ids of.
    #[serde(default)]
    pub lists: BTreeMap<List, PushList>,
    /// What it refuses, in words.
    #[serde(default)]
    pub refuses: Vec<String>,
    /// Why files and documents that are none of those below are passed over; without it they are errors.
    pub others: Option<String>,
    /// Folders of an export that hold files of people's own, which are passed over.
    #[serde(default)]
    pub foreign_folders: Vec<String>,
    /// Members in which any of its answers holds its elements.
    #[serde(default)]
    pub list: Vec<String>,
    /// How an answer says that it failed. Such an answer is no empty list.
    #[serde(default)]
    pub failed: Vec<Failed>,
    /// Whether the names of members differ in letter case from one answer to the other.
    #[serde(default)]
    pub any_case: bool,
    /// How the shapes spell the names of members.
    #[serde(skip)]
    pub spelling: Spelling,
    /// Files that it is known for and that cannot be read.
    #[serde(default)]
    pub refused: Vec<Refused>,
    /// How its documents say who holds a licence.
    pub license_holders: Option<Holders>,
    /// Its CSV files, by entity.
    #[serde(default)]
    pub csv: BTreeMap<Entity, CsvShape>,
    /// The objects of its exports, for a directory.
    pub directory: Option<Directory>,
    /// Its JSON documents.
    #[serde(default)]
    pub json: Vec<JsonShape>,
    /// How it is spoken to; nothing where it is read from files alone.
    pub api: Option<Api>,
}

impl System {
    /// What a source of it delivers that has this role.
    #[must_use]
    pub fn delivers(&self, role: Role) -> &[Entity] {
        self.roles.get(&role).unwrap_or(&self.entities)
    }

    /// The reasons for which its records are left out, each once.
    #[must_use]
    pub fn skip_reasons(&self) -> Vec<Reason> {
        let of_csv = self.csv.values().flat_map(|shape| &shape.skip);
        let of_json = self.json.iter().flat_map(|shape| &shape.skip);
        let mut reasons: Vec<Reason> = of_csv.chain(of_json).map(|skip| skip.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }

    /// Whether a source of it can have the role: one of its own, or any for the general formats, which stand in for
    /// systems that nobody knows.
    #[must_use]
    pub fn can_be(&self, role: Role) -> bool {
        role == self.role || self.roles.contains_key(&role) || (self.role == Role::Sheet && role != Role::Hub)
    }
}

/// How the documents of a directory say who holds a licence, as members of `raw`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holders {
    /// The member of a licence with the id of its product.
    pub license: String,
    /// The list of a contact with the products that are assigned to it.
    pub assigned: String,
    /// The member of each that holds the product's id.
    pub id: String,
    /// The headings of tables that hold the names of products instead.
    #[serde(default)]
    pub names: Vec<String>,
}
