//! The fold of one entity: which records take part in which scope, the scopes in parallel, and the results put
//! together.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::decisions::{Decision, ScopeDecisions};
use super::fold::{DuplicateInHub, FoldInput, Rejected, ScopeResult, fold_scope, outcome};
use super::links::StoredLinks;
use super::outcome::{Cluster, ClusterIx, EntityMatching, NO_CLUSTER, Outcome, Rule};
use super::owners::Owner;
use crate::model::{Entity, Reason, RecordRef, Role, SourceIx, State, Tables, column};
use crate::normalize::Keys;
use crate::pipeline::Pipeline;

/// So many records are folded before their results are put together.
const RECORDS_AT_ONCE: usize = 125_000;

/// The tables that the fold reads.
#[derive(Clone, Copy)]
pub(super) struct Estate<'a> {
    pub pipeline: &'a Pipeline,
    pub tables: &'a Tables,
    pub keys: &'a Keys,
    pub decisions: &'a [Decision],
    /// By source and entity: the organization of every record.
    pub owners: &'a [[Vec<Owner>; 7]],
}

/// An entity after its fold, with what was noticed in terms of the whole entity.
pub(super) struct FoldedEntity {
    pub matching: EntityMatching,
    /// Rejected candidates: the record and the cluster.
    pub rejected: Vec<(RecordRef, ClusterIx)>,
    /// A matched record, its cluster, and the other one that a weaker key points to.
    pub weaker_key_disagrees: Vec<(RecordRef, ClusterIx, ClusterIx)>,
    pub cluster_disagrees: Vec<(RecordRef, ClusterIx)>,
    pub duplicate_in_hub: Vec<DuplicateInHub>,
    pub decisions: Vec<(u32, &'static str)>,
}

/// Folds `entity`. `organizations` is the finished fold of the organizations, `None` for themselves.
pub(super) fn fold_entity(
    estate: Estate<'_>,
    entity: Entity,
    organizations: Option<&EntityMatching>,
) -> FoldedEntity {
    let (scopes, waiting) = assign(estate, entity, organizations);
    let in_organizations: &[Vec<ClusterIx>] = if organizations.is_some() { &scopes } else { &[] };
    let decisions =
        ScopeDecisions::new(entity, estate.decisions, estate.pipeline, estate.tables, in_organizations);
    let mut settled = decisions.settled.clone();

    // An organization of an RMM without devices takes part only where a decision says so.
    let mut scopes = scopes.clone();
    let mut excluded: Vec<(RecordRef, Outcome)> = Vec::new();
    let mut without_devices = FxHashSet::default();
    for (record, ended) in waiting {
        if ended.reason == Some(Reason::NoDevices) && decisions.has_main(record) {
            without_devices.insert(record);
            scopes[usize::from(record.source)][record.row as usize] = 0;
        } else {
            let name = if ended.reason.is_some_and(Reason::is_carried) { "carried" } else { "skipped" };
            decisions.pass_over(record, name, &mut settled);
            excluded.push((record, ended));
        }
    }
    let hub_scopes = scopes.first().cloned().unwrap_or_default();
    let stored_links = StoredLinks::new(entity, estate.keys, &hub_scopes);
    let input = FoldInput {
        entity,
        pipeline: estate.pipeline,
        tables: estate.tables,
        keys: estate.keys,
        decisions: &decisions,
        stored_links: &stored_links,
        without_devices: &without_devices,
    };
    let count = organizations.map_or(1, |organizations| organizations.clusters.len());
    let grouped: Vec<Grouped> =
        scopes.par_iter().with_max_len(1).map(|of_source| Grouped::new(of_source, count)).collect();
    let of_sources = |scope: usize| grouped.iter().map(move |source| source.of(scope));
    let in_organizations = if organizations.is_some() {
        scopes
    } else {
        scopes.iter().map(|of_source| vec![NO_CLUSTER; of_source.len()]).collect()
    };
    let mut whole = Whole::new(estate, entity, in_organizations);
    let fold = |scopes: Range<usize>| -> Vec<ScopeResult> {
        scopes
            .into_par_iter()
            .with_min_len(16)
            .filter_map(|scope| {
                let rows: Vec<&[u32]> = of_sources(scope).collect();
                let number = ClusterIx::try_from(scope).expect("fewer than 4 billion clusters");
                rows.iter().any(|rows| !rows.is_empty()).then(|| fold_scope(&input, number, &rows))
            })
            .collect()
    };
    // What the fold of a scope leaves is much larger than what is kept of it, so no more than a part of the scopes waits,
    // and is put in its place while the next part is folded.
    let mut waiting = Vec::new();
    let mut first = 0;
    while first < count {
        let mut records = 0;
        let end = (first..count)
            .find(|scope| {
                records += of_sources(*scope).map(<[u32]>::len).sum::<usize>();
                records >= RECORDS_AT_ONCE
            })
            .map_or(count, |last| last + 1);
        let folded = std::mem::take(&mut waiting);
        (waiting, ()) = rayon::join(|| fold(first..end), || whole.add(folded));
        first = end;
    }
    whole.add(waiting);
    let mut joined = whole.finish(excluded);
    joined.decisions.extend(settled);
    joined
}

/// The scope of every record by source and row, and the records that take part in none, with their outcome.
fn assign(
    estate: Estate<'_>,
    entity: Entity,
    organizations: Option<&EntityMatching>,
) -> (Vec<Vec<ClusterIx>>, Vec<(RecordRef, Outcome)>) {
    let sources =
        SourceIx::try_from(estate.tables.sources()).expect("a pipeline has fewer than 65,536 sources");
    let assigned: Vec<_> = (0..sources)
        .into_par_iter()
        .with_max_len(1)
        .map(|source| assign_source(estate, source, entity, organizations))
        .collect();
    let (scopes, excluded): (Vec<_>, Vec<_>) = assigned.into_iter().unzip();
    (scopes, excluded.into_iter().flatten().collect())
}

/// The same for the records of one source.
fn assign_source(
    estate: Estate<'_>,
    source: SourceIx,
    entity: Entity,
    organizations: Option<&EntityMatching>,
) -> (Vec<ClusterIx>, Vec<(RecordRef, Outcome)>) {
    let Some(table) = estate.tables.get(source, entity) else { return Default::default() };
    let skips = table.cells(column::SKIP_REASON);
    let has_devices = (organizations.is_none()
        && estate.pipeline.sources[usize::from(source)].role == Role::Rmm)
        .then(|| organizations_with_devices(estate, source, table.len()))
        .flatten();
    let mut excluded = Vec::new();
    let mut scopes = Vec::with_capacity(table.len());
    for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
        let left_out = if let Some(reason) = skips.get(row).and_then(Reason::parse) {
            Err((State::Skipped, reason))
        } else if let Some(organizations) = organizations {
            let owner = estate.owners[usize::from(source)][entity.index()][row as usize];
            scope_of(owner, source, organizations)
        } else if has_devices.as_ref().is_some_and(|has| !has[row as usize]) {
            Err((State::Skipped, Reason::NoDevices))
        } else {
            Ok(0)
        };
        match left_out {
            Ok(scope) => scopes.push(scope),
            Err((state, reason)) => {
                scopes.push(NO_CLUSTER);
                let record = RecordRef { source, row };
                excluded.push((record, outcome(state, NO_CLUSTER, Rule::None, Some(reason))));
            }
        }
    }
    (scopes, excluded)
}

/// The organization cluster of a record, or why it is left out with its organization.
fn scope_of(
    owner: Owner,
    source: SourceIx,
    organizations: &EntityMatching,
) -> Result<ClusterIx, (State, Reason)> {
    let row = match owner {
        Owner::Row(row) => row,
        Owner::None => return Err((State::Skipped, Reason::NoOrganization)),
        Owner::Shared => return Err((State::Skipped, Reason::OrganizationNameShared)),
    };
    let owner = organizations.outcome(RecordRef { source, row });
    match owner.state {
        State::Ignored => Err((State::Ignored, Reason::OrganizationIgnored)),
        State::Skipped => Err((State::Skipped, Reason::OrganizationSkipped)),
        _ if organizations.clusters[owner.cluster as usize].in_review => {
            Err((State::Review, Reason::OrganizationInReview))
        }
        _ => Ok(owner.cluster),
    }
}

/// Which organizations of a source have a configuration; `None` where the source delivers none at all.
fn organizations_with_devices(estate: Estate<'_>, source: SourceIx, count: usize) -> Option<Vec<bool>> {
    let table = estate.tables.get(source, Entity::Configuration).filter(|table| !table.is_empty())?;
    let skips = table.cells(column::SKIP_REASON);
    let mut has = vec![false; count];
    for (row, owner) in (0..).zip(&estate.owners[usize::from(source)][Entity::Configuration.index()]) {
        if let Owner::Row(organization) = owner
            && skips.get(row).is_none()
        {
            has[*organization as usize] = true;
        }
    }
    Some(has)
}

/// The rows of one source by scope, from one counting pass.
struct Grouped {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Grouped {
    fn new(scopes: &[ClusterIx], count: usize) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for scope in scopes.iter().filter(|scope| **scope != NO_CLUSTER) {
            starts[*scope as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; *starts.last().unwrap_or(&0) as usize];
        for (row, scope) in (0..).zip(scopes) {
            if *scope != NO_CLUSTER {
                let at = &mut next[*scope as usize];
                rows[*at as usize] = row;
                *at += 1;
            }
        }
        Self { starts, rows }
    }

    fn of(&self, scope: usize) -> &[u32] {
        &self.rows[self.starts[scope] as usize..self.starts[scope + 1] as usize]
    }
}

/// The results of scopes put together: clusters are numbered through, outcomes stand in their places.
struct Whole<'a> {
    estate: Estate<'a>,
    folded: FoldedEntity,
    /// Rejected candidates that are hub rows of other scopes.
    elsewhere: Vec<(RecordRef, u32)>,
}

impl<'a> Whole<'a> {
    fn new(estate: Estate<'a>, entity: Entity, organizations: Vec<Vec<ClusterIx>>) -> Self {
        let nothing = outcome(State::Skipped, NO_CLUSTER, Rule::None, None);
        let folded = FoldedEntity {
            matching: EntityMatching {
                entity,
                clusters: Vec::new(),
                members: Vec::new(),
                outcomes: organizations
                    .iter()
                    .map(|of_source| vec![nothing.clone(); of_source.len()])
                    .collect(),
                values: String::new(),
                candidates: Vec::new(),
                organizations,
                disagreeing: Vec::new(),
            },
            rejected: Vec::new(),
            weaker_key_disagrees: Vec::new(),
            cluster_disagrees: Vec::new(),
            duplicate_in_hub: Vec::new(),
            decisions: Vec::new(),
        };
        Self { estate, folded, elsewhere: Vec::new() }
    }

    fn add(&mut self, scopes: Vec<ScopeResult>) {
        for scope in scopes {
            self.add_scope(scope);
        }
    }

    fn add_scope(&mut self, scope: ScopeResult) {
        let number =
            |at: usize| u32::try_from(at).expect("fewer than 4 billion clusters, members and bytes of keys");
        let (tables, whole) = (self.estate.tables, &mut self.folded);
        let entity = whole.matching.entity;
        let first = number(whole.matching.clusters.len());
        let text = number(whole.matching.values.len());
        whole.matching.values.push_str(&scope.text);
        for mut cluster in scope.clusters {
            let start = number(whole.matching.members.len());
            // In fold order; several of one source (organizations only) by id.
            cluster.members.sort_by(|a, b| {
                a.source.cmp(&b.source).then_with(|| tables.id(entity, *a).cmp(tables.id(entity, *b)))
            });
            whole.matching.members.extend(cluster.members);
            whole.matching.clusters.push(Cluster {
                founder: cluster.founder,
                organization: if entity == Entity::Organization { NO_CLUSTER } else { scope.organization },
                in_review: cluster.in_review,
                members: (start, number(whole.matching.members.len())),
            });
        }
        for (record, mut ended) in scope.outcomes {
            if ended.cluster != NO_CLUSTER {
                ended.cluster += first;
            }
            ended.key_value = (ended.key_value.0 + text, ended.key_value.1 + text);
            whole.matching.outcomes[usize::from(record.source)][record.row as usize] = ended;
        }
        for (record, rejected) in scope.rejected {
            match rejected {
                Rejected::Cluster(cluster) => whole.rejected.push((record, cluster + first)),
                Rejected::HubRow(row) => self.elsewhere.push((record, row)),
            }
        }
        let disagreements = scope.weaker_key_disagrees.into_iter();
        whole
            .weaker_key_disagrees
            .extend(disagreements.map(|(record, own, other)| (record, own + first, other + first)));
        whole
            .cluster_disagrees
            .extend(scope.cluster_disagrees.into_iter().map(|(record, own)| (record, own + first)));
        whole.duplicate_in_hub.extend(scope.duplicate_in_hub);
        whole.decisions.extend(scope.decisions);
    }

    fn finish(self, excluded: Vec<(RecordRef, Outcome)>) -> FoldedEntity {
        let mut whole = self.folded;
        for (record, ended) in excluded {
            whole.matching.outcomes[usize::from(record.source)][record.row as usize] = ended;
        }
        for (record, row) in self.elsewhere {
            let cluster = whole.matching.outcome(RecordRef { source: 0, row }).cluster;
            whole.rejected.push((record, cluster));
        }
        for (_, own, other) in &whole.weaker_key_disagrees {
            whole.matching.disagreeing.extend([*own, *other]);
        }
        whole.matching.disagreeing.sort_unstable();
        whole.matching.disagreeing.dedup();
        whole
    }
}
