//! Steps whose target is a PSA: the hub's own records that it lacks, and fields whose hub value wins.
//!
//! A PSA without two-way sync gets no steps but one for every organization that it lacks, which `one_way` holds: the
//! plan then answers why a company does not show up there. Asking for `push_all` without two-way sync does the same
//! for everything.

use super::context::Context;
use super::draft::{Draft, excluded_by_method, not_synced};
use super::gates::{Gate, Holds};
use super::hub::{HUB, foreign_contact, hold_missing, references};
use super::known::Known;
use super::presence::{Presence, Presences};
use super::{Action, vendor};
use crate::matching::{Cluster, ClusterIx};
use crate::model::{Entity, RecordRef, Role, SourceIx, column};
use crate::pipeline::PushAll;

/// The entities that go to a PSA.
pub(super) const ENTITIES: [Entity; 4] =
    [Entity::Organization, Entity::Location, Entity::Contact, Entity::Configuration];

/// The steps for one cluster: a create, or an update for each of its records that differs.
pub(super) fn draft(
    ctx: &Context<'_>,
    known: &Known<'_>,
    presences: &Presences,
    psa: SourceIx,
    entity: Entity,
    ix: ClusterIx,
) -> Vec<Draft> {
    let cluster = ctx.cluster(entity, ix);
    let diffs = ctx.diffs.of(psa, entity, ix);
    let mut drafts = Vec::new();
    for (row, diffs) in ctx.diffs.by_record(diffs) {
        let mut draft = Draft::new(psa, entity, ix, Action::Update).with_diffs(ctx, row, diffs);
        draft.holds.extend(direction_gates(ctx, psa, entity));
        draft.holds.extend(record_gates(ctx, psa, entity, RecordRef { source: psa, row }, cluster));
        let vendor = vendor::of(&ctx.system(psa).name);
        if let Some((gate, message)) = vendor.and_then(|vendor| vendor.refusal(ctx, &draft)) {
            draft.holds.add(gate, message);
        }
        if cluster.in_review {
            let founder = ctx.record_name(entity, cluster.founder);
            draft.holds.add(Gate::InReview, format!("`{founder}` is in review"));
        }
        drafts.push(draft);
    }
    if drafts.is_empty() && is_lacking(ctx, presences, psa, entity, ix, cluster) {
        drafts.push(create(ctx, known, presences, psa, entity, ix, cluster));
    }
    for draft in &mut drafts {
        for (to, cluster) in references(ctx, draft) {
            presences.require(ctx, draft, to, cluster);
        }
        draft.settle();
    }
    drafts
}

/// Whether the PSA lacks a record of the hub and a step should say so.
fn is_lacking(
    ctx: &Context<'_>,
    presences: &Presences,
    psa: SourceIx,
    entity: Entity,
    ix: ClusterIx,
    cluster: &Cluster,
) -> bool {
    let sync = &ctx.source(psa).sync;
    let is_asked = sync.two_way || sync.push_all != PushAll::No || entity == Entity::Organization;
    is_asked
        && cluster.founder.source == HUB
        // Without a table of the entity nothing says what the PSA holds.
        && ctx.tables.get(psa, entity).is_some()
        && ctx.row_in(psa, entity, ix).is_none()
        && !(entity == Entity::Location && is_main_site(ctx, presences, psa, ix, cluster))
}

/// Whether the step that creates the organization creates this location with it: in some systems an organization
/// cannot be made without one.
pub(super) fn is_main_site(
    ctx: &Context<'_>,
    presences: &Presences,
    psa: SourceIx,
    location: ClusterIx,
    cluster: &Cluster,
) -> bool {
    makes_main_location(ctx, psa)
        && matches!(presences.of(Entity::Organization, cluster.organization), Presence::Planned { .. })
        && ctx.main_site(cluster.organization) == Some(location)
}

fn makes_main_location(ctx: &Context<'_>, psa: SourceIx) -> bool {
    ctx.system(psa).push.get(&Entity::Organization).is_some_and(|push| push.makes_main_location)
}

/// Marks the locations that the steps for new organizations create as their main sites.
pub(super) fn place_main_sites(ctx: &Context<'_>, presences: &mut Presences, psa: SourceIx) {
    if !makes_main_location(ctx, psa) {
        return;
    }
    for organization in 0..ClusterIx::try_from(ctx.matching(Entity::Organization).clusters.len()).unwrap_or(0)
    {
        if let Presence::Planned { is_ready } = presences.of(Entity::Organization, organization)
            && let Some(site) = ctx.main_site(organization)
        {
            presences.set_main_site(site, is_ready);
        }
    }
}

fn create(
    ctx: &Context<'_>,
    known: &Known<'_>,
    presences: &Presences,
    psa: SourceIx,
    entity: Entity,
    ix: ClusterIx,
    cluster: &Cluster,
) -> Draft {
    let mut draft = Draft::new(psa, entity, ix, Action::Create);
    draft.holds.extend(direction_gates(ctx, psa, entity));
    draft.holds.extend(record_gates(ctx, psa, entity, cluster.founder, cluster));
    if let Some(message) = not_yet_pushed(ctx, psa, entity, cluster.founder) {
        draft.holds.add(Gate::NotYetPushed, message);
    }
    if entity == Entity::Configuration
        && let Some(message) = foreign_contact(ctx, cluster.founder, cluster.organization)
    {
        draft.left_out.push(column::CONTACT);
        draft.holds.add_partial(Gate::ForeignContact, column::CONTACT, message);
    }
    if let Some(message) = known.review_in_psa(ctx, psa, entity, ix) {
        draft.holds.add(Gate::InReview, message);
    }
    if let Some(message) = known.in_psa(ctx, psa, entity, ix) {
        draft.holds.add(Gate::LooksKnown, message);
    }
    if entity != Entity::Organization {
        presences.require(ctx, &mut draft, Entity::Organization, cluster.organization);
    }
    hold_missing(ctx, &mut draft);
    draft
}

/// What keeps anything of `entity` from going to this PSA.
fn direction_gates(ctx: &Context<'_>, psa: SourceIx, entity: Entity) -> Holds {
    let mut holds = Holds::default();
    let source = ctx.source(psa);
    if !source.sync.two_way {
        holds.add(Gate::OneWay, format!("two-way sync with `{}` is off", source.name));
    }
    if !source.system.two_way {
        let message = format!("the hub has no two-way sync with {}", source.system.title);
        holds.add(Gate::TwoWayUnsupported, message);
    }
    if !source.system.takes(entity) {
        holds
            .add(Gate::EntityNotSupported, format!("{} takes no {entity} from the hub", source.system.title));
    }
    if let Some(message) = excluded_by_method(ctx.method(), entity, Role::Psa) {
        holds.add(Gate::MethodExcludesEntity, message);
    }
    if entity == Entity::Contact && !source.sync.contacts {
        holds.add(Gate::ContactsDisabled, format!("`{}` does not sync contacts", source.name));
    }
    holds
}

/// What keeps one record, of the hub or of the PSA, from being pushed.
fn record_gates(
    ctx: &Context<'_>,
    psa: SourceIx,
    entity: Entity,
    record: RecordRef,
    cluster: &Cluster,
) -> Holds {
    let mut holds = Holds::default();
    if let Some(refusal) = ctx.sync_refusal(psa, entity, record, cluster.organization) {
        holds.add(Gate::TypeOrStatusNotSynced, not_synced(&refusal, &ctx.source(psa).name));
    }
    if ctx.is_inactive(entity, record) {
        holds.add(Gate::Inactive, format!("`{}` is inactive", ctx.record_name(entity, record)));
    }
    holds
}

/// Why a hub record is not pushed by itself: it was there before two-way sync and was not edited since, or nothing
/// says that it was.
fn not_yet_pushed(ctx: &Context<'_>, psa: SourceIx, entity: Entity, record: RecordRef) -> Option<String> {
    let source = ctx.source(psa);
    let since = ctx.previous.and_then(|previous| previous.two_way_since.get(&source.name));
    let edited = ctx.value(entity, record, column::MODIFIED_AT);
    let name = ctx.record_name(entity, record);
    if let (Some(since), Some(edited)) = (since, edited)
        && edited > since.as_str()
    {
        return None;
    }
    // The same words in every run, so that a second one over the same input changes nothing.
    let psa_name = &source.name;
    let message = format!(
        "`{name}` was there before two-way sync with `{psa_name}`, and nothing says that it was edited since"
    );
    let held = ctx.tables.get(psa, Entity::Organization).map_or(0, crate::model::Records::len);
    match source.sync.push_all {
        PushAll::No => Some(message),
        PushAll::Yes if held > 0 => {
            let plural = if held == 1 { "" } else { "s" };
            let refused = format!(
                "`push_all` is refused because `{}` already holds {held} organization{plural}",
                source.name
            );
            Some(format!("{message}; {refused}"))
        }
        PushAll::Yes | PushAll::Forced => None,
    }
}
