//! The one distance function, and the spherical one that peers use.

use std::sync::LazyLock;

use geographiclib_rs::{Geodesic, InverseGeodesic};

/// The mean radius of the Earth, metres: (2a + b) / 3 of WGS84 as the IUGG rounds it.
///
/// Source: Moritz, Geodetic Reference System 1980, R1.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

static WGS84: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// Whether a position is one on Earth: latitude -90 to 90, longitude -180 to 180 degrees, both finite.
#[must_use]
pub fn is_position(lat_deg: f64, lon_deg: f64) -> bool {
    (-90.0..=90.0).contains(&lat_deg) && (-180.0..=180.0).contains(&lon_deg)
}

/// The geodesic distance of two positions on the WGS84 ellipsoid, metres; every verdict rests on it.
///
/// Degrees, latitude first. Accurate to 15 nanometres. Not-a-number where [`is_position`] does not hold.
///
/// Source: Karney, Algorithms for geodesics, J. Geodesy 87 (2013) 43-55.
#[must_use]
pub fn distance_m(lat1_deg: f64, lon1_deg: f64, lat2_deg: f64, lon2_deg: f64) -> f64 {
    if !is_position(lat1_deg, lon1_deg) || !is_position(lat2_deg, lon2_deg) {
        return f64::NAN;
    }
    WGS84.inverse(lat1_deg, lon1_deg, lat2_deg, lon2_deg)
}

/// The great-circle distance on a sphere of radius [`EARTH_RADIUS_M`], metres: up to 0.56 % off the geodesic.
///
/// Degrees, latitude first. Not-a-number where [`is_position`] does not hold.
///
/// Source: the haversine formula, Sinnott, Sky and Telescope 68 (1984) 159.
#[must_use]
pub fn haversine_m(lat1_deg: f64, lon1_deg: f64, lat2_deg: f64, lon2_deg: f64) -> f64 {
    if !is_position(lat1_deg, lon1_deg) || !is_position(lat2_deg, lon2_deg) {
        return f64::NAN;
    }
    let half_lat = ((lat2_deg - lat1_deg).to_radians() / 2.0).sin();
    let half_lon = ((lon2_deg - lon1_deg).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat1_deg.to_radians().cos() * lat2_deg.to_radians().cos() * half_lon * half_lon;
    2.0 * EARTH_RADIUS_M * h.min(1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_distances() {
        // Karney's example (GeographicLib documentation): Wellington to Salamanca.
        assert!((distance_m(-41.32, 174.81, 40.96, -5.50) - 19_959_679.267).abs() < 0.001);
        // GeographicLib's GeodSolve manual: JFK to Heathrow.
        assert!((distance_m(40.6, -73.8, 51.6, -0.5) - 5_551_759.400).abs() < 0.001);
        // A degree of a great circle on the sphere.
        assert!((haversine_m(0.0, 0.0, 0.0, 1.0) - EARTH_RADIUS_M.to_radians()).abs() < 1e-6);
        assert!(distance_m(91.0, 0.0, 0.0, 0.0).is_nan() && haversine_m(0.0, 181.0, 0.0, 0.0).is_nan());
        assert!(distance_m(f64::NAN, 0.0, 0.0, 0.0).is_nan());
    }

    proptest! {
        #[test]
        fn both_are_symmetric_and_agree_within_the_flattening(
            a in (-90.0..=90.0f64, -180.0..=180.0f64), b in (-90.0..=90.0f64, -180.0..=180.0f64)) {
            let (d, h) = (distance_m(a.0, a.1, b.0, b.1), haversine_m(a.0, a.1, b.0, b.1));
            prop_assert!((d - distance_m(b.0, b.1, a.0, a.1)).abs() <= 1e-8);
            prop_assert!((d - h).abs() <= 0.0057 * h + 1e-6, "{} {}", d, h);
        }
    }
}
