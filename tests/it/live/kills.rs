//! Extractions whose program is killed at random points, and what they leave.
//!
//! The hub is a fake of IT Glue, the source one of Datto RMM, in small pages. The fakes count what they answered; after a
//! random number of requests, and a random moment more, the program is killed. It is started again until it is done.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use matchbook::api::snapshot::{self, Entry, Snapshot};

use crate::fake::Options;
use crate::fake::datto_rmm::{self, DattoRmm};
use crate::fake::fault::Refusal;
use crate::fake::it_glue::{self, ItGlue};
use crate::fake::message::{Reply, Request};
use crate::fake::server::{Server, Vendor};

/// The sources.
const SOURCES: [&str; 2] = ["hub", "rmm"];

/// A random moment behind the request that decides is no longer than this.
const LONGEST: Duration = Duration::from_millis(25);

/// Counts the requests of all fakes, and when it is enough.
#[derive(Default)]
struct Fuse {
    left: AtomicUsize,
    burnt: Mutex<Option<Instant>>,
}

impl Fuse {
    fn light(&self, requests: usize) {
        *self.burnt.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.left.store(requests, Ordering::SeqCst);
    }

    fn burn(&self) {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before == Ok(1) {
            *self.burnt.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    fn since(&self) -> Option<Duration> {
        self.burnt.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

/// A vendor whose requests burn a fuse.
struct Counted<V> {
    vendor: V,
    fuse: Arc<Fuse>,
}

impl<V: Vendor> Vendor for Counted<V> {
    fn answer(&self, request: &Request) -> Reply {
        self.fuse.burn();
        self.vendor.answer(request)
    }

    fn refuse(&self, request: &Request, refusal: &Refusal) -> Reply {
        self.vendor.refuse(request, refusal)
    }
}

/// What a snapshot says: name and body of every answer, sorted, and its rows.
type Whole = (Vec<(String, Vec<u8>)>, u64);

/// What became of a number of kills.
#[derive(Debug, Clone, Copy, Default)]
pub struct Toll {
    /// Times that the program was killed.
    pub kills: usize,
    /// Extractions that were completed.
    pub completed: usize,
    /// Requests that were answered.
    pub requests: usize,
    /// Requests whose answers a kill kept from the disk.
    pub lost: usize,
}

/// The fakes, the program, and what an extraction that nobody disturbs brings.
pub struct Kills {
    program: PathBuf,
    servers: [Server; 2],
    fuse: Arc<Fuse>,
    undisturbed: [Whole; 2],
}

impl Kills {
    /// Starts the fakes, and has `program` extract once without being disturbed.
    pub fn new(program: &Path) -> Self {
        let fuse = Arc::new(Fuse::default());
        let options = |page_size| Options { page_size: Some(page_size), ..Options::default() };
        let hub = Counted { vendor: ItGlue::sample(&options(2)), fuse: Arc::clone(&fuse) };
        let rmm = Counted { vendor: DattoRmm::sample(&options(2)), fuse: Arc::clone(&fuse) };
        let mut kills = Self {
            program: program.to_owned(),
            servers: [Server::start(hub), Server::start(rmm)],
            fuse,
            undisturbed: Default::default(),
        };
        let folder = kills.folder(1);
        let (status, _) = kills.life(folder.path(), None);
        assert!(status.success(), "{status}: {}", said(folder.path()));
        kills.undisturbed = SOURCES.map(|source| whole(&snapshots(folder.path(), source)));
        kills
    }

    /// Kills the program so many times, at points that `seed` decides, and checks every snapshot that comes of it. The
    /// program makes `calls` calls at the same time to each source.
    ///
    /// # Panics
    /// When a snapshot differs from the undisturbed one, or something was fetched twice that was on disk.
    pub fn run(&self, kills: usize, calls: usize, seed: u64) -> Toll {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut toll = Toll::default();
        while toll.kills < kills {
            let folder = self.folder(calls);
            let (asked_before, sent_before, mut own) = (self.asked(), self.sent(), 0);
            // A source that is complete is not read again, as long as the other one is not.
            while !SOURCES.iter().all(|source| is_complete(&snapshots(folder.path(), source))) {
                let order = (toll.kills < kills)
                    .then(|| (random.usize(1..=12), LONGEST.mul_f64(random.f64() * random.f64())));
                let (status, is_killed) = self.life(folder.path(), order);
                let is_good = is_killed || status.success();
                assert!(is_good, "{status} with seed {seed} after {toll:?}: {}", said(folder.path()));
                own += usize::from(is_killed);
                toll.kills += usize::from(is_killed);
            }
            let (asked, all) = (self.asked(), self.sent());
            for (at, source) in SOURCES.into_iter().enumerate() {
                let (it, undisturbed) = (whole(&snapshots(folder.path(), source)), &self.undisturbed[at]);
                let where_ = format!("{source} with seed {seed} after {toll:?}");
                assert!(it == *undisturbed, "{where_}: {}", differs(&it, undisturbed));
                // Whatever was asked for twice was in flight when the program was killed.
                let (sent, answers) = (asked[at] - asked_before[at], it.0.len());
                assert!(sent <= answers + own * calls, "{where_}: {sent} requests for {answers} answers");
                let counted = requests(&snapshots(folder.path(), source));
                let bounds = answers..=all[at] - sent_before[at];
                assert!(bounds.contains(&counted), "{where_}: {counted} requests, and not {bounds:?}");
                toll.requests += sent;
                toll.lost += sent - answers;
            }
            toll.completed += 1;
        }
        toll
    }

    /// A folder with the pipeline and the credentials.
    fn folder(&self, calls: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let asks = |server: &Server, keys: &str| {
            format!(
                "base = \"{}\"\ncredentials_file = \"{keys}\"\npace = \"none\"\n\
                 concurrency = {calls}\nfirst_wait_ms = 1\n",
                server.url()
            )
        };
        let [hub, rmm] = &self.servers;
        let text = format!(
            "name = \"kills\"\nmethod = \"D\"\nwarehouse = \"kills.duckdb\"\n[hub]\nsystem = \"it-glue\"\n[hub.api]\n{}\
             [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\n[source.api]\n{}",
            asks(hub, "hub.toml"),
            asks(rmm, "rmm.toml"),
        );
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("the file can be written");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
                    .expect("the file is ours");
            }
        };
        write("p.toml", text);
        write("hub.toml", format!("api_key = {:?}\n", it_glue::KEY));
        write("rmm.toml", format!("api_key = {:?}\napi_secret = {:?}\n", datto_rmm::KEY, datto_rmm::SECRET));
        folder
    }

    /// Has the program extract once; kills it a while after so many requests. Says how it ended, and whether by that.
    fn life(&self, folder: &Path, order: Option<(usize, Duration)>) -> (ExitStatus, bool) {
        self.fuse.light(order.map_or(0, |(requests, _)| requests));
        let mut child: Child = Command::new(&self.program)
            .args(["extract", "p.toml"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("said.txt")).expect("the file can be written"))
            .spawn()
            .expect("the program starts");
        loop {
            if let Some(status) = child.try_wait().expect("the child is ours") {
                return (status, false);
            }
            let is_due = |(_, wait): (usize, Duration)| self.fuse.since().is_some_and(|since| since >= wait);
            if order.is_some_and(is_due) {
                child.kill().expect("the child is ours");
                let status = child.wait().expect("the child is ours");
                // It may have been done at the same moment.
                return (status, status.code().is_none());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Requests that were answered with what was asked for, sign-ins left out, by source.
    fn asked(&self) -> [usize; 2] {
        self.servers.each_ref().map(|server| {
            let exchanges = server.exchanges();
            let answers = exchanges.iter().filter(|exchange| {
                !exchange.request.path.starts_with("/auth/")
                    && exchange.status.is_none_or(|status| status == 200)
            });
            answers.count()
        })
    }

    /// All requests, by source.
    fn sent(&self) -> [usize; 2] {
        self.servers.each_ref().map(|server| server.exchanges().len())
    }
}

/// The requests that the manifest of the newest snapshot says were sent.
fn requests(folder: &Path) -> usize {
    let chain = snapshot::newest(folder).expect("it is whole").expect("there is a snapshot");
    usize::try_from(chain.newest().manifest.requests).expect("they are few")
}

/// Name and body of every answer of the newest snapshot in the folder of a source, and its rows.
pub fn whole(folder: &Path) -> Whole {
    let complete = snapshot::complete(folder).expect("the folder can be listed");
    assert!(snapshot::partial(folder).expect("the folder can be listed").is_none(), "nothing is left over");
    let snapshot = Snapshot::open(complete.last().expect("there is a snapshot")).expect("it is whole");
    let file = snapshot.folder.join("answers.gz");
    let sum = snapshot::checksum(&file).expect("the file can be read");
    assert_eq!(sum, snapshot.manifest.checksum);
    let body = |entry: &Entry| {
        let body = snapshot::body(&file, entry).expect("the body is whole");
        (entry.name.clone(), body)
    };
    let mut answers: Vec<(String, Vec<u8>)> = snapshot.entries.iter().map(body).collect();
    answers.sort();
    let rows = snapshot.manifest.endpoints.values().map(|summary| summary.rows).sum();
    (answers, rows)
}

/// The snapshots of a source.
fn snapshots(folder: &Path, source: &str) -> PathBuf {
    folder.join("snapshots").join(source)
}

fn is_complete(folder: &Path) -> bool {
    !snapshot::complete(folder).expect("the folder can be listed").is_empty()
}

/// What the program said the last time.
fn said(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("said.txt")).unwrap_or_default()
}

fn differs(own: &Whole, other: &Whole) -> String {
    let names = |whole: &Whole| whole.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    format!("{} rows of {}, {:#?} of {:#?}", own.1, other.1, names(own), names(other))
}
