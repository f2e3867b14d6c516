//! How far a figure of a validation would move with another draw of cases.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::labelled::Labelled;

/// A figure and the interval that holds 95 % of its bootstrap replicates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The figure of the whole set.
    pub value: f64,
    /// The 2.5 % quantile of its replicates.
    pub low: f64,
    /// The 97.5 % quantile.
    pub high: f64,
}

/// A figure of a labelled set with its interval from `times` resamples of each class with replacement.
///
/// The same set and seed give the same interval on every machine, in whatever order the set came. Source: Efron &
/// Tibshirani, An Introduction to the Bootstrap (1993), chapter 13 (percentile interval).
#[must_use]
pub fn bootstrap(set: &Labelled, times: u32, seed: u64, figure: impl Fn(&Labelled) -> f64) -> Measured {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut replicates: Vec<f64> = (0..times)
        .map(|_| {
            let near = resample(set.near(), &mut rng);
            figure(&Labelled::in_order(near, resample(set.routine(), &mut rng)))
        })
        .collect();
    replicates.sort_unstable_by(f64::total_cmp);
    let value = figure(set);
    let at = |per_mille: usize| {
        let last = replicates.len().saturating_sub(1);
        replicates.get(last * per_mille / 1000).copied().unwrap_or(value)
    };
    Measured { value, low: at(25), high: at(975) }
}

/// As many draws as the list has entries, in the list's order.
fn resample(list: &[f64], rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut times = vec![0_u32; list.len()];
    for _ in list {
        if let Some(count) = below(rng, list.len()).and_then(|at| times.get_mut(at)) {
            *count += 1;
        }
    }
    list.iter().zip(times).flat_map(|(x, count)| std::iter::repeat_n(*x, count as usize)).collect()
}

/// A whole number below `limit`; the bias of the remainder is below 2⁻³² for any list that fits in memory.
pub(super) fn below(rng: &mut ChaCha8Rng, limit: usize) -> Option<usize> {
    let limit = u64::try_from(limit).ok().filter(|l| *l > 0)?;
    usize::try_from(rng.next_u64() % limit).ok()
}

#[cfg(test)]
mod tests {
    use super::super::labelled::real;
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_law() {
        // 400 values 0..399: the mean's standard error is sqrt((400² - 1) / 12) / 20 = 5.77.
        let values: Vec<f64> = (0..400).map(f64::from).collect();
        let set = Labelled::new(values, vec![0.0]).unwrap();
        let mean = |s: &Labelled| s.near().iter().sum::<f64>() / real(s.near().len());
        let got = bootstrap(&set, 2000, 1, mean);
        assert_eq!(got.value, 199.5);
        assert!((got.high - got.low - 2.0 * 1.96 * 5.77).abs() < 2.0, "{got:?}");
        assert_eq!(got, bootstrap(&set, 2000, 1, mean), "the same seed");
        assert_ne!(got, bootstrap(&set, 2000, 2, mean), "another seed");
    }
}
