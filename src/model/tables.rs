//! All records of a run, by source and entity.

use super::{Entity, RecordRef, Records, SourceIx};

/// The records of every source and entity. A source that does not deliver an entity has no table of it.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    by_source: Vec<[Option<Records>; 7]>,
}

impl Tables {
    /// Sorts `records` in by source and entity.
    ///
    /// # Panics
    /// If two tables are of one source and entity: the reader builds one.
    #[must_use]
    pub fn new(sources: usize, records: Vec<Records>) -> Self {
        let mut by_source: Vec<[Option<Records>; 7]> = (0..sources).map(|_| Default::default()).collect();
        for table in records {
            let slot = &mut by_source[table.source as usize][table.entity.index()];
            assert!(slot.is_none(), "one table per source and entity");
            *slot = Some(table);
        }
        Self { by_source }
    }

    /// The number of sources, the hub included.
    #[must_use]
    pub fn sources(&self) -> usize {
        self.by_source.len()
    }

    /// The records of `entity` of `source`, `None` when the source does not deliver them.
    #[must_use]
    pub fn get(&self, source: SourceIx, entity: Entity) -> Option<&Records> {
        self.by_source.get(source as usize)?[entity.index()].as_ref()
    }

    /// All tables, by source, then by entity.
    pub fn iter(&self) -> impl Iterator<Item = &Records> {
        self.by_source.iter().flatten().flatten()
    }

    /// The value of the column `name` of `record`, `None` when it is blank.
    #[must_use]
    pub fn value(&self, entity: Entity, record: RecordRef, name: &str) -> Option<&str> {
        self.get(record.source, entity)?.get(record.row, name)
    }

    /// The id of `record`.
    ///
    /// # Panics
    /// If there is no such record.
    #[must_use]
    pub fn id(&self, entity: Entity, record: RecordRef) -> &str {
        self.get(record.source, entity).expect("a record reference names a table").id(record.row)
    }
}
