//! A run as JSON lines on standard output: a version record first, then events, diagnostics and the summary.
//!
//! Members are only added to a record, never renamed or removed, as long as `format` stays the same.

use serde_json::{Value, json};

use super::extraction::parts;
use super::printer::Printer;
use crate::api::{ApiEvent, ApiReporter, Extraction, Finding};
use crate::model::State;
use crate::run::{Event, Reporter, RunSummary, Warning};

/// The version of the records.
pub const FORMAT: u32 = 1;

/// Writes every event as one line.
#[derive(Debug)]
pub struct Lines<'a> {
    printer: &'a Printer,
}

impl<'a> Lines<'a> {
    /// A reporter that writes with `printer`; the version record is written at once.
    #[must_use]
    pub fn new(printer: &'a Printer) -> Self {
        let lines = Self { printer };
        lines.write(&json!({
            "type": "version",
            "program": "matchbook",
            "version": env!("CARGO_PKG_VERSION"),
            "format": FORMAT,
        }));
        lines
    }

    fn write(&self, value: &Value) {
        self.printer.line(&value.to_string());
    }

    /// Writes the summary, the last line of a run that ended.
    pub fn summary(&self, summary: &RunSummary) {
        self.write(&of_summary(summary));
    }

    /// Writes what an extraction came to, its last line.
    pub fn extraction(&self, extraction: &Extraction) {
        self.write(&of_extraction(extraction));
    }

    /// Writes what a check of all sources found, a line for each.
    pub fn findings(&self, findings: &[Finding]) {
        for finding in findings {
            self.write(&of_finding(finding));
        }
    }

    /// Writes the error that stopped the run, its last line then.
    pub fn error(&self, exit_code: u8, message: &str, hint: &str) {
        self.write(&json!({
            "type": "diagnostic",
            "level": "error",
            "exit_code": exit_code,
            "message": message,
            "hint": hint,
        }));
    }
}

impl Reporter for Lines<'_> {
    fn event(&self, event: &Event<'_>) {
        let value = match event {
            Event::StageStarted(stage) => json!({"type": "stage_started", "stage": stage.name()}),
            Event::FileRead { source, file, rows } => {
                json!({"type": "file_read", "source": source, "file": file, "rows": rows})
            }
            Event::StageFinished(timing) => json!({
                "type": "stage_finished",
                "stage": timing.stage.name(),
                "rows": timing.rows,
                "unit": timing.stage.unit(),
                "seconds": timing.elapsed.as_secs_f64(),
                "processor_seconds": timing.processor.map(|time| time.as_secs_f64()),
                "peak_memory": timing.peak_memory,
            }),
            Event::Warning(warning) => of_warning(warning),
        };
        self.write(&value);
    }
}

impl ApiReporter for Lines<'_> {
    fn event(&self, event: &ApiEvent<'_>) {
        self.write(&of_event(event));
    }
}

fn of_event(event: &ApiEvent<'_>) -> Value {
    match event {
        ApiEvent::Started { source, resumed, is_increment } => json!({
            "type": "extraction_started",
            "source": source,
            "resumed": resumed,
            "increment": is_increment,
        }),
        ApiEvent::Left { source, snapshot, begun_at } => json!({
            "type": "extraction_complete_already",
            "source": source,
            "snapshot": snapshot,
            "begun_at": begun_at.to_string(),
        }),
        ApiEvent::Answer { source, endpoint, rows, total } => json!({
            "type": "answer",
            "source": source,
            "endpoint": endpoint,
            "rows": rows,
            "total": total,
        }),
        ApiEvent::Waiting { source, wait, why } => json!({
            "type": "waiting",
            "source": source,
            "seconds": wait.as_secs_f64(),
            "message": why,
        }),
        ApiEvent::Retrying { source, endpoint, what, attempt } => json!({
            "type": "retrying",
            "source": source,
            "endpoint": endpoint,
            "attempt": attempt,
            "message": what,
        }),
        ApiEvent::Warning { source, message } => json!({
            "type": "diagnostic",
            "level": "warning",
            "code": "extraction",
            "source": source,
            "message": message,
            "hint": "",
        }),
        ApiEvent::Finished { source, snapshot, requests, rows, elapsed } => json!({
            "type": "extraction_finished",
            "source": source,
            "snapshot": snapshot,
            "requests": requests,
            "rows": rows,
            "seconds": elapsed.as_secs_f64(),
        }),
        ApiEvent::Failed { source, error } => json!({
            "type": "diagnostic",
            "level": "error",
            "code": "extraction",
            "source": source,
            "message": error.what,
            "hint": error.hint,
        }),
    }
}

fn of_extraction(extraction: &Extraction) -> Value {
    let sources: Vec<Value> = extraction
        .sources
        .iter()
        .map(|source| match &source.outcome {
            Ok(done) => json!({
                "source": source.source,
                "complete": true,
                "snapshot": done.snapshot,
                "requests": done.requests,
                "rows": done.rows,
                "seconds": done.elapsed.as_secs_f64(),
                "warnings": done.warnings,
                "complete_since": done.complete_since.map(|begun| begun.to_string()),
            }),
            Err(error) => json!({
                "source": source.source,
                "complete": false,
                "message": error.what,
                "hint": error.hint,
            }),
        })
        .collect();
    json!({
        "type": "extraction",
        "sources": sources,
        "seconds": extraction.elapsed.as_secs_f64(),
    })
}

fn of_finding(finding: &Finding) -> Value {
    let checks: Vec<Value> = finding
        .checks
        .iter()
        .map(|check| {
            let (_, outcome, message, hint) = parts(&check.outcome);
            json!({"check": check.what, "outcome": outcome, "message": message, "hint": hint})
        })
        .collect();
    json!({
        "type": "finding",
        "source": finding.source,
        "system": finding.system,
        "address": finding.address,
        "good": !finding.is_bad(),
        "checks": checks,
    })
}

fn of_warning(warning: &Warning) -> Value {
    json!({
        "type": "diagnostic",
        "level": "warning",
        "code": warning.code,
        "source": warning.source,
        "message": warning.message,
        "hint": warning.hint,
    })
}

fn of_summary(summary: &RunSummary) -> Value {
    let sources: Vec<Value> = summary
        .sources
        .iter()
        .map(|source| {
            json!({
                "source": source.source,
                "entity": source.entity.name(),
                "rows_read": source.rows_read,
                "quarantined": source.quarantined,
                "records": source.records,
                "matched": source.count(State::Matched),
                "unmatched": source.count(State::Unmatched),
                "review": source.count(State::Review),
                "ignored": source.count(State::Ignored),
                "skipped": source.count(State::Skipped),
            })
        })
        .collect();
    let differences = summary.differences.map(|of| {
        json!({
            "fields": of.fields,
            "records": of.records,
            "set": of.set,
            "change": of.change,
            "conflict": of.conflict,
        })
    });
    let plan = summary.plan.as_ref().map(|plan| {
        let reasons: Vec<Value> =
            plan.reasons.iter().map(|(code, steps)| json!({"code": code, "steps": steps})).collect();
        json!({
            "ready": plan.ready,
            "blocked": plan.blocked,
            "review": plan.review,
            "creates": plan.creates,
            "updates": plan.updates,
            "reasons": reasons,
        })
    });
    let findings: Vec<Value> =
        summary.findings.iter().map(|(code, count)| json!({"code": code, "findings": count})).collect();
    let details = summary.details.as_ref().map(|details| {
        let fields: Vec<Value> = details
            .fields
            .iter()
            .map(|field| {
                json!({
                    "record": field.record,
                    "field": field.field,
                    "current": field.current,
                    "desired": field.desired,
                    "supplied_by": field.supplied_by,
                })
            })
            .collect();
        let steps: Vec<Value> = details
            .steps
            .iter()
            .map(|step| json!({"step": step.step, "status": step.status, "gates": step.gates}))
            .collect();
        json!({"fields": fields, "steps": steps})
    });
    json!({
        "type": "summary",
        "pipeline": summary.pipeline,
        "status": summary.status.name(),
        "run_id": summary.run_id,
        "until": summary.last_stage.name(),
        "narrowed_to": summary.narrowed_to,
        "sources": sources,
        "differences": differences,
        "plan": plan,
        "findings": findings,
        "details": details,
        "warehouse": summary.run_id.map(|_| summary.warehouse.display().to_string()),
        "seconds": summary.elapsed.as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::{ApiError, Check, ErrorKind, Extracted, Outcome, SourceExtraction};

    #[test]
    fn an_extraction_is_lines_of_documented_members() {
        let error = ApiError::new(ErrorKind::Network, "no answer", "extract again later");
        let second = Duration::from_secs(1);
        let events = [
            ApiEvent::Started { source: "psa", resumed: 3, is_increment: true },
            ApiEvent::Left {
                source: "hub",
                snapshot: "20261121T103000Z",
                begun_at: "2026-11-21T10:29:59Z".parse().expect("a time"),
            },
            ApiEvent::Answer { source: "psa", endpoint: "companies", rows: 2, total: None },
            ApiEvent::Waiting { source: "psa", wait: second, why: "the vendor asks for it" },
            ApiEvent::Retrying { source: "psa", endpoint: "companies", what: "no answer", attempt: 2 },
            ApiEvent::Warning { source: "psa", message: "`tickets` was not read" },
            ApiEvent::Finished {
                source: "psa",
                snapshot: "20261121T110000Z",
                requests: 4,
                rows: 2,
                elapsed: second,
            },
            ApiEvent::Failed { source: "rmm", error: &error },
        ];
        let done = Extracted {
            snapshot: "20261121T110000Z".to_owned(),
            requests: 4,
            rows: 2,
            elapsed: second,
            warnings: Vec::new(),
            complete_since: None,
        };
        let extraction = Extraction {
            sources: vec![
                SourceExtraction { source: "psa".to_owned(), outcome: Ok(done) },
                SourceExtraction { source: "rmm".to_owned(), outcome: Err(error.clone()) },
            ],
            elapsed: second,
        };
        let finding = Finding {
            source: "rmm".to_owned(),
            system: "Datto RMM".to_owned(),
            address: "https://pinotage-api.centrastage.net".to_owned(),
            checks: vec![Check { what: "sign-in".to_owned(), outcome: Outcome::Bad(error.clone()) }],
        };
        let mut lines: Vec<String> = events.iter().map(|event| of_event(event).to_string()).collect();
        lines.extend([of_extraction(&extraction).to_string(), of_finding(&finding).to_string()]);
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"type":"extraction_started","source":"psa","resumed":3,"increment":true}
        {"type":"extraction_complete_already","source":"hub","snapshot":"20261121T103000Z","begun_at":"2026-11-21T10:29:59Z"}
        {"type":"answer","source":"psa","endpoint":"companies","rows":2,"total":null}
        {"type":"waiting","source":"psa","seconds":1.0,"message":"the vendor asks for it"}
        {"type":"retrying","source":"psa","endpoint":"companies","attempt":2,"message":"no answer"}
        {"type":"diagnostic","level":"warning","code":"extraction","source":"psa","message":"`tickets` was not read","hint":""}
        {"type":"extraction_finished","source":"psa","snapshot":"20261121T110000Z","requests":4,"rows":2,"seconds":1.0}
        {"type":"diagnostic","level":"error","code":"extraction","source":"rmm","message":"no answer","hint":"extract again later"}
        {"type":"extraction","sources":[{"source":"psa","complete":true,"snapshot":"20261121T110000Z","requests":4,"rows":2,"seconds":1.0,"warnings":[],"complete_since":null},{"source":"rmm","complete":false,"message":"no answer","hint":"extract again later"}],"seconds":1.0}
        {"type":"finding","source":"rmm","system":"Datto RMM","address":"https://pinotage-api.centrastage.net","good":false,"checks":[{"check":"sign-in","outcome":"bad","message":"no answer","hint":"extract again later"}]}
        "#);
    }
}
