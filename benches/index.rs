//! What the steps of the filter cost, from the cheapest to the dearest, and H3 beside them.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use h3o::{LatLng, Resolution};
use locard::index::compare::Threshold;
use locard::index::cover::{cover, resolution_for};
use locard::index::disc::reach;
use locard::index::lattice::Lattice;
use locard::index::{Comparator, Metric};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const POINTS: usize = 1_024;
const RADIUS_M: f64 = 100.0;

/// A position, degrees, and another within a few hundred metres of it.
type Pair = ((f64, f64), (f64, f64));

/// Pairs all over the world, and up to where most people live in the north.
fn pairs() -> Vec<Pair> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let pair = |_| {
        let (lat, lon) = (rng.random_range(-60.0..70.0), rng.random_range(-179.0..179.0));
        ((lat, lon), (lat + rng.random_range(-0.002..0.002), lon + rng.random_range(-0.004..0.004)))
    };
    (0..POINTS).map(pair).collect()
}

/// Measures a function of a pair; the time is per pair.
fn per_pair<T>(c: &mut Criterion, group: &str, name: &str, pairs: &[Pair], f: impl Fn(&Pair) -> T) {
    let mut group = c.benchmark_group(group);
    group.throughput(Throughput::Elements(pairs.len() as u64));
    group.bench_function(BenchmarkId::from_parameter(name), |b| {
        b.iter(|| {
            for pair in pairs {
                black_box(f(black_box(pair)));
            }
        });
    });
    group.finish();
}

fn lattice(c: &mut Criterion) {
    let (pairs, lattice) = (pairs(), Lattice::new(2.0 * RADIUS_M));
    per_pair(c, "lattice", "cell", &pairs, |((lat, lon), _)| lattice.cell(*lat, *lon));
    per_pair(c, "lattice", "h3 cell", &pairs, |((lat, lon), _)| {
        LatLng::new(*lat, *lon).map(|p| p.to_cell(Resolution::Nine))
    });
    per_pair(c, "lattice", "cover of a disc", &pairs, |((lat, lon), _)| {
        let mut cells = 0_u32;
        lattice.cover(*lat, *lon, reach(*lat, RADIUS_M), |cell| cells ^= black_box(cell).column);
        cells
    });
}

fn h3_cover(c: &mut Criterion) {
    let pairs = pairs();
    for radius_m in [RADIUS_M, 10_000.0] {
        let (resolution, name) = (resolution_for(radius_m), format!("{radius_m} m"));
        per_pair(c, "cover", &name, &pairs, |((lat, lon), _)| cover(*lat, *lon, radius_m, resolution));
    }
}

fn distance(c: &mut Criterion) {
    let (pairs, threshold) = (pairs(), Threshold::new(RADIUS_M));
    for metric in [Metric::Haversine, Metric::Geodesic] {
        per_pair(c, "distance", metric.function_name(), &pairs, |((a, b), (p, q))| metric.distance_m(*a, *b, *p, *q));
        let comparator = Comparator::new(metric);
        let name = format!("verdict on {}", metric.function_name());
        // As the join does: an anchor is made once for all its pairs.
        let anchored: Vec<_> = pairs.iter().map(|((a, b), other)| (comparator.anchor(*a, *b), *other)).collect();
        let mut group = c.benchmark_group("distance");
        group.throughput(Throughput::Elements(anchored.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                for (anchor, (lat, lon)) in &anchored {
                    let cos_lat = lat.to_radians().cos();
                    black_box(comparator.judge(black_box(anchor), *lat, *lon, cos_lat, threshold));
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, lattice, h3_cover, distance);
criterion_main!(benches);
