//! Sync errors: what is wrong, what was resolved since the run before, and what is open.

use super::markdown::Page;
use super::{Report, Subject};
use crate::warehouse::WarehouseError;

/// What a person has to see to: the kind of item, what it is called, and the SQL that shows all of them.
const OPEN: [(&str, &str, &str); 3] = [
    ("record in review", "Records that a person has to decide about", "FROM review_queue"),
    (
        "step that is held",
        "Steps that are held, once per reason",
        "FROM blocked UNION ALL FROM steps_in_review",
    ),
    ("row that cannot be read", "Rows that cannot be read", "FROM latest_quarantine"),
];

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
    for (kind, heading, all) in OPEN {
        page.say(&format!("{heading}:"));
        let sql = format!(
            "SELECT coalesce(name || ' (' || item || ')', item), organization, code, message FROM report_items \
             WHERE NOT is_earlier AND kind = '{kind}' AND {organization} ORDER BY organization, item, code, message"
        );
        report.table(page, &["Item", "Organization", "Code", "Why"], &sql, all)?;
    }
    Ok(())
}
