//! Push plans: steps, the gates that hold them, and the vendors' own payloads. Nothing is sent.

use crate::matching::ClusterIx;
use crate::model::{Entity, SourceIx};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Finds the id of a value in a list of the target, such as a type or a manufacturer.
    Lookup,
    /// Creates a record.
    Create,
    /// Changes fields of a record.
    Update,
    /// Brings an archived record back.
    Unarchive,
}

impl Action {
    /// The name, as in the column `action`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::Create => "create",
            Self::Update => "update",
            Self::Unarchive => "unarchive",
        }
    }
}

/// Whether a step may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepStatus {
    /// It may.
    Ready,
    /// A gate holds it.
    Blocked,
    /// A person must look first.
    Review,
}

impl StepStatus {
    /// The name, as in the column `status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Review => "review",
        }
    }
}

/// One planned call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Stable between runs: `TARGET:ACTION:ENTITY:CLUSTER-ID`, for lookups `TARGET:lookup:LIST:NAME`.
    pub id: String,
    /// The source that is written to.
    pub target: SourceIx,
    /// What is written: an entity's name, or the name of a list such as `manufacturer`.
    pub entity: &'static str,
    /// What it does.
    pub action: Action,
    /// The cluster, `None` for lookups.
    pub cluster: Option<(Entity, ClusterIx)>,
    /// The record to change, `None` for creates and lookups.
    pub target_record_id: Option<String>,
    /// Whether it may be sent.
    pub status: StepStatus,
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the system's base address.
    pub path: String,
    /// The body as a JSON document, empty when the call has none or when the step is held by `limit_exceeded`.
    pub payload: String,
    /// The ids of the steps that must be done before.
    pub depends_on: Vec<String>,
    /// 0 for steps without dependencies, else one more than the highest wave of those.
    pub wave: u32,
    /// True for a contact that the hub itself will push on to the PSA once created.
    pub pushed_on_by_hub: bool,
}

/// One gate that holds a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReason {
    /// The position of the step in [`Plan::steps`].
    pub step: u32,
    /// The gate's code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// A whole plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// By wave, then by id.
    pub steps: Vec<Step>,
    /// By step, then by code.
    pub reasons: Vec<StepReason>,
    /// True when a safety limit held something back: the run's status is `held`.
    pub is_held: bool,
}
