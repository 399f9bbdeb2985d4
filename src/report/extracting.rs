//! Progress of an extraction on a terminal: a line per source, gone when the extraction ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::printer::Printer;
use super::words::{count, thousands, whole_seconds};
use crate::api::{ApiEvent, ApiReporter};

/// So often the lines are drawn again.
const TICK: Duration = Duration::from_millis(200);

/// Before so many seconds no pace is shown: it would jump.
const SETTLED: f64 = 2.0;

/// Tells a person how an extraction goes on: on a terminal a line per source and every wait; elsewhere nothing, for the
/// end says it all.
#[derive(Debug)]
pub struct Extracting<'a> {
    printer: &'a Printer,
    lines: Option<MultiProgress>,
    sources: Mutex<BTreeMap<String, (Counter, ProgressBar)>>,
}

impl<'a> Extracting<'a> {
    /// A reporter that writes with `printer`.
    #[must_use]
    pub fn new(printer: &'a Printer) -> Self {
        let lines =
            printer.shows_progress().then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { printer, lines, sources: Mutex::default() }
    }

    /// Writes lines while those of the sources step aside.
    fn aside(&self, write: impl FnOnce()) {
        match &self.lines {
            Some(lines) => lines.suspend(write),
            None => write(),
        }
    }

    /// A line for a source that begins.
    fn line(&self, source: &str) -> ProgressBar {
        let Some(lines) = &self.lines else { return ProgressBar::hidden() };
        let line = lines.add(ProgressBar::no_length());
        line.set_style(
            ProgressStyle::with_template("{spinner} {prefix} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        line.set_prefix(source.to_owned());
        line.enable_steady_tick(TICK);
        line
    }
}

impl ApiReporter for Extracting<'_> {
    fn event(&self, event: &ApiEvent<'_>) {
        if let Some(message) = detail(event) {
            self.aside(|| self.printer.detail(&message));
        }
        if self.lines.is_none() {
            return;
        }
        if let Some(message) = remark(event) {
            self.aside(|| self.printer.note(&message));
        }
        let now = Instant::now();
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let source = source(event);
        let (counter, line) =
            sources.entry(source.to_owned()).or_insert_with(|| (Counter::new(now), self.line(source)));
        counter.note(event, now);
        match event {
            ApiEvent::Left { .. } | ApiEvent::Finished { .. } | ApiEvent::Failed { .. } => {
                line.finish_and_clear();
            }
            _ => line.set_message(counter.message(now)),
        }
    }
}

impl Drop for Extracting<'_> {
    fn drop(&mut self) {
        for (_, line) in self.sources.lock().unwrap_or_else(PoisonError::into_inner).values() {
            line.finish_and_clear();
        }
    }
}

fn source<'e>(event: &ApiEvent<'e>) -> &'e str {
    match event {
        ApiEvent::Started { source, .. }
        | ApiEvent::Left { source, .. }
        | ApiEvent::Answer { source, .. }
        | ApiEvent::Waiting { source, .. }
        | ApiEvent::Retrying { source, .. }
        | ApiEvent::Warning { source, .. }
        | ApiEvent::Finished { source, .. }
        | ApiEvent::Failed { source, .. } => source,
    }
}

/// What is said once, as it happens.
fn remark(event: &ApiEvent<'_>) -> Option<String> {
    match event {
        ApiEvent::Started { source, resumed, .. } if *resumed > 0 => Some(format!(
            "`{source}` goes on where it was stopped, with {} on disk",
            count(*resumed, "answer")
        )),
        ApiEvent::Waiting { source, wait, why } => {
            Some(format!("`{source}` waits {}: {why}", whole_seconds(*wait)))
        }
        _ => None,
    }
}

/// What is said to whoever wants to know everything.
fn detail(event: &ApiEvent<'_>) -> Option<String> {
    match event {
        ApiEvent::Retrying { source, endpoint, what, attempt } => {
            Some(format!("  {source}: `{endpoint}`: {what}; try {attempt}"))
        }
        ApiEvent::Finished { source, snapshot, requests, rows, elapsed } => Some(format!(
            "{source}: {} by {} in {}, in snapshot {snapshot}",
            count(*rows, "row"),
            count(*requests, "request"),
            super::words::seconds(*elapsed)
        )),
        _ => None,
    }
}

/// What is known of a source while it is read.
#[derive(Debug)]
struct Counter {
    started: Instant,
    rows: u64,
    endpoint: String,
    /// When the endpoint began, and its rows.
    endpoint_started: Instant,
    endpoint_rows: u64,
    total: Option<u64>,
    /// What is going on besides, until the next answer.
    besides: Option<Besides>,
}

#[derive(Debug)]
enum Besides {
    Waiting(Instant),
    Retrying(String),
}

impl Counter {
    fn new(now: Instant) -> Self {
        Self {
            started: now,
            rows: 0,
            endpoint: String::new(),
            endpoint_started: now,
            endpoint_rows: 0,
            total: None,
            besides: None,
        }
    }

    fn note(&mut self, event: &ApiEvent<'_>, now: Instant) {
        match event {
            ApiEvent::Answer { endpoint, rows, total, .. } => {
                if self.endpoint != *endpoint {
                    (*endpoint).clone_into(&mut self.endpoint);
                    (self.endpoint_started, self.endpoint_rows) = (now, 0);
                }
                self.rows += rows;
                self.endpoint_rows += rows;
                self.total = *total;
                self.besides = None;
            }
            ApiEvent::Waiting { wait, .. } => self.besides = Some(Besides::Waiting(now + *wait)),
            ApiEvent::Retrying { what, attempt, .. } => {
                self.besides = Some(Besides::Retrying(format!("{what}, try {attempt}")));
            }
            _ => {}
        }
    }

    /// `devices 1,204 of 9,412, 85 rows/s, 1 min 36 s left`.
    fn message(&self, now: Instant) -> String {
        let mut parts: Vec<String> = Vec::new();
        // What is asked per record of another endpoint has totals of its own for each.
        let total = self.total.filter(|total| *total >= self.endpoint_rows);
        parts.push(match (self.endpoint.as_str(), total) {
            ("", _) => "signing in".to_owned(),
            (endpoint, Some(total)) => {
                format!("{endpoint} {} of {}", thousands(self.endpoint_rows), thousands(total))
            }
            (endpoint, None) => format!("{endpoint} {}", count(self.endpoint_rows, "row")),
        });
        let time = now.saturating_duration_since(self.started).as_secs_f64();
        if time >= SETTLED && self.rows > 0 {
            parts.push(format!("{} rows/s", rounded(self.rows, time)));
        }
        match &self.besides {
            Some(Besides::Waiting(until)) if *until > now => {
                parts.push(format!("waiting {}", whole_seconds(*until - now)));
            }
            Some(Besides::Retrying(what)) => parts.push(what.clone()),
            _ => {
                if let Some(left) = self.left(total, now) {
                    parts.push(format!("{} left of {}", whole_seconds(left), self.endpoint));
                }
            }
        }
        parts.join(", ")
    }

    /// The time that the endpoint still takes at its pace so far.
    fn left(&self, total: Option<u64>, now: Instant) -> Option<Duration> {
        let time = now.saturating_duration_since(self.endpoint_started);
        let missing = total?.checked_sub(self.endpoint_rows).filter(|missing| *missing > 0)?;
        if time.as_secs_f64() < SETTLED || self.endpoint_rows == 0 {
            return None;
        }
        let left = time.as_millis().saturating_mul(u128::from(missing)) / u128::from(self.endpoint_rows);
        u64::try_from(left).ok().map(Duration::from_millis)
    }
}

/// A pace: whole from ten on, with one decimal below.
fn rounded(rows: u64, seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a pace is shown with two digits")]
    let pace = rows as f64 / seconds;
    if pace < 10.0 { format!("{pace:.1}") } else { format!("{pace:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "rmm";

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn the_line_of_a_source_says_how_far_it_is() {
        let start = Instant::now();
        let mut counter = Counter::new(start);
        let answer = |endpoint: &'static str, rows: u64, total: Option<u64>| ApiEvent::Answer {
            source: SOURCE,
            endpoint,
            rows,
            total,
        };
        let mut seen = vec![counter.message(start)];
        let mut note = |event: &ApiEvent<'_>, at: u64| {
            counter.note(event, after(start, at));
            seen.push(counter.message(after(start, at)));
        };
        note(&answer("sites", 12, None), 1);
        note(&answer("devices", 250, Some(2_750)), 2);
        note(&answer("devices", 250, Some(2_750)), 12);
        let why = "the budget of 600 requests in 60 s is used up";
        note(&ApiEvent::Waiting { source: SOURCE, wait: Duration::from_millis(42_100), why }, 12);
        let what = "the vendor answers 503 Service Unavailable";
        note(&ApiEvent::Retrying { source: SOURCE, endpoint: "devices", what, attempt: 2 }, 60);
        note(&answer("devices", 2_250, Some(2_750)), 100);
        note(&answer("audits", 1, Some(1)), 101);
        note(&answer("audits", 1, Some(1)), 102);
        insta::assert_snapshot!(seen.join("\n"), @"
        signing in
        sites 12 rows
        devices 250 of 2,750, 131 rows/s
        devices 500 of 2,750, 43 rows/s, 45 s left of devices
        devices 500 of 2,750, 43 rows/s, waiting 43 s
        devices 500 of 2,750, 8.5 rows/s, the vendor answers 503 Service Unavailable, try 2
        devices 2,750 of 2,750, 28 rows/s
        audits 1 of 1, 27 rows/s
        audits 2 rows, 27 rows/s
        ");
    }

    #[test]
    fn what_happens_is_said_once() {
        let why = "the budget of 600 requests in 60 s is used up";
        let events = [
            ApiEvent::Started { source: SOURCE, resumed: 0, is_increment: false },
            ApiEvent::Started { source: SOURCE, resumed: 1, is_increment: false },
            ApiEvent::Waiting { source: SOURCE, wait: Duration::from_secs(43), why },
            ApiEvent::Waiting {
                source: SOURCE,
                wait: Duration::from_mins(30),
                why: "the vendor asks for it",
            },
            ApiEvent::Retrying { source: SOURCE, endpoint: "devices", what: "no answer in time", attempt: 3 },
            ApiEvent::Finished {
                source: SOURCE,
                snapshot: "20261121T110000Z",
                requests: 1,
                rows: 1_204,
                elapsed: Duration::from_millis(1_840),
            },
        ];
        let said: Vec<String> =
            events.iter().flat_map(|event| remark(event).into_iter().chain(detail(event))).collect();
        insta::assert_snapshot!(said.join("\n"), @"
        `rmm` goes on where it was stopped, with 1 answer on disk
        `rmm` waits 43 s: the budget of 600 requests in 60 s is used up
        `rmm` waits 30 min 00 s: the vendor asks for it
          rmm: `devices`: no answer in time; try 3
        rmm: 1,204 rows by 1 request in 1.8 s, in snapshot 20261121T110000Z
        ");
    }
}
