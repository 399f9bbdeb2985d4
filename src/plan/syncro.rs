//! The calls of Syncro: flat bodies, `POST` for new records and `PUT` for changes. Nothing is ever deleted, though its API
//! would.
//!
//! The hub has no two-way sync with Syncro, so every step is held; what it would send answers a person who enters it by
//! hand. `properties` of an asset are ignored by the call that creates it, so they follow in a second one, and an asset
//! type has to exist there. From the vendor's API description, version v1, and published calls against a tenant.

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::items::Need;
use super::json::Json;
use super::presence::Presences;
use super::request::{Call, Further, Request};
use super::values::{Value, Values};
use super::vendor::Vendor;
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, column};
use crate::normalize::phone_key;
use crate::systems::PushList;

/// What a member begins with that is one of an asset's `properties`.
const PROPERTY: &str = "properties.";

/// What the second call for a new asset writes.
const PROPERTIES: &str = "asset_properties";

type Member<'a> = (&'static str, Json<'a>);

/// Writes the calls of Syncro.
#[derive(Debug)]
pub(super) struct Syncro;

impl Vendor for Syncro {
    fn method(&self, action: Action, _entity: Entity) -> &'static str {
        if action == Action::Create { "POST" } else { "PUT" }
    }

    fn path(&self, request: &mut Request<'_, '_>) -> String {
        let root = root(request.draft.entity);
        match request.record_id() {
            "" => root.to_owned(),
            id => format!("{root}/{id}"),
        }
    }

    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
        let is_create = request.draft.action == Action::Create;
        let all = Values::of(request.ctx, request.draft).all();
        let mut body: Vec<Member<'a>> = Vec::with_capacity(all.len() + 2);
        match request.draft.entity {
            Entity::Contact | Entity::Configuration if is_create => {
                let organization = request.organization();
                if organization != NO_CLUSTER {
                    let customer = request.reference(Entity::Organization, organization);
                    body.extend(customer.map(|id| ("customer_id", id)));
                }
            }
            _ => {}
        }
        if request.draft.entity == Entity::Contact {
            body.extend(name(request, &all));
        }
        for value in &all {
            write_value(request, value, &mut body);
        }
        if is_create && request.draft.entity == Entity::Organization {
            address(request, &mut body);
        }
        let properties = properties(request, &all);
        if !is_create && !properties.is_empty() {
            if !body.iter().any(|(member, _)| *member == "name")
                && let Some(name) = request
                    .record()
                    .and_then(|record| request.ctx.value(request.draft.entity, record, column::NAME))
            {
                body.insert(0, ("name", Json::text(name)));
            }
            body.push(("properties", Json::Object(properties)));
        }
        Some(Json::Object(body))
    }

    fn list_call(&self, _ctx: &Context<'_>, _need: &Need, place: &'static PushList) -> Call {
        Call { method: "GET", path: place.path.clone(), payload: String::new() }
    }

    fn further(&self, ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Further> {
        if draft.entity != Entity::Configuration || draft.action != Action::Create {
            return Vec::new();
        }
        let request = Request::new(ctx, presences, draft);
        let all = Values::of(ctx, draft).all();
        let properties = properties(&request, &all);
        if properties.is_empty() {
            return Vec::new();
        }
        let made = draft.id(ctx);
        let named = all.iter().find(|value| value.field == column::NAME);
        let mut body: Vec<Member<'_>> =
            named.map(|value| ("name", Json::Text(value.text.clone()))).into_iter().collect();
        body.push(("properties", Json::Object(properties)));
        vec![Further {
            item: PROPERTIES,
            key: "properties".to_owned(),
            call: Call {
                method: "PUT",
                path: format!("{}/{{{made}}}", root(draft.entity)),
                payload: Json::Object(body).to_text(),
            },
            depends_on: vec![made.into()],
            needs: Vec::new(),
            missing: None,
        }]
    }
}

const fn root(entity: Entity) -> &'static str {
    match entity {
        Entity::Organization => "/customers",
        Entity::Contact => "/contacts",
        _ => "/customer_assets",
    }
}

/// Adds the member of one column, nothing for columns that Syncro has not or that go another way.
fn write_value<'a>(request: &mut Request<'_, 'a>, value: &Value<'a>, body: &mut Vec<Member<'a>>) {
    let Some(member) = request.member(value.field).filter(|member| !member.starts_with(PROPERTY)) else {
        return;
    };
    match value.field {
        column::FIRST_NAME | column::LAST_NAME => {}
        column::CONTACT => {
            let contact = value.cluster.and_then(|cluster| request.reference(Entity::Contact, cluster));
            body.extend(contact.map(|id| (member, id)));
        }
        column::EMAILS => {
            body.extend(value.items.first().map(|item| (member, Json::Text(item.value.clone()))));
        }
        column::PHONES => phones(value, member, body),
        _ => body.push((member, Json::Text(value.text.clone()))),
    }
}

/// The first number that is no mobile one with its extension, and the first mobile one. Syncro strips punctuation.
fn phones<'a>(value: &Value<'a>, member: &'static str, body: &mut Vec<Member<'a>>) {
    let is_mobile = |label: &str| {
        let label = label.to_lowercase();
        label.contains("mobile") || label.contains("cell")
    };
    if let Some(item) = value.items.iter().find(|item| !is_mobile(&item.label)) {
        let key = phone_key(&item.value);
        let (number, extension) = key.split_once('x').unwrap_or((&key, ""));
        body.push((member, Json::text(number.to_owned())));
        if !extension.is_empty() {
            body.push(("extension", Json::text(extension.to_owned())));
        }
    }
    if let Some(item) = value.items.iter().find(|item| is_mobile(&item.label)) {
        body.push(("mobile", Json::text(phone_key(&item.value))));
    }
}

/// The name of a contact, which is one member there: what a change does not say is as it is.
fn name<'a>(request: &Request<'_, 'a>, all: &[Value<'a>]) -> Option<Member<'a>> {
    let part = |field: &'static str| {
        let own = all.iter().find(|value| value.field == field).map(|value| value.text.clone().into_owned());
        let is = || request.ctx.value(Entity::Contact, request.record()?, field).map(str::to_owned);
        own.or_else(is).unwrap_or_default()
    };
    let is_said = |value: &Value<'_>| matches!(value.field, column::FIRST_NAME | column::LAST_NAME);
    let member = request.member(column::FIRST_NAME)?;
    all.iter().any(is_said).then(|| {
        let name = format!("{} {}", part(column::FIRST_NAME), part(column::LAST_NAME));
        (member, Json::text(name.trim().to_owned()))
    })
}

/// The address of a new customer, which has one and no sites.
fn address<'a>(request: &Request<'_, 'a>, body: &mut Vec<Member<'a>>) {
    let Some(site) = request.ctx.main_site(request.draft.cluster) else { return };
    let draft = Draft::new(request.draft.target, Entity::Location, site, Action::Create);
    for value in Values::of(request.ctx, &draft).all() {
        // A location has a name of its own, which is none of the customer's.
        let member = request.member(value.field).filter(|_| value.field != column::NAME);
        body.extend(member.map(|member| (member, Json::Text(value.text))));
    }
}

/// The values that are `properties` of an asset.
fn properties<'a>(request: &Request<'_, 'a>, all: &[Value<'a>]) -> Vec<Member<'a>> {
    if request.draft.entity != Entity::Configuration {
        return Vec::new();
    }
    all.iter()
        .filter_map(|value| {
            let member = request.member(value.field)?.strip_prefix(PROPERTY)?;
            Some((member, Json::Text(value.text.clone())))
        })
        .collect()
}
