//! What was noticed about the values of the files: for `check`, which shows it before a run, with file, line and text.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::extract::{Extracted, FileReport};
use crate::model::{Entity, Finding, SourceIx};
use crate::pipeline::Pipeline;
use crate::report::words::{count, one_line};

/// So many things are said of one file.
const MOST: usize = 10;

/// So much of a value is shown.
const VALUE: usize = 60;

/// What was noticed, by source and file.
pub(super) struct Noticed<'e> {
    files: BTreeMap<(SourceIx, &'e str), Vec<(u32, &'e Finding)>>,
}

impl<'e> Noticed<'e> {
    /// Finds the file and the line of every finding that is about a record.
    pub fn new(pipeline: &Pipeline, extracted: &'e Extracted) -> Self {
        let mut files: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (source, settings) in (0..).zip(&pipeline.sources) {
            let mut by_entity: BTreeMap<Entity, FxHashMap<&str, Vec<&Finding>>> = BTreeMap::new();
            let of_records = extracted.findings.iter().filter(|finding| !finding.record_id.is_empty());
            for finding in of_records.filter(|finding| finding.source == settings.name) {
                let of_entity = by_entity.entry(finding.entity).or_default();
                of_entity.entry(finding.record_id.as_str()).or_default().push(finding);
            }
            for (entity, mut by_record) in by_entity {
                let Some(table) = extracted.tables.get(source, entity) else { continue };
                for row in (0..).take(table.len()) {
                    let Some(findings) = by_record.remove(table.id(row)) else { continue };
                    let place: &mut Vec<_> =
                        files.entry((source, table.file(row).path.as_str())).or_default();
                    place.extend(findings.into_iter().map(|finding| (table.line(row), finding)));
                }
            }
        }
        for found in files.values_mut() {
            found.sort();
        }
        Self { files }
    }

    /// What is said of one file, a line each: every value if `all` is asked for, else the first one of a kind.
    pub fn lines(&self, file: &FileReport, all: bool) -> Vec<String> {
        let place = if file.format == "JSON" { "element" } else { "line" };
        let mut lines: Vec<String> = file.remarks.clone();
        let found = self.files.get(&(file.source, file.file.as_str())).map_or(&[][..], Vec::as_slice);
        // The first of each kind, with the number of all.
        let mut kinds: Vec<(u32, &Finding, u64)> = Vec::new();
        for (line, finding) in found {
            let is_same = |other: &&mut (u32, &Finding, u64)| {
                (other.1.field, other.1.code) == (finding.field, finding.code)
            };
            let same = if all { None } else { kinds.iter_mut().find(is_same) };
            match same {
                Some(kind) => kind.2 += 1,
                None => kinds.push((*line, *finding, 1)),
            }
        }
        let most = if all { kinds.len() } else { MOST };
        for (line, finding, number) in kinds.iter().take(most) {
            let more = if *number > 1 { format!(" and {} more", number - 1) } else { String::new() };
            let mut what = [finding.field, ""].join(" ");
            if !finding.raw_value.is_empty() {
                what.push_str(&format!("`{}`", one_line(&finding.raw_value, VALUE)));
            }
            let what = what.trim();
            let colon = if what.is_empty() { "" } else { ": " };
            let message = one_line(&finding.message, 200);
            lines.push(format!("{place} {line}{more}: {what}{colon}{message} ({})", finding.code));
        }
        if kinds.len() > most {
            lines.push(format!(
                "{}; `--verbose` shows every value",
                count((kinds.len() - most) as u64, "more kind")
            ));
        }
        lines
    }
}
