//! The calls of IT Glue: JSON:API documents.
//!
//! Creates go to the nested route of the organization, changes to the bulk form `PATCH /<resource>` with the id
//! inside the attributes, each with a list of one element, so that a sender may merge the elements of several steps
//! into one call. Attribute names are kebab-case. In place of an id, `{"$ref": "STEP"}` is the result of an earlier
//! step, in a path `{STEP}`; a lookup in a list that nobody can add to may find nothing, and the attribute is then left
//! out. From IT Glue's developer documentation.

use std::borrow::Cow;

use super::Action;
use super::context::Context;
use super::flexible;
use super::items::{Need, Parent};
use super::json::{Json, percent_encode};
use super::request::{Call, Request};
use super::values::{Item, Value, Values};
use super::vendor::Vendor;
use crate::model::{Entity, PART_SEPARATOR, column, list_items};
use crate::normalize::{mac_keys, phone_key};
use crate::systems::{List, PushList};

/// The longest text that the field for a MAC address takes.
const MAC_CHARS: usize = 17;

type Attribute<'a> = (&'static str, Json<'a>);

/// Writes the calls of IT Glue.
#[derive(Debug)]
pub(super) struct ItGlue;

impl Vendor for ItGlue {
    fn path(&self, request: &mut Request<'_, '_>) -> String {
        path(request)
    }

    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
        body(request)
    }

    fn list_call(&self, _ctx: &Context<'_>, need: &Need, place: &'static PushList) -> Call {
        list_call(need, place)
    }
}

/// The name of a resource in paths and as a JSON:API type.
const fn resource(entity: Entity) -> &'static str {
    match entity {
        Entity::Organization => "organizations",
        Entity::Location => "locations",
        Entity::Contact => "contacts",
        Entity::Configuration => "configurations",
        Entity::Ticket => "tickets",
        Entity::License | Entity::Group => "flexible_assets",
    }
}

/// The path that a step writes to.
fn path(request: &mut Request<'_, '_>) -> String {
    let resource = resource(request.draft.entity);
    match (request.draft.action, request.draft.entity) {
        (
            Action::Create,
            Entity::Location | Entity::Contact | Entity::Configuration | Entity::License | Entity::Group,
        ) => {
            format!("/organizations/{}/relationships/{resource}", request.organization_in_path())
        }
        _ => format!("/{resource}"),
    }
}

/// The body of a step, `None` where nothing can be written.
fn body<'a>(request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
    let entity = request.draft.entity;
    if entity == Entity::Ticket {
        return None;
    }
    if flexible::is_asset(entity) {
        let attributes = Json::Object(flexible::attributes(request));
        let members = vec![("type", Json::text(resource(entity))), ("attributes", attributes)];
        return Some(Json::one("data", Json::List(vec![Json::Object(members)])));
    }
    let values = Values::of(request.ctx, request.draft).all();
    let mut attributes = Vec::with_capacity(values.len() + 2);
    if request.draft.action != Action::Create {
        attributes.push(("id", Json::Id(request.record_id().into())));
    }
    if request.draft.action == Action::Unarchive {
        attributes.push(("archived", Json::Bool(false)));
    }
    for value in &values {
        attributes.extend(attribute(request, value, &values));
    }
    let mut members = vec![("type", Json::text(resource(entity))), ("attributes", Json::Object(attributes))];
    if request.draft.action == Action::Create
        && let Some(interfaces) = interfaces(request, &values)
    {
        members.push(("relationships", Json::one("configuration_interfaces", interfaces)));
    }
    let element = Json::Object(members);
    // Organizations have no bulk form for creates.
    let is_single = request.draft.action == Action::Create && entity == Entity::Organization;
    Some(Json::one("data", if is_single { element } else { Json::List(vec![element]) }))
}

/// The attribute of one column, `None` for a column that IT Glue has not, or has no id for.
fn attribute<'a>(
    request: &mut Request<'_, 'a>,
    value: &Value<'a>,
    all: &[Value<'a>],
) -> Option<Attribute<'a>> {
    let name = request.member(value.field)?;
    let json = match value.field {
        column::PRIMARY | column::IMPORTANT => Json::Bool(value.text == "true"),
        column::EMAILS => emails(&value.items),
        column::PHONES => phones(&value.items),
        column::MAC_ADDRESS => Json::Text(short_mac(request, &value.text)),
        column::LOCATION => request.reference(Entity::Location, value.cluster?)?,
        column::CONTACT => request.reference(Entity::Contact, value.cluster?)?,
        column::PARENT => request.reference(Entity::Organization, value.cluster?)?,
        column::MODEL => model(request, value, all)?,
        field => match request.list_of(field) {
            Some(list) => request.item(field, list, &value.text, None)?,
            None => Json::Text(value.text.clone()),
        },
    };
    Some((name, json))
}

/// A model belongs to one maker: the one that the step writes, else the one that the row has. Without a maker there
/// is no model.
fn model<'a>(request: &mut Request<'_, 'a>, value: &Value<'a>, all: &[Value<'a>]) -> Option<Json<'a>> {
    let written =
        all.iter().find(|other| other.field == column::MANUFACTURER).map(|other| other.text.clone());
    let stored = || {
        let record = request.record()?;
        request.ctx.value(request.draft.entity, record, column::MANUFACTURER).map(Cow::Borrowed)
    };
    let Some(maker) = written.or_else(stored) else {
        request.dropped.push((column::MODEL, value.text.clone().into_owned()));
        return None;
    };
    let id = match request.item(column::MANUFACTURER, List::Manufacturer, &maker, None)? {
        Json::Id(id) => Ok(id.into_owned()),
        Json::Step { id, .. } => Err(id),
        _ => return None,
    };
    let parent = Parent { name: maker.into_owned(), id };
    request.item(column::MODEL, List::Model, &value.text, Some(&parent))
}

/// The first address of a text that the field is too short for, in the form that IT Glue shows.
fn short_mac<'a>(request: &Request<'_, '_>, text: &Cow<'a, str>) -> Cow<'a, str> {
    if text.len() <= MAC_CHARS {
        return text.clone();
    }
    let Some(key) = mac_keys(text, &request.ctx.junk).into_iter().next() else { return text.clone() };
    Cow::Owned(dashed(&key))
}

/// Twelve hex digits in pairs.
fn dashed(key: &str) -> String {
    let pairs: Vec<String> =
        key.chars().collect::<Vec<_>>().chunks(2).map(|pair| pair.iter().collect()).collect();
    pairs.join("-")
}

fn emails<'a>(items: &[Item<'a>]) -> Json<'a> {
    let list = items.iter().enumerate().map(|(position, item)| {
        Json::Object(vec![
            ("value", Json::Text(item.value.clone())),
            ("primary", Json::Bool(position == 0)),
            ("label-name", Json::Text(item.label.clone())),
        ])
    });
    Json::List(list.collect())
}

fn phones<'a>(items: &[Item<'a>]) -> Json<'a> {
    let list = items.iter().enumerate().map(|(position, item)| {
        let key = phone_key(&item.value);
        let (number, extension) = key.split_once('x').unwrap_or((&key, ""));
        let is_fax = item.label.to_lowercase().contains("fax");
        let mut members = vec![("value", Json::text(number.to_owned()))];
        if !extension.is_empty() {
            members.push(("extension", Json::text(extension.to_owned())));
        }
        members.push(("primary", Json::Bool(position == 0)));
        members.push(("label-name", Json::Text(item.label.clone())));
        members.push(("label-type", Json::text(if is_fax { "fax" } else { "phone" })));
        Json::Object(members)
    });
    Json::List(list.collect())
}

/// The interfaces of a new configuration, of the first member that has any. On a change IT Glue refuses them.
///
/// The primary one is that of the MAC address field: IT Glue keeps the two equal.
fn interfaces<'a>(request: &Request<'_, 'a>, values: &[Value<'a>]) -> Option<Json<'a>> {
    let (ctx, draft) = (request.ctx, request.draft);
    if draft.entity != Entity::Configuration {
        return None;
    }
    let mut members = ctx.members(draft.entity, draft.cluster).iter();
    let cell = members.find_map(|member| ctx.value(draft.entity, *member, column::INTERFACES))?;
    let interfaces: Vec<_> = list_items(cell)
        .filter_map(|item| {
            let mut parts = item.split(PART_SEPARATOR).map(str::trim);
            let (name, mac, ip) = (parts.next(), parts.next(), parts.next());
            let mac = mac_keys(mac.unwrap_or_default(), &ctx.junk).into_iter().next();
            let ip = ip.filter(|ip| crate::normalize::ip_key(ip, &ctx.junk).is_some());
            (mac.is_some() || ip.is_some()).then_some((name.filter(|name| !name.is_empty()), mac, ip))
        })
        .collect();
    let field = values.iter().find(|value| value.field == column::MAC_ADDRESS);
    let key = field.and_then(|field| mac_keys(&field.text, &ctx.junk).into_iter().next());
    let primary = interfaces.iter().position(|(_, mac, _)| mac.is_some() && *mac == key).unwrap_or(0);
    let list: Vec<_> = interfaces
        .into_iter()
        .enumerate()
        .map(|(position, (name, mac, ip))| {
            let mut attributes = Vec::with_capacity(4);
            attributes.extend(name.map(|name| ("name", Json::text(name))));
            attributes.extend(ip.map(|ip| ("ip-address", Json::text(ip))));
            attributes.extend(mac.map(|mac| ("mac-address", Json::text(dashed(&mac)))));
            attributes.push(("primary", Json::Bool(position == primary)));
            Json::Object(vec![
                ("type", Json::text("configuration_interfaces")),
                ("attributes", Json::Object(attributes)),
            ])
        })
        .collect();
    (!list.is_empty()).then(|| Json::one("data", Json::List(list)))
}

/// The call that finds or creates an item of a list.
///
/// Models have no name filter, so the models of the maker are listed and compared by the sender. A comma in a
/// filter value separates alternatives unless it is escaped.
fn list_call(need: &Need, place: &'static PushList) -> Call {
    let path = &place.path;
    let maker = need.parent.as_ref().map(|parent| &parent.id);
    if need.action == Action::Lookup {
        let path = match maker {
            Some(Ok(id)) => format!("/manufacturers/{id}/relationships/models"),
            Some(Err(step)) => format!("/manufacturers/{{{step}}}/relationships/models"),
            None => format!("{path}?filter[name]={}", percent_encode(&need.name.replace(',', "\\,"))),
        };
        return Call { method: "GET", path, payload: String::new() };
    }
    let mut attributes = vec![("name", Json::text(need.name.as_str()))];
    match maker {
        Some(Ok(id)) => attributes.push(("manufacturer-id", Json::Id(id.as_str().into()))),
        Some(Err(step)) => {
            attributes.push(("manufacturer-id", Json::Step { id: step.clone(), member: None }));
        }
        None => {}
    }
    let kind = path.trim_start_matches('/').replace('_', "-");
    let data = Json::Object(vec![("type", Json::text(kind)), ("attributes", Json::Object(attributes))]);
    Call { method: "POST", path: path.clone(), payload: Json::one("data", data).to_text() }
}
