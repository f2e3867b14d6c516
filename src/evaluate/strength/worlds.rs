//! Made-up devices with a routine, of which it is known where they truly are; for tests.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

/// Uniform in [0, 1).
pub(in crate::evaluate) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
}

/// Two independent standard normal numbers (Box and Muller 1958).
pub(in crate::evaluate) fn normal(rng: &mut ChaCha8Rng) -> (f64, f64) {
    let r = (-2.0 * (1.0 - unit(rng)).ln()).sqrt();
    let at = std::f64::consts::TAU * unit(rng);
    (r * at.cos(), r * at.sin())
}

/// A place so many metres east and north of another, on the WGS84 ellipsoid's radii of curvature there.
pub(in crate::evaluate) fn offset((lat, lon): (f64, f64), east_m: f64, north_m: f64) -> (f64, f64) {
    let (a, e2) = (6_378_137.0, 0.006_694_379_990_14);
    let sin = lat.to_radians().sin();
    let w = (1.0 - e2 * sin * sin).sqrt();
    let (across, along) = (a / w * lat.to_radians().cos(), a * (1.0 - e2) / w.powi(3));
    (lat + (north_m / along).to_degrees(), lon + (east_m / across).to_degrees())
}
