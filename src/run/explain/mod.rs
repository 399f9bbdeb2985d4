//! Why a record ended as it did: the keys, the tiers in order, the candidates, the fields and the plan steps of one record.
//!
//! Everything is read from what the stages made; the tiers are followed once more for this one record, against the clusters
//! as they were before its source was folded in.

mod fields;
mod holders;
mod tiers;

use serde::Serialize;

use super::work::Work;
use super::{RunError, cases};
use crate::matching::{CandidateKind, ClusterIx, EntityMatching, Matching, NO_CLUSTER, Rule};
use crate::model::{Entity, Previous, Reason, RecordRef, SourceIx, State, Tables, column};
use crate::normalize::Keys;
use crate::pipeline::Pipeline;

pub use fields::{FieldExplanation, FieldValue};
pub use tiers::{KeyExplanation, KeyValue, TierExplanation, Written};

/// Everything about one record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The entity.
    pub entity: &'static str,
    /// The record, as SOURCE/RECORD-ID.
    pub record: String,
    /// Its name.
    pub name: String,
    /// The organization that it is in, as the run sees it; empty when it is in none.
    pub organization: String,
    /// The file that it was read from.
    pub file: String,
    /// The line or element, 0 for a record that no row stands for.
    pub line: u32,
    /// The state.
    pub state: &'static str,
    /// The reason's code, empty when there is none.
    pub reason: &'static str,
    /// What decided: `decision`, a tier, or nothing.
    pub rule: String,
    /// The decision in one sentence.
    pub sentence: String,
    /// The cluster, empty when it is in none.
    pub cluster: String,
    /// The records of the cluster, each with its name and rule.
    pub members: Vec<Member>,
    /// Its keys.
    pub keys: Vec<KeyExplanation>,
    /// The tiers of its source, in order.
    pub tiers: Vec<TierExplanation>,
    /// Decisions about it, with what became of them.
    pub decisions: Vec<DecisionExplanation>,
    /// Clusters that it might belong to.
    pub candidates: Vec<CandidateExplanation>,
    /// What each field should say.
    pub fields: Vec<FieldExplanation>,
    /// What is planned for its cluster.
    pub steps: Vec<StepExplanation>,
}

/// One record of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The record, as SOURCE/RECORD-ID.
    pub record: String,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: &'static str,
    /// What joined it.
    pub rule: String,
}

/// A decision about the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionExplanation {
    /// The line of the decisions file.
    pub line: u64,
    /// What was decided.
    pub decision: &'static str,
    /// What it names, or empty.
    pub hub_id: String,
    /// What became of it.
    pub outcome: &'static str,
}

/// A cluster that the record might belong to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateExplanation {
    /// From 1.
    pub rank: u8,
    /// The cluster.
    pub cluster: String,
    /// Its name.
    pub name: String,
    /// `rejected` or `suggested`.
    pub kind: &'static str,
    /// 0 to 1.
    pub score: f32,
    /// Why it was rejected, or is suggested.
    pub reason: String,
}

/// A planned step for the record's cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepExplanation {
    /// Its id.
    pub step: String,
    /// The source that is written to.
    pub target: String,
    /// What it does.
    pub action: &'static str,
    /// Whether it may be sent.
    pub status: &'static str,
    /// The gates.
    pub gates: Vec<GateExplanation>,
}

/// A gate of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateExplanation {
    /// Its code.
    pub code: &'static str,
    /// What it says.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What the parts of an explanation read.
#[derive(Clone, Copy)]
struct Case<'a> {
    pipeline: &'a Pipeline,
    tables: &'a Tables,
    keys: &'a Keys,
    all: &'a Matching,
    matching: &'a EntityMatching,
    work: &'a Work,
    entity: Entity,
    record: RecordRef,
}

impl Case<'_> {
    /// SOURCE/RECORD-ID.
    fn label(&self, record: RecordRef) -> String {
        label(self.pipeline, self.tables, self.entity, record)
    }

    fn cluster_label(&self, cluster: ClusterIx) -> String {
        self.label(self.matching.clusters[cluster as usize].founder)
    }

    fn source_name(&self, source: SourceIx) -> &str {
        &self.pipeline.sources[usize::from(source)].name
    }

    fn rule(&self, record: RecordRef) -> String {
        rule_name(self.pipeline, self.entity, record.source, self.matching.outcome(record).rule)
    }
}

/// SOURCE/RECORD-ID of a record.
#[must_use]
pub fn label(pipeline: &Pipeline, tables: &Tables, entity: Entity, record: RecordRef) -> String {
    format!("{}/{}", pipeline.sources[usize::from(record.source)].name, tables.id(entity, record))
}

/// The name of a record for people; empty when it has none.
#[must_use]
pub fn display_name(tables: &Tables, entity: Entity, record: RecordRef) -> String {
    let value = |name| tables.value(entity, record, name).unwrap_or_default();
    let name = match entity {
        Entity::Contact => format!("{} {}", value(column::FIRST_NAME), value(column::LAST_NAME)),
        Entity::Ticket => value(column::TITLE).to_owned(),
        _ => value(column::NAME).to_owned(),
    };
    name.trim().to_owned()
}

/// What decided, as in the column `rule`: `decision`, or the keys of a tier joined with `+`; empty for nothing.
#[must_use]
pub fn rule_name(pipeline: &Pipeline, entity: Entity, source: SourceIx, rule: Rule) -> String {
    match rule {
        Rule::None => String::new(),
        Rule::Decision => "decision".to_owned(),
        Rule::Identity(key) => key.name().to_owned(),
        Rule::Tier(tier) => {
            let tiers = &pipeline.sources[usize::from(source)].matching[entity.index()].tiers;
            tiers.get(usize::from(tier)).map(|keys| tier_name(keys)).unwrap_or_default()
        }
    }
}

fn tier_name(keys: &[crate::normalize::Key]) -> String {
    keys.iter().map(|key| key.name()).collect::<Vec<_>>().join("+")
}

/// The record that `wanted` names, SOURCE/RECORD-ID, with its entity.
///
/// # Errors
/// When there is none, or there are several of different entities and `entity` does not say which.
pub fn find(
    pipeline: &Pipeline,
    tables: &Tables,
    wanted: &str,
    entity: Option<Entity>,
) -> Result<(Entity, RecordRef), RunError> {
    let found: Vec<(Entity, RecordRef)> = Entity::ALL
        .into_iter()
        .filter(|of| entity.is_none_or(|entity| entity == *of))
        .filter_map(|of| Some((of, cases::find(pipeline, tables, of, wanted)?)))
        .collect();
    match found[..] {
        [] => Err(RunError::NoSuchRecord { wanted: wanted.to_owned() }),
        [one] => Ok(one),
        _ => Err(RunError::AmbiguousRecord {
            wanted: wanted.to_owned(),
            entities: found.iter().map(|(entity, _)| entity.name()).collect(),
        }),
    }
}

/// Explains one record. `None` when the stages did not get as far as matching.
#[must_use]
pub fn explain(
    pipeline: &Pipeline,
    work: &Work,
    previous: Option<&Previous>,
    entity: Entity,
    record: RecordRef,
) -> Option<Explanation> {
    let all = work.matching.as_ref()?;
    let case = Case {
        pipeline,
        tables: &work.extracted.tables,
        keys: work.keys.as_ref()?,
        all,
        matching: all.of(entity),
        work,
        entity,
        record,
    };
    let table = case.tables.get(record.source, entity)?;
    let outcome = case.matching.outcome(record);
    let holders = holders::Holders::find(&case);
    Some(Explanation {
        entity: entity.name(),
        record: case.label(record),
        name: display_name(case.tables, entity, record),
        organization: organization(&case),
        file: table.file(record.row).path.clone(),
        line: table.line(record.row),
        state: outcome.state.name(),
        reason: outcome.reason.map_or("", Reason::code),
        rule: case.rule(record),
        sentence: sentence(&case),
        cluster: if outcome.cluster == NO_CLUSTER {
            String::new()
        } else {
            case.cluster_label(outcome.cluster)
        },
        members: members(&case),
        keys: tiers::keys(&case, &holders),
        tiers: tiers::tiers(&case, &holders),
        decisions: decisions(&case),
        candidates: candidates(&case),
        fields: fields::fields(&case, previous),
        steps: steps(&case),
    })
}

fn organization(case: &Case<'_>) -> String {
    let organizations = case.all.of(Entity::Organization);
    let cluster = if case.entity == Entity::Organization {
        NO_CLUSTER
    } else {
        case.matching.organizations[usize::from(case.record.source)][case.record.row as usize]
    };
    let Some(cluster) = organizations.clusters.get(cluster as usize) else {
        return case
            .tables
            .value(case.entity, case.record, column::ORGANIZATION)
            .unwrap_or_default()
            .to_owned();
    };
    let name = display_name(case.tables, Entity::Organization, cluster.founder);
    format!("{name} ({})", label(case.pipeline, case.tables, Entity::Organization, cluster.founder))
}

/// The decision in one sentence.
fn sentence(case: &Case<'_>) -> String {
    let outcome = case.matching.outcome(case.record);
    let own = case.label(case.record);
    let rule = case.rule(case.record);
    let by_value = case.matching.key_value(outcome).map(|value| format!(" ({value})")).unwrap_or_default();
    let because = outcome.reason.map(|reason| format!(": {}", reason.sentence())).unwrap_or_default();
    match outcome.state {
        State::Hub => {
            format!("`{own}` is a row of the hub, so it founds a cluster that the sources can join")
        }
        State::Matched => {
            let other = outcome
                .matched
                .map_or_else(|| case.cluster_label(outcome.cluster), |record| case.label(record));
            let how = if rule == "decision" {
                "because a decision says so".to_owned()
            } else {
                format!("by `{rule}`{by_value}, which identifies both")
            };
            let hub = match case.matching.clusters[outcome.cluster as usize].hub_row() {
                Some(_) => String::new(),
                None => "; the hub has no row of it yet".to_owned(),
            };
            format!("`{own}` is matched with `{other}` {how}{hub}")
        }
        State::Unmatched if rule == "decision" => {
            format!("`{own}` is new, because a decision says so")
        }
        State::Unmatched => format!(
            "`{own}` is unmatched: nothing that was there before `{}` was folded in holds any of its keys, so it is new",
            case.source_name(case.record.source)
        ),
        State::Review if rule.is_empty() => format!("`{own}` is in review{because}"),
        State::Review => format!("`{own}` is in review at `{rule}`{by_value}{because}"),
        State::Ignored if because.is_empty() => format!("`{own}` is ignored, because a decision says so"),
        State::Ignored => format!("`{own}` is ignored{because}"),
        State::Skipped => format!("`{own}` is skipped{because}"),
    }
}

fn members(case: &Case<'_>) -> Vec<Member> {
    let cluster = case.matching.outcome(case.record).cluster;
    if cluster == NO_CLUSTER {
        return Vec::new();
    }
    case.matching
        .members(cluster)
        .iter()
        .map(|record| Member {
            record: case.label(*record),
            name: display_name(case.tables, case.entity, *record),
            state: case.matching.outcome(*record).state.name(),
            rule: case.rule(*record),
        })
        .collect()
}

fn decisions(case: &Case<'_>) -> Vec<DecisionExplanation> {
    let source = case.source_name(case.record.source);
    let id = case.tables.id(case.entity, case.record);
    case.all
        .decisions
        .iter()
        .filter(|applied| {
            let decision = &applied.decision;
            decision.entity == case.entity && decision.source == source && decision.record_id == id
        })
        .map(|applied| DecisionExplanation {
            line: applied.decision.line,
            decision: applied.decision.kind.name(),
            hub_id: applied.decision.hub_id.clone(),
            outcome: applied.outcome,
        })
        .collect()
}

fn candidates(case: &Case<'_>) -> Vec<CandidateExplanation> {
    let candidates = &case.matching.candidates;
    let start = candidates.partition_point(|candidate| candidate.record < case.record);
    candidates[start..]
        .iter()
        .take_while(|candidate| candidate.record == case.record)
        .map(|candidate| CandidateExplanation {
            rank: candidate.rank,
            cluster: case.cluster_label(candidate.cluster),
            name: display_name(
                case.tables,
                case.entity,
                case.matching.clusters[candidate.cluster as usize].founder,
            ),
            kind: match candidate.kind {
                CandidateKind::Rejected => "rejected",
                CandidateKind::Suggested => "suggested",
            },
            score: candidate.score,
            reason: candidate.reason.clone(),
        })
        .collect()
}

fn steps(case: &Case<'_>) -> Vec<StepExplanation> {
    let cluster = case.matching.outcome(case.record).cluster;
    let (Some(plan), true) = (&case.work.plan, cluster != NO_CLUSTER) else { return Vec::new() };
    (0_u32..)
        .zip(&plan.steps)
        .filter(|(_, step)| step.cluster == Some((case.entity, cluster)))
        .map(|(position, step)| {
            let start = plan.reasons.partition_point(|reason| reason.step < position);
            StepExplanation {
                step: step.id.clone(),
                target: case.source_name(step.target).to_owned(),
                action: step.action.name(),
                status: step.status.name(),
                gates: plan.reasons[start..]
                    .iter()
                    .take_while(|reason| reason.step == position)
                    .map(|reason| GateExplanation {
                        code: reason.code,
                        message: reason.message.to_string(),
                        remedy: reason.remedy,
                    })
                    .collect(),
            }
        })
        .collect()
}
