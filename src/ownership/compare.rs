//! Differences of one field: every target that lacks the value that it should have.

use rayon::prelude::*;

use super::columns::differing;
use super::context::{Context, EntityPlan, FieldPlan, Said};
use super::decide::{Clash, Rule, Verdict, decide};
use super::roster::Roster;
use super::two_way::Earlier;
use crate::diff::{Conflict, Diff, DiffKind};
use crate::matching::ClusterIx;
use crate::model::RecordRef;

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
                for (_, voice) in field.targets() {
                    let Some(target) = speaker(voice) else { continue };
                    diffs.extend(diff(context, plan, field, cluster, target, &verdict));
                }
                conflicts.extend(conflict_rows(context, plan, field, cluster, &verdict));
            }
            (diffs, conflicts)
        })
        .collect();
    let (diffs, conflicts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    (diffs.into_iter().flatten().collect(), conflicts.into_iter().flatten().collect())
}

/// How the target differs from what was decided, `None` when it does not, or when its file does not carry the field.
fn diff<'a>(
    context: &Context<'a>,
    plan: &EntityPlan,
    field: &FieldPlan,
    cluster: ClusterIx,
    target: RecordRef,
    verdict: &Verdict<'a>,
) -> Option<Diff> {
    let (said, rule) = verdict.winner.as_ref()?;
    if said.record == target || !context.is_carried(plan.entity, field, target) {
        return None;
    }
    let current = context.read(plan.entity, field, target);
    let Ok(form) = &said.form else { return None };
    if current.form.as_ref().is_ok_and(|own| own.satisfies(form)) {
        return None;
    }
    let kind = match rule {
        Rule::BothChanged(_) => DiffKind::Conflict,
        _ if current.text.is_none() || current.form.is_err() => DiffKind::Set,
        _ => DiffKind::Change,
    };
    Some(Diff {
        entity: plan.entity,
        cluster,
        target,
        field: field.field.name,
        desired: context.written(plan.entity, field, said, &current),
        desired_cluster: form.cluster(),
        current: current.text.map(std::borrow::Cow::into_owned),
        supplied_by: said.record,
        kind,
        rule: rule.text(field),
    })
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
