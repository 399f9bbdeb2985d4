//! The settings of the hub and of every source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use crate::model::Role;
use crate::systems::System;

use super::errors::Faults;
use super::resolve::{choice, choice_or_default, entity, owned};
use super::roster::{Draft, Roster};
use super::written::{Section, section, text};
use super::{Code, FileSpec, Method, OrganizationBy, PushAll, Source, Sync};
use super::{accounts, api, creates, links, ownership, profile, reading, tiers};

const ORGANIZATION_BY: [(&str, OrganizationBy); 2] =
    [("site", OrganizationBy::Site), ("autotask-company", OrganizationBy::AutotaskCompany)];

/// The hub, then the sources in fold order. Those whose system is not known are left out.
pub(super) fn resolve(
    roster: &Roster<'_>,
    folder: &Path,
    method: Option<Method>,
    faults: &mut Faults,
) -> Vec<Source> {
    let mut sources: Vec<Source> =
        roster.drafts.iter().filter_map(|draft| source(draft, roster, folder, method, faults)).collect();
    // The sort is stable: inside a role the order of the file stays.
    sources.sort_by_key(|source| source.role);
    sources
}

fn source(
    draft: &Draft<'_>,
    roster: &Roster<'_>,
    folder: &Path,
    method: Option<Method>,
    faults: &mut Faults,
) -> Option<Source> {
    let section = &draft.section;
    let system = profile::applied(section, draft.system?, folder, faults);
    let role = draft.role.unwrap_or(system.role);
    Some(Source {
        name: (*draft.name.get_ref()).to_owned(),
        system,
        role,
        files: files(section, folder, faults),
        organization: section.text("organization").map(|text| (*text.get_ref()).to_owned()),
        optional: section.flag("optional").is_some_and(|flag| *flag.get_ref()),
        sync: sync(section, system, role, method, faults),
        types: mapping(section, "types", faults),
        statuses: mapping(section, "statuses", faults),
        headings: ownership::headings(section, faults),
        matching: tiers::resolve(section, system, faults),
        links: links::resolve(draft, section, roster, faults),
        organization_by: organization_by(section, system, faults),
        include: creates::include(section, system, faults),
        creates: creates::creates(section, system, faults),
        accounts: accounts::accounts(section, system, role, faults),
        licenses: accounts::licenses(section, system, role, folder, faults),
        reading: reading::resolve(section, faults),
        api: api::resolve(section, draft.name.get_ref(), system, role, folder, faults),
    })
}

fn files(section: &Section<'_>, folder: &Path, faults: &mut Faults) -> Vec<FileSpec> {
    let Some(value) = section.value("files") else { return Vec::new() };
    let one = std::slice::from_ref(value);
    let items: Vec<&Spanned<DeValue<'_>>> = match value.get_ref().as_array() {
        Some(list) => list.iter().collect(),
        None => one.iter().collect(),
    };
    if items.is_empty() {
        faults
            .add(Code::Empty, value.span(), "`files` is empty")
            .hint("name a folder, a file, a glob or a zip archive");
    }
    items.into_iter().filter_map(|item| file(item, folder, faults)).collect()
}

fn file(value: &Spanned<DeValue<'_>>, folder: &Path, faults: &mut Faults) -> Option<FileSpec> {
    if let Some(written) = text(value) {
        return Some(file_spec(written.get_ref(), folder));
    }
    let section = section(value)?;
    let entity = section.text("entity").and_then(|spot| entity(&spot, faults));
    let organization = section.text("organization").map(|text| (*text.get_ref()).to_owned());
    Some(FileSpec { entity, organization, ..file_spec(section.text("path")?.get_ref(), folder) })
}

fn file_spec(written: &str, folder: &Path) -> FileSpec {
    let mut path = folder.join(written);
    // The folder is a path and not a pattern, even where its name has brackets.
    if written.contains(['*', '?', '[']) && !path.exists() && !Path::new(written).is_absolute() {
        path = PathBuf::from(glob::Pattern::escape(&folder.to_string_lossy())).join(written);
    }
    FileSpec { path, written: written.to_owned(), entity: None, organization: None }
}

fn sync(
    section: &Section<'_>,
    system: &System,
    role: Role,
    method: Option<Method>,
    faults: &mut Faults,
) -> Sync {
    let Some(sync) = section.section("sync") else { return Sync { contacts: true, ..Sync::default() } };
    let list = |key| sync.texts(key).map(owned);
    let label = |key| sync.text(key).map(|text| (*text.get_ref()).to_owned());
    let two_way = sync.flag("two_way").filter(|flag| *flag.get_ref());
    if let Some(flag) = &two_way {
        if role != Role::Psa || !system.two_way {
            faults
                .add(Code::TwoWay, flag.span(), format!("{} has no two-way sync", system.title))
                .hint("the hub pushes to ConnectWise, Autotask, Kaseya BMS, Pulseway and Vorex alone");
        } else if method == Some(Method::RmmOnly) {
            faults.add(Code::TwoWay, flag.span(), "method D has no two-way sync");
        }
    }
    let push_all = sync.value("push_all").map_or(PushAll::No, |value| match text(value) {
        Some(spot) => choice(&spot, "push_all", &[("force", PushAll::Forced)], faults).unwrap_or_default(),
        None if value.get_ref().as_bool() == Some(true) => PushAll::Yes,
        None => PushAll::No,
    });
    if let (Some(value), None) = (sync.value("push_all").filter(|_| push_all != PushAll::No), &two_way) {
        faults
            .add(Code::TwoWay, value.span(), "`push_all` does nothing without two-way sync")
            .hint("set `two_way = true` beside it");
    }
    Sync {
        organization_types: list("organization_types"),
        organization_statuses: list("organization_statuses"),
        configuration_types: list("configuration_types"),
        configuration_statuses: list("configuration_statuses"),
        contacts: sync.flag("contacts").is_none_or(|flag| *flag.get_ref()),
        two_way: two_way.is_some(),
        contact_email_type: label("contact_email_type"),
        contact_phone_type: label("contact_phone_type"),
        push_all,
    }
}

fn organization_by(section: &Section<'_>, system: &System, faults: &mut Faults) -> OrganizationBy {
    if let Some(spot) = section.text("organization_by").filter(|_| system.name != "datto-rmm") {
        faults
            .add(Code::NotApplicable, spot.span(), format!("{} has no sites to choose from", system.title))
            .hint("`organization_by` is for `datto-rmm`");
    }
    choice_or_default(section, "organization_by", &ORGANIZATION_BY, faults)
}

/// A mapping of the source's words to the hub's; the source's are compared without letter case.
fn mapping(section: &Section<'_>, key: &str, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut mapping = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for (from, to) in section.section(key).iter().flat_map(Section::entries) {
        let Some(to) = text(to) else { continue };
        if let Some(earlier) = seen.insert(from.get_ref().to_lowercase(), *from.get_ref()) {
            let (earlier, from_text) = (super::errors::shown(earlier), super::errors::shown(from.get_ref()));
            faults.add(
                Code::Repeated,
                from.span(),
                format!("`{key}` has `{earlier}` and `{from_text}`, which differ in letter case alone"),
            );
        }
        mapping.insert((*from.get_ref()).to_owned(), (*to.get_ref()).to_owned());
    }
    mapping
}
