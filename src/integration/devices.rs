//! Which devices are in which systems.

use super::markdown::{Page, escaped};
use super::{Report, Subject, literal};
use crate::warehouse::WarehouseError;

pub(super) fn devices(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Device sync status");
    let delivering: Vec<String> = report
        .ask("SELECT DISTINCT source FROM latest_source_status WHERE entity = 'configuration'")?
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let sources: Vec<&str> = report
        .pipeline
        .sources
        .iter()
        .map(|source| source.name.as_str())
        .filter(|name| delivering.iter().any(|delivering| delivering == name))
        .collect();
    let in_source: Vec<String> = sources
        .iter()
        .map(|source| format!("count(*) FILTER (list_contains(sources, {}))", literal(source)))
        .collect();
    let headed: Vec<String> = sources.iter().map(|source| format!(">In {}", escaped(source))).collect();
    let mut headings = vec!["Organization", ">Devices"];
    headings.extend(headed.iter().map(String::as_str));
    headings.extend([">In all", ">In one alone", ">In review"]);
    let sql = format!(
        "SELECT coalesce(organization, ''), count(*), {} count(*) FILTER (systems = {}), count(*) FILTER (systems = 1), \
         count(*) FILTER (in_review) FROM report_devices WHERE {} GROUP BY organization \
         ORDER BY count(*) FILTER (in_review OR systems < {}) DESC, organization",
        in_source.iter().map(|count| format!("{count}, ")).collect::<String>(),
        sources.len(),
        subject.is("organization"),
        sources.len(),
    );
    report.table(page, &headings, &sql, "FROM device_coverage")?;
    if subject.0.is_some() {
        page.part("Devices that a system lacks");
        let sql = format!(
            "SELECT device, array_to_string(sources, ', '), array_to_string(missing_from, ', '), \
             CASE WHEN in_review THEN 'yes' ELSE 'no' END FROM report_devices \
             WHERE {} AND (in_review OR len(missing_from) > 0) ORDER BY in_review DESC, device, cluster_id",
            subject.is("organization")
        );
        report.table(page, &["Device", "In", "Missing from", "In review"], &sql, "FROM device_coverage")?;
    }
    Ok(())
}
