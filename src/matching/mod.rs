//! The fold: which records stand for one real thing.
//!
//! Every hub row founds a cluster; then the sources are folded in, one after the other, inside one organization
//! cluster at a time. A record of one organization never meets one of another: the code that compares keys sees
//! only the records of one scope. Nothing here reads files, and nothing knows of fields other than keys.

mod decisions;
mod entity;
mod findings;
mod fold;
mod links;
mod outcome;
mod owners;
mod step;
mod suggest;
mod tier;
mod universe;

pub use decisions::{AppliedDecision, Decision, DecisionKind};
pub use outcome::{
    Candidate, CandidateKind, Cluster, ClusterIx, EntityMatching, Matching, NO_CLUSTER, Outcome, Rule,
};
pub use owners::Owner;

use rayon::prelude::*;

use crate::model::{Entity, SourceIx, Tables};
use crate::normalize::Keys;
use crate::pipeline::Pipeline;
use entity::{Estate, FoldedEntity, fold_entity};

/// Folds all entities: organizations first, then everything else inside them.
///
/// The result does not depend on the order of records, files or threads.
#[must_use]
pub fn fold(pipeline: &Pipeline, tables: &Tables, keys: &Keys, decisions: &[Decision]) -> Matching {
    let owners = owners_of_all(pipeline, tables, keys);
    let estate = Estate { pipeline, tables, keys, decisions, owners: &owners };
    let organizations = fold_entity(estate, Entity::Organization, None);
    let others: Vec<FoldedEntity> = Entity::ALL[1..]
        .par_iter()
        .with_max_len(1)
        .map(|entity| fold_entity(estate, *entity, Some(&organizations.matching)))
        .collect();

    let mut outcomes: Vec<Option<&'static str>> = vec![None; decisions.len()];
    let mut findings = Vec::new();
    let mut rejected = Vec::new();
    let mut entities = Vec::new();
    for folded in std::iter::once(organizations).chain(others) {
        findings.extend(findings::findings(estate, folded.matching.entity, &folded));
        for (position, outcome) in &folded.decisions {
            outcomes[*position as usize] = Some(outcome);
        }
        rejected.push(folded.rejected);
        entities.push(folded.matching);
    }
    let applied = applied(decisions, &outcomes, &entities, pipeline, tables);
    findings.extend(suggest::suggest(estate, &mut entities, &rejected));
    findings.extend(applied.iter().filter_map(AppliedDecision::finding));
    findings.sort();
    Matching { entities, findings, decisions: applied }
}

/// The decisions with what became of them. Two matches of one source onto one cluster are only seen in the fold.
fn applied(
    decisions: &[Decision],
    outcomes: &[Option<&'static str>],
    entities: &[EntityMatching],
    pipeline: &Pipeline,
    tables: &Tables,
) -> Vec<AppliedDecision> {
    let clashed: rustc_hash::FxHashSet<(&str, Entity, &str)> = entities
        .iter()
        .flat_map(|matching| {
            (0..).zip(&matching.outcomes).flat_map(move |(source, outcomes)| {
                (0..).zip(outcomes).filter_map(move |(row, outcome): (u32, &Outcome)| {
                    let is_clash = outcome.rule == Rule::Decision && outcome.reason.is_some();
                    is_clash.then_some((source, matching.entity, row))
                })
            })
        })
        .filter_map(|(source, entity, row): (SourceIx, Entity, u32)| {
            let id = tables.get(source, entity)?.id(row);
            Some((pipeline.sources[usize::from(source)].name.as_str(), entity, id))
        })
        .collect();
    decisions
        .iter()
        .zip(outcomes)
        .map(|(decision, outcome)| {
            let is_clash = decision.kind == DecisionKind::Match
                && *outcome == Some("applied")
                && clashed.contains(&(
                    decision.source.as_str(),
                    decision.entity,
                    decision.record_id.as_str(),
                ));
            let outcome = if is_clash { "several_point_to_one" } else { outcome.unwrap_or("stale_decision") };
            AppliedDecision { decision: decision.clone(), outcome }
        })
        .collect()
}

/// By source and entity: the organization of every record.
fn owners_of_all(pipeline: &Pipeline, tables: &Tables, keys: &Keys) -> Vec<[Vec<Owner>; 7]> {
    let mut all: Vec<[Vec<Owner>; 7]> = (0..tables.sources()).map(|_| Default::default()).collect();
    let found: Vec<(SourceIx, Entity, Vec<Owner>)> = tables
        .iter()
        .filter(|table| table.entity != Entity::Organization)
        .collect::<Vec<_>>()
        .par_iter()
        .with_max_len(1)
        .map(|table| (table.source, table.entity, owners::owners(table, tables, keys, pipeline)))
        .collect();
    for (source, entity, owners) in found {
        all[usize::from(source)][entity.index()] = owners;
    }
    all
}
