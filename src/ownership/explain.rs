//! Why a field of one cluster should say what it should say: every owner in order, with its value.

use super::canonical::Blank;
use super::context::{Context, EntityPlan, FieldPlan, HUB, HUB_VOICE, Said};
use super::decide::decide;
use super::roster::speakers;
use super::two_way::Earlier;
use crate::extract::Lookups;
use crate::matching::{ClusterIx, Matching};
use crate::model::{Entity, Previous, RecordRef, Tables};
use crate::normalize::Junk;
use crate::pipeline::Pipeline;

/// How one field of a cluster was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldExplanation {
    /// The canonical column.
    pub field: &'static str,
    /// The owners, first wins. Owners that no source of the pipeline fills are left out.
    pub owners: Vec<OwnerValue>,
    /// The record that supplies the value, `None` when nobody has one.
    pub winner: Option<RecordRef>,
    /// What decided: `owner:psa`, `two_way:hub_changed` and so on; empty when nobody has a value.
    pub rule: String,
    /// What the hub's record should say, `None` when nobody has a value. For lists the whole list, joined by `; `.
    pub desired: Option<String>,
    /// What the hub's record says, `None` when it is blank or the cluster has none.
    pub current: Option<String>,
    /// True when the hub's record has to change.
    pub differs: bool,
}

/// What one owner says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerValue {
    /// The role or the source's name.
    pub owner: String,
    /// The record that speaks for it, `None` when the cluster has none.
    pub record: Option<RecordRef>,
    /// Its text as it was read, `None` when there is none. Lists are joined by `; `.
    pub value: Option<String>,
    /// Why the value counts as blank, in one sentence; `None` when it counts.
    pub blank: Option<&'static str>,
}

/// How every owned field of a cluster was decided, in table order. Clusters that are not compared (in review, of one record
/// alone, without a hub row) are explained as if they were; nothing of them `differs`.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "the inputs of `resolve` and what to explain")]
pub fn explain(
    pipeline: &Pipeline,
    tables: &Tables,
    matching: &Matching,
    junk: &Junk,
    lookups: &Lookups,
    previous: Option<&Previous>,
    entity: Entity,
    cluster: ClusterIx,
) -> Vec<FieldExplanation> {
    let (context, _) = Context::new(pipeline, tables, matching, junk, lookups, previous);
    let plan = EntityPlan::new(pipeline, entity);
    let earlier = Earlier::new(&context, &plan);
    plan.fields.iter().map(|field| explain_field(&context, &plan, field, &earlier, cluster)).collect()
}

fn explain_field<'a>(
    context: &Context<'a>,
    plan: &EntityPlan,
    field: &FieldPlan,
    earlier: &Earlier<'a>,
    cluster: ClusterIx,
) -> FieldExplanation {
    let matching = context.matching.of(plan.entity);
    let speakers = speakers(context.tables, matching, &plan.voices, cluster);
    let owners = field.owners.iter().map(|(owner, voice)| {
        let said = speakers[*voice].map(|record| context.read(plan.entity, field, record));
        OwnerValue {
            owner: owner.name.clone(),
            record: speakers[*voice],
            blank: said.as_ref().and_then(|said| said.form.as_ref().err().copied().map(Blank::sentence)),
            value: said.and_then(text),
        }
    });
    let owners = owners.collect();
    let verdict = decide(context, plan, field, earlier, |voice| speakers[voice]);
    let hub = speakers[HUB_VOICE].map(|record| context.read(plan.entity, field, record));
    let is_compared = !matching.clusters[cluster as usize].in_review && matching.members(cluster).len() > 1;
    let currents = context.currents(plan.entity, field, |voice| speakers[voice]);
    let winner = verdict.winner.as_ref();
    let differs = is_compared
        && winner.is_some_and(|(said, _)| {
            currents.iter().any(|current| current.record.source == HUB && !current.satisfies(said))
        });
    let desired = winner.map(|(said, _)| context.written(plan.entity, field, said, hub.as_ref(), &currents));
    FieldExplanation {
        field: field.field.name,
        owners,
        winner: winner.map(|(said, _)| said.record),
        rule: winner.map(|(_, rule)| rule.text(field).to_string()).unwrap_or_default(),
        desired,
        current: hub.and_then(text),
        differs,
    }
}

fn text(said: Said<'_>) -> Option<String> {
    said.text.map(std::borrow::Cow::into_owned)
}
