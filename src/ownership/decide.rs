//! Which value a field should have: the owner list, and for two-way fields what changed since the last run.

use std::sync::Arc;

use smallvec::SmallVec;

use super::context::{Context, EntityPlan, FieldPlan, HUB, Said};
use super::roster::VoiceIx;
use super::two_way::Earlier;
use crate::model::{RecordRef, SourceIx};

/// What decided a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The owner at this position of the list.
    Owner(usize),
    /// The hub changed, no PSA did.
    HubChanged,
    /// A PSA changed, the hub did not.
    PsaChanged,
    /// Several changed, so the owner at this position decided.
    BothChanged(usize),
}

impl Rule {
    /// The text in the column `rule`.
    pub(super) fn text(self, field: &FieldPlan) -> Arc<str> {
        match self {
            Self::Owner(owner) => Arc::clone(&field.owners[owner].0.rule),
            Self::HubChanged => "two_way:hub_changed".into(),
            Self::PsaChanged => "two_way:psa_changed".into(),
            Self::BothChanged(_) => "two_way:both_changed".into(),
        }
    }
}

/// What one field of one cluster should say.
#[derive(Debug)]
pub(super) struct Verdict<'a> {
    /// The value that wins and what decided; `None` when nobody has a value.
    pub winner: Option<(Said<'a>, Rule)>,
    /// The hub's value and each PSA's that were changed apart since the last run.
    pub clash: Option<Clash<'a>>,
}

/// Values that two systems changed apart.
#[derive(Debug)]
pub(super) struct Clash<'a> {
    /// What the hub says.
    pub hub: Said<'a>,
    /// What the PSAs say that changed and say something else.
    pub psas: SmallVec<[Said<'a>; 1]>,
}

/// Decides one field of one cluster, whose records `speaker` names.
pub(super) fn decide<'a>(
    context: &Context<'a>,
    plan: &EntityPlan,
    field: &FieldPlan,
    earlier: &Earlier<'a>,
    speaker: impl Fn(VoiceIx) -> Option<RecordRef>,
) -> Verdict<'a> {
    let mut clash = None;
    if !field.two_way.is_empty() {
        let changes = Changes::new(context, plan, field, earlier, &speaker);
        if let Some((said, rule)) = changes.only_one() {
            return Verdict { winner: Some((said, rule)), clash: None };
        }
        clash = changes.clash();
    }
    let owners = field.owners.iter().enumerate();
    let winner = owners.into_iter().find_map(|(owner, (_, voice))| {
        let said = context.read(plan.entity, field, speaker(*voice)?);
        let rule = if clash.is_some() { Rule::BothChanged(owner) } else { Rule::Owner(owner) };
        said.form.is_ok().then_some((said, rule))
    });
    Verdict { winner, clash }
}

/// What the two-way systems of one cluster say of one field, with what is known of each: whether it changed.
struct Changes<'a>(SmallVec<[(Said<'a>, bool); 2]>);

impl<'a> Changes<'a> {
    /// Only systems of which the last run is known; none when the hub is not among them, or no PSA is.
    fn new(
        context: &Context<'a>,
        plan: &EntityPlan,
        field: &FieldPlan,
        earlier: &Earlier<'a>,
        speaker: impl Fn(VoiceIx) -> Option<RecordRef>,
    ) -> Self {
        let mut known = SmallVec::new();
        for (source, voice) in field.targets() {
            let Some(record) = speaker(voice) else { continue };
            if !context.is_carried(plan.entity, field, record) {
                continue;
            }
            let said = context.read(plan.entity, field, record);
            let changed = earlier.has_changed(context, plan, field, &said);
            match changed {
                Some(changed) => known.push((said, changed)),
                None if source == HUB => break,
                None => {}
            }
        }
        if known.len() < 2 || source_of(&known[0]) != HUB {
            known.clear();
        }
        Self(known)
    }

    /// The value of the one system that changed, `None` when none or several did.
    fn only_one(&self) -> Option<(Said<'a>, Rule)> {
        let mut changed = self.0.iter().filter(|(_, changed)| *changed);
        let only = changed.next().filter(|_| changed.next().is_none())?;
        let rule = if source_of(only) == HUB { Rule::HubChanged } else { Rule::PsaChanged };
        Some((only.0.clone(), rule))
    }

    /// The values that the hub and PSAs changed to something different from each other.
    fn clash(&self) -> Option<Clash<'a>> {
        let [(hub, true), psas @ ..] = self.0.as_slice() else { return None };
        let psas: SmallVec<[Said<'a>; 1]> = psas
            .iter()
            .filter(|(psa, changed)| match (&hub.form, &psa.form) {
                (Ok(hub), Ok(psa)) => *changed && !hub.equals(psa),
                _ => false,
            })
            .map(|(psa, _)| psa.clone())
            .collect();
        (!psas.is_empty()).then(|| Clash { hub: hub.clone(), psas })
    }
}

fn source_of(known: &(Said<'_>, bool)) -> SourceIx {
    known.0.record.source
}
