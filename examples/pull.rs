//! How long extractions of large accounts take, and how much memory: 200,000 configurations of IT Glue at 1,000 a page,
//! and 20,000 devices of Datto RMM with an audit each, from fakes on this machine, without a limit.
//!
//! ```text
//! cargo build --release
//! cargo run --release --example pull [PROGRAM]
//! ```
//!
//! The program, the one beside the example where none is named, runs as a child. Each account is extracted twice: the
//! fakes keep what they answered the first time, so that the second time shows the program alone. It ends with an error
//! when the second time misses what is promised: 20 s and 200 MB for IT Glue, 30 s for Datto RMM.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use matchbook::api::snapshot;
use serde_json::{Value, json};

#[path = "../tests/it/fake/mod.rs"]
mod fake;

use fake::Options;
use fake::datto_rmm::{self, DattoRmm};
use fake::estate::Rows;
use fake::it_glue::{self, ItGlue};
use fake::message::{Reply, Request};
use fake::server::{Server, Vendor};

/// IT Glue's configurations.
const CONFIGURATIONS: usize = 200_000;
/// Datto's devices.
const DEVICES: usize = 20_000;
/// Devices of one site.
const SITE: usize = 200;

/// A vendor whose answers are kept, packed as they are sent.
struct Kept<V> {
    vendor: V,
    answers: Mutex<HashMap<String, Reply>>,
}

impl<V> Kept<V> {
    fn new(vendor: V) -> Self {
        Self { vendor, answers: Mutex::default() }
    }
}

impl<V: Vendor> Vendor for Kept<V> {
    fn answer(&self, request: &Request) -> Reply {
        let kept = self.answers.lock().expect("no thread fails").get(&request.target).cloned();
        if let Some(reply) = kept {
            return reply;
        }
        // The rows are in the order of their ids; a fake that sorts makes all of them for every page.
        let mut own = request.clone();
        own.query.retain(|(name, _)| name != "sort");
        let reply = self.vendor.answer(&own);
        if request.method != "GET" || reply.status != 200 || !reply.gzip {
            return reply;
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&reply.body).expect("memory takes everything");
        let packed = encoder.finish().expect("memory takes everything");
        let reply = Reply { body: Arc::new(packed), gzip: false, ..reply }.header("content-encoding", "gzip");
        self.answers.lock().expect("no thread fails").insert(request.target.clone(), reply.clone());
        reply
    }
}

/// What an extraction took.
struct Took {
    time: Duration,
    /// How long it computed, in seconds.
    busy: f64,
    /// The most memory, in MB.
    memory: u64,
    rows: u64,
}

fn main() -> ExitCode {
    let program = program();
    let hub = Server::start(Kept::new(it_glue()));
    let rmm = Server::start(Kept::new(datto_rmm()));
    let is_good = [
        shown(
            "IT Glue, 200,000 configurations",
            || pull(&program, "hub", &hub, &[("api_key", it_glue::KEY)], "configurations"),
            CONFIGURATIONS,
            (20, 200),
        ),
        shown(
            "Datto RMM, 20,000 devices with audits",
            || {
                let keys = [("api_key", datto_rmm::KEY), ("api_secret", datto_rmm::SECRET)];
                pull(&program, "rmm", &rmm, &keys, "audits")
            },
            DEVICES,
            (30, u64::MAX),
        ),
    ];
    if is_good.iter().all(|is_good| *is_good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Extracts twice and says what it took; whether the second time brings what is there within seconds and megabytes.
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
fn shown(what: &str, pull: impl Fn() -> Took, rows: usize, (seconds, memory): (u64, u64)) -> bool {
    let (first, second) = (pull(), pull());
    println!(
        "{what}: {:.1} s, of these {:.1} s computing, {} MB ({:.1} s while the fake makes its answers)",
        second.time.as_secs_f64(),
        second.busy,
        second.memory,
        first.time.as_secs_f64()
    );
    second.rows == rows as u64 && second.time.as_secs() < seconds && second.memory <= memory
}

/// 200,000 configurations in the organizations of the sample, each with an interface and a record of an RMM.
fn it_glue() -> ItGlue {
    let vendor = ItGlue::sample(&Options::default());
    let lists = vendor.lists();
    let sample: Vec<Value> = lists.rows("configurations").iter().map(std::borrow::Cow::into_owned).collect();
    let make = move |place: usize| {
        let mut row = sample[place % sample.len()].clone();
        row["id"] = (1_000_000 + place).to_string().into();
        row["attributes"]["name"] = format!("LAR-WS-{place:06}").into();
        row["attributes"]["serial-number"] = format!("5CG{place:07}").into();
        row["attributes"]["notes"] =
            "Delivered with dock and two screens; bios password is with the lead. ".repeat(6).into();
        row["relationships"]["configuration-interfaces"] =
            json!({ "data": [{ "id": "9001", "type": "configuration-interfaces" }] });
        row
    };
    lists.set("configurations", Rows::made(CONFIGURATIONS, make));
    vendor
}

/// 20,000 devices, 200 a site, each with an audit.
fn datto_rmm() -> DattoRmm {
    let vendor = DattoRmm::sample(&Options::default());
    let lists = vendor.lists();
    let first = |name: &str| lists.rows(name).get(0).into_owned();
    let (site, device, audit) = (first("sites"), first("devices"), first("audits"));
    let site_uid = |number: usize| format!("0b7c1f4a-21aa-4c1e-8a4e-{number:012x}");
    let device_uid = |number: usize| format!("5f0c7c0e-21aa-4c1e-8a4e-{number:012x}");
    let (mut sites, mut devices, mut audits) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..DEVICES / SITE {
        let mut row = site.clone();
        row["id"] = (10_000 + number).into();
        row["uid"] = site_uid(number).into();
        row["name"] = format!("Client {number}").into();
        row["devicesStatus"]["numberOfDevices"] = SITE.into();
        sites.push(row);
    }
    for number in 0..DEVICES {
        let mut row = device.clone();
        row["id"] = (1_000_000 + number).into();
        row["uid"] = device_uid(number).into();
        row["siteId"] = (10_000 + number / SITE).into();
        row["siteUid"] = site_uid(number / SITE).into();
        row["siteName"] = format!("Client {}", number / SITE).into();
        row["hostname"] = format!("PC-{number:05}").into();
        devices.push(row);
        let mut row = audit.clone();
        row["deviceUid"] = device_uid(number).into();
        row["bios"]["serialNumber"] = format!("5CG{number:07}").into();
        audits.push(row);
    }
    for (name, rows) in [("sites", sites), ("devices", devices), ("audits", audits)] {
        lists.set(name, Rows::held(rows));
    }
    vendor
}

/// Extracts a source into a folder of its own.
fn pull(program: &Path, source: &str, server: &Server, keys: &[(&str, &str)], endpoint: &str) -> Took {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let files = |name: &str| format!("files = [\"{}\"]\n", samples.join(name).display());
    let asks = |is_it: bool, table: &str, files: String| {
        if is_it {
            let url = server.url();
            format!("[{table}.api]\nbase = \"{url}\"\ncredentials_file = \"keys.toml\"\npace = \"none\"\n")
        } else {
            files
        }
    };
    let text = format!(
        "name = \"pull\"\nmethod = \"D\"\nwarehouse = \"pull.duckdb\"\n[hub]\nsystem = \"it-glue\"\n{}\
         [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\n{}",
        asks(source == "hub", "hub", files("it_glue")),
        asks(source != "hub", "source", files("datto_rmm")),
    );
    std::fs::write(folder.path().join("p.toml"), text).expect("the file can be written");
    let keys: String = keys.iter().map(|(name, key)| format!("{name} = {key:?}\n")).collect();
    let path = folder.path().join("keys.toml");
    std::fs::write(&path, keys).expect("the file can be written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("the file is ours");
    }
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["extract", "p.toml"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (mut memory, mut busy) = (0, 0.0_f64);
    let status = loop {
        memory = memory.max(most_memory(child.id()));
        busy = busy.max(computed(child.id()));
        if let Some(status) = child.try_wait().expect("the child is ours") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let time = started.elapsed();
    assert!(status.success(), "{status}");
    let chain =
        snapshot::newest(&folder.path().join("snapshots").join(source)).expect("the snapshot is whole");
    let chain = chain.expect("there is a snapshot");
    Took { time, busy, memory, rows: chain.newest().manifest.endpoints[endpoint].rows }
}

/// The most memory that a process ever had, in MB; where the system does not say, nothing.
fn most_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
    kib * 1024 / 1_000_000
}

/// How long a process has computed, in seconds; where the system does not say, no time.
fn computed(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name, which may hold anything, times are the 12th and 13th field, in hundredths.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The program that is named, or the one beside the example.
fn program() -> PathBuf {
    std::env::args_os().nth(1).map_or_else(
        || {
            let own = std::env::current_exe().expect("this program has a path");
            own.ancestors().nth(2).expect("it is in `examples`").join("matchbook")
        },
        PathBuf::from,
    )
}
