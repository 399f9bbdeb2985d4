//! How long each stage of a run takes on a generated estate, by devices per system.
//!
//! ```text
//! cargo bench                                              # all stages, 10,000 and 100,000
//! cargo bench -- match                                     # one stage
//! BENCH_SIZES=1000000 cargo bench -- "(match|diff)/"       # a million: about 8 GB of memory and of disk
//! ```
//!
//! A stage is measured on what the stages before it made, in memory; reading and writing are from and to a temporary
//! folder. The whole run beside other programs is measured by `compare/`.

#[path = "../examples/estate/mod.rs"]
#[expect(dead_code, reason = "the benches make the ordinary kind of estate only")]
mod generator;

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use generator::{Clones, Format, Spec};
use matchbook::extract::extract;
use matchbook::matching::fold;
use matchbook::normalize::{Keys, normalize};
use matchbook::ownership::resolve;
use matchbook::pipeline::{self, Pipeline};
use matchbook::plan::{PlanInput, plan};
use matchbook::run::{Silent, Stage, Work, work};
use matchbook::warehouse::{RunRecord, RunStatus, Warehouse};
use tempfile::TempDir;

/// That of the program.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The sizes to run.
fn sizes() -> Vec<u64> {
    let wanted = std::env::var("BENCH_SIZES").unwrap_or_else(|_| "10000,100000".to_owned());
    wanted
        .split(',')
        .map(|size| size.trim().parse().expect("BENCH_SIZES holds whole numbers, separated by commas"))
        .collect()
}

/// An estate on disk, in organizations of 500 devices.
struct Estate {
    folder: TempDir,
    pipeline: Pipeline,
}

impl Estate {
    fn new(configurations: u64, format: Format) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let spec =
            Spec { configurations, organization_size: 500, seed: 7, has_giant: false, clones: Clones::Few };
        generator::write(folder.path(), &spec, format).expect("the temporary folder can be written");
        let pipeline = pipeline::load(&folder.path().join("pipeline.toml"))
            .unwrap_or_else(|errors| panic!("the generator's pipeline is wrong: {errors}"));
        Self { folder, pipeline }
    }
}

/// An estate, and what every stage made of it.
struct Planned {
    estate: Estate,
    work: Work,
}

impl Planned {
    fn new(configurations: u64) -> Self {
        let estate = Estate::new(configurations, Format::Csv);
        let work = work(&estate.pipeline, &[], None, Stage::Plan, &Silent)
            .unwrap_or_else(|error| panic!("the generator's files are wrong: {error}"));
        Self { estate, work }
    }

    fn plan_input(&self) -> PlanInput<'_> {
        let work = &self.work;
        PlanInput {
            pipeline: &self.estate.pipeline,
            tables: &work.extracted.tables,
            matching: work.matching.as_ref().expect("the run got to the plan"),
            diffs: &work.resolution.as_ref().expect("the run got to the plan").diffs,
            lookups: &work.extracted.lookups,
        }
    }

    fn keys(&self) -> &Keys {
        self.work.keys.as_ref().expect("the run got to the plan")
    }

    /// Writes the run into a new warehouse.
    fn write(&self, warehouse: &mut Warehouse) -> i64 {
        let PlanInput { pipeline, tables, matching, diffs, lookups, .. } = self.plan_input();
        let written = warehouse.write(&RunRecord {
            pipeline,
            started_at: jiff::Timestamp::UNIX_EPOCH,
            status: RunStatus::Completed,
            held_by: &[],
            version: env!("CARGO_PKG_VERSION"),
            settings: "{}",
            tables,
            matching,
            diffs,
            conflicts: &[],
            lookups,
            plan: self.work.plan.as_ref().expect("the run got to the plan"),
            findings: &self.work.findings,
            quarantine: &self.work.extracted.quarantine,
        });
        written.expect("the temporary folder can be written")
    }
}

fn read(group: &mut BenchmarkGroup<'_, WallTime>, size: u64, format: Format) {
    // Made only when the filter asks for the bench, like everything below.
    let estate = LazyCell::new(|| Estate::new(size, format));
    let stage = match format {
        Format::Csv => "extract-csv",
        Format::Json => "extract-json",
    };
    group.bench_function(BenchmarkId::new(stage, size), |bencher| {
        bencher.iter(|| black_box(extract(&estate.pipeline, &|_| {})));
    });
}

/// The same with the devices of the hub alone, which are nearly all there is, in one file: on one thread and on all.
fn read_one_file(group: &mut BenchmarkGroup<'_, WallTime>, size: u64) {
    let estate = LazyCell::new(|| {
        let estate = Estate::new(size, Format::Csv);
        for file in ["connectwise/configurations.csv", "datto_rmm/devices.csv"] {
            let path = estate.folder.path().join(file);
            let text = std::fs::read_to_string(&path).expect("the generator wrote it");
            let headings = text.lines().next().expect("it has a heading row");
            std::fs::write(&path, headings).expect("the temporary folder can be written");
        }
        estate
    });
    for threads in [1, rayon::current_num_threads()] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        let name = format!("extract-one-file-{threads}");
        group.bench_function(BenchmarkId::new(name, size), |bencher| {
            let pipeline = &estate.pipeline;
            bencher.iter(|| pool.install(|| black_box(extract(pipeline, &|_| {}))));
        });
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stages");
    group.sample_size(10);
    for size in sizes() {
        group.throughput(Throughput::Elements(size));
        read(&mut group, size, Format::Csv);
        read(&mut group, size, Format::Json);
        read_one_file(&mut group, size);
        let planned = LazyCell::new(|| Planned::new(size));
        group.bench_function(BenchmarkId::new("normalize", size), |bencher| {
            let (pipeline, work) = (&planned.estate.pipeline, &planned.work);
            bencher.iter(|| black_box(normalize(&work.extracted.tables, pipeline, &work.junk)));
        });
        group.bench_function(BenchmarkId::new("match", size), |bencher| {
            let PlanInput { pipeline, tables, .. } = planned.plan_input();
            bencher.iter(|| black_box(fold(pipeline, tables, planned.keys(), &[])));
        });
        group.bench_function(BenchmarkId::new("diff", size), |bencher| {
            let PlanInput { pipeline, tables, matching, lookups, .. } = planned.plan_input();
            bencher
                .iter(|| black_box(resolve(pipeline, tables, matching, &planned.work.junk, lookups, None)));
        });
        group.bench_function(BenchmarkId::new("plan", size), |bencher| {
            let input = planned.plan_input();
            bencher.iter(|| black_box(plan(&input, planned.keys(), None)));
        });
        group.bench_function(BenchmarkId::new("warehouse", size), |bencher| {
            let path = planned.estate.folder.path().join("bench.duckdb");
            let fresh = || {
                let _ = std::fs::remove_file(&path);
                Warehouse::open_for_run(&path).expect("the temporary folder can be written")
            };
            bencher.iter_batched_ref(
                fresh,
                |warehouse| black_box(planned.write(warehouse)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
