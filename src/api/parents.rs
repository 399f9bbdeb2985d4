//! The records that an endpoint is asked about one by one, from the answers that are on disk.

use std::collections::BTreeMap;
use std::path::Path;

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::ApiError;
use super::rows::rows;
use super::snapshot::{ANSWERS, Chain, Entry, body, hex};
use super::template::{member, number, scalar};
use crate::systems::{Api, ForEach, WHOLE, When};

/// A record that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parent {
    pub id: String,
    pub route: String,
    /// What changes whenever the answer may have.
    pub version: Option<String>,
}

/// Finds the records.
pub(super) struct Parents<'a> {
    pub api: &'a Api,
    pub any_case: bool,
    /// The snapshots that this one adds changes to.
    pub before: Option<&'a Chain>,
    pub tenant: Option<&'a str>,
    /// Whether of another endpoint only what changed was read.
    pub is_followed: &'a dyn Fn(&str) -> bool,
}

impl Parents<'_> {
    /// The records, each once and sorted by id, so that every extraction asks in the same order.
    pub fn of(&self, for_each: &ForEach, folder: &Path, entries: &[Entry]) -> Result<Vec<Parent>, ApiError> {
        let mut found: BTreeMap<String, Parent> = BTreeMap::new();
        for name in &for_each.of {
            // An increment has what changed; the others are still there.
            let is_increment = (self.is_followed)(name)
                || entries.iter().any(|entry| self.is_of(entry, name) && entry.is_increment);
            let mut take = |row: &Value| {
                let Some(parent) = self.parent(name, for_each, row) else { return };
                // Of several rows of one record the last counts.
                if for_each.when.as_ref().is_none_or(|when| self.holds(when, row)) {
                    found.insert(parent.id.clone(), parent);
                } else {
                    found.remove(&parent.id);
                }
            };
            if let (Some(before), true) = (self.before, is_increment) {
                let told: FxHashSet<&String> = entries
                    .iter()
                    .filter(|entry| entry.endpoint == *name && entry.tenant.as_deref() == self.tenant)
                    .filter_map(|entry| entry.told.as_ref())
                    .flat_map(|told| told.changed.iter().chain(&told.removed))
                    .collect();
                for answer in before.answers().filter(|answer| self.is_of(answer.entry, name)) {
                    let outdated = answer.outdated.as_deref();
                    self.each(name, answer.file, answer.entry, &mut |row: &Value| {
                        let id = member(row, self.id(name), self.any_case).and_then(scalar);
                        let counts = id.is_none_or(|id| {
                            !told.contains(&id) && outdated.is_none_or(|outdated| !outdated.ids.contains(&id))
                        });
                        if counts {
                            take(row);
                        }
                    })?;
                }
            }
            for entry in entries.iter().filter(|entry| self.is_of(entry, name)) {
                self.each(name, &folder.join(ANSWERS), entry, &mut take)?;
            }
        }
        if let Some(fewer) = &for_each.fewer {
            let counts = self.counts(&fewer.of, &fewer.by, folder, entries)?;
            let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
            for name in &for_each.of {
                for entry in entries.iter().filter(|entry| self.is_of(entry, name)) {
                    self.each(name, &folder.join(ANSWERS), entry, &mut |row: &Value| {
                        let id = self.parent(name, for_each, row).map(|parent| parent.id);
                        if let (Some(id), Some(count)) = (id, number(row, &fewer.count, self.any_case)) {
                            numbers.insert(id, count);
                        }
                    })?;
                }
            }
            found.retain(|id, _| {
                numbers.get(id).is_some_and(|number| counts.get(id).copied().unwrap_or(0) < *number)
            });
        }
        Ok(found.into_values().collect())
    }

    fn is_of(&self, entry: &Entry, name: &str) -> bool {
        entry.endpoint == name && entry.told.is_none() && entry.tenant.as_deref() == self.tenant
    }

    /// How many rows of an endpoint have each value of a member.
    fn counts(
        &self,
        name: &str,
        by: &str,
        folder: &Path,
        entries: &[Entry],
    ) -> Result<BTreeMap<String, u64>, ApiError> {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let id = self.id(name);
        for entry in entries.iter().filter(|entry| self.is_of(entry, name)) {
            self.each(name, &folder.join(ANSWERS), entry, &mut |row: &Value| {
                let own = member(row, id, self.any_case).and_then(scalar);
                if let (Some(own), Some(value)) = (own, member(row, by, self.any_case).and_then(scalar)) {
                    seen.insert(own, value);
                }
            })?;
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for value in seen.into_values() {
            *counts.entry(value).or_default() += 1;
        }
        Ok(counts)
    }

    fn each(
        &self,
        name: &str,
        file: &Path,
        entry: &Entry,
        take: &mut dyn FnMut(&Value),
    ) -> Result<(), ApiError> {
        let body = body(file, entry)?;
        let json: Value =
            serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body)).unwrap_or_default();
        if let Some(endpoint) = self.api.endpoints.iter().find(|endpoint| endpoint.name == name) {
            // The answer about one record of a list is that record.
            let is_record = entry.parent.is_some() && endpoint.for_each.is_none();
            let own = if is_record { vec![&json] } else { rows(endpoint, &json, self.any_case) };
            own.into_iter().for_each(take);
        }
        Ok(())
    }

    fn id(&self, name: &str) -> &str {
        self.api.endpoints.iter().find(|endpoint| endpoint.name == name).map_or("id", |other| &other.id)
    }

    fn parent(&self, name: &str, for_each: &ForEach, row: &Value) -> Option<Parent> {
        let at = |path: &str| member(row, path, self.any_case).and_then(scalar);
        let id = at(for_each.id.as_deref().unwrap_or_else(|| self.id(name)))?;
        let by = for_each.by.as_deref().and_then(at).unwrap_or_default();
        let route = for_each.routes.get(&by).or_else(|| for_each.routes.get("else"));
        let version = match for_each.version.as_deref() {
            Some(WHOLE) => {
                let text = row.to_string();
                Some(hex(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref()))
            }
            member => member.and_then(at),
        };
        Some(Parent { id, route: route.cloned().unwrap_or_default(), version })
    }

    fn holds(&self, when: &When, row: &Value) -> bool {
        let value = member(row, &when.member, self.any_case);
        let is_long = when.chars.is_none_or(|chars| {
            value.and_then(Value::as_str).is_some_and(|text| text.chars().count() >= chars)
        });
        is_long
            && when.equals.as_ref().is_none_or(|wanted| value == Some(wanted))
            && when.differs.as_ref().is_none_or(|unwanted| value.is_some() && value != Some(unwanted))
    }
}
