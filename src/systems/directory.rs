//! The objects of a directory: how their attributes are written, and which record each kind of object becomes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shapes::JsonShape;

/// What a directory exports, whatever the format: objects of several classes with attributes of one vocabulary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Attributes by their names in the directory. Others are kept as they are, and go to `raw`.
    pub attributes: BTreeMap<String, Attribute>,
    /// The kinds of objects; of several that an object is of, the first counts.
    pub objects: Vec<Object>,
    /// Headings of which one makes a file of another name an export of the directory.
    pub tells: Vec<String>,
}

/// One attribute.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// What else it is called.
    #[serde(default)]
    pub names: Vec<String>,
    /// How its values are written.
    pub decode: Option<Decode>,
    /// How several values stand in one cell; without it there is one.
    pub many: Option<Many>,
}

/// How the values of an attribute are written.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    /// A GUID of 16 bytes, of which the first three groups are little-endian.
    Guid,
    /// A security identifier.
    Sid,
    /// A generalized time: `20171117102419.0Z`.
    Time,
    /// Units of 100 ns since 1601-01-01, in which 0 and the largest number mean never.
    FileTime,
    /// A number whose bits have these names; those that are set, with commas between.
    Bits(Vec<(u32, String)>),
    /// A truth value.
    Truth,
    /// A number that stands for a word.
    Words(Vec<(i64, String)>),
}

/// How several values of an attribute stand in one cell: with `;` between them.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Many {
    /// Any values.
    Values,
    /// Distinguished names; a cell with a part that is none is one value.
    Names,
    /// Addresses behind their kind: `SMTP:`; a cell with a part that is none is one value.
    Addresses,
}

/// A kind of objects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The object class that it has, among others.
    pub class: String,
    /// The first part of the object category's name, where a file has that and no class.
    pub category: Option<String>,
    /// Words of a file's name by which it holds such objects alone.
    #[serde(default)]
    pub files: Vec<String>,
    /// Attributes by which a file without classes holds such objects alone.
    #[serde(default)]
    pub tells: Vec<String>,
    /// Attributes of which the first that is not blank identifies an object without an id.
    pub identity: Vec<String>,
    /// Attributes of which the first that is not blank is what members of groups are called.
    pub called: Vec<String>,
    /// The record that it becomes.
    pub record: JsonShape,
}
