//! Supplements: rows that add columns to records of the same id, such as audits to devices.

use std::sync::Arc;

use arrow::array::ArrayRef;
use rayon::prelude::*;
use smallvec::SmallVec;

use crate::model::{Kind, LIST_SEPARATOR, Records, TextsBuilder, fields};

/// The records, sorted by id, with blank columns filled from the supplements of the same id: of several the first that
/// has the column, by file and line. Network interfaces and items of lists are added to those that are there.
pub(super) fn supplemented(records: &Records, adding: &Records) -> Records {
    let order = adding.by_id();
    let (ids, adding_ids) = (records.ids(), adding.ids());
    // For each record the part of `order` that has its id.
    let mut parts: Vec<(u32, u32)> = Vec::with_capacity(records.len());
    let mut at = 0;
    for row in 0..records.len() {
        let id = ids.value(row);
        while at < order.len() && adding_ids.value(order[at] as usize) < id {
            at += 1;
        }
        let start = at;
        while at < order.len() && adding_ids.value(order[at] as usize) == id {
            at += 1;
        }
        let bound = |at: usize| u32::try_from(at).expect("a table has fewer than 4 billion rows");
        parts.push((bound(start), bound(at)));
    }
    let rows_of =
        |row: usize| order[parts[row].0 as usize..parts[row].1 as usize].iter().map(|row| *row as usize);

    let columns = fields(records.entity);
    let mut files = records.files.clone();
    let made: Vec<ArrayRef> = (0..records.columns().len())
        .into_par_iter()
        .with_max_len(1)
        .map(|position| {
            let is_carried = adding.files.iter().any(|file| file.carried.get(position) == Some(&true));
            let adds = is_carried || columns.get(position).is_some_and(|field| field.kind == Kind::Json);
            if position == 0 || !adds {
                return Arc::clone(&records.columns()[position]);
            }
            let (own, more) = (records.text_at(position), adding.text_at(position));
            if more.is_blank() {
                return Arc::clone(&records.columns()[position]);
            }
            let kind = columns[position].kind;
            let mut made = TextsBuilder::new();
            made.make_room(own.len());
            let separator = LIST_SEPARATOR.to_string();
            let mut items: Vec<&str> = Vec::new();
            for row in 0..own.len() {
                let own = own.get(row);
                let mut others = rows_of(row).filter_map(|row| more.get(row));
                if kind == Kind::Json {
                    made.append(with_members(own, others).as_deref());
                    continue;
                }
                if !matches!(kind, Kind::Interfaces | Kind::List) {
                    made.append(own.or_else(|| others.next()));
                    continue;
                }
                items.clear();
                items.extend(own.into_iter().flat_map(|cell| cell.split(LIST_SEPARATOR)));
                for item in others.flat_map(|cell| cell.split(LIST_SEPARATOR)) {
                    if !items.contains(&item) {
                        items.push(item);
                    }
                }
                made.append((!items.is_empty()).then(|| items.join(&separator)).as_deref());
            }
            made.finish()
        })
        .collect();
    for (position, _) in columns.iter().enumerate().skip(1) {
        if adding.files.iter().any(|file| file.carried[position]) {
            for info in &mut files {
                info.carried[position] = true;
            }
        }
    }
    Records::new(records.source, records.entity, files, made)
}

/// The member of `raw` that has what no column holds of a supplement; further ones are numbered.
const MEMBER: &str = "supplement";

/// A JSON object with further ones as members, each once: rows that moved between two pages are on both.
fn with_members<'a>(own: Option<&str>, others: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut object = own.and_then(|own| own.strip_suffix('}')).unwrap_or("{").to_owned();
    let mut known: SmallVec<[&str; 2]> = SmallVec::new();
    for other in others {
        if known.contains(&other) {
            continue;
        }
        known.push(other);
        if object.len() > 1 {
            object.push(',');
        }
        match known.len() {
            1 => object.push_str(&format!("\"{MEMBER}\":{other}")),
            number => object.push_str(&format!("\"{MEMBER}__{number}\":{other}")),
        }
    }
    object.push('}');
    (object.len() > 2).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_members() {
        let with = |own, others: &[&'static str]| with_members(own, others.iter().copied());
        assert_eq!(with(None, &[]), None);
        assert_eq!(with(Some(r#"{"a":1}"#), &[]).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(with(None, &[r#"{"b":2}"#]).as_deref(), Some(r#"{"supplement":{"b":2}}"#));
        assert_eq!(
            with(Some(r#"{"a":1}"#), &["{}", r#"{"b":2}"#, "{}"]).as_deref(),
            Some(r#"{"a":1,"supplement":{},"supplement__2":{"b":2}}"#)
        );
    }
}
