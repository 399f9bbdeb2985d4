//! The fold on estates small enough to work out by hand. Every expectation follows from the rules, not from a run.

use matchbook::matching::{self, Decision, DecisionKind, Matching, Rule};
use matchbook::model::{
    Entity, FileInfo, RecordRef, RecordsBuilder, SourceIx, State, Tables, column, fields,
};
use matchbook::normalize::{self, Junk};
use matchbook::pipeline::{self, Pipeline};

const PIPELINE: &str = r#"
name = "test"
method = "B"
warehouse = "test.duckdb"
[hub]
system = "it-glue"
files = ["hub"]
[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
[[source]]
name = "rmm"
system = "datto-rmm"
files = ["rmm"]
[[source]]
name = "sheet"
system = "csv"
files = ["sheet"]
"#;

/// An estate written line by line: `SOURCE ENTITY ID column=value ...`, `_` for a space inside a value, `,` between
/// the items of a list. Every source has the organization `acme` (id `o`) unless the text says otherwise.
struct Estate {
    pipeline: Pipeline,
    tables: Tables,
    matching: Matching,
}

fn load(pipeline: &str) -> Pipeline {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("test.toml");
    std::fs::write(&path, pipeline).expect("a writable folder");
    pipeline::load(&path).unwrap_or_else(|errors| panic!("{errors}"))
}

fn fold(lines: &str) -> Estate {
    fold_with(PIPELINE, lines, &[])
}

fn fold_with(pipeline: &str, lines: &str, decisions: &[&str]) -> Estate {
    let pipeline = load(pipeline);
    let mut all: Vec<(SourceIx, Entity, &str, Vec<(&str, &str)>)> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let source = words.next().expect("a source");
        let source = pipeline.sources.iter().position(|known| known.name == source).expect("a known source");
        let entity = Entity::parse(words.next().expect("an entity")).expect("a known entity");
        let id = words.next().expect("an id");
        let values = words.map(|word| word.split_once('=').expect("column=value")).collect();
        all.push((SourceIx::try_from(source).expect("few sources"), entity, id, values));
    }
    for source in 0..SourceIx::try_from(pipeline.sources.len()).expect("few sources") {
        let is_named = all.iter().any(|(of, entity, ..)| *of == source && *entity == Entity::Organization);
        let is_used = all.iter().any(|(of, ..)| *of == source);
        if is_used && !is_named {
            all.push((source, Entity::Organization, "o", vec![("name", "acme")]));
        }
    }
    all.sort_by_key(|(source, entity, id, _)| (*source, *entity, *id));
    let mut tables = Vec::new();
    for table in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (source, entity, ..) = table[0];
        let mut builder = RecordsBuilder::new(source, entity);
        builder.files.push(FileInfo { path: "test".into(), carried: vec![true; fields(entity).len()] });
        for (line, (_, _, id, values)) in (1..).zip(table) {
            let mut set = |name: &str, value: &str| {
                let position =
                    builder.position(name).unwrap_or_else(|| panic!("{entity} has no column {name}"));
                builder.set(position, &value.replace('_', " ").replace(',', "\u{1f}"));
            };
            set(column::RECORD_ID, id);
            if entity != Entity::Organization
                && !values.iter().any(|(name, _)| name.starts_with("organization"))
            {
                set(column::ORGANIZATION_ID, "o");
            }
            for (name, value) in values {
                set(name, value);
            }
            builder.finish_row(0, line);
        }
        tables.push(builder.build());
    }
    let tables = Tables::new(pipeline.sources.len(), tables);
    let decisions: Vec<Decision> = (2..).zip(decisions).map(|(line, text)| decision(line, text)).collect();
    let (keys, _) = normalize::normalize(&tables, &pipeline, &Junk::new(&pipeline.junk));
    let matching = matching::fold(&pipeline, &tables, &keys, &decisions);
    Estate { pipeline, tables, matching }
}

fn decision(line: u64, text: &str) -> Decision {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (source, id) = words[1].split_once('/').expect("SOURCE/ID");
    Decision {
        line,
        entity: Entity::parse(words[0]).expect("a known entity"),
        source: source.into(),
        record_id: id.into(),
        kind: DecisionKind::ALL.into_iter().find(|kind| kind.name() == words[2]).expect("a known decision"),
        hub_id: words.get(3).unwrap_or(&"").to_string(),
        note: String::new(),
        by: String::new(),
        at: String::new(),
    }
}

impl Estate {
    fn find(&self, entity: Entity, record: &str) -> RecordRef {
        let (source, id) = record.split_once('/').expect("SOURCE/ID");
        let source =
            self.pipeline.sources.iter().position(|known| known.name == source).expect("a known source");
        let source = SourceIx::try_from(source).expect("few sources");
        let table = self.tables.get(source, entity).expect("a table");
        let row = (0..u32::try_from(table.len()).expect("few rows")).find(|row| table.id(*row) == id);
        RecordRef { source, row: row.expect("a record") }
    }

    fn name(&self, entity: Entity, record: RecordRef) -> String {
        format!(
            "{}/{}",
            self.pipeline.sources[usize::from(record.source)].name,
            self.tables.id(entity, record)
        )
    }

    /// `state rule value -> founder of the cluster (reason)`, parts left out where there are none.
    fn outcome(&self, entity: Entity, record: &str) -> String {
        let matching = self.matching.of(entity);
        let reference = self.find(entity, record);
        let outcome = matching.outcome(reference);
        let mut text = outcome.state.name().to_owned();
        let tiers = &self.pipeline.sources[usize::from(reference.source)].matching[entity.index()].tiers;
        match outcome.rule {
            Rule::None => {}
            Rule::Decision => text.push_str(" decision"),
            Rule::Identity(key) => text.push_str(&format!(" [{key}]")),
            Rule::Tier(tier) => {
                let keys: Vec<&str> = tiers[usize::from(tier)].iter().map(|key| key.name()).collect();
                text.push_str(&format!(" {}", keys.join("+")));
            }
        }
        if let Some(value) = matching.key_value(outcome) {
            text.push_str(&format!(" {value}"));
        }
        if outcome.state == State::Matched {
            let founder = matching.clusters[outcome.cluster as usize].founder;
            text.push_str(&format!(" -> {}", self.name(entity, founder)));
        }
        if let Some(reason) = outcome.reason {
            text.push_str(&format!(" ({reason})"));
        }
        text
    }

    fn configuration(&self, record: &str) -> String {
        self.outcome(Entity::Configuration, record)
    }

    fn organization(&self, record: &str) -> String {
        self.outcome(Entity::Organization, record)
    }

    fn has_finding(&self, code: &str, record: &str) -> bool {
        self.matching
            .findings
            .iter()
            .any(|it| it.code == code && format!("{}/{}", it.source, it.record_id) == record)
    }
}

#[test]
fn serial_then_mac_then_host_name() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111
         hub configuration 2 mac_address=00:1A:2B:00:00:02
         hub configuration 3 hostname=pc3.acme.local
         psa configuration a serial_number=aaa_1111
         psa configuration b mac_address=001A2B000002
         psa configuration c name=PC3
         psa configuration d name=PC4",
    );
    assert_eq!(estate.configuration("psa/a"), "matched serial AAA1111 -> hub/1");
    assert_eq!(estate.configuration("psa/b"), "matched mac 001A2B000002 -> hub/2");
    assert_eq!(estate.configuration("psa/c"), "matched hostname PC3 -> hub/3");
    assert_eq!(estate.configuration("psa/d"), "unmatched");
}

#[test]
fn what_the_psa_knows_by_serial_and_the_rmm_by_both_still_meets_the_hub_row_with_the_mac() {
    let estate = fold(
        "hub configuration 1 mac_address=00:1A:2B:00:00:01
         psa configuration a serial_number=AAA1111 mac_address=00:1A:2B:00:00:01
         rmm configuration b serial_number=AAA1111",
    );
    assert_eq!(estate.configuration("psa/a"), "matched mac 001A2B000001 -> hub/1");
    assert_eq!(estate.configuration("rmm/b"), "matched serial AAA1111 -> hub/1");
    let outcome =
        estate.matching.of(Entity::Configuration).outcome(estate.find(Entity::Configuration, "rmm/b"));
    assert_eq!(
        outcome.matched,
        Some(estate.find(Entity::Configuration, "psa/a")),
        "the PSA's record held the serial"
    );
}

#[test]
fn a_shared_serial_is_no_key_and_a_weaker_key_breaks_the_tie_among_its_holders() {
    let estate = fold(
        "hub configuration 1 serial_number=VM12345 hostname=VM1
         rmm configuration a serial_number=VM12345 hostname=VM1
         rmm configuration b serial_number=VM12345 hostname=VM2",
    );
    assert_eq!(estate.configuration("rmm/a"), "matched hostname VM1 -> hub/1");
    assert_eq!(estate.configuration("rmm/b"), "review serial VM12345 (shared_key)");
}

#[test]
fn a_weaker_key_never_points_away_from_the_holders_of_a_stronger_one() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 hostname=PC1
         hub configuration 2 serial_number=AAA1111 hostname=PC2
         hub configuration 3 hostname=PC3
         rmm configuration a serial_number=AAA1111 hostname=PC3",
    );
    assert_eq!(estate.configuration("rmm/a"), "review hostname PC3 (contradiction)");
    assert!(
        estate.has_finding("duplicate_in_hub", "hub/1") && estate.has_finding("duplicate_in_hub", "hub/2")
    );
}

#[test]
fn different_serials_speak_against_an_equal_host_name() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 hostname=PC1
         rmm configuration a serial_number=BBB2222 hostname=PC1",
    );
    assert_eq!(estate.configuration("rmm/a"), "review hostname PC1 (contradiction)");
}

#[test]
fn two_devices_that_reuse_a_host_name_are_two_devices() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 hostname=PC1
         rmm configuration a serial_number=AAA1111 hostname=PC1
         rmm configuration b serial_number=BBB2222 hostname=PC1",
    );
    assert_eq!(estate.configuration("rmm/a"), "matched serial AAA1111 -> hub/1");
    assert_eq!(estate.configuration("rmm/b"), "unmatched");
}

#[test]
fn values_that_reach_several_clusters_are_for_a_person() {
    let estate = fold(
        "hub configuration 1 mac_address=00:1A:2B:00:00:01
         hub configuration 2 mac_address=00:1A:2B:00:00:02
         rmm configuration a mac_address=00:1A:2B:00:00:02;00:1A:2B:00:00:01",
    );
    assert_eq!(estate.configuration("rmm/a"), "review mac 001A2B000001 (points_to_several)");
}

#[test]
fn several_records_that_point_to_one_are_for_a_person_and_keep_it_from_the_next_tier() {
    let estate = fold(
        "hub configuration 1 mac_address=00:1A:2B:00:00:01;00:1A:2B:00:00:02 hostname=PC1
         rmm configuration a mac_address=00:1A:2B:00:00:01
         rmm configuration b mac_address=00:1A:2B:00:00:02
         rmm configuration c hostname=PC1",
    );
    assert_eq!(estate.configuration("rmm/a"), "review mac 001A2B000001 (several_point_to_one)");
    assert_eq!(estate.configuration("rmm/b"), "review mac 001A2B000002 (several_point_to_one)");
    assert_eq!(estate.configuration("rmm/c"), "review hostname PC1 (target_taken)");
}

#[test]
fn a_cluster_that_a_record_joined_is_taken_for_the_next() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 hostname=PC1
         rmm configuration a serial_number=AAA1111
         rmm configuration b hostname=PC1",
    );
    assert_eq!(estate.configuration("rmm/b"), "review hostname PC1 (target_taken)");
}

#[test]
fn a_duplicate_in_the_psa_does_not_stop_the_rmm() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 hostname=PC1
         psa configuration a hostname=PC1
         psa configuration b hostname=PC1
         rmm configuration c hostname=PC1",
    );
    assert_eq!(estate.configuration("psa/a"), "review hostname PC1 (shared_key)");
    assert_eq!(estate.configuration("psa/b"), "review hostname PC1 (shared_key)");
    assert_eq!(estate.configuration("rmm/c"), "matched hostname PC1 -> hub/1");
}

#[test]
fn duplicates_that_the_hub_does_not_know_are_for_a_person() {
    let estate = fold(
        "hub configuration 1 hostname=OTHER
         rmm configuration a hostname=PC1
         rmm configuration b hostname=PC1
         rmm configuration c hostname=PC2 serial_number=AAA1111
         rmm configuration d hostname=PC2 serial_number=BBB2222",
    );
    assert_eq!(estate.configuration("rmm/a"), "review hostname PC1 (duplicate_in_source)");
    assert_eq!(estate.configuration("rmm/b"), "review hostname PC1 (duplicate_in_source)");
    assert_eq!(estate.configuration("rmm/c"), "unmatched", "the serial numbers tell them apart");
    assert_eq!(estate.configuration("rmm/d"), "unmatched");
}

#[test]
fn a_stored_link_outlives_a_corrected_serial_number() {
    let estate = fold(
        "hub configuration 1 serial_number=OLD1111 links=psa:a
         psa configuration a serial_number=NEW2222",
    );
    assert_eq!(estate.configuration("psa/a"), "matched link psa:a -> hub/1");
    assert!(estate.has_finding("cluster_disagrees", "psa/a"));
}

#[test]
fn a_link_stored_at_another_client_is_for_a_person() {
    let estate = fold(
        "hub organization o name=acme
         hub organization p name=birch
         psa organization o name=acme
         hub configuration 1 links=psa:a organization_id=p
         psa configuration a serial_number=AAA1111",
    );
    assert_eq!(estate.configuration("psa/a"), "review (moved)");
}

#[test]
fn one_client_never_meets_the_devices_of_another() {
    let estate = fold(
        "hub organization o name=acme
         hub organization p name=birch
         rmm organization p name=birch
         hub configuration 1 serial_number=AAA1111
         rmm configuration a serial_number=AAA1111 organization_id=p",
    );
    assert_eq!(estate.configuration("rmm/a"), "unmatched");
    assert!(estate.has_finding("moved", "rmm/a"));
}

#[test]
fn an_archived_twin_does_not_stand_in_the_way_of_the_live_row() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 archived=true
         hub configuration 2 serial_number=AAA1111
         hub configuration 3 serial_number=BBB2222 archived=true
         rmm configuration a serial_number=AAA1111
         rmm configuration b serial_number=BBB2222",
    );
    assert_eq!(estate.configuration("rmm/a"), "matched serial AAA1111 -> hub/2");
    assert_eq!(
        estate.configuration("rmm/b"),
        "matched serial BBB2222 -> hub/3",
        "an archived row comes back"
    );
    assert!(!estate.has_finding("duplicate_in_hub", "hub/2"), "only live rows are duplicates");
}

#[test]
fn a_weaker_key_that_points_elsewhere_is_reported() {
    let estate = fold(
        "hub configuration 1 serial_number=AAA1111 hostname=OLD
         hub configuration 2 hostname=NEW
         rmm configuration a serial_number=AAA1111 hostname=NEW",
    );
    assert_eq!(estate.configuration("rmm/a"), "matched serial AAA1111 -> hub/1");
    assert!(estate.has_finding("weaker_key_disagrees", "rmm/a"));
    assert_eq!(estate.matching.of(Entity::Configuration).disagreeing.len(), 2);
}

#[test]
fn decisions_win_over_every_tier() {
    let estate = fold_with(
        PIPELINE,
        "hub configuration 1 serial_number=AAA1111
         hub configuration 2 serial_number=BBB2222
         rmm configuration a serial_number=AAA1111
         rmm configuration b serial_number=BBB2222
         rmm configuration c serial_number=CCC3333
         rmm configuration d serial_number=BBB2222",
        &[
            "configuration rmm/a match 2",
            "configuration rmm/b ignore",
            "configuration rmm/c create",
            "configuration rmm/d never 2",
            "configuration rmm/gone ignore",
        ],
    );
    assert_eq!(estate.configuration("rmm/a"), "matched decision -> hub/2");
    assert_eq!(estate.configuration("rmm/b"), "ignored decision");
    assert_eq!(estate.configuration("rmm/c"), "unmatched decision");
    assert_eq!(estate.configuration("rmm/d"), "unmatched");
    let outcomes: Vec<&str> = estate.matching.decisions.iter().map(|applied| applied.outcome).collect();
    assert_eq!(outcomes, ["applied", "applied", "applied", "applied", "stale_decision"]);
}

#[test]
fn the_last_decision_wins_and_a_pair_is_judged_by_its_last_row() {
    let estate = fold_with(
        PIPELINE,
        "hub configuration 1 serial_number=AAA1111
         hub configuration 2 hostname=PC2
         rmm configuration a serial_number=AAA1111
         rmm configuration b hostname=PC2",
        &[
            "configuration rmm/a ignore",
            "configuration rmm/a match 2",
            "configuration rmm/a never 2",
            "configuration rmm/b never 2",
            "configuration rmm/b match 2",
        ],
    );
    assert_eq!(estate.configuration("rmm/a"), "matched serial AAA1111 -> hub/1");
    assert_eq!(estate.configuration("rmm/b"), "matched decision -> hub/2");
    let outcomes: Vec<&str> = estate.matching.decisions.iter().map(|applied| applied.outcome).collect();
    assert_eq!(outcomes, ["superseded", "superseded", "applied", "superseded", "applied"]);
}

#[test]
fn two_matches_onto_one_device_apply_to_neither() {
    let estate = fold_with(
        PIPELINE,
        "hub configuration 1 serial_number=AAA1111
         rmm configuration a hostname=PC1
         rmm configuration b hostname=PC2",
        &["configuration rmm/a match 1", "configuration rmm/b match 1"],
    );
    assert_eq!(estate.configuration("rmm/a"), "review decision (several_point_to_one)");
    assert_eq!(estate.configuration("rmm/b"), "review decision (several_point_to_one)");
    assert_eq!(estate.matching.decisions[0].outcome, "several_point_to_one");
}

#[test]
fn a_match_into_another_organization_does_nothing() {
    let estate = fold_with(
        PIPELINE,
        "hub organization o name=acme
         hub organization p name=birch
         rmm organization o name=acme
         hub configuration 1 serial_number=AAA1111 organization_id=p
         rmm configuration a serial_number=BBB2222",
        &["configuration rmm/a match 1"],
    );
    assert_eq!(estate.configuration("rmm/a"), "unmatched");
    assert_eq!(estate.matching.decisions[0].outcome, "other_organization");
}

#[test]
fn several_sites_join_one_client_by_decision_or_link_but_not_by_name() {
    let estate = fold_with(
        PIPELINE,
        "hub organization 1 name=Acme links=rmm:a
         hub organization 2 name=Birch
         rmm organization a name=Acme_North
         rmm organization b name=Acme_South
         rmm organization c name=Acme
         rmm organization d name=Birch
         rmm organization e name=Birch",
        &["organization rmm/b match 1"],
    );
    assert_eq!(estate.organization("rmm/a"), "matched link rmm:a -> hub/1");
    assert_eq!(estate.organization("rmm/b"), "matched decision -> hub/1");
    assert_eq!(
        estate.organization("rmm/c"),
        "matched name Acme -> hub/1",
        "sites that joined by link leave it open"
    );
    assert_eq!(estate.organization("rmm/d"), "review name Birch (shared_key)");
    assert_eq!(estate.organization("rmm/e"), "review name Birch (shared_key)");
}

#[test]
fn a_company_of_the_psa_that_joined_by_link_takes_the_client() {
    let estate = fold(
        "hub organization 1 name=Acme links=psa:a
         psa organization a name=Acme_Ltd
         psa organization b name=Acme",
    );
    assert_eq!(estate.organization("psa/a"), "matched link psa:a -> hub/1");
    assert_eq!(estate.organization("psa/b"), "review name Acme (target_taken)");
}

#[test]
fn a_site_without_devices_is_skipped_unless_a_decision_says_otherwise() {
    let lines = "hub organization 1 name=Acme
         hub organization 2 name=Birch
         rmm organization a name=Acme
         rmm organization b name=Birch
         rmm configuration x organization_id=a hostname=PC1";
    let estate = fold(lines);
    assert_eq!(estate.organization("rmm/a"), "matched name Acme -> hub/1");
    assert_eq!(estate.organization("rmm/b"), "skipped (no_devices)");
    let decided = fold_with(PIPELINE, lines, &["organization rmm/b match 2"]);
    assert_eq!(decided.organization("rmm/b"), "matched decision -> hub/2");
}

#[test]
fn records_follow_their_organization() {
    let estate = fold_with(
        PIPELINE,
        "hub organization 1 name=Birch
         hub organization 2 name=Cedar
         psa organization a name=Birch
         psa organization b name=Birch
         psa organization c name=Cedar
         psa configuration x organization_id=a hostname=PC1
         psa configuration y organization_id=c hostname=PC2
         psa configuration z organization_id=nowhere hostname=PC3
         psa configuration w organization=Birch hostname=PC4",
        &["organization psa/c ignore"],
    );
    assert_eq!(estate.organization("psa/a"), "review name Birch (shared_key)");
    assert_eq!(estate.configuration("psa/x"), "review (organization_in_review)");
    assert_eq!(estate.configuration("psa/y"), "ignored (organization_ignored)");
    assert_eq!(estate.configuration("psa/z"), "skipped (no_organization)");
    assert_eq!(estate.configuration("psa/w"), "skipped (organization_name_shared)");
}

#[test]
fn names_keep_their_case_unless_the_pipeline_folds_it() {
    let lines = "hub organization 1 name=ACME
         psa organization a name=Acme";
    let exact = fold(lines);
    assert_eq!(exact.organization("psa/a"), "unmatched");
    let candidate = &exact.matching.of(Entity::Organization).candidates[0];
    assert!(candidate.looks_known && candidate.reason.contains("letter case"), "{}", candidate.reason);
    let folded = fold_with(&format!("names = \"ignore-case\"\n{PIPELINE}"), lines, &[]);
    assert_eq!(folded.organization("psa/a"), "matched name acme -> hub/1");
}

#[test]
fn of_many_equal_names_the_first_are_candidates_behind_those_that_a_rule_rejected() {
    let estate = fold(
        "hub contact 1 first_name=Ann last_name=Lee
         hub contact 2 first_name=Ann last_name=Lee
         hub contact 3 first_name=Ann last_name=Lee
         hub contact 4 first_name=Ann last_name=Lee
         hub contact 5 first_name=Ann last_name=Lee
         hub contact 6 first_name=Ann last_name=Lee
         hub contact 8 first_name=Ann last_name=Lee emails=a@x.example
         hub contact 9 first_name=Ann last_name=Lee emails=b@x.example
         psa contact p first_name=Ann last_name=Lee emails=a@x.example,b@x.example",
    );
    let matching = estate.matching.of(Entity::Contact);
    let candidates: Vec<(&str, &str, bool)> = matching
        .candidates
        .iter()
        .map(|candidate| {
            let founder = matching.clusters[candidate.cluster as usize].founder;
            let id = estate.tables.id(Entity::Contact, founder);
            (id, candidate.kind.name(), candidate.looks_known)
        })
        .collect();
    // Both addresses identify a row, so the record points to several. All eight rows have its name.
    let expected = [
        ("8", "rejected", true),
        ("9", "rejected", true),
        ("1", "suggested", true),
        ("2", "suggested", true),
        ("3", "suggested", true),
    ];
    assert_eq!(candidates, expected);
}

#[test]
fn contacts_match_by_person_and_address_then_by_person() {
    let estate = fold(
        "hub contact 1 first_name=Ines last_name=Calder emails=ines@acme.example
         hub contact 2 first_name=Tom last_name=Ried
         hub contact 3 first_name=Tom last_name=Ried emails=tom.r@acme.example
         psa contact a first_name=Ines last_name=Calder emails=INES@acme.example
         psa contact b first_name=Tom last_name=Ried emails=tom.r@acme.example
         psa contact c first_name=Ann last_name=Frey",
    );
    let contact = |record| estate.outcome(Entity::Contact, record);
    assert_eq!(contact("psa/a"), "matched person+email Ines + Calder + ines@acme.example -> hub/1");
    assert_eq!(contact("psa/b"), "matched person+email Tom + Ried + tom.r@acme.example -> hub/3");
    assert_eq!(contact("psa/c"), "unmatched");
}

#[test]
fn locations_with_one_name_are_told_apart_by_their_address() {
    let estate = fold(
        "hub location 1 name=Main address_1=4_Quay_Street city=Porthaven
         hub location 2 name=Main address_1=9_Hill_Road city=Porthaven
         psa location a name=Main address_1=9_Hill_Road city=PORTHAVEN
         psa location b name=Depot address_1=4_Quay_Street city=Porthaven",
    );
    let location = |record| estate.outcome(Entity::Location, record);
    assert_eq!(location("psa/a"), "matched name+address Main + 9 hill road +  + porthaven +  +  -> hub/2");
    assert_eq!(location("psa/b"), "review [address] 4 quay street +  + porthaven +  +  (shared_key)");
}

#[test]
fn presets_change_the_tiers_and_keep_the_veto_on_the_serial_number() {
    let pipeline =
        PIPELINE.replace("system = \"datto-rmm\"", "system = \"datto-rmm\"\npreset = \"network-glue\"");
    let estate = fold_with(
        &pipeline,
        "hub configuration 1 serial_number=AAA1111
         hub configuration 2 mac_address=00:1A:2B:00:00:02 serial_number=BBB2222
         rmm configuration a serial_number=AAA1111
         rmm configuration b mac_address=00:1A:2B:00:00:02 serial_number=CCC3333",
        &[],
    );
    assert_eq!(estate.configuration("rmm/a"), "review [serial] AAA1111 (shared_key)");
    assert_eq!(estate.configuration("rmm/b"), "review mac 001A2B000002 (contradiction)");
}
