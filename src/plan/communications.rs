//! E-mail addresses and telephone numbers of ConnectWise contacts.
//!
//! A new contact brings them along. On an existing one a patch would replace the whole array, so every missing item
//! is a step of its own: `POST /company/contacts/{id}/communications`, the resource that the API has for single items.

use std::borrow::Cow;

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::json::Json;
use super::presence::Presences;
use super::request::{Call, Further, Request};
use super::values::{Item, Value, Values};
use crate::model::{Entity, column};
use crate::normalize::phone_key;
use crate::systems::List;

/// The columns that are items of their own.
const FIELDS: [&str; 2] = [column::EMAILS, column::PHONES];

/// The calls that add to a contact what an update has and it lacks.
pub(super) fn further(ctx: &Context<'_>, presences: &Presences, draft: &Draft) -> Vec<Further> {
    if draft.entity != Entity::Contact || draft.action != Action::Update {
        return Vec::new();
    }
    let values = Values::of(ctx, draft);
    let mut further = Vec::new();
    for value in values.all() {
        let Some(field) = FIELDS.into_iter().find(|field| *field == value.field) else { continue };
        let current: Vec<_> =
            values.current_items(field).iter().map(|item| key(field, &item.value)).collect();
        let mut is_first = current.is_empty();
        for item in value.items {
            let key = key(field, &item.value);
            if !current.contains(&key) {
                further.push(addition(Request::new(ctx, presences, draft), field, key, &item, is_first));
                is_first = false;
            }
        }
    }
    further
}

/// What an item is compared by.
fn key(field: &str, value: &str) -> String {
    if field == column::EMAILS { value.trim().to_lowercase() } else { phone_key(value) }
}

/// The call for one item that a contact lacks.
fn addition<'a>(
    mut request: Request<'_, 'a>,
    field: &'static str,
    key: String,
    of: &Item<'a>,
    is_first: bool,
) -> Further {
    let payload = item(&mut request, field, of, is_first).map(|body| body.to_text()).unwrap_or_default();
    let path = format!("/company/contacts/{}/communications", request.record_id());
    let title = &request.ctx.system(request.draft.target).title;
    let missing =
        request.dropped.first().map(|(_, label)| format!("{title} has no communication type `{label}`"));
    Further {
        item: "communication",
        key,
        call: Call { method: "POST", path, payload },
        missing,
        depends_on: request.depends_on,
        needs: request.needs,
    }
}

/// All items of a new contact, without those whose type the PSA does not have.
pub(super) fn all<'a>(request: &mut Request<'_, 'a>, values: &[Value<'a>]) -> Option<Json<'a>> {
    let mut list = Vec::new();
    for field in FIELDS {
        let items = values.iter().find(|value| value.field == field).map_or(&[][..], |value| &value.items);
        for (position, of) in items.iter().enumerate() {
            list.extend(item(request, field, of, position == 0));
        }
    }
    (!list.is_empty()).then_some(Json::List(list))
}

fn item<'a>(
    request: &mut Request<'_, 'a>,
    field: &'static str,
    item: &Item<'a>,
    is_default: bool,
) -> Option<Json<'a>> {
    let type_id = request.item(field, List::CommunicationType, &item.label, None)?;
    let mut members = vec![("type", Json::one("id", type_id))];
    let kind = if field == column::EMAILS {
        members.push(("value", Json::Text(item.value.clone())));
        "Email"
    } else {
        let key = phone_key(&item.value);
        let (number, extension) = key.split_once('x').unwrap_or((&key, ""));
        members.push(("value", Json::Text(Cow::Owned(number.to_owned()))));
        if !extension.is_empty() {
            members.push(("extension", Json::Text(Cow::Owned(extension.to_owned()))));
        }
        if item.label.to_lowercase().contains("fax") { "Fax" } else { "Phone" }
    };
    members.push(("defaultFlag", Json::Bool(is_default)));
    members.push(("communicationType", Json::text(kind)));
    Some(Json::Object(members))
}
