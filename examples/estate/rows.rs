//! The rows that an estate consists of, as one of its systems holds them, and where they go.

use std::io;

/// A system of the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// The documentation platform.
    Hub,
    /// The PSA.
    Psa,
    /// The RMM.
    Rmm,
}

impl System {
    /// All systems.
    pub const ALL: [Self; 3] = [Self::Hub, Self::Psa, Self::Rmm];

    /// The name of the source in the pipeline.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Psa => "psa",
            Self::Rmm => "rmm",
        }
    }
}

/// An organization, a company or a site.
#[derive(Debug, Clone, Default)]
pub struct OrganizationRow {
    pub number: u64,
    pub id: String,
    pub name: String,
    pub short_name: String,
    /// The id of the PSA's record that the hub's row is linked to, or empty.
    pub linked: String,
    /// Devices in this system.
    pub devices: u64,
}

/// An office.
#[derive(Debug, Clone, Default)]
pub struct LocationRow {
    pub id: String,
    pub organization_id: String,
    pub organization: String,
    pub name: String,
    pub is_primary: bool,
    pub address_1: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub phone: String,
}

/// A person.
#[derive(Debug, Clone, Default)]
pub struct ContactRow {
    pub id: String,
    pub organization_id: String,
    pub organization: String,
    pub first_name: String,
    pub last_name: String,
    pub title: String,
    pub email: String,
    pub phone: String,
    pub location_id: String,
    pub location: String,
}

/// A device.
#[derive(Debug, Clone, Default)]
pub struct DeviceRow {
    /// The device itself, the same in every system.
    pub device: u64,
    pub id: String,
    pub organization_id: String,
    pub organization: String,
    pub name: String,
    pub kind: &'static str,
    pub status: &'static str,
    pub hostname: String,
    pub primary_ip: String,
    pub default_gateway: String,
    pub serial_number: String,
    /// The built-in network interfaces, then what is plugged in; each with its name.
    pub macs: Vec<(&'static str, String)>,
    pub asset_tag: String,
    pub manufacturer: &'static str,
    pub model: &'static str,
    pub operating_system: &'static str,
    pub purchased_at: String,
    pub warranty_expires_at: String,
    pub location_id: String,
    pub location: String,
    pub is_archived: bool,
    /// The id of the PSA's record that the hub's row is linked to, or empty.
    pub linked: String,
}

impl DeviceRow {
    /// The first MAC address, or nothing.
    #[must_use]
    pub fn mac(&self) -> &str {
        self.macs.first().map_or("", |(_, mac)| mac)
    }
}

/// Where rows go. Rows of one organization come together, in no promised order of systems.
pub trait Sink {
    /// Takes an organization.
    ///
    /// # Errors
    /// If it cannot be written.
    fn organization(&mut self, system: System, row: &OrganizationRow) -> io::Result<()>;

    /// Takes a location.
    ///
    /// # Errors
    /// If it cannot be written.
    fn location(&mut self, system: System, row: &LocationRow) -> io::Result<()>;

    /// Takes a contact.
    ///
    /// # Errors
    /// If it cannot be written.
    fn contact(&mut self, system: System, row: &ContactRow) -> io::Result<()>;

    /// Takes a device.
    ///
    /// # Errors
    /// If it cannot be written.
    fn device(&mut self, system: System, row: &DeviceRow) -> io::Result<()>;
}
