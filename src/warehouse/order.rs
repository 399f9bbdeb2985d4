//! In which order the rows of a table are written.

use rayon::prelude::*;

/// The positions of so many things by a key, those of equal keys in their order. The keys are in memory once.
pub(super) fn by_key<K: Ord + Send>(count: usize, key: impl Fn(usize) -> K + Sync) -> Vec<u32> {
    let position = |at: usize| u32::try_from(at).expect("a table has fewer than 4 billion rows");
    let mut keys: Vec<(K, u32)> = (0..count).into_par_iter().map(|at| (key(at), position(at))).collect();
    keys.par_sort_unstable();
    keys.iter().map(|(_, at)| *at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_stay_in_their_order() {
        let names = ["b", "a", "b", "a", ""];
        assert_eq!(by_key(names.len(), |at| names[at]), [4, 1, 3, 0, 2]);
        assert!(by_key(0, |_| 0).is_empty());
    }
}
