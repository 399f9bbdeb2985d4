//! Which site of which source is which organization.

use super::markdown::Page;
use super::{Report, Subject};
use crate::warehouse::WarehouseError;

pub(super) fn sites(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Site matching");
    if subject.0.is_none() {
        let sql = "SELECT coalesce(source, 'hub only'), count(*), count(*) FILTER (status = 'matched'), \
                   count(*) FILTER (status = 'unmatched'), count(*) FILTER (status = 'review'), \
                   count(*) FILTER (status IN ('ignored', 'skipped')) FROM report_sites \
                   GROUP BY 1 ORDER BY 1";
        let headings = ["Source", ">Sites", ">Matched", ">Unmatched", ">Review", ">Ignored or skipped"];
        page.table(&headings, &report.ask(sql)?);
    }
    // What a person has to look at comes first.
    let sql = format!(
        "SELECT organization, source, site, status, coalesce(reason, rule) FROM report_sites WHERE {} \
         ORDER BY array_position(['review', 'unmatched', 'hub_only', 'matched'], status) NULLS LAST, organization, \
         source, record_id",
        subject.is("organization")
    );
    report.table(page, &["Organization", "Source", "Site", "Status", "By"], &sql, "FROM site_matching")
}
