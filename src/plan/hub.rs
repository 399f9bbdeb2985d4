//! Steps whose target is the hub: creates, updates, un-archives, and the gates that hold them.

use std::borrow::Cow;

use super::Action;
use super::context::Context;
use super::draft::{Draft, excluded_by_method, joined_by_host_name, not_synced};
use super::flexible;
use super::gates::{Gate, Holds};
use super::known::Known;
use super::presence::Presences;
use super::values::Values;
use super::vendor;
use crate::matching::{Cluster, ClusterIx};
use crate::model::{Entity, RecordRef, Role, column};
use crate::pipeline::Method;

/// The hub's position among the sources.
pub(super) const HUB: u16 = 0;

/// The step for one cluster, `None` when there is nothing to do.
pub(super) fn draft(
    ctx: &Context<'_>,
    known: &Known<'_>,
    presences: &Presences,
    entity: Entity,
    ix: ClusterIx,
) -> Option<Draft> {
    let cluster = ctx.cluster(entity, ix);
    let mut draft = match cluster.hub_row() {
        None => create(ctx, known, entity, ix, cluster),
        Some(row) => change(ctx, entity, ix, row)?,
    };
    if cluster.in_review {
        let founder = ctx.record_name(entity, cluster.founder);
        draft.holds.add(Gate::InReview, format!("`{founder}` is in review"));
    }
    if entity != Entity::Organization && draft.action == Action::Create {
        presences.require(ctx, &mut draft, Entity::Organization, cluster.organization);
    }
    for (to, cluster) in references(ctx, &draft) {
        presences.require(ctx, &mut draft, to, cluster);
    }
    draft.settle();
    Some(draft)
}

/// The clusters that a step refers to. The parent of an organization is looked at when all organizations are
/// drafted.
pub(super) fn references(ctx: &Context<'_>, draft: &Draft) -> Vec<(Entity, ClusterIx)> {
    let values = Values::of(ctx, draft);
    let references = [(Entity::Location, column::LOCATION), (Entity::Contact, column::CONTACT)];
    references
        .into_iter()
        .filter(|(_, field)| !draft.left_out.contains(field))
        .filter_map(|(to, field)| Some((to, values.cluster(field)?)))
        .collect()
}

fn create(ctx: &Context<'_>, known: &Known<'_>, entity: Entity, ix: ClusterIx, cluster: &Cluster) -> Draft {
    let mut draft = Draft::new(HUB, entity, ix, Action::Create);
    let hub = ctx.source(HUB);
    if !ctx.system(HUB).takes(entity) {
        draft
            .holds
            .add(Gate::EntityNotSupported, format!("{} takes no {entity} from outside", hub.system.title));
    } else if ctx.tables.get(HUB, entity).is_none() {
        let message =
            format!("the files of `{}` hold no {}, so it may be there already", hub.name, entity.table());
        draft.holds.add(Gate::EntityNotSupported, message);
    }
    flexible::hold(ctx, &mut draft);
    hold_by_source(ctx, entity, ix, cluster, &mut draft);
    hold_foreign_contacts(ctx, entity, ix, cluster, &mut draft);
    if let Some(message) = known.in_hub(ctx, entity, ix) {
        draft.holds.add(Gate::LooksKnown, message);
    }
    hold_missing(ctx, &mut draft);
    draft.is_pushed_on = entity == Entity::Contact
        && ctx.psas().any(|psa| {
            let source = ctx.source(psa);
            source.sync.two_way
                && source.sync.contacts
                && source.system.two_way
                && ctx.row_in(psa, entity, ix).is_none()
        });
    draft
}

/// Holds a create for the required columns that have no value.
pub(super) fn hold_missing(ctx: &Context<'_>, draft: &mut Draft) {
    let system = ctx.system(draft.target);
    let required: Vec<&'static str> = system.required(draft.entity).collect();
    let values = Values::of(ctx, draft);
    let mut missing: Vec<Cow<'_, str>> =
        required.iter().copied().filter(|field| !values.has(field)).map(Cow::Borrowed).collect();
    if draft.entity == Entity::Contact && !values.has(column::FIRST_NAME) && !values.has(column::LAST_NAME) {
        missing = vec![Cow::Borrowed(column::FIRST_NAME), Cow::Borrowed(column::LAST_NAME)];
    }
    missing.extend(values.unknown_required(&required).into_iter().map(Cow::Owned));
    let source = ctx.source(draft.target);
    let chosen = source.creates.get(&draft.entity);
    for (name, setting) in system.push.get(&draft.entity).into_iter().flat_map(|push| &push.settings) {
        if setting.required && !chosen.is_some_and(|chosen| chosen.contains_key(name)) {
            let (member, entity) = (&setting.member, draft.entity);
            missing.push(Cow::Owned(format!(
                "{member} (the setting `create.{entity}.{name}` of `{}`)",
                source.name
            )));
        }
    }
    let further = vendor::of(&system.name).map(|vendor| vendor.missing(ctx, &values));
    missing.extend(further.unwrap_or_default().into_iter().map(Cow::Owned));
    if !missing.is_empty() {
        let message = format!("{} requires what is missing: {}", system.title, missing.join(", "));
        draft.holds.add(Gate::MissingRequired, message);
    }
}

/// Holds a create that no member may bring about.
fn hold_by_source(ctx: &Context<'_>, entity: Entity, ix: ClusterIx, cluster: &Cluster, draft: &mut Draft) {
    let members = ctx.members(entity, ix);
    let has = |role| members.iter().any(|member| ctx.role(member.source) == role);
    let is_forbidden = match entity {
        Entity::Organization => matches!(ctx.method(), Method::PsaAndRmm | Method::PsaForOrganizations),
        Entity::Configuration => ctx.method() == Method::PsaAndRmm,
        _ => false,
    };
    if is_forbidden && has(Role::Rmm) && !has(Role::Psa) {
        let method = ctx.method().letter();
        let message =
            format!("sync method {method} creates no {entity} from an RMM, and no PSA has this one");
        draft.holds.add(Gate::MethodForbidsCreate, message);
    }
    let excluded = excluded_by_method(ctx.method(), entity, Role::Psa);
    if let Some(message) =
        excluded.clone().filter(|_| members.iter().all(|m| ctx.role(m.source) == Role::Psa))
    {
        draft.holds.add(Gate::MethodExcludesEntity, message);
    }
    let delivers = |member: &&RecordRef| match ctx.role(member.source) {
        Role::Rmm => !is_forbidden || !has(Role::Psa),
        Role::Psa => excluded.is_none() || !draft_has_others(ctx, members),
        _ => true,
    };
    let mut all = Holds::default();
    for member in members.iter().filter(delivers) {
        let holds = source_gates(ctx, entity, *member, cluster.organization);
        if holds.is_empty() {
            return;
        }
        all.extend(holds);
    }
    draft.holds.extend(all);
}

fn draft_has_others(ctx: &Context<'_>, members: &[RecordRef]) -> bool {
    members.iter().any(|member| ctx.role(member.source) != Role::Psa)
}

/// What keeps one source record from flowing to the hub.
fn source_gates(ctx: &Context<'_>, entity: Entity, record: RecordRef, organization: ClusterIx) -> Holds {
    let mut holds = Holds::default();
    let source = ctx.source(record.source);
    if let Some(refusal) = ctx.sync_refusal(record.source, entity, record, organization) {
        holds.add(Gate::TypeOrStatusNotSynced, not_synced(&refusal, &source.name));
    }
    if entity == Entity::Contact && !source.sync.contacts {
        holds.add(Gate::ContactsDisabled, format!("`{}` does not sync contacts", source.name));
    }
    if ctx.is_inactive(entity, record) {
        holds.add(Gate::Inactive, format!("`{}` is inactive", ctx.record_name(entity, record)));
    }
    holds
}

/// Leaves out the assigned contact where it is one of another organization.
fn hold_foreign_contacts(
    ctx: &Context<'_>,
    entity: Entity,
    ix: ClusterIx,
    cluster: &Cluster,
    draft: &mut Draft,
) {
    if entity != Entity::Configuration {
        return;
    }
    for member in ctx.members(entity, ix) {
        if let Some(message) = foreign_contact(ctx, *member, cluster.organization) {
            draft.left_out.push(column::CONTACT);
            draft.holds.add_partial(Gate::ForeignContact, column::CONTACT, message);
            return;
        }
    }
}

/// Says that the contact assigned to a configuration is one of another organization, if it is.
pub(super) fn foreign_contact(
    ctx: &Context<'_>,
    record: RecordRef,
    organization: ClusterIx,
) -> Option<String> {
    ctx.value(Entity::Configuration, record, column::CONTACT_ID)?;
    let contact =
        ctx.referred(Entity::Configuration, record, Entity::Contact, column::CONTACT, column::CONTACT_ID)?;
    if ctx.organization_of(Entity::Contact, contact) == organization {
        return None;
    }
    let (record, contact) =
        (ctx.record_name(Entity::Configuration, record), ctx.record_name(Entity::Contact, contact));
    Some(format!("`{record}` is assigned to `{contact}` of another organization"))
}

/// An update or an un-archive of a hub row, `None` when nothing differs.
fn change(ctx: &Context<'_>, entity: Entity, ix: ClusterIx, row: u32) -> Option<Draft> {
    let record = RecordRef { source: HUB, row };
    let diffs = ctx.diffs.of(HUB, entity, ix);
    let is_archived = ctx.is_archived(entity, record);
    let mut others = ctx.members(entity, ix).iter().filter(|member| member.source != HUB);
    let is_live = is_archived && others.any(|member| !ctx.is_inactive(entity, *member));
    if diffs.is_empty() && !is_live {
        return None;
    }
    let action = if is_live { Action::Unarchive } else { Action::Update };
    let mut draft = Draft::new(HUB, entity, ix, action).with_diffs(ctx, row, diffs);
    if !ctx.system(HUB).takes(entity) {
        let title = &ctx.source(HUB).system.title;
        draft.holds.add(Gate::EntityNotSupported, format!("{title} takes no {entity} from outside"));
    }
    flexible::hold(ctx, &mut draft);
    if is_live {
        hold_unarchive(ctx, entity, ix, &mut draft);
    } else if is_archived {
        let name = ctx.record_name(entity, record);
        draft.holds.add(Gate::Inactive, format!("`{name}` is archived, and no source has it as active"));
    }
    Some(draft)
}

/// Holds an un-archive that no live member may bring about.
fn hold_unarchive(ctx: &Context<'_>, entity: Entity, ix: ClusterIx, draft: &mut Draft) {
    if entity != Entity::Configuration {
        let title = &ctx.source(HUB).system.title;
        draft.holds.add(Gate::EntityNotSupported, format!("{title} un-archives configurations only"));
    }
    let organization = ctx.cluster(entity, ix).organization;
    let mut all = Holds::default();
    for member in ctx.members(entity, ix).iter().filter(|member| member.source != HUB) {
        let mut holds = source_gates(ctx, entity, *member, organization);
        if let Some(message) = excluded_by_method(ctx.method(), entity, ctx.role(member.source)) {
            holds.add(Gate::MethodExcludesEntity, message);
        }
        if ctx.pipeline.plan.hold_host_name_only && joined_by_host_name(ctx, entity, *member) {
            let name = ctx.record_name(entity, *member);
            holds.add(Gate::HostNameOnly, format!("`{name}` matched by its host name alone"));
        }
        if holds.is_empty() {
            return;
        }
        all.extend(holds);
    }
    draft.holds.extend(all);
}
