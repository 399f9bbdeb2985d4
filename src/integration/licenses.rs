//! Licences and groups.

use super::markdown::Page;
use super::{Report, Subject};
use crate::warehouse::WarehouseError;

pub(super) fn licenses(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Licences");
    let sql = format!(
        "SELECT r.organization, l.source, l.name, l.sku, l.total, l.consumed, (l.total - l.consumed)::VARCHAR, l.status, \
         r.state FROM latest_licenses AS l JOIN report_records AS r ON r.entity = 'license' AND r.source = l.source \
         AND r.record_id = l.record_id WHERE {} ORDER BY r.organization, l.name, l.source, l.record_id",
        subject.is("r.organization")
    );
    let headings = [
        "Organization",
        "Source",
        "Licence",
        "Part number",
        ">Total",
        ">Consumed",
        ">Unused",
        "Status",
        "State",
    ];
    report.table(page, &headings, &sql, "FROM latest_licenses")
}

pub(super) fn groups(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Groups");
    let sql = format!(
        "SELECT r.organization, g.source, g.name, g.type, g.email, coalesce(len(g.members), 0), r.state \
         FROM latest_groups AS g JOIN report_records AS r ON r.entity = 'group' AND r.source = g.source \
         AND r.record_id = g.record_id WHERE {} ORDER BY r.organization, g.name, g.source, g.record_id",
        subject.is("r.organization")
    );
    let headings = ["Organization", "Source", "Group", "Kind", "E-mail", ">Members", "State"];
    report.table(page, &headings, &sql, "FROM latest_groups")
}
