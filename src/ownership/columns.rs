//! The filter in front of the exact comparison: which clusters of a column may differ, found by columns.
//!
//! Clusters are looked at in parts that stay in the processor's cache. Per part and field one gather per source, one
//! coalesce in owner order, one compare, one mask. Text is compared as it is, so the filter lets through what only
//! differs in spelling, and never holds back what differs.

use polars::prelude::{BooleanChunked, ChunkCompareEq, DataType, Series};

use super::cells::{Cells, UNCLEAR, cells};
use super::context::{Context, EntityPlan, FieldPlan, HUB_VOICE};
use super::roster::{Roster, VoiceIx};
use crate::model::{Kind, Records, SourceIx, column};

/// One field that can differ, with what every source says of it.
#[derive(Debug)]
pub(super) struct FieldColumns<'a> {
    targets: Vec<VoiceIx>,
    /// Without those that are blank everywhere.
    columns: Vec<(SourceIx, Cells<'a>)>,
    /// Whether whatever is in the columns is a value. Else some of it is junk, or holds nothing of its kind, and then the
    /// next owner speaks.
    are_values: bool,
}

/// Whether any text is a value.
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
    )
}

impl<'a> FieldColumns<'a> {
    /// Prepares a field; `None` when no target takes it, or nobody but the target has a say.
    pub(super) fn new(context: &'a Context<'_>, plan: &EntityPlan, field: &FieldPlan) -> Option<Self> {
        let targets: Vec<VoiceIx> = field
            .targets()
            .filter(|(source, _)| context.carrier(*source, plan.entity, field.position).is_some())
            .map(|(_, voice)| voice)
            .collect();
        let is_hubs_own =
            field.two_way.is_empty() && field.owners.iter().all(|(_, voice)| *voice == HUB_VOICE);
        if targets.is_empty() || is_hubs_own {
            return None;
        }
        let mut sources: Vec<SourceIx> = targets
            .iter()
            .chain(field.owners.iter().map(|(_, voice)| voice))
            .flat_map(|voice| plan.voices[*voice].iter().copied())
            .collect();
        sources.sort_unstable();
        sources.dedup();
        let tables: Vec<&Records> =
            sources.iter().filter_map(|source| context.tables.get(*source, plan.entity)).collect();
        let columns = match field.field.kind {
            Kind::Reference(_) => references(context, field, &tables),
            Kind::Mac => macs(context, field, &tables),
            kind => {
                let texts = tables.iter().map(|table| (table.source, table.text_at(field.position)));
                cells(context, kind, texts.filter(|(_, texts)| !texts.is_blank()).collect())
            }
        };
        let are_texts = columns.iter().any(|(_, cells)| matches!(cells, Cells::Texts(_)));
        Some(Self { targets, columns, are_values: is_plain(field.field.kind) || !are_texts })
    }

    /// The positions in the roster at which a target may need a value that it does not have, in order.
    pub(super) fn differing(&self, plan: &EntityPlan, field: &FieldPlan, roster: &Roster) -> Vec<usize> {
        let gather = Gather { columns: self, plan, field, roster };
        let mask = if field.two_way.is_empty() && self.are_values {
            gather.first_owner_differs(self.targets[0])
        } else {
            gather.any_differs(&self.targets)
        };
        mask.map(|mask| positions(&mask)).unwrap_or_default()
    }
}

/// The clusters that the records of each table refer to.
fn references<'a>(
    context: &'a Context<'_>,
    field: &FieldPlan,
    tables: &[&'a Records],
) -> Vec<(SourceIx, Cells<'a>)> {
    let clusters = |table: &&Records| {
        let clusters = context.references.clusters(table.source, table.entity, field.field.name)?;
        Some((table.source, Cells::References(clusters)))
    };
    tables.iter().filter_map(clusters).collect()
}

/// The MAC addresses of each table, which may also be those of interfaces.
fn macs<'a>(
    context: &'a Context<'_>,
    field: &FieldPlan,
    tables: &[&'a Records],
) -> Vec<(SourceIx, Cells<'a>)> {
    let mut columns = Vec::new();
    for table in tables {
        let addresses = table.text_at(field.position);
        let interfaces = table.position(column::INTERFACES).map(|position| table.text_at(position));
        if !addresses.is_blank() || interfaces.is_some_and(|interfaces| !interfaces.is_blank()) {
            columns.push((table.source, Cells::Macs { addresses, interfaces, junk: context.junk }));
        }
    }
    columns
}

/// One field of the clusters of a roster.
#[derive(Clone, Copy)]
struct Gather<'c> {
    columns: &'c FieldColumns<'c>,
    plan: &'c EntityPlan,
    field: &'c FieldPlan,
    roster: &'c Roster,
}

impl Gather<'_> {
    /// Where the first owner that has a value says something else than the target.
    fn first_owner_differs(self, target: VoiceIx) -> Option<BooleanChunked> {
        let owners = self.field.owners.iter().map(|(_, voice)| *voice);
        let desired = self.first_said(owners)?;
        let lacks = lacks(&self.target(target), &desired);
        Some(match desired.u64() {
            Ok(macs) => lacks | macs.equal_missing(UNCLEAR),
            Err(_) => lacks,
        })
    }

    /// Where any owner, or any of the targets, says something else than one of the targets.
    fn any_differs(self, targets: &[VoiceIx]) -> Option<BooleanChunked> {
        let mut voices: Vec<VoiceIx> = self.field.owners.iter().map(|(_, voice)| *voice).collect();
        voices.extend(targets);
        voices.sort_unstable();
        voices.dedup();
        let values: Vec<(VoiceIx, Series)> =
            voices.iter().filter_map(|voice| Some((*voice, self.said(*voice)?))).collect();
        let mut masks = Vec::new();
        for target in targets {
            let own = self.target(*target);
            let others = values.iter().filter(|(voice, _)| voice != target);
            masks.extend(others.map(|(_, value)| match self.field.field.kind {
                // Of the addresses of a record only one is known here, and each of them may have changed.
                Kind::Mac => value.is_not_null(),
                _ => lacks(&own, value),
            }));
        }
        masks.into_iter().reduce(|mask, other| mask | other)
    }

    /// What the target says, by cluster.
    fn target(self, voice: VoiceIx) -> Series {
        self.said(voice).unwrap_or_else(|| {
            let of = self.columns.columns.first().map_or(DataType::String, |(_, cells)| cells.data_type());
            Series::full_null("".into(), self.roster.len(), &of)
        })
    }

    /// What a voice says, by cluster; `None` when it says nothing anywhere.
    fn said(self, voice: VoiceIx) -> Option<Series> {
        self.first_said([voice])
    }

    /// What the first of the voices says that says anything, by cluster. Nobody is asked of a cluster that has a value
    /// already: records of one cluster are far apart in memory.
    fn first_said(self, voices: impl IntoIterator<Item = VoiceIx>) -> Option<Series> {
        let columns = &self.columns.columns;
        let mut said: Option<Series> = None;
        for voice in voices {
            for source in &self.plan.voices[voice] {
                let Some((_, cells)) = columns.iter().find(|(of, _)| of == source) else { continue };
                let rows = self.roster.rows(voice, *source);
                said = Some(match said {
                    None => cells.gather(rows),
                    Some(first) if first.null_count() == 0 => return Some(first),
                    Some(first) => {
                        let is_said = first.is_not_null();
                        let open =
                            rows.zip(is_said.iter()).map(|(row, said)| row.filter(|_| said != Some(true)));
                        coalesce(&first, &is_said, &cells.gather(open))
                    }
                });
            }
        }
        said
    }
}

/// The first value where it is said, else the second.
fn coalesce(first: &Series, is_said: &BooleanChunked, second: &Series) -> Series {
    first.zip_with(is_said, second).expect("columns of one field have one type and length")
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
