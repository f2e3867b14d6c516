//! The best monotone recalibration: pool adjacent violators.
//!
//! ```text
//!   share of near      ┌───        the steps that rise from left to right and lie nearest to the labels; a step that
//!   among those   ┌────┘           would fall is pooled with its neighbour
//!   at the score ─┘
//!                ──────> log10 LR
//! ```
//! Source: Ayer et al., Ann. Math. Stat. 26 (1955) 641-647; as a recalibration of likelihood ratios: Brümmer & du Preez
//! (2006), see [`super::cost`].

use super::labelled::{Labelled, real};

/// Neighbouring scores with one share of near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// The greatest score in it, log10 of a likelihood ratio.
    pub to_log10: f64,
    /// How many of those truly near have a score in it.
    pub near: usize,
    /// How many of those on their routine.
    pub routine: usize,
}

/// The steps of the recalibration, in the order of their scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Pav {
    blocks: Vec<Block>,
    log10_routine_per_near: f64,
}

/// Fits the steps to a labelled set; equal scores are always in one step.
#[must_use]
pub fn pav(set: &Labelled) -> Pav {
    let mut blocks: Vec<Block> = Vec::new();
    for (to_log10, [near, routine]) in set.tally() {
        let mut block = Block { to_log10, near, routine };
        // Shares compared as products, so that nothing is rounded.
        while let Some(last) = blocks.last()
            && last.near * (block.near + block.routine) >= block.near * (last.near + last.routine)
        {
            block = Block { near: block.near + last.near, routine: block.routine + last.routine, ..block };
            blocks.pop();
        }
        blocks.push(block);
    }
    Pav { blocks, log10_routine_per_near: libm::log10(real(set.routine().len()) / real(set.near().len())) }
}

impl Pav {
    /// The steps, ascending.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Log10 of the recalibrated likelihood ratio of a step; infinite where it holds one class only.
    #[must_use]
    pub fn log10_lr_of(&self, block: &Block) -> f64 {
        libm::log10(real(block.near) / real(block.routine)) + self.log10_routine_per_near
    }

    /// Log10 of the recalibrated likelihood ratio of a score: that of the first step that reaches it, or of the last.
    #[must_use]
    pub fn log10_lr(&self, score_log10: f64) -> f64 {
        let at = self.blocks.partition_point(|b| b.to_log10 < score_log10);
        self.blocks.get(at).or(self.blocks.last()).map_or(0.0, |block| self.log10_lr_of(block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn almost_interleaved_scores_leave_only_the_ends_apart() {
        // lir, tests/test_calibration.py, test_lr_almost_1.
        let routine: Vec<f64> = (0..10).map(|n| f64::from(n) / 10.0).collect();
        let near: Vec<f64> = (0..10).map(|n| f64::from(n) / 10.0 + 0.05).collect();
        let fit = pav(&Labelled::new(near, routine).unwrap());
        assert_eq!(fit.log10_lr(0.0), f64::NEG_INFINITY);
        assert!(fit.log10_lr(0.05).abs() < 1e-12 && fit.log10_lr(0.9).abs() < 1e-12);
        assert_eq!(fit.log10_lr(0.95), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn the_steps_are_those_of_the_max_min_formula(
            near in prop::collection::vec(0..12_i32, 1..15), routine in prop::collection::vec(0..12_i32, 1..15)) {
            // Robertson, Wright & Dykstra, Order Restricted Statistical Inference (1988), eq. 1.4.1: the isotonic fit at i
            // is the greatest over a <= i of the least over b >= i of the mean from a to b.
            let real_list = |list: &[i32]| list.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
            let set = Labelled::new(real_list(&near), real_list(&routine)).unwrap();
            let (fit, tally) = (pav(&set), set.tally());
            let mean = |from: usize, to: usize| {
                let sum = |class: usize| tally[from..=to].iter().map(|t| t.1[class]).sum::<usize>();
                real(sum(0)) / real(sum(0) + sum(1))
            };
            for i in 0..tally.len() {
                let best = (0..=i)
                    .map(|a| (i..tally.len()).map(|b| mean(a, b)).fold(f64::INFINITY, f64::min))
                    .fold(f64::NEG_INFINITY, f64::max);
                let lr = libm::exp10(fit.log10_lr(tally[i].0)) * real(near.len()) / real(routine.len());
                let share = if lr.is_infinite() { 1.0 } else { lr / (1.0 + lr) };
                prop_assert!((share - best).abs() < 1e-9, "{share} {best} at {i}");
            }
        }
    }
}
