//! One step: the records of one source against the clusters of one scope, as they were before the step.

use std::collections::{BTreeMap, BTreeSet};

use matchbook::model::{Entity, Reason, Role, State};

use super::keys::KeySets;
use super::tiers::{Tiers, Tuple, disagree, identity_keys, of_cluster, of_record, shown};
use super::{Outcome, Rid};

/// A record of the source.
#[derive(Debug, Clone)]
pub struct Item {
    pub rid: Rid,
    pub keys: KeySets,
    /// A hub row of another organization stores the record's own link.
    pub has_moved: bool,
}

/// A cluster before the step.
#[derive(Debug, Clone)]
pub struct View {
    pub founder: Rid,
    /// The members in fold order, with their keys.
    pub members: Vec<(Rid, KeySets)>,
    pub in_review: bool,
    /// The hub row is archived.
    pub is_archived: bool,
}

impl View {
    /// The united keys of all members.
    pub fn keys(&self) -> KeySets {
        let mut united = KeySets::new();
        for (_, keys) in &self.members {
            for (key, values) in keys {
                united.entry(key).or_default().extend(values.iter().cloned());
            }
        }
        united
    }
}

/// What a decision does to a record of the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Main {
    Ignore,
    Create,
    /// Into the cluster at this position.
    Match(usize),
}

/// A record that joined a cluster.
struct Join {
    rid: Rid,
    cluster: usize,
    /// By decision or by the tier `link`.
    is_strong: bool,
}

pub struct Step<'a> {
    pub entity: Entity,
    pub role: Role,
    pub tiers: &'a Tiers,
    pub records: &'a [Item],
    pub views: &'a [View],
    pub main: &'a BTreeMap<Rid, Main>,
    pub never: &'a BTreeMap<Rid, BTreeSet<usize>>,
    united: Vec<KeySets>,
    joins: Vec<Join>,
    /// Clusters that were among the targets of several undecided records at one tier.
    crowded: BTreeSet<usize>,
    done: BTreeMap<Rid, (Outcome, Option<usize>)>,
}

impl<'a> Step<'a> {
    pub fn new(
        (entity, role): (Entity, Role),
        tiers: &'a Tiers,
        records: &'a [Item],
        views: &'a [View],
        main: &'a BTreeMap<Rid, Main>,
        never: &'a BTreeMap<Rid, BTreeSet<usize>>,
    ) -> Self {
        let united = views.iter().map(View::keys).collect();
        let (joins, crowded, done) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        Self { entity, role, tiers, records, views, main, never, united, joins, crowded, done }
    }

    /// The outcome of every record, and the cluster that it joined.
    pub fn run(mut self) -> BTreeMap<Rid, (Outcome, Option<usize>)> {
        self.decisions();
        for spares_archived in [false, true] {
            for position in 0..self.tiers.list.len() {
                self.tier(position, spares_archived);
            }
        }
        let left: Vec<&Item> = self.undecided();
        let last: Vec<(Rid, Outcome)> =
            left.into_iter().map(|item| (item.rid.clone(), self.left_over(item))).collect();
        for (rid, outcome) in last {
            self.done.insert(rid, (outcome, None));
        }
        self.done
    }

    fn is_organization(&self) -> bool {
        self.entity == Entity::Organization
    }

    fn undecided(&self) -> Vec<&'a Item> {
        self.records.iter().filter(|item| !self.done.contains_key(&item.rid)).collect()
    }

    fn decisions(&mut self) {
        for item in self.records {
            let Some(main) = self.main.get(&item.rid) else { continue };
            let mut outcome = Outcome::bare(State::Unmatched, None);
            outcome.rule.push_str("decision");
            let mut joined = None;
            match main {
                Main::Ignore => outcome.state = State::Ignored,
                Main::Create => {}
                Main::Match(cluster) => {
                    let several = self.main.values().filter(|other| *other == main).count() > 1;
                    outcome.matched = Some(self.views[*cluster].founder.clone());
                    if several && !self.is_organization() {
                        outcome.state = State::Review;
                        outcome.reason = Some(Reason::SeveralPointToOne);
                    } else {
                        outcome.state = State::Matched;
                        joined = Some(*cluster);
                        self.joins.push(Join { rid: item.rid.clone(), cluster: *cluster, is_strong: true });
                    }
                }
            }
            self.done.insert(item.rid.clone(), (outcome, joined));
        }
    }

    /// S(t,v): the records of the source that hold `value`, without ignored ones.
    fn holders_in_source(&self, tier: &[&'static str], value: &Tuple) -> BTreeSet<&'a Rid> {
        self.records
            .iter()
            .filter(|item| self.main.get(&item.rid) != Some(&Main::Ignore))
            .filter(|item| of_record(&item.keys, tier).contains(value))
            .map(|item| &item.rid)
            .collect()
    }

    /// U(t,v) for `item`.
    fn holders(&self, item: &Item, tier: &[&'static str], value: &Tuple) -> BTreeSet<usize> {
        (0..self.views.len())
            .filter(|cluster| of_cluster(&self.united[*cluster], tier).contains(value))
            .filter(|cluster| !self.never.get(&item.rid).is_some_and(|never| never.contains(cluster)))
            .filter(|cluster| {
                let is_joined =
                    self.joins.iter().any(|join| join.cluster == *cluster && join.rid != item.rid);
                !(is_joined && self.is_ruled_out(item, *cluster))
            })
            .collect()
    }

    /// A veto key is known on both sides and has nothing in common.
    fn is_ruled_out(&self, item: &Item, cluster: usize) -> bool {
        self.tiers.veto.iter().any(|key| disagree(key, &item.keys, &self.united[cluster]))
    }

    /// The clusters reached by the identifying values of `item`, each with the smallest of these values.
    fn targets(&self, item: &Item, tier: &[&'static str], spares_archived: bool) -> BTreeMap<usize, Tuple> {
        let mut targets = BTreeMap::new();
        if self.tiers.address_before_person && tier == ["person"] && item.keys.contains_key("email") {
            return targets;
        }
        for value in of_record(&item.keys, tier) {
            let in_source = self.holders_in_source(tier, &value);
            let may_be_several = self.is_organization() && tier == ["link"];
            if !may_be_several && in_source != BTreeSet::from([&item.rid]) {
                continue;
            }
            let mut clusters = self.holders(item, tier, &value);
            if spares_archived {
                clusters.retain(|cluster| !self.views[*cluster].is_archived);
            }
            if clusters.len() != 1 {
                clusters.retain(|cluster| !self.views[*cluster].in_review);
            }
            if clusters.len() == 1 {
                for cluster in clusters {
                    targets.entry(cluster).or_insert_with(|| value.clone());
                }
            }
        }
        targets
    }

    fn tier(&mut self, position: usize, spares_archived: bool) {
        let tier = &self.tiers.list[position];
        let targets: Vec<(&Item, BTreeMap<usize, Tuple>)> = self
            .undecided()
            .into_iter()
            .map(|item| (item, self.targets(item, tier, spares_archived)))
            .collect();
        let pointers = |cluster: usize| targets.iter().filter(|(_, own)| own.contains_key(&cluster)).count();
        let is_link_of_organization = self.is_organization() && tier.as_slice() == ["link"];

        let mut verdicts = Vec::new();
        for (item, own) in &targets {
            let several = own.len() > 1;
            let Some((&cluster, first)) = own.iter().next() else { continue };
            let value = own.values().min().unwrap_or(first);
            let reason = if several {
                Some(Reason::PointsToSeveral)
            } else if !is_link_of_organization && self.is_taken(cluster) {
                Some(Reason::TargetTaken)
            } else if !is_link_of_organization && pointers(cluster) > 1 {
                Some(Reason::SeveralPointToOne)
            } else if self.is_contradicted(item, cluster, position) {
                Some(Reason::Contradiction)
            } else {
                None
            };
            let mut outcome = Outcome::bare(State::Matched, reason);
            if reason.is_some() {
                outcome.state = State::Review;
            }
            outcome.rule = tier.join("+");
            outcome.key_value = shown(value);
            let reached: Vec<usize> = own
                .iter()
                .filter(|(_, own_value)| *own_value == value)
                .map(|(cluster, _)| *cluster)
                .collect();
            outcome.matched = self.first_holder(&reached, tier, value);
            verdicts.push((item.rid.clone(), outcome, reason.is_none().then_some(cluster)));
        }
        let crowded: Vec<usize> = (0..self.views.len()).filter(|cluster| pointers(*cluster) > 1).collect();
        self.crowded.extend(crowded);
        for (rid, outcome, joined) in verdicts {
            if let Some(cluster) = joined {
                let is_strong = tier.as_slice() == ["link"];
                self.joins.push(Join { rid: rid.clone(), cluster, is_strong });
            }
            self.done.insert(rid, (outcome, joined));
        }
    }

    /// A record of the source joined the cluster already, or several pointed to it at an earlier tier.
    fn is_taken(&self, cluster: usize) -> bool {
        let joins: Vec<&Join> = self.joins.iter().filter(|join| join.cluster == cluster).collect();
        if self.is_organization() && self.role != Role::Psa {
            // One that was joined by decision or link is not taken for a record that joins by name.
            let is_joined_strongly = joins.iter().any(|join| join.is_strong);
            let is_joined_by_name = joins.iter().any(|join| !join.is_strong);
            return is_joined_by_name || (self.crowded.contains(&cluster) && !is_joined_strongly);
        }
        !joins.is_empty() || self.crowded.contains(&cluster)
    }

    /// A stronger key speaks against the cluster.
    fn is_contradicted(&self, item: &Item, cluster: usize, position: usize) -> bool {
        let is_vetoed = self.tiers.list[position] != ["link"] && self.is_ruled_out(item, cluster);
        let points_away = self.tiers.list[..position].iter().any(|earlier| {
            let holders: BTreeSet<usize> = of_record(&item.keys, earlier)
                .iter()
                .flat_map(|value| self.holders(item, earlier, value))
                .collect();
            !holders.is_empty() && !holders.contains(&cluster)
        });
        is_vetoed || points_away
    }

    /// The first member in fold order, of any of the clusters, that holds the value.
    fn first_holder(&self, clusters: &[usize], tier: &[&'static str], value: &Tuple) -> Option<Rid> {
        clusters
            .iter()
            .flat_map(|cluster| &self.views[*cluster].members)
            .filter(|(_, keys)| of_cluster(keys, tier).contains(value))
            .map(|(rid, _)| rid.clone())
            .min()
    }

    /// What becomes of a record that nothing decided.
    fn left_over(&self, item: &Item) -> Outcome {
        let identity = identity_keys(self.entity).iter().map(|key| vec![*key]);
        let tiers = self.tiers.list.iter().cloned();
        let mut outcome = Outcome::bare(State::Review, None);
        for tier in tiers.clone().chain(identity) {
            for value in of_record(&item.keys, &tier) {
                let clusters: Vec<usize> = self.holders(item, &tier, &value).into_iter().collect();
                if !clusters.is_empty() {
                    outcome.reason = Some(Reason::SharedKey);
                    outcome.rule = tier.join("+");
                    outcome.key_value = shown(&value);
                    outcome.matched = self.first_holder(&clusters, &tier, &value);
                    return outcome;
                }
            }
        }
        for tier in tiers {
            for value in of_record(&item.keys, &tier) {
                let others = self.holders_in_source(&tier, &value);
                let has_twin = others.into_iter().any(|other| {
                    let is_apart = self
                        .records
                        .iter()
                        .find(|record| record.rid == *other)
                        .is_some_and(|record| self.are_told_apart(item, record));
                    *other != item.rid && !is_apart
                });
                if has_twin {
                    // The twin is on this side, so no member of the other side held the value.
                    outcome.reason = Some(Reason::DuplicateInSource);
                    outcome.rule = tier.join("+");
                    outcome.key_value = shown(&value);
                    return outcome;
                }
            }
        }
        if item.has_moved {
            outcome.reason = Some(Reason::Moved);
            return outcome;
        }
        Outcome::bare(State::Unmatched, None)
    }

    /// The veto keys, for contacts also `email`, are known of both and have nothing in common.
    fn are_told_apart(&self, a: &Item, b: &Item) -> bool {
        let email = (self.entity == Entity::Contact).then_some("email");
        self.tiers.veto.iter().copied().chain(email).any(|key| disagree(key, &a.keys, &b.keys))
    }
}
