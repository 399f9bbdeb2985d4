//! The calls of ConnectWise PSA: plain bodies for creates, JSON Patch for changes.
//!
//! A path in a patch is the bare member name, and a reference is replaced as a whole object. In place of an id,
//! `{"$ref": "STEP"}` is the result of an earlier step, in a path `{STEP}`. A company is made together with its main
//! site, whose id is the member `site.id` of the answer. From the API description of ConnectWise PSA, version 2026.4.

use std::borrow::Cow;

use super::draft::Draft;
use super::json::{Json, percent_encode};
use super::lists::List;
use super::request::{Call, Need, Request};
use super::values::{Value, Values};
use super::{Action, communications};
use crate::matching::NO_CLUSTER;
use crate::model::{Entity, column};
use crate::normalize::mac_keys;

/// One MAC address with separators; the field takes 25, and two addresses would be cut in the middle.
const MAC_CHARS: usize = 17;

type Member<'a> = (&'static str, Json<'a>);

/// The member that a column is written to, `None` for a column that ConnectWise has not or the hub does not push.
pub(super) fn member(entity: Entity, field: &str) -> Option<&'static str> {
    let name = match (entity, field) {
        (Entity::Organization | Entity::Location | Entity::Configuration, column::NAME) => "name",
        (Entity::Organization, column::SHORT_NAME) => "identifier",
        (Entity::Organization, column::TYPE) => "types",
        (Entity::Organization | Entity::Configuration, column::STATUS) => "status",
        (Entity::Organization, column::PARENT) => "parentCompany",
        (Entity::Location, column::ADDRESS_1) => "addressLine1",
        (Entity::Location, column::ADDRESS_2) => "addressLine2",
        (Entity::Location, column::CITY) => "city",
        (Entity::Location, column::REGION) => "stateReference",
        (Entity::Location, column::COUNTRY) => "country",
        (Entity::Location, column::POSTAL_CODE) => "zip",
        (Entity::Contact, column::FIRST_NAME) => "firstName",
        (Entity::Contact, column::LAST_NAME) => "lastName",
        (Entity::Contact, column::TITLE) => "title",
        (Entity::Contact, column::TYPE) => "typeIds",
        (Entity::Contact, column::EMAILS | column::PHONES) => "communicationItems",
        (Entity::Contact | Entity::Configuration, column::LOCATION) => "site",
        (Entity::Configuration, column::TYPE) => "type",
        (Entity::Configuration, column::CONTACT) => "contact",
        (Entity::Configuration, column::SERIAL_NUMBER) => "serialNumber",
        (Entity::Configuration, column::MANUFACTURER) => "manufacturer",
        (Entity::Configuration, column::MODEL) => "modelNumber",
        (Entity::Configuration, column::ASSET_TAG) => "tagNumber",
        (Entity::Configuration, column::MAC_ADDRESS) => "macAddress",
        (Entity::Configuration, column::PRIMARY_IP) => "ipAddress",
        (Entity::Configuration, column::DEFAULT_GATEWAY) => "defaultGateway",
        (Entity::Configuration, column::OPERATING_SYSTEM) => "osType",
        (Entity::Configuration, column::NOTES) => "notes",
        (Entity::Configuration, column::INSTALLED_AT) => "installationDate",
        (Entity::Configuration, column::PURCHASED_AT) => "purchaseDate",
        (Entity::Configuration, column::WARRANTY_EXPIRES_AT) => "warrantyExpirationDate",
        _ => return None,
    };
    Some(name)
}

/// The list that a column takes its ids from.
pub(super) fn list(entity: Entity, field: &str) -> Option<List> {
    match (entity, field) {
        (Entity::Organization, column::TYPE) => Some(List::OrganizationType),
        (Entity::Organization, column::STATUS) => Some(List::OrganizationStatus),
        (Entity::Contact, column::TYPE) => Some(List::ContactType),
        (Entity::Configuration, column::TYPE) => Some(List::ConfigurationType),
        (Entity::Configuration, column::STATUS) => Some(List::ConfigurationStatus),
        (Entity::Configuration, column::MANUFACTURER) => Some(List::Manufacturer),
        (Entity::Location, column::REGION) => Some(List::Region),
        (Entity::Location, column::COUNTRY) => Some(List::Country),
        _ => None,
    }
}

/// The path of a list and the member that holds the name of its items.
pub(super) const fn endpoint(list: List) -> Option<(&'static str, &'static str)> {
    match list {
        List::OrganizationType => Some(("/company/companies/types", "name")),
        List::OrganizationStatus => Some(("/company/companies/statuses", "name")),
        List::ContactType => Some(("/company/contacts/types", "description")),
        List::ConfigurationType => Some(("/company/configurations/types", "name")),
        List::ConfigurationStatus => Some(("/company/configurations/statuses", "description")),
        List::Manufacturer => Some(("/procurement/manufacturers", "name")),
        List::Region => Some(("/company/states", "name")),
        List::Country => Some(("/company/countries", "name")),
        List::CommunicationType => Some(("/company/communicationTypes", "description")),
        List::Model | List::OperatingSystem => None,
    }
}

/// Whether items can be added: only makers. Types and statuses carry rules of their own and are set up by hand.
pub(super) const fn is_addable(list: List) -> bool {
    matches!(list, List::Manufacturer)
}

/// The call that finds or creates an item of a list.
pub(super) fn list_call(need: &Need) -> Call {
    let Some((path, member)) = endpoint(need.list) else { return Call::default() };
    if need.action == Action::Create {
        let payload = Json::one("name", Json::text(need.name.as_str())).to_text();
        return Call { method: "POST", path: path.to_owned(), payload };
    }
    let name = need.name.replace('\\', "\\\\").replace('"', "\\\"");
    let condition = percent_encode(&format!("{member}=\"{name}\""));
    Call { method: "GET", path: format!("{path}?conditions={condition}"), payload: String::new() }
}

/// The path that a step writes to.
pub(super) fn path(request: &mut Request<'_, '_>) -> String {
    let entity = request.draft.entity;
    let root = match entity {
        Entity::Organization => "/company/companies".to_owned(),
        Entity::Location => {
            // Sites stand below their company, of which one client may have several.
            let record = request.record();
            let own = record.and_then(|record| request.ctx.value(entity, record, column::ORGANIZATION_ID));
            let company = own.map_or_else(|| request.organization_in_path(), str::to_owned);
            format!("/company/companies/{company}/sites")
        }
        Entity::Contact => "/company/contacts".to_owned(),
        _ => "/company/configurations".to_owned(),
    };
    match request.record_id() {
        "" => root,
        id => format!("{root}/{id}"),
    }
}

/// The body of a step.
pub(super) fn body<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let is_create = request.draft.action == Action::Create;
    let all = Values::of(request.ctx, request.draft).all();
    let is_communication = |value: &Value<'_>| matches!(value.field, column::EMAILS | column::PHONES);
    let mut members: Vec<Member<'a>> = Vec::with_capacity(all.len() + 3);
    for value in all.iter().filter(|value| !is_communication(value)) {
        if !is_too_long(request, value) {
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

/// An optional text that the field is too short for is left out, never cut.
fn is_too_long(request: &mut Request<'_, '_>, value: &Value<'_>) -> bool {
    let limit = super::rules::max_chars("connectwise", request.draft.entity, value.field);
    let is_too_long = limit.is_some_and(|limit| value.text.chars().count() > limit);
    if is_too_long {
        request.dropped.push((value.field, value.text.clone().into_owned()));
    }
    is_too_long
}

/// The member of one column, `None` for a column that ConnectWise has not, or has no id for.
fn write_value<'a>(request: &mut Request<'_, 'a>, value: &Value<'a>) -> Option<Member<'a>> {
    let entity = request.draft.entity;
    let name = member(entity, value.field)?;
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
        (entity, field) => match list(entity, field) {
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
