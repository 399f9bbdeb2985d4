//! `matchbook systems`.

use std::path::PathBuf;

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::model::{Entity, fields};
use crate::report::table::Columns;
use crate::report::words::list;
use crate::report::{Paint, Printer, Tone};
use crate::systems::{self, Api, Pace, System};

/// Show what every system reads, syncs, requires and refuses
#[derive(Debug, Args)]
#[command(long_about = "Show what every system reads, syncs, requires and refuses.

Examples:
  matchbook systems
  matchbook systems connectwise
  matchbook systems network-detective --profile > profile.toml
  matchbook systems --file my_rmm.toml     check the description of a system of your own")]
pub(super) struct SystemsArgs {
    /// One system, with its files and columns
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print its CSV files as a mapping profile, to copy and change
    #[arg(long, requires = "name")]
    profile: bool,
    /// Check a system that you described in a file of your own, and show it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "profile"])]
    file: Option<PathBuf>,
}

impl SystemsArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let paint = printer.out_paint();
        if let Some(path) = &self.file {
            let system = systems::own::read(path).map_err(|all| {
                let all: Vec<String> = all.iter().map(|what| format!("{} {what}", path.display())).collect();
                Failure::new(exit_code::BAD_PIPELINE, all.join("\n       "))
            })?;
            printer.data(&describe(&system, paint));
            return Ok(exit_code::DONE);
        }
        let Some(name) = &self.name else {
            let mut columns = Columns::new(&["name", "system", "role", "reads", "hub pushes to it"]);
            for system in systems::all() {
                columns.row([
                    system.name.clone(),
                    system.title.clone(),
                    roles(system),
                    entities(system),
                    if system.two_way { "yes" } else { "no" }.to_owned(),
                ]);
            }
            printer.data(&columns.render(paint));
            return Ok(exit_code::DONE);
        };
        let Some(system) = systems::find(name) else {
            let names: Vec<String> =
                systems::all().iter().map(|system| format!("`{}`", system.name)).collect();
            return Err(Failure::usage(format!("no system is called `{name}`"))
                .hint(format!("there are {}", list(&names))));
        };
        if self.profile {
            let Some(profile) = systems::profile(system) else {
                return Err(Failure::usage(format!("{} has no CSV files to describe", system.title)));
            };
            printer.data(profile);
            return Ok(exit_code::DONE);
        }
        printer.data(&describe(system, paint));
        Ok(exit_code::DONE)
    }
}

/// The role, or the roles of which a source of it has one.
fn roles(system: &System) -> String {
    if system.roles.is_empty() {
        return system.role.name().to_owned();
    }
    system.roles.keys().map(|role| role.name()).collect::<Vec<_>>().join(" or ")
}

fn entities(system: &System) -> String {
    system.entities.iter().map(|entity| entity.table()).collect::<Vec<_>>().join(", ")
}

fn describe(system: &System, paint: Paint) -> String {
    let mut text =
        format!("{} ({}, {})\n", paint.paint(Tone::Heading, &system.title), system.name, roles(system));
    let mut section = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("\n{}\n", paint.paint(Tone::Heading, heading)));
            for line in lines {
                text.push_str(&format!("  {line}\n"));
            }
        }
    };
    let reads = if system.roles.is_empty() {
        vec![entities(system)]
    } else {
        let names = |of: &[Entity]| of.iter().map(|entity| entity.table()).collect::<Vec<_>>().join(", ");
        system.roles.iter().map(|(role, of)| format!("as {role}: {}", names(of))).collect()
    };
    section("reads", reads);
    let csv =
        system.csv.iter().map(|(entity, shape)| format!("{}: {}", entity.table(), shape.files.join(", ")));
    section("CSV files, by name", csv.collect());
    let json = system.json.iter().map(|shape| {
        let what = match (shape.entity, shape.supplement, &shape.lookup) {
            (Some(entity), _, _) if shape.detail => format!("{} one by one", entity.table()),
            (Some(entity), _, _) => entity.table().to_owned(),
            (None, Some(entity), _) => format!("more of {}", entity.table()),
            (None, None, Some(lookup)) => format!("reference list {lookup}"),
            (None, None, None) => "passed over".to_owned(),
        };
        format!("{what}: {}", shape.files.join(", "))
    });
    section("saved JSON documents, by name", json.collect());
    if let Some(api) = &system.api {
        section("interface", interface(api));
    }
    let sync = if system.two_way {
        "the hub pushes to it when `two_way` is on"
    } else {
        "the hub does not push to it"
    };
    let links = (!system.integration_types.is_empty())
        .then(|| format!("the hub stores its ids as `{}`", system.integration_types.join("`, `")));
    let flows = system.syncs.iter().cloned();
    section("syncs", flows.chain(std::iter::once(sync.to_owned())).chain(links).collect());
    let requires = system.push.keys().filter_map(|entity| {
        let columns: Vec<_> = system.required(*entity).collect();
        (!columns.is_empty()).then(|| format!("{}: {}", entity.table(), columns.join(", ")))
    });
    section("requires", requires.collect());
    let settings = system.push.iter().flat_map(|(entity, push)| {
        push.settings.iter().map(move |(name, setting)| {
            let need = if setting.required { ", required" } else { "" };
            format!("{entity}.{name}: the member `{}`{need}", setting.member)
        })
    });
    section("settings of new records, in `[source.create]`", settings.collect());
    let two_way = system.push.keys().filter_map(|entity| {
        let columns: Vec<_> = columns(*entity).filter(|name| system.is_two_way(*entity, name)).collect();
        (!columns.is_empty()).then(|| format!("{}: {}", entity.table(), columns.join(", ")))
    });
    section("syncs in both directions, by column", two_way.collect());
    let refused = system.push.iter().filter_map(|(entity, push)| {
        push.refused.as_ref().map(|why| format!("any of the {}: {why}", entity.table()))
    });
    let locked = system.push.iter().flat_map(|(entity, push)| {
        let why = |name: &'static str| push.columns.get(name).and_then(|column| column.locked.as_ref());
        columns(*entity).filter_map(move |name| Some(format!("{name} of a {entity}: {}", why(name)?)))
    });
    section("refuses", system.refuses.iter().cloned().chain(refused).chain(locked).collect());
    text
}

/// What a pipeline says of it in `[source.api]`, and what is read.
fn interface(api: &Api) -> Vec<String> {
    let mut lines = Vec::new();
    let regions: Vec<&str> = api.regions.keys().map(String::as_str).collect();
    if !regions.is_empty() {
        lines.push(format!("region: {}", regions.join(", ")));
    }
    for (name, setting) in &api.settings {
        let default = setting.default.as_ref().map(|default| format!(" (default: {default})"));
        lines.push(format!("setting {name}: {}{}", setting.what, default.unwrap_or_default()));
    }
    lines.extend(api.credentials.iter().map(|(name, what)| format!("credential {name}: {what}")));
    if api.tenants {
        lines.push("tenants: asked one by one".to_owned());
    }
    let Pace { requests, seconds, concurrency, .. } = &api.pace;
    lines.push(format!("pace: {requests} requests in {seconds} s, {concurrency} at the same time"));
    let endpoints: Vec<&str> = api.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    lines.push(format!("reads {}", endpoints.join(", ")));
    lines
}

fn columns(entity: Entity) -> impl Iterator<Item = &'static str> {
    fields(entity).iter().map(|field| field.name)
}
