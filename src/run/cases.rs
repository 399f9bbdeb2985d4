//! The pipeline's own test cases: a few records in, what should become of them out.
//!
//! The records go through the same stages as those of a run, without its files, decisions and previous run.

use super::explain::rule_name;
use crate::extract::Lookups;
use crate::matching;
use crate::model::{
    Entity, FileInfo, LIST_SEPARATOR, RecordRef, Records, RecordsBuilder, SourceIx, State, Tables, fields,
};
use crate::normalize::{self, Junk};
use crate::ownership::{self, Resolution};
use crate::pipeline::{Expectation, Pipeline, TestCase};

/// What became of one test case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// What it shows.
    pub name: String,
    /// The line in the pipeline on which it starts.
    pub line: usize,
    /// What was not as expected; none when the case passes.
    pub failures: Vec<Failure>,
}

/// One thing that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The entity.
    pub entity: Entity,
    /// The record, as SOURCE/RECORD-ID.
    pub record: String,
    /// What was compared: `state`, `reason`, `hub_id`, `rule` or `desired NAME`.
    pub what: String,
    /// What the case expects.
    pub expected: String,
    /// What came out.
    pub got: String,
}

/// Runs all test cases of the pipeline, in its order.
#[must_use]
pub fn run_cases(pipeline: &Pipeline) -> Vec<CaseResult> {
    let junk = Junk::new(&pipeline.junk);
    pipeline.tests.iter().map(|case| run_case(pipeline, &junk, case)).collect()
}

fn run_case(pipeline: &Pipeline, junk: &Junk, case: &TestCase) -> CaseResult {
    let tables = tables(pipeline, case);
    let (keys, _) = normalize::normalize(&tables, pipeline, junk);
    let matching = matching::fold(pipeline, &tables, &keys, &[]);
    let resolution = ownership::resolve(pipeline, &tables, &matching, junk, &Lookups::default(), None);
    let outcome = Outcome { pipeline, tables: &tables, matching: &matching, resolution: &resolution };
    let failures = case.expect.iter().flat_map(|expectation| outcome.compare(expectation)).collect();
    CaseResult { name: case.name.clone(), line: case.line, failures }
}

/// The records of a case as tables. A column that no record of a table gives is unknown, as in a file without it.
fn tables(pipeline: &Pipeline, case: &TestCase) -> Tables {
    let mut built: Vec<Records> = Vec::new();
    for (ix, source) in (0..).zip(&pipeline.sources) {
        for entity in Entity::ALL {
            let of_table: Vec<_> = case
                .records
                .iter()
                .filter(|record| record.source == source.name && record.entity == entity)
                .collect();
            if of_table.is_empty() {
                continue;
            }
            let mut builder = RecordsBuilder::new(ix, entity);
            // A field that an expectation is about is compared with, so the file has it.
            let is_carried = |name: &str| {
                of_table.iter().any(|record| record.values.contains_key(name))
                    || case
                        .expect
                        .iter()
                        .any(|expect| expect.entity == entity && expect.desired.contains_key(name))
            };
            builder.files.push(FileInfo {
                path: format!("test \"{}\"", case.name),
                carried: fields(entity).iter().map(|field| is_carried(field.name)).collect(),
            });
            for (line, record) in (1..).zip(&of_table) {
                for (name, value) in &record.values {
                    if let Some(position) = builder.position(name) {
                        builder.set(position, value);
                    }
                }
                builder.finish_row(0, line);
            }
            builder.rows_read = of_table.len() as u64;
            built.push(builder.build());
        }
    }
    Tables::new(pipeline.sources.len(), built)
}

struct Outcome<'a> {
    pipeline: &'a Pipeline,
    tables: &'a Tables,
    matching: &'a matching::Matching,
    resolution: &'a Resolution,
}

impl Outcome<'_> {
    fn compare(&self, expected: &Expectation) -> Vec<Failure> {
        let failure = |what: &str, expected_value: &str, got: String| Failure {
            entity: expected.entity,
            record: expected.record.clone(),
            what: what.to_owned(),
            expected: shown(expected_value),
            got: shown(&got),
        };
        // The pipeline was checked, so an expectation is about a record of its case.
        let Some(record) = find(self.pipeline, self.tables, expected.entity, &expected.record) else {
            return vec![failure("record", &expected.record, "no such record".to_owned())];
        };
        let matching = self.matching.of(expected.entity);
        let outcome = matching.outcome(record);
        let mut failures = Vec::new();
        if let Some(state) = expected.state
            && state != outcome.state
        {
            failures.push(failure("state", state.name(), state_in_words(outcome.state, outcome.reason)));
        }
        if let Some(reason) = &expected.reason {
            let got = outcome.reason.map_or("", |reason| reason.code());
            if got != reason {
                failures.push(failure("reason", reason, got.to_owned()));
            }
        }
        if let Some(hub_id) = &expected.hub_id {
            let row = matching.clusters.get(outcome.cluster as usize).and_then(matching::Cluster::hub_row);
            let got = row.map_or("", |row| self.tables.id(expected.entity, RecordRef { source: 0, row }));
            if got != hub_id {
                failures.push(failure("hub_id", hub_id, got.to_owned()));
            }
        }
        if let Some(rule) = &expected.rule {
            let got = rule_name(self.pipeline, expected.entity, record.source, outcome.rule);
            if got != *rule {
                failures.push(failure("rule", rule, got));
            }
        }
        for (field, value) in &expected.desired {
            let got = self.desired(expected.entity, outcome.cluster, field);
            if normal(&got) != normal(value) {
                failures.push(failure(&format!("desired {field}"), value, got));
            }
        }
        failures
    }

    /// What the hub's row of the cluster should say: the difference where there is one, else what it says already.
    fn desired(&self, entity: Entity, cluster: matching::ClusterIx, field: &str) -> String {
        let diff = self.resolution.diffs.iter().find(|diff| {
            diff.entity == entity && diff.cluster == cluster && diff.field == field && diff.target.source == 0
        });
        if let Some(diff) = diff {
            return diff.desired.clone();
        }
        let row =
            self.matching.of(entity).clusters.get(cluster as usize).and_then(matching::Cluster::hub_row);
        row.and_then(|row| self.tables.value(entity, RecordRef { source: 0, row }, field))
            .unwrap_or_default()
            .to_owned()
    }
}

/// The record that SOURCE/RECORD-ID names.
pub(super) fn find(pipeline: &Pipeline, tables: &Tables, entity: Entity, name: &str) -> Option<RecordRef> {
    (0..).zip(&pipeline.sources).find_map(|(ix, source): (SourceIx, _)| {
        let id = name.strip_prefix(source.name.as_str())?.strip_prefix('/')?;
        let table = tables.get(ix, entity)?;
        let rows = 0..u32::try_from(table.len()).ok()?;
        let row = rows.into_iter().find(|row| table.id(*row) == id)?;
        Some(RecordRef { source: ix, row })
    })
}

fn state_in_words(state: State, reason: Option<crate::model::Reason>) -> String {
    reason.map_or_else(|| state.name().to_owned(), |reason| format!("{state} ({reason})"))
}

/// Lists are compared and shown as they are joined for people.
fn normal(value: &str) -> String {
    value.replace(LIST_SEPARATOR, "; ")
}

fn shown(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { format!("`{}`", normal(value)) }
}
