//! Straight lines through the Earth: never longer than the way over it, and cheap.

use crate::evaluate::case::Record;
use crate::evaluate::chord::{Point, point};

pub(in crate::evaluate) use crate::evaluate::chord::chord_m;

/// The semi-minor axis of the WGS84 ellipsoid, metres (NIMA TR8350.2).
pub(in crate::evaluate) const SEMI_MINOR_M: f64 = 6_356_752.314_245;

/// An Earth-centred position, metres.
pub(in crate::evaluate) type Spot = Point;

/// The position of a record on the ellipsoid.
pub(in crate::evaluate) fn spot(record: &Record) -> Spot {
    point(record.lat_deg, record.lon_deg)
}

/// A length that the way over the ground between two positions does not exceed, metres, from their straight line.
///
/// On a sphere the way is `2 R asin(chord / 2 R)`; up to 1,000 km that is 0.11 % more than the chord, and never more than
/// half of pi times as much.
pub(in crate::evaluate) fn way_at_most_m(chord_m: f64) -> f64 {
    chord_m * if chord_m < 1e6 { 1.002 } else { 1.58 }
}

/// The point that divides a straight line: `share` 0 is the first end, 1 the second.
pub(in crate::evaluate) fn between(p: &Spot, q: &Spot, share: f64) -> Spot {
    let part = |n: usize| p.get(n).zip(q.get(n)).map_or(0.0, |(p, q)| p + share * (q - p));
    [part(0), part(1), part(2)]
}

/// How deep the middle of a straight line lies below the ground, at most, metres.
pub(in crate::evaluate) fn sag_m(chord_m: f64) -> f64 {
    chord_m * chord_m / (7.9 * SEMI_MINOR_M)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::distance_m;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_chord_is_never_longer_than_the_way(
            a in (-90.0..=90.0f64, -180.0..=180.0f64), b in (-2.0..2.0f64, -2.0..2.0f64)) {
            let to = ((a.0 + b.0).clamp(-90.0, 90.0), (a.1 + b.1).clamp(-180.0, 180.0));
            let (p, q) = (Record::at(0, a.0, a.1, 0.0), Record::at(0, to.0, to.1, 0.0));
            let (chord, way) = (chord_m(spot(&p), spot(&q)), distance_m(a.0, a.1, to.0, to.1));
            prop_assert!(chord <= way + 1e-6 && way <= way_at_most_m(chord) + 1e-6, "{} {}", chord, way);
        }

        #[test]
        fn far_apart_the_way_is_bounded_too(
            a in (-90.0..=90.0f64, -180.0..=180.0f64), b in (-90.0..=90.0f64, -180.0..=180.0f64)) {
            let (p, q) = (Record::at(0, a.0, a.1, 0.0), Record::at(0, b.0, b.1, 0.0));
            let (chord, way) = (chord_m(spot(&p), spot(&q)), distance_m(a.0, a.1, b.0, b.1));
            prop_assert!(chord <= way + 1e-6 && way <= way_at_most_m(chord) + 1e-6, "{} {}", chord, way);
        }
    }
}
