//! From drafts to steps: what they need first, the lookups among that, waves, order.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::calls::StepCall;
use super::context::Context;
use super::draft::Draft;
use super::gates::{Gate, Holds};
use super::items::Need;
use super::json::Json;
use super::presence::Presences;
use super::request::{Further, Request};
use super::waves::Dependencies;
use super::{Action, Origin, Step, StepReason, StepStatus, vendor};
use crate::model::RecordRef;

/// Shares of drafts that are written at a time, by thread: so many that no thread waits long for the last one.
const SHARES: usize = 8;

/// A step with what is still to be sorted out.
struct Written {
    step: Step,
    holds: Holds,
    depends_on: Vec<Arc<str>>,
    needs: Vec<Arc<Need>>,
}

/// A plan in the making.
pub(super) struct Assembly<'c, 'a> {
    ctx: &'c Context<'a>,
    steps: Vec<Step>,
    reasons: Vec<StepReason>,
    dependencies: Dependencies,
    /// By the id of the step that meets it, and whether a step that may be sent needs it.
    needs: FxHashMap<Arc<str>, (Arc<Need>, bool)>,
}

impl<'c, 'a> Assembly<'c, 'a> {
    pub(super) fn new(ctx: &'c Context<'a>) -> Self {
        Self {
            ctx,
            steps: Vec::new(),
            reasons: Vec::new(),
            dependencies: Dependencies::default(),
            needs: FxHashMap::default(),
        }
    }

    /// Adds the steps of one target. Every share of drafts goes as soon as it is written.
    pub(super) fn add(&mut self, presences: &Presences, drafts: Vec<Vec<Draft>>) {
        let ctx = self.ctx;
        self.steps.reserve(drafts.iter().map(Vec::len).sum());
        let mut shares = drafts.into_iter();
        loop {
            let some: Vec<Vec<Draft>> = shares.by_ref().take(SHARES * rayon::current_num_threads()).collect();
            if some.is_empty() {
                break;
            }
            let written: Vec<Vec<Written>> = some
                .into_par_iter()
                .map(|share| {
                    let mut written = Vec::with_capacity(share.len());
                    written.extend(share.into_iter().flat_map(|draft| write_all(ctx, presences, draft)));
                    written
                })
                .collect();
            written.into_iter().flatten().for_each(|written| self.push(written));
        }
    }

    fn push(&mut self, written: Written) {
        let Written { step, holds, depends_on, needs } = written;
        let at = u32::try_from(self.steps.len()).expect("steps are counted in 32 bits");
        self.dependencies.add(at, &depends_on);
        let is_ready = step.status == StepStatus::Ready;
        for need in needs {
            match self.needs.get_mut(&need.id) {
                Some((kept, is_some_ready)) => {
                    *is_some_ready |= is_ready;
                    // Of several spellings the first in the alphabet, whichever step comes first.
                    if need.name < kept.name {
                        *kept = need;
                    }
                }
                None => {
                    self.needs.insert(Arc::clone(&need.id), (need, is_ready));
                }
            }
        }
        self.reasons.extend(holds.into_sorted().map(|held| {
            let gate = held.gate;
            let message = held.into_message().into_boxed_str();
            StepReason { step: at, code: gate.code(), message, remedy: gate.remedy() }
        }));
        self.steps.push(step);
    }

    /// Adds the steps for lookups, numbers the waves and sorts: steps by wave, then by id, reasons by step.
    pub(super) fn finish(mut self) -> (Vec<Step>, Vec<StepReason>) {
        let needs: BTreeMap<_, _> = std::mem::take(&mut self.needs).into_iter().collect();
        for (need, is_ready) in needs.into_values() {
            let written = list_step(self.ctx, &need, is_ready);
            self.push(written);
        }
        let Self { mut steps, mut reasons, dependencies, .. } = self;
        dependencies.number(&mut steps);
        // Positions are sorted, not steps: a step is large.
        let mut order: Vec<usize> = (0..steps.len()).collect();
        order.par_sort_by(|a, b| {
            let (a, b) = (&steps[*a], &steps[*b]);
            (a.wave, &a.id).cmp(&(b.wave, &b.id))
        });
        let mut positions = vec![0; steps.len()];
        for (position, from) in (0..).zip(&order) {
            positions[*from] = position;
        }
        put_in_order(&mut steps, order);
        for reason in &mut reasons {
            reason.step = positions[reason.step as usize];
        }
        reasons.par_sort_unstable_by_key(|reason| (reason.step, reason.code));
        (steps, reasons)
    }
}

/// Moves every item to where `order` names its position, along the circles of the permutation.
fn put_in_order<T>(items: &mut [T], mut order: Vec<usize>) {
    for start in 0..items.len() {
        let mut at = start;
        while order[at] != start {
            let from = order[at];
            items.swap(at, from);
            order[at] = at;
            at = from;
        }
        order[at] = at;
    }
}

/// The step of a draft and those of its further calls.
fn write_all(ctx: &Context<'_>, presences: &Presences, draft: Draft) -> impl Iterator<Item = Written> {
    let further = write_further(ctx, presences, &draft);
    let main = write(ctx, presences, draft, !further.is_empty());
    main.into_iter().chain(further)
}

/// The step of a draft. With further calls, a patch of nothing but these has nothing left.
fn write(ctx: &Context<'_>, presences: &Presences, mut draft: Draft, has_further: bool) -> Option<Written> {
    let mut request = Request::new(ctx, presences, &draft);
    let call = request.call();
    if has_further && matches!(call, Some((_, _, Some(Json::List(items)))) if items.is_empty()) {
        return None;
    }
    let Request { depends_on, needs, dropped, .. } = request;
    if !dropped.is_empty() {
        hold_dropped(ctx, &mut draft, &dropped);
    }
    let step = Step {
        id: draft.id(ctx),
        target: draft.target,
        entity: draft.entity.name(),
        action: draft.action,
        cluster: Some((draft.entity, draft.cluster)),
        row: draft.row,
        status: draft.status,
        wave: 0,
        pushed_on_by_hub: draft.is_pushed_on,
        origin: Origin::Draft {
            left_out: draft.left_out.into_boxed_slice(),
            is_beyond_limit: draft.is_beyond_limit,
        },
    };
    Some(Written { step, holds: draft.holds, depends_on, needs })
}

/// The further calls of a step. What holds the step holds them.
fn write_further(ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Written> {
    let Some(vendor) = vendor::of(&ctx.system(draft.target).name) else { return Vec::new() };
    let further = vendor.further(ctx, presences, draft);
    (0..)
        .zip(further)
        .map(|(number, further)| {
            let Further { item, key, depends_on, needs, missing, .. } = further;
            let mut holds = draft.holds.clone();
            if let Some(message) = missing {
                holds.add(Gate::MissingRequired, message);
            }
            let record = draft.row.map(|row| ctx.id(draft.entity, RecordRef { source: draft.target, row }));
            let target = &ctx.source(draft.target).name;
            let cluster = ctx.cluster_name(draft.entity, draft.cluster);
            let of = record.map(|record| format!("{record}:")).unwrap_or_default();
            let step = Step {
                id: format!("{target}:create:{item}:{cluster}:{of}{key}"),
                target: draft.target,
                entity: item,
                action: Action::Create,
                cluster: Some((draft.entity, draft.cluster)),
                row: draft.row,
                status: holds.status(),
                wave: 0,
                pushed_on_by_hub: false,
                origin: Origin::Further {
                    left_out: draft.left_out.as_slice().into(),
                    action: draft.action,
                    number,
                },
            };
            Written { step, holds, depends_on, needs }
        })
        .collect()
}

/// Says which values the target's lists lack; an update of which nothing else is left is held.
fn hold_dropped(ctx: &Context<'_>, draft: &mut Draft, dropped: &[(&'static str, String)]) {
    let title = &ctx.source(draft.target).system.title;
    for (field, value) in dropped {
        let message = format!("{title} has, or takes, no `{value}`");
        draft.holds.add_partial(Gate::MissingRequired, field, message);
    }
    let fields = ctx.diffs.get(draft.diffs.clone()).map(|diff| diff.field);
    let is_left_out =
        |field| draft.left_out.contains(&field) || dropped.iter().any(|(other, _)| *other == field);
    if draft.action == Action::Update && fields.into_iter().all(is_left_out) {
        draft.holds.make_total();
        draft.settle();
    }
}

/// The step for an item that some step needs. It may be sent when one of those steps may.
fn list_step(ctx: &Context<'_>, need: &Need, is_ready: bool) -> Written {
    let system = ctx.system(need.target);
    let described = vendor::of(&system.name).zip(system.lists.get(&need.list));
    let call = described.map(|(vendor, place)| vendor.list_call(ctx, need, place)).unwrap_or_default();
    let mut holds = Holds::default();
    if !is_ready {
        holds.add(Gate::ParentNotReady, "every step that needs it is held");
    }
    let maker = need.parent.as_ref().and_then(|parent| parent.id.clone().err());
    let depends_on: Vec<Arc<str>> = maker.into_iter().collect();
    let step = Step {
        id: need.id.to_string(),
        target: need.target,
        entity: need.list.item(),
        action: need.action,
        cluster: None,
        row: None,
        status: holds.status(),
        wave: 0,
        pushed_on_by_hub: false,
        origin: Origin::Item(Box::new(StepCall::new(call, depends_on.clone()))),
    };
    Written { step, holds, depends_on, needs: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::put_in_order;

    #[test]
    fn every_item_gets_to_its_place() {
        let mut items = ["c", "a", "e", "b", "d"];
        // The first is the second item, and so on.
        put_in_order(&mut items, vec![1, 3, 0, 4, 2]);
        assert_eq!(items, ["a", "b", "c", "d", "e"]);
    }
}
