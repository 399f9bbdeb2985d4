//! Sync errors: what is wrong, what was resolved since the run before, and what is open.

use super::markdown::Page;
use super::{Report, Subject};
use crate::warehouse::WarehouseError;

pub(super) fn errors(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Sync errors");
    let organization = subject.is("organization");
    page.part("Errors");
    let sql = format!(
        "SELECT kind, code, count(*), any_value(remedy ORDER BY remedy) FROM report_items \
         WHERE NOT is_earlier AND {organization} GROUP BY kind, code ORDER BY count(*) DESC, kind, code"
    );
    report.table(page, &["Kind", "Code", ">Count", "What to do"], &sql, "FROM blocked")?;

    page.part("Resolved since the run before");
    let earlier = "SELECT max(run_id) FROM runs WHERE status = 'completed' AND run_id < (SELECT run_id FROM latest_runs)";
    match report.ask(earlier)?.first().map(|row| row[0].clone()).filter(|run| !run.is_empty()) {
        None => page.say("There is no earlier run to compare with."),
        Some(run) => {
            let sql = format!(
                "SELECT kind, item, organization, code, message FROM report_items AS b WHERE is_earlier AND {organization} \
                 AND NOT EXISTS (SELECT 1 FROM report_items AS n WHERE NOT n.is_earlier AND n.kind = b.kind \
                 AND n.source = b.source AND n.item = b.item AND n.code = b.code) ORDER BY kind, organization, item, code"
            );
            page.say(&format!("Compared with run {run}."));
            let headings = ["Kind", "Item", "Organization", "Code", "What it was"];
            report.table(page, &headings, &sql, "FROM run_changes")?;
        }
    }

    page.part("Open items");
    let sql = format!(
        "SELECT kind, coalesce(name || ' (' || item || ')', item), organization, code, message FROM report_items \
         WHERE NOT is_earlier AND kind <> 'finding' AND {organization} \
         ORDER BY array_position(['record in review', 'row that cannot be read', 'step that is held'], kind), \
         organization, item, code"
    );
    report.table(page, &["Kind", "Item", "Organization", "Code", "Why"], &sql, "FROM review_queue")
}
