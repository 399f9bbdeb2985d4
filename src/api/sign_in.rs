//! Proving who asks: headers, HTTP Basic, tokens that are renewed, signatures.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use ring::hmac;

use super::template::{Values, filled};
use crate::systems::SignIn;

/// The headers that sign a request of this method to this path. `token` is the one that was asked for, where the system
/// has tokens; `secrets` are credentials and settings.
pub(super) fn headers(
    sign_in: &SignIn,
    secrets: &Values,
    token: Option<&str>,
    method: &str,
    path: &str,
    now: Timestamp,
) -> Vec<(String, String)> {
    match sign_in {
        SignIn::Headers { headers } => {
            headers.iter().map(|(name, value)| (name.clone(), filled(value, secrets))).collect()
        }
        SignIn::Basic { user, password } => {
            vec![("Authorization".to_owned(), basic(&filled(user, secrets), &filled(password, secrets)))]
        }
        SignIn::Token(_) => {
            token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))).into_iter().collect()
        }
        SignIn::TsiSignature { public_key, private_key } => {
            let date = http_date(now);
            let token = tsi(&filled(public_key, secrets), &filled(private_key, secrets), method, path, &date);
            vec![("Authorization".to_owned(), format!("TSI {token}")), ("X-TSI-Date".to_owned(), date)]
        }
    }
}

/// User and password as the header of HTTP Basic.
pub(super) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// A time as HTTP writes it: `Thu, 18 Jun 2015 07:25:43 GMT`.
pub(super) fn http_date(time: Timestamp) -> String {
    rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .unwrap_or_else(|_| unreachable!("the clock is between the years 0 and 9999"))
}

/// Tigerpaw's token: the public key, and a keyed hash of method, path and date in lower case (its page on REST API
/// security).
fn tsi(public_key: &str, private_key: &str, method: &str, path: &str, date: &str) -> String {
    let message = format!("{method}|{path}|{date}").to_lowercase();
    let key = hmac::Key::new(hmac::HMAC_SHA256, private_key.as_bytes());
    let hash = BASE64_STANDARD.encode(hmac::sign(&key, message.as_bytes()));
    BASE64_STANDARD.encode(format!("{public_key}:{hash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_writes_it() {
        let time: Timestamp = "2015-06-18T07:25:43Z".parse().expect("it is a time");
        assert_eq!(http_date(time), "Thu, 18 Jun 2015 07:25:43 GMT");
    }

    #[test]
    fn a_signature_is_over_the_lower_case_path_without_query() {
        // RFC 4231, case 2, is the only published pair of key and hash: key `Jefe`.
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let hash = hmac::sign(&key, b"what do ya want for nothing?");
        assert_eq!(&hash.as_ref()[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        let date = "Thu, 18 Jun 2015 07:25:43 GMT";
        let upper = tsi("PUBLIC", "private", "GET", "/api/Accounts/1", date);
        assert_eq!(upper, tsi("PUBLIC", "private", "get", "/api/accounts/1", date));
        let decoded = BASE64_STANDARD.decode(upper).expect("it is Base64");
        assert!(decoded.starts_with(b"PUBLIC:"));
    }
}
