//! Time of each probe, by criterion: `cargo bench -p mem-profile-runtime --bench probe`.
//! `--bench cost` prints the table of `docs/costs.md`.

mod work;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

const TURNS: u64 = 1000;

fn probes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("probe");
    group.throughput(Throughput::Elements(TURNS * work::EVENTS_PER_TURN));
    group.bench_function("event, nothing changed", |bench| bench.iter(|| work::events(TURNS)));
    group.throughput(Throughput::Elements(TURNS * 2));
    group.bench_function("event and half a pair", |bench| {
        bench.iter(|| work::changed_events(TURNS));
    });
    group.throughput(Throughput::Elements(TURNS));
    group.bench_function("pair, counted", |bench| {
        bench.iter(|| work::counted_pairs(TURNS));
    });
    group.bench_function("pair, system", |bench| {
        bench.iter(|| work::plain_pairs(TURNS));
    });
    group.finish();
}

criterion_group!(benches, probes);
criterion_main!(benches);
