//! Who speaks: for every cluster, the record that stands for each role or source.

use std::ops::Range;

use smallvec::SmallVec;

use super::policy::Voice;
use crate::matching::{ClusterIx, EntityMatching};
use crate::model::{Entity, RecordRef, SourceIx, Tables};

/// The position of a [`Voice`] in the voices of an entity.
pub(super) type VoiceIx = usize;

/// No row.
const NO_ROW: u32 = u32::MAX;

/// The record that stands for each voice in one cluster.
///
/// Of several records of one voice the one that joined by the strongest rule speaks (its founder, by decision, by the
/// earliest tier), then the one with the smallest id.
pub(super) fn speakers(
    tables: &Tables,
    matching: &EntityMatching,
    voices: &[Voice],
    cluster: ClusterIx,
) -> SmallVec<[Option<RecordRef>; 8]> {
    let mut speakers: SmallVec<[Option<RecordRef>; 8]> = SmallVec::from_elem(None, voices.len());
    for member in matching.members(cluster) {
        for (voice, speaker) in voices.iter().zip(&mut speakers) {
            if !voice.contains(&member.source) {
                continue;
            }
            let rank = |record: RecordRef| {
                (matching.outcome(record).rule, tables.id(matching.entity, record), record.source)
            };
            if speaker.is_none_or(|speaker| rank(*member) < rank(speaker)) {
                *speaker = Some(*member);
            }
        }
    }
    speakers
}

/// Clusters of one entity that have something to compare, with the speakers as columns.
#[derive(Debug)]
pub(super) struct Roster {
    /// The clusters, in order.
    pub clusters: Vec<ClusterIx>,
    columns: Vec<Column>,
}

/// The speakers of one voice.
#[derive(Debug, Default)]
struct Column {
    rows: Vec<u32>,
    /// Empty when the voice is of one source.
    sources: Vec<SourceIx>,
}

impl Roster {
    /// Of the clusters in `range` those with a record of one of the `targets` and at least one more, and not in review.
    pub(super) fn new(
        tables: &Tables,
        matching: &EntityMatching,
        voices: &[Voice],
        targets: &[SourceIx],
        range: Range<ClusterIx>,
    ) -> Self {
        let mut roster =
            Self { clusters: Vec::new(), columns: voices.iter().map(|_| Column::default()).collect() };
        for ix in range {
            let cluster = &matching.clusters[ix as usize];
            let members = matching.members(ix);
            if cluster.in_review
                || members.len() < 2
                || !members.iter().any(|member| targets.contains(&member.source))
            {
                continue;
            }
            roster.clusters.push(ix);
            let speakers = speakers(tables, matching, voices, ix);
            for ((column, voice), speaker) in roster.columns.iter_mut().zip(voices).zip(speakers) {
                column.rows.push(speaker.map_or(NO_ROW, |speaker| speaker.row));
                if voice.len() > 1 {
                    column.sources.push(speaker.map_or(voice[0], |speaker| speaker.source));
                }
            }
        }
        roster
    }

    /// The number of clusters.
    pub(super) fn len(&self) -> usize {
        self.clusters.len()
    }

    /// The record that speaks for `voice` in the cluster at `position`.
    pub(super) fn speaker(&self, voices: &[Voice], voice: VoiceIx, position: usize) -> Option<RecordRef> {
        let column = &self.columns[voice];
        let row = column.rows[position];
        let source = column.sources.get(position).copied().unwrap_or(voices[voice][0]);
        (row != NO_ROW).then_some(RecordRef { source, row })
    }

    /// The rows of `source` that speak for `voice`, by cluster; `None` where the source does not.
    pub(super) fn rows(&self, voice: VoiceIx, source: SourceIx) -> impl Iterator<Item = Option<u32>> {
        let Column { rows, sources } = &self.columns[voice];
        let speaks = move |position: usize| sources.get(position).is_none_or(|of| *of == source);
        rows.iter()
            .enumerate()
            .map(move |(position, row)| (*row != NO_ROW && speaks(position)).then_some(*row))
    }
}

/// The position of the voice `voice` in `voices`, added when it is not there.
pub(super) fn voice(voices: &mut Vec<Voice>, voice: &Voice) -> VoiceIx {
    voices.iter().position(|other| other == voice).unwrap_or_else(|| {
        voices.push(voice.clone());
        voices.len() - 1
    })
}

/// Whether any record of the entity can have two members in a cluster: whether two sources deliver it.
pub(super) fn is_shared(tables: &Tables, entity: Entity) -> bool {
    tables.iter().filter(|table| table.entity == entity && !table.is_empty()).nth(1).is_some()
}
