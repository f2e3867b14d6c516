//! Seeded chance: the same seed gives the same numbers on every machine.
//!
//! The stream of `ChaCha` is fixed by its definition, and what is made from it uses only exactly rounded operations and the
//! `libm` crate, whose logarithm and sine do not depend on the machine's C library.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::plane::Point;

/// One stream of chance; each device has its own, so that a change to one leaves the others as they were.
#[derive(Debug)]
pub(super) struct Noise(ChaCha8Rng);

impl Noise {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform in [0, 1), in steps of 2⁻⁵³.
    pub(super) fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
        let bits = (self.0.next_u64() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + self.0.next_u32() % (high - low + 1)
    }

    /// The error of a position whose radius of 68 % confidence is `radius_m`, metres east and north.
    ///
    /// An isotropic Gaussian error has a Rayleigh-distributed length: sigma = r / sqrt(-2 ln(1 - 0.68)) (design.md,
    /// section 3), and the length of a draw u is sigma sqrt(-2 ln(1 - u)).
    pub(super) fn error(&mut self, radius_m: f64) -> Point {
        let sigma_m = radius_m / (-2.0 * libm::log(1.0 - crate::model::DEFAULT_CONFIDENCE)).sqrt();
        let length_m = sigma_m * (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        let direction = self.between(0.0, 2.0 * std::f64::consts::PI);
        Point::new(length_m * libm::sin(direction), length_m * libm::cos(direction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_eight_of_a_hundred_errors_lie_within_the_radius() {
        let mut noise = Noise::new(7, 1);
        let origin = Point::new(0.0, 0.0);
        let within = (0..20_000).filter(|_| noise.error(25.0).distance_m(origin) <= 25.0).count();
        // Four standard deviations of a binomial of 20 000 at 0.68 are 264.
        assert!((13_336..=13_864).contains(&within), "{within}");
    }

    #[test]
    fn streams_of_one_seed_differ_and_bounds_hold() {
        let (mut a, mut b) = (Noise::new(7, 1), Noise::new(7, 2));
        assert_ne!(a.unit(), b.unit());
        for _ in 0..1_000 {
            assert!((5..=30).contains(&a.whole(5, 30)));
            assert!((-3.0..4.0).contains(&a.between(-3.0, 4.0)));
        }
    }
}
