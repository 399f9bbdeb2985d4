//! The cells of one field as polars columns: what the records that speak say, cluster by cluster.

use std::borrow::Cow;

use arrow::array::{Array, UInt32Array};
use polars::prelude::{
    DataType, NewChunkedArray, PlSmallStr, Series, StringChunked, UInt32Chunked, UInt64Chunked,
};
use rustc_hash::FxHashMap;

use super::canonical::{Form, is_blank};
use super::context::Context;
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Kind, SourceIx, Texts};
use crate::normalize::{Junk, Mac, leading_mac};

/// The number of what says nothing.
const NOTHING: u32 = u32::MAX;

/// The number of a record whose MAC address only the exact comparison can tell.
pub(super) const UNCLEAR: u64 = u64::MAX;

/// What the records of one source say of one field. Of one field all columns are texts, or none is.
#[derive(Debug)]
pub(super) enum Cells<'a> {
    /// The text as it is.
    Texts(Texts<'a>),
    /// A number for each value: texts that have one canonical form have one number, in whatever source.
    Numbers {
        /// By row, the code of the text.
        codes: &'a UInt32Array,
        /// By code.
        numbers: Vec<u32>,
    },
    /// By row, the cluster that is referred to.
    References(&'a [ClusterIx]),
    /// The MAC address that a record begins with, as a number, or [`UNCLEAR`].
    Macs {
        addresses: Texts<'a>,
        /// An address may also be one of an interface.
        interfaces: Option<Texts<'a>>,
        junk: &'a Junk,
    },
}

impl Cells<'_> {
    /// The type of the columns that are gathered.
    pub(super) const fn data_type(&self) -> DataType {
        match self {
            Self::Texts(_) => DataType::String,
            Self::Numbers { .. } | Self::References(_) => DataType::UInt32,
            Self::Macs { .. } => DataType::UInt64,
        }
    }

    /// What the records in `rows` say, null where there is none and for what says nothing.
    pub(super) fn gather(&self, rows: impl Iterator<Item = Option<u32>>) -> Series {
        match self {
            Self::Texts(texts) => {
                let texts = said(*texts, rows);
                StringChunked::from_iter_options(PlSmallStr::EMPTY, texts.into_iter()).into()
            }
            Self::Numbers { codes, numbers } => numbered(rows, NOTHING, |row| {
                if codes.is_valid(row) { numbers[codes.value(row) as usize] } else { NOTHING }
            }),
            Self::References(clusters) => numbered(rows, NO_CLUSTER, |row| clusters[row]),
            Self::Macs { addresses, interfaces, junk } => {
                let rows: Vec<Option<u32>> = rows.collect();
                let number = |(cell, row): (Option<&str>, &Option<u32>)| match cell {
                    Some(cell) => Some(leading_mac(cell, junk).map_or(UNCLEAR, Mac::number)),
                    None => (*interfaces)?.get((*row)? as usize).map(|_| UNCLEAR),
                };
                let addresses = said(*addresses, rows.iter().copied());
                let numbers = addresses.into_iter().zip(&rows).map(number);
                UInt64Chunked::from_iter_options(PlSmallStr::EMPTY, numbers).into()
            }
        }
    }
}

/// The texts that say something. The places of all of them are found before the first is looked at: rows may be far apart
/// in memory, and so the processor waits for many at once.
fn said(texts: Texts<'_>, rows: impl Iterator<Item = Option<u32>>) -> Vec<Option<&str>> {
    let mut said: Vec<Option<&str>> = match texts {
        Texts::Plain(texts) => {
            let text = |row: usize| texts.is_valid(row).then(|| texts.value(row));
            rows.map(|row| text(row? as usize)).collect()
        }
        Texts::Coded { .. } => rows.map(|row| texts.get(row? as usize)).collect(),
    };
    for cell in &mut said {
        *cell = cell.filter(|text| !is_blank(text));
    }
    said
}

fn numbered(rows: impl Iterator<Item = Option<u32>>, nothing: u32, number: impl Fn(usize) -> u32) -> Series {
    let said = rows.map(|row| row.map(|row| number(row as usize)).filter(|number| *number != nothing));
    UInt32Chunked::from_iter_options(PlSmallStr::EMPTY, said).into()
}

/// The columns of a field that is no reference. Few texts that recur are judged once each and compared as numbers, so
/// that only what truly differs is looked at again; that takes columns that are all coded.
pub(super) fn cells<'a>(
    context: &Context<'a>,
    kind: Kind,
    columns: Vec<(SourceIx, Texts<'a>)>,
) -> Vec<(SourceIx, Cells<'a>)> {
    let is_coded = |(_, texts): &(SourceIx, Texts<'a>)| matches!(texts, Texts::Coded { .. });
    // The MAC addresses of a record are not of one cell alone.
    let are_numbers = kind != Kind::Mac && columns.iter().all(is_coded);
    let mut known: FxHashMap<Cow<'a, str>, u32> = FxHashMap::default();
    let mut cells = |source: SourceIx, column: Texts<'a>| match column {
        Texts::Coded { codes, texts } if are_numbers => {
            let mut number = |text: &'a str| {
                let value = match context.form(kind, source, text) {
                    Ok(Form::Key(key)) => key,
                    Ok(_) => Cow::Borrowed(text),
                    Err(_) => return NOTHING,
                };
                let next = u32::try_from(known.len()).expect("a column has fewer than 4 billion cells");
                *known.entry(value).or_insert(next)
            };
            Cells::Numbers { codes, numbers: texts.iter().flatten().map(&mut number).collect() }
        }
        texts => Cells::Texts(texts),
    };
    columns.into_iter().map(|(source, column)| (source, cells(source, column))).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{LargeStringArray, UInt32Array};

    use super::*;
    use crate::pipeline::JunkAdditions;

    fn gathered(array: &LargeStringArray, rows: &[Option<u32>]) -> Series {
        Cells::Texts(Texts::Plain(array)).gather(rows.iter().copied())
    }

    #[test]
    fn texts_are_gathered_without_nulls_and_blank_ones() {
        let array = LargeStringArray::from(vec![
            Some("short"),
            None,
            Some(" \t"),
            Some("a text that is longer than a view holds"),
            Some("\u{200b}"),
            Some("Ünï"),
        ]);
        let series = gathered(&array, &[Some(5), Some(4), None, Some(3), Some(2), Some(1), Some(0), Some(5)]);
        let text = series.str().expect("text");
        assert_eq!(
            text.iter().collect::<Vec<_>>(),
            [
                Some("Ünï"),
                None,
                None,
                Some("a text that is longer than a view holds"),
                None,
                None,
                Some("short"),
                Some("Ünï")
            ]
        );
        let slice = array.slice(3, 3);
        assert_eq!(gathered(&slice, &[Some(2)]).str().expect("text").get(0), Some("Ünï"));
        assert_eq!(gathered(&array, &[]).len(), 0);
    }

    #[test]
    fn recurring_texts_are_gathered_by_number() {
        let codes = UInt32Array::from(vec![Some(2), None, Some(1), Some(0)]);
        let cells = Cells::Numbers { codes: &codes, numbers: vec![7, NOTHING, 9] };
        let series = cells.gather([Some(3), Some(2), Some(1), Some(0), None].into_iter());
        let numbers = series.u32().expect("numbers");
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(7), None, None, Some(9), None]);
        let cells = Cells::References(&[4, NO_CLUSTER]);
        let series = cells.gather([Some(1), Some(0)].into_iter());
        assert_eq!(series.u32().expect("numbers").iter().collect::<Vec<_>>(), [None, Some(4)]);
    }

    #[test]
    fn an_address_is_clear_when_the_cell_begins_with_it() {
        let junk = Junk::new(&JunkAdditions::default());
        let addresses = LargeStringArray::from(vec![
            Some("00-1A-2B-3C-4D-5E"),
            Some("001a2b3c4d5e, 00:15:5D:0A:01:02"),
            Some("00:00:00:00:00:00"),
            None,
            None,
        ]);
        let interfaces = LargeStringArray::from(vec![None, None, None, None, Some("eth0")]);
        let cells = Cells::Macs {
            addresses: Texts::Plain(&addresses),
            interfaces: Some(Texts::Plain(&interfaces)),
            junk: &junk,
        };
        let series = cells.gather((0..5).map(Some));
        let numbers = series.u64().expect("numbers");
        let mac = Some(0x001a_2b3c_4d5e);
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [mac, mac, Some(UNCLEAR), None, Some(UNCLEAR)]);
    }
}
