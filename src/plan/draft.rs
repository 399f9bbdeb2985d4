//! A step before it has a body: what it does to which record, and what holds it.

use std::ops::Range;

use super::context::Context;
use super::gates::{Gate, Holds};
use super::{Action, StepStatus};
use crate::diff::Diff;
use crate::matching::{ClusterIx, Rule};
use crate::model::{Entity, RecordRef, Role, SourceIx, column};
use crate::normalize::Key;
use crate::pipeline::Method;

/// A step before it has a body.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) target: SourceIx,
    pub(super) entity: Entity,
    pub(super) cluster: ClusterIx,
    pub(super) action: Action,
    /// The row of the target's record, `None` for a create.
    pub(super) row: Option<u32>,
    /// The diffs of the record, for [`super::diffs::DiffIndex::get`].
    pub(super) diffs: Range<u32>,
    /// Columns that a gate keeps out.
    pub(super) left_out: Vec<&'static str>,
    pub(super) holds: Holds,
    pub(super) status: StepStatus,
    pub(super) is_pushed_on: bool,
    /// Held by the safety limit. Thousands of such creates would only be bodies that nobody sends, so they have none.
    pub(super) is_beyond_limit: bool,
}

impl Draft {
    pub(super) fn new(target: SourceIx, entity: Entity, cluster: ClusterIx, action: Action) -> Self {
        Self {
            target,
            entity,
            cluster,
            action,
            row: None,
            diffs: 0..0,
            left_out: Vec::new(),
            holds: Holds::default(),
            status: StepStatus::Ready,
            is_pushed_on: false,
            is_beyond_limit: false,
        }
    }

    /// Takes the diffs of the record in `row` and leaves out those that a gate keeps out.
    pub(super) fn with_diffs(mut self, ctx: &Context<'_>, row: u32, diffs: Range<u32>) -> Self {
        self.row = Some(row);
        self.diffs = diffs.clone();
        let record = RecordRef { source: self.target, row };
        let mut kept = 0_usize;
        for diff in ctx.diffs.get(diffs) {
            match field_gate(ctx, record, diff) {
                None => kept += 1,
                Some((gate, message)) => {
                    self.left_out.push(diff.field);
                    self.holds.add_partial(gate, diff.field, message);
                }
            }
            if ctx.pipeline.plan.hold_host_name_only {
                self.hold_host_name(ctx, record, diff);
            }
        }
        if kept == 0 && self.action == Action::Update {
            self.holds.make_total();
        }
        self
    }

    /// Holds the step when the supplying record, or the target's own, joined by its host name alone.
    fn hold_host_name(&mut self, ctx: &Context<'_>, target: RecordRef, diff: &Diff) {
        for record in [diff.supplied_by, target] {
            if joined_by_host_name(ctx, diff.entity, record) {
                let name = ctx.record_name(diff.entity, record);
                self.holds.add(Gate::HostNameOnly, format!("`{name}` matched by its host name alone"));
            }
        }
    }

    /// Holds the step with no more than the gates found so far.
    pub(super) fn settle(&mut self) {
        self.status = self.holds.status();
    }

    /// The id of the step.
    pub(super) fn id(&self, ctx: &Context<'_>) -> String {
        let mut id = step_id(ctx, self.target, self.action, self.entity, self.cluster);
        // A second record of the target in one cluster, such as a second company of one client.
        if let Some(row) = self.row
            && ctx.row_in(self.target, self.entity, self.cluster) != Some(row)
        {
            id.push(':');
            id.push_str(ctx.id(self.entity, RecordRef { source: self.target, row }));
        }
        id
    }
}

/// The id of the step that does something with a cluster in a target.
pub(super) fn step_id(
    ctx: &Context<'_>,
    target: SourceIx,
    action: Action,
    entity: Entity,
    cluster: ClusterIx,
) -> String {
    let founder = ctx.cluster(entity, cluster).founder;
    let (target, source) = (&ctx.source(target).name, &ctx.source(founder.source).name);
    // There are a million of them, and `format!` would grow each.
    [target, ":", action.name(), ":", entity.name(), ":", source, "/", ctx.id(entity, founder)].concat()
}

/// Whether `record` joined its cluster by a tier that is the host name alone.
pub(super) fn joined_by_host_name(ctx: &Context<'_>, entity: Entity, record: RecordRef) -> bool {
    let outcome = ctx.matching(entity).outcome(record);
    let Rule::Tier(tier) = outcome.rule else { return false };
    let tiers = &ctx.source(record.source).matching[entity.index()].tiers;
    tiers.get(usize::from(tier)).is_some_and(|keys| keys.as_slice() == [Key::Hostname])
}

/// The gate that keeps one field out of an update.
fn field_gate(ctx: &Context<'_>, target: RecordRef, diff: &Diff) -> Option<(Gate, String)> {
    let (entity, field) = (diff.entity, diff.field);
    let system = ctx.system(target.source);
    let taken = system.column(entity, field);
    if target.source == 0 {
        if ctx.value(entity, target, column::PSA_INTEGRATION) == Some("enabled")
            && !taken.is_some_and(|taken| taken.when_synced)
        {
            return Some((Gate::FieldLocked, locked_message(ctx, diff)));
        }
    } else if let Some(why) = system.locked(entity, field) {
        return Some((Gate::FieldLocked, format!("{} does not take every field: {why}", system.title)));
    }
    if let Some(limit) = taken.and_then(|taken| taken.max_chars)
        && diff.desired.chars().count() > limit
    {
        return Some((Gate::FieldLocked, format!("{} takes at most {limit} characters", system.title)));
    }
    if entity == Entity::Configuration
        && field == column::CONTACT
        && let Some(contact) = diff.desired_cluster
        && ctx.cluster(Entity::Contact, contact).organization
            != ctx.cluster(entity, diff.cluster).organization
    {
        return Some((
            Gate::ForeignContact,
            format!("contact `{}` belongs to another organization", diff.desired),
        ));
    }
    supplier_gate(ctx, diff)
}

/// What of the supplying record keeps its values from flowing. The hub's own values always may.
fn supplier_gate(ctx: &Context<'_>, diff: &Diff) -> Option<(Gate, String)> {
    let (entity, supplier) = (diff.entity, diff.supplied_by);
    if supplier.source == 0 || supplier.source == diff.target.source {
        return None;
    }
    let source = ctx.source(supplier.source);
    if let Some(message) = excluded_by_method(ctx.method(), entity, source.role) {
        return Some((Gate::MethodExcludesEntity, message));
    }
    if entity == Entity::Contact && !source.sync.contacts {
        return Some((Gate::ContactsDisabled, format!("`{}` does not sync contacts", source.name)));
    }
    let organization = ctx.organization_of(entity, supplier);
    let refusal = ctx.sync_refusal(supplier.source, entity, supplier, organization)?;
    Some((Gate::TypeOrStatusNotSynced, not_synced(&refusal, &source.name)))
}

/// The message of [`Gate::TypeOrStatusNotSynced`].
pub(super) fn not_synced(refusal: &str, source: &str) -> String {
    format!("{refusal} is not among those that `{source}` syncs")
}

/// Why the sync method takes no configuration from a PSA.
pub(super) fn excluded_by_method(method: Method, entity: Entity, role: Role) -> Option<String> {
    let excludes = matches!(method, Method::PsaForOrganizations | Method::RmmOnly);
    (excludes && entity == Entity::Configuration && role == Role::Psa).then(|| {
        format!("sync method {} takes configurations from the RMM, not from the PSA", method.letter())
    })
}

fn locked_message(ctx: &Context<'_>, diff: &Diff) -> String {
    let name = ctx.record_name(diff.entity, diff.target);
    format!("`{name}` syncs with a PSA, and the hub locks fields of such rows")
}
