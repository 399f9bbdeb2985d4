//! Which rows a page has, also when rows move while a list is read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::Options;

/// What happens to a list between its first page and the second, when it is read for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shift {
    /// Nothing.
    #[default]
    None,
    /// A row is inserted in front: the last row of every page is the first of the next one too.
    Repeated,
    /// A row in front is deleted: the row that would have been the first of page two is on no page.
    Lost,
}

/// The pages of a vendor's lists.
#[derive(Debug)]
pub struct Pager {
    /// Rows per page where a request does not say.
    default: usize,
    /// Rows per page at most.
    most: usize,
    shift: Shift,
    has_empty: bool,
    lists: Mutex<BTreeMap<String, Reading>>,
}

/// How far a list was read.
#[derive(Debug, Default)]
struct Reading {
    is_behind_first: bool,
    is_again: bool,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The places of its rows in the list.
    pub rows: Range<usize>,
    /// Its number, from 0.
    pub index: usize,
    /// Rows per page.
    pub size: usize,
    /// How many pages the list has, one at least.
    pub pages: usize,
    /// Rows in the list.
    pub total: usize,
}

impl Page {
    /// Whether there is a page behind it.
    pub fn has_next(&self) -> bool {
        self.index + 1 < self.pages
    }
}

impl Pager {
    /// The pages of a vendor that gives `default` rows where a request does not say, and `most` at most.
    pub fn new(default: usize, most: usize, options: &Options) -> Self {
        let most = options.page_size.unwrap_or(most).min(most).max(1);
        let default = default.min(most);
        Self { default, most, shift: options.shift, has_empty: options.empty_page, lists: Mutex::default() }
    }

    /// Page `index`, from 0, of the list called `list` with `total` rows. The name tells lists apart: what is asked for
    /// without the page, such as the path and the filters.
    pub fn page(&self, list: &str, index: usize, size: Option<usize>, total: usize) -> Page {
        let size = size.unwrap_or(self.default).clamp(1, self.most);
        let shift = if total <= size || self.is_again(list, index) { Shift::None } else { self.shift };
        let (there, moved): (usize, isize) = match shift {
            Shift::None => (total, 0),
            Shift::Repeated => (total + 1, -1),
            Shift::Lost => (total - 1, 1),
        };
        let full = there.div_ceil(size).max(1);
        let has_empty = self.has_empty && full > 1;
        let pages = full + usize::from(has_empty);
        let rows = match index {
            0 => 0..size.min(total),
            1 if has_empty => 0..0,
            _ => {
                let place = (index - usize::from(has_empty)).saturating_mul(size);
                let start = place.saturating_add_signed(moved).min(total);
                start..place.saturating_add(size).saturating_add_signed(moved).min(total)
            }
        };
        Page { rows, index, size, pages, total }
    }

    /// Whether the list was begun again after its second page: what had moved lies still then.
    fn is_again(&self, list: &str, index: usize) -> bool {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = lists.entry(list.to_owned()).or_default();
        reading.is_again |= index == 0 && reading.is_behind_first;
        reading.is_behind_first |= index > 0;
        reading.is_again
    }
}
