//! Tokens: asked for once per tenant, kept until shortly before they end, asked for again when they are refused.

use jiff::Timestamp;
use serde_json::Value;

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::client::{Client, Tried};
use super::http::{address, form, read, time, wished, without_mark};
use super::judge::{self, Verdict};
use super::sign_in;
use super::template::{Values, filled, filled_address, member, number, scalar};
use super::{ApiError, ErrorKind};
use crate::systems::{SignIn, Token};

/// A token is renewed so many seconds before it ends.
const RENEWED_BEFORE: i64 = 60;

/// A token and its end.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    token: String,
    ends: Option<Timestamp>,
}

impl Client<'_> {
    /// The token of the tenant, asked for where there is none that is good.
    pub(super) fn token(&self, values: &Values) -> Result<Option<String>, Tried> {
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

    /// Gives up a token that the vendor does not take any more. One that was asked for since stays.
    pub(super) fn forget(&self, refused: Option<&str>) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, signed| Some(signed.token.as_str()) != refused);
    }

    fn ask_for_token(&self, token: &Token, values: &Values, now: Timestamp) -> Result<Signed, Tried> {
        let place = self.place();
        let mut secrets = place.secrets.clone();
        secrets.extend(values.clone());
        let url = address(&filled_address(
            &token.url.replace("{base}", place.base.as_str().trim_end_matches('/')),
            &secrets,
        ))
        .map_err(Tried::Final)?;
        let form = form(token.form.iter().map(|(name, value)| (name.as_str(), filled(value, &secrets))));
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
        let said = token.expires_at.as_ref().and_then(|path| member(&json, path, any_case));
        // A time in the past is one of another zone, which it does not name: every call would sign in anew.
        let said = said
            .and_then(Value::as_str)
            .and_then(time)
            .filter(|ends| ends.as_second() - now.as_second() > RENEWED_BEFORE);
        let ends = said.or_else(|| {
            let lives = jiff::SignedDuration::from_secs(i64::try_from(lives?).ok()?);
            now.checked_add(lives).ok()
        });
        Ok(Signed { token: text, ends })
    }
}
