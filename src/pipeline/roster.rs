//! Who takes part: the hub and the sources by name, system and role, before their settings are read.
//!
//! Other parts of the file refer to sources by name, and a sync method asks for roles, so all of them are
//! known first.

use std::path::Path;

use toml::Spanned;

use crate::model::Role;
use crate::systems::{self, System};

use super::errors::{Faults, shown};
use super::resolve::choice;
use super::written::Section;
use super::{Code, Method};

/// The hub first, then the sources as written.
#[derive(Debug)]
pub(super) struct Roster<'a> {
    pub drafts: Vec<Draft<'a>>,
}

/// What is known of a source before its settings are read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub section: Section<'a>,
    pub name: Spanned<&'a str>,
    /// The system; `None` when there is none of that name, which was reported.
    pub system: Option<&'static System>,
    /// Where the file says the system.
    pub system_span: std::ops::Range<usize>,
    /// The role, as far as it is known.
    pub role: Option<Role>,
}

impl<'a> Roster<'a> {
    /// Reads the names of all sources and reports those that cannot be.
    pub(super) fn new(root: &Section<'a>, folder: &Path, faults: &mut Faults) -> Self {
        let mut drafts = Vec::new();
        if let Some(hub) = root.section("hub") {
            let name = hub.text("name").unwrap_or_else(|| Spanned::new(hub.span.clone(), "hub"));
            let system = hub.text("system").unwrap_or_else(|| Spanned::new(hub.span.clone(), "it-glue"));
            drafts.push(Draft::new(hub, name, &system, folder, true, faults));
        }
        for source in root.sections("source") {
            // A name or system that is missing was reported.
            let Some(name) = source.text("name") else { continue };
            let Some(system) = source.text("system") else { continue };
            drafts.push(Draft::new(source, name, &system, folder, false, faults));
        }
        let roster = Self { drafts };
        roster.check_names(faults);
        roster
    }

    /// The source called `name`.
    pub(super) fn find(&self, name: &str) -> Option<&Draft<'a>> {
        self.drafts.iter().find(|draft| *draft.name.get_ref() == name)
    }

    /// The names of all sources, the hub's first.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.drafts.iter().map(|draft| *draft.name.get_ref())
    }

    /// The source that the text names; reports one that there is not.
    pub(super) fn source(&self, spot: &Spanned<&str>, faults: &mut Faults) -> Option<&Draft<'a>> {
        let word = *spot.get_ref();
        let found = self.find(word);
        if found.is_none() {
            faults
                .add(Code::UnknownSource, spot.span(), format!("unknown source `{}`", shown(word)))
                .nearest(word, self.names());
        }
        found
    }

    /// The only source for which `is` holds.
    pub(super) fn only(&self, is: impl Fn(&Draft<'a>) -> bool) -> Option<&Draft<'a>> {
        let mut found = self.drafts.iter().filter(|draft| is(draft));
        found.next().filter(|_| found.next().is_none())
    }

    /// Reports sources that the method does not have, and roles that it needs and that no source has.
    pub(super) fn check_method(&self, method: Method, spot: &Spanned<&str>, faults: &mut Faults) {
        let letter = method.letter();
        for draft in &self.drafts {
            if let Some(role) = draft.role.filter(|role| method.excludes().contains(role)) {
                faults
                    .add(
                        Code::MethodExcludes,
                        draft.system_span.clone(),
                        format!("method {letter} has no source with the role {role}"),
                    )
                    .label(format!("the role of `{}` is {role}", draft.name.get_ref()))
                    .hint(format!("method {letter} ({}) {}", method.name(), method.describe()));
            }
        }
        // A source whose role is not known may be the one that is missed.
        if self.drafts.iter().any(|draft| draft.role.is_none()) {
            return;
        }
        for role in method.needs() {
            if !self.drafts.iter().any(|draft| draft.role == Some(*role)) {
                faults
                    .add(
                        Code::MethodNeeds,
                        spot.span(),
                        format!("method {letter} needs a source with the role {role}"),
                    )
                    .hint(format!("method {letter} ({}) {}", method.name(), method.describe()));
            }
        }
    }

    fn check_names(&self, faults: &mut Faults) {
        for (ix, draft) in self.drafts.iter().enumerate() {
            let (name, span) = (*draft.name.get_ref(), draft.name.span());
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            // Names of dots alone are other folders, and snapshots have a folder of the source's name.
            if !name.chars().all(is_plain) || name.chars().all(|c| c == '.') {
                faults
                    .add(Code::BadSourceName, span, format!("`{}` cannot name a source", shown(name)))
                    .hint(
                        "it takes letters, digits, `-`, `_` and `.`, as records are written SOURCE/RECORD-ID",
                    );
                continue;
            }
            if self.drafts[..ix].iter().any(|other| *other.name.get_ref() == name) {
                faults.add(Code::DuplicateSource, span, format!("two sources are called `{name}`"));
                continue;
            }
            let Some(meant) = Role::parse(name) else { continue };
            let Some(role) = draft.role else { continue };
            if role != meant {
                faults
                    .add(Code::BadSourceName, span, format!("`{name}` is the name of a role"))
                    .label(format!("the role of this source is {role}"))
                    .hint("owner lists name roles and sources alike, so the name would mean both");
            } else if self.drafts.iter().filter(|other| other.role == Some(role)).count() > 1 {
                faults
                    .add(
                        Code::BadSourceName,
                        span,
                        format!("`{name}` is the name of a role that several sources have"),
                    )
                    .hint(format!(
                        "an owner list that says `{name}` would mean one of them or all; try `{name}-1`"
                    ));
            }
        }
    }
}

impl<'a> Draft<'a> {
    fn new(
        section: Section<'a>,
        name: Spanned<&'a str>,
        system_spot: &Spanned<&str>,
        folder: &Path,
        is_hub: bool,
        faults: &mut Faults,
    ) -> Self {
        let word = *system_spot.get_ref();
        let is_own = Path::new(word).extension().is_some_and(|ending| ending == "toml");
        let system = if is_own { own(system_spot, folder, faults) } else { systems::find(word) };
        let role = match system {
            None if is_own => None,
            None => {
                faults
                    .add(Code::UnknownSystem, system_spot.span(), format!("unknown system `{}`", shown(word)))
                    .nearest(word, systems::all().iter().map(|system| system.name.as_str()));
                None
            }
            Some(system) if is_hub != (system.role == Role::Hub) => {
                let what = if is_hub { "the hub" } else { "a source" };
                faults
                    .add(Code::WrongRole, system_spot.span(), format!("{} cannot be {what}", system.title))
                    .hint("the hub is the documentation platform that everything is compared with");
                None
            }
            Some(system) => Some(Self::own_role(&section, system, faults).unwrap_or(system.role)),
        };
        Self { section, name, system, system_span: system_spot.span(), role }
    }

    /// The role that the pipeline gives: of a system that has several, or the one that a general format stands in for, as
    /// a CSV export of a PSA nobody knows is still a PSA.
    fn own_role(section: &Section<'_>, system: &System, faults: &mut Faults) -> Option<Role> {
        const ROLES: [Role; 5] = [Role::Psa, Role::Rmm, Role::Scan, Role::Directory, Role::Sheet];
        let spot = section.text("role")?;
        let role = choice(&spot, "role", &ROLES.map(|role| (role.name(), role)), faults)?;
        if !system.can_be(role) {
            let possible: Vec<&str> = system.roles.keys().map(|role| role.name()).collect();
            let (what, hint) = if possible.is_empty() {
                let what = format!("the role of {} is always {}", system.title, system.role);
                (what, "`role` is for general formats such as `csv`, and for systems that have several")
            } else {
                let what = format!("the role of {} is {}", system.title, possible.join(" or "));
                (what, "give each role a source of its own; both may read the same files")
            };
            faults.add(Code::NotApplicable, spot.span(), what).hint(hint);
            return None;
        }
        Some(role)
    }
}

/// The system that the user described in a file, or nothing when that is wrong, which is reported.
fn own(spot: &Spanned<&str>, folder: &Path, faults: &mut Faults) -> Option<&'static System> {
    match systems::own::read(&folder.join(spot.get_ref())) {
        // A pipeline is loaded once in the life of the program, and everything refers to its systems.
        Ok(system) => Some(Box::leak(Box::new(system))),
        Err(all) => {
            for what in all {
                faults
                    .add(
                        Code::BadSystem,
                        spot.span(),
                        format!("the system `{}` {what}", shown(spot.get_ref())),
                    )
                    .hint("`matchbook systems --file FILE` checks it");
            }
            None
        }
    }
}
