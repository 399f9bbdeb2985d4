//! Dates of numbers only, such as `3/4/2025`: which part comes first is decided over the whole column of a file.
//!
//! While a file is read such dates stay as they are; when it has ended, the columns that hold them are gone over. A first
//! part above 12 says that the day comes first, a second one that the month does.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use super::node::write_json;
use super::values::{self, Moment};
use crate::model::{Kind, Records, Texts, column, fields};
use crate::pipeline::DateOrder;

/// A date whose first two parts are a day and a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numeric {
    first: i8,
    second: i8,
    year: i16,
    time: Time,
    /// A clock of twelve hours is American in these files, so the month comes first where nothing else tells.
    has_half_days: bool,
}

/// The date that the text is: `3/14/25`, `14-03-2025 08:30`, `3/3/2025 11:06:40 AM`.
pub(super) fn numeric(text: &str) -> Option<Numeric> {
    let bytes = text.as_bytes();
    // Most dates begin with a year; they are told from these by the third byte.
    if !bytes.first()?.is_ascii_digit() || !bytes.iter().take(3).any(|byte| matches!(byte, b'/' | b'-')) {
        return None;
    }
    let (day, clock) = text.split_once([' ', 'T']).map_or((text, ""), |(day, clock)| (day, clock.trim()));
    let mark = if day.contains('/') { '/' } else { '-' };
    let mut parts = day.split(mark);
    let mut part = |most: usize| {
        let part = parts.next()?;
        let is_number = (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Some((part.parse::<i16>().ok()?, part.len())) } else { None }
    };
    let ((first, _), (second, _), (year, digits)) = (part(2)?, part(2)?, part(4)?);
    let year = match digits {
        4 => year,
        2 if year <= 68 => 2000 + year,
        2 => 1900 + year,
        _ => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let (time, has_half_days) = clock_time(clock)?;
    Some(Numeric {
        first: i8::try_from(first).ok()?,
        second: i8::try_from(second).ok()?,
        year,
        time,
        has_half_days,
    })
}

/// `08:30`, `8:30:00`, `11:06:40 AM`, nothing.
fn clock_time(text: &str) -> Option<(Time, bool)> {
    if text.is_empty() {
        return Some((Time::midnight(), false));
    }
    let upper = text.to_ascii_uppercase();
    let (clock, half) = match upper.strip_suffix('M').and_then(|rest| {
        rest.strip_suffix('A')
            .map(|clock| (clock, 0))
            .or_else(|| rest.strip_suffix('P').map(|clock| (clock, 12)))
    }) {
        Some((clock, half)) => (clock.trim(), Some(half)),
        None => (upper.trim_end_matches('Z'), None),
    };
    let mut parts = clock.split(':');
    let mut part = || parts.next().map(|part| part.split('.').next().unwrap_or(part).parse::<i8>());
    let (hour, minute, second) = (part()?.ok()?, part()?.ok()?, part().unwrap_or(Ok(0)).ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    Some((Time::new(hour, minute, second, 0).ok()?, half.is_some()))
}

impl Numeric {
    fn read(self, order: DateOrder) -> Option<DateTime> {
        let (day, month) = match order {
            DateOrder::DayFirst => (self.first, self.second),
            DateOrder::MonthFirst => (self.second, self.first),
        };
        Date::new(self.year, month, day).ok().map(|date| date.to_datetime(self.time))
    }
}

/// What the dates of one column of a file say together.
#[derive(Debug, Clone, Default)]
pub(super) struct DateColumn {
    /// The heading; empty for a column without such dates.
    heading: String,
    day_first: bool,
    month_first: bool,
    has_any: bool,
}

impl DateColumn {
    /// Notes a date.
    pub fn note(&mut self, date: Numeric) {
        self.has_any = true;
        self.day_first |= date.first > 12;
        self.month_first |= date.second > 12;
    }

    /// Notes the dates of other rows.
    pub fn add(&mut self, other: &Self) {
        self.has_any |= other.has_any;
        self.day_first |= other.day_first;
        self.month_first |= other.month_first;
    }

    pub fn is_named(&self) -> bool {
        !self.heading.is_empty()
    }

    pub fn name(&mut self, heading: &str) {
        heading.clone_into(&mut self.heading);
    }

    pub fn is_mixed(&self) -> bool {
        self.day_first && self.month_first
    }

    /// The order of the column, else what the pipeline says.
    fn order(&self, told: Option<DateOrder>) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            _ => told,
        }
    }
}

/// A date that could not be read.
pub(super) struct Unread {
    pub row: u32,
    pub position: usize,
    pub code: &'static str,
    pub raw: String,
}

/// Reads the dates of a file's records whose order its columns tell. What cannot be read goes to `raw`.
pub(super) fn settle(
    records: Records,
    columns: &[DateColumn],
    told: Option<DateOrder>,
) -> (Records, Vec<Unread>) {
    if !columns.iter().any(|column| column.has_any) {
        return (records, Vec::new());
    }
    let all = fields(records.entity);
    let mut settled = records.clone();
    let mut unread = Vec::new();
    for (position, column) in columns.iter().enumerate().filter(|(_, column)| column.has_any) {
        let (order, kind) = (column.order(told), all[position].kind);
        let values = (0..).zip(records.text_at(position).iter()).map(|(row, text)| {
            let text = text?;
            let Some(date) = numeric(text) else { return Some(Cow::Borrowed(text)) };
            match read(date, order, kind) {
                Ok(known) => known.map(Cow::Owned),
                Err(code) => {
                    unread.push(Unread { row, position, code, raw: text.to_owned() });
                    None
                }
            }
        });
        settled.replace(position, values);
    }
    let place = all.iter().position(|field| field.name == column::RAW);
    if let (Some(place), false) = (place, unread.is_empty()) {
        settled.replace(place, with_unread(records.text_at(place), &unread, columns));
    }
    (settled, unread)
}

/// The canonical text of a date, `None` for one that stands for none, or why it cannot be read.
fn read(date: Numeric, order: Option<DateOrder>, kind: Kind) -> Result<Option<String>, &'static str> {
    let either = [DateOrder::DayFirst, DateOrder::MonthFirst].map(|order| date.read(order));
    let at = match either {
        [None, None] => return Err("bad_date"),
        // A part above 12 is a day, whatever the rest of the column says.
        [Some(only), None] | [None, Some(only)] => only,
        [Some(day_first), Some(month_first)] => match order {
            Some(DateOrder::DayFirst) => day_first,
            Some(DateOrder::MonthFirst) => month_first,
            None if day_first == month_first || date.has_half_days => month_first,
            None => return Err("date_ambiguous"),
        },
    };
    let text = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    match if kind == Kind::Date { values::date(&text) } else { values::time(&text) } {
        Moment::Known(known) => Ok(Some(known.into_owned())),
        Moment::None => Ok(None),
        Moment::Unclear => Err("bad_date"),
    }
}

/// The column `raw` with the dates that no column holds.
fn with_unread<'a>(
    raw: Texts<'a>,
    unread: &[Unread],
    columns: &[DateColumn],
) -> impl Iterator<Item = Option<Cow<'a, str>>> {
    let mut by_row: BTreeMap<usize, Vec<&Unread>> = BTreeMap::new();
    for it in unread {
        by_row.entry(it.row as usize).or_default().push(it);
    }
    raw.iter().enumerate().map(move |(row, own)| {
        let Some(added) = by_row.get(&row) else { return own.map(Cow::Borrowed) };
        let mut text = own.and_then(|own| own.strip_suffix('}')).unwrap_or("{").as_bytes().to_vec();
        for it in added {
            if text.len() > 1 {
                text.push(b',');
            }
            write_json(columns[it.position].heading.as_str(), &mut text);
            text.push(b':');
            write_json(it.raw.as_str(), &mut text);
        }
        text.push(b'}');
        Some(Cow::Owned(String::from_utf8(text).expect("JSON is written as UTF-8")))
    })
}

/// A spreadsheet's serial day as a date. Day 1 is the first of January 1900, and 1900 counts as a leap year.
pub(super) fn serial_day(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    if !(20_000.0..80_000.0).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the number is below 80000")]
    let (days, seconds) = (number.trunc() as i64, (number.fract() * 86_400.0).round() as i64);
    let epoch = Date::constant(1899, 12, 30).at(0, 0, 0, 0);
    let at = epoch.checked_add(days.days()).ok()?.checked_add(seconds.seconds()).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, order: Option<DateOrder>) -> String {
        let Some(date) = numeric(text) else { return "no date".to_owned() };
        match read(date, order, Kind::Time) {
            Ok(known) => known.unwrap_or_else(|| "none".to_owned()),
            Err(code) => code.to_owned(),
        }
    }

    #[test]
    fn what_a_date_says_alone() {
        for (text, expected) in [
            ("3/14/25", "2025-03-14T00:00:00Z"),
            ("14/3/1969 08:30", "1969-03-14T08:30:00Z"),
            ("31-12-2025", "2025-12-31T00:00:00Z"),
            ("03/03/2025", "2025-03-03T00:00:00Z"),
            ("3/4/2025 11:06:40 PM", "2025-03-04T23:06:40Z"),
            ("1/23/69", "1969-01-23T00:00:00Z"),
            ("1/23/68", "2068-01-23T00:00:00Z"),
            ("3/4/2025", "date_ambiguous"),
            ("13/14/2025", "bad_date"),
            ("31/2/2025", "bad_date"),
            ("1/1/1900", "none"),
            ("2025-03-14", "no date"),
            ("3/4/205", "no date"),
            ("3/4/2025/6", "no date"),
            ("3/4/2025 soon", "no date"),
            ("12-Mar", "no date"),
        ] {
            assert_eq!(shown(text, None), expected, "{text}");
        }
    }

    #[test]
    fn the_order_decides_where_both_are_dates() {
        assert_eq!(shown("3/4/2025", Some(DateOrder::DayFirst)), "2025-04-03T00:00:00Z");
        assert_eq!(shown("3/4/2025", Some(DateOrder::MonthFirst)), "2025-03-04T00:00:00Z");
        assert_eq!(shown("3/14/2025", Some(DateOrder::DayFirst)), "2025-03-14T00:00:00Z");
    }

    #[test]
    fn serial_days_count_from_1899() {
        assert_eq!(serial_day("45730").as_deref(), Some("2025-03-14T00:00:00Z"));
        assert_eq!(serial_day("45730.5").as_deref(), Some("2025-03-14T12:00:00Z"));
        assert_eq!(serial_day("19999"), None);
        assert_eq!(serial_day("x"), None);
    }
}
