//! Where somebody truly was: straight legs between waypoints, at rest or at constant speed.

use super::noise::Noise;
use super::plane::Point;
use crate::time::US_PER_S;

/// A path without times.
pub(super) type Route = Vec<Point>;

/// How many corners a winding route has between its ends.
const CORNERS: u32 = 5;
/// How far a corner lies from the straight line at most, metres.
const CORNER_OFFSET_M: f64 = 150.0;

/// A route with corners, as streets have them.
pub(super) fn winding(from: Point, to: Point, noise: &mut Noise) -> Route {
    let length_m = from.distance_m(to).max(1.0);
    let across = Point::new((to.north_m - from.north_m) / length_m, (from.east_m - to.east_m) / length_m);
    let mut route = vec![from];
    for corner in 1..=CORNERS {
        let on_line = from.towards(to, f64::from(corner) / f64::from(CORNERS + 1));
        let off_m = noise.between(-CORNER_OFFSET_M, CORNER_OFFSET_M);
        route.push(on_line.plus(Point::new(across.east_m * off_m, across.north_m * off_m)));
    }
    route.push(to);
    route
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Waypoint {
    t_us: i64,
    at: Point,
}

/// Where somebody was at every moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Track(Vec<Waypoint>);

impl Track {
    /// The position at a moment; before the beginning and after the end, the first and the last position.
    pub(super) fn at(&self, t_us: i64) -> Point {
        match self.leg(t_us) {
            (Some(a), Some(b)) => a.at.towards(b.at, seconds(t_us - a.t_us) / seconds(b.t_us - a.t_us).max(1e-6)),
            (Some(only), None) | (None, Some(only)) => only.at,
            (None, None) => Point::new(0.0, 0.0),
        }
    }

    /// Whether it moves at that moment.
    pub(super) fn moves(&self, t_us: i64) -> bool {
        matches!(self.leg(t_us), (Some(a), Some(b)) if a.at != b.at)
    }

    /// The straight pieces of the path between two moments, in order; one of no length where it rests.
    pub(super) fn pieces(&self, from_us: i64, to_us: i64) -> impl Iterator<Item = (Point, Point)> + '_ {
        let first = self.0.partition_point(|w| w.t_us <= from_us);
        let corners = self.0.iter().skip(first).take_while(move |w| w.t_us < to_us).map(|w| w.at);
        let mut last = self.at(from_us);
        corners.chain(std::iter::once(self.at(to_us))).map(move |next| (std::mem::replace(&mut last, next), next))
    }

    /// Until when it stays where it is at that moment; the moment itself if it moves, the end of time after the last leg.
    pub(super) fn still_until(&self, t_us: i64) -> i64 {
        let next = self.0.partition_point(|w| w.t_us <= t_us);
        let at = self.at(t_us);
        let mut until_us = t_us;
        for waypoint in self.0.iter().skip(next) {
            if waypoint.at != at {
                return until_us;
            }
            until_us = waypoint.t_us;
        }
        i64::MAX
    }

    /// The last waypoint at or before the moment, and the next.
    fn leg(&self, t_us: i64) -> (Option<Waypoint>, Option<Waypoint>) {
        let next = self.0.partition_point(|w| w.t_us <= t_us);
        (next.checked_sub(1).and_then(|i| self.0.get(i)).copied(), self.0.get(next).copied())
    }
}

/// A day being planned: waypoints are added in order of time.
#[derive(Debug)]
pub(super) struct Journey {
    waypoints: Vec<Waypoint>,
    now: Waypoint,
    passed: Vec<(i64, Point)>,
}

impl Journey {
    pub(super) fn begin(t_us: i64, at: Point) -> Self {
        let now = Waypoint { t_us, at };
        Self { waypoints: vec![now], now, passed: Vec::new() }
    }

    /// When the plan so far ends.
    pub(super) fn now_us(&self) -> i64 {
        self.now.t_us
    }

    /// Stays where it is; a moment that has passed changes nothing.
    pub(super) fn stay_until(&mut self, t_us: i64) {
        self.reach(t_us.max(self.now.t_us), self.now.at);
    }

    /// Goes along a route at a constant speed, metres a second; first straight to its beginning.
    pub(super) fn walk(&mut self, route: &[Point], speed_mps: f64) {
        for &next in route {
            self.reach(self.now.t_us + whole_us(self.now.at.distance_m(next) / speed_mps), next);
        }
    }

    /// As [`Journey::walk`], in a car: a camera in the middle of the route sees it.
    pub(super) fn drive(&mut self, route: &[Point], speed_mps: f64) {
        let (first, second) = route.split_at((route.len() / 2 + 1).min(route.len()));
        self.walk(first, speed_mps);
        self.passed.push((self.now.t_us, self.now.at));
        self.walk(second, speed_mps);
    }

    /// The track, and when and where cameras saw the car.
    pub(super) fn end(self) -> (Track, Vec<(i64, Point)>) {
        (Track(self.waypoints), self.passed)
    }

    fn reach(&mut self, t_us: i64, at: Point) {
        self.now = Waypoint { t_us, at };
        self.waypoints.push(self.now);
    }
}

fn seconds(us: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a leg is at most days, in microseconds exact in an f64")]
    let us = us as f64;
    us / 1e6
}

/// Seconds to microseconds, rounded to the millisecond.
fn whole_us(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a leg is at most days; a cast of a float saturates")]
    let ms = (seconds * 1e3).round() as i64;
    ms.saturating_mul(US_PER_S / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_stays_and_goes_at_the_given_speed() {
        let mut j = Journey::begin(0, Point::new(0.0, 0.0));
        j.stay_until(10 * US_PER_S);
        j.drive(&[Point::new(0.0, 100.0), Point::new(100.0, 100.0)], 10.0);
        assert_eq!(j.now_us(), 30 * US_PER_S);
        let (track, passed) = j.end();
        assert_eq!(track.at(5 * US_PER_S), Point::new(0.0, 0.0));
        assert_eq!(track.at(15 * US_PER_S), Point::new(0.0, 50.0));
        assert_eq!(track.at(25 * US_PER_S), Point::new(50.0, 100.0));
        assert_eq!(track.at(99 * US_PER_S), Point::new(100.0, 100.0));
        assert!(!track.moves(5 * US_PER_S) && track.moves(15 * US_PER_S) && !track.moves(99 * US_PER_S));
        assert_eq!(passed, [(30 * US_PER_S, Point::new(100.0, 100.0))]);
    }

    #[test]
    fn pieces_and_rests_are_those_of_the_track() {
        let mut j = Journey::begin(0, Point::new(0.0, 0.0));
        j.stay_until(10 * US_PER_S);
        j.walk(&[Point::new(0.0, 100.0), Point::new(100.0, 100.0)], 10.0);
        j.stay_until(40 * US_PER_S);
        let (track, _) = j.end();
        let pieces: Vec<_> = track.pieces(15 * US_PER_S, 25 * US_PER_S).collect();
        let (a, b, c) = (Point::new(0.0, 50.0), Point::new(0.0, 100.0), Point::new(50.0, 100.0));
        assert_eq!(pieces, [(a, b), (b, c)]);
        assert_eq!(track.pieces(2, 3).collect::<Vec<_>>().len(), 1);
        assert_eq!(track.still_until(4), 10 * US_PER_S);
        assert_eq!(track.still_until(15 * US_PER_S), 15 * US_PER_S);
        assert_eq!(track.still_until(30 * US_PER_S), i64::MAX);
    }

    #[test]
    fn a_winding_route_keeps_its_ends_and_its_corridor() {
        let (from, to) = (Point::new(0.0, 0.0), Point::new(3_000.0, 0.0));
        let route = winding(from, to, &mut Noise::new(3, 0));
        assert_eq!((route.first(), route.last()), (Some(&from), Some(&to)));
        assert!(route.iter().all(|p| p.north_m.abs() <= CORNER_OFFSET_M));
        assert!(route.iter().any(|p| p.north_m.abs() > 1.0), "no corner at all");
    }
}
