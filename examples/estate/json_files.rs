//! The estate as saved API documents: the hub's JSON:API pages with links to the PSA, ConnectWise PSA's arrays, Datto
//! RMM's pages and audits.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::csv_files::category;
use super::rows::{ContactRow, DeviceRow, LocationRow, OrganizationRow, Sink, System};

/// The largest page that the vendors' APIs give.
const PAGE: u64 = 1000;

/// How a vendor wraps the items of a page.
#[derive(Clone, Copy)]
enum Envelope {
    JsonApi,
    Array,
    /// `pageDetails`, and the items under this name.
    Paged(&'static str),
}

/// A list that is written page by page, each page a file.
struct Pages {
    folder: PathBuf,
    name: &'static str,
    envelope: Envelope,
    file: Option<BufWriter<File>>,
    /// What the hub's items of the open page refer to.
    included: Vec<Value>,
    page: u64,
    items: u64,
}

impl Pages {
    fn new(folder: &Path, name: &'static str, envelope: Envelope) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let folder = folder.to_owned();
        Ok(Self { folder, name, envelope, file: None, included: Vec::new(), page: 0, items: 0 })
    }

    fn push(&mut self, item: &Value) -> io::Result<()> {
        if self.items == PAGE {
            self.close(true)?;
        }
        let file = if let Some(file) = &mut self.file {
            file.write_all(b",\n")?;
            file
        } else {
            self.page += 1;
            let path = self.folder.join(format!("{}_{:05}.json", self.name, self.page));
            let mut file = BufWriter::with_capacity(1 << 16, File::create(path)?);
            match self.envelope {
                Envelope::JsonApi => file.write_all(b"{\"data\":[\n")?,
                Envelope::Array => file.write_all(b"[\n")?,
                Envelope::Paged(list) => writeln!(file, "{{\"{list}\":[")?,
            }
            self.file.insert(file)
        };
        serde_json::to_writer(&mut *file, item)?;
        self.items += 1;
        Ok(())
    }

    fn close(&mut self, has_next: bool) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let next = has_next.then_some(self.page + 1);
        let previous = self.page.checked_sub(1).filter(|page| *page > 0);
        match self.envelope {
            Envelope::JsonApi => {
                let meta = json!({ "current-page": self.page, "next-page": next, "prev-page": previous, "filters": {} });
                let included = Value::Array(std::mem::take(&mut self.included));
                writeln!(file, "\n],\"included\":{included},\"meta\":{meta},\"links\":{{}}}}")?;
            }
            Envelope::Array => file.write_all(b"\n]\n")?,
            Envelope::Paged(_) => {
                let url =
                    |page| format!("https://estate-api.example/api/v2/account/{}?page={page}", self.name);
                // Pages count from 0 here.
                let details = json!({
                    "count": self.items,
                    "prevPageUrl": previous.map(|page| url(page - 1)),
                    "nextPageUrl": next.map(|page| url(page - 1)),
                });
                writeln!(file, "\n],\"pageDetails\":{details}}}")?;
            }
        }
        self.items = 0;
        file.flush()
    }
}

/// The lists that are being written.
pub struct JsonFiles {
    hub: [Pages; 4],
    psa: [Pages; 4],
    rmm: [Pages; 3],
}

impl JsonFiles {
    /// Creates the folders under `folder`.
    ///
    /// # Errors
    /// If one cannot be created.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let hub = |name| Pages::new(&folder.join("it_glue"), name, Envelope::JsonApi);
        let psa = |name| Pages::new(&folder.join("connectwise"), name, Envelope::Array);
        let rmm = |name, envelope| Pages::new(&folder.join("datto_rmm"), name, envelope);
        Ok(Self {
            hub: [hub("organizations")?, hub("locations")?, hub("contacts")?, hub("configurations")?],
            psa: [psa("companies")?, psa("sites")?, psa("contacts")?, psa("configurations")?],
            rmm: [
                rmm("sites", Envelope::Paged("sites"))?,
                rmm("devices", Envelope::Paged("devices"))?,
                rmm("audits", Envelope::Array)?,
            ],
        })
    }

    /// Ends the open pages.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        let lists = self.hub.iter_mut().chain(&mut self.psa).chain(&mut self.rmm);
        lists.into_iter().try_for_each(|pages| pages.close(false))
    }
}

/// An id inside attributes, where the vendors write a number.
fn number(id: &str) -> Value {
    id.parse::<u64>().map_or(Value::Null, Value::from)
}

/// Text, null where there is none.
fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { Value::from(value) }
}

/// A reference as ConnectWise PSA writes it.
fn reference(id: &str, name: &str) -> Value {
    json!({ "id": number(id), "name": name })
}

/// Adds an item of the hub, with its link to the PSA's record.
fn push_linked(pages: &mut Pages, id: &str, kind: &str, attributes: &Value, linked: &str) -> io::Result<()> {
    let mut resources = Vec::new();
    if !linked.is_empty() {
        resources.push(json!({ "id": linked, "type": "adapters-resources" }));
    }
    let item = json!({
        "id": id, "type": kind, "attributes": attributes,
        "relationships": { "adapters-resources": { "data": resources } },
    });
    pages.push(&item)?;
    if !linked.is_empty() {
        pages.included.push(json!({
            "id": linked, "type": "adapters-resources", "attributes": { "remote-id": linked },
        }));
    }
    Ok(())
}

impl Sink for JsonFiles {
    fn organization(&mut self, system: System, row: &OrganizationRow) -> io::Result<()> {
        let OrganizationRow { id, name, short_name, linked, .. } = row;
        match system {
            System::Hub => {
                let attributes = json!({
                    "name": name, "alert": null, "description": null, "organization-type-id": 11,
                    "organization-type-name": "Client", "organization-status-id": 1,
                    "organization-status-name": "Active", "primary": false, "short-name": short_name,
                    "quick-notes": null, "parent-id": null,
                    "psa-integration": (!linked.is_empty()).then_some("enabled"),
                    "created-at": "2022-03-01T08:50:00.000Z", "updated-at": "2025-06-02T08:20:00.000Z",
                });
                push_linked(&mut self.hub[0], id, "organizations", &attributes, linked)
            }
            System::Psa => self.psa[0].push(&json!({
                "id": number(id), "identifier": short_name, "name": name, "status": { "id": 1, "name": "Active" },
                "types": [{ "id": 1, "name": "Client" }], "deletedFlag": false, "isVendorFlag": false,
                "_info": { "lastUpdated": "2026-01-30T16:41:07Z" },
            })),
            System::Rmm => self.rmm[0].push(&json!({
                "id": 4000 + row.number, "uid": id, "accountUid": "est0001", "name": name, "description": null, "onDemand": false,
                "devicesStatus": { "numberOfDevices": row.devices },
                "autotaskCompanyName": null, "autotaskCompanyId": null,
            })),
        }
    }

    fn location(&mut self, system: System, row: &LocationRow) -> io::Result<()> {
        let LocationRow { id, organization_id, organization, name, address_1, city, region, .. } = row;
        let LocationRow { postal_code, phone, is_primary, .. } = row;
        match system {
            System::Hub => {
                let attributes = json!({
                    "organization-id": number(organization_id), "organization-name": organization, "name": name,
                    "primary": is_primary, "address-1": address_1, "address-2": null, "city": city,
                    "postal-code": postal_code, "region-name": region, "country-name": "United Kingdom",
                    "phone": phone, "fax": null, "notes": null, "psa-integration": null,
                });
                push_linked(&mut self.hub[1], id, "locations", &attributes, "")
            }
            System::Psa => self.psa[1].push(&json!({
                "id": number(id), "name": name, "addressLine1": address_1, "city": city,
                "stateReference": { "identifier": region, "name": region }, "zip": postal_code,
                "country": { "id": 45, "name": "United Kingdom" }, "phoneNumber": phone,
                "primaryAddressFlag": is_primary, "inactiveFlag": false,
                "company": reference(organization_id, organization),
            })),
            System::Rmm => Ok(()),
        }
    }

    fn contact(&mut self, system: System, row: &ContactRow) -> io::Result<()> {
        let ContactRow { id, organization_id, organization, first_name, last_name, title, .. } = row;
        let ContactRow { email, phone, location_id, location, .. } = row;
        match system {
            System::Hub => {
                let mut emails = Vec::new();
                if !email.is_empty() {
                    emails.push(json!({ "value": email, "primary": true, "label-name": "Work" }));
                }
                let attributes = json!({
                    "organization-id": number(organization_id), "organization-name": organization,
                    "first-name": first_name, "last-name": last_name, "title": text(title),
                    "location-id": number(location_id), "location-name": location, "important": null, "notes": null,
                    "contact-emails": emails,
                    "contact-phones": [{ "value": phone, "primary": true, "label-name": "Work", "label-type": "phone" }],
                    "psa-integration": null,
                });
                push_linked(&mut self.hub[2], id, "contacts", &attributes, "")
            }
            System::Psa => {
                let mut items = vec![json!({
                    "type": { "id": 2, "name": "Work" }, "value": phone, "defaultFlag": true,
                    "communicationType": "Phone",
                })];
                if !email.is_empty() {
                    items.push(json!({
                        "type": { "id": 1, "name": "Work" }, "value": email, "defaultFlag": true,
                        "communicationType": "Email",
                    }));
                }
                self.psa[2].push(&json!({
                    "id": number(id), "firstName": first_name, "lastName": last_name, "title": text(title),
                    "company": reference(organization_id, organization), "site": reference(location_id, location),
                    "inactiveFlag": false, "communicationItems": items,
                }))
            }
            System::Rmm => Ok(()),
        }
    }

    fn device(&mut self, system: System, row: &DeviceRow) -> io::Result<()> {
        let DeviceRow { id, organization_id, organization, name, kind, status, hostname, primary_ip, .. } =
            row;
        let DeviceRow { default_gateway, serial_number, asset_tag, manufacturer, model, .. } = row;
        let DeviceRow { operating_system, purchased_at, warranty_expires_at, location, location_id, .. } =
            row;
        match system {
            System::Hub => {
                let attributes = json!({
                    "organization-id": number(organization_id), "organization-name": organization, "name": name,
                    "hostname": hostname, "primary-ip": primary_ip, "mac-address": text(row.mac()),
                    "default-gateway": default_gateway, "serial-number": text(serial_number),
                    "asset-tag": asset_tag, "position": null, "notes": null, "installed-at": null,
                    "purchased-at": purchased_at, "warranty-expires-at": warranty_expires_at,
                    "configuration-type-name": kind, "configuration-status-name": status,
                    "manufacturer-name": manufacturer, "model-name": model,
                    "operating-system-name": text(operating_system), "location-id": number(location_id),
                    "location-name": location, "archived": row.is_archived,
                    "psa-integration": (!row.linked.is_empty()).then_some("enabled"),
                });
                push_linked(&mut self.hub[3], id, "configurations", &attributes, &row.linked)
            }
            System::Psa => self.psa[3].push(&json!({
                "id": number(id), "name": name, "type": { "name": kind }, "status": { "name": status },
                "company": reference(organization_id, organization), "site": reference(location_id, location),
                "serialNumber": serial_number, "modelNumber": model, "tagNumber": asset_tag,
                "macAddress": row.mac(), "ipAddress": primary_ip, "defaultGateway": default_gateway,
                "osType": operating_system, "purchaseDate": format!("{purchased_at}T00:00:00Z"),
                "warrantyExpirationDate": format!("{warranty_expires_at}T00:00:00Z"),
                "manufacturer": { "name": manufacturer }, "activeFlag": true,
                "deviceIdentifier": "", "lastLoginName": "",
            })),
            System::Rmm => {
                self.rmm[1].push(&json!({
                    "id": 880_000 + row.device, "uid": id, "siteUid": organization_id, "siteName": organization,
                    "deviceType": { "category": category(kind), "type": null }, "hostname": hostname,
                    "intIpAddress": primary_ip, "operatingSystem": text(operating_system), "online": true,
                    "suspended": false, "deleted": false, "lastSeen": 1_769_800_000_000_u64,
                    "deviceClass": "device", "warrantyDate": warranty_expires_at,
                }))?;
                let nics: Vec<Value> = row
                    .macs
                    .iter()
                    .map(|(name, mac)| json!({ "instance": name, "ipv4": primary_ip, "macAddress": mac }))
                    .collect();
                self.rmm[2].push(&json!({
                    "deviceUid": id, "systemInfo": { "manufacturer": manufacturer, "model": model },
                    "bios": { "serialNumber": text(serial_number) }, "nics": nics,
                }))
            }
        }
    }
}
