//! The cells of one field as polars columns: what the records that speak say, cluster by cluster.

use std::borrow::Cow;

use arrow::array::{Array, UInt32Array};
use polars::prelude::{NewChunkedArray, PlSmallStr, Series, StringChunked, UInt32Chunked};
use rustc_hash::FxHashMap;

use super::canonical::{Form, is_blank};
use super::context::Context;
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Kind, SourceIx, Texts};

/// The number of what says nothing.
const NOTHING: u32 = u32::MAX;

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
}

impl Cells<'_> {
    /// What the records in `rows` say, null where there is none and for what says nothing.
    pub(super) fn gather(&self, rows: impl Iterator<Item = Option<u32>>) -> Series {
        match self {
            Self::Texts(texts) => {
                let cell = |row: u32| texts.get(row as usize).filter(|text| !is_blank(text));
                StringChunked::from_iter_options(PlSmallStr::EMPTY, rows.map(|row| row.and_then(cell))).into()
            }
            Self::Numbers { codes, numbers } => numbered(rows, NOTHING, |row| {
                if codes.is_valid(row) { numbers[codes.value(row) as usize] } else { NOTHING }
            }),
            Self::References(clusters) => numbered(rows, NO_CLUSTER, |row| clusters[row]),
        }
    }
}

fn numbered(
    rows: impl Iterator<Item = Option<u32>>,
    nothing: u32,
    number: impl Fn(usize) -> u32,
) -> Series {
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
