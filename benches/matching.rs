//! How long the fold of an estate takes, by devices per system.

#[expect(dead_code, reason = "the generator writes more than the tables take")]
mod estate;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matchbook::matching::fold;
use matchbook::normalize::{Junk, normalize};

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("matching");
    group.sample_size(10);
    for size in estate::sizes() {
        let (pipeline, tables) = estate::estate(size);
        let (keys, _) = normalize(&tables, &pipeline, &Junk::new(&pipeline.junk));
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| black_box(fold(&pipeline, &tables, &keys, &[])));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
