//! Times at the ends of their types: arithmetic that wraps, strict comparisons that have no neighbour.

use super::engine::{open, plain_options, rows, same_as_plain};
use super::world::Row;

const EDGES: [i64; 13] = [
    i64::MIN,
    i64::MIN + 1,
    i64::MIN + 7,
    i64::MIN / 2,
    -1_700_000_000_000_000,
    -1,
    0,
    1,
    1_700_000_000_000_000,
    i64::MAX / 2,
    i64::MAX - 7,
    i64::MAX - 1,
    i64::MAX,
];

fn moments() -> Vec<Row> {
    (0i64..).zip(EDGES).map(|(id, t)| Row::at(id, 51.5, -0.1, t)).collect()
}

/// All pairs of ends as intervals, inverted ones included.
fn intervals() -> Vec<Row> {
    let pairs = EDGES.into_iter().flat_map(|a| EDGES.into_iter().map(move |b| (a, b)));
    (0i64..).zip(pairs).map(|(id, (a, b))| Row { t1_us: Some(b), ..Row::at(id, 51.5, -0.1, a) }).collect()
}

const NEAR: &str = "distance_m(l.lat, l.lon, r.lat, r.lon) <= 10";

fn agrees(left: &[Row], right: &[Row], conditions: &[&str]) {
    for (l, r) in [(left, right), (right, left)] {
        let context = open(&plain_options(), l, r);
        for condition in conditions {
            let found = same_as_plain(&context, &format!("SELECT l.id, r.id FROM l JOIN r ON {NEAR} AND {condition}"));
            assert!(!found.is_empty(), "{condition} finds nothing");
        }
    }
}

#[test]
fn comparisons_at_the_ends_of_time() {
    let overlaps = [
        "l.t0 <= r.t1 AND l.t1 >= r.t0",
        "l.t0 < r.t1 AND l.t1 > r.t0",
        "l.t0 < r.t1 AND l.t1 >= r.t0",
        "l.t0 <= r.t1 AND l.t1 > r.t0",
        "l.t0 < r.t1",
        "l.t1 > r.t0",
        "l.t0 <= r.t1 + 10 AND l.t1 >= r.t0 - 10",
    ];
    agrees(&moments(), &intervals(), &overlaps);
    agrees(&intervals(), &intervals(), &overlaps[..3]);
}

/// `abs(a - b)` near the end of the type: `b + w` must not wrap into a false no, nor `a - b` be taken for more than it is.
#[test]
fn differences_that_wrap_are_those_of_the_plain_plan() {
    // abs(i64::MIN) is an error in the plain plan: without these no difference is i64::MIN.
    let left: Vec<Row> = moments().into_iter().filter(|r| ![0, 3, 5, 7].contains(&r.id)).collect();
    let right: Vec<Row> = left.iter().cloned().cycle().take(2 * left.len()).collect();
    let conditions =
        ["abs(l.t0 - r.t0) <= 10", "l.t0 - r.t0 BETWEEN -10 AND 10", "l.t0 - r.t0 <= 10", "l.t0 - r.t0 >= 10"];
    agrees(&left, &right, &conditions);
    let i32s = [i32::MIN + 1, i32::MIN + 9, -5, 0, 5, 1_700_000_000, i32::MAX - 9, i32::MAX];
    let narrow: Vec<Row> = (0i64..).zip(i32s).map(|(id, t)| Row::at(id, 51.5, -0.1, i64::from(t))).collect();
    let context = open(&plain_options(), &narrow, &narrow);
    let difference = "arrow_cast(l.t0, 'Int32') - arrow_cast(r.t0, 'Int32')";
    for bound in ["<= 10", "BETWEEN -10 AND 10", ">= 10"] {
        let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {NEAR} AND {difference} {bound}");
        assert!(!same_as_plain(&context, &sql).is_empty(), "{bound}");
    }
}

/// A bound that wraps is the plain plan's bound, and finds what the plain plan finds.
#[test]
fn sums_that_wrap_are_those_of_the_plain_plan() {
    let context = open(&plain_options(), &moments(), &intervals());
    for condition in ["l.t0 <= r.t1 + 100 AND l.t1 >= r.t0 - 100", "l.t0 + 100 >= r.t0", "l.t0 - 100 < r.t0 + 100"] {
        same_as_plain(&context, &format!("SELECT l.id, r.id FROM l JOIN r ON {NEAR} AND {condition}"));
    }
}

/// Targets that last for ever beside moments, among enough rows for many buckets.
#[test]
fn always_is_a_time() {
    let place = |id| Row { t0_us: Some(i64::MIN), t1_us: Some(i64::MAX), ..Row::at(id, 51.5, -0.1, 0) };
    let fix = |id| Row::at(id, 51.5, -0.1, id * 600_000_000);
    let left: Vec<Row> = (0..2_000).map(|id| if id % 50 == 0 { place(id) } else { fix(id) }).collect();
    let right: Vec<Row> = (0..40).map(|id| if id % 8 == 0 { place(id) } else { fix(id * 31) }).collect();
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {NEAR} AND l.t0 <= r.t1 AND l.t1 >= r.t0");
    let reversed = sql.replace("l JOIN r", "r JOIN l");
    let context = open(&plain_options(), &left, &right);
    // 5 places meet all 2000, 40 places meet the 35 fixes, and each of the 35 fixes meets its twin unless that is a place.
    let found = same_as_plain(&context, &sql);
    assert!(found.len() > 5 * 2_000 + 40 * 35);
    assert_eq!(rows(&context, &reversed), found);
}

/// SQL compares an interval by months, then days, then the rest, and a difference of timestamps has no days: 40 days are
/// less than `INTERVAL '1 day'`, and more than `INTERVAL '24 hours'`. The join does not know better.
#[test]
fn differences_are_compared_with_days_as_the_plain_plan_compares_them() {
    let day = |id: i64| Row::at(id, 51.5, -0.1, id * 86_400_000_000);
    let context = open(&plain_options(), &[day(40), day(0)], &[day(0), day(1), day(2)]);
    for (bound, pairs) in [("INTERVAL '1 day'", 6), ("INTERVAL '24 hours'", 3)] {
        let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {NEAR} AND l.ts0 - r.ts0 <= {bound}");
        assert_eq!(same_as_plain(&context, &sql).len(), pairs, "{bound}");
    }
}
