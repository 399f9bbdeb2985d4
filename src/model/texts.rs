//! One column of text of the records: every cell its own text or, where few texts recur, a code for one of them.
//!
//! Most columns of an estate name one of few things: an organization, a maker, a day. Coded they take a fraction of the
//! memory, and what depends on a text alone is worked out once per text. Which of both a column is follows from its values
//! and changes no result.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, AsArray as _, DictionaryArray, LargeStringArray, LargeStringBuilder,
    UInt32Array,
};
use arrow::compute::concat;
use arrow::datatypes::UInt32Type;

use super::codes::Codes;

/// A column whose first values are all different, so many of them, is not looked through for texts that recur.
const ALL_DIFFER: usize = 256;

/// Columns with fewer texts stay coded while they are built: a column of dates begins with different ones for the most part.
const FEW: usize = 4096;

/// The cells of a column, by row.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'a> {
    /// Every cell has its text.
    Plain(&'a LargeStringArray),
    /// Every cell has the position of its text.
    Coded {
        /// By row, the position in `texts`, null for a null.
        codes: &'a UInt32Array,
        /// The texts, none of them null. One may be there twice, or not be used.
        texts: &'a LargeStringArray,
    },
}

impl<'a> Texts<'a> {
    /// The column in an array that a builder of this module made, or a part of one.
    ///
    /// # Panics
    /// If the array is of another type.
    #[must_use]
    pub fn of(column: &'a ArrayRef) -> Self {
        if let Some(texts) = column.as_string_opt::<i64>() {
            return Self::Plain(texts);
        }
        let coded: &DictionaryArray<UInt32Type> = column.as_dictionary();
        Self::Coded { codes: coded.keys(), texts: coded.values().as_string() }
    }

    /// The number of cells.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Plain(texts) => texts.len(),
            Self::Coded { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// How many cells are null.
    #[must_use]
    pub fn null_count(self) -> usize {
        match self {
            Self::Plain(texts) => texts.null_count(),
            Self::Coded { codes, .. } => codes.null_count(),
        }
    }

    /// Whether all cells are null.
    #[must_use]
    pub fn is_blank(self) -> bool {
        self.null_count() == self.len()
    }

    /// The text of a cell, `None` when it is null.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn get(self, row: usize) -> Option<&'a str> {
        match self {
            Self::Plain(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Coded { codes, texts } => {
                codes.is_valid(row).then(|| texts.value(codes.value(row) as usize))
            }
        }
    }

    /// All cells.
    pub fn iter(self) -> impl Iterator<Item = Option<&'a str>> {
        (0..self.len()).map(move |row| self.get(row))
    }

    /// What `of` makes of every cell that is not null. It is asked once per text where the column is coded.
    pub fn map<T: Copy>(self, of: impl Fn(&'a str) -> T) -> impl Iterator<Item = Option<T>> {
        let by_code: Vec<T> = match self {
            Self::Plain(_) => Vec::new(),
            Self::Coded { texts, .. } => texts.iter().flatten().map(&of).collect(),
        };
        (0..self.len()).map(move |row| match self {
            Self::Plain(texts) => texts.is_valid(row).then(|| of(texts.value(row))),
            Self::Coded { codes, .. } => codes.is_valid(row).then(|| by_code[codes.value(row) as usize]),
        })
    }

    /// The bytes of the longest text that is held; 0 where there is none.
    ///
    /// # Panics
    /// If a text is larger than memory.
    #[must_use]
    pub fn longest(self) -> usize {
        let (Self::Plain(texts) | Self::Coded { texts, .. }) = self;
        let longest = texts.value_offsets().windows(2).map(|ends| ends[1] - ends[0]).max();
        usize::try_from(longest.unwrap_or_default()).expect("texts are in memory")
    }
}

/// A column of nulls. A table has one for all of its columns that nothing was read into.
#[must_use]
pub fn blank_column(len: usize) -> ArrayRef {
    Arc::new(LargeStringArray::new_null(len))
}

/// Several columns, one after the other.
///
/// # Panics
/// If an array is not one of [`Texts`], or there are 4 billion cells.
#[must_use]
pub fn joined_texts(parts: &[ArrayRef]) -> ArrayRef {
    let parts_as_arrays: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    if parts.iter().all(|part| part.as_string_opt::<i64>().is_some()) {
        return concat(&parts_as_arrays).expect("all are texts");
    }
    let mut builder = TextsBuilder::new();
    for part in parts {
        builder.append_all(Texts::of(part));
    }
    builder.finish()
}

/// The bytes of most texts, where none of a column was seen.
const TEXT: usize = 16;

/// Room is made for this many bytes of text at most: a few cells may be much longer than all others.
const MOST_BYTES: usize = 1 << 26;

/// Builds a column cell by cell.
pub struct TextsBuilder {
    cells: Building,
    /// How many cells there will be, as far as anyone can tell.
    room: usize,
}

enum Building {
    Plain(LargeStringBuilder),
    Coded(Codes),
}

impl fmt::Debug for TextsBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TextsBuilder").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl TextsBuilder {
    /// A builder that codes texts while they recur.
    #[must_use]
    pub fn new() -> Self {
        Self { cells: Building::Coded(Codes::default()), room: 0 }
    }

    /// A builder of a column whose texts differ.
    #[must_use]
    pub fn plain() -> Self {
        Self { cells: Building::Plain(LargeStringBuilder::new()), room: 0 }
    }

    /// The number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.cells {
            Building::Plain(cells) => cells.len(),
            Building::Coded(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for so many cells in all, so that the column is not copied again and again as it grows.
    pub fn make_room(&mut self, cells: usize) {
        self.room = cells;
        match &mut self.cells {
            Building::Plain(own) => {
                let first = own.finish();
                *own = roomy(first.len(), first.value_data().len(), cells);
                first.iter().for_each(|cell| own.append_option(cell));
            }
            Building::Coded(own) => own.make_room(cells),
        }
    }

    /// Appends a cell.
    ///
    /// # Panics
    /// If there are 4 billion cells already.
    pub fn append(&mut self, cell: Option<&str>) {
        match (&mut self.cells, cell) {
            (Building::Plain(cells), cell) => cells.append_option(cell),
            (Building::Coded(cells), None) => cells.append_nulls(1),
            (Building::Coded(cells), Some(text)) => {
                let known = cells.texts();
                cells.append(text);
                let texts = cells.texts();
                if texts > known {
                    let all_differ = texts == ALL_DIFFER && cells.len() == ALL_DIFFER;
                    // Looked at again whenever there are twice as many.
                    let most_differ = texts >= FEW && texts.is_power_of_two() && differ(texts, cells.len());
                    if all_differ || most_differ {
                        self.cells = Building::Plain(plain(&cells.finish(), self.room));
                    }
                }
            }
        }
    }

    /// The code of the last text that was appended, `None` when cells have no codes.
    #[must_use]
    pub const fn last_code(&self) -> Option<u32> {
        match &self.cells {
            Building::Plain(_) => None,
            Building::Coded(cells) => cells.last(),
        }
    }

    /// Appends the text of a code of this column. Returns false, and appends nothing, when cells have no codes any more.
    pub fn append_code(&mut self, code: u32) -> bool {
        let Building::Coded(cells) = &mut self.cells else { return false };
        cells.append_code(code);
        true
    }

    /// Appends the cells of a column, each of its texts being looked up once.
    fn append_all(&mut self, column: Texts<'_>) {
        let Texts::Coded { codes, texts } = column else {
            return column.iter().for_each(|cell| self.append(cell));
        };
        // By code of the column, the code here.
        let mut known: Vec<Option<u32>> = vec![None; texts.len()];
        for code in codes {
            let Some(code) = code.map(|code| code as usize) else {
                self.append(None);
                continue;
            };
            if known[code].is_some_and(|own| self.append_code(own)) {
                continue;
            }
            self.append(Some(texts.value(code)));
            known[code] = self.last_code();
        }
    }

    /// Appends nulls.
    pub fn append_nulls(&mut self, count: usize) {
        match &mut self.cells {
            Building::Plain(cells) => cells.append_nulls(count),
            Building::Coded(cells) => cells.append_nulls(count),
        }
    }

    /// The column.
    #[must_use]
    pub fn finish(self) -> ArrayRef {
        // Builders grow by doubling, and the records stay until the end of the run.
        match self.cells {
            Building::Plain(mut cells) => shrunk(cells.finish()),
            Building::Coded(mut cells) => {
                let texts = cells.texts();
                let coded = cells.finish();
                let values = coded.len() - coded.null_count();
                match (texts, values) {
                    (_, 0) => blank_column(coded.len()),
                    _ if differ(texts, values) => shrunk(plain(&coded, 0).finish()),
                    _ => shrunk(coded),
                }
            }
        }
    }
}

impl Default for TextsBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether so many texts among so many cells are too many for codes to be smaller.
const fn differ(texts: usize, cells: usize) -> bool {
    texts * 2 > cells
}

/// A builder for so many cells in all, of which the first have so many bytes.
fn roomy(first: usize, bytes: usize, room: usize) -> LargeStringBuilder {
    let each = if first == 0 { TEXT } else { bytes.div_ceil(first) };
    let most = each.saturating_mul(room).min(MOST_BYTES);
    LargeStringBuilder::with_capacity(first.max(room), bytes.max(most))
}

/// The texts of coded cells, with room for so many cells in all.
fn plain(coded: &DictionaryArray<UInt32Type>, room: usize) -> LargeStringBuilder {
    let texts: &LargeStringArray = coded.values().as_string();
    let mut cells = roomy(coded.len(), texts.value_data().len(), room);
    coded.keys().iter().for_each(|code| cells.append_option(code.map(|code| texts.value(code as usize))));
    cells
}

fn shrunk(mut column: impl Array + 'static) -> ArrayRef {
    column.shrink_to_fit();
    Arc::new(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(cells: &[Option<&str>]) -> ArrayRef {
        let mut builder = TextsBuilder::new();
        for cell in cells {
            builder.append(*cell);
        }
        builder.finish()
    }

    fn is_coded(column: &ArrayRef) -> bool {
        matches!(Texts::of(column), Texts::Coded { .. })
    }

    #[test]
    fn texts_that_recur_are_coded_and_read_as_they_were_written() {
        let cells = [Some("Dell"), None, Some("HP"), Some("Dell"), Some("Dell"), Some("HP"), None];
        let column = built(&cells);
        assert!(is_coded(&column));
        let texts = Texts::of(&column);
        assert_eq!(texts.iter().collect::<Vec<_>>(), cells);
        assert_eq!((texts.len(), texts.null_count(), texts.longest()), (7, 2, "Dell".len()));
        assert!(!texts.is_blank());
    }

    #[test]
    fn a_text_that_recurs_is_asked_about_once() {
        let asked = std::cell::Cell::new(0);
        let length = |text: &str| {
            asked.set(asked.get() + 1);
            text.len()
        };
        let coded = built(&[Some("Dell"), None, Some("HP"), Some("Dell"), Some("Dell"), Some("HP")]);
        let lengths: Vec<Option<usize>> = Texts::of(&coded).map(length).collect();
        assert_eq!(lengths, [Some(4), None, Some(2), Some(4), Some(4), Some(2)]);
        assert_eq!(asked.get(), 2);
        let plain = built(&[Some("Dell"), None, Some("HP")]);
        assert_eq!(Texts::of(&plain).map(length).collect::<Vec<_>>(), [Some(4), None, Some(2)]);
    }

    #[test]
    fn texts_that_differ_are_plain() {
        let cells = [Some("a"), None, Some("b"), Some("a")];
        let column = built(&cells);
        assert!(!is_coded(&column), "two texts in three values");
        assert_eq!(Texts::of(&column).iter().collect::<Vec<_>>(), cells);
        assert!(Texts::of(&built(&[None, None])).is_blank());
        assert!(Texts::of(&built(&[])).is_empty());
    }

    #[test]
    fn a_column_whose_first_texts_mostly_differ_is_coded_once_they_recur() {
        let days: Vec<String> = (0..3650).map(|day| format!("day {}", day.max(1))).collect();
        let cells: Vec<Option<&str>> =
            days.iter().cycle().take(20_000).map(|day| Some(day.as_str())).collect();
        let column = built(&cells);
        assert!(is_coded(&column));
        assert_eq!(Texts::of(&column).iter().collect::<Vec<_>>(), cells);
    }

    #[test]
    fn many_different_texts_become_plain_on_the_way() {
        let names: Vec<String> = (0..20_000).map(|number| format!("PC-{number}")).collect();
        // The second is the first again.
        let name = |at: usize| names[if at == 1 { 0 } else { at }].as_str();
        let cells: Vec<Option<&str>> =
            (0..20_000).map(|at| (at % 7 > 0 || at == 0).then(|| name(at))).collect();
        let mut builder = TextsBuilder::new();
        cells.iter().take(FEW * 2).for_each(|cell| builder.append(*cell));
        assert!(matches!(builder.cells, Building::Plain(_)));
        cells.iter().skip(FEW * 2).for_each(|cell| builder.append(*cell));
        builder.append_nulls(2);
        assert_eq!(builder.len(), 20_002);
        let column = builder.finish();
        let expected: Vec<Option<&str>> = cells.iter().copied().chain([None, None]).collect();
        assert_eq!(Texts::of(&column).iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn texts_that_all_differ_at_first_become_plain_at_once() {
        let names: Vec<String> = (0..256).map(|number| format!("PC-{number}")).collect();
        let mut builder = TextsBuilder::new();
        for name in &names {
            builder.append(Some(name));
        }
        assert!(matches!(builder.cells, Building::Plain(_)));
        let mut builder = TextsBuilder::new();
        builder.append(Some("PC-7"));
        for name in &names {
            builder.append(Some(name));
        }
        assert!(matches!(builder.cells, Building::Coded(_)));
    }

    #[test]
    fn room_changes_no_cell() {
        let recurring: Vec<String> = (0..700).map(|at| format!("maker {}", at % 7)).collect();
        let different: Vec<String> = (0..700).map(|at| format!("PC-{at}")).collect();
        for texts in [&recurring, &different] {
            let cells: Vec<Option<&str>> =
                texts.iter().enumerate().map(|(at, text)| (at % 5 > 0).then_some(text.as_str())).collect();
            for (seen, room) in [(0, 700), (3, 10), (300, 700), (300, 1 << 20), (700, 700)] {
                for mut builder in [TextsBuilder::new(), TextsBuilder::plain()] {
                    cells[..seen].iter().for_each(|cell| builder.append(*cell));
                    builder.make_room(room);
                    cells[seen..].iter().for_each(|cell| builder.append(*cell));
                    assert_eq!(
                        Texts::of(&builder.finish()).iter().collect::<Vec<_>>(),
                        cells,
                        "{seen}, {room}"
                    );
                }
            }
        }
        let long = "x".repeat(1 << 20);
        let mut builder = TextsBuilder::plain();
        builder.append(Some(&long));
        builder.make_room(1 << 20);
        builder.append(Some("PC-1"));
        assert_eq!(Texts::of(&builder.finish()).longest(), long.len(), "not a terabyte");
    }

    #[test]
    fn columns_of_both_kinds_are_joined() {
        let (coded, plain) = (built(&[Some("x"), Some("x"), None]), built(&[Some("y"), Some("x")]));
        let all = [Some("x"), Some("x"), None, Some("y"), Some("x")];
        let column = joined_texts(&[Arc::clone(&coded), Arc::clone(&plain)]);
        assert_eq!(Texts::of(&column).iter().collect::<Vec<_>>(), all);
        let column = joined_texts(&[Arc::clone(&plain), plain]);
        assert!(!is_coded(&column));
        assert_eq!(Texts::of(&column).len(), 4);
        let slice = coded.slice(1, 2);
        assert_eq!(Texts::of(&slice).iter().collect::<Vec<_>>(), [Some("x"), None]);
    }
}
