//! What an extraction tells while it works.

use std::time::Duration;

use jiff::Timestamp;

/// Something that happened in an extraction.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ApiEvent<'a> {
    /// A source began: what it goes on with, where an extraction was stopped.
    Started {
        /// The source.
        source: &'a str,
        /// Answers that are there already.
        resumed: u64,
        /// True when only changes are asked for.
        is_increment: bool,
    },
    /// A source is not read, since it was complete when the extraction that is gone on with was stopped.
    Left {
        /// The source.
        source: &'a str,
        /// The name of its snapshot.
        snapshot: &'a str,
        /// When the extraction began.
        begun_at: Timestamp,
    },
    /// An answer arrived and is on disk.
    Answer {
        /// The source.
        source: &'a str,
        /// The endpoint.
        endpoint: &'a str,
        /// Rows in it.
        rows: u64,
        /// Rows, or calls, that the endpoint has in all, where that is known.
        total: Option<u64>,
    },
    /// It waits, for at least a second.
    Waiting {
        /// The source.
        source: &'a str,
        /// How long.
        wait: Duration,
        /// Why, in words: `the budget of 600 requests in 60 s is used up`.
        why: &'a str,
    },
    /// A request failed in passing and is repeated.
    Retrying {
        /// The source.
        source: &'a str,
        /// The endpoint.
        endpoint: &'a str,
        /// What happened.
        what: &'a str,
        /// The number of the try that follows, from 2.
        attempt: u32,
    },
    /// Something that a person should know and that does not stop the extraction.
    Warning {
        /// The source.
        source: &'a str,
        /// One sentence.
        message: &'a str,
    },
    /// A source is complete.
    Finished {
        /// The source.
        source: &'a str,
        /// The name of its snapshot.
        snapshot: &'a str,
        /// Requests that were sent.
        requests: u64,
        /// Rows in all answers.
        rows: u64,
        /// How long it took.
        elapsed: Duration,
    },
    /// A source failed. What it has stays on disk.
    Failed {
        /// The source.
        source: &'a str,
        /// What happened, with what to do.
        error: &'a super::ApiError,
    },
}

/// Takes the events of an extraction, which come from several threads.
pub trait ApiReporter: Sync {
    /// Takes one event.
    fn event(&self, event: &ApiEvent<'_>);
}
