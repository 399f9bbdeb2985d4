//! Waves: which steps can be sent at once.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Step;

/// The step is not there, or not numbered yet.
const NONE: u32 = u32::MAX;

/// Which steps wait for which. Steps that wait for nothing, which are most, take no room.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    /// The ids of steps that others wait for, numbered.
    ids: FxHashMap<Arc<str>, u32>,
    /// The steps that wait, each with the end of its part of `awaited`.
    waiting: Vec<(u32, usize)>,
    /// Numbers of ids.
    awaited: Vec<u32>,
}

impl Dependencies {
    /// Notes the ids of the steps that the step at a position waits for.
    pub(super) fn add(&mut self, step: u32, ids: &[Arc<str>]) {
        if ids.is_empty() {
            return;
        }
        for id in ids {
            let number = self.ids.get(id).copied().unwrap_or_else(|| {
                let next = u32::try_from(self.ids.len()).expect("steps are counted in 32 bits");
                self.ids.insert(Arc::clone(id), next);
                next
            });
            self.awaited.push(number);
        }
        self.waiting.push((step, self.awaited.len()));
    }

    /// Gives every step the wave after those of the steps that it waits for. Those that are not there, for they are
    /// held and have no place in the plan, do not count.
    pub(super) fn number(self, steps: &mut [Step]) {
        let mut positions = vec![NONE; self.ids.len()];
        for (at, step) in (0..).zip(steps.iter()) {
            if let Some(number) = self.ids.get(step.id.as_str()) {
                positions[*number as usize] = at;
            }
        }
        for (step, _) in &self.waiting {
            steps[*step as usize].wave = NONE;
        }
        let starts = std::iter::once(0).chain(self.waiting.iter().map(|(_, end)| *end));
        let mut open: Vec<(u32, &[u32])> = self
            .waiting
            .iter()
            .zip(starts)
            .map(|((step, end), start)| (*step, &self.awaited[start..*end]))
            .collect();
        // Each round numbers the steps that wait for numbered ones. The deepest chains are organization, location,
        // contact, configuration, and the parents of organizations, which have no circles.
        loop {
            let numbered: Vec<(u32, u32)> = open
                .iter()
                .filter_map(|(step, awaited)| {
                    let awaited = awaited.iter().map(|number| positions[*number as usize]);
                    let mut waves = awaited.filter(|at| *at != NONE).map(|at| steps[at as usize].wave);
                    let highest = waves.try_fold(0, |most, wave| (wave != NONE).then(|| most.max(wave)))?;
                    Some((*step, highest + 1))
                })
                .collect();
            if numbered.is_empty() {
                break;
            }
            for (step, wave) in numbered {
                steps[step as usize].wave = wave;
            }
            open.retain(|(step, _)| steps[*step as usize].wave == NONE);
        }
        for (step, _) in open {
            steps[step as usize].wave = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, Origin, StepStatus};

    fn step(id: &str) -> Step {
        Step {
            id: id.to_owned(),
            target: 0,
            entity: "organization",
            action: Action::Create,
            cluster: None,
            row: None,
            status: StepStatus::Ready,
            wave: 0,
            pushed_on_by_hub: false,
            origin: Origin::Item(Box::default()),
        }
    }

    #[test]
    fn a_step_comes_after_all_that_it_waits_for() {
        // The first waits for the last two, the last but one for the last. What waits for a step that is not there
        // does not wait, and comes after those that wait for nothing. Two wait for each other and never end.
        let waits: [(&str, &[&str]); 6] = [
            ("device", &["type", "client"]),
            ("contact", &["held"]),
            ("a", &["b"]),
            ("b", &["a"]),
            ("client", &["type"]),
            ("type", &[]),
        ];
        let mut steps = Vec::new();
        let mut dependencies = Dependencies::default();
        for (at, (id, ids)) in (0..).zip(waits) {
            steps.push(step(id));
            let ids: Vec<Arc<str>> = ids.iter().map(|id| Arc::from(*id)).collect();
            dependencies.add(at, &ids);
        }
        dependencies.number(&mut steps);
        let waves: Vec<u32> = steps.iter().map(|step| step.wave).collect();
        assert_eq!(waves, [2, 1, 0, 0, 1, 0]);
    }
}
