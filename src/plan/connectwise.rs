//! The calls of ConnectWise PSA: plain bodies for creates, JSON Patch for changes.
//!
//! A path in a patch is the bare member name, and a reference is replaced as a whole object. In place of an id,
//! `{"$ref": "STEP"}` is the result of an earlier step, in a path `{STEP}`. A company is made together with its main
//! site, whose id is the member `site.id` of the answer. From the API description of ConnectWise PSA, version 2026.4.

use std::borrow::Cow;

use super::context::Context;
use super::draft::Draft;
use super::items::Need;
use super::json::{Json, percent_encode};
use super::presence::Presences;
use super::request::{Call, Further, Request};
use super::values::{Value, Values};
use super::vendor::Vendor;
use super::{Action, communications};
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, column};
use crate::normalize::mac_keys;
use crate::systems::{List, PushList};

/// One MAC address with separators; the field takes 25, and two addresses would be cut in the middle.
const MAC_CHARS: usize = 17;

type Member<'a> = (&'static str, Json<'a>);

/// Writes the calls of ConnectWise PSA.
#[derive(Debug)]
pub(super) struct ConnectWise;

impl Vendor for ConnectWise {
    fn path(&self, request: &mut Request<'_, '_>) -> String {
        path(request)
    }

    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
        Some(body(request))
    }

    fn list_call(&self, _ctx: &Context<'_>, need: &Need, place: &'static PushList) -> Call {
        list_call(need, place)
    }

    fn further(&self, ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Further> {
        communications::further(ctx, presences, draft)
    }
}

/// The call that finds or creates an item of a list.
fn list_call(need: &Need, place: &'static PushList) -> Call {
    let PushList { path, name: member, .. } = place;
    if need.action == Action::Create {
        let payload = Json::one(member, Json::text(need.name.as_str())).to_text();
        return Call { method: "POST", path: path.clone(), payload };
    }
    let name = need.name.replace('\\', "\\\\").replace('"', "\\\"");
    let condition = percent_encode(&format!("{member}=\"{name}\""));
    Call { method: "GET", path: format!("{path}?conditions={condition}"), payload: String::new() }
}

/// The path that a step writes to.
fn path(request: &mut Request<'_, '_>) -> String {
    let entity = request.draft.entity;
    let root = match entity {
        Entity::Organization => "/company/companies".to_owned(),
        Entity::Location => format!("/company/companies/{}/sites", request.own_organization_in_path()),
        Entity::Contact => "/company/contacts".to_owned(),
        _ => "/company/configurations".to_owned(),
    };
    match request.record_id() {
        "" => root,
        id => format!("{root}/{id}"),
    }
}

/// The body of a step.
fn body<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let is_create = request.draft.action == Action::Create;
    let all = Values::of(request.ctx, request.draft).all();
    let is_communication = |value: &Value<'_>| matches!(value.field, column::EMAILS | column::PHONES);
    let mut members: Vec<Member<'a>> = Vec::with_capacity(all.len() + 3);
    for value in all.iter().filter(|value| !is_communication(value)) {
        if !request.is_too_long(value.field, &value.text) {
            members.extend(write_value(request, value));
        }
    }
    if is_create {
        // A patch would replace the whole array, and with it what the hub does not know, such as faxes; what an existing
        // contact lacks is added by steps of its own.
        if let Some(items) = communications::all(request, &all) {
            members.push(("communicationItems", items));
        }
        match request.draft.entity {
            Entity::Organization => main_site(request, &mut members),
            Entity::Location => {}
            _ => company(request, &mut members),
        }
        return Json::Object(members);
    }
    let operation = |(member, value): Member<'a>| {
        Json::Object(vec![("op", Json::text("replace")), ("path", Json::text(member)), ("value", value)])
    };
    Json::List(members.into_iter().map(operation).collect())
}

/// The member of one column, `None` for a column that ConnectWise has not, or has no id for.
fn write_value<'a>(request: &mut Request<'_, 'a>, value: &Value<'a>) -> Option<Member<'a>> {
    let entity = request.draft.entity;
    let name = request.member(value.field)?;
    let id = |json| Json::one("id", json);
    let json = match (entity, value.field) {
        (Entity::Organization, column::TYPE) => {
            let types: Vec<_> = each_type(&value.text)
                .filter_map(|name| request.item(column::TYPE, List::OrganizationType, name, None))
                .map(id)
                .collect();
            if types.is_empty() {
                return None;
            }
            Json::List(types)
        }
        (Entity::Contact, column::TYPE) => {
            Json::List(vec![request.item(column::TYPE, List::ContactType, &value.text, None)?])
        }
        (_, column::PARENT) => id(request.reference(Entity::Organization, value.cluster?)?),
        (_, column::LOCATION) => id(request.reference(Entity::Location, value.cluster?)?),
        (_, column::CONTACT) => id(request.reference(Entity::Contact, value.cluster?)?),
        (_, column::MAC_ADDRESS) => Json::Text(one_mac(request, &value.text)),
        (_, column::INSTALLED_AT | column::PURCHASED_AT | column::WARRANTY_EXPIRES_AT) => {
            Json::text(format!("{}T00:00:00Z", value.text))
        }
        (_, field) => match request.list_of(field) {
            Some(list) => id(request.item(value.field, list, &value.text, None)?),
            None => Json::Text(value.text.clone()),
        },
    };
    Some((name, json))
}

/// The types of an organization, of which the hub may hold several in one cell.
fn each_type(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn one_mac<'a>(request: &Request<'_, '_>, text: &Cow<'a, str>) -> Cow<'a, str> {
    if text.len() <= MAC_CHARS {
        return text.clone();
    }
    let key = mac_keys(text, &request.ctx.junk).into_iter().next();
    key.map_or_else(|| text.clone(), Cow::Owned)
}

/// The company that a contact or configuration belongs to.
fn company<'a>(request: &mut Request<'_, 'a>, body: &mut Vec<Member<'a>>) {
    let organization = request.organization();
    if organization != NO_CLUSTER
        && let Some(id) = request.reference(Entity::Organization, organization)
    {
        body.push(("company", Json::one("id", id)));
    }
}

/// The main site of a new company and its address, which the company repeats; its state is text there.
fn main_site<'a>(request: &mut Request<'_, 'a>, body: &mut Vec<Member<'a>>) {
    let mut name = Json::text("Main");
    if let Some(site) = request.ctx.main_site(request.draft.cluster) {
        let draft = Draft::new(request.draft.target, Entity::Location, site, Action::Create);
        for value in Values::of(request.ctx, &draft).all() {
            let text = Json::Text(value.text.clone());
            match value.field {
                column::NAME => name = text,
                column::ADDRESS_1 => body.push(("addressLine1", text)),
                column::ADDRESS_2 => body.push(("addressLine2", text)),
                column::CITY => body.push(("city", text)),
                column::REGION => body.push(("state", text)),
                column::POSTAL_CODE => body.push(("zip", text)),
                column::COUNTRY => {
                    if let Some(id) = request.item(column::COUNTRY, List::Country, &value.text, None) {
                        body.push(("country", Json::one("id", id)));
                    }
                }
                _ => {}
            }
        }
    }
    body.push(("site", Json::one("name", name)));
}
