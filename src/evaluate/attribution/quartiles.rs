//! Quartiles of values that lie in many sorted lists.
//!
//! ```text
//!   list 1   1 ● 3 ● ─┊─ 8                the values at most as great as a guess are counted in each list;
//!   list 2     2 ●   ─┊─ 7 ● 9            each count halves what is left to guess among
//! ```
//! Nothing is put in one order: a list that has changed costs no more than its own sorting. The answers are values that are in
//! the lists, whatever lists they are in.

/// The bits that are not the sign's.
const SIGN: u64 = 1 << 63;

/// The least of the values that no quarter, a quarter, a half, three quarters and all of them do not exceed; not-a-number of
/// none. The lists are sorted, and all values are numbers.
pub(super) fn quartiles(lists: &[&[f64]]) -> [f64; 5] {
    let all: usize = lists.iter().map(|list| list.len()).sum();
    [0, 1, 2, 3, 4].map(|quarters| at_rank(lists, (all * quarters).div_ceil(4).saturating_sub(1)))
}

/// The value that so many stand before if all are put in order.
fn at_rank(lists: &[&[f64]], rank: usize) -> f64 {
    let mut left: Vec<&[f64]> = lists.iter().copied().filter(|list| !list.is_empty()).collect();
    let least = left.iter().filter_map(|list| list.first()).map(|value| place(*value)).min();
    let most = left.iter().filter_map(|list| list.last()).map(|value| place(*value)).max();
    let (Some(mut least), Some(mut most)) = (least, most) else { return f64::NAN };
    let mut below = 0;
    while least < most {
        let middle = least.midpoint(most);
        let halves = left.iter().map(|list| list.split_at(list.partition_point(|value| place(*value) <= middle)));
        let (low, high): (Vec<&[f64]>, Vec<&[f64]>) = halves.unzip();
        let at_most = below + low.iter().map(|list| list.len()).sum::<usize>();
        if at_most > rank {
            (most, left) = (middle, low);
        } else {
            (least, below, left) = (middle + 1, at_most, high);
        }
        left.retain(|list| !list.is_empty());
    }
    value(least)
}

/// Whole numbers that stand in the order of [`f64::total_cmp`].
const fn place(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

const fn value(place: u64) -> f64 {
    f64::from_bits(if place & SIGN == 0 { !place } else { place & !SIGN })
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
