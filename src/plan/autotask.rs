//! The calls of Autotask PSA: whole bodies for creates, for changes the id and the members that change.
//!
//! A `PATCH` goes to the collection with the id in the body; contacts and locations are written below their company. A
//! configuration item has no maker and no model but a product that has: where the product is missing, a step of its own
//! makes it first. The company of a configuration item cannot change, so it is never in a patch, and neither are
//! user-defined fields, which come masked. From the vendor's API description of 2026 and its entity pages.

use super::Action;
use super::autotask_contact;
use super::context::Context;
use super::draft::Draft;
use super::items::{Need, Parent};
use super::json::{Json, percent_encode};
use super::lists::Found;
use super::request::{Call, Request};
use super::values::{Value, Values};
use super::vendor::Vendor;
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, RecordRef, SourceIx, column};
use crate::pipeline::Constant;
use crate::systems::{List, PushList};

/// The setting of the billing code that a new product needs.
const BILLING_CODE: &str = "product_billing_code_id";

/// The member that it is written to.
const BILLING_MEMBER: &str = "productBillingCodeID";

/// The members of a body.
pub(super) type Members<'a> = Vec<(&'static str, Json<'a>)>;

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

    fn list_call(&self, ctx: &Context<'_>, need: &Need, place: &'static PushList) -> Call {
        let maker = need.parent.as_ref().map_or("", |parent| parent.name.as_str());
        if need.action == Action::Create {
            return new_product(ctx, need, maker, place);
        }
        let path = match need.list {
            // The sender looks for the label among the values of the field that the place names.
            List::OrganizationType | List::ConfigurationType => place.path.clone(),
            List::Product => {
                let path = format!("{}/query", place.path);
                query(&path, &[("manufacturerName", maker), (&place.name, &need.name)])
            }
            _ => query(&place.path, &[(&place.name, &need.name)]),
        };
        Call { method: "GET", path, payload: String::new() }
    }

    /// A new configuration item needs a product that is active, or the billing code for one that is yet to be made.
    fn missing(&self, ctx: &Context<'_>, values: &Values<'_, '_>) -> Vec<String> {
        let draft = values.draft();
        let maker_and_model = values.created(column::MANUFACTURER).zip(values.created(column::MODEL));
        let Some((maker, model)) = maker_and_model.filter(|_| draft.entity == Entity::Configuration) else {
            return Vec::new();
        };
        let (maker, model) = (maker.text, model.text);
        match ctx.lists.find(draft.target, List::Product, &model, Some(&maker)) {
            Found::Absent if billing_code(ctx, draft.target).is_none() => vec![format!(
                "{BILLING_MEMBER} of the product `{maker} {model}`, which it lacks (the setting \
                 `create.configuration.{BILLING_CODE}` of `{}`)",
                ctx.source(draft.target).name
            )],
            Found::Item(product) if product.is_inactive => {
                vec![format!("productID (the product `{maker} {model}` is inactive in the PSA)")]
            }
            _ => Vec::new(),
        }
    }
}

/// The call that makes a product.
fn new_product(ctx: &Context<'_>, need: &Need, maker: &str, place: &PushList) -> Call {
    let mut members = vec![
        ("name", Json::text(format!("{maker} {}", need.name))),
        ("manufacturerName", Json::text(maker)),
        ("manufacturerProductName", Json::text(need.name.as_str())),
    ];
    let code = billing_code(ctx, need.target);
    members.extend(code.map(|code| (BILLING_MEMBER, Json::Whole(code.into()))));
    members.push(("isSerialized", Json::Bool(true)));
    members.push(("isActive", Json::Bool(true)));
    Call { method: "POST", path: place.path.clone(), payload: Json::Object(members).to_text() }
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
    let entity = request.draft.entity;
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
    // The billing code is the product's.
    members.extend(request.settings().into_iter().filter(|(member, _)| *member != BILLING_MEMBER));
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
        column::EMAILS => return autotask_contact::emails(request, values, &value.items, members),
        column::PHONES => return autotask_contact::phones(request, values, &value.items, members),
        column::LOCATION => of_the_company(request, Entity::Location, value),
        column::CONTACT => of_the_company(request, Entity::Contact, value),
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

/// The id of a location or contact. One that is inactive, or of another company, is refused as if it did not exist.
fn of_the_company<'a>(request: &mut Request<'_, 'a>, entity: Entity, value: &Value<'a>) -> Option<Json<'a>> {
    let (ctx, target) = (request.ctx, request.draft.target);
    let cluster = value.cluster?;
    if let Some(row) = ctx.row_in(target, entity, cluster) {
        let referred = RecordRef { source: target, row };
        let of = ctx.value(entity, referred, column::ORGANIZATION_ID);
        if ctx.is_inactive(entity, referred) || of != company(request) {
            request.dropped.push((value.field, value.text.clone().into_owned()));
            return None;
        }
    }
    request.reference(entity, cluster)
}

/// The id of the company that the step's record belongs to, `None` for a company that is yet to be made.
fn company<'a>(request: &Request<'_, 'a>) -> Option<&'a str> {
    let (ctx, target) = (request.ctx, request.draft.target);
    if let Some(record) = request.record() {
        return ctx.value(request.draft.entity, record, column::ORGANIZATION_ID);
    }
    let organization = Some(request.organization()).filter(|cluster| *cluster != NO_CLUSTER)?;
    let row = ctx.row_in(target, Entity::Organization, organization)?;
    Some(ctx.id(Entity::Organization, RecordRef { source: target, row }))
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
    if let Some(id) = request.item(field, List::Product, &model, Some(&parent)) {
        members.push(("productID", id));
    }
}
