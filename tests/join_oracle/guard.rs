//! The wrong-answer guard: a coarse filter passes every happy-path test without its refinement, and loses pairs quietly
//! without its cover.
//!
//! Checked by breaking the join, one thing at a time:
//! - `if near || true` in the probe (no refinement): `cells_match_but_distances_do_not` fails;
//! - an item listed in `lattice.cell(lat, lon)` alone (no cover): `distances_match_across_a_cell_edge` fails;
//! - an item listed in the first bucket of its interval alone: `times_match_across_a_bucket_edge` fails;
//! - no "met before, in the first bucket that both touch": `times_match_across_a_bucket_edge` fails.
//!
//! Each of the four breaks fails the random worlds or the times at their ends as well.

use geographiclib_rs::{DirectGeodesic as _, Geodesic};
use locard::index::{distance_m, lattice::Lattice};

use super::engine::{open, pairs, plain_options, same_as_plain};
use super::world::Row;

const RADIUS_M: f64 = 100.0;
const SQL: &str = "SELECT l.id, r.id FROM l JOIN r ON distance_m(l.lat, l.lon, r.lat, r.lon) <= 100 \
                   AND l.t0 <= r.t1 + 60000000 AND l.t1 >= r.t0 - 60000000";

/// Anchors about London, and partners at a distance in every direction; the partner of anchor `i` is row `i`.
fn partners(distance: f64) -> (Vec<Row>, Vec<Row>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for id in 0..400i32 {
        let i = f64::from(id);
        // 5 km between anchors: only partners can be near.
        let (lat, lon) = (51.0 + 0.053 * (i / 20.0).floor(), -1.0 + 0.081 * (i % 20.0));
        let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat, lon, i * 17.0, distance);
        left.push(Row::at(i64::from(id), lat, lon, 0));
        right.push(Row::at(i64::from(id), lat2, lon2, 0));
    }
    (left, right)
}

/// Keeps the pairs of which `chosen` holds; their rows stay in step.
fn only(pairs: (Vec<Row>, Vec<Row>), chosen: impl Fn(&Row, &Row) -> bool) -> (Vec<Row>, Vec<Row>) {
    pairs.0.into_iter().zip(pairs.1).filter(|(l, r)| chosen(l, r)).unzip()
}

/// Whether two rows fall in one cell of the lattice that the join lays for this radius.
fn one_cell(l: &Row, r: &Row) -> bool {
    // Cells are twice the reach high and wide.
    let lattice = Lattice::new(2.0 * RADIUS_M);
    let cell = |row: &Row| lattice.cell(row.lat_deg.unwrap(), row.lon_deg.unwrap());
    cell(l) == cell(r)
}

#[test]
fn cells_match_but_distances_do_not() {
    let (left, right) = only(partners(RADIUS_M * 1.001), one_cell);
    assert!(left.len() > 50, "{} pairs share a cell", left.len());
    let context = open(&plain_options(), &left, &right);
    assert_eq!(pairs(&context, SQL), Vec::new());
    assert!(same_as_plain(&context, SQL).is_empty());
}

#[test]
fn distances_match_across_a_cell_edge() {
    let (left, right) = only(partners(RADIUS_M * 0.999), |l, r| !one_cell(l, r));
    assert!(left.len() > 50, "{} pairs straddle an edge", left.len());
    let context = open(&plain_options(), &left, &right);
    let expected: Vec<(i64, i64)> = left.iter().map(|l| (l.id, l.id)).collect();
    assert_eq!(pairs(&context, SQL), expected);
    assert_eq!(same_as_plain(&context, SQL).len(), expected.len());
}

/// The radius itself is within, the next distance beyond it is not, and `<` leaves it out: to the last bit.
#[test]
fn the_verdict_is_exact_at_the_radius() {
    let (left, right) = partners(73.0);
    for (l, r) in left.iter().zip(&right).take(20) {
        let d = distance_m(l.lat_deg.unwrap(), l.lon_deg.unwrap(), r.lat_deg.unwrap(), r.lon_deg.unwrap());
        let context = open(&plain_options(), std::slice::from_ref(l), std::slice::from_ref(r));
        let count = |op: &str, radius: f64| {
            let call = "distance_m(l.lat, l.lon, r.lat, r.lon)";
            same_as_plain(&context, &format!("SELECT l.id, r.id FROM l JOIN r ON {call} {op} {radius:?}")).len()
        };
        assert_eq!((count("<=", d), count("<=", d.next_down()), count("<", d), count("<", d.next_up())), (1, 0, 0, 1));
    }
}

/// Long intervals beside short ones: pairs that share any bucket are found once, not once a bucket.
#[test]
fn times_match_across_a_bucket_edge() {
    const MINUTE_US: i64 = 60_000_000;
    let moment = |id: i64| Row::at(id, 51.5, -0.1, id * MINUTE_US);
    let left: Vec<Row> = (0..3_000).map(moment).collect();
    let stay = |id: i64, minutes: i64| Row { t1_us: Some((id + minutes) * MINUTE_US), ..moment(id) };
    let right: Vec<Row> = (0..3_000).step_by(7).map(|id| stay(id, (id % 13) * (id % 11))).collect();
    let sql = SQL.replace("60000000", "30000000");
    let stays: Vec<Row> = (0..4_000).map(|id| stay(id, (id % 13) * (id % 11))).collect();
    for (l, r) in [(&left, &right), (&right, &left), (&stays, &stays)] {
        let context = open(&plain_options(), l, r);
        let expected = super::world::brute_force(l, r, |l, r| {
            l.t0_us.unwrap() <= r.t1_us.unwrap() + 30_000_000 && r.t0_us.unwrap() <= l.t1_us.unwrap() + 30_000_000
        });
        assert!(expected.len() > 10_000);
        assert_eq!(pairs(&context, &sql), expected);
    }
}
