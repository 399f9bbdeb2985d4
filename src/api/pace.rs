//! How fast one address is asked: budgets, the delays that vendors add near their end, and waits that they ask for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::PaceSetting;
use crate::systems::Pace;

/// A wait before the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    /// How long.
    pub length: Duration,
    /// Why, in words.
    pub why: String,
    /// Whether nobody was told of it yet.
    pub is_news: bool,
}

/// The pace of one address, shared by everybody who asks it.
#[derive(Debug)]
pub(super) struct Pacer {
    /// Requests in a window; nothing for no limit.
    budget: Option<(usize, Duration)>,
    per_endpoint: bool,
    /// From how many requests in the window on there is which distance between two.
    delays: Vec<(usize, Duration)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the requests in the window were sent, by endpoint where each has a budget of its own.
    sent: BTreeMap<String, VecDeque<Instant>>,
    /// Until when nobody asks, and why.
    closed: Option<(Instant, String)>,
    /// The end of the longest wait that was told of.
    told: Option<Instant>,
}

impl Pacer {
    /// The pace that a system declares, or the one that the pipeline says instead.
    pub fn new(pace: &Pace, instead: PaceSetting) -> Self {
        let budget = match instead {
            PaceSetting::Declared => Some((pace.requests, pace.seconds)),
            PaceSetting::Limit { requests, seconds } => Some((requests, seconds)),
            PaceSetting::Unlimited => None,
        };
        let budget = budget.map(|(requests, seconds)| {
            (usize::try_from(requests.max(1)).unwrap_or(usize::MAX), Duration::from_secs(seconds))
        });
        let delays = match budget {
            Some((requests, _)) => pace
                .delays
                .iter()
                .map(|delay| {
                    let from = usize::try_from(delay.from).unwrap_or(100);
                    (requests.saturating_mul(from) / 100, Duration::from_millis(delay.milliseconds))
                })
                .collect(),
            None => Vec::new(),
        };
        Self { budget, per_endpoint: pace.per_endpoint, delays, state: Mutex::default() }
    }

    /// Takes one request out of the budget, or says how long to wait before asking for it again.
    pub fn take(&self, endpoint: &str, now: Instant) -> Result<(), Wait> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, why)) = state.closed.clone() {
            if until > now {
                return Err(state.wait(until, now, why));
            }
            state.closed = None;
        }
        let Some((requests, window)) = self.budget else { return Ok(()) };
        let key = if self.per_endpoint { endpoint } else { "" };
        let sent = state.sent.entry(key.to_owned()).or_default();
        while sent.front().is_some_and(|first| now.duration_since(*first) >= window) {
            sent.pop_front();
        }
        if sent.len() >= requests {
            let until = sent.front().map_or(now, |first| *first + window);
            let why = format!("the budget of {requests} requests in {} s is used up", window.as_secs());
            return Err(state.wait(until, now, why));
        }
        let used = sent.len();
        let distance = self.delays.iter().filter(|(from, _)| used >= *from).map(|(_, delay)| *delay).max();
        if let (Some(distance), Some(last)) = (distance, sent.back()) {
            let until = *last + distance;
            if until > now {
                let why = format!("{used} of {requests} requests in {} s are used", window.as_secs());
                return Err(state.wait(until, now, why));
            }
        }
        sent.push_back(now);
        Ok(())
    }

    /// Lets nobody ask for a while, since the vendor said so. Returns the wait.
    pub fn close(&self, now: Instant, wait: Duration, why: &str) -> Wait {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now + wait;
        if state.closed.as_ref().is_none_or(|(closed, _)| *closed < until) {
            state.closed = Some((until, why.to_owned()));
        }
        state.wait(until, now, why.to_owned())
    }
}

impl State {
    fn wait(&mut self, until: Instant, now: Instant, why: String) -> Wait {
        let wait = until.saturating_duration_since(now);
        // A wait that ends with one that was told of is the same wait of another thread.
        let is_news = self.told.is_none_or(|told| until > told + Duration::from_millis(500));
        if is_news && wait >= Duration::from_secs(1) {
            self.told = Some(until);
        }
        Wait { length: wait, why, is_news: is_news && wait >= Duration::from_secs(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Delay;

    fn pace(requests: u64, seconds: u64) -> Pace {
        let delays = vec![Delay { from: 50, milliseconds: 500 }];
        Pace { requests, seconds, per_endpoint: true, concurrency: 1, delays, refused: None }
    }

    #[test]
    fn a_budget_is_a_sliding_window() {
        let pacer = Pacer::new(&Pace { delays: Vec::new(), ..pace(2, 10) }, PaceSetting::Declared);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pacer.take("a", start), Ok(()));
        assert_eq!(pacer.take("a", at(4)), Ok(()));
        assert_eq!(pacer.take("b", at(4)), Ok(()), "another endpoint has a budget of its own");
        let wait = pacer.take("a", at(5)).expect_err("both requests are used");
        assert_eq!((wait.length, wait.is_news), (Duration::from_secs(5), true));
        assert!(!pacer.take("a", at(6)).expect_err("they still are").is_news, "it was told of");
        assert_eq!(pacer.take("a", at(10)), Ok(()));
        assert_eq!(pacer.take("a", at(11)).expect_err("one is left from 4").length, Duration::from_secs(3));
    }

    #[test]
    fn requests_are_apart_from_half_of_the_budget_on() {
        let pacer = Pacer::new(&pace(4, 60), PaceSetting::Declared);
        let start = Instant::now();
        assert_eq!((pacer.take("a", start), pacer.take("a", start)), (Ok(()), Ok(())));
        let wait = pacer.take("a", start).expect_err("half is used");
        assert_eq!((wait.length, wait.is_news), (Duration::from_millis(500), false));
        assert_eq!(pacer.take("a", start + Duration::from_millis(500)), Ok(()));
    }

    #[test]
    fn nobody_asks_while_the_vendor_says_so() {
        let pacer = Pacer::new(&pace(4, 60), PaceSetting::Unlimited);
        let start = Instant::now();
        pacer.close(start, Duration::from_secs(30), "it said so");
        let wait = pacer.take("a", start + Duration::from_secs(10)).expect_err("20 s are left");
        assert_eq!((wait.length, wait.why.as_str()), (Duration::from_secs(20), "it said so"));
        assert_eq!(pacer.take("a", start + Duration::from_secs(30)), Ok(()));
    }
}
