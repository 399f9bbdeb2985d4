//! References between records of one source, as clusters: the parent of an organization, the location of a contact, the
//! contact and the location of a configuration.

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::canonical::Blank;
use crate::matching::{ClusterIx, Matching, NO_CLUSTER};
use crate::model::{Entity, Field, Finding, Kind, RecordRef, Records, SourceIx, Tables, column, fields};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::{Names, Pipeline};

/// No row.
const NO_ROW: u32 = u32::MAX;

/// What every record of one table refers to in one column.
#[derive(Debug)]
struct Column {
    /// The cluster by row; [`NO_CLUSTER`] for none.
    clusters: Vec<ClusterIx>,
    /// The row that is referred to, in the same source; [`NO_ROW`] for none.
    rows: Vec<u32>,
}

/// All references of a run. A source that does not deliver the entity that a column refers to has none in that column.
#[derive(Debug)]
pub(super) struct References {
    columns: FxHashMap<(SourceIx, Entity, &'static str), Column>,
}

/// The column that holds the id beside the name.
pub(super) fn id_column(field: &str) -> &'static str {
    match field {
        column::LOCATION => column::LOCATION_ID,
        column::CONTACT => column::CONTACT_ID,
        _ => column::PARENT_ID,
    }
}

/// The name of a record for people: first and last name of a contact.
pub(super) fn display_name(tables: &Tables, entity: Entity, record: RecordRef) -> Option<Cow<'_, str>> {
    let part = |name| tables.value(entity, record, name).map(str::trim);
    if entity != Entity::Contact {
        return part(column::NAME).map(Cow::Borrowed);
    }
    match (part(column::FIRST_NAME), part(column::LAST_NAME)) {
        (Some(first), Some(last)) => Some(format!("{first} {last}").into()),
        (name, None) | (None, name) => name.map(Cow::Borrowed),
    }
}

impl References {
    /// Resolves every reference, and reports those that lead nowhere.
    pub(super) fn new(pipeline: &Pipeline, tables: &Tables, matching: &Matching) -> (Self, Vec<Finding>) {
        let jobs: Vec<(&Records, &'static Field, Entity)> = tables
            .iter()
            .filter(|table| table.entity != Entity::Ticket)
            .flat_map(|table| {
                fields(table.entity).iter().filter_map(move |field| match field.kind {
                    Kind::Reference(to) => Some((table, field, to)),
                    _ => None,
                })
            })
            .filter(|(table, _, to)| tables.get(table.source, *to).is_some())
            .collect();
        let resolved: Vec<(Column, Vec<Finding>)> = jobs
            .par_iter()
            .with_max_len(1)
            .map(|(table, field, to)| Resolver { pipeline, tables, matching, table, field, to: *to }.column())
            .collect();
        let mut columns = FxHashMap::default();
        let mut findings = Vec::new();
        for ((table, field, _), (column, found)) in jobs.into_iter().zip(resolved) {
            columns.insert((table.source, table.entity, field.name), column);
            findings.extend(found);
        }
        (Self { columns }, findings)
    }

    /// The clusters that the column refers to, by row; `None` when the source cannot say.
    pub(super) fn clusters(
        &self,
        source: SourceIx,
        entity: Entity,
        field: &'static str,
    ) -> Option<&[ClusterIx]> {
        self.columns.get(&(source, entity, field)).map(|column| column.clusters.as_slice())
    }

    /// The cluster and the record that a record refers to; `None` when it refers to nothing that takes part.
    pub(super) fn get(
        &self,
        entity: Entity,
        record: RecordRef,
        field: &'static str,
    ) -> Result<(ClusterIx, RecordRef), Blank> {
        let column = self.columns.get(&(record.source, entity, field)).ok_or(Blank::Unknown)?;
        let (cluster, row) = (column.clusters[record.row as usize], column.rows[record.row as usize]);
        if cluster == NO_CLUSTER {
            return Err(if row == NO_ROW { Blank::Unresolved } else { Blank::Foreign });
        }
        Ok((cluster, RecordRef { source: record.source, row }))
    }
}

/// Resolves one column of one table.
struct Resolver<'a> {
    pipeline: &'a Pipeline,
    tables: &'a Tables,
    matching: &'a Matching,
    table: &'a Records,
    field: &'static Field,
    to: Entity,
}

impl Resolver<'_> {
    fn column(&self) -> (Column, Vec<Finding>) {
        let count = self.table.len();
        let mut column = Column { clusters: vec![NO_CLUSTER; count], rows: vec![NO_ROW; count] };
        let mut findings = Vec::new();
        let ids = self.table.cells(id_column(self.field.name));
        let names = self.table.cells(self.field.name);
        let Some(targets) = self.tables.get(self.table.source, self.to) else { return (column, findings) };
        let by_id = Ids::new(self, targets);
        let by_name = ByName::new(self, targets);
        for row in 0..rows(self.table) {
            let (id, name) = (ids.get(row), names.get(row));
            let Some(raw) = name.or(id) else { continue };
            let record = RecordRef { source: self.table.source, row };
            if self.matching.of(self.table.entity).outcome(record).cluster == NO_CLUSTER {
                continue;
            }
            // An id is the source's own word; the name beside it is only for people.
            let found = match id {
                Some(id) => by_id.get(id),
                None => by_name.get(self.organization(self.table.entity, record), raw),
            };
            match found.map_or(Err(Blank::Unresolved), |found| self.judge(record, found)) {
                Ok((cluster, found)) => {
                    column.clusters[row as usize] = cluster;
                    column.rows[row as usize] = found;
                }
                Err(why) => {
                    if why == Blank::Foreign {
                        column.rows[row as usize] = found.unwrap_or(NO_ROW);
                    }
                    findings.push(self.finding(row, raw, why));
                }
            }
        }
        (column, findings)
    }

    /// The cluster of the row that `record` refers to, unless it may not.
    fn judge(&self, record: RecordRef, found: u32) -> Result<(ClusterIx, u32), Blank> {
        let target = RecordRef { source: record.source, row: found };
        let (of, to) = (self.organization(self.table.entity, record), self.organization(self.to, target));
        if self.to != Entity::Organization && of != NO_CLUSTER && to != NO_CLUSTER && of != to {
            return Err(Blank::Foreign);
        }
        let cluster = self.matching.of(self.to).outcome(target).cluster;
        let is_itself = self.to == self.table.entity
            && cluster == self.matching.of(self.table.entity).outcome(record).cluster;
        if cluster == NO_CLUSTER || is_itself { Err(Blank::Unresolved) } else { Ok((cluster, found)) }
    }

    /// The organization cluster of a record, [`NO_CLUSTER`] for organizations.
    fn organization(&self, entity: Entity, record: RecordRef) -> ClusterIx {
        if entity == Entity::Organization {
            return NO_CLUSTER;
        }
        let of_source = self.matching.of(entity).organizations.get(usize::from(record.source));
        of_source.and_then(|rows| rows.get(record.row as usize)).copied().unwrap_or(NO_CLUSTER)
    }

    fn finding(&self, row: u32, raw: &str, why: Blank) -> Finding {
        let is_foreign_contact = why == Blank::Foreign && self.to == Entity::Contact;
        let code = if is_foreign_contact { "foreign_contact" } else { "unresolved_reference" };
        Finding {
            source: self.pipeline.sources[usize::from(self.table.source)].name.clone(),
            entity: self.table.entity,
            record_id: self.table.id(row).to_owned(),
            field: self.field.name,
            code,
            raw_value: raw.to_owned(),
            message: match why {
                Blank::Foreign => format!("the {} belongs to another organization", self.to),
                _ => format!("no {} of the source that takes part is meant by this alone", self.to),
            },
        }
    }
}

/// Rows by record id.
struct Ids<'a>(FxHashMap<&'a str, u32>);

impl<'a> Ids<'a> {
    fn new(resolver: &Resolver<'_>, table: &'a Records) -> Self {
        let ids = resolver.table.cells(id_column(resolver.field.name));
        // Many sources refer by name; then no id is looked up.
        let is_asked = (0..rows(resolver.table)).any(|row| ids.get(row).is_some());
        let rows = if is_asked { rows(table) } else { 0 };
        Self((0..rows).map(|row| (table.id(row), row)).collect())
    }

    fn get(&self, id: &str) -> Option<u32> {
        self.0.get(id.trim()).copied()
    }
}

/// Rows by name inside an organization; `None` when several have the name.
struct ByName<'a> {
    rows: FxHashMap<(ClusterIx, Cow<'a, str>), Option<u32>>,
    folds: bool,
}

impl<'a> ByName<'a> {
    fn new(resolver: &Resolver<'a>, table: &'a Records) -> Self {
        let folds = resolver.pipeline.names == Names::IgnoreCase;
        let mut by_name = Self { rows: FxHashMap::default(), folds };
        // Most sources refer by id; then no name is looked up.
        let ids = resolver.table.cells(id_column(resolver.field.name));
        let names = resolver.table.cells(resolver.field.name);
        if (0..rows(resolver.table)).all(|row| names.get(row).is_none() || ids.get(row).is_some()) {
            return by_name;
        }
        for row in 0..rows(table) {
            let record = RecordRef { source: table.source, row };
            let Some(name) = display_name(resolver.tables, resolver.to, record) else { continue };
            let key = match name {
                Cow::Borrowed(name) => by_name.key(name),
                Cow::Owned(name) => Cow::Owned(by_name.key(&name).into_owned()),
            };
            let organization = resolver.organization(resolver.to, record);
            by_name.rows.entry((organization, key)).and_modify(|other| *other = None).or_insert(Some(row));
        }
        by_name
    }

    fn get(&self, organization: ClusterIx, name: &'a str) -> Option<u32> {
        *self.rows.get(&(organization, self.key(name)))?
    }

    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let key = name_key(name);
        if self.folds { fold_case(&key).into() } else { key }
    }
}

fn rows(table: &Records) -> u32 {
    u32::try_from(table.len()).expect("a table has fewer than 4 billion rows")
}
