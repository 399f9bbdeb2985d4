//! The call without sign-in that says where the others go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::Client as Http;
use serde_json::Value;

use super::credentials::Credentials;
use super::http::{causes, read, without_mark};
use super::judge::{self, Verdict};
use super::template::{Values, member, scalar};
use super::{ApiError, ErrorKind};
use crate::systems::{Api, Discover, System};

/// How often it is asked where failures pass.
const TRIES: u32 = 4;

/// What is asked over, and how many requests were sent over it.
pub(super) struct Line<'a> {
    pub http: &'a Http,
    pub sent: &'a AtomicU64,
}

/// The values that a call to `url` gives. It is tried again where it failed in passing, the first time after
/// `first_wait`.
pub(super) fn discovered(
    line: &Line<'_>,
    url: &Url,
    system: &System,
    api: &Api,
    discover: &Discover,
    credentials: &Credentials,
    first_wait: Duration,
) -> Result<Values, ApiError> {
    let wrong = |what: &str| {
        ApiError::new(
            ErrorKind::Answer,
            credentials.scrub(&format!(
                "where to ask cannot be found out from {}: {what}",
                url.origin().ascii_serialization()
            )),
            "check `settings` under `api` in the pipeline, and the credentials",
        )
    };
    let mut last = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            std::thread::sleep(first_wait * (1 << (attempt - 1)));
        }
        line.sent.fetch_add(1, Ordering::Relaxed);
        let response = match line.http.get(url.clone()).send() {
            Ok(response) => response,
            Err(error) => {
                last = causes(&error);
                continue;
            }
        };
        let status = response.status().as_u16();
        let Ok(body) = read(response) else {
            "the answer broke off".clone_into(&mut last);
            continue;
        };
        let json: Option<Value> = serde_json::from_slice(without_mark(&body)).ok();
        let failed = match judge::judge(&api.failures, system, status, json.as_ref(), &body, false) {
            Verdict::Good => None,
            Verdict::Passing(what) | Verdict::Limit(what) if attempt + 1 < TRIES => {
                last = what;
                continue;
            }
            Verdict::Passing(what)
            | Verdict::Limit(what)
            | Verdict::SignIn(what)
            | Verdict::Permission(what)
            | Verdict::Missing(what)
            | Verdict::Final(what) => Some(what),
        };
        let json = json.unwrap_or_default();
        let mut found = Values::new();
        for (name, path) in &discover.values {
            let value = member(&json, path, true).and_then(scalar);
            let Some(value) = value.or_else(|| discover.defaults.get(name).cloned()) else {
                return Err(wrong(
                    &failed.unwrap_or_else(|| format!("it answers {status} without `{path}`")),
                ));
            };
            found.insert(name.clone(), value.trim_end_matches('/').to_owned());
        }
        return Ok(found);
    }
    Err(wrong(&last))
}
