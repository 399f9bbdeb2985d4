//! Parents of organizations: a child needs its parent first, and circles need a person.

use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::presence::Presences;
use super::values::Values;
use super::{Action, StepStatus};
use crate::matching::ClusterIx;
use crate::model::{Entity, column};

/// Holds every organization whose parent is not there and not about to be. `presences` holds the target's rows and
/// the drafts as they are.
pub(super) fn hold(ctx: &Context<'_>, presences: &Presences, drafts: &mut [Draft]) {
    let parents: Vec<Option<ClusterIx>> = drafts.iter().map(|draft| parent(ctx, draft)).collect();
    if parents.iter().all(Option::is_none) {
        return;
    }
    let creates: FxHashMap<ClusterIx, usize> = (0..)
        .zip(drafts.iter())
        .filter(|(_, draft)| draft.action == Action::Create)
        .map(|(at, draft)| (draft.cluster, at))
        .collect();
    let planned: Vec<Option<usize>> =
        parents.iter().map(|parent| creates.get(parent.as_ref()?).copied()).collect();
    let (order, circles) = parents_first(&planned);
    for at in order {
        let Some(parent) = parents[at] else { continue };
        if circles.contains(&at) && drafts[at].action == Action::Create {
            let title = ctx.title(Entity::Organization, drafts[at].cluster);
            drafts[at].holds.add(Gate::ParentNotReady, format!("the parents of {title} form a circle"));
            drafts[at].left_out.push(column::PARENT);
        } else if let Some(parent) = planned[at] {
            if drafts[parent].status != StepStatus::Ready {
                let title = ctx.title(Entity::Organization, drafts[parent].cluster);
                drafts[at].holds.add(Gate::ParentNotReady, format!("organization {title} is held itself"));
            }
        } else {
            presences.require(ctx, &mut drafts[at], Entity::Organization, parent);
        }
        drafts[at].settle();
    }
}

/// The cluster that `draft` sets as the parent.
fn parent(ctx: &Context<'_>, draft: &Draft) -> Option<ClusterIx> {
    if draft.left_out.contains(&column::PARENT) {
        return None;
    }
    Values::of(ctx, draft).cluster(column::PARENT)
}

/// All positions, a parent before its children, and those that are in a circle.
fn parents_first(parents: &[Option<usize>]) -> (Vec<usize>, FxHashSet<usize>) {
    let mut order = Vec::with_capacity(parents.len());
    let mut circles = FxHashSet::default();
    // The walk on which a position was first met, from 1.
    let mut met = vec![0_usize; parents.len()];
    let mut walk = Vec::new();
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| met[*at] == 0) {
            met[at] = start + 1;
            walk.push(at);
            next = parents[at];
        }
        if let Some(meeting) = next.filter(|at| met[*at] == start + 1) {
            circles.extend(walk.iter().copied().skip_while(|at| *at != meeting));
        }
        order.extend(walk.drain(..).rev());
    }
    (order, circles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_children_and_circles_are_found() {
        // 0 → 1 → 2, 3 → 4 → 5 → 4, 6 → 6
        let parents = [Some(1), Some(2), None, Some(4), Some(5), Some(4), Some(6)];
        let (order, circles) = parents_first(&parents);
        assert_eq!(order[..3], [2, 1, 0]);
        assert_eq!(order.len(), parents.len());
        let mut circles: Vec<_> = circles.into_iter().collect();
        circles.sort_unstable();
        assert_eq!(circles, [4, 5, 6]);
    }
}
