//! When somebody truly was near: computed from true positions, so that what nobody planted is known too.

use crate::simulate::plane::Point;
use crate::simulate::track::Track;
use crate::time::US_PER_S;

/// Nobody in the city closes a distance faster than this, metres a second: two cars at 9 m/s, and a little more.
const CLOSING_MPS: f64 = 20.0;

/// What somebody may be near.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim<'a> {
    /// Another person.
    Person(&'a Track),
    /// A point that stands still.
    Point(Point),
}

/// How near counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    /// This far apart or nearer, metres.
    pub(super) radius_m: f64,
    /// The other was there this long before or after, or nearer in time, microseconds.
    pub(super) window_us: i64,
}

/// A stretch of time within reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    /// The least distance within it, metres.
    pub(super) closest_m: f64,
}

/// The stretches between two moments in which somebody was within reach, in order.
///
/// A moment is within reach if the other's path over the window around it comes as near as the radius. Distances change
/// by at most [`CLOSING_MPS`], so that a walk over time can leap where they are large and need not where both rest; the
/// ends of a stretch are exact to a second.
pub(super) fn stretches(who: &Track, aim: Aim<'_>, reach: Reach, (from_us, to_us): (i64, i64)) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut open: Option<Stretch> = None;
    let mut t_us = from_us;
    while t_us <= to_us {
        let distance_m = distance_m(who.at(t_us), aim, t_us, reach.window_us);
        let rest_us = rest_until(who, aim, t_us, reach.window_us).min(to_us);
        if distance_m <= reach.radius_m {
            let stretch = open.get_or_insert(Stretch { from_us: t_us, to_us: t_us, closest_m: distance_m });
            stretch.to_us = rest_us.max(t_us);
            stretch.closest_m = stretch.closest_m.min(distance_m);
            t_us = rest_us.max(t_us + US_PER_S);
        } else {
            found.extend(open.take());
            t_us = rest_us.max(t_us + leap_us(distance_m - reach.radius_m));
        }
    }
    found.extend(open);
    found
}

/// The least distance from a point to the other's path over the window around a moment, metres.
fn distance_m(at: Point, aim: Aim<'_>, t_us: i64, window_us: i64) -> f64 {
    match aim {
        Aim::Point(point) => at.distance_m(point),
        Aim::Person(track) => track
            .pieces(t_us - window_us, t_us + window_us)
            .map(|piece| at.distance_to_piece_m(piece))
            .fold(f64::INFINITY, f64::min),
    }
}

/// Until when nothing moves, the window's edges included; the moment itself if something does.
fn rest_until(who: &Track, aim: Aim<'_>, t_us: i64, window_us: i64) -> i64 {
    let own_us = who.still_until(t_us);
    match aim {
        Aim::Point(_) => own_us,
        Aim::Person(_) if own_us <= t_us => t_us,
        Aim::Person(track) => {
            own_us.min(track.still_until(t_us.saturating_sub(window_us)).saturating_sub(window_us)).max(t_us)
        }
    }
}

/// How long a distance takes to close, whole seconds, at least one.
fn leap_us(distance_m: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the city is kilometres wide; a cast of a float saturates")]
    let whole_s = (distance_m / CLOSING_MPS) as i64;
    whole_s.max(1).saturating_mul(US_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::noise::Noise;
    use crate::simulate::track::{Journey, winding};

    /// A walk of an hour or so: rests and ways, some of them near the origin.
    fn wander(noise: &mut Noise) -> Track {
        let point = |noise: &mut Noise| Point::new(noise.between(-600.0, 600.0), noise.between(-600.0, 600.0));
        let mut at = point(noise);
        let mut j = Journey::begin(0, at);
        for _ in 0..6 {
            let to = point(noise);
            let route = winding(at, to, noise);
            j.walk(&route, if noise.whole(0, 1) == 0 { 1.4 } else { 9.0 });
            j.stay_until(j.now_us() + i64::from(noise.whole(0, 600)) * US_PER_S);
            at = to;
        }
        j.end().0
    }

    /// Second by second, the other's path sampled every second of the window.
    fn plainly(who: &Track, aim: Aim<'_>, reach: Reach, t_us: i64) -> f64 {
        let window_s = reach.window_us / US_PER_S;
        let other = |dt_s: i64| match aim {
            Aim::Point(point) => point,
            Aim::Person(track) => track.at(t_us + dt_s * US_PER_S),
        };
        (-window_s..=window_s).map(|dt| who.at(t_us).distance_m(other(dt))).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn leaps_miss_nothing_that_every_second_shows() {
        let reach = Reach { radius_m: 100.0, window_us: 120 * US_PER_S };
        let (mut inside, mut outside) = (0, 0);
        for seed in 0..12 {
            let noise = &mut Noise::new(seed, 0);
            let (who, other) = (wander(noise), wander(noise));
            for aim in [Aim::Person(&other), Aim::Point(Point::new(50.0, 50.0))] {
                let found = stretches(&who, aim, reach, (0, 5_400 * US_PER_S));
                assert!(found.windows(2).all(|w| w[0].to_us < w[1].from_us));
                for second in 0..=5_400 {
                    let t_us = second * US_PER_S;
                    let shown = found.iter().any(|s| (s.from_us..=s.to_us).contains(&t_us));
                    let plain_m = plainly(&who, aim, reach, t_us);
                    // Sampled every second, a car's path is known to 4.5 m and a moment to a second.
                    assert!(!shown || plain_m <= 100.0 + 15.0, "seed {seed}, {second} s: {plain_m} m");
                    assert!(shown || plain_m >= 100.0 - 15.0, "seed {seed}, {second} s: {plain_m} m");
                    if shown { inside += 1 } else { outside += 1 }
                }
            }
        }
        assert!(inside > 2_000 && outside > 2_000, "{inside} {outside}: the test looks at one side only");
    }
}
