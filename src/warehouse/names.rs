//! What things of a run are called in the warehouse: sources, clusters, rules, organizations.

use crate::matching::{Cluster, ClusterIx, Matching, NO_CLUSTER, Rule};
use crate::model::{Entity, RecordRef, SourceIx, Tables, column};
use crate::pipeline::Pipeline;

/// Looks names up in a run.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub pipeline: &'a Pipeline,
    pub tables: &'a Tables,
    pub matching: &'a Matching,
}

impl<'a> Names<'a> {
    /// The name of a source.
    pub fn source(&self, source: SourceIx) -> &'a str {
        &self.pipeline.sources[usize::from(source)].name
    }

    /// The source's name and the record's id.
    pub fn record(&self, entity: Entity, record: RecordRef) -> (&'a str, &'a str) {
        (self.source(record.source), self.tables.id(entity, record))
    }

    fn cluster(&self, entity: Entity, cluster: ClusterIx) -> Option<&'a Cluster> {
        (cluster != NO_CLUSTER).then(|| &self.matching.of(entity).clusters[cluster as usize])
    }

    /// The founder of a cluster; `SOURCE/RECORD-ID` of it is the cluster's id.
    pub fn founder(&self, entity: Entity, cluster: ClusterIx) -> Option<(&'a str, &'a str)> {
        self.cluster(entity, cluster).map(|cluster| self.record(entity, cluster.founder))
    }

    /// The id of the hub's row in a cluster.
    pub fn hub_id(&self, entity: Entity, cluster: ClusterIx) -> Option<&'a str> {
        let row = self.cluster(entity, cluster)?.hub_row()?;
        Some(self.tables.id(entity, RecordRef { source: 0, row }))
    }

    /// The name of the organization that a cluster is in or, for organizations, stands for: as the founder writes it.
    pub fn organization(&self, entity: Entity, cluster: ClusterIx) -> Option<&'a str> {
        let organization = match entity {
            Entity::Organization => cluster,
            _ => self.cluster(entity, cluster)?.organization,
        };
        let founder = self.cluster(Entity::Organization, organization)?.founder;
        self.tables.value(Entity::Organization, founder, column::NAME)
    }

    /// What decided: `decision`, a tier as `mac+serial`, or the name of an identity key.
    pub fn rule(&self, entity: Entity, source: SourceIx, rule: Rule) -> Option<String> {
        match rule {
            Rule::None => None,
            Rule::Decision => Some("decision".to_owned()),
            Rule::Tier(tier) => {
                let tiers = &self.pipeline.sources[usize::from(source)].matching[entity.index()].tiers;
                let keys: Vec<&str> = tiers[usize::from(tier)].iter().map(|key| key.name()).collect();
                Some(keys.join("+"))
            }
            Rule::Identity(key) => Some(key.name().to_owned()),
        }
    }
}
