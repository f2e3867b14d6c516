//! How often a way turns.
//!
//! ```text
//!   fixes with jitter ─(mean over 40 m)─> smooth ─(Douglas-Peucker, 25 m)─> corners ─> those of 45° and more
//! ```
//! Source: Douglas and Peucker, Cartographica 10 (1973) 112-122.

use super::super::chord::{Point, chord_m, dot, minus, unit};

/// How far along the way positions are averaged, either side, metres.
const SMOOTH_M: f64 = 40.0;
/// How far a way may leave the straight line between corners, metres.
const TOLERANCE_M: f64 = 25.0;
/// A smaller change of direction is a bend, degrees.
const TURN_DEG: f64 = 45.0;

/// The mean of the points within [`SMOOTH_M`] along the way; ways with longer legs stay as they are.
fn smooth(way: &[Point]) -> Vec<Point> {
    let mut along_m = Vec::with_capacity(way.len());
    let mut sum_m = 0.0;
    for (i, p) in way.iter().enumerate() {
        sum_m += i.checked_sub(1).and_then(|i| way.get(i)).map_or(0.0, |before| chord_m(*before, *p));
        along_m.push(sum_m);
    }
    let mean = |at_m: f64| {
        let first = along_m.partition_point(|m| *m < at_m - SMOOTH_M);
        let last = along_m.partition_point(|m| *m <= at_m + SMOOTH_M);
        let near = way.get(first..last).unwrap_or_default();
        let (mut sum, mut n) = ([0.0; 3], 0.0);
        for p in near {
            sum = [sum[0] + p[0], sum[1] + p[1], sum[2] + p[2]];
            n += 1.0;
        }
        sum.map(|x: f64| x / f64::max(n, 1.0))
    };
    along_m.iter().map(|m| mean(*m)).collect()
}

fn off_line_m(p: Point, a: Point, b: Point) -> f64 {
    let along = minus(b, a);
    let length2 = dot(along, along);
    let share = if length2 > 0.0 { (dot(minus(p, a), along) / length2).clamp(0.0, 1.0) } else { 0.0 };
    chord_m(p, [a[0] + share * along[0], a[1] + share * along[1], a[2] + share * along[2]])
}

/// The points that a line within [`TOLERANCE_M`] of all of them needs.
fn corners(way: &[Point]) -> Vec<Point> {
    let Some(end) = way.len().checked_sub(1) else { return Vec::new() };
    let mut kept = std::collections::BTreeSet::from([0, end]);
    let mut waiting = vec![(0, end)];
    while let Some((from, to)) = waiting.pop() {
        let (Some(a), Some(b)) = (way.get(from), way.get(to)) else { continue };
        let between = way.iter().enumerate().take(to).skip(from + 1);
        let furthest = between.map(|(i, p)| (i, off_line_m(*p, *a, *b))).max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((i, _)) = furthest.filter(|(_, off_m)| *off_m > TOLERANCE_M) {
            kept.insert(i);
            waiting.extend([(from, i), (i, to)]);
        }
    }
    kept.into_iter().filter_map(|i| way.get(i).copied()).collect()
}

/// The number of turns of 45 degrees or more along a way.
pub(super) fn turns(way: &[Point]) -> usize {
    let corners = corners(&smooth(way));
    let least = libm::cos(TURN_DEG.to_radians());
    let turn = |trio: &&[Point]| {
        let [a, b, c] = trio else { return false };
        let before_after = unit(minus(*b, *a)).zip(unit(minus(*c, *b)));
        before_after.is_some_and(|(before, after)| dot(before, after) <= least)
    };
    corners.windows(3).filter(turn).count()
}

#[cfg(test)]
mod tests {
    use super::super::super::chord::point;
    use super::*;

    /// A way along streets, north and east by turns, with a position every `step_m` and jitter of up to 10 m.
    fn way(blocks: &[(f64, f64)], step_m: f64) -> Vec<Point> {
        let (mut north, mut east, mut points) = (0.0, 0.0, Vec::new());
        for (dn, de) in blocks {
            let length = dn.abs() + de.abs();
            let mut along = 0.0;
            while along < length {
                let jitter = (f64::from(u32::try_from(points.len()).unwrap()) * 2.399).sin() * 10.0;
                let (n, e) = (north + dn * along / length + jitter, east + de * along / length - jitter);
                points.push(point(n / 111_320.0, e / 111_320.0));
                along += step_m;
            }
            (north, east) = (north + dn, east + de);
        }
        points
    }

    #[test]
    fn corners_are_counted_and_jitter_is_not() {
        for step_m in [13.0, 40.0, 100.0] {
            assert_eq!(turns(&way(&[(1_500.0, 0.0)], step_m)), 0, "{step_m}");
            assert_eq!(turns(&way(&[(600.0, 0.0), (0.0, 600.0)], step_m)), 1, "{step_m}");
            assert_eq!(turns(&way(&[(600.0, 0.0), (0.0, 400.0), (500.0, 0.0), (0.0, -700.0)], step_m)), 3, "{step_m}");
        }
        assert_eq!(turns(&[]), 0);
        assert_eq!(turns(&[[0.0; 3]]), 0);
    }

    #[test]
    fn a_bend_of_thirty_degrees_is_no_turn() {
        let bend: Vec<Point> = way(&[(600.0, 0.0), (520.0, 300.0)], 820.0);
        assert_eq!(turns(&bend), 0);
    }
}
