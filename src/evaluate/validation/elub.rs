//! How strong a likelihood ratio may be said to be, given how many cases of known truth there are.
//!
//! ```text
//!   cost of deciding by the ratios, one misleading case added to each side
//!     / cost of deciding without them
//!   1 ┤■■■■╲                 ╱■■■■■■      outside the bounds the added case alone makes the ratios worse
//!     │     ╲_______________╱             than no ratios: the data cannot carry a stronger statement
//!     └────┼────────┼───────┼─────> threshold, log10
//!        lower      0     upper
//! ```
//! Source: Vergeer, van Es, de Jongh, Alberink & Stoel, Numerical likelihood ratios outputted by LR systems are often based
//! on extrapolation: when to stop extrapolating?, Science and Justice 56 (2016) 482-491. Thresholds are those of a
//! hundredth in log10, as in the reference implementation (NetherlandsForensicInstitute/lir, `elub`).

use serde::{Deserialize, Serialize};

use super::labelled::{CLIP_LOG10, Labelled, real};

/// The least and the greatest ratio that may be stated, as base-10 logarithms: `lower` at most 0, `upper` at least 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Log10 of the least.
    pub lower_log10: f64,
    /// Log10 of the greatest.
    pub upper_log10: f64,
}

impl Bounds {
    /// The ratio held between the bounds, log10.
    #[must_use]
    pub const fn hold(&self, log10_lr: f64) -> f64 {
        log10_lr.max(self.lower_log10).min(self.upper_log10)
    }

    /// A labelled set with every ratio held.
    #[must_use]
    pub fn hold_all(&self, set: &Labelled) -> Labelled {
        set.map(|x| self.hold(x))
    }
}

/// Thresholds in one step of log10.
const PER_STEP: f64 = 100.0;

/// The empirical lower and upper bounds of a labelled set.
#[must_use]
pub fn elub(set: &Labelled) -> Bounds {
    let ends = |list: &[f64]| (list.first().copied().unwrap_or(0.0), list.last().copied().unwrap_or(0.0));
    let ((near_low, near_high), (routine_low, routine_high)) = (ends(set.near()), ends(set.routine()));
    let clip = |x: f64| x.clamp(-CLIP_LOG10, CLIP_LOG10);
    // n cases cannot carry a ratio of more than n + 1.
    let most = |count: usize| libm::log10(real(count) + 1.0);
    let from = ((clip(near_low.min(routine_low)).max(-most(set.near().len())) * PER_STEP).floor()).min(0.0);
    let to = ((clip(near_high.max(routine_high)).min(most(set.routine().len())) * PER_STEP).floor() + 1.0).max(0.0);
    let (mut lower, mut step) = (from, 0.0);
    while step >= from {
        if misleads(set, step / PER_STEP) {
            lower = step + 1.0;
            break;
        }
        step -= 1.0;
    }
    let mut upper = to;
    step = 0.0;
    while step <= to {
        if misleads(set, step / PER_STEP) {
            upper = step - 1.0;
            break;
        }
        step += 1.0;
    }
    Bounds { lower_log10: lower.min(0.0) / PER_STEP, upper_log10: upper.max(0.0) / PER_STEP }
}

/// Whether deciding by the ratios, with one misleading case on either side, costs more than deciding without them, for
/// somebody who acts above this threshold.
fn misleads(set: &Labelled, threshold_log10: f64) -> bool {
    let threshold = libm::exp10(threshold_log10);
    let above = |list: &[f64]| list.len() - list.partition_point(|x| *x <= threshold_log10);
    let missed = 1.0 - real(above(set.near())) / real(set.near().len() + 1);
    let wrongly = real(above(set.routine()) + 1) / real(set.routine().len() + 1);
    threshold.min(1.0) < missed + threshold * wrongly
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(near: &[f64], routine: &[f64]) -> (f64, f64) {
        let log = |list: &[f64]| list.iter().map(|x| x.log10()).collect();
        let Bounds { lower_log10, upper_log10 } = elub(&Labelled::new(log(near), log(routine)).unwrap());
        (libm::exp10(lower_log10), libm::exp10(upper_log10))
    }

    #[test]
    fn the_breath_analyser_has_the_bounds_of_the_reference_implementation() {
        // The paper's example (Vergeer et al. 2016) as lir has it, ill calibrated: lir, tests/algorithms/test_bayeserror.py.
        let near = [vec![1000.0; 90], vec![0.101; 10]].concat();
        let routine = [vec![0.101; 990], vec![1000.0; 10]].concat();
        let (lower, upper) = bounds(&near, &routine);
        assert!((lower - 0.112_201_8).abs() < 1e-6 && (upper - 79.432_823_5).abs() < 1e-6, "{lower} {upper}");
        // The exact roots of the same example, without steps, as lir's first release gave them, are a step away at most.
        assert!((lower / 0.110_511_602_654_225_06).log10().abs() < 0.01);
        assert!((upper / 80.428_230_313_594_97).log10().abs() < 0.01);
    }

    #[test]
    fn small_sets_have_the_bounds_of_the_reference_implementation() {
        let inf = f64::INFINITY;
        let table: [(&[f64], &[f64], f64, f64); 9] = [
            (&[inf], &[0.0], 1.0, 1.0),
            (&[inf; 3], &[0.0; 3], 0.338_844_2, 2.951_209_2),
            (&[0.01, 0.1, 1.0], &[10.0, 100.0], 1.0, 1.0),
            (&[1.0, 10.0, 100.0], &[0.01, 0.1], 0.380_189_4, 1.479_108_4),
            (&[10.0, 100.0], &[0.01, 0.1, 1.0], 0.676_083_0, 2.630_268_0),
            (&[1.0], &[1.0], 1.0, 1.0),
            (&[10.0; 9], &[10.0], 1.0, 1.0),
            (&[10.0; 10], &[1.0], 1.0, 1.778_279_4),
            (&[1000.0; 10], &[1.1], 1.0, 1.0),
        ];
        for (near, routine, lower, upper) in table {
            let got = bounds(near, routine);
            assert!((got.0 - lower).abs() < 1e-6 && (got.1 - upper).abs() < 1e-6, "{near:?} {routine:?}: {got:?}");
        }
    }

    #[test]
    fn more_cases_carry_stronger_statements_and_what_is_beyond_is_held() {
        let perfect = |n: usize| elub(&Labelled::new(vec![9.0; n], vec![-9.0; n]).unwrap());
        let (few, many) = (perfect(10), perfect(1000));
        assert!(many.upper_log10 > few.upper_log10 + 1.5, "{few:?} {many:?}");
        assert!(few.upper_log10 < 11.0_f64.log10());
        assert_eq!(few.hold(7.0), few.upper_log10);
        assert_eq!(few.hold(-7.0), few.lower_log10);
        assert_eq!(few.hold(0.1), 0.1);
    }
}
