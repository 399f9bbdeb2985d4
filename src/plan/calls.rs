//! The calls of a plan's steps, written when they are asked for.

use std::sync::Arc;

use super::context::Context;
use super::draft::Draft;
use super::presence::Presences;
use super::request::{Call, Request};
use super::{Action, Origin, Plan, PlanInput, Step, vendor};

/// The call of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepCall {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the system's base address; `{STEP}` is the id that an earlier step gives.
    pub path: String,
    /// The body as a JSON document, empty when the call has none or when the step is held by `limit_exceeded`. In it
    /// `{"$ref": "STEP"}` is the id that an earlier step gives; with `"member": "a.b"`, that member of its answer.
    pub payload: String,
    /// The ids of the steps that must be done before.
    pub depends_on: Vec<Arc<str>>,
}

impl StepCall {
    pub(super) fn new(call: Call, mut depends_on: Vec<Arc<str>>) -> Self {
        let Call { method, path, payload } = call;
        depends_on.sort_unstable();
        Self { method, path, payload, depends_on }
    }
}

/// Writes the calls of a plan.
#[derive(Debug)]
pub struct Calls<'a> {
    ctx: Context<'a>,
    /// By target.
    presences: &'a [Presences],
}

impl<'a> Calls<'a> {
    /// The calls of `plan`, which was made of `input`.
    #[must_use]
    pub fn new(plan: &'a Plan, input: &PlanInput<'a>) -> Self {
        Self { ctx: Context::new(input), presences: &plan.presences }
    }

    /// The call of a step of the plan. The same step gives the same call.
    #[must_use]
    pub fn of(&self, step: &Step) -> StepCall {
        match &step.origin {
            Origin::Item(call) => call.as_ref().clone(),
            Origin::Draft { left_out, is_beyond_limit } => {
                let Some(mut draft) = self.draft(step, step.action, left_out) else {
                    return StepCall::default();
                };
                draft.is_beyond_limit = *is_beyond_limit;
                self.main(&draft)
            }
            Origin::Further { left_out, action, number } => {
                let Some(draft) = self.draft(step, *action, left_out) else { return StepCall::default() };
                self.further(&draft, *number)
            }
        }
    }

    /// The draft that the step was made of, without what holds it. Every one is of a cluster.
    fn draft(&self, step: &Step, action: Action, left_out: &[&'static str]) -> Option<Draft> {
        let (entity, cluster) = step.cluster?;
        let mut draft = Draft::new(step.target, entity, cluster, action);
        draft.left_out = left_out.to_vec();
        let Some(row) = step.row else { return Some(draft) };
        draft.row = Some(row);
        let of_cluster = self.ctx.diffs.of(step.target, entity, cluster);
        let of_row = self.ctx.diffs.by_record(of_cluster).into_iter().find(|(other, _)| *other == row);
        draft.diffs = of_row.map(|(_, diffs)| diffs).unwrap_or_default();
        Some(draft)
    }

    fn main(&self, draft: &Draft) -> StepCall {
        let mut request = Request::new(&self.ctx, &self.presences[usize::from(draft.target)], draft);
        let call = request.call().map(|(method, path, body)| {
            let payload = body.map(|body| body.to_text()).unwrap_or_default();
            Call { method, path, payload }
        });
        StepCall::new(call.unwrap_or_default(), request.depends_on)
    }

    fn further(&self, draft: &Draft, number: u32) -> StepCall {
        let vendor = vendor::of(&self.ctx.system(draft.target).name);
        let presences = &self.presences[usize::from(draft.target)];
        let all = vendor.map(|vendor| vendor.further(&self.ctx, presences, draft)).unwrap_or_default();
        let Some(further) = all.into_iter().nth(number as usize) else { return StepCall::default() };
        StepCall::new(further.call, further.depends_on)
    }
}
