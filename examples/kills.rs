//! Kills extractions at random points, goes on with each until it is done, and compares what comes of it with an
//! extraction that nobody disturbed.
//!
//! ```text
//! cargo build --release
//! KILLS=1000 SEED=1 cargo run --release --example kills [PROGRAM]
//! ```
//!
//! The program is the one beside the example where none is named. What is checked: every completed snapshot has the same
//! answers, no row is lost or doubled, and nothing is asked for again but what was in flight. It ends with an error
//! otherwise.

use std::path::PathBuf;
use std::time::Instant;

#[path = "../tests/it/fake/mod.rs"]
mod fake;
#[path = "../tests/it/live/kills.rs"]
mod kills;

use kills::{Kills, Toll};

#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
fn main() {
    let number =
        |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (kills, seed) = (number("KILLS", 1000), number("SEED", 1));
    let (started, rig) = (Instant::now(), Kills::new(&program()));
    let mut all = Toll::default();
    while all.kills < kills {
        // By turns one call at a time, and four.
        let calls = if all.completed % 2 == 0 { 1 } else { 4 };
        let toll = rig.run(20.min(kills - all.kills), calls, (seed + all.kills) as u64);
        all.kills += toll.kills;
        all.completed += toll.completed;
        all.requests += toll.requests;
        all.lost += toll.lost;
    }
    println!(
        "{} kills, {} extractions, every one whole; {} answers, {} of them asked for again; {:.0} s",
        all.kills,
        all.completed,
        all.requests,
        all.lost,
        started.elapsed().as_secs_f64()
    );
}

/// The program that is named, or the one beside the example.
fn program() -> PathBuf {
    std::env::args_os().nth(1).map_or_else(
        || {
            let own = std::env::current_exe().expect("this program has a path");
            own.ancestors().nth(2).expect("it is in `examples`").join("matchbook")
        },
        PathBuf::from,
    )
}
