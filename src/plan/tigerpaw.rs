//! The calls of Tigerpaw: whole records in `PascalCase`, with types and statuses by name.
//!
//! The hub has no two-way sync with Tigerpaw, so every step is held; what it would send answers a person who enters it by
//! hand. From the client that was generated from the vendor's API description in March 2019.

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::items::Need;
use super::json::Json;
use super::request::{Call, Request};
use super::values::{Value, Values};
use super::vendor::Vendor;
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, column};
use crate::systems::PushList;

type Member<'a> = (&'static str, Json<'a>);

/// Writes the calls of Tigerpaw.
#[derive(Debug)]
pub(super) struct Tigerpaw;

impl Vendor for Tigerpaw {
    fn method(&self, action: Action, _entity: Entity) -> &'static str {
        if action == Action::Create { "POST" } else { "PUT" }
    }

    fn path(&self, request: &mut Request<'_, '_>) -> String {
        let root = if request.draft.entity == Entity::Contact { "/api/contacts" } else { "/api/accounts" };
        match request.record_id() {
            "" => root.to_owned(),
            id => format!("{root}/{}", id.rsplit_once('-').map_or(id, |(_, number)| number)),
        }
    }

    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
        // A change replaces the whole record, of which not everything was read.
        if request.draft.action != Action::Create {
            return None;
        }
        match request.draft.entity {
            Entity::Organization => Some(account(request)),
            Entity::Contact => Some(contact(request)),
            _ => None,
        }
    }

    fn list_call(&self, _ctx: &Context<'_>, _need: &Need, place: &'static PushList) -> Call {
        Call { method: "GET", path: place.path.clone(), payload: String::new() }
    }
}

fn account<'a>(request: &Request<'_, 'a>) -> Json<'a> {
    let mut account = plain(request, &Values::of(request.ctx, request.draft).all());
    let mut members = Vec::new();
    if let Some(site) = request.ctx.main_site(request.draft.cluster) {
        let draft = Draft::new(request.draft.target, Entity::Location, site, Action::Create);
        for value in Values::of(request.ctx, &draft).all() {
            let text = Json::Text(value.text);
            match value.field {
                column::ADDRESS_1 => account.push(("Address1", text)),
                column::ADDRESS_2 => account.push(("Address2", text)),
                column::CITY => account.push(("City", text)),
                column::REGION => account.push(("State", text)),
                column::POSTAL_CODE => account.push(("PostalCode", text)),
                column::COUNTRY => account.push(("Country", text)),
                column::PHONE => members.push(("PrimaryPhoneNumber", Json::one("Number", text))),
                _ => {}
            }
        }
    }
    members.insert(0, ("Account", Json::Object(account)));
    Json::Object(members)
}

fn contact<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let all = Values::of(request.ctx, request.draft).all();
    let mut contact = Vec::new();
    let organization = request.organization();
    if organization != NO_CLUSTER {
        let account = request.reference(Entity::Organization, organization);
        contact.extend(account.map(|id| ("AccountNumber", id)));
    }
    contact.extend(plain(request, &all));
    let mut members = vec![("Contact", Json::Object(contact))];
    for (field, member) in [(column::PHONES, "Number"), (column::EMAILS, "Email")] {
        let first = all.iter().find(|value| value.field == field).and_then(|value| value.items.first());
        if let Some((name, item)) = request.member(field).zip(first) {
            members.push((name, Json::one(member, Json::Text(item.value.clone()))));
        }
    }
    Json::Object(members)
}

/// The members of columns that hold one text.
fn plain<'a>(request: &Request<'_, 'a>, all: &[Value<'a>]) -> Vec<Member<'a>> {
    let is_plain = |value: &&Value<'a>| value.items.is_empty() && value.cluster.is_none();
    let member = |value: &Value<'a>| Some((request.member(value.field)?, Json::Text(value.text.clone())));
    all.iter().filter(is_plain).filter_map(member).collect()
}
