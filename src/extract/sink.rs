//! Where readers put rows: records of one file, findings and quarantined rows.

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::values::{self, Moment};
use crate::model::{
    Entity, FileInfo, Finding, Kind, LIST_SEPARATOR, QuarantineRow, Records, RecordsBuilder, SourceIx,
    column, fields,
};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::Source;

/// How much of a quarantined row is kept.
const RAW_SIZE: usize = 4096;

/// Everything that one file gave.
pub(super) struct FileRows {
    pub records: Records,
    pub findings: Vec<Finding>,
    pub quarantine: Vec<QuarantineRow>,
}

/// Takes the rows of one file.
pub(super) struct Sink<'a> {
    source: &'a Source,
    entity: Entity,
    file: &'a str,
    builder: RecordsBuilder,
    /// Mapped types and statuses, by folded name.
    types: FxHashMap<String, &'a str>,
    statuses: FxHashMap<String, &'a str>,
    /// What of the row being built no column holds.
    pub rest: Map<String, Value>,
    id: Option<String>,
    identity: Identity,
    pending: Vec<(&'static str, &'static str, String, String)>,
    findings: Vec<Finding>,
    quarantine: Vec<QuarantineRow>,
    position_of_raw: usize,
    position_of_type: Option<usize>,
    position_of_status: Option<usize>,
}

impl<'a> Sink<'a> {
    pub fn new(ix: SourceIx, source: &'a Source, entity: Entity, file: &'a str, carried: Vec<bool>) -> Self {
        let mut builder = RecordsBuilder::new(ix, entity);
        builder.files.push(FileInfo { path: file.to_owned(), carried });
        let folded = |map: &'a std::collections::BTreeMap<String, String>| {
            map.iter().map(|(from, to)| (fold_case(&name_key(from)), to.as_str())).collect()
        };
        let is_configuration = entity == Entity::Configuration;
        Self {
            source,
            entity,
            file,
            types: folded(&source.types),
            statuses: folded(&source.statuses),
            rest: Map::new(),
            id: None,
            identity: Identity::default(),
            pending: Vec::new(),
            findings: Vec::new(),
            quarantine: Vec::new(),
            position_of_raw: builder.position(column::RAW).expect("every entity has the column"),
            position_of_type: builder.position(column::TYPE).filter(|_| is_configuration),
            position_of_status: builder.position(column::STATUS).filter(|_| is_configuration),
            builder,
        }
    }

    /// Says that the file carries the column at `position`.
    pub fn carry(&mut self, position: usize) {
        self.builder.files[0].carried[position] = true;
    }

    /// Sets the column at `position` from the text that the file has, in canonical form.
    pub fn put(&mut self, position: usize, raw: &str) {
        let field = &fields(self.entity)[position];
        if position == 0 {
            let id = raw.trim();
            if !id.is_empty() && self.id.is_none() {
                self.builder.set(0, id);
                self.id = Some(id.to_owned());
            }
            return;
        }
        match field.kind {
            Kind::Date | Kind::Time => {
                let moment = if field.kind == Kind::Date { values::date(raw) } else { values::time(raw) };
                match moment {
                    Moment::Known(text) => self.builder.set(position, &text),
                    Moment::None => {}
                    Moment::Unclear => {
                        self.doubt(field.name, "bad_date", raw, "the date cannot be read without guessing");
                    }
                }
            }
            Kind::Bool => match values::truth(raw) {
                Some(truth) => self.builder.set(position, truth),
                None if raw.trim().is_empty() => {}
                None => self.doubt(field.name, "bad_truth_value", raw, "the value is neither yes nor no"),
            },
            Kind::Count => match values::count(raw) {
                Some(count) => self.builder.set(position, &count),
                None if raw.trim().is_empty() => {}
                None => self.doubt(field.name, "bad_number", raw, "the value is not a whole number"),
            },
            _ if Some(position) == self.position_of_type => self.map_word(position, raw, true),
            _ if Some(position) == self.position_of_status => self.map_word(position, raw, false),
            _ => self.builder.set(position, raw),
        }
    }

    /// Sets a column that a reader made: no form to bring it into.
    pub fn put_made(&mut self, position: usize, text: &str) {
        self.builder.set(position, text);
    }

    /// A type or status after the pipeline's mapping; the source's own word goes to `raw`.
    fn map_word(&mut self, position: usize, raw: &str, is_type: bool) {
        let map = if is_type { &self.types } else { &self.statuses };
        if map.is_empty() {
            self.builder.set(position, raw);
            return;
        }
        match map.get(&fold_case(&name_key(raw))) {
            Some(mapped) => {
                self.builder.set(position, mapped);
                let member = if is_type { "source_type" } else { "source_status" };
                self.rest.insert(member.to_owned(), Value::from(raw));
            }
            None => self.builder.set(position, raw),
        }
    }

    /// Notes a value that was not taken over; it is kept in `raw`.
    pub fn doubt(&mut self, field: &'static str, code: &'static str, raw: &str, message: &str) {
        self.pending.push((field, code, raw.to_owned(), message.to_owned()));
        self.rest.insert(field.to_owned(), Value::from(raw));
    }

    /// Notes something about the row that needs no keeping.
    pub fn remark(&mut self, field: &'static str, code: &'static str, raw: &str, message: &str) {
        self.pending.push((field, code, raw.to_owned(), message.to_owned()));
    }

    /// Collects what identifies a row of a file that has no ids.
    pub fn identify(&mut self, column: &str, value: &str) {
        self.identity.add(column, value);
    }

    /// Ends the row. Without an id it gets one from the source's name and its identifying values; a row that has
    /// neither is quarantined.
    pub fn finish(&mut self, line: u64, raw: impl FnOnce() -> String) {
        let given = self.id.take();
        let is_given = given.is_some();
        let Some(id) = given.or_else(|| self.identity.id(&self.source.name, self.entity)) else {
            self.reject(line, "no_identity: the row has no id and no value that identifies it", &raw());
            return;
        };
        if !is_given {
            self.builder.set(0, &id);
        }
        self.builder.rows_read += 1;
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.builder.set(self.position_of_raw, &Value::Object(rest).to_string());
        }
        for (field, code, raw_value, message) in self.pending.drain(..) {
            self.findings.push(Finding {
                source: self.source.name.clone(),
                entity: self.entity,
                record_id: id.clone(),
                field,
                code,
                raw_value,
                message,
            });
        }
        self.identity.clear();
        self.builder.finish_row(0, u32::try_from(line).unwrap_or(u32::MAX));
    }

    /// Quarantines a row. What was set of it so far is taken back.
    pub fn reject(&mut self, line: u64, reason: &str, raw: &str) {
        self.builder.abandon_row();
        self.builder.rows_read += 1;
        self.builder.quarantined += 1;
        self.rest.clear();
        self.pending.clear();
        self.identity.clear();
        self.id = None;
        self.quarantine.push(quarantined(&self.source.name, self.entity, self.file, line, reason, raw));
    }

    pub fn entity(&self) -> Entity {
        self.entity
    }

    pub fn build(self) -> FileRows {
        FileRows { records: self.builder.build(), findings: self.findings, quarantine: self.quarantine }
    }
}

/// A quarantined row, cut to size.
pub(super) fn quarantined(
    source: &str,
    entity: Entity,
    file: &str,
    line: u64,
    reason: &str,
    raw: &str,
) -> QuarantineRow {
    let mut end = raw.len().min(RAW_SIZE);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    QuarantineRow {
        source: source.to_owned(),
        entity,
        file: file.to_owned(),
        line,
        reason: reason.to_owned(),
        raw: raw[..end].replace('\0', "\u{fffd}"),
    }
}

/// Columns whose values identify a record in a file that has no ids.
const IDENTIFYING: [&str; 12] = [
    column::NAME,
    column::FIRST_NAME,
    column::LAST_NAME,
    "full_name",
    column::EMAILS,
    column::SERIAL_NUMBER,
    column::MAC_ADDRESS,
    column::HOSTNAME,
    column::ASSET_TAG,
    column::ADDRESS_1,
    column::NUMBER,
    column::SKU,
];

/// The identifying values of a row, in a fixed order of columns.
#[derive(Default)]
struct Identity {
    values: Vec<(usize, String)>,
    organization: String,
}

impl Identity {
    fn add(&mut self, name: &str, value: &str) {
        if name_key(value).is_empty() {
            return;
        }
        if name == column::ORGANIZATION || name == column::ORGANIZATION_ID {
            self.organization.push_str(&name_key(value));
            self.organization.push(LIST_SEPARATOR);
        } else if let Some(at) = IDENTIFYING.iter().position(|known| *known == name) {
            self.values.push((at, name_key(value).into_owned()));
        }
    }

    /// The id, `None` when nothing identifies the row. It depends on values only, so that it outlives another
    /// order of rows, columns and files.
    fn id(&mut self, source: &str, entity: Entity) -> Option<String> {
        if self.values.is_empty() {
            return None;
        }
        self.values.sort();
        let mut hash = Fnv::new();
        hash.add(source);
        hash.add(entity.name());
        hash.add(&self.organization);
        for (at, value) in &self.values {
            hash.add(IDENTIFYING[*at]);
            hash.add(value);
        }
        Some(hash.text())
    }

    fn clear(&mut self) {
        self.values.clear();
        self.organization.clear();
    }
}

/// FNV-1a with 128 bits: fixed for all time, which the standard library's hashes are not.
pub(super) struct Fnv(u128);

impl Fnv {
    pub const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    pub fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// The upper 96 bits as hex digits, after a tilde that no vendor's ids begin with.
    pub fn text(&self) -> String {
        format!("~{:024x}", self.0 >> 32)
    }
}
