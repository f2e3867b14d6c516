//! The bound that every coarse filter rests on: which latitudes and longitudes a disc can reach.
//!
//! Let two positions be at most `reach_m` apart, by the geodesic or by the haversine. On the ellipsoid
//! `ds^2 = M^2 dphi^2 + N^2 cos^2(phi) dlambda^2` with `M, N >= b^2/a = 6 335 439.3 m`, so the same two coordinate
//! pairs, read as points of a unit sphere, are at most `theta = reach_m / 6 335 439.3` apart; on the haversine's sphere
//! the radius is larger still. On the sphere a cap of angular radius `theta` about latitude `phi` spans
//! `phi - theta ..= phi + theta` and, if it contains no pole, `asin(sin(theta) / cos(phi))` to either side in longitude.
//! A relative and an absolute pad cover the rounding of these few operations many times over.

use std::f64::consts::FRAC_PI_2;

/// The least radius of curvature of the WGS84 ellipsoid, `b^2 / a`, metres.
pub const MIN_CURVATURE_RADIUS_M: f64 = 6_335_439.327;

/// Pads: far above rounding (1e-15), far below anything that costs (a tenth of a millimetre).
const PAD_RELATIVE: f64 = 1.0 + 1e-11;
const PAD_DEG: f64 = 1e-9;

/// How far a disc reaches from its centre, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Half-height, degrees of latitude.
    pub lat_deg: f64,
    /// Half-width, degrees of longitude; 180 where the disc holds or touches a pole.
    pub lon_deg: f64,
}

/// The box of a disc of `reach_m` metres about a latitude: no position within the disc lies outside it.
///
/// A reach that is negative reaches nothing but its own point; one that is not a number reaches everything.
#[must_use]
pub fn reach(lat_deg: f64, reach_m: f64) -> Reach {
    let theta = angle(reach_m);
    let phi = lat_deg.abs().to_radians();
    let lon = if phi + theta < FRAC_PI_2 - 1e-9 {
        (theta.sin() / phi.cos()).clamp(0.0, 1.0).asin().to_degrees() * PAD_RELATIVE + PAD_DEG
    } else {
        180.0
    };
    Reach { lat_deg: (theta.to_degrees() * PAD_RELATIVE + PAD_DEG).min(180.0), lon_deg: lon.min(180.0) }
}

/// The angle on the unit sphere that `reach_m` metres cannot exceed, radians, at most a half turn.
#[must_use]
pub fn angle(reach_m: f64) -> f64 {
    if reach_m.is_nan() {
        return std::f64::consts::PI;
    }
    (reach_m.max(0.0) / MIN_CURVATURE_RADIUS_M).min(std::f64::consts::PI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{distance_m, haversine_m};
    use geographiclib_rs::{DirectGeodesic, Geodesic};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn nothing_near_lies_outside_the_box(
            lat in prop_oneof![-90.0..=90.0f64, 89.0..=90.0f64, -90.0..=-89.9f64, Just(90.0), Just(0.0)],
            lon in prop_oneof![-180.0..=180.0f64, 179.9..=180.0f64],
            azimuth in 0.0..360.0f64,
            reach_m in prop_oneof![0.0..50.0f64, 0.0..40_000.0f64, 0.0..20_000_000.0f64],
            share in prop_oneof![Just(1.0), 0.0..=1.0f64]) {
            let wgs84 = Geodesic::wgs84();
            let (lat2, lon2): (f64, f64) = wgs84.direct(lat, lon, azimuth, reach_m * share);
            let r = reach(lat, reach_m.max(distance_m(lat, lon, lat2, lon2)).max(0.0));
            let dlon = (lon2 - lon).abs();
            let dlon = dlon.min(360.0 - dlon);
            prop_assert!((lat2 - lat).abs() <= r.lat_deg, "{} {}", lat2 - lat, r.lat_deg);
            prop_assert!(dlon <= r.lon_deg, "{} {}", dlon, r.lon_deg);
            let s = reach(lat, haversine_m(lat, lon, lat2, lon2));
            prop_assert!((lat2 - lat).abs() <= s.lat_deg && dlon <= s.lon_deg);
        }
    }

    #[test]
    fn poles_and_nonsense() {
        assert_eq!(reach(90.0, 1.0).lon_deg, 180.0);
        assert_eq!(reach(0.0, f64::NAN), Reach { lat_deg: 180.0, lon_deg: 180.0 });
        assert!(reach(51.5, -5.0).lat_deg < 1e-8);
        assert_eq!(reach(51.5, f64::INFINITY).lat_deg, 180.0);
    }
}
