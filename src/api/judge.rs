//! What an answer means: good, failed for good, or failed in passing. Judged by status and, where vendors differ from
//! HTTP, by what the body says.

use serde_json::Value;

use super::template::{member, number, scalar};
use crate::systems::{Failures, System};

/// The longest text of a vendor that is repeated in a message.
const SAID: usize = 300;

/// What an answer means. The texts say what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    SignIn(String),
    Permission(String),
    /// Too many requests.
    Limit(String),
    /// It is worth trying again.
    Passing(String),
    /// What was asked for is not there.
    Missing(String),
    Final(String),
}

/// Judges an answer. `had_429` says that the vendor refused for its limits in the last minutes.
pub(super) fn judge(
    failures: &Failures,
    system: &System,
    status: u16,
    json: Option<&Value>,
    body: &[u8],
    had_429: bool,
) -> Verdict {
    let said = said(failures, system, json);
    let failure = json.filter(|_| (200..300).contains(&status)).and_then(|json| failure(system, json));
    let meant = failure.as_ref().and_then(|_| meant(failures, system, json?)).unwrap_or(status);
    let answers = if meant == status {
        format!("it answers {status}")
    } else {
        format!("it answers {meant} inside {status}")
    };
    let what = match &said {
        Some(said) => format!("{answers}: {said}"),
        None => format!("{answers}{}", if json.is_none() { begins(body) } else { String::new() }),
    };
    let text = said.map_or_else(|| head(body), |said| said.to_lowercase());
    let has = |parts: &[String]| parts.iter().any(|part| text.contains(&part.to_lowercase()));
    let is_passing = has(&failures.passing);
    match meant {
        200..=299 => match (json, failure) {
            (None, _) => Verdict::Passing(format!("the answer is no JSON{}", begins(body))),
            (_, None) => Verdict::Good,
            _ if is_passing => Verdict::Passing(what),
            _ if has(&failures.permission) => Verdict::Permission(what),
            (_, Some(why)) => Verdict::Final(format!("{answers} and says that it failed: {why}")),
        },
        300..=399 => Verdict::Final(format!(
            "it answers {status}, a redirect to another place, which is not followed, since credentials stay with one host"
        )),
        401 => Verdict::SignIn(what),
        403 if failures.block_after_429 && had_429 => Verdict::Limit(what),
        403 => Verdict::Permission(what),
        404 if failures.not_found_is_sign_in => {
            Verdict::Missing(format!("{what} (this vendor says so for wrong credentials too)"))
        }
        404 | 410 => Verdict::Missing(what),
        429 => Verdict::Limit(what),
        _ if is_passing => Verdict::Passing(what),
        _ if has(&failures.permission) => Verdict::Permission(what),
        500 => {
            let is_final = failures
                .final_member
                .as_ref()
                .is_some_and(|path| json.is_some_and(|json| member(json, path, false).is_some()));
            if is_final { Verdict::Final(what) } else { Verdict::Passing(what) }
        }
        408 | 501.. => Verdict::Passing(what),
        _ => Verdict::Final(what),
    }
}

/// The status that a failure with a good one means, where the vendor says it.
fn meant(failures: &Failures, system: &System, json: &Value) -> Option<u16> {
    let code = number(json, failures.status.as_ref()?, system.any_case)?;
    u16::try_from(code).ok().filter(|code| (400..600).contains(code))
}

/// The begin of a body that is no JSON, as text in small letters.
fn head(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(2000)]).to_lowercase()
}

/// Why an answer with a good status says that it failed.
fn failure(system: &System, json: &Value) -> Option<String> {
    let at = |path: &str| member(json, path, system.any_case);
    let mark = system.failed.iter().find(|mark| {
        let Some(value) = at(&mark.member).and_then(scalar) else { return false };
        let is = |word: &Option<String>| word.as_ref().map(|word| word.eq_ignore_ascii_case(value.trim()));
        is(&mark.equals).unwrap_or(true) && !is(&mark.unless).unwrap_or(false)
    })?;
    let why = mark.message.iter().find_map(|path| at(path).and_then(scalar));
    Some(cut(&why.unwrap_or_else(|| "it does not say why".to_owned())))
}

/// What the vendor says of a failure.
fn said(failures: &Failures, system: &System, json: Option<&Value>) -> Option<String> {
    let json = json?;
    let of_marks = system.failed.iter().flat_map(|mark| &mark.message);
    let text = failures.message.iter().chain(of_marks).find_map(|path| {
        let found = member(json, path, system.any_case)?;
        match found {
            Value::Array(items) => {
                let texts: Vec<String> = items
                    .iter()
                    .filter_map(|item| {
                        scalar(item).or_else(|| {
                            ["message", "detail", "title"].iter().find_map(|name| scalar(item.get(name)?))
                        })
                    })
                    .collect();
                (!texts.is_empty()).then(|| texts.join("; "))
            }
            other => scalar(other),
        }
    })?;
    Some(cut(&text))
}

/// The begin of a body that is no JSON.
fn begins(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(60)]);
    let line = text.trim().lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        " (it is empty)".to_owned()
    } else {
        format!(" (it begins with `{}`)", line.escape_debug())
    }
}

fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SAID) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
