//! How fast one address is asked: budgets, the delays that vendors add near their end, and waits that they ask for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    until: Instant,
}

/// What the vendor counts of an account is asked again so often in a window,
const ASKED_PER_WINDOW: u32 = 12;

/// and after this share of the requests that it allows.
const ASKED_PER_LIMIT: usize = 20;

/// The pace of one address, shared by everybody who asks it.
#[derive(Debug)]
pub(super) struct Pacer {
    /// Requests in a window; nothing for no limit.
    budget: Option<(usize, Duration)>,
    per_endpoint: bool,
    /// From which percent of the budget on there is which distance between two requests.
    delays: Vec<(u64, Duration)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By endpoint where each has a budget of its own; else there is one.
    scopes: BTreeMap<String, Scope>,
    account: Option<Account>,
}

/// What one budget is for.
#[derive(Debug, Default)]
struct Scope {
    /// When the requests in the window were sent.
    sent: VecDeque<Instant>,
    /// Until when nobody asks, and why.
    closed: Option<(Instant, String)>,
    /// The end of the longest wait that was told of.
    told: Option<Instant>,
}

/// What the vendor counts of the account, whoever asked.
#[derive(Debug)]
struct Account {
    /// Requests that the vendor allows,
    limit: usize,
    /// and those of them that are not left to others.
    ours: usize,
    /// Requests that were made when it was asked, and since by us.
    used: usize,
    /// Those of them that were made since.
    since: usize,
    asked: Instant,
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
        let delays =
            pace.delays.iter().map(|delay| (delay.from, Duration::from_millis(delay.milliseconds))).collect();
        Self { budget, per_endpoint: pace.per_endpoint, delays, state: Mutex::default() }
    }

    /// Whether there is a limit at all.
    pub fn is_limited(&self) -> bool {
        self.budget.is_some()
    }

    /// Takes one request out of the budget, or says how long to wait before asking for it again.
    pub fn take(&self, endpoint: &str, now: Instant) -> Result<(), Wait> {
        let mut state = self.state();
        let State { scopes, account } = &mut *state;
        let scope = scopes.entry(self.key(endpoint)).or_default();
        scope.open(now)?;
        let Some((requests, window)) = self.budget else { return Ok(()) };
        scope.forget(now, window);
        let used = scope.sent.len();
        if used >= requests {
            let until = scope.sent.front().map_or(now, |first| *first + window);
            let why = format!("the budget of {requests} requests in {} s is used up", window.as_secs());
            return Err(Wait::until(until, now, why));
        }
        if let Some(account) = account.as_ref().filter(|account| account.used >= account.ours) {
            let until = account.asked + window / ASKED_PER_WINDOW;
            return Err(Wait::until(until, now, account.why()));
        }
        let percent = |used: usize, of: usize| (used as u64).saturating_mul(100) / (of as u64).max(1);
        let of_account = account.as_ref().map_or(0, |account| percent(account.used, account.limit));
        let own = percent(used, requests);
        let is_due = |(from, _): &&(u64, Duration)| own.max(of_account) >= *from;
        let distance = self.delays.iter().filter(is_due).map(|(_, delay)| *delay).max();
        if let (Some(distance), Some(last)) = (distance, scope.sent.back()) {
            let until = *last + distance;
            if until > now {
                let why = match account {
                    Some(account) if of_account > own => account.why(),
                    _ => format!("{used} of {requests} requests in {} s are used", window.as_secs()),
                };
                return Err(Wait::until(until, now, why));
            }
        }
        scope.sent.push_back(now);
        if let Some(account) = account {
            (account.used, account.since) = (account.used + 1, account.since + 1);
        }
        Ok(())
    }

    /// Takes one request out of the budget for a question about the budget itself, which waits for nothing but the
    /// vendor's own word.
    pub fn take_aside(&self, endpoint: &str, now: Instant) -> Result<(), Wait> {
        let mut state = self.state();
        let scope = state.scopes.entry(self.key(endpoint)).or_default();
        scope.open(now)?;
        scope.sent.push_back(now);
        Ok(())
    }

    /// Lets nobody ask for a while, since the vendor said so: of this endpoint where each has a budget of its own, else
    /// of any. Returns the wait.
    pub fn close(&self, endpoint: &str, now: Instant, wait: Duration, why: &str) -> Wait {
        let mut state = self.state();
        let scope = state.scopes.entry(self.key(endpoint)).or_default();
        let until = now + wait;
        if scope.closed.as_ref().is_none_or(|(closed, _)| *closed < until) {
            scope.closed = Some((until, why.to_owned()));
        }
        Wait::until(until, now, why.to_owned())
    }

    /// Notes what the vendor counts of the account: the requests that it allows, those that are not left to others, and
    /// those that were made.
    pub fn note(&self, limit: usize, ours: usize, used: usize, now: Instant) {
        self.state().account = Some(Account { limit, ours, used, since: 0, asked: now });
    }

    /// Whether what the vendor counts has to be asked again, since others spend it too. Says so to one caller alone.
    pub fn is_stale(&self, now: Instant) -> bool {
        let Some((_, window)) = self.budget else { return false };
        let mut state = self.state();
        let Some(account) = &mut state.account else { return false };
        let is_stale = now.duration_since(account.asked) >= window / ASKED_PER_WINDOW
            || account.since >= (account.limit / ASKED_PER_LIMIT).max(1);
        if is_stale {
            (account.asked, account.since) = (now, 0);
        }
        is_stale
    }

    /// Whether nobody was told of a wait yet. A wait that ends with one that was told of is the same wait of another
    /// thread; one that is over in no time is not told of.
    pub fn is_news(&self, endpoint: &str, wait: &Wait) -> bool {
        let mut state = self.state();
        let told = &mut state.scopes.entry(self.key(endpoint)).or_default().told;
        let is_new = told.is_none_or(|told| wait.until > told + Duration::from_millis(500));
        let is_news = is_new && wait.is_long();
        if is_news {
            *told = Some(wait.until);
        }
        is_news
    }

    fn key(&self, endpoint: &str) -> String {
        if self.per_endpoint { endpoint.to_owned() } else { String::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scope {
    /// Says how long the vendor wants no requests.
    fn open(&mut self, now: Instant) -> Result<(), Wait> {
        match &self.closed {
            Some((until, why)) if *until > now => Err(Wait::until(*until, now, why.clone())),
            _ => {
                self.closed = None;
                Ok(())
            }
        }
    }

    /// Forgets requests that are out of the window.
    fn forget(&mut self, now: Instant, window: Duration) {
        while self.sent.front().is_some_and(|first| now.duration_since(*first) >= window) {
            self.sent.pop_front();
        }
    }
}

impl Account {
    fn why(&self) -> String {
        format!("{} of {} requests of the account are used, by others too", self.used, self.limit)
    }
}

impl Wait {
    fn until(until: Instant, now: Instant, why: String) -> Self {
        Self { length: until.saturating_duration_since(now), why, until }
    }

    /// Whether it is worth a word, and something else meanwhile.
    pub fn is_long(&self) -> bool {
        self.length >= Duration::from_secs(1)
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
        assert_eq!((wait.length, pacer.is_news("a", &wait)), (Duration::from_secs(5), true));
        let wait = pacer.take("a", at(6)).expect_err("they still are");
        assert!(!pacer.is_news("a", &wait), "it was told of");
        assert_eq!(pacer.take("a", at(10)), Ok(()));
        assert_eq!(pacer.take("a", at(11)).expect_err("one is left from 4").length, Duration::from_secs(3));
    }

    #[test]
    fn requests_are_apart_from_half_of_the_budget_on() {
        let pacer = Pacer::new(&pace(4, 60), PaceSetting::Declared);
        let start = Instant::now();
        assert_eq!((pacer.take("a", start), pacer.take("a", start)), (Ok(()), Ok(())));
        let wait = pacer.take("a", start).expect_err("half is used");
        assert_eq!((wait.length, pacer.is_news("a", &wait)), (Duration::from_millis(500), false));
        assert_eq!(pacer.take("a", start + Duration::from_millis(500)), Ok(()));
    }

    #[test]
    fn nobody_asks_while_the_vendor_says_so() {
        let pacer = |per_endpoint| Pacer::new(&Pace { per_endpoint, ..pace(4, 60) }, PaceSetting::Unlimited);
        let start = Instant::now();
        let later = start + Duration::from_secs(10);
        let all = pacer(false);
        all.close("a", start, Duration::from_secs(30), "it said so");
        let wait = all.take("b", later).expect_err("20 s are left");
        assert_eq!((wait.length, wait.why.as_str()), (Duration::from_secs(20), "it said so"));
        assert_eq!(all.take("b", start + Duration::from_secs(30)), Ok(()));
        let each = pacer(true);
        each.close("a", start, Duration::from_secs(30), "it said so");
        assert_eq!(each.take("a", later).expect_err("20 s are left").length, Duration::from_secs(20));
        assert_eq!(each.take("b", later), Ok(()), "it has a budget of its own");
    }

    #[test]
    fn what_others_use_counts() {
        let delays = vec![Delay { from: 50, milliseconds: 500 }];
        let pace = Pace { per_endpoint: false, delays, ..pace(100, 60) };
        let pacer = Pacer::new(&pace, PaceSetting::Declared);
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        pacer.note(40, 38, 19, start);
        assert_eq!(pacer.take("a", start), Ok(()));
        // Half of what the account may do, though a hundredth of our own.
        let wait = pacer.take("a", at(100)).expect_err("half is used");
        let why = "20 of 40 requests of the account are used, by others too";
        assert_eq!((wait.length, wait.why.as_str()), (Duration::from_millis(400), why));
        assert!(!pacer.is_stale(at(200)), "one request of 40 is less than a twentieth");
        assert_eq!(pacer.take("a", at(600)), Ok(()));
        assert!(pacer.is_stale(at(700)) && !pacer.is_stale(at(700)), "one asks for all");
        pacer.note(40, 38, 38, at(700));
        let wait = pacer.take("a", at(1700)).expect_err("the rest is for others");
        assert_eq!(wait.length, Duration::from_secs(4), "it is asked again after a twelfth of the minute");
        assert_eq!(pacer.take_aside("budget", at(1700)), Ok(()));
        assert!(pacer.is_stale(at(5700)));
        pacer.note(40, 38, 3, at(5700));
        assert_eq!(pacer.take("a", at(5700)), Ok(()));
    }
}
