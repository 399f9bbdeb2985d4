//! The calls of Autotask PSA: whole bodies for creates, for changes the id and the members that change.
//!
//! A `PATCH` goes to the collection with the id in the body; contacts and locations are written below their company. A
//! configuration item has no maker and no model but a product that has: where the product is missing, a step of its own
//! makes it first. The company of a configuration item cannot change, so it is never in a patch, and neither are
//! user-defined fields, which come masked. From the vendor's API description of 2026 and its entity pages.

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::json::{Json, percent_encode};
use super::lists::Found;
use super::request::{Call, Need, Parent, Request};
use super::values::{Item, Value, Values};
use super::vendor::Vendor;
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, SourceIx, column};
use crate::normalize::{email_key, phone_key};
use crate::pipeline::Constant;
use crate::systems::{List, PushList};

/// The setting of the billing code that a new product needs.
const BILLING_CODE: &str = "product_billing_code_id";

/// The members for e-mail addresses.
const EMAILS: [&str; 3] = ["emailAddress", "emailAddress2", "emailAddress3"];

/// The members for telephone numbers, by what the hub calls a number.
const PHONES: [(&str, &str); 4] =
    [("Work", "phone"), ("Mobile", "mobilePhone"), ("Alternate", "alternatePhone"), ("Fax", "faxNumber")];

type Members<'a> = Vec<(&'static str, Json<'a>)>;

/// Writes the calls of Autotask.
#[derive(Debug)]
pub(super) struct Autotask;

impl Vendor for Autotask {
    fn path(&self, request: &mut Request<'_, '_>) -> String {
        match request.draft.entity {
            Entity::Organization => "/V1.0/Companies".to_owned(),
            Entity::Location => format!("/V1.0/Companies/{}/Locations", request.own_organization_in_path()),
            Entity::Contact => format!("/V1.0/Companies/{}/Contacts", request.own_organization_in_path()),
            _ => "/V1.0/ConfigurationItems".to_owned(),
        }
    }

    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
        let is_create = request.draft.action == Action::Create;
        let values = Values::of(request.ctx, request.draft);
        let all = values.all();
        let mut members: Members<'a> = Vec::with_capacity(all.len() + 4);
        if is_create {
            begin_create(request, &mut members);
        } else {
            members.push(("id", Json::Id(request.record_id().into())));
        }
        for value in &all {
            write_value(request, &values, value, &mut members);
        }
        product(request, &all, &mut members);
        if is_create {
            end_create(request, &mut members);
        }
        Some(Json::Object(members))
    }

    fn list_call(&self, need: &Need, place: &'static PushList) -> Call {
        let path = match need.list {
            // The sender looks for the label among the values of the field that the place names.
            List::OrganizationType | List::ConfigurationType => place.path.clone(),
            List::Product => {
                let maker = need.parent.as_ref().map_or("", |parent| parent.name.as_str());
                query("/V1.0/Products/query", &[("manufacturerName", maker), (&place.name, &need.name)])
            }
            _ => query(&place.path, &[(&place.name, &need.name)]),
        };
        Call { method: "GET", path, payload: String::new() }
    }

    fn list_call_with(&self, ctx: &Context<'_>, need: &Need, place: &'static PushList) -> Call {
        if need.action != Action::Create {
            return self.list_call(need, place);
        }
        let maker = need.parent.as_ref().map_or("", |parent| parent.name.as_str());
        let mut members = vec![("name", Json::text(format!("{maker} {}", need.name)))];
        members.push(("manufacturerName", Json::text(maker)));
        members.push(("manufacturerProductName", Json::text(need.name.as_str())));
        members.extend(billing_code(ctx, need.target).map(|code| ("productBillingCodeID", constant(code))));
        members.push(("isSerialized", Json::Bool(true)));
        members.push(("isActive", Json::Bool(true)));
        Call { method: "POST", path: place.path.clone(), payload: Json::Object(members).to_text() }
    }

    /// A new configuration item whose product is missing needs the billing code that the product needs.
    fn missing(&self, ctx: &Context<'_>, values: &Values<'_, '_>) -> Vec<String> {
        let (target, entity) = values.target();
        if entity != Entity::Configuration || billing_code(ctx, target).is_some() {
            return Vec::new();
        }
        let (Some(maker), Some(model)) = (values.text(column::MANUFACTURER), values.text(column::MODEL))
        else {
            return Vec::new();
        };
        match ctx.lists.find(target, List::Product, &model, Some(&maker)) {
            Found::Absent => vec![format!(
                "productBillingCodeID for the product `{maker} {model}`, which it lacks (the setting `create.configuration.{BILLING_CODE}`)"
            )],
            _ => Vec::new(),
        }
    }
}

/// A query for records whose members have these values, as the address of a `GET`.
fn query(path: &str, filters: &[(&str, &str)]) -> String {
    let filters = filters.iter().map(|(field, value)| {
        Json::Object(vec![
            ("op", Json::text("eq")),
            ("field", Json::text(*field)),
            ("value", Json::text(*value)),
        ])
    });
    let search = Json::one("filter", Json::List(filters.collect())).to_text();
    format!("{path}?search={}", percent_encode(&search))
}

fn billing_code<'c>(ctx: &'c Context<'_>, target: SourceIx) -> Option<&'c Constant> {
    ctx.source(target).creates.get(&Entity::Configuration)?.get(BILLING_CODE)
}

fn constant(constant: &Constant) -> Json<'static> {
    match constant {
        Constant::Text(text) => Json::text(text.clone()),
        Constant::Number(number) => Json::Id(number.to_string().into()),
        Constant::Truth(truth) => Json::Bool(*truth),
    }
}

/// What a new record begins with: the company that it belongs to.
fn begin_create<'a>(request: &mut Request<'_, 'a>, members: &mut Members<'a>) {
    let entity = request.draft.entity;
    if entity == Entity::Organization {
        return;
    }
    if entity != Entity::Configuration {
        members.push(("id", Json::Id("0".into())));
    }
    let organization = request.organization();
    if organization != NO_CLUSTER
        && let Some(id) = request.reference(Entity::Organization, organization)
    {
        members.push(("companyID", id));
    }
}

/// What a new record needs besides its columns.
fn end_create<'a>(request: &mut Request<'_, 'a>, members: &mut Members<'a>) {
    let (entity, target) = (request.draft.entity, request.draft.target);
    if entity == Entity::Organization {
        address(request, members);
        // Without it some accounts answer with an unexpected error.
        members.push(("billToAddressToUse", Json::Id("1".into())));
    }
    if members.iter().all(|(name, _)| *name != "isActive") {
        // Of contacts alone the flag is a number.
        let is_active = if entity == Entity::Contact { Json::Id("1".into()) } else { Json::Bool(true) };
        members.push(("isActive", is_active));
    }
    let settings = request.ctx.system(target).push.get(&entity).map(|push| &push.settings);
    let chosen = request.ctx.source(target).creates.get(&entity);
    for (name, setting) in settings.into_iter().flatten().filter(|(name, _)| *name != BILLING_CODE) {
        if let Some(value) = chosen.and_then(|chosen| chosen.get(name)) {
            members.push((&setting.member, constant(value)));
        }
    }
}

/// The address of a new company: that of its main location.
fn address<'a>(request: &mut Request<'_, 'a>, members: &mut Members<'a>) {
    let Some(site) = request.ctx.main_site(request.draft.cluster) else { return };
    let draft = Draft::new(request.draft.target, Entity::Location, site, Action::Create);
    for value in Values::of(request.ctx, &draft).all() {
        let is_of_address = value.field != column::NAME && value.field != column::PRIMARY;
        let Some(name) = request.member(value.field).filter(|_| is_of_address) else { continue };
        if request.is_too_long(value.field, &value.text) {
            continue;
        }
        let json = match request.list_of(value.field) {
            Some(list) => request.item(value.field, list, &value.text, None),
            None => Some(Json::Text(value.text)),
        };
        members.extend(json.map(|json| (name, json)));
    }
}

/// The members of one column.
fn write_value<'a>(
    request: &mut Request<'_, 'a>,
    values: &Values<'_, 'a>,
    value: &Value<'a>,
    members: &mut Members<'a>,
) {
    let field = value.field;
    let Some(name) = request.member(field) else { return };
    let json = match field {
        column::MANUFACTURER | column::MODEL => return,
        column::EMAILS => return emails(request, values, &value.items, members),
        column::PHONES => return phones(request, values, &value.items, members),
        column::LOCATION => value.cluster.and_then(|cluster| request.reference(Entity::Location, cluster)),
        column::CONTACT => value.cluster.and_then(|cluster| request.reference(Entity::Contact, cluster)),
        column::PARENT => value.cluster.and_then(|cluster| request.reference(Entity::Organization, cluster)),
        column::INSTALLED_AT | column::WARRANTY_EXPIRES_AT => {
            Some(Json::text(format!("{}T00:00:00Z", value.text)))
        }
        column::PRIMARY => Some(Json::Bool(value.text == "true")),
        column::STATUS => status(request, value),
        _ if request.is_too_long(field, &value.text) => None,
        _ => match request.list_of(field) {
            Some(list) => request.item(field, list, &value.text, None),
            None => Some(Json::Text(value.text.clone())),
        },
    };
    members.extend(json.map(|json| (name, json)));
}

/// The status is a flag; other words than these two are none of it.
fn status<'a>(request: &mut Request<'_, 'a>, value: &Value<'a>) -> Option<Json<'a>> {
    match value.text.to_lowercase().as_str() {
        "active" => Some(Json::Bool(true)),
        "inactive" => Some(Json::Bool(false)),
        _ => {
            request.dropped.push((value.field, value.text.clone().into_owned()));
            None
        }
    }
}

/// The product of a maker's model. What a change does not say of the two stays as it is.
fn product<'a>(request: &mut Request<'_, 'a>, all: &[Value<'a>], members: &mut Members<'a>) {
    let written = |field| all.iter().find(|value| value.field == field).map(|value| value.text.to_string());
    let (maker, model) = (written(column::MANUFACTURER), written(column::MODEL));
    if maker.is_none() && model.is_none() {
        return;
    }
    let field = if model.is_some() { column::MODEL } else { column::MANUFACTURER };
    let shown = model.clone().or_else(|| maker.clone()).unwrap_or_default();
    let stored = |field| {
        let record = request.record()?;
        request.ctx.value(Entity::Configuration, record, field).map(str::to_owned)
    };
    let maker = maker.or_else(|| stored(column::MANUFACTURER));
    let model = model.or_else(|| stored(column::MODEL));
    let (Some(maker), Some(model)) = (maker, model) else {
        request.dropped.push((field, shown));
        return;
    };
    let target = request.draft.target;
    let is_absent = request.ctx.lists.find(target, List::Product, &model, Some(&maker)) == Found::Absent;
    if is_absent && billing_code(request.ctx, target).is_none() {
        request.dropped.push((field, format!("{maker} {model}")));
        return;
    }
    let parent = Parent { name: maker.clone(), id: Ok(maker) };
    if let Some(id) = request.item(field, List::Product, &model, Some(parent)) {
        members.push(("productID", id));
    }
}

/// Addresses that the contact lacks, each in a member that is free.
fn emails<'a>(
    request: &mut Request<'_, 'a>,
    values: &Values<'_, 'a>,
    items: &[Item<'a>],
    members: &mut Members<'a>,
) {
    let current = values.current_items(column::EMAILS);
    // The reader calls the addresses `Work`, `Work 2` and `Work 3`, after the members that they are in.
    let is_used = |at: usize| {
        let label = if at == 0 { "Work".to_owned() } else { format!("Work {}", at + 1) };
        current.iter().any(|item| item.label == label.as_str())
    };
    let mut free = (0..EMAILS.len()).filter(|at| !is_used(*at));
    for item in items {
        if current.iter().any(|own| email_key(&own.value) == email_key(&item.value)) {
            continue;
        }
        match free.next() {
            Some(at) => members.push((EMAILS[at], Json::Text(item.value.clone()))),
            None => request.dropped.push((column::EMAILS, item.value.clone().into_owned())),
        }
    }
}

/// Numbers that the contact lacks, each in the member of its label or else in one that is free. Only the first has a
/// member for the extension.
fn phones<'a>(
    request: &mut Request<'_, 'a>,
    values: &Values<'_, 'a>,
    items: &[Item<'a>],
    members: &mut Members<'a>,
) {
    let current = values.current_items(column::PHONES);
    let mut free: Vec<(&str, &'static str)> = PHONES
        .into_iter()
        .filter(|(label, _)| !current.iter().any(|item| item.label.eq_ignore_ascii_case(label)))
        .collect();
    for item in items {
        let key = phone_key(&item.value);
        if current.iter().any(|own| phone_key(&own.value) == key) {
            continue;
        }
        let is_fax = item.label.to_lowercase().contains("fax");
        let at = free.iter().position(|(label, _)| item.label.eq_ignore_ascii_case(label));
        let at = at.or_else(|| free.iter().position(|(_, member)| (*member == "faxNumber") == is_fax));
        let Some(at) = at else {
            request.dropped.push((column::PHONES, item.value.clone().into_owned()));
            continue;
        };
        let (_, member) = free.remove(at);
        match key.split_once('x').filter(|_| member == "phone") {
            Some((number, extension)) => {
                members.push((member, Json::text(number.to_owned())));
                members.push(("extension", Json::text(extension.to_owned())));
            }
            None => members.push((member, Json::Text(item.value.clone()))),
        }
    }
}
