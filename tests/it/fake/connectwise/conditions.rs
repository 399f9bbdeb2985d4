//! The part of ConnectWise's language of conditions that reading needs: comparisons, joined by `and`.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::lists::text_of;

/// The operators.
const OPERATORS: [&str; 8] = ["!=", "<=", ">=", "=", "<", ">", " like ", " in "];

/// The rows of which the conditions hold.
pub fn filter<'a>(conditions: Option<&str>, rows: &'a [Value]) -> Result<Vec<&'a Value>, String> {
    let comparisons = parse(conditions.unwrap_or_default())?;
    Ok(rows.iter().filter(|row| comparisons.iter().all(|one| one.holds(row))).collect())
}

/// Orders rows by `member` or `member desc`.
pub fn order(rows: &mut [&Value], order: &str) {
    let mut words = order.split_whitespace();
    let path = words.next().unwrap_or_default();
    rows.sort_by(|one, other| compare(&text_of(member(one, path)), &text_of(member(other, path))));
    if words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc")) {
        rows.reverse();
    }
}

struct Comparison {
    path: String,
    operator: &'static str,
    values: Vec<String>,
}

/// Comparisons of a text such as `deletedFlag=False and lastUpdated>[2026-01-31T08:00:00Z]`.
fn parse(text: &str) -> Result<Vec<Comparison>, String> {
    let mut comparisons = Vec::new();
    for piece in split_and(text) {
        let places = OPERATORS.iter().filter_map(|operator| Some((piece.find(operator)?, *operator)));
        // Of operators at one place the longest is meant.
        let found = places.min_by_key(|(place, operator)| (*place, usize::MAX - operator.len()));
        let (place, operator) = found.ok_or_else(|| format!("`{piece}` is no condition"))?;
        let value = piece[place + operator.len()..].trim();
        let values = match operator {
            " in " => {
                let inner = value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
                inner.ok_or_else(|| format!("`{value}` is no list"))?.split(',').map(literal).collect()
            }
            _ => vec![literal(value)],
        };
        comparisons.push(Comparison { path: piece[..place].trim().to_owned(), operator, values });
    }
    Ok(comparisons)
}

/// The pieces between `and`, in any letters, outside of quotes.
fn split_and(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut is_quoted = false;
    for word in text.split_whitespace() {
        if !is_quoted && word.eq_ignore_ascii_case("and") {
            pieces.push(String::new());
            continue;
        }
        is_quoted ^= word.matches('"').count() % 2 == 1;
        let piece = pieces.last_mut().expect("there is always a piece");
        if !piece.is_empty() {
            piece.push(' ');
        }
        piece.push_str(word);
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// A value without its quotes or brackets.
fn literal(text: &str) -> String {
    let text = text.trim();
    let within = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    within('"', '"').or_else(|| within('[', ']')).unwrap_or(text).to_owned()
}

/// A member by its path with slashes. The time of the last change is asked for by another name than it has.
fn member<'a>(row: &'a Value, path: &str) -> &'a Value {
    let path = if path == "lastUpdated" { "_info/lastUpdated" } else { path };
    path.split('/').fold(row, |value, name| &value[name])
}

/// Numbers and times compare as such, everything else as text without regard to case.
fn compare(one: &str, other: &str) -> Ordering {
    let number = |text: &str| text.parse::<f64>().ok();
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return one.total_cmp(&other);
    }
    if let (Some(one), Some(other)) = (time(one), time(other)) {
        return one.cmp(&other);
    }
    one.to_lowercase().cmp(&other.to_lowercase())
}

impl Comparison {
    fn holds(&self, row: &Value) -> bool {
        let own = text_of(member(row, &self.path));
        let first = self.values.first().map_or("", String::as_str);
        let order = compare(&own, first);
        match self.operator {
            "=" => order == Ordering::Equal,
            "!=" => order != Ordering::Equal,
            // What has no value is neither before nor behind anything.
            "<" => !own.is_empty() && order == Ordering::Less,
            "<=" => !own.is_empty() && order != Ordering::Greater,
            ">" => !own.is_empty() && order == Ordering::Greater,
            ">=" => !own.is_empty() && order != Ordering::Less,
            " in " => self.values.iter().any(|value| compare(&own, value) == Ordering::Equal),
            _ => like(&own.to_lowercase(), &first.to_lowercase()),
        }
    }
}

/// Whether a text has a pattern with `%` for anything at its ends.
fn like(text: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('%'), pattern.strip_suffix('%')) {
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('%')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}
