//! What can stop a run. All of it is expected: the text says what, where, and what to do about it.

use thiserror::Error;

use crate::extract::ExtractError;
use crate::model::QuarantineRow;
use crate::pipeline::PipelineErrors;
use crate::warehouse::WarehouseError;

/// What stopped a run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The decisions file is wrong.
    #[error("{0}")]
    Decisions(#[source] PipelineErrors),
    /// A source could not be read.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// A source has too many bad rows.
    #[error(transparent)]
    BadRows(#[from] BadRows),
    /// The warehouse could not be used.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The pipeline has no source of this name.
    #[error("the pipeline has no source `{name}`; it has {}", quoted(sources))]
    NoSuchSource {
        /// The name.
        name: String,
        /// The names that there are.
        sources: Vec<String>,
    },
    /// No organization has this name or id.
    #[error("no organization is called `{name}`, and none has that id")]
    NoSuchOrganization {
        /// The name.
        name: String,
    },
    /// Several organizations have this name.
    #[error("several organizations are called `{name}`: {}", quoted(ids))]
    SharedOrganization {
        /// The name.
        name: String,
        /// Their ids, as SOURCE/RECORD-ID.
        ids: Vec<String>,
    },
    /// No record has this id.
    #[error("no record is called `{wanted}`")]
    NoSuchRecord {
        /// The record, as SOURCE/RECORD-ID.
        wanted: String,
    },
    /// Records of several entities have this id.
    #[error("`{wanted}` is {}", entities.iter().map(|name| with_article(name)).collect::<Vec<_>>().join(" and "))]
    AmbiguousRecord {
        /// The record, as SOURCE/RECORD-ID.
        wanted: String,
        /// The entities.
        entities: Vec<&'static str>,
    },
}

impl RunError {
    /// What the user can do about it; empty when the message says it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::BadRows(_) => {
                "correct the rows, or raise `bad_rows_percent` under `[limits]` in the pipeline".to_owned()
            }
            Self::SharedOrganization { .. } => "give the id of one of them".to_owned(),
            Self::NoSuchRecord { .. } => {
                "a record is SOURCE/RECORD-ID, with the source's name in the pipeline and the id as the vendor writes it"
                    .to_owned()
            }
            Self::AmbiguousRecord { .. } => "say which one with `--entity`".to_owned(),
            Self::NoSuchOrganization { .. } => {
                "give its name as a system writes it, its id in the hub, or SOURCE/RECORD-ID".to_owned()
            }
            _ => String::new(),
        }
    }
}

/// A source with more bad rows than the limit.
#[derive(Debug, Error)]
#[error(
    "{quarantined} of the {rows} rows of `{source_name}` {} bad, more than the {limit} % that are allowed{}",
    if *quarantined == 1 { "is" } else { "are" },
    shown(examples)
)]
pub struct BadRows {
    /// The source's name. A field called `source` would be taken for the cause of the error.
    pub source_name: String,
    /// Rows read.
    pub rows: u64,
    /// Rows quarantined.
    pub quarantined: u64,
    /// The limit in percent.
    pub limit: f64,
    /// The first of them.
    pub examples: Vec<QuarantineRow>,
}

fn shown(examples: &[QuarantineRow]) -> String {
    examples.iter().map(|row| format!("\n  {}:{}: {}", row.file, row.line, row.reason)).collect()
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}
