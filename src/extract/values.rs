//! Values in canonical text: dates, times, truth values, counts.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Dates that stand for "no date" in one system or another.
const NO_DATES: [&str; 6] =
    ["0001-01-01", "1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "9999-12-31"];

/// Times in whole seconds are below this, in milliseconds above it.
const LARGEST_SECONDS: i64 = 9_999_999_999;

/// What a text means as a date or time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment<'a> {
    Known(Cow<'a, str>),
    /// It stands for "no date".
    None,
    /// It cannot be read without guessing.
    Unclear,
}

/// A date as `yyyy-mm-dd`. The time of day is dropped.
pub(super) fn date(raw: &str) -> Moment<'_> {
    let text = raw.trim();
    if is_iso_date(text.as_bytes()) && text.parse::<Date>().is_ok() {
        return known(Cow::Borrowed(text));
    }
    match parse(text) {
        Some(at) => known(Cow::Owned(at.date().to_string())),
        None => blank_or_unclear(text),
    }
}

/// A time as `yyyy-mm-ddThh:mm:ssZ`, in UTC. A text without an offset is taken as UTC.
pub(super) fn time(raw: &str) -> Moment<'_> {
    let text = raw.trim();
    match parse(text) {
        Some(at) if NO_DATES.contains(&at.date().to_string().as_str()) => Moment::None,
        Some(at) => Moment::Known(Cow::Owned(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
        None => blank_or_unclear(text),
    }
}

fn known(text: Cow<'_, str>) -> Moment<'_> {
    if NO_DATES.contains(&text.as_ref()) { Moment::None } else { Moment::Known(text) }
}

fn blank_or_unclear(text: &str) -> Moment<'_> {
    // The last two are "never" in Windows' count of ticks.
    let is_none = matches!(text, "" | "0" | "-62135596800000" | "1900-01-00" | "00/00/0000" | "00.00.0000")
        || matches!(text, "9223372036854775807" | "2650467743999999999")
        || ["0000-00-00", "0001-01-01", "1900-01-00"].iter().any(|start| text.starts_with(start));
    if is_none { Moment::None } else { Moment::Unclear }
}

fn is_iso_date(text: &[u8]) -> bool {
    text.len() == 10 && text[4] == b'-' && text[7] == b'-'
}

fn parse(text: &str) -> Option<DateTime> {
    if let Ok(number) = text.parse::<i64>() {
        return number_moment(text, number);
    }
    if let Some(seconds) = whole_seconds(text) {
        return number_moment(seconds, seconds.parse().ok()?);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(TimeZone::UTC).datetime());
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return Some(at);
    }
    // The only clock of twelve hours in these files is the American one, which puts the month first.
    let american = ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p"];
    if let Some(at) = american.iter().find_map(|form| DateTime::strptime(form, text).ok()) {
        return Some(at);
    }
    if text.as_bytes().get(4) == Some(&b'/') {
        return parse(&text.replace('/', "-"));
    }
    // A year of two digits, up to 68 of this century, comes first: where four are asked for, two are taken too.
    let days = [
        "%d-%b-%y",
        "%d-%b-%Y",
        "%d %b %y",
        "%d %b %Y",
        "%d %B %Y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%d.%m.%y",
        "%d.%m.%Y",
    ];
    if let Some(date) = days.iter().find_map(|form| Date::strptime(form, text).ok()) {
        return Some(date.at(0, 0, 0, 0));
    }
    let moments = [
        "%d.%m.%y %H:%M",
        "%d.%m.%Y %H:%M",
        "%d.%m.%y %H:%M:%S",
        "%d.%m.%Y %H:%M:%S",
        "%d-%b-%Y %H:%M",
        "%d-%b-%Y %H:%M:%S",
    ];
    moments.iter().find_map(|form| DateTime::strptime(form, text).ok())
}

/// The whole seconds of `1741000000.25`, seconds since 1970 with a fraction.
fn whole_seconds(text: &str) -> Option<&str> {
    let (seconds, fraction) = text.split_once('.')?;
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (seconds.len() == 10 && are_digits(seconds) && are_digits(fraction)).then_some(seconds)
}

/// `20250314`, or seconds or milliseconds since 1970.
fn number_moment(text: &str, number: i64) -> Option<DateTime> {
    if text.len() == 8 && (1900..2200).contains(&(number / 10_000)) {
        return Date::strptime("%Y%m%d", text).ok().map(|date| date.at(0, 0, 0, 0));
    }
    // Eighteen digits are Windows' ticks of 100 ns since 1601.
    if text.len() == 18 && number > 0 {
        let at = Timestamp::from_second(number / 10_000_000 - 11_644_473_600).ok()?;
        return Some(at.to_zoned(TimeZone::UTC).datetime());
    }
    // Small numbers are counts or a spreadsheet's serial days, which only a person can tell apart.
    if number < 86_400_000 {
        return None;
    }
    let at = if number > LARGEST_SECONDS {
        Timestamp::from_millisecond(number)
    } else {
        Timestamp::from_second(number)
    };
    let at = at.ok()?.checked_add(0.seconds()).ok()?;
    Some(at.to_zoned(TimeZone::UTC).datetime())
}

/// `true` or `false`, `None` for anything that is neither.
pub(super) fn truth(raw: &str) -> Option<&'static str> {
    let text = raw.trim();
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "y", "1", "x", "active", "enabled", "on"]) {
        Some("true")
    } else if is(&["false", "no", "n", "0", "-", "inactive", "disabled", "off"]) {
        Some("false")
    } else if is(&["ja", "oui", "si", "sí", "s\u{ec}", "wahr", "vrai", "verdadero", "vero", "waar"]) {
        Some("true")
    } else if is(&[
        "nein", "non", "nee", "falsch", "faux", "falso", "onwaar", "\u{2010}", "\u{2011}", "\u{2013}",
    ]) {
        Some("false")
    } else {
        None
    }
}

/// A whole number, `None` for anything else. Digits may be grouped by three, and decimals may be zeros: `1.234,00`.
pub(super) fn count(raw: &str) -> Option<String> {
    let text = raw.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.to_string());
    }
    let is_mark = |c: char| matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2019}');
    let zeros = text.rsplit_once(['.', ',']).filter(|(_, end)| matches!(*end, "0" | "00"));
    let whole = zeros.map_or(text, |(whole, _)| whole);
    let mut groups = whole.trim_start_matches('-').split(is_mark);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_number = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = rest.is_empty() || (first.len() < 4 && rest.iter().all(|group| group.len() == 3));
    if !is_grouped || !is_number(first) || !rest.iter().all(|group| is_number(group)) {
        return None;
    }
    let sign = if whole.starts_with('-') { "-" } else { "" };
    format!("{sign}{first}{}", rest.concat()).parse::<i64>().ok().map(|number| number.to_string())
}

/// Whether the text is a GUID, as Datto's unique ids are.
pub(super) fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.trim().split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_text(moment: Moment<'_>) -> String {
        match moment {
            Moment::Known(text) => text.into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn dates_are_read_where_nothing_is_guessed() {
        for (raw, expected) in [
            ("2025-03-14", "2025-03-14"),
            ("2025-03-14T08:30:00Z", "2025-03-14"),
            ("20250314", "2025-03-14"),
            ("14.03.2025", "2025-03-14"),
            ("31-Oct-2024", "2024-10-31"),
            ("1741000000000", "2025-03-03"),
            ("0001-01-01", "None"),
            ("-62135596800000", "None"),
            ("31-Oct-24", "2024-10-31"),
            ("14 Mar 2025", "2025-03-14"),
            ("14.03.2025 08:30", "2025-03-14"),
            ("14.03.68", "2068-03-14"),
            ("14.03.69", "1969-03-14"),
            ("133803612000000000", "2025-01-03"),
            ("9223372036854775807", "None"),
            ("1900-01-00", "None"),
            ("3/14/25", "Unclear"),
            ("02/03/2025", "Unclear"),
            ("45000", "Unclear"),
            ("2025-02-30", "Unclear"),
        ] {
            assert_eq!(known_text(date(raw)), expected, "{raw}");
        }
    }

    #[test]
    fn times_are_in_utc() {
        for (raw, expected) in [
            ("2024-01-11T22:40:00.000Z", "2024-01-11T22:40:00Z"),
            ("2024-01-11T22:40:00+02:00", "2024-01-11T20:40:00Z"),
            ("1741000000000", "2025-03-03T11:06:40Z"),
            ("1741000000", "2025-03-03T11:06:40Z"),
            ("1741000000.25", "2025-03-03T11:06:40Z"),
            ("3/3/2025 11:06:40 AM", "2025-03-03T11:06:40Z"),
            ("2024-01-11 22:40", "2024-01-11T22:40:00Z"),
        ] {
            assert_eq!(known_text(time(raw)), expected, "{raw}");
        }
    }

    #[test]
    fn truth_values_and_guids() {
        assert_eq!(truth("Yes"), Some("true"));
        assert_eq!(truth("FALSE"), Some("false"));
        assert_eq!(truth("maybe"), None);
        assert_eq!(truth("\u{2011}"), Some("false"));
        for (raw, expected) in [
            ("12", Some("12")),
            ("12.0", Some("12")),
            ("1.234,00", Some("1234")),
            ("1,234", Some("1234")),
            ("1'234'567", Some("1234567")),
            ("12.5", None),
            ("1,23", None),
            ("12,3456", None),
            ("", None),
        ] {
            assert_eq!(count(raw).as_deref(), expected, "{raw}");
        }
        assert!(is_guid("5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001"));
        assert!(!is_guid("deleted-devices"));
    }
}
