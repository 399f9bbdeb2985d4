//! Where each cluster is in a target once the plan is carried out.

use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::{Action, StepStatus};
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Entity, SourceIx};

/// Where one cluster is in a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Nowhere, and no step creates it.
    Absent,
    /// It has a row.
    Row(u32),
    /// A step creates it.
    Planned { is_ready: bool },
    /// The step that creates the organization creates it as the main site.
    MainSite { is_ready: bool },
}

/// Where the clusters are in one target, by entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Presences {
    by_entity: [Vec<Presence>; 7],
}

impl Presences {
    /// Where a cluster is; `Absent` for an entity that was not drafted yet.
    pub(super) fn of(&self, entity: Entity, cluster: ClusterIx) -> Presence {
        self.by_entity[entity.index()].get(cluster as usize).copied().unwrap_or(Presence::Absent)
    }

    /// Fills in an entity from the target's rows and the drafts of creates.
    pub(super) fn fill(
        &mut self,
        ctx: &Context<'_>,
        target: SourceIx,
        entity: Entity,
        drafts: &[Vec<Draft>],
    ) {
        let clusters = &ctx.matching(entity).clusters;
        let mut presences = Vec::with_capacity(clusters.len());
        for (cluster, ix) in clusters.iter().zip(0u32..) {
            let row = if target == 0 { cluster.hub_row() } else { ctx.row_in(target, entity, ix) };
            presences.push(row.map_or(Presence::Absent, Presence::Row));
        }
        for draft in drafts.iter().flatten().filter(|draft| draft.action == Action::Create) {
            let is_ready = draft.status == StepStatus::Ready;
            presences[draft.cluster as usize] = Presence::Planned { is_ready };
        }
        self.by_entity[entity.index()] = presences;
    }

    /// Marks a location as made by the step that creates its organization.
    pub(super) fn set_main_site(&mut self, location: ClusterIx, is_ready: bool) {
        if let Some(presence) = self.by_entity[Entity::Location.index()].get_mut(location as usize) {
            *presence = Presence::MainSite { is_ready };
        }
    }

    /// Holds `draft` when a cluster that it needs is not there and no step that may be sent creates it.
    pub(super) fn require(&self, ctx: &Context<'_>, draft: &mut Draft, entity: Entity, cluster: ClusterIx) {
        let problem = if cluster == NO_CLUSTER {
            "is not matched"
        } else {
            match self.of(entity, cluster) {
                Presence::Row(_)
                | Presence::Planned { is_ready: true }
                | Presence::MainSite { is_ready: true } => return,
                Presence::Planned { .. } | Presence::MainSite { .. } => "is held itself",
                Presence::Absent if ctx.cluster(entity, cluster).in_review => "is in review",
                Presence::Absent => "does not exist there, and no step creates it",
            }
        };
        let title =
            if cluster == NO_CLUSTER { "it belongs to".to_owned() } else { ctx.title(entity, cluster) };
        draft.holds.add(Gate::ParentNotReady, format!("{entity} {title} {problem}"));
    }
}
