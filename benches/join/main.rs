//! How fast the join is, from tables in memory: fixes a second, by case and without a case.
//!
//! The SQL is what an analyst types; the session is Locard's own. There is one victim's fix to ten suspects'. 10^5 and
//! 10^6 suspects' fixes are measured, 10^7 too if `LOCARD_BENCH_LARGE=1`. At a size that the plain plan can bear, that of
//! `DataFusion` without Locard's rule is measured beside it, and must find the same number of pairs.

mod city;
mod dense;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::{Result, internal_err};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use locard::join::{SessionOptions, session};
use tokio::runtime::Runtime;

/// Rows in a batch of the tables: that of a session.
const BATCH_ROWS: usize = 8_192;
/// Suspects' fixes of which the plain plan compares every pair of a case.
const PLAIN: u32 = 20_000;
/// Suspects' fixes when the bench is run once, as a test.
const TESTED: u32 = 10_000;

const BY_CASE: &str = "SELECT count(*) FROM s JOIN v ON s.case_id = v.case_id \
    AND haversine_m(s.lat, s.lon, v.lat, v.lon) <= 100 \
    AND s.ts BETWEEN v.ts - INTERVAL '120 seconds' AND v.ts + INTERVAL '120 seconds'";
const ANY_CASE: &str = "SELECT count(*) FROM s JOIN v ON haversine_m(s.lat, s.lon, v.lat, v.lon) <= 100 \
    AND s.ts BETWEEN v.ts - INTERVAL '120 seconds' AND v.ts + INTERVAL '120 seconds'";
const GEODESIC: &str = "SELECT count(*) FROM s JOIN v ON s.case_id = v.case_id \
    AND distance_m(s.lat, s.lon, v.lat, v.lon) <= 100 \
    AND s.ts BETWEEN v.ts - INTERVAL '120 seconds' AND v.ts + INTERVAL '120 seconds'";

fn is_test() -> bool {
    std::env::args().any(|arg| arg == "--test")
}

/// The sizes to measure, in suspects' fixes.
fn sizes() -> &'static [u32] {
    match std::env::var_os("LOCARD_BENCH_LARGE") {
        _ if is_test() => &[TESTED],
        Some(large) if large == "1" => &[100_000, 1_000_000, 10_000_000],
        _ => &[100_000, 1_000_000],
    }
}

/// A session over a city, with or without Locard's rule.
fn city(suspects: u32, proximity_join: bool) -> Result<SessionContext> {
    let context = session(&SessionOptions { proximity_join, ..SessionOptions::default() })?;
    let partitions = context.copied_config().target_partitions();
    for (name, batches) in ["s", "v"].into_iter().zip(city::world(suspects, suspects / 10, BATCH_ROWS)?) {
        let share = batches.len().div_ceil(partitions).max(1);
        let parts = batches.chunks(share).map(<[_]>::to_vec).collect();
        context.register_table(name, Arc::new(MemTable::try_new(city::schema(), parts)?))?;
    }
    Ok(context)
}

/// Plans and runs a query that counts.
async fn count(context: &SessionContext, sql: &str) -> Result<i64> {
    let batches = context.sql(sql).await?.collect().await?;
    let Some(batch) = batches.iter().find(|b| b.num_rows() > 0) else { return internal_err!("a count gave no row") };
    Ok(batch.column(0).as_primitive::<Int64Type>().value(0))
}

#[expect(clippy::expect_used, reason = "a bench whose world cannot be made or asked has nothing to measure")]
fn measure(
    c: &mut Criterion,
    name: &str,
    suspects: u32,
    context: &SessionContext,
    sql: &str,
    runtime: &Runtime,
) -> i64 {
    let pairs = runtime.block_on(count(context, sql)).expect("the query runs");
    assert!(pairs > 0, "{name}: in this city nobody meets");
    let mut group = c.benchmark_group(format!("join/{name}"));
    group.throughput(Throughput::Elements(u64::from(suspects))).sample_size(10);
    group.bench_function(BenchmarkId::from_parameter(suspects), |b| {
        b.iter(|| {
            let found = runtime.block_on(count(context, black_box(sql))).expect("the query runs");
            assert_eq!(found, pairs, "{name}: another answer");
        });
    });
    group.finish();
    pairs
}

#[expect(clippy::expect_used, reason = "as for measure")]
fn join(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    for &suspects in sizes() {
        let context = city(suspects, true).expect("a city is made");
        for (name, sql) in [("by_case", BY_CASE), ("any_case", ANY_CASE), ("by_case_geodesic", GEODESIC)] {
            measure(c, name, suspects, &context, sql, &runtime);
        }
    }
}

#[expect(clippy::expect_used, reason = "as for measure")]
fn plain(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let suspects = if is_test() { TESTED } else { PLAIN };
    let pairs = [("plain_plan", false), ("plain_plan_with_the_rule", true)].map(|(name, rule)| {
        let context = city(suspects, rule).expect("a city is made");
        measure(c, name, suspects, &context, BY_CASE, &runtime)
    });
    assert_eq!(pairs[0], pairs[1], "the rule changed the answer");
}

criterion_group!(benches, join, plain, dense::dense);
criterion_main!(benches);
