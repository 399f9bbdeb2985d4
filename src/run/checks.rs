//! What is odd about the records as a whole, which no reader of a single row can see. Nothing is changed by it.

use rustc_hash::FxHashMap;

use super::Warning;
use crate::extract::{Extracted, FileReport};
use crate::matching::AppliedDecision;
use crate::model::{Entity, Finding, Records, column, fields};
use crate::pipeline::Pipeline;

/// The longest value that a vendor's field is known to hold, with room to spare.
const LARGE: usize = 1 << 20;

/// So many decisions that do nothing are named; the rest is in the warehouse.
const MOST_DECISIONS: usize = 5;

/// Findings about the tables: parents in a circle, organizations without a name, values that are far too large.
pub(super) fn findings(pipeline: &Pipeline, extracted: &Extracted) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in extracted.tables.iter() {
        let finding =
            |row: u32, field: &'static str, code: &'static str, raw: &str, message: String| Finding {
                source: pipeline.sources[usize::from(table.source)].name.clone(),
                entity: table.entity,
                record_id: table.id(row).to_owned(),
                field,
                code,
                raw_value: raw.to_owned(),
                message,
            };
        if matches!(table.entity, Entity::Organization | Entity::Configuration) {
            let parents = table.cells(column::PARENT_ID);
            findings.extend(rows_in_circles(table).into_iter().map(|row| {
                let parent = parents.get(row).unwrap_or_default();
                let message = format!("its parents lead back to it ({})", place(table, row));
                finding(row, column::PARENT_ID, "parent_cycle", parent, message)
            }));
        }
        if table.entity == Entity::Organization {
            let names = table.cells(column::NAME);
            findings.extend(rows(table).filter(|row| names.get(*row).is_none()).map(|row| {
                let message = format!("the organization has no name ({})", place(table, row));
                finding(row, column::NAME, "no_name", "", message)
            }));
        }
        findings.extend(large_values(table).map(|(row, field, size)| {
            let message = format!("the value has {size} bytes ({})", place(table, row));
            finding(row, field, "large_value", "", message)
        }));
    }
    findings
}

fn rows(table: &Records) -> std::ops::Range<u32> {
    0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows")
}

fn place(table: &Records, row: u32) -> String {
    format!("{}:{}", table.file(row).path, table.line(row))
}

/// The rows whose parents lead back to themselves, in order.
fn rows_in_circles(table: &Records) -> Vec<u32> {
    let parents = table.cells(column::PARENT_ID);
    if !rows(table).any(|row| parents.get(row).is_some()) {
        return Vec::new();
    }
    let by_id: FxHashMap<&str, u32> = rows(table).map(|row| (table.id(row), row)).collect();
    let parent: Vec<Option<u32>> =
        rows(table).map(|row| by_id.get(parents.get(row)?.trim()).copied()).collect();
    // Every row is walked over once: what an earlier walk passed leads to no new circle.
    let mut walk_of = vec![u32::MAX; parent.len()];
    let mut found = Vec::new();
    for start in rows(table) {
        let mut row = start;
        while walk_of[row as usize] == u32::MAX {
            walk_of[row as usize] = start;
            let Some(next) = parent[row as usize] else { break };
            row = next;
        }
        // The walk met its own path, so `row` is on a circle; a walk that ended, or met an older one, did not.
        if walk_of[row as usize] == start && parent[row as usize].is_some() {
            let first = row;
            while let Some(next) = parent[row as usize] {
                found.push(row);
                row = next;
                if row == first {
                    break;
                }
            }
        }
    }
    found.sort_unstable();
    found
}

/// Values larger than [`LARGE`], with their size.
fn large_values(table: &Records) -> impl Iterator<Item = (u32, &'static str, usize)> + '_ {
    fields(table.entity)
        .iter()
        .enumerate()
        .filter(|(position, _)| table.text_at(*position).longest() > LARGE)
        .flat_map(move |(position, field)| {
            let texts = table.text_at(position);
            rows(table).filter_map(move |row| {
                let size = texts.get(row as usize).map_or(0, str::len);
                (size > LARGE).then_some((row, field.name, size))
            })
        })
}

/// A warning for every file that has a heading, or an empty list, and nothing else.
pub(super) fn empty_files(pipeline: &Pipeline, files: &[FileReport]) -> Vec<Warning> {
    files
        .iter()
        .filter(|file| file.rows == 0 && !file.entities.is_empty())
        .map(|file| Warning {
            code: "no_rows",
            source: pipeline.sources[usize::from(file.source)].name.clone(),
            message: format!("`{}` was understood, and holds no row", file.file),
            hint: String::new(),
        })
        .collect()
}

/// A warning for decisions that do nothing.
pub(super) fn idle_decisions(decisions: &[AppliedDecision]) -> Vec<Warning> {
    let idle: Vec<&AppliedDecision> =
        decisions.iter().filter(|applied| !matches!(applied.outcome, "applied" | "superseded")).collect();
    let more = idle.len().saturating_sub(MOST_DECISIONS);
    let mut warnings: Vec<Warning> = idle
        .iter()
        .take(MOST_DECISIONS)
        .map(|applied| {
            let decision = &applied.decision;
            Warning {
                code: applied.outcome,
                source: decision.source.clone(),
                message: format!(
                    "line {} of the decisions does nothing ({}): {} {} {}/{}",
                    decision.line,
                    applied.outcome,
                    decision.kind.name(),
                    decision.entity,
                    decision.source,
                    decision.record_id
                ),
                hint: String::new(),
            }
        })
        .collect();
    if more > 0 {
        warnings.push(Warning {
            code: "idle_decisions",
            source: String::new(),
            message: format!("{more} more of the decisions do nothing; the table `decisions` names them"),
            hint: String::new(),
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileInfo, RecordsBuilder};

    /// Organizations by id and parent.
    fn organizations(rows: &[(&str, &str)]) -> Records {
        let mut builder = RecordsBuilder::new(1, Entity::Organization);
        let parent = builder.position(column::PARENT_ID).expect("organizations have parents");
        builder.files.push(FileInfo { path: "companies.json".to_owned(), carried: Vec::new() });
        for (line, (id, of)) in (1..).zip(rows) {
            builder.set(0, id);
            builder.set(parent, of);
            builder.finish_row(0, line);
        }
        builder.build()
    }

    #[test]
    fn only_rows_on_a_circle_are_found() {
        // 1 → 2 → 3 → 2: 1 leads to a circle and is not on it. 4 is its own parent, 5 has none, 6 names nobody.
        let table = organizations(&[("1", "2"), ("2", "3"), ("3", "2"), ("4", "4"), ("5", ""), ("6", "9")]);
        assert_eq!(rows_in_circles(&table), [1, 2, 3]);
        let shuffled = organizations(&[("3", "2"), ("1", "2"), ("2", "3")]);
        assert_eq!(rows_in_circles(&shuffled), [0, 2]);
        assert!(rows_in_circles(&organizations(&[("1", ""), ("2", "1")])).is_empty());
    }

    #[test]
    fn a_value_is_large_by_itself() {
        let mut builder = RecordsBuilder::new(1, Entity::Organization);
        let name = builder.position(column::NAME).expect("organizations have names");
        for (id, size) in [("1", LARGE), ("2", LARGE + 1), ("3", 5)] {
            builder.set(0, id);
            builder.set(name, &"x".repeat(size));
            builder.finish_row(0, 1);
        }
        let table = builder.build();
        assert_eq!(large_values(&table).collect::<Vec<_>>(), [(1, "name", LARGE + 1)]);
    }
}
