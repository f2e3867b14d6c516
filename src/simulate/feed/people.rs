//! The people of a case and the points of their lives, on a made-up city.
//!
//! ```text
//!   car ── 380 m ── home ~~~~~ path of 1.2 km ~~~~~ park        work ── 700 m ── cafe ── 700 m ── shop
//!                    │ 50 m                                 meetings are at the cafe, near misses at the shop
//!                   corner
//! ```
//! The city lies in the North Sea, on the Dogger Bank, where nobody lives: homes and works stand on a grid of 500 m.

use crate::simulate::noise::Noise;
use crate::simulate::plane::Point;

/// The city's middle, degrees.
pub(super) const CITY_DEG: (f64, f64) = (54.75, 2.25);
/// How far a stated place reaches from its point, metres.
pub(super) const PLACE_RADIUS_M: f64 = 50.0;

const GRID_M: f64 = 500.0;
/// Homes and works lie at most this many squares from the middle, east or north.
const GRID_HALF: u32 = 10;
/// How many squares are tried for each home and work; the best is taken.
const TRIES: u32 = 24;
/// Farther apart than this is apart enough, metres.
const APART_M: f64 = 3_000.0;
/// A way to work longer than this is too long, metres.
const COMMUTE_M: f64 = 6_000.0;

/// A victim's places.
#[derive(Debug, Clone)]
pub(super) struct Victim {
    pub(super) home: Point,
    pub(super) work: Point,
    /// Where she eats at noon.
    pub(super) cafe: Point,
    /// 700 m beyond the cafe, 1.4 km from her work.
    pub(super) shop: Point,
    /// Her walk in the evening, from her home to the park.
    pub(super) to_park: [Point; 4],
    /// Within sight of her home.
    pub(super) corner: Point,
    /// Where a car is parked, 380 m from her home on the side away from the park.
    pub(super) car: Point,
    /// Where she goes in a night when the clocks change.
    pub(super) yard: Point,
}

/// A suspect's places.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) home: Point,
    pub(super) work: Point,
    /// Where he is taken when he is arrested.
    pub(super) station: Point,
}

/// Everybody in a case.
#[derive(Debug, Clone)]
pub(super) struct People {
    pub(super) victims: Vec<Victim>,
    pub(super) suspects: Vec<Suspect>,
}

impl People {
    /// Settles victims first, then suspects as far from them as the city allows.
    pub(super) fn settle(victims: u32, suspects: u32, noise: &mut Noise) -> Self {
        let mut taken = Vec::new();
        let mut people = Self { victims: Vec::new(), suspects: Vec::new() };
        for _ in 0..victims {
            let home = square(&taken, None, noise);
            taken.push(home);
            let work = square(&taken, Some(home), noise);
            taken.push(work);
            people.victims.push(victim(home, work, noise));
        }
        for _ in 0..suspects {
            let home = square(&taken, None, noise);
            let work = square(&taken, Some(home), noise);
            let station = square(&taken, None, noise);
            people.suspects.push(Suspect { home, work, station });
        }
        people
    }
}

fn victim(home: Point, work: Point, noise: &mut Noise) -> Victim {
    let lunch_side = noise.between(0.0, 360.0);
    let park_side = noise.between(0.0, 360.0);
    let from_home = |along_m, across_m| home.plus(turned(along_m, across_m, park_side));
    Victim {
        home,
        work,
        cafe: work.plus(turned(700.0, 0.0, lunch_side)),
        shop: work.plus(turned(1_400.0, 0.0, lunch_side)),
        to_park: [home, from_home(250.0, 120.0), from_home(700.0, -150.0), from_home(1_100.0, 60.0)],
        corner: from_home(-10.0, 48.0),
        car: from_home(-380.0, 0.0),
        yard: from_home(-150.0, 380.0),
    }
}

/// A step in a direction, degrees clockwise from north.
fn turned(along_m: f64, across_m: f64, direction_deg: f64) -> Point {
    let angle = direction_deg * (std::f64::consts::PI / 180.0);
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    Point::new(along_m * sin + across_m * cos, along_m * cos - across_m * sin)
}

/// The best of some squares: far from what is taken, and not too far from home.
fn square(taken: &[Point], home: Option<Point>, noise: &mut Noise) -> Point {
    let mut best = (f64::NEG_INFINITY, Point::new(0.0, 0.0));
    for _ in 0..TRIES {
        let mut coordinate = || (f64::from(noise.whole(0, 2 * GRID_HALF)) - f64::from(GRID_HALF)) * GRID_M;
        let at = Point::new(coordinate(), coordinate());
        let nearest_m = taken.iter().chain(&home).map(|p| p.distance_m(at)).fold(APART_M, f64::min);
        let too_far_m = home.map_or(0.0, |home| (home.distance_m(at) - COMMUTE_M).max(0.0));
        if nearest_m - too_far_m > best.0 {
            best = (nearest_m - too_far_m, at);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_as_the_picture_says_and_suspects_live_apart() {
        for seed in 0..200 {
            let people = People::settle(2, 2, &mut Noise::new(seed, 0));
            for v in &people.victims {
                let near = |p: Point, m: f64, q: Point| assert!((p.distance_m(q) - m).abs() < 0.5, "{p:?} {q:?} {m}");
                near(v.cafe, 700.0, v.work);
                near(v.shop, 700.0, v.cafe);
                near(v.shop, 1_400.0, v.work);
                near(v.car, 380.0, v.home);
                near(v.corner, 49.0, v.home);
                let walk_m: f64 = v.to_park.windows(2).map(|w| w[0].distance_m(w[1])).sum();
                assert!((1_100.0..1_400.0).contains(&walk_m), "{walk_m}");
                assert!(v.home.distance_m(v.work) >= 1_500.0);
                for s in &people.suspects {
                    assert!(s.home.distance_m(v.home).min(s.work.distance_m(v.work)) >= 1_500.0, "seed {seed}");
                }
            }
            assert!(people.victims.iter().all(|v| v.shop.distance_m(Point::new(0.0, 0.0)) < 9_000.0));
        }
    }
}
