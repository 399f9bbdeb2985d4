//! Lists in one cell: addresses, numbers, network interfaces, full names.

use super::node::Node;
use crate::model::{LIST_SEPARATOR, PART_SEPARATOR};

/// A cell of several values, split at semicolon, comma, bar and line break, as a list cell.
pub(super) fn split(cell: &str) -> String {
    let items: Vec<&str> = cell
        .split([';', ',', '|', '\n', '\r', LIST_SEPARATOR])
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect();
    join(&items)
}

/// Items as a list cell.
pub(super) fn join(items: &[impl AsRef<str>]) -> String {
    let mut cell = String::new();
    for item in items {
        if !cell.is_empty() {
            cell.push(LIST_SEPARATOR);
        }
        cell.push_str(item.as_ref());
    }
    cell
}

/// One network interface as an item of a list cell.
pub(super) fn interface(name: &str, mac: &str, ip: &str) -> String {
    let mut item = String::with_capacity(name.len() + mac.len() + ip.len() + 2);
    push_clean(name, &mut item);
    for part in [mac, ip] {
        item.push(PART_SEPARATOR);
        push_clean(part, &mut item);
    }
    item
}

/// Appends a part of an item. What would end it is a space.
fn push_clean(part: &str, item: &mut String) {
    for (at, piece) in part.split([LIST_SEPARATOR, PART_SEPARATOR]).enumerate() {
        if at > 0 {
            item.push(' ');
        }
        item.push_str(piece);
    }
}

/// The interfaces of the JSON list that the hub's export has in one cell, as a list cell; `None` when it is none.
pub(super) fn interfaces_of_json(cell: &str) -> Option<String> {
    if cell.trim().is_empty() {
        return Some(String::new());
    }
    let Ok(Node::Array(interfaces)) = Node::parse(cell) else { return None };
    let items: Vec<String> = interfaces
        .iter()
        .map(|it| {
            let mac = text(it, &["mac_address", "mac-address"]);
            interface(text(it, &["name"]), mac, text(it, &["ip_address", "ip-address"]))
        })
        .collect();
    Some(join(&items))
}

/// The first of these members that is there, blank if it is no text.
fn text<'n>(node: &'n Node<'_>, names: &[&str]) -> &'n str {
    match names.iter().find_map(|name| node.get(name)) {
        Some(Node::Text(text)) => text,
        _ => "",
    }
}

/// MAC addresses of a text such as `[9C:7B:EF:00:14:AA, 0A:00:27:00:00:0F]`, with commas between. Where the bracket is
/// open at the end the text was cut off, and what is left of its last address is none.
pub(super) fn bracketed_macs(text: &str) -> String {
    let text = text.trim();
    let (inner, is_cut) = match text.strip_prefix('[') {
        Some(rest) => (rest.strip_suffix(']').unwrap_or(rest), !rest.ends_with(']')),
        None => (text, false),
    };
    let mut items: Vec<&str> =
        inner.split([',', ';']).map(str::trim).filter(|item| !item.is_empty()).collect();
    let digits = |item: &str| item.bytes().filter(u8::is_ascii_hexdigit).count();
    if is_cut && items.last().is_some_and(|last| digits(last) != 12) {
        items.pop();
    }
    items.join(", ")
}

/// A full name, split at its last space. One word is a first name.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    let name = name.trim();
    name.rsplit_once(char::is_whitespace).map_or((name, ""), |(first, last)| (first.trim(), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_brackets_lose_the_one_that_was_cut() {
        assert_eq!(
            bracketed_macs("[9C:7B:EF:00:14:AA, 0A:00:27:00:00:0F]"),
            "9C:7B:EF:00:14:AA, 0A:00:27:00:00:0F"
        );
        assert_eq!(bracketed_macs("[9C:7B:EF:00:14:AA, 0A:00:27:00:00:0"), "9C:7B:EF:00:14:AA");
        assert_eq!(
            bracketed_macs("[9C:7B:EF:00:14:AA, 0A:00:27:00:00:0F"),
            "9C:7B:EF:00:14:AA, 0A:00:27:00:00:0F"
        );
        assert_eq!(bracketed_macs("9C:7B:EF:00:14:AA"), "9C:7B:EF:00:14:AA");
        assert_eq!(bracketed_macs("[]"), "");
    }

    #[test]
    fn names_split_at_the_last_space() {
        assert_eq!(split_name("Mara van der Quill"), ("Mara van der", "Quill"));
        assert_eq!(split_name(" Mara "), ("Mara", ""));
    }

    #[test]
    fn the_export_has_interfaces_as_json() {
        let cell =
            r#"[{"name":"Wi-Fi","ip_address":"10.0.0.1","mac_address":"3C-52-82-0A-77-1E","primary":true}]"#;
        assert_eq!(interfaces_of_json(cell).as_deref(), Some("Wi-Fi\u{1e}3C-52-82-0A-77-1E\u{1e}10.0.0.1"));
        assert_eq!(interfaces_of_json("[]").as_deref(), Some(""));
        assert_eq!(interfaces_of_json("Wi-Fi"), None);
    }

    #[test]
    fn lists_split_at_what_people_type() {
        assert_eq!(split("a@x.example; b@x.example,"), "a@x.example\u{1f}b@x.example");
    }
}
