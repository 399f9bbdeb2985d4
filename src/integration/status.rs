//! Which run the report is of, what every source delivered, and how the records ended.

use std::collections::BTreeSet;

use super::markdown::{Page, escaped};
use super::{Report, Subject};
use crate::warehouse::WarehouseError;

/// The run.
pub(super) fn run(report: &Report<'_>, page: &mut Page) -> Result<(), WarehouseError> {
    let sql = "SELECT run_id, status, started_at, finished_at, version, array_to_string(held_by, '; ') FROM latest_runs";
    let Some(run) = report.ask(sql)?.into_iter().next() else { return Ok(()) };
    let method = report.pipeline.method;
    let mut items = vec![
        format!("Run {}, {}, read {} and written {}", run[0], run[1], run[2], run[3]),
        format!("Sync method {}: {}", method.letter(), method.describe()),
        format!("Matchbook {}", escaped(&run[4])),
    ];
    if !run[5].is_empty() {
        items.push(format!("Held: {}", escaped(&run[5])));
    }
    let newer = "SELECT run_id FROM runs WHERE run_id > (SELECT run_id FROM latest_runs) ORDER BY run_id DESC LIMIT 1";
    if let Some(held) = report.ask(newer)?.first() {
        items.push(format!("Run {} is newer and held; this report is of the last completed run", held[0]));
    }
    page.items(&items);
    Ok(())
}

/// The sources, those that could not be read included.
pub(super) fn sources(report: &Report<'_>, page: &mut Page) -> Result<(), WarehouseError> {
    page.section("Integration status");
    let sql = "SELECT source, any_value(system), any_value(role), CASE WHEN bool_or(two_way) THEN 'yes' ELSE 'no' END, \
               (SELECT count(DISTINCT file) FROM latest_source_status AS f, unnest(f.read_from) AS u(file) \
               WHERE f.source = s.source), coalesce(max(newest_record_at)::VARCHAR, ''), sum(rows_read), \
               sum(quarantined), sum(records) FROM latest_source_status AS s GROUP BY source";
    let mut read = report.ask(sql)?;
    let found: BTreeSet<String> = read.iter().map(|row| row[0].clone()).collect();
    for source in &report.pipeline.sources {
        if !found.contains(&source.name) {
            let mut row =
                vec![source.name.clone(), source.system.name.clone(), source.role.name().to_owned()];
            row.extend(["", "", "not read in this run", "0", "0", "0"].map(str::to_owned));
            read.push(row);
        }
    }
    let position = |name: &str| report.pipeline.sources.iter().position(|source| source.name == name);
    read.sort_by_key(|row| position(&row[0]).unwrap_or(usize::MAX));
    let headings = [
        "Source",
        "System",
        "Role",
        "Two-way",
        ">Files",
        "Newest record",
        ">Rows",
        ">Quarantined",
        ">Records",
    ];
    page.table(&headings, &read);
    Ok(())
}

/// How the records of every source and entity ended.
pub(super) fn records(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Records");
    let sql = format!(
        "SELECT source, entity, count(*), count(*) FILTER (state = 'matched'), count(*) FILTER (state = 'unmatched'), \
         count(*) FILTER (state = 'review'), count(*) FILTER (state = 'ignored'), count(*) FILTER (state = 'skipped') \
         FROM report_records WHERE {} GROUP BY source, entity ORDER BY min(state <> 'hub'), source, entity",
        subject.is("organization")
    );
    let headings =
        ["Source", "Entity", ">Records", ">Matched", ">Unmatched", ">Review", ">Ignored", ">Skipped"];
    report.table(page, &headings, &sql, "FROM latest_source_status")
}
