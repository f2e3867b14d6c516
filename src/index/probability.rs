//! The probability that two uncertain positions are within a radius of each other.
//!
//! ```text
//!        │ half-chord  h = sqrt(R² − x²)             the other position is at the origin, the error is a round
//!     .──┼──.                                        Gaussian of standard deviation σ about (d, 0), and the disc of
//!    /   │h  \        · d                            radius R is cut into chords across the x axis:
//!   │    ├────│───────●────> x
//!    \   │   /       σ                               P = ∫ φ((x − d)/σ)/σ · erf(h / (σ√2)) dx   over −R ≤ x ≤ R
//!     `──┼──'
//! ```
//! The distance of the true positions follows a Rice law, so P = 1 − Q₁(d/σ, R/σ) with Q₁ the Marcum function
//! (design.md, section 3). With x = R cos θ the integrand has no singular end; where h exceeds 8 σ the factor erf is 1
//! to the last digit and the integral is a difference of two normal distribution functions. What is left is a few
//! Gauss-Legendre panels, whatever the size of d/σ.
//!
//! Why not a crate: `statrs`, `puruspe`, `special` and `spec_math` have neither function; `cdflib` and the bindings of
//! scipy's `chndtr` sum a Poisson series of about (d/σ)² terms, which at d/σ = 10⁶ does not end; the ports of R's
//! `pnchisq` are under the GPL and sum the same series. The arithmetic here is `libm`'s, not the platform's, so that a
//! number is the same to the last bit on every machine.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Beyond this many standard deviations a Gaussian holds less than 1e-15: the tail is left out.
const TAIL: f64 = 8.0;

/// Radii below this many σ are integrated over the whole disc; above it the far rim is out of reach of the tail.
///
/// The far rim's layer (h < 8 σ) lies at x < −sqrt(b² − 8²) (in units of σ) and the error reaches down to x = −8 at
/// most (d = 0): they cannot meet once b² ≥ 2·8².
const WHOLE_DISC: f64 = 11.5;

/// Above this R/σ the rim is straight to the last digit of a double (its curvature adds at most φ(0)/(2 R/σ)).
const STRAIGHT_RIM: f64 = 1e16;

/// The widest Gauss-Legendre panel, in σ along the rim.
const PANEL: f64 = 2.5;

/// Positive nodes and weights of the 16-point Gauss-Legendre rule on [−1, 1] (roots of the Legendre polynomial).
const GAUSS_16: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_74),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_79),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_894),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_096),
];

/// The standard deviation per axis of a round Gaussian error whose radius `uncertainty_m` holds the share
/// `confidence` (0 to 1) of positions, metres: `u / sqrt(−2 ln(1 − confidence))`.
///
/// A share of 1 or more has no Gaussian reading and is read as the largest share below 1 (u / 8.6); a share of 0 or
/// less, or none at all, says nothing about the position and gives an infinite deviation. A radius of 0 gives 0.
///
/// Source: the Rayleigh law's distribution function, 1 − exp(−r²/2σ²).
#[must_use]
pub fn sigma_m(uncertainty_m: f64, confidence: f64) -> f64 {
    if uncertainty_m == 0.0 {
        return 0.0;
    }
    if confidence.is_nan() || confidence <= 0.0 {
        return f64::INFINITY;
    }
    let share = confidence.min(1.0 - f64::EPSILON / 2.0);
    uncertainty_m / (-2.0 * libm::log1p(-share)).sqrt()
}

/// P(true distance ≤ `radius_m`) of two positions `distance_m` apart whose errors together have the standard deviation
/// `sigma_m` per axis (the root of the sum of both squares); all in metres, the result between 0 and 1.
///
/// The error is below 1e-12 for every finite input. With `sigma_m` = 0 the answer is 1 (`distance_m` ≤ `radius_m`) or
/// 0; with an infinite one it is 0. Lengths are not negative: a negative radius holds nothing, a negative deviation is
/// read as 0. Not-a-number gives not-a-number.
#[must_use]
pub fn p_within(distance_m: f64, sigma_m: f64, radius_m: f64) -> f64 {
    if distance_m.is_nan() || sigma_m.is_nan() || radius_m.is_nan() {
        return f64::NAN;
    }
    if radius_m < 0.0 {
        return 0.0;
    }
    if sigma_m <= 0.0 {
        return if distance_m <= radius_m { 1.0 } else { 0.0 };
    }
    let disc = Disc { radius: radius_m / sigma_m, inside: (radius_m - distance_m) / sigma_m };
    disc.probability().clamp(0.0, 1.0)
}

/// The disc in units of σ. `inside` is how far the centre of the error lies inside the near rim: it is formed from
/// metres, since R/σ − d/σ would lose every digit when both are large.
#[derive(Clone, Copy)]
struct Disc {
    radius: f64,
    inside: f64,
}

impl Disc {
    fn probability(self) -> f64 {
        let Self { radius, inside } = self;
        // The error leaves (enters) the disc only by going that far along one axis.
        if inside >= TAIL + 1.0 {
            return 1.0;
        }
        if inside <= -(TAIL + 1.0) || radius == 0.0 {
            return 0.0;
        }
        if radius >= STRAIGHT_RIM {
            return normal(inside);
        }
        // Depths below the near rim that the error can reach.
        let (near, far) = ((inside - TAIL).max(0.0), (inside + TAIL).min(2.0 * radius));
        if near >= far {
            return 0.0;
        }
        if radius < WHOLE_DISC {
            return self.chords(self.angle(near), self.angle(far));
        }
        // Chords longer than 8 σ either way catch all of the other axis.
        let layer = libm::asin(TAIL / radius);
        let depth = self.depth(layer);
        if far <= depth {
            return self.chords(self.angle(near), self.angle(far));
        }
        let middle = normal(inside - near.max(depth)) - normal(inside - far);
        if near >= depth { middle } else { middle + self.chords(self.angle(near), layer) }
    }

    /// How deep the chord at angle `theta` lies below the near rim.
    fn depth(self, theta: f64) -> f64 {
        let half = libm::sin(theta / 2.0);
        2.0 * self.radius * half * half
    }

    /// The angle of the chord `depth` below the near rim.
    fn angle(self, depth: f64) -> f64 {
        2.0 * libm::asin((depth / (2.0 * self.radius)).sqrt().min(1.0))
    }

    /// The integral over the chords between two angles.
    fn chords(self, from: f64, to: f64) -> f64 {
        let panels = ((to - from) * self.radius / PANEL).ceil().max(2.0);
        let half = (to - from) / (2.0 * panels);
        let mut sum = 0.0;
        let mut panel = 0.0;
        while panel < panels {
            let middle = from + half * (2.0 * panel + 1.0);
            for (node, weight) in GAUSS_16 {
                sum += weight * (self.chord(middle - half * node) + self.chord(middle + half * node));
            }
            panel += 1.0;
        }
        sum * half
    }

    /// The integrand: the error's density at the chord, the share of it between the chord's ends, and dx/dθ.
    fn chord(self, theta: f64) -> f64 {
        let half_chord = self.radius * libm::sin(theta);
        density(self.inside - self.depth(theta)) * libm::erf(half_chord * FRAC_1_SQRT_2) * half_chord
    }
}

/// The standard normal density.
fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) * FRAC_1_SQRT_2 / PI.sqrt()
}

/// The standard normal distribution function.
fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOLERANCE: f64 = 1e-12;

    #[test]
    fn it_agrees_with_an_independent_computation_to_forty_digits() {
        let table = include_str!("../../tests/fixtures/p_within/table.csv");
        let mut rows = 0;
        for line in table.lines().skip(1) {
            let v: Vec<f64> = line.split(',').map(|t| t.parse().unwrap()).collect();
            let error = (p_within(v[0], v[1], v[2]) - v[3]).abs();
            assert!(error < TOLERANCE, "{line}: off by {error:e}");
            rows += 1;
        }
        assert!(rows >= 300, "only {rows} rows");
    }

    #[test]
    fn a_centred_error_follows_rayleigh() {
        for b in [1e-8, 1e-3, 0.1, 1.0, 3.0, 7.0, 11.4, 11.6, 1e3] {
            let want = -libm::expm1(-b * b / 2.0);
            assert!((p_within(0.0, 2.0, 2.0 * b) - want).abs() < TOLERANCE, "b = {b}");
        }
        // Small probabilities keep their digits, not only their absolute error.
        let tiny = p_within(0.0, 1.0, 1e-8);
        assert!((tiny / 5e-17 - 1.0).abs() < 1e-12, "{tiny:e}");
    }

    #[test]
    fn the_radius_and_its_confidence_give_the_deviation_back() {
        for confidence in [0.39, 0.5, 0.68, 0.95, 0.99] {
            let sigma = sigma_m(50.0, confidence);
            assert!((p_within(0.0, sigma, 50.0) - confidence).abs() < TOLERANCE, "{confidence}");
        }
        assert!((sigma_m(1.0, 0.68) - 1.0 / 1.509_592_2).abs() < 1e-7);
        assert_eq!(sigma_m(0.0, 0.68), 0.0);
        assert_eq!(sigma_m(0.0, 0.0), 0.0);
        assert_eq!(sigma_m(5.0, 0.0), f64::INFINITY);
        assert!(sigma_m(5.0, 1.0) > 0.5, "a radius said to hold everything is not an exact position");
    }

    #[test]
    fn edges_have_the_answers_the_documentation_gives() {
        assert_eq!(p_within(100.0, 0.0, 100.0), 1.0);
        assert_eq!(p_within(100.000_001, 0.0, 100.0), 0.0);
        assert_eq!(p_within(0.0, 0.0, 0.0), 1.0);
        assert_eq!(p_within(0.0, 1.0, 0.0), 0.0);
        assert_eq!(p_within(0.0, 1.0, -1.0), 0.0);
        assert_eq!(p_within(50.0, f64::INFINITY, 100.0), 0.0);
        assert_eq!(p_within(f64::INFINITY, 5.0, 100.0), 0.0);
        assert!((p_within(100.0, f64::MIN_POSITIVE, 100.0) - 0.5).abs() < TOLERANCE);
        assert!((p_within(1e9, 1.0, 1e9) - 0.5).abs() < 1e-9);
        assert!(p_within(f64::NAN, 1.0, 1.0).is_nan());
    }

    #[test]
    fn nothing_jumps_where_the_method_changes() {
        let step = 1e-9;
        for radius in [TAIL, WHOLE_DISC, 40.0, STRAIGHT_RIM] {
            for inside in [-9.0, -8.0, -3.0, 0.0, 0.8, 3.0, 8.0, 9.0] {
                let p = |radius: f64, inside: f64| Disc { radius, inside }.probability();
                let moved = (p(radius * (1.0 + step), inside) - p(radius * (1.0 - step), inside)).abs();
                assert!(moved < 1e-8, "radius {radius}, inside {inside}: {moved:e}");
                let across = (p(radius, inside + step) - p(radius, inside - step)).abs();
                assert!(across < 1e-8, "radius {radius}, inside {inside}: {across:e}");
            }
        }
    }

    fn length() -> impl Strategy<Value = f64> {
        prop_oneof![Just(0.0), (-9.0..7.3_f64).prop_map(|e| 10.0_f64.powf(e)), 0.0..500.0]
    }

    proptest! {
        #[test]
        fn it_is_a_probability_that_grows_with_the_radius_and_falls_with_the_distance(
            d in length(), sigma in length(), radius in length(), more in length(),
        ) {
            let p = p_within(d, sigma, radius);
            prop_assert!((0.0..=1.0).contains(&p), "{p}");
            prop_assert!(p_within(d, sigma, radius + more) >= p - TOLERANCE);
            prop_assert!(p_within(d + more, sigma, radius) <= p + TOLERANCE);
        }

        #[test]
        fn monotone_near_the_rim_too(sigma in 1e-3..50.0_f64, b in 0.0..40.0_f64, off in -9.0..9.0_f64, more in 0.0..1.0_f64) {
            let (radius, d) = (b * sigma, (b + off).max(0.0) * sigma);
            let p = p_within(d, sigma, radius);
            prop_assert!(p_within(d, sigma, radius + more * sigma) >= p - TOLERANCE);
            prop_assert!(p_within(d + more * sigma, sigma, radius) <= p + TOLERANCE);
        }
    }
}
