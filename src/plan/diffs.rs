//! The diffs of a run by target record.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diff::Diff;
use crate::matching::ClusterIx;
use crate::model::{Entity, SourceIx};

/// The diffs in an order in which those of one target record stand together.
#[derive(Debug)]
pub(super) struct DiffIndex<'a> {
    diffs: &'a [Diff],
    order: Vec<u32>,
    /// By target and entity, where in `order` the diffs of each cluster start; one more at the end.
    starts: BTreeMap<(SourceIx, Entity), Vec<u32>>,
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
        let mut starts: BTreeMap<(SourceIx, Entity), Vec<u32>> = BTreeMap::new();
        for (at, ix) in order.iter().enumerate() {
            let diff = &diffs[*ix as usize];
            let starts = starts.entry((diff.target.source, diff.entity)).or_default();
            // Clusters without a diff start where the next one does.
            starts.resize(starts.len().max(diff.cluster as usize + 1), position(at));
        }
        // The end of the last cluster of a group is the start of the next group.
        let mut end = position(order.len());
        for of_group in starts.values_mut().rev() {
            of_group.push(end);
            end = of_group[0];
        }
        Self { diffs, order, starts }
    }

    /// The positions of the diffs of all records of `target` in one cluster, by record.
    pub(super) fn of(&self, target: SourceIx, entity: Entity, cluster: ClusterIx) -> Range<u32> {
        let starts = self.starts.get(&(target, entity)).map_or(&[][..], Vec::as_slice);
        match starts.get(cluster as usize..cluster as usize + 2) {
            Some([start, end]) => *start..*end,
            _ => 0..0,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::DiffKind;
    use crate::model::RecordRef;

    fn diff(source: SourceIx, entity: Entity, cluster: ClusterIx, row: u32, field: &'static str) -> Diff {
        Diff {
            entity,
            cluster,
            target: RecordRef { source, row },
            field,
            current: None,
            desired: String::new(),
            desired_cluster: None,
            supplied_by: RecordRef { source, row },
            kind: DiffKind::Set,
            rule: "".into(),
        }
    }

    #[test]
    fn diffs_are_found_by_cluster_and_record_in_any_order() {
        let (contact, device) = (Entity::Contact, Entity::Configuration);
        let diffs = [
            diff(1, device, 3, 9, "name"),
            diff(0, device, 3, 5, "name"),
            diff(0, device, 3, 5, "model"),
            diff(1, device, 3, 7, "name"),
            diff(0, contact, 0, 1, "title"),
        ];
        let index = DiffIndex::new(&diffs);
        let fields = |range| index.get(range).map(|diff| diff.field).collect::<Vec<_>>();
        assert_eq!(fields(index.of(0, device, 3)), ["name", "model"]);
        assert_eq!(fields(index.of(0, contact, 0)), ["title"]);
        for cluster in [0, 1, 2, 4, u32::MAX - 2] {
            assert!(fields(index.of(0, device, cluster)).is_empty());
        }
        assert!(fields(index.of(2, device, 3)).is_empty());
        let rows: Vec<_> = index.by_record(index.of(1, device, 3)).into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [7, 9]);
    }
}
