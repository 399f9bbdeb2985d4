//! What the user wrote: a TOML table whose keys are known and whose values have the shape that their key
//! takes.
//!
//! A [`Known`] table is the only description of a part of the file. The check for unknown keys, the check of
//! shapes and the test that the reference pipeline is complete all go by it. What a value *means* is decided
//! later.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Code;
use super::errors::{Faults, shown};

/// One key of the pipeline file.
#[derive(Debug)]
pub struct Known {
    /// The key.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether it must be there.
    pub is_required: bool,
}

/// What a value looks like.
#[derive(Debug)]
pub enum Shape {
    /// Text that says something.
    Text,
    /// Text that may be empty.
    AnyText,
    /// `true` or `false`.
    Flag,
    /// A whole number, not negative.
    Whole,
    /// A number, not negative.
    Number,
    /// A list.
    List(&'static Shape),
    /// A table with these keys.
    Section(&'static [Known]),
    /// A table with any keys.
    Map(&'static Shape),
    /// One of several shapes of different types.
    OneOf(&'static [Shape]),
    /// Anything.
    Any,
}

impl Shape {
    /// What is expected, for people.
    fn describe(&self) -> String {
        match self {
            Self::Text | Self::AnyText => "a text".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Whole => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::List(Self::Text) => "a list of texts".to_owned(),
            Self::List(Self::List(Self::Text)) => "a list of lists of texts".to_owned(),
            Self::List(Self::Section(_) | Self::Map(_)) => "a list of tables".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Section(_) | Self::Map(_) => "a table".to_owned(),
            Self::OneOf(shapes) => shapes.iter().map(Self::describe).collect::<Vec<_>>().join(" or "),
            Self::Any => "a value".to_owned(),
        }
    }

    /// Whether a value of this type may have the shape, whatever is inside it.
    fn takes(&self, value: &DeValue<'_>) -> bool {
        match self {
            Self::Text | Self::AnyText => value.is_str(),
            Self::Flag => value.is_bool(),
            Self::Whole => value.is_integer(),
            Self::Number => value.is_integer() || value.is_float(),
            Self::List(_) => value.is_array(),
            Self::Section(_) | Self::Map(_) => value.is_table(),
            Self::OneOf(shapes) => shapes.iter().any(|shape| shape.takes(value)),
            Self::Any => true,
        }
    }
}

/// The keys of a section and of all sections inside it, as dotted paths: `source.sync.two_way`.
pub(super) fn paths(known: &'static [Known]) -> Vec<String> {
    fn walk(prefix: &str, shape: &'static Shape, into: &mut Vec<String>) {
        match shape {
            Shape::Section(known) => {
                for key in *known {
                    let path = if prefix.is_empty() {
                        key.name.to_owned()
                    } else {
                        format!("{prefix}.{}", key.name)
                    };
                    into.push(path.clone());
                    walk(&path, &key.shape, into);
                }
            }
            Shape::List(inner) | Shape::Map(inner) => walk(prefix, inner, into),
            Shape::OneOf(shapes) => shapes.iter().for_each(|shape| walk(prefix, shape, into)),
            _ => {}
        }
    }
    let mut into = Vec::new();
    for key in known {
        into.push(key.name.to_owned());
        walk(key.name, &key.shape, &mut into);
    }
    into
}

/// A table of the file. Reading a key whose value has the wrong shape gives nothing: [`check`] has reported
/// it.
#[derive(Debug, Clone)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    /// Where to point when something is missing: the heading, or the opening of an inline table.
    pub span: Range<usize>,
}

impl<'a> Section<'a> {
    pub(super) fn new(table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { table, span }
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<Spanned<&'a str>> {
        text(self.value(key)?)
    }

    pub(super) fn flag(&self, key: &str) -> Option<Spanned<bool>> {
        let value = self.value(key)?;
        Some(Spanned::new(value.span(), value.get_ref().as_bool()?))
    }

    pub(super) fn number(&self, key: &str) -> Option<Spanned<f64>> {
        let value = self.value(key)?;
        Some(Spanned::new(value.span(), number(value.get_ref())?))
    }

    pub(super) fn whole(&self, key: &str) -> Option<u64> {
        u64::try_from(whole(self.value(key)?.get_ref())?).ok()
    }

    /// The texts of a list, `None` when the key is absent or no list.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<Spanned<&'a str>>> {
        self.value(key).and_then(texts)
    }

    pub(super) fn section(&self, key: &str) -> Option<Section<'a>> {
        section(self.value(key)?)
    }

    /// The tables of a list of tables.
    pub(super) fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let array = self.value(key).and_then(|value| value.get_ref().as_array());
        array.into_iter().flat_map(|array| array.iter()).filter_map(section).collect()
    }

    /// All entries, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(Spanned<&'a str>, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| (Spanned::new(key.span(), key.get_ref().as_ref()), value))
            .collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }
}

/// The text of a value, `None` when it is none or blank.
pub(super) fn text<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<Spanned<&'a str>> {
    let text = value.get_ref().as_str()?.trim();
    (!text.is_empty()).then(|| Spanned::new(value.span(), text))
}

/// The texts of a list, `None` when the value is no list.
pub(super) fn texts<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<Vec<Spanned<&'a str>>> {
    Some(value.get_ref().as_array()?.iter().filter_map(text).collect())
}

/// The table in a value, `None` when it is none.
pub(super) fn section<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<Section<'a>> {
    Some(Section::new(value.get_ref().as_table()?, value.span()))
}

fn whole(value: &DeValue<'_>) -> Option<i128> {
    let integer = value.as_integer()?;
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        // The nearest float is what a person means by a limit.
        _ => whole(value)?.to_string().parse().ok(),
    }
}

/// Reports every unknown or missing key of `section` and every value whose shape is wrong, at any depth.
/// `place` names the section for people: `[hub]`.
pub(super) fn check(section: &Section<'_>, known: &'static [Known], place: &str, faults: &mut Faults) {
    for (key, value) in section.entries() {
        let name = *key.get_ref();
        if let Some(known) = known.iter().find(|known| known.name == name) {
            check_value(value, &known.shape, name, faults);
        } else if looks_like_credential(name) {
            faults.hide(value.span());
            faults
                .add(Code::Credential, key.span(), format!("`{}` looks like a credential", shown(name)))
                .label("not in a pipeline")
                .hint("remove it and change the secret; credentials come from the environment");
        } else {
            faults
                .add(Code::UnknownKey, key.span(), format!("unknown key `{}`", shown(name)))
                .label(format!("not a key of {place}"))
                .nearest(name, known.iter().map(|known| known.name));
        }
    }
    for known in known.iter().filter(|known| known.is_required && section.value(known.name).is_none()) {
        let name = known.name;
        faults.add(Code::MissingKey, section.span.clone(), format!("`{name}` is missing in {place}"));
    }
}

fn check_value(value: &Spanned<DeValue<'_>>, shape: &'static Shape, name: &str, faults: &mut Faults) {
    let inner = value.get_ref();
    if !shape.takes(inner) {
        let article = if matches!(inner, DeValue::Integer(_) | DeValue::Array(_)) { "an" } else { "a" };
        faults
            .add(Code::WrongType, value.span(), format!("`{}` takes {}", shown(name), shape.describe()))
            .label(format!("this is {article} {}", inner.type_str()));
        return;
    }
    match (shape, inner) {
        (Shape::Text, DeValue::String(text)) if text.trim().is_empty() => {
            faults.add(Code::Empty, value.span(), format!("`{}` is empty", shown(name)));
        }
        (Shape::Whole, _) if whole(inner).is_none_or(|whole| u64::try_from(whole).is_err()) => {
            faults.add(Code::OutOfRange, value.span(), format!("`{name}` takes a whole number from 0"));
        }
        (Shape::Number, _) if !number(inner).is_some_and(|number| number.is_finite() && number >= 0.0) => {
            faults.add(Code::OutOfRange, value.span(), format!("`{name}` takes a number from 0"));
        }
        (Shape::List(item), DeValue::Array(items)) => {
            items.iter().for_each(|value| check_value(value, item, name, faults));
        }
        (Shape::Section(known), DeValue::Table(table)) => {
            check(&Section::new(table, value.span()), known, &format!("`{name}`"), faults);
        }
        (Shape::Map(item), DeValue::Table(table)) => {
            let section = Section::new(table, value.span());
            for (key, value) in section.entries() {
                check_value(value, item, key.get_ref(), faults);
            }
        }
        (Shape::OneOf(shapes), _) => {
            if let Some(shape) = shapes.iter().find(|shape| shape.takes(inner)) {
                check_value(value, shape, name, faults);
            }
        }
        _ => {}
    }
}

/// Whether a key names something that must not be written down.
pub(super) fn looks_like_credential(key: &str) -> bool {
    const WORDS: [&str; 9] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
    ];
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    WORDS.iter().any(|word| plain.contains(word))
}
