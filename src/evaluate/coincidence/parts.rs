//! Records in parts: runs of moments at one spot, so that what holds for all of a run is judged once.
//!
//! ```text
//!   · ··· ·· ·      ·    ·   ·  · ·    ══════════
//!   └─one part─┘    each its own: moving   an interval, in pieces of a day
//! ```
//! Invariant: the moments of one part follow each other by at most `max_step_us`, lie within `reach_m` of the first, and
//! are alike in whether they are at a place in common. An interval of time is a part of its own.

use std::ops::Range;

use super::near::{InSpace, Spot};
use crate::evaluate::wall_clock::DAY_US;
use crate::index::Verdict;

/// A record on one axis of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    pub(super) spot: Spot,
    pub(super) uncertainty_m: f64,
    /// Whether it is at a place where both devices often are.
    pub(super) common: bool,
    /// Its position among the device's records.
    pub(super) record: u32,
}

impl Point {
    /// The order of points.
    pub(super) const fn order(&self) -> (i64, i64, u32) {
        (self.t0_us, self.t1_us, self.record)
    }
}

/// A run of points, kept small: every shift reads all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) start_us: i64,
    pub(super) end_us: i64,
    /// The first point's position.
    pub(super) at: InSpace,
    /// No point is further from the first, metres.
    pub(super) reach_m: f64,
    /// The least and the greatest uncertainty, metres.
    pub(super) uncertainty_m: (f64, f64),
    /// Position of its first point, and after its last.
    pub(super) points: (u32, u32),
    pub(super) common: bool,
    /// Whether it is an interval (or a piece of one) instead of moments.
    pub(super) lasts: bool,
}

/// A device's records on one axis of time, in parts sorted by their start.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) points: Vec<Point>,
    /// The points' starts, microseconds: what every shift searches.
    pub(super) starts_us: Vec<i64>,
    pub(super) runs: Vec<Part>,
    /// For each part the latest end of it and all before it, microseconds.
    pub(super) ended_us: Vec<i64>,
}

/// How parts are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// The longest step between two moments of one part, microseconds.
    pub(super) max_step_us: i64,
    /// The furthest from the first moment, metres.
    pub(super) reach_m: f64,
}

/// An interval is cut into at most so many pieces; what is longer keeps its rest in the last.
const MAX_PIECES: i64 = 400;

impl Parts {
    /// Puts points in parts.
    pub(super) fn of(points: Vec<Point>, cut: Cut) -> Self {
        let mut points = pieces(points);
        points.sort_unstable_by_key(Point::order);
        let mut parts: Vec<Part> = Vec::new();
        let mut first: Option<&Point> = None;
        for (at, point) in (0_u32..).zip(&points) {
            let last = parts.last_mut().zip(first);
            let taken = last.and_then(|(part, first)| Some((part.takes(first, point, cut)?, part)));
            if let Some((reach_m, part)) = taken {
                part.add(point, reach_m);
            } else {
                parts.push(Part::of(at, point));
                first = Some(point);
            }
        }
        let ended_us = parts
            .iter()
            .scan(i64::MIN, |latest, part| {
                *latest = part.end_us.max(*latest);
                Some(*latest)
            })
            .collect();
        let starts_us = points.iter().map(|point| point.t0_us).collect();
        Self { points, starts_us, runs: parts, ended_us }
    }

    /// The points of a part.
    pub(super) fn of_part(&self, part: &Part) -> &[Point] {
        self.points.get(part.range()).unwrap_or_default()
    }

    /// Positions of the points of a part that have a moment in common with `[low_us, high_us]`.
    ///
    /// Those of an interval's part are given in any case: the caller has seen that the part reaches there.
    pub(super) fn within(&self, part: &Part, low_us: i64, high_us: i64) -> Range<usize> {
        let range = part.range();
        if part.lasts || part.start_us >= low_us && part.end_us <= high_us {
            return range;
        }
        let starts_us = self.starts_us.get(range.clone()).unwrap_or_default();
        let from = starts_us.partition_point(|us| *us < low_us);
        let to = starts_us.partition_point(|us| *us <= high_us);
        range.start + from..range.start + to
    }
}

impl Part {
    fn range(&self) -> Range<usize> {
        let at = |position: u32| usize::try_from(position).unwrap_or(usize::MAX);
        at(self.points.0)..at(self.points.1)
    }

    fn of(at: u32, point: &Point) -> Self {
        Self {
            points: (at, at + 1),
            start_us: point.t0_us,
            end_us: point.t1_us,
            at: point.spot.in_space(),
            reach_m: 0.0,
            uncertainty_m: (point.uncertainty_m, point.uncertainty_m),
            common: point.common,
            lasts: point.t1_us > point.t0_us,
        }
    }

    /// How far the part must reach to take the point; `None` if it does not take it.
    fn takes(&self, first: &Point, point: &Point, cut: Cut) -> Option<f64> {
        let joins = !self.lasts
            && point.t0_us == point.t1_us
            && point.common == self.common
            && point.t0_us - self.end_us <= cut.max_step_us
            && point.t0_us - self.start_us <= DAY_US;
        // The least of three reaches that holds it: most runs need less than is allowed.
        let tried = [0.25, 0.5, 1.0].map(|share| share * cut.reach_m);
        tried.into_iter().find(|reach_m| joins && first.spot.judge(&point.spot, *reach_m) == Verdict::Within)
    }

    fn add(&mut self, point: &Point, reach_m: f64) {
        self.points.1 += 1;
        self.end_us = point.t0_us;
        self.reach_m = self.reach_m.max(reach_m);
        let (least, most) = self.uncertainty_m;
        self.uncertainty_m = (least.min(point.uncertainty_m), most.max(point.uncertainty_m));
    }
}

/// Cuts long intervals into pieces of a day, so that what overlaps in time is found in a bounded stretch of starts.
///
/// The pieces touch, so that they are in contact with what the whole is in contact with, and one after the other.
pub(super) fn pieces(points: Vec<Point>) -> Vec<Point> {
    if points.iter().all(|p| p.t1_us - p.t0_us <= DAY_US) {
        return points;
    }
    let mut cut = Vec::with_capacity(points.len());
    for point in points {
        let whole = ((point.t1_us - point.t0_us - 1).max(0) / DAY_US).min(MAX_PIECES - 1);
        for n in 0..=whole {
            let start_us = point.t0_us + n * DAY_US;
            let end_us = if n == whole { point.t1_us } else { start_us + DAY_US };
            cut.push(Point { t0_us: start_us, t1_us: end_us, ..point });
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(t0_us: i64, t1_us: i64, lat_deg: f64) -> Point {
        Point { t0_us, t1_us, spot: Spot::of(lat_deg, 0.0), uncertainty_m: 5.0, common: false, record: 0 }
    }

    const CUT: Cut = Cut { max_step_us: 100, reach_m: 25.0 };

    #[test]
    fn a_stay_is_one_part_and_steps_gaps_and_intervals_begin_others() {
        let stay = (0..5).map(|n| point(n * 100, n * 100, 51.0));
        // 0.001 degrees are 111 m; then a gap; then an interval.
        let rest = [point(500, 500, 51.001), point(601, 601, 51.001), point(650, 900, 51.001), point(700, 700, 51.001)];
        let parts = Parts::of(stay.chain(rest).collect(), CUT);
        let found: Vec<_> =
            parts.runs.iter().map(|p| (p.points.0, p.points.1, p.start_us, p.end_us, p.lasts)).collect();
        let want = [
            (0, 5, 0, 400, false),
            (5, 6, 500, 500, false),
            (6, 7, 601, 601, false),
            (7, 8, 650, 900, true),
            (8, 9, 700, 700, false),
        ];
        assert_eq!(found, want);
        assert_eq!(parts.ended_us, [400, 500, 601, 900, 900]);
    }

    #[test]
    fn a_long_interval_is_cut_into_days_that_touch() {
        let parts = Parts::of(vec![point(5, 5 + 2 * DAY_US + 7, 51.0)], CUT);
        let ends: Vec<_> = parts.runs.iter().map(|p| (p.start_us, p.end_us)).collect();
        assert_eq!(ends, [(5, 5 + DAY_US), (5 + DAY_US, 5 + 2 * DAY_US), (5 + 2 * DAY_US, 12 + 2 * DAY_US)]);
        let endless = Parts::of(vec![point(0, 100_000 * DAY_US, 51.0)], CUT);
        assert_eq!(endless.runs.len(), 400);
        assert_eq!(endless.runs.last().unwrap().end_us, 100_000 * DAY_US);
    }
}
