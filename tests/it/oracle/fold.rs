//! The whole fold: organizations first, then every other entity inside them, one source after the other.

use std::collections::{BTreeMap, BTreeSet};

use matchbook::model::{Entity, Reason, Role, State};

use super::decisions::{Standing, standing};
use super::keys::{KeySets, keys, name};
use super::step::{Item, Main, Step, View};
use super::{Answer, Cluster, Estate, Folded, Outcome, Rid, Row};

/// Folds the estate.
pub fn fold(estate: &Estate) -> Answer {
    let mut answer =
        Answer { entities: BTreeMap::new(), decisions: vec!["stale_decision"; estate.decisions.len()] };
    for entity in Entity::ALL {
        let folded = Fold::new(estate, entity, &answer).run(&mut answer.decisions);
        answer.entities.insert(entity, folded);
    }
    mark_superseded(estate, &mut answer.decisions);
    answer
}

/// Decisions that another row overruled.
fn mark_superseded(estate: &Estate, outcomes: &mut [&'static str]) {
    for entity in Entity::ALL {
        let stands: BTreeSet<usize> = standing(estate, entity)
            .into_values()
            .flat_map(|own| own.never.into_iter().chain(own.main))
            .collect();
        for (position, decision) in estate.decisions.iter().enumerate() {
            if decision.entity == entity && !stands.contains(&position) {
                outcomes[position] = "superseded";
            }
        }
    }
}

/// The organization that a record names.
enum Owner {
    Organization(Rid),
    Missing(Reason),
}

fn owner(estate: &Estate, row: &Row) -> Owner {
    let organizations =
        estate.rows.iter().filter(|other| other.entity == Entity::Organization && other.source == row.source);
    let named: Vec<&Row> = match (row.cell("organization_id"), row.cell("organization")) {
        (Some(id), _) => organizations.filter(|other| other.id == id).collect(),
        (None, Some(text)) => {
            let folded = |text: &str| {
                let key = name(text);
                if estate.ignore_case { key.to_lowercase() } else { key }
            };
            organizations
                .filter(|other| other.cell("name").is_some_and(|name| folded(name) == folded(text)))
                .collect()
        }
        (None, None) => Vec::new(),
    };
    match named.as_slice() {
        [] => Owner::Missing(Reason::NoOrganization),
        [one] => Owner::Organization((one.source, one.id.clone())),
        _ => Owner::Missing(Reason::OrganizationNameShared),
    }
}

struct Fold<'a> {
    estate: &'a Estate,
    entity: Entity,
    standing: BTreeMap<Rid, Standing>,
    /// The rows of the entity that take part, by organization cluster (none for organizations themselves).
    scopes: BTreeMap<Option<Rid>, Vec<&'a Row>>,
    folded: Folded,
    carried: BTreeSet<Rid>,
}

impl<'a> Fold<'a> {
    fn new(estate: &'a Estate, entity: Entity, answer: &Answer) -> Self {
        let mut this = Self {
            estate,
            entity,
            standing: standing(estate, entity),
            scopes: BTreeMap::new(),
            folded: Folded::default(),
            carried: BTreeSet::new(),
        };
        for row in estate.rows.iter().filter(|row| row.entity == entity) {
            let rid = (row.source, row.id.clone());
            match this.scope(row, answer) {
                Ok(scope) => this.scopes.entry(scope).or_default().push(row),
                Err(outcome) => {
                    if outcome.reason.is_some_and(|reason| {
                        matches!(
                            reason,
                            Reason::OrganizationInReview
                                | Reason::OrganizationIgnored
                                | Reason::OrganizationSkipped
                        )
                    }) {
                        this.carried.insert(rid.clone());
                    }
                    this.folded.outcomes.insert(rid, *outcome);
                }
            }
        }
        this
    }

    /// The scope that the row takes part in, or how it ends without taking part.
    fn scope(&self, row: &Row, answer: &Answer) -> Result<Option<Rid>, Box<Outcome>> {
        let out = |state, reason| Err(Box::new(Outcome::bare(state, Some(reason))));
        let skipped = |reason| out(State::Skipped, reason);
        if let Some(reason) = row.cell("skip_reason").and_then(Reason::parse) {
            return skipped(reason);
        }
        if self.entity == Entity::Organization {
            return Ok(None);
        }
        let organization = match owner(self.estate, row) {
            Owner::Missing(reason) => return skipped(reason),
            Owner::Organization(rid) => rid,
        };
        let organizations = &answer.entities[&Entity::Organization];
        let own = &organizations.outcomes[&organization];
        match (&own.cluster, own.state) {
            (_, State::Ignored) => out(State::Ignored, Reason::OrganizationIgnored),
            (None, _) => skipped(Reason::OrganizationSkipped),
            (Some(cluster), _) if organizations.clusters[cluster].in_review => {
                out(State::Review, Reason::OrganizationInReview)
            }
            (Some(cluster), _) => Ok(Some(cluster.clone())),
        }
    }

    fn keys(&self, row: &Row) -> KeySets {
        keys(row, &self.estate.sources[row.source].name, self.estate.ignore_case)
    }

    fn run(mut self, outcomes: &mut [&'static str]) -> Folded {
        for (scope, rows) in &self.scopes {
            for row in rows.iter().filter(|row| row.source == 0) {
                let rid = (0, row.id.clone());
                let mut outcome = Outcome::bare(State::Hub, None);
                outcome.cluster = Some(rid.clone());
                outcome.organization.clone_from(scope);
                self.folded.outcomes.insert(rid.clone(), outcome);
                let cluster =
                    Cluster { members: vec![rid.clone()], in_review: false, organization: scope.clone() };
                self.folded.clusters.insert(rid, cluster);
            }
        }
        for source in 1..self.estate.sources.len() {
            // The clusters that decisions may name are those before the step, of every scope.
            let before = self.folded.clusters.clone();
            for scope in self.scopes.keys().cloned().collect::<Vec<_>>() {
                self.step(source, scope.as_ref(), &before, outcomes);
            }
            self.judge_the_others(source, outcomes);
        }
        self.folded
    }

    /// Decisions about records that take no part.
    fn judge_the_others(&self, source: usize, outcomes: &mut [&'static str]) {
        for ((_, id), own) in self.standing.iter().filter(|((of, _), _)| *of == source) {
            let rid = (source, id.clone());
            for position in own.never.iter().copied().chain(own.main) {
                let skipped = self.folded.outcomes.get(&rid).filter(|own| own.state == State::Skipped);
                if self.carried.contains(&rid) {
                    outcomes[position] = "carried";
                } else if skipped.is_some_and(|skipped| {
                    // One without devices takes part as soon as a decision is made, and is skipped if it is stale.
                    skipped.reason != Some(Reason::NoDevices) || own.main.is_none()
                }) {
                    outcomes[position] = "skipped";
                }
            }
        }
    }

    fn step(
        &mut self,
        source: usize,
        scope: Option<&Rid>,
        before: &BTreeMap<Rid, Cluster>,
        outcomes: &mut [&'static str],
    ) {
        let views: Vec<View> = before
            .iter()
            .filter(|(_, cluster)| cluster.organization.as_ref() == scope)
            .map(|(founder, cluster)| self.view(founder, cluster))
            .collect();
        let mut records = Vec::new();
        let mut main = BTreeMap::new();
        let mut never: BTreeMap<Rid, BTreeSet<usize>> = BTreeMap::new();
        for row in &self.scopes[&scope.cloned()] {
            if row.source != source {
                continue;
            }
            let rid = (source, row.id.clone());
            let own = self.standing.get(&rid).cloned().unwrap_or_default();
            for position in own.never {
                if let Some(cluster) = self.named(&views, &self.estate.decisions[position].target) {
                    never.entry(rid.clone()).or_default().insert(cluster);
                    outcomes[position] = "applied";
                } else if self.is_elsewhere(scope, &self.estate.decisions[position].target) {
                    outcomes[position] = "other_organization";
                }
            }
            let decided = own.main.and_then(|position| {
                let decision = &self.estate.decisions[position];
                let decided = match decision.kind {
                    "ignore" => Some(Main::Ignore),
                    "create" => Some(Main::Create),
                    _ => self.named(&views, &decision.target).map(Main::Match),
                };
                if decided.is_some() {
                    outcomes[position] = "applied";
                } else if self.is_elsewhere(scope, &decision.target) {
                    outcomes[position] = "other_organization";
                }
                decided.map(|decided| (position, decided))
            });
            if decided.is_none() && self.has_no_devices(row) {
                let outcome = Outcome::bare(State::Skipped, Some(Reason::NoDevices));
                self.folded.outcomes.insert(rid, outcome);
                continue;
            }
            if let Some((_, decided)) = decided {
                main.insert(rid.clone(), decided);
            }
            records.push(Item { rid, keys: self.keys(row), has_moved: self.has_moved(row, scope) });
        }
        records.sort_by(|a, b| a.rid.cmp(&b.rid));

        let spec = &self.estate.sources[source];
        let tiers = spec.preset.tiers(self.entity);
        let done = Step::new((self.entity, spec.role), &tiers, &records, &views, &main, &never).run();
        for (rid, (mut outcome, joined)) in done {
            outcome.organization = scope.cloned();
            match (joined, outcome.state) {
                (Some(cluster), _) => {
                    let founder = views[cluster].founder.clone();
                    self.folded
                        .clusters
                        .get_mut(&founder)
                        .expect("views are of clusters")
                        .members
                        .push(rid.clone());
                    outcome.cluster = Some(founder);
                }
                (None, State::Ignored) => {}
                (None, state) => {
                    let cluster = Cluster {
                        members: vec![rid.clone()],
                        in_review: state == State::Review,
                        organization: scope.cloned(),
                    };
                    self.folded.clusters.insert(rid.clone(), cluster);
                    outcome.cluster = Some(rid.clone());
                }
            }
            if outcome.state == State::Review
                && outcome.rule == "decision"
                && let Some(position) = self.standing.get(&rid).and_then(|own| own.main)
            {
                outcomes[position] = "several_point_to_one";
            }
            self.folded.outcomes.insert(rid, outcome);
        }
    }

    fn view(&self, founder: &Rid, cluster: &Cluster) -> View {
        let row = |rid: &Rid| {
            let is_it = |row: &&Row| row.entity == self.entity && (row.source, &row.id) == (rid.0, &rid.1);
            self.estate.rows.iter().find(is_it).expect("members are rows")
        };
        let members = cluster.members.iter().map(|rid| (rid.clone(), self.keys(row(rid)))).collect();
        View {
            founder: founder.clone(),
            members,
            in_review: cluster.in_review,
            is_archived: founder.0 == 0 && row(founder).cell("archived") == Some("true"),
        }
    }

    /// The founder that a decision's target means: a hub id, or `SOURCE/RECORD-ID`.
    fn founder(&self, target: &str) -> Rid {
        let of_source = target.split_once('/').and_then(|(source, id)| {
            let source = self.estate.sources.iter().position(|other| other.name == source)?;
            Some((source, id.to_owned()))
        });
        of_source.unwrap_or_else(|| (0, target.to_owned()))
    }

    fn named(&self, views: &[View], target: &str) -> Option<usize> {
        let founder = self.founder(target);
        views.iter().position(|view| view.founder == founder)
    }

    /// The target names a record of another organization.
    fn is_elsewhere(&self, scope: Option<&Rid>, target: &str) -> bool {
        let (source, id) = self.founder(target);
        self.scopes.iter().any(|(other, rows)| {
            other.as_ref() != scope && rows.iter().any(|row| (row.source, &row.id) == (source, &id))
        })
    }

    /// An organization of an RMM without a configuration, where the source delivers configurations at all.
    fn has_no_devices(&self, row: &Row) -> bool {
        let mut devices = self
            .estate
            .rows
            .iter()
            .filter(|other| other.entity == Entity::Configuration && other.source == row.source)
            .peekable();
        self.entity == Entity::Organization
            && self.estate.sources[row.source].role == Role::Rmm
            && devices.peek().is_some()
            // A deleted device is none.
            && !devices.filter(|device| device.cell("skip_reason").is_none()).any(|device| {
                matches!(owner(self.estate, device), Owner::Organization(rid) if rid.1 == row.id)
            })
    }

    /// The record's own link is stored on a hub row of another organization.
    fn has_moved(&self, row: &Row, scope: Option<&Rid>) -> bool {
        let own = vec![format!("{}:{}", self.estate.sources[row.source].name, row.id)];
        scope.is_some()
            && self.scopes.iter().any(|(other, rows)| {
                other.as_ref() != scope
                    && rows.iter().any(|hub| {
                        hub.source == 0 && self.keys(hub).get("link").is_some_and(|set| set.contains(&own))
                    })
            })
    }
}
