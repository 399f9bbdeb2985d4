//! Filling `{name}` in what a system's description says, and finding members of answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Values by name.
pub(super) type Values = BTreeMap<String, String>;

/// The text with every `{name}` filled in; a name that has no value stays, which a test of the descriptions forbids.
pub(super) fn filled(text: &str, values: &Values) -> String {
    filled_by(text, |name| values.get(name).cloned())
}

/// The same for a part of an address, where values are percent-encoded.
pub(super) fn filled_path(text: &str, values: &Values) -> String {
    filled_by(text, |name| values.get(name).map(|value| encoded(value)))
}

/// The same for a whole address: what it begins with is an address itself, and stays as it is.
pub(super) fn filled_address(text: &str, values: &Values) -> String {
    let begin = text.strip_prefix('{').and_then(|text| text.split_once('}'));
    match begin.and_then(|(name, rest)| Some((values.get(name)?, rest))) {
        Some((address, rest)) => format!("{address}{}", filled_path(rest, values)),
        None => filled_path(text, values),
    }
}

fn filled_by(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let named = behind.split_once('}').and_then(|(name, behind)| Some((value(name)?, behind)));
        if let Some((value, behind)) = named {
            filled.push_str(&value);
            rest = behind;
        } else {
            filled.push('{');
            rest = behind;
        }
    }
    filled.push_str(rest);
    filled
}

/// A body with all of its texts filled in. A text in it that is one name alone and whose value is a number becomes that
/// number, since vendors compare ids as numbers; a body that is a text stays one.
pub(super) fn filled_body(body: &Value, values: &Values) -> Value {
    match body {
        Value::String(text) => filled(text, values).into(),
        _ => filled_member(body, values),
    }
}

fn filled_member(body: &Value, values: &Values) -> Value {
    match body {
        Value::String(text) => {
            let alone = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            let number = alone.and_then(|name| values.get(name)?.parse::<i64>().ok());
            number.map_or_else(|| filled(text, values).into(), Value::from)
        }
        Value::Array(items) => items.iter().map(|item| filled_member(item, values)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), filled_member(value, values)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The text percent-encoded, all but what no address gives a meaning to.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The member at a path of names with dots between; names with dots in them are found as well.
pub(super) fn member<'v>(value: &'v Value, path: &str, any_case: bool) -> Option<&'v Value> {
    let members = value.as_object()?;
    let own = |name: &str| {
        members.get(name).or_else(|| {
            members.iter().find(|(own, _)| any_case && own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })
    };
    if let Some(found) = own(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| member(own(&path[..dot])?, &path[dot + 1..], any_case))
}

/// A text, number or truth value as text; `None` for anything else and for a blank text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The number in a member, also where it is written as a text.
pub(super) fn number(value: &Value, path: &str, any_case: bool) -> Option<u64> {
    scalar(member(value, path, any_case)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_filled_in_and_encoded_in_paths() {
        let values = Values::from([("id".to_owned(), "a/b c".to_owned()), ("n".to_owned(), "7".to_owned())]);
        assert_eq!(filled("x {id} {other} {", &values), "x a/b c {other} {");
        assert_eq!(filled_path("/sites/{id}/devices", &values), "/sites/a%2Fb%20c/devices");
        let values = Values::from([
            ("host".to_owned(), "https://a.example".to_owned()),
            ("company".to_owned(), "a b".to_owned()),
        ]);
        assert_eq!(filled_address("{host}/info/{company}", &values), "https://a.example/info/a%20b");
    }

    #[test]
    fn texts_of_bodies_are_filled_in() {
        let values = Values::from([("n".to_owned(), "7".to_owned())]);
        assert_eq!(
            filled_body(&json!({"a": ["{n}", "n{n}"], "b": 1}), &values),
            json!({"a": [7, "n7"], "b": 1})
        );
    }

    #[test]
    fn a_body_that_is_a_text_stays_one() {
        let values = Values::from([("id".to_owned(), "2024".to_owned())]);
        assert_eq!(filled_body(&json!("{id}"), &values), json!("2024"));
    }

    #[test]
    fn members_are_found_by_path() {
        let value = json!({"meta": {"total-pages": 3}, "@odata.nextLink": "x", "Result": {"Token": "t"}});
        assert_eq!(number(&value, "meta.total-pages", false), Some(3));
        assert_eq!(member(&value, "@odata.nextLink", false), Some(&json!("x")));
        assert_eq!(member(&value, "result.token", false), None);
        assert_eq!(member(&value, "result.token", true), Some(&json!("t")));
    }
}
