//! What a run is asked to do beyond what the pipeline says.

use super::Stage;

/// The options of one run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// The last stage to run; everything when it is [`Stage::Warehouse`] or nothing.
    pub until: Option<Stage>,
    /// Reads the hub and this source only.
    pub source: Option<String>,
    /// Reports on this organization only: its name, or SOURCE/RECORD-ID.
    pub organization: Option<String>,
    /// Accepts that a source shrank.
    pub confirm_shrink: bool,
}

impl RunOptions {
    /// The last stage.
    ///
    /// A narrowed run never reaches the warehouse: `latest_*` views are about the whole estate, and the next run compares
    /// itself with the last one, so a part in their place would look like a change of everything else.
    #[must_use]
    pub fn last_stage(&self) -> Stage {
        let asked = self.until.unwrap_or(Stage::Warehouse);
        if self.is_narrowed() { asked.min(Stage::Plan) } else { asked }
    }

    /// Whether the run leaves something out.
    #[must_use]
    pub const fn is_narrowed(&self) -> bool {
        self.source.is_some() || self.organization.is_some()
    }
}
