//! One call: paced, signed, tried again where it failed in passing, and judged.
//!
//! A request goes to the address of its system alone: redirects to other hosts are not followed, and neither are links
//! that lead there, so credentials stay where they belong. Answers have a size limit, also once they are unpacked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Url;
use reqwest::blocking::{Client as Http, Response};
use reqwest::header::{DATE, HeaderMap, LINK};
use reqwest::redirect::Policy;
use serde_json::Value;

use super::budget::BUDGET;
use super::credentials::Credentials;
use super::discover::Line;
use super::http::{ANSWER_SIZE, Cut, address, causes, http_time, read, wished, without_mark};
use super::judge::{self, Verdict};
use super::pace::{Pacer, Wait};
use super::paging::{Ask, next_link};
use super::place::Place;
use super::sign_in;
use super::skim::{Names, skimmed};
use super::template::{Values, filled, filled_body, filled_path, scalar};
use super::token::Signed;
use super::{ApiError, ApiEvent, ApiReporter, ApiSettings, ErrorKind};
use crate::pipeline::Source;
use crate::systems::{Api, SignIn};

/// The longest that a vendor's wish to wait is followed.
const LONGEST_WAIT: Duration = Duration::from_hours(2);

/// New tokens for one call, at most. Calls at the same time use up a token together.
const RENEWALS: u32 = 3;

/// What the least call there is is called.
pub(super) const CHECK: &str = "sign-in";

/// Waits for a vendor's limits, at most, before a call is given up.
const LIMIT_WAITS: u32 = 50;

/// A call.
#[derive(Debug, Clone, Default)]
pub(super) struct Call<'c> {
    /// The endpoint, for pace and messages.
    pub endpoint: &'c str,
    /// The path behind the base, with names to fill in.
    pub path: &'c str,
    pub ask: Ask,
    /// `{id}`, `{route}`, `{tenant}`, `{since}`.
    pub values: Values,
    /// Whether it waits for its endpoint's budget, where there is nothing else to do meanwhile.
    pub may_wait: bool,
}

/// An answer that is what was asked for.
#[derive(Debug)]
pub(super) struct Answer {
    /// As received, unpacked.
    pub body: Vec<u8>,
    pub json: Value,
    /// The address of the relation `next`, blank where there is none; nothing without a header `Link`.
    pub link: Option<String>,
}

/// Speaks to the system of one source.
pub(super) struct Client<'a> {
    pub(super) source: &'a Source,
    pub(super) api: &'a Api,
    pub(super) settings: &'a ApiSettings,
    pub(super) credentials: Credentials,
    /// Where the system is, as far as is known.
    pub(super) place: RwLock<Arc<Place>>,
    /// When it was last found out anew where the system is.
    pub(super) looked: Mutex<Option<Instant>>,
    pub(super) http: Http,
    pub(super) pacer: Arc<Pacer>,
    reporter: &'a dyn ApiReporter,
    /// By tenant.
    pub(super) tokens: Mutex<BTreeMap<String, Signed>>,
    pub(super) requests: AtomicU64,
    /// When the vendor last refused because of its limits.
    refused: Mutex<Option<Instant>>,
    /// How many seconds the vendor's clock is ahead.
    skew: Mutex<Option<i64>>,
}

/// What came of one try.
pub(super) enum Tried {
    Answer(Answer),
    /// The token is not taken any more.
    SignInAgain(ApiError),
    /// It passes. With the wait that the vendor wishes.
    Passing {
        what: String,
        wait: Option<Duration>,
        is_limit: bool,
    },
    Final(ApiError),
}

impl<'a> Client<'a> {
    /// A client for the source, after whatever has to be discovered was.
    pub fn new(
        source: &'a Source,
        settings: &'a ApiSettings,
        api: &'a Api,
        pacers: &Pacers,
        reporter: &'a dyn ApiReporter,
    ) -> Result<Self, ApiError> {
        let credentials = Credentials::read(settings)?;
        // Whoever was first installed one; it is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let same_host = Policy::custom(|attempt| {
            let from = attempt.previous().last().map(Url::origin);
            if from == Some(attempt.url().origin()) && attempt.previous().len() < 5 {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let http = Http::builder()
            .user_agent(concat!("matchbook/", env!("CARGO_PKG_VERSION")))
            .redirect(same_host)
            .connect_timeout(Duration::from_secs(20))
            .timeout(Duration::from_mins(3))
            .build()
            .map_err(|error| {
                ApiError::new(
                    ErrorKind::Network,
                    format!("HTTPS cannot be used: {}", causes(&error)),
                    "check the proxy and certificate settings of the environment",
                )
            })?;
        let requests = AtomicU64::new(0);
        let line = Line { http: &http, sent: &requests };
        let place = Place::find(&line, source.system, api, settings, &credentials)?;
        Ok(Self {
            pacer: pacers.of(&place.base, api, settings),
            source,
            api,
            settings,
            credentials,
            place: RwLock::new(Arc::new(place)),
            looked: Mutex::default(),
            http,
            reporter,
            tokens: Mutex::default(),
            requests,
            refused: Mutex::default(),
            skew: Mutex::default(),
        })
    }

    /// Scheme and host.
    pub fn address(&self) -> String {
        self.place().base.origin().ascii_serialization()
    }

    /// Whether an address that the vendor gave may be kept for later: one of its own host that holds no credential.
    pub fn may_keep(&self, given: &str) -> bool {
        let place = self.place();
        address(&place.now(given)).is_ok_and(|url| url.origin() == place.base.origin())
            && self.credentials.scrub(given) == given
    }

    /// Requests that were sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many seconds the vendor's clock is ahead of this one; nothing before the first answer that says.
    pub fn skew(&self) -> Option<i64> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the call until it is answered or fails for good.
    pub fn call(&self, call: &Call<'_>) -> Result<Answer, ApiError> {
        let call = Call { may_wait: true, ..call.clone() };
        self.try_call(&call)?.ok_or_else(|| unreachable!("a call that may wait is made"))
    }

    /// Makes the call until it is answered or fails for good; `None` where it would have to wait and may not.
    pub fn try_call(&self, call: &Call<'_>) -> Result<Option<Answer>, ApiError> {
        let mut place = self.place();
        let mut url = self.url(call, &place)?;
        let (mut attempt, mut limits, mut renewed, mut is_moved) = (1, 0, 0, false);
        loop {
            if !self.keep_pace(call) {
                return Ok(None);
            }
            let (token, tried) = match self.token(&call.values) {
                Ok(token) => {
                    let tried = self.attempt(call, &place, &url, token.as_deref());
                    (token, tried)
                }
                Err(tried) => (None, tried),
            };
            match tried {
                Tried::Answer(answer) => return Ok(Some(answer)),
                Tried::Final(error)
                    if matches!(error.kind, ErrorKind::Missing | ErrorKind::SignIn) && !is_moved =>
                {
                    let Some(elsewhere) = self.moved(&place) else { return Err(error) };
                    (place, is_moved) = (elsewhere, true);
                    url = self.url(call, &place)?;
                }
                Tried::Final(error) => return Err(error),
                Tried::SignInAgain(error) => {
                    if renewed >= RENEWALS {
                        return Err(error);
                    }
                    renewed += 1;
                    self.forget(token.as_deref());
                }
                Tried::Passing { what, wait, is_limit: true } => {
                    limits += 1;
                    let growing = self.growing(limits.min(8));
                    let wait = wait.or(self.api.pace.refused.map(Duration::from_secs)).unwrap_or(growing);
                    if wait > LONGEST_WAIT || limits > LIMIT_WAITS {
                        return Err(ApiError::new(
                            ErrorKind::Limit,
                            format!("{what}, and wants {} s without requests", wait.as_secs()),
                            "extract again later: it goes on where it was",
                        ));
                    }
                    let wait = self.pacer.close(call.endpoint, Instant::now(), wait, &what);
                    if call.may_wait {
                        self.tell_of(call, &wait);
                    }
                }
                Tried::Passing { what, wait, is_limit: false } => {
                    if attempt > self.settings.retries {
                        let often = if attempt == 1 { String::new() } else { format!(", {attempt} times") };
                        return Err(ApiError::new(
                            ErrorKind::Network,
                            format!("`{}`: {what}{often}", call.endpoint),
                            "extract again later: it goes on where it was",
                        ));
                    }
                    attempt += 1;
                    let source = &self.source.name;
                    let endpoint = call.endpoint;
                    self.reporter.event(&ApiEvent::Retrying { source, endpoint, what: &what, attempt });
                    std::thread::sleep(wait.unwrap_or_else(|| self.growing(attempt - 1)).min(LONGEST_WAIT));
                }
            }
        }
    }

    /// A wait that doubles with every try, and differs by chance, so that callers that failed together do not come back
    /// together.
    fn growing(&self, tries: u32) -> Duration {
        let first = Duration::from_millis(self.settings.first_wait_ms);
        let wait = first.saturating_mul(1 << (tries - 1).min(16)).min(Duration::from_mins(2));
        wait.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Waits until the call may be made. Returns whether it may: one that must not wait may not.
    fn keep_pace(&self, call: &Call<'_>) -> bool {
        let is_aside = call.endpoint == BUDGET;
        loop {
            if !is_aside && self.pacer.is_stale(Instant::now()) {
                // What it was before is as good as it gets.
                let _ = self.note_budget();
            }
            let now = Instant::now();
            let taken = if is_aside {
                self.pacer.take_aside(call.endpoint, now)
            } else {
                self.pacer.take(call.endpoint, now)
            };
            let Err(wait) = taken else { return true };
            if wait.is_long() && !call.may_wait {
                return false;
            }
            self.tell_of(call, &wait);
            std::thread::sleep(wait.length);
        }
    }

    fn tell_of(&self, call: &Call<'_>, wait: &Wait) {
        if self.pacer.is_news(call.endpoint, wait) {
            let source = &self.source.name;
            self.reporter.event(&ApiEvent::Waiting { source, wait: wait.length, why: &wait.why });
        }
    }

    fn url(&self, call: &Call<'_>, place: &Place) -> Result<Url, ApiError> {
        let mut values = place.values.clone();
        values.extend(call.values.clone());
        let mut url = match &call.ask.address {
            Some(given) => {
                let url = address(&place.now(given))?;
                if url.origin() != place.base.origin() {
                    return Err(ApiError::new(
                        ErrorKind::Answer,
                        format!(
                            "`{}`: the list goes on at `{}`, which is another host than `{}`",
                            call.endpoint,
                            url.origin().ascii_serialization(),
                            self.address()
                        ),
                        "nothing is sent there, since the credentials are for one host; check the address in the pipeline",
                    ));
                }
                url
            }
            None => address(&format!(
                "{}{}",
                place.base.as_str().trim_end_matches('/'),
                filled_path(call.path, &values)
            ))?,
        };
        let known: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let new = call.ask.query.iter().filter(|(name, _)| !known.contains(name));
        let pairs: Vec<(&str, String)> =
            new.filter_map(|(name, value)| Some((name.as_str(), filled(&scalar(value)?, &values)))).collect();
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(url)
    }

    fn attempt(&self, call: &Call<'_>, place: &Place, url: &Url, token: Option<&str>) -> Tried {
        let method = if call.ask.body.is_some() { "POST" } else { "GET" };
        let mut values = place.secrets.clone();
        values.extend(call.values.clone());
        let now = Timestamp::now();
        let signed = sign_in::headers(&self.api.sign_in, &values, token, method, url.path(), now);
        let mut request = match &call.ask.body {
            Some(body) => {
                let body = filled_body(body, &values).to_string();
                let request = self.http.post(url.clone()).body(body);
                let is_own = |name: &String| name.eq_ignore_ascii_case("content-type");
                if self.api.headers.keys().chain(call.ask.headers.keys()).any(is_own) {
                    request
                } else {
                    request.header("Content-Type", "application/json")
                }
            }
            None => self.http.get(url.clone()),
        };
        let own = self.api.headers.iter().chain(&call.ask.headers);
        let own = own.map(|(name, value)| (name.clone(), filled(value, &values)));
        for (name, value) in own.chain(signed) {
            request = request.header(name, value);
        }
        request = request.header("Accept-Encoding", "gzip");
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = match request.send() {
            Ok(response) => response,
            Err(error) => return Tried::Passing { what: self.network(&error), wait: None, is_limit: false },
        };
        self.judged(call, response)
    }

    fn judged(&self, call: &Call<'_>, response: Response) -> Tried {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        self.note_clock(&headers);
        let body = match read(response) {
            Ok(body) => body,
            Err(Cut::Short(what)) => return Tried::Passing { what, wait: None, is_limit: false },
            Err(Cut::TooLarge) => {
                return Tried::Final(ApiError::new(
                    ErrorKind::Answer,
                    format!("`{}`: the answer is larger than {} MiB", call.endpoint, ANSWER_SIZE >> 20),
                    "ask for smaller pages with `page_size`",
                ));
            }
        };
        let json = self.looked_at(call.endpoint, status, without_mark(&body));
        let system = self.source.system;
        let had_429 = self
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|at| at.elapsed() < Duration::from_mins(10));
        let verdict = judge::judge(&self.api.failures, system, status, json.as_ref(), &body, had_429);
        let wait = || wished(&headers);
        let said = |what: &str| self.credentials.scrub(&format!("`{}`: {what}", call.endpoint));
        match verdict {
            Verdict::Good => {
                let Some(json) = json else { unreachable!("an answer that is no JSON is not good") };
                let link = headers
                    .get(LINK)
                    .map(|link| next_link(link.to_str().unwrap_or_default()).unwrap_or_default());
                Tried::Answer(Answer { body, json, link })
            }
            Verdict::SignIn(what) if self.is_about_permission(call) => {
                Tried::Final(self.no_permission(call, said(&what)))
            }
            Verdict::SignIn(what) => {
                let credentials = format!(
                    "check the credentials of `{}`: {}",
                    self.source.name,
                    self.sources_of_credentials()
                );
                // A signature holds the time.
                let minutes = self.skew().unwrap_or(0) / 60;
                let hint = if minutes == 0 || !matches!(self.api.sign_in, SignIn::TsiSignature { .. }) {
                    credentials
                } else {
                    let side = if minutes > 0 { "behind" } else { "ahead of" };
                    let minutes = minutes.abs();
                    format!(
                        "set the clock of this machine, which is {minutes} min {side} the vendor's; or {credentials}"
                    )
                };
                let error = ApiError::new(ErrorKind::SignIn, said(&what), hint);
                if matches!(self.api.sign_in, SignIn::Token(_)) {
                    Tried::SignInAgain(error)
                } else {
                    Tried::Final(error)
                }
            }
            Verdict::Permission(what) => Tried::Final(self.no_permission(call, said(&what))),
            Verdict::Limit(what) => {
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                Tried::Passing { what: self.credentials.scrub(&what), wait: wait(), is_limit: true }
            }
            Verdict::Passing(what) => {
                Tried::Passing { what: self.credentials.scrub(&what), wait: wait(), is_limit: false }
            }
            Verdict::Missing(what) => Tried::Final(ApiError::new(
                ErrorKind::Missing,
                said(&what),
                "check the address in the pipeline",
            )),
            Verdict::Final(what) => Tried::Final(ApiError::new(
                ErrorKind::Answer,
                said(&what),
                "the request is not tried again, since it would fail in the same way",
            )),
        }
    }

    fn no_permission(&self, call: &Call<'_>, what: String) -> ApiError {
        let needed = self.api.endpoints.iter().find(|endpoint| endpoint.name == call.endpoint);
        let hint = match needed.and_then(|endpoint| endpoint.permission.as_ref()) {
            Some(permission) => format!("give the credentials the permission \"{permission}\""),
            None => "give the credentials the permission to read this".to_owned(),
        };
        ApiError::new(ErrorKind::Permission, what, hint)
    }

    /// Whether 401 is about this call alone: the vendor says so for a missing permission, and answers the least call
    /// there is.
    fn is_about_permission(&self, call: &Call<'_>) -> bool {
        let check = &self.api.check;
        let query = check.query.clone();
        let least = Call {
            endpoint: CHECK,
            path: &check.path,
            ask: Ask { query, ..Ask::default() },
            ..Call::default()
        };
        self.api.failures.unauthorized_is_permission && call.endpoint != CHECK && self.call(&least).is_ok()
    }

    /// The document in a body. Of a page of a list only what the list goes on by, since pages are large.
    fn looked_at(&self, endpoint: &str, status: u16, body: &[u8]) -> Option<Value> {
        let endpoint = self.api.endpoints.iter().find(|own| own.name == endpoint);
        if let (Some(endpoint), 200..=299) = (endpoint, status) {
            return skimmed(body, &Names::of(endpoint, self.api, self.source.system));
        }
        serde_json::from_slice(body).ok()
    }

    /// Where the credentials come from, for people.
    pub(super) fn sources_of_credentials(&self) -> String {
        let mut places: Vec<String> = self
            .settings
            .credentials
            .values()
            .map(|at| match at {
                super::CredentialAt::Environment(variable) => {
                    format!("the environment variable `{variable}`")
                }
                super::CredentialAt::File(path, key) => format!("`{key}` in {}", path.display()),
            })
            .collect();
        places.dedup();
        places.join(", ")
    }

    /// What the network says, without the address, whose query is of no help.
    pub(super) fn network(&self, error: &reqwest::Error) -> String {
        let what = if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            format!("{} cannot be reached: {}", self.address(), causes(error))
        } else {
            format!("the connection broke: {}", causes(error))
        };
        self.credentials.scrub(&what)
    }

    pub(super) fn note_clock(&self, headers: &HeaderMap) {
        if let Some(date) = headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(http_time) {
            let mut skew = self.skew.lock().unwrap_or_else(PoisonError::into_inner);
            skew.get_or_insert(date.as_second() - Timestamp::now().as_second());
        }
    }
}

/// One pacer per address, so that two sources of one system share its budget.
#[derive(Debug, Default)]
pub(super) struct Pacers(Mutex<BTreeMap<String, Arc<Pacer>>>);

impl Pacers {
    fn of(&self, base: &Url, api: &Api, settings: &ApiSettings) -> Arc<Pacer> {
        let mut pacers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = base.origin().ascii_serialization();
        Arc::clone(pacers.entry(key).or_insert_with(|| Arc::new(Pacer::new(&api.pace, settings.pace))))
    }
}
