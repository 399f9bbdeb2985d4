//! Differences of one field: every target that lacks the value that it should have.

use super::canonical::Form;
use super::columns::FieldColumns;
use super::context::{Context, EntityPlan, FieldPlan, Said};
use super::decide::{Clash, Rule, Verdict, decide};
use super::roster::Roster;
use super::two_way::Earlier;
use crate::diff::{Conflict, Diff, DiffKind};
use crate::matching::ClusterIx;

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// By target of the plan, then by cluster and field.
    pub diffs: Vec<Vec<Diff>>,
    /// By cluster and field.
    pub conflicts: Vec<Conflict>,
}

/// The differences and conflicts of the clusters of a roster, in `fields`, which come in table order.
pub(super) fn compare<'a>(
    context: &'a Context<'_>,
    plan: &EntityPlan,
    fields: &[(&FieldPlan, FieldColumns<'a>)],
    earlier: &Earlier<'a>,
    roster: &Roster,
) -> Differences {
    let mut found = Differences { diffs: vec![Vec::new(); plan.targets.len()], conflicts: Vec::new() };
    for (field, columns) in fields {
        for position in columns.differing(plan, field, roster) {
            let speaker = |voice| roster.speaker(&plan.voices, voice, position);
            let verdict = decide(context, plan, field, earlier, speaker);
            let cluster = roster.clusters[position];
            let currents = context.currents(plan.entity, field, speaker);
            for current in &currents {
                let difference = Difference { context, plan, field, current, currents: &currents };
                let target = plan.targets.iter().position(|target| *target == current.record.source);
                if let (Some(diff), Some(target)) = (difference.diff(cluster, &verdict), target) {
                    found.diffs[target].push(diff);
                }
            }
            found.conflicts.extend(conflict_rows(context, plan, field, cluster, &verdict));
        }
    }
    // Fields come in table order, so stable sorts keep it.
    found.diffs.iter_mut().for_each(|of_target| of_target.sort_by_key(|diff| diff.cluster));
    found.conflicts.sort_by_key(|conflict| conflict.cluster);
    found
}

/// One target beside what it should say.
struct Difference<'a, 'c> {
    context: &'c Context<'a>,
    plan: &'c EntityPlan,
    field: &'c FieldPlan,
    current: &'c Said<'a>,
    currents: &'c [Said<'a>],
}

impl<'a> Difference<'a, '_> {
    /// How the target differs from what was decided, `None` when it does not.
    fn diff(&self, cluster: ClusterIx, verdict: &Verdict<'a>) -> Option<Diff> {
        let (said, rule) = verdict.winner.as_ref()?;
        let (current, field, entity) = (self.current, self.field, self.plan.entity);
        if said.record == current.record || current.satisfies(said) {
            return None;
        }
        let desired = self.context.written(entity, field, said, Some(current), self.currents);
        // A PSA may say what counts for nothing, such as an operating system that the hub's list lacks, in the words of
        // the hub itself. Writing it again would change nothing.
        if current.form.is_err() && current.text.as_deref() == Some(desired.as_str()) {
            return None;
        }
        let kind = match rule {
            Rule::BothChanged(_) => DiffKind::Conflict,
            _ if current.text.is_none() || current.form.is_err() => DiffKind::Set,
            _ => DiffKind::Change,
        };
        Some(Diff {
            entity,
            cluster,
            target: current.record,
            field: field.field.name,
            desired,
            desired_cluster: said.form.as_ref().ok().and_then(Form::cluster),
            current: current.text.as_deref().map(str::to_owned),
            supplied_by: said.record,
            kind,
            rule: rule.text(field),
        })
    }
}

/// One row for every PSA whose value and the hub's were changed apart.
fn conflict_rows(
    context: &Context<'_>,
    plan: &EntityPlan,
    field: &FieldPlan,
    cluster: ClusterIx,
    verdict: &Verdict<'_>,
) -> Vec<Conflict> {
    let Some(Clash { hub, psas }) = &verdict.clash else { return Vec::new() };
    let text = |said: &Said<'_>| said.text.as_deref().unwrap_or_default().to_owned();
    let (winner, why) = match &verdict.winner {
        Some((said, Rule::Owner(owner) | Rule::BothChanged(owner))) => {
            let winner = context.pipeline.sources[usize::from(said.record.source)].name.clone();
            let owner = &field.owners[*owner].0.name;
            (
                winner,
                format!("both changed since the last run, and `{owner}` is the first owner with a value"),
            )
        }
        _ => (String::new(), "both changed since the last run, and no owner has a value".to_owned()),
    };
    psas.iter()
        .map(|psa| Conflict {
            entity: plan.entity,
            cluster,
            field: field.field.name,
            hub_value: text(hub),
            psa: psa.record.source,
            psa_value: text(psa),
            winner: winner.clone(),
            why: why.clone(),
        })
        .collect()
}
