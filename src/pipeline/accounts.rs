//! What of a directory takes part: which accounts become contacts, which licences are kept, and which flexible asset
//! types of the hub's account its licences and groups go to.
//!
//! Only the settings are here; which members of a record they are about is declared with the systems.

use std::path::Path;

use glob::{MatchOptions, Pattern};
use serde::Deserialize;
use toml::Spanned;

use crate::model::{Entity, Role};
use crate::systems::System;

use super::errors::{Faults, shown};
use super::resolve::choice_or_default;
use super::written::{Section, text};
use super::{Code, FileSpec, Source};

/// Which accounts and devices of a directory take part.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// Guests of other organizations. Off by default.
    pub guests: bool,
    /// Accounts that cannot sign in. Off by default.
    pub disabled: bool,
    /// Shared mailboxes and rooms. Off by default.
    pub shared_mailboxes: bool,
    /// Accounts without a licence. On by default.
    pub unlicensed: bool,
    /// Devices that people own themselves. Off by default.
    pub personal_devices: bool,
    /// Which of its addresses is an account's primary one.
    pub primary_email: PrimaryEmail,
    /// Names of accounts that stay out, such as `svc-*`; letter case does not count.
    pub skip_names: Vec<Pattern>,
    /// Organizational units that stay out with all that is below them, as ends of distinguished names.
    pub skip_units: Vec<String>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            guests: false,
            disabled: false,
            shared_mailboxes: false,
            unlicensed: true,
            personal_devices: false,
            primary_email: PrimaryEmail::default(),
            skip_names: Vec::new(),
            skip_units: Vec::new(),
        }
    }
}

/// Which of its addresses is an account's primary one. The other one is it where there is no such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrimaryEmail {
    /// The address of the mailbox.
    #[default]
    Mailbox,
    /// The sign-in name, as in the hub's own Microsoft integration.
    SignIn,
}

impl PrimaryEmail {
    /// Both, by their names in a pipeline.
    pub const ALL: [(&'static str, Self); 2] = [("mailbox", Self::Mailbox), ("sign-in", Self::SignIn)];
}

/// A truth value of [`Accounts`], as a system's data names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountSetting {
    /// [`Accounts::guests`].
    Guests,
    /// [`Accounts::disabled`].
    Disabled,
    /// [`Accounts::shared_mailboxes`].
    SharedMailboxes,
    /// [`Accounts::unlicensed`].
    Unlicensed,
    /// [`Accounts::personal_devices`].
    PersonalDevices,
}

/// A list of what stays out, as a system's data names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipList {
    /// [`Accounts::skip_names`].
    Names,
    /// [`Accounts::skip_units`], compared with a distinguished name.
    Units,
    /// [`Licenses::skip`].
    Licenses,
}

impl Accounts {
    /// Whether those that `setting` is about take part.
    #[must_use]
    pub const fn lets_in(&self, setting: AccountSetting) -> bool {
        match setting {
            AccountSetting::Guests => self.guests,
            AccountSetting::Disabled => self.disabled,
            AccountSetting::SharedMailboxes => self.shared_mailboxes,
            AccountSetting::Unlicensed => self.unlicensed,
            AccountSetting::PersonalDevices => self.personal_devices,
        }
    }
}

/// What becomes of licences and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Licenses {
    /// Microsoft's CSV file "Product names and service plan identifiers", for names that people know.
    pub names: Option<FileSpec>,
    /// Part numbers or ids of licences that stay out, such as `*_FREE`; letter case does not count.
    pub skip: Vec<Pattern>,
    /// The flexible asset type of licences in the hub's account.
    pub license_type: Option<AssetType>,
    /// The flexible asset type of groups in the hub's account.
    pub group_type: Option<AssetType>,
}

impl Licenses {
    /// The flexible asset type of the records of `entity`.
    #[must_use]
    pub const fn asset_type(&self, entity: Entity) -> Option<&AssetType> {
        match entity {
            Entity::License => self.license_type.as_ref(),
            Entity::Group => self.group_type.as_ref(),
            _ => None,
        }
    }
}

/// A flexible asset type of the hub's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetType {
    /// The entity whose records are assets of the type.
    pub entity: Entity,
    /// The id in the hub.
    pub id: String,
    /// The name in the hub.
    pub name: String,
}

/// Types that belong to the hub's own Microsoft integration: their templates are locked, and whatever is written to
/// their assets is overwritten.
const LOCKED_TYPES: [&str; 4] =
    ["Microsoft Licenses", "Office 365 Licenses", "Microsoft 365: Groups", "Entra ID: Security Groups"];

impl AssetType {
    /// Whether a type of this name belongs to the hub's own Microsoft integration.
    #[must_use]
    pub fn is_locked(name: &str) -> bool {
        LOCKED_TYPES.iter().any(|locked| locked.eq_ignore_ascii_case(name.trim()))
    }
}

impl Source {
    /// Whether a record stays out because one of its texts is on a list of the pipeline's.
    #[must_use]
    pub fn leaves_out(&self, list: SkipList, text: &str) -> bool {
        let text = text.trim();
        match list {
            SkipList::Names => is_any(&self.accounts.skip_names, text),
            SkipList::Units => self.accounts.skip_units.iter().any(|unit| is_below(text, unit)),
            SkipList::Licenses => is_any(&self.licenses.skip, text),
        }
    }
}

fn is_any(patterns: &[Pattern], text: &str) -> bool {
    let options = MatchOptions { case_sensitive: false, ..MatchOptions::default() };
    patterns.iter().any(|pattern| pattern.matches_with(text, options))
}

/// Whether a distinguished name is that of `unit` or of something below it. Letter case does not count, nor does white
/// space around the commas.
fn is_below(name: &str, unit: &str) -> bool {
    let parts =
        |text: &str| -> Vec<String> { text.split(',').map(|part| part.trim().to_lowercase()).collect() };
    let (name, unit) = (parts(name), parts(unit));
    name.ends_with(&unit)
}

/// The settings `[source.accounts]` of a source.
pub(super) fn accounts(section: &Section<'_>, system: &System, role: Role, faults: &mut Faults) -> Accounts {
    let default = Accounts::default();
    let Some(accounts) = directory(section, "accounts", system, role, faults) else { return default };
    let flag = |key, default| accounts.flag(key).map_or(default, |flag| *flag.get_ref());
    Accounts {
        guests: flag("guests", default.guests),
        disabled: flag("disabled", default.disabled),
        shared_mailboxes: flag("shared_mailboxes", default.shared_mailboxes),
        unlicensed: flag("unlicensed", default.unlicensed),
        personal_devices: flag("personal_devices", default.personal_devices),
        primary_email: choice_or_default(&accounts, "primary_email", &PrimaryEmail::ALL, faults),
        skip_names: patterns(&accounts, "skip_names", faults),
        skip_units: units(&accounts, faults),
    }
}

/// The settings `[source.licenses]` of a source; paths start at `folder`.
pub(super) fn licenses(
    section: &Section<'_>,
    system: &System,
    role: Role,
    folder: &Path,
    faults: &mut Faults,
) -> Licenses {
    let Some(licenses) = directory(section, "licenses", system, role, faults) else {
        return Licenses::default();
    };
    let license_type = asset_type(&licenses, "license_type", Entity::License, faults);
    let group_type = asset_type(&licenses, "group_type", Entity::Group, faults);
    if let (Some(of_licenses), Some(of_groups)) = (&license_type, &group_type)
        && of_licenses.id == of_groups.id
    {
        let span = licenses.value("group_type").map_or(licenses.span.clone(), Spanned::span);
        faults
            .add(Code::Repeated, span, "licences and groups go to the same flexible asset type")
            .hint("make a type for each: their fields differ");
    }
    Licenses {
        names: licenses.text("names").map(|path| FileSpec {
            path: folder.join(path.get_ref()),
            written: (*path.get_ref()).to_owned(),
            entity: None,
            organization: None,
        }),
        skip: patterns(&licenses, "skip", faults),
        license_type,
        group_type,
    }
}

/// The section `key`, which directories alone have.
fn directory<'a>(
    section: &Section<'a>,
    key: &str,
    system: &System,
    role: Role,
    faults: &mut Faults,
) -> Option<Section<'a>> {
    let found = section.section(key)?;
    if role == Role::Directory {
        return Some(found);
    }
    faults
        .add(Code::NotApplicable, found.span, format!("{} has no `{key}` to choose from", system.title))
        .hint(format!("`{key}` is for directories; the role of this source is {role}"));
    None
}

fn patterns(section: &Section<'_>, key: &str, faults: &mut Faults) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for spot in section.texts(key).unwrap_or_default() {
        match Pattern::new(spot.get_ref()) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                faults
                    .add(
                        Code::BadPattern,
                        spot.span(),
                        format!("`{}` is not a pattern: {}", shown(spot.get_ref()), error.msg),
                    )
                    .hint("`*` stands for any run of characters, `?` for one, `[...]` for one of several");
            }
        }
    }
    patterns
}

fn units(accounts: &Section<'_>, faults: &mut Faults) -> Vec<String> {
    let mut units = Vec::new();
    for spot in accounts.texts("skip_units").unwrap_or_default() {
        if spot.get_ref().contains('=') {
            units.push((*spot.get_ref()).to_owned());
        } else {
            faults
                .add(
                    Code::BadPattern,
                    spot.span(),
                    format!("`{}` is not the end of a distinguished name", shown(spot.get_ref())),
                )
                .hint("write it as the directory does: `OU=Service Accounts,DC=example,DC=local`");
        }
    }
    units
}

fn asset_type(section: &Section<'_>, key: &str, entity: Entity, faults: &mut Faults) -> Option<AssetType> {
    let written = section.section(key)?;
    let name = written.text("name")?;
    if AssetType::is_locked(name.get_ref()) {
        faults
            .add(Code::LockedType, name.span(), format!("`{}` cannot be written", shown(name.get_ref())))
            .label("the hub's own Microsoft integration has locked it")
            .hint("make a flexible asset type of your own and give its id and name");
    }
    let id = written.value("id")?;
    let id = match text(id) {
        Some(id) => (*id.get_ref()).to_owned(),
        None => id.get_ref().as_integer()?.as_str().to_owned(),
    };
    Some(AssetType { entity, id, name: (*name.get_ref()).to_owned() })
}
