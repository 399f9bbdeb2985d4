//! Estates with heavy collisions: few organizations, and tiny alphabets of serial numbers, addresses and names, so that
//! nearly every rule is met in a few dozen records.

use std::fmt::Write as _;
use std::path::Path;

use matchbook::matching::{Decision as ProgramDecision, DecisionKind};
use matchbook::model::{Entity, LIST_SEPARATOR, PART_SEPARATOR, Role};
use matchbook::pipeline::{self, Pipeline};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::oracle::{Decision, Estate, Preset, Row, Source};

const NAMES: [&str; 5] = ["hub", "psa", "rmm", "dir", "list"];

const ORGANIZATION_NAMES: [&str; 5] = ["Acme", "ACME", " Birch\u{a0}Ltd", "Birch Ltd", "Cedar"];
const SERIALS: [&str; 9] =
    ["AAA1", "s/n: aaa1", "BBB2", "CCC3", "DDD4", "N/A", "x1", "123456789012", "6.3E+15"];
const MACS: [&str; 7] = [
    "02:00:00:00:00:0A",
    "02-00-00-00-00-0b",
    "0200.0000.000c",
    "02000000000D",
    "02000000000A, 02000000000B",
    "00:50:56:C0:00:01",
    "not a mac",
];
const HOSTNAMES: [&str; 6] = ["PC1", "\\\\pc1.corp.example", "PC2$", "pc3", "10.0.0.7", "localhost"];
const DISPLAY_NAMES: [&str; 5] = ["PC1", "pc2", "Front desk", "front desk", "PC-4.corp.example"];
const TYPES: [&str; 3] = ["Server", "server ", "Laptop"];
const FIRST_NAMES: [&str; 3] = ["Ines", "ines", "Mara"];
const LAST_NAMES: [&str; 2] = ["Calder", "Quill"];
const EMAILS: [&str; 5] = ["i@a.example", " I@A.example", "m@a.example", "q@b.example", "nobody"];
const STREETS: [&str; 3] = ["1 Quay", "1  quay", "2 Hill"];
const CITIES: [&str; 2] = ["Port", "Vale"];
const PLACES: [&str; 3] = ["Main", "main", "Depot"];
const LICENSES: [&str; 3] = ["E3", "e3", "F1"];

type Cells = Vec<(&'static str, String)>;

/// A cell that is empty half of the time.
fn maybe(column: &'static str, values: &'static [&'static str]) -> BoxedStrategy<Cells> {
    option::of(select(values))
        .prop_map(move |value| value.map(|value| (column, value.to_owned())).into_iter().collect())
        .boxed()
}

fn list(column: &'static str, values: &'static [&'static str], most: usize) -> BoxedStrategy<Cells> {
    vec(select(values), 0..=most)
        .prop_map(move |items| vec![(column, items.join(&LIST_SEPARATOR.to_string()))])
        .boxed()
}

fn interfaces() -> BoxedStrategy<Cells> {
    let interface = (select(&["Ethernet", "USB dock"][..]), select(&MACS[..4]))
        .prop_map(|(name, mac)| format!("{name}{PART_SEPARATOR}{mac}{PART_SEPARATOR}10.0.0.1"));
    vec(interface, 0..=2)
        .prop_map(|items| vec![("interfaces", items.join(&LIST_SEPARATOR.to_string()))])
        .boxed()
}

/// Links as the hub and the sources store them: ids of other sources' records, seldom more than one.
fn links() -> BoxedStrategy<Cells> {
    let link = (select(&NAMES[1..4]), 1..10_u8).prop_map(|(source, id)| format!("{source}:{id:02}"));
    prop_oneof![
        3 => Just(Vec::new()),
        1 => vec(link, 1..=2).prop_map(|links| vec![("links", links.join(&LIST_SEPARATOR.to_string()))]),
    ]
    .boxed()
}

/// The organization of a record: an id of the same source, a name, or (seldom) nothing.
fn owner() -> BoxedStrategy<Cells> {
    prop_oneof![
        8 => (1..6_u8).prop_map(|id| vec![("organization_id", format!("{id:02}"))]),
        3 => select(&ORGANIZATION_NAMES[..]).prop_map(|name| vec![("organization", name.to_owned())]),
        1 => Just(Vec::new()),
    ]
    .boxed()
}

fn flags() -> BoxedStrategy<Cells> {
    prop_oneof![
        12 => Just(Vec::new()),
        3 => Just(vec![("archived", "true".to_owned())]),
        1 => Just(vec![("skip_reason", "deleted".to_owned())]),
    ]
    .boxed()
}

fn cells(entity: Entity) -> BoxedStrategy<Cells> {
    let mut parts = vec![links(), flags()];
    if entity != Entity::Organization {
        parts.push(owner());
    }
    match entity {
        Entity::Organization => parts.push(maybe("name", &ORGANIZATION_NAMES)),
        Entity::Location => {
            parts.extend([maybe("name", &PLACES), maybe("address_1", &STREETS), maybe("city", &CITIES)]);
        }
        Entity::Contact => parts.extend([
            maybe("first_name", &FIRST_NAMES),
            maybe("last_name", &LAST_NAMES),
            list("emails", &EMAILS, 2),
            maybe("user_principal_name", &EMAILS),
        ]),
        Entity::Configuration => parts.extend([
            maybe("serial_number", &SERIALS),
            maybe("mac_address", &MACS),
            interfaces(),
            maybe("hostname", &HOSTNAMES),
            maybe("name", &DISPLAY_NAMES),
            maybe("type", &TYPES),
        ]),
        Entity::License | Entity::Group => parts.push(maybe("name", &LICENSES)),
        Entity::Ticket => {}
    }
    parts.prop_map(|parts| parts.concat()).boxed()
}

/// Rows without ids: they are numbered per source and entity.
fn rows(entity: Entity, most: usize) -> BoxedStrategy<Vec<(usize, Entity, Cells)>> {
    // The hub and the PSA hold the most.
    let source = select(vec![0_usize, 0, 0, 1, 1, 1, 2, 2, 3, 4]);
    vec((source, cells(entity)).prop_map(move |(source, cells)| (source, entity, cells)), 0..=most).boxed()
}

fn decision() -> BoxedStrategy<Decision> {
    let entity = select(vec![
        Entity::Organization,
        Entity::Location,
        Entity::Contact,
        Entity::Configuration,
        Entity::Configuration,
    ]);
    let target = (select(&NAMES[..4]), 1..8_u8).prop_map(|(source, id)| match source {
        "hub" => format!("{id:02}"),
        source => format!("{source}/{id:02}"),
    });
    (
        entity,
        1..5_usize,
        1..8_u8,
        select(&["match", "match", "never", "never", "ignore", "create"][..]),
        target,
    )
        .prop_map(|(entity, source, id, kind, target)| Decision {
            entity,
            source,
            record_id: format!("{id:02}"),
            kind,
            target: if matches!(kind, "match" | "never") { target } else { String::new() },
        })
        .boxed()
}

/// An estate of hub, PSA, RMM, directory and sheet.
pub fn estate() -> impl Strategy<Value = Estate> {
    let presets = (
        select(vec![Preset::Default, Preset::ItgluePsa]),
        select(vec![Preset::Default, Preset::ItglueRmm]),
        select(vec![Preset::Microsoft, Preset::ActiveDirectory, Preset::NetworkGlue]),
    );
    let rows = (
        rows(Entity::Organization, 14),
        rows(Entity::Location, 12),
        rows(Entity::Contact, 24),
        rows(Entity::Configuration, 36),
        rows(Entity::License, 6),
    );
    (presets, rows, vec(decision(), 0..8), any::<bool>()).prop_map(
        |((psa, rmm, directory), rows, decisions, ignore_case)| {
            let mut numbers = std::collections::BTreeMap::new();
            let rows = [rows.0, rows.1, rows.2, rows.3, rows.4]
                .concat()
                .into_iter()
                .map(|(source, entity, cells)| {
                    let number = numbers.entry((source, entity)).or_insert(0);
                    *number += 1;
                    Row { source, entity, id: format!("{number:02}"), cells }
                })
                .collect();
            let presets = [Preset::Default, psa, rmm, directory, Preset::Default];
            let roles = [Role::Hub, Role::Psa, Role::Rmm, Role::Directory, Role::Sheet];
            let sources = NAMES
                .iter()
                .zip(roles)
                .zip(presets)
                .map(|((name, role), preset)| Source { name: (*name).to_owned(), role, preset })
                .collect();
            Estate { sources, rows, decisions, ignore_case }
        },
    )
}

/// The pipeline that an estate is folded with. The directory is a sheet that was told its role and its tiers, since its
/// rules do not depend on where its records came from.
pub fn pipeline(estate: &Estate) -> Pipeline {
    let mut text = format!(
        "method = \"B\"\nnames = \"{}\"\n[hub]\nfiles = \"hub\"\n",
        if estate.ignore_case { "ignore-case" } else { "exact" }
    );
    for source in &estate.sources[1..] {
        let system = match source.role {
            Role::Psa => "connectwise",
            Role::Rmm => "datto-rmm",
            _ => "csv",
        };
        let preset = match source.preset {
            Preset::ItglueRmm => "itglue-rmm",
            Preset::ItgluePsa => "itglue-psa",
            Preset::NetworkGlue => "network-glue",
            Preset::Default | Preset::Microsoft | Preset::ActiveDirectory => "default",
        };
        writeln!(
            text,
            "[[source]]\nname = \"{}\"\nsystem = \"{system}\"\nfiles = \"{}\"\npreset = \"{preset}\"",
            source.name, source.name
        )
        .expect("a string takes everything");
    }
    let mut pipeline =
        pipeline::parse(Path::new("estate.toml"), &text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    for (source, spec) in pipeline.sources.iter_mut().zip(&estate.sources) {
        assert_eq!(source.name, spec.name);
        source.role = spec.role;
        let system = match spec.preset {
            Preset::Microsoft => "microsoft-365",
            Preset::ActiveDirectory => "active-directory",
            _ => continue,
        };
        let contact = Entity::Contact;
        source.matching[contact.index()] = pipeline::Preset::Default.tiers(contact, system);
    }
    pipeline
}

/// The decisions of an estate as the program takes them.
pub fn decisions(estate: &Estate) -> Vec<ProgramDecision> {
    (2..)
        .zip(&estate.decisions)
        .map(|(line, decision)| ProgramDecision {
            line,
            entity: decision.entity,
            source: estate.sources[decision.source].name.clone(),
            record_id: decision.record_id.clone(),
            kind: DecisionKind::ALL
                .into_iter()
                .find(|kind| kind.name() == decision.kind)
                .expect("the oracle uses the same words"),
            hub_id: decision.target.clone(),
            note: String::new(),
            by: String::new(),
            at: String::new(),
        })
        .collect()
}
