//! How long a device was observed at all: what the numbers of visits are to be read against.

use super::super::chunks::Chunked;
use super::super::passes::{Pass, Passed, View};

/// The stretches during which a device is not silent for longer than `silence_us`, in order; UTC microseconds.
///
/// `intervals` are its records' `(t0_us, t1_us)` by start.
pub(in crate::evaluate) fn observed(
    intervals: impl IntoIterator<Item = (i64, i64)>,
    silence_us: i64,
) -> Vec<(i64, i64)> {
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for (t0_us, t1_us) in intervals {
        match stretches.last_mut() {
            Some((_, until_us)) if t0_us.saturating_sub(*until_us) <= silence_us => *until_us = t1_us.max(*until_us),
            _ => stretches.push((t0_us, t1_us)),
        }
    }
    stretches
}

/// The pass that finds the stretches of each chunk, at this silence, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evaluate) struct Stretches(i64);

impl Pass for Stretches {
    type State = ();
    type Found = Vec<(i64, i64)>;

    fn read(&self, (): &mut (), view: &View<'_>) -> Vec<(i64, i64)> {
        observed(view.own().iter().map(|record| (record.t0_us, record.t1_us)), self.0)
    }
}

impl Stretches {
    /// As [`observed`] of a device's records, of which only what has changed is read again.
    pub(in crate::evaluate) fn of(device: &Chunked<'_>, silence_us: i64, passed: &mut Passed<Self>) -> Vec<(i64, i64)> {
        let chunks = passed.of(&Self(silence_us), device).chunks;
        // Stretches of chunks that no silence parts are one.
        observed(chunks.into_iter().flat_map(|(_, stretches)| stretches).copied(), silence_us)
    }
}

/// The time that stretches have in common with `[from_us, to_us]`, microseconds.
pub(in crate::evaluate) fn within_us(stretches: &[(i64, i64)], from_us: i64, to_us: i64) -> i64 {
    let common = |(a, b): &(i64, i64)| (*b).min(to_us).saturating_sub((*a).max(from_us)).max(0);
    stretches.iter().map(common).fold(0, i64::saturating_add)
}

/// The time that two lists of stretches have in common, microseconds.
pub(in crate::evaluate) fn common_us(mut a: &[(i64, i64)], mut b: &[(i64, i64)]) -> i64 {
    let mut sum_us = 0_i64;
    while let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first()) {
        sum_us = sum_us.saturating_add(x.1.min(y.1).saturating_sub(x.0.max(y.0)).max(0));
        if x.1 < y.1 { a = rest_a } else { b = rest_b }
    }
    sum_us
}

/// One list from several: the time during which at least one is observed.
pub(in crate::evaluate) fn either(lists: impl IntoIterator<Item = Vec<(i64, i64)>>) -> Vec<(i64, i64)> {
    let mut all: Vec<(i64, i64)> = lists.into_iter().flatten().collect();
    all.sort_unstable();
    observed(all, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_in_common_are_those_counted_one_by_one(
            a in prop::collection::vec((0_i64..300, 0_i64..20), 0..12),
            b in prop::collection::vec((0_i64..300, 0_i64..20), 0..12), silence in 0_i64..15) {
            let list = |raw: Vec<(i64, i64)>| {
                let mut raw: Vec<_> = raw.into_iter().map(|(t, l)| (t, t + l)).collect();
                raw.sort_unstable();
                observed(raw, silence)
            };
            let (a, b) = (list(a), list(b));
            // Unit by unit: [us, us + 1] counts where a stretch covers it.
            let on = |list: &[(i64, i64)], us: i64| list.iter().any(|s| s.0 <= us && us < s.1);
            let units = |from, to| i64::try_from((from..to).filter(|us| on(&a, *us)).count()).unwrap();
            prop_assert_eq!(within_us(&a, 50, 200), units(50, 200));
            let both = (0..400).filter(|us| on(&a, *us) && on(&b, *us)).count();
            prop_assert_eq!(common_us(&a, &b), i64::try_from(both).unwrap());
            let any = (0..400).filter(|us| on(&a, *us) || on(&b, *us)).count();
            prop_assert_eq!(within_us(&either([a, b]), 0, 400), i64::try_from(any).unwrap());
        }
    }

    #[test]
    fn a_silence_is_not_observed_and_a_short_record_inside_a_long_one_does_not_end_it() {
        assert_eq!(observed([(0, 100), (10, 10), (110, 110), (150, 160)], 10), [(0, 110), (150, 160)]);
    }
}
