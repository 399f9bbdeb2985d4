//! Columns that hold no member of an element but what is made of some: joined values, made ids, words for truth values.

use std::borrow::Cow;

use super::identity::made_id;
use super::node::{Node, Path};
use super::sink::Sink;
use super::values::truth;
use crate::systems::Rule;

/// How a column is made, with its paths ready to be followed.
pub(super) enum Made<'s> {
    /// Several values with a text between, nothing unless all are there.
    Joined(Vec<Path>, &'s str),
    /// An id made of these values and of those, which may be blank.
    Id(Vec<Path>, Vec<Path>),
    /// A word for true and one for false.
    YesOrNo(Path, &'s str, &'s str),
    /// Whether the member is not blank.
    Filled(Path),
    /// Always the same.
    Always(&'s str),
}

impl<'s> Made<'s> {
    /// `None` for rules of another kind.
    pub fn new(rule: &'s Rule) -> Option<Self> {
        let all = |paths: &[String]| paths.iter().map(|path| Path::new(path)).collect();
        Some(match rule {
            Rule::Joined { paths, by } => Self::Joined(all(paths), by),
            Rule::MadeId { needs, with } => Self::Id(all(needs), all(with)),
            Rule::YesOrNo { path, yes, no } => Self::YesOrNo(Path::new(path), yes, no),
            Rule::Filled { path } => Self::Filled(Path::new(path)),
            Rule::Always { value } => Self::Always(value),
            _ => return None,
        })
    }

    /// The value, `None` when there is none.
    pub fn value(&self, element: &Node<'_>, source: &str) -> Option<Cow<'s, str>> {
        let filled = |paths: &[Path]| -> Option<Vec<String>> {
            paths.iter().map(|path| path.filled(element).map(Cow::into_owned)).collect()
        };
        match self {
            Self::Joined(paths, by) => Some(filled(paths)?.join(by).into()),
            Self::Id(needs, with) => {
                let mut values = filled(needs)?;
                values.extend(
                    with.iter().map(|path| path.filled(element).map(Cow::into_owned).unwrap_or_default()),
                );
                Some(made_id(source, &values).into())
            }
            Self::YesOrNo(path, yes, no) => {
                let is_true = truth(&path.filled(element)?)? == "true";
                Some(Cow::Borrowed(if is_true { yes } else { no }))
            }
            Self::Filled(path) => {
                let is_filled = path.filled(element).is_some();
                path.is_there(element).then_some(Cow::Borrowed(if is_filled { "true" } else { "false" }))
            }
            Self::Always(value) => Some(Cow::Borrowed(value)),
        }
    }

    /// Sets the column. Returns whether the element carries it at all.
    pub fn put(&self, position: usize, element: &Node<'_>, source: &str, sink: &mut Sink<'_>) -> bool {
        if let Some(value) = self.value(element, source) {
            sink.put(position, &value);
        }
        match self {
            Self::Joined(needs, _) | Self::Id(needs, _) => needs.iter().all(|path| path.is_there(element)),
            Self::YesOrNo(path, ..) | Self::Filled(path) => path.is_there(element),
            Self::Always(_) => true,
        }
    }
}
