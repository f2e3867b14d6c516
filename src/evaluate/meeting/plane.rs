//! The plane in which lenses are compared, and how much it stretches.

pub(super) use crate::evaluate::plane::Plane;
use crate::evaluate::prism::chord::SEMI_MINOR_M;

/// Beyond this angle from its centre the plane is not used, radians: some 5,000 km.
const WIDEST: f64 = 0.8;

/// By how much a distance may appear longer than it is, at most, between points up to `farthest_m` from the centre;
/// `None` beyond the plane's use.
pub(super) fn stretch(farthest_m: f64) -> Option<f64> {
    let c = farthest_m / SEMI_MINOR_M;
    if c < 1e-9 {
        return Some(1.0);
    }
    (c < WIDEST).then(|| c / libm::sin(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::distance_m;
    use geographiclib_rs::{DirectGeodesic, Geodesic};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_shortens_nothing_and_stretches_no_more_than_it_says(
            lat in -89.0..89.0f64, lon in -180.0..180.0f64, rho in 10.0..4_000_000.0f64,
            a in (0.0..360.0f64, 0.0..=1.0f64), b in (0.0..360.0f64, 0.0..=1.0f64)) {
            let ahead = |(azimuth, share): (f64, f64)| -> (f64, f64) {
                Geodesic::wgs84().direct(lat, lon, azimuth, rho * share)
            };
            let plane = Plane::about(lat, lon);
            let (p, q) = (ahead(a), ahead(b));
            let (x, y) = (plane.project(p.0, p.1).0, plane.project(q.0, q.1).0);
            let (flat, real) = (libm::hypot(x.0 - y.0, x.1 - y.1), distance_m(p.0, p.1, q.0, q.1));
            prop_assert!(flat >= real * (1.0 - 1e-9) - 1e-5, "{} {}", flat, real);
            prop_assert!(flat <= real * stretch(rho).unwrap() * (1.0 + 1e-9) + 1e-5, "{} {}", flat, real);
        }
    }

    #[test]
    fn far_away_it_is_not_used() {
        assert!(stretch(6_000_000.0).is_none());
        assert!((stretch(100_000.0).unwrap() - 1.000_041).abs() < 1e-6);
    }
}
