//! The closest approach of two tracks.
//!
//! Over a short step both tracks are straight lines in space, so their separation is linear in time and its square a
//! parabola: the moment of the minimum has a closed form. Steps are at most 1 km of way long; over that the Earth curves
//! away from the straight line by 2 cm, so the distance reported is within 0.1 m of the least (ways of more than
//! 2,000 km between two records get 2,000 steps, and less exactness). It is never too small: what is reported is the exact
//! distance at the moment reported.

use super::track::{DistanceFn, Piece, Spot, Track, TrackPoint};

/// Over this much way a track is taken as a straight line, metres.
const STEP_M: f64 = 1_000.0;

/// No piece is cut into more steps than this, however fast its records say the device moved.
const MAX_STEPS: i32 = 2_000;

/// How much shorter the straight line may be taken than a distance that allows for 1 % of error.
const SLACK: f64 = 0.98;

/// The least distance between two tracks within `[from_us, to_us]` and when it was, metres and UTC microseconds; of
/// several such moments the first.
///
/// Tracks are interpolated between consecutive records at most `max_interpolation_us` apart (see [`Track::new`]); a
/// place is one point over all time. `None` where at no moment both tracks exist.
#[must_use]
pub fn closest_approach(
    a: &[TrackPoint],
    b: &[TrackPoint],
    from_us: i64,
    to_us: i64,
    max_interpolation_us: i64,
    distance: &DistanceFn<'_>,
) -> Option<(f64, i64)> {
    let (a, b) = (Track::new(a, max_interpolation_us), Track::new(b, max_interpolation_us));
    a.closest_to(&b, from_us, to_us, distance)
}

impl Track {
    /// As [`closest_approach`], for tracks that are used more than once.
    #[must_use]
    pub fn closest_to(&self, other: &Self, from_us: i64, to_us: i64, distance: &DistanceFn<'_>) -> Option<(f64, i64)> {
        let mut search = Search { distance, best: None };
        for a in self.during(from_us, to_us) {
            let (from_us, to_us) = (from_us.max(a.t0_us), to_us.min(a.t1_us));
            for b in other.during(from_us, to_us) {
                search.pair(a, b, from_us.max(b.t0_us), to_us.min(b.t1_us));
            }
        }
        search.best
    }
}

struct Search<'a> {
    distance: &'a DistanceFn<'a>,
    best: Option<(f64, i64)>,
}

impl Search<'_> {
    /// Looks at two pieces that both exist from `from_us` to `to_us`.
    fn pair(&mut self, a: &Piece, b: &Piece, from_us: i64, to_us: i64) {
        let way_m = a.length_m(from_us, to_us) + b.length_m(from_us, to_us);
        let (steps, step_way_m) = steps(way_m);
        let mut start_us = from_us;
        let mut start = separation(&a.at(from_us), &b.at(from_us));
        for step in 1..=steps {
            let end_us = part(from_us, to_us, i128::from(step), i128::from(steps));
            let end = separation(&a.at(end_us), &b.at(end_us));
            // Within a step the two come nearer by no more than the way they go.
            if !self.beaten(length(start) - step_way_m) {
                self.moment(a, b, nearest(start, end, start_us, end_us));
            }
            (start_us, start) = (end_us, end);
        }
    }

    fn moment(&mut self, a: &Piece, b: &Piece, t_us: i64) {
        let (p, q) = (a.at(t_us), b.at(t_us));
        if self.beaten(length(separation(&p, &q))) {
            return;
        }
        let m = (self.distance)(p.lat_deg, p.lon_deg, q.lat_deg, q.lon_deg);
        let better = self.best.is_none_or(|(best_m, best_us)| m < best_m || (m == best_m && t_us < best_us));
        if better && !m.is_nan() {
            self.best = Some((m, t_us));
        }
    }

    /// A straight line this long cannot belong to the nearest moment.
    fn beaten(&self, straight_m: f64) -> bool {
        self.best.is_some_and(|(best_m, _)| straight_m * SLACK > best_m + 1e-3)
    }
}

/// How many steps a way is cut into, and how much way each may cover, with a margin.
fn steps(way_m: f64) -> (i32, f64) {
    let wanted = (way_m / STEP_M).ceil().clamp(1.0, f64::from(MAX_STEPS));
    #[expect(clippy::cast_possible_truncation, reason = "between 1 and MAX_STEPS; not-a-number becomes 0")]
    let steps = (wanted as i32).max(1);
    (steps, 1.01 * way_m / f64::from(steps))
}

/// The time `k / n` of the way from one time to another.
fn part(from_us: i64, to_us: i64, k: i128, n: i128) -> i64 {
    let us = i128::from(from_us) + (i128::from(to_us) - i128::from(from_us)) * k / n;
    // Between two i64 values: it always fits.
    i64::try_from(us).unwrap_or(to_us)
}

fn separation(p: &Spot, q: &Spot) -> [f64; 3] {
    let (p, q) = (p.ecef_m(), q.ecef_m());
    [p[0] - q[0], p[1] - q[1], p[2] - q[2]]
}

fn length(v: [f64; 3]) -> f64 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

/// When a separation that changes linearly is shortest: the foot of the perpendicular from the origin, kept in between.
fn nearest(start: [f64; 3], end: [f64; 3], start_us: i64, end_us: i64) -> i64 {
    let change = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
    let square = change[0] * change[0] + change[1] * change[1] + change[2] * change[2];
    let along = -(start[0] * change[0] + start[1] * change[1] + start[2] * change[2]);
    if square.is_nan() || square <= 0.0 {
        return start_us;
    }
    let share = (along / square).clamp(0.0, 1.0);
    #[expect(clippy::cast_precision_loss, reason = "a step between two records is far below 285 years")]
    let after = share * end_us.saturating_sub(start_us) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and the length of the step")]
    let after_us = after.round() as i64;
    start_us.saturating_add(after_us).min(end_us)
}

#[cfg(test)]
#[path = "approach_tests.rs"]
mod tests;
