//! The section `api` of a source: where its system is asked, as whom, for what and how fast.
//!
//! A credential never stands here, only the name of the environment variable or of the file that has it. What might be
//! one is refused and never shown.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;

use super::Code;
use super::errors::{Faults, shown};
use super::keys::API;
use super::resolve::entity;
use super::written::{Section, text};
use crate::api::{ApiSettings, CredentialAt, PaceSetting};
use crate::model::{Entity, Role};
use crate::systems::{Api, System};

/// The folder of snapshots where the pipeline names none, with a folder inside for each source.
const SNAPSHOTS: &str = "snapshots";

/// Reports every source that has neither files nor an interface, or both.
pub(super) fn check_origins(root: &Section<'_>, faults: &mut Faults) {
    let hub = root.section("hub").map(|hub| (hub, "`hub`"));
    let sources = root.sections("source").into_iter().map(|source| (source, "`source`"));
    for (section, place) in hub.into_iter().chain(sources) {
        match (section.value("files"), section.value("api")) {
            (None, None) => {
                let message = format!("`files` is missing in {place}");
                faults.add(Code::MissingKey, section.span.clone(), message);
            }
            (Some(_), Some(api)) => {
                faults
                    .add(Code::Contradiction, api.span(), format!("{place} has both `files` and `api`"))
                    .hint("keep one of them; a run reads the files, or the newest snapshot of the interface");
            }
            _ => {}
        }
    }
}

/// What the section says; `None` where the source has none, or where the system cannot be asked.
pub(super) fn resolve(
    section: &Section<'_>,
    name: &str,
    system: &System,
    role: Role,
    folder: &Path,
    faults: &mut Faults,
) -> Option<ApiSettings> {
    let own = section.section("api")?;
    hide_values(&own, faults);
    let Some(api) = &system.api else {
        let what = format!("the interface of {} is not known", system.title);
        let hint = "use `files`, or describe it in a file of your own: `system = \"./my_system.toml\"`";
        faults.add(Code::NotApplicable, own.span.clone(), what).hint(hint);
        return None;
    };
    let part = Part { section: &own, system, api, role };
    let retries = part.whole("retries", 0..=20, faults).unwrap_or(5);
    let base = part.base(faults);
    let folder_of_all = own.text("snapshots").map_or(SNAPSHOTS, |spot| *spot.get_ref());
    Some(ApiSettings {
        values: part.values(base.as_deref(), faults),
        base,
        credentials: part.credentials(folder, faults),
        entities: part.entities(faults),
        tenants: part.tenants(faults),
        partner: part.partner(faults),
        pace: part.pace(faults),
        concurrency: part.whole("concurrency", 1..=64, faults),
        page_size: part.whole("page_size", 1..=100_000, faults),
        retries: u32::try_from(retries).unwrap_or(u32::MAX),
        first_wait_ms: part.whole("first_wait_ms", 1..=60_000, faults).unwrap_or(500),
        full_every: part.whole("full_every", 1..=10_000, faults).unwrap_or(7),
        snapshots: folder.join(folder_of_all).join(name),
    })
}

/// Keeps out of messages whatever may be a credential: values of keys that do not exist, and of `credentials` those that
/// are no names of variables.
fn hide_values(own: &Section<'_>, faults: &mut Faults) {
    for (key, value) in own.entries() {
        if API.iter().all(|known| known.name != *key.get_ref()) {
            faults.hide(value.span());
        }
    }
    let Some(credentials) = own.value("credentials") else { return };
    match own.section("credentials") {
        None => faults.hide(credentials.span()),
        Some(credentials) => {
            for (_, value) in credentials.entries() {
                if !text(value).is_some_and(|spot| is_variable(spot.get_ref())) {
                    faults.hide(value.span());
                }
            }
        }
    }
    for (key, value) in own.section("settings").iter().flat_map(Section::entries) {
        if super::written::looks_like_credential(key.get_ref()) {
            faults.hide(value.span());
        }
    }
}

/// Whether a text is the name of a variable, and does not look like a credential itself.
fn is_variable(text: &str) -> bool {
    let is_name = !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    let is_mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let has_digits = has(char::is_ascii_digit);
    let is_random = if text.contains('_') { is_mixed && has_digits } else { is_mixed || has_digits };
    is_name && !(is_random && text.len() >= 16) && text.len() <= 80
}

struct Part<'s, 'a> {
    section: &'s Section<'a>,
    system: &'s System,
    api: &'s Api,
    role: Role,
}

impl Part<'_, '_> {
    fn whole(&self, key: &str, range: std::ops::RangeInclusive<u64>, faults: &mut Faults) -> Option<u64> {
        let number = self.section.whole(key)?;
        if !range.contains(&number) {
            let span = self.section.value(key)?.span();
            let message = format!("`{key}` takes a whole number from {} to {}", range.start(), range.end());
            faults.add(Code::OutOfRange, span, message);
            return None;
        }
        Some(number)
    }

    /// The address in place of the system's own.
    fn base(&self, faults: &mut Faults) -> Option<String> {
        let spot = self.section.text("base")?;
        let written = *spot.get_ref();
        let host = written.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains('@') || written.contains('?') {
            faults.hide(spot.span());
            faults
                .add(Code::Credential, spot.span(), "`base` holds more than an address")
                .label("not in a pipeline")
                .hint("take out what stands in front of `@` and behind `?`; credentials come from the environment");
            return None;
        }
        let scheme = written.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        let bare = host
            .rsplit_once(':')
            .map_or(host, |(bare, port)| if port.chars().all(|c| c.is_ascii_digit()) { bare } else { host });
        let is_here = matches!(bare, "127.0.0.1" | "[::1]" | "localhost");
        let what = if bare.is_empty() {
            format!("`{}` is not a whole address", shown(written))
        } else if written.contains(char::is_whitespace) || written.contains('#') {
            format!("`{}` is not an address", shown(written))
        } else if scheme == "https" || (scheme == "http" && is_here) {
            return Some(written.trim_end_matches('/').to_owned());
        } else {
            format!("`{}` is not asked over TLS", shown(written))
        };
        faults
            .add(Code::BadAddress, spot.span(), what)
            .hint("it begins with `https://`; `http://` is taken for this machine alone");
        None
    }

    /// The system's settings, and the host of the region.
    fn values(&self, base: Option<&str>, faults: &mut Faults) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        let host = self.host(base, faults);
        let own = self.section.section("settings");
        for (key, value) in own.iter().flat_map(Section::entries) {
            let name = *key.get_ref();
            if self.api.settings.contains_key(name) {
                if let Some(value) = text(value) {
                    values.insert(name.to_owned(), (*value.get_ref()).to_owned());
                }
            } else if super::written::looks_like_credential(name) || self.api.credentials.contains_key(name) {
                faults.hide(value.span());
                faults
                    .add(Code::Credential, key.span(), format!("`{}` looks like a credential", shown(name)))
                    .label("not in a pipeline")
                    .hint("remove it and change the secret; name its environment variable in `credentials`");
            } else {
                let message = format!("{} has no setting `{}`", self.system.title, shown(name));
                faults
                    .add(Code::UnknownKey, key.span(), message)
                    .nearest(name, self.api.settings.keys().map(String::as_str));
            }
        }
        let span = own.map_or_else(|| self.section.span.clone(), |own| own.span);
        for (name, setting) in &self.api.settings {
            if values.contains_key(name) || self.is_set("settings", name) {
                continue;
            }
            if let Some(default) = &setting.default {
                values.insert(name.clone(), default.clone());
            } else {
                let message = format!("{} needs the setting `{name}`", self.system.title);
                let hint = format!("write `settings = {{ {name} = \"...\" }}`: {}", setting.what);
                faults.add(Code::MissingKey, span.clone(), message).hint(hint);
            }
        }
        if let Some(mut host) = host {
            for (name, value) in &values {
                host = host.replace(&format!("{{{name}}}"), value);
            }
            values.insert("host".to_owned(), host);
        }
        values
    }

    /// Whether the table `key` has `name`, whatever its value.
    fn is_set(&self, key: &str, name: &str) -> bool {
        self.section.section(key).is_some_and(|table| table.value(name).is_some())
    }

    /// The host of the region, or that of the address which takes its place: sign-in and discovery go where everything
    /// goes.
    fn host(&self, base: Option<&str>, faults: &mut Faults) -> Option<String> {
        let regions = &self.api.regions;
        let title = &self.system.title;
        let region = match self.section.text("region") {
            Some(spot) if regions.is_empty() => {
                faults.add(Code::NotApplicable, spot.span(), format!("{title} has no regions"));
                None
            }
            Some(spot) => {
                let word = *spot.get_ref();
                let found = regions.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
                if found.is_none() {
                    let message = format!("{title} has no region `{}`", shown(word));
                    faults
                        .add(Code::UnknownValue, spot.span(), message)
                        .nearest(word, regions.keys().map(String::as_str));
                }
                found.map(|(_, host)| host)
            }
            None => regions.get("default"),
        };
        if let Some(base) = base.filter(|base| !base.starts_with('{') && !base.contains("{host}")) {
            let start = base.find("://").map_or(0, |at| at + 3);
            let end = base[start..].find('/').map_or(base.len(), |length| start + length);
            return Some(base[..end].to_owned());
        }
        // A key whose value is no address, or no region, was reported.
        let is_said = |key: &str| self.section.value(key).is_some();
        if region.is_none() && !is_said("region") && !is_said("base") {
            let span = self.section.span.clone();
            if !regions.is_empty() {
                let names: Vec<String> = regions.keys().map(|name| format!("`{name}`")).collect();
                faults
                    .add(Code::MissingKey, span, format!("{title} needs the `region` of your account"))
                    .hint(format!("it takes {}", names.join(", ")));
            } else if self.api.base.contains("{host}") {
                faults
                    .add(Code::MissingKey, span, format!("{title} needs the `base` address of your server"))
                    .hint("write `base = \"https://...\"`");
            }
        }
        region.cloned()
    }

    fn credentials(&self, folder: &Path, faults: &mut Faults) -> BTreeMap<String, CredentialAt> {
        let known = &self.api.credentials;
        let file = self.section.text("credentials_file");
        let table = self.section.section("credentials");
        if let (Some(file), Some(_)) = (&file, self.section.value("credentials")) {
            faults
                .add(Code::Contradiction, file.span(), "`api` has both `credentials` and `credentials_file`")
                .hint("keep one of them");
        }
        if let Some(file) = file {
            let path = folder.join(file.get_ref());
            return known
                .keys()
                .map(|name| (name.clone(), CredentialAt::File(path.clone(), name.clone())))
                .collect();
        }
        let mut found = BTreeMap::new();
        for (key, value) in table.iter().flat_map(Section::entries) {
            let name = *key.get_ref();
            if !known.contains_key(name) {
                faults.hide(value.span());
                let message = format!("{} has no credential `{}`", self.system.title, shown(name));
                faults
                    .add(Code::UnknownKey, key.span(), message)
                    .nearest(name, known.keys().map(String::as_str));
                continue;
            }
            let Some(variable) = text(value) else { continue };
            if is_variable(variable.get_ref()) {
                let at = CredentialAt::Environment((*variable.get_ref()).to_owned());
                found.insert(name.to_owned(), at);
            } else {
                Self::no_variable(name, value, faults);
            }
        }
        let span = table.map_or_else(|| self.section.span.clone(), |table| table.span);
        for (name, what) in known {
            if found.contains_key(name) || self.is_set("credentials", name) {
                continue;
            }
            let message = format!("{} needs the credential `{name}`", self.system.title);
            let hint = format!(
                "write `credentials = {{ {name} = \"NAME_OF_A_VARIABLE\" }}`, or `credentials_file`: {what}"
            );
            faults.add(Code::MissingKey, span.clone(), message).hint(hint);
        }
        found
    }

    fn no_variable(name: &str, value: &Spanned<DeValue<'_>>, faults: &mut Faults) {
        faults.hide(value.span());
        faults
            .add(
                Code::Credential,
                value.span(),
                format!("`{name}` is not the name of an environment variable"),
            )
            .label("it may be the credential itself")
            .hint("if it is, change it; the name of a variable has letters, digits and `_`");
    }

    fn entities(&self, faults: &mut Faults) -> Vec<Entity> {
        let delivered = self.system.delivers(self.role);
        let Some(spots) = self.section.texts("entities") else { return delivered.to_vec() };
        self.check_empty("entities", spots.is_empty(), faults);
        let mut found: Vec<Entity> = Vec::new();
        for spot in spots {
            let Some(entity) = entity(&spot, faults) else { continue };
            if !delivered.contains(&entity) {
                let message = format!("{} delivers no {}", self.system.title, entity.table());
                faults.add(Code::NotApplicable, spot.span(), message);
            } else if found.contains(&entity) {
                let message = format!("`entities` has {} twice", entity.table());
                faults.add(Code::Repeated, spot.span(), message);
            } else {
                found.push(entity);
            }
        }
        found
    }

    fn tenants(&self, faults: &mut Faults) -> Vec<String> {
        let spots = self.section.texts("tenants");
        if !self.api.tenants {
            for key in ["tenants", "partner"] {
                if let Some(value) = self.section.value(key) {
                    let message = format!("{} has no tenants to choose from", self.system.title);
                    faults.add(Code::NotApplicable, value.span(), message);
                }
            }
            return Vec::new();
        }
        let Some(spots) = spots else {
            if self.section.value("tenants").is_none() && self.section.value("partner").is_none() {
                let message = format!("{} needs `tenants`", self.system.title);
                faults
                    .add(Code::MissingKey, self.section.span.clone(), message)
                    .hint("write `tenants = [\"client.example\"]`, by id or domain");
            }
            return Vec::new();
        };
        self.check_empty("tenants", spots.is_empty(), faults);
        let mut found: Vec<String> = Vec::new();
        for spot in spots {
            let word = *spot.get_ref();
            if found.iter().any(|other| other.eq_ignore_ascii_case(word)) {
                let message = format!("`tenants` has `{}` twice", shown(word));
                faults.add(Code::Repeated, spot.span(), message);
            } else {
                found.push(word.to_owned());
            }
        }
        found
    }

    /// The provider's own tenant. Where it is among the tenants too it is asked as both.
    fn partner(&self, faults: &mut Faults) -> Option<String> {
        let spot = self.section.text("partner").filter(|_| self.api.tenants)?;
        let partner = *spot.get_ref();
        let tenants = self.section.texts("tenants").unwrap_or_default();
        if tenants.iter().any(|tenant| tenant.get_ref().eq_ignore_ascii_case(partner)) {
            faults
                .add(Code::Repeated, spot.span(), format!("`{}` is in `tenants` too", shown(partner)))
                .hint("name the provider's own tenant as `partner` alone");
        }
        Some(partner.to_owned())
    }

    fn check_empty(&self, key: &str, is_empty: bool, faults: &mut Faults) {
        if let Some(value) = self.section.value(key).filter(|_| is_empty) {
            faults.add(Code::Empty, value.span(), format!("`{key}` is empty"));
        }
    }

    fn pace(&self, faults: &mut Faults) -> PaceSetting {
        if let Some(spot) = self.section.text("pace") {
            return super::resolve::choice(&spot, "pace", &[("none", PaceSetting::Unlimited)], faults)
                .unwrap_or_default();
        }
        let Some(pace) = self.section.section("pace") else { return PaceSetting::Declared };
        let mut number = |key: &str, most: u64| {
            let number = pace.whole(key)?;
            if !(1..=most).contains(&number) {
                let span = pace.value(key)?.span();
                let message = format!("`{key}` takes a whole number from 1 to {most}");
                faults.add(Code::OutOfRange, span, message);
            }
            Some(number)
        };
        match (number("requests", 1_000_000), number("seconds", 86_400)) {
            (Some(requests), Some(seconds)) => PaceSetting::Limit { requests, seconds },
            // What is missing was reported.
            _ => PaceSetting::Declared,
        }
    }
}
