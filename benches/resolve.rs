//! How long the desired values and differences of an estate take, by devices per system.

#[expect(dead_code, reason = "the generator writes more than the tables take")]
mod estate;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matchbook::extract::Lookups;
use matchbook::matching::fold;
use matchbook::normalize::{Junk, normalize};
use matchbook::ownership::resolve;

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolve");
    group.sample_size(10);
    for size in estate::sizes() {
        let (pipeline, tables) = estate::estate(size);
        let junk = Junk::new(&pipeline.junk);
        let (keys, _) = normalize(&tables, &pipeline, &junk);
        let matching = fold(&pipeline, &tables, &keys, &[]);
        let lookups = Lookups::default();
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| black_box(resolve(&pipeline, &tables, &matching, &junk, &lookups, None)));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
