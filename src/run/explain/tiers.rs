//! The keys of a record before and after normalisation, and what each tier made of them.

use serde::Serialize;

use super::holders::Holders;
use super::{Case, tier_name};
use crate::matching::{NO_CLUSTER, Rule};
use crate::model::{State, column, list_items};
use crate::normalize::{Key, TUPLE_SEPARATOR, keys_of};

/// One key of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyExplanation {
    /// The key.
    pub key: &'static str,
    /// What the record says in the columns that the key is made from.
    pub written: Vec<Written>,
    /// The values after normalisation.
    pub values: Vec<KeyValue>,
    /// Values that were dropped: the text, and why.
    pub dropped: Vec<Written>,
}

/// A column, or a reason, and a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The column, for dropped values the reason.
    pub what: String,
    /// The text as it was read.
    pub text: String,
}

/// One key value and who else in the scope holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyValue {
    /// The value.
    pub value: String,
    /// The other records that hold it, as SOURCE/RECORD-ID.
    pub held_by: Vec<String>,
}

/// What a tier made of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierExplanation {
    /// The tier, as in the column `rule`.
    pub tier: String,
    /// Whether it decided.
    pub decided: bool,
    /// What came of it, one sentence per value.
    pub verdict: Vec<String>,
}

/// The columns that a key is made from.
const fn columns_of(key: Key) -> &'static [&'static str] {
    match key {
        Key::Link => &[column::LINKS],
        Key::Name => &[column::NAME],
        Key::Person => &[column::FIRST_NAME, column::LAST_NAME],
        Key::Email => &[column::EMAILS],
        Key::Upn => &[column::USER_PRINCIPAL_NAME],
        Key::Address => {
            &[column::ADDRESS_1, column::ADDRESS_2, column::CITY, column::REGION, column::COUNTRY]
        }
        Key::Serial => &[column::SERIAL_NUMBER],
        Key::Mac => &[column::MAC_ADDRESS, column::INTERFACES],
        Key::Hostname => &[column::HOSTNAME, column::NAME],
        Key::Type => &[column::TYPE],
    }
}

/// The record's keys, those without any text left out.
pub(super) fn keys(case: &Case<'_>, holders: &Holders) -> Vec<KeyExplanation> {
    let own = case.keys.of(case.record.source, case.entity);
    keys_of(case.entity)
        .iter()
        .map(|key| KeyExplanation {
            key: key.name(),
            written: columns_of(*key)
                .iter()
                .filter_map(|name| {
                    let text = case.tables.value(case.entity, case.record, name)?;
                    Some(Written { what: (*name).to_owned(), text: for_people(text) })
                })
                .collect(),
            values: own
                .of(*key)
                .get(case.record.row)
                .map(|value| KeyValue {
                    value: tuple(value),
                    held_by: holders.of(*key, value).iter().map(|record| case.label(*record)).collect(),
                })
                .collect(),
            dropped: dropped(case, *key),
        })
        .filter(|key| !(key.written.is_empty() && key.values.is_empty()))
        .collect()
}

/// What the normalisation dropped of the key's columns.
fn dropped(case: &Case<'_>, key: Key) -> Vec<Written> {
    let source = case.source_name(case.record.source);
    let id = case.tables.id(case.entity, case.record);
    // A display name is only a host name where it looks like one, so nothing is said of it at the key `name`.
    let is_of_key = |field: &str| key != Key::Name && columns_of(key).contains(&field);
    case.work
        .findings
        .iter()
        .filter(|finding| {
            finding.entity == case.entity
                && finding.record_id == id
                && finding.source == source
                && is_of_key(finding.field)
        })
        .map(|finding| Written { what: finding.message.clone(), text: for_people(&finding.raw_value) })
        .collect()
}

/// The tiers of the record's source, in order.
pub(super) fn tiers(case: &Case<'_>, holders: &Holders) -> Vec<TierExplanation> {
    let outcome = case.matching.outcome(case.record);
    // The hub's rows are matched with, and records without a cluster reached no tier.
    if outcome.state == State::Hub || outcome.cluster == NO_CLUSTER {
        return Vec::new();
    }
    let settings = &case.pipeline.sources[usize::from(case.record.source)].matching[case.entity.index()];
    let decided_at = match outcome.rule {
        Rule::Tier(tier) if outcome.state == State::Matched || outcome.reason.is_some() => {
            Some(usize::from(tier))
        }
        _ => None,
    };
    settings
        .tiers
        .iter()
        .enumerate()
        .map(|(position, keys)| {
            let decided = decided_at == Some(position);
            let verdict = if outcome.rule == Rule::Decision {
                vec!["not asked: a decision came first".to_owned()]
            } else if outcome.state == State::Matched && decided_at.is_some_and(|at| at < position) {
                vec!["not asked: an earlier tier decided".to_owned()]
            } else {
                verdicts(case, holders, keys)
            };
            TierExplanation { tier: tier_name(keys), decided, verdict }
        })
        .collect()
}

/// What the values of one tier identify.
fn verdicts(case: &Case<'_>, holders: &Holders, keys: &[Key]) -> Vec<String> {
    let own = case.keys.of(case.record.source, case.entity);
    let lacking: Vec<&str> =
        keys.iter().filter(|key| own.of(**key).is_empty(case.record.row)).map(|key| key.name()).collect();
    if !lacking.is_empty() {
        return vec![format!("the record has no `{}`", lacking.join("` and no `"))];
    }
    let mut tuples: Vec<Vec<(Key, &str)>> = vec![Vec::new()];
    for key in keys {
        tuples = tuples
            .iter()
            .flat_map(|tuple| {
                own.of(*key).get(case.record.row).map(move |value| {
                    let mut longer = tuple.clone();
                    longer.push((*key, value));
                    longer
                })
            })
            .collect();
    }
    tuples.iter().map(|parts| verdict(case, holders, parts)).collect()
}

fn verdict(case: &Case<'_>, holders: &Holders, parts: &[(Key, &str)]) -> String {
    let value = parts.iter().map(|(_, value)| tuple(value)).collect::<Vec<_>>().join(" + ");
    let twins = holders.twins(case, parts);
    let clusters = holders.clusters(case, parts);
    let labels = |records: Vec<String>| {
        const MOST: usize = 5;
        let more = records.len().saturating_sub(MOST);
        let mut text = records.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        text
    };
    let in_clusters = || labels(clusters.iter().map(|cluster| case.cluster_label(*cluster)).collect());
    let of_twins = || labels(twins.iter().map(|record| case.label(*record)).collect());
    match (twins.is_empty(), clusters.len()) {
        (true, 0) => format!("{value}: nothing before this source holds it"),
        (false, 0) => format!("{value}: identifies nothing, {} of the same source holds it too", of_twins()),
        (true, 1) => format!("{value}: identifies {}", in_clusters()),
        (true, _) => format!("{value}: identifies nothing, several hold it: {}", in_clusters()),
        (false, _) => {
            format!("{value}: {} holds it, and so does {} of the same source", in_clusters(), of_twins())
        }
    }
}

/// A key value for people: a tuple's parts joined with ` + `.
fn tuple(value: &str) -> String {
    value.split(TUPLE_SEPARATOR).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" + ")
}

/// A cell for people: a list's items joined with `; `, the parts of an interface with ` `.
pub(super) fn for_people(cell: &str) -> String {
    list_items(cell)
        .map(|item| item.split(crate::model::PART_SEPARATOR).collect::<Vec<_>>().join(" ").trim().to_owned())
        .collect::<Vec<_>>()
        .join("; ")
}
