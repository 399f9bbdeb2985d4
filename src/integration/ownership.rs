//! Who owns which field, what differs, and what two systems changed.

use super::markdown::Page;
use super::{Report, Subject};
use crate::model::Entity;
use crate::ownership;
use crate::pipeline::Pipeline;
use crate::warehouse::WarehouseError;

/// The owner lists as this pipeline has them. Fields with the same owners stand in one row.
pub(super) fn owners(pipeline: &Pipeline, page: &mut Page) {
    page.section("Data ownership");
    page.say("The first owner that has a value says what the field should be.");
    let mut rows: Vec<Vec<String>> = Vec::new();
    for entity in Entity::ALL {
        for (_, field) in ownership::owned_fields(entity) {
            let owners = ownership::owners(pipeline, entity, field.name);
            let names: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
            let names = names.join(", ");
            match rows.iter_mut().find(|row| row[0] == entity.name() && row[2] == names) {
                Some(row) => row[1].push_str(&format!(", {}", field.name)),
                None => rows.push(vec![entity.name().to_owned(), field.name.to_owned(), names]),
            }
        }
    }
    page.table(&["Entity", "Fields", "Owners"], &rows);
}

/// Fields that differ, and fields that two systems changed.
pub(super) fn differences(
    report: &Report<'_>,
    subject: Subject<'_>,
    page: &mut Page,
) -> Result<(), WarehouseError> {
    page.section("Differences and conflicts");
    let organization = subject.is("organization");
    page.part("Differing fields");
    if subject.0.is_none() {
        let sql = "SELECT target, entity, field, count(*) FILTER (kind = 'set'), count(*) FILTER (kind = 'change'), \
                   count(*) FILTER (kind = 'conflict') FROM latest_diffs GROUP BY ALL ORDER BY count(*) DESC, target, entity, field";
        let headings = ["Target", "Entity", "Field", ">To set", ">To change", ">In conflict"];
        report.table(page, &headings, sql, "FROM latest_diffs")?;
    } else {
        let sql = format!(
            "SELECT target, entity, target_record_id, field, current_value, desired_value, supplied_by FROM latest_diffs \
             WHERE {organization} ORDER BY ALL"
        );
        let headings = ["Target", "Entity", "Record", "Field", "Says", "Should say", "Supplied by"];
        report.table(page, &headings, &sql, "FROM latest_diffs")?;
    }
    page.part("Conflicts");
    let sql = format!(
        "SELECT organization, entity, cluster_id, field, hub_value, psa || ': ' || coalesce(psa_value, ''), winner, why \
         FROM latest_conflicts WHERE {organization} ORDER BY ALL"
    );
    let headings = ["Organization", "Entity", "Record", "Field", "Hub says", "PSA says", "Winner", "Why"];
    report.table(page, &headings, &sql, "FROM latest_conflicts")
}
