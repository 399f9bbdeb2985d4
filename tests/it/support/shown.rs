//! The outcomes of the program and of the oracle as lines of text that compare, and read well when they differ.

use std::collections::BTreeMap;

use matchbook::matching::{EntityMatching, Matching, NO_CLUSTER, Rule};
use matchbook::model::{Entity, RecordRef, Tables};
use matchbook::pipeline::Pipeline;

use crate::oracle::{Answer, Estate, Rid};

/// By entity, source and record id: how the record ended, in one line.
pub type Lines = BTreeMap<(Entity, String), String>;

struct Line {
    state: &'static str,
    reason: &'static str,
    rule: String,
    key_value: String,
    matched: String,
    cluster: String,
    organization: String,
}

impl Line {
    /// The member that held the value is compared of matched records: of the others the candidates tell.
    fn text(&self) -> String {
        let Self { state, reason, rule, key_value, matched, cluster, organization } = self;
        let matched = if *state == "matched" { matched.as_str() } else { "" };
        format!(
            "{state} reason={reason} rule={rule} key_value={key_value:?} matched={matched} cluster={cluster} in={organization}"
        )
    }
}

/// The outcomes of the program.
pub fn of_program(pipeline: &Pipeline, tables: &Tables, matching: &Matching) -> Lines {
    let mut lines = Lines::new();
    for entity in Entity::ALL {
        let own = matching.of(entity);
        let organizations = matching.of(Entity::Organization);
        let name = |entity: Entity, record: RecordRef| {
            format!("{}/{}", pipeline.sources[usize::from(record.source)].name, tables.id(entity, record))
        };
        let founder = |matching: &EntityMatching, cluster: u32| {
            if cluster == NO_CLUSTER {
                String::new()
            } else {
                name(matching.entity, matching.clusters[cluster as usize].founder)
            }
        };
        for (source, outcomes) in (0..).zip(&own.outcomes) {
            for (row, outcome) in (0..).zip(outcomes) {
                let record = RecordRef { source, row };
                let rule = match outcome.rule {
                    Rule::None => String::new(),
                    Rule::Decision => "decision".to_owned(),
                    Rule::Tier(tier) => {
                        let tiers = &pipeline.sources[usize::from(source)].matching[entity.index()].tiers;
                        let keys: Vec<&str> = tiers[usize::from(tier)].iter().map(|key| key.name()).collect();
                        keys.join("+")
                    }
                    Rule::Identity(key) => key.name().to_owned(),
                };
                let line = Line {
                    state: outcome.state.name(),
                    reason: outcome.reason.map_or("", |reason| reason.code()),
                    rule,
                    key_value: own.key_value(outcome).unwrap_or_default().to_owned(),
                    matched: outcome.matched.map_or_else(String::new, |member| name(entity, member)),
                    cluster: founder(own, outcome.cluster),
                    // A record that takes no part has no organization to speak of.
                    organization: if outcome.cluster == NO_CLUSTER || entity == Entity::Organization {
                        String::new()
                    } else {
                        founder(organizations, own.organizations[usize::from(source)][row as usize])
                    },
                };
                lines.insert((entity, name(entity, record)), line.text());
            }
        }
    }
    lines
}

/// The outcomes of the oracle.
pub fn of_oracle(estate: &Estate, answer: &Answer) -> Lines {
    let name = |rid: &Rid| format!("{}/{}", estate.sources[rid.0].name, rid.1);
    let shown = |rid: &Option<Rid>| rid.as_ref().map_or_else(String::new, name);
    let mut lines = Lines::new();
    for (entity, folded) in &answer.entities {
        for (rid, outcome) in &folded.outcomes {
            let line = Line {
                state: outcome.state.name(),
                reason: outcome.reason.map_or("", |reason| reason.code()),
                rule: outcome.rule.clone(),
                key_value: outcome.key_value.clone(),
                matched: shown(&outcome.matched),
                cluster: shown(&outcome.cluster),
                organization: if outcome.cluster.is_some() {
                    shown(&outcome.organization)
                } else {
                    String::new()
                },
            };
            lines.insert((*entity, name(rid)), line.text());
        }
    }
    lines
}

/// The lines in which the two differ, both of each.
pub fn differences(expected: &Lines, got: &Lines) -> String {
    let mut text = String::new();
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(got.keys()).collect();
    for key in keys {
        let (left, right) = (expected.get(key), got.get(key));
        if left != right {
            let missing = "(no such record)".to_owned();
            text.push_str(&format!(
                "{} {}\n  expected {}\n  got      {}\n",
                key.0,
                key.1,
                left.unwrap_or(&missing),
                right.unwrap_or(&missing)
            ));
        }
    }
    text
}
