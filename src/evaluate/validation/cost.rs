//! What a set of likelihood ratios costs somebody who acts on it: `Cllr`, and the cross-entropy at other prior odds.
//!
//! ```text
//!            1   /  mean   log2(1 + 1/LR)   +    mean    log2(1 + LR)  \      0  perfect
//!    Cllr = --- (   near                        routine                 )     1  always LR = 1: says nothing
//!            2   \                                                     /     > 1 misleads: worse than silence
//! ```
//! Source: Brümmer & du Preez, Application-independent evaluation of speaker detection, Computer Speech and Language 20
//! (2006) 230-275. `Cllr_min` is the cost after the best monotone recalibration ([`mod@super::pav`]): what is left is
//! lack of discrimination, and the difference is lack of calibration.

use std::f64::consts::{LN_2, LN_10};

use super::labelled::{Labelled, real};
use super::pav::pav;

/// log2(1 + 10^x), for any x, infinite ones too.
fn bits(log10: f64) -> f64 {
    let x = log10 * LN_10;
    let soft = if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) };
    soft / LN_2
}

/// The cost of the likelihood ratios, bits; 0 is perfect, 1 is that of saying nothing.
#[must_use]
pub fn cllr(set: &Labelled) -> f64 {
    cross_entropy(set, 0.0)
}

/// The cost that is left after the best monotone recalibration, bits: between 0 and 1, never above [`cllr`].
#[must_use]
pub fn cllr_min(set: &Labelled) -> f64 {
    let fit = pav(set);
    let (mut near, mut routine) = (0.0, 0.0);
    for block in fit.blocks() {
        // A block without one class has an infinite ratio that costs the other nothing.
        if block.near > 0 {
            near += real(block.near) * bits(-fit.log10_lr_of(block));
        }
        if block.routine > 0 {
            routine += real(block.routine) * bits(fit.log10_lr_of(block));
        }
    }
    f64::midpoint(near / real(set.near().len()), routine / real(set.routine().len()))
}

/// The empirical cross-entropy at prior odds of near to routine, as a base-10 logarithm; bits.
///
/// At even odds (0) it is [`cllr`]. Source: Ramos & Gonzalez-Rodriguez, Reliable support: measuring calibration of
/// likelihood ratios, Forensic Science International 230 (2013) 156-169.
#[must_use]
pub fn cross_entropy(set: &Labelled, log10_prior_odds: f64) -> f64 {
    let mean = |list: &[f64], sign: f64| {
        list.iter().map(|x| bits(sign * (x + log10_prior_odds))).sum::<f64>() / real(list.len())
    };
    let prior = 1.0 / (1.0 + libm::exp10(-log10_prior_odds));
    prior * mean(set.near(), -1.0) + (1.0 - prior) * mean(set.routine(), 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_ratios(near: &[f64], routine: &[f64]) -> Labelled {
        let log = |list: &[f64]| list.iter().map(|x| x.log10()).collect();
        Labelled::new(log(near), log(routine)).unwrap()
    }

    #[test]
    fn the_cost_is_that_of_a_published_implementation() {
        // NetherlandsForensicInstitute/lir, tests/test_metrics.py, test_calculate_cllr: routine first there.
        let hundredths = |extra: usize| [vec![0.01; 100], vec![100.0; extra]].concat();
        let table: [(f64, Vec<f64>, Vec<f64>); 9] = [
            (1.0, vec![1.0; 2], vec![1.0; 2]),
            (2.0, vec![3.0; 20], vec![1.0 / 3.0; 20]),
            (0.415_037_499_278_843_7, vec![1.0 / 3.0; 2], vec![3.0; 2]),
            (0.707_518_749_639_421_9, vec![1.0 / 3.0; 2], vec![1.0]),
            (0.507_177_646_488_535, hundredths(0), vec![1.0]),
            (0.540_068_023_665_637_7, hundredths(1), vec![1.0]),
            (0.695_211_312_236_876_4, hundredths(6), vec![1.0]),
            (1.084_962_500_721_156_3, vec![2.0], vec![2.0; 2]),
            (1.669_925_001_442_312_6, vec![8.0], vec![8.0; 8]),
        ];
        for (want, routine, near) in table {
            let got = cllr(&of_ratios(&near, &routine));
            assert!((got - want).abs() < 1e-12, "{got} for {want}");
        }
    }

    #[test]
    fn infinite_ratios_cost_nothing_on_their_own_side_and_everything_on_the_other() {
        let (inf, none) = (f64::INFINITY, f64::NEG_INFINITY);
        let cost = |near: &[f64], routine: &[f64]| cllr(&Labelled::new(near.to_vec(), routine.to_vec()).unwrap());
        assert_eq!(cost(&[inf], &[none]), 0.0);
        assert_eq!(cost(&[inf], &[0.0]), 0.5);
        assert_eq!(cost(&[0.0], &[inf]), f64::INFINITY);
    }

    #[test]
    fn gaussian_log_ratios_cost_what_the_integral_says() {
        // LLR ~ N(±2, 2²) is calibrated; davidavdav/ROCAnalysis.jl, test/big.jl, states 0.5140558. Here by quantiles of
        // the normal law, so that nothing is left to chance.
        let steps = 20_000;
        let near: Vec<f64> =
            (0..steps).map(|n| (2.0 + 2.0 * quantile((f64::from(n) + 0.5) / f64::from(steps))) / LN_10).collect();
        let routine = near.iter().map(|x| -x).collect();
        let set = Labelled::new(near, routine).unwrap();
        assert!((cllr(&set) - 0.514_055_8).abs() < 2e-5, "{}", cllr(&set));
        assert!((cllr_min(&set) - 0.514_055_8).abs() < 1e-3, "{}", cllr_min(&set));
        // Ratios that claim twice as much on the logarithmic scale are worse, and as good once recalibrated.
        let louder = set.map(|x| 2.0 * x);
        assert!(cllr(&louder) > 0.6, "{}", cllr(&louder));
        assert!((cllr_min(&louder) - cllr_min(&set)).abs() < 1e-12);
    }

    /// The normal law's quantile, by bisection of erfc.
    fn quantile(p: f64) -> f64 {
        let (mut low, mut high) = (-9.0, 9.0);
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2) < p { low = middle } else { high = middle }
        }
        low
    }

    #[test]
    fn what_is_calibrated_already_is_not_improved() {
        // lir, tests/test_calibration.py, test_cllrmin: sets that isotonic regression leaves as they are.
        for (routine, near) in [
            (vec![1.0; 10], vec![1.0; 10]),
            (vec![4.0, 0.25, 0.25, 0.25, 0.25, 1.0], vec![4.0, 4.0, 4.0, 4.0, 0.25, 1.0]),
        ] {
            let set = of_ratios(&near, &routine);
            assert!((cllr(&set) - cllr_min(&set)).abs() < 1e-12, "{} {}", cllr(&set), cllr_min(&set));
        }
    }

    proptest! {
        #[test]
        fn recalibration_never_costs_more_and_the_order_of_the_ratios_is_all_that_it_sees(
            near in prop::collection::vec(-5.0..5.0_f64, 1..40), routine in prop::collection::vec(-5.0..5.0_f64, 1..40)) {
            let set = Labelled::new(near, routine).unwrap();
            let least = cllr_min(&set);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&least), "{least}");
            prop_assert!(least <= cllr(&set) + 1e-12);
            prop_assert!((cllr_min(&set.map(|x| x.powi(3) - 2.0)) - least).abs() < 1e-12);
        }
    }
}
