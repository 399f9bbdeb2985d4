//! Numbers, plurals and times in words. Every count that a person reads goes through here.

use std::time::Duration;

/// `1 record`, `1,204 records`.
#[must_use]
pub fn count(number: u64, singular: &str) -> String {
    format!("{} {}", thousands(number), plural(number, singular))
}

/// The singular or the plural of a regular noun; the last word of `singular` is the noun.
#[must_use]
pub fn plural(number: u64, singular: &str) -> String {
    if number == 1 {
        return singular.to_owned();
    }
    match singular.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if singular.ends_with(['s', 'x']) || singular.ends_with("ch") => format!("{singular}es"),
        _ => format!("{singular}s"),
    }
}

/// `9,412`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 B`, `1.2 kB`, `34.5 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        // Cut, not rounded, so that 999,999 bytes are no 1000.0 kB.
        Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

/// `85 ms`, `1.8 s`, `2 min 05 s`.
#[must_use]
pub fn seconds(time: Duration) -> String {
    let all = time.as_secs();
    if all >= 100 {
        format!("{} min {:02} s", all / 60, all % 60)
    } else if time.as_millis() >= 1000 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// A time that is still to come, in whole seconds, rounded up: `43 s`, `2 min 05 s`.
#[must_use]
pub fn whole_seconds(time: Duration) -> String {
    let all = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    if all >= 100 { format!("{} min {:02} s", all / 60, all % 60) } else { format!("{all} s") }
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Text from outside on one line, without control characters, and cut after `most` characters.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let mut line: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_right() {
        assert_eq!(count(1, "device"), "1 device");
        assert_eq!(count(0, "entity"), "0 entities");
        assert_eq!(count(2, "key"), "2 keys");
        assert_eq!(count(1_204, "match"), "1,204 matches");
        assert_eq!(count(3, "plan step"), "3 plan steps");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(12_345_678), "12,345,678");
    }

    #[test]
    fn sizes_have_one_unit_that_fits() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_250), "1.2 kB");
        assert_eq!(size(999_999), "999.9 kB");
        assert_eq!(size(34_500_000), "34.5 MB");
        assert!(size(u64::MAX).ends_with(" TB"));
    }

    #[test]
    fn times_have_one_unit_that_fits() {
        assert_eq!(seconds(Duration::from_millis(85)), "85 ms");
        assert_eq!(seconds(Duration::from_millis(1_840)), "1.8 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
        assert_eq!(whole_seconds(Duration::from_millis(42_100)), "43 s");
        assert_eq!(whole_seconds(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn text_from_outside_stays_on_one_line() {
        assert_eq!(one_line("a\nb\u{1b}[31mc", 40), "a b [31mc");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }

    #[test]
    fn lists_end_in_and() {
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(&items), "a, b and c");
        assert_eq!(list(&items[..1]), "a");
    }
}
