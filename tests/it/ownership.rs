//! Owners and differences on clusters small enough to work out by hand. The matching is written down, not folded, so
//! that every expectation follows from the rules of ownership alone.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use matchbook::extract::{LookupItem, Lookups};
use matchbook::matching::{Cluster, ClusterIx, EntityMatching, Matching, NO_CLUSTER, Outcome, Rule};
use matchbook::model::{
    Entity, FileInfo, Finding, Kind, LIST_SEPARATOR, Previous, PreviousValues, RecordRef, Records,
    RecordsBuilder, SourceIx, State, Tables, column, fields,
};
use matchbook::normalize::Junk;
use matchbook::ownership::{self, FieldExplanation, Resolution};
use matchbook::pipeline::{self, Pipeline};
use proptest::prelude::*;

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
name = "rmm-east"
system = "datto-rmm"
files = ["east"]
[[source]]
name = "rmm-west"
system = "datto-rmm"
files = ["west"]
[[source]]
name = "sheet"
system = "csv"
files = ["sheet"]
"#;

const TWO_WAY: &str = r#"
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
sync = { two_way = true }
[[source]]
name = "rmm"
system = "datto-rmm"
files = ["rmm"]
"#;

/// An estate written line by line: `SOURCE ENTITY ID CLUSTER [RULE] column=value ...`.
///
/// `_` stands for a space inside a value and `,` in a list for the separator. `CLUSTER` is any word; the first record of a
/// cluster founds it, `-` is none. `RULE` is `~d` for a decision or `~2` for the third tier; a record that joined without
/// one joined at the first. Everything is of the organization cluster 0 unless it says `@1`.
struct Estate {
    pipeline: Pipeline,
    tables: Tables,
    matching: Matching,
    lookups: Lookups,
    previous: Option<Previous>,
}

struct Line<'a> {
    source: SourceIx,
    entity: Entity,
    id: &'a str,
    cluster: &'a str,
    rule: Option<Rule>,
    organization: ClusterIx,
    values: Vec<(&'a str, String)>,
}

impl Estate {
    fn new(text: &str) -> Self {
        Self::with(PIPELINE, text)
    }

    fn with(pipeline: &str, text: &str) -> Self {
        let pipeline = pipeline::parse(Path::new("/tmp/test.toml"), pipeline)
            .unwrap_or_else(|errors| panic!("{errors}"));
        let mut lines: Vec<Line<'_>> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| Line::parse(&pipeline, line))
            .collect();
        // The rows of one table stand together; clusters keep the order of their first record.
        lines.sort_by_key(|line| (line.entity, line.source));
        let (tables, matching) = build(&pipeline, &lines);
        Self { pipeline, tables, matching, lookups: Lookups::default(), previous: None }
    }

    fn systems(mut self, names: &[&str]) -> Self {
        let item = |name: &&str| LookupItem {
            id: (*name).to_owned(),
            name: (*name).to_owned(),
            parent_id: None,
            is_inactive: false,
        };
        self.lookups.lists.insert((0, "operating_systems"), names.iter().map(item).collect());
        self
    }

    /// What the last completed run read: `SOURCE ENTITY ID column=value ...`.
    fn previously(mut self, text: &str) -> Self {
        let mut values: BTreeMap<(String, Entity), HashMap<String, PreviousValues>> = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let mut word = || words.next().expect("SOURCE ENTITY ID");
            let key = (word().to_owned(), Entity::parse(word()).expect("a known entity"));
            let (entity, id) = (key.1, word().to_owned());
            let columns = words.map(|word| {
                let (name, value) = cell(entity, word);
                let field = fields(entity).iter().find(|field| field.name == name).expect("a known column");
                (field.name, value)
            });
            values.entry(key).or_default().insert(id, columns.collect());
        }
        self.previous = Some(Previous { run_id: 1, values, ..Previous::default() });
        self
    }

    /// A file that lacks a column.
    fn not_carried(mut self, source: &str, entity: Entity, column: &str) -> Self {
        let (source, _) = self.pipeline.source(source).expect("a known source");
        let tables = self.tables.iter().map(|table| {
            let mut table = table.clone();
            if (table.source, table.entity) == (source, entity) {
                let position = table.position(column).expect("a known column");
                table.files[0].carried[position] = false;
            }
            table
        });
        self.tables = Tables::new(self.pipeline.sources.len(), tables.collect());
        self
    }

    fn resolve(&self) -> Resolution {
        let junk = Junk::new(&self.pipeline.junk);
        ownership::resolve(
            &self.pipeline,
            &self.tables,
            &self.matching,
            &junk,
            &self.lookups,
            self.previous.as_ref(),
        )
    }

    fn explain(&self, entity: Entity, cluster: ClusterIx, field: &str) -> FieldExplanation {
        let junk = Junk::new(&self.pipeline.junk);
        let all = ownership::explain(
            &self.pipeline,
            &self.tables,
            &self.matching,
            &junk,
            &self.lookups,
            self.previous.as_ref(),
            entity,
            cluster,
        );
        all.into_iter().find(|explanation| explanation.field == field).expect("an owned field")
    }

    fn name(&self, entity: Entity, record: RecordRef) -> String {
        format!(
            "{}/{}",
            self.pipeline.sources[usize::from(record.source)].name,
            self.tables.id(entity, record)
        )
    }

    /// One line per difference: `TARGET field: current -> desired (kind, rule, supplier)`.
    fn diffs(&self) -> String {
        let mut text = String::new();
        for diff in self.resolve().diffs {
            let target = self.name(diff.entity, diff.target);
            let supplier = self.name(diff.entity, diff.supplied_by);
            let current = diff.current.as_deref().unwrap_or("-");
            writeln!(
                text,
                "{target} {}: {current} -> {} ({}, {}, {supplier})",
                diff.field,
                diff.desired,
                diff.kind.name(),
                diff.rule
            )
            .expect("a string takes text");
        }
        text.trim_end().to_owned()
    }

    fn conflicts(&self) -> String {
        let rows = self.resolve().conflicts.into_iter().map(|row| {
            format!(
                "{}: hub {}, psa {}, {} wins: {}",
                row.field, row.hub_value, row.psa_value, row.winner, row.why
            )
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    fn findings(&self) -> String {
        let line = |found: Finding| {
            format!("{}/{} {} {} {}", found.source, found.record_id, found.field, found.code, found.raw_value)
        };
        self.resolve().findings.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// `column=value` with the value as a cell.
fn cell(entity: Entity, word: &str) -> (&str, String) {
    let (name, value) = word.split_once('=').expect("column=value");
    let field = fields(entity).iter().find(|field| field.name == name);
    let kind = field.unwrap_or_else(|| panic!("{entity} has no column {name}")).kind;
    let value = value.replace('_', " ");
    let is_list = matches!(kind, Kind::Emails | Kind::Phones | Kind::List | Kind::Interfaces);
    let value = if is_list { value.replace(',', &LIST_SEPARATOR.to_string()) } else { value };
    (name, value.replace('|', "\u{1e}"))
}

impl<'a> Line<'a> {
    fn parse(pipeline: &Pipeline, line: &'a str) -> Self {
        let mut words = line.split_whitespace().peekable();
        let (source, _) = pipeline.source(words.next().expect("a source")).expect("a known source");
        let entity = Entity::parse(words.next().expect("an entity")).expect("a known entity");
        let (id, cluster) = (words.next().expect("an id"), words.next().expect("a cluster"));
        let rule = words.next_if(|word| word.starts_with('~')).map(|word| match &word[1..] {
            "d" => Rule::Decision,
            tier => Rule::Tier(tier.parse().expect("a tier")),
        });
        let organization = words.next_if(|word| word.starts_with('@'));
        let organization = organization.map_or(0, |word| word[1..].parse().expect("an organization"));
        Self {
            source,
            entity,
            id,
            cluster,
            rule,
            organization,
            values: words.map(|word| cell(entity, word)).collect(),
        }
    }
}

fn build(pipeline: &Pipeline, lines: &[Line<'_>]) -> (Tables, Matching) {
    let sources = pipeline.sources.len();
    let mut tables: Vec<Records> = Vec::new();
    let mut entities = Vec::new();
    for entity in Entity::ALL {
        let mut clusters: Vec<(&str, ClusterIx, Vec<RecordRef>)> = Vec::new();
        let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); sources];
        let mut organizations: Vec<Vec<ClusterIx>> = vec![Vec::new(); sources];
        for table in lines.chunk_by(|a, b| (a.source, a.entity) == (b.source, b.entity)) {
            if table[0].entity != entity {
                continue;
            }
            let source = table[0].source;
            let mut builder = RecordsBuilder::new(source, entity);
            builder.files.push(FileInfo { path: "test".into(), carried: vec![true; fields(entity).len()] });
            for (row, line) in (0..).zip(table) {
                let mut set = |name: &str, value: &str| {
                    builder.set(builder.position(name).expect("a known column"), value);
                };
                set(column::RECORD_ID, line.id);
                line.values.iter().for_each(|(name, value)| set(name, value));
                builder.finish_row(0, row + 1);
                let record = RecordRef { source, row };
                let known = clusters.iter().position(|(label, ..)| *label == line.cluster);
                let cluster = match known {
                    _ if line.cluster == "-" => NO_CLUSTER,
                    Some(known) => {
                        clusters[known].2.push(record);
                        ClusterIx::try_from(known).expect("few clusters")
                    }
                    None => {
                        clusters.push((line.cluster, line.organization, vec![record]));
                        ClusterIx::try_from(clusters.len() - 1).expect("few clusters")
                    }
                };
                let (state, rule) = match (known, line.rule) {
                    _ if cluster == NO_CLUSTER => (State::Ignored, Rule::None),
                    (None, _) if source == 0 => (State::Hub, Rule::None),
                    (None, _) => (State::Unmatched, Rule::None),
                    (Some(_), rule) => (State::Matched, rule.unwrap_or(Rule::Tier(0))),
                };
                outcomes[usize::from(source)].push(Outcome {
                    state,
                    cluster,
                    rule,
                    reason: None,
                    key_value: (0, 0),
                    matched: None,
                });
                let organization =
                    if entity == Entity::Organization { NO_CLUSTER } else { line.organization };
                organizations[usize::from(source)].push(organization);
            }
            tables.push(builder.build());
        }
        let mut members = Vec::new();
        let clusters = clusters
            .into_iter()
            .map(|(label, organization, of)| {
                let start = u32::try_from(members.len()).expect("few members");
                let founder = of[0];
                members.extend(of);
                Cluster {
                    founder,
                    organization: if entity == Entity::Organization { NO_CLUSTER } else { organization },
                    in_review: label.starts_with('?'),
                    members: (start, u32::try_from(members.len()).expect("few members")),
                }
            })
            .collect();
        entities.push(EntityMatching {
            entity,
            clusters,
            members,
            outcomes,
            values: String::new(),
            candidates: Vec::new(),
            organizations,
            disagreeing: Vec::new(),
        });
    }
    (Tables::new(sources, tables), Matching { entities, findings: Vec::new(), decisions: Vec::new() })
}

#[test]
fn the_first_owner_with_a_value_wins() {
    let estate = Estate::new(
        "hub configuration 1 a serial_number=OLD1 name=Front_desk manufacturer=Dell
         psa configuration 2 a serial_number=NEW1 name=FRONT manufacturer=HP
         rmm-east configuration 3 a serial_number=RMM1 name=PC-1 model=Z2",
    );
    assert_eq!(
        estate.diffs(),
        "hub/1 name: Front desk -> FRONT (change, owner:psa, psa/2)\n\
         hub/1 serial_number: OLD1 -> NEW1 (change, owner:psa, psa/2)\n\
         hub/1 manufacturer: Dell -> HP (change, owner:psa, psa/2)\n\
         hub/1 model: - -> Z2 (set, owner:rmm, rmm-east/3)"
    );
}

#[test]
fn machines_keep_technical_facts_current_and_fill_blanks_elsewhere() {
    let estate = Estate::new(
        "hub configuration 1 a name=Front_desk primary_ip=10.0.0.1 asset_tag=7 manufacturer=Dell
         rmm-east configuration 3 a name=PC-1 primary_ip=10.0.0.2 asset_tag=8 manufacturer=HP model=Z2",
    );
    assert_eq!(
        estate.diffs(),
        "hub/1 primary_ip: 10.0.0.1 -> 10.0.0.2 (change, owner:rmm, rmm-east/3)\n\
         hub/1 model: - -> Z2 (set, owner:rmm, rmm-east/3)"
    );
    let overwrite = PIPELINE.replace("warehouse", "machine_values = \"overwrite\"\nwarehouse");
    let lines = "hub configuration 1 a name=Front_desk type=Server model=Z1
         rmm-east configuration 3 a name=PC-1 type=Workstation model=Z2";
    assert_eq!(
        Estate::with(&overwrite, lines).diffs(),
        "hub/1 name: Front desk -> PC-1 (change, owner:rmm, rmm-east/3)\n\
         hub/1 model: Z1 -> Z2 (change, owner:rmm, rmm-east/3)"
    );
    let fill = PIPELINE.replace("warehouse", "machine_values = \"fill\"\nwarehouse");
    let lines = "hub configuration 1 a primary_ip=10.0.0.1
         rmm-east configuration 3 a primary_ip=10.0.0.2 serial_number=RMM1";
    assert_eq!(
        Estate::with(&fill, lines).diffs(),
        "hub/1 serial_number: - -> RMM1 (set, owner:rmm, rmm-east/3)"
    );
}

#[test]
fn a_pipeline_overrides_single_fields_by_role_or_source() {
    let pipeline = format!("{PIPELINE}[ownership.configuration]\nserial_number = [\"rmm-west\", \"hub\"]\n");
    let estate = Estate::with(
        &pipeline,
        "hub configuration 1 a serial_number=HUB1
         psa configuration 2 a serial_number=PSA1
         rmm-east configuration 3 a serial_number=EAST1
         rmm-west configuration 4 a serial_number=WEST1",
    );
    assert_eq!(estate.diffs(), "hub/1 serial_number: HUB1 -> WEST1 (change, owner:rmm-west, rmm-west/4)");
}

#[test]
fn blank_junk_and_damaged_values_are_no_information() {
    let estate = Estate::new(
        "hub configuration 1 a serial_number=HUB1 hostname=PC-1 primary_ip=10.0.0.1 model=Z1 mac_address=001A2B3C4D5E
         psa configuration 2 a serial_number=To_be_filled_by_O.E.M. hostname=localhost primary_ip=169.254.1.1 model=System_Product_Name mac_address=000000000000
         rmm-east configuration 3 a serial_number=6.37702E+15",
    );
    assert_eq!(estate.diffs(), "");
    let estate = Estate::new(
        "hub configuration 1 a serial_number=System_Serial_Number
         psa configuration 2 a serial_number=System_Serial_Number
         rmm-east configuration 3 a serial_number=REAL1",
    );
    assert_eq!(
        estate.diffs(),
        "hub/1 serial_number: System Serial Number -> REAL1 (set, owner:rmm, rmm-east/3)"
    );
}

#[test]
fn spelling_is_no_difference_and_letter_case_of_text_is() {
    let estate = Estate::new(
        "hub configuration 1 a serial_number=5cg0417 hostname=PC-1.corp.example manufacturer=Dell name=Front__desk warranty_expires_at=2027-01-31
         psa configuration 2 a serial_number=S/N:5CG0417 hostname=pc-1 manufacturer=Dell_Inc. name=Front_desk warranty_expires_at=2027-01-31
         hub location 1 a phone=01632_960144 city=York
         psa location 2 a phone=(01632)_960-144 city=YORK",
    );
    assert_eq!(estate.diffs(), "hub/1 city: York -> YORK (change, owner:psa, psa/2)");
}

#[test]
fn any_mac_address_of_the_owner_is_no_difference_and_the_first_usable_is_written() {
    let estate = Estate::new(
        "hub configuration 1 a mac_address=00-1A-2B-3C-4D-5F
         rmm-east configuration 2 a mac_address=001A2B3C4D5E interfaces=Wi-Fi|001A2B3C4D5F|
         hub configuration 3 b mac_address=00-1A-2B-3C-4D-60
         rmm-east configuration 4 b mac_address=000000000000,00:1a:2b:3c:4d:61 interfaces=Wi-Fi|001A2B3C4D62|
         hub configuration 5 c name=c
         rmm-east configuration 6 c interfaces=USB_dock|001A2B3C4D63|,LAN|001A2B3C4D64|",
    );
    assert_eq!(
        estate.diffs(),
        "hub/3 mac_address: 00-1A-2B-3C-4D-60 -> 00:1a:2b:3c:4d:61 (change, owner:rmm, rmm-east/4)\n\
         hub/5 mac_address: - -> 001A2B3C4D64 (set, owner:rmm, rmm-east/6)"
    );
}

#[test]
fn of_one_role_the_strongest_rule_speaks_then_the_smallest_id() {
    let lines = |east: &str, west: &str| {
        format!(
            "hub configuration 1 a serial_number=HUB1
             rmm-east configuration 7 a {east} serial_number=EAST1
             rmm-west configuration 3 a {west} serial_number=WEST1"
        )
    };
    let serial = |east, west| Estate::new(&lines(east, west)).resolve().diffs[0].desired.clone();
    assert_eq!(serial("~1", "~2"), "EAST1");
    assert_eq!(serial("~2", "~d"), "WEST1");
    assert_eq!(serial("~1", "~1"), "WEST1");
    let blank = Estate::new(
        "hub configuration 1 a serial_number=HUB1
         rmm-east configuration 7 a ~0 name=x
         rmm-west configuration 3 a ~1 serial_number=WEST1",
    );
    assert!(!blank.diffs().contains("serial_number"), "only one record speaks for the role");
}

#[test]
fn a_field_that_the_targets_file_does_not_carry_is_unknown() {
    let estate = Estate::new(
        "hub configuration 1 a name=x
         psa configuration 2 a serial_number=PSA1 hostname=PC-1",
    )
    .not_carried("hub", Entity::Configuration, "serial_number");
    assert_eq!(estate.diffs(), "hub/1 hostname: - -> PC-1 (set, owner:psa, psa/2)");
}

#[test]
fn clusters_in_review_alone_or_without_a_hub_row_are_not_compared() {
    let estate = Estate::new(
        "hub configuration 1 ?a name=x
         psa configuration 2 ?a name=y
         hub configuration 3 b name=x
         psa configuration 4 c name=y
         rmm-east configuration 5 c serial_number=RMM1",
    );
    assert_eq!(estate.diffs(), "");
}

#[test]
fn missing_list_items_are_added_and_none_is_removed() {
    let estate = Estate::new(
        "hub contact 1 a first_name=Ines emails=i@x.example,ines@x.example phones=01632_960144
         psa contact 2 a first_name=Ines emails=INES@x.example,i.calder@x.example phones=(01632)_960144
         hub contact 3 b first_name=Ola
         psa contact 4 b first_name=Ola emails=not_an_address
         sheet contact 5 b emails=ola@x.example",
    );
    assert_eq!(
        estate.diffs(),
        "hub/1 emails: i@x.example; ines@x.example -> i@x.example; ines@x.example; i.calder@x.example \
         (change, owner:psa, psa/2)\n\
         hub/3 emails: - -> ola@x.example (set, owner:sheet, sheet/5)"
    );
}

#[test]
fn values_that_the_hubs_list_does_not_have_are_blank_and_reported() {
    let lines = "hub configuration 1 a operating_system=Windows_10_Pro
         psa configuration 2 a operating_system=Windoze
         rmm-east configuration 3 a operating_system=windows_11_pro";
    let estate = Estate::new(lines).systems(&["Windows 10 Pro", "Windows 11 Pro"]);
    assert_eq!(
        estate.diffs(),
        "hub/1 operating_system: Windows 10 Pro -> windows 11 pro (change, owner:rmm, rmm-east/3)"
    );
    assert_eq!(estate.findings(), "psa/2 operating_system no_such_value Windoze");
    let unchecked = Estate::new(lines);
    assert_eq!(
        unchecked.diffs(),
        "hub/1 operating_system: Windows 10 Pro -> Windoze (change, owner:psa, psa/2)"
    );
    assert_eq!(unchecked.findings(), "");
}

#[test]
fn references_compare_as_clusters() {
    let estate = Estate::new(
        "hub location 10 hq name=Main_Office
         hub location 11 yard name=Yard
         psa location 20 hq name=HQ
         psa location 21 yard name=Depot
         hub contact 1 a location=Main_Office
         psa contact 2 a location_id=20 location=HQ
         hub contact 3 b location_id=10
         psa contact 4 b location=Depot",
    );
    let diffs = estate.resolve().diffs;
    let of_contacts: Vec<_> = diffs.iter().filter(|diff| diff.entity == Entity::Contact).collect();
    assert_eq!(of_contacts.len(), 1);
    assert_eq!(of_contacts[0].current.as_deref(), Some("Main Office"));
    assert_eq!(of_contacts[0].desired, "Depot");
    assert_eq!(of_contacts[0].desired_cluster, Some(1));
}

#[test]
fn references_that_lead_nowhere_are_blank_and_reported() {
    let estate = Estate::new(
        "hub location 10 hq name=Main_Office
         psa location 20 hq name=Main_Office
         psa location 21 x name=Twin
         psa location 22 y name=Twin
         psa location 23 - name=Ignored
         hub contact 1 a location=Main_Office
         psa contact 2 a location_id=99
         hub contact 3 b location=Main_Office
         psa contact 4 b location=Twin
         hub contact 5 c location=Main_Office
         psa contact 6 c location_id=23 location=Ignored
         hub contact 7 d location=Main_Office
         psa contact 8 d",
    );
    assert_eq!(estate.diffs(), "");
    assert_eq!(
        estate.findings(),
        "psa/2 location unresolved_reference 99\n\
         psa/4 location unresolved_reference Twin\n\
         psa/6 location unresolved_reference Ignored"
    );
}

#[test]
fn a_contact_of_another_organization_is_left_out() {
    let pipeline = format!("{PIPELINE}[ownership.configuration]\ncontact = [\"psa\", \"hub\"]\n");
    let estate = Estate::with(
        &pipeline,
        "hub contact 1 ines first_name=Ines last_name=Calder
         psa contact 2 ines first_name=Ines last_name=Calder
         psa contact 3 ola @1 first_name=Ola last_name=Berg
         hub configuration 1 a name=x
         psa configuration 2 a contact_id=3 contact=Ola_Berg
         hub configuration 3 b name=y
         psa configuration 4 b contact=Ines_Calder",
    );
    assert_eq!(estate.diffs(), "hub/3 contact: - -> Ines Calder (set, owner:psa, psa/4)",);
    assert_eq!(estate.findings(), "psa/2 contact foreign_contact Ola Berg");
}

#[test]
fn a_parent_is_an_organization_and_never_the_organization_itself() {
    let estate = Estate::new(
        "hub organization 1 holding name=Holding
         hub organization 2 acme name=Acme
         psa organization 7 holding name=Holding
         psa organization 8 acme ~1 name=Acme parent_id=7 parent=Holding
         psa organization 9 acme ~2 name=Acme_East parent_id=8",
    );
    assert_eq!(estate.diffs(), "hub/2 parent: - -> Holding (set, owner:psa, psa/8)");
    assert_eq!(estate.findings(), "psa/9 parent unresolved_reference 8");
}

#[test]
fn where_a_source_does_not_deliver_what_a_field_refers_to_nothing_is_known() {
    let estate = Estate::new(
        "psa location 20 hq name=Depot
         hub contact 1 a location=Depot
         psa contact 2 a location_id=20",
    );
    assert_eq!(estate.diffs(), "");
}

const PAIR: &str = "hub configuration 1 a serial_number=HUB1
     psa configuration 2 a serial_number=PSA1";

#[test]
fn without_a_previous_run_the_owners_decide_two_way_fields() {
    let estate = Estate::with(TWO_WAY, PAIR);
    assert_eq!(estate.diffs(), "hub/1 serial_number: HUB1 -> PSA1 (change, owner:psa, psa/2)");
    let estate = Estate::with(
        TWO_WAY,
        "hub configuration 1 a asset_tag=7 hostname=PC-1
         psa configuration 2 a asset_tag=8
         rmm configuration 3 a serial_number=RMM1",
    );
    assert_eq!(
        estate.diffs(),
        "hub/1 serial_number: - -> RMM1 (set, owner:rmm, rmm/3)\n\
         psa/2 serial_number: - -> RMM1 (set, owner:rmm, rmm/3)\n\
         psa/2 asset_tag: 8 -> 7 (change, owner:hub, hub/1)",
        "a host name is no two-way field"
    );
}

#[test]
fn the_side_that_changed_wins() {
    let hub = Estate::with(TWO_WAY, PAIR)
        .previously("hub configuration 1 serial_number=PSA1\npsa configuration 2 serial_number=S/N:PSA1");
    assert_eq!(hub.diffs(), "psa/2 serial_number: PSA1 -> HUB1 (change, two_way:hub_changed, hub/1)");
    let psa = Estate::with(TWO_WAY, PAIR)
        .previously("hub configuration 1 serial_number=HUB1\npsa configuration 2 serial_number=HUB1");
    assert_eq!(psa.diffs(), "hub/1 serial_number: HUB1 -> PSA1 (change, two_way:psa_changed, psa/2)");
    let neither = Estate::with(TWO_WAY, PAIR)
        .previously("hub configuration 1 serial_number=hub1\npsa configuration 2 serial_number=PSA1");
    assert_eq!(neither.diffs(), "hub/1 serial_number: HUB1 -> PSA1 (change, owner:psa, psa/2)");
    let new = Estate::with(TWO_WAY, PAIR).previously("psa configuration 2 serial_number=PSA0");
    assert_eq!(new.diffs(), "hub/1 serial_number: HUB1 -> PSA1 (change, owner:psa, psa/2)");
}

#[test]
fn when_both_changed_the_owners_decide_and_both_values_are_kept() {
    let estate = Estate::with(TWO_WAY, PAIR)
        .previously("hub configuration 1 serial_number=OLD1\npsa configuration 2 serial_number=OLD1");
    assert_eq!(estate.diffs(), "hub/1 serial_number: HUB1 -> PSA1 (conflict, two_way:both_changed, psa/2)");
    assert_eq!(
        estate.conflicts(),
        "serial_number: hub HUB1, psa PSA1, psa wins: \
         both changed since the last run, and `psa` is the first owner with a value"
    );
    let alike = Estate::with(
        TWO_WAY,
        "hub configuration 1 a serial_number=NEW1
         psa configuration 2 a serial_number=new1",
    )
    .previously("hub configuration 1 serial_number=OLD1\npsa configuration 2 serial_number=OLD1");
    assert_eq!((alike.diffs(), alike.conflicts()), (String::new(), String::new()));
}

#[test]
fn a_value_that_went_blank_never_wins() {
    let estate = Estate::with(
        TWO_WAY,
        "hub configuration 1 a name=x
         psa configuration 2 a name=x serial_number=PSA1",
    )
    .previously(
        "hub configuration 1 name=x serial_number=PSA1\npsa configuration 2 name=x serial_number=PSA1",
    );
    assert_eq!(estate.diffs(), "hub/1 serial_number: - -> PSA1 (set, owner:psa, psa/2)");
}

#[test]
fn two_way_lists_and_references_know_what_changed() {
    let estate = Estate::with(
        TWO_WAY,
        "hub location 10 hq name=HQ
         hub location 11 yard name=Yard
         psa location 20 hq name=HQ
         psa location 21 yard name=Yard
         hub contact 1 a emails=a@x.example,b@x.example location_id=11
         psa contact 2 a emails=a@x.example,c@x.example location_id=20",
    )
    .previously(
        "hub contact 1 emails=a@x.example location_id=10
         psa contact 2 emails=c@x.example,a@x.example location_id=20",
    );
    assert_eq!(
        estate.diffs(),
        "psa/2 emails: a@x.example; c@x.example -> a@x.example; c@x.example; b@x.example \
         (change, two_way:hub_changed, hub/1)\n\
         psa/2 location: HQ -> Yard (change, two_way:hub_changed, hub/1)"
    );
}

#[test]
fn a_field_is_explained_owner_by_owner() {
    let estate = Estate::new(
        "hub configuration 1 a serial_number=HUB1
         psa configuration 2 a serial_number=n/a
         rmm-east configuration 3 a serial_number=RMM1",
    );
    let explained = estate.explain(Entity::Configuration, 0, "serial_number");
    let owners: Vec<_> = explained
        .owners
        .iter()
        .map(|says| (says.owner.as_str(), says.value.as_deref(), says.blank.is_some()))
        .collect();
    assert_eq!(
        owners,
        [
            ("psa", Some("n/a"), true),
            ("rmm", Some("RMM1"), false),
            ("hub", Some("HUB1"), false),
            ("sheet", None, false),
        ]
    );
    assert_eq!(
        explained.winner.map(|record| estate.name(Entity::Configuration, record)).as_deref(),
        Some("rmm-east/3")
    );
    assert_eq!(explained.rule, "owner:rmm");
    assert_eq!((explained.desired.as_deref(), explained.current.as_deref()), (Some("RMM1"), Some("HUB1")));
    assert!(explained.differs);
}

impl Estate {
    /// The estate with every difference written to its target.
    fn applied(mut self) -> Self {
        let resolution = self.resolve();
        let mut cells: HashMap<(SourceIx, Entity, u32, &str), String> = HashMap::new();
        for diff in resolution.diffs {
            let RecordRef { source, row } = diff.target;
            let desired = diff.desired.replace("; ", &LIST_SEPARATOR.to_string());
            cells.insert((source, diff.entity, row, diff.field), desired);
            if let Some(cluster) = diff.desired_cluster {
                let members = self.matching.of(Entity::Location).members(cluster);
                let own = members.iter().find(|member| member.source == source).expect("a row of the target");
                let id = self.tables.id(Entity::Location, *own).to_owned();
                cells.insert((source, diff.entity, row, column::LOCATION_ID), id);
            }
        }
        let tables = self.tables.iter().map(|table| {
            let mut builder = RecordsBuilder::new(table.source, table.entity);
            builder.files.clone_from(&table.files);
            for row in 0..u32::try_from(table.len()).expect("few rows") {
                for (position, field) in fields(table.entity).iter().enumerate() {
                    let new = cells.get(&(table.source, table.entity, row, field.name)).map(String::as_str);
                    builder.set(position, new.or(table.get(row, field.name)).unwrap_or_default());
                }
                builder.finish_row(0, row + 1);
            }
            builder.build()
        });
        self.tables = Tables::new(self.pipeline.sources.len(), tables.collect());
        self
    }
}

/// A cell that is often blank, junk or another spelling of the same.
fn values(choices: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(choices)
}

prop_compose! {
    fn configuration()(
        serial in values(&["", "AB1", "ab_1", "AB2", "n/a"]),
        host in values(&["", "PC-1", "pc-1.corp.example", "PC-2", "localhost"]),
        mac in values(&["", "001A2B3C4D5E", "00-1a-2b-3c-4d-5e", "000000000000", "000000000000/001A2B3C4D5F"]),
        interfaces in values(&["", "LAN|001A2B3C4D5E|", "dock|001A2B3C4D60|", "LAN|00:1A:2B:3C:4D:5F|"]),
        maker in values(&["", "Dell", "Dell_Inc.", "DELL", "System_manufacturer"]),
        system in values(&["", "Windows_10", "windows_10", "Windows_11", "Windoze"]),
        name in values(&["", "Front_desk", "Front__desk", "\u{200b}", "Rear"]),
        date in values(&["", "2024-01-31", "2024-01-31T00:00:00Z", "2024-02-01"]),
    ) -> String {
        let cells = [
            ("serial_number", serial), ("hostname", host), ("mac_address", mac), ("interfaces", interfaces),
            ("manufacturer", maker), ("operating_system", system), ("name", name), ("purchased_at", date),
            ("asset_tag", name),
        ];
        line(&cells)
    }
}

prop_compose! {
    fn contact()(
        emails in values(&["", "a@x.example", "A@x.example,b@x.example", "c@x.example", "none"]),
        phones in values(&["", "01632_960144", "(01632)_960144,555", "n/a"]),
        location in values(&["", "HQ", "Yard", "Nowhere"]),
        title in values(&["", "Clerk", "clerk"]),
    ) -> String {
        line(&[("emails", emails), ("phones", phones), ("location", location), ("title", title)])
    }
}

fn line(cells: &[(&str, &str)]) -> String {
    let cells = cells.iter().filter(|(_, value)| !value.is_empty());
    cells.map(|(name, value)| format!(" {name}={value}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Also: what the columns let through is what the exact rules, asked for every field, say.
    #[test]
    fn applying_all_differences_leaves_none(
        configurations in proptest::collection::vec((0..6usize, configuration()), 0..40),
        contacts in proptest::collection::vec((0..6usize, contact()), 0..20),
        two_way in any::<bool>(),
    ) {
        let mut text = String::new();
        for (source, id) in [("hub", 1), ("psa", 5)] {
            writeln!(text, "{source} location {id} hq name=HQ\n{source} location {} yard name=Yard", id + 1)?;
        }
        for (entity, records) in [("configuration", &configurations), ("contact", &contacts)] {
            let mut taken = std::collections::BTreeSet::new();
            for (id, (cluster, cells)) in records.iter().enumerate() {
                let sources: &[&str] = if two_way { &["hub", "psa", "rmm"] } else { &["hub", "psa", "rmm-east", "rmm-west", "sheet"] };
                let source = sources[id % sources.len()];
                // Two records of one source are never in one cluster.
                if taken.insert((source, cluster)) {
                    writeln!(text, "{source} {entity} {id} c{cluster}{cells}")?;
                }
            }
        }
        let pipeline = if two_way { TWO_WAY } else { PIPELINE };
        let estate = Estate::with(pipeline, &text).systems(&["Windows 10", "Windows 11"]);
        let resolution = estate.resolve();
        for entity in [Entity::Contact, Entity::Configuration] {
            let clusters = &estate.matching.of(entity).clusters;
            for cluster in 0..ClusterIx::try_from(clusters.len()).expect("few clusters") {
                for (_, field) in ownership::owned_fields(entity) {
                    let explained = estate.explain(entity, cluster, field.name);
                    let diff = resolution.diffs.iter().find(|diff| {
                        (diff.entity, diff.cluster, diff.field, diff.target.source) == (entity, cluster, field.name, 0)
                    });
                    prop_assert_eq!(explained.differs, diff.is_some(), "{} {:?}\n{}", field.name, explained, text);
                    if let Some(diff) = diff {
                        prop_assert_eq!(explained.desired.as_deref(), Some(diff.desired.as_str()));
                    }
                }
            }
        }
        let again = estate.applied();
        prop_assert_eq!(again.diffs(), "", "{}", text);
    }
}
