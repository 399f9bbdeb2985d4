//! The settings of a pipeline as JSON, for the `runs` table.
//!
//! Credentials never enter a pipeline, so there is none to leave out; paths are given as the user wrote them.

use std::path::Path;

use glob::Pattern;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::ApiSettings;
use crate::model::{Encoding, Entity};
use crate::normalize::Key;

use super::{
    Accounts, AssetType, Constant, Creates, DateOrder, FileSpec, Licenses, MachineValues, Names,
    OrganizationBy, Pipeline, PrimaryEmail, PushAll, Reading, Source, Tiers,
};

impl Pipeline {
    /// All settings as a JSON document, every default written out. Equal pipelines give equal documents.
    #[must_use]
    pub fn settings_json(&self) -> String {
        let mut ownership = Map::new();
        for own in &self.ownership {
            let fields = ownership.entry(own.entity.name()).or_insert_with(|| Value::Object(Map::new()));
            fields[own.field] = json!(own.owners);
        }
        json!({
            "name": self.name,
            "method": self.method.letter(),
            "warehouse": self.relative(&self.warehouse),
            "decisions": self.relative(&self.decisions),
            "names": match self.names {
                Names::Exact => "exact",
                Names::IgnoreCase => "ignore-case",
            },
            "machine_values": match self.machine_values {
                MachineValues::Default => "default",
                MachineValues::Overwrite => "overwrite",
                MachineValues::Fill => "fill",
            },
            "sources": self.sources.iter().map(source).collect::<Vec<_>>(),
            "ownership": ownership,
            "junk": {
                "serials": self.junk.serials,
                "serial_patterns": self.junk.serial_patterns,
                "macs": self.junk.macs,
                "interfaces": self.junk.interfaces,
                "hostnames": self.junk.hostnames,
                "models": self.junk.models,
            },
            "limits": {
                "creates": self.limits.creates,
                "creates_percent": self.limits.creates_percent,
                "bad_rows_percent": self.limits.bad_rows_percent,
                "shrink_percent": self.limits.shrink_percent,
            },
            "plan": { "hold_host_name_only": self.plan.hold_host_name_only },
        })
        .to_string()
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned()
    }
}

fn source(source: &Source) -> Value {
    let sync = &source.sync;
    let mut matching = Map::new();
    for entity in Entity::ALL {
        matching.insert(entity.name().to_owned(), tiers(&source.matching[entity.index()]));
    }
    let headings: Map<String, Value> =
        source.headings.iter().map(|(entity, columns)| (entity.table().to_owned(), json!(columns))).collect();
    json!({
        "name": source.name,
        "system": source.system.name,
        "role": source.role.name(),
        "files": source.files.iter().map(file).collect::<Vec<_>>(),
        "api": source.api.as_ref().map(api),
        "optional": source.optional,
        "organization_by": match source.organization_by {
            OrganizationBy::Site => "site",
            OrganizationBy::AutotaskCompany => "autotask-company",
        },
        "links": source.links,
        "types": source.types,
        "statuses": source.statuses,
        "headings": headings,
        "include": source.include.iter().map(|reason| reason.code()).collect::<Vec<_>>(),
        "create": creates(&source.creates),
        "accounts": accounts(&source.accounts),
        "licenses": licenses(&source.licenses),
        "reading": reading(&source.reading),
        "matching": matching,
        "sync": {
            "organization_types": sync.organization_types,
            "organization_statuses": sync.organization_statuses,
            "configuration_types": sync.configuration_types,
            "configuration_statuses": sync.configuration_statuses,
            "contacts": sync.contacts,
            "two_way": sync.two_way,
            "contact_email_type": sync.contact_email_type,
            "contact_phone_type": sync.contact_phone_type,
            "push_all": match sync.push_all {
                PushAll::No => json!(false),
                PushAll::Yes => json!(true),
                PushAll::Forced => json!("force"),
            },
        },
    })
}

/// What decides which records a snapshot has; how fast they are asked for, and as whom, does not.
fn api(api: &ApiSettings) -> Value {
    json!({
        "base": api.base,
        "settings": api.values,
        "entities": api.entities.iter().map(|entity| entity.table()).collect::<Vec<_>>(),
        "tenants": api.tenants,
        "partner": api.partner,
    })
}

fn creates(creates: &Creates) -> Value {
    let of = |settings: &BTreeMap<String, Constant>| -> Map<String, Value> {
        settings.iter().map(|(name, constant)| (name.clone(), constant.into())).collect()
    };
    let all = creates.iter().map(|(entity, settings)| (entity.name().to_owned(), of(settings).into()));
    Value::Object(all.collect())
}

fn accounts(accounts: &Accounts) -> Value {
    json!({
        "guests": accounts.guests,
        "disabled": accounts.disabled,
        "shared_mailboxes": accounts.shared_mailboxes,
        "unlicensed": accounts.unlicensed,
        "personal_devices": accounts.personal_devices,
        "primary_email": match accounts.primary_email {
            PrimaryEmail::Mailbox => "mailbox",
            PrimaryEmail::SignIn => "sign-in",
        },
        "skip_names": patterns(&accounts.skip_names),
        "skip_units": accounts.skip_units,
    })
}

fn licenses(licenses: &Licenses) -> Value {
    let asset_type = |of: &Option<AssetType>| of.as_ref().map(|of| json!({ "id": of.id, "name": of.name }));
    json!({
        "names": licenses.names.as_ref().map(file),
        "skip": patterns(&licenses.skip),
        "license_type": asset_type(&licenses.license_type),
        "group_type": asset_type(&licenses.group_type),
    })
}

fn patterns(patterns: &[Pattern]) -> Vec<&str> {
    patterns.iter().map(Pattern::as_str).collect()
}

fn reading(reading: &Reading) -> Value {
    let character = |byte: Option<u8>| byte.map(|byte| char::from(byte).to_string());
    json!({
        "encoding": reading.encoding.map(Encoding::name),
        "separator": character(reading.separator),
        "comments": character(reading.comments),
        "dates": reading.dates.map(DateOrder::name),
        "serial_days": reading.serial_days,
        "repair_mojibake": reading.repair_mojibake,
        "rejoin": reading.rejoin,
        "max_columns": reading.max_columns,
        "max_cell": reading.max_cell,
    })
}

fn file(file: &FileSpec) -> Value {
    match file.entity {
        None => json!(file.written),
        Some(entity) => json!({ "path": file.written, "entity": entity.table() }),
    }
}

fn tiers(tiers: &Tiers) -> Value {
    let names = |keys: &Vec<Key>| keys.iter().map(|key| key.name()).collect::<Vec<_>>();
    json!({
        "tiers": tiers.tiers.iter().map(names).collect::<Vec<_>>(),
        "veto": names(&tiers.veto),
        "address_before_person": tiers.address_before_person,
    })
}
