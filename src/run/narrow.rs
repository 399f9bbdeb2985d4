//! Narrowing a run: to one source, before anything is read; to one organization, after everything is matched.

use super::RunError;
use crate::matching::{ClusterIx, EntityMatching, Matching, NO_CLUSTER};
use crate::model::{Entity, RecordRef, Tables, column};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::Pipeline;

/// The pipeline with the hub and the source `name` only. Later sources would have joined the same clusters or founded
/// others; none of them changes what becomes of an earlier one, but an earlier one may well change what becomes of this.
pub(super) fn to_source(pipeline: &Pipeline, name: &str) -> Result<Pipeline, RunError> {
    let Some((ix, _)) = pipeline.source(name) else {
        return Err(RunError::NoSuchSource {
            name: name.to_owned(),
            sources: pipeline.sources.iter().map(|source| source.name.clone()).collect(),
        });
    };
    let mut narrowed = pipeline.clone();
    narrowed.sources = (0..)
        .zip(&pipeline.sources)
        .filter(|(at, _)| *at == 0 || *at == ix)
        .map(|(_, s)| s.clone())
        .collect();
    Ok(narrowed)
}

/// One organization cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    cluster: ClusterIx,
    /// Its name for people.
    pub name: String,
}

impl Scope {
    /// The organization that `wanted` means: SOURCE/RECORD-ID, the hub's id, or a name as the run compares names, and
    /// failing that without letter case.
    pub fn find(
        wanted: &str,
        pipeline: &Pipeline,
        tables: &Tables,
        matching: &Matching,
    ) -> Result<Self, RunError> {
        let organizations = matching.of(Entity::Organization);
        let records = || {
            tables.iter().filter(|table| table.entity == Entity::Organization).flat_map(|table| {
                let rows = 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows");
                rows.map(move |row| (table, RecordRef { source: table.source, row }))
            })
        };
        let by_id = || {
            records().find(|(table, record)| {
                let id = table.id(record.row);
                let source = &pipeline.sources[usize::from(record.source)].name;
                (record.source == 0 && id == wanted)
                    || wanted
                        .strip_prefix(source.as_str())
                        .and_then(|rest| rest.strip_prefix('/'))
                        .is_some_and(|rest| rest == id)
            })
        };
        let by_name = |folds: bool| {
            let form = |text: &str| {
                let key = name_key(text);
                if folds { fold_case(&key) } else { key.into_owned() }
            };
            let wanted = form(wanted);
            let mut clusters: Vec<ClusterIx> = records()
                .filter(|(table, record)| {
                    table.get(record.row, column::NAME).is_some_and(|name| form(name) == wanted)
                })
                .map(|(_, record)| organizations.outcome(record).cluster)
                .filter(|cluster| *cluster != NO_CLUSTER)
                .collect();
            clusters.sort_unstable();
            clusters.dedup();
            clusters
        };
        let clusters = match by_id() {
            Some((_, record)) => vec![organizations.outcome(record).cluster],
            None => Some(by_name(false)).filter(|found| !found.is_empty()).unwrap_or_else(|| by_name(true)),
        };
        match clusters[..] {
            [cluster] if cluster != NO_CLUSTER => {
                let founder = organizations.clusters[cluster as usize].founder;
                let name = tables.value(Entity::Organization, founder, column::NAME).unwrap_or(wanted);
                Ok(Self { cluster, name: name.to_owned() })
            }
            [] | [_] => Err(RunError::NoSuchOrganization { name: wanted.to_owned() }),
            _ => {
                let ids = clusters
                    .iter()
                    .map(|cluster| {
                        let founder = organizations.clusters[*cluster as usize].founder;
                        let source = &pipeline.sources[usize::from(founder.source)].name;
                        format!("{source}/{}", tables.id(Entity::Organization, founder))
                    })
                    .collect();
                Err(RunError::SharedOrganization { name: wanted.to_owned(), ids })
            }
        }
    }

    /// Whether the record is one of the organization's, or of the organizations that it is made of.
    pub fn has_record(&self, matching: &EntityMatching, record: RecordRef) -> bool {
        let cluster = if matching.entity == Entity::Organization {
            matching.outcome(record).cluster
        } else {
            matching.organizations[usize::from(record.source)][record.row as usize]
        };
        cluster == self.cluster
    }

    /// Whether the cluster is in the organization, or is it.
    pub fn has_cluster(&self, matching: &EntityMatching, cluster: ClusterIx) -> bool {
        if matching.entity == Entity::Organization {
            cluster == self.cluster
        } else {
            matching.clusters[cluster as usize].organization == self.cluster
        }
    }
}
