//! What holds of every estate, tried on generated ones with heavy collisions.

use matchbook::matching::{self, Matching};
use matchbook::model::{Entity, State, Tables};
use matchbook::normalize::{self, Junk, Key, Keys};
use matchbook::pipeline::Pipeline;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::oracle::{self, Estate};
use crate::support::{generated, shown, tables};

struct Run {
    pipeline: Pipeline,
    tables: Tables,
    keys: Keys,
    matching: Matching,
}

fn run(estate: &Estate) -> Run {
    let pipeline = generated::pipeline(estate);
    let tables = tables(estate.sources.len(), &estate.rows);
    let (keys, _) = normalize::normalize(&tables, &pipeline, &Junk::new(&pipeline.junk));
    let matching = matching::fold(&pipeline, &tables, &keys, &generated::decisions(estate));
    Run { pipeline, tables, keys, matching }
}

impl Run {
    fn lines(&self) -> shown::Lines {
        shown::of_program(&self.pipeline, &self.tables, &self.matching)
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/proptest-regressions/properties.txt"
        )))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn the_fold_is_what_the_rules_say(estate in generated::estate()) {
        let run = run(&estate);
        let answer = oracle::fold(&estate);
        let differences = shown::differences(&shown::of_oracle(&estate, &answer), &run.lines());
        prop_assert!(differences.is_empty(), "{}", differences);
        let outcomes: Vec<&str> = run.matching.decisions.iter().map(|applied| applied.outcome).collect();
        prop_assert_eq!(&answer.decisions, &outcomes);
    }

    #[test]
    fn clusters_hold_what_they_may(estate in generated::estate()) {
        let run = run(&estate);
        for entity in &run.matching.entities {
            for (position, cluster) in (0..).zip(&entity.clusters) {
                let members = entity.members(position);
                prop_assert_eq!(members[0], cluster.founder);
                prop_assert!(members.iter().filter(|member| member.source == 0).count() <= 1, "two hub rows");
                if entity.entity == Entity::Organization {
                    continue;
                }
                let sources: std::collections::BTreeSet<_> =
                    members.iter().map(|member| member.source).collect();
                prop_assert_eq!(sources.len(), members.len(), "two records of one source");
                for member in members {
                    let own = entity.organizations[usize::from(member.source)][member.row as usize];
                    prop_assert_eq!(own, cluster.organization, "a record met another organization's");
                }
            }
        }
    }

    #[test]
    fn two_known_serial_numbers_meet_by_decision_or_link_alone(estate in generated::estate()) {
        let run = run(&estate);
        let configurations = run.matching.of(Entity::Configuration);
        for position in (0..).take(configurations.clusters.len()) {
            let members = configurations.members(position);
            for (at, member) in members.iter().enumerate() {
                let outcome = configurations.outcome(*member);
                let serials = |member: &matchbook::model::RecordRef| -> std::collections::BTreeSet<String> {
                    let keys = run.keys.of(member.source, Entity::Configuration).of(Key::Serial);
                    keys.get(member.row).map(str::to_owned).collect()
                };
                let own = serials(member);
                let others: std::collections::BTreeSet<String> =
                    members[..at].iter().flat_map(serials).collect();
                if own.is_empty() || others.is_empty() || !own.is_disjoint(&others) {
                    continue;
                }
                let rule = match outcome.rule {
                    matching::Rule::Decision => "decision".to_owned(),
                    matching::Rule::Tier(tier) => {
                        let source = &run.pipeline.sources[usize::from(member.source)];
                        source.matching[Entity::Configuration.index()].tiers[usize::from(tier)][0].to_string()
                    }
                    other => format!("{other:?}"),
                };
                prop_assert!(rule == "decision" || rule == "link", "joined by {}", rule);
            }
        }
    }

    #[test]
    fn every_record_has_one_state(estate in generated::estate()) {
        let run = run(&estate);
        for table in run.tables.iter() {
            let matching = run.matching.of(table.entity);
            let outcomes = &matching.outcomes[usize::from(table.source)];
            prop_assert_eq!(outcomes.len(), table.len());
            let count = |state| outcomes.iter().filter(|outcome| outcome.state == state).count();
            let total: usize = State::ALL.into_iter().map(count).sum();
            prop_assert_eq!(total, table.len());
            for outcome in outcomes {
                prop_assert_eq!(outcome.state == State::Hub, table.source == 0 && outcome.reason.is_none());
                if outcome.state == State::Review {
                    prop_assert!(outcome.reason.is_some(), "a review without a reason");
                }
            }
        }
        let members: usize = run.matching.entities.iter().map(|entity| entity.members.len()).sum();
        let in_cluster = run.matching.entities.iter().flat_map(|entity| entity.outcomes.iter().flatten());
        let in_cluster = in_cluster.filter(|outcome| outcome.cluster != matching::NO_CLUSTER).count();
        prop_assert_eq!(members, in_cluster);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        (estate, shuffled) in generated::estate().prop_flat_map(|estate| {
            let rows = Just(estate.rows.clone()).prop_shuffle();
            (Just(estate), rows)
        })
    ) {
        let other = Estate { rows: shuffled, ..estate.clone() };
        let (one, two) = (run(&estate), run(&other));
        let differences = shown::differences(&one.lines(), &two.lines());
        prop_assert!(differences.is_empty(), "{}", differences);
        prop_assert_eq!(&one.matching.findings, &two.matching.findings);
        prop_assert_eq!(&one.matching.decisions, &two.matching.decisions);
        prop_assert_eq!(candidates(&one), candidates(&two));
    }

    #[test]
    fn the_number_of_threads_changes_nothing(estate in generated::estate()) {
        let fold = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
            pool.install(|| run(&estate).matching)
        };
        let one = fold(1);
        prop_assert_eq!(&one, &fold(4));
        prop_assert_eq!(&one, &fold(1));
    }
}

/// Every candidate in words that do not depend on row numbers.
fn candidates(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for matching in &run.matching.entities {
        let name = |record| {
            let source: matchbook::model::RecordRef = record;
            let id = run.tables.id(matching.entity, source);
            format!("{}/{id}", run.pipeline.sources[usize::from(source.source)].name)
        };
        for candidate in &matching.candidates {
            let cluster = &matching.clusters[candidate.cluster as usize];
            lines.push(format!(
                "{} {} {} {} {} {:.4} {}",
                matching.entity,
                name(candidate.record),
                candidate.rank,
                name(cluster.founder),
                candidate.kind.name(),
                candidate.score,
                candidate.reason
            ));
        }
    }
    lines.sort();
    lines
}
