//! Suggestions: clusters that a record in review or unmatched might belong to. They never change a state.
//!
//! A suggestion is for a person, or for the gate that holds back a create which looks known. Everything here is
//! bounded: names are compared through tables of folded names, and the string similarity runs only over pairs that
//! share a word where a scope is large.

mod elsewhere;
mod likeness;
mod names;

use rayon::prelude::*;

use super::entity::Estate;
use super::outcome::{Candidate, CandidateKind, ClusterIx, EntityMatching, NO_CLUSTER};
use crate::model::{Entity, Finding, RecordRef, SourceIx, State};

pub(super) use elsewhere::Elsewhere;

/// The most candidates that one record gets.
const MOST: usize = 5;

/// Scores by kind, strongest first. A string similarity scores below all of them.
mod score {
    pub const REJECTED: f32 = 1.0;
    pub const SAME_NAME: f32 = 0.97;
    pub const LETTER_CASE: f32 = 0.95;
    pub const SIMILAR_NAME: f32 = 0.9;
    pub const DEVICES: f32 = 0.85;
    pub const HOST_PREFIX: f32 = 0.8;
    pub const OTHER_ORGANIZATION: f32 = 0.75;
    pub const PADDED: f32 = 0.7;
    pub const LIKENESS: f32 = 0.65;
}

/// A candidate before it is ranked.
pub(in crate::matching) struct Proposal {
    record: RecordRef,
    cluster: ClusterIx,
    kind: CandidateKind,
    score: f32,
    reason: String,
    looks_known: bool,
}

/// The candidates of every entity, written into `matchings`, and the findings about devices that seem to have moved.
pub(super) fn suggest(
    estate: Estate<'_>,
    matchings: &mut [EntityMatching],
    rejected: &[Vec<(RecordRef, ClusterIx)>],
) -> Vec<Finding> {
    let elsewhere = Elsewhere::find(estate, matchings);
    let findings = elsewhere.findings(estate, matchings);
    for entity in Entity::ALL {
        let matching = &matchings[entity.index()];
        let rejected = first_rejected(estate, matching, &rejected[entity.index()]);
        let mut proposals: Vec<Proposal> = rejected
            .iter()
            .map(|(record, cluster)| Proposal {
                record: *record,
                cluster: *cluster,
                kind: CandidateKind::Rejected,
                score: score::REJECTED,
                reason: why_rejected(matching, *record),
                looks_known: false,
            })
            .collect();
        proposals.extend(names::propose(estate, matching, &rejected));
        match entity {
            Entity::Organization => proposals.extend(elsewhere.organizations(estate, matchings)),
            Entity::Configuration => proposals.extend(elsewhere.configurations(matching)),
            _ => {}
        }
        matchings[entity.index()].candidates = rank(estate, matching, proposals);
    }
    findings
}

/// Of the clusters that a rule rejected for a record the first ones, sorted by record. Nothing ranks above them, so no other is
/// ever a candidate, and there may be thousands where people share a name.
fn first_rejected(
    estate: Estate<'_>,
    matching: &EntityMatching,
    rejected: &[(RecordRef, ClusterIx)],
) -> Vec<(RecordRef, ClusterIx)> {
    // What was rejected for one record stands together.
    let mut first: Vec<(RecordRef, ClusterIx)> = rejected
        .par_chunk_by(|a, b| a.0 == b.0)
        .flat_map_iter(|of_record| {
            let mut of_record = of_record.to_vec();
            of_record.sort_unstable();
            of_record.dedup();
            if of_record.len() > MOST {
                of_record
                    .select_nth_unstable_by_key(MOST, |(_, cluster)| founder_id(estate, matching, *cluster));
                of_record.truncate(MOST);
            }
            of_record
        })
        .collect();
    first.par_sort_unstable();
    first
}

/// What clusters are ordered by where nothing else tells them apart: source and id of the founder.
fn founder_id<'a>(estate: Estate<'a>, matching: &EntityMatching, cluster: ClusterIx) -> (SourceIx, &'a str) {
    let founder = matching.clusters[cluster as usize].founder;
    (founder.source, estate.tables.id(matching.entity, founder))
}

/// Records that get suggestions: in review or unmatched, by their own fault.
fn is_subject(matching: &EntityMatching, record: RecordRef) -> bool {
    let outcome = matching.outcome(record);
    matches!(outcome.state, State::Review | State::Unmatched) && outcome.cluster != NO_CLUSTER
}

fn why_rejected(matching: &EntityMatching, record: RecordRef) -> String {
    let outcome = matching.outcome(record);
    let sentence = outcome.reason.map_or("a rule rejected it", |reason| reason.sentence());
    match matching.key_value(outcome) {
        Some(value) => format!("{sentence}: {value}"),
        None => sentence.to_owned(),
    }
}

/// At most five per record, each cluster once, strongest first; of equal ones the cluster that was founded first, by
/// source and record id, since row numbers depend on the order of the files.
fn rank(estate: Estate<'_>, matching: &EntityMatching, mut proposals: Vec<Proposal>) -> Vec<Candidate> {
    let founder = |cluster: ClusterIx| founder_id(estate, matching, cluster);
    proposals.par_sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        a.record
            .cmp(&b.record)
            .then(by_score)
            .then_with(|| founder(a.cluster).cmp(&founder(b.cluster)))
            .then_with(|| a.reason.cmp(&b.reason))
    });
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut of_record = 0;
    for proposal in proposals {
        let is_same = candidates.last().is_some_and(|last| last.record == proposal.record);
        if !is_same {
            of_record = candidates.len();
        }
        if let Some(known) =
            candidates[of_record..].iter_mut().find(|known| known.cluster == proposal.cluster)
        {
            known.looks_known |= proposal.looks_known;
            continue;
        }
        let rank = candidates.len() - of_record + 1;
        if rank > MOST {
            continue;
        }
        candidates.push(Candidate {
            record: proposal.record,
            rank: u8::try_from(rank).expect("at most five"),
            cluster: proposal.cluster,
            kind: proposal.kind,
            score: proposal.score,
            reason: proposal.reason,
            looks_known: proposal.looks_known,
        });
    }
    candidates
}
