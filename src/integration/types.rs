//! Which types and statuses the records have, and whether they sync.

use super::markdown::Page;
use super::{Report, Subject};
use crate::model::Entity;
use crate::plan::syncs;
use crate::warehouse::WarehouseError;

pub(super) fn types(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Synchronised types");
    let hub = &report.pipeline.hub().name;
    let counted = |entity: Entity, field: &str| {
        format!(
            "SELECT t.source, '{}' AS entity, '{field}' AS field, coalesce(t.{field}, '') AS value, count(*) AS records \
             FROM latest_{} AS t JOIN report_records AS r ON r.entity = '{}' AND r.source = t.source \
             AND r.record_id = t.record_id WHERE t.source <> {} AND {} GROUP BY t.source, value",
            entity.name(),
            entity.table(),
            entity.name(),
            super::literal(hub),
            subject.is("r.organization"),
        )
    };
    let parts: Vec<String> = [Entity::Organization, Entity::Configuration]
        .into_iter()
        .flat_map(|entity| [counted(entity, "type"), counted(entity, "status")])
        .collect();
    let sql = format!(
        "{} ORDER BY source, entity DESC, field DESC, records DESC, value",
        parts.join(" UNION ALL ")
    );
    let mut rows = report.ask(&sql)?;
    // A field that a source does not have says nothing.
    let said: Vec<(String, String, String)> = rows
        .iter()
        .filter(|row| !row[3].is_empty())
        .map(|row| (row[0].clone(), row[1].clone(), row[2].clone()))
        .collect();
    rows.retain(|row| said.contains(&(row[0].clone(), row[1].clone(), row[2].clone())));
    for row in &mut rows {
        let source = report.pipeline.source(&row[0]);
        let is_synced = source
            .zip(Entity::parse(&row[1]))
            .is_none_or(|((_, source), entity)| syncs(source, entity, &row[2], &row[3]));
        row.push(if is_synced { "yes" } else { "no" }.to_owned());
    }
    let headings = ["Source", "Entity", "Field", "Value", ">Records", "Syncs"];
    page.table(&headings, &rows);
    Ok(())
}
