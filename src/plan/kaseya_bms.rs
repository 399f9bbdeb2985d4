//! The calls of Kaseya BMS, Vorex and Pulseway PSA: plain bodies for creates, JSON Patch for changes of accounts and
//! contacts, whole records for assets and locations.
//!
//! Version 2 of the API has no call that makes or changes a location, so those are of version 1, which is still served
//! and writes names in `PascalCase`. An account is made together with its main location. A new contact takes neither job
//! title nor point of contact, so a second call adds them. Names go out as ids, and a name without one is left out,
//! never guessed. From the vendor's API description, "BMS API 2.0", and for version 1 from public clients of it.

use super::Action;
use super::bms_contact;
use super::bms_whole;
use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::items::Need;
use super::json::Json;
use super::presence::Presences;
use super::request::{Call, Further, Request};
use super::values::{Value, Values};
use super::vendor::Vendor;
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, column};
use crate::systems::PushList;

/// A member of a body.
pub(super) type Member<'a> = (&'static str, Json<'a>);

/// Writes the calls of Kaseya BMS.
#[derive(Debug)]
pub(super) struct KaseyaBms;

impl Vendor for KaseyaBms {
    fn method(&self, action: Action, entity: Entity) -> &'static str {
        match (action, entity) {
            (Action::Create, _) => "POST",
            (_, Entity::Location | Entity::Configuration) => "PUT",
            _ => "PATCH",
        }
    }

    fn path(&self, request: &mut Request<'_, '_>) -> String {
        let is_create = request.draft.action == Action::Create;
        let root = match request.draft.entity {
            Entity::Organization => "/v2/crm/accounts",
            Entity::Location => "/api/crm/locations",
            Entity::Contact if is_create => "/v2/crm/contacts/summary",
            Entity::Contact => "/v2/crm/contacts",
            _ => "/v2/servicedesk/hardwareasset",
        };
        match request.record_id() {
            "" => root.to_owned(),
            id => format!("{root}/{id}"),
        }
    }

    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
        let is_create = request.draft.action == Action::Create;
        Some(match request.draft.entity {
            Entity::Organization if is_create => account(request),
            Entity::Location => bms_whole::location(request),
            Entity::Contact if is_create => bms_contact::create(request),
            Entity::Configuration => bms_whole::asset(request),
            _ => patch(request),
        })
    }

    fn list_call(&self, _ctx: &Context<'_>, _need: &Need, place: &'static PushList) -> Call {
        // The lists have no filter: the item is looked for in the answer.
        Call { method: "GET", path: place.path.clone(), payload: String::new() }
    }

    fn further(&self, ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Further> {
        bms_contact::further(ctx, presences, draft)
    }

    fn missing(&self, ctx: &Context<'_>, values: &Values<'_, '_>) -> Vec<String> {
        match values.draft().entity {
            Entity::Contact => bms_contact::missing(ctx, values),
            _ => Vec::new(),
        }
    }

    fn refusal(&self, ctx: &Context<'_>, draft: &Draft) -> Option<(Gate, String)> {
        bms_whole::refusal(ctx, draft)
    }

    fn main_location_id(&self) -> &'static str {
        "result.locations.0.id"
    }
}

/// The body that makes an account.
fn account<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let mut members = values(request);
    members.extend(request.settings());
    members.push(("locations", Json::List(vec![main_location(request)])));
    Json::Object(members)
}

/// The main location of a new account with its one address.
fn main_location<'a>(request: &Request<'_, 'a>) -> Json<'a> {
    let mut name = Json::text("Main");
    let mut address = Vec::new();
    if let Some(site) = request.ctx.main_site(request.draft.cluster) {
        let draft = Draft::new(request.draft.target, Entity::Location, site, Action::Create);
        for value in Values::of(request.ctx, &draft).all() {
            match (value.field, bms_whole::address_member(value.field)) {
                (column::NAME, _) => name = Json::Text(value.text.clone()),
                (_, Some(member)) => address.push((member, Json::Text(value.text.clone()))),
                _ => {}
            }
        }
    }
    address.push(("isMain", Json::Bool(true)));
    let addresses = Json::List(vec![Json::Object(address)]);
    Json::Object(vec![("locationName", name), ("isMain", Json::Bool(true)), ("addresses", addresses)])
}

/// The body of a change: one operation per member, whose paths are in `PascalCase`.
fn patch<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let members = values(request);
    Json::List(members.into_iter().map(operation).collect())
}

/// One operation of a patch.
pub(super) fn operation((member, value): Member<'_>) -> Json<'_> {
    let (first, rest) = member.split_at(1);
    let path = format!("/{}{rest}", first.to_ascii_uppercase());
    Json::Object(vec![("op", Json::text("replace")), ("path", Json::text(path)), ("value", value)])
}

/// The members of the columns that the step writes, without addresses and numbers of contacts.
pub(super) fn values<'a>(request: &mut Request<'_, 'a>) -> Vec<Member<'a>> {
    let all = Values::of(request.ctx, request.draft).all();
    let is_item = |value: &Value<'_>| matches!(value.field, column::EMAILS | column::PHONES);
    all.iter().filter(|value| !is_item(value)).filter_map(|value| write_value(request, value)).collect()
}

/// The member of one column, `None` for a column that Kaseya BMS has not, or has no id for.
pub(super) fn write_value<'a>(request: &mut Request<'_, 'a>, value: &Value<'a>) -> Option<Member<'a>> {
    let member = request.member(value.field)?;
    let json = match (request.draft.entity, value.field) {
        (_, column::PARENT) => request.reference(Entity::Organization, value.cluster?)?,
        (_, column::LOCATION) => request.reference(Entity::Location, value.cluster?)?,
        (_, column::CONTACT) => request.reference(Entity::Contact, value.cluster?)?,
        (Entity::Organization, column::STATUS) => {
            let is_active = ["Inactive", "Active"].iter().position(|word| *word == value.text);
            let Some(is_active) = is_active else {
                request.dropped.push((column::STATUS, value.text.clone().into_owned()));
                return None;
            };
            Json::Bool(is_active == 1)
        }
        (_, column::IMPORTANT) => Json::Bool(value.text == "true"),
        (_, column::PURCHASED_AT | column::WARRANTY_EXPIRES_AT) => {
            Json::text(format!("{}T00:00:00", value.text))
        }
        (_, field) => match request.list_of(field) {
            Some(list) => request.item(value.field, list, &value.text, None)?,
            None => Json::Text(value.text.clone()),
        },
    };
    Some((member, json))
}

/// The account that a new record belongs to.
pub(super) fn account_id<'a>(request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
    let organization = request.organization();
    (organization != NO_CLUSTER).then(|| request.reference(Entity::Organization, organization)).flatten()
}
