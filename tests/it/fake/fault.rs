//! Failures on schedule: which request fails, how, and how often.
//!
//! A failure of the network or of something in between is the same for every vendor and is made here. A refusal is the
//! vendor's: [`Vendor::refuse`] gives its document.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use super::message::{Reply, Request, Wire};
use super::server::Vendor;

/// How a request fails.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The connection ends before anything is answered.
    Drop,
    /// The connection ends behind the headers.
    DropAfterHeaders,
    /// The connection ends in the middle of the body.
    Truncate,
    /// The same in an answer without a length in front.
    TruncateChunked,
    /// A proxy shows a page with this status.
    Html(u16),
    /// The right answer, said to be HTML.
    WrongType,
    /// The first half of the right answer, said to be whole.
    HalfDocument,
    /// The answer comes late.
    Slow(Duration),
    /// The answer is elsewhere: the address in front of path and query.
    Redirect(String),
    /// An answer of so many bytes: a JSON text that does not end before.
    Oversized(usize),
    /// The vendor refuses in its own words.
    Refuse(Refusal),
    /// This answer, whatever was asked.
    Answer(Reply),
}

/// Why a vendor refuses.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// 401: the token is not valid any more.
    Expired,
    /// 429: too many requests.
    TooMany(RetryAfter),
    /// 500, with a document of the test's own or the vendor's usual one.
    Broken(Option<Value>),
    /// 403: the role does not allow it.
    Forbidden,
}

impl Refusal {
    /// The status that HTTP has for it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Expired => 401,
            Self::TooMany(_) => 429,
            Self::Broken(_) => 500,
            Self::Forbidden => 403,
        }
    }

    /// What it is about.
    pub fn text(&self) -> &'static str {
        match self {
            Self::Expired => "token expired",
            Self::TooMany(_) => "too many requests",
            Self::Broken(_) => "internal error",
            Self::Forbidden => "not allowed",
        }
    }

    /// `reply` with the status of the refusal and, where it says when to come again, the header for it.
    pub fn on(&self, reply: Reply) -> Reply {
        let reply = reply.status(self.status());
        match self {
            Self::TooMany(after) => after.on(reply),
            _ => reply,
        }
    }
}

/// What a refusal says of the time to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// Nothing.
    Silent,
    /// So many seconds.
    Seconds(u64),
    /// The date in so many seconds.
    Date(u32),
}

impl RetryAfter {
    fn on(self, reply: Reply) -> Reply {
        match self {
            Self::Silent => reply,
            Self::Seconds(seconds) => reply.header("retry-after", &seconds.to_string()),
            Self::Date(seconds) => {
                let at = Timestamp::now() + jiff::SignedDuration::from_secs(seconds.into());
                let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
                reply.header("retry-after", &text.expect("the years to come have four digits"))
            }
        }
    }
}

/// Which requests a failure is for.
#[derive(Clone)]
enum When {
    Number(usize),
    Asked(Arc<dyn Fn(&Request) -> bool + Send + Sync>),
    Random { seed: u64, per_mille: u64 },
}

struct Planned {
    when: When,
    fault: Fault,
    left: u32,
}

/// The failures of a server. Plans can be made before it starts and while it runs.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Planned>>>);

impl Faults {
    /// No failures.
    pub fn none() -> Self {
        Self::default()
    }

    /// The request with this number, from 1, fails.
    #[must_use]
    pub fn at(self, number: usize, fault: Fault) -> Self {
        self.plan(When::Number(number), fault, 1);
        self
    }

    /// The next `times` requests whose path starts with `path` fail.
    #[must_use]
    pub fn on(self, path: &str, fault: Fault, times: u32) -> Self {
        let path = path.to_owned();
        self.when(move |request| request.path.starts_with(&path), fault, times)
    }

    /// The next `times` requests of which `asked` holds fail.
    #[must_use]
    pub fn when(
        self,
        asked: impl Fn(&Request) -> bool + Send + Sync + 'static,
        fault: Fault,
        times: u32,
    ) -> Self {
        self.plan(When::Asked(Arc::new(asked)), fault, times);
        self
    }

    /// Of a thousand requests about `per_mille` fail, `times` at most. The seed and the number of a request decide.
    #[must_use]
    pub fn random(self, seed: u64, per_mille: u64, fault: Fault, times: u32) -> Self {
        self.plan(When::Random { seed, per_mille }, fault, times);
        self
    }

    /// Plans a failure of a server that runs: the next `times` requests whose path starts with `path`.
    pub fn add(&self, path: &str, fault: Fault, times: u32) {
        let _ = self.clone().on(path, fault, times);
    }

    /// Failures that are planned and have not happened.
    pub fn pending(&self) -> u32 {
        self.plans().iter().map(|planned| planned.left).sum()
    }

    /// The answer to a request, with the first failure that is planned for it.
    pub fn answer(&self, vendor: &dyn Vendor, request: &Request) -> Reply {
        match self.take(request) {
            Some(fault) => fault.answer(vendor, request),
            None => vendor.answer(request),
        }
    }

    fn plan(&self, when: When, fault: Fault, left: u32) {
        self.plans().push(Planned { when, fault, left });
    }

    fn plans(&self) -> MutexGuard<'_, Vec<Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, request: &Request) -> Option<Fault> {
        let mut plans = self.plans();
        let planned = plans.iter_mut().find(|planned| planned.left > 0 && planned.when.holds(request))?;
        planned.left -= 1;
        Some(planned.fault.clone())
    }
}

impl When {
    fn holds(&self, request: &Request) -> bool {
        match self {
            Self::Number(number) => *number == request.number,
            Self::Asked(asked) => asked(request),
            Self::Random { seed, per_mille } => {
                mixed(seed ^ mixed(request.number as u64)) % 1000 < *per_mille
            }
        }
    }
}

/// A number whose bits depend on all bits of `seed` (the finalizer of `SplitMix64`).
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Fault {
    fn answer(self, vendor: &dyn Vendor, request: &Request) -> Reply {
        match self {
            Self::Drop => Reply { wire: Wire::Nothing, ..Reply::text(200, "") },
            Self::DropAfterHeaders => Reply { wire: Wire::Headers, ..vendor.answer(request) },
            Self::Truncate => truncated(vendor.answer(request)),
            Self::TruncateChunked => truncated(vendor.answer(request).chunked()),
            Self::Html(status) => Reply::html(status),
            Self::WrongType => vendor.answer(request).header("content-type", "text/html; charset=utf-8"),
            Self::HalfDocument => {
                let reply = vendor.answer(request);
                let half = reply.body[..reply.body.len() / 2].to_vec();
                Reply { body: Arc::new(half), ..reply }
            }
            Self::Slow(delay) => Reply { delay, ..vendor.answer(request) },
            Self::Redirect(origin) => {
                Reply::text(302, "moved").header("location", &format!("{origin}{}", request.target))
            }
            Self::Oversized(bytes) => {
                let mut body = b"{\"data\":[\"".to_vec();
                body.resize(bytes.saturating_sub(3).max(body.len()), b'x');
                body.extend(b"\"]}");
                Reply::new(200, "application/json", body)
            }
            Self::Refuse(refusal) => vendor.refuse(request, &refusal),
            Self::Answer(reply) => reply,
        }
    }
}

/// An answer that stops in the middle of its body.
fn truncated(reply: Reply) -> Reply {
    Reply { wire: Wire::Bytes(reply.body.len() / 2), ..reply }
}
