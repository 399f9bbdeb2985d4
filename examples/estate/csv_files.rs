//! The estate as CSV files: the hub's account export, and device and company lists under the headings that people and
//! tools give them.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use csv::Writer;
use serde_json::json;

use super::rows::{ContactRow, DeviceRow, LocationRow, OrganizationRow, Sink, System};

type Table = Writer<BufWriter<File>>;

/// The open files.
pub struct CsvFiles {
    hub: [Table; 4],
    psa: [Table; 4],
    rmm: [Table; 2],
}

const HUB: [(&str, &str); 4] = [
    (
        "organizations.csv",
        "id,name,organization_type,organization_status,short_name,description,quick_notes,alert",
    ),
    (
        "locations.csv",
        "id,organization,name,primary,address_1,address_2,city,region,country,postal_code,phone,fax,notes",
    ),
    (
        "contacts.csv",
        "id,organization,important,first_name,last_name,contact_type,title,location,primary_email,primary_phone,\
         notes,additional_contact_items",
    ),
    (
        "configurations.csv",
        "id,organization,name,configuration_type,configuration_status,hostname,primary_ip,default_gateway,\
         mac_address,serial_number,asset_tag,manufacturer,model,operating_system,operating_system_notes,position,\
         notes,installed_at,installed_by,purchased_at,purchased_by,warranty_expires_at,contact,location,\
         configuration_interfaces,archived",
    ),
];

const PSA: [(&str, &str); 4] = [
    ("companies.csv", "Id,Company,Company ID,Type,Status"),
    ("sites.csv", "Id,Company,Site,Primary,Address 1,City,State,Country,Zip,Phone"),
    ("contacts.csv", "Id,Company,First Name,Last Name,Title,Email,Phone,Site"),
    (
        "configurations.csv",
        "Id,Company,Name,Type,Status,Serial Number,MAC Address,IP Address,Default Gateway,OS Type,Manufacturer,\
         Model,Tag Number,Purchase Date,Expiration Date,Contact,Site",
    ),
];

const RMM: [(&str, &str); 2] = [
    ("sites.csv", "Id,Uid,Name,Description,OnDemand,TotalDevices"),
    (
        "devices.csv",
        "Id,Uid,SiteName,Hostname,DeviceCategory,IntIpAddress,OperatingSystem,Serial Number,MAC Address,\
         Manufacturer,Model,Online,LastSeen,Suspended,Deleted,WarrantyDate",
    ),
];

impl CsvFiles {
    /// Creates the files under `folder`.
    ///
    /// # Errors
    /// If one cannot be created.
    pub fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            hub: open(&folder.join("it_glue"), &HUB)?,
            psa: open(&folder.join("connectwise"), &PSA)?,
            rmm: open(&folder.join("datto_rmm"), &RMM)?,
        })
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.hub.iter_mut().chain(&mut self.psa).chain(&mut self.rmm).try_for_each(Writer::flush)
    }
}

fn open<const N: usize>(folder: &Path, files: &[(&str, &str); N]) -> io::Result<[Table; N]> {
    std::fs::create_dir_all(folder)?;
    let mut tables = Vec::with_capacity(N);
    for (name, headings) in files {
        let mut table =
            Writer::from_writer(BufWriter::with_capacity(1 << 16, File::create(folder.join(name))?));
        table.write_record(headings.split(','))?;
        tables.push(table);
    }
    Ok(tables.try_into().unwrap_or_else(|_| unreachable!("one table per file")))
}

const fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "Yes" } else { "No" }
}

impl Sink for CsvFiles {
    fn organization(&mut self, system: System, row: &OrganizationRow) -> io::Result<()> {
        let OrganizationRow { id, name, short_name, .. } = row;
        match system {
            System::Hub => {
                self.hub[0].write_record([id, name, "Client", "Active", short_name, "", "", ""])?;
            }
            System::Psa => self.psa[0].write_record([id, name, short_name, "Client", "Active"])?,
            System::Rmm => {
                let (number, devices) = ((4000 + row.number).to_string(), row.devices.to_string());
                self.rmm[0].write_record([&number, id, name, "", "False", &devices])?;
            }
        }
        Ok(())
    }

    fn location(&mut self, system: System, row: &LocationRow) -> io::Result<()> {
        let LocationRow { id, organization, name, address_1, city, region, postal_code, phone, .. } = row;
        let primary = yes_or_no(row.is_primary);
        let country = "United Kingdom";
        match system {
            System::Hub => self.hub[1].write_record([
                id,
                organization,
                name,
                primary,
                address_1,
                "",
                city,
                region,
                country,
                postal_code,
                phone,
                "",
                "",
            ])?,
            System::Psa => self.psa[1].write_record([
                id,
                organization,
                name,
                primary,
                address_1,
                city,
                region,
                country,
                postal_code,
                phone,
            ])?,
            System::Rmm => {}
        }
        Ok(())
    }

    fn contact(&mut self, system: System, row: &ContactRow) -> io::Result<()> {
        let ContactRow { id, organization, first_name, last_name, title, email, phone, location, .. } = row;
        match system {
            System::Hub => self.hub[2].write_record([
                id,
                organization,
                "No",
                first_name,
                last_name,
                "",
                title,
                location,
                email,
                phone,
                "",
                "",
            ])?,
            System::Psa => {
                self.psa[2].write_record([
                    id,
                    organization,
                    first_name,
                    last_name,
                    title,
                    email,
                    phone,
                    location,
                ])?;
            }
            System::Rmm => {}
        }
        Ok(())
    }

    fn device(&mut self, system: System, row: &DeviceRow) -> io::Result<()> {
        let DeviceRow { id, organization, name, kind, status, hostname, primary_ip, .. } = row;
        let DeviceRow { default_gateway, serial_number, asset_tag, manufacturer, model, .. } = row;
        let DeviceRow { operating_system, purchased_at, warranty_expires_at, location, .. } = row;
        match system {
            System::Hub => {
                let interfaces = interfaces(row);
                self.hub[3].write_record([
                    id.as_str(),
                    organization,
                    name,
                    kind,
                    status,
                    hostname,
                    primary_ip,
                    default_gateway,
                    row.mac(),
                    serial_number,
                    asset_tag,
                    manufacturer,
                    model,
                    operating_system,
                    "",
                    "",
                    "",
                    "",
                    "",
                    purchased_at,
                    "",
                    warranty_expires_at,
                    "",
                    location,
                    &interfaces,
                    yes_or_no(row.is_archived),
                ])?;
            }
            System::Psa => self.psa[3].write_record([
                id.as_str(),
                organization,
                name,
                kind,
                status,
                serial_number,
                row.mac(),
                primary_ip,
                default_gateway,
                operating_system,
                manufacturer,
                model,
                asset_tag,
                purchased_at,
                warranty_expires_at,
                "",
                location,
            ])?,
            System::Rmm => {
                let number = (880_000 + row.device).to_string();
                let built_in = row.macs.iter().filter(|(name, _)| !name.contains("USB"));
                let macs = built_in.map(|(_, mac)| mac.as_str()).collect::<Vec<_>>().join(", ");
                self.rmm[1].write_record([
                    number.as_str(),
                    id,
                    organization,
                    hostname,
                    category(kind),
                    primary_ip,
                    operating_system,
                    serial_number,
                    &macs,
                    manufacturer,
                    model,
                    "True",
                    "2025-03-03 11:06:40",
                    "False",
                    "False",
                    warranty_expires_at,
                ])?;
            }
        }
        Ok(())
    }
}

/// The hub's cell of network interfaces: a JSON list.
fn interfaces(row: &DeviceRow) -> String {
    if row.macs.is_empty() {
        return "[]".to_owned();
    }
    let items: Vec<serde_json::Value> = row
        .macs
        .iter()
        .enumerate()
        .map(|(at, (name, mac))| {
            json!({ "name": name, "ip_address": row.primary_ip, "mac_address": mac, "primary": at == 0 })
        })
        .collect();
    serde_json::Value::Array(items).to_string()
}

/// What the RMM calls a kind of device.
#[must_use]
pub fn category(kind: &str) -> &'static str {
    match kind {
        "Managed Server" => "Server",
        "Network Switch" => "Network Device (Switch)",
        "Printer" => "Printer",
        _ => "Desktop",
    }
}
