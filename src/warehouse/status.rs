//! The tables of the run itself: `runs` and `source_status`.

use super::RunRecord;
use super::columns::Filling;
use super::load::Stopped;
use super::names::Names;
use super::text::{json, time};
use crate::model::{Records, State, column};

pub(super) fn write_run(filling: &Filling<'_>, run: &RunRecord<'_>, finished_at: i64) -> Result<(), Stopped> {
    filling.each(&[run], |rows, run| {
        rows.text(&run.pipeline.name)
            .text(run.pipeline.method.name())
            .time(Some(run.started_at.as_microsecond()))
            .time(Some(finished_at))
            .text(run.status.name())
            .texts(run.held_by.iter().map(String::as_str))
            .text(run.version)
            .text(&json(run.settings));
    })
}

pub(super) fn write_sources(filling: &Filling<'_>, names: &Names<'_>) -> Result<(), Stopped> {
    let tables: Vec<&Records> = names.tables.iter().collect();
    filling.each(&tables, |rows, table| {
        let source = &names.pipeline.sources[usize::from(table.source)];
        let outcomes = &names.matching.of(table.entity).outcomes[usize::from(table.source)];
        let in_state = |state: State| outcomes.iter().filter(|outcome| outcome.state == state).count();
        rows.text(&source.name)
            .text(&source.system.name)
            .text(source.role.name())
            .text(table.entity.name())
            .count(table.rows_read)
            .count(table.quarantined)
            .count(table.len())
            .count(all_rows(table).filter(|row| table.line(*row) == 0).count());
        for state in State::ALL {
            rows.count(in_state(state));
        }
        let mut files: Vec<&str> = table.files.iter().map(|file| file.path.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        rows.truth(source.sync.two_way).texts(files).time(newest(table));
    })
}

fn all_rows(table: &Records) -> impl Iterator<Item = u32> + use<> {
    0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows")
}

/// The latest time at which a record was changed or seen. The times are of one form, so they compare as text.
fn newest(table: &Records) -> Option<i64> {
    [column::MODIFIED_AT, column::LAST_SEEN_AT]
        .into_iter()
        .filter_map(|name| {
            let cells = table.cells(name);
            all_rows(table).filter_map(|row| cells.get(row)).max().and_then(time)
        })
        .max()
}
