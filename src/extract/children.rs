//! Records of other entities inside the elements of a document, such as the locations of an account.

use super::element::Mapping;
use super::joins::Joins;
use super::nested::Nested;
use super::node::{Node, Path};
use super::sink::{FileRows, Repeats, Sink};
use crate::model::{Entity, SourceIx, fields};
use crate::pipeline::Source;
use crate::systems::{Child, Secrets};

/// All kinds of children that the elements of one document have.
pub(super) struct Children<'s>(Vec<Kind<'s>>);

/// One kind, and its rows.
struct Kind<'s> {
    entity: Entity,
    list: Option<Path>,
    /// Columns that come from the element around them.
    parent: Vec<(usize, Path)>,
    mapping: Mapping<'s>,
    sink: Sink<'s>,
    nested: Nested,
}

impl<'s> Children<'s> {
    pub fn new(
        children: &'s [Child],
        ix: SourceIx,
        source: &'s Source,
        joins: &'s Joins,
        file: &'s str,
    ) -> Self {
        let kind = |child: &'s Child| {
            let all = fields(child.entity);
            Kind {
                entity: child.entity,
                list: child.each.as_deref().map(Path::new),
                parent: (0..all.len())
                    .filter_map(|at| child.parent.get(all[at].name).map(|path| (at, Path::new(path))))
                    .collect(),
                mapping: Mapping::of_child(child, source, joins),
                sink: Sink::new(ix, source, child.entity, file),
                nested: Nested::default(),
            }
        };
        Self(children.iter().map(kind).collect())
    }

    /// Takes the children of one element, which `own` is the mapping of; those in arrays are taken out of it.
    pub fn take(&mut self, own: &Mapping<'_>, element: &mut Node<'_>, number: u64, secrets: &Secrets) {
        for kind in &mut self.0 {
            let Some(list) = &kind.list else {
                if kind.mapping.has_id(element) && kind.mapping.skip_reason(element).is_none() {
                    kind.inherit(element);
                    kind.mapping.fill(element, &mut kind.sink);
                    kind.sink.finish(number, String::new);
                }
                continue;
            };
            let items = match list.find_mut(element) {
                Some(Node::Array(items)) => std::mem::take(items),
                _ => continue,
            };
            kind.nested.begin(own.id(element).unwrap_or_default());
            for item in items {
                kind.nested.note(!kind.mapping.has_id(&item));
                if kind.mapping.has_id(&item) {
                    kind.inherit(element);
                    kind.mapping.take(item, &mut kind.sink);
                    kind.sink.finish(number, String::new);
                } else {
                    let reason = format!("no_id: a {} in the element has no id", kind.entity);
                    kind.sink.reject(number, &reason, &item.json(secrets));
                }
            }
        }
    }

    /// The rows of every kind. Children that stand in no array are implied: each is there once.
    pub fn build(self) -> Vec<(Entity, FileRows)> {
        let rows = |kind: Kind<'_>| {
            let repeats = if kind.list.is_some() { Repeats::Bad } else { Repeats::Merged };
            (kind.entity, FileRows { repeats, nested: kind.nested, ..kind.sink.build() })
        };
        self.0.into_iter().map(rows).collect()
    }
}

impl Kind<'_> {
    fn inherit(&mut self, element: &Node<'_>) {
        for (position, path) in &self.parent {
            if let Some(text) = path.find(element).and_then(Node::filled) {
                self.sink.put(*position, &text);
            }
            if path.is_there(element) {
                self.sink.carry(*position);
            }
        }
    }
}
