//! The tables: every column with its type and one sentence, declared once.
//!
//! `COMMENT ON`, the writers and the export all follow these declarations. The tables that grow with the records have no
//! declared primary key: with them a warehouse of 0.9 million devices was 2.7 times as large and took a quarter longer to
//! write, and their indexes have to be in memory while a run is written. Their rows are loaded sorted by the key that
//! [`Table::key`] names, led by `run_id`, and stay so inside a batch, so that a reader of one run or one source skips nearly
//! everything else.

use std::sync::LazyLock;

use crate::model::{Entity, Kind, column, fields};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// `VARCHAR`.
    Text,
    /// `JSON`, which older clients read as text.
    Json,
    /// `BIGINT`.
    Integer,
    /// `DOUBLE`.
    Number,
    /// `BOOLEAN`.
    Bool,
    /// `DATE`.
    Date,
    /// `TIMESTAMP`, in UTC.
    Time,
    /// `VARCHAR[]`.
    Texts,
}

impl Type {
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Text => "VARCHAR",
            Self::Json => "JSON",
            Self::Integer => "BIGINT",
            Self::Number => "DOUBLE",
            Self::Bool => "BOOLEAN",
            Self::Date => "DATE",
            Self::Time => "TIMESTAMP",
            Self::Texts => "VARCHAR[]",
        }
    }

    /// The type of a canonical column.
    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Date => Self::Date,
            Kind::Time => Self::Time,
            Kind::Bool => Self::Bool,
            Kind::Count => Self::Integer,
            Kind::List | Kind::Emails | Kind::Phones => Self::Texts,
            Kind::Interfaces | Kind::Json => Self::Json,
            _ => Self::Text,
        }
    }
}

/// Text columns in which most values of neighbouring rows differ. In all others a few values recur.
const DISTINCT: [&str; 40] = [
    "address_1",
    "alert",
    "asset_tag",
    "candidate_cluster",
    "cluster_id",
    "current_value",
    "description",
    "desired_value",
    "email",
    "fax",
    "hostname",
    "hub_id",
    "hub_value",
    "interfaces",
    "key_value",
    "mac_address",
    "matched_record_id",
    "message",
    "name",
    "notes",
    "number",
    "operating_system_notes",
    "parent_id",
    "payload",
    "phone",
    "position",
    "psa_value",
    "quick_notes",
    "raw",
    "raw_value",
    "reason",
    "record_id",
    "serial_number",
    "settings",
    "step_id",
    "supplied_record_id",
    "target_record_id",
    "title",
    "url",
    "user_principal_name",
];

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Type,
    pub comment: &'static str,
}

impl Column {
    /// How DuckDB stores it, where that is said. Left to itself DuckDB tries four ways for every part of a text column,
    /// which was a third of the work of loading; knowing what a column holds costs a tenth more space.
    pub fn compression(&self) -> Option<&'static str> {
        match self.kind {
            Type::Text | Type::Json if DISTINCT.contains(&self.name) => Some("fsst"),
            Type::Text | Type::Json => Some("dictionary"),
            _ => None,
        }
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub name: &'static str,
    pub comment: &'static str,
    /// The columns that identify a row and that rows are sorted by; `run_id` leads.
    pub key: &'static [&'static str],
    /// Whether the key is declared as a primary key.
    pub has_index: bool,
    pub columns: Vec<Column>,
}

impl Table {
    /// Whether every row has a value in the column.
    pub fn is_required(&self, column: &str) -> bool {
        // Findings about whole files or records have no record or field.
        self.key.contains(&column)
            && !(self.name == "data_quality" && matches!(column, "record_id" | "field"))
    }
}

macro_rules! columns {
    ($($name:literal $kind:ident $comment:literal;)*) => {
        vec![RUN_ID, $(Column { name: $name, kind: Type::$kind, comment: $comment }),*]
    };
}

const RUN_ID: Column = Column {
    name: "run_id",
    kind: Type::Integer,
    comment: "The run that wrote the row; a later run has a greater number.",
};

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut tables = vec![runs(), source_status()];
    tables.extend(Entity::ALL.map(records));
    tables.extend([
        matches(),
        candidates(),
        clusters(),
        diffs(),
        conflicts(),
        plan_steps(),
        plan_reasons(),
        data_quality(),
        quarantine(),
        decisions(),
    ]);
    tables
});

/// All tables of runs, in the order in which they are listed.
pub(super) fn tables() -> &'static [Table] {
    &TABLES
}

/// The table of this name.
///
/// # Panics
/// If there is none: names are literals of this module's neighbours.
pub(super) fn table(name: &str) -> &'static Table {
    tables().iter().find(|table| table.name == name).expect("the writers name declared tables")
}

fn runs() -> Table {
    Table {
        name: "runs",
        comment: "One row per run of the pipeline.",
        key: &["run_id"],
        has_index: true,
        columns: columns! {
            "pipeline" Text "The name of the pipeline.";
            "method" Text "The sync method, from psa-only to rmm-only.";
            "started_at" Time "When the run started, in UTC.";
            "finished_at" Time "When the run had been written, in UTC.";
            "status" Text "completed, or held when a safety limit held something back.";
            "held_by" Texts "Why the run is held, one sentence each; empty for a completed run.";
            "version" Text "The version of the program.";
            "settings" Json "The pipeline's settings as a JSON object, secrets removed.";
        },
    }
}

fn source_status() -> Table {
    Table {
        name: "source_status",
        comment: "One row per run, source and entity: what was read, and how its records ended, in counts.",
        key: &["run_id", "source", "entity"],
        has_index: true,
        columns: columns! {
            "source" Text "The name of the source in the pipeline.";
            "system" Text "The vendor's system.";
            "role" Text "The role: hub, psa, rmm, scan, directory or sheet.";
            "entity" Text "The entity, in the singular.";
            "rows_read" Integer "Rows in the files, quarantined ones included; an implied record is no row.";
            "quarantined" Integer "Rows that could not become a record.";
            "records" Integer "Records, implied ones included.";
            "implied" Integer "Records that no row stands for, such as an organization that is only named.";
            "hub" Integer "Records that are rows of the hub.";
            "matched" Integer "Records that joined a cluster.";
            "unmatched" Integer "Records that joined none and founded one.";
            "review" Integer "Records that a person must decide on.";
            "ignored" Integer "Records that a decision leaves out.";
            "skipped" Integer "Records that take no part.";
            "two_way" Bool "True when the hub's values may go to this source.";
            "read_from" Texts "The files, relative to the pipeline's folder.";
            "newest_record_at" Time "The latest time at which a record was changed or seen by the source, in UTC.";
        },
    }
}

/// The table of an entity's records: the canonical columns between identity and outcome.
fn records(entity: Entity) -> Table {
    let mut columns = columns! {
        "source" Text "The name of the source in the pipeline.";
    };
    let own = fields(entity).iter().map(|field| Column {
        name: field.name,
        kind: Type::of(field.kind),
        comment: field.comment,
    });
    let (raw, own): (Vec<_>, Vec<_>) = own.partition(|own| own.name == column::RAW);
    columns.extend(own);
    columns.extend(
        columns! {
            "cluster_id" Text "The cluster of the record, as SOURCE/RECORD-ID of its founder; null when it has none.";
            "state" Text "How the record ended: hub, matched, unmatched, review, ignored or skipped.";
            "source_file" Text "The file it was read from, relative to the pipeline's folder; null for an implied record.";
            "source_line" Integer "The line on which it starts, or the number of its element, from 1; null for an implied record.";
        }
        .into_iter()
        .skip(1),
    );
    if entity == Entity::Ticket {
        columns.extend(ticket_links().into_iter().skip(1));
    }
    columns.extend(raw);
    let comment = match entity {
        Entity::Organization => {
            "One row per organization record, the clients of the provider as each source has them."
        }
        Entity::Location => "One row per location record, the sites of the organizations.",
        Entity::Contact => "One row per contact record, the people of the organizations.",
        Entity::Configuration => "One row per configuration record, the devices of the organizations.",
        Entity::Ticket => {
            "One row per ticket record, with the clusters that it is about; tickets are never planned."
        }
        Entity::License => "One row per licence record.",
        Entity::Group => "One row per group record.",
    };
    Table {
        name: entity.table(),
        comment,
        key: &["run_id", "source", "record_id"],
        has_index: false,
        columns,
    }
}

/// What tickets are about, for analysts.
fn ticket_links() -> Vec<Column> {
    columns! {
        "organization_cluster" Text "The cluster of the organization that the ticket is for; null when it has none.";
        "location_cluster" Text "The cluster of the location that the ticket names; null when it has none.";
        "contact_cluster" Text "The cluster of the contact that the ticket names; null when it has none.";
        "configuration_clusters" Texts "The clusters of the configurations that the ticket names, those without one left out.";
    }
}

fn matches() -> Table {
    Table {
        name: "matches",
        comment: "One row per record of every source, the hub's own included: its state and what decided.",
        key: &["run_id", "entity", "source", "record_id"],
        has_index: false,
        columns: columns! {
            "entity" Text "The entity, in the singular.";
            "source" Text "The name of the source.";
            "record_id" Text "The id of the record in its source.";
            "organization_cluster" Text "The cluster of the organization that it is in; null for organizations, and where that has none.";
            "cluster_id" Text "The cluster of the record, as SOURCE/RECORD-ID of its founder; null when it has none.";
            "hub_id" Text "The id of the hub's row in the cluster; null when there is none.";
            "state" Text "hub, matched, unmatched, review, ignored or skipped.";
            "rule" Text "What decided: decision, or the keys of a tier as mac+serial; null when nothing did.";
            "key_value" Text "The normalised value that decided; of several the smallest.";
            "matched_source" Text "The source of the record that held the value on the other side.";
            "matched_record_id" Text "The id of the record that held the value on the other side.";
            "reason" Text "Why it is in review, ignored or skipped, as a code.";
        },
    }
}

fn candidates() -> Table {
    Table {
        name: "candidates",
        comment: "One row per record in review or unmatched and possible counterpart, the strongest first.",
        key: &["run_id", "entity", "source", "record_id", "rank"],
        has_index: false,
        columns: columns! {
            "entity" Text "The entity, in the singular.";
            "source" Text "The name of the source.";
            "record_id" Text "The id of the record in its source.";
            "rank" Integer "1 for the strongest candidate.";
            "candidate_cluster" Text "The cluster that it may belong to.";
            "hub_id" Text "The id of the hub's row in that cluster; null when there is none.";
            "kind" Text "rejected when a matching rule rejected it, suggested when it only looks alike.";
            "score" Number "How strong it is, from 0 to 1.";
            "reason" Text "Why it is a candidate, in words.";
        },
    }
}

fn clusters() -> Table {
    Table {
        name: "clusters",
        comment: "One row per cluster: the records that stand for one real thing.",
        key: &["run_id", "entity", "cluster_id"],
        has_index: false,
        columns: columns! {
            "entity" Text "The entity, in the singular.";
            "cluster_id" Text "SOURCE/RECORD-ID of the record that founded it, the hub's if it has one.";
            "organization_cluster" Text "The cluster of the organization that it is in; null for organizations.";
            "hub_id" Text "The id of the hub's row; null when there is none.";
            "in_review" Bool "True when a record in review founded it.";
            "members" Integer "How many records it has.";
        },
    }
}

fn diffs() -> Table {
    Table {
        name: "diffs",
        comment: "One row per field of a target record whose current value is not the desired one.",
        key: &["run_id", "entity", "cluster_id", "target", "field"],
        has_index: false,
        columns: columns! {
            "entity" Text "The entity, in the singular.";
            "cluster_id" Text "The cluster.";
            "organization" Text "The name of the organization.";
            "target" Text "The source that would be changed: the hub, or a PSA with two-way sync.";
            "target_record_id" Text "The id of the record to change.";
            "field" Text "The field that differs.";
            "current_value" Text "What the target says; null when it is blank, lists joined by semicolons.";
            "desired_value" Text "What it should say, lists joined by semicolons.";
            "supplied_by" Text "The source that supplied the desired value.";
            "supplied_record_id" Text "The id of the record that supplied the desired value.";
            "kind" Text "set when the field was blank, change when not, conflict when two systems changed it.";
            "rule" Text "What decided, such as owner:psa or two_way:hub_changed.";
        },
    }
}

fn conflicts() -> Table {
    Table {
        name: "conflicts",
        comment: "One row per field that two systems changed since the last completed run.",
        key: &["run_id", "entity", "cluster_id", "field", "psa"],
        has_index: false,
        columns: columns! {
            "entity" Text "The entity, in the singular.";
            "cluster_id" Text "The cluster.";
            "organization" Text "The name of the organization.";
            "field" Text "The field.";
            "hub_value" Text "What the hub says.";
            "psa" Text "The PSA.";
            "psa_value" Text "What the PSA says.";
            "winner" Text "The source whose value wins.";
            "why" Text "Why it wins, in one sentence.";
        },
    }
}

fn plan_steps() -> Table {
    Table {
        name: "plan_steps",
        comment: "One row per planned call to a vendor's system; nothing of it was sent.",
        key: &["run_id", "wave", "step_id"],
        has_index: false,
        columns: columns! {
            "step_id" Text "The id of the step, the same in every run that plans it.";
            "target" Text "The source that would be written to.";
            "entity" Text "What is written: an entity, or a list such as manufacturer.";
            "action" Text "lookup, create, update or unarchive.";
            "cluster_id" Text "The cluster; null for lookups.";
            "organization" Text "The name of the organization; null for lookups.";
            "target_record_id" Text "The id of the record to change; null for creates and lookups.";
            "status" Text "ready, blocked or review.";
            "method" Text "The HTTP method.";
            "path" Text "The path below the system's base address.";
            "payload" Json "The body as a JSON document; null when there is none.";
            "depends_on" Texts "The ids of the steps that must be done before.";
            "wave" Integer "0 for steps without dependencies, else one more than the highest wave of those.";
            "pushed_on_by_hub" Bool "True for a contact that the hub itself pushes on to the PSA once created.";
        },
    }
}

fn plan_reasons() -> Table {
    Table {
        name: "plan_reasons",
        comment: "One row per step and gate that holds it, or that keeps a field out of it.",
        key: &["run_id", "step_id", "code"],
        has_index: false,
        columns: columns! {
            "step_id" Text "The id of the step.";
            "code" Text "The gate's code.";
            "message" Text "What it says, in one sentence.";
            "remedy" Text "What to do about it.";
        },
    }
}

fn data_quality() -> Table {
    Table {
        name: "data_quality",
        comment: "One row per thing noticed about a value or a record; none of them changes a state.",
        key: &["run_id", "source", "entity", "record_id", "field", "code"],
        has_index: false,
        columns: columns! {
            "source" Text "The name of the source.";
            "entity" Text "The entity, in the singular.";
            "record_id" Text "The id of the record; null when it is about a whole file.";
            "field" Text "The field; null when it is about the record.";
            "code" Text "What was noticed, as a code.";
            "raw_value" Text "The value as it was read.";
            "message" Text "What was noticed, in one sentence.";
        },
    }
}

fn quarantine() -> Table {
    Table {
        name: "quarantine",
        comment: "One row per row of a file that could not become a record.",
        key: &["run_id", "source", "entity", "file", "line"],
        has_index: false,
        columns: columns! {
            "source" Text "The name of the source.";
            "entity" Text "The entity that the file holds, in the singular.";
            "file" Text "The file, relative to the pipeline's folder.";
            "line" Integer "The line on which the row starts, or the number of its element, from 1.";
            "reason" Text "A code, and a sentence that says what is wrong.";
            "raw" Text "The row as it was read, cut at 4,096 bytes.";
        },
    }
}

fn decisions() -> Table {
    Table {
        name: "decisions",
        comment: "One row per row of the decisions file, with what became of it.",
        key: &["run_id", "line"],
        has_index: false,
        columns: columns! {
            "line" Integer "The line in the decisions file, from 1.";
            "entity" Text "The entity of the record, in the singular.";
            "source" Text "The name of the source.";
            "record_id" Text "The id of the record in its source.";
            "decision" Text "match, never, ignore or create.";
            "hub_id" Text "The hub id, or SOURCE/RECORD-ID of a cluster without a hub row; null for ignore and create.";
            "note" Text "The note of the person who decided.";
            "by" Text "Who decided.";
            "at" Text "When, as written in the file.";
            "outcome" Text "What became of it: applied, superseded, carried, or why it did nothing.";
        },
    }
}
