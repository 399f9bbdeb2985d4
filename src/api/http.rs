//! The parts of HTTP that the clients need: addresses that may be asked, bodies within a limit, times and waits.

use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Url;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, RETRY_AFTER};

use super::{ApiError, ErrorKind};

/// The most bytes of one answer, unpacked.
pub(super) const ANSWER_SIZE: u64 = 256 << 20;

/// An address that may be asked: over TLS, or on this machine.
pub(super) fn address(text: &str) -> Result<Url, ApiError> {
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

/// Why a body could not be read.
pub(super) enum Cut {
    Short(String),
    TooLarge,
}

/// The body, unpacked.
pub(super) fn read(response: Response) -> Result<Vec<u8>, Cut> {
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
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The wait that a vendor wishes: seconds, or a date.
pub(super) fn wished(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = http_time(text)?.as_second() - Timestamp::now().as_second();
    Some(Duration::from_secs(u64::try_from(until).unwrap_or(0)))
}

pub(super) fn http_time(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// A time of a token's end, also without an offset, which is then taken for UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

/// An error of the library with its causes, without addresses.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

/// Pairs as a form.
pub(super) fn form<'p>(pairs: impl Iterator<Item = (&'p str, String)>) -> String {
    let mut url = Url::parse("https://form.invalid").expect("it is an address");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}
