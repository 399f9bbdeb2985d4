//! Snapshots: what a run reads of them, what damage does to them, and which of them go.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use matchbook::api::snapshot::{
    EndpointSummary, Entry, Journal, Kind, Manifest, Pruned, State, body, checksum, held, newest, partial,
    prune,
};
use matchbook::extract::Extracted;
use matchbook::model::{Entity, Records, column};
use proptest::prelude::*;

use crate::extract::{Folder, table, value};
use crate::workspace::Workspace;

const PSA: u16 = 1;
const RMM: u16 = 2;
/// Three days, one extraction each.
const DAYS: [&str; 3] = ["20261119T110000Z", "20261120T110000Z", "20261121T110000Z"];

/// A snapshot about to be written: answers as endpoint, name and body.
struct Draft<'d> {
    base: Option<&'d str>,
    /// Endpoints of which only changes were asked for.
    changes: &'d [&'d str],
    answers: &'d [(&'d str, &'d str, &'d str)],
    warnings: &'d [&'d str],
}

const EMPTY: Draft<'static> = Draft { base: None, changes: &[], answers: &[], warnings: &[] };

fn entry(endpoint: &str, name: &str) -> Entry {
    Entry {
        endpoint: endpoint.to_owned(),
        name: name.to_owned(),
        tenant: None,
        parent: None,
        page: 1,
        offset: 0,
        length: 0,
        bytes: 0,
        rows: 1,
        next: None,
        total: None,
        version: None,
        is_reused: false,
        is_increment: false,
        requests: 0,
        warnings: Vec::new(),
        told: None,
    }
}

/// Writes the snapshot called `name` into the folder of a source; one whose name ends with `.partial` stays that.
fn write(source: &Path, name: &str, draft: &Draft<'_>) -> PathBuf {
    let folder = source.join(name);
    let (mut journal, _) = Journal::open(&folder).expect("a writable folder");
    let started = name.trim_end_matches(".partial");
    let day = started.get(6..8).expect("it is called after its time");
    let mut endpoints: BTreeMap<String, EndpointSummary> = BTreeMap::new();
    for (endpoint, name, body) in draft.answers {
        journal.add(entry(endpoint, name), body.as_bytes()).expect("a writable folder");
        let since = draft.changes.contains(endpoint).then(|| "2026-11-18T00:00:00Z".parse().expect("a time"));
        let summary = endpoints.entry((*endpoint).to_owned()).or_default();
        (summary.since, summary.answers, summary.rows) = (since, summary.answers + 1, summary.rows + 1);
    }
    let is_whole = name == started;
    let manifest = Manifest {
        source: "psa".to_owned(),
        system: "connectwise".to_owned(),
        started_at: format!("2026-11-{day}T11:00:00Z").parse().expect("a time"),
        begun_at: None,
        finished_at: is_whole.then(|| format!("2026-11-{day}T11:05:00Z").parse().expect("a time")),
        kind: draft
            .base
            .map_or(Kind::Full, |base| Kind::Increment { base: base.to_owned(), number: number(name) }),
        asked: "all".to_owned(),
        requests: 12,
        endpoints: if is_whole { endpoints } else { BTreeMap::new() },
        checksum: checksum(&folder.join("answers.gz")).expect("it was written"),
        warnings: draft.warnings.iter().map(|&warning| warning.to_owned()).collect(),
    };
    manifest.write(&folder).expect("a writable folder");
    folder
}

/// The number of an increment, where the first day has the full snapshot.
fn number(name: &str) -> u64 {
    DAYS.iter().zip(0..).find(|(day, _)| name.starts_with(**day)).map_or(9, |(_, number)| number)
}

/// A folder whose PSA is read from the snapshots in `psa`.
fn folder(snapshots: &[(&str, Draft<'_>)]) -> Folder {
    let folder = Folder::new();
    fs::remove_file(folder.dir.path().join("psa/sites.json")).expect("it was made");
    for (name, draft) in snapshots {
        write(&folder.dir.path().join("psa"), name, draft);
    }
    folder
}

fn ids(records: &Records) -> Vec<&str> {
    (0..u32::try_from(records.len()).expect("few rows")).map(|row| records.id(row)).collect()
}

fn companies(extracted: &Extracted) -> &Records {
    table(extracted, PSA, Entity::Organization)
}

const PAGE_1: &str = r#"[{"id": 100, "name": "Acme"}, {"id": 200, "name": "Cedar"}]"#;
/// Cedar again: it moved while the list was read, and was called otherwise meanwhile.
const PAGE_2: &str = r#"[{"id": 200, "name": "Cedar Ltd"}, {"id": 300, "name": "Dune"}]"#;
const DEVICES: &str = r#"[{"id": 500, "name": "PC-1", "company": {"id": 100}}, {"id": 501, "name": "PC-2"}]"#;

fn full() -> Draft<'static> {
    Draft {
        answers: &[
            ("companies", "companies_1.json", PAGE_1),
            ("companies", "companies_2.json", PAGE_2),
            ("configurations", "configurations_1.json", DEVICES),
        ],
        ..EMPTY
    }
}

fn increment() -> Draft<'static> {
    Draft {
        base: Some(DAYS[0]),
        changes: &["companies"],
        answers: &[
            (
                "companies",
                "companies_1.json",
                r#"[{"id": 100, "name": "Acme Group"}, {"id": 400, "name": "Elm"}]"#,
            ),
            ("configurations", "configurations_1.json", r#"[{"id": 500, "name": "PC-1B"}]"#),
        ],
        ..EMPTY
    }
}

#[test]
fn a_full_snapshot_is_read_like_a_folder_of_documents() {
    let extracted = folder(&[(DAYS[0], full())]).read();
    let companies = companies(&extracted);
    assert_eq!(ids(companies), ["100", "200", "300"]);
    assert_eq!(value(companies, "200", column::NAME), "Cedar Ltd", "the later answer counts");
    assert_eq!((companies.rows_read, companies.quarantined), (3, 0));
    assert_eq!(extracted.quarantine, []);
    let files: Vec<&str> = extracted.files.iter().map(|file| file.file.as_str()).collect();
    assert!(files.contains(&"psa/20261119T110000Z/companies_2.json"), "{files:?}");
}

#[test]
fn changes_replace_rows_and_what_was_read_in_full_replaces_all() {
    let extracted = folder(&[(DAYS[0], full()), (DAYS[1], increment())]).read();
    let companies = companies(&extracted);
    assert_eq!(ids(companies), ["100", "200", "300", "400"]);
    assert_eq!(value(companies, "100", column::NAME), "Acme Group");
    assert_eq!((companies.rows_read, companies.quarantined), (4, 0));
    let devices = table(&extracted, PSA, Entity::Configuration);
    assert_eq!(ids(devices), ["500"], "the other one is not in the newest list, which is whole");
    assert_eq!(value(devices, "500", column::NAME), "PC-1B");
    assert_eq!(devices.rows_read, 1);
}

#[test]
fn what_stands_in_an_element_goes_with_it() {
    let old = r#"{"success": true, "result": [
        {"id": 1, "accountName": "Acme", "accountTypeId": 3, "locations": [
            {"id": 11, "locationName": "Gone", "isMain": "perhaps"}, {"id": 12, "locationName": "Yard"}, {"locationName": "no id"}]},
        {"id": 2, "accountName": "Birch", "accountTypeId": 3, "locations": [{"id": 21, "locationName": "Main"}]},
        {"id": 3, "accountName": "Cedar", "accountTypeId": 3, "locations": [{"id": 31, "locationName": "Shut"}]}]}"#;
    // One account lists fewer locations, one does not say which it has, one has none any more.
    let new = r#"{"success": true, "result": [
        {"id": 1, "accountName": "Acme", "accountTypeId": 3, "locations": [{"id": 12, "locationName": "Yard 2"}]},
        {"id": 2, "accountName": "Birch Ltd", "accountTypeId": 3},
        {"id": 3, "accountName": "Cedar", "accountTypeId": 3, "locations": []}]}"#;
    let full = Draft { answers: &[("accounts", "accounts_1.json", old)], ..EMPTY };
    let mut folder = folder(&[(DAYS[0], full)]);
    folder.pipeline = folder.pipeline.replace("\"connectwise\"", "\"kaseya-bms\"");
    let before = folder.read();
    let locations = table(&before, PSA, Entity::Location);
    assert_eq!(ids(locations), ["11", "12", "21", "31"]);
    assert_eq!((locations.rows_read, locations.quarantined, before.quarantine.len()), (5, 1, 1));
    let noticed =
        |extracted: &Extracted| extracted.findings.iter().filter(|finding| finding.record_id == "11").count();
    assert_eq!(noticed(&before), 1);

    let answers: &[_] = &[("accounts", "accounts_1.json", new)];
    let changes = Draft { base: Some(DAYS[0]), changes: &["accounts"], answers, ..EMPTY };
    write(&folder.dir.path().join("psa"), DAYS[1], &changes);
    let after = folder.read();
    let locations = table(&after, PSA, Entity::Location);
    assert_eq!(ids(locations), ["12", "21"]);
    assert_eq!(value(locations, "12", column::NAME), "Yard 2");
    assert_eq!((locations.rows_read, locations.quarantined, after.quarantine.len()), (2, 0, 0));
    assert_eq!(noticed(&after), 0);
    assert_eq!(value(companies(&after), "2", column::NAME), "Birch Ltd");
}

#[test]
fn the_names_of_answers_do_not_matter_to_which_counts() {
    let turned = Draft {
        answers: &[("companies", "companies_2.json", PAGE_1), ("companies", "companies_1.json", PAGE_2)],
        ..EMPTY
    };
    let same_name = Draft {
        answers: &[("companies", "companies_1.json", PAGE_1), ("companies", "companies_1.json", PAGE_2)],
        ..EMPTY
    };
    for draft in [turned, same_name] {
        let extracted = folder(&[(DAYS[0], draft)]).read();
        assert_eq!(ids(companies(&extracted)), ["100", "200", "300"]);
        assert_eq!(value(companies(&extracted), "200", column::NAME), "Cedar Ltd");
    }
}

#[test]
fn bad_rows_are_quarantined_and_counted() {
    let answers: &[_] =
        &[("companies", "companies_1.json", r#"[{"id": 1, "name": "A"}, {"name": "nobody"}]"#)];
    let extracted = folder(&[(DAYS[0], Draft { answers, ..EMPTY })]).read();
    let companies = companies(&extracted);
    assert_eq!((companies.rows_read, companies.quarantined, companies.len()), (2, 1, 1));
    assert_eq!(extracted.quarantine[0].file, "psa/20261119T110000Z/companies_1.json");
}

#[test]
fn what_was_noticed_about_a_row_goes_with_it() {
    let bad = r#"[{"id": 500, "name": "PC-1", "installationDate": "soon"}]"#;
    let before = Draft {
        answers: &[
            ("companies", "companies_1.json", PAGE_1),
            ("configurations", "configurations_1.json", bad),
        ],
        ..EMPTY
    };
    let good = r#"[{"id": 500, "name": "PC-1", "installationDate": "2026-01-31T00:00:00Z"}]"#;
    let after = Draft {
        base: Some(DAYS[0]),
        changes: &["configurations"],
        answers: &[("configurations", "configurations_1.json", good)],
        ..EMPTY
    };
    let alone = folder(&[(DAYS[0], before)]);
    let noticed =
        |extracted: &Extracted| extracted.findings.iter().filter(|it| it.record_id == "500").count();
    assert_eq!(noticed(&alone.read()), 1);
    write(&alone.dir.path().join("psa"), DAYS[1], &after);
    assert_eq!(noticed(&alone.read()), 0);
}

#[test]
fn of_supplements_of_one_endpoint_those_of_the_newest_snapshot_count() {
    let devices = r#"{"devices": [{"uid": "d1", "hostname": "PC-1"}, {"uid": "d2", "hostname": "PC-2"}]}"#;
    let audits = |first: &str, second: &str| {
        let audit = |uid: &str, serial: &str| {
            format!(
                r#"{{"deviceUid": "{uid}", "systemInfo": {{"manufacturer": "HP"}}, "bios": {{"serialNumber": "{serial}"}}}}"#
            )
        };
        let both: Vec<String> = [("d1", first), ("d2", second)]
            .iter()
            .filter(|(_, serial)| !serial.is_empty())
            .map(|(uid, serial)| audit(uid, serial))
            .collect();
        format!(r#"{{"audits": [{}]}}"#, both.join(","))
    };
    let folder = Folder::new();
    let rmm = folder.dir.path().join("rmm");
    fs::remove_file(rmm.join("sites.json")).expect("it was made");
    let (old, new) = (audits("OLD-1", "OLD-2"), audits("NEW-1", ""));
    let answers: &[_] = &[("devices", "devices_1.json", devices), ("audits", "audits_1.json", &old)];
    write(&rmm, DAYS[0], &Draft { answers, ..EMPTY });
    let answers: &[_] = &[("devices", "devices_1.json", devices), ("audits", "audits_1.json", &new)];
    write(&rmm, DAYS[1], &Draft { base: Some(DAYS[0]), changes: &["audits"], answers, ..EMPTY });
    let extracted = folder.read();
    let devices = table(&extracted, RMM, Entity::Configuration);
    assert_eq!(value(devices, "d1", column::SERIAL_NUMBER), "NEW-1");
    assert_eq!(value(devices, "d2", column::SERIAL_NUMBER), "OLD-2");
    assert_eq!(devices.rows_read, 2);
}

#[test]
fn an_older_snapshot_can_be_named_and_one_that_is_not_complete_cannot() {
    let mut older = folder(&[(DAYS[0], full()), (DAYS[1], increment())]);
    older.pipeline = older.pipeline.replace(r#"["psa"]"#, r#"["psa/20261119T110000Z"]"#);
    assert_eq!(value(companies(&older.read()), "100", column::NAME), "Acme");
    let stopped = folder(&[("20261119T110000Z.partial", full())]);
    let (what, hint) = stopped.fail();
    assert!(what.contains("is not complete") && hint.contains("matchbook extract"), "{what}: {hint}");
    let beside = folder(&[(DAYS[0], full()), ("20261121T110000Z.partial", increment())]);
    assert_eq!(value(companies(&beside.read()), "100", column::NAME), "Acme");
}

#[test]
fn damage_is_said_with_the_folder() {
    let orphan = folder(&[(DAYS[1], increment())]);
    let (what, hint) = orphan.fail();
    assert!(what.contains("20261120T110000Z builds on `20261119T110000Z`, which is not there"), "{what}");
    assert!(hint.contains("--full"), "{hint}");
    let cut = folder(&[(DAYS[0], full())]);
    let answers = cut.dir.path().join("psa").join(DAYS[0]).join("answers.gz");
    let bytes = fs::read(&answers).expect("it was written");
    fs::write(&answers, &bytes[..bytes.len() - 1]).expect("a writable file");
    assert!(cut.fail().0.contains("20261119T110000Z is damaged"), "{}", cut.fail().0);
    // As long as before, and something else.
    for at in [bytes.len() / 2, bytes.len() - 6] {
        let mut turned = bytes.clone();
        turned[at] ^= 0xff;
        fs::write(&answers, &turned).expect("a writable file");
        assert!(cut.try_read().is_err(), "byte {at}");
    }
}

#[test]
fn a_body_that_unpacks_to_more_than_was_written_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut journal, _) = Journal::open(folder.path()).expect("a writable folder");
    let written = journal.add(entry("a", "a.json"), &vec![b' '; 1 << 20]).expect("a writable folder");
    let file = folder.path().join("answers.gz");
    assert_eq!(body(&file, &written).expect("it is whole").len(), 1 << 20);
    for bytes in [10, (1 << 20) - 1, (1 << 20) + 1, u64::MAX] {
        assert!(body(&file, &Entry { bytes, ..written.clone() }).is_err(), "{bytes}");
    }
}

/// Bodies, in a folder of their own.
fn journalled(bodies: &[Vec<u8>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut journal, _) = Journal::open(folder.path()).expect("a writable folder");
    for (body, number) in bodies.iter().zip(0..) {
        journal.add(entry("a", &format!("a_{number}.json")), body).expect("a writable folder");
    }
    folder
}

fn at(part: f64, length: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of a small file"
    )]
    let at = (part * length as f64) as usize;
    at.min(length.saturating_sub(1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_was_cut_is_written_again(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8),
        file in prop::sample::select(vec!["answers.gz", "index.jsonl"]),
        part in 0.0..1.0_f64,
    ) {
        let folder = journalled(&bodies);
        let path = folder.path().join(file);
        let bytes = fs::read(&path).expect("it was written");
        fs::write(&path, &bytes[..at(part, bytes.len())]).expect("a writable file");
        let (mut journal, mut entries) = Journal::open(folder.path()).expect("it opens");
        prop_assert!(entries.len() <= bodies.len());
        for (number, written) in bodies.iter().enumerate().skip(entries.len()) {
            entries.push(journal.add(entry("a", &format!("a_{number}.json")), written).expect("it goes on"));
        }
        let (_, again) = Journal::open(folder.path()).expect("it opens");
        prop_assert_eq!(&again, &entries);
        for (entry, written) in again.iter().zip(&bodies) {
            prop_assert_eq!(&body(&folder.path().join("answers.gz"), entry).expect("it is whole"), written);
        }
    }

    #[test]
    fn a_damaged_body_is_never_given(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8),
        file in prop::sample::select(vec!["answers.gz", "index.jsonl"]),
        part in 0.0..1.0_f64,
        mask in 1..=255_u8,
    ) {
        let folder = journalled(&bodies);
        let path = folder.path().join(file);
        let mut bytes = fs::read(&path).expect("it was written");
        let position = at(part, bytes.len());
        bytes[position] ^= mask;
        fs::write(&path, &bytes).expect("a writable file");
        let (_, entries) = Journal::open(folder.path()).expect("it opens");
        prop_assert!(entries.len() <= bodies.len());
        for (entry, written) in entries.iter().zip(&bodies) {
            if let Ok(given) = body(&folder.path().join("answers.gz"), entry) {
                prop_assert_eq!(&given, written);
            }
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}

fn pruned(folder: &Path, keep: usize) -> Pruned {
    prune(folder, keep).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn pruning_keeps_what_the_newest_ones_build_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    write(path, "20261110T110000Z", &full());
    write(path, "20261118T110000Z.partial", &full());
    write(path, DAYS[0], &full());
    write(path, DAYS[1], &increment());
    write(path, DAYS[2], &Draft { base: Some(DAYS[1]), ..increment() });
    write(path, "20261122T110000Z.partial", &full());
    fs::create_dir(path.join(".20261101T110000Z.removed")).expect("a writable folder");
    let done = pruned(path, 1);
    assert_eq!(done.removed, ["20261118T110000Z", "20261110T110000Z"]);
    assert_eq!(done.kept, [DAYS[2], DAYS[1], DAYS[0]]);
    assert!(done.bytes > 0);
    assert_eq!(names(path), [DAYS[0], DAYS[1], DAYS[2], "20261122T110000Z.partial"]);
    assert_eq!(newest(path).expect("it is whole").expect("there is one").snapshots().len(), 3);
    assert_eq!(pruned(path, 1).removed, [""; 0]);
}

#[test]
fn pruning_counts_a_damaged_snapshot_as_none_and_leaves_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    for day in DAYS {
        write(path, day, &full());
    }
    fs::write(path.join(DAYS[2]).join("answers.gz"), "").expect("a writable file");
    let done = pruned(path, 0);
    assert_eq!(
        (done.removed.as_slice(), done.kept.as_slice()),
        (&[DAYS[0].to_owned()][..], &[DAYS[1].to_owned()][..])
    );
    assert_eq!(done.damaged.len(), 1);
    assert_eq!(names(path), [DAYS[1], DAYS[2]]);
    assert_eq!(pruned(&path.join("none"), 1), Pruned::default());
}

#[test]
fn what_was_stopped_is_listed_and_goes_whatever_is_left_of_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    // Stopped before it had a manifest, with one that cannot be read, and with an index that cannot.
    fs::create_dir(path.join("20261117T110000Z.partial")).expect("a writable folder");
    let torn = write(path, "20261118T110000Z.partial", &full());
    fs::write(torn.join("manifest.json"), "{").expect("a writable file");
    let stopped = write(path, "20261119T110000Z.partial", &full());
    fs::write(stopped.join("index.jsonl"), [0; 64]).expect("a writable file");
    write(path, DAYS[1], &full());
    fs::create_dir(path.join("20261121T110000Z.partial")).expect("a writable folder");
    let all = held(path, true).expect("a folder");
    let seen: Vec<_> = all
        .iter()
        .map(|held| (held.state == State::Partial, held.manifest.is_some(), held.answers))
        .collect();
    assert_eq!(
        seen,
        [(true, false, 0), (true, false, 3), (true, true, 0), (false, true, 3), (true, false, 0)]
    );
    let (going_on, _) = partial(path).expect("a folder").expect("one can be gone on with");
    assert_eq!(going_on, stopped);

    // Nobody knows which of them is being written.
    let lock = fs::File::create(path.join(".lock")).expect("a writable folder");
    lock.lock().expect("nobody has it");
    let error = prune(path, 1).expect_err("an extraction is going on");
    assert!(error.what.contains("another extraction writes to"), "{error}");
    assert_eq!(held(path, false).expect("a folder").len(), 5);
    drop(lock);

    assert_eq!(pruned(path, 1).removed, ["20261119T110000Z", "20261118T110000Z", "20261117T110000Z"]);
    assert_eq!(names(path), [DAYS[1], "20261121T110000Z.partial"]);
}

#[test]
fn a_checksum_that_differs_is_damage_when_it_is_looked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let answers = write(folder.path(), DAYS[0], &full()).join("answers.gz");
    let states = |verify| held(folder.path(), verify).expect("a folder").into_iter().map(|held| held.state);
    assert_eq!(states(true).collect::<Vec<_>>(), [State::Complete]);
    let mut bytes = fs::read(&answers).expect("it was written");
    bytes[20] ^= 1;
    fs::write(&answers, bytes).expect("a writable file");
    assert_eq!(states(false).collect::<Vec<_>>(), [State::Complete]);
    assert!(matches!(states(true).next(), Some(State::Damaged(error)) if error.what.contains("checksum")));
}

/// A pipeline whose PSA is asked over its interface, and what it has of it.
fn workspace() -> Workspace {
    let text = r#"name = "live"
method = "A"
[hub]
system = "it-glue"
files = ["hub"]
[[source]]
name = "psa"
system = "connectwise"
[source.api]
region = "na"
settings = { company = "larkfield" }
credentials = { public_key = "CW_PUBLIC", private_key = "CW_PRIVATE", client_id = "CW_CLIENT" }
"#;
    Workspace::new().with("p.toml", text)
}

#[test]
fn snapshots_are_listed() {
    let workspace = workspace();
    let list = |more: &[&str]| workspace.seen(&[&["snapshots", "list", "p.toml"], more].concat());
    assert_snapshot!(list(&[]), @"
---- stderr
there is no snapshot yet

hint: `matchbook extract PIPELINE` makes one of every source that is read over its interface
---- exit 0
");
    let source = workspace.path("snapshots/psa");
    write(&source, DAYS[0], &full());
    write(&source, DAYS[1], &Draft { warnings: &["`tickets` was not read: no permission"], ..increment() });
    write(&source, "20261121T110000Z.partial", &full());
    assert_snapshot!(list(&[]), @"
---- stdout
  source  snapshot          started               kind                            state     requests  answers  reused  rows    size  warnings
  psa     20261119T110000Z  2026-11-19 11:00 UTC  full                            complete        12        3       0     3  1.0 kB         0
  psa     20261120T110000Z  2026-11-20 11:00 UTC  changes since 20261119T110000Z  complete        12        2       0     2  1.0 kB         1
  psa     20261121T110000Z  2026-11-21 11:00 UTC  full                            partial         12        3       0     3   853 B         0
---- stderr
  psa/20261120T110000Z: `tickets` was not read: no permission
---- exit 0
");
    assert_snapshot!(list(&["--json"]), @r#"
---- stdout
{"source":"psa","snapshot":"20261119T110000Z","folder":"./snapshots/psa/20261119T110000Z","started_at":"[TIME]","finished_at":"[TIME]","kind":"full","base":null,"state":"complete","damage":null,"requests":12,"answers":3,"reused":0,"rows":3,"bytes":1082,"warnings":[]}
{"source":"psa","snapshot":"20261120T110000Z","folder":"./snapshots/psa/20261120T110000Z","started_at":"[TIME]","finished_at":"[TIME]","kind":"increment","base":"20261119T110000Z","state":"complete","damage":null,"requests":12,"answers":2,"reused":0,"rows":2,"bytes":1004,"warnings":["`tickets` was not read: no permission"]}
{"source":"psa","snapshot":"20261121T110000Z","folder":"./snapshots/psa/20261121T110000Z.partial","started_at":"[TIME]","finished_at":null,"kind":"full","base":null,"state":"partial","damage":null,"requests":12,"answers":3,"reused":0,"rows":3,"bytes":853,"warnings":[]}
---- exit 0
"#);
    assert_snapshot!(list(&["--source", "hub"]), @"
---- stderr
error: `hub` is read from files, and has no snapshots

hint: there are those of `psa`
---- exit 2
");
    assert_snapshot!(list(&["--source", "rmm"]), @"
---- stderr
error: no source is called `rmm`

hint: there are `hub` and `psa`
---- exit 2
");
    fs::write(source.join(DAYS[0]).join("index.jsonl"), "{}\n").expect("a writable file");
    assert_snapshot!(list(&["--verify"]), @"
---- stdout
  source  snapshot          started               kind                            state    requests  answers  reused  rows    size  warnings
  psa     20261119T110000Z  2026-11-19 11:00 UTC  full                            damaged        12        0       0     0   763 B         0
  psa     20261120T110000Z  2026-11-20 11:00 UTC  changes since 20261119T110000Z  damaged        12        2       0     2  1.0 kB         1
  psa     20261121T110000Z  2026-11-21 11:00 UTC  full                            partial        12        3       0     3   853 B         0
---- stderr
warning: psa: the snapshot ./snapshots/psa/20261119T110000Z is damaged: line 1 of its index: missing field `endpoint` at line 1 column 2; remove its folder and extract again
---- exit 5
");
}

#[test]
fn snapshots_are_pruned() {
    let workspace = workspace();
    let prune = |keep: &str| workspace.seen(&["snapshots", "prune", "p.toml", "--keep", keep]);
    assert_snapshot!(prune("1"), @"
---- stderr
psa: nothing to remove, there is no complete snapshot
---- exit 0
");
    let source = workspace.path("snapshots/psa");
    write(&source, DAYS[0], &full());
    write(&source, DAYS[1], &full());
    assert_snapshot!(prune("2"), @"
---- stderr
psa: nothing to remove, there are 2 snapshots
---- exit 0
");
    assert_snapshot!(prune("1"), @"
---- stderr
psa: removed 20261119T110000Z (1.0 kB); 1 snapshot left
---- exit 0
");
    assert_snapshot!(prune("0"), @"
---- stderr
error: invalid value '0' for '--keep <N>': 0 is not in 1..=4294967295

For more information, try '--help'.
---- exit 2
");
}

#[test]
fn a_source_without_a_snapshot_says_so() {
    assert_snapshot!(workspace().seen(&["check", "p.toml"]), @"
---- stdout
  source  file                    read as                     rows  bad  understood
  hub     hub/configurations.csv  configurations (CSV UTF-8)     2    0  6 of 6
  hub     hub/organizations.csv   organizations (CSV UTF-8)      2    0  4 of 4
0 decisions read
---- stderr
error: the source `psa` cannot be read: there is no snapshot of it yet

hint: extract it first: `matchbook extract PIPELINE`, or `matchbook run PIPELINE --fresh`
---- exit 5
");
}
