//! `[source.reading]`: how the text files of a source are read where they do not say it themselves.

use crate::model::Encoding;

use super::Code;
use super::errors::Faults;
use super::resolve::choice;
use super::written::Section;

/// How the text files and workbooks of a source are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The encoding of files that are not UTF-8 and have no byte order mark; `None` to find out.
    pub encoding: Option<Encoding>,
    /// What stands between cells; `None` to find out.
    pub separator: Option<u8>,
    /// What a line begins with that is a comment; `None` where there are none.
    pub comments: Option<u8>,
    /// Which part of a date such as `3/4/2025` comes first, where its column does not tell.
    pub dates: Option<DateOrder>,
    /// Whether whole numbers in columns of dates are a spreadsheet's serial days.
    pub serial_days: bool,
    /// Whether text that was decoded wrongly before it came here is repaired.
    pub repair_mojibake: bool,
    /// The heading of the column that takes up separators that nobody quoted.
    pub rejoin: Option<String>,
    /// The most columns of a file.
    pub max_columns: usize,
    /// The most bytes of a cell.
    pub max_cell: usize,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            encoding: None,
            separator: None,
            comments: None,
            dates: None,
            serial_days: false,
            repair_mojibake: false,
            rejoin: None,
            max_columns: 4096,
            max_cell: 1 << 20,
        }
    }
}

/// Which part of a date comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// `31/12/2025`.
    DayFirst,
    /// `12/31/2025`.
    MonthFirst,
}

impl DateOrder {
    /// The name in a pipeline.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
        }
    }
}

const DATES: [(&str, DateOrder); 2] =
    [("day-first", DateOrder::DayFirst), ("month-first", DateOrder::MonthFirst)];

/// The settings of a source or the hub.
pub(super) fn resolve(section: &Section<'_>, faults: &mut Faults) -> Reading {
    let default = Reading::default();
    let Some(reading) = section.section("reading") else { return default };
    let encodings: Vec<(String, Encoding)> =
        Encoding::ALL.into_iter().map(|encoding| (encoding.key(), encoding)).collect();
    let encodings: Vec<(&str, Encoding)> =
        encodings.iter().map(|(key, encoding)| (key.as_str(), *encoding)).collect();
    let encoding = reading.text("encoding").and_then(|spot| choice(&spot, "encoding", &encodings, faults));
    let mut mark = |key: &'static str, why: &'static str| {
        // A tab is white space, so the text is taken as it is written.
        let value = reading.value(key)?;
        let text = value.get_ref().as_str()?;
        match text.as_bytes() {
            [byte]
                if byte.is_ascii()
                    && !byte.is_ascii_alphanumeric()
                    && !matches!(byte, b'"' | b'\r' | b'\n') =>
            {
                Some(*byte)
            }
            _ => {
                faults
                    .add(Code::UnknownValue, value.span(), format!("`{key}` takes one character"))
                    .hint(why);
                None
            }
        }
    };
    let separator = mark("separator", "such as `,`, `;`, `|` or `\\t`");
    let comments = mark("comments", "such as `#`");
    if let (Some(value), true) = (reading.value("comments"), separator.is_some() && separator == comments) {
        faults.add(Code::Repeated, value.span(), "`comments` is the character that separates cells");
    }
    let mut most = |key: &'static str, default: usize, range: std::ops::RangeInclusive<usize>| {
        let Some(value) = reading.value(key) else { return default };
        let Some(number) = reading.whole(key).and_then(|number| usize::try_from(number).ok()) else {
            return default;
        };
        if !range.contains(&number) {
            let (least, most) = (range.start(), range.end());
            faults.add(
                Code::OutOfRange,
                value.span(),
                format!("`{key}` takes a number from {least} to {most}"),
            );
        }
        number
    };
    let max_columns = most("max_columns", default.max_columns, 1..=100_000);
    let max_cell = most("max_cell", default.max_cell, 16..=32 << 20);
    let flag = |key| reading.flag(key).is_some_and(|flag| *flag.get_ref());
    Reading {
        encoding,
        separator,
        comments,
        dates: reading.text("dates").and_then(|spot| choice(&spot, "order of dates", &DATES, faults)),
        serial_days: flag("serial_days"),
        repair_mojibake: flag("repair_mojibake"),
        rejoin: reading.text("rejoin").map(|spot| (*spot.get_ref()).to_owned()),
        max_columns,
        max_cell,
    }
}
