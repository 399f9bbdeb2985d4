//! Every table as a Parquet or CSV file, or as one folder per organization.

use std::path::{Path, PathBuf};

use duckdb::Connection;

use super::WarehouseError;
use super::database::open_filled;
use super::schema::{Column, Table, Type, tables};
use super::views::{literal, quoted};
use crate::model::Entity;

/// The form of exported files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Parquet.
    Parquet,
    /// CSV with a heading row. Cells that a spreadsheet would take for a formula get an apostrophe in front.
    Csv,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }

    const fn options(self) -> &'static str {
        match self {
            Self::Parquet => "FORMAT parquet, COMPRESSION zstd",
            Self::Csv => "FORMAT csv, HEADER",
        }
    }
}

/// One exported table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The table.
    pub table: String,
    /// The file, or the folder of a table that is partitioned.
    pub path: PathBuf,
    /// How many rows it has.
    pub rows: u64,
}

/// Writes every table into `folder`, which must be empty or not exist: what is left of an older export would be taken
/// for a part of this one.
///
/// With `by_organization`, tables with rows of organizations become a folder each with one folder per organization,
/// named `organization_cluster=` and the organization's cluster; two organizations may share a name, so names would mix
/// them.
///
/// # Errors
/// When there is no warehouse, or when the folder is not empty or cannot be written.
pub fn export(
    path: &Path,
    folder: &Path,
    format: Format,
    by_organization: bool,
) -> Result<Vec<Exported>, WarehouseError> {
    let connection = open_filled(path, true)?;
    let not_writable = |source| WarehouseError::NoExport { folder: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(not_writable)?;
    if std::fs::read_dir(folder).map_err(not_writable)?.next().is_some() {
        return Err(WarehouseError::ExportNotEmpty { folder: folder.to_path_buf() });
    }
    tables()
        .iter()
        .map(|table| {
            let exported = export_table(&connection, table, folder, format, by_organization);
            exported.map_err(|error| WarehouseError::of_database(path, "export", &error))
        })
        .collect()
}

fn export_table(
    connection: &Connection,
    table: &Table,
    folder: &Path,
    format: Format,
    by_organization: bool,
) -> duckdb::Result<Exported> {
    let columns: Vec<String> = table.columns.iter().map(|column| selected(*column, format)).collect();
    let key: Vec<String> = table.key.iter().map(|name| format!("t.{}", quoted(name))).collect();
    let (columns, key, name) = (columns.join(", "), key.join(", "), quoted(table.name));
    let parted = if by_organization { parted(table) } else { None };
    let (select, path, options) = match parted {
        Some((more, join)) => (
            format!("SELECT {columns}{more} FROM {name} AS t {join} ORDER BY {key}"),
            folder.join(table.name),
            format!("{}, PARTITION_BY (organization_cluster)", format.options()),
        ),
        None => (
            format!("SELECT {columns} FROM {name} AS t ORDER BY {key}"),
            folder.join(format!("{}.{}", table.name, format.extension())),
            format.options().to_owned(),
        ),
    };
    let target = literal(&path.to_string_lossy());
    let rows = connection.execute(&format!("COPY ({select}) TO {target} ({options})"), [])?;
    Ok(Exported { table: table.name.to_owned(), path, rows: rows as u64 })
}

/// The column as it is exported.
fn selected(column: Column, format: Format) -> String {
    let name = quoted(column.name);
    let is_text = matches!(column.kind, Type::Text | Type::Json | Type::Texts);
    if format == Format::Parquet || !is_text {
        return format!("t.{name}");
    }
    let text = format!("t.{name}::VARCHAR");
    // A spreadsheet takes a cell that begins so for a formula.
    format!(
        "CASE WHEN left({text}, 1) IN ('=', '+', '-', '@', chr(9), chr(13)) THEN '''' || {text} ELSE {text} END AS {name}"
    )
}

/// The organization of a record, from the joined `matches`.
const OF_RECORD: &str = ", m.organization_cluster AS organization_cluster";

/// For a table with rows of organizations: the column that parts it, and the join that supplies it.
fn parted(table: &Table) -> Option<(&'static str, String)> {
    if table.columns.iter().any(|column| column.name == "organization_cluster") {
        return Some(("", String::new()));
    }
    if let Some(entity) = Entity::ALL.into_iter().find(|entity| entity.table() == table.name) {
        if entity == Entity::Organization {
            return Some((", t.cluster_id AS organization_cluster", String::new()));
        }
        let join = format!(
            "LEFT JOIN matches AS m ON m.run_id = t.run_id AND m.entity = '{entity}' AND m.source = t.source \
             AND m.record_id = t.record_id"
        );
        return Some((OF_RECORD, join));
    }
    match table.name {
        "candidates" | "data_quality" => Some((
            OF_RECORD,
            "LEFT JOIN matches AS m ON m.run_id = t.run_id AND m.entity = t.entity AND m.source = t.source \
             AND m.record_id = t.record_id"
                .to_owned(),
        )),
        "diffs" | "conflicts" | "plan_steps" => Some((
            ", coalesce(m.organization_cluster, m.cluster_id) AS organization_cluster",
            "LEFT JOIN clusters AS m ON m.run_id = t.run_id AND m.entity = t.entity AND m.cluster_id = t.cluster_id"
                .to_owned(),
        )),
        _ => None,
    }
}
