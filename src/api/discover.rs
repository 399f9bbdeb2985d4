//! The call without sign-in that says where the others go.

use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::Client as Http;
use serde_json::Value;

use super::credentials::Credentials;
use super::http::{causes, read, without_mark};
use super::template::{Values, member, scalar};
use super::{ApiError, ErrorKind};
use crate::systems::Discover;

/// The values that a call to `url` gives.
pub(super) fn discovered(
    http: &Http,
    url: &Url,
    discover: &Discover,
    credentials: &Credentials,
) -> Result<Values, ApiError> {
    let wrong = |what: String| {
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
