//! Ownership: what each field of a target record should say, and where it does not.
//!
//! A [`policy`] gives every field of every entity an ordered list of owners. Of every cluster one record speaks for each
//! of them ([`roster`]); the first that has a value wins ([`decide`]), unless a two-way field changed on one side since
//! the last run ([`two_way`]). [`columns`] finds by columns ([`cells`]) where anything can differ, so that values are
//! brought into comparable form ([`canonical`]) only there.
//!
//! Nothing here decides which records belong together, and nothing is planned or written: a difference may still be one
//! that a target refuses.

mod canonical;
mod cells;
mod columns;
mod compare;
mod context;
mod decide;
mod explain;
mod policy;
mod references;
mod roster;
mod two_way;

use rayon::prelude::*;

pub use canonical::Blank;
pub use explain::{FieldExplanation, OwnerValue, explain};
pub use policy::{Owner, Voice, owned_fields, owners};
pub use two_way::two_way_columns;

use crate::diff::{Conflict, Diff};
use crate::extract::Lookups;
use crate::matching::{ClusterIx, Matching};
use crate::model::{Entity, Finding, Previous, Tables};
use crate::normalize::Junk;
use crate::pipeline::Pipeline;
use columns::FieldColumns;
use compare::{Differences, compare};
use context::{Context, EntityPlan, FieldPlan};
use roster::Roster;
use two_way::Earlier;

/// So many clusters are compared at once, field by field. What is gathered of them, and the places that it came from, stay
/// in the processor's cache.
const CLUSTERS_AT_ONCE: ClusterIx = 4096;

/// What is different, and what was noticed on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// By entity, target, cluster and column.
    pub diffs: Vec<Diff>,
    /// By entity, cluster, column and PSA.
    pub conflicts: Vec<Conflict>,
    /// Sorted: references that lead nowhere (`unresolved_reference`), contacts of another organization
    /// (`foreign_contact`), values that a fixed list of the hub does not have (`no_such_value`).
    pub findings: Vec<Finding>,
}

/// Compares every owned field of every cluster that has a target's record, at least one more, and none in review.
///
/// The same input gives the same result, whatever the order of records and threads.
#[must_use]
pub fn resolve(
    pipeline: &Pipeline,
    tables: &Tables,
    matching: &Matching,
    junk: &Junk,
    lookups: &Lookups,
    previous: Option<&Previous>,
) -> Resolution {
    let (context, findings) = Context::new(pipeline, tables, matching, junk, lookups, previous);
    let mut resolution = Resolution { findings, ..Resolution::default() };
    for entity in Entity::ALL {
        resolve_entity(&context, entity, &mut resolution);
    }
    resolution
}

fn resolve_entity(context: &Context<'_>, entity: Entity, resolution: &mut Resolution) {
    let plan = EntityPlan::new(context.pipeline, entity);
    if plan.fields.is_empty() || !roster::is_shared(context.tables, entity) {
        return;
    }
    let earlier = Earlier::new(context, &plan);
    let fields: Vec<(&FieldPlan, FieldColumns<'_>)> = plan
        .fields
        .par_iter()
        .with_max_len(1)
        .filter_map(|field| Some((field, FieldColumns::new(context, &plan, field)?)))
        .collect();
    let matching = context.matching.of(entity);
    let count = ClusterIx::try_from(matching.clusters.len()).expect("fewer than 4 billion clusters");
    let starts: Vec<ClusterIx> = (0..count).step_by(CLUSTERS_AT_ONCE as usize).collect();
    let mut parts: Vec<Differences> = starts
        .into_par_iter()
        .with_max_len(1)
        .map(|start| {
            let range = start..count.min(start + CLUSTERS_AT_ONCE);
            let roster = Roster::new(context.tables, matching, &plan.voices, &plan.targets, range);
            compare(context, &plan, &fields, &earlier, &roster)
        })
        .collect();
    for target in 0..plan.targets.len() {
        let of_target = |part: &Differences| part.diffs[target].len();
        resolution.diffs.reserve(parts.iter().map(of_target).sum());
        for part in &mut parts {
            resolution.diffs.append(&mut std::mem::take(&mut part.diffs[target]));
        }
    }
    resolution.conflicts.extend(parts.into_iter().flat_map(|part| part.conflicts));
}
