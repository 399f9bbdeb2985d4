//! What the estate consists of: organizations, their offices, people and devices, and how each system tells them.
//!
//! Everything about one organization depends on the seed and its number alone, so that an estate can be written as a
//! stream, and grows without changing what was there.

use std::fmt::Write as _;
use std::io;

use super::rng::{Rng, mix};
use super::rows::{ContactRow, DeviceRow, LocationRow, OrganizationRow, Sink, System};
use super::words;

/// What kind of estate to make.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Real devices; each system holds about 97 % of them.
    pub configurations: u64,
    /// Devices of an organization on average.
    pub organization_size: u64,
    pub seed: u64,
    /// One organization holds 300,000 devices, or a third of fewer than a million.
    pub has_giant: bool,
    pub clones: Clones,
}

/// Which devices share their serial number with a few others, as clones of virtual machines and forged firmware do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clones {
    /// Two in a thousand, as in every estate.
    Few,
    /// One in ten.
    Tenth,
    /// All of them, in groups of four.
    All,
}

/// Devices of the giant organization of a skewed estate.
const GIANT: u64 = 300_000;

/// In a thousand: records that a system lacks.
const ABSENT: [u64; 3] = [30, 30, 30];
/// In a thousand: devices without a serial number, by system.
const NO_SERIAL: [u64; 3] = [250, 150, 50];
/// In a thousand: devices without a MAC address, by system.
const NO_MAC: [u64; 3] = [300, 200, 50];
/// In a thousand: devices with a serial number that is none.
const JUNK_SERIAL: u64 = 50;
/// In a thousand: rows of the PSA and the RMM in which a field was changed.
const CHANGED: u64 = 100;
/// In a thousand: devices that the hub calls by their place. With those that were changed, a field differs from the hub's
/// in 10 to 15 % of the rows.
const NAMED_OTHERWISE: u64 = 50;

/// Writes the whole estate to `sink`.
///
/// # Errors
/// If the sink cannot write.
pub fn generate(spec: &Spec, sink: &mut impl Sink) -> io::Result<()> {
    let mut first_device = 0;
    let mut organization = 0;
    while first_device < spec.configurations {
        let mut rng = Rng::new(spec.seed, organization);
        let wanted = if organization == 0 && spec.has_giant {
            GIANT.min(spec.configurations / 3).max(1)
        } else {
            let half = spec.organization_size / 2;
            (half + rng.below(spec.organization_size + 1)).max(1)
        };
        let size = wanted.min(spec.configurations - first_device);
        Client::new(*spec, organization, first_device, size, rng).write(sink)?;
        first_device += size;
        organization += 1;
    }
    Ok(())
}

/// One organization while it is written.
struct Client {
    spec: Spec,
    number: u64,
    first_device: u64,
    size: u64,
    rng: Rng,
    prefix: String,
    /// By system: the organization's id, empty where the system lacks it, and the name that it uses.
    known_as: [(String, String); 3],
}

impl Client {
    fn new(spec: Spec, number: u64, first_device: u64, size: u64, mut rng: Rng) -> Self {
        let (adjective, noun) = (rng.pick(words::ADJECTIVES), rng.pick(words::NOUNS));
        let stem = format!("{adjective} {noun} {}", number + 1);
        let legal = rng.pick(words::LEGAL);
        let name = format!("{stem} {legal}");
        let prefix: String =
            format!("{}{}{}", &adjective[..1], &noun[..1], base_36(number, 4)).to_ascii_uppercase();
        let mut known_as = System::ALL.map(|system| (organization_id(system, number), name.clone()));
        // Some names differ, and a few organizations are missing, as they do everywhere.
        if rng.chance(10) {
            known_as[1].1.clone_from(&stem);
        }
        if rng.chance(20) {
            known_as[2].1 =
                if rng.chance(500) { name.to_uppercase() } else { format!("{name} - Head Office") };
        }
        for (system, absent) in [(0, 5), (1, 10), (2, 20)] {
            if number > 0 && rng.chance(absent) {
                known_as[system].0.clear();
            }
        }
        Self { spec, number, first_device, size, rng, prefix, known_as }
    }

    fn write(mut self, sink: &mut impl Sink) -> io::Result<()> {
        for system in System::ALL {
            let (id, name) = &self.known_as[system as usize];
            if !id.is_empty() {
                let linked = if system == System::Hub { self.known_as[1].0.clone() } else { String::new() };
                let row = OrganizationRow {
                    number: self.number,
                    id: id.clone(),
                    name: name.clone(),
                    short_name: self.prefix.clone(),
                    linked,
                    devices: self.size,
                };
                sink.organization(system, &row)?;
            }
        }
        let locations = 1 + self.size / 200;
        for number in 0..locations {
            self.location(sink, number)?;
        }
        let contacts = (self.size * 2 / 5).max(1);
        for number in 0..contacts {
            self.contact(sink, number, locations)?;
        }
        let mut row = DeviceRow::default();
        for number in 0..self.size {
            self.device(sink, number, locations, &mut row)?;
        }
        Ok(())
    }

    /// An id of the organization's own records that no other organization uses.
    fn record_id(&self, system: System, entity: u64, number: u64) -> String {
        // An organization has fewer contacts and locations than devices, plus one.
        let at = self.first_device + self.number + number;
        match system {
            System::Hub => (4_000_000_000 + entity * 1_000_000_000 + at).to_string(),
            System::Psa => (10_000_000 * entity + at).to_string(),
            System::Rmm => uid(at, entity),
        }
    }

    fn location(&mut self, sink: &mut impl Sink, number: u64) -> io::Result<()> {
        let row = LocationRow {
            name: location_name(number),
            is_primary: number == 0,
            address_1: format!("{} {}", 1 + self.rng.below(200), self.rng.pick(words::STREETS)),
            city: self.rng.pick(words::CITIES).to_owned(),
            region: self.rng.pick(words::REGIONS).to_owned(),
            postal_code: format!("CT{} {}QS", self.rng.below(90), self.rng.below(9)),
            phone: format!("01632{:06}", self.rng.below(1_000_000)),
            ..LocationRow::default()
        };
        for system in [System::Hub, System::Psa] {
            let mut row = row.clone();
            if system == System::Psa && self.rng.chance(CHANGED) {
                row.phone = format!("01632{:06}", self.rng.below(1_000_000));
            }
            if self.is_in(system, ABSENT[system as usize]) {
                row.id = self.record_id(system, 1, number);
                (row.organization_id, row.organization) = self.known_as[system as usize].clone();
                sink.location(system, &row)?;
            }
        }
        Ok(())
    }

    fn contact(&mut self, sink: &mut impl Sink, number: u64, locations: u64) -> io::Result<()> {
        let first_name = self.rng.pick(words::FIRST_NAMES);
        let last_name = self.rng.pick(words::LAST_NAMES);
        let email = format!(
            "{}.{}{number}@{}.example",
            first_name.to_ascii_lowercase(),
            last_name.to_ascii_lowercase(),
            self.prefix.to_ascii_lowercase()
        );
        let at = self.rng.below(locations);
        let row = ContactRow {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            title: self.rng.pick(words::TITLES).to_owned(),
            email,
            phone: format!("01632{:06}", self.rng.below(1_000_000)),
            location: location_name(at),
            ..ContactRow::default()
        };
        for system in [System::Hub, System::Psa] {
            let mut row = row.clone();
            if self.rng.chance(200) {
                row.email.clear();
            }
            if system == System::Psa && self.rng.chance(CHANGED) {
                self.rng.pick(words::TITLES).clone_into(&mut row.title);
            }
            if self.is_in(system, ABSENT[system as usize]) {
                row.id = self.record_id(system, 2, number);
                row.location_id = self.record_id(system, 1, at);
                (row.organization_id, row.organization) = self.known_as[system as usize].clone();
                sink.contact(system, &row)?;
            }
        }
        Ok(())
    }

    fn is_in(&mut self, system: System, absent: u64) -> bool {
        !self.rng.chance(absent) && !self.known_as[system as usize].0.is_empty()
    }

    fn device(
        &mut self,
        sink: &mut impl Sink,
        number: u64,
        locations: u64,
        row: &mut DeviceRow,
    ) -> io::Result<()> {
        let device = self.first_device + number;
        let at = usize::try_from(self.rng.below(words::MODELS.len() as u64)).expect("a small number");
        let model = words::MODELS[at];
        let serial = self.serial(device);
        let hostname = format!("{}-{}-{number:05}", self.prefix, &model.0[..1]);
        let is_named_otherwise = self.rng.chance(NAMED_OTHERWISE);
        let place = self.rng.pick(words::PLACES);
        let location = self.rng.below(locations);
        let year = 2019 + self.rng.below(6);
        let day = format!("{:02}-{:02}", 1 + self.rng.below(12), 1 + self.rng.below(28));

        for system in System::ALL {
            let index = system as usize;
            if !self.is_in(system, ABSENT[index]) {
                continue;
            }
            row.device = device;
            row.id = self.record_id(system, 3, number);
            row.organization_id.clone_from(&self.known_as[index].0);
            row.organization.clone_from(&self.known_as[index].1);
            (row.kind, row.manufacturer, row.model, row.operating_system) = model;
            row.status = "Active";
            row.hostname.clone_from(&hostname);
            row.name.clear();
            if system == System::Hub && is_named_otherwise {
                write!(row.name, "{place} {number}").expect("a string takes everything");
            } else {
                row.name.push_str(&hostname);
            }
            row.primary_ip = ip(number);
            row.default_gateway = format!("10.{}.{}.1", number / 62_500 % 250, number / 250 % 250);
            row.serial_number.clear();
            if !self.rng.chance(NO_SERIAL[index]) {
                row.serial_number.push_str(&serial);
            }
            row.macs.clear();
            if !self.rng.chance(NO_MAC[index]) {
                row.macs.push(("Ethernet", mac(system, device, 0)));
                if system == System::Rmm {
                    row.macs.push(("Wi-Fi", mac(system, device, 1)));
                    if self.rng.chance(100) {
                        // A dock, which a few devices share.
                        row.macs.push(("USB Dock", mac(system, device / 3, 2)));
                    }
                }
            }
            row.asset_tag = format!("{}-{number:05}", self.prefix);
            row.purchased_at = format!("{year}-{day}");
            row.warranty_expires_at = format!("{}-{day}", year + 3);
            row.location = location_name(location);
            row.location_id = self.record_id(system, 1, location);
            row.is_archived = system == System::Hub && self.rng.chance(10);
            row.linked.clear();
            if system == System::Hub {
                row.linked = self.record_id(System::Psa, 3, number);
            } else if self.rng.chance(CHANGED) {
                self.change(system, row, number);
            }
            sink.device(system, row)?;
        }
        Ok(())
    }

    fn serial(&mut self, device: u64) -> String {
        if self.rng.chance(JUNK_SERIAL) {
            return self.rng.pick(words::JUNK_SERIALS).to_owned();
        }
        // Clones have the number of the first of their group.
        let (clones, group) = match self.spec.clones {
            Clones::Few => (2, 40),
            Clones::Tenth => (100, 40),
            Clones::All => (1000, 4),
        };
        serial_number(if self.rng.chance(clones) { device / group * group } else { device })
    }

    /// Changes one field of a row, of those that the files of its system have.
    fn change(&mut self, system: System, row: &mut DeviceRow, number: u64) {
        match self.rng.below(if system == System::Psa { 5 } else { 3 }) {
            0 => row.primary_ip = ip(number + 1),
            1 if row.operating_system == "Windows 11 Professional" => {
                row.operating_system = "Windows 10 Professional";
            }
            1 => row.operating_system = "Windows 11 Professional",
            2 if system == System::Psa => row.status = "Spare",
            2 => row.hostname.push('R'),
            3 => row.asset_tag = format!("OLD-{number}"),
            _ => row.name = row.name.to_lowercase(),
        }
    }
}

fn organization_id(system: System, number: u64) -> String {
    match system {
        System::Hub => (3_000_000_000 + number).to_string(),
        System::Psa => (1000 + number).to_string(),
        System::Rmm => uid(number, 0),
    }
}

fn location_name(number: u64) -> String {
    if number == 0 { "Head Office".to_owned() } else { format!("Branch {number}") }
}

fn ip(number: u64) -> String {
    format!("10.{}.{}.{}", number / 62_500 % 250, number / 250 % 250, 2 + number % 250)
}

/// A GUID as an RMM gives it; the same number gives the same one.
fn uid(number: u64, kind: u64) -> String {
    let high = mix(number ^ (kind << 56) ^ 0x5a5a);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:02x}{number:010x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        high >> 12 & 0xfff,
        kind
    )
}

/// A service tag of seven letters and digits; different devices have different ones.
fn serial_number(device: u64) -> String {
    // The factor has no divisor in common with 36^7, so this is a bijection below it.
    const SPACE: u64 = 36_u64.pow(7);
    base_36(((device + 1) % SPACE).wrapping_mul(7_777_777_777) % SPACE, 7).to_ascii_uppercase()
}

fn base_36(mut number: u64, width: usize) -> String {
    let mut digits = Vec::with_capacity(width);
    while digits.len() < width || number > 0 {
        let digit = u32::try_from(number % 36).expect("below 36");
        digits.push(char::from_digit(digit, 36).expect("below 36"));
        number /= 36;
    }
    digits.iter().rev().collect()
}

/// A MAC address in the spelling of the system; each device has its own per interface.
fn mac(system: System, device: u64, interface: u64) -> String {
    const MAKERS: [u64; 6] = [0x3c_5282, 0x9c_7bef, 0xac_91a1, 0x18_66da, 0x90_6cac, 0x1c_697a];
    let block = usize::try_from(interface * 2 + (device >> 24) % 2).expect("a small number");
    let number = MAKERS[block % MAKERS.len()] << 24 | device & 0xff_ffff;
    let plain = format!("{number:012X}");
    let separator = match system {
        System::Hub => "-",
        System::Psa => ":",
        System::Rmm => "",
    };
    let octets: Vec<&str> = (0..6).map(|at| &plain[at * 2..at * 2 + 2]).collect();
    octets.join(separator)
}
