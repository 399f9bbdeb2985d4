//! The canonical columns of every entity, declared once.
//!
//! Inside the program every canonical column is text ([`super::Texts`]); the [`Kind`] says how the text is compared and which type it has in the warehouse. Dates are `yyyy-mm-dd`,
//! times `yyyy-mm-ddThh:mm:ssZ`, truth values `true` or `false`, lists are joined by [`LIST_SEPARATOR`].

use std::sync::LazyLock;

use super::Entity;

/// Separates the items of a list inside one cell (U+001F, which no vendor sends).
pub const LIST_SEPARATOR: char = '\u{1f}';

/// Separates the parts of one list item: a network interface is name, MAC address, IP address (U+001E).
pub const PART_SEPARATOR: char = '\u{1e}';

/// The items of a list cell, blank ones left out.
pub fn list_items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(LIST_SEPARATOR).filter(|item| !item.trim().is_empty())
}

/// How the text of a column is compared, and which type it has in the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An id or a code: text as the vendor sends it.
    Id,
    /// Text for people; letter case and white space are no difference.
    Text,
    /// Long text for people, possibly HTML.
    Notes,
    /// A serial number, compared by its key.
    Serial,
    /// A MAC address (possibly several in one cell), compared by its key.
    Mac,
    /// A host name, compared by its key.
    Hostname,
    /// An IP address.
    Ip,
    /// The name of a maker, with or without its legal suffix.
    Maker,
    /// The name of a model.
    Model,
    /// The name of an operating system, one of the hub's fixed list.
    OperatingSystem,
    /// A telephone number; punctuation is no difference.
    Phone,
    /// `yyyy-mm-dd`; `DATE` in the warehouse.
    Date,
    /// `yyyy-mm-ddThh:mm:ssZ`; `TIMESTAMP` in UTC in the warehouse.
    Time,
    /// `true` or `false`; `BOOLEAN` in the warehouse.
    Bool,
    /// A whole number; `BIGINT` in the warehouse.
    Count,
    /// A list of ids or texts; `VARCHAR[]` in the warehouse.
    List,
    /// A list of e-mail addresses, the primary one first; `VARCHAR[]`.
    Emails,
    /// A list of telephone numbers, an extension after ` x`, the primary one first; `VARCHAR[]`.
    Phones,
    /// A list of network interfaces, each name, MAC address and IP address; JSON in the warehouse.
    Interfaces,
    /// The name of a referenced record of the same source; the column `<name>_id` beside it holds its id.
    Reference(Entity),
    /// A JSON document.
    Json,
}

/// One canonical column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The column's name.
    pub name: &'static str,
    /// How it is compared and stored.
    pub kind: Kind,
    /// One plain sentence for the warehouse's comment and the documentation.
    pub comment: &'static str,
}

/// The names of the canonical columns, so that a mistyped one does not compile.
pub mod column {
    macro_rules! names {
        ($($constant:ident = $name:literal),* $(,)?) => {
            $(#[doc = concat!("The column `", $name, "`.")] pub const $constant: &str = $name;)*
        };
    }
    names! {
        RECORD_ID = "record_id", ORGANIZATION_ID = "organization_id", ORGANIZATION = "organization",
        LINKS = "links", PSA_INTEGRATION = "psa_integration", ARCHIVED = "archived", ACTIVE = "active",
        SKIP_REASON = "skip_reason", MODIFIED_AT = "modified_at", RAW = "raw",
        SOURCE_FILE = "source_file", SOURCE_LINE = "source_line",
        NAME = "name", TYPE = "type", STATUS = "status", SHORT_NAME = "short_name", PARENT = "parent",
        PARENT_ID = "parent_id", ALERT = "alert", DESCRIPTION = "description", QUICK_NOTES = "quick_notes",
        PRIMARY = "primary", ADDRESS_1 = "address_1", ADDRESS_2 = "address_2", CITY = "city", REGION = "region",
        COUNTRY = "country", POSTAL_CODE = "postal_code", PHONE = "phone", FAX = "fax", NOTES = "notes",
        FIRST_NAME = "first_name", LAST_NAME = "last_name", TITLE = "title", EMAILS = "emails",
        EMAIL_LABELS = "email_labels", PHONES = "phones", PHONE_LABELS = "phone_labels",
        USER_PRINCIPAL_NAME = "user_principal_name", IMPORTANT = "important", LOCATION = "location",
        LOCATION_ID = "location_id", CONTACT = "contact", CONTACT_ID = "contact_id", HOSTNAME = "hostname",
        PRIMARY_IP = "primary_ip", DEFAULT_GATEWAY = "default_gateway", MAC_ADDRESS = "mac_address",
        INTERFACES = "interfaces", SERIAL_NUMBER = "serial_number", ASSET_TAG = "asset_tag",
        MANUFACTURER = "manufacturer", MODEL = "model", OPERATING_SYSTEM = "operating_system",
        OPERATING_SYSTEM_NOTES = "operating_system_notes", POSITION = "position",
        INSTALLED_AT = "installed_at", INSTALLED_BY = "installed_by", PURCHASED_AT = "purchased_at",
        PURCHASED_BY = "purchased_by", WARRANTY_EXPIRES_AT = "warranty_expires_at", URL = "url",
        LAST_SEEN_AT = "last_seen_at", NUMBER = "number", PRIORITY = "priority", BOARD = "board",
        CLOSED = "closed", CREATED_AT = "created_at", CONFIGURATION = "configuration",
        CONFIGURATION_ID = "configuration_id", CONFIGURATION_IDS = "configuration_ids", SKU = "sku",
        TOTAL = "total", CONSUMED = "consumed", EMAIL = "email", MEMBERS = "members",
    }
}

macro_rules! field_list {
    ($($name:ident $kind:expr, $comment:literal;)*) => {
        &[$(Field { name: column::$name, kind: $kind, comment: $comment }),*]
    };
}

/// The columns that every entity but the organization has to say where it belongs.
const OWNER: &[Field] = field_list! {
    ORGANIZATION_ID Kind::Id, "The id of the organization in the same source, when the source refers by id.";
    ORGANIZATION Kind::Text, "The name of the organization as the source writes it.";
};

/// The columns that every entity ends with.
const TAIL: &[Field] = field_list! {
    LINKS Kind::List, "Ids of this record in other sources, each as SOURCE:REMOTE-ID.";
    PSA_INTEGRATION Kind::Text, "How the hub says that the row syncs with a PSA: enabled, disabled, orphaned or nothing.";
    ARCHIVED Kind::Bool, "True when the hub has archived the row.";
    ACTIVE Kind::Bool, "False when the source marks the record as inactive.";
    SKIP_REASON Kind::Text, "Why the reader leaves the record out of matching, or nothing.";
    MODIFIED_AT Kind::Time, "When the source last changed the record, in UTC.";
    RAW Kind::Json, "Everything of the row that no other column holds, as a JSON object.";
};

const ORGANIZATION: &[Field] = field_list! {
    NAME Kind::Text, "The name of the organization.";
    TYPE Kind::Text, "The type of the organization; several are separated by commas.";
    STATUS Kind::Text, "The status of the organization.";
    SHORT_NAME Kind::Text, "The short name; in a PSA the company id or account number.";
    PARENT_ID Kind::Id, "The id of the parent organization in the same source.";
    PARENT Kind::Reference(Entity::Organization), "The name of the parent organization.";
    ALERT Kind::Notes, "The alert shown on the organization.";
    DESCRIPTION Kind::Notes, "The description.";
    QUICK_NOTES Kind::Notes, "The quick notes, as HTML where the source has HTML.";
    PRIMARY Kind::Bool, "True for the managed service provider itself.";
};

const LOCATION: &[Field] = field_list! {
    NAME Kind::Text, "The name of the location.";
    PRIMARY Kind::Bool, "True for the main location of the organization.";
    ADDRESS_1 Kind::Text, "The first address line.";
    ADDRESS_2 Kind::Text, "The second address line.";
    CITY Kind::Text, "The city.";
    REGION Kind::Text, "The state, county or region.";
    COUNTRY Kind::Text, "The country.";
    POSTAL_CODE Kind::Text, "The postal code.";
    PHONE Kind::Phone, "The telephone number.";
    FAX Kind::Phone, "The fax number.";
    NOTES Kind::Notes, "The notes.";
};

const CONTACT: &[Field] = field_list! {
    FIRST_NAME Kind::Text, "The first name.";
    LAST_NAME Kind::Text, "The last name.";
    TITLE Kind::Text, "The job title.";
    TYPE Kind::Text, "The contact type.";
    EMAILS Kind::Emails, "The e-mail addresses and aliases, the primary one first.";
    EMAIL_LABELS Kind::List, "The label of each e-mail address, in the same order.";
    PHONES Kind::Phones, "The telephone numbers, the primary one first, an extension after ' x'.";
    PHONE_LABELS Kind::List, "The label of each telephone number, in the same order.";
    USER_PRINCIPAL_NAME Kind::Id, "The sign-in name.";
    LOCATION_ID Kind::Id, "The id of the location in the same source.";
    LOCATION Kind::Reference(Entity::Location), "The name of the location.";
    IMPORTANT Kind::Bool, "True for an important contact.";
    NOTES Kind::Notes, "The notes.";
};

const CONFIGURATION: &[Field] = field_list! {
    NAME Kind::Text, "The display name.";
    TYPE Kind::Text, "The configuration type, after the pipeline's type mapping.";
    STATUS Kind::Text, "The configuration status, after the pipeline's status mapping.";
    HOSTNAME Kind::Hostname, "The host name.";
    PRIMARY_IP Kind::Ip, "The primary IP address.";
    DEFAULT_GATEWAY Kind::Ip, "The default gateway.";
    MAC_ADDRESS Kind::Mac, "The MAC address field as the source writes it; it may hold several.";
    INTERFACES Kind::Interfaces, "The network interfaces: name, MAC address and IP address of each.";
    SERIAL_NUMBER Kind::Serial, "The serial number.";
    ASSET_TAG Kind::Text, "The asset tag.";
    MANUFACTURER Kind::Maker, "The manufacturer.";
    MODEL Kind::Model, "The model.";
    OPERATING_SYSTEM Kind::OperatingSystem, "The operating system.";
    OPERATING_SYSTEM_NOTES Kind::Text, "Free text about the operating system.";
    POSITION Kind::Text, "Where the device stands, such as a rack unit.";
    NOTES Kind::Notes, "The notes.";
    INSTALLED_AT Kind::Date, "The date of installation.";
    INSTALLED_BY Kind::Text, "Who installed it.";
    PURCHASED_AT Kind::Date, "The date of purchase.";
    PURCHASED_BY Kind::Text, "Who bought it.";
    WARRANTY_EXPIRES_AT Kind::Date, "The date on which the warranty ends.";
    CONTACT_ID Kind::Id, "The id of the assigned contact in the same source.";
    CONTACT Kind::Reference(Entity::Contact), "The name of the assigned contact.";
    LOCATION_ID Kind::Id, "The id of the location in the same source.";
    LOCATION Kind::Reference(Entity::Location), "The name of the location.";
    PARENT_ID Kind::Id, "The id of the parent configuration in the same source.";
    URL Kind::Text, "The address under which the source shows the device.";
    LAST_SEEN_AT Kind::Time, "When the source last saw the device, in UTC.";
};

const TICKET: &[Field] = field_list! {
    NUMBER Kind::Id, "The number that people quote.";
    TITLE Kind::Text, "The title or summary.";
    STATUS Kind::Text, "The status.";
    PRIORITY Kind::Text, "The priority.";
    BOARD Kind::Text, "The board or queue.";
    CLOSED Kind::Bool, "True when the source marks the ticket as closed.";
    CONTACT_ID Kind::Id, "The id of the contact in the same source.";
    CONTACT Kind::Reference(Entity::Contact), "The name of the contact.";
    LOCATION_ID Kind::Id, "The id of the location in the same source.";
    LOCATION Kind::Reference(Entity::Location), "The name of the location.";
    CONFIGURATION_IDS Kind::List, "The ids of the configurations in the same source.";
    CREATED_AT Kind::Time, "When the ticket was created, in UTC.";
};

const LICENSE: &[Field] = field_list! {
    NAME Kind::Text, "The name of the licence.";
    SKU Kind::Id, "The stock-keeping unit or part number.";
    STATUS Kind::Text, "The status of the subscription.";
    TOTAL Kind::Count, "The number of licences bought.";
    CONSUMED Kind::Count, "The number of licences in use.";
    MEMBERS Kind::List, "The people who hold one, by sign-in name.";
};

const GROUP: &[Field] = field_list! {
    NAME Kind::Text, "The name of the group.";
    DESCRIPTION Kind::Notes, "The description.";
    TYPE Kind::Text, "The kind of group.";
    EMAIL Kind::Id, "The e-mail address of the group.";
    MEMBERS Kind::List, "The members, by sign-in name.";
};

static FIELDS: LazyLock<[Vec<Field>; 7]> = LazyLock::new(|| {
    Entity::ALL.map(|entity| {
        let own = match entity {
            Entity::Organization => ORGANIZATION,
            Entity::Location => LOCATION,
            Entity::Contact => CONTACT,
            Entity::Configuration => CONFIGURATION,
            Entity::Ticket => TICKET,
            Entity::License => LICENSE,
            Entity::Group => GROUP,
        };
        let id = Field {
            name: column::RECORD_ID,
            kind: Kind::Id,
            comment: "The id of the record in its source, as text.",
        };
        let owner = if entity == Entity::Organization { &[] } else { OWNER };
        std::iter::once(id)
            .chain(owner.iter().copied())
            .chain(own.iter().copied())
            .chain(TAIL.iter().copied())
            .collect()
    })
});

/// The canonical columns of `entity`, in table order: `record_id` first, `raw` last.
#[must_use]
pub fn fields(entity: Entity) -> &'static [Field] {
    &FIELDS[entity.index()]
}
