//! `matchbook report`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit_code;
use super::failure::Failure;
use crate::integration::Report;
use crate::pipeline;
use crate::report::Printer;
use crate::report::words::count;

/// Write the integration report of the last run
#[derive(Debug, Args)]
#[command(
    long_about = "Write the integration report of the last completed run: sources, site matching, synchronised types, devices,
licences, groups, sync errors, owners, differences and conflicts.

Examples:
  matchbook report clients.toml --markdown > report.md
  matchbook report clients.toml --markdown --organization \"Marlow Hotels\"
  matchbook report clients.toml --markdown --out reports/"
)]
pub(super) struct ReportArgs {
    /// The pipeline file
    #[arg(value_name = "PIPELINE")]
    pipeline: PathBuf,
    /// Write Markdown, the one form that there is
    #[arg(long, required = true)]
    markdown: bool,
    /// Report on the organization of this name alone
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Write `report.md` and one file per organization into this folder, which must be new or empty
    #[arg(long, value_name = "DIR", conflicts_with = "organization")]
    out: Option<PathBuf>,
}

impl ReportArgs {
    pub(super) fn run(self, printer: &Printer) -> Result<u8, Failure> {
        let pipeline = pipeline::load(&self.pipeline)?;
        let report = Report::open(&pipeline)?;
        if let Some(folder) = &self.out {
            return write(&report, folder, printer);
        }
        let text = match &self.organization {
            None => report.whole()?,
            Some(name) if report.organizations()?.contains(name) => report.organization(name)?,
            Some(name) => return Err(unknown(name, &report.organizations()?)),
        };
        printer.data(&text);
        Ok(exit_code::DONE)
    }
}

fn unknown(name: &str, known: &[String]) -> Failure {
    let nearest = known
        .iter()
        .map(|other| (strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((_, other)) => format!("did you mean `{other}`?"),
        None => "`matchbook query PIPELINE \"FROM site_matching\"` lists the organizations".to_owned(),
    };
    Failure::usage(format!("no organization of the last run is called `{name}`")).hint(hint)
}

fn write(report: &Report<'_>, folder: &Path, printer: &Printer) -> Result<u8, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::new(exit_code::WAREHOUSE, format!("{} cannot be written: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    if fs::read_dir(folder).map_err(|error| failed(&error))?.next().is_some() {
        return Err(Failure::new(exit_code::WAREHOUSE, format!("{} is not empty", folder.display()))
            .hint("name a new folder"));
    }
    let organizations = report.organizations()?;
    fs::write(folder.join("report.md"), report.whole()?).map_err(|error| failed(&error))?;
    let mut used = std::collections::BTreeSet::from(["report".to_owned()]);
    for name in &organizations {
        let path = folder.join(format!("{}.md", file_name(name, &mut used)));
        fs::write(path, report.organization(name)?).map_err(|error| failed(&error))?;
    }
    printer.note(&format!("wrote {} to {}", count(organizations.len() as u64 + 1, "file"), folder.display()));
    Ok(exit_code::DONE)
}

/// A file name for an organization: letters, digits and hyphens, different from those in use.
fn file_name(organization: &str, used: &mut std::collections::BTreeSet<String>) -> String {
    let mut plain = String::new();
    for letter in organization.to_lowercase().chars().take(80) {
        if letter.is_alphanumeric() {
            plain.push(letter);
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
    }
    let plain = plain.trim_matches('-');
    let plain = if plain.is_empty() { "organization" } else { plain };
    let mut name = plain.to_owned();
    let mut number = 1;
    while used.contains(&name) {
        number += 1;
        name = format!("{plain}-{number}");
    }
    used.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_harmless_and_differ() {
        let mut used = std::collections::BTreeSet::new();
        assert_eq!(file_name("Brindle & Lowe, LLP", &mut used), "brindle-lowe-llp");
        assert_eq!(file_name("Brindle / Lowe LLP", &mut used), "brindle-lowe-llp-2");
        assert_eq!(file_name("../..", &mut used), "organization");
        assert_eq!(file_name("Zoë GmbH", &mut used), "zoë-gmbh");
    }
}
