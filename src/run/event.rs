//! What a run tells while it works. A run prints nothing itself; a [`Reporter`] decides what becomes of its events.

use std::fmt;

use super::Timing;

/// A stage of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Stage {
    /// Files to records.
    Extract,
    /// Records to keys.
    Normalize,
    /// Keys to clusters.
    Match,
    /// Clusters to desired values, and the fields that differ from them.
    #[value(alias = "resolve")]
    Diff,
    /// Differences to steps.
    Plan,
    /// Everything into the warehouse.
    Warehouse,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 6] =
        [Self::Extract, Self::Normalize, Self::Match, Self::Diff, Self::Plan, Self::Warehouse];

    /// The name, as in `--until`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Normalize => "normalize",
            Self::Match => "match",
            Self::Diff => "diff",
            Self::Plan => "plan",
            Self::Warehouse => "warehouse",
        }
    }

    /// What it is doing, for progress.
    #[must_use]
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Extract => "reading",
            Self::Normalize => "normalizing keys",
            Self::Match => "matching",
            Self::Diff => "comparing fields",
            Self::Plan => "planning",
            Self::Warehouse => "writing the warehouse",
        }
    }

    /// What it counts, in the singular.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Extract | Self::Normalize | Self::Warehouse => "record",
            Self::Match => "cluster",
            Self::Diff => "differing field",
            Self::Plan => "plan step",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage began.
    StageStarted(Stage),
    /// A file was read.
    FileRead {
        /// The source's name.
        source: &'a str,
        /// The file, as shown to people.
        file: &'a str,
        /// Rows read from it.
        rows: u64,
    },
    /// A stage ended.
    StageFinished(Timing),
    /// Something that a person should know and that does not stop the run.
    Warning(&'a Warning),
}

/// A warning of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A stable code.
    pub code: &'static str,
    /// The source, empty when it is about none.
    pub source: String,
    /// One sentence.
    pub message: String,
    /// What to do about it, or empty.
    pub hint: String,
}

/// Takes the events of a run. Stages run in several threads, so events may come from any of them.
pub trait Reporter: Sync {
    /// Takes one event.
    fn event(&self, event: &Event<'_>);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _: &Event<'_>) {}
}
