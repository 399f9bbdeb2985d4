//! What one row says that may identify a device.

use crate::model::{Records, column, list_items};
use crate::normalize::{Junk, hostname_key, ip_key, mac_keys, name_key, serial_key};

/// One row.
pub(super) struct Row {
    /// In the records.
    pub position: u32,
    pub organization: String,
    pub serial: Option<String>,
    /// Sorted, each once.
    pub macs: Vec<String>,
    /// The first label of the host name.
    pub host: Option<String>,
    /// The rest of the host name, or the domain beside it, in lower case.
    pub domain: Option<String>,
    pub address: Option<String>,
    /// All that the rows of one finding each repeat: equal for rows that say the same.
    pub same: Vec<String>,
    /// How many columns say something.
    pub filled: usize,
    /// A reader left it out already.
    pub is_left_out: bool,
}

impl Row {
    pub fn new(records: &Records, row: u32, domains: &[String], junk: &Junk) -> Self {
        let get = |name: &str| records.get(row, name);
        let organization = get(column::ORGANIZATION_ID)
            .map(str::to_owned)
            .or_else(|| get(column::ORGANIZATION).map(|name| name_key(name).into_owned()))
            .unwrap_or_default();
        let mut macs = mac_keys(get(column::MAC_ADDRESS).unwrap_or_default(), junk);
        macs.sort();
        macs.dedup();
        let named = get(column::HOSTNAME).or_else(|| get(column::NAME)).map(str::trim);
        // A display name is a host name only where it can be one.
        let host = get(column::HOSTNAME).and_then(|host| hostname_key(host, junk)).or_else(|| {
            get(column::NAME).filter(|name| can_be_host(name)).and_then(|name| hostname_key(name, junk))
        });
        let domain = named
            .filter(|name| can_be_host(name))
            .and_then(|name| name.split_once('.'))
            .map(|(_, domain)| domain.to_lowercase())
            .or_else(|| domain_in(get(column::RAW)?, domains));
        let same =
            [column::NAME, column::HOSTNAME, column::PRIMARY_IP, column::MAC_ADDRESS, column::SERIAL_NUMBER]
                .map(|name| get(name).map(|value| name_key(value).into_owned()).unwrap_or_default());
        Self {
            position: row,
            serial: get(column::SERIAL_NUMBER).and_then(|serial| serial_key(serial, junk)),
            macs,
            host,
            same: [organization.clone(), domain.clone().unwrap_or_default()]
                .into_iter()
                .chain(same)
                .collect(),
            domain,
            address: get(column::PRIMARY_IP).and_then(|address| ip_key(address, junk)),
            organization,
            filled: crate::model::fields(records.entity)
                .iter()
                .filter(|field| get(field.name).is_some())
                .count(),
            is_left_out: get(column::SKIP_REASON).is_some(),
        }
    }

    /// Whether anything identifies a device: an address does not, it is lent.
    pub fn has_identifier(&self) -> bool {
        self.serial.is_some() || !self.macs.is_empty() || self.host.is_some() || self.is_left_out
    }
}

fn can_be_host(name: &str) -> bool {
    name.trim().chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter))
}

/// The domain in what no column holds.
fn domain_in(raw: &str, headings: &[String]) -> Option<String> {
    let raw: serde_json::Map<String, serde_json::Value> = serde_json::from_str(raw).ok()?;
    let found = headings
        .iter()
        .find_map(|heading| raw.iter().find(|(name, _)| name.eq_ignore_ascii_case(heading))?.1.as_str());
    // A workgroup is no domain: every machine outside of one says so.
    let domain = list_items(found?).next()?.trim().to_lowercase();
    (!domain.is_empty() && domain != "workgroup").then_some(domain)
}
