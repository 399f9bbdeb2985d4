//! Generated estates as record tables in memory, for the benches of single stages.
//!
//! `BENCH_SIZES` says how many devices each system holds, separated by commas; 10,000 and 100,000 unless it is set.

#[path = "../../examples/estate/rng.rs"]
mod rng;
#[path = "../../examples/estate/rows.rs"]
mod rows;
#[path = "../../examples/estate/words.rs"]
mod words;
#[path = "../../examples/estate/world.rs"]
mod world;

use std::io;
use std::path::Path;

use matchbook::model::{
    Entity, FileInfo, LIST_SEPARATOR, PART_SEPARATOR, RecordsBuilder, SourceIx, Tables, column, fields,
};
use matchbook::pipeline::{self, Pipeline};
use rows::{ContactRow, DeviceRow, LocationRow, OrganizationRow, Sink, System};
use world::Spec;

const PIPELINE: &str = r#"
name = "estate"
method = "B"
[hub]
files = ["it_glue"]
[[source]]
name = "psa"
system = "connectwise"
files = ["connectwise"]
[[source]]
name = "rmm"
system = "datto-rmm"
files = ["datto_rmm"]
"#;

/// The sizes to run.
pub fn sizes() -> Vec<u64> {
    let wanted = std::env::var("BENCH_SIZES").unwrap_or_else(|_| "10000,100000".to_owned());
    wanted
        .split(',')
        .map(|size| size.trim().parse().expect("BENCH_SIZES holds whole numbers, separated by commas"))
        .collect()
}

/// An estate of so many devices in organizations of 500, and its pipeline.
pub fn estate(configurations: u64) -> (Pipeline, Tables) {
    let pipeline =
        pipeline::parse(Path::new("estate.toml"), PIPELINE).unwrap_or_else(|errors| panic!("{errors}"));
    let spec =
        Spec { configurations, organization_size: 500, seed: 7, has_giant: false, shares_serials: false };
    let mut sink = InMemory::new();
    world::generate(&spec, &mut sink).expect("memory is written without errors");
    (pipeline, sink.build())
}

const ENTITIES: [Entity; 4] =
    [Entity::Organization, Entity::Location, Entity::Contact, Entity::Configuration];

/// Builders by system and entity.
struct InMemory {
    builders: Vec<RecordsBuilder>,
}

impl InMemory {
    fn new() -> Self {
        let builders = System::ALL.into_iter().flat_map(|system| {
            ENTITIES.map(|entity| {
                let source = SourceIx::try_from(system as usize).expect("three systems");
                let mut builder = RecordsBuilder::new(source, entity);
                let carried = vec![true; fields(entity).len()];
                builder.files.push(FileInfo { path: format!("{entity}.csv"), carried });
                builder
            })
        });
        Self { builders: builders.collect() }
    }

    fn push(&mut self, system: System, entity: Entity, values: &[(&str, &str)]) {
        let builder = &mut self.builders[system as usize * ENTITIES.len() + entity.index()];
        for (name, value) in values {
            let position = builder.position(name).expect("a canonical column of the entity");
            builder.set(position, value);
        }
        let line = u32::try_from(builder.len() + 2).expect("a table has fewer than 4 billion rows");
        builder.finish_row(0, line);
        builder.rows_read += 1;
    }

    fn build(self) -> Tables {
        let tables = self.builders.into_iter().filter(|builder| !builder.is_empty());
        Tables::new(System::ALL.len(), tables.map(RecordsBuilder::build).collect())
    }
}

impl Sink for InMemory {
    fn organization(&mut self, system: System, row: &OrganizationRow) -> io::Result<()> {
        self.push(
            system,
            Entity::Organization,
            &[
                (column::RECORD_ID, &row.id),
                (column::NAME, &row.name),
                (column::SHORT_NAME, &row.short_name),
                (column::TYPE, "Client"),
                (column::STATUS, "Active"),
            ],
        );
        Ok(())
    }

    fn location(&mut self, system: System, row: &LocationRow) -> io::Result<()> {
        self.push(
            system,
            Entity::Location,
            &[
                (column::RECORD_ID, &row.id),
                (column::ORGANIZATION, &row.organization),
                (column::NAME, &row.name),
                (column::ADDRESS_1, &row.address_1),
                (column::CITY, &row.city),
                (column::REGION, &row.region),
                (column::COUNTRY, "United Kingdom"),
                (column::POSTAL_CODE, &row.postal_code),
                (column::PHONE, &row.phone),
            ],
        );
        Ok(())
    }

    fn contact(&mut self, system: System, row: &ContactRow) -> io::Result<()> {
        self.push(
            system,
            Entity::Contact,
            &[
                (column::RECORD_ID, &row.id),
                (column::ORGANIZATION, &row.organization),
                (column::FIRST_NAME, &row.first_name),
                (column::LAST_NAME, &row.last_name),
                (column::TITLE, &row.title),
                (column::EMAILS, &row.email),
                (column::PHONES, &row.phone),
                (column::LOCATION, &row.location),
            ],
        );
        Ok(())
    }

    fn device(&mut self, system: System, row: &DeviceRow) -> io::Result<()> {
        let interfaces: Vec<String> = row
            .macs
            .iter()
            .map(|(name, mac)| format!("{name}{PART_SEPARATOR}{mac}{PART_SEPARATOR}{}", row.primary_ip))
            .collect();
        self.push(
            system,
            Entity::Configuration,
            &[
                (column::RECORD_ID, &row.id),
                (column::ORGANIZATION, &row.organization),
                (column::NAME, &row.name),
                (column::TYPE, row.kind),
                (column::STATUS, row.status),
                (column::HOSTNAME, if system == System::Psa { "" } else { &row.hostname }),
                (column::PRIMARY_IP, &row.primary_ip),
                (column::DEFAULT_GATEWAY, &row.default_gateway),
                (column::SERIAL_NUMBER, &row.serial_number),
                (column::MAC_ADDRESS, row.mac()),
                (column::INTERFACES, &interfaces.join(&LIST_SEPARATOR.to_string())),
                (column::ASSET_TAG, &row.asset_tag),
                (column::MANUFACTURER, row.manufacturer),
                (column::MODEL, row.model),
                (column::OPERATING_SYSTEM, row.operating_system),
                (column::PURCHASED_AT, &row.purchased_at),
                (column::WARRANTY_EXPIRES_AT, &row.warranty_expires_at),
                (column::LOCATION, &row.location),
                (column::ARCHIVED, if row.is_archived { "true" } else { "" }),
            ],
        );
        Ok(())
    }
}
