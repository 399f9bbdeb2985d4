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

fn position(at: usize) -> u32 {
    u32::try_from(at).expect("diffs are counted in 32 bits")
}

impl<'a> DiffIndex<'a> {
    /// # Panics
    /// With more than 2³² diffs, for which there is no memory.
    pub(super) fn new(diffs: &'a [Diff]) -> Self {
        let mut order: Vec<u32> = (0..position(diffs.len())).collect();
        if !diffs.is_sorted_by_key(key) {
            order.sort_by_key(|ix| key(&diffs[*ix as usize]));
        }
        Self { diffs, order }
    }

    /// The positions of the diffs of all records of `target` in one cluster, by record.
    pub(super) fn of(&self, target: SourceIx, entity: Entity, cluster: ClusterIx) -> Range<u32> {
        let of = |ix: &u32| {
            let diff = &self.diffs[*ix as usize];
            (diff.target.source, diff.entity, diff.cluster)
        };
        let wanted = (target, entity, cluster);
        let start = self.order.partition_point(|ix| of(ix) < wanted);
        let count = self.order[start..].iter().take_while(|ix| of(ix) == wanted).count();
        position(start)..position(start + count)
    }

    /// `range` cut into one range per target record.
    pub(super) fn by_record(&self, mut range: Range<u32>) -> Vec<(u32, Range<u32>)> {
        let mut records = Vec::new();
        while let Some(first) = self.get(range.clone()).next() {
            let row = first.target.row;
            let same = self.get(range.clone()).take_while(|diff| diff.target.row == row).count();
            let end = range.start + position(same);
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
