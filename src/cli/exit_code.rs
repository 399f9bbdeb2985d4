//! The exit codes, a public contract. The README repeats this list; a test compares the two.

/// Done.
pub const DONE: u8 = 0;

/// There are differences, and `--exit-code` was given.
pub const DIFFERENCES: u8 = 1;

/// Wrong usage: an unknown option, a missing argument, or a name that the pipeline or its records do not have.
pub const WRONG_USAGE: u8 = 2;

/// Done, but held by a safety limit: a source shrank, or there are more creates than allowed.
pub const HELD: u8 = 3;

/// The pipeline or its decisions are wrong, or a test case of the pipeline fails.
pub const BAD_PIPELINE: u8 = 4;

/// A source could not be read.
pub const UNREADABLE_SOURCE: u8 = 5;

/// A source has more bad rows than the limit allows.
pub const BAD_ROWS: u8 = 6;

/// The warehouse, or a file to be written, could not be used: in use, made by a newer version, read-only, disk full.
pub const WAREHOUSE: u8 = 7;

/// Internal error: a bug in Matchbook.
pub const INTERNAL: u8 = 70;

/// All codes with what they mean, as the README has them.
pub const ALL: [(u8, &str); 9] = [
    (DONE, "done"),
    (DIFFERENCES, "there are differences, and `--exit-code` was given"),
    (WRONG_USAGE, "wrong usage: an unknown option, a missing argument, or a name that does not exist"),
    (HELD, "done, but held by a safety limit: a source shrank, or there are more creates than allowed"),
    (BAD_PIPELINE, "the pipeline or its decisions are wrong, or a test case of the pipeline fails"),
    (UNREADABLE_SOURCE, "a source could not be read"),
    (BAD_ROWS, "a source has more bad rows than the limit allows"),
    (WAREHOUSE, "the warehouse, or a file to be written, could not be used"),
    (INTERNAL, "internal error: a bug in Matchbook"),
];
