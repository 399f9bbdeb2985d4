//! Records of Kaseya BMS that a change replaces as a whole: assets, and locations, whose calls are of version 1.
//!
//! What the change leaves alone has to be sent again, or it is gone. It comes from the record as it was read: its columns,
//! and for an asset what no column holds, under the names that the call takes.

use serde_json::{Map, Value as Whole};

use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::json::Json;
use super::kaseya_bms::{Member, account_id, values};
use super::request::Request;
use super::values::{Value, Values};
use crate::model::{Entity, Kind, RecordRef, column, fields};

/// Members of an asset that a call takes and no column has, from the vendor's description.
const KEPT: [&str; 38] = [
    "categoryId",
    "brandId",
    "businessImpactId",
    "stateId",
    "barCode",
    "vendorId",
    "machineGroupId",
    "subnetMask",
    "dnsServers",
    "dhcpEnabled",
    "dhcpServer",
    "winsEnabled",
    "secondaryWinsServer",
    "connectionGatewayIp",
    "osType",
    "majorVersion",
    "minorVersion",
    "loginName",
    "lastLoginname",
    "currentUser",
    "productName",
    "machineVersion",
    "motherboardManufacturerId",
    "motherboardProductCode",
    "motherboardSerialNumber",
    "motherboardVersion",
    "chassisAssetTag",
    "chassisManufacturerId",
    "chassisSerialNumber",
    "chassisType",
    "chassisVersion",
    "busSpeed",
    "manufacturerId",
    "maxMemorySize",
    "maxMemorySlots",
    "primaryWinsServer",
    "purchaseCost",
    "expirationDate",
];

/// The member of an address in version 2; version 1 has it in the system's file.
pub(super) fn address_member(field: &str) -> Option<&'static str> {
    Some(match field {
        column::ADDRESS_1 => "address1",
        column::ADDRESS_2 => "address2",
        column::CITY => "city",
        column::REGION => "state",
        column::POSTAL_CODE => "zipCode",
        column::COUNTRY => "country",
        column::PHONE => "phone",
        column::FAX => "fax",
        _ => return None,
    })
}

/// Why a record cannot be replaced: not all of it was read, or more than a call takes.
pub(super) fn refusal(ctx: &Context<'_>, draft: &Draft) -> Option<(Gate, String)> {
    let record = RecordRef { source: draft.target, row: draft.row? };
    let name = ctx.record_name(draft.entity, record);
    let table = ctx.tables.get(draft.target, draft.entity)?;
    let message = match draft.entity {
        Entity::Configuration => {
            let position = table.position(column::MAC_ADDRESS)?;
            (!table.is_carried(record.row, position)).then(|| {
                format!("a change replaces the whole asset, and the answer about `{name}` alone was not read")
            })
        }
        Entity::Location => rest(ctx, draft.entity, record)
            .get("addresses")
            .map(|_| format!("a change replaces the whole location, and `{name}` has more than one address")),
        _ => None,
    };
    message.map(|message| (Gate::MissingRequired, message))
}

/// The body of a location.
pub(super) fn location<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let mut name = None;
    let mut address: Vec<Member<'a>> = Vec::new();
    for value in current(request) {
        match request.member(value.field) {
            Some(member) if value.field == column::NAME => name = Some((member, Json::Text(value.text))),
            Some(member) => address.push((member, Json::Text(value.text))),
            None => {}
        }
    }
    let mut members = Vec::new();
    members.extend(own_account(request).map(|id| ("AccountId", id)));
    members.extend(name);
    members.push(("Addresses", Json::List(vec![Json::Object(address)])));
    Json::Object(members)
}

/// The body of an asset.
pub(super) fn asset<'a>(request: &mut Request<'_, 'a>) -> Json<'a> {
    let mut members: Vec<Member<'a>> = Vec::new();
    let Some(record) = request.record() else {
        members.extend(account_id(request).map(|id| ("accountId", id)));
        members.extend(values(request));
        return Json::Object(members);
    };
    members.extend(own_account(request).map(|id| ("accountId", id)));
    let changed = values(request);
    let kept = rest(request.ctx, Entity::Configuration, record);
    let of_columns = kept_columns(request, record);
    let of_rest = KEPT.into_iter().filter_map(|name| {
        let (_, value) = kept.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some((name, Json::Whole(value.clone())))
    });
    for (name, value) in changed.into_iter().chain(of_columns).chain(of_rest) {
        if !members.iter().any(|(known, _)| *known == name) {
            members.push((name, value));
        }
    }
    Json::Object(members)
}

/// The columns of an asset as they are, under the names that the call takes.
fn kept_columns<'a>(request: &Request<'_, 'a>, record: RecordRef) -> Vec<Member<'a>> {
    let entity = Entity::Configuration;
    let value = |name| request.ctx.value(entity, record, name);
    let ids = [("contactId", column::CONTACT_ID), ("accountLocationId", column::LOCATION_ID)];
    let mut members: Vec<Member<'a>> =
        ids.into_iter().filter_map(|(member, name)| Some((member, Json::Id(value(name)?.into())))).collect();
    for field in fields(entity) {
        let is_plain = request.list_of(field.name).is_none() && !matches!(field.kind, Kind::Reference(_));
        let Some((member, text)) = request.member(field.name).filter(|_| is_plain).zip(value(field.name))
        else {
            continue;
        };
        let json =
            if field.kind == Kind::Date { Json::text(format!("{text}T00:00:00")) } else { Json::text(text) };
        members.push((member, json));
    }
    members.extend(value(column::LAST_SEEN_AT).map(|seen| ("lastCheckIn", Json::text(seen))));
    members.extend(value(column::ACTIVE).map(|active| ("isActive", Json::Bool(active == "true"))));
    members
}

/// The values of a location: what the step writes, and of a change also what it leaves alone.
fn current<'a>(request: &Request<'_, 'a>) -> Vec<Value<'a>> {
    let mut all = Values::of(request.ctx, request.draft).all();
    if let Some(record) = request.record() {
        for field in fields(Entity::Location) {
            let is_written = all.iter().any(|value| value.field == field.name);
            if let Some(text) =
                request.ctx.value(Entity::Location, record, field.name).filter(|_| !is_written)
            {
                all.push(Value::plain(field.name, text));
            }
        }
    }
    all
}

/// The account of a record that is changed, or of a new one.
fn own_account<'a>(request: &mut Request<'_, 'a>) -> Option<Json<'a>> {
    let entity = request.draft.entity;
    let own = request.record().and_then(|record| request.ctx.value(entity, record, column::ORGANIZATION_ID));
    own.map(|id| Json::Id(id.into())).or_else(|| account_id(request))
}

/// What of a record no column holds.
fn rest(ctx: &Context<'_>, entity: Entity, record: RecordRef) -> Map<String, Whole> {
    let raw = ctx.value(entity, record, column::RAW).and_then(|raw| serde_json::from_str(raw).ok());
    match raw {
        Some(Whole::Object(members)) => members,
        _ => Map::new(),
    }
}
