//! Likelihood ratios of which the truth is known.

use std::collections::BTreeMap;

/// Beyond 10⁹ and below 10⁻⁹ a ratio is taken as that: no set of known truth is large enough to speak of more.
pub const CLIP_LOG10: f64 = 9.0;

/// Likelihood ratios computed where the truth is known, as base-10 logarithms, each list from least to greatest.
///
/// `near` are those of questions whose device truly was within the radius; `routine` those whose device kept its routine.
/// Each should come from a device and day of its own: several from one track say the same thing more than once.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    near: Vec<f64>,
    routine: Vec<f64>,
}

/// A list of ratios that nothing can be learned from; retrying does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelledError {
    /// One of the two lists has no entry.
    #[error("no likelihood ratio is labelled {0:?}: both propositions need cases of known truth")]
    Empty(&'static str),
    /// A ratio is not a number.
    #[error("a likelihood ratio labelled {0:?} is not a number")]
    NotANumber(&'static str),
}

impl Labelled {
    /// Puts both lists in order; entries are log10 of likelihood ratios, infinite ones allowed.
    ///
    /// # Errors
    /// [`LabelledError`] if a list is empty or an entry is not a number.
    pub fn new(near: Vec<f64>, routine: Vec<f64>) -> Result<Self, LabelledError> {
        let sorted = |name: &'static str, mut list: Vec<f64>| {
            if list.is_empty() {
                return Err(LabelledError::Empty(name));
            }
            if list.iter().any(|x| x.is_nan()) {
                return Err(LabelledError::NotANumber(name));
            }
            list.sort_unstable_by(f64::total_cmp);
            Ok(list)
        };
        Ok(Self { near: sorted("near", near)?, routine: sorted("routine", routine)? })
    }

    /// Log10 of the ratios whose device truly was near, ascending.
    #[must_use]
    pub fn near(&self) -> &[f64] {
        &self.near
    }

    /// Log10 of the ratios whose device kept its routine, ascending.
    #[must_use]
    pub fn routine(&self) -> &[f64] {
        &self.routine
    }

    /// The set after a change that keeps every number a number.
    #[must_use]
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        let apply = |list: &[f64]| {
            let mut list: Vec<f64> = list.iter().map(|x| change(*x)).collect();
            list.sort_unstable_by(f64::total_cmp);
            list
        };
        Self { near: apply(&self.near), routine: apply(&self.routine) }
    }

    /// A set of numbers that are in order already.
    pub(super) const fn in_order(near: Vec<f64>, routine: Vec<f64>) -> Self {
        Self { near, routine }
    }

    /// The distinct values in ascending order, each with how many of `near` and of `routine` have it.
    pub(super) fn tally(&self) -> Vec<(f64, [usize; 2])> {
        let mut tally: BTreeMap<Ordered, [usize; 2]> = BTreeMap::new();
        for (class, list) in [&self.near, &self.routine].into_iter().enumerate() {
            for x in list {
                // -0 and 0 are one value.
                if let Some(count) = tally.entry(Ordered(*x + 0.0)).or_default().get_mut(class) {
                    *count += 1;
                }
            }
        }
        tally.into_iter().map(|(x, counts)| (x.0, counts)).collect()
    }
}

/// A number in the order of its value.
#[derive(Debug, Clone, Copy)]
struct Ordered(f64);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts of records are below 2^53, where every whole number is exact")]
pub(in crate::evaluate) const fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_learned_from_is_refused() {
        assert_eq!(Labelled::new(vec![], vec![0.0]), Err(LabelledError::Empty("near")));
        assert_eq!(Labelled::new(vec![0.0], vec![f64::NAN]), Err(LabelledError::NotANumber("routine")));
        assert!(Labelled::new(vec![f64::INFINITY], vec![f64::NEG_INFINITY]).is_ok());
    }

    #[test]
    fn the_tally_counts_each_class_once_and_joins_equal_values() {
        let set = Labelled::new(vec![1.0, 0.0, 1.0], vec![-0.0, -2.0]).unwrap();
        assert_eq!(set.tally(), [(-2.0, [0, 1]), (0.0, [1, 1]), (1.0, [2, 0])]);
        assert_eq!(set, Labelled::new(vec![1.0, 1.0, 0.0], vec![-2.0, -0.0]).unwrap(), "whatever the order");
    }
}
