//! Whether a stated probability is the share of cases in which it came true.
//!
//! ```text
//!   share that came true │           ●
//!                        │       ●  ╱        of the pairs given about 0.7, about 0.7 must be truly within;
//!                        │     ╱●            the expected number is the sum of the stated probabilities,
//!                        │  ●╱               its variance the sum of p (1 − p)
//!                        └────────── stated
//! ```

use serde::{Deserialize, Serialize};

use super::labelled::real;

/// The cases whose stated probability lies in one tenth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decile {
    /// From this probability.
    pub from: f64,
    /// To below this one; the last holds 1 as well.
    pub to: f64,
    /// How many.
    pub cases: u64,
    /// How many should come true: the sum of what was stated.
    pub expected: f64,
    /// How many did.
    pub came_true: u64,
    /// Standard deviation of that number if what was stated is right.
    pub deviation: f64,
}

impl Decile {
    /// By how many standard deviations more came true than should; `None` where nothing can come otherwise than stated.
    #[must_use]
    pub fn z(&self) -> Option<f64> {
        let came_true = real(usize::try_from(self.came_true).ok()?);
        (self.deviation > 0.0).then(|| (came_true - self.expected) / self.deviation)
    }
}

/// Stated probabilities (0 to 1; others are left out) with whether they came true, by tenths; in any order.
#[must_use]
pub fn reliability(cases: impl IntoIterator<Item = (f64, bool)>) -> Vec<Decile> {
    let mut cases: Vec<(f64, bool)> = cases.into_iter().filter(|(p, _)| (0.0..=1.0).contains(p)).collect();
    cases.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut from = 0;
    let tenth = |n: u32| {
        let to = f64::from(n + 1) / 10.0;
        let until = if n == 9 { cases.len() } else { cases.partition_point(|(p, _)| *p < to) };
        let within = cases.get(from..until).unwrap_or_default();
        from = until;
        let variance: f64 = within.iter().map(|(p, _)| p * (1.0 - p)).sum();
        Decile {
            from: f64::from(n) / 10.0,
            to,
            cases: u64::try_from(within.len()).unwrap_or(u64::MAX),
            // The empty sum is -0.
            expected: within.iter().map(|(p, _)| p).sum::<f64>() + 0.0,
            came_true: u64::try_from(within.iter().filter(|c| c.1).count()).unwrap_or(u64::MAX),
            deviation: variance.max(0.0).sqrt(),
        }
    };
    (0..10).map(tenth).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::super::super::strength::worlds::{normal, offset, unit};
    use super::*;
    use crate::encounter::{End, contact};
    use crate::model::ProximityParams;

    /// A class of source: the range of its uncertainties, and the radius asked for.
    const CLASSES: [(&str, f64, f64, f64); 6] = [
        ("gps", 3.0, 60.0, 100.0),
        ("wifi", 15.0, 150.0, 100.0),
        ("fused", 5.0, 400.0, 100.0),
        ("tag", 10.0, 400.0, 100.0),
        ("cell", 300.0, 5_000.0, 2_000.0),
        ("timeline", 50.0, 1_000.0, 500.0),
    ];

    /// Pairs whose true separation is anything alike, recorded with errors of unequal uncertainties; what the judge says of
    /// them, and whether they truly are within. `times` is how many times their stated radius the errors really are.
    fn pairs(class: (&str, f64, f64, f64), times: f64, seed: u64) -> Vec<(f64, bool)> {
        let (_, least, most, radius_m) = class;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let params = ProximityParams { radius_m, exit_radius_m: 1e7, ..ProximityParams::default() };
        let mut found = Vec::new();
        while found.len() < 60_000 {
            let uncertainty = |rng: &mut ChaCha8Rng| least * (most / least).powf(unit(rng));
            let (uf, ug) = (uncertainty(&mut rng), uncertainty(&mut rng));
            let confidence = if unit(&mut rng) < 0.5 { 0.68 } else { 0.95 };
            let (sf, sg) = (crate::index::sigma_m(uf, confidence), crate::index::sigma_m(ug, 0.68));
            // Even over a disc that the errors do not leave, so that nothing is known of the separation beforehand.
            let reach = radius_m + 5.0 * sf.hypot(sg);
            let (r, at) = (reach * unit(&mut rng).sqrt(), std::f64::consts::TAU * unit(&mut rng));
            let base = (52.0 + unit(&mut rng), -1.0 + unit(&mut rng));
            let other = offset(base, r * at.sin(), r * at.cos());
            let truly = crate::index::distance_m(base.0, base.1, other.0, other.1);
            let mut blur = |at, sigma: f64| {
                let (x, y) = normal(&mut rng);
                offset(at, times * sigma * x, times * sigma * y)
            };
            let (f, g) = (blur(base, sf), blur(other, sg));
            let f = End::of_fix(f.0, f.1, Some(uf), confidence);
            let g = End::of_fix(g.0, g.1, Some(ug), 0.68);
            let near = contact((0, &f), (0, &g), &params).unwrap();
            found.push((near.p_within, truly <= radius_m));
        }
        found
    }

    #[test]
    fn of_the_pairs_given_a_probability_that_share_is_truly_within() {
        for (class, seed) in CLASSES.into_iter().zip(1..) {
            let tenths = reliability(pairs(class, 1.0, seed));
            if class.0 == "gps" {
                super::super::figure_of_docs(
                    "validation/calibration-gps.svg",
                    &super::super::calibration(&tenths).unwrap(),
                );
            }
            for d in tenths {
                println!(
                    "{} {:.1}-{:.1}: {} pairs, {:.1} expected, {} within, z {:+.2}",
                    class.0,
                    d.from,
                    d.to,
                    d.cases,
                    d.expected,
                    d.came_true,
                    d.z().unwrap()
                );
                assert!(d.cases >= 100, "{}: too few pairs to tell: {d:?}", class.0);
                // 60 tenths: the largest of as many normal numbers is above 4 in 0.4 % of all seeds.
                assert!(d.z().unwrap().abs() < 4.0, "{}: {d:?}", class.0);
            }
        }
    }

    #[test]
    fn errors_that_are_not_what_they_are_said_to_be_are_found() {
        for times in [0.8, 1.25] {
            let tenths = reliability(pairs(CLASSES[0], times, 1));
            let worst = tenths.iter().filter_map(Decile::z).map(f64::abs).fold(0.0, f64::max);
            assert!(worst > 6.0, "errors {times} times the stated ones: {worst}");
        }
    }

    #[test]
    fn every_case_is_in_one_tenth_whatever_the_order() {
        let cases = [(0.0, false), (0.1, true), (0.999, true), (1.0, true), (0.55, false), (f64::NAN, true)];
        let forward = reliability(cases);
        assert_eq!(forward.iter().map(|d| d.cases).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 1, 0, 0, 0, 2]);
        assert_eq!(forward, reliability(cases.into_iter().rev()));
        assert_eq!(forward[9].came_true, 2);
        assert_eq!(forward[2].z(), None);
    }
}
