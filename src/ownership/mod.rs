//! Ownership: what each field of a target record should say, and where it does not.
//!
//! A [`policy`] gives every field of every entity an ordered list of owners. Of every cluster one record speaks for each
//! of them ([`roster`]); the first that has a value wins ([`decide`]), unless a two-way field changed on one side since
//! the last run ([`two_way`]). [`columns`] finds by whole columns where anything can differ, so that values are brought
//! into comparable form ([`canonical`]) only there.
//!
//! Nothing here decides which records belong together, and nothing is planned or written: a difference may still be one
//! that a target refuses.

mod bridge;
mod canonical;
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
use crate::matching::Matching;
use crate::model::{Entity, Finding, Previous, Tables};
use crate::normalize::Junk;
use crate::pipeline::Pipeline;
use context::{Context, EntityPlan};
use roster::Roster;
use two_way::Earlier;

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
        let (diffs, conflicts) = resolve_entity(&context, entity);
        resolution.diffs.extend(diffs);
        resolution.conflicts.extend(conflicts);
    }
    resolution
}

fn resolve_entity(context: &Context<'_>, entity: Entity) -> (Vec<Diff>, Vec<Conflict>) {
    let plan = EntityPlan::new(context.pipeline, entity);
    if plan.fields.is_empty() || !roster::is_shared(context.tables, entity) {
        return Default::default();
    }
    let matching = context.matching.of(entity);
    let roster = Roster::new(context.tables, matching, &plan.voices, &plan.targets);
    if roster.len() == 0 {
        return Default::default();
    }
    let earlier = Earlier::new(context, &plan);
    // Each field is gathered, compared and let go of, so that memory grows with the threads and not with the fields.
    let found: Vec<(Vec<Diff>, Vec<Conflict>)> = plan
        .fields
        .par_iter()
        .with_max_len(1)
        .map(|field| compare::compare(context, &plan, field, &earlier, &roster))
        .collect();
    let (diffs, conflicts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    // Fields come in table order, so stable sorts keep it.
    let mut diffs: Vec<Diff> = diffs.into_iter().flatten().collect();
    diffs.par_sort_by_key(|diff| (diff.target.source, diff.cluster));
    let mut conflicts: Vec<Conflict> = conflicts.into_iter().flatten().collect();
    conflicts.sort_by_key(|conflict| conflict.cluster);
    (diffs, conflicts)
}
