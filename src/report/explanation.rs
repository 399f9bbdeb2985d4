//! The explanation of one record for a person.

use super::printer::{Paint, Tone};
use super::words::one_line;
use crate::run::explain::{
    CandidateExplanation, Explanation, FieldExplanation, KeyExplanation, StepExplanation, TierExplanation,
};

/// A value is cut after so many characters.
const WIDEST: usize = 100;

/// So many holders of a key value are named.
const HOLDERS: usize = 6;

/// The explanation as text, every line ended.
#[must_use]
pub fn render(explanation: &Explanation, paint: Paint) -> String {
    let mut page = Page { text: String::new(), paint };
    page.line(0, &paint.paint(Tone::Heading, &title(explanation)));
    if !explanation.organization.is_empty() {
        page.line(0, &format!("of {}", one_line(&explanation.organization, WIDEST)));
    }
    if explanation.line == 0 {
        page.line(0, &format!("implied by {}", explanation.file));
    } else {
        page.line(0, &format!("read from {}:{}", explanation.file, explanation.line));
    }
    page.line(0, "");
    page.line(0, &one_line(&explanation.sentence, usize::MAX));
    page.section("decisions", &explanation.decisions, |page, decision| {
        let hub_id = if decision.hub_id.is_empty() { String::new() } else { format!(" {}", decision.hub_id) };
        page.line(
            1,
            &format!("line {}: {}{hub_id} → {}", decision.line, decision.decision, decision.outcome),
        );
    });
    page.section("keys", &explanation.keys, Page::key);
    page.section("tiers", &explanation.tiers, Page::tier);
    page.section("candidates", &explanation.candidates, Page::candidate);
    if explanation.members.len() > 1 {
        page.section("cluster", &explanation.members, |page, member| {
            let rule = if member.rule.is_empty() { String::new() } else { format!(" by {}", member.rule) };
            let name = one_line(&member.name, WIDEST);
            page.line(1, &format!("{} {name}: {}{rule}", member.record, member.state));
        });
    }
    page.section("fields", &explanation.fields, Page::field);
    if explanation.steps.is_empty() && !explanation.cluster.is_empty() {
        page.line(0, "");
        page.line(0, "no step is planned: nothing that may be written differs");
    }
    page.section("plan", &explanation.steps, Page::step);
    page.text
}

fn title(explanation: &Explanation) -> String {
    let name = one_line(&explanation.name, WIDEST);
    let quoted = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
    format!("{} {}{quoted}", explanation.entity, explanation.record)
}

struct Page {
    text: String,
    paint: Paint,
}

impl Page {
    fn line(&mut self, indent: usize, line: &str) {
        self.text.push_str(&"  ".repeat(indent));
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn section<T>(&mut self, heading: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return;
        }
        self.line(0, "");
        let heading = self.paint.paint(Tone::Heading, heading);
        self.line(0, &heading);
        for item in items {
            write(self, item);
        }
    }

    fn key(&mut self, key: &KeyExplanation) {
        let written: Vec<String> = key
            .written
            .iter()
            .map(|part| format!("{} \"{}\"", part.what, one_line(&part.text, WIDEST)))
            .collect();
        self.line(1, format!("{}: {}", key.key, written.join(", ")).trim_end_matches(": "));
        for value in &key.values {
            let more = value.held_by.len().saturating_sub(HOLDERS);
            let mut held = value.held_by.iter().take(HOLDERS).cloned().collect::<Vec<_>>().join(", ");
            if more > 0 {
                held.push_str(&format!(" and {more} more"));
            }
            let held = if held.is_empty() {
                "held by nothing else".to_owned()
            } else {
                format!("also held by {held}")
            };
            self.line(2, &format!("→ {}, {held}", one_line(&value.value, WIDEST)));
        }
        for dropped in &key.dropped {
            let text = one_line(&dropped.text, WIDEST);
            self.line(2, &format!("\"{text}\" is left out: {}", one_line(&dropped.what, WIDEST)));
        }
    }

    fn tier(&mut self, tier: &TierExplanation) {
        let mark = if tier.decided { " (decided)" } else { "" };
        match &tier.verdict[..] {
            [one] => self.line(1, &format!("{}{mark}: {}", tier.tier, one_line(one, usize::MAX))),
            several => {
                self.line(1, &format!("{}{mark}:", tier.tier));
                for verdict in several {
                    self.line(2, &one_line(verdict, usize::MAX));
                }
            }
        }
    }

    fn candidate(&mut self, candidate: &CandidateExplanation) {
        self.line(
            1,
            &format!(
                "{}. {} \"{}\" {} ({:.2}): {}",
                candidate.rank,
                candidate.cluster,
                one_line(&candidate.name, WIDEST),
                candidate.kind,
                candidate.score,
                one_line(&candidate.reason, usize::MAX)
            ),
        );
    }

    fn field(&mut self, field: &FieldExplanation) {
        let says = if field.owner.is_empty() {
            "nobody says anything that counts".to_owned()
        } else {
            format!("{} says {}", field.owner, quoted(&field.desired))
        };
        let change = match (field.differs, field.current.is_empty()) {
            (false, _) => String::new(),
            (true, true) => format!(", and the hub says nothing ({})", field.rule),
            (true, false) => format!(", and the hub says {} ({})", quoted(&field.current), field.rule),
        };
        self.line(1, &format!("{} [{}]: {says}{change}", field.field, field.owners.join(", ")));
        for loser in &field.losers {
            let word = if loser.value == field.desired { "also" } else { "not" };
            let why = if loser.blank.is_empty() { String::new() } else { format!(": {}", loser.blank) };
            self.line(2, &format!("{word} {} of {}{why}", quoted(&loser.value), loser.record));
        }
    }

    fn step(&mut self, step: &StepExplanation) {
        self.line(1, &format!("{} in {}: {} ({})", step.action, step.target, step.status, step.step));
        for gate in &step.gates {
            self.line(2, &format!("{}: {}", gate.code, one_line(&gate.message, usize::MAX)));
            self.line(3, &one_line(gate.remedy, usize::MAX));
        }
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("\"{}\"", one_line(text, WIDEST)) }
}
