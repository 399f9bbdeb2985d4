//! Everything that drafting and rendering look up, built once for a plan and once for its calls.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::PlanInput;
use super::diffs::DiffIndex;
use super::items::Items;
use super::lists::Lists;
use super::owners::{Owned, Owners};
use super::sync::{self, SyncLists};
use crate::matching::{Cluster, ClusterIx, EntityMatching, Matching, NO_CLUSTER};
use crate::model::{Entity, Previous, RecordRef, Role, SourceIx, Tables, column, fields};
use crate::normalize::{Junk, name_key};
use crate::pipeline::{Method, Pipeline, Source};
use crate::systems::System;

/// The members of a cluster, the one that speaks for its role first.
pub(super) type Speakers = SmallVec<[RecordRef; 4]>;

/// Rows of one table by name inside an organization cluster; `None` when several share the name.
type ByName = FxHashMap<(ClusterIx, String), Option<u32>>;

/// What of one table is looked up by id or by name, built when it is first needed.
#[derive(Debug, Default)]
struct Rows<'a> {
    by_id: OnceLock<FxHashMap<&'a str, u32>>,
    by_name: OnceLock<ByName>,
}

/// Where the columns stand that are looked at for every record.
#[derive(Debug, Clone, Copy)]
struct Positions {
    active: usize,
    archived: usize,
    /// Where there are any.
    interfaces: Option<usize>,
}

impl Positions {
    fn of(entity: Entity) -> Self {
        let at = |name| fields(entity).iter().position(|field| field.name == name);
        let known = |name| at(name).expect("every entity has the column");
        let (active, archived) = (known(column::ACTIVE), known(column::ARCHIVED));
        Self { active, archived, interfaces: at(column::INTERFACES) }
    }
}

/// The inputs of a plan with what is derived of them.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) tables: &'a Tables,
    matching: &'a Matching,
    /// The last completed run, which gates ask for and calls do not.
    pub(super) previous: Option<&'a Previous>,
    pub(super) diffs: DiffIndex<'a>,
    pub(super) lists: Lists<'a>,
    pub(super) items: Items<'a>,
    pub(super) junk: Junk,
    owners: Owners,
    /// The positions of the columns that are looked at for every record.
    positions: [Positions; 7],
    sync: Vec<SyncLists>,
    rows: Vec<[Rows<'a>; 7]>,
}

impl<'a> Context<'a> {
    pub(super) fn new(input: &PlanInput<'a>) -> Self {
        let PlanInput { pipeline, tables, matching, diffs, lookups } = *input;
        Self {
            pipeline,
            tables,
            matching,
            previous: None,
            diffs: DiffIndex::new(diffs),
            lists: Lists::new(lookups),
            items: Items::default(),
            junk: Junk::new(&pipeline.junk),
            owners: Owners::new(pipeline, tables),
            positions: Entity::ALL.map(Positions::of),
            sync: pipeline.sources.iter().map(SyncLists::new).collect(),
            rows: pipeline.sources.iter().map(|_| <[Rows<'a>; 7]>::default()).collect(),
        }
    }

    pub(super) fn source(&self, source: SourceIx) -> &'a Source {
        &self.pipeline.sources[source as usize]
    }

    pub(super) fn role(&self, source: SourceIx) -> Role {
        self.source(source).role
    }

    /// The vendor system of a source.
    pub(super) fn system(&self, source: SourceIx) -> &'static System {
        self.source(source).system
    }

    pub(super) fn method(&self) -> Method {
        self.pipeline.method
    }

    pub(super) fn matching(&self, entity: Entity) -> &'a EntityMatching {
        self.matching.of(entity)
    }

    pub(super) fn cluster(&self, entity: Entity, cluster: ClusterIx) -> &'a Cluster {
        &self.matching(entity).clusters[cluster as usize]
    }

    pub(super) fn members(&self, entity: Entity, cluster: ClusterIx) -> &'a [RecordRef] {
        self.matching.of(entity).members(cluster)
    }

    /// The PSAs of the pipeline.
    pub(super) fn psas(&self) -> impl Iterator<Item = SourceIx> + '_ {
        let all = self.pipeline.sources.iter().enumerate();
        all.filter(|(_, source)| source.role == Role::Psa).map(|(position, _)| sync::index(position))
    }

    /// The first member of `cluster` that is of `source`.
    pub(super) fn row_in(&self, source: SourceIx, entity: Entity, cluster: ClusterIx) -> Option<u32> {
        let members = self.members(entity, cluster);
        members.iter().find(|member| member.source == source).map(|member| member.row)
    }

    pub(super) fn value(&self, entity: Entity, record: RecordRef, field: &str) -> Option<&'a str> {
        self.tables.value(entity, record, field).map(trimmed)
    }

    /// The cell of the column at `position` of the entity's fields, trimmed; `None` when it is blank.
    pub(super) fn cell(&self, entity: Entity, record: RecordRef, position: usize) -> Option<&'a str> {
        if !self.owners.is_filled(record.source, entity, position) {
            return None;
        }
        let texts = self.tables.get(record.source, entity)?.text_at(position);
        texts.get(record.row as usize).map(trimmed).filter(|text| !text.is_empty())
    }

    pub(super) fn id(&self, entity: Entity, record: RecordRef) -> &'a str {
        self.tables.id(entity, record)
    }

    /// `SOURCE/RECORD-ID`.
    pub(super) fn record_name(&self, entity: Entity, record: RecordRef) -> String {
        [self.source(record.source).name.as_str(), "/", self.id(entity, record)].concat()
    }

    /// The id of a cluster: the record that founded it.
    pub(super) fn cluster_name(&self, entity: Entity, cluster: ClusterIx) -> String {
        self.record_name(entity, self.cluster(entity, cluster).founder)
    }

    /// What a cluster is called for people, in backticks: its name, the id where it has none.
    pub(super) fn title(&self, entity: Entity, cluster: ClusterIx) -> String {
        let founder = self.cluster(entity, cluster).founder;
        let name = match entity {
            Entity::Contact => person(self.tables, founder),
            _ => self.value(entity, founder, column::NAME).map(str::to_owned),
        };
        format!("`{}`", name.unwrap_or_else(|| self.record_name(entity, founder)))
    }

    /// Whether the source marks a record as inactive or archived.
    pub(super) fn is_inactive(&self, entity: Entity, record: RecordRef) -> bool {
        let active = self.positions[entity.index()].active;
        self.cell(entity, record, active) == Some("false") || self.is_archived(entity, record)
    }

    /// The cell that holds the network interfaces.
    pub(super) fn interfaces(&self, entity: Entity, record: RecordRef) -> Option<&'a str> {
        self.cell(entity, record, self.positions[entity.index()].interfaces?)
    }

    pub(super) fn is_archived(&self, entity: Entity, record: RecordRef) -> bool {
        self.cell(entity, record, self.positions[entity.index()].archived) == Some("true")
    }

    /// The members of a cluster in the order in which they speak: by the strength of the rule that they joined by, then
    /// by id.
    pub(super) fn speakers(&self, entity: Entity, cluster: ClusterIx) -> Speakers {
        let mut speakers = Speakers::from_slice(self.members(entity, cluster));
        let matching = self.matching(entity);
        if speakers.len() > 1 {
            // Ids stand far from each other, and rules mostly differ.
            speakers.sort_by(|a, b| {
                let rule = |member: &RecordRef| matching.outcome(*member).rule;
                let id = |member: &RecordRef| (self.id(entity, *member), member.source);
                rule(a).cmp(&rule(b)).then_with(|| id(a).cmp(&id(b)))
            });
        }
        speakers
    }

    /// Why `record` is not among those that `sync_of` syncs: its own type and status, or those of its organization's
    /// record in the same source.
    pub(super) fn sync_refusal(
        &self,
        sync_of: SourceIx,
        entity: Entity,
        record: RecordRef,
        organization: ClusterIx,
    ) -> Option<String> {
        let lists = &self.sync[sync_of as usize];
        if !lists.restricts(entity) {
            return None;
        }
        if let Some(refusal) = lists.refusal(self.tables, entity, record) {
            return Some(refusal);
        }
        if organization == NO_CLUSTER || !lists.restricts_organizations() {
            return None;
        }
        // Of several organization records of one source, such as sites of one client, one that syncs is enough.
        let records = self.members(Entity::Organization, organization).iter();
        let refusals: Option<Vec<String>> = records
            .filter(|owner| owner.source == record.source)
            .map(|owner| lists.refusal(self.tables, Entity::Organization, *owner))
            .collect();
        refusals?.into_iter().min()
    }

    /// The row of the record that `record` refers to in the column pair `field` and `field_id`, in its own source: by
    /// id, by name inside the organization where there is no id.
    pub(super) fn referred(
        &self,
        entity: Entity,
        record: RecordRef,
        to: Entity,
        field: &str,
        id_field: &str,
    ) -> Option<RecordRef> {
        let source = record.source;
        let row = if let Some(id) = self.value(entity, record, id_field) {
            *self.rows_by_id(source, to).get(id)?
        } else {
            let name = name_key(self.value(entity, record, field)?).into_owned();
            let organization = match entity {
                Entity::Organization => NO_CLUSTER,
                _ => self.organization_of(entity, record),
            };
            (*self.rows_by_name(source, to).get(&(organization, name))?)?
        };
        Some(RecordRef { source, row })
    }

    /// The organization cluster of a record, [`NO_CLUSTER`] when it has none.
    pub(super) fn organization_of(&self, entity: Entity, record: RecordRef) -> ClusterIx {
        let of_source = self.matching(entity).organizations.get(record.source as usize);
        of_source.and_then(|rows| rows.get(record.row as usize)).copied().unwrap_or(NO_CLUSTER)
    }

    fn rows_by_id(&self, source: SourceIx, entity: Entity) -> &FxHashMap<&'a str, u32> {
        self.rows[source as usize][entity.index()].by_id.get_or_init(|| {
            let rows = self.tables.get(source, entity).map_or(0, crate::model::Records::len);
            (0..u32::try_from(rows).unwrap_or(u32::MAX))
                .map(|row| (self.id(entity, RecordRef { source, row }), row))
                .collect()
        })
    }

    fn rows_by_name(&self, source: SourceIx, entity: Entity) -> &ByName {
        self.rows[source as usize][entity.index()].by_name.get_or_init(|| {
            let mut by_name = ByName::default();
            let rows = self.tables.get(source, entity).map_or(0, crate::model::Records::len);
            for row in 0..u32::try_from(rows).unwrap_or(u32::MAX) {
                let record = RecordRef { source, row };
                let name = match entity {
                    Entity::Contact => person(self.tables, record),
                    _ => self.value(entity, record, column::NAME).map(str::to_owned),
                };
                let Some(name) = name else { continue };
                let organization = match entity {
                    Entity::Organization => NO_CLUSTER,
                    _ => self.organization_of(entity, record),
                };
                let key = (organization, name_key(&name).into_owned());
                by_name.entry(key).and_modify(|row| *row = None).or_insert(Some(row));
            }
            by_name
        })
    }

    /// The owned fields of an entity, in table order.
    pub(super) fn owned(&self, entity: Entity) -> &[Owned] {
        self.owners.of(entity)
    }

    /// The main location of an organization: the one that the hub marks as primary, else the first of the hub's.
    pub(super) fn main_site(&self, organization: ClusterIx) -> Option<ClusterIx> {
        let clusters = &self.matching(Entity::Location).clusters;
        // Clusters stand by organization.
        let start = clusters.partition_point(|cluster| cluster.organization < organization);
        let mut first = None;
        for (cluster, ix) in clusters[start..].iter().zip(start..) {
            if cluster.organization != organization || cluster.founder.source != 0 {
                break;
            }
            let ix = ClusterIx::try_from(ix).ok()?;
            if self.value(Entity::Location, cluster.founder, column::PRIMARY) == Some("true") {
                return Some(ix);
            }
            first = first.or(Some(ix));
        }
        first
    }
}

/// `text.trim()`, which reads characters backwards even where there is nothing to trim.
fn trimmed(text: &str) -> &str {
    let is_visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_visible(bytes.first()) && is_visible(bytes.last()) { text } else { text.trim() }
}

/// First and last name of a contact.
fn person(tables: &Tables, record: RecordRef) -> Option<String> {
    let part = |field| tables.value(Entity::Contact, record, field).map(str::trim);
    match (part(column::FIRST_NAME), part(column::LAST_NAME)) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (name, None) | (None, name) => name.map(str::to_owned),
    }
}
