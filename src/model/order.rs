//! The order of records in a table.

use arrow::array::{Array as _, LargeStringArray};
use rayon::prelude::*;

/// The rows in the order of their ids, those of one id in their own.
pub(super) fn by_id(ids: &LargeStringArray) -> Vec<u32> {
    let id = |row: u32| ids.value(row as usize);
    let rows = 0..u32::try_from(ids.len()).expect("a table has fewer than 4 billion rows");
    if rows.clone().skip(1).all(|row| id(row - 1) <= id(row)) {
        return rows.collect();
    }
    // Ids lie scattered in memory, and mostly their beginnings decide.
    let mut order: Vec<(u64, u32)> = rows.into_par_iter().map(|row| (beginning(id(row)), row)).collect();
    order.par_sort_unstable_by(|(of_a, a), (of_b, b)| {
        of_a.cmp(of_b).then_with(|| (id(*a), a).cmp(&(id(*b), b)))
    });
    order.into_iter().map(|(_, row)| row).collect()
}

/// The first eight bytes as a number. Texts that differ in it are in the order of their numbers.
fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(text.bytes()).for_each(|(byte, of_text)| *byte = of_text);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_bytes() {
        let ids = ["b", "7000000010", "7000000002", "", "a\0", "a", "70000000", "\u{e9}", "a", "7000000002"];
        let order = by_id(&LargeStringArray::from_iter_values(ids));
        assert_eq!(order, [3, 6, 2, 9, 1, 5, 8, 4, 0, 7]);
    }

    #[test]
    fn rows_in_order_stay_where_they_are() {
        let ids = ["", "a", "a", "b"];
        assert_eq!(by_id(&LargeStringArray::from_iter_values(ids)), [0, 1, 2, 3]);
    }
}
