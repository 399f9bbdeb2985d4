//! The keys of whole tables, column by column.

use rayon::prelude::*;

use super::identifiers::{Dropped, hostname, is_host_like, serial};
use super::mac::{each_interface_mac, each_mac};
use super::text::{email_key, fold_case, name_key};
use super::{Junk, Key, KeyValues, Keys};
use crate::model::{Entity, Finding, LIST_SEPARATOR, Records, Tables, column, list_items};
use crate::pipeline::{Names, Pipeline};

/// The keys that records of `entity` can hold.
#[must_use]
pub const fn keys_of(entity: Entity) -> &'static [Key] {
    match entity {
        Entity::Organization | Entity::License | Entity::Group => &[Key::Link, Key::Name],
        Entity::Location => &[Key::Link, Key::Name, Key::Address],
        Entity::Contact => &[Key::Link, Key::Person, Key::Email, Key::Upn],
        Entity::Configuration => &[Key::Link, Key::Serial, Key::Mac, Key::Hostname, Key::Name, Key::Type],
        Entity::Ticket => &[Key::Link],
    }
}

/// Whether anything asks for a key. Configurations have names and types that only few tiers compare, and the values
/// of a key that no tier compares would be a tenth of the fold's work.
fn is_asked(entity: Entity, key: Key, pipeline: &Pipeline) -> bool {
    entity != Entity::Configuration
        || !matches!(key, Key::Name | Key::Type)
        || pipeline.sources.iter().any(|source| {
            let settings = &source.matching[entity.index()];
            settings.tiers.iter().flatten().chain(&settings.veto).any(|asked| *asked == key)
        })
}

/// Separates the parts of a key value that is made of several (a person is first and last name). It sorts
/// before every visible character, so that values sort as tuples do.
pub const TUPLE_SEPARATOR: char = LIST_SEPARATOR;

/// The keys of every table, and a finding for every value that was dropped.
#[must_use]
pub fn normalize(tables: &Tables, pipeline: &Pipeline, junk: &Junk) -> (Keys, Vec<Finding>) {
    let jobs: Vec<(&Records, Key)> = tables
        .iter()
        .flat_map(|table| keys_of(table.entity).iter().map(move |key| (table, *key)))
        .filter(|(table, key)| is_asked(table.entity, *key, pipeline))
        .collect();
    // One job may be as large as all others together, so none is bound to another.
    let done: Vec<(KeyValues, Vec<Finding>)> =
        jobs.par_iter().with_max_len(1).map(|(table, key)| key_column(table, *key, pipeline, junk)).collect();
    let mut keys = Keys::new(tables.sources());
    let mut findings = Vec::new();
    for ((table, key), (values, found)) in jobs.into_iter().zip(done) {
        keys.insert(table.source, table.entity, key, values);
        findings.extend(found);
    }
    (keys, findings)
}

/// One key of one table.
fn key_column(table: &Records, key: Key, pipeline: &Pipeline, junk: &Junk) -> (KeyValues, Vec<Finding>) {
    let source = &pipeline.sources[usize::from(table.source)].name;
    let mut column = KeyColumn { table, source, values: KeyValues::new(), findings: Vec::new() };
    let folds = pipeline.names == Names::IgnoreCase;
    match key {
        Key::Link => column.links(),
        Key::Name => column.names(folds),
        Key::Type => column.types(),
        Key::Person => column.persons(folds),
        Key::Address => column.addresses(),
        Key::Email => column.emails(),
        Key::Upn => column.sign_in_names(),
        Key::Serial => column.serials(junk),
        Key::Mac => column.macs(junk),
        Key::Hostname => column.hostnames(junk),
    }
    (column.values, column.findings)
}

struct KeyColumn<'a> {
    table: &'a Records,
    source: &'a str,
    values: KeyValues,
    findings: Vec<Finding>,
}

impl KeyColumn<'_> {
    fn rows(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.table.len()).expect("a table has fewer than 4 billion rows")
    }

    fn drop_value(&mut self, row: u32, field: &'static str, raw: &str, why: Dropped) {
        self.findings.push(Finding {
            source: self.source.to_owned(),
            entity: self.table.entity,
            record_id: self.table.id(row).to_owned(),
            field,
            code: why.code(),
            raw_value: raw.to_owned(),
            message: why.sentence().to_owned(),
        });
    }

    /// The record's own id in its source, and the ids of other systems that it carries.
    fn links(&mut self) {
        let links = self.table.cells(column::LINKS);
        let mut own = String::new();
        for row in self.rows() {
            own.clear();
            own.push_str(self.source);
            own.push(':');
            own.push_str(self.table.id(row));
            self.values.push(&own);
            if let Some(cell) = links.get(row) {
                for link in list_items(cell) {
                    self.values.push(link);
                }
            }
            self.values.finish_row();
        }
    }

    fn names(&mut self, folds: bool) {
        let names = self.table.cells(column::NAME);
        for row in self.rows() {
            if let Some(raw) = names.get(row) {
                let key = name_key(raw);
                if folds {
                    push_known(&mut self.values, &fold_case(&key));
                } else {
                    push_known(&mut self.values, &key);
                }
            }
            self.values.finish_row();
        }
    }

    fn types(&mut self) {
        let types = self.table.cells(column::TYPE);
        for row in self.rows() {
            if let Some(raw) = types.get(row) {
                push_known(&mut self.values, &fold_case(&name_key(raw)));
            }
            self.values.finish_row();
        }
    }

    fn persons(&mut self, folds: bool) {
        let names = [column::FIRST_NAME, column::LAST_NAME].map(|name| self.table.cells(name));
        for row in self.rows() {
            let [first, last] = names.map(|cells| {
                let key = name_key(cells.get(row).unwrap_or_default());
                if folds { fold_case(&key) } else { key.into_owned() }
            });
            if !(first.is_empty() && last.is_empty()) {
                self.values.push(&format!("{first}{TUPLE_SEPARATOR}{last}"));
            }
            self.values.finish_row();
        }
    }

    fn addresses(&mut self) {
        const PARTS: [&str; 5] =
            [column::ADDRESS_1, column::ADDRESS_2, column::CITY, column::REGION, column::COUNTRY];
        let cells = PARTS.map(|name| self.table.cells(name));
        for row in self.rows() {
            let parts = cells.map(|cells| fold_case(&name_key(cells.get(row).unwrap_or_default())));
            if !(parts[0].is_empty() && parts[2].is_empty()) {
                self.values.push(&parts.join(&TUPLE_SEPARATOR.to_string()));
            }
            self.values.finish_row();
        }
    }

    fn emails(&mut self) {
        let emails = self.table.cells(column::EMAILS);
        for row in self.rows() {
            for raw in list_items(emails.get(row).unwrap_or_default()) {
                match email_key(raw) {
                    Some(key) => self.values.push(&key),
                    None => self.drop_value(row, column::EMAILS, raw, Dropped::NoEmail),
                }
            }
            self.values.finish_row();
        }
    }

    fn sign_in_names(&mut self) {
        let names = self.table.cells(column::USER_PRINCIPAL_NAME);
        for row in self.rows() {
            if let Some(key) = names.get(row).and_then(email_key) {
                self.values.push(&key);
            }
            self.values.finish_row();
        }
    }

    fn serials(&mut self, junk: &Junk) {
        let serials = self.table.cells(column::SERIAL_NUMBER);
        for row in self.rows() {
            if let Some(raw) = serials.get(row) {
                match serial(raw, junk) {
                    Ok(key) => self.values.push(&key),
                    Err(why) => self.drop_value(row, column::SERIAL_NUMBER, raw, why),
                }
            }
            self.values.finish_row();
        }
    }

    fn macs(&mut self, junk: &Junk) {
        let macs = self.table.cells(column::MAC_ADDRESS);
        let interfaces = self.table.cells(column::INTERFACES);
        for row in self.rows() {
            let mut dropped: Vec<(&'static str, &str, Dropped)> = Vec::new();
            if let Some(cell) = macs.get(row) {
                each_mac(cell, junk, |raw, mac| match mac {
                    Ok(key) => self.values.push(key.as_str()),
                    Err(why) => dropped.push((column::MAC_ADDRESS, raw, why)),
                });
            }
            if let Some(cell) = interfaces.get(row) {
                each_interface_mac(cell, junk, |raw, mac| match mac {
                    Ok(key) => self.values.push(key.as_str()),
                    Err(why) => dropped.push((column::INTERFACES, raw, why)),
                });
            }
            for (field, raw, why) in dropped {
                self.drop_value(row, field, raw, why);
            }
            self.values.finish_row();
        }
    }

    /// The host name, or, where it gives no key, a display name that looks like one.
    fn hostnames(&mut self, junk: &Junk) {
        let hostnames = self.table.cells(column::HOSTNAME);
        let names = self.table.cells(column::NAME);
        for row in self.rows() {
            let own = hostnames.get(row).map(|raw| (raw, hostname(raw, junk)));
            match own {
                Some((_, Ok(key))) => self.values.push(&key),
                other => {
                    if let Some((raw, Err(why))) = other {
                        self.drop_value(row, column::HOSTNAME, raw, why);
                    }
                    if let Some(name) = names.get(row).filter(|name| is_host_like(name)) {
                        match hostname(name, junk) {
                            Ok(key) => self.values.push(&key),
                            Err(why) => self.drop_value(row, column::NAME, name, why),
                        }
                    }
                }
            }
            self.values.finish_row();
        }
    }
}

/// Adds a name unless nothing visible is left of it.
fn push_known(values: &mut KeyValues, key: &str) {
    if !key.is_empty() {
        values.push(key);
    }
}
