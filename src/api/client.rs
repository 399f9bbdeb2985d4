//! One call: paced, signed, tried again where it failed in passing, and judged.
//!
//! A request goes to the address of its system alone: redirects to other hosts are not followed, and neither are links
//! that lead there, so credentials stay where they belong. Answers have a size limit, also once they are unpacked.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Url;
use reqwest::blocking::{Client as Http, Response};
use reqwest::header::{CONTENT_ENCODING, DATE, HeaderMap, LINK, RETRY_AFTER};
use reqwest::redirect::Policy;
use serde_json::Value;

use super::credentials::Credentials;
use super::judge::{self, Verdict};
use super::pace::Pacer;
use super::paging::{Ask, next_link};
use super::sign_in;
use super::template::{Values, filled, filled_body, filled_path, member, number, scalar};
use super::{ApiError, ApiEvent, ApiReporter, ApiSettings, ErrorKind};
use crate::pipeline::Source;
use crate::systems::{Api, SignIn, Token};

/// The most bytes of one answer, unpacked.
const ANSWER_SIZE: u64 = 256 << 20;

/// The longest that a vendor's wish to wait is followed.
const LONGEST_WAIT: Duration = Duration::from_hours(2);

/// Waits for a vendor's limits, at most, before a call is given up.
const LIMIT_WAITS: u32 = 50;

/// A token is renewed so long before it ends.
const RENEWED_BEFORE: i64 = 60;

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
}

/// An answer that is what was asked for.
#[derive(Debug)]
pub(super) struct Answer {
    /// As received, unpacked.
    pub body: Vec<u8>,
    pub json: Value,
    /// The address of the relation `next`; nothing without a header `Link`.
    pub link: Option<Option<String>>,
}

/// Speaks to the system of one source.
pub(super) struct Client<'a> {
    source: &'a Source,
    api: &'a Api,
    settings: &'a ApiSettings,
    credentials: Credentials,
    /// Settings and what was discovered.
    values: Values,
    /// These with the credentials.
    secrets: Values,
    base: Url,
    http: Http,
    pacer: Arc<Pacer>,
    reporter: &'a dyn ApiReporter,
    /// By tenant.
    tokens: Mutex<BTreeMap<String, Signed>>,
    requests: AtomicU64,
    /// When the vendor last refused because of its limits.
    refused: Mutex<Option<Instant>>,
    /// How many seconds the vendor's clock is ahead.
    skew: Mutex<Option<i64>>,
}

#[derive(Debug, Clone)]
struct Signed {
    token: String,
    ends: Option<Timestamp>,
}

/// What came of one try.
enum Tried {
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
            .timeout(Duration::from_secs(180))
            .build()
            .map_err(|error| {
                ApiError::new(
                    ErrorKind::Network,
                    format!("HTTPS cannot be used: {}", causes(&error)),
                    "check the proxy and certificate settings of the environment",
                )
            })?;
        let mut values = settings.values.clone();
        let mut secrets = values.clone();
        secrets.extend(credentials.expose().map(|(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(discover) = &api.discover {
            let url = address(&filled_path(&discover.url, &secrets))?;
            let found = discovered(&http, &url, discover, &credentials)?;
            values.extend(found.clone());
            secrets.extend(found);
        }
        let base = settings.base.as_deref().unwrap_or(&api.base);
        let mut base = filled(base, &values);
        while base.ends_with('/') {
            base.pop();
        }
        let base = address(&base)?;
        Ok(Self {
            pacer: pacers.of(&base, api, settings),
            source,
            api,
            settings,
            credentials,
            values,
            secrets,
            base,
            http,
            reporter,
            tokens: Mutex::default(),
            requests: AtomicU64::new(0),
            refused: Mutex::default(),
            skew: Mutex::default(),
        })
    }

    /// Scheme and host.
    pub fn address(&self) -> String {
        self.base.origin().ascii_serialization()
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
        let url = self.url(call)?;
        let (mut attempt, mut limits, mut renewed) = (1, 0, false);
        loop {
            self.keep_pace(call.endpoint);
            let tried = match self.token(&call.values) {
                Ok(token) => self.attempt(call, &url, token.as_deref()),
                Err(tried) => tried,
            };
            match tried {
                Tried::Answer(answer) => return Ok(answer),
                Tried::Final(error) => return Err(error),
                Tried::SignInAgain(error) => {
                    if renewed {
                        return Err(error);
                    }
                    renewed = true;
                    self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
                    let wait = self.pacer.close(Instant::now(), wait, &what);
                    self.tell_of(&wait);
                }
                Tried::Passing { what, wait, is_limit: false } => {
                    if attempt > self.settings.retries {
                        let tries = if attempt == 1 { String::new() } else { format!(", {attempt} times") };
                        return Err(ApiError::new(
                            ErrorKind::Network,
                            format!("`{}`: {what}{tries}", call.endpoint),
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
        let wait = first.saturating_mul(1 << (tries - 1).min(16)).min(Duration::from_secs(120));
        wait.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    fn keep_pace(&self, endpoint: &str) {
        while let Err(wait) = self.pacer.take(endpoint, Instant::now()) {
            self.tell_of(&wait);
            std::thread::sleep(wait.wait);
        }
    }

    fn tell_of(&self, wait: &super::pace::Wait) {
        if wait.is_news {
            let source = &self.source.name;
            self.reporter.event(&ApiEvent::Waiting { source, wait: wait.wait, why: &wait.why });
        }
    }

    fn url(&self, call: &Call<'_>) -> Result<Url, ApiError> {
        let mut values = self.values.clone();
        values.extend(call.values.clone());
        let mut url = match &call.ask.address {
            Some(given) => {
                let url = address(given)?;
                if url.origin() != self.base.origin() {
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
                self.base.as_str().trim_end_matches('/'),
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

    fn attempt(&self, call: &Call<'_>, url: &Url, token: Option<&str>) -> Tried {
        let method = if call.ask.body.is_some() { "POST" } else { "GET" };
        let mut values = self.secrets.clone();
        values.extend(call.values.clone());
        let now = Timestamp::now();
        let signed = sign_in::headers(&self.api.sign_in, &values, token, method, url.path(), now);
        let mut request = match &call.ask.body {
            Some(body) => {
                let body = filled_body(&Value::Object(body.clone()), &values).to_string();
                self.http.post(url.clone()).header("Content-Type", "application/json").body(body)
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
        let json: Option<Value> = serde_json::from_slice(without_mark(&body)).ok();
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
                let link = headers.get(LINK).map(|link| next_link(link.to_str().unwrap_or_default()));
                Tried::Answer(Answer { body, json, link })
            }
            Verdict::SignIn(what) => {
                let error = ApiError::new(
                    ErrorKind::SignIn,
                    said(&what),
                    format!(
                        "check the credentials of `{}`: {}",
                        self.source.name,
                        self.sources_of_credentials()
                    ),
                );
                if matches!(self.api.sign_in, SignIn::Token(_)) {
                    Tried::SignInAgain(error)
                } else {
                    Tried::Final(error)
                }
            }
            Verdict::Permission(what) => {
                let needed = self.api.endpoints.iter().find(|endpoint| endpoint.name == call.endpoint);
                let hint = match needed.and_then(|endpoint| endpoint.permission.as_ref()) {
                    Some(permission) => format!("give the credentials the permission \"{permission}\""),
                    None => "give the credentials the permission to read this".to_owned(),
                };
                Tried::Final(ApiError::new(ErrorKind::Permission, said(&what), hint))
            }
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

    /// Where the credentials come from, for people.
    fn sources_of_credentials(&self) -> String {
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

    /// The token of the tenant, asked for where there is none that is good.
    fn token(&self, values: &Values) -> Result<Option<String>, Tried> {
        let SignIn::Token(token) = &self.api.sign_in else { return Ok(None) };
        let tenant = values.get("tenant").cloned().unwrap_or_default();
        // Held while it is asked for, so that several threads ask once.
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        if let Some(signed) = tokens.get(&tenant) {
            let is_good = signed.ends.is_none_or(|ends| ends.as_second() - now.as_second() > RENEWED_BEFORE);
            if is_good {
                return Ok(Some(signed.token.clone()));
            }
        }
        let signed = self.ask_for_token(token, values, now)?;
        let text = signed.token.clone();
        tokens.insert(tenant, signed);
        Ok(Some(text))
    }

    fn ask_for_token(&self, token: &Token, values: &Values, now: Timestamp) -> Result<Signed, Tried> {
        let mut secrets = self.secrets.clone();
        secrets.extend(values.clone());
        let url = address(&filled_path(
            &token.url.replace("{base}", self.base.as_str().trim_end_matches('/')),
            &secrets,
        ))
        .map_err(Tried::Final)?;
        let form = url::form(token.form.iter().map(|(name, value)| (name.as_str(), filled(value, &secrets))));
        let mut request = self
            .http
            .post(url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept-Encoding", "gzip")
            .body(form);
        if let Some([user, password]) = &token.basic {
            let header = sign_in::basic(&filled(user, &secrets), &filled(password, &secrets));
            request = request.header("Authorization", header);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = request.send().map_err(|error| Tried::Passing {
            what: self.network(&error),
            wait: None,
            is_limit: false,
        })?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        self.note_clock(&headers);
        let body = read(response).map_err(|_| Tried::Passing {
            what: "the answer to the sign-in broke off".to_owned(),
            wait: None,
            is_limit: false,
        })?;
        let json: Option<Value> = serde_json::from_slice(without_mark(&body)).ok();
        let refused = |what: String| {
            let hint =
                format!("check the credentials of `{}`: {}", self.source.name, self.sources_of_credentials());
            Tried::Final(ApiError::new(
                ErrorKind::SignIn,
                self.credentials.scrub(&format!("the sign-in failed: {what}")),
                hint,
            ))
        };
        match judge::judge(&self.api.failures, self.source.system, status, json.as_ref(), &body, false) {
            Verdict::Good => {}
            Verdict::Limit(what) => {
                return Err(Tried::Passing { what, wait: wished(&headers), is_limit: true });
            }
            Verdict::Passing(what) => {
                return Err(Tried::Passing { what, wait: wished(&headers), is_limit: false });
            }
            Verdict::SignIn(what)
            | Verdict::Permission(what)
            | Verdict::Missing(what)
            | Verdict::Final(what) => return Err(refused(what)),
        }
        let json = json.unwrap_or_default();
        let any_case = self.source.system.any_case;
        let Some(text) = member(&json, &token.token, any_case).and_then(scalar) else {
            return Err(refused("the answer has no token".to_owned()));
        };
        let lives = token.expires_in.as_ref().and_then(|path| number(&json, path, any_case)).or(token.lives);
        let ends = match &token.expires_at {
            Some(path) => member(&json, path, any_case).and_then(Value::as_str).and_then(time),
            None => lives.and_then(|seconds| {
                now.checked_add(jiff::SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
            }),
        };
        Ok(Signed { token: text, ends })
    }

    /// What the network says, without the address, whose query is of no help.
    fn network(&self, error: &reqwest::Error) -> String {
        let what = if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            format!("{} cannot be reached: {}", self.address(), causes(error))
        } else {
            format!("the connection broke: {}", causes(error))
        };
        self.credentials.scrub(&what)
    }

    fn note_clock(&self, headers: &HeaderMap) {
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

/// An address that may be asked: over TLS, or on this machine.
fn address(text: &str) -> Result<Url, ApiError> {
    let wrong = |what: String| {
        ApiError::new(
            ErrorKind::Answer,
            what,
            "check `base`, `region` and `settings` under `api` in the pipeline",
        )
    };
    let url = Url::parse(text).map_err(|error| wrong(format!("`{text}` is no address: {error}")))?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err(wrong(format!("`{text}` is not an address that begins with `https://`"))),
    }
}

fn discovered(
    http: &Http,
    url: &Url,
    discover: &crate::systems::Discover,
    credentials: &Credentials,
) -> Result<Values, ApiError> {
    let wrong = |what: String| {
        ApiError::new(
            ErrorKind::Answer,
            credentials.scrub(&format!("where to ask cannot be found out from {}: {what}", host(url))),
            "check `settings` under `api` in the pipeline, and the credentials",
        )
    };
    let mut last = String::new();
    for attempt in 0..4_u32 {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(250 << attempt));
        }
        let response = match http.get(url.clone()).send() {
            Ok(response) => response,
            Err(error) => {
                last = causes(&error);
                continue;
            }
        };
        let status = response.status();
        let Ok(body) = read(response) else {
            "the answer broke off".clone_into(&mut last);
            continue;
        };
        let json: Value = serde_json::from_slice(without_mark(&body)).unwrap_or_default();
        if matches!(status.as_u16(), 502..=504) {
            last = format!("it answers {status}");
            continue;
        }
        let mut found = Values::new();
        for (name, path) in &discover.values {
            let value =
                member(&json, path, true).and_then(scalar).or_else(|| discover.defaults.get(name).cloned());
            let Some(value) = value else {
                return Err(wrong(format!("it answers {status} without `{path}`")));
            };
            found.insert(name.clone(), value.trim_end_matches('/').to_owned());
        }
        return Ok(found);
    }
    Err(wrong(last))
}

fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Why a body could not be read.
enum Cut {
    Short(String),
    TooLarge,
}

/// The body, unpacked.
fn read(response: Response) -> Result<Vec<u8>, Cut> {
    let is_gzip = response
        .headers()
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let mut body = Vec::new();
    let limited = response.take(ANSWER_SIZE + 1);
    let done = if is_gzip {
        flate2::read::GzDecoder::new(limited).take(ANSWER_SIZE + 1).read_to_end(&mut body)
    } else {
        let mut limited = limited;
        limited.read_to_end(&mut body)
    };
    match done {
        Err(error) => Err(Cut::Short(format!("the answer broke off: {error}"))),
        Ok(_) if body.len() as u64 > ANSWER_SIZE => Err(Cut::TooLarge),
        Ok(_) => Ok(body),
    }
}

/// The body without a byte order mark.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The wait that a vendor wishes: seconds, or a date.
fn wished(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = http_time(text)?.as_second() - Timestamp::now().as_second();
    Some(Duration::from_secs(u64::try_from(until).unwrap_or(0)))
}

fn http_time(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// A time of a token's end, also without an offset, which is then taken for UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

/// An error of the library with its causes, without addresses.
fn causes(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

/// Forms.
mod url {
    use reqwest::Url;

    /// Pairs as a form.
    pub fn form<'p>(pairs: impl Iterator<Item = (&'p str, String)>) -> String {
        let mut url = Url::parse("https://form.invalid").expect("it is an address");
        url.query_pairs_mut().extend_pairs(pairs);
        url.query().unwrap_or_default().to_owned()
    }
}
