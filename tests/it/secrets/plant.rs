//! Puts secrets into files of every form, beside what is there.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::fuzz::{archive, members};

/// What stands in every planted secret.
pub const MARKER: &str = "Planted7Secret";
/// What stands in a column or member that is no secret.
pub const REMARK: &str = "Planted7Remark";

/// Names that the vendors' own documents show, beside those that the system's file lists.
const KNOWN: &[(&str, &[&str])] = &[
    ("it-glue", &["password", "passwords", "otp_secret", "otp-secret", "admin-password", "snmp-community"]),
    ("connectwise", &["portalPassword", "customFields", "questions", "userDefinedField1", "privateKey"]),
    ("autotask", &["userDefinedFields", "UDF Wi-Fi"]),
    (
        "kaseya-bms",
        &["customFields", "customFieldsData", "accessToken", "RefreshToken", "password", "MFACode"],
    ),
    ("tigerpaw", &["CustomFields", "PayMethods", "InternalComments", "PrivateKey", "Token"]),
    ("datto-rmm", &["udf", "udfs", "udf1", "UDF 30", "proxySettings"]),
    ("syncro", &["online_profile_url", "pdf_url", "Router Password"]),
    ("microsoft-365", &["passwordProfile", "passwordCredentials", "keyCredentials", "secretText"]),
    (
        "active-directory",
        &[
            "userPassword",
            "unicodePwd",
            "ms-Mcs-AdmPwd",
            "msLAPS-Password",
            "msFVE-RecoveryPassword",
            "AccountPassword",
        ],
    ),
    (
        "network-glue",
        &[
            "admin-password",
            "admin-username",
            "snmp-community",
            "snmp-communities",
            "rapid-fire-tools-agent-id",
        ],
    ),
    ("network-detective", &["SNMP Community", "Community String", "Admin Password"]),
    (
        "csv",
        &[
            "Password",
            "Local Admin Password",
            "BitLocker Recovery Key",
            "Wi-Fi Password",
            "Passwort",
            "WLAN-Kennwort",
            "Mot de passe",
            "Contraseña",
            "OTP Secret",
            "API Key",
            "PIN",
        ],
    ),
];

/// The names under which a system has secrets.
pub struct System {
    pub names: Vec<String>,
}

impl System {
    pub fn new(name: &str) -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let table = |path: &str| -> toml::Table {
            let text = std::fs::read_to_string(data.join(path)).expect("the data is there");
            text.parse().expect("it is TOML")
        };
        let own = table(&format!("systems/{name}.toml"));
        let base = own.get("extends").and_then(toml::Value::as_str).unwrap_or(name).to_owned();
        let listed =
            [own.get("secrets").cloned(), table(&format!("systems/{base}.toml")).get("secrets").cloned()];
        let common = table("secrets.toml").get("names").cloned();
        let listed = listed.into_iter().flatten().chain(common);
        let listed = listed.filter_map(|list| list.as_array().cloned()).flatten();
        let listed = listed.filter_map(|name| Some(name.as_str()?.trim_matches('*').to_owned()));
        let known = KNOWN.iter().filter(|(system, _)| *system == base).flat_map(|(_, names)| *names);
        let mut names: Vec<String> = listed.chain(known.map(|name| (*name).to_owned())).collect();
        names.sort_unstable();
        names.dedup();
        Self { names }
    }
}

/// A file with secrets, and how many.
pub fn file(name: &str, content: Vec<u8>, system: &System) -> (Vec<u8>, usize) {
    let ending = name.rsplit('.').next().unwrap_or_default();
    match (ending, std::str::from_utf8(&content)) {
        ("json", Ok(text)) => {
            let mut value: Value =
                serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("the samples are JSON");
            let count = value_with(&mut value, true, system);
            resources(&mut value);
            (serde_json::to_vec(&value).expect("it was JSON"), count)
        }
        ("csv", Ok(text)) => with_columns(text, system),
        ("ldf", Ok(text)) => {
            let lines: String = system.names.iter().map(|name| attribute(name)).collect();
            let count = text.matches("\nobjectClass: user\n").count() * system.names.len();
            (
                text.replace("\nobjectClass: user\n", &format!("\nobjectClass: user\n{lines}")).into_bytes(),
                count,
            )
        }
        ("zip", _) => {
            let mut count = 0;
            let members = members(&content).expect("the samples' archives are whole");
            let planted = members.into_iter().map(|(name, content)| {
                let (content, planted) = file(&name, content, system);
                count += planted;
                (name, content)
            });
            let planted: Vec<_> = planted.collect();
            (archive(&planted), count)
        }
        _ => (content, 0),
    }
}

/// A line of LDIF; attributes have no blanks in their names.
fn attribute(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        format!("{name}: {MARKER}\n{name};binary: {MARKER}\n")
    } else {
        String::new()
    }
}

/// Puts every name into every object that holds data of a record.
fn value_with(value: &mut Value, is_top: bool, system: &System) -> usize {
    match value {
        Value::Array(items) => items.iter_mut().map(|item| value_with(item, false, system)).sum(),
        Value::Object(members) => {
            let own: Vec<String> = members.keys().cloned().collect();
            let mut count = 0;
            for name in own {
                count += value_with(&mut members[&name], false, system);
            }
            let is_record =
                !is_top && members.keys().any(|key| squeezed(key).ends_with("id") || key == "name");
            if is_record {
                for (at, name) in (0..).zip(&system.names) {
                    members.insert(name.clone(), secret(at));
                    count += 1;
                }
                members.insert("remarkOfNobody".to_owned(), json!(REMARK));
            }
            if let Some(Value::Object(free)) = members.get_mut("properties") {
                free.insert("Safe in the office".to_owned(), json!(MARKER));
            }
            count
        }
        _ => 0,
    }
}

fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A secret in one of the forms that vendors use.
fn secret(at: usize) -> Value {
    match at % 3 {
        0 => json!(MARKER),
        1 => json!([{ "id": 1, "name": "Admin", "type": "Password", "value": MARKER, "answer": MARKER }]),
        _ => json!({ "password": MARKER, "1": MARKER }),
    }
}

/// The passwords that the hub embeds in an answer that was asked for them.
fn resources(value: &mut Value) {
    let Some(Value::Array(data)) = value.get("data") else { return };
    let is_resource = |item: &Value| item.get("attributes").is_some() && item.get("type").is_some();
    if !data.iter().all(is_resource) {
        return;
    }
    let password = json!({ "id": "1", "type": "passwords", "attributes": {
        "name": MARKER, "username": MARKER, "password": MARKER, "otp-secret": MARKER, "url": MARKER, "notes": MARKER,
    }});
    let envelope: &mut Map<String, Value> = value.as_object_mut().expect("it has members");
    match envelope.get_mut("included") {
        Some(Value::Array(included)) => included.push(password),
        _ => {
            envelope.insert("included".to_owned(), json!([password]));
        }
    }
    let link = json!({ "data": [{ "type": "passwords", "id": "1" }] });
    let Some(Value::Array(data)) = envelope.get_mut("data") else { return };
    for item in data.iter_mut().filter_map(Value::as_object_mut) {
        let relationships = item.entry("relationships").or_insert_with(|| json!({}));
        if let Some(relationships) = relationships.as_object_mut() {
            relationships.insert("passwords".to_owned(), link.clone());
        }
    }
}

/// The rows of a CSV text, in which a heading row may have lines before it, with a column for every name.
fn with_columns(text: &str, system: &System) -> (Vec<u8>, usize) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("it is CSV")).collect();
    let filled = |row: &csv::StringRecord| row.iter().filter(|cell| !cell.trim().is_empty()).count();
    let width = rows.iter().map(csv::StringRecord::len).max().unwrap_or_default();
    let headings = rows.iter().position(|row| filled(row) > 1 && filled(row) == row.len());
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut count = 0;
    for (at, row) in rows.iter().enumerate() {
        let mut row: Vec<&str> = row.iter().collect();
        if headings == Some(at) {
            row.extend(system.names.iter().map(String::as_str));
            row.push("Remark of nobody");
        } else if headings.is_some_and(|headings| at > headings) && row.len() == width {
            row.extend(system.names.iter().map(|_| MARKER));
            row.push(REMARK);
            count += system.names.len();
        }
        writer.write_record(row).expect("memory takes everything");
    }
    (writer.into_inner().expect("memory takes everything"), count)
}

/// A CSV file with these headings and the secrets of a system, and rows that cannot be read.
pub fn table(headings: &[&str], system: &System) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut row: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    row.extend(system.names.iter().cloned());
    // A second column of a name is no less a secret.
    row.extend(system.names.iter().take(2).cloned());
    row.push("Remark of nobody".to_owned());
    writer.write_record(&row).expect("memory takes everything");
    let secrets = row.len() - headings.len() - 1;
    for number in 1..4 {
        let mut row: Vec<String> = headings.iter().map(|_| format!("{number}")).collect();
        row.extend(vec![MARKER.to_owned(); secrets]);
        row.push(REMARK.to_owned());
        if number == 3 {
            row.insert(1, "surplus".to_owned());
        }
        writer.write_record(&row).expect("memory takes everything");
    }
    writer.into_inner().expect("memory takes everything")
}
