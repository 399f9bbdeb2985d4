//! The e-mail addresses and telephone numbers of a contact of Autotask, which have three members and four: what the
//! contact lacks goes into those that are free, and what has no room is left out and named. Nothing is replaced.

use super::autotask::Members;
use super::json::Json;
use super::request::Request;
use super::values::{Item, Values};
use crate::model::column;
use crate::normalize::{email_key, phone_key};

/// The members for e-mail addresses.
const EMAILS: [&str; 3] = ["emailAddress", "emailAddress2", "emailAddress3"];

/// The members for telephone numbers, by what the hub calls a number.
const PHONES: [(&str, &str); 4] =
    [("Work", "phone"), ("Mobile", "mobilePhone"), ("Alternate", "alternatePhone"), ("Fax", "faxNumber")];

/// Addresses that the contact lacks, each in a member that is free.
pub(super) fn emails<'a>(
    request: &mut Request<'_, 'a>,
    values: &Values<'_, 'a>,
    items: &[Item<'a>],
    members: &mut Members<'a>,
) {
    let current = values.current_items(column::EMAILS);
    // The reader calls the addresses `Work`, `Work 2` and `Work 3`, after the members that they are in.
    let is_used = |at: usize| {
        let label = if at == 0 { "Work".to_owned() } else { format!("Work {}", at + 1) };
        current.iter().any(|item| item.label == label.as_str())
    };
    let mut free = (0..EMAILS.len()).filter(|at| !is_used(*at));
    for item in items {
        if current.iter().any(|own| email_key(&own.value) == email_key(&item.value)) {
            continue;
        }
        match free.next() {
            Some(at) => members.push((EMAILS[at], Json::Text(item.value.clone()))),
            None => request.dropped.push((column::EMAILS, item.value.clone().into_owned())),
        }
    }
}

/// Numbers that the contact lacks, each in the member of its label or else in one that is free. Only the first has a
/// member for the extension.
pub(super) fn phones<'a>(
    request: &mut Request<'_, 'a>,
    values: &Values<'_, 'a>,
    items: &[Item<'a>],
    members: &mut Members<'a>,
) {
    let current = values.current_items(column::PHONES);
    let mut free: Vec<(&str, &'static str)> = PHONES
        .into_iter()
        .filter(|(label, _)| !current.iter().any(|item| item.label.eq_ignore_ascii_case(label)))
        .collect();
    for item in items {
        let key = phone_key(&item.value);
        if current.iter().any(|own| phone_key(&own.value) == key) {
            continue;
        }
        let is_fax = item.label.to_lowercase().contains("fax");
        let at = free.iter().position(|(label, _)| item.label.eq_ignore_ascii_case(label));
        let at = at.or_else(|| free.iter().position(|(_, member)| (*member == "faxNumber") == is_fax));
        let Some(at) = at else {
            request.dropped.push((column::PHONES, item.value.clone().into_owned()));
            continue;
        };
        let (_, member) = free.remove(at);
        match key.split_once('x').filter(|_| member == "phone") {
            Some((number, extension)) => {
                members.push((member, Json::text(number.to_owned())));
                members.push(("extension", Json::text(extension.to_owned())));
            }
            None => members.push((member, Json::Text(item.value.clone()))),
        }
    }
}
