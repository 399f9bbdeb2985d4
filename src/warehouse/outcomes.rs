//! The tables of what the fold decided: `matches`, `candidates`, `clusters`, `decisions`.

use super::columns::Filling;
use super::load::Stopped;
use super::names::Names;
use super::order;
use crate::matching::{Candidate, Rule};
use crate::model::{Entity, Reason, RecordRef, SourceIx};

/// Writes the outcome of every record, by entity, source and id.
pub(super) fn write_matches(filling: &Filling<'_>, names: &Names<'_>) -> Result<(), Stopped> {
    for (entity, source) in tables(names) {
        let Some(table) = names.tables.get(source, entity) else { continue };
        let matching = names.matching.of(entity);
        let tiers = &names.pipeline.sources[usize::from(source)].matching[entity.index()].tiers;
        // The name of a tier is made once, not once per record.
        let tiers: Vec<Option<String>> =
            (0..=u8::MAX).zip(tiers).map(|(tier, _)| names.rule(entity, source, Rule::Tier(tier))).collect();
        filling.each(&table.by_id(), |rows, row| {
            let outcome = matching.outcome(RecordRef { source, row: *row });
            let organization = matching.organizations[usize::from(source)][*row as usize];
            let matched = outcome.matched.map(|record| names.record(entity, record));
            rows.text(entity.name())
                .text(names.source(source))
                .text(table.id(*row))
                .record(names.founder(Entity::Organization, organization))
                .record(names.founder(entity, outcome.cluster))
                .optional(names.hub_id(entity, outcome.cluster))
                .text(outcome.state.name());
            match outcome.rule {
                Rule::Tier(tier) => rows.optional(tiers[usize::from(tier)].as_deref()),
                rule => rows.optional(names.rule(entity, source, rule).as_deref()),
            };
            rows.optional(matching.key_value(outcome))
                .optional(matched.map(|(source, _)| source))
                .optional(matched.map(|(_, id)| id))
                .optional(outcome.reason.map(Reason::code));
        })?;
    }
    Ok(())
}

/// Writes the candidates, by entity, source, id and rank.
pub(super) fn write_candidates(filling: &Filling<'_>, names: &Names<'_>) -> Result<(), Stopped> {
    for entity in Entity::ALL {
        let candidates = &names.matching.of(entity).candidates;
        let order = order::by_key(candidates.len(), |at| {
            let Candidate { record, rank, .. } = candidates[at];
            (record.source, names.tables.id(entity, record), rank)
        });
        filling.each(&order, |rows, at| {
            let candidate = &candidates[*at as usize];
            let (source, id) = names.record(entity, candidate.record);
            rows.text(entity.name())
                .text(source)
                .text(id)
                .count(candidate.rank)
                .record(names.founder(entity, candidate.cluster))
                .optional(names.hub_id(entity, candidate.cluster))
                .text(candidate.kind.name())
                .number(score(candidate.score))
                .text(&candidate.reason);
        })?;
    }
    Ok(())
}

/// A score with as many digits as it has, not those that the wider type makes up.
fn score(score: f32) -> f64 {
    (f64::from(score) * 10_000.0).round() / 10_000.0
}

/// Writes the clusters, by entity, source and id of the founder.
pub(super) fn write_clusters(filling: &Filling<'_>, names: &Names<'_>) -> Result<(), Stopped> {
    for entity in Entity::ALL {
        let clusters = &names.matching.of(entity).clusters;
        let order = order::by_key(clusters.len(), |ix| {
            let founder = clusters[ix].founder;
            (founder.source, names.tables.id(entity, founder))
        });
        filling.each(&order, |rows, ix| {
            let cluster = &clusters[*ix as usize];
            rows.text(entity.name())
                .record(names.founder(entity, *ix))
                .record(names.founder(Entity::Organization, cluster.organization))
                .optional(names.hub_id(entity, *ix))
                .truth(cluster.in_review)
                .count(cluster.members.1 - cluster.members.0);
        })?;
    }
    Ok(())
}

/// Writes the decisions, in the order of their file.
pub(super) fn write_decisions(filling: &Filling<'_>, names: &Names<'_>) -> Result<(), Stopped> {
    filling.each(&names.matching.decisions, |rows, applied| {
        let decision = &applied.decision;
        rows.count(decision.line)
            .text(decision.entity.name())
            .text(&decision.source)
            .text(&decision.record_id)
            .text(decision.kind.name())
            .text(&decision.hub_id)
            .text(&decision.note)
            .text(&decision.by)
            .text(&decision.at)
            .text(applied.outcome);
    })
}

/// Every entity of every source, by entity, then by source.
fn tables(names: &Names<'_>) -> impl Iterator<Item = (Entity, SourceIx)> + use<> {
    let sources = u16::try_from(names.tables.sources()).expect("a pipeline has few sources");
    Entity::ALL.into_iter().flat_map(move |entity| (0..sources).map(move |source| (entity, source)))
}
