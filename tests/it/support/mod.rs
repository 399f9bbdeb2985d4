//! What several integration tests share: record tables from small literals, and generated estates.

pub mod generated;
pub mod shown;
#[expect(dead_code, reason = "the generator writes more than the tests read")]
pub mod whole;

use matchbook::model::{Entity, FileInfo, Records, RecordsBuilder, SourceIx, Tables, fields};

use crate::oracle::Row;

/// The tables of `rows`, in their order. A source without a row of an entity has no table of it.
pub fn tables(sources: usize, rows: &[Row]) -> Tables {
    let mut all: Vec<Records> = Vec::new();
    for source in 0..sources {
        for entity in Entity::ALL {
            let own: Vec<&Row> =
                rows.iter().filter(|row| row.source == source && row.entity == entity).collect();
            if !own.is_empty() {
                all.push(table(source, entity, &own));
            }
        }
    }
    Tables::new(sources, all)
}

fn table(source: usize, entity: Entity, rows: &[&Row]) -> Records {
    let source = SourceIx::try_from(source).expect("a test has few sources");
    let mut builder = RecordsBuilder::new(source, entity);
    builder.files.push(FileInfo { path: "rows.csv".to_owned(), carried: vec![true; fields(entity).len()] });
    for (line, row) in (2..).zip(rows) {
        let mut set = |column: &str, value: &str| {
            let position = builder.position(column).expect("the tests name canonical columns");
            builder.set(position, value);
        };
        set("record_id", &row.id);
        for (column, value) in &row.cells {
            set(column, value);
        }
        builder.finish_row(0, line);
    }
    builder.rows_read = rows.len() as u64;
    builder.build()
}
