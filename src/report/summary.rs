//! The end of a run on one screen.

use super::printer::{Paint, Tone};
use super::table::Columns;
use super::words::{self, count, thousands};
use crate::model::State;
use crate::run::{Details, PlanSummary, RunSummary, Stage, Status};

/// So many reasons, or codes, are named.
const MOST: usize = 3;

/// A value is cut after so many characters.
const WIDEST: usize = 40;

/// The summary as text, every line ended. `pipeline` is the pipeline's file as the user wrote it, for the next command.
#[must_use]
pub fn render(summary: &RunSummary, pipeline: &str, paint: Paint) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(sources(summary, paint));
    if let Some(differences) = summary.differences {
        line(format!(
            "{} in {}",
            count(differences.fields, "differing field"),
            count(differences.records, "record")
        ));
    }
    if let Some(plan) = &summary.plan {
        line(steps(plan));
        if !plan.reasons.is_empty() {
            line(format!("  held by {}", commonest(&plan.reasons, "reason")));
        }
    }
    if let Some(details) = &summary.details {
        fields_of(details, paint).into_iter().chain(steps_of(details, paint)).for_each(&mut line);
    }
    if let Some(findings) = findings(summary) {
        line(findings);
    }
    let time = words::seconds(summary.elapsed);
    match summary.status {
        Status::Partial => {
            let narrowed = if summary.narrowed_to.is_empty() {
                format!("stopped after `{}`", summary.last_stage)
            } else {
                format!("narrowed to {}", summary.narrowed_to)
            };
            line(format!("{narrowed} in {time}; nothing was written to the warehouse"));
        }
        Status::Completed | Status::Held => {
            let run = summary.run_id.map(|id| format!("run {id} ")).unwrap_or_default();
            let (tone, status) = match summary.status {
                Status::Held => (Tone::Warning, "held"),
                _ => (Tone::Good, "completed"),
            };
            line(format!(
                "{run}{} in {time}, in {}",
                paint.paint(tone, status),
                paint.paint(Tone::Hint, &summary.warehouse.display().to_string())
            ));
        }
    }
    if let Some((why, command)) = next(summary, pipeline) {
        line(format!("next, {why}: {}", paint.paint(Tone::Hint, &command)));
    }
    text
}

fn sources(summary: &RunSummary, paint: Paint) -> String {
    let is_matched = summary.last_stage >= Stage::Match;
    let mut headings = vec!["source", "entity", ">read", ">quarantined"];
    let states = [State::Matched, State::Unmatched, State::Review, State::Ignored, State::Skipped];
    if is_matched {
        headings.extend([">matched", ">unmatched", ">review", ">ignored", ">skipped"]);
    } else {
        headings.push(">records");
    }
    let mut columns = Columns::new(&headings);
    for source in &summary.sources {
        let mut cells = vec![
            source.source.clone(),
            source.entity.table().to_owned(),
            thousands(source.rows_read),
            thousands(source.quarantined),
        ];
        if !is_matched {
            cells.push(thousands(source.records));
        } else if !source.is_hub {
            cells.extend(states.iter().map(|state| thousands(source.count(*state))));
        }
        columns.row(cells);
    }
    if columns.is_empty() { "no records".to_owned() } else { columns.render(paint) }
}

fn steps(plan: &PlanSummary) -> String {
    let all = plan.ready + plan.blocked + plan.review;
    format!(
        "{}: {} ready, {} blocked, {} in review",
        count(all, "plan step"),
        thousands(plan.ready),
        thousands(plan.blocked),
        thousands(plan.review)
    )
}

/// The differing fields of one organization.
fn fields_of(details: &Details, paint: Paint) -> Option<String> {
    let mut columns = Columns::new(&["record", "field", "says", "should say", "as of"]);
    for field in &details.fields {
        columns.row([
            field.record.clone(),
            field.field.to_owned(),
            words::one_line(&field.current, WIDEST),
            words::one_line(&field.desired, WIDEST),
            field.supplied_by.clone(),
        ]);
    }
    (!columns.is_empty()).then(|| columns.render(paint))
}

/// The planned steps of one organization.
fn steps_of(details: &Details, paint: Paint) -> Option<String> {
    let mut columns = Columns::new(&["step", "status", "gates"]);
    for step in &details.steps {
        columns.row([step.step.clone(), step.status.to_owned(), step.gates.join(", ")]);
    }
    (!columns.is_empty()).then(|| columns.render(paint))
}

fn findings(summary: &RunSummary) -> Option<String> {
    let all: u64 = summary.findings.iter().map(|(_, count)| count).sum();
    (all > 0).then(|| {
        format!("{} about the data: {}", count(all, "finding"), commonest(&summary.findings, "code"))
    })
}

/// The commonest of some codes with their numbers, and how many others there are.
fn commonest(codes: &[(&str, u64)], noun: &str) -> String {
    let mut named: Vec<String> =
        codes.iter().take(MOST).map(|(code, number)| format!("`{code}` ({})", thousands(*number))).collect();
    let more = codes.len().saturating_sub(MOST);
    if more > 0 {
        named.push(count(more as u64, &format!("other {noun}")));
    }
    words::list(&named)
}

/// The next useful command, and what for.
fn next(summary: &RunSummary, pipeline: &str) -> Option<(String, String)> {
    let query = |view: &str| format!("matchbook query {pipeline} \"FROM {view}\"");
    let review = summary.count(State::Review);
    let plan = summary.plan.clone().unwrap_or_default();
    if summary.status == Status::Partial {
        return None;
    }
    if summary.holds.iter().any(|hold| hold.code == "source_shrank") {
        return Some((
            "if the records are really gone".to_owned(),
            format!("matchbook run {pipeline} --confirm-shrink"),
        ));
    }
    if review > 0 {
        return Some((format!("{} a decision", needs(review, "record")), query("review_queue")));
    }
    if plan.review + plan.blocked > 0 {
        return Some((format!("see why {}", held(plan.review + plan.blocked)), query("blocked")));
    }
    if plan.ready > 0 {
        return Some((format!("see {}", count(plan.ready, "ready step")), query("ready_to_push")));
    }
    None
}

fn needs(number: u64, noun: &str) -> String {
    format!("{} {}", count(number, noun), if number == 1 { "needs" } else { "need" })
}

fn held(number: u64) -> String {
    format!("{} {} held", count(number, "step"), if number == 1 { "is" } else { "are" })
}
