//! Values in the form in which they are compared, per kind of field, and why a value says nothing.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::matching::ClusterIx;
use crate::model::{Kind, list_items};
use crate::normalize::{
    Dropped, Junk, Mac, each_interface_mac, each_mac, email_key, fold_case, hostname, ip_key, maker_key,
    name_key, phone_key, serial,
};

/// Why a value is blank. Blank means *no information*, never *erase*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// There is no text.
    Missing,
    /// The identifier is junk or damaged.
    Dropped(Dropped),
    /// It is a placeholder, or holds nothing of its kind.
    Placeholder,
    /// The hub's fixed list does not have the value.
    NoSuchValue,
    /// The record that it refers to is not known, or takes no part.
    Unresolved,
    /// The record that it refers to belongs to another organization.
    Foreign,
    /// The file does not carry the field, or the source does not deliver what it refers to.
    Unknown,
}

impl Blank {
    /// One sentence for a person.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "there is no value",
            Self::Dropped(why) => why.sentence(),
            Self::Placeholder => "the value is a placeholder and says nothing",
            Self::NoSuchValue => "the hub's list does not have the value",
            Self::Unresolved => "the record that it refers to is not known or takes no part",
            Self::Foreign => "the record that it refers to belongs to another organization",
            Self::Unknown => "the file does not say",
        }
    }
}

/// A value in comparable form. Two forms are of one kind when they are of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// Anything with one key: the key.
    Key(Cow<'a, str>),
    /// All usable MAC addresses of a record.
    Macs(SmallVec<[Mac; 4]>),
    /// The keys of a list, with the items as written.
    Items(Vec<(String, &'a str)>),
    /// The cluster that is referred to.
    Cluster(ClusterIx),
}

impl Form<'_> {
    /// Whether a target that says `self` needs nothing of a supplier that says `supplied`: the same value, one of its MAC
    /// addresses, or all items of its list.
    pub(super) fn satisfies(&self, supplied: &Form<'_>) -> bool {
        match (self, supplied) {
            (Form::Key(own), Form::Key(other)) => own == other,
            (Form::Macs(own), Form::Macs(other)) => own.iter().any(|mac| other.contains(mac)),
            (Form::Items(own), Form::Items(other)) => {
                other.iter().all(|(key, _)| own.iter().any(|(own, _)| own == key))
            }
            (Form::Cluster(own), Form::Cluster(other)) => own == other,
            _ => false,
        }
    }

    /// The cluster that is referred to, `None` when the value is no reference.
    pub(super) const fn cluster(&self) -> Option<ClusterIx> {
        match self {
            Form::Cluster(cluster) => Some(*cluster),
            _ => None,
        }
    }

    /// Whether both say the same, in whatever order.
    pub(super) fn equals(&self, other: &Form<'_>) -> bool {
        match (self, other) {
            (Form::Macs(own), Form::Macs(others)) => {
                own.iter().all(|mac| others.contains(mac)) && others.iter().all(|mac| own.contains(mac))
            }
            _ => self.satisfies(other) && other.satisfies(self),
        }
    }
}

/// The form of the text of a field that is neither a MAC address nor a reference.
///
/// # Errors
/// Why the text says nothing.
pub(super) fn form<'a>(kind: Kind, text: &'a str, junk: &Junk) -> Result<Form<'a>, Blank> {
    if is_blank(text) {
        return Err(Blank::Missing);
    }
    let key = match kind {
        Kind::Emails => {
            return items(list_items(text).filter_map(|item| Some((email_key(item)?, item.trim()))));
        }
        Kind::Phones => return items(list_items(text).map(|item| (phone_key(item), item.trim()))),
        Kind::List => return items(list_items(text).map(|item| (fold_case(&name_key(item)), item.trim()))),
        Kind::Mac => return macs(Some(text), None, junk),
        Kind::Serial => serial(text, junk).map_err(Blank::Dropped)?,
        Kind::Hostname => hostname(text, junk).map_err(Blank::Dropped)?,
        Kind::Ip => ip_key(text, junk).ok_or(Blank::Placeholder)?.into(),
        Kind::Phone => phone_key(text).into(),
        Kind::Maker if junk.has_manufacturer(text) => return Err(Blank::Placeholder),
        Kind::Maker => without_legal_suffix(text),
        Kind::Model if junk.has_model(text) => return Err(Blank::Placeholder),
        Kind::Date => date(text),
        Kind::Bool => text.trim().to_ascii_lowercase().into(),
        Kind::Count => count(text),
        _ => name_key(text),
    };
    if key.is_empty() { Err(Blank::Placeholder) } else { Ok(Form::Key(key)) }
}

/// Whether nothing visible is in the text. Nearly every cell begins with a visible character, which is quick to see.
pub(super) fn is_blank(text: &str) -> bool {
    !text.as_bytes().first().is_some_and(u8::is_ascii_graphic) && name_key(text).is_empty()
}

fn items<'a>(items: impl Iterator<Item = (String, &'a str)>) -> Result<Form<'a>, Blank> {
    let mut kept: Vec<(String, &str)> = Vec::new();
    for (key, item) in items {
        if !key.is_empty() && !kept.iter().any(|(other, _)| *other == key) {
            kept.push((key, item));
        }
    }
    if kept.is_empty() { Err(Blank::Placeholder) } else { Ok(Form::Items(kept)) }
}

/// All usable MAC addresses of a record: of the field and of its interfaces.
///
/// # Errors
/// Why there is none.
pub(super) fn macs<'a>(cell: Option<&str>, interfaces: Option<&str>, junk: &Junk) -> Result<Form<'a>, Blank> {
    let mut macs = SmallVec::<[Mac; 4]>::new();
    let mut why = None;
    let mut each = |mac: Result<Mac, Dropped>| match mac {
        Ok(mac) => macs.push(mac),
        Err(dropped) => {
            why.get_or_insert(dropped);
        }
    };
    if let Some(cell) = cell {
        each_mac(cell, junk, |_, mac| each(mac));
    }
    if let Some(interfaces) = interfaces {
        each_interface_mac(interfaces, junk, |_, mac| each(mac));
    }
    match why {
        _ if !macs.is_empty() => Ok(Form::Macs(macs)),
        Some(dropped) => Err(Blank::Dropped(dropped)),
        None => Err(Blank::Missing),
    }
}

/// A maker's name without its legal suffix. Unlike [`maker_key`], which looks makers up, it keeps the letter case: that
/// is a difference in any text.
fn without_legal_suffix(text: &str) -> Cow<'_, str> {
    let kept = maker_key(text).split(' ').count();
    let name = name_key(text);
    let words = || name.split([' ', ',']).filter(|word| !word.is_empty());
    if words().count() == kept && !name.contains(',') {
        name
    } else {
        words().take(kept).collect::<Vec<_>>().join(" ").into()
    }
}

/// A date as `yyyy-mm-dd`, without the time that some sources send with it; the text itself when it is no date.
fn date(text: &str) -> Cow<'_, str> {
    let day = text.trim();
    let day =
        day.get(..10).filter(|_| matches!(day.as_bytes().get(10), None | Some(b'T' | b' '))).unwrap_or(day);
    match day.parse::<jiff::civil::Date>() {
        Ok(_) => day.into(),
        Err(_) => name_key(text),
    }
}

/// A whole number without leading zeros and plus sign; the text itself when it is none.
fn count(text: &str) -> Cow<'_, str> {
    text.trim().parse::<i64>().map_or_else(|_| name_key(text), |number| number.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LIST_SEPARATOR;
    use crate::pipeline::JunkAdditions;

    fn same(kind: Kind, left: &str, right: &str) -> bool {
        let junk = Junk::new(&JunkAdditions::default());
        let form = |text| form(kind, text, &junk).unwrap_or_else(|why| panic!("`{text}`: {why:?}"));
        form(left).satisfies(&form(right))
    }

    fn blank(kind: Kind, text: &str) -> bool {
        form(kind, text, &Junk::new(&JunkAdditions::default())).is_err()
    }

    #[test]
    fn identifiers_compare_by_key() {
        assert!(same(Kind::Serial, "S/N: 5cg 0417", "5CG0417"));
        assert!(same(Kind::Hostname, "PC01.corp.example", "pc01"));
        assert!(same(Kind::Mac, "00-1a-2b-3c-4d-5e", "001A2B3C4D5E"));
        assert!(same(Kind::Ip, " 10.0.0.7", "10.0.0.7"));
        assert!(!same(Kind::Serial, "5CG0417", "5CG0418"));
    }

    #[test]
    fn white_space_is_no_difference_and_letter_case_is() {
        assert!(same(Kind::Text, "Front  desk ", "Front\u{a0}desk"));
        assert!(!same(Kind::Text, "front desk", "Front desk"));
        assert!(!same(Kind::Model, "OPTIPLEX 7090", "OptiPlex 7090"));
    }

    #[test]
    fn a_makers_legal_suffix_is_no_difference() {
        assert!(same(Kind::Maker, "Dell Inc.", "Dell"));
        assert!(same(Kind::Maker, "Dell, Inc", "Dell Inc."));
        assert!(!same(Kind::Maker, "DELL", "Dell"));
        assert!(!same(Kind::Maker, "Dell EMC", "Dell"));
    }

    #[test]
    fn phone_punctuation_is_no_difference() {
        assert!(same(Kind::Phone, "(01632) 960-144", "01632 960144"));
        assert!(!same(Kind::Phone, "01632 960144", "01632 960145"));
    }

    #[test]
    fn dates_compare_as_dates() {
        assert!(same(Kind::Date, "2024-03-01", "2024-03-01T00:00:00Z"));
        assert!(!same(Kind::Date, "2024-03-01", "2024-03-02"));
    }

    #[test]
    fn a_list_wants_only_what_is_missing() {
        let list = |items: &[&str]| items.join(&LIST_SEPARATOR.to_string());
        assert!(same(Kind::Emails, &list(&["a@x.example", "B@x.example"]), "b@X.example"));
        assert!(!same(Kind::Emails, "b@x.example", &list(&["a@x.example", "b@x.example"])));
    }

    #[test]
    fn what_says_nothing_is_blank() {
        assert!(blank(Kind::Serial, "To be filled by O.E.M."));
        assert!(blank(Kind::Serial, "6.37702E+15"));
        assert!(blank(Kind::Mac, "00:00:00:00:00:00"));
        assert!(blank(Kind::Hostname, "localhost"));
        assert!(blank(Kind::Ip, "169.254.1.1"));
        assert!(blank(Kind::Model, "System Product Name"));
        assert!(blank(Kind::Phone, "n/a"));
        assert!(blank(Kind::Emails, "n/a"));
        assert!(blank(Kind::Text, " \u{200b} "));
    }
}
