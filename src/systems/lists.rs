//! The reference lists of vendors: types, statuses, makers, places. A record names an item, a call needs its id.

macro_rules! lists {
    ($($(#[$doc:meta])* $list:ident = $item:literal, $key:literal;)*) => {
        /// A reference list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum List { $($(#[$doc])* $list,)* }

        impl List {
            /// All lists.
            pub const ALL: &'static [Self] = &[$(Self::$list),*];

            /// What one item is called in a step: `configuration_type`.
            #[must_use]
            pub const fn item(self) -> &'static str {
                match self { $(Self::$list => $item),* }
            }

            /// The name of the list: `configuration_types`.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$list => $key),* }
            }
        }
    };
}

lists! {
    /// Types of organizations.
    OrganizationType = "organization_type", "organization_types";
    /// Statuses of organizations.
    OrganizationStatus = "organization_status", "organization_statuses";
    /// Types of contacts.
    ContactType = "contact_type", "contact_types";
    /// Types of configurations.
    ConfigurationType = "configuration_type", "configuration_types";
    /// Statuses of configurations.
    ConfigurationStatus = "configuration_status", "configuration_statuses";
    /// Makers.
    Manufacturer = "manufacturer", "manufacturers";
    /// Models, each of a maker.
    Model = "model", "models";
    /// Operating systems.
    OperatingSystem = "operating_system", "operating_systems";
    /// States, counties and regions, each of a country.
    Region = "region", "regions";
    /// Countries.
    Country = "country", "countries";
    /// Kinds of e-mail addresses and telephone numbers.
    CommunicationType = "communication_type", "communication_types";
    /// Kinds of e-mail addresses, where telephone numbers have kinds of their own.
    EmailType = "email_type", "email_types";
    /// Kinds of telephone numbers, likewise.
    PhoneType = "phone_type", "phone_types";
    /// Kinds of businesses.
    BusinessType = "business_type", "business_types";
    /// The people who look after organizations.
    AccountManager = "account_manager", "account_managers";
    /// Snapshots of networks; the name of an item is the id of the network whose last one it is.
    Snapshot = "snapshot", "snapshots";
    /// Products: the model of a maker that devices are of.
    Product = "product", "products";
    /// Categories of products.
    ProductCategory = "product_category", "product_categories";
    /// Categories of configurations.
    ConfigurationCategory = "configuration_category", "configuration_categories";
    /// Kinds of devices as an RMM tells them.
    DeviceType = "device_type", "device_types";
    /// Boards or queues of tickets.
    Board = "board", "boards";
    /// Statuses of tickets.
    TicketStatus = "ticket_status", "ticket_statuses";
    /// Priorities of tickets.
    TicketPriority = "ticket_priority", "ticket_priorities";
}

impl List {
    /// The list whose name is `key`, or `None`.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|list| list.key() == key)
    }
}

impl<'de> serde::Deserialize<'de> for List {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("no list is called `{name}`")))
    }
}
