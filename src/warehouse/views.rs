//! The views for people, on top of the `latest_*` views. Their SQL is in `views/`, one file per view.

use std::fmt::Write as _;

use super::schema::{Table, tables};
use crate::model::Reason;

/// One view.
pub(super) struct View {
    pub name: &'static str,
    pub comment: &'static str,
    sql: &'static str,
    /// Every column with its comment, in the order of the SQL.
    pub columns: &'static [(&'static str, &'static str)],
}

const ENTITY: (&str, &str) = ("entity", "The entity, in the singular.");
const SOURCE: (&str, &str) = ("source", "The name of the source.");
const RECORD_ID: (&str, &str) = ("record_id", "The id of the record in its source.");
const NAME: (&str, &str) = ("name", "The name of the record; of a contact the first and the last name.");
const ORGANIZATION: (&str, &str) = ("organization", "The name of the organization.");
const CLUSTER_ID: (&str, &str) = ("cluster_id", "The cluster, as SOURCE/RECORD-ID of its founder.");
const HUB_ID: (&str, &str) = ("hub_id", "The id of the hub's row; null when there is none.");
const STEP_ID: (&str, &str) = ("step_id", "The id of the planned step.");
const TARGET: (&str, &str) = ("target", "The source that would be written to.");
const ACTION: (&str, &str) = ("action", "lookup, create, update or unarchive.");

/// The views, each after those that it reads.
pub(super) const VIEWS: &[View] = &[
    View {
        name: "latest_names",
        comment: "Every record of the last completed run with its name and the name of its organization.",
        sql: include_str!("views/latest_names.sql"),
        columns: &[
            ENTITY,
            SOURCE,
            RECORD_ID,
            NAME,
            ORGANIZATION,
            CLUSTER_ID,
            ("organization_cluster", "The cluster of the organization; null for organizations."),
        ],
    },
    View {
        name: "site_matching",
        comment: "Every organization with the sites that each source has for it, and whether they are matched.",
        sql: include_str!("views/site_matching.sql"),
        columns: &[
            (
                "organization",
                "The name of the organization, as the founder of its cluster writes it; null when it has no cluster.",
            ),
            HUB_ID,
            CLUSTER_ID,
            ("source", "The source that has the site; null when no source has one for this organization."),
            ("site", "The name of the organization or site in that source."),
            RECORD_ID,
            (
                "status",
                "matched, unmatched, review, ignored or skipped; hub_only when no source has a site for it.",
            ),
            ("rule", "What matched it: decision, link or name; null when nothing did."),
            ("reason", "Why it is in review, ignored or skipped, as a code."),
        ],
    },
    View {
        name: "unmatched",
        comment: "Every record that matched nothing, with the counterpart that looks most like it.",
        sql: include_str!("views/unmatched.sql"),
        columns: &[
            ENTITY,
            SOURCE,
            RECORD_ID,
            NAME,
            ORGANIZATION,
            CLUSTER_ID,
            ("candidate_cluster", "The strongest candidate, as SOURCE/RECORD-ID; null when there is none."),
            ("candidate_name", "The name of the strongest candidate."),
            ("score", "How strong the candidate is, from 0 to 1."),
            ("candidate_reason", "Why it is a candidate, in words."),
        ],
    },
    View {
        name: "review_queue",
        comment: "Every record that a person must decide on, with its candidates; records that only follow their organization are left out.",
        sql: include_str!("views/review_queue.sql"),
        columns: &[
            ENTITY,
            SOURCE,
            RECORD_ID,
            NAME,
            ORGANIZATION,
            ("reason", "Why it is in review, as a code."),
            ("sentence", "Why it is in review, in words."),
            ("rule", "The rule that was tried, such as mac+serial."),
            ("key_value", "The normalised value that it is about."),
            ("candidates", "The possible counterparts as SOURCE/RECORD-ID, the strongest first."),
            ("candidate_reasons", "Why each of them is a candidate, in the same order."),
        ],
    },
    View {
        name: "device_coverage",
        comment: "Every device of every organization, and in which systems it is.",
        sql: include_str!("views/device_coverage.sql"),
        columns: &[
            ORGANIZATION,
            ("device", "The name of the device, as the founder of its cluster writes it."),
            CLUSTER_ID,
            HUB_ID,
            ("in_hub", "True when the hub has it."),
            ("sources", "The sources that have it, the hub included, by name."),
            ("missing_from", "The sources that deliver devices and do not have it, by name."),
            ("systems", "How many sources have it."),
            ("in_review", "True when a person must decide about it."),
        ],
    },
    View {
        name: "ticket_links",
        comment: "Every ticket with the organization, location, contact and configurations that it is about, one row for each.",
        sql: include_str!("views/ticket_links.sql"),
        columns: &[
            SOURCE,
            ("ticket_id", "The id of the ticket in its source."),
            ("number", "The number of the ticket that people quote."),
            ("title", "The title of the ticket."),
            ("status", "The status of the ticket."),
            ("priority", "The priority of the ticket."),
            ("closed", "True when the source marks the ticket as closed."),
            ("created_at", "When the ticket was created, in UTC."),
            ORGANIZATION,
            (
                "entity",
                "organization, location, contact or configuration; null for a ticket that is about none that is known.",
            ),
            CLUSTER_ID,
            HUB_ID,
            ("name", "The name of what the ticket is about, as the founder of its cluster writes it."),
        ],
    },
    View {
        name: "ready_to_push",
        comment: "Every planned step that may be sent, in the order in which it could be.",
        sql: include_str!("views/ready_to_push.sql"),
        columns: &[
            ("wave", "0 for steps without dependencies, else one more than the highest wave of those."),
            STEP_ID,
            TARGET,
            ENTITY,
            ACTION,
            ORGANIZATION,
            NAME,
            ("target_record_id", "The id of the record to change; null for creates and lookups."),
            ("method", "The HTTP method."),
            ("path", "The path below the system's base address."),
            ("payload", "The body as a JSON document; null when there is none."),
            ("depends_on", "The ids of the steps that must be done before."),
            ("left_out", "What gates keep out of the step, one sentence each; null for nothing."),
        ],
    },
    View {
        name: "blocked",
        comment: "Every planned step that a gate blocks, one row per gate, with what to do about it.",
        sql: include_str!("views/blocked.sql"),
        columns: &[
            STEP_ID,
            TARGET,
            ENTITY,
            ACTION,
            ORGANIZATION,
            NAME,
            ("target_record_id", "The id of the record to change; null for creates and lookups."),
            ("code", "The gate's code."),
            ("message", "What it says, in one sentence."),
            ("remedy", "What to do about it."),
        ],
    },
    View {
        name: "steps_in_review",
        comment: "Every planned step that a person must look at first, one row per gate, with what to do about it.",
        sql: include_str!("views/steps_in_review.sql"),
        columns: &[
            STEP_ID,
            TARGET,
            ENTITY,
            ACTION,
            ORGANIZATION,
            NAME,
            ("target_record_id", "The id of the record to change; null for creates and lookups."),
            ("code", "The gate's code."),
            ("message", "What it says, in one sentence."),
            ("remedy", "What to do about it."),
        ],
    },
    View {
        name: "why",
        comment: "Every record with its state, the rule, the evidence and the candidates in one sentence.",
        sql: include_str!("views/why.sql"),
        columns: &[
            ENTITY,
            SOURCE,
            RECORD_ID,
            NAME,
            ORGANIZATION,
            ("state", "hub, matched, unmatched, review, ignored or skipped."),
            ("sentence", "What became of it and why, in one sentence."),
        ],
    },
    View {
        name: "run_changes",
        comment: "What changed between the last completed run and the one before it, and fields that flip back and forth; empty after two runs over the same input.",
        sql: include_str!("views/run_changes.sql"),
        columns: &[
            ("run_id", "The run."),
            (
                "previous_run_id",
                "The completed run that it is compared with; for a field that flips, the run that had said otherwise.",
            ),
            ENTITY,
            SOURCE,
            RECORD_ID,
            (
                "change",
                "appeared, disappeared, state, counterpart or reason; flips for a field that goes back and forth.",
            ),
            ("field", "The field that flips; null for a record."),
            ("previous_value", "What it was."),
            ("current_value", "What it is."),
            ("message", "What changed, in one sentence."),
        ],
    },
];

/// The name of the view on the last completed run's rows of a table.
pub(super) fn latest_name(table: &Table) -> String {
    format!("latest_{}", table.name)
}

/// The statements that make all views, with their comments.
pub(super) fn statements() -> String {
    let mut sql = String::new();
    for table in tables() {
        let name = latest_name(table);
        let columns: Vec<String> = table.columns.iter().map(|column| quoted(column.name)).collect();
        let columns = columns.join(", ");
        // A first run may be held. It is shown while no run is completed, because there is nothing else to look at.
        let filter = if table.name == "runs" {
            "coalesce((SELECT max(run_id) FROM runs WHERE status = 'completed'), (SELECT max(run_id) FROM runs))"
        } else {
            "(SELECT run_id FROM latest_runs)"
        };
        let _ = writeln!(
            sql,
            "CREATE OR REPLACE VIEW {name} AS SELECT {columns} FROM {} WHERE run_id = {filter};",
            quoted(table.name)
        );
        let comment = format!(
            "The rows of {} of the last completed run; while no run is completed, of the newest held one.",
            table.name
        );
        let _ = writeln!(sql, "COMMENT ON VIEW {name} IS {};", literal(&comment));
        for column in &table.columns {
            let _ = writeln!(
                sql,
                "COMMENT ON COLUMN {name}.{} IS {};",
                quoted(column.name),
                literal(column.comment)
            );
        }
    }
    for view in VIEWS {
        let body = view.sql.trim().trim_end_matches(';').replace("{reason_sentence}", &reason_sentence());
        let _ = writeln!(sql, "CREATE OR REPLACE VIEW {} AS\n{body};", view.name);
        let _ = writeln!(sql, "COMMENT ON VIEW {} IS {};", view.name, literal(view.comment));
        for (column, comment) in view.columns {
            let _ =
                writeln!(sql, "COMMENT ON COLUMN {}.{} IS {};", view.name, quoted(column), literal(comment));
        }
    }
    sql
}

/// SQL that turns the code in `reason` into a sentence.
fn reason_sentence() -> String {
    let mut sql = "CASE reason".to_owned();
    for reason in Reason::ALL {
        let _ = write!(sql, " WHEN {} THEN {}", literal(reason.code()), literal(reason.sentence()));
    }
    sql.push_str(" ELSE reason END");
    sql
}

/// A name in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
