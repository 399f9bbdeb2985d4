//! One step of the fold: the records of one source against the clusters of one scope.
//!
//! The clusters stay as they were before the step until every record is decided; then the records join or found
//! theirs. Rules and their order are those of the design's section on matching; each function names its part.

use smallvec::SmallVec;

use super::outcome::Rule;
use super::tier::TierIndex;
use super::universe::{Ids, Local, RecordValues, Universe, ValueId, are_disjoint};
use crate::model::{Entity, Reason, RecordRef, Role, State};
use crate::normalize::Key;
use crate::pipeline::Tiers;

/// What a decision says of a record of the step, resolved to clusters of the scope.
#[derive(Debug, Clone, Default)]
pub(super) struct Decided {
    pub main: Option<Main>,
    /// Clusters that the record never belongs to.
    pub never: Ids,
}

/// The deciding part of a record's decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Main {
    Match(Local),
    Create,
}

/// A cluster that a candidate names: one of the scope, or the one that another record of the step ends up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Toward {
    Cluster(Local),
    Record(u32),
    /// A hub row of another scope.
    HubRow(u32),
}

/// How a record of the step ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub state: State,
    pub rule: Rule,
    pub reason: Option<Reason>,
    /// The cluster that it joined, `None` when it founds one.
    pub joined: Option<Local>,
    /// The tier and the value that decided.
    value: Option<(usize, ValueId)>,
    /// The text of that value, as a range.
    pub key_value: (u32, u32),
    /// The member that held it, of the cluster joined or of those rejected the first in fold order.
    pub holder: Option<RecordRef>,
    /// What was rejected.
    pub rejected: Vec<Toward>,
}

/// One step while it runs.
pub(super) struct Step<'s, 'a> {
    universe: &'s Universe<'a>,
    entity: Entity,
    role: Role,
    settings: &'s Tiers,
    records: &'s RecordValues,
    decided: &'s [Decided],
    /// The tiers, then the identity keys that are no tier.
    tiers: Vec<TierIndex<'s>>,
    ended: Vec<Option<Ended>>,
    /// By cluster: the records that joined it so far, and whether by decision or link.
    joined: Vec<SmallVec<[(u32, bool); 1]>>,
    /// By cluster: several records pointed to it at an earlier tier.
    contested: Vec<bool>,
}

/// The keys by which a left-over record may be known although no tier asks for them.
const fn identity_keys(entity: Entity) -> &'static [Key] {
    match entity {
        Entity::Configuration => &[Key::Serial, Key::Mac, Key::Hostname],
        Entity::Contact => &[Key::Email],
        Entity::Location => &[Key::Address],
        _ => &[],
    }
}

impl<'s, 'a> Step<'s, 'a> {
    pub fn new(
        universe: &'s Universe<'a>,
        entity: Entity,
        role: Role,
        settings: &'s Tiers,
        records: &'s RecordValues,
        decided: &'s [Decided],
    ) -> Self {
        let count = u32::try_from(decided.len()).expect("fewer than 4 billion records");
        let tier = |keys: &[Key]| TierIndex::new(keys, records, count, universe);
        let mut tiers: Vec<TierIndex<'s>> = settings.tiers.iter().map(|keys| tier(keys)).collect();
        for key in identity_keys(entity) {
            if !tiers.iter().any(|tier| tier.is_only(*key)) {
                tiers.push(tier(&[*key]));
            }
        }
        Self {
            universe,
            entity,
            role,
            settings,
            records,
            decided,
            tiers,
            ended: decided.iter().map(|_| None).collect(),
            joined: vec![SmallVec::new(); universe.clusters.len()],
            contested: vec![false; universe.clusters.len()],
        }
    }

    /// Runs the step. `moved` says which hub row of another scope stores a record's own link; the texts of
    /// key values are appended to `text`. Returns how every record ended, and the matched records of which a
    /// weaker key points to another cluster.
    pub fn run(
        mut self,
        moved: impl Fn(u32) -> Option<u32>,
        text: &mut String,
    ) -> (Vec<Ended>, Vec<(u32, Local)>) {
        self.apply_decisions();
        for leaves_archived_out in [false, true] {
            for tier in 0..self.settings.tiers.len() {
                self.evaluate(tier, leaves_archived_out);
            }
        }
        for record in self.undecided() {
            let ended = self.left_over(record, &moved);
            self.ended[record as usize] = Some(ended);
        }
        let disagreements = self.disagreements();
        self.evidence(text);
        (
            self.ended
                .into_iter()
                .map(|ended| ended.expect("every record was decided or left over"))
                .collect(),
            disagreements,
        )
    }

    fn undecided(&self) -> Vec<u32> {
        (0..self.ended.len())
            .filter(|record| self.ended[*record].is_none())
            .map(|record| u32::try_from(record).expect("fewer than 4 billion records"))
            .collect()
    }

    /// Decisions come first. Two of one source onto one cluster do not apply, except for organizations.
    fn apply_decisions(&mut self) {
        let mut by_cluster: Vec<(Local, u32)> = Vec::new();
        for (record, decided) in self.decided.iter().enumerate() {
            let record = u32::try_from(record).expect("fewer than 4 billion records");
            match decided.main {
                Some(Main::Create) => {
                    self.ended[record as usize] = Some(Ended::new(State::Unmatched, Rule::Decision));
                }
                Some(Main::Match(cluster)) => by_cluster.push((cluster, record)),
                None => {}
            }
        }
        by_cluster.sort_unstable();
        for group in by_cluster.chunk_by(|a, b| a.0 == b.0) {
            for (cluster, record) in group {
                let ended = if group.len() > 1 && self.entity != Entity::Organization {
                    Ended {
                        reason: Some(Reason::SeveralPointToOne),
                        rejected: vec![Toward::Cluster(*cluster)],
                        ..Ended::new(State::Review, Rule::Decision)
                    }
                } else {
                    self.joined[*cluster as usize].push((*record, true));
                    Ended { joined: Some(*cluster), ..Ended::new(State::Matched, Rule::Decision) }
                };
                self.ended[*record as usize] = Some(ended);
            }
        }
    }

    /// U(t,v) as seen by `record`: without the clusters that a `never` names, and without those that another
    /// record joined and that the veto keys rule out for this one.
    fn clusters(&self, record: u32, tier: usize, value: ValueId) -> impl Iterator<Item = Local> + '_ {
        let never = &self.decided[record as usize].never;
        self.tiers[tier].clusters(self.universe, value).iter().copied().filter(move |cluster| {
            let is_joined = self.joined[*cluster as usize].iter().any(|(other, _)| *other != record);
            let is_ruled_out = is_joined && self.is_vetoed(record, *cluster);
            !is_ruled_out && !never.contains(cluster)
        })
    }

    /// Whether a veto key is known on both sides and has nothing in common.
    fn is_vetoed(&self, record: u32, cluster: Local) -> bool {
        self.settings.veto.iter().any(|key| self.universe.is_disjoint(self.records, record, cluster, *key))
    }

    /// The cluster that an identifying value reaches: the only one that holds it, or the only one of them that is
    /// not in review.
    fn identified(
        &self,
        record: u32,
        tier: usize,
        value: ValueId,
        leaves_archived_out: bool,
    ) -> Option<Local> {
        let shares = self.entity == Entity::Organization && self.tiers[tier].is_link();
        if !shares && self.tiers[tier].records(value).len() != 1 {
            return None;
        }
        let clusters: Ids = self
            .clusters(record, tier, value)
            .filter(|cluster| !(leaves_archived_out && self.universe.clusters[*cluster as usize].is_archived))
            .collect();
        let one = |mut found: &mut dyn Iterator<Item = Local>| {
            let first = found.next()?;
            (&mut found).next().is_none().then_some(first)
        };
        one(&mut clusters.iter().copied()).or_else(|| {
            one(&mut clusters
                .iter()
                .copied()
                .filter(|cluster| !self.universe.clusters[*cluster as usize].in_review))
        })
    }

    /// The clusters that a record's identifying values reach, in order, without repeats.
    fn targets(&self, record: u32, tier: usize, leaves_archived_out: bool) -> Ids {
        let mut targets = Ids::new();
        if self.settings.address_before_person
            && self.tiers[tier].is_only(Key::Person)
            && !self.records.of(record, Key::Email).is_empty()
        {
            return targets;
        }
        for value in self.tiers[tier].of(record) {
            if let Some(cluster) = self.identified(record, tier, *value, leaves_archived_out)
                && !targets.contains(&cluster)
            {
                targets.push(cluster);
            }
        }
        targets.sort_unstable();
        targets
    }

    /// One tier, for all undecided records at once.
    fn evaluate(&mut self, tier: usize, leaves_archived_out: bool) {
        let pointing: Vec<(u32, Ids)> = self
            .undecided()
            .into_iter()
            .map(|record| (record, self.targets(record, tier, leaves_archived_out)))
            .filter(|(_, targets)| !targets.is_empty())
            .collect();
        let mut pointed = vec![0_u32; if pointing.is_empty() { 0 } else { self.universe.clusters.len() }];
        for cluster in pointing.iter().flat_map(|(_, targets)| targets) {
            pointed[*cluster as usize] += 1;
        }
        let ends: Vec<(u32, Ended)> = pointing
            .iter()
            .map(|(record, targets)| {
                (*record, self.decide(*record, targets, tier, &pointed, leaves_archived_out))
            })
            .collect();
        let shares = self.entity == Entity::Organization && self.tiers[tier].is_link();
        for (record, ended) in ends {
            if let Some(cluster) = ended.joined {
                self.joined[cluster as usize].push((record, shares));
            }
            self.ended[record as usize] = Some(ended);
        }
        for (cluster, count) in pointed.iter().enumerate() {
            let is_shared = shares && !self.joined[cluster].is_empty();
            if *count > 1 && !is_shared {
                self.contested[cluster] = true;
            }
        }
    }

    /// What becomes of a record with targets. Reasons are tested in this order.
    fn decide(
        &self,
        record: u32,
        targets: &[Local],
        tier: usize,
        pointed: &[u32],
        leaves_archived_out: bool,
    ) -> Ended {
        let rule = Rule::Tier(u8::try_from(tier).expect("a pipeline has fewer than 256 tiers"));
        let value = self.deciding_value(record, targets, tier, leaves_archived_out);
        let review = |reason| Ended {
            reason: Some(reason),
            value,
            rejected: targets.iter().map(|cluster| Toward::Cluster(*cluster)).collect(),
            ..Ended::new(State::Review, rule)
        };
        let &[cluster] = targets else { return review(Reason::PointsToSeveral) };
        let shares = self.entity == Entity::Organization && self.tiers[tier].is_link();
        if !shares && self.is_taken(cluster) {
            review(Reason::TargetTaken)
        } else if !shares && pointed[cluster as usize] > 1 {
            review(Reason::SeveralPointToOne)
        } else if self.is_contradicted(record, cluster, tier) {
            review(Reason::Contradiction)
        } else {
            Ended { joined: Some(cluster), value, ..Ended::new(State::Matched, rule) }
        }
    }

    /// A record of the source joined the cluster already, or several pointed to it at an earlier tier. An
    /// organization that sites of an RMM share by decision or link stays open for a site that has its name.
    fn is_taken(&self, cluster: Local) -> bool {
        let is_open = self.entity == Entity::Organization && self.role != Role::Psa;
        self.contested[cluster as usize]
            || self.joined[cluster as usize].iter().any(|(_, is_shared)| !(is_open && *is_shared))
    }

    /// A stronger key speaks against the cluster: a veto key, or an earlier tier whose holders do not include it.
    fn is_contradicted(&self, record: u32, cluster: Local, tier: usize) -> bool {
        if !self.tiers[tier].is_link() && self.is_vetoed(record, cluster) {
            return true;
        }
        (0..tier).any(|earlier| {
            let mut holders = self.tiers[earlier]
                .of(record)
                .iter()
                .flat_map(|value| self.clusters(record, earlier, *value));
            let mut has_any = false;
            let includes = holders.any(|holder| {
                has_any = true;
                holder == cluster
            });
            has_any && !includes
        })
    }

    /// The smallest of the record's values that reach one of `targets`.
    fn deciding_value(
        &self,
        record: u32,
        targets: &[Local],
        tier: usize,
        leaves_archived_out: bool,
    ) -> Option<(usize, ValueId)> {
        self.smallest(
            tier,
            self.tiers[tier].of(record).iter().copied().filter(|value| {
                self.identified(record, tier, *value, leaves_archived_out)
                    .is_some_and(|cluster| targets.contains(&cluster))
            }),
        )
    }

    fn smallest(&self, tier: usize, values: impl Iterator<Item = ValueId>) -> Option<(usize, ValueId)> {
        let texts = |value: &ValueId| self.tiers[tier].texts(self.universe, *value);
        values.min_by(|a, b| texts(a).cmp(&texts(b))).map(|value| (tier, value))
    }

    /// What becomes of a record that no tier decided.
    fn left_over(&self, record: u32, moved: &impl Fn(u32) -> Option<u32>) -> Ended {
        if let Some(ended) = self.shared_key(record) {
            return ended;
        }
        if let Some(ended) = self.duplicate_in_source(record) {
            return ended;
        }
        if let Some(hub_row) = moved(record) {
            return Ended {
                reason: Some(Reason::Moved),
                rejected: vec![Toward::HubRow(hub_row)],
                ..Ended::new(State::Review, Rule::None)
            };
        }
        Ended::new(State::Unmatched, Rule::None)
    }

    fn shared_key(&self, record: u32) -> Option<Ended> {
        let mut first: Option<(usize, Ids)> = None;
        let mut rejected: Vec<Toward> = Vec::new();
        for tier in 0..self.tiers.len() {
            for value in self.tiers[tier].of(record) {
                let mut is_held = false;
                for cluster in self.clusters(record, tier, *value) {
                    is_held = true;
                    rejected.push(Toward::Cluster(cluster));
                }
                if is_held {
                    let (at, values) = first.get_or_insert_with(|| (tier, Ids::new()));
                    if *at == tier {
                        values.push(*value);
                    }
                }
            }
        }
        let (tier, values) = first?;
        rejected.sort_unstable();
        rejected.dedup();
        Some(Ended {
            reason: Some(Reason::SharedKey),
            value: self.smallest(tier, values.iter().copied()),
            rejected,
            ..Ended::new(State::Review, self.rule(tier))
        })
    }

    fn duplicate_in_source(&self, record: u32) -> Option<Ended> {
        for tier in 0..self.settings.tiers.len() {
            let twins = |value: &ValueId| -> Vec<u32> {
                let others = self.tiers[tier].records(*value).iter().copied();
                others.filter(|other| *other != record && !self.are_told_apart(record, *other)).collect()
            };
            let shared: Vec<(ValueId, Vec<u32>)> = self.tiers[tier]
                .of(record)
                .iter()
                .map(|value| (*value, twins(value)))
                .filter(|(_, twins)| !twins.is_empty())
                .collect();
            if shared.is_empty() {
                continue;
            }
            let mut rejected: Vec<Toward> =
                shared.iter().flat_map(|(_, twins)| twins.iter().map(|twin| Toward::Record(*twin))).collect();
            rejected.sort_unstable();
            rejected.dedup();
            return Some(Ended {
                reason: Some(Reason::DuplicateInSource),
                value: self.smallest(tier, shared.iter().map(|(value, _)| *value)),
                rejected,
                ..Ended::new(State::Review, self.rule(tier))
            });
        }
        None
    }

    /// Whether a veto key (for contacts also the e-mail address) is known of both records and differs.
    fn are_told_apart(&self, left: u32, right: u32) -> bool {
        let email = (self.entity == Entity::Contact).then_some(Key::Email);
        self.settings
            .veto
            .iter()
            .copied()
            .chain(email)
            .any(|key| are_disjoint(self.records.of(left, key), self.records.of(right, key)))
    }

    fn rule(&self, tier: usize) -> Rule {
        if tier < self.settings.tiers.len() {
            Rule::Tier(u8::try_from(tier).expect("a pipeline has fewer than 256 tiers"))
        } else {
            Rule::Identity(self.tiers[tier].keys[0])
        }
    }

    /// Matched records of which an identifying value of a weaker tier points to another cluster.
    fn disagreements(&self) -> Vec<(u32, Local)> {
        let mut found = Vec::new();
        for (record, ended) in self.ended.iter().enumerate() {
            let Some(Ended { joined: Some(cluster), rule, .. }) = ended else { continue };
            let record = u32::try_from(record).expect("fewer than 4 billion records");
            let weaker = match rule {
                Rule::Tier(tier) => usize::from(*tier) + 1,
                _ => 0,
            };
            let mut others: Ids = (weaker..self.settings.tiers.len())
                .flat_map(|tier| self.tiers[tier].of(record).iter().map(move |value| (tier, *value)))
                .filter_map(|(tier, value)| self.identified(record, tier, value, false))
                .filter(|other| other != cluster)
                .collect();
            others.sort_unstable();
            others.dedup();
            found.extend(others.into_iter().map(|other| (record, other)));
        }
        found
    }

    /// Writes the texts of the deciding values to `text`, and finds the members that held them.
    fn evidence(&mut self, text: &mut String) {
        for ended in self.ended.iter_mut().flatten() {
            if let Some((tier, value)) = ended.value {
                let start = text.len();
                let parts = self.tiers[tier].parts(value);
                for (position, (key, value)) in parts.iter().enumerate() {
                    if position > 0 {
                        text.push_str(TUPLE_JOIN);
                    }
                    push_tuple(text, self.universe.text(*key, *value));
                }
                ended.key_value = range(start, text.len());
                let rejected = ended.rejected.iter().filter_map(|toward| match toward {
                    Toward::Cluster(cluster) => Some(*cluster),
                    Toward::Record(_) | Toward::HubRow(_) => None,
                });
                let reached = ended.joined.into_iter().chain(rejected);
                ended.holder = self.universe.first_holder(reached, &parts);
            } else if let Some(cluster) = ended.joined {
                ended.holder = Some(self.universe.clusters[cluster as usize].founder);
            }
        }
    }
}

/// Joins the parts of a key value that is made of several.
const TUPLE_JOIN: &str = " + ";

fn push_tuple(text: &mut String, value: &str) {
    for (position, part) in value.split(crate::normalize::TUPLE_SEPARATOR).enumerate() {
        if position > 0 {
            text.push_str(TUPLE_JOIN);
        }
        text.push_str(part);
    }
}

fn range(start: usize, end: usize) -> (u32, u32) {
    let number = |at| u32::try_from(at).expect("the key values of one scope stay below 4 GiB");
    (number(start), number(end))
}

impl Ended {
    const fn new(state: State, rule: Rule) -> Self {
        Self {
            state,
            rule,
            reason: None,
            joined: None,
            value: None,
            key_value: (0, 0),
            holder: None,
            rejected: Vec::new(),
        }
    }
}
