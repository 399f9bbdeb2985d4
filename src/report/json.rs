//! A run as JSON lines on standard output: a version record first, then events, diagnostics and the summary.
//!
//! Members are only added to a record, never renamed or removed, as long as `format` stays the same.

use serde_json::{Value, json};

use super::printer::Printer;
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
            Event::StageFinished { stage, rows, elapsed } => json!({
                "type": "stage_finished",
                "stage": stage.name(),
                "rows": rows,
                "unit": stage.unit(),
                "seconds": elapsed.as_secs_f64(),
            }),
            Event::Warning(warning) => of_warning(warning),
        };
        self.write(&value);
    }
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
