//! Two-way fields: what a PSA takes from the hub, and what changed since the last completed run.

use std::collections::HashMap;

use super::canonical::form;
use super::context::{Context, EntityPlan, FieldPlan, Said};
use super::references::id_column;
use crate::model::{Entity, Kind, PreviousValues, Role, SourceIx};
use crate::normalize::name_key;
use crate::pipeline::Pipeline;

/// The PSAs with two-way sync that take the field from the hub.
pub(super) fn sources<'a>(
    pipeline: &'a Pipeline,
    entity: Entity,
    field: &'static str,
) -> impl Iterator<Item = SourceIx> + use<'a> {
    (0..)
        .zip(&pipeline.sources)
        .filter(move |(_, source)| {
            source.role == Role::Psa && source.sync.two_way && source.system.is_two_way(entity, field)
        })
        .map(|(ix, _)| ix)
}

/// The columns that the next run compares with those of this one: the two-way fields, and the ids of what they refer to.
#[must_use]
pub fn two_way_columns(pipeline: &Pipeline, entity: Entity) -> Vec<&'static str> {
    let two_way = crate::model::fields(entity)
        .iter()
        .filter(|field| sources(pipeline, entity, field.name).next().is_some());
    let mut columns = Vec::new();
    for field in two_way {
        if let Kind::Reference(_) = field.kind {
            columns.push(id_column(field.name));
        }
        columns.push(field.name);
    }
    columns
}

/// The fields of a record as they were read in the last completed run.
pub(super) struct Before<'a>(Option<&'a HashMap<String, PreviousValues>>);

impl<'a> Before<'a> {
    /// Those of `entity` of `source`.
    pub(super) fn new(context: &Context<'a>, source: SourceIx, entity: Entity) -> Self {
        let name = &context.pipeline.sources[usize::from(source)].name;
        Self(context.previous.and_then(|previous| previous.values.get(&(name.clone(), entity))))
    }
}

/// The last completed run, by target of an entity's plan.
pub(super) struct Earlier<'a>(Vec<(SourceIx, Before<'a>)>);

impl<'a> Earlier<'a> {
    pub(super) fn new(context: &Context<'a>, plan: &EntityPlan) -> Self {
        let of = |source: &SourceIx| (*source, Before::new(context, *source, plan.entity));
        Self(plan.targets.iter().map(of).collect())
    }

    /// Whether the record says something else than in the last completed run; `None` when that is not known. A value that
    /// went blank is no change: blank never wins.
    pub(super) fn has_changed(
        &self,
        context: &Context<'a>,
        plan: &EntityPlan,
        field: &FieldPlan,
        said: &Said<'a>,
    ) -> Option<bool> {
        let (_, before) = self.0.iter().find(|(source, _)| *source == said.record.source)?;
        let id = context.tables.id(plan.entity, said.record);
        let values = before.0?.get(id)?;
        let Ok(now) = &said.form else { return Some(false) };
        let name = field.field.name;
        let earlier = values.get(name).map(String::as_str);
        if let Kind::Reference(_) = field.field.kind {
            let id_name = id_column(name);
            let id = context.tables.value(plan.entity, said.record, id_name);
            if let (Some(id), Some(earlier)) = (id, values.get(id_name)) {
                return Some(id != earlier);
            }
            let Some(earlier) = earlier else { return Some(!values.contains_key(id_name)) };
            return Some(name_key(said.text.as_deref().unwrap_or_default()) != name_key(earlier));
        }
        let Some(earlier) = earlier else { return Some(true) };
        // Of MAC addresses only the field itself was kept.
        let own = match field.field.kind {
            Kind::Mac => context
                .tables
                .value(plan.entity, said.record, name)
                .and_then(|cell| form(Kind::Mac, cell, context.junk).ok()),
            _ => Some(now.clone()),
        };
        let Some(own) = own else { return Some(false) };
        Some(form(field.field.kind, earlier, context.junk).map_or(true, |earlier| !own.equals(&earlier)))
    }
}
