//! What the next run needs to know of the last completed one.

use std::collections::{BTreeMap, HashMap};

use duckdb::{Connection, OptionalExt as _, params};

use super::database::TWO_WAY_SINCE;
use super::schema::Type;
use super::views::quoted;
use crate::model::{Entity, LIST_SEPARATOR, Previous, PreviousValues, Role, column, fields};
use crate::ownership::two_way_columns;
use crate::pipeline::Pipeline;

/// Loads the last completed run.
pub(super) fn load(connection: &Connection, pipeline: &Pipeline) -> duckdb::Result<Option<Previous>> {
    let run_id: Option<i64> =
        connection
            .query_row("SELECT max(run_id) FROM runs WHERE status = 'completed'", [], |row| row.get(0))?;
    let Some(run_id) = run_id else { return Ok(None) };
    let mut previous = Previous { run_id, counts: counts(connection, run_id)?, ..Previous::default() };
    let psas: Vec<_> =
        pipeline.sources.iter().filter(|source| source.role == Role::Psa && source.sync.two_way).collect();
    for psa in &psas {
        let name = format!("{TWO_WAY_SINCE}{}", psa.name);
        let since: Option<String> = connection
            .query_row("SELECT value FROM warehouse_info WHERE name = ?", [&name], |row| row.get(0))
            .optional()?;
        previous.two_way_since.extend(since.map(|since| (psa.name.clone(), since)));
    }
    if psas.is_empty() {
        return Ok(Some(previous));
    }
    for source in psas.into_iter().chain([pipeline.hub()]) {
        for entity in Entity::ALL {
            let columns = two_way_columns(pipeline, entity);
            if !columns.is_empty() {
                let values = values(connection, run_id, &source.name, entity, &columns)?;
                previous.values.insert((source.name.clone(), entity), values);
            }
        }
    }
    Ok(Some(previous))
}

fn counts(connection: &Connection, run_id: i64) -> duckdb::Result<BTreeMap<(String, Entity), u64>> {
    let mut statement =
        connection.prepare("SELECT source, entity, records FROM source_status WHERE run_id = ?")?;
    let rows = statement.query_map([run_id], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
    })?;
    let mut counts = BTreeMap::new();
    for row in rows {
        let (source, entity, records) = row?;
        if let Some(entity) = Entity::parse(&entity) {
            counts.insert((source, entity), u64::try_from(records).unwrap_or(0));
        }
    }
    Ok(counts)
}

/// The values as canonical text, which is what they are compared with.
fn values(
    connection: &Connection,
    run_id: i64,
    source: &str,
    entity: Entity,
    columns: &[&'static str],
) -> duckdb::Result<HashMap<String, PreviousValues>> {
    let as_text = columns.iter().map(|name| {
        let column = quoted(name);
        let kind = fields(entity)
            .iter()
            .find(|field| field.name == *name)
            .map_or(Type::Text, |field| Type::of(field.kind));
        match kind {
            Type::Time => format!("strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"),
            Type::Texts => format!("array_to_string({column}, chr({}))", u32::from(LIST_SEPARATOR)),
            Type::Text => column,
            Type::Json | Type::Integer | Type::Number | Type::Bool | Type::Date => {
                format!("{column}::VARCHAR")
            }
        }
    });
    let selected: Vec<String> = std::iter::once(quoted(column::RECORD_ID)).chain(as_text).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE run_id = ? AND source = ?",
        selected.join(", "),
        quoted(entity.table())
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![run_id, source])?;
    let mut values = HashMap::new();
    while let Some(row) = rows.next()? {
        let mut of_record = PreviousValues::new();
        for (at, name) in (1..).zip(columns) {
            if let Some(value) = row.get::<_, Option<String>>(at)?.filter(|value| !value.trim().is_empty()) {
                of_record.insert(*name, value);
            }
        }
        values.insert(row.get(0)?, of_record);
    }
    Ok(values)
}
