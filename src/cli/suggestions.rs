//! Which suggestions may be accepted without a person looking at each.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::matching::{
    Candidate, CandidateKind, ClusterIx, Decision, DecisionKind, EntityMatching, Matching, NO_CLUSTER,
};
use crate::model::{Entity, RecordRef, SourceIx};
use crate::pipeline::Pipeline;
use crate::report::words::one_line;
use crate::run::Work;
use crate::run::explain::{display_name, label};

/// A suggestion that would become a decision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Accepted {
    pub entity: Entity,
    pub source: String,
    pub record_id: String,
    /// The record's name.
    pub name: String,
    /// What the decision names.
    pub hub_id: String,
    /// The name of that.
    pub hub_name: String,
    pub score: f32,
    pub reason: String,
}

impl Accepted {
    pub(super) fn into_decision(self, by: &str, at: &str) -> Decision {
        Decision {
            line: 0,
            entity: self.entity,
            source: self.source,
            record_id: self.record_id,
            kind: DecisionKind::Match,
            hub_id: self.hub_id,
            note: format!("suggestion {:.2}: {}", self.score, self.reason),
            by: by.to_owned(),
            at: at.to_owned(),
        }
    }
}

/// The suggestions of at least the score `least` that leave no doubt: the record's best candidate, and better than its
/// second; in its own organization; not wanted by two records of a source; not taken by another record of the source;
/// and not about a record that was decided on. What a rule rejected is never accepted.
pub(super) fn accept(pipeline: &Pipeline, work: &Work, decisions: &[Decision], least: f32) -> Vec<Accepted> {
    let Some(matching) = &work.matching else { return Vec::new() };
    Entity::ALL
        .into_iter()
        .flat_map(|entity| of_entity(pipeline, work, matching, decisions, least, entity))
        .collect()
}

fn of_entity(
    pipeline: &Pipeline,
    work: &Work,
    all: &Matching,
    decisions: &[Decision],
    least: f32,
    entity: Entity,
) -> Vec<Accepted> {
    let matching = all.of(entity);
    let tables = &work.extracted.tables;
    let decided: FxHashSet<(&str, &str)> = decisions
        .iter()
        .filter(|decision| decision.entity == entity)
        .map(|decision| (decision.source.as_str(), decision.record_id.as_str()))
        .collect();
    let source = |record: RecordRef| pipeline.sources[usize::from(record.source)].name.as_str();
    let clear: Vec<&Candidate> = matching
        .candidates
        .chunk_by(|a, b| a.record == b.record)
        .filter_map(|candidates| clear_best(matching, candidates, least))
        .filter(|best| !decided.contains(&(source(best.record), tables.id(entity, best.record))))
        .collect();
    // Sites of an RMM may share an organization; nothing else shares a cluster.
    let mut wanted: BTreeMap<(SourceIx, ClusterIx), u32> = BTreeMap::new();
    for best in &clear {
        *wanted.entry((best.record.source, best.cluster)).or_default() += 1;
    }
    clear
        .into_iter()
        .filter(|best| entity == Entity::Organization || wanted[&(best.record.source, best.cluster)] == 1)
        .map(|best| {
            let founder = matching.clusters[best.cluster as usize].founder;
            Accepted {
                entity,
                source: source(best.record).to_owned(),
                record_id: tables.id(entity, best.record).to_owned(),
                name: one_line(&display_name(tables, entity, best.record), 40),
                hub_id: if founder.source == 0 {
                    tables.id(entity, founder).to_owned()
                } else {
                    label(pipeline, tables, entity, founder)
                },
                hub_name: one_line(&display_name(tables, entity, founder), 40),
                score: best.score,
                reason: best.reason.clone(),
            }
        })
        .collect()
}

/// The best candidate of one record, when it is a suggestion and there is no doubt about it.
fn clear_best<'c>(
    matching: &EntityMatching,
    candidates: &'c [Candidate],
    least: f32,
) -> Option<&'c Candidate> {
    let best = candidates.first()?;
    let is_tied = candidates.get(1).is_some_and(|second| second.score >= best.score);
    if best.kind != CandidateKind::Suggested || best.score < least || is_tied {
        return None;
    }
    let record = best.record;
    let own = matching.outcome(record).cluster;
    let is_taken = || {
        matching.entity != Entity::Organization
            && matching.members(best.cluster).iter().any(|member| member.source == record.source)
    };
    let organization = matching.organizations[usize::from(record.source)][record.row as usize];
    let is_foreign = matching.entity != Entity::Organization
        && (organization == NO_CLUSTER
            || matching.clusters[best.cluster as usize].organization != organization);
    (best.cluster != own && !is_taken() && !is_foreign).then_some(best)
}
