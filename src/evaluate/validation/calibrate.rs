//! Turning computed ratios into ratios that mean what they say, by what is known of cases of known truth.
//!
//! ```text
//!   ln LR  =  intercept  +  slope · log10(computed LR)          a straight line; slope ln 10 = 2.30 changes nothing
//! ```
//! Logistic regression with both classes of equal weight, and a weak pull of the slope towards 0, so that a small set
//! that happens to be separated gives weak ratios instead of infinite ones. Source: Morrison, Tutorial on
//! logistic-regression calibration and fusion, Australian Journal of Forensic Sciences 45 (2013) 173-197.

use std::f64::consts::LN_10;

use serde::{Deserialize, Serialize};

use super::labelled::{CLIP_LOG10, Labelled, real};

/// The straight line from computed to calibrated ratios.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Added to the natural logarithm of the ratio.
    pub intercept_ln: f64,
    /// Natural logarithm of the ratio for each unit of the computed one's base-10 logarithm; above 0.
    pub slope_ln_per_log10: f64,
}

/// A set that no calibration can be learned from; retrying does not help.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Higher ratios go with the routine.
    #[error("the fitted slope is {0}: higher ratios do not go with being near, so they cannot be calibrated")]
    Slope(f64),
    /// The fit did not settle.
    #[error("the logistic regression did not settle after {0} steps")]
    NotSettled(u32),
}

impl Calibration {
    /// The line that changes nothing.
    pub const NONE: Self = Self { intercept_ln: 0.0, slope_ln_per_log10: LN_10 };

    /// Log10 of the calibrated ratio of a computed one's log10, which is held within [`CLIP_LOG10`] first.
    #[must_use]
    pub fn log10_lr(&self, computed_log10: f64) -> f64 {
        let held = computed_log10.clamp(-CLIP_LOG10, CLIP_LOG10);
        (self.intercept_ln + self.slope_ln_per_log10 * held) / LN_10
    }

    /// A labelled set, calibrated.
    #[must_use]
    pub fn apply(&self, set: &Labelled) -> Labelled {
        set.map(|x| self.log10_lr(x))
    }
}

const MAX_STEPS: u32 = 100;

/// Fits the line to a labelled set.
///
/// It minimises half the square of the slope plus the sum of the logistic losses, each case weighted so that both classes
/// weigh half of all cases: the objective of scikit-learn's `LogisticRegression(class_weight="balanced")`.
///
/// # Errors
/// [`CalibrationError`] if the ratios rank the wrong way or the fit does not settle.
pub fn logistic(set: &Labelled) -> Result<Calibration, CalibrationError> {
    let scores = |list: &[f64]| list.iter().map(|x| x.clamp(-CLIP_LOG10, CLIP_LOG10)).collect::<Vec<_>>();
    let (near, routine) = (scores(set.near()), scores(set.routine()));
    let all = real(near.len() + routine.len());
    let classes = [(1.0, &near, all / (2.0 * real(near.len()))), (-1.0, &routine, all / (2.0 * real(routine.len())))];
    let loss = |a: f64, b: f64| {
        let class = |(sign, list, weight): &(f64, &Vec<f64>, f64)| {
            weight * list.iter().map(|x| softplus(-sign * (a + b * x))).sum::<f64>()
        };
        0.5 * b * b + classes.iter().map(class).sum::<f64>()
    };
    let (mut a, mut b) = (0.0, 0.0);
    for _ in 0..MAX_STEPS {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, b, 1e-12, 0.0, 1.0);
        for (sign, list, weight) in &classes {
            for x in *list {
                let p = 1.0 / (1.0 + libm::exp(sign * (a + b * x)));
                let (slope, curve) = (-weight * sign * p, weight * p * (1.0 - p));
                ga += slope;
                gb += slope * x;
                haa += curve;
                hab += curve * x;
                hbb += curve * x * x;
            }
        }
        let det = haa * hbb - hab * hab;
        let (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
        // What the step gains is below the rounding of the loss: nothing more is to be had.
        let before = loss(a, b);
        if ga * da + gb * db <= 1e-14 * (1.0 + before) {
            return if b > 0.0 {
                Ok(Calibration { intercept_ln: a, slope_ln_per_log10: b })
            } else {
                Err(CalibrationError::Slope(b))
            };
        }
        // Newton's step overshoots where the losses are nearly straight: halve it until it helps.
        let mut share = 1.0;
        while loss(a - share * da, b - share * db) > before && share > 1e-6 {
            share *= 0.5;
        }
        (a, b) = (a - share * da, b - share * db);
    }
    Err(CalibrationError::NotSettled(MAX_STEPS))
}

/// ln(1 + e^x) without overflow.
fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores and calibrated ratios of lir's `tests/test_calibration.py`, `TestLogitCalibrator.test_prob_version`: random draws
    /// from calibrated Gaussian log-ratios.
    const ROUTINE: [(f64, f64); 9] = [
        (9.107_346_21e-2, 0.179_412_197_297_274_2),
        (1.370_453_94e-6, 0.000_414_660_463_838_872_33),
        (7.094_207_01e-7, 0.000_289_318_854_969_744_2),
        (5.714_895_14e-7, 0.000_257_069_278_311_296_77),
        (2.443_600_04e-2, 0.087_402_931_074_901_02),
        (5.532_649_87e-2, 0.136_624_384_190_492),
        (6.403_386_59e-4, 0.011_938_723_389_955_3),
        (8.225_533_10e-9, 2.530_665_747_274_879_2e-5),
        (2.577_927_25e-6, 0.000_585_723_303_153_669),
    ];
    const NEAR: [(f64, f64); 9] = [
        (2.427_767_44e5, 584.014_421_691_762_2),
        (5.352_555_27e3, 72.584_507_579_574_88),
        (1.503_559_63e3, 36.258_312_702_801_95),
        (1.087_768_92e3, 30.378_024_980_432_53),
        (2.190_835_30e1, 3.593_416_485_014_456),
        (7.135_088_26e2, 24.124_059_461_659_918),
        (2.234_864_01e3, 45.029_799_314_213_13),
        (5.522_390_60e3, 73.834_536_946_013_98),
        (1.120_778_33e7, 4_744.539_884_048_114),
    ];

    #[test]
    fn the_line_is_that_of_a_published_implementation() {
        let log = |list: &[(f64, f64)]| list.iter().map(|x| x.0.log10()).collect();
        let line = logistic(&Labelled::new(log(&NEAR), log(&ROUTINE)).unwrap()).unwrap();
        for (score, want) in NEAR.iter().chain(&ROUTINE) {
            let got = libm::exp10(line.log10_lr(score.log10()));
            // scikit-learn stops at a gradient of 1e-4, which at the outermost scores is worth half a per cent.
            assert!((got / want - 1.0).abs() < 6e-3, "{score}: {got} for {want}");
        }
    }

    #[test]
    fn what_is_calibrated_stays_and_what_overstates_is_shrunk() {
        // Gaussian log-ratios N(±1, √2²) are calibrated; twice as loud they must come back.
        let grid: Vec<f64> = (-300..=300).map(|n| f64::from(n) / 100.0).collect();
        let mut near = Vec::new();
        for z in &grid {
            let copies = (200.0 * (-0.5 * z * z).exp()).round();
            let mut copy = 0.0;
            while copy < copies {
                near.push((1.0 + std::f64::consts::SQRT_2 * z) / LN_10);
                copy += 1.0;
            }
        }
        let routine = near.iter().map(|x| -x).collect();
        let set = Labelled::new(near, routine).unwrap();
        let line = logistic(&set).unwrap();
        assert!((line.slope_ln_per_log10 - LN_10).abs() < 0.05 && line.intercept_ln.abs() < 1e-9, "{line:?}");
        let louder = logistic(&set.map(|x| 2.0 * x)).unwrap();
        assert!((louder.slope_ln_per_log10 - LN_10 / 2.0).abs() < 0.03, "{louder:?}");
    }

    #[test]
    fn ratios_that_rank_the_wrong_way_are_refused_and_separated_ones_stay_finite() {
        let wrong = Labelled::new(vec![-2.0, -1.0, -1.5], vec![1.0, 2.0, 1.5]).unwrap();
        assert!(matches!(logistic(&wrong), Err(CalibrationError::Slope(b)) if b < 0.0));
        let apart = logistic(&Labelled::new(vec![f64::INFINITY; 5], vec![-3.0; 5]).unwrap()).unwrap();
        assert!(apart.log10_lr(9.0).is_finite() && apart.log10_lr(9.0) > 0.0);
    }
}
