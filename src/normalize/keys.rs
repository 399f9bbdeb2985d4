//! Keys and the sets of key values that records hold.

use std::fmt;
use std::ops::Range;

use crate::model::{Entity, SourceIx};

/// A normalised identifier of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Key {
    /// `SOURCE:REMOTE-ID`: stored ids of other systems, and the record's own.
    Link,
    /// A name, white space cleaned, letter case kept.
    Name,
    /// First and last name of a contact.
    Person,
    /// An e-mail address of a contact.
    Email,
    /// The sign-in name of a contact.
    Upn,
    /// The address of a location.
    Address,
    /// A serial number.
    Serial,
    /// A MAC address.
    Mac,
    /// A host name.
    Hostname,
    /// A configuration type, after the type mapping.
    Type,
}

impl Key {
    /// All keys.
    pub const ALL: [Self; 10] = [
        Self::Link,
        Self::Name,
        Self::Person,
        Self::Email,
        Self::Upn,
        Self::Address,
        Self::Serial,
        Self::Mac,
        Self::Hostname,
        Self::Type,
    ];

    /// The keys that identify a device across organizations.
    pub const DEVICE: [Self; 2] = [Self::Serial, Self::Mac];

    /// The name, as in tiers and in the `rule` columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Name => "name",
            Self::Person => "person",
            Self::Email => "email",
            Self::Upn => "upn",
            Self::Address => "address",
            Self::Serial => "serial",
            Self::Mac => "mac",
            Self::Hostname => "hostname",
            Self::Type => "type",
        }
    }

    /// The key that `name` means, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The position in [`Key::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The values that every record of one table holds for one key: a list per row, in one arena.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyValues {
    /// `rows + 1` offsets into `ends`; empty when no row holds a value.
    rows: Vec<u32>,
    /// The end of each value in `text`; a value starts where the one before it ends.
    ends: Vec<u32>,
    text: String,
}

impl KeyValues {
    /// An empty set for tables that do not have the key.
    #[must_use]
    pub fn new() -> Self {
        Self { rows: vec![0], ends: Vec::new(), text: String::new() }
    }

    /// Adds a value to the row being built, unless the row holds it already.
    ///
    /// # Panics
    /// If the values of one key exceed 4 GiB.
    pub fn push(&mut self, value: &str) {
        let first = *self.rows.last().expect("`new` starts with one offset") as usize;
        if (first..self.ends.len()).any(|ix| self.value(ix) == value) {
            return;
        }
        self.text.push_str(value);
        self.ends.push(u32::try_from(self.text.len()).expect("the values of one key stay below 4 GiB"));
    }

    /// Ends the row being built.
    ///
    /// # Panics
    /// If a table holds more than 4 billion values of one key.
    pub fn finish_row(&mut self) {
        self.rows.push(u32::try_from(self.ends.len()).expect("no more values than bytes"));
    }

    /// The values of `row`, in the order in which they were added; none when the table lacks the key.
    pub fn get(&self, row: u32) -> impl Iterator<Item = &str> + Clone {
        self.range(row).map(|ix| self.value(ix))
    }

    /// The values of many rows, appended to `values` one after the other, and where those of each row end.
    ///
    /// The rows may be far apart in memory. What says where the next thing is gets looked up for all of them before the
    /// first is looked at, so that the processor waits for many places at once.
    #[must_use]
    pub fn gather<'a>(&'a self, rows: &[u32], values: &mut Vec<&'a str>) -> Vec<u32> {
        let ranges: Vec<Range<usize>> = rows.iter().map(|row| self.range(*row)).collect();
        let spans: Vec<Range<usize>> = ranges.iter().cloned().flatten().map(|ix| self.span(ix)).collect();
        values.extend(spans.into_iter().map(|span| &self.text[span]));
        let ends = ranges.iter().scan(0, |end, range| {
            *end += range.len();
            u32::try_from(*end).ok()
        });
        ends.collect()
    }

    /// The positions of the values of `row`.
    fn range(&self, row: u32) -> Range<usize> {
        let row = row as usize;
        match (self.rows.get(row), self.rows.get(row + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// Whether any row holds several values, of a key of which every row holds one.
    #[must_use]
    pub fn has_several(&self) -> bool {
        self.ends.len() >= self.rows.len().max(1)
    }

    /// True when `row` holds no value.
    #[must_use]
    pub fn is_empty(&self, row: u32) -> bool {
        self.get(row).next().is_none()
    }

    fn value(&self, ix: usize) -> &str {
        &self.text[self.span(ix)]
    }

    /// The place of a value in `text`.
    fn span(&self, ix: usize) -> Range<usize> {
        let start = if ix == 0 { 0 } else { self.ends[ix - 1] as usize };
        start..self.ends[ix] as usize
    }
}

/// The keys of every record of one table.
#[derive(Debug, Clone, Default)]
pub struct RecordKeys {
    values: [KeyValues; Key::ALL.len()],
}

impl RecordKeys {
    /// Puts the values of `key` in place.
    pub fn insert(&mut self, key: Key, values: KeyValues) {
        self.values[key.index()] = values;
    }

    /// The values of `key`.
    #[must_use]
    pub fn of(&self, key: Key) -> &KeyValues {
        &self.values[key.index()]
    }
}

/// The keys of every table of the run.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    by_source: Vec<[RecordKeys; 7]>,
}

impl Keys {
    /// Empty keys for so many sources.
    #[must_use]
    pub fn new(sources: usize) -> Self {
        Self { by_source: (0..sources).map(|_| Default::default()).collect() }
    }

    /// Puts the values of one key of one table in place.
    pub fn insert(&mut self, source: SourceIx, entity: Entity, key: Key, values: KeyValues) {
        self.by_source[usize::from(source)][entity.index()].insert(key, values);
    }

    /// Drops the values that nothing asks for any more.
    pub fn retain(&mut self, is_asked: impl Fn(Entity, Key) -> bool) {
        for by_entity in &mut self.by_source {
            for (entity, of_entity) in Entity::ALL.into_iter().zip(by_entity) {
                for key in Key::ALL.into_iter().filter(|key| !is_asked(entity, *key)) {
                    of_entity.insert(key, KeyValues::default());
                }
            }
        }
    }

    /// Drops the links of entities of which no record says under which id another system has it: own ids are links that
    /// only such a record holds too.
    pub fn drop_lone_links(&mut self) {
        let stores = Entity::ALL.map(|entity| self.stores_links(entity));
        self.retain(|entity, key| key != Key::Link || stores[entity.index()]);
    }

    /// Whether any record of `entity` says under which id another system has it.
    #[must_use]
    pub fn stores_links(&self, entity: Entity) -> bool {
        self.iter(entity).any(|keys| keys.of(Key::Link).has_several())
    }

    /// The keys of the records of `entity` of `source`; empty when the source does not deliver them.
    #[must_use]
    pub fn of(&self, source: SourceIx, entity: Entity) -> &RecordKeys {
        &self.by_source[source as usize][entity.index()]
    }

    /// The keys of the records of `entity` of every source.
    pub fn iter(&self, entity: Entity) -> impl Iterator<Item = &RecordKeys> {
        self.by_source.iter().map(move |of_source| &of_source[entity.index()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_many_rows_are_those_of_each() {
        let mut keys = KeyValues::new();
        let rows: [&[&str]; 4] = [&["a"], &[], &["bb", "c"], &["d"]];
        for row in rows {
            for value in row {
                keys.push(value);
            }
            keys.finish_row();
        }
        let mut values = Vec::new();
        // The last is no row of the table.
        assert_eq!(keys.gather(&[2, 0, 1, 3, 9], &mut values), [2, 3, 3, 4, 4]);
        assert_eq!(values, ["bb", "c", "a", "d"]);
        values.clear();
        let none = KeyValues::default();
        assert_eq!(none.gather(&[0, 1], &mut values), [0, 0]);
        assert!(values.is_empty());
    }
}
