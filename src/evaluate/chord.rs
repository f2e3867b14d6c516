//! Positions in space, so that many distances can be taken cheaply.
//!
//! ```text
//!        a ●───── chord c ─────● b         geodesic = c + c³/24R² + …
//!           `──── geodesic ───'            c = 10 km: 1 mm shorter;  c = 1 km: 1 µm shorter
//! ```
//! A position is a point of the WGS84 ellipsoid in Earth-centred coordinates, so the poles and the antimeridian are places
//! like any other and no projection distorts. A chord is never longer than the geodesic. Where a verdict lies within
//! [`CLOSE_M`] of a limit, [`distance_m`] decides it.

use crate::index::distance_m;

/// A point in Earth-centred coordinates, metres.
pub(in crate::evaluate) type Point = [f64; 3];

/// Semi-major axis and squared first eccentricity of WGS84 (NIMA TR8350.2).
const SEMI_MAJOR_M: f64 = 6_378_137.0;
const ECCENTRICITY_2: f64 = 6.694_379_990_141_316e-3;

/// A chord this near to a limit leaves the verdict to the geodesic, metres.
const CLOSE_M: f64 = 0.01;

/// Chords up to here are at most [`CLOSE_M`] shorter than the geodesic, metres.
const FAITHFUL_M: f64 = 20_000.0;

/// The point of the ellipsoid at a position in degrees.
///
/// Source: the closed formula `N = a / sqrt(1 - e² sin² lat)`, Torge, Geodesy (2001), section 4.1.
pub(in crate::evaluate) fn point(lat_deg: f64, lon_deg: f64) -> Point {
    let (sin_lat, cos_lat) = libm::sincos(lat_deg.to_radians());
    let (sin_lon, cos_lon) = libm::sincos(lon_deg.to_radians());
    let normal_m = SEMI_MAJOR_M / (1.0 - ECCENTRICITY_2 * sin_lat * sin_lat).sqrt();
    [normal_m * cos_lat * cos_lon, normal_m * cos_lat * sin_lon, normal_m * (1.0 - ECCENTRICITY_2) * sin_lat]
}

pub(super) fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(super) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The straight line through the Earth, metres.
pub(in crate::evaluate) fn chord_m(a: Point, b: Point) -> f64 {
    let d = minus(a, b);
    dot(d, d).sqrt()
}

/// The same direction with length 1; nothing for a length of 0.
pub(super) fn unit(a: Point) -> Option<Point> {
    let length = dot(a, a).sqrt();
    (length > 0.0).then(|| [a[0] / length, a[1] / length, a[2] / length])
}

/// A position in degrees together with its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) lat_deg: f64,
    pub(super) lon_deg: f64,
    pub(super) at: Point,
}

impl Spot {
    pub(super) fn new(lat_deg: f64, lon_deg: f64) -> Self {
        Self { lat_deg, lon_deg, at: point(lat_deg, lon_deg) }
    }

    /// Whether the geodesic to another position is at most `limit_m`, as [`distance_m`] would say.
    pub(super) fn within(&self, other: &Self, limit_m: f64) -> bool {
        let chord = chord_m(self.at, other.at);
        if chord > limit_m {
            return false;
        }
        if chord < limit_m - CLOSE_M && limit_m <= FAITHFUL_M {
            return true;
        }
        distance_m(self.lat_deg, self.lon_deg, other.lat_deg, other.lon_deg) <= limit_m
    }
}

/// The mean of points that come one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Mean {
    sum: Point,
    n: f64,
}

impl Mean {
    pub(super) fn add(&mut self, p: Point) {
        let [x, y, z] = self.sum;
        (self.sum, self.n) = ([x + p[0], y + p[1], z + p[2]], self.n + 1.0);
    }

    /// The position under it; `None` without any point. The mean lies a little below the ellipsoid: for points within 1 km
    /// of it by less than 0.1 m, which moves the position by less than 1 mm.
    pub(super) fn middle(&self) -> Option<Spot> {
        let [x, y, z] = self.sum.map(|s| s / self.n.max(1.0));
        let lat_deg = libm::atan2(z, libm::hypot(x, y) * (1.0 - ECCENTRICITY_2)).to_degrees();
        (self.n > 0.0).then(|| Spot::new(lat_deg, libm::atan2(y, x).to_degrees()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn within_is_what_the_geodesic_says(
            a in (-90.0..=90.0f64, -180.0..=180.0f64), by in (-0.2..0.2f64, -0.2..0.2f64), scale in 1e-6..1.0f64,
            share in 0.999_999..1.000_001f64,
        ) {
            let b = ((a.0 + by.0 * scale).clamp(-90.0, 90.0), (a.1 + by.1 * scale).clamp(-180.0, 180.0));
            let d = distance_m(a.0, a.1, b.0, b.1);
            let (from, to) = (Spot::new(a.0, a.1), Spot::new(b.0, b.1));
            // A chord is exact to some nanometres: only limits that near are left out.
            for limit in [d * share, d + 0.005, d - 0.005, d * 2.0, d / 2.0] {
                prop_assume!((limit - d).abs() > 1e-7);
                prop_assert_eq!(from.within(&to, limit), d <= limit, "{} {}", d, limit);
            }
        }
    }

    fn middle_of(points: &[Point]) -> Option<Spot> {
        let mut mean = Mean::default();
        for point in points {
            mean.add(*point);
        }
        mean.middle()
    }

    #[test]
    fn the_middle_of_points_is_between_them_also_over_the_antimeridian() {
        let middle = middle_of(&[point(10.0, 179.999), point(10.002, -179.999)]).unwrap();
        assert!((middle.lat_deg - 10.001).abs() < 1e-7, "{middle:?}");
        assert!((middle.lon_deg.abs() - 180.0).abs() < 1e-6, "{middle:?}");
        let one = middle_of(&[point(51.5, -0.1)]).unwrap();
        assert!(distance_m(one.lat_deg, one.lon_deg, 51.5, -0.1) < 1e-6, "{one:?}");
        assert_eq!(middle_of(&[]), None);
    }

    #[test]
    fn a_chord_is_as_much_shorter_as_stated() {
        let (a, b) = (Spot::new(51.5, -0.1), Spot::new(51.5, 0.0441));
        let (d, c) = (distance_m(51.5, -0.1, 51.5, 0.0441), chord_m(a.at, b.at));
        assert!(d > 9_990.0 && d < 10_050.0, "{d}");
        assert!(d > c && d - c < 0.0012, "{}", d - c);
    }
}
