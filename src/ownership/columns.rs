//! The filter in front of the exact comparison: which clusters of a column may differ, found by columns.
//!
//! Clusters are looked at in parts that stay in the processor's cache. Per part and field one gather per source, one
//! coalesce in owner order, one compare, one mask. Text is compared as it is, so the filter lets through what only
//! differs in spelling, and never holds back what differs.

use polars::prelude::{BooleanChunked, ChunkCompareEq, DataType, Series};

use super::cells::{Cells, UNCLEAR, cells};
use super::context::{Context, EntityPlan, FieldPlan, HUB_VOICE};
use super::roster::{Roster, VoiceIx};
use crate::model::{Kind, SourceIx, Texts, column, fields};

/// One field that can differ, with what every source says of it.
#[derive(Debug)]
pub(super) struct FieldColumns<'a> {
    targets: Vec<VoiceIx>,
    /// Without those that are blank everywhere.
    columns: Vec<(SourceIx, Cells<'a>)>,
    /// Of a MAC address that two systems keep, the network interfaces: it may also come from there.
    interfaces: Vec<(SourceIx, Cells<'a>)>,
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
        let tables = || sources.iter().filter_map(|source| context.tables.get(*source, plan.entity));
        let texts = |position: usize| -> Vec<(SourceIx, Texts<'a>)> {
            let texts = tables().map(|table| (table.source, table.text_at(position)));
            texts.filter(|(_, texts)| !texts.is_blank()).collect()
        };
        let position = fields(plan.entity).iter().position(|field| field.name == column::INTERFACES);
        let kind = field.field.kind;
        let mut interfaces = Vec::new();
        let columns: Vec<(SourceIx, Cells<'a>)> = match (kind, position) {
            (Kind::Reference(_), _) => sources
                .iter()
                .filter_map(|source| {
                    let clusters = context.references.clusters(*source, plan.entity, field.field.name)?;
                    Some((*source, Cells::References(clusters)))
                })
                .collect(),
            (Kind::Mac, Some(position)) if field.two_way.is_empty() => tables()
                .map(|table| {
                    let (addresses, interfaces) = (table.text_at(field.position), table.text_at(position));
                    (table.source, addresses, interfaces)
                })
                .filter(|(_, addresses, interfaces)| !(addresses.is_blank() && interfaces.is_blank()))
                .map(|(source, addresses, interfaces)| {
                    (source, Cells::Macs { addresses, interfaces, junk: context.junk })
                })
                .collect(),
            (Kind::Mac, Some(position)) => {
                interfaces = texts(position)
                    .into_iter()
                    .map(|(source, cells)| (source, Cells::Texts(cells)))
                    .collect();
                cells(context, kind, texts(field.position))
            }
            _ => cells(context, kind, texts(field.position)),
        };
        let are_texts = columns.iter().any(|(_, cells)| matches!(cells, Cells::Texts(_)));
        Some(Self { targets, columns, interfaces, are_values: is_plain(kind) || !are_texts })
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
        let desired = self.first_said(&self.columns.columns, owners)?;
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
            masks.extend(
                values.iter().filter(|(voice, _)| voice != target).map(|(_, value)| lacks(&own, value)),
            );
        }
        let interfaces =
            voices.iter().filter_map(|voice| self.first_said(&self.columns.interfaces, [*voice]));
        masks.extend(interfaces.map(|cells| cells.is_not_null()));
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
        self.first_said(&self.columns.columns, [voice])
    }

    /// What the first of the voices says that says anything, by cluster. Nobody is asked of a cluster that has a value
    /// already: records of one cluster are far apart in memory.
    fn first_said(
        self,
        columns: &[(SourceIx, Cells<'_>)],
        voices: impl IntoIterator<Item = VoiceIx>,
    ) -> Option<Series> {
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
