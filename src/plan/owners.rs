//! The owned fields of every entity with their owners: what a create takes its values from.

use crate::model::{Entity, Field, Kind, SourceIx, Tables};
use crate::ownership::{Voice, owned_fields, owners};
use crate::pipeline::Pipeline;

/// A field that somebody owns.
#[derive(Debug)]
pub(super) struct Owned {
    /// The position among the columns of the entity.
    pub(super) position: usize,
    pub(super) field: &'static Field,
    /// First wins.
    pub(super) voices: Vec<Voice>,
}

/// The owned fields that some record has a value for, by entity.
#[derive(Debug)]
pub(super) struct Owners {
    by_entity: [Vec<Owned>; 7],
    /// By source, entity and position: whether any record has a value.
    filled: Vec<[Vec<bool>; 7]>,
}

impl Owners {
    pub(super) fn new(pipeline: &Pipeline, tables: &Tables) -> Self {
        let sources = 0..SourceIx::try_from(tables.sources()).unwrap_or(SourceIx::MAX);
        let filled: Vec<[Vec<bool>; 7]> = sources
            .map(|source| {
                Entity::ALL.map(|entity| {
                    let columns = tables.get(source, entity).map_or(&[][..], |table| table.columns());
                    columns.iter().map(|column| column.null_count() < column.len()).collect()
                })
            })
            .collect();
        let is_filled = |entity: Entity, position: usize| {
            filled.iter().any(|by_entity| by_entity[entity.index()].get(position) == Some(&true))
        };
        let by_entity = Entity::ALL.map(|entity| {
            owned_fields(entity)
                // A MAC address may come from the interfaces.
                .filter(|(position, field)| {
                    is_filled(entity, *position)
                        || field.kind == Kind::Mac
                        || matches!(field.kind, Kind::Reference(_))
                })
                .map(|(position, field)| {
                    let voices = owners(pipeline, entity, field.name).into_iter();
                    Owned { position, field, voices: voices.map(|owner| owner.voice).collect() }
                })
                .collect()
        });
        Self { by_entity, filled }
    }

    /// The owned fields of `entity`, in table order.
    pub(super) fn of(&self, entity: Entity) -> &[Owned] {
        &self.by_entity[entity.index()]
    }

    /// Whether any record of the source has a value in the column.
    pub(super) fn is_filled(&self, source: SourceIx, entity: Entity, position: usize) -> bool {
        let by_entity = self.filled.get(source as usize);
        by_entity.is_some_and(|by_entity| by_entity[entity.index()].get(position) == Some(&true))
    }
}
