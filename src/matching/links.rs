//! Links that hub rows store, across organizations: where a record's own link would have led.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::fold::FoldInput;
use super::outcome::{ClusterIx, NO_CLUSTER};
use crate::model::{Entity, RecordRef};
use crate::normalize::{Key, Keys};

/// Hub rows by the links that they store, their own ids aside.
#[derive(Default)]
pub(super) struct StoredLinks<'a> {
    rows: FxHashMap<&'a str, SmallVec<[u32; 1]>>,
    organizations: &'a [ClusterIx],
}

impl<'a> StoredLinks<'a> {
    /// Indexes the hub's rows of `entity`; `organizations` is their organization cluster by row.
    pub fn new(entity: Entity, keys: &'a Keys, organizations: &'a [ClusterIx]) -> Self {
        let links = keys.of(0, entity).of(Key::Link);
        let mut rows: FxHashMap<&'a str, SmallVec<[u32; 1]>> = FxHashMap::default();
        for (row, organization) in organizations.iter().enumerate() {
            if *organization == NO_CLUSTER {
                continue;
            }
            let row = u32::try_from(row).expect("a table has fewer than 4 billion rows");
            for link in links.get(row).skip(1) {
                rows.entry(link).or_default().push(row);
            }
        }
        Self { rows, organizations }
    }

    /// The hub row of another organization that stores the record's own link, of several the first by id.
    pub fn elsewhere(
        &self,
        input: &FoldInput<'_>,
        record: RecordRef,
        organization: ClusterIx,
    ) -> Option<u32> {
        if input.entity == Entity::Organization || self.rows.is_empty() {
            return None;
        }
        let own = input.keys.of(record.source, input.entity).of(Key::Link).get(record.row).next()?;
        let rows = self.rows.get(own)?.iter().copied();
        rows.filter(|row| self.organizations[*row as usize] != organization)
            .min_by_key(|row| input.tables.id(input.entity, RecordRef { source: 0, row: *row }))
    }
}
