//! A pipeline with one case of which both devices tell where they are each second: what windows of minutes and of hours cost.
//!
//! Both go up and down ten kilometres at 10 m/s, on two roads that are a kilometre apart and meet at one end; the suspect is 400 s
//! behind. So in a window of hours nearly all that is together in time is far apart, and some of it is not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use locard::decode::message::{FixDecoder, case_event};
use locard::join::{SessionOptions, session};
use locard::model::ProximityParams;
use locard::source::{Block, Message, Topic};
use locard::stream::{Input, Pipeline};
use tokio::runtime::Runtime;

const NOW_US: i64 = 1_767_225_600_000_000;
const T0_US: i64 = 1_740_816_000_000_000;
const WINDOWS_S: [i64; 3] = [120, 1_800, 10_800];
/// Messages in a step.
const STEP: i64 = 1_000;

/// Seconds for which both devices tell where they are.
fn seconds() -> i64 {
    if std::env::args().any(|arg| arg == "--test") { 600 } else { 10_000 }
}

/// Where on the way a device is at a second, metres from the end at which the roads meet.
fn place_m(second: i64) -> i64 {
    let driven_m = (second * 10).rem_euclid(20_000);
    driven_m.min(20_000 - driven_m)
}

/// Latitude and longitude there, degrees.
#[expect(clippy::cast_precision_loss, reason = "a few thousand metres")]
fn position(place_m: i64, is_suspect: bool) -> (f64, f64) {
    let apart_deg = if is_suspect && place_m > 50 { 0.0143 } else { 0.0 };
    (51.0 + place_m as f64 / 111_200.0, -0.1 + apart_deg)
}

#[expect(clippy::expect_used, reason = "a bench whose world cannot be made has nothing to measure")]
fn events() -> Vec<(i64, locard::model::CaseEvent)> {
    let event = |role: &str| {
        let text = format!(
            "{{\"case_id\":\"C\",\"recorded_at\":\"2025-02-01T08:00:00Z\",\"author\":\"DC A\",\"event_id\":\"{role}\",\
             \"kind\":\"attribution_added\",\"attribution_id\":\"{role}\",\"device_id\":\"{role}\",\"subject_id\":\"{role}\",\
             \"role\":\"{role}\"}}"
        );
        case_event(text.as_bytes(), NOW_US).expect("an event is read")
    };
    vec![(0, event("victim")), (1, event("suspect"))]
}

/// Steps of a thousand messages each, as they would come.
#[expect(clippy::expect_used, reason = "as for events")]
fn steps() -> Vec<Input> {
    let mut steps = vec![Input { fixes: Vec::new(), events: events() }];
    for from in (0..seconds()).step_by(500) {
        let mut block = Block::new(Topic::Fixes, 0);
        let mut payload = String::new();
        for (number, second) in (0..STEP).zip((from..from + STEP / 2).flat_map(|second| [second; 2])) {
            let (device, behind_s) = if number % 2 == 0 { ("victim", 0) } else { ("suspect", 400) };
            let (lat_deg, lon_deg) = position(place_m(second - behind_s), behind_s > 0);
            payload.clear();
            write!(
                payload,
                "{{\"case_id\":\"C\",\"device_id\":\"{device}\",\"t0\":{},\"lat_deg\":{lat_deg:.7},\"lon_deg\":{lon_deg:.4},\
                 \"uncertainty_m\":8,\"source\":\"gps\"}}",
                T0_US + second * 1_000_000,
            )
            .expect("a text takes it");
            let (offset, key) = (from * 2 + number, Some(&b"C"[..]));
            block.push(&Message {
                offset,
                appended_us: None,
                key,
                content_type: None,
                payload: Some(payload.as_bytes()),
            });
        }
        let fixes = FixDecoder::new(None).decode(&block, NOW_US).expect("messages are read").batches;
        steps.push(Input { fixes, events: Vec::new() });
    }
    steps
}

/// Steps of one case, from the first.
#[expect(clippy::expect_used, reason = "as for events")]
pub fn dense(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let steps = steps();
    let mut group = c.benchmark_group("join/dense");
    group.throughput(Throughput::Elements(seconds().unsigned_abs() * 2)).sample_size(10);
    let mut found: BTreeMap<i64, usize> = BTreeMap::new();
    for window_s in WINDOWS_S {
        let params = ProximityParams { window_us: window_s * 1_000_000, ..ProximityParams::default() };
        let context =
            session(&SessionOptions { partitions: 1, ..SessionOptions::default() }).expect("a session is made");
        let start = || runtime.block_on(Pipeline::start(&context, params)).expect("a pipeline starts");
        group.bench_function(BenchmarkId::from_parameter(window_s), |b| {
            b.iter_batched(
                || (start(), steps.clone()),
                |(mut pipeline, steps)| {
                    let mut pairs = 0;
                    for step in steps {
                        let said = runtime.block_on(pipeline.step(step)).expect("a step is made").proximities;
                        pairs += said.iter().filter(|p| !p.withdrawn).count();
                    }
                    assert_eq!(*found.entry(window_s).or_insert(pairs), pairs, "another answer");
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}
