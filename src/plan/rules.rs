//! What the vendors accept, as data: which entities, which fields are required, locked or limited in length.
//!
//! From IT Glue's developer documentation and its help pages on sync and field mappings, and from the API
//! description of ConnectWise PSA.

use crate::model::{Entity, column};

/// Systems that keep locations of their own.
const LOCATIONS: &[&str] = &["it-glue", "connectwise", "kaseya-bms", "tigerpaw"];

/// Whether `system` takes records of `entity`.
///
/// Licences and groups are flexible assets in IT Glue, which its own integrations make and lock.
pub(super) fn takes_entity(system: &str, entity: Entity) -> bool {
    match entity {
        Entity::Organization | Entity::Contact => true,
        Entity::Location => LOCATIONS.contains(&system),
        Entity::Configuration => system != "tigerpaw",
        Entity::Ticket | Entity::License | Entity::Group => false,
    }
}

/// Whether addresses and numbers of a contact are records of their own in `system`.
pub(super) fn has_communications(system: &str) -> bool {
    system == "connectwise"
}

/// The columns without which `system` refuses a new record of `entity`.
pub(super) fn required(system: &str, entity: Entity) -> &'static [&'static str] {
    match (system, entity) {
        ("connectwise", Entity::Organization) => &[column::NAME, column::SHORT_NAME, column::ADDRESS_1],
        ("connectwise", Entity::Contact) => &[column::FIRST_NAME],
        ("connectwise", Entity::Configuration) => &[column::NAME, column::TYPE, column::STATUS],
        ("autotask", Entity::Configuration) => {
            &[column::NAME, column::TYPE, column::MANUFACTURER, column::MODEL]
        }
        ("kaseya-bms", Entity::Contact) => &[column::EMAIL_LABELS],
        (_, Entity::Configuration) => &[column::NAME, column::TYPE],
        (_, Entity::Organization | Entity::Location) => &[column::NAME],
        _ => &[],
    }
}

/// The columns that IT Glue still lets anyone write on a row that syncs with a PSA. A contact or a location that
/// syncs takes nothing.
pub(super) fn writable_when_synced(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Organization => &[column::ALERT, column::DESCRIPTION, column::QUICK_NOTES],
        Entity::Configuration => &[
            column::ARCHIVED,
            column::ASSET_TAG,
            column::NOTES,
            column::PURCHASED_AT,
            column::SERIAL_NUMBER,
            column::WARRANTY_EXPIRES_AT,
        ],
        _ => &[],
    }
}

/// Why `system` does not take the column of an existing record from the hub, or `None` when it does.
pub(super) fn locked_in_psa(system: &str, entity: Entity, field: &str) -> Option<&'static str> {
    if system != "connectwise" {
        return None;
    }
    match (entity, field) {
        (Entity::Organization | Entity::Contact, column::TYPE) => {
            Some("types of an existing record change through type associations")
        }
        (Entity::Configuration, column::TYPE) => Some(
            "the type of an existing configuration changes through `changeType`, which drops its answers",
        ),
        (Entity::Location, column::PHONE | column::FAX) => {
            Some("telephone numbers of sites go to the hub only")
        }
        _ if super::connectwise::member(entity, field).is_none() => Some("it has no such field"),
        _ => None,
    }
}

/// The longest text that `system` takes for a column, in characters. The limits of ConnectWise are those of
/// version 2025.16; `identifier` follows the lower limit that live systems were seen to enforce.
pub(super) fn max_chars(system: &str, entity: Entity, field: &str) -> Option<usize> {
    if system != "connectwise" {
        return None;
    }
    let limit = match (entity, field) {
        (Entity::Organization, column::SHORT_NAME) => 25,
        (Entity::Organization | Entity::Location, column::NAME) => 156,
        (Entity::Location, column::POSTAL_CODE) => 12,
        (Entity::Configuration, column::NAME) => 100,
        (Entity::Configuration, column::SERIAL_NUMBER | column::OPERATING_SYSTEM) => 250,
        (Entity::Organization | Entity::Location, column::ADDRESS_1 | column::ADDRESS_2 | column::CITY)
        | (
            Entity::Configuration,
            column::MODEL | column::ASSET_TAG | column::PRIMARY_IP | column::DEFAULT_GATEWAY,
        ) => 50,
        _ => return None,
    };
    Some(limit)
}
