//! The network adapters of a device, from several places of an element and in the spellings of several programs.

use std::borrow::Cow;

use super::lists;
use super::node::{Node, Path};
use super::sink::Sink;
use crate::systems;

/// Where adapters are, with the paths ready to be followed.
pub(super) struct Adapters<'s> {
    rule: &'s systems::Adapters,
    lists: Vec<Path>,
    bare: Vec<Path>,
}

/// How deep objects are searched for arrays of adapters.
const DEPTH: usize = 4;

impl<'s> Adapters<'s> {
    pub fn new(rule: &'s systems::Adapters) -> Self {
        let paths = |all: &[String]| all.iter().map(|path| Path::new(path)).collect();
        Self { rule, lists: paths(&rule.lists), bare: paths(&rule.bare) }
    }

    /// Sets the column of interfaces. Returns whether the element carries it at all. JSON texts are given to `used`:
    /// nothing looks for secrets in them, so they do not go to `raw`.
    pub fn put<'m>(
        &'m self,
        position: usize,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        let mut items: Vec<String> = Vec::new();
        let mut known: Vec<String> = Vec::new();
        let mut is_there = false;
        for path in &self.lists {
            let Some(node) = path.find(element) else { continue };
            is_there |= matches!(node, Node::Array(_));
            if let Node::Text(text) = node {
                used.push(path);
                if let Ok(parsed) = Node::parse(text) {
                    self.collect(&parsed, DEPTH, &mut items, &mut known);
                }
            } else {
                self.collect(node, DEPTH, &mut items, &mut known);
            }
        }
        for node in self.bare.iter().filter_map(|path| path.find(element)) {
            let one = std::slice::from_ref(node);
            let values = if node.items().is_empty() { one } else { node.items() };
            for value in values.iter().filter_map(Node::filled) {
                let mac = hex(&value);
                if !known.contains(&mac) {
                    known.push(mac);
                    items.push(lists::interface("", &value, ""));
                }
            }
        }
        if !items.is_empty() {
            sink.put_made(position, &lists::join(&items));
        }
        is_there || !items.is_empty()
    }

    /// Adds the adapters of an array, or of the arrays in an object.
    fn collect(&self, node: &Node<'_>, depth: usize, items: &mut Vec<String>, known: &mut Vec<String>) {
        match node {
            Node::Array(adapters) => {
                for adapter in adapters {
                    self.add(adapter, items, known);
                }
            }
            Node::Object(_) if first(node, &self.rule.mac).is_some() => self.add(node, items, known),
            Node::Object(members) if depth > 0 => {
                for (_, value) in members.iter() {
                    self.collect(value, depth - 1, items, known);
                }
            }
            _ => {}
        }
    }

    fn add(&self, adapter: &Node<'_>, items: &mut Vec<String>, known: &mut Vec<String>) {
        let mac = first(adapter, &self.rule.mac).unwrap_or_default();
        let ip = first(adapter, &self.rule.ip).unwrap_or_default();
        if mac.is_empty() && ip.is_empty() {
            return;
        }
        if !mac.is_empty() {
            // The agent's other store may repeat the adapter.
            let key = hex(&mac);
            if known.contains(&key) {
                return;
            }
            known.push(key);
        }
        let name = first(adapter, &self.rule.name).unwrap_or_default();
        let description = first(adapter, &self.rule.description).unwrap_or_default();
        // The name is often `Ethernet 2`, and only the description says that it is a dock or a VPN.
        let shown = match (name.is_empty(), description.is_empty() || description == name) {
            (_, true) => name.into_owned(),
            (true, false) => description.into_owned(),
            (false, false) => format!("{name} ({description})"),
        };
        items.push(lists::interface(&shown, &mac, &ip));
    }
}

/// The first of the members that is not blank; of a list its first item.
fn first<'n>(node: &'n Node<'_>, names: &[String]) -> Option<Cow<'n, str>> {
    names
        .iter()
        .filter_map(|name| node.get(name))
        .find_map(|member| member.filled().or_else(|| member.items().iter().find_map(Node::filled)))
}

/// The hex digits of an address.
fn hex(mac: &str) -> String {
    mac.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_uppercase()).collect()
}

/// The adapter that a device goes out by.
pub(super) struct PrimaryAdapter {
    list: Path,
    ip: Path,
    gateway: Path,
    primary: Path,
    value: Path,
    or: Vec<Path>,
}

impl PrimaryAdapter {
    pub fn new(rule: &systems::PrimaryAdapter) -> Self {
        Self {
            list: Path::new(&rule.path),
            ip: Path::new(&rule.ip),
            gateway: Path::new(&rule.gateway),
            primary: Path::new(&rule.primary),
            value: Path::new(&rule.value),
            or: rule.or.iter().map(|path| Path::new(path)).collect(),
        }
    }

    /// Sets the column. Returns whether the element carries it at all.
    pub fn put(&self, position: usize, element: &Node<'_>, sink: &mut Sink<'_>) -> bool {
        let adapters = self.list.find(element).map_or(&[][..], Node::items);
        let primary = self.primary.filled(element);
        let has_primary = |adapter: &&Node<'_>| primary.is_some() && self.ip.filled(adapter) == primary;
        let goes_out = |adapter: &&Node<'_>| {
            self.ip.filled(adapter).is_some_and(|ip| is_private(&ip))
                && self.gateway.filled(adapter).is_some()
        };
        let chosen = adapters.iter().find(has_primary).or_else(|| {
            let mut going_out = adapters.iter().filter(goes_out);
            going_out.next().filter(|_| primary.is_none() && going_out.next().is_none())
        });
        let value = chosen
            .and_then(|adapter| self.value.filled(adapter))
            .or_else(|| self.or.iter().find_map(|path| path.filled(element)));
        if let Some(value) = value {
            sink.put(position, &value);
        }
        self.list.is_there(element) || self.or.iter().any(|path| path.is_there(element))
    }
}

/// Whether it is an address of a private network.
fn is_private(ip: &str) -> bool {
    ip.trim().parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_private())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_private_networks() {
        assert!(is_private("10.20.0.31") && is_private(" 192.168.1.5 "));
        assert!(!is_private("198.51.100.20") && !is_private("169.254.9.9") && !is_private("fe80::1"));
    }

    #[test]
    fn a_list_gives_its_first_item() {
        let node =
            Node::parse(r#"{"IPAddresses":["","10.0.0.1","fe80::1"],"Name":"eth0"}"#).expect("it is valid");
        let names = ["ipv4".to_owned(), "IPAddresses".to_owned()];
        assert_eq!(first(&node, &names).as_deref(), Some("10.0.0.1"));
    }
}
