//! An extraction: every source that has an interface, each into a snapshot of its own.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::client::{Client, Pacers};
use super::interrupted::{complete_since, stopped};
use super::snapshot::{
    ANSWERS, Chain, EndpointSummary, Kind, Manifest, PARTIAL, checksum, hex, newest, partial,
};
use super::walk::{Book, Walk, wanted};
use super::{ApiError, ApiEvent, ApiReporter, ApiSettings, ErrorKind};
use crate::pipeline::{Pipeline, Source};
use crate::systems::Api;

/// Changes are asked for since so long before the extraction that they build on, since clocks differ and changes take
/// time to show.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// An extraction that was stopped is gone on with for so long. Later its pages are of another time.
const YOUNG: SignedDuration = SignedDuration::from_hours(24);

/// What is extracted, and how.
#[derive(Debug, Clone, Default)]
pub struct ExtractionOptions {
    /// These sources only; all that have an interface where it is empty.
    pub sources: Vec<String>,
    /// Everything, also where only changes would be asked for.
    pub full: bool,
    /// Not going on with what was stopped.
    pub restart: bool,
    /// An extraction is done when all sources are that are not optional. Where an optional one failed, the next one reads
    /// all of them again.
    pub is_done_without_optional: bool,
}

/// What an extraction came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// By source, in the pipeline's order.
    pub sources: Vec<SourceExtraction>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What the extraction of one source came to.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceExtraction {
    /// The source.
    pub source: String,
    /// Its snapshot, or why there is none.
    pub outcome: Result<Extracted, ApiError>,
}

/// A complete extraction of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The name of the snapshot.
    pub snapshot: String,
    /// Requests that were sent, those before an interruption left out.
    pub requests: u64,
    /// Rows in all answers.
    pub rows: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What a person should know of it.
    pub warnings: Vec<String>,
    /// Set where nothing was read: the source was complete already when the extraction that began then was stopped.
    pub complete_since: Option<Timestamp>,
}

/// A source that is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub source: &'a Source,
    pub settings: &'a ApiSettings,
    pub api: &'a Api,
}

/// Extracts every source of the pipeline that has an interface, several at the same time. A source that fails leaves the
/// others as they are; what it has stays on disk. The next extraction goes on with it, and leaves those alone that are
/// complete.
#[must_use]
pub fn extract(pipeline: &Pipeline, options: &ExtractionOptions, reporter: &dyn ApiReporter) -> Extraction {
    let started = Instant::now();
    let pacers = Pacers::default();
    let wanted = |source: &&Source| options.sources.is_empty() || options.sources.contains(&source.name);
    let sources: Vec<Asked<'_>> = pipeline
        .sources
        .iter()
        .filter(wanted)
        .filter_map(|source| {
            Some(Asked { source, settings: source.api.as_ref()?, api: source.system.api.as_ref()? })
        })
        .collect();
    let now = Timestamp::now();
    let stopped = stopped(&sources, options, now);
    let begun_at = stopped.unwrap_or(now);
    let outcomes: Vec<SourceExtraction> = std::thread::scope(|scope| {
        let running: Vec<_> = sources
            .iter()
            .map(|&asked| {
                let pacers = &pacers;
                let whole = stopped.and_then(|begun| complete_since(begun, asked, options));
                scope.spawn(move || {
                    let source = &asked.source.name;
                    let outcome = match whole {
                        Some(whole) => {
                            let snapshot = &whole.snapshot;
                            reporter.event(&ApiEvent::Left { source, snapshot, begun_at });
                            Ok(whole)
                        }
                        None => one(asked, options, begun_at, pacers, reporter),
                    };
                    if let Err(error) = &outcome {
                        reporter.event(&ApiEvent::Failed { source, error });
                    }
                    SourceExtraction { source: source.clone(), outcome }
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    Extraction { sources: outcomes, elapsed: started.elapsed() }
}

fn one(
    Asked { source, settings, api }: Asked<'_>,
    options: &ExtractionOptions,
    begun_at: Timestamp,
    pacers: &Pacers,
    reporter: &dyn ApiReporter,
) -> Result<Extracted, ApiError> {
    let started = Instant::now();
    let _lock = locked(&settings.snapshots)?;
    let before = newest(&settings.snapshots)?;
    let asked = asked(settings, api);
    let increment = (!options.full).then(|| increment(before.as_ref(), settings, api, &asked)).flatten();
    let kind = match &increment {
        Some((base, number, _)) => Kind::Increment { base: base.clone(), number: *number },
        None => Kind::Full,
    };
    let (folder, manifest) = begun(settings, options, Manifest::new(source, begun_at, kind, asked))?;
    let since = match &manifest.kind {
        Kind::Increment { .. } => increment.map(|(_, _, since)| since),
        Kind::Full => None,
    };
    let book = Book::open(&folder)?;
    reporter.event(&ApiEvent::Started {
        source: &source.name,
        resumed: book.entries.len() as u64,
        is_increment: since.is_some(),
    });
    let client = Client::new(source, settings, api, pacers, reporter)?;
    let walk = Walk {
        source,
        api,
        settings,
        client: &client,
        reporter,
        before: before.as_ref(),
        since,
        warnings: Mutex::new(book.warnings()),
        sent_before: book.requests().max(manifest.requests),
        journal: Mutex::new(book),
        followed: Mutex::default(),
    };
    let walked = client.note_budget().and_then(|()| walk.walk());
    let manifest = Manifest { requests: walk.requests(), ..manifest };
    if let Err(error) = walked {
        // What failed was asked for too. When the disk does not take it, that is for the next one to say.
        let _ = manifest.write(&folder);
        return Err(error);
    }
    let warnings = walk.warnings.into_inner().unwrap_or_else(PoisonError::into_inner);
    let followed = walk.followed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let book = walk.journal.into_inner().unwrap_or_else(PoisonError::into_inner);
    book.journal.sync()?;
    let mut endpoints: BTreeMap<String, EndpointSummary> = wanted_endpoints(api, settings, since);
    for entry in &book.entries {
        let summary = endpoints.entry(entry.endpoint.clone()).or_default();
        summary.answers += 1;
        summary.rows += entry.rows;
        summary.reused += u64::from(entry.is_reused);
    }
    for ((endpoint, tenant), followed) in followed {
        let (summary, tenant) = (endpoints.entry(endpoint).or_default(), tenant.unwrap_or_default());
        if followed.is_increment {
            summary.followed.insert(tenant.clone());
        }
        summary.links.extend(followed.link.map(|link| (tenant, link)));
    }
    let rows = endpoints.values().map(|summary| summary.rows).sum();
    // One that was stopped at its very end has that time already.
    let skew = if manifest.finished_at.is_some() { None } else { client.skew() };
    let skew = SignedDuration::from_secs(skew.unwrap_or(0));
    let manifest = Manifest {
        // By the vendor's clock, which is the one that changes are asked by.
        started_at: manifest.started_at.checked_add(skew).unwrap_or(manifest.started_at),
        finished_at: Some(Timestamp::now()),
        endpoints,
        warnings: warnings.clone(),
        ..manifest
    };
    let snapshot = completed(&folder, manifest)?;
    let requests = client.requests();
    let elapsed = started.elapsed();
    reporter.event(&ApiEvent::Finished {
        source: &source.name,
        snapshot: &snapshot,
        requests,
        rows,
        elapsed,
    });
    Ok(Extracted { snapshot, requests, rows, elapsed, warnings, complete_since: None })
}

/// The endpoints that are asked, each with the time since which.
fn wanted_endpoints(
    api: &Api,
    settings: &ApiSettings,
    since: Option<Timestamp>,
) -> BTreeMap<String, EndpointSummary> {
    wanted(api, &settings.entities)
        .into_iter()
        .map(|endpoint| {
            let since = since.filter(|_| endpoint.since.is_some());
            (endpoint.name.clone(), EndpointSummary { since, ..EndpointSummary::default() })
        })
        .collect()
}

/// The snapshot to build on, the number of the increment and the time since which changes are asked for; `None` where
/// everything has to be read.
fn increment(
    before: Option<&Chain>,
    settings: &ApiSettings,
    api: &Api,
    asked: &str,
) -> Option<(String, u64, Timestamp)> {
    let before = before?;
    let newest = before.newest();
    let (name, manifest) = (newest.name(), &newest.manifest);
    let number = match &manifest.kind {
        Kind::Full => 1,
        Kind::Increment { number, .. } => number + 1,
    };
    let has_links = |name: &str| manifest.endpoints.get(name).is_some_and(|of| !of.links.is_empty());
    let can = wanted(api, &settings.entities).iter().any(|endpoint| {
        endpoint.since.is_some() || (endpoint.changes.is_some() && has_links(&endpoint.name))
    });
    // Filters miss what was deleted, so everything is read again from time to time.
    if !can || manifest.asked != asked || number >= settings.full_every {
        return None;
    }
    let since = manifest.started_at.checked_sub(OVERLAP).ok()?;
    Some((name, number, since))
}

/// A checksum of what is asked for.
pub(super) fn asked(settings: &ApiSettings, api: &Api) -> String {
    let all = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        api.endpoints,
        settings.base,
        settings.values,
        settings.entities,
        settings.tenants,
        settings.partner,
        // A list that goes on by numbers of pages is another one in pages of another size.
        settings.page_size
    );
    hex(ring::digest::digest(&ring::digest::SHA256, all.as_bytes()).as_ref())
}

/// The folder to write to, and the manifest that it begins with: that of an extraction that was stopped, or the new one.
fn begun(
    settings: &ApiSettings,
    options: &ExtractionOptions,
    new: Manifest,
) -> Result<(PathBuf, Manifest), ApiError> {
    std::fs::create_dir_all(&settings.snapshots)?;
    let partial = partial(&settings.snapshots)?;
    if let Some((folder, manifest)) = partial {
        // One that was to read everything is of use to whoever wants changes.
        let is_kind = manifest.kind == new.kind || manifest.kind == Kind::Full;
        let is_same = manifest.asked == new.asked && is_kind && manifest.source == new.source;
        let is_young = new.started_at.duration_since(manifest.started_at) < YOUNG;
        if is_same && is_young && !options.restart {
            let manifest = Manifest { begun_at: new.begun_at, ..manifest };
            manifest.write(&folder)?;
            return Ok((folder, manifest));
        }
        std::fs::remove_dir_all(folder)?;
    }
    let manifest = new;
    let (mut at, folder) = (manifest.started_at, |at: Timestamp| {
        let name = at.strftime("%Y%m%dT%H%M%SZ").to_string();
        (settings.snapshots.join(&name), settings.snapshots.join(format!("{name}{PARTIAL}")))
    });
    // Two in one second: the later one is named after the next second that is free.
    let folder = loop {
        let (whole, partial) = folder(at);
        if !whole.exists() && !partial.exists() {
            break partial;
        }
        at = at.checked_add(SignedDuration::from_secs(1)).map_err(std::io::Error::other)?;
    };
    std::fs::create_dir_all(&folder)?;
    manifest.write(&folder)?;
    Ok((folder, manifest))
}

/// Makes the snapshot complete, and returns its name.
fn completed(folder: &Path, manifest: Manifest) -> Result<String, ApiError> {
    let manifest = Manifest { checksum: checksum(&folder.join(ANSWERS))?, ..manifest };
    manifest.write(folder)?;
    let whole = folder.with_extension("");
    std::fs::rename(folder, &whole)?;
    Ok(whole.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Keeps a second extraction out of the folder until the file is dropped.
pub(super) fn locked(folder: &Path) -> Result<File, ApiError> {
    std::fs::create_dir_all(folder)?;
    let file = OpenOptions::new().create(true).write(true).truncate(false).open(folder.join(".lock"))?;
    file.try_lock().map_err(|_| {
        ApiError::new(
            ErrorKind::Disk,
            format!("another extraction writes to {}", folder.display()),
            "wait until it is done",
        )
    })?;
    Ok(file)
}
