//! Quartiles of values that lie in many sorted lists.
//!
//! ```text
//!   list 1   1 ● 3 ● ─┊─ 8                the middle of the lists' middles parts each list in two; what is asked for is on
//!   list 2     2 ●   ─┊─ 7 ● 9            one side, and the other is left out
//! ```
//! Nothing is put in one order but the little that is left: a list that has changed costs no more than its own sorting. The
//! answers are values that are in the lists, whatever lists they are in.

/// So many values are put in order at once.
#[cfg(not(test))]
const LITTLE: usize = 8_192;
#[cfg(test)]
const LITTLE: usize = 2;

/// The least of the values that no quarter, a quarter, a half, three quarters and all of them do not exceed; not-a-number of
/// none. The lists are sorted by [`f64::total_cmp`].
pub(super) fn quartiles(lists: &[&[f64]]) -> [f64; 5] {
    let all: usize = lists.iter().map(|list| list.len()).sum();
    [0, 1, 2, 3, 4].map(|quarters| {
        match quarters {
            0 => lists.iter().filter_map(|list| list.first()).copied().min_by(f64::total_cmp),
            4 => lists.iter().filter_map(|list| list.last()).copied().max_by(f64::total_cmp),
            _ => at_rank(lists, (all * quarters).div_ceil(4).saturating_sub(1)),
        }
        .unwrap_or(f64::NAN)
    })
}

/// The value that so many stand before if all are put in order.
fn at_rank(lists: &[&[f64]], mut rank: usize) -> Option<f64> {
    let mut left: Vec<&[f64]> = lists.iter().copied().filter(|list| !list.is_empty()).collect();
    while left.iter().map(|list| list.len()).sum::<usize>() > LITTLE {
        let middles = left.iter().filter_map(|list| list.get(list.len() / 2)).copied().collect();
        let middle = nth(middles, left.len() / 2)?;
        let (mut below, mut equal) = (0, 0);
        let parts: Vec<[&[f64]; 2]> = left
            .iter()
            .map(|list| {
                let (low, rest) = list.split_at(list.partition_point(|value| value.total_cmp(&middle).is_lt()));
                let (same, high) = rest.split_at(rest.partition_point(|value| value.total_cmp(&middle).is_eq()));
                (below, equal) = (below + low.len(), equal + same.len());
                [low, high]
            })
            .collect();
        // The middle itself is on neither side, so that less is left each time.
        if rank < below {
            left = parts.into_iter().map(|[low, _]| low).collect();
        } else if rank < below + equal {
            return Some(middle);
        } else {
            rank -= below + equal;
            left = parts.into_iter().map(|[_, high]| high).collect();
        }
        left.retain(|list| !list.is_empty());
    }
    nth(left.concat(), rank)
}

/// The value that so many of these stand before.
fn nth(mut values: Vec<f64>, rank: usize) -> Option<f64> {
    (rank < values.len()).then(|| *values.select_nth_unstable_by(rank, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The least of the sorted values that a share of them does not exceed.
    fn quantile(sorted: &[f64], share: f64) -> f64 {
        let real = |n: usize| f64::from(u32::try_from(n).unwrap());
        let at = (0..sorted.len()).find(|at| real(at + 1) >= share * real(sorted.len()));
        at.map_or(f64::NAN, |at| sorted[at])
    }

    proptest! {
        #[test]
        fn lists_have_the_quartiles_of_all_their_values(
            mut lists in prop::collection::vec(prop::collection::vec(
                prop_oneof![-3.0..3.0_f64, 0.0..1e7_f64, (0..4_i32).prop_map(f64::from), Just(-0.0)], 0..12), 0..8)) {
            let mut all: Vec<f64> = lists.concat();
            all.sort_unstable_by(f64::total_cmp);
            for list in &mut lists {
                list.sort_unstable_by(f64::total_cmp);
            }
            let lists: Vec<&[f64]> = lists.iter().map(Vec::as_slice).collect();
            let expected = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&all, share));
            prop_assert_eq!(quartiles(&lists).map(f64::to_bits), expected.map(f64::to_bits));
        }
    }
}
