//! The tables of records: canonical columns go over as they are, outcomes beside them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, Int64Array, ListBuilder, StringBuilder, UInt32Array};
use arrow::compute::take;

use super::columns::{self, append_record, batch};
use super::load::{BATCH, Sink, Stopped};
use super::names::Names;
use super::schema;
use super::text::typed;
use super::ticket_links::TicketLinks;
use crate::model::{Entity, Field, RecordRef, Records, Texts, column, fields};

/// Writes all records of `entity`, by source, then by id.
pub(super) fn write(sink: &Sink, names: &Names<'_>, run_id: i64, entity: Entity) -> Result<(), Stopped> {
    let sources = (0..).zip(0..names.tables.sources());
    let tables: Vec<&Records> = sources
        .filter_map(|(source, _)| names.tables.get(source, entity))
        .filter(|table| !table.is_empty())
        .collect();
    // A column that no record has a value for is not sent: DuckDB fills it with nulls at no cost.
    let is_blank = |name: &str| {
        let mut columns = tables.iter().map(|table| Some(table.text_at(table.position(name)?)));
        columns.all(|column| column.is_some_and(Texts::is_blank))
    };
    let columns: Vec<&'static str> = schema::table(entity.table())
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !is_blank(name))
        .collect();
    for records in tables {
        let order = records.by_id();
        let links = (entity == Entity::Ticket).then(|| TicketLinks::new(names, records));
        for rows in order.chunks(BATCH) {
            let picked = UInt32Array::from(rows.to_vec());
            let chunk = Chunk { names, run_id, records, rows, picked, links: links.as_ref() };
            let arrays = columns.iter().map(|name| chunk.column(name)).collect();
            sink.send(batch(columns.iter().copied(), arrays))?;
        }
    }
    Ok(())
}

/// Some rows of a table of records.
struct Chunk<'a> {
    names: &'a Names<'a>,
    run_id: i64,
    records: &'a Records,
    rows: &'a [u32],
    picked: UInt32Array,
    /// Of tickets, what they are about.
    links: Option<&'a TicketLinks<'a>>,
}

impl Chunk<'_> {
    fn column(&self, name: &'static str) -> ArrayRef {
        match name {
            "run_id" => Arc::new(Int64Array::from_value(self.run_id, self.rows.len())),
            "source" => self.texts(|_, out| out.append_value(self.names.source(self.records.source))),
            "cluster_id" => self.texts(|row, out| {
                let record = RecordRef { source: self.records.source, row };
                let matching = self.names.matching.of(self.records.entity);
                append_record(out, self.names.founder(self.records.entity, matching.outcome(record).cluster));
            }),
            "state" => self.texts(|row, out| {
                let record = RecordRef { source: self.records.source, row };
                out.append_value(self.names.matching.of(self.records.entity).outcome(record).state.name());
            }),
            column::SOURCE_FILE => self.texts(|row, out| {
                let is_row = self.records.line(row) > 0;
                out.append_option(is_row.then(|| self.records.file(row).path.as_str()));
            }),
            column::SOURCE_LINE => Arc::new(
                self.rows
                    .iter()
                    .map(|row| Some(i64::from(self.records.line(*row))).filter(|line| *line > 0))
                    .collect::<Int64Array>(),
            ),
            "configuration_clusters" => self.ticket_configurations(),
            "organization_cluster" | "location_cluster" | "contact_cluster" => self.texts(|row, out| {
                let cluster = self.links.and_then(|links| links.cluster(self.names, self.records, row, name));
                append_record(out, cluster);
            }),
            name => self.canonical(name),
        }
    }

    fn ticket_configurations(&self) -> ArrayRef {
        let mut out = ListBuilder::new(StringBuilder::new());
        for row in self.rows {
            let clusters = self.links.and_then(|links| links.configurations(self.names, self.records, *row));
            out.append_option(clusters.map(|clusters| clusters.into_iter().map(Some)));
        }
        Arc::new(out.finish())
    }

    fn texts(&self, mut write: impl FnMut(u32, &mut StringBuilder)) -> ArrayRef {
        let mut out = columns::texts(self.rows.len());
        self.rows.iter().for_each(|row| write(*row, &mut out));
        Arc::new(out.finish())
    }

    fn canonical(&self, name: &'static str) -> ArrayRef {
        let position = self.records.position(name).expect("the other columns are canonical");
        let field: &Field = &fields(self.records.entity)[position];
        let cells = &self.records.columns()[position];
        // Readers mostly deliver records in order, and then the rows are a slice.
        let first = self.rows[0] as usize;
        let is_slice = self.rows.iter().zip(self.rows[0]..).all(|(row, expected)| *row == expected);
        let cells = if is_slice {
            cells.slice(first, self.rows.len())
        } else {
            take(cells, &self.picked, None).expect("the rows are rows of the table")
        };
        let by_code = |of: &dyn Array, codes| take(of, codes, None).expect("codes are positions of texts");
        match Texts::of(&cells) {
            Texts::Plain(cells) => typed(field, cells),
            Texts::Coded { codes, texts } if texts.len() <= codes.len() => {
                by_code(&typed(field, texts), codes)
            }
            Texts::Coded { codes, texts } => typed(field, by_code(texts, codes).as_string()),
        }
    }
}
