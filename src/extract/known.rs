//! What the texts of a column became, so that one that recurs is not looked at again: most of what a file says in a column
//! an earlier row said.

use rustc_hash::FxHashMap;

use super::sink::Sink;

/// So many texts of a column are known. Rows of one organization stand together, so the last ones are those that recur.
pub(super) const MOST: usize = 4096;

/// The texts of one column that were put into it, with the codes of what they became there.
#[derive(Debug, Default)]
pub(super) struct Known(FxHashMap<Box<str>, u32>);

impl Known {
    /// The code of what a text became in an earlier row.
    pub fn code(&self, text: &str) -> Option<u32> {
        self.0.get(text).copied()
    }

    /// Keeps what a text became in the column at `position`, which was set by nothing else in this row. What says more of its
    /// row than the value of the column has to be looked at in every row, and columns whose texts differ have no codes.
    pub fn keep(&mut self, text: &str, position: usize, sink: &Sink<'_>) {
        if sink.says_more() || !sink.is_set(position) {
            return;
        }
        let code = sink.code(position);
        if code.is_none() || self.0.len() == MOST {
            self.0.clear();
        }
        if let Some(code) = code {
            self.0.insert(text.into(), code);
        }
    }
}
