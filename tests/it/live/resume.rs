//! Extractions that are interrupted, and how they go on.

use std::path::Path;

use super::kills::Kills;

#[test]
fn an_extraction_that_is_killed_goes_on_where_it_was() {
    let kills = Kills::new(Path::new(env!("CARGO_BIN_EXE_matchbook")));
    for (calls, seed) in [(1, 7), (4, 8)] {
        let toll = kills.run(8, calls, seed);
        assert!(toll.kills == 8 && toll.completed > 0 && toll.lost <= 16 * calls, "{toll:?}");
    }
}
