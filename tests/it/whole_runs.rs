//! What holds of whole runs of the binary over the files of an estate.

use std::path::PathBuf;

use crate::support::whole::{Contents, Whole, rearrange};

/// Fails with the first rows in which two runs differ.
#[track_caller]
fn assert_same(expected: &Contents, got: &Contents) {
    for (table, rows) in expected {
        let other = &got[table];
        if let Some(at) = (0..rows.len().max(other.len())).find(|at| rows.get(*at) != other.get(*at)) {
            panic!(
                "`{table}` differs at row {at}\nexpected {:?}\ngot      {:?}",
                rows.get(at).map_or("nothing", String::as_str),
                other.get(at).map_or("nothing", String::as_str)
            );
        }
    }
}

#[test]
fn a_second_run_over_unchanged_files_reports_no_change() {
    let whole = Whole::generate();
    (0..3).for_each(|_| whole.run(2));
    let [mut first, second, third] = [1, 2, 3].map(|run| whole.contents(run));
    assert!(first["matches"].len() > 1000 && first["plan_steps"].len() > 100, "the estate is not empty");
    assert_eq!(second["run_changes"].len(), 1, "only the headings: {:?}", second["run_changes"]);
    assert_same(&second, &third);
    // The second run knows since when there is two-way sync, and says so where the first could not.
    first.remove("plan_reasons");
    assert_same(&first, &second);
}

#[test]
fn rows_in_another_order_and_in_other_files_give_the_same_tables() {
    let (plain, rearranged) = (Whole::generate(), Whole::generate());
    for (number, path) in rearranged.files().iter().enumerate() {
        rearrange(path, 1 + number % 3);
    }
    plain.run(2);
    rearranged.run(2);
    assert_same(&plain.contents(1), &rearranged.contents(1));
}

#[test]
fn the_number_of_threads_gives_the_same_tables() {
    // The hub's file of devices is larger than a block, and than a fourth of all.
    let (one, many) = (Whole::of(5_000), Whole::of(5_000));
    let size = |path: PathBuf| path.metadata().expect("it was listed").len();
    let sizes: Vec<u64> = many.files().into_iter().map(size).collect();
    let share = sizes.iter().sum::<u64>() / 4;
    assert!(sizes.iter().any(|size| *size > share.max(1 << 20)), "no file is shared by threads");
    one.run(1);
    many.run(4);
    assert_same(&one.contents(1), &many.contents(1));
}
