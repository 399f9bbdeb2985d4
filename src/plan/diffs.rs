//! The diffs of a run by target record.

use std::ops::Range;

use crate::diff::Diff;
use crate::matching::ClusterIx;
use crate::model::{Entity, SourceIx};

/// The diffs in an order in which those of one target record stand together.
#[derive(Debug)]
pub(super) struct DiffIndex<'a> {
    diffs: &'a [Diff],
    order: Vec<u32>,
}

fn key(diff: &Diff) -> (SourceIx, Entity, ClusterIx, u32) {
    (diff.target.source, diff.entity, diff.cluster, diff.target.row)
}

impl<'a> DiffIndex<'a> {
    /// # Panics
    /// With more than 2³² diffs, for which there is no memory.
    pub(super) fn new(diffs: &'a [Diff]) -> Self {
        let count = u32::try_from(diffs.len()).expect("diffs are counted in 32 bits");
        let mut order: Vec<u32> = (0..count).collect();
        if !diffs.is_sorted_by_key(key) {
            order.sort_by_key(|ix| key(&diffs[*ix as usize]));
        }
        Self { diffs, order }
    }

    /// The positions of the diffs of all records of `target` in one cluster, by record.
    pub(super) fn of(&self, target: SourceIx, entity: Entity, cluster: ClusterIx) -> Range<u32> {
        let wanted = (target, entity, cluster);
        let at = |bound: fn((SourceIx, Entity, ClusterIx), (SourceIx, Entity, ClusterIx)) -> bool| {
            let end = self.order.partition_point(|ix| {
                let (target, entity, cluster, _) = key(&self.diffs[*ix as usize]);
                bound((target, entity, cluster), wanted)
            });
            u32::try_from(end).expect("diffs are counted in 32 bits")
        };
        at(|have, wanted| have < wanted)..at(|have, wanted| have <= wanted)
    }

    /// `range` cut into one range per target record.
    pub(super) fn by_record(&self, mut range: Range<u32>) -> Vec<(u32, Range<u32>)> {
        let mut records = Vec::new();
        while let Some(first) = self.get(range.clone()).next() {
            let row = first.target.row;
            let same = self.get(range.clone()).take_while(|diff| diff.target.row == row).count();
            let end = range.start + u32::try_from(same).expect("diffs are counted in 32 bits");
            records.push((row, range.start..end));
            range.start = end;
        }
        records
    }

    /// The diffs at `range`.
    pub(super) fn get(&self, range: Range<u32>) -> impl Iterator<Item = &'a Diff> + '_ {
        self.order[range.start as usize..range.end as usize].iter().map(|ix| &self.diffs[*ix as usize])
    }
}
