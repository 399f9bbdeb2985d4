//! What a vendor counts: requests in a window of time, and the uses of a token.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many requests in a window that slides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests.
    pub requests: usize,
    /// The window.
    pub window: Duration,
}

/// Counts requests in a window.
#[derive(Debug)]
pub struct Window {
    rate: Rate,
    taken: Mutex<VecDeque<Instant>>,
}

impl Window {
    /// An empty window.
    pub fn new(rate: Rate) -> Self {
        Self { rate, taken: Mutex::default() }
    }

    /// The same with so many places taken just now.
    #[must_use]
    pub fn used(self, places: usize) -> Self {
        let now = Instant::now();
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).extend(vec![now; places]);
        self
    }

    /// Takes a place, or says how long it lasts until one is free.
    pub fn take(&self) -> Result<(), Duration> {
        let now = Instant::now();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while taken.front().is_some_and(|first| now.duration_since(*first) >= self.rate.window) {
            taken.pop_front();
        }
        if taken.len() < self.rate.requests {
            taken.push_back(now);
            return Ok(());
        }
        let wait = taken.front().map(|first| self.rate.window.saturating_sub(now.duration_since(*first)));
        Err(wait.unwrap_or(self.rate.window))
    }

    /// Places that are taken, as of the last request.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Seconds to wait, rounded up, as `Retry-After` has them.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Tokens that were given, with the uses that each has left.
#[derive(Debug, Default)]
pub struct Tokens {
    life: Option<usize>,
    given: Mutex<BTreeMap<String, usize>>,
}

impl Tokens {
    /// Tokens that live for so many requests, or for ever.
    pub fn new(life: Option<usize>) -> Self {
        Self { life, given: Mutex::default() }
    }

    /// A new token. Those that were given before stay as they are.
    pub fn give(&self) -> String {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let token = format!("token-{:04}-CANARY", given.len() + 1);
        given.insert(token.clone(), self.life.unwrap_or(usize::MAX));
        token
    }

    /// Whether a token is good for one more request.
    pub fn takes(&self, token: Option<&str>) -> bool {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        match token.and_then(|token| given.get_mut(token)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Tokens that were given.
    pub fn count(&self) -> usize {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
