//! Cells as codes of their texts while a column is built.

use std::hash::Hasher as _;
use std::sync::Arc;

use arrow::array::{ArrayBuilder as _, DictionaryArray, LargeStringBuilder, UInt32Builder};
use arrow::datatypes::UInt32Type;
use rustc_hash::{FxHashMap, FxHasher};

/// The codes of the cells so far, and the texts that they stand for.
#[derive(Default)]
pub(super) struct Codes {
    cells: UInt32Builder,
    texts: LargeStringBuilder,
    /// The code of a text under the hash of the text; where another text has that, under the next number that is free.
    places: FxHashMap<u64, u32>,
    /// The code of the last text that was appended.
    last: Option<u32>,
}

impl Codes {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// The number of texts.
    pub fn texts(&self) -> usize {
        self.texts.len()
    }

    /// The code of the last text that was appended.
    pub const fn last(&self) -> Option<u32> {
        self.last
    }

    /// Makes room for so many cells in all.
    pub fn make_room(&mut self, cells: usize) {
        let own = self.cells.finish();
        self.cells = UInt32Builder::with_capacity(cells.max(own.len()));
        self.cells.append_array(&own);
    }

    /// Appends a text. Rows of one organization stand together, so it often is the last one again.
    pub fn append(&mut self, text: &str) {
        let code = match self.last {
            Some(last) if self.is(last, text) => last,
            _ => self.code(text),
        };
        self.append_code(code);
    }

    /// Appends the text of a code.
    pub fn append_code(&mut self, code: u32) {
        self.last = Some(code);
        self.cells.append_value(code);
    }

    /// Appends nulls.
    pub fn append_nulls(&mut self, count: usize) {
        self.cells.append_nulls(count);
    }

    /// The column. Nothing is left here.
    pub fn finish(&mut self) -> DictionaryArray<UInt32Type> {
        self.places.clear();
        self.last = None;
        let (cells, texts) = (self.cells.finish(), self.texts.finish());
        DictionaryArray::try_new(cells, Arc::new(texts)).expect("every code has a text")
    }

    /// The code of a text, a new one if it is new.
    fn code(&mut self, text: &str) -> u32 {
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let mut place = hasher.finish();
        while let Some(code) = self.places.get(&place).copied() {
            if self.is(code, text) {
                return code;
            }
            place = place.wrapping_add(1);
        }
        let code = u32::try_from(self.texts.len()).expect("a column has fewer than 4 billion cells");
        self.places.insert(place, code);
        self.texts.append_value(text);
        code
    }

    fn is(&self, code: u32, text: &str) -> bool {
        let offset =
            |at: usize| usize::try_from(self.texts.offsets_slice()[at]).expect("offsets grow from 0");
        let code = code as usize;
        self.texts.values_slice()[offset(code)..offset(code + 1)] == *text.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array as _, AsArray as _};

    #[test]
    fn a_text_has_one_code_even_where_two_have_one_hash() {
        let mut codes = Codes::default();
        for text in ["Dell", "Dell", "HP", "Dell"] {
            codes.append(text);
        }
        // As if `HP` had the hash of a text that comes now.
        let mut hasher = FxHasher::default();
        hasher.write(b"Lenovo");
        codes.places.insert(hasher.finish(), 1);
        codes.append_nulls(1);
        for text in ["Lenovo", "HP", "Lenovo"] {
            codes.append(text);
        }
        codes.append_code(0);
        assert_eq!((codes.len(), codes.texts()), (9, 3));
        let column = codes.finish();
        let found: Vec<Option<u32>> = column.keys().iter().collect();
        assert_eq!(found, [0, 0, 1, 0, 9, 2, 1, 2, 0].map(|code| Some(code).filter(|code| *code < 9)));
        let texts = column.values().as_string::<i64>();
        assert_eq!((0..texts.len()).map(|at| texts.value(at)).collect::<Vec<_>>(), ["Dell", "HP", "Lenovo"]);
    }
}
