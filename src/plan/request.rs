//! The call of one step while it is written: what it refers to, what it needs first, what it must leave out.

use std::sync::Arc;

use super::context::Context;
use super::draft::{Draft, step_id};
use super::items::{Item, Need, Parent};
use super::json::Json;
use super::presence::{Presence, Presences};
use super::{Action, vendor};
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Entity, RecordRef, column};
use crate::systems::{List, PushSetting};

/// A call as the vendor takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) payload: String,
}

/// A further call that a step takes, as a step of its own.
#[derive(Debug)]
pub(super) struct Further {
    /// What is written, such as `communication`.
    pub(super) item: &'static str,
    /// What tells it from the other further calls of the step.
    pub(super) key: String,
    pub(super) call: Call,
    /// The steps that must be done before.
    pub(super) depends_on: Vec<Arc<str>>,
    pub(super) needs: Vec<Arc<Need>>,
    /// Why it cannot be sent, if it cannot.
    pub(super) missing: Option<String>,
}

/// One step being written.
#[derive(Debug)]
pub(super) struct Request<'c, 'a> {
    pub(super) ctx: &'c Context<'a>,
    pub(super) draft: &'c Draft,
    presences: &'c Presences,
    pub(super) depends_on: Vec<Arc<str>>,
    pub(super) needs: Vec<Arc<Need>>,
    /// Columns whose value the target has no id for.
    pub(super) dropped: Vec<(&'static str, String)>,
}

impl<'c, 'a> Request<'c, 'a> {
    pub(super) fn new(ctx: &'c Context<'a>, presences: &'c Presences, draft: &'c Draft) -> Self {
        Self { ctx, draft, presences, depends_on: Vec::new(), needs: Vec::new(), dropped: Vec::new() }
    }

    /// Method, path and body of the call; `None` for systems whose calls are not described.
    pub(super) fn call(&mut self) -> Option<(&'static str, String, Option<Json<'a>>)> {
        let vendor = vendor::of(&self.ctx.system(self.draft.target).name)?;
        let path = vendor.path(self);
        let has_body = !self.draft.is_beyond_limit;
        let body = has_body.then(|| vendor.body(self)).flatten();
        Some((vendor.method(self.draft.action, self.draft.entity), path, body))
    }

    /// The member that a column is written to, `None` for one that the target has not or does not take.
    pub(super) fn member(&self, field: &str) -> Option<&'static str> {
        self.ctx.system(self.draft.target).member(self.draft.entity, field)
    }

    /// The list that a column takes its ids from.
    pub(super) fn list_of(&self, field: &str) -> Option<List> {
        self.ctx.system(self.draft.target).column(self.draft.entity, field)?.list
    }

    /// Whether the target's field is too short for a text, which is then noted as dropped: an optional text is left
    /// out, never cut.
    pub(super) fn is_too_long(&mut self, field: &'static str, text: &str) -> bool {
        let limit = self.ctx.system(self.draft.target).max_chars(self.draft.entity, field);
        let is_too_long = limit.is_some_and(|limit| text.chars().count() > limit);
        if is_too_long {
            self.dropped.push((field, text.to_owned()));
        }
        is_too_long
    }

    /// The members that the pipeline sets for every new record.
    pub(super) fn settings(&self) -> Vec<(&'static str, Json<'a>)> {
        let (entity, target) = (self.draft.entity, self.draft.target);
        let settings = self.ctx.system(target).push.get(&entity).map(|push| &push.settings);
        let chosen = self.ctx.source(target).creates.get(&entity);
        let member = |(name, setting): (&String, &'static PushSetting)| {
            let constant = chosen?.get(name)?;
            Some((setting.member.as_str(), Json::Whole(constant.into())))
        };
        settings.into_iter().flatten().filter_map(member).collect()
    }

    /// The target's record that is changed.
    pub(super) fn record(&self) -> Option<RecordRef> {
        self.draft.row.map(|row| RecordRef { source: self.draft.target, row })
    }

    /// The id of the record that is changed, empty for a create.
    pub(super) fn record_id(&self) -> &'a str {
        self.record().map_or("", |record| self.ctx.id(self.draft.entity, record))
    }

    /// The organization cluster of the step's cluster.
    pub(super) fn organization(&self) -> ClusterIx {
        self.ctx.cluster(self.draft.entity, self.draft.cluster).organization
    }

    fn create_step(&self, entity: Entity, cluster: ClusterIx) -> Arc<str> {
        step_id(self.ctx, self.draft.target, Action::Create, entity, cluster).into()
    }

    fn depend_on(&mut self, step: &Arc<str>) {
        if !self.depends_on.contains(step) {
            self.depends_on.push(Arc::clone(step));
        }
    }

    /// The id of a cluster in the target, or the step that will give it; `None` when neither exists.
    pub(super) fn reference(&mut self, entity: Entity, cluster: ClusterIx) -> Option<Json<'a>> {
        let (step, member) = match self.presences.of(entity, cluster) {
            Presence::Absent => return None,
            Presence::Row(row) => {
                let record = RecordRef { source: self.draft.target, row };
                return Some(Json::Id(self.ctx.id(entity, record).into()));
            }
            Presence::Planned { .. } => (self.create_step(entity, cluster), None),
            Presence::MainSite { .. } => {
                let organization = self.ctx.cluster(entity, cluster).organization;
                let vendor = vendor::of(&self.ctx.system(self.draft.target).name);
                let member = vendor.map_or("id", |vendor| vendor.main_location_id());
                (self.create_step(Entity::Organization, organization), Some(member))
            }
        };
        self.depend_on(&step);
        Some(Json::Step { id: step, member })
    }

    /// The id of the organization for a path: itself, or `{STEP}` for the result of an earlier step.
    pub(super) fn organization_in_path(&mut self) -> String {
        let organization = self.organization();
        let found = (organization != NO_CLUSTER).then(|| self.reference(Entity::Organization, organization));
        match found.flatten() {
            Some(Json::Id(id)) => id.into_owned(),
            Some(Json::Step { id, .. }) => format!("{{{id}}}"),
            _ => "{organization}".to_owned(),
        }
    }

    /// The id of the organization of the record for a path: that which the record itself names, for of one client the
    /// target may have several, else the one of its cluster.
    pub(super) fn own_organization_in_path(&mut self) -> String {
        let record = self.record();
        let own =
            record.and_then(|record| self.ctx.value(self.draft.entity, record, column::ORGANIZATION_ID));
        own.map_or_else(|| self.organization_in_path(), str::to_owned)
    }

    /// The id of the item called `name`, or the step that will give it. `None`, and noted as dropped, when the list
    /// was read, lacks it and cannot be added to.
    pub(super) fn item(
        &mut self,
        field: &'static str,
        list: List,
        name: &str,
        parent: Option<&Parent>,
    ) -> Option<Json<'a>> {
        let Context { pipeline, lists, items, .. } = self.ctx;
        match items.find(pipeline, lists, self.draft.target, list, name, parent) {
            Item::Known(id) => Some(Json::Id(id.into())),
            Item::Needed(need) => {
                self.depend_on(&need.id);
                let id = Arc::clone(&need.id);
                if !self.needs.iter().any(|other| other.id == id) {
                    self.needs.push(need);
                }
                Some(Json::Step { id, member: None })
            }
            Item::Lacking => {
                self.dropped.push((field, name.to_owned()));
                None
            }
        }
    }
}
