//! Licences and groups in IT Glue: flexible assets of types that are the account's own.
//!
//! The pipeline names the types; which trait a column is written to is said in the system's file. A change deletes every
//! trait that is not sent, so it always sends all that the asset has, changed or not, in the form in which they are
//! written: a tag reads as objects and is written as their ids. The types of the hub's own Microsoft integration are
//! locked and take nothing. From IT Glue's developer documentation.

use serde_json::{Map, Value as JsonValue};

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::json::Json;
use super::request::Request;
use super::values::Values;
use crate::matching::ClusterIx;
use crate::model::{Entity, Kind, LIST_SEPARATOR, RecordRef, column, fields};
use crate::pipeline::AssetType;

/// The traits of which one more is made, and that one: how many licences nobody uses. It is negative where too many
/// are in use.
const ACTIVE: &str = "active";
const CONSUMED: &str = "consumed";
const UNUSED: &str = "unused";

type Traits = Map<String, JsonValue>;

/// Whether records of the entity are flexible assets in the hub.
pub(super) const fn is_asset(entity: Entity) -> bool {
    matches!(entity, Entity::License | Entity::Group)
}

/// Holds a step that the account has no type for, or that would lose what the asset holds.
pub(super) fn hold(ctx: &Context<'_>, draft: &mut Draft) {
    if !is_asset(draft.entity) {
        return;
    }
    let Some(own) = asset_type(ctx, draft.entity, draft.cluster) else {
        let message = format!(
            "{} keeps {} as flexible assets, and no source names their type in `[source.licenses]`",
            ctx.system(draft.target).title,
            draft.entity.table()
        );
        draft.holds.add(Gate::EntityNotSupported, message);
        return;
    };
    let Some(row) = draft.row else { return };
    let record = RecordRef { source: draft.target, row };
    let name = ctx.record_name(draft.entity, record);
    let asset = Asset::read(ctx, draft.entity, record);
    if let Some(type_name) = asset.type_name.as_deref().filter(|name| AssetType::is_locked(name)) {
        let message =
            format!("`{name}` is of `{type_name}`, which the hub's own Microsoft integration locks");
        draft.holds.add(Gate::FieldLocked, message);
    } else if let Some(other) = asset.type_id.filter(|id| *id != own.id) {
        let message = format!("`{name}` is of the type {other}, and the pipeline's is {}", own.id);
        draft.holds.add(Gate::EntityNotSupported, message);
    }
    match asset.traits {
        None => {
            let message = format!("a change must send every trait, and those of `{name}` were not read");
            draft.holds.add(Gate::FieldLocked, message);
        }
        Some(traits) => {
            if let Some((trait_name, _)) = traits.iter().find(|(_, value)| written(value).is_none()) {
                let message = format!(
                    "a change must send every trait, and `{trait_name}` of `{name}` cannot be sent as it was read"
                );
                draft.holds.add(Gate::FieldLocked, message);
            }
        }
    }
}

/// The attributes of a step.
pub(super) fn attributes<'a>(request: &Request<'_, 'a>) -> Vec<(&'static str, Json<'a>)> {
    let draft = request.draft;
    let mut attributes = Vec::with_capacity(2);
    if draft.action == Action::Create {
        let own = asset_type(request.ctx, draft.entity, draft.cluster);
        attributes.extend(own.map(|own| ("flexible-asset-type-id", Json::Id(own.id.clone().into()))));
    } else {
        attributes.push(("id", Json::Id(request.record_id().into())));
    }
    attributes.push(("traits", Json::Whole(JsonValue::Object(traits(request)))));
    attributes
}

/// Every trait that the asset is to have: what it has, then what the step sets.
fn traits(request: &Request<'_, '_>) -> Traits {
    let (ctx, draft) = (request.ctx, request.draft);
    let old = request.record().and_then(|record| Asset::read(ctx, draft.entity, record).traits);
    let mut traits: Traits = old
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, value)| Some((name, written(&value)?)))
        .collect();
    for value in Values::of(ctx, draft).all() {
        let Some(name) = request.member(value.field) else { continue };
        let is_count =
            fields(draft.entity).iter().any(|field| field.name == value.field && field.kind == Kind::Count);
        let number = value.text.parse::<i64>().ok().filter(|_| is_count);
        let text = || value.text.replace(LIST_SEPARATOR, "; ").into();
        traits.insert(name.to_owned(), number.map_or_else(text, JsonValue::from));
    }
    if let Some((active, consumed)) = count(&traits, ACTIVE).zip(count(&traits, CONSUMED)) {
        traits.insert(UNUSED.to_owned(), active.saturating_sub(consumed).into());
    }
    traits
}

/// A number, which a text field of the account may hold as text.
fn count(traits: &Traits, name: &str) -> Option<i64> {
    let value = traits.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A trait as it is written; `None` for what cannot be sent back, such as a file.
fn written(value: &JsonValue) -> Option<JsonValue> {
    match value {
        JsonValue::Object(tag) => {
            let values = tag.get("values")?.as_array()?;
            values.iter().map(|of| of.get("id").cloned()).collect::<Option<Vec<_>>>().map(JsonValue::Array)
        }
        JsonValue::Array(items) => {
            let is_plain = items.iter().all(|item| !item.is_object() && !item.is_array());
            is_plain.then(|| value.clone())
        }
        plain => Some(plain.clone()),
    }
}

/// The type of the account that a member's source names.
fn asset_type<'c>(ctx: &'c Context<'_>, entity: Entity, cluster: ClusterIx) -> Option<&'c AssetType> {
    let mut members = ctx.members(entity, cluster).iter();
    members.find_map(|member| ctx.source(member.source).licenses.asset_type(entity))
}

/// What the hub's answer says of an asset.
#[derive(Debug, Default)]
struct Asset {
    type_id: Option<String>,
    type_name: Option<String>,
    /// `None` where the record did not come with its traits, as in an export.
    traits: Option<Traits>,
}

impl Asset {
    fn read(ctx: &Context<'_>, entity: Entity, record: RecordRef) -> Self {
        let raw = ctx.value(entity, record, column::RAW);
        let Some(Ok(mut raw)) = raw.map(serde_json::from_str::<JsonValue>) else { return Self::default() };
        let Some(attributes) = raw.get_mut("attributes") else { return Self::default() };
        let text = |value: &JsonValue| match value {
            JsonValue::String(text) => Some(text.clone()),
            JsonValue::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Self {
            type_id: attributes.get("flexible-asset-type-id").and_then(text),
            type_name: attributes.get("flexible-asset-type-name").and_then(text),
            traits: match attributes.get_mut("traits").map(JsonValue::take) {
                Some(JsonValue::Object(traits)) => Some(traits),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn traits_are_written_otherwise_than_they_are_read() {
        let tag = json!({"type": "Contacts", "values": [{"id": 7, "name": "A"}, {"id": 8, "name": "B"}]});
        assert_eq!(written(&tag), Some(json!([7, 8])));
        assert_eq!(written(&json!({"type": "Contacts", "values": []})), Some(json!([])));
        assert_eq!(written(&json!("text")), Some(json!("text")));
        assert_eq!(written(&json!(["a", 1])), Some(json!(["a", 1])));
        assert_eq!(written(&json!({"url": "https://x.example/file"})), None);
        assert_eq!(written(&json!([{"url": "https://x.example/file"}])), None);
        assert_eq!(written(&json!({"type": "Contacts", "values": [{"name": "no id"}]})), None);
    }

    #[test]
    fn numbers_may_stand_in_text_fields() {
        let traits = json!({"active": " 25 ", "consumed": 27, "unused": null});
        let JsonValue::Object(traits) = traits else { unreachable!("an object") };
        assert_eq!(count(&traits, ACTIVE), Some(25));
        assert_eq!(count(&traits, CONSUMED), Some(27));
        assert_eq!(count(&traits, UNUSED), None);
    }
}
