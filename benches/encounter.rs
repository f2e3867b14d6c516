//! How fast contacts are folded, and what one probability costs.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use locard::encounter::{Contact, FixPoint, Origin, Tables, TargetPoint, fold};
use locard::index::p_within;
use locard::model::{Grade, ProximityParams, SourceKind, TargetKind};
use std::hint::black_box;

const CONTACTS: u32 = 100_000;
const DEVICES: u32 = 20;

fn fix(k: u32) -> FixPoint {
    // A fixed scatter over a month: arrival order has nothing to do with time.
    let t0_us = i64::from(k.wrapping_mul(2_654_435_761) % 2_592_000) * 1_000_000;
    let origin = Origin { exhibit: 0, row: u64::from(k) };
    FixPoint { device: k % DEVICES, t0_us, t1_us: t0_us, lat_deg: 52.5, lon_deg: -1.1, source: SourceKind::Gps, origin }
}

fn target(f: &FixPoint, k: u32) -> TargetPoint {
    TargetPoint {
        kind: TargetKind::VictimFix,
        owner: k % 3,
        t0_us: f.t0_us,
        t1_us: f.t0_us + 30_000_000,
        lat_deg: 52.5,
        lon_deg: -1.1,
        source: Some(SourceKind::Fused),
        origin: Some(Origin { exhibit: 0, row: u64::from(k) }),
    }
}

fn bench_fold(c: &mut Criterion) {
    let names = |word: &str, n: u32| (0..n).map(|k| format!("{word}{k}")).collect::<Vec<_>>();
    let (devices, owners, exhibits) = (names("device", DEVICES), names("victim", 3), names("exhibit", 1));
    let fixes: Vec<_> = (0..CONTACTS).map(fix).collect();
    let targets: Vec<_> = fixes.iter().zip(0..).map(|(f, k)| target(f, k)).collect();
    let tables = Tables { devices: &devices, owners: &owners, exhibits: &exhibits, fixes: &fixes, targets: &targets };
    let contact = |k: u32| {
        let distance_m = f64::from(k % 140);
        Contact { fix: k, target: k, distance_m, grade: Grade::of(distance_m, 20.0, 100.0), p_within: 0.5 }
    };
    let contacts: Vec<_> = (0..CONTACTS).map(contact).collect();
    let params = ProximityParams { exit_radius_m: 150.0, ..ProximityParams::default() };
    let mut group = c.benchmark_group("encounter");
    group.throughput(Throughput::Elements(u64::from(CONTACTS))).sample_size(20);
    group.bench_function("fold", |b| b.iter(|| fold(black_box(&contacts), &tables, &params)));
    group.finish();
}

fn bench_probability(c: &mut Criterion) {
    let mut group = c.benchmark_group("p_within");
    for (name, distance_m, sigma_m) in
        [("wide_error", 80.0, 60.0), ("near_rim", 95.0, 5.0), ("far_inside", 5.0, 5.0), ("exact", 80.0, 0.0)]
    {
        group.bench_function(name, |b| {
            b.iter_batched(|| distance_m, |d| p_within(black_box(d), sigma_m, 100.0), BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group!(benches, bench_fold, bench_probability);
criterion_main!(benches);
