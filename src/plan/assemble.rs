//! From drafts to a plan: calls, the lookups they need, waves, order.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;
use super::draft::Draft;
use super::gates::{Gate, Held, Holds};
use super::presence::Presences;
use super::request::{Call, Need, Request};
use super::{Action, Plan, Step, StepReason, StepStatus, vendor};
use crate::model::{Entity, RecordRef};

/// A step with what is still to be sorted out.
struct Written {
    step: Step,
    holds: Holds,
    needs: Vec<Need>,
}

/// Writes the calls of all drafts, adds the steps for lookups, numbers the waves and sorts. `presences` is by target.
pub(super) fn assemble(
    ctx: &Context<'_>,
    presences: &[Presences],
    drafts: Vec<Draft>,
    is_held: bool,
) -> Plan {
    let mut written: Vec<Written> = drafts
        .into_par_iter()
        .flat_map_iter(|draft| {
            let presences = &presences[draft.target as usize];
            let further = write_further(ctx, presences, &draft);
            // A patch of nothing but further calls has nothing left.
            let has_further = !further.is_empty();
            let main = write(ctx, presences, draft);
            let main = (!has_further || main.step.payload != "[]").then_some(main);
            main.into_iter().chain(further)
        })
        .collect();
    let lists = list_steps(ctx, &written);
    written.extend(lists);
    number_waves(&mut written);
    let mut order: Vec<usize> = (0..written.len()).collect();
    // Positions are sorted, not steps: a step is large.
    order.par_sort_unstable_by(|a, b| {
        let (a, b) = (&written[*a].step, &written[*b].step);
        (a.wave, &a.id).cmp(&(b.wave, &b.id))
    });
    put_in_order(&mut written, order);
    let mut plan = Plan { steps: Vec::new(), reasons: Vec::new(), is_held };
    // Collected in the memory of what it is made of: a large plan is not held twice.
    plan.steps = (0..)
        .zip(written)
        .map(|(step, written)| {
            plan.reasons.extend(written.holds.into_sorted().map(|held| reason(step, held)));
            written.step
        })
        .collect();
    plan
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

fn reason(step: u32, held: Held) -> StepReason {
    let gate = held.gate;
    StepReason { step, code: gate.code(), message: held.into_message(), remedy: gate.remedy().to_owned() }
}

fn write(ctx: &Context<'_>, presences: &Presences, mut draft: Draft) -> Written {
    let id = draft.id(ctx);
    let mut request = Request::new(ctx, presences, &draft);
    let mut call = request.write();
    // Text is written into room for twice as much, and a large plan holds much of it.
    call.payload.shrink_to_fit();
    let Request { mut depends_on, needs, dropped, .. } = request;
    let target_record_id = draft.row.map(|row| {
        let record = RecordRef { source: draft.target, row };
        ctx.id(draft.entity, record).to_owned()
    });
    if !dropped.is_empty() {
        hold_dropped(ctx, &mut draft, &dropped);
    }
    depends_on.sort_unstable();
    let step = Step {
        id,
        target: draft.target,
        entity: draft.entity.name(),
        action: draft.action,
        cluster: Some((draft.entity, draft.cluster)),
        target_record_id,
        status: draft.status,
        method: call.method,
        path: call.path,
        payload: call.payload,
        depends_on,
        wave: 0,
        pushed_on_by_hub: draft.is_pushed_on,
    };
    Written { step, holds: draft.holds, needs }
}

/// The further calls of a step. What holds the step holds them.
fn write_further(ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Written> {
    let Some(vendor) = vendor::of(&ctx.system(draft.target).name) else { return Vec::new() };
    let further = vendor.further(ctx, presences, draft);
    further
        .into_iter()
        .map(|mut further| {
            further.depends_on.sort_unstable();
            let mut holds = draft.holds.clone();
            if let Some(message) = further.missing {
                holds.add(Gate::MissingRequired, message);
            }
            let record = draft.row.map(|row| ctx.id(draft.entity, RecordRef { source: draft.target, row }));
            let target = &ctx.source(draft.target).name;
            let cluster = ctx.cluster_name(draft.entity, draft.cluster);
            let of = record.map(|record| format!("{record}:")).unwrap_or_default();
            let step = Step {
                id: format!("{target}:create:{}:{cluster}:{of}{}", further.item, further.key),
                target: draft.target,
                entity: further.item,
                action: Action::Create,
                cluster: Some((draft.entity, draft.cluster)),
                target_record_id: record.map(str::to_owned),
                status: holds.status(),
                method: further.call.method,
                path: further.call.path,
                payload: further.call.payload,
                depends_on: further.depends_on,
                wave: 0,
                pushed_on_by_hub: false,
            };
            Written { step, holds, needs: further.needs }
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

/// One step per item that some step needs. It may be sent when one of those steps may.
fn list_steps(ctx: &Context<'_>, written: &[Written]) -> Vec<Written> {
    let mut needs: FxHashMap<&str, (&Need, bool)> = FxHashMap::default();
    for of in written {
        let is_ready = of.step.status == StepStatus::Ready;
        for need in &of.needs {
            let entry = needs.entry(need.id.as_str()).or_insert((need, false));
            entry.1 |= is_ready;
            // Of several spellings the first in the alphabet, whichever step comes first.
            if need.name < entry.0.name {
                entry.0 = need;
            }
        }
    }
    let mut needs: Vec<_> = needs.into_values().collect();
    needs.sort_unstable_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    needs
        .into_iter()
        .map(|(need, is_ready)| {
            let system = ctx.system(need.target);
            let written = vendor::of(&system.name).zip(system.lists.get(&need.list));
            let call = written.map(|(vendor, place)| vendor.list_call(ctx, need, place));
            let Call { method, path, payload } = call.unwrap_or_default();
            let mut holds = Holds::default();
            if !is_ready {
                holds.add(Gate::ParentNotReady, "every step that needs it is held");
            }
            let maker = need.parent.as_ref().and_then(|parent| parent.id.clone().err());
            let step = Step {
                id: need.id.clone(),
                target: need.target,
                entity: need.list.item(),
                action: need.action,
                cluster: None,
                target_record_id: None,
                status: holds.status(),
                method,
                path,
                payload,
                depends_on: maker.into_iter().collect(),
                wave: 0,
                pushed_on_by_hub: false,
            };
            Written { step, holds, needs: Vec::new() }
        })
        .collect()
}

/// Gives every step the wave after those of the steps that it depends on. Dependencies on steps that are not there,
/// for they are held and have no place in the plan, do not count.
fn number_waves(written: &mut [Written]) {
    // Nothing depends on most devices, but where one is made in two calls the second follows the first.
    let devices = format!(":create:{}:", Entity::Configuration);
    let ids = written.iter().flat_map(|of| &of.step.depends_on).filter(|id| id.contains(&devices));
    let first_calls: FxHashSet<String> = ids.cloned().collect();
    let is_needed =
        |of: &Written| of.step.entity != Entity::Configuration.name() || first_calls.contains(&of.step.id);
    let by_id: FxHashMap<&str, usize> = (0..)
        .zip(written.iter())
        .filter(|(_, of)| is_needed(of))
        .map(|(at, of)| (of.step.id.as_str(), at))
        .collect();
    let depends_on = |at: usize| {
        let ids = written[at].step.depends_on.iter();
        ids.filter_map(|id| by_id.get(id.as_str()).copied())
    };
    let mut waves: Vec<Option<u32>> =
        written.iter().map(|of| of.step.depends_on.is_empty().then_some(0)).collect();
    let mut open: Vec<usize> = (0..written.len()).filter(|at| waves[*at].is_none()).collect();
    // Each round settles the steps whose dependencies are settled. The deepest chains are organization, location,
    // contact, configuration, and the parents of organizations, which have no circles.
    while !open.is_empty() {
        let settled: Vec<(usize, u32)> = open
            .iter()
            .filter_map(|at| {
                let highest =
                    depends_on(*at).map(|other| waves[other]).try_fold(0, |most, wave| Some(most.max(wave?)));
                Some((*at, highest? + 1))
            })
            .collect();
        if settled.is_empty() {
            break;
        }
        for (at, wave) in settled {
            waves[at] = Some(wave);
        }
        open.retain(|at| waves[*at].is_none());
    }
    for (of, wave) in written.iter_mut().zip(waves) {
        of.step.wave = wave.unwrap_or_default();
    }
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
