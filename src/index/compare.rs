//! Deciding "within the radius or not" for most pairs without computing the distance.
//!
//! Near each other, `d^2` is close to `A dphi^2 + B cos(phi_1) cos(phi_2) dlambda^2`; how close is bounded below, and only
//! pairs inside that bound of the radius are decided by the distance itself. So the verdict is that of
//! [`super::distance_m`] (or [`super::haversine_m`]) to the last bit, at a sixth of the cost.
//!
//! Bounds, relative, in `d^2`, with `q = dphi^2 + dlambda^2` in square radians, `q <= 2.5e-3`:
//! - sphere: `sin^2(x/2) = x^2/4 (1 - x^2/12 + ...)` and `asin^2(s) = s^2 (1 + s^2/3 + ...)` give less than `0.2 q`;
//! - ellipsoid, between latitudes -85 and 85: taking M and N at one end instead of along the way costs less than
//!   `0.02 |dphi|`, the difference between `cos(phi_1) cos(phi_2)` and the cosine along the way less than `50 q`.
//!
//! Rounding is far below the pad of 1e-9 relative and 1 micrometre absolute. Property tests hold the bounds to account.

use super::distance::{WGS84_A_M, WGS84_E2, distance_m, haversine_m};

/// Which distance a predicate names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// [`distance_m`]: the WGS84 geodesic.
    Geodesic,
    /// [`haversine_m`]: the great circle on a sphere.
    Haversine,
}

impl Metric {
    /// The distance, metres.
    #[must_use]
    pub fn distance_m(self, lat1_deg: f64, lon1_deg: f64, lat2_deg: f64, lon2_deg: f64) -> f64 {
        match self {
            Self::Geodesic => distance_m(lat1_deg, lon1_deg, lat2_deg, lon2_deg),
            Self::Haversine => haversine_m(lat1_deg, lon1_deg, lat2_deg, lon2_deg),
        }
    }

    /// The name of the SQL function.
    #[must_use]
    pub const fn function_name(self) -> &'static str {
        match self {
            Self::Geodesic => "distance_m",
            Self::Haversine => "haversine_m",
        }
    }
}

/// What the cheap test says of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Certainly within the radius.
    Within,
    /// Certainly beyond it.
    Beyond,
    /// Too close to the radius to say, or outside the bound's domain: compute the distance.
    Unsure,
}

/// One end of a pair, with what can be computed once for all its pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    /// Latitude, degrees.
    pub lat_deg: f64,
    /// Longitude, degrees.
    pub lon_deg: f64,
    /// Square metres per square radian of latitude.
    a: f64,
    /// Square metres per square radian of longitude and cosine of the other end's latitude.
    b: f64,
}

/// A radius prepared for comparing, metres squared, with the pads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    within: f64,
    beyond: f64,
}

impl Threshold {
    /// Prepares a radius in metres; a negative one is beyond everything, and one that is not a number decides nothing.
    #[inline]
    #[must_use]
    pub fn new(radius_m: f64) -> Self {
        // `clamp` keeps not-a-number, `max` would not.
        let low = (radius_m * (1.0 - 1e-9) - 1e-6).clamp(0.0, f64::INFINITY);
        let high = (radius_m * (1.0 + 1e-9) + 1e-6).clamp(0.0, f64::INFINITY);
        Self { within: low * low, beyond: high * high }
    }
}

/// Compares pairs by one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparator {
    metric: Metric,
}

const MAX_Q: f64 = 2.5e-3;
const MAX_LAT_DEG: f64 = 85.0;

impl Comparator {
    /// A comparator of the given metric.
    #[must_use]
    pub const fn new(metric: Metric) -> Self {
        Self { metric }
    }

    /// The metric.
    #[must_use]
    pub const fn metric(self) -> Metric {
        self.metric
    }

    /// Prepares one end of pairs.
    #[must_use]
    pub fn anchor(self, lat_deg: f64, lon_deg: f64) -> Anchor {
        let (sin, cos) = lat_deg.to_radians().sin_cos();
        let (a, b) = match self.metric {
            Metric::Haversine => {
                let r2 = super::EARTH_RADIUS_M * super::EARTH_RADIUS_M;
                (r2, r2 * cos)
            }
            Metric::Geodesic if lat_deg.abs() > MAX_LAT_DEG => (f64::NAN, f64::NAN),
            Metric::Geodesic => {
                let w2 = 1.0 - WGS84_E2 * sin * sin;
                let n = WGS84_A_M / w2.sqrt();
                let m = n * (1.0 - WGS84_E2) / w2;
                (m * m, n * n * cos)
            }
        };
        Anchor { lat_deg, lon_deg, a, b }
    }

    /// The cheap test; `cos_lat2` is the cosine of the other end's latitude.
    #[inline]
    #[must_use]
    pub fn judge(self, one: &Anchor, lat2_deg: f64, lon2_deg: f64, cos_lat2: f64, radius: Threshold) -> Verdict {
        let dphi = (lat2_deg - one.lat_deg).to_radians();
        let mut dlon = lon2_deg - one.lon_deg;
        if dlon > 180.0 {
            dlon -= 360.0;
        } else if dlon < -180.0 {
            dlon += 360.0;
        }
        let dlambda = dlon.to_radians();
        let (p2, l2) = (dphi * dphi, dlambda * dlambda);
        let q = p2 + l2;
        let d2 = one.a * p2 + one.b * cos_lat2 * l2;
        let slack = match self.metric {
            Metric::Haversine => 0.2 * q,
            Metric::Geodesic => 0.02 * dphi.abs() + 50.0 * q,
        };
        // Comparisons with not-a-number are false: such pairs are unsure.
        if q <= MAX_Q && d2 * (1.0 + slack) < radius.within {
            Verdict::Within
        } else if q <= MAX_Q && d2 * (1.0 - slack) > radius.beyond {
            Verdict::Beyond
        } else {
            Verdict::Unsure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{DirectGeodesic, Geodesic};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn a_verdict_is_never_wrong(
            lat in prop_oneof![-90.0..=90.0f64, 84.0..=86.0f64, 89.9..=90.0f64],
            lon in prop_oneof![-180.0..=180.0f64, 179.9..=180.0f64],
            azimuth in 0.0..360.0f64,
            radius_m in prop_oneof![Just(0.0), 1.0..200.0f64, 200.0..40_000.0f64, 40_000.0..400_000.0f64],
            factor in prop_oneof![0.999_99..1.000_01f64, 0.99..1.01f64, 0.0..2.0f64]) {
            let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat, lon, azimuth, radius_m * factor);
            for metric in [Metric::Geodesic, Metric::Haversine] {
                let c = Comparator::new(metric);
                let verdict = c.judge(&c.anchor(lat, lon), lat2, lon2, lat2.to_radians().cos(), Threshold::new(radius_m));
                let d = metric.distance_m(lat, lon, lat2, lon2);
                match verdict {
                    Verdict::Within => prop_assert!(d <= radius_m, "{:?} {} > {}", metric, d, radius_m),
                    Verdict::Beyond => prop_assert!(d > radius_m, "{:?} {} <= {}", metric, d, radius_m),
                    Verdict::Unsure => {}
                }
            }
        }
    }

    #[test]
    fn most_pairs_are_decided_cheaply() {
        for metric in [Metric::Geodesic, Metric::Haversine] {
            let c = Comparator::new(metric);
            let london = c.anchor(51.5, -0.12);
            let unsure = (0..2_000u32)
                .filter(|i| {
                    let lat = 51.5 + f64::from(*i) * 1e-6;
                    c.judge(&london, lat, -0.12, lat.to_radians().cos(), Threshold::new(100.0)) == Verdict::Unsure
                })
                .count();
            assert!(unsure <= 1, "{unsure} of 2000 pairs were left unsure");
        }
    }

    #[test]
    fn a_negative_radius_is_beyond_everything_and_never_within() {
        let c = Comparator::new(Metric::Haversine);
        let v = c.judge(&c.anchor(1.0, 1.0), 1.0, 1.0, 1f64.to_radians().cos(), Threshold::new(-1.0));
        assert_ne!(v, Verdict::Within);
    }

    #[test]
    fn a_radius_that_is_not_a_number_decides_nothing() {
        let c = Comparator::new(Metric::Geodesic);
        let v = c.judge(&c.anchor(1.0, 1.0), 1.0, 1.001, 1f64.to_radians().cos(), Threshold::new(f64::NAN));
        assert_eq!(v, Verdict::Unsure);
    }
}
