//! `matchbook check`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use super::noticed::Noticed;
use crate::extract::{self, FileReport};
use crate::pipeline::{self, Pipeline};
use crate::report::table::Columns;
use crate::report::words::{count, list, one_line, thousands};
use crate::report::{Level, Printer, Tone};
use crate::run::cases::{CaseResult, run_cases};
use crate::run::check_bad_rows;

/// Validate a pipeline, its decisions and its files, and run its test cases
#[derive(Debug, Args)]
#[command(long_about = "Validate a pipeline, its decisions and its files, and run its test cases.

Every file is read, so that wrong encodings, headings and rows are found. Nothing is matched or written, except the
records of the pipeline's own `[[test]]` cases, in memory.

Examples:
  matchbook check clients.toml
  matchbook check clients.toml --verbose     with every heading that was understood, and every value that was repaired,
                                             doubted or dropped")]
pub(super) struct CheckArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
}

/// So many headings that were not understood are named per file.
const HEADINGS: usize = 8;

/// So many quarantined rows are shown.
const ROWS: usize = 10;

/// So much of a quarantined row is shown.
const RAW: usize = 160;

impl CheckArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let decisions = pipeline::decisions::load(&pipeline);
        let (extracted, errors) = extract::inspect(&pipeline);

        let noticed = Noticed::new(&pipeline, &extracted);
        printer.report(&files(&pipeline, &extracted.files, &noticed, printer));
        for (_, why) in &extracted.missing {
            printer.warning(&format!("{why}; it is optional, so a run goes on without it"));
        }
        for row in extracted.quarantine.iter().take(ROWS) {
            let raw = one_line(&row.raw, RAW);
            let reason = one_line(&row.reason, 200);
            printer.warning(&format!("{}:{}: {reason}\n  {raw}", row.file, row.line));
        }
        let more = extracted.quarantine.len().saturating_sub(ROWS);
        if more > 0 {
            printer.warning(&format!("{} in quarantine", count(more as u64, "more row")));
        }
        let cases = run_cases(&pipeline);
        printer.report(&tests(&self.pipeline, &cases, printer));

        // Everything that is wrong is shown; the first class of it gives the exit code.
        let mut failures: Vec<Failure> = Vec::new();
        if let Ok(decisions) = &decisions {
            printer.report(&format!("{} read\n", count(decisions.len() as u64, "decision")));
        }
        failures.extend(decisions.err().map(Failure::from));
        let failed = cases.iter().filter(|case| !case.failures.is_empty()).count() as u64;
        if failed > 0 {
            let message = format!("{} of the pipeline {}", count(failed, "test case"), fails(failed));
            failures.push(Failure::new(exit_code::BAD_PIPELINE, message));
        }
        failures.extend(errors.into_iter().map(Failure::from));
        let bad_rows = check_bad_rows(&pipeline, &extracted.tables, &extracted.quarantine);
        failures.extend(bad_rows.err().map(|error| Failure::from(crate::run::RunError::from(error))));

        let mut failures = failures.into_iter();
        let Some(first) = failures.next() else {
            let good = printer.out_paint().paint(Tone::Good, "ok");
            printer.report(&format!("{}: {good}\n", self.pipeline.display()));
            return Ok(exit_code::DONE);
        };
        let code = first.report(printer);
        failures.for_each(|failure| {
            failure.report(printer);
        });
        Ok(code)
    }
}

fn fails(number: u64) -> &'static str {
    if number == 1 { "fails" } else { "fail" }
}

/// What was read of every file.
fn files(pipeline: &Pipeline, files: &[FileReport], noticed: &Noticed<'_>, printer: &Printer) -> String {
    let paint = printer.out_paint();
    let mut columns = Columns::new(&["source", "file", "read as", ">rows", ">bad", "understood"]);
    for file in files {
        columns.row([
            pipeline.sources[usize::from(file.source)].name.clone(),
            one_line(&file.file, 80),
            read_as(file),
            thousands(file.rows),
            thousands(file.quarantined),
            understood(file),
        ]);
    }
    let mut text = if columns.is_empty() { "no file was read\n".to_owned() } else { columns.render(paint) };
    for file in files {
        if let Some(belonging) = &file.belonging {
            let sentence = one_line(&belonging.to_string(), 200);
            text.push_str(&format!("{}: {sentence}\n", one_line(&file.file, 80)));
        }
        if let Some(found) = found(file, printer.level() >= Level::Verbose) {
            text.push_str(&format!("{}: {found}\n", one_line(&file.file, 80)));
        }
        for line in noticed.lines(file, printer.level() >= Level::Verbose) {
            text.push_str(&format!("  {line}\n"));
        }
        if !file.not_understood.is_empty() {
            let more = file.not_understood.len().saturating_sub(HEADINGS);
            let mut named: Vec<String> = file
                .not_understood
                .iter()
                .take(HEADINGS)
                .map(|heading| format!("`{}`", one_line(heading, 40)))
                .collect();
            if more > 0 {
                named.push(format!("{more} more"));
            }
            text.push_str(&format!(
                "{}: not understood and kept in `raw`: {}\n",
                one_line(&file.file, 80),
                list(&named)
            ));
        }
        if printer.level() >= Level::Verbose && !file.understood.is_empty() {
            let named: Vec<String> = file
                .understood
                .iter()
                .map(|(heading, column)| format!("{} → {column}", one_line(heading, 40)))
                .collect();
            text.push_str(&format!("{}: {}\n", one_line(&file.file, 80), named.join(", ")));
        }
    }
    text
}

/// What was found out about a table of text, and what was noticed about its values; `None` where there is nothing to say,
/// unless `all` is asked for.
fn found(file: &FileReport, all: bool) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(separator) = file.separator.filter(|separator| all || *separator != ',') {
        let name = match separator {
            '\t' => "tab".to_owned(),
            other => format!("`{}`", other.escape_debug()),
        };
        parts.push(format!("separated by {name}"));
    }
    if file.title_lines > 0 {
        parts.push(count(file.title_lines, "title line"));
    }
    if file.heading_line > 1 || (all && file.heading_line > 0) {
        parts.push(format!("headings in line {}", file.heading_line));
    }
    let noted = file.noted;
    for (number, what) in
        [(noted.repaired, "repaired"), (noted.doubted, "doubted"), (noted.dropped, "dropped")]
    {
        if number > 0 {
            parts.push(format!("{} {what}", count(number, "value")));
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn read_as(file: &FileReport) -> String {
    let encoding = if file.encoding.is_empty() { String::new() } else { format!(" {}", file.encoding) };
    let entities: Vec<String> = file.entities.iter().map(|entity| entity.table().to_owned()).collect();
    match entities.as_slice() {
        [] if !file.note.is_empty() => one_line(&file.note, 80),
        [] => format!("reference list ({}{encoding})", file.format),
        several => format!("{} ({}{encoding})", list(several), file.format),
    }
}

fn understood(file: &FileReport) -> String {
    let all = file.understood.len() + file.not_understood.len();
    if all == 0 { String::new() } else { format!("{} of {all}", file.understood.len()) }
}

/// What became of the pipeline's own test cases.
fn tests(path: &std::path::Path, cases: &[CaseResult], printer: &Printer) -> String {
    if cases.is_empty() {
        return String::new();
    }
    let paint = printer.out_paint();
    let mut text = String::new();
    for case in cases {
        let name = one_line(&case.name, 120);
        if case.failures.is_empty() {
            text.push_str(&format!("test {name}: {}\n", paint.paint(Tone::Good, "ok")));
            continue;
        }
        let failed = paint.paint(Tone::Error, "failed");
        text.push_str(&format!("test {name}: {failed} ({}:{})\n", path.display(), case.line));
        for failure in &case.failures {
            text.push_str(&format!(
                "  {} {}: {}\n    expected {}\n    got      {}\n",
                failure.entity, failure.record, failure.what, failure.expected, failure.got
            ));
        }
    }
    text
}
