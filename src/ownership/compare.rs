//! Differences of one field: every target that lacks the value that it should have.

use rayon::prelude::*;

use super::canonical::Form;
use super::columns::differing;
use super::context::{Context, EntityPlan, FieldPlan, Said};
use super::decide::{Clash, Rule, Verdict, decide};
use super::roster::Roster;
use super::two_way::Earlier;
use crate::diff::{Conflict, Diff, DiffKind};
use crate::matching::ClusterIx;

/// The differences and conflicts of one field, by cluster.
pub(super) fn compare(
    context: &Context<'_>,
    plan: &EntityPlan,
    field: &FieldPlan,
    earlier: &Earlier<'_>,
    roster: &Roster,
) -> (Vec<Diff>, Vec<Conflict>) {
    let found: Vec<(Vec<Diff>, Vec<Conflict>)> = differing(context, plan, field, roster)
        .par_chunks(4096)
        .map(|positions| {
            let (mut diffs, mut conflicts) = (Vec::new(), Vec::new());
            for position in positions {
                let speaker = |voice| roster.speaker(&plan.voices, voice, *position);
                let verdict = decide(context, plan, field, earlier, speaker);
                let cluster = roster.clusters[*position];
                let currents = context.currents(plan.entity, field, speaker);
                let all = &currents;
                diffs.extend(currents.iter().filter_map(|current| {
                    let difference = Difference { context, plan, field, current, currents: all };
                    difference.diff(cluster, &verdict)
                }));
                conflicts.extend(conflict_rows(context, plan, field, cluster, &verdict));
            }
            (diffs, conflicts)
        })
        .collect();
    let (diffs, conflicts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    (diffs.into_iter().flatten().collect(), conflicts.into_iter().flatten().collect())
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
