//! The one place where a column crosses from `arrow` to polars: by the C data interface, without copying text.

use arrow::array::{Array, LargeStringArray};
use arrow::ffi::FFI_ArrowArray;
use polars::prelude::{ArrowDataType, IdxCa, NewChunkedArray, PlSmallStr, Series};
use polars_arrow::ffi::{ArrowArray, import_array_from_c};

use crate::model::Texts;

/// The column as a polars series in which every cell that says nothing is null. Most columns have no such cell, and
/// then nothing is copied.
pub(super) fn series<'a>(texts: Texts<'a>, says_something: impl FnMut(&'a str) -> bool) -> Series {
    match texts {
        Texts::Plain(texts) => said(texts, says_something),
        Texts::Coded { codes, texts } => {
            let codes = IdxCa::from_iter_options(PlSmallStr::EMPTY, codes.iter());
            said(texts, says_something).take(&codes).expect("codes are positions of texts")
        }
    }
}

fn said<'a>(array: &'a LargeStringArray, mut says_something: impl FnMut(&'a str) -> bool) -> Series {
    if array.iter().flatten().all(&mut says_something) {
        return cross(array);
    }
    let said: LargeStringArray = array.iter().map(|cell| cell.filter(|text| says_something(text))).collect();
    cross(&said)
}

fn cross(array: &LargeStringArray) -> Series {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both types are `repr(C)` declarations of the structure `ArrowArray` of the C data interface. The value is
    // moved, so it is released once, by polars.
    let exported = unsafe { std::mem::transmute::<FFI_ArrowArray, ArrowArray>(exported) };
    // SAFETY: `arrow` exported the array, and `LargeUtf8` is the type of a `LargeStringArray`.
    let imported = unsafe { import_array_from_c(exported, ArrowDataType::LargeUtf8) };
    let imported = imported.expect("an array that `arrow` exported follows the interface");
    Series::from_arrow(PlSmallStr::EMPTY, imported).expect("polars has a type for text")
}

#[cfg(test)]
mod tests {
    use arrow::array::UInt32Array;

    use super::super::canonical::is_blank;
    use super::*;

    fn crossed(array: &LargeStringArray) -> Series {
        series(Texts::Plain(array), |text| !is_blank(text))
    }

    #[test]
    fn a_column_crosses_with_its_nulls_and_without_blank_text() {
        let array = LargeStringArray::from(vec![
            Some("short"),
            None,
            Some(" \t"),
            Some("a text that is longer than a view holds"),
            Some("\u{200b}"),
            Some("Ünï"),
        ]);
        let series = crossed(&array);
        let text = series.str().expect("text");
        assert_eq!(
            text.iter().collect::<Vec<_>>(),
            [Some("short"), None, None, Some("a text that is longer than a view holds"), None, Some("Ünï")]
        );
    }

    #[test]
    fn a_coded_column_crosses_text_by_text() {
        let texts = LargeStringArray::from(vec!["Dell", " ", "HP"]);
        let codes = UInt32Array::from(vec![Some(2), None, Some(1), Some(0), Some(2)]);
        let mut asked = Vec::new();
        let series = series(Texts::Coded { codes: &codes, texts: &texts }, |text| {
            asked.push(text);
            !is_blank(text)
        });
        let text = series.str().expect("text");
        assert_eq!(text.iter().collect::<Vec<_>>(), [Some("HP"), None, None, Some("Dell"), Some("HP")]);
        assert!(asked.len() <= 2 * 3, "asked for texts, not for cells: {asked:?}");
    }

    #[test]
    fn slices_and_empty_columns_cross() {
        let array = LargeStringArray::from(vec!["a", "b", "c"]);
        let slice = array.slice(1, 2);
        assert_eq!(crossed(&slice).str().expect("text").iter().collect::<Vec<_>>(), [Some("b"), Some("c")]);
        assert_eq!(crossed(&LargeStringArray::new_null(0)).len(), 0);
        assert_eq!(crossed(&LargeStringArray::new_null(2)).null_count(), 2);
    }
}
