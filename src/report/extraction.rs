//! What became of an extraction, and what stands in the way of one.

use super::printer::{Paint, Printer, Tone};
use super::table::Columns;
use super::words::{list, seconds, thousands};
use crate::api::{Extraction, Finding, Outcome, SourceExtraction};

/// The sources that were read, as a table.
#[must_use]
pub fn table(extraction: &Extraction, paint: Paint) -> String {
    let mut columns = Columns::new(&["source", "snapshot", ">requests", ">rows", ">time"]);
    for source in &extraction.sources {
        match &source.outcome {
            Ok(done) if done.complete_since.is_some() => columns.row([
                source.source.clone(),
                done.snapshot.clone(),
                thousands(done.requests),
                thousands(done.rows),
                "as it was".to_owned(),
            ]),
            Ok(done) => columns.row([
                source.source.clone(),
                done.snapshot.clone(),
                thousands(done.requests),
                thousands(done.rows),
                seconds(done.elapsed),
            ]),
            Err(_) => columns.row([source.source.as_str(), "none: it failed", "", "", ""]),
        }
    }
    columns.render(paint)
}

/// Everything that is to be said of an extraction, in this order: what was read, what was not since it is complete,
/// warnings, failures. `pipeline` is the pipeline's file as the user wrote it.
pub fn tell(extraction: &Extraction, pipeline: &str, printer: &Printer) {
    printer.report(&table(extraction, printer.out_paint()));
    for line in left(extraction, pipeline) {
        printer.note(&line);
    }
    let (warnings, failures) = remarks(extraction, printer.err_paint());
    if !warnings.is_empty() {
        printer.note(warnings.trim_end());
    }
    if !failures.is_empty() {
        printer.verbatim(failures.trim_end());
    }
}

/// The sources that were complete already, and what reads them anew.
fn left(extraction: &Extraction, pipeline: &str) -> Vec<String> {
    let line = |source: &SourceExtraction| {
        let (name, begun) = (&source.source, source.outcome.as_ref().ok()?.complete_since?);
        Some(format!(
            "`{name}` is complete from the interrupted extraction begun at {}; \
             `matchbook extract {} --source {name}` reads it anew",
            begun.strftime("%Y-%m-%d %H:%M UTC"),
            argument(pipeline)
        ))
    };
    extraction.sources.iter().filter_map(line).collect()
}

/// What to run again where a source failed, for the very end. `pipeline` is the pipeline's file as the user wrote it.
pub fn tell_again(extraction: &Extraction, pipeline: &str, printer: &Printer) {
    if let Some(again) = again(extraction, pipeline) {
        let hint = printer.err_paint().paint(Tone::Hint, "what was read is kept; to go on with it");
        printer.note(&format!("\n{hint}:"));
        printer.verbatim(&again);
    }
}

/// The warnings, and the failures, every line ended.
fn remarks(extraction: &Extraction, paint: Paint) -> (String, String) {
    let (mut warnings, mut failures) = (String::new(), String::new());
    for source in &extraction.sources {
        let name = &source.source;
        match &source.outcome {
            Ok(done) => {
                let warning = paint.paint(Tone::Warning, "warning");
                for message in &done.warnings {
                    warnings.push_str(&format!("{warning}: {name}: {message}\n"));
                }
            }
            Err(error) => {
                let what = paint.paint(Tone::Error, "error");
                failures.push_str(&format!("{what}: the source `{name}` was not read: {error}\n"));
                if !error.hint.is_empty() {
                    failures.push_str(&format!("  {}: {}\n", paint.paint(Tone::Hint, "hint"), error.hint));
                }
            }
        }
    }
    (warnings, failures)
}

/// The command that goes on with the sources that failed.
#[must_use]
pub fn again(extraction: &Extraction, pipeline: &str) -> Option<String> {
    let failed = extraction.sources.iter().filter(|source| source.outcome.is_err());
    let named: String = failed.map(|source| format!(" --source {}", source.source)).collect();
    (!named.is_empty()).then(|| format!("matchbook extract {}{named}", argument(pipeline)))
}

/// A file as it is written in a shell.
fn argument(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./\\:~".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) { path.to_owned() } else { format!("\"{path}\"") }
}

/// What a check of all sources found.
#[must_use]
pub fn findings(findings: &[Finding], paint: Paint) -> String {
    let mut text = String::new();
    for finding in findings {
        let source = paint.paint(Tone::Heading, &finding.source);
        let head = format!("{source} ({}) {}", finding.system, finding.address);
        text.push_str(&format!("{}\n", head.trim_end()));
        for check in &finding.checks {
            let (tone, mark, what, hint) = parts(&check.outcome);
            // Colours have no width, so the blanks stand outside of them.
            let blanks = " ".repeat(MARK - mark.len());
            text.push_str(&format!("  {}{blanks}{}: {what}\n", paint.paint(tone, mark), check.what));
            if !hint.is_empty() {
                let blanks = " ".repeat(MARK);
                text.push_str(&format!("  {blanks}{}: {hint}\n", paint.paint(Tone::Hint, "hint")));
            }
        }
        text.push('\n');
    }
    let bad: Vec<String> = findings
        .iter()
        .filter(|finding| finding.is_bad())
        .map(|finding| format!("`{}`", finding.source))
        .collect();
    text.push_str(&if bad.is_empty() {
        format!("{}: nothing stands in the way of an extraction\n", paint.paint(Tone::Good, "good"))
    } else {
        format!("{}: an extraction would fail for {}\n", paint.paint(Tone::Error, "bad"), list(&bad))
    });
    text
}

/// The width of a mark with the blanks behind it.
const MARK: usize = 10;

/// A check's mark with its tone, what came of it, and what to do.
pub(super) fn parts(outcome: &Outcome) -> (Tone, &'static str, &str, &str) {
    match outcome {
        Outcome::Good(what) => (Tone::Good, "good", what, ""),
        Outcome::Warning(what) => (Tone::Warning, "warning", what, ""),
        Outcome::Bad(error) => (Tone::Error, "bad", &error.what, &error.hint),
        Outcome::Untested(why) => (Tone::Faint, "untested", why, ""),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::{ApiError, Check, ErrorKind, Extracted};

    fn refused() -> ApiError {
        ApiError::new(
            ErrorKind::SignIn,
            "`companies`: the vendor answers 401 Unauthorized",
            "check the credentials of `psa`: the environment variable `CW_PRIVATE_KEY`",
        )
    }

    fn extraction() -> Extraction {
        let good = Extracted {
            snapshot: "20261121T110000Z".to_owned(),
            requests: 1_204,
            rows: 9_412,
            elapsed: Duration::from_secs(125),
            warnings: vec!["`tickets` was not read: the permission is missing".to_owned()],
            complete_since: None,
        };
        let source = |name: &str, outcome| SourceExtraction { source: name.to_owned(), outcome };
        Extraction {
            sources: vec![
                source("hub", Ok(good)),
                source("psa", Err(refused())),
                source(
                    "rmm",
                    Err(ApiError::new(ErrorKind::Network, "`devices`: no answer in time, 6 times", "")),
                ),
            ],
            elapsed: Duration::from_secs(126),
        }
    }

    #[test]
    fn an_extraction_ends_with_what_to_run_again() {
        let extraction = extraction();
        let (warnings, failures) = remarks(&extraction, Paint::PLAIN);
        let all = format!(
            "{}{warnings}{failures}{}",
            table(&extraction, Paint::PLAIN),
            again(&extraction, "my clients.toml").expect("two failed")
        );
        insta::assert_snapshot!(all, @r#"
          source  snapshot          requests   rows        time
          hub     20261121T110000Z     1,204  9,412  2 min 05 s
          psa     none: it failed
          rmm     none: it failed
        warning: hub: `tickets` was not read: the permission is missing
        error: the source `psa` was not read: `companies`: the vendor answers 401 Unauthorized
          hint: check the credentials of `psa`: the environment variable `CW_PRIVATE_KEY`
        error: the source `rmm` was not read: `devices`: no answer in time, 6 times
        matchbook extract "my clients.toml" --source psa --source rmm
        "#);
        let good = Extraction { sources: extraction.sources[..1].to_vec(), ..extraction };
        assert_eq!(again(&good, "clients.toml"), None);
        assert_eq!(left(&good, "clients.toml"), [""; 0]);
    }

    #[test]
    fn a_source_that_was_complete_is_named_with_what_reads_it_anew() {
        let mut extraction = extraction();
        let whole = extraction.sources[0].outcome.as_mut().expect("it is good");
        let begun = "2026-11-21T10:59:58Z".parse().expect("a time");
        (whole.complete_since, whole.requests, whole.elapsed) = (Some(begun), 0, Duration::ZERO);
        extraction.sources.truncate(1);
        let lines = left(&extraction, "my clients.toml").join("\n");
        let all = format!("{}{lines}", table(&extraction, Paint::PLAIN));
        insta::assert_snapshot!(all, @r#"
          source  snapshot          requests   rows       time
          hub     20261121T110000Z         0  9,412  as it was
        `hub` is complete from the interrupted extraction begun at 2026-11-21 10:59 UTC; `matchbook extract "my clients.toml" --source hub` reads it anew
        "#);
    }

    #[test]
    fn findings_say_what_was_tested_and_what_was_not() {
        let check = |what: &str, outcome| Check { what: what.to_owned(), outcome };
        let finding = |source: &str, checks: Vec<Check>| Finding {
            source: source.to_owned(),
            system: "ConnectWise PSA".to_owned(),
            address: "https://api-na.myconnectwise.net".to_owned(),
            checks,
        };
        let good = finding(
            "psa",
            vec![
                check("sign-in", Outcome::Good("the credentials are taken".to_owned())),
                check("budget", Outcome::Warning("600 of 10000 requests are left".to_owned())),
                check("audits", Outcome::Untested("it is asked once per record".to_owned())),
            ],
        );
        let bad = finding("psa-2", vec![check("sign-in", Outcome::Bad(refused()))]);
        insta::assert_snapshot!(findings(&[good.clone(), bad], Paint::PLAIN), @"
        psa (ConnectWise PSA) https://api-na.myconnectwise.net
          good      sign-in: the credentials are taken
          warning   budget: 600 of 10000 requests are left
          untested  audits: it is asked once per record

        psa-2 (ConnectWise PSA) https://api-na.myconnectwise.net
          bad       sign-in: `companies`: the vendor answers 401 Unauthorized
                    hint: check the credentials of `psa`: the environment variable `CW_PRIVATE_KEY`

        bad: an extraction would fail for `psa-2`
        ");
        assert!(
            findings(&[good], Paint::PLAIN).ends_with("good: nothing stands in the way of an extraction\n")
        );
    }
}
