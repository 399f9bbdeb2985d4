//! The limits that stop or hold a run: too many bad rows, and a source that shrank.

use std::collections::BTreeMap;

use super::{BadRows, Warning};
use crate::model::{Entity, Previous, QuarantineRow, SourceIx, Tables};
use crate::pipeline::Pipeline;

/// So many bad rows are shown as examples.
const EXAMPLES: usize = 3;

/// Refuses tables of a source with more bad rows than the pipeline allows. The first such source is named.
///
/// # Errors
/// With the numbers, and the first rows as examples.
pub fn check_bad_rows(
    pipeline: &Pipeline,
    tables: &Tables,
    quarantine: &[QuarantineRow],
) -> Result<(), BadRows> {
    for (ix, source) in (0..).zip(&pipeline.sources) {
        let (rows, quarantined) = tables_of(tables, ix)
            .fold((0, 0), |(rows, bad), table| (rows + table.rows_read, bad + table.quarantined));
        let limit = pipeline.limits.bad_rows_percent;
        if quarantined > 0 && percent(quarantined, rows) > limit {
            let of_source = || quarantine.iter().filter(|row| row.source == source.name);
            let examples = of_source().take(EXAMPLES).cloned().collect();
            return Err(BadRows { source_name: source.name.clone(), rows, quarantined, limit, examples });
        }
    }
    Ok(())
}

/// A warning for every source that has so many fewer records than in the last completed run that it is an outage and
/// not a change.
pub(super) fn shrunk(pipeline: &Pipeline, tables: &Tables, previous: &Previous) -> Vec<Warning> {
    let mut before: BTreeMap<&str, u64> = BTreeMap::new();
    for ((source, _), count) in &previous.counts {
        *before.entry(source).or_default() += count;
    }
    let mut warnings = Vec::new();
    for (ix, source) in (0..).zip(&pipeline.sources) {
        let before = before.get(source.name.as_str()).copied().unwrap_or_default();
        let now: u64 = tables_of(tables, ix).map(|table| table.len() as u64).sum();
        if now < before && percent(before - now, before) > pipeline.limits.shrink_percent {
            warnings.push(Warning {
                code: "source_shrank",
                source: source.name.clone(),
                message: format!(
                    "`{}` has {now} records, {before} in the last completed run: that is an outage until confirmed{}",
                    source.name,
                    smaller(tables, ix, previous, &source.name),
                ),
                hint: "if the records are really gone, run again with `--confirm-shrink`".to_owned(),
            });
        }
    }
    warnings
}

/// Which entities of the source have fewer records than before.
fn smaller(tables: &Tables, source: SourceIx, previous: &Previous, name: &str) -> String {
    let parts: Vec<String> = Entity::ALL
        .into_iter()
        .filter_map(|entity| {
            let before = *previous.counts.get(&(name.to_owned(), entity))?;
            let now = tables.get(source, entity).map_or(0, |table| table.len() as u64);
            (now < before).then(|| format!("{} {before} → {now}", entity.table()))
        })
        .collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn tables_of(tables: &Tables, source: SourceIx) -> impl Iterator<Item = &crate::model::Records> {
    tables.iter().filter(move |table| table.source == source)
}

/// `part` of `whole` in percent, 0 when there is no whole.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 53 bits")]
pub(super) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}
