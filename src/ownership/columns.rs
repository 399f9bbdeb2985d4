//! The filter in front of the exact comparison: which clusters of a column may differ, found by whole columns.
//!
//! Per field one gather per source, one coalesce in owner order, one compare, one mask. The text is compared as it
//! is, so the filter lets through what only differs in spelling, and never holds back what differs.

use polars::prelude::{
    BooleanChunked, ChunkCompareEq, DataType, IdxCa, NewChunkedArray, Series, UInt32Chunked,
};
use rustc_hash::FxHashMap;

use super::bridge;
use super::canonical::is_blank;
use super::context::{Context, EntityPlan, FieldPlan, HUB_VOICE};
use super::roster::{Roster, VoiceIx};
use crate::matching::NO_CLUSTER;
use crate::model::{Kind, SourceIx, column, fields};

/// The positions in the roster at which a target may need a value that it does not have, in order.
pub(super) fn differing(
    context: &Context<'_>,
    plan: &EntityPlan,
    field: &FieldPlan,
    roster: &Roster,
) -> Vec<usize> {
    let columns = Columns { context, plan, field, roster };
    let targets: Vec<VoiceIx> = field
        .targets()
        .filter(|(source, _)| context.carrier(*source, plan.entity, field.position).is_some())
        .map(|(_, voice)| voice)
        .collect();
    // Nobody but the target has a say.
    let is_hubs_own = field.two_way.is_empty() && field.owners.iter().all(|(_, voice)| *voice == HUB_VOICE);
    if targets.is_empty() || is_hubs_own {
        return Vec::new();
    }
    let mask = if field.two_way.is_empty() && is_plain(field.field.kind) {
        columns.first_owner_differs(targets[0])
    } else {
        columns.any_differs(&targets)
    };
    mask.map(|mask| positions(&mask)).unwrap_or_default()
}

/// Whether a cell that is left in the column is a value. Of the other kinds some are junk, or hold nothing of their kind,
/// and then the next owner speaks.
const fn is_plain(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Id
            | Kind::Text
            | Kind::Notes
            | Kind::Date
            | Kind::Time
            | Kind::Bool
            | Kind::Count
            | Kind::Reference(_)
    ) || has_few_values(kind)
}

/// Whether the kind has so few values, each in many records, that all of them are judged before they are compared.
/// Makers and operating systems are spelled differently by every system, and would all be let through.
const fn has_few_values(kind: Kind) -> bool {
    matches!(kind, Kind::Maker | Kind::Model | Kind::OperatingSystem)
}

/// The gathered columns of one field.
struct Columns<'a, 'c> {
    context: &'c Context<'a>,
    plan: &'c EntityPlan,
    field: &'c FieldPlan,
    roster: &'c Roster,
}

impl Columns<'_, '_> {
    /// Where the first owner that has a value says something else than the target.
    fn first_owner_differs(&self, target: VoiceIx) -> Option<BooleanChunked> {
        let owners =
            self.field.owners.iter().filter_map(|(_, voice)| self.gathered(*voice, self.field.position));
        let desired = owners.reduce(|first, second| coalesce(first, &second))?;
        Some(lacks(&self.target(target), &desired))
    }

    /// Where any owner, or any of the targets, says something else than one of the targets.
    fn any_differs(&self, targets: &[VoiceIx]) -> Option<BooleanChunked> {
        let mut voices: Vec<VoiceIx> = self.field.owners.iter().map(|(_, voice)| *voice).collect();
        voices.extend(targets);
        voices.sort_unstable();
        voices.dedup();
        let values: Vec<(VoiceIx, Series)> = voices
            .iter()
            .filter_map(|voice| Some((*voice, self.gathered(*voice, self.field.position)?)))
            .collect();
        let mut masks = Vec::new();
        for target in targets {
            let own = self.target(*target);
            masks.extend(
                values.iter().filter(|(voice, _)| voice != target).map(|(_, value)| lacks(&own, value)),
            );
        }
        if self.field.field.kind == Kind::Mac {
            // The address may also come from an interface.
            let interfaces =
                fields(self.plan.entity).iter().position(|field| field.name == column::INTERFACES);
            let cells = interfaces
                .into_iter()
                .flat_map(|position| voices.iter().filter_map(move |voice| self.gathered(*voice, position)));
            masks.extend(cells.map(|cells| cells.is_not_null()));
        }
        masks.into_iter().reduce(|mask, other| mask | other)
    }

    /// What the target says, by cluster.
    fn target(&self, voice: VoiceIx) -> Series {
        self.gathered(voice, self.field.position).unwrap_or_else(|| {
            let of = match self.field.field.kind {
                Kind::Reference(_) => DataType::UInt32,
                _ => DataType::String,
            };
            Series::full_null("".into(), self.roster.len(), &of)
        })
    }

    /// What a voice says in the column at `position`, by cluster; `None` when it says nothing anywhere.
    fn gathered(&self, voice: VoiceIx, position: usize) -> Option<Series> {
        let sources = self.plan.voices[voice].iter();
        let gathered = sources.filter_map(|source| {
            let column = self.column(*source, position)?;
            Some(gather(&column, self.roster.rows(voice, *source)?))
        });
        gathered.reduce(|first, second| coalesce(first, &second))
    }

    /// The column of one source, `None` when it is blank everywhere.
    fn column(&self, source: SourceIx, position: usize) -> Option<Series> {
        let table = self.context.tables.get(source, self.plan.entity)?;
        if let (Kind::Reference(_), true) = (self.field.field.kind, position == self.field.position) {
            let clusters =
                self.context.references.clusters(source, self.plan.entity, self.field.field.name)?;
            let clusters = clusters.iter().map(|cluster| (*cluster != NO_CLUSTER).then_some(*cluster));
            return Some(UInt32Chunked::from_iter_options("".into(), clusters).into());
        }
        let text = table.text_at(position);
        if text.is_blank() {
            return None;
        }
        let kind = self.field.field.kind;
        if position != self.field.position || !has_few_values(kind) {
            return Some(bridge::series(text, |text| !is_blank(text)));
        }
        let mut known: FxHashMap<&str, bool> = FxHashMap::default();
        let says = |text| self.context.form(kind, source, text).is_ok();
        Some(bridge::series(text, |text| *known.entry(text).or_insert_with(|| says(text))))
    }
}

fn gather(column: &Series, rows: &IdxCa) -> Series {
    column.take(rows).expect("the rows of speakers are rows of their table")
}

/// The first value where there is one, else the second.
fn coalesce(first: Series, second: &Series) -> Series {
    if first.null_count() == 0 {
        return first;
    }
    first.zip_with(&first.is_not_null(), second).expect("columns of one field have one type and length")
}

/// Where `value` is known and the target says something else or nothing.
fn lacks(target: &Series, value: &Series) -> BooleanChunked {
    let differs = target.not_equal_missing(value).expect("columns of one field have one type and length");
    differs & value.is_not_null()
}

/// The positions at which the mask is true.
fn positions(mask: &BooleanChunked) -> Vec<usize> {
    let mut positions = Vec::new();
    let mut start = 0;
    for chunk in mask.downcast_iter() {
        positions.extend(chunk.values().true_idx_iter().map(|ix| start + ix));
        start += chunk.values().len();
    }
    positions
}
