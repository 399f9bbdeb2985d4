//! What is left of the budget of an account, as the vendor counts it: others spend it too.

use std::time::Instant;

use super::client::{Call, Client};
use super::paging::Ask;
use super::template::{Values, number};
use super::{ApiError, ErrorKind};
use crate::systems::Budget;

/// What the call that says it is called.
pub(super) const BUDGET: &str = "budget";

/// What the vendor says of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent {
    /// Requests that may be made, one at least.
    pub limit: u64,
    /// Requests that were made.
    pub used: u64,
}

impl Client<'_> {
    /// What the vendor says of the budget; `None` where it says nothing.
    pub(super) fn spent(&self, budget: &Budget, values: Values) -> Result<Option<Spent>, ApiError> {
        let call = Call { endpoint: BUDGET, path: &budget.path, ask: Ask::default(), values, may_wait: true };
        let answer = self.call(&call)?;
        let at = |path: &str| number(&answer.json, path, true);
        let (Some(limit), Some(used)) = (at(&budget.limit), at(&budget.used)) else { return Ok(None) };
        Ok((limit > 0).then_some(Spent { limit, used }))
    }

    /// Asks what is used of the budget, where the system has such a call and the pace is limited, so that the pace keeps to
    /// it. Fails where the vendor refuses the credentials; without an answer only own requests count.
    pub(super) fn note_budget(&self) -> Result<(), ApiError> {
        let Some(budget) = self.api.check.budget.as_ref().filter(|_| self.pacer.is_limited()) else {
            return Ok(());
        };
        match self.spent(budget, Values::new()) {
            Ok(Some(Spent { limit, used })) => {
                let ours = limit.saturating_mul(100 - budget.leave.min(100)) / 100;
                let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                self.pacer.note(count(limit), count(ours), count(used), Instant::now());
                Ok(())
            }
            Err(error) if error.kind == ErrorKind::SignIn => Err(error),
            Ok(None) | Err(_) => Ok(()),
        }
    }
}
