//! The ids of PSA and RMM records that the hub stores with its rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::element::LINKED;
use super::json::Included;
use super::node::Node;
use super::object::Members;
use crate::pipeline::UNTYPED_PSA_LINK;

/// Linked resources that hold an id of an RMM.
const RMM: [&str; 3] = ["rmm-records", "rmm-adapters-resources", "rmm-companies"];

/// Puts the attributes of the resources that a JSON:API element refers to into the element, by their type.
pub(super) fn link<'n>(element: &mut Node<'n>, included: &'n Included) {
    let Some(members) = element.members_mut() else { return };
    let Some(Node::Object(relationships)) = members.get("relationships") else { return };
    let mut linked = Members::default();
    for (name, relationship) in relationships.iter() {
        let named = match relationship.get("data") {
            Some(Node::Array(all)) => all.as_slice(),
            Some(one @ Node::Object(_)) => std::slice::from_ref(one),
            _ => continue,
        };
        let mut found = Vec::new();
        for reference in named {
            let kind = hyphenated(reference.get("type").and_then(Node::text).unwrap_or(Cow::Borrowed(name)));
            let Some(id) = reference.get("id").and_then(Node::text) else { continue };
            // In some answers the attributes ride in the relationship itself.
            let attributes = included.attributes(&kind, &id).or_else(|| reference.get("attributes").cloned());
            found.extend(attributes);
        }
        linked.push((hyphenated(name.clone()), Node::Array(found)));
    }
    members.push((Cow::Borrowed(LINKED), Node::Object(linked)));
}

/// A type as the interface names it, which files write with underscores too.
pub(super) fn hyphenated(kind: Cow<'_, str>) -> Cow<'_, str> {
    if kind.contains('_') { Cow::Owned(kind.replace('_', "-")) } else { kind }
}

/// The links of an element, each as `SOURCE:REMOTE-ID`: of PSAs as linked adapter resources or as `psa-id`, of RMMs
/// likewise. `sources` says which source an integration type means.
pub(super) fn hub_links(element: &Node<'_>, sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut links = Vec::new();
    let mut add = |kind: Option<Cow<'_, str>>, untyped: Option<&str>, id: Option<Cow<'_, str>>| {
        let source = match &kind {
            Some(kind) => sources.get(kind.as_ref()),
            None => untyped.and_then(|kind| sources.get(kind)),
        };
        if let (Some(source), Some(id)) = (source, id) {
            let link = format!("{source}:{}", id.trim());
            if !links.contains(&link) {
                links.push(link);
            }
        }
    };
    let linked = element.get(LINKED);
    let of = |kind: &str| linked.and_then(|linked| linked.get(kind)).map_or(&[][..], Node::items);
    for resource in of("adapters-resources") {
        let kind = attribute(resource, &["integration-type", "psa-integration-type", "adapter-type"]);
        add(kind, Some(UNTYPED_PSA_LINK), attribute(resource, &["remote-id"]));
    }
    for resource in RMM.into_iter().flat_map(of) {
        let kind = attribute(resource, &["integration-type", "rmm-integration-type", "adapter-type"]);
        add(kind, None, attribute(resource, &["remote-id", "rmm-id"]));
    }
    if let Some(attributes) = element.get("attributes") {
        let kind = attribute(attributes, &["psa-integration-type"]);
        add(kind, Some(UNTYPED_PSA_LINK), attribute(attributes, &["psa-id"]));
        let kind = attribute(attributes, &["rmm-integration-type"]);
        add(kind, None, attribute(attributes, &["rmm-id"]));
    }
    links
}

fn attribute<'n>(holder: &'n Node<'_>, names: &[&str]) -> Option<Cow<'n, str>> {
    names.iter().find_map(|name| holder.get(name).and_then(Node::filled))
}
