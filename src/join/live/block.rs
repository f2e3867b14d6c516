//! Items that follow each other in time, and the box that they lie in: a row that is too far from the box meets none of them.
//!
//! ```text
//!  a lane's items, in the order of time:  [ · · · · ][ · · · · ][ · · · · ][ · ·        boxes of so many each
//!                                            ┌────┐
//!                                            │ ·· │ <── at least so far ──> newcomer
//!                                            └────┘
//! ```
//! A device goes from place to place, so that what is near in time lies in a small box: of a long window most is passed over
//! a box at a time. Invariant: [`Block::is_beyond`] is never true of a block in which an item is within its reach.

use super::super::items::Item;

/// Items in a block.
pub const BLOCK: usize = 64;

/// The least radius of curvature of the WGS84 ellipsoid, metres: the meridian's at the equator, `a (1 - e^2)`. Along any way
/// `ds^2 = M^2 dphi^2 + N^2 cos^2(phi) dlambda^2` is at least what it is on a sphere of that radius, and so is a distance; the
/// sphere of the haversine is larger.
const LEAST_RADIUS_M: f64 = 6_335_439.3;

/// An item of a lane, and how far it reaches.
#[derive(Debug, Clone, Copy)]
pub struct Reaching {
    /// The item.
    pub item: Item,
    /// What its row adds to the radius of a pair at most, metres.
    pub reach_m: f64,
}

/// The most that terms of a radius come to, in whatever order they are added.
pub fn reach_m(terms: impl Iterator<Item = f64>) -> f64 {
    // `max` would make nothing of what is not a number.
    terms.map(|term| if term.is_nan() { f64::INFINITY } else { term.max(0.0) }).sum()
}

/// The place of a newcomer, and how far it reaches with what all pairs have.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Latitude, degrees.
    pub lat_deg: f64,
    /// Longitude, degrees.
    pub lon_deg: f64,
    /// The cosine of the latitude.
    pub cos_lat: f64,
    /// What it adds to the radius of a pair at most, the constant terms with it, metres.
    pub reach_m: f64,
}

/// Where the items of a block lie.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    south_deg: f64,
    north_deg: f64,
    west_deg: f64,
    east_deg: f64,
    /// The least cosine of a latitude in it.
    cos_least: f64,
    /// The most that one of its items reaches, metres.
    reach_m: f64,
}

impl Block {
    /// Of some items, none of which is without a position.
    pub fn of(items: &[Reaching]) -> Self {
        let least = |of: fn(&Reaching) -> f64| items.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Reaching) -> f64| items.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (south_deg, north_deg) = (least(|i| i.item.anchor.lat_deg), most(|i| i.item.anchor.lat_deg));
        Self {
            south_deg,
            north_deg,
            west_deg: least(|i| i.item.anchor.lon_deg),
            east_deg: most(|i| i.item.anchor.lon_deg),
            cos_least: south_deg.to_radians().cos().min(north_deg.to_radians().cos()).max(0.0),
            reach_m: most(|i| i.reach_m),
        }
    }

    /// Whether a newcomer is too far from all of it.
    pub fn is_beyond(&self, probe: &Probe) -> bool {
        let lat_gap_deg = (self.south_deg - probe.lat_deg).max(probe.lat_deg - self.north_deg).max(0.0);
        let lon_gap_deg = if (self.west_deg..=self.east_deg).contains(&probe.lon_deg) {
            0.0
        } else {
            let (east, west) = (self.west_deg - probe.lon_deg, probe.lon_deg - self.east_deg);
            east.rem_euclid(360.0).min(west.rem_euclid(360.0))
        };
        let (p, l) = (least_sine(lat_gap_deg / 2.0), least_sine(lon_gap_deg / 2.0));
        // The square of half the chord on the unit sphere, of which the arc is no shorter.
        let chord = p * p + probe.cos_lat.max(0.0) * self.cos_least * l * l;
        // The pad is far above what rounding does. Nothing is beyond what is not a number.
        let limit = (self.reach_m + probe.reach_m) * (1.0 + 1e-9) + 1e-6;
        4.0 * LEAST_RADIUS_M * LEAST_RADIUS_M * chord > limit * limit
    }
}

/// A sine from below, of 0 to 90 degrees: the series up to its second term.
fn least_sine(angle_deg: f64) -> f64 {
    let angle = angle_deg.to_radians();
    angle * (1.0 - angle * angle / 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Comparator, Metric};
    use proptest::prelude::*;

    fn at(lat_deg: f64, lon_deg: f64, reach_m: f64) -> Reaching {
        let anchor = Comparator::new(Metric::Geodesic).anchor(lat_deg, lon_deg);
        Reaching { item: Item { anchor, lo: 0, hi: 0, row: 0, key: 0 }, reach_m }
    }

    fn probe(lat_deg: f64, lon_deg: f64, reach_m: f64) -> Probe {
        Probe { lat_deg, lon_deg, cos_lat: lat_deg.to_radians().cos(), reach_m }
    }

    fn lat() -> impl Strategy<Value = f64> {
        prop_oneof![-90.0..=90.0_f64, 51.4..51.6_f64, 89.9..=90.0_f64, Just(-90.0), Just(0.0)]
    }

    fn lon() -> impl Strategy<Value = f64> {
        prop_oneof![-180.0..=180.0_f64, -0.2..0.1_f64, 179.9..=180.0_f64, -180.0..=-179.9_f64, Just(180.0)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn nothing_within_reach_is_called_beyond(
            places in prop::collection::vec((lat(), lon()), 1..6), newcomer in (lat(), lon()), short in 0.0..1.0_f64,
        ) {
            let distances = [Metric::Geodesic, Metric::Haversine]
                .map(|metric| {
                    let to = |(lat, lon): &(f64, f64)| metric.distance_m(newcomer.0, newcomer.1, *lat, *lon);
                    places.iter().map(to).fold(f64::INFINITY, f64::min)
                });
            for nearest_m in distances {
                let items: Vec<Reaching> = places.iter().map(|(lat, lon)| at(*lat, *lon, nearest_m * short)).collect();
                let block = Block::of(&items);
                prop_assert!(!block.is_beyond(&probe(newcomer.0, newcomer.1, nearest_m * (1.0 - short))));
            }
        }
    }

    #[test]
    fn what_is_clearly_too_far_is_beyond_also_across_the_antimeridian() {
        let street = Block::of(&[at(51.5, -0.1, 10.0), at(51.501, -0.101, 30.0)]);
        assert!(!street.is_beyond(&probe(51.502, -0.1, 90.0)), "111 m");
        assert!(street.is_beyond(&probe(51.502, -0.1, 80.0)), "110.6 m at least");
        assert!(street.is_beyond(&probe(51.5, -0.097, 170.0)), "208 m to the east");
        let pacific = Block::of(&[at(0.0, 179.999, 0.0)]);
        assert!(!pacific.is_beyond(&probe(0.0, -179.999, 223.0)));
        assert!(pacific.is_beyond(&probe(0.0, -179.999, 220.0)));
    }

    #[test]
    fn a_reach_that_is_no_number_reaches_everywhere() {
        assert_eq!(reach_m([50.0, -7.0, 3.0].into_iter()), 53.0, "what takes away may be added before");
        let reach = reach_m([1.0, f64::NAN].into_iter());
        assert!(!Block::of(&[at(0.0, 0.0, reach)]).is_beyond(&probe(80.0, 170.0, 0.0)));
        assert!(!Block::of(&[at(0.0, 0.0, 0.0)]).is_beyond(&probe(80.0, 170.0, f64::INFINITY)));
    }
}
