//! The median of the intervals between a device's fixes, from what each chunk of its records counts.
//!
//! ```text
//!   chunk 0   10 s ×4   30 s ×9                half of the values is cut off with all that lie in it, until few are left
//!   chunk 1   10 s ×2   31 s ×1   60 s ×5      ──┼──   ─┼─   ┼
//! ```
//! Counts of whole microseconds: in whatever chunks they were counted, the median is the same.

/// The intervals of a chunk by length, microseconds, each with how many are at most as long.
pub(super) type Counted = Box<[(u32, u32)]>;

/// So few different lengths are put in order.
const FEW: usize = 4_096;

/// Counts intervals by their length.
pub(super) fn counted(mut intervals_us: Vec<u32>) -> Counted {
    intervals_us.sort_unstable();
    let mut counted: Vec<(u32, u32)> = Vec::new();
    for (us, count) in intervals_us.into_iter().zip(1..) {
        match counted.last_mut().filter(|(last_us, _)| *last_us == us) {
            Some((_, sum)) => *sum = count,
            None => counted.push((us, count)),
        }
    }
    counted.into()
}

/// The lengths of a chunk that may be the median.
#[derive(Clone, Copy)]
struct Candidates<'a> {
    of: &'a [(u32, u32)],
    from: usize,
    to: usize,
}

impl<'a> Candidates<'a> {
    fn left(&self) -> &'a [(u32, u32)] {
        self.of.get(self.from..self.to).unwrap_or_default()
    }

    /// How many intervals there are of the first so many lengths.
    fn intervals(&self, lengths: usize) -> usize {
        let up_to = lengths.checked_sub(1).and_then(|last| self.of.get(last)).map_or(0, |(_, count)| *count);
        usize::try_from(up_to).unwrap_or(usize::MAX)
    }

    /// How many of the lengths, from the first on, are at most this.
    fn up_to(&self, us: u32) -> usize {
        self.from + self.left().partition_point(|(length_us, _)| *length_us <= us)
    }
}

/// The median of what was counted in all chunks, microseconds: of an even number the later of the two in the middle.
pub(super) fn median_us<'a>(chunks: impl Iterator<Item = &'a Counted>) -> Option<i64> {
    let all = chunks.filter(|of| !of.is_empty()).map(|of| Candidates { of, from: 0, to: of.len() });
    let mut all: Vec<Candidates<'_>> = all.collect();
    let mut rank = all.iter().map(|one| one.intervals(one.to)).sum::<usize>() / 2;
    let mut least_us = all.iter().filter_map(|one| Some(one.of.first()?.0)).min()?;
    let mut most_us = all.iter().filter_map(|one| Some(one.of.last()?.0)).max()?;
    while least_us < most_us && all.iter().map(|one| one.to - one.from).sum::<usize>() > FEW {
        let middle_us = least_us + (most_us - least_us) / 2;
        let below: usize = all.iter().map(|one| one.intervals(one.up_to(middle_us)) - one.intervals(one.from)).sum();
        if rank < below {
            most_us = middle_us;
            for one in &mut all {
                one.to = one.up_to(middle_us);
            }
        } else {
            (rank, least_us) = (rank - below, middle_us + 1);
            for one in &mut all {
                one.from = one.up_to(middle_us);
            }
        }
    }
    let counts = all.iter().flat_map(|one| {
        let before = one.intervals(one.from);
        let lengths = (one.from..one.to).zip(one.left());
        lengths.scan(before, |before, (at, (us, _))| {
            let count = one.intervals(at + 1) - std::mem::replace(before, one.intervals(at + 1));
            Some((*us, count))
        })
    });
    let mut counts: Vec<(u32, usize)> = counts.collect();
    counts.sort_unstable();
    let median = counts.into_iter().find(|(_, count)| {
        let is = rank < *count;
        rank = rank.saturating_sub(*count);
        is
    });
    median.map(|(us, _)| i64::from(us))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn anew(mut all: Vec<u32>) -> Option<i64> {
        all.sort_unstable();
        all.get(all.len() / 2).map(|us| i64::from(*us))
    }

    proptest! {
        #[test]
        fn the_median_is_that_of_all_at_once(
            chunks in prop::collection::vec(prop::collection::vec(0..40_u32, 0..9), 0..9)) {
            let counts: Vec<Counted> = chunks.iter().cloned().map(counted).collect();
            prop_assert_eq!(median_us(counts.iter()), anew(chunks.concat()));
        }

        #[test]
        fn many_lengths_are_halved_first(seed in any::<u32>(), chunks in 1..12_u32, width in 1..u32::MAX) {
            let mix = |n: u32| (n ^ seed).wrapping_mul(0x9E37_79B1).rotate_left(13).wrapping_mul(0x85EB_CA77) % width;
            let chunks: Vec<Vec<u32>> = (0..chunks).map(|c| (c * 1_024..(c + 1) * 1_024).map(mix).collect()).collect();
            let counts: Vec<Counted> = chunks.iter().cloned().map(counted).collect();
            prop_assert_eq!(median_us(counts.iter()), anew(chunks.concat()));
        }
    }
}
