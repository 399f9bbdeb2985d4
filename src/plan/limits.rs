//! The safety limit on creates: a source that changed its ids, or a hub export that lacks half its rows, must not
//! end in thousands of new records.

use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::{Action, StepStatus};
use crate::model::{Entity, Records, SourceIx};

/// Holds every create of one entity in one target when more of them are ready than the pipeline allows. Creates that
/// another gate holds do not count, for they are not sent; once the limit is exceeded it holds them as well.
///
/// Returns whether it did.
pub(super) fn hold(ctx: &Context<'_>, target: SourceIx, entity: Entity, drafts: &mut [Vec<Draft>]) -> bool {
    let is_create = |draft: &Draft| draft.action == Action::Create;
    let ready =
        drafts.iter().flatten().filter(|draft| is_create(draft) && draft.status == StepStatus::Ready).count();
    let rows = ctx.tables.get(super::hub::HUB, entity).map_or(0, Records::len);
    let limit = allowed(ctx.pipeline.limits.creates, ctx.pipeline.limits.creates_percent, rows);
    if ready as u64 <= limit {
        return false;
    }
    let target = &ctx.source(target).name;
    let (noun, verb) = if ready == 1 { (entity.name(), "is") } else { (entity.table(), "are") };
    let message = format!("{ready} new {noun} in `{target}` {verb} more than the {limit} allowed");
    for draft in drafts.iter_mut().flatten().filter(|draft| is_create(draft)) {
        draft.holds.add(Gate::LimitExceeded, message.as_str());
        draft.is_beyond_limit = true;
        draft.settle();
    }
    true
}

/// `creates`, or `percent` of `rows` if that is more.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a row count far below 2^52, and the cast saturates"
)]
fn allowed(creates: u64, percent: f64, rows: usize) -> u64 {
    creates.max((rows as f64 * percent / 100.0).floor() as u64)
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn the_larger_of_count_and_share_is_allowed() {
        assert_eq!(allowed(100, 10.0, 500), 100);
        assert_eq!(allowed(100, 10.0, 1_009), 100);
        assert_eq!(allowed(100, 10.0, 1_010), 101);
        assert_eq!(allowed(0, 0.0, 1_000_000), 0);
        assert_eq!(allowed(5, f64::NAN, 10), 5);
    }
}
