//! A folder to read files in, and what must hold of every reading.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use matchbook::extract::{self, Extracted};
use matchbook::matching;
use matchbook::model::Role;
use matchbook::normalize::{self, Junk};
use matchbook::pipeline;
use matchbook::systems;

/// No file of these sizes takes longer, even where the program is not optimised and the machine is busy.
const LONGEST: Duration = Duration::from_secs(30);

/// The most kB by which one case may raise the peak memory of the process: its files have less than 1 MB.
const MOST: u64 = 512 << 10;

/// The peak memory of the process in kB; 0 where the operating system does not say.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What a source reads: paths and contents.
pub type Files = Vec<(String, Vec<u8>)>;

/// Reads `files` as a source of `system` and says what is wrong with the outcome.
///
/// # Panics
/// Where a reader does: that is what is looked for.
pub fn read(folder: &Path, system: &str, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    let pipeline = prepared(folder, system, files)?;
    let (start, before) = (Instant::now(), peak());
    let (extracted, errors) = extract::inspect(&pipeline);
    for error in &errors {
        assert!(!error.to_string().is_empty());
    }
    adds_up(&extracted)?;
    let junk = Junk::new(&pipeline.junk);
    let (keys, _) = normalize::normalize(&extracted.tables, &pipeline, &junk);
    let _ = matching::fold(&pipeline, &extracted.tables, &keys, &[]);
    let recognised = extract::recognise(&folder.join("in"));
    if let Err(why) = recognised
        && why.is_empty()
    {
        return Err("an error without words".to_owned());
    }
    let (taken, grown) = (start.elapsed(), peak().saturating_sub(before));
    // Other tests of the suite run in the same process, so only a long run can blame the case.
    if std::env::var_os("MATCHBOOK_FUZZ_SECONDS").is_some() && grown > MOST {
        return Err(format!("the process grew by {grown} kB"));
    }
    if taken > LONGEST { Err(format!("it took {taken:?}")) } else { Ok(()) }
}

fn prepared(folder: &Path, system: &str, files: &[(String, Vec<u8>)]) -> Result<pipeline::Pipeline, String> {
    let failed = |error: std::io::Error| error.to_string();
    let within = folder.join("in");
    if within.exists() {
        fs::remove_dir_all(&within).map_err(failed)?;
    }
    for (name, content) in files {
        let path = within.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&within)).map_err(failed)?;
        fs::write(path, content).map_err(failed)?;
    }
    let role = systems::find(system).map(|system| system.role);
    // Every method needs a PSA or an RMM.
    let rmm =
        "[[source]]\nname = \"rmm\"\nsystem = \"csv\"\nrole = \"rmm\"\nfiles = [\"rmm\"]\noptional = true\n";
    let (method, rmm) = match role {
        Some(Role::Psa) => ("A", ""),
        Some(Role::Rmm) => ("D", ""),
        _ => ("D", rmm),
    };
    let text = if role == Some(Role::Hub) {
        format!("name = \"f\"\nmethod = \"{method}\"\n[hub]\nsystem = \"{system}\"\nfiles = [\"in\"]\n{rmm}")
    } else {
        let hub = folder.join("hub");
        fs::create_dir_all(&hub).map_err(failed)?;
        fs::write(hub.join("organizations.csv"), "id,name\n1,Lowther Breweries\n2,Marlow Hotels\n")
            .map_err(failed)?;
        format!(
            "name = \"f\"\nmethod = \"{method}\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n\
             [[source]]\nname = \"s\"\nsystem = \"{system}\"\nfiles = [\"in\"]\n{rmm}"
        )
    };
    pipeline::parse(&folder.join("p.toml"), &text).map_err(|errors| errors.to_string())
}

/// Rows read are records and quarantined rows, and every quarantined row says why.
fn adds_up(extracted: &Extracted) -> Result<(), String> {
    for table in extracted.tables.iter() {
        let rows = 0..u32::try_from(table.len()).map_err(|error| error.to_string())?;
        let records = rows.filter(|row| table.line(*row) > 0).count() as u64;
        if table.rows_read != records + table.quarantined {
            return Err(format!(
                "{}: {} rows read are not {records} records and {} quarantined",
                table.entity, table.rows_read, table.quarantined
            ));
        }
    }
    let quarantined: u64 = extracted.tables.iter().map(|table| table.quarantined).sum();
    if quarantined != extracted.quarantine.len() as u64 {
        return Err(format!("{quarantined} quarantined, but {} rows of them", extracted.quarantine.len()));
    }
    if let Some(row) = extracted.quarantine.iter().find(|row| row.reason.is_empty()) {
        return Err(format!("a quarantined row of {} without a reason", row.file));
    }
    Ok(())
}

/// Keeps the files of a finding, to be moved to `tests/it/regressions`.
pub fn keep(system: &str, files: &[(String, Vec<u8>)]) -> PathBuf {
    let kept =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("finding-{}", std::process::id())).join(system);
    for (name, content) in files {
        let path = kept.join(name);
        fs::create_dir_all(path.parent().expect("it is below a folder")).expect("a writable folder");
        fs::write(path, content).expect("a writable folder");
    }
    kept
}

/// Every file below a folder, by its path below it, sorted.
pub fn below(folder: &Path) -> Files {
    fn walk(folder: &Path, root: &Path, files: &mut Files) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, root, files);
            } else if path.extension().is_none_or(|ending| ending != "md") {
                let name = path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
                files.push((name, fs::read(&path).expect("a readable file")));
            }
        }
    }
    let mut files = Files::new();
    walk(folder, folder, &mut files);
    files
}
