//! What the licences of a directory say only together with its other documents: who holds one, what people call it, and
//! whether more are in use than there are.

use std::collections::BTreeSet;
use std::fs::File;

use csv::ReaderBuilder;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::error::Failure;
use super::node::Node;
use super::people::texts;
use crate::model::{Entity, Finding, LIST_SEPARATOR, Records, column, list_items};
use crate::normalize::{fold_case, name_key};
use crate::pipeline::{FileSpec, Source};
use crate::systems::Holders;

/// The names that people know, by the ids of products in lower-case letters.
#[derive(Debug, Default)]
pub(super) struct ProductNames(FxHashMap<String, String>);

/// The headings of Microsoft's file "Product names and service plan identifiers" that matter here. It has a row for
/// every service plan of a product, and a product that was renamed has rows with both names, the newer ones last.
const NAME_HEADING: &str = "Product_Display_Name";
const ID_HEADING: &str = "GUID";

impl ProductNames {
    /// The names of the file that the source's pipeline gives.
    pub fn of(source: &Source) -> Result<Self, (String, Failure)> {
        match &source.licenses.names {
            None => Ok(Self::default()),
            Some(file) => Self::read(file).map_err(|failure| (file.written.clone(), failure)),
        }
    }

    fn read(file: &FileSpec) -> Result<Self, Failure> {
        let wrong = |error: &csv::Error| Failure::new(format!("{error}"), "");
        let opened = File::open(&file.path)?;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(opened);
        let headings = reader.byte_headers().map_err(|error| wrong(&error))?.clone();
        let at = |heading: &str| {
            headings.iter().position(|cell| {
                let cell = String::from_utf8_lossy(cell);
                cell.trim_start_matches('\u{feff}').trim().eq_ignore_ascii_case(heading)
            })
        };
        let (Some(name_at), Some(id_at)) = (at(NAME_HEADING), at(ID_HEADING)) else {
            let what = format!("it has no columns `{NAME_HEADING}` and `{ID_HEADING}`");
            let hint = "take Microsoft's CSV file \"Product names and service plan identifiers\"";
            return Err(Failure::new(what, hint));
        };
        let mut names = FxHashMap::default();
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|error| wrong(&error))? {
            let cell = |at| record.get(at).map(String::from_utf8_lossy).unwrap_or_default().trim().to_owned();
            let (id, name) = (cell(id_at), cell(name_at));
            if !id.is_empty() && !name.is_empty() {
                names.insert(id.to_lowercase(), name);
            }
        }
        Ok(Self(names))
    }

    fn get(&self, id: &str) -> Option<&str> {
        self.0.get(&id.to_lowercase()).map(String::as_str)
    }
}

/// Completes the licences among the tables of a source.
pub(super) fn complete(
    source: &Source,
    products: &ProductNames,
    tables: &mut [Records],
    findings: &mut Vec<Finding>,
) {
    let Some(rule) = &source.system.license_holders else { return };
    let Some(at) = tables.iter().position(|table| table.entity == Entity::License) else { return };
    let tenants = Tenants::new(tables);
    let table = &tables[at];
    let raws = table.cells(column::RAW);
    let ids: Vec<Option<String>> =
        (0..count(table)).map(|row| raws.get(row).and_then(|raw| member(raw, &rule.license))).collect();
    let old = table.cells(column::NAME);
    let named: Vec<Option<&str>> = (0..)
        .zip(&ids)
        .map(|(row, id)| id.as_deref().and_then(|id| products.get(id)).or_else(|| old.get(row)))
        .collect();
    let holders = holders(rule, tables, &tenants);
    let of = |row: u32, id: &str| {
        tenants.of(table, row).and_then(|tenant| holders.get(&(tenant, fold_case(&name_key(id)))))
    };
    let skus = table.cells(column::SKU);
    let members: Vec<Option<String>> = (0..)
        .zip(ids.iter().zip(&named))
        .map(|(row, (id, name))| {
            let keys = [id.as_deref(), *name, skus.get(row)];
            let all: BTreeSet<&str> = keys
                .into_iter()
                .flatten()
                .filter_map(|key| of(row, key))
                .flatten()
                .map(String::as_str)
                .collect();
            let all: Vec<&str> = all.into_iter().collect();
            (!all.is_empty()).then(|| all.join(&LIST_SEPARATOR.to_string()))
        })
        .collect();
    overused(source, table, findings);
    let named: Vec<Option<String>> = named.into_iter().map(|name| name.map(str::to_owned)).collect();
    let carries = !holders.is_empty();
    replace(&mut tables[at], [(column::NAME, named, true), (column::MEMBERS, members, carries)]);
}

/// The people who hold a licence, by tenant and by the licence's id or name.
fn holders(
    rule: &Holders,
    tables: &[Records],
    tenants: &Tenants,
) -> FxHashMap<(String, String), Vec<String>> {
    let mut holders: FxHashMap<(String, String), Vec<String>> = FxHashMap::default();
    let Some(contacts) = tables.iter().find(|table| table.entity == Entity::Contact) else { return holders };
    let raws = contacts.cells(column::RAW);
    let (sign_ins, emails) = (contacts.cells(column::USER_PRINCIPAL_NAME), contacts.cells(column::EMAILS));
    for row in 0..count(contacts) {
        let Some(raw) = raws.get(row).filter(|raw| {
            raw.contains(&rule.assigned) || rule.names.iter().any(|heading| raw.contains(heading))
        }) else {
            continue;
        };
        let (Some(tenant), Ok(raw)) = (tenants.of(contacts, row), serde_json::from_str::<Value>(raw)) else {
            continue;
        };
        let first_email = emails.get(row).and_then(|cell| list_items(cell).next());
        let person = sign_ins.get(row).or(first_email).unwrap_or(contacts.id(row));
        let assigned = raw.get(&rule.assigned).and_then(Value::as_array);
        let ids =
            assigned.into_iter().flatten().filter_map(|it| it.get(&rule.id)?.as_str()).map(str::to_owned);
        let cells = rule.names.iter().filter_map(|heading| raw.get(heading)?.as_str());
        let names = cells.flat_map(|cell| texts(&Node::Text(cell.into())));
        for key in ids.chain(names) {
            let key = (tenant.clone(), fold_case(&name_key(&key)));
            holders.entry(key).or_default().push(person.to_owned());
        }
    }
    holders
}

/// More in use than there are.
fn overused(source: &Source, table: &Records, findings: &mut Vec<Finding>) {
    let (totals, used) = (table.cells(column::TOTAL), table.cells(column::CONSUMED));
    let skips = table.cells(column::SKIP_REASON);
    for row in (0..count(table)).filter(|row| skips.get(*row).is_none()) {
        let number = |cell: Option<&str>| cell.and_then(|cell| cell.parse::<i64>().ok());
        let (Some(total), Some(consumed)) = (number(totals.get(row)), number(used.get(row))) else {
            continue;
        };
        if consumed > total {
            findings.push(Finding {
                source: source.name.clone(),
                entity: Entity::License,
                record_id: table.id(row).to_owned(),
                field: column::CONSUMED,
                code: "licence_overused",
                raw_value: consumed.to_string(),
                message: format!(
                    "{consumed} are in use and {total} are there: {} too many",
                    consumed.saturating_sub(total)
                ),
            });
        }
    }
}

/// The organizations that records of one source belong to, whether they say it by id or by name.
struct Tenants(FxHashMap<String, String>);

impl Tenants {
    fn new(tables: &[Records]) -> Self {
        let mut by_name = FxHashMap::default();
        for table in tables.iter().filter(|table| table.entity == Entity::Organization) {
            let names = table.cells(column::NAME);
            for row in 0..count(table) {
                if let Some(name) = names.get(row) {
                    by_name.insert(name_key(name).into_owned(), table.id(row).to_owned());
                }
            }
        }
        Self(by_name)
    }

    fn of(&self, table: &Records, row: u32) -> Option<String> {
        if let Some(id) = table.get(row, column::ORGANIZATION_ID) {
            return Some(id.to_owned());
        }
        let name = name_key(table.get(row, column::ORGANIZATION)?).into_owned();
        Some(self.0.get(&name).cloned().unwrap_or(name))
    }
}

/// A text member of a JSON object.
fn member(raw: &str, name: &str) -> Option<String> {
    let raw: Value = serde_json::from_str(raw).ok()?;
    raw.get(name)?.as_str().map(str::to_owned)
}

/// Puts other values into some columns, and says whether its files carry these.
fn replace<const N: usize>(table: &mut Records, values: [(&str, Vec<Option<String>>, bool); N]) {
    for (name, cells, is_carried) in values {
        let Some(position) = table.position(name) else { continue };
        table.replace(position, cells);
        for file in &mut table.files {
            file.carried[position] |= is_carried;
        }
    }
}

fn count(table: &Records) -> u32 {
    u32::try_from(table.len()).expect("a table has fewer than 4 billion rows")
}
