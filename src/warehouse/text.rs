//! Canonical text into the types of the warehouse, whole columns at a time. Text that is not what its column says
//! becomes null: readers have put what they could not understand into `raw`.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Builder, Int64Builder, LargeStringArray, LargeStringBuilder,
    ListBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use serde::de::IgnoredAny;

use crate::model::{Field, Kind, PART_SEPARATOR, list_items};

/// The column in its type.
pub(super) fn typed(field: &Field, cells: &LargeStringArray) -> ArrayRef {
    match field.kind {
        Kind::Date => {
            let mut out = Date32Builder::with_capacity(cells.len());
            cells.iter().for_each(|cell| out.append_option(cell.and_then(date)));
            Arc::new(out.finish())
        }
        Kind::Time => {
            let mut out = TimestampMicrosecondBuilder::with_capacity(cells.len());
            cells.iter().for_each(|cell| out.append_option(cell.and_then(time)));
            Arc::new(out.finish())
        }
        Kind::Bool => Arc::new(cells.iter().map(|cell| cell.and_then(truth)).collect::<BooleanArray>()),
        Kind::Count => {
            let mut out = Int64Builder::with_capacity(cells.len());
            cells.iter().for_each(|cell| out.append_option(cell.and_then(|text| text.trim().parse().ok())));
            Arc::new(out.finish())
        }
        Kind::List | Kind::Emails | Kind::Phones => {
            let mut out = ListBuilder::new(StringBuilder::new());
            for cell in cells {
                if let Some(cell) = cell {
                    list_items(cell).for_each(|item| out.values().append_value(item));
                }
                out.append(cell.is_some());
            }
            Arc::new(out.finish())
        }
        Kind::Interfaces => {
            let mut out = LargeStringBuilder::new();
            cells.iter().for_each(|cell| out.append_option(cell.map(interfaces)));
            Arc::new(out.finish())
        }
        Kind::Json => {
            if cells.iter().flatten().all(|cell| matches!(json(cell), Cow::Borrowed(_))) {
                return Arc::new(cells.clone());
            }
            let mut out = LargeStringBuilder::new();
            cells.iter().for_each(|cell| out.append_option(cell.map(json)));
            Arc::new(out.finish())
        }
        _ => Arc::new(cells.clone()),
    }
}

/// `yyyy-mm-dd` as days since 1970.
fn date(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    Some((date - jiff::civil::date(1970, 1, 1)).get_days())
}

/// `yyyy-mm-ddThh:mm:ssZ` as microseconds since 1970.
pub(super) fn time(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.trim().parse().ok()?;
    Some(time.as_microsecond())
}

fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The text if it is a JSON document, else a JSON string that holds it, so that one bad cell does not fail a run.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    // Escapes are the one place where the check is laxer than DuckDB's: half of a surrogate pair passes it.
    let is_document = if text.contains("\\u") {
        serde_json::from_str::<serde_json::Value>(text).is_ok()
    } else {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    };
    if is_document { Cow::Borrowed(text) } else { Cow::Owned(serde_json::Value::from(text).to_string()) }
}

/// The interfaces of one cell as a JSON array of objects; parts that are blank are left out.
fn interfaces(cell: &str) -> String {
    let interfaces: Vec<serde_json::Value> = list_items(cell)
        .map(|item| {
            ["name", "mac_address", "ip_address"]
                .into_iter()
                .zip(item.split(PART_SEPARATOR))
                .filter(|(_, part)| !part.trim().is_empty())
                .map(|(name, part)| (name.to_owned(), serde_json::Value::from(part)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect();
    serde_json::Value::from(interfaces).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_count_from_1970() {
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(date("2024-02-29"), Some(19_782));
        assert_eq!(date("1969-12-31"), Some(-1));
        assert_eq!(date("2023-02-29"), None);
        assert_eq!(time("1970-01-01T00:00:01Z"), Some(1_000_000));
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn text_that_is_no_json_becomes_a_json_string() {
        assert_eq!(json("{\"a\":1}"), "{\"a\":1}");
        assert_eq!(json("{\"a\""), "\"{\\\"a\\\"\"");
        assert_eq!(json("\"\\ud800\""), "\"\\\"\\\\ud800\\\"\"");
    }

    #[test]
    fn interfaces_are_objects_without_their_blank_parts() {
        let cell = "eth0\u{1e}00:11:22:33:44:55\u{1e}\u{1f}\u{1e}AA-BB-CC-DD-EE-FF\u{1e}10.0.0.1";
        let expected = r#"[{"name":"eth0","mac_address":"00:11:22:33:44:55"},{"mac_address":"AA-BB-CC-DD-EE-FF","ip_address":"10.0.0.1"}]"#;
        assert_eq!(interfaces(cell), expected);
    }
}
