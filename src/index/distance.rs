//! The one distance function, and the spherical one that peers use.

use std::sync::LazyLock;

use geographiclib_rs::{Geodesic, InverseGeodesic};

/// The mean radius of the Earth, metres: (2a + b) / 3 of WGS84 as the IUGG rounds it.
///
/// Source: Moritz, Geodetic Reference System 1980, R1.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

static WGS84: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// The equatorial radius of WGS84, metres.
pub(super) const WGS84_A_M: f64 = 6_378_137.0;
/// The square of its first eccentricity.
pub(super) const WGS84_E2: f64 = 6.694_379_990_141_317e-3;
/// The two distances that the one function knows meet here, metres: from 50 km on the short one is off by more than 15 nm.
const SHORT_M: f64 = 20_000.0;
/// Latitudes farther apart than this, degrees, are no short way.
const SHORT_LAT_DEG: f64 = 0.19;

/// Whether a position is one on Earth: latitude -90 to 90, longitude -180 to 180 degrees, both finite.
#[must_use]
pub fn is_position(lat_deg: f64, lon_deg: f64) -> bool {
    (-90.0..=90.0).contains(&lat_deg) && (-180.0..=180.0).contains(&lon_deg)
}

/// The geodesic distance of two positions on the WGS84 ellipsoid, metres; every verdict rests on it.
///
/// Degrees, latitude first. Accurate to 15 nanometres. Not-a-number where [`is_position`] does not hold.
///
/// Source: Karney, Algorithms for geodesics, J. Geodesy 87 (2013) 43-55. Up to 20 km, where nearly all pairs are and his
/// iteration takes nine times as long, the chord between the positions and the curvature of the ellipsoid along it give the same
/// distance within the rounding of the chord, some 3 nanometres (`short_m`).
#[must_use]
pub fn distance_m(lat1_deg: f64, lon1_deg: f64, lat2_deg: f64, lon2_deg: f64) -> f64 {
    if !is_position(lat1_deg, lon1_deg) || !is_position(lat2_deg, lon2_deg) {
        return f64::NAN;
    }
    let short = short_m(lat1_deg, lon1_deg, lat2_deg, lon2_deg);
    short.unwrap_or_else(|| WGS84.inverse(lat1_deg, lon1_deg, lat2_deg, lon2_deg))
}

/// The geodesic distance of two positions that are no farther apart than [`SHORT_M`], metres.
///
/// With `p` the distance from the axis and `z` the height over the equator, the square of the chord is
/// `(p2 - p1)^2 + (z2 - z1)^2`, its part to the north, and `4 p1 p2 sin^2(dlon / 2)`, its part to the east. The geodesic between is
/// an arc of which the curvature at its middle is that of the normal section there, `sin^2(azimuth) / N + cos^2(azimuth) / M`
/// (Euler's formula). What the arc has over its chord `d` is `d x / 24 + 3 d x^2 / 640` with `x` the square of curvature times chord,
/// 8 millimetres of 20 km; that the curvature changes along the arc is of the next order and smaller than the rounding.
///
/// Source: Euler's formula in Deakin and Hunter, Geometric Geodesy Part A, RMIT University (2010); chord and arc of a circle. Held
/// to Karney's by a property test.
fn short_m(lat1_deg: f64, lon1_deg: f64, lat2_deg: f64, lon2_deg: f64) -> Option<f64> {
    if (lat2_deg - lat1_deg).abs() > SHORT_LAT_DEG {
        return None;
    }
    let mut east_deg = (lon2_deg - lon1_deg).abs();
    if east_deg > 180.0 {
        east_deg = 360.0 - east_deg;
    }
    let ((sin1, cos1), (sin2, cos2)) = (sin_cos(lat1_deg), sin_cos(lat2_deg));
    let half_east = (east_deg.to_radians() / 2.0).sin();
    let n = |sin: f64| WGS84_A_M / (1.0 - WGS84_E2 * sin * sin).sqrt();
    let (n1, n2) = (n(sin1), n(sin2));
    let (p1, p2) = (n1 * cos1, n2 * cos2);
    let (out, up) = (p2 - p1, (1.0 - WGS84_E2) * (n2 * sin2 - n1 * sin1));
    let (north2, east2) = (out * out + up * up, 4.0 * p1 * p2 * half_east * half_east);
    let chord2 = north2 + east2;
    if chord2 > SHORT_M * SHORT_M {
        return None;
    }
    if chord2 <= 0.0 {
        return Some(0.0);
    }
    let sin = f64::midpoint(sin1, sin2);
    // 1 / N = sqrt(w2) / a, and 1 / M = w2 / (1 - e2) times that.
    let w2 = 1.0 - WGS84_E2 * sin * sin;
    let curvature = w2.sqrt() / WGS84_A_M * (east2 + north2 * w2 / (1.0 - WGS84_E2)) / chord2;
    let x = curvature * curvature * chord2;
    Some(chord2.sqrt() * (1.0 + x / 24.0 * (1.0 + x * 9.0 / 80.0)))
}

/// Sine and cosine of a latitude, degrees; at a pole the cosine is none, so that its many longitudes are one place.
fn sin_cos(lat_deg: f64) -> (f64, f64) {
    let (sin, cos) = lat_deg.to_radians().sin_cos();
    (sin, if lat_deg.abs() >= 90.0 { 0.0 } else { cos })
}

/// The direction in which the geodesic leaves the first position for the second, degrees clockwise from true north, from
/// 0 to below 360.
///
/// At a pole north is along the given meridian, away from the South Pole. Not-a-number where [`is_position`] does not
/// hold, and where both are one place: there is no direction then. Of two antipodes it is one of many directions.
///
/// Source: Karney, as [`distance_m`].
#[must_use]
pub fn bearing_deg(lat1_deg: f64, lon1_deg: f64, lat2_deg: f64, lon2_deg: f64) -> f64 {
    if !is_position(lat1_deg, lon1_deg) || !is_position(lat2_deg, lon2_deg) {
        return f64::NAN;
    }
    let (distance_m, azimuth, _, _): (f64, f64, f64, f64) = WGS84.inverse(lat1_deg, lon1_deg, lat2_deg, lon2_deg);
    if distance_m == 0.0 {
        return f64::NAN;
    }
    let clockwise = azimuth.rem_euclid(360.0);
    // The remainder of a direction a hair west of north rounds to a full turn; and -0 is 0.
    if clockwise >= 360.0 { 0.0 } else { clockwise + 0.0 }
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
    use geographiclib_rs::DirectGeodesic as _;

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

    #[test]
    fn one_place_with_many_names_is_no_distance_away() {
        for (a, b) in [((90.0, 0.0), (90.0, 123.0)), ((-90.0, 10.0), (-90.0, -170.0)), ((10.0, 180.0), (10.0, -180.0))]
        {
            assert_eq!(distance_m(a.0, a.1, b.0, b.1).to_bits(), 0.0_f64.to_bits(), "{a:?} {b:?}");
        }
    }

    #[test]
    fn published_directions() {
        // GeographicLib's geodesic-tests, the first, second and third case: azimuths at the first point.
        let off = |from: (f64, f64), to: (f64, f64), want: f64| (bearing_deg(from.0, from.1, to.0, to.1) - want).abs();
        assert!(off((35.60777, -139.44815), (-11.17491, -69.95921), 111.098_748_429_560_33) < 1e-10);
        assert!(off((55.52454, 106.05087), (77.03196, 197.18234 - 360.0), 22.020_059_880_982_8) < 1e-10);
        assert!(off((-21.97856, 142.59065), (41.84138, 98.56635), 360.0 - 32.444_568_764_331_89) < 1e-10);
    }

    #[test]
    fn directions_at_the_ends() {
        assert_eq!(bearing_deg(0.0, 0.0, 1.0, 0.0).to_bits(), 0.0_f64.to_bits(), "north, and not -0");
        assert_eq!(bearing_deg(0.0, 179.0, 0.0, -179.0), 90.0, "over the antimeridian");
        assert_eq!(bearing_deg(90.0, 0.0, 0.0, 0.0), 180.0);
        assert_eq!(bearing_deg(-90.0, 0.0, 0.0, 0.0).to_bits(), 0.0_f64.to_bits());
        assert!(bearing_deg(51.5, -0.12, 51.5, -0.12).is_nan(), "nowhere to go");
        assert!(bearing_deg(0.0, 180.0, 0.0, -180.0).is_nan(), "one place with two names");
        assert!(bearing_deg(91.0, 0.0, 0.0, 0.0).is_nan());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn a_direction_is_from_0_to_below_360(
            a in (-90.0..=90.0f64, -180.0..=180.0f64), b in (-1e-9..1e-9f64, -1e-9..1e-9f64)) {
            let to = ((a.0 + b.0).clamp(-90.0, 90.0), (a.1 + b.1).clamp(-180.0, 180.0));
            let direction = bearing_deg(a.0, a.1, to.0, to.1);
            prop_assert!(direction.is_nan() || (0.0..360.0).contains(&direction), "{}", direction);
        }

        /// Also where cosines vanish, over the antimeridian, and on both sides of the length where the two ways to compute it meet.
        #[test]
        fn a_short_way_is_karneys_within_15_nanometres(
            lat in prop_oneof![-90.0..=90.0f64, -1e-3..=1e-3f64, 89.0..=90.0f64, 89.999_99..=90.0f64, -90.0..=-89.99f64],
            lon in prop_oneof![-180.0..=180.0f64, 179.99..=180.0f64],
            azimuth in prop_oneof![-180.0..=180.0f64, Just(0.0), Just(90.0)],
            length_m in prop_oneof![0.0..1e-3f64, 0.0..100.0f64, 0.0..20_100.0f64, 19_990.0..20_010.0f64]) {
            let (lat2, lon2): (f64, f64) = WGS84.direct(lat, lon, azimuth, length_m);
            let (ours, karneys): (f64, f64) = (distance_m(lat, lon, lat2, lon2), WGS84.inverse(lat, lon, lat2, lon2));
            prop_assert!((ours - karneys).abs() <= 15e-9, "{} {} {}", ours, karneys, (ours - karneys).abs());
            prop_assert!(length_m > SHORT_M - 1.0 || short_m(lat, lon, lat2, lon2).is_some(), "Karney's was compared with itself");
            prop_assert_eq!(ours.to_bits(), distance_m(lat2, lon2, lat, lon).to_bits());
        }

        #[test]
        fn both_are_symmetric_and_agree_within_the_flattening(
            a in (-90.0..=90.0f64, -180.0..=180.0f64), b in (-90.0..=90.0f64, -180.0..=180.0f64)) {
            let (d, h) = (distance_m(a.0, a.1, b.0, b.1), haversine_m(a.0, a.1, b.0, b.1));
            prop_assert!((d - distance_m(b.0, b.1, a.0, a.1)).abs() <= 1e-8);
            prop_assert!((d - h).abs() <= 0.0057 * h + 1e-6, "{} {}", d, h);
        }
    }
}
