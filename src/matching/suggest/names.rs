//! Suggestions inside a scope: by name, by the first characters of a host name, by identifiers that lost zeros.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::likeness::Likeness;
use super::{MOST, Proposal, founder_id, is_subject, score};
use crate::matching::entity::Estate;
use crate::matching::outcome::{CandidateKind, ClusterIx, EntityMatching, NO_CLUSTER};
use crate::model::{Entity, RecordRef, column};
use crate::normalize::{Key, fold_case, name_key, similar_name_key};

/// Pairs of names up to which a scope is compared in full; above it, only pairs that share a word.
const FULL_PAIRS: usize = 200_000;

/// A word that more clusters than this share says nothing.
const COMMON_WORD: usize = 50;

/// The least string similarity (Jaro-Winkler) that is worth showing.
const LEAST_LIKENESS: f64 = 0.88;

/// Windows cuts a host name here when it makes a `NetBIOS` name of it.
const NETBIOS_LENGTH: usize = 15;

/// Proposals for every subject of one entity.
/// `rejected` are the candidates that rules rejected, by record.
pub(super) fn propose(
    estate: Estate<'_>,
    matching: &EntityMatching,
    rejected: &[(RecordRef, ClusterIx)],
) -> Vec<Proposal> {
    if matches!(matching.entity, Entity::Ticket) {
        return Vec::new();
    }
    // Clusters are sorted by organization, so those of one scope are neighbours.
    let scopes: Vec<std::ops::Range<usize>> = matching
        .clusters
        .chunk_by(|a, b| a.organization == b.organization)
        .scan(0, |start, chunk| {
            let range = *start..*start + chunk.len();
            *start = range.end;
            Some(range)
        })
        .collect();
    scopes
        .into_par_iter()
        .flat_map_iter(|range| Scope { estate, matching, rejected, range }.propose())
        .collect()
}

struct Scope<'a> {
    estate: Estate<'a>,
    matching: &'a EntityMatching,
    rejected: &'a [(RecordRef, ClusterIx)],
    range: std::ops::Range<usize>,
}

type Holders = SmallVec<[ClusterIx; 2]>;

impl Scope<'_> {
    fn clusters(&self) -> impl Iterator<Item = (ClusterIx, RecordRef)> + '_ {
        self.range.clone().map(|at| {
            let cluster = ClusterIx::try_from(at).expect("fewer than 4 billion clusters");
            (cluster, self.matching.clusters[at].founder)
        })
    }

    /// Founders of the scope that ask for suggestions. A record that founded no cluster has none.
    fn subjects(&self) -> Vec<(ClusterIx, RecordRef)> {
        self.clusters()
            .filter(|(_, founder)| founder.source > 0 && is_subject(self.matching, *founder))
            .collect()
    }

    fn propose(&self) -> Vec<Proposal> {
        let subjects = self.subjects();
        if subjects.is_empty() {
            return Vec::new();
        }
        let mut proposals = Vec::new();
        self.by_name(&subjects, &mut proposals);
        if self.matching.entity == Entity::Configuration {
            self.by_host_prefix(&subjects, &mut proposals);
            self.by_padding(&subjects, &mut proposals);
        } else {
            self.by_likeness(&subjects, &mut proposals);
        }
        proposals
    }

    /// The name of a record as people read it, `None` when it has none.
    fn name(&self, record: RecordRef) -> Option<String> {
        let value = |name| self.estate.tables.value(self.matching.entity, record, name);
        let name = if self.matching.entity == Entity::Contact {
            let first = value(column::FIRST_NAME).unwrap_or_default();
            let last = value(column::LAST_NAME).unwrap_or_default();
            format!("{first} {last}")
        } else {
            value(column::NAME)?.to_owned()
        };
        Some(name_key(&name).into_owned()).filter(|name| !name.is_empty())
    }

    /// Whether `cluster` may be suggested to `subject`: it was there before the subject's source was folded in.
    fn is_earlier(&self, cluster: ClusterIx, subject: RecordRef) -> bool {
        self.matching.clusters[cluster as usize].founder.source < subject.source
    }

    fn by_name(&self, subjects: &[(ClusterIx, RecordRef)], proposals: &mut Vec<Proposal>) {
        // Only names that somebody asks for are kept.
        let names = subjects.iter().filter_map(|(_, subject)| self.name(*subject));
        let asked: FxHashSet<String> = names.map(|name| similar_name_key(&name)).collect();
        let mut held: Vec<(ClusterIx, String, String)> = self
            .clusters()
            .filter_map(|(cluster, founder)| {
                let name = self.name(founder)?;
                let key = similar_name_key(&name);
                asked.contains(&key).then_some((cluster, name, key))
            })
            .collect();
        held.sort_by_key(|(cluster, ..)| founder_id(self.estate, self.matching, *cluster));
        let mut alike: FxHashMap<String, Vec<(ClusterIx, String)>> = FxHashMap::default();
        for (cluster, name, key) in held {
            alike.entry(key).or_default().push((cluster, name));
        }
        for (own, subject) in subjects {
            let Some(name) = self.name(*subject) else { continue };
            let holders = alike.get(&similar_name_key(&name)).into_iter().flatten();
            let others = holders.filter(|(cluster, _)| cluster != own && self.is_earlier(*cluster, *subject));
            let mut found: Vec<_> = others.map(|other| (how_alike(&name, &other.1), other)).collect();
            if found.len() > MOST {
                // Nothing but what a rule rejected ranks above an equal name, so the others are no candidates.
                found.sort_by(|((one, _), _), ((two, _), _)| two.total_cmp(one));
                let (_, rest) = found.split_at(MOST);
                let rest: Vec<_> = rest
                    .iter()
                    .copied()
                    .filter(|(_, (other, _))| self.is_rejected(*subject, *other))
                    .collect();
                found.truncate(MOST);
                found.extend(rest);
            }
            proposals.extend(found.into_iter().map(|((score, how), (cluster, other))| Proposal {
                record: *subject,
                cluster: *cluster,
                kind: CandidateKind::Suggested,
                score,
                reason: format!("{how}: {other}"),
                looks_known: true,
            }));
        }
    }

    fn is_rejected(&self, record: RecordRef, cluster: ClusterIx) -> bool {
        self.rejected.binary_search(&(record, cluster)).is_ok()
    }

    fn by_host_prefix(&self, subjects: &[(ClusterIx, RecordRef)], proposals: &mut Vec<Proposal>) {
        let prefix = |record: RecordRef| {
            let keys = self.estate.keys.of(record.source, Entity::Configuration).of(Key::Hostname);
            keys.get(record.row).next().map(|name| {
                let end = name.char_indices().nth(NETBIOS_LENGTH).map_or(name.len(), |(at, _)| at);
                (&name[..end], name)
            })
        };
        let mut holders: FxHashMap<&str, Holders> = FxHashMap::default();
        for (cluster, founder) in self.clusters() {
            if let Some((start, _)) =
                prefix(founder).filter(|(start, _)| start.chars().count() == NETBIOS_LENGTH)
            {
                holders.entry(start).or_default().push(cluster);
            }
        }
        for (own, subject) in subjects {
            let Some((start, name)) = prefix(*subject) else { continue };
            for cluster in holders.get(start).into_iter().flatten().copied().filter(|cluster| cluster != own)
            {
                let founder = self.matching.clusters[cluster as usize].founder;
                let Some((_, other)) = prefix(founder).filter(|_| self.is_earlier(cluster, *subject)) else {
                    continue;
                };
                if other != name {
                    proposals.push(suggested(
                        *subject,
                        cluster,
                        score::HOST_PREFIX,
                        format!("the first {NETBIOS_LENGTH} characters of the host names are equal: {other}"),
                    ));
                }
            }
        }
    }

    fn by_padding(&self, subjects: &[(ClusterIx, RecordRef)], proposals: &mut Vec<Proposal>) {
        fn stripped(serial: &str) -> Option<&str> {
            let rest = serial.trim_start_matches('0');
            (rest.len() > 3).then_some(rest)
        }
        let serials = |record: RecordRef| {
            self.estate.keys.of(record.source, Entity::Configuration).of(Key::Serial).get(record.row)
        };
        let mut holders: FxHashMap<&str, Holders> = FxHashMap::default();
        for (cluster, founder) in self.clusters() {
            for rest in serials(founder).filter_map(stripped) {
                holders.entry(rest).or_default().push(cluster);
            }
        }
        for (own, subject) in subjects {
            for serial in serials(*subject) {
                let found = stripped(serial).and_then(|rest| holders.get(rest));
                for cluster in found.into_iter().flatten().copied().filter(|cluster| cluster != own) {
                    let founder = self.matching.clusters[cluster as usize].founder;
                    let other = serials(founder)
                        .find(|other| *other != serial && stripped(other) == stripped(serial));
                    if let Some(other) = other.filter(|_| self.is_earlier(cluster, *subject)) {
                        proposals.push(suggested(
                            *subject,
                            cluster,
                            score::PADDED,
                            format!("the serial numbers are equal after padding zeros: {other}"),
                        ));
                    }
                }
            }
        }
    }

    fn by_likeness(&self, subjects: &[(ClusterIx, RecordRef)], proposals: &mut Vec<Proposal>) {
        let names: Vec<(ClusterIx, Likeness)> = self
            .clusters()
            .filter_map(|(cluster, founder)| Some((cluster, Likeness::new(fold_case(&self.name(founder)?)))))
            .collect();
        let compares_all = subjects.len().saturating_mul(names.len()) <= FULL_PAIRS;
        let mut by_word: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        if !compares_all {
            for (at, (_, name)) in names.iter().enumerate() {
                for word in name.text().split_whitespace() {
                    by_word.entry(word).or_default().push(at);
                }
            }
            by_word.retain(|_, holders| holders.len() <= COMMON_WORD);
        }
        for (own, subject) in subjects {
            let Some(name) = self.name(*subject).map(|name| Likeness::new(fold_case(&name))) else {
                continue;
            };
            let mut near: Vec<usize> = if compares_all {
                (0..names.len()).collect()
            } else {
                name.text()
                    .split_whitespace()
                    .filter_map(|word| by_word.get(word))
                    .flatten()
                    .copied()
                    .collect()
            };
            near.sort_unstable();
            near.dedup();
            for at in near {
                let (cluster, other) = &names[at];
                if cluster == own || *cluster == NO_CLUSTER || !self.is_earlier(*cluster, *subject) {
                    continue;
                }
                if let Some(likeness) = name.to(other, LEAST_LIKENESS) {
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "a likeness between 0 and 1 loses only digits"
                    )]
                    let scored = score::LIKENESS * likeness as f32;
                    proposals.push(suggested(
                        *subject,
                        *cluster,
                        scored,
                        format!("the names are alike: {}", other.text()),
                    ));
                }
            }
        }
    }
}

/// How much two names of one [`similar_name_key`] are alike, as a score and in words.
fn how_alike(one: &str, two: &str) -> (f32, &'static str) {
    if one == two {
        (score::SAME_NAME, "the names are equal")
    } else if fold_case(one) == fold_case(two) {
        (score::LETTER_CASE, "the names are equal but for letter case")
    } else {
        (
            score::SIMILAR_NAME,
            "the names are equal but for punctuation, legal suffixes and words such as Site",
        )
    }
}

fn suggested(record: RecordRef, cluster: ClusterIx, score: f32, reason: String) -> Proposal {
    Proposal { record, cluster, kind: CandidateKind::Suggested, score, reason, looks_known: false }
}
