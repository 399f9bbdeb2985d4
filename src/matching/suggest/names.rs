//! Suggestions inside a scope: by name, by the first characters of a host name, by identifiers that lost zeros.

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::likeness::Likeness;
use super::{MOST, Proposal, founder_id, is_subject, score};
use crate::matching::entity::Estate;
use crate::matching::outcome::{CandidateKind, ClusterIx, EntityMatching, NO_CLUSTER};
use crate::model::{Cells, Entity, RecordRef, SourceIx, column};
use crate::normalize::{Key, fold_case, name_key, similar_name_key, write_similar_name_key};

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
    let names = Names::new(estate, matching.entity);
    scopes
        .into_par_iter()
        .flat_map_iter(|range| Scope { estate, matching, names: &names, rejected, range }.propose())
        .collect()
}

/// The cells that names are made of, by source.
struct Names<'a>(Vec<Vec<Cells<'a>>>);

impl<'a> Names<'a> {
    fn new(estate: Estate<'a>, entity: Entity) -> Self {
        let parts: &[&str] = match entity {
            Entity::Contact => &[column::FIRST_NAME, column::LAST_NAME],
            _ => &[column::NAME],
        };
        let sources = SourceIx::try_from(estate.tables.sources()).expect("fewer than 65,536 sources");
        let cells = |source| {
            let table = estate.tables.get(source, entity);
            table.into_iter().flat_map(|table| parts.iter().map(|part| table.cells(part))).collect()
        };
        Self((0..sources).map(cells).collect())
    }

    /// The name of a record as people read it, `None` when it has none.
    fn get(&self, record: RecordRef) -> Option<Cow<'a, str>> {
        let name = match self.0[usize::from(record.source)][..] {
            [name] => name_key(name.get(record.row)?),
            [first, last] => {
                let part = |cells: Cells<'a>| cells.get(record.row).unwrap_or_default();
                let whole = format!("{} {}", part(first), part(last));
                match name_key(&whole) {
                    Cow::Borrowed(_) => Cow::Owned(whole),
                    Cow::Owned(key) => Cow::Owned(key),
                }
            }
            _ => return None,
        };
        Some(name).filter(|name| !name.is_empty())
    }
}

struct Scope<'a> {
    estate: Estate<'a>,
    matching: &'a EntityMatching,
    names: &'a Names<'a>,
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

    /// Whether `cluster` may be suggested to `subject`: it was there before the subject's source was folded in.
    fn is_earlier(&self, cluster: ClusterIx, subject: RecordRef) -> bool {
        self.matching.clusters[cluster as usize].founder.source < subject.source
    }

    fn by_name(&self, subjects: &[(ClusterIx, RecordRef)], proposals: &mut Vec<Proposal>) {
        let named: Vec<(ClusterIx, RecordRef, Cow<'_, str>, String)> = subjects
            .iter()
            .filter_map(|(own, subject)| {
                let name = self.names.get(*subject)?;
                let key = similar_name_key(&name);
                Some((*own, *subject, name, key))
            })
            .collect();
        // Only names that somebody asks for are kept.
        let asked: FxHashSet<&str> = named.iter().map(|(.., key)| key.as_str()).collect();
        let mut key = String::new();
        let mut held: Vec<(ClusterIx, Cow<'_, str>, &str)> = Vec::new();
        for (cluster, founder) in self.clusters() {
            let Some(name) = self.names.get(founder) else { continue };
            write_similar_name_key(&name, &mut key);
            if let Some(key) = asked.get(key.as_str()) {
                held.push((cluster, name, *key));
            }
        }
        held.sort_by_key(|(cluster, ..)| founder_id(self.estate, self.matching, *cluster));
        let mut alike: FxHashMap<&str, Vec<(ClusterIx, Cow<'_, str>)>> = FxHashMap::default();
        for (cluster, name, key) in held {
            alike.entry(key).or_default().push((cluster, name));
        }
        for (own, subject, name, key) in &named {
            let holders = alike.get(key.as_str()).into_iter().flatten();
            let others = holders.filter(|(cluster, _)| cluster != own && self.is_earlier(*cluster, *subject));
            let mut found: Vec<_> = others.map(|other| (how_alike(name, &other.1), other)).collect();
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
        let long = |record: RecordRef| {
            let start = prefix(record)?.0;
            (start.len() >= NETBIOS_LENGTH && start.chars().count() == NETBIOS_LENGTH).then_some(start)
        };
        let asked: FxHashSet<&str> = subjects.iter().filter_map(|(_, subject)| long(*subject)).collect();
        if asked.is_empty() {
            return;
        }
        let mut holders: FxHashMap<&str, Holders> = FxHashMap::default();
        for (cluster, founder) in self.clusters() {
            if let Some(start) = long(founder).filter(|start| asked.contains(start)) {
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
        let asked: FxHashSet<&str> =
            subjects.iter().flat_map(|(_, subject)| serials(*subject)).filter_map(stripped).collect();
        if asked.is_empty() {
            return;
        }
        let mut holders: FxHashMap<&str, Holders> = FxHashMap::default();
        for (cluster, founder) in self.clusters() {
            for rest in serials(founder).filter_map(stripped).filter(|rest| asked.contains(rest)) {
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
            .filter_map(|(cluster, founder)| {
                Some((cluster, Likeness::new(fold_case(&self.names.get(founder)?))))
            })
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
            let Some(name) = self.names.get(*subject).map(|name| Likeness::new(fold_case(&name))) else {
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
