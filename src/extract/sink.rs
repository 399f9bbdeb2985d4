//! Where readers put rows: records of one file, findings and quarantined rows.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use arrow::array::ArrayRef;
use rustc_hash::FxHashMap;

use super::answers::Stand;
use super::assemble::one_after_the_other;
use super::dates::{self, DateColumn};
use super::identity::Identity;
use super::nested::Nested;
use super::node::Node;
use super::rest::Rest;
use super::values::{self, Moment};
use super::widths;
use crate::model::{
    Entity, FileInfo, Finding, Kind, QuarantineRow, Records, RecordsBuilder, SourceIx, column, fields,
};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::{Reading, Source};

/// How much of a quarantined row is kept.
const RAW_SIZE: usize = 4096;

/// What the finding `nul_bytes` says.
pub(super) const NUL_BYTES: &str = "NUL bytes were dropped from the row";

/// Everything that one file gave.
pub(super) struct FileRows {
    pub records: Records,
    pub findings: Vec<Finding>,
    pub quarantine: Vec<QuarantineRow>,
    pub repeats: Repeats,
    /// Which elements of another entity the rows stand in.
    pub nested: Nested,
}

/// What some rows of a file gave. Their dates of numbers only wait for those of all rows.
pub(super) struct Part {
    records: Records,
    findings: Vec<Finding>,
    quarantine: Vec<QuarantineRow>,
    dates: Vec<DateColumn>,
    blocks: Vec<BlockEnd>,
}

/// Where the rows of a block of a file end in a sink.
struct BlockEnd {
    /// Which block of the file it is.
    number: usize,
    /// So many records there are by then.
    records: usize,
}

/// What a row is whose id an earlier row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Repeats {
    /// A bad one.
    #[default]
    Bad,
    /// The earlier one again, when it says the same; else a bad one.
    Same,
    /// The earlier one, of which it says more. It is no row of its own.
    Merged,
    /// The earlier or the later one again: of rows in answers of an interface, that in the last answer counts.
    Latest(Stand),
    /// The same of rows that say more of the one that counts, and are no rows of their own.
    LatestMerged(Stand),
}

/// Something that was noticed about the row being built.
struct Remark {
    field: &'static str,
    code: &'static str,
    raw: String,
    message: String,
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
    pub rest: Rest,
    id: String,
    identity: Identity,
    remarks: Vec<Remark>,
    /// Whether what was put last said more of its row than the value of a column.
    says_more: bool,
    findings: Vec<Finding>,
    quarantine: Vec<QuarantineRow>,
    /// The columns of dates of a table of text, whose order is known when the file has ended; empty for other files.
    dates: Vec<DateColumn>,
    position_of_raw: usize,
    position_of_type: Option<usize>,
    position_of_status: Option<usize>,
    /// What columns are where a row leaves them blank.
    defaults: Vec<(usize, &'a str)>,
    /// The blocks of the file, where it is read in some.
    blocks: Vec<BlockEnd>,
}

impl<'a> Sink<'a> {
    pub fn new(ix: SourceIx, source: &'a Source, entity: Entity, file: &'a str) -> Self {
        let mut builder = RecordsBuilder::new(ix, entity);
        let carried = vec![false; fields(entity).len()];
        builder.files.push(FileInfo { path: file.to_owned(), carried });
        let folded = |map: &'a BTreeMap<String, String>| {
            map.iter().map(|(from, to)| (fold_case(&name_key(from)), to.as_str())).collect()
        };
        let is_configuration = entity == Entity::Configuration;
        Self {
            source,
            entity,
            file,
            types: folded(&source.types),
            statuses: folded(&source.statuses),
            rest: Rest::default(),
            id: String::new(),
            identity: Identity::default(),
            remarks: Vec::new(),
            says_more: false,
            findings: Vec::new(),
            quarantine: Vec::new(),
            dates: Vec::new(),
            position_of_raw: builder.position(column::RAW).expect("every entity has the column"),
            position_of_type: builder.position(column::TYPE).filter(|_| is_configuration),
            position_of_status: builder.position(column::STATUS).filter(|_| is_configuration),
            defaults: Vec::new(),
            blocks: Vec::new(),
            builder,
        }
    }

    /// Makes room for so many rows in all.
    pub fn make_room(&mut self, rows: usize) {
        self.builder.make_room(rows);
    }

    /// How the source's files are read.
    pub fn reading(&self) -> &'a Reading {
        &self.source.reading
    }

    /// Says that the column at `position` is one of a table of text, with this heading: its dates are read together.
    pub fn read_dates_together(&mut self, position: usize, heading: &str) {
        self.dates.resize_with(fields(self.entity).len(), DateColumn::default);
        self.dates[position].name(heading);
    }

    /// Says what a column is where a row leaves it blank.
    pub fn default_to(&mut self, column: &str, value: &'a str) {
        if let Some(position) = self.builder.position(column) {
            self.carry(position);
            self.defaults.push((position, value));
        }
    }

    /// Says that the file carries the column at `position`.
    pub fn carry(&mut self, position: usize) {
        self.builder.files[0].carried[position] = true;
    }

    /// Whether the file carries the column at `position`.
    pub fn carries(&self, position: usize) -> bool {
        self.builder.files[0].carried[position]
    }

    /// Sets the column at `position` from the text that the file has, in canonical form. Returns whether the column
    /// holds all that the text says; if not, the caller keeps it in the rest.
    pub fn put(&mut self, position: usize, raw: &str) -> bool {
        if raw.as_bytes().contains(&0) {
            self.remark("", "nul_bytes", "", NUL_BYTES);
            return self.put_text(position, &raw.replace('\0', ""));
        }
        self.put_text(position, raw)
    }

    /// Sets the column at `position` from a member of a document. Returns as [`Sink::put`] does, `None` when it is blank.
    pub fn put_member(&mut self, position: usize, member: &Node<'_>) -> Option<bool> {
        let text = member.filled()?;
        Some(if member.may_have_nul() { self.put(position, &text) } else { self.put_text(position, &text) })
    }

    /// What [`Sink::put`] does, for text without NUL bytes.
    pub fn put_text(&mut self, position: usize, raw: &str) -> bool {
        let field = &fields(self.entity)[position];
        if position == 0 {
            if self.id.is_empty() {
                self.id.push_str(raw.trim());
                self.builder.set(0, raw.trim());
            }
            return true;
        }
        match field.kind {
            Kind::Date | Kind::Time => {
                if let Some(column) = self.dates.get_mut(position).filter(|column| column.is_named()) {
                    let text = raw.trim();
                    if let Some(date) = dates::numeric(text) {
                        column.note(date);
                        self.says_more = true;
                        self.builder.set(position, text);
                        return true;
                    }
                    let day = if self.source.reading.serial_days { dates::serial_day(text) } else { None };
                    if let Some(day) = day {
                        self.builder.set(position, &day[..if field.kind == Kind::Date { 10 } else { 20 }]);
                        return true;
                    }
                }
                let moment = if field.kind == Kind::Date { values::date(raw) } else { values::time(raw) };
                match moment {
                    Moment::Known(text) => self.builder.set(position, &text),
                    Moment::None => {}
                    Moment::Unclear => {
                        return self.doubt(
                            field.name,
                            "bad_date",
                            raw,
                            "the date cannot be read without guessing",
                        );
                    }
                }
            }
            Kind::Bool => match values::truth(raw) {
                Some(truth) => self.builder.set(position, truth),
                None if raw.trim().is_empty() => {}
                None => {
                    return self.doubt(field.name, "bad_truth_value", raw, "the value is neither yes nor no");
                }
            },
            Kind::Count => match values::count(raw) {
                Some(count) => self.builder.set(position, &count),
                None if raw.trim().is_empty() => {}
                None => return self.doubt(field.name, "bad_number", raw, "the value is not a whole number"),
            },
            Kind::Ip => return self.put_address(position, raw),
            _ if Some(position) == self.position_of_type => self.map_word(position, raw, true),
            _ if Some(position) == self.position_of_status => self.map_word(position, raw, false),
            _ => self.builder.set(position, raw),
        }
        true
    }

    /// Sets the column at `position`, if the row has nothing there yet, to what the same text made of it in an earlier row:
    /// the text of a code that [`Self::code`] gave. Returns false, and sets nothing, when it has, or texts have no codes.
    pub fn put_code(&mut self, position: usize, code: u32) -> bool {
        self.builder.set_code(position, code)
    }

    /// Begins with the column at `position`. Returns whether the row has nothing there yet.
    pub fn begin(&mut self, position: usize) -> bool {
        self.says_more = false;
        !self.is_set(position)
    }

    /// Whether the row has something in the column at `position`.
    pub fn is_set(&self, position: usize) -> bool {
        self.builder.is_set(position)
    }

    /// The code of what the row has in the column at `position`, `None` when texts have no codes.
    pub fn code(&self, position: usize) -> Option<u32> {
        self.builder.code(position)
    }

    /// Whether what was put since [`Self::begin`] said more of its row than the value of a column.
    pub const fn says_more(&self) -> bool {
        self.says_more
    }

    /// Sets a column that a reader made: no form to bring it into.
    pub fn put_made(&mut self, position: usize, text: &str) {
        self.builder.set(position, text);
    }

    /// The address that speaks for the device. A scan has all of a machine in one cell; then the first private one does,
    /// and the cell is not all taken over.
    fn put_address(&mut self, position: usize, raw: &str) -> bool {
        let pieces =
            || raw.split([',', ';', '|', '\n', ' ']).map(str::trim).filter(|piece| !piece.is_empty());
        if pieces().nth(1).is_none() || pieces().any(|piece| piece.parse::<IpAddr>().is_err()) {
            self.builder.set(position, raw);
            return true;
        }
        let is_private = |piece: &&str| piece.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private());
        let is_lasting = |piece: &&str| match piece.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => !address.is_link_local(),
            Ok(IpAddr::V6(address)) => !address.is_unicast_link_local(),
            Err(_) => false,
        };
        let chosen =
            pieces().find(is_private).or_else(|| pieces().find(is_lasting)).or_else(|| pieces().next());
        self.builder.set(position, chosen.unwrap_or(raw));
        false
    }

    /// A type or status after the pipeline's mapping; the source's own word goes to `raw`.
    fn map_word(&mut self, position: usize, raw: &str, is_type: bool) {
        let map = if is_type { &self.types } else { &self.statuses };
        let mapped = if map.is_empty() { None } else { map.get(&fold_case(&name_key(raw))) };
        if let Some(mapped) = mapped {
            self.builder.set(position, mapped);
            self.says_more = true;
            self.rest.add_own(if is_type { Rest::SOURCE_TYPE } else { Rest::SOURCE_STATUS }, raw);
        } else {
            self.builder.set(position, raw);
        }
    }

    /// Notes a value that no column takes over. Returns false, as [`Sink::put`] then does.
    pub fn doubt(&mut self, field: &'static str, code: &'static str, raw: &str, message: &str) -> bool {
        self.says_more = true;
        self.remarks.push(Remark { field, code, raw: raw.to_owned(), message: message.to_owned() });
        false
    }

    /// Notes something about the row, once.
    pub fn remark(&mut self, field: &'static str, code: &'static str, raw: &str, message: &str) {
        self.says_more = true;
        if !self.remarks.iter().any(|known| known.code == code && known.field == field) {
            self.doubt(field, code, raw, message);
        }
    }

    /// Notes something about the whole file.
    pub fn remark_file(&mut self, field: &'static str, code: &'static str, raw: &str, message: &str) {
        self.findings.push(Finding {
            source: self.source.name.clone(),
            entity: self.entity,
            record_id: String::new(),
            field,
            code,
            raw_value: cut(raw).to_owned(),
            message: format!("{message} ({})", self.file),
        });
    }

    /// Collects what identifies a row of a file that has no ids.
    pub fn identify(&mut self, column: &str, value: &str) {
        self.identity.add(column, value);
    }

    /// Ends the row. Without an id it gets one from the source's name and its identifying values; a row that has
    /// neither is quarantined.
    pub fn finish(&mut self, line: u64, raw: impl FnOnce() -> String) {
        if self.id.is_empty() {
            let Some(id) = self.identity.id(&self.source.name, self.entity) else {
                self.reject(line, "no_identity: the row has no id and no value that identifies it", &raw());
                return;
            };
            self.builder.set(0, &id);
            self.id = id;
        }
        for (position, value) in &self.defaults {
            self.builder.set(*position, value);
        }
        if let Some(rest) = self.rest.object() {
            self.builder.set(self.position_of_raw, rest);
        }
        for remark in self.remarks.drain(..) {
            self.findings.push(Finding {
                source: self.source.name.clone(),
                entity: self.entity,
                record_id: self.id.clone(),
                field: remark.field,
                code: remark.code,
                raw_value: cut(&remark.raw).to_owned(),
                message: remark.message,
            });
        }
        self.builder.rows_read += 1;
        self.builder.finish_row(0, u32::try_from(line).unwrap_or(u32::MAX));
        self.forget();
    }

    /// Quarantines a row. What was set of it so far is taken back.
    pub fn reject(&mut self, line: u64, reason: &str, raw: &str) {
        self.builder.abandon_row();
        self.builder.rows_read += 1;
        self.builder.quarantined += 1;
        self.quarantine.push(quarantined(&self.source.name, self.entity, self.file, line, reason, raw));
        self.forget();
    }

    fn forget(&mut self) {
        self.rest.clear();
        self.remarks.clear();
        self.identity.clear();
        self.id.clear();
    }

    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// An empty one for other rows of the same file.
    pub fn for_more(&self) -> Self {
        let mut sink = Self::new(self.builder.source(), self.source, self.entity, self.file);
        sink.defaults.clone_from(&self.defaults);
        sink
    }

    /// Ends a block of the file.
    pub fn end_block(&mut self, number: usize) {
        let records = usize::try_from(self.builder.rows_read - self.builder.quarantined);
        let records = records.expect("records are in memory");
        self.blocks.push(BlockEnd { number, records });
    }

    /// What its rows gave, as a part of the file.
    pub fn part(self) -> Part {
        let Self { findings, quarantine, dates, blocks, .. } = self;
        Part { records: self.builder.build(), findings, quarantine, dates, blocks }
    }

    /// What the file gave.
    pub fn build(self) -> FileRows {
        self.build_with(Vec::new())
    }

    /// What the file gave. Where there are parts, the rows are in these, in blocks, and this sink has what was noticed about
    /// the whole file.
    pub fn build_with(mut self, parts: Vec<Part>) -> FileRows {
        for part in &parts {
            self.dates.iter_mut().zip(&part.dates).for_each(|(dates, more)| dates.add(more));
        }
        for position in 0..self.dates.len() {
            if self.dates[position].is_mixed() {
                let name = fields(self.entity)[position].name;
                let message = "the column has dates with the day first and dates with the month first";
                self.remark_file(name, "date_mixed", "", message);
            }
        }
        let mut records = self.builder.build();
        if !parts.is_empty() {
            records = in_blocks(records, parts, &mut self.findings, &mut self.quarantine);
        }
        let (records, unread) = dates::settle(records, &self.dates, self.source.reading.dates);
        for it in unread {
            let message = match it.code {
                "date_ambiguous" => "the day or the month may come first, and its column does not tell",
                _ => "there is no such day",
            };
            self.findings.push(Finding {
                source: self.source.name.clone(),
                entity: self.entity,
                record_id: records.id(it.row).to_owned(),
                field: fields(self.entity)[it.position].name,
                code: it.code,
                raw_value: it.raw,
                message: message.to_owned(),
            });
        }
        if !self.dates.is_empty() {
            self.findings.extend(widths::lost_zeros(&records, &self.source.name));
        }
        let repeats = Repeats::default();
        let nested = Nested::default();
        FileRows { records, findings: self.findings, quarantine: self.quarantine, repeats, nested }
    }
}

/// The blocks of all parts as one file, which `whole` says what is to be said of.
fn in_blocks(
    whole: Records,
    parts: Vec<Part>,
    findings: &mut Vec<Finding>,
    quarantine: &mut Vec<QuarantineRow>,
) -> Records {
    let (mut rows_read, mut quarantined) = (0, 0);
    let mut blocks: Vec<(usize, Vec<ArrayRef>)> = Vec::new();
    for part in parts {
        rows_read += part.records.rows_read;
        quarantined += part.records.quarantined;
        findings.extend(part.findings);
        quarantine.extend(part.quarantine);
        let columns = part.records.into_columns();
        let mut start = 0;
        for BlockEnd { number, records: end } in part.blocks {
            let rows = columns.iter().map(|column| column.slice(start, end - start)).collect();
            blocks.push((number, rows));
            start = end;
        }
    }
    blocks.sort_unstable_by_key(|(number, _)| *number);
    let tables = blocks.into_iter().map(|(_, rows)| rows).collect();
    let columns = one_after_the_other(whole.entity, tables);
    let mut records = Records::new(whole.source, whole.entity, whole.files, columns);
    (records.rows_read, records.quarantined) = (rows_read, quarantined);
    records
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
    QuarantineRow {
        source: source.to_owned(),
        entity,
        file: file.to_owned(),
        line,
        reason: reason.to_owned(),
        raw: cut(&cut(raw).replace('\0', "\u{fffd}")).to_owned(),
    }
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(RAW_SIZE)]
}
