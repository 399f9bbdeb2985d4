//! What an extraction that was stopped had done: the sources that are complete since it began are not read again.
//!
//! Nothing is written down for it but the time in every manifest at which the extraction of all sources began. The folder
//! that a source was stopped in has that time, and the snapshots that were made since have it or a later one.

use jiff::{SignedDuration, Timestamp};

use super::extraction::{Asked, Extracted, ExtractionOptions, asked};
use super::snapshot::{Kind, newest, partial};

/// Sources that are complete are left alone for so long after the extraction began: whoever extracts every day reads
/// everything every day, also where one source keeps failing.
const LEFT_ALONE: SignedDuration = SignedDuration::from_hours(12);

/// When the extraction began that is gone on with; `None` where none of these sources was stopped in one.
pub(super) fn stopped(
    sources: &[Asked<'_>],
    options: &ExtractionOptions,
    now: Timestamp,
) -> Option<Timestamp> {
    if options.restart {
        return None;
    }
    let counts = |asked: &&Asked<'_>| !(options.is_done_without_optional && asked.source.optional);
    sources
        .iter()
        .filter(counts)
        .filter_map(|asked| partial(&asked.settings.snapshots).ok()?)
        .map(|(_, manifest)| manifest.begun_at.unwrap_or(manifest.started_at))
        .filter(|begun| now.duration_since(*begun).abs() < LEFT_ALONE)
        .min()
}

/// The snapshot of a source that was made since then, where it is what would be asked for now.
pub(super) fn complete_since(
    begun: Timestamp,
    Asked { source, settings, api }: Asked<'_>,
    options: &ExtractionOptions,
) -> Option<Extracted> {
    // What is wrong with the folder says whoever reads the source.
    if partial(&settings.snapshots).ok()?.is_some() {
        return None;
    }
    let chain = newest(&settings.snapshots).ok()??;
    let (snapshot, manifest) = (chain.newest().name(), &chain.newest().manifest);
    let is_since = manifest.begun_at.is_some_and(|at| at >= begun);
    let is_same = manifest.asked == asked(settings, api) && manifest.source == source.name;
    let is_enough = manifest.kind == Kind::Full || !options.full;
    (is_since && is_same && is_enough).then(|| Extracted {
        snapshot,
        requests: 0,
        rows: manifest.endpoints.values().map(|summary| summary.rows).sum(),
        elapsed: std::time::Duration::ZERO,
        warnings: Vec::new(),
        complete_since: Some(begun),
    })
}
