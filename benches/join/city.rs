//! A made-up city: a day of fixes of suspects and victims, some of whom meet.
//!
//! ```text
//!  home ──road── work ──road── third place ──road── home      six hours each: two on the road, four there
//!    └ a victim's day; two suspects in five spend some hours of hers with her, a little beside
//! ```
//! One victim a case; suspects are dealt to the cases in turn. The invariant: the same numbers of fixes give the same
//! world on every machine.

use std::f64::consts::TAU;
use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Fixes of one device in its day.
const FIXES_A_DEVICE: u32 = 1_440;
/// Seconds of a day.
const DAY_S: f64 = 86_400.0;
/// 2026-09-21T00:00:00Z.
const MIDNIGHT_US: i64 = 1_789_948_800_000_000;
/// The city: a square about a point, degrees.
const CENTRE: (f64, f64) = (51.5, -0.12);
const HALF_HEIGHT_DEG: f64 = 0.2;
/// Degrees of longitude as long as one of latitude, there.
const LON_PER_LAT: f64 = 1.606;
/// A metre in degrees of latitude.
const METRE_DEG: f64 = 9e-6;
/// How far a fix lies from the truth, and a companion from her victim, metres.
const ERROR_M: f64 = 15.0;
const ASIDE_M: f64 = 40.0;

/// A position in degrees of latitude about the centre, northwards and eastwards.
type Point = (f64, f64);

/// A fix.
#[derive(Debug, Clone, Copy)]
struct Fix {
    case: u32,
    ts: i64,
    lat: f64,
    lon: f64,
}

/// A device's day: four places, each left for the next at a quarter of the day.
#[derive(Debug, Clone, Copy)]
struct Day([Point; 4]);

impl Day {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut place = || {
            let mut side = || rng.random_range(-HALF_HEIGHT_DEG..HALF_HEIGHT_DEG);
            // Between two draws: more people in the middle than at the edge.
            (f64::midpoint(side(), side()), f64::midpoint(side(), side()))
        };
        let home = place();
        Self([home, place(), place(), home])
    }

    /// Where the device is at a second of the day.
    fn at(&self, second: f64) -> Point {
        let quarter = (second / DAY_S * 4.0).clamp(0.0, 3.999_999);
        let (from, to) = match quarter {
            q if q < 1.0 => (self.0[0], self.0[1]),
            q if q < 2.0 => (self.0[1], self.0[2]),
            q if q < 3.0 => (self.0[2], self.0[3]),
            _ => (self.0[3], self.0[3]),
        };
        let way = (quarter.fract() * 3.0).min(1.0);
        (from.0 + (to.0 - from.0) * way, from.1 + (to.1 - from.1) * way)
    }
}

/// A step of up to `metres` in any direction.
fn step(rng: &mut ChaCha8Rng, metres: f64) -> Point {
    let (angle, length) = (rng.random_range(0.0..TAU), rng.random_range(0.0..metres) * METRE_DEG);
    (length * angle.sin(), length * angle.cos())
}

/// The fixes of a device, `n` of them, a minute apart more or less.
fn observe(rng: &mut ChaCha8Rng, case: u32, n: u32, truth: impl Fn(f64) -> Point, fixes: &mut Vec<Fix>) {
    let every_s = DAY_S / f64::from(FIXES_A_DEVICE);
    for k in 0..n {
        let second = (f64::from(k) + rng.random_range(0.0..1.0)) * every_s;
        let ((north, east), error) = (truth(second), step(rng, ERROR_M));
        #[expect(clippy::cast_possible_truncation, reason = "microseconds of a day")]
        let ts = MIDNIGHT_US + (second * 1e6) as i64;
        let (lat, lon) = (CENTRE.0 + north + error.0, CENTRE.1 + (east + error.1) * LON_PER_LAT);
        fixes.push(Fix { case, ts, lat, lon });
    }
}

/// How many fixes each device has: full days, and what is left.
fn devices(fixes: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..fixes.div_ceil(FIXES_A_DEVICE)).map(move |i| (i, FIXES_A_DEVICE.min(fixes - i * FIXES_A_DEVICE)))
}

/// The columns `case_id`, `ts`, `lat`, `lon`.
pub fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("case_id", DataType::Utf8View, false),
        Field::new("ts", time, false),
        Field::new("lat", DataType::Float64, false),
        Field::new("lon", DataType::Float64, false),
    ]))
}

/// The suspects' fixes and the victims', in the order of time, in batches of `rows`.
///
/// # Errors
/// If the columns do not fit the schema.
pub fn world(suspects: u32, victims: u32, rows: usize) -> Result<[Vec<RecordBatch>; 2], ArrowError> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut of_victims = Vec::new();
    let mut days = Vec::new();
    for (case, n) in devices(victims) {
        let day = Day::new(&mut rng);
        observe(&mut rng, case, n, |second| day.at(second), &mut of_victims);
        days.push((case, day));
    }
    let mut of_suspects = Vec::new();
    for ((_, n), (case, hers)) in devices(suspects).zip(days.iter().cycle()) {
        let (own, aside) = (Day::new(&mut rng), step(&mut rng, ASIDE_M));
        let from_s = rng.random_range(0.0..DAY_S);
        let till_s = if rng.random_bool(0.4) { from_s + rng.random_range(600.0..7_200.0) } else { from_s };
        let truth = |second: f64| {
            let with_her = (from_s..till_s).contains(&second);
            let (north, east) = if with_her { hers.at(second) } else { own.at(second) };
            (north + aside.0, east + aside.1)
        };
        observe(&mut rng, *case, n, truth, &mut of_suspects);
    }
    Ok([batches(of_suspects, rows)?, batches(of_victims, rows)?])
}

fn batches(mut fixes: Vec<Fix>, rows: usize) -> Result<Vec<RecordBatch>, ArrowError> {
    fixes.sort_by_key(|fix| fix.ts);
    let batch = |fixes: &[Fix]| {
        let times = TimestampMicrosecondArray::from_iter_values(fixes.iter().map(|f| f.ts)).with_timezone("UTC");
        RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(fixes.iter().map(|f| Some(format!("C{:05}", f.case))).collect::<StringViewArray>()),
                Arc::new(times),
                Arc::new(fixes.iter().map(|f| f.lat).collect::<Float64Array>()),
                Arc::new(fixes.iter().map(|f| f.lon).collect::<Float64Array>()),
            ],
        )
    };
    fixes.chunks(rows).map(batch).collect()
}
