//! Contacts of Kaseya BMS: the create, the call that completes it, and the lists of addresses and numbers.

use std::borrow::Cow;

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::json::Json;
use super::kaseya_bms::{Member, account_id, operation, values, write_value};
use super::lists::Found;
use super::presence::Presences;
use super::request::{Call, Further, Request};
use super::values::{Item, Value, Values};
use crate::model::{Entity, column};
use crate::normalize::{email_key, phone_key};
use crate::systems::List;

/// The columns that a create takes not.
const LATER: [&str; 2] = [column::TITLE, column::IMPORTANT];

/// The operation that adds an item to a list. The vendor's description numbers them 0 to 2 and gives no names.
const ADD: &str = "0";

/// A list of addresses or numbers.
struct Of {
    field: &'static str,
    list: List,
    /// The last part of its path, and its member of a new contact.
    member: &'static str,
    value: &'static str,
    type_id: &'static str,
    /// What a type of it is called.
    what: &'static str,
}

const EMAILS: Of = Of {
    field: column::EMAILS,
    list: List::EmailType,
    member: "emails",
    value: "emailAddress",
    type_id: "emailTypeId",
    what: "e-mail type",
};

const PHONES: Of = Of {
    field: column::PHONES,
    list: List::PhoneType,
    member: "phones",
    value: "phoneNumber",
    type_id: "phoneTypeId",
    what: "phone type",
};

/// The body that makes a contact.
pub(super) fn create<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let all = Values::of(request.ctx, request.draft).all();
    let mut members: Vec<Member<'a>> = Vec::new();
    for value in all.iter().filter(|value| !LATER.contains(&value.field)) {
        if value.items.is_empty() {
            members.extend(write_value(request, value));
        }
    }
    members.extend(account_id(request).map(|id| ("accountId", id)));
    for of in [PHONES, EMAILS] {
        let items = all.iter().find(|value| value.field == of.field).map_or(&[][..], |value| &value.items);
        let mut written: Vec<Json<'a>> = Vec::new();
        for item in items {
            let is_default = written.is_empty();
            written.extend(entry(request, &of, item, of.type_id, is_default).map(Json::Object));
        }
        if !written.is_empty() {
            members.push((of.member, Json::List(written)));
        }
    }
    Json::Object(members)
}

/// One address or number, `None` when its type has no id.
fn entry<'a>(
    request: &mut Request<'_, 'a>,
    of: &Of,
    item: &Item<'a>,
    type_id: &'static str,
    is_default: bool,
) -> Option<Vec<Member<'a>>> {
    let kind = request.item(of.field, of.list, &item.label, None)?;
    let text =
        if of.field == column::PHONES { Cow::Owned(phone_key(&item.value)) } else { item.value.clone() };
    Some(vec![(of.value, Json::Text(text)), (type_id, kind), ("isDefault", Json::Bool(is_default))])
}

/// The calls after a create or beside a change.
pub(super) fn further(ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Further> {
    match (draft.entity, draft.action) {
        (Entity::Contact, Action::Create) => completion(ctx, presences, draft).into_iter().collect(),
        (Entity::Contact, Action::Update) => additions(ctx, presences, draft),
        _ => Vec::new(),
    }
}

/// What a create takes not, as a change of the contact that it makes.
fn completion(ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Option<Further> {
    let mut request = Request::new(ctx, presences, draft);
    let members = values(&mut request);
    let later = LATER.map(|field| request.member(field));
    let operations: Vec<Json<'_>> =
        members.into_iter().filter(|(member, _)| later.contains(&Some(*member))).map(operation).collect();
    if operations.is_empty() {
        return None;
    }
    let step = draft.id(ctx);
    let path = format!("/v2/crm/contacts/{{{step}}}");
    let call = Call { method: "PATCH", path, payload: Json::List(operations).to_text() };
    Some(Further {
        item: "contact_details",
        key: "rest".to_owned(),
        call,
        depends_on: vec![step.into()],
        needs: Vec::new(),
        missing: None,
    })
}

/// One call per list that lacks something.
fn additions(ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Further> {
    let values = Values::of(ctx, draft);
    let all = values.all();
    let mut further = Vec::new();
    for of in [EMAILS, PHONES] {
        let Some(value) = all.iter().find(|value| value.field == of.field) else { continue };
        let current: Vec<Option<String>> =
            values.current_items(of.field).iter().map(|item| key(&of, &item.value)).collect();
        let mut request = Request::new(ctx, presences, draft);
        let mut operations = Vec::new();
        for item in value.items.iter().filter(|item| !current.contains(&key(&of, &item.value))) {
            let is_default = current.is_empty() && operations.is_empty();
            if let Some(mut members) = entry(&mut request, &of, item, "typeId", is_default) {
                members.insert(0, ("operation", Json::Id(ADD.into())));
                operations.push(Json::Object(members));
            }
        }
        let missing = request.dropped.first().map(|(_, label)| unknown(ctx, draft, &of, label));
        if operations.is_empty() && missing.is_none() {
            continue;
        }
        let path = format!("/v2/crm/contacts/{}/{}", request.record_id(), of.member);
        let call = Call { method: "PATCH", path, payload: Json::List(operations).to_text() };
        further.push(Further {
            item: "communication",
            key: of.member.to_owned(),
            call,
            depends_on: request.depends_on,
            needs: request.needs,
            missing,
        });
    }
    further
}

fn key(of: &Of, value: &str) -> Option<String> {
    if of.field == column::EMAILS { email_key(value) } else { Some(phone_key(value)) }
}

fn unknown(ctx: &Context<'_>, draft: &Draft, of: &Of, label: &str) -> String {
    let title = &ctx.system(draft.target).title;
    format!("{title} has no {} `{label}`, or its list was not read", of.what)
}

/// The lists of a new contact of which no item has a type with an id.
pub(super) fn missing(ctx: &Context<'_>, values: &Values<'_, '_>) -> Vec<String> {
    let target = values.draft().target;
    let all = values.all();
    let missing = |of: &Of| {
        let value: &Value<'_> = all.iter().find(|value| value.field == of.field)?;
        let has_id = |item: &Item<'_>| match ctx.lists.find(target, of.list, &item.label, None) {
            Found::Item(item) => !item.is_inactive,
            Found::Absent | Found::NoList => false,
        };
        let label = &value.items.first()?.label;
        let is_missing = !value.items.iter().any(has_id);
        is_missing.then(|| format!("{} (nothing says which id the {} `{label}` has)", of.field, of.what))
    };
    [EMAILS, PHONES].iter().filter_map(missing).collect()
}
