//! What a source's own records need besides their columns: records that a system leaves out and a pipeline wants, and
//! members that every new record of a target gets.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::model::{Entity, Reason};
use crate::systems::System;

use super::Code;
use super::errors::{Faults, shown};
use super::resolve::entity;
use super::written::{Section, section, text};

/// A constant that a call sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// A text.
    Text(String),
    /// A whole number, such as an id.
    Number(i64),
    /// A truth value.
    Truth(bool),
}

impl From<&Constant> for serde_json::Value {
    fn from(constant: &Constant) -> Self {
        match constant {
            Constant::Text(text) => text.as_str().into(),
            Constant::Number(number) => (*number).into(),
            Constant::Truth(truth) => (*truth).into(),
        }
    }
}

/// The settings that every new record of a target gets, by entity and setting.
pub type Creates = BTreeMap<Entity, BTreeMap<String, Constant>>;

/// The reasons in `include`: records that the system's file leaves out for one of them take part.
pub(super) fn include(section: &Section<'_>, system: &System, faults: &mut Faults) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for spot in section.texts("include").unwrap_or_default() {
        let word = *spot.get_ref();
        let known = system.skip_reasons();
        if let Some(reason) = known.iter().find(|reason| reason.code() == word) {
            reasons.push(*reason);
        } else {
            let message = format!("{} leaves nothing out as `{}`", system.title, shown(word));
            let codes = known.iter().map(|reason| reason.code());
            faults.add(Code::UnknownValue, spot.span(), message).nearest(word, codes);
        }
    }
    reasons
}

/// The settings of `[source.create.ENTITY]`.
pub(super) fn creates(source: &Section<'_>, system: &System, faults: &mut Faults) -> Creates {
    let mut creates = Creates::new();
    for (name, value) in source.section("create").iter().flat_map(Section::entries) {
        let Some(entity) = entity(&name, faults) else { continue };
        let known = system.push.get(&entity).map(|push| &push.settings);
        for (key, value) in section(value).iter().flat_map(Section::entries) {
            let word = *key.get_ref();
            if !known.is_some_and(|known| known.contains_key(word)) {
                let message =
                    format!("new {} of {} have no setting `{}`", entity.table(), system.title, shown(word));
                let names = known.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
                faults.add(Code::UnknownKey, key.span(), message).nearest(word, names);
                continue;
            }
            if let Some(constant) = constant(value) {
                creates.entry(entity).or_default().insert(word.to_owned(), constant);
            } else {
                let message = format!("`{}` is not a text, a whole number or a truth value", shown(word));
                faults.add(Code::WrongType, value.span(), message);
            }
        }
    }
    creates
}

fn constant(value: &Spanned<DeValue<'_>>) -> Option<Constant> {
    if let Some(text) = text(value) {
        return Some(Constant::Text((*text.get_ref()).to_owned()));
    }
    match value.get_ref() {
        DeValue::Boolean(truth) => Some(Constant::Truth(*truth)),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Constant::Number)
        }
        _ => None,
    }
}
