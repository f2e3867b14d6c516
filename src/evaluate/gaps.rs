//! Gaps: when a device was silent. A silence proves nothing, for or against.
//!
//! ```text
//!   fix ●   ● ═══visit═══ ●      (gap: longer than the limit)      ● ●  fix
//!                         from_us ─────────────────────────── to_us
//! ```
//! What lies before the first record and after the last is not a gap: the records do not say when the device's account
//! of itself began or ended.

/// A silence of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The end of the last record before it, UTC microseconds.
    pub from_us: i64,
    /// The start of the first record after it, UTC microseconds.
    pub to_us: i64,
}

impl Gap {
    /// How long it lasted, microseconds.
    #[must_use]
    pub const fn length_us(&self) -> i64 {
        self.to_us.saturating_sub(self.from_us)
    }
}

/// A silence this long or shorter is not worth a line: one hour, microseconds.
pub const DEFAULT_MIN_GAP_US: i64 = 3_600 * crate::time::US_PER_S;

/// The silences of one device longer than `min_gap_us`, in order of time.
///
/// `records` are its fixes' intervals `(t0_us, t1_us)`, UTC microseconds, in any order; a moment has both ends equal.
/// A long interval (a visit) is not silence, though nothing else was recorded during it.
#[must_use]
pub fn gaps(records: impl IntoIterator<Item = (i64, i64)>, min_gap_us: i64) -> Vec<Gap> {
    let mut records: Vec<(i64, i64)> = records.into_iter().collect();
    records.sort_unstable();
    let mut gaps = Vec::new();
    let mut heard_until_us: Option<i64> = None;
    for (t0_us, t1_us) in records {
        if let Some(from_us) = heard_until_us {
            let gap = Gap { from_us, to_us: t0_us };
            if t0_us > from_us && gap.length_us() > min_gap_us {
                gaps.push(gap);
            }
        }
        heard_until_us = heard_until_us.max(Some(t1_us.max(t0_us)));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_silences_longer_than_the_limit_count() {
        let h = DEFAULT_MIN_GAP_US;
        assert_eq!(gaps([(0, 0), (h, h)], h), []);
        assert_eq!(gaps([(0, 0), (h + 1, h + 1)], h), [Gap { from_us: 0, to_us: h + 1 }]);
        assert_eq!(gaps([(5, 5)], 0), []);
        assert_eq!(gaps([], 0), []);
    }

    #[test]
    fn a_visit_is_not_silence_even_after_a_shorter_record_within_it() {
        assert_eq!(gaps([(0, 100), (10, 10), (105, 105)], 10), []);
        assert_eq!(gaps([(0, 100), (10, 10), (120, 130)], 10), [Gap { from_us: 100, to_us: 120 }]);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let all = gaps([(i64::MAX, i64::MAX), (i64::MIN, i64::MIN)], 10);
        assert_eq!(all, [Gap { from_us: i64::MIN, to_us: i64::MAX }]);
        assert_eq!(all[0].length_us(), i64::MAX);
    }

    proptest! {
        #[test]
        fn a_gap_is_a_maximal_stretch_without_any_record(
            raw in prop::collection::vec((0_i64..200, 0_i64..20), 0..20), min in 0_i64..15, by in 0..20_usize,
        ) {
            let mut records: Vec<_> = raw.into_iter().map(|(t, l)| (t, t + l)).collect();
            let found = gaps(records.iter().copied(), min);
            // By microsecond: heard or not, between the first and the last.
            let heard = |us: i64| records.iter().any(|r| (r.0..=r.1).contains(&us));
            let (first, last) = (records.iter().map(|r| r.0).min(), records.iter().map(|r| r.1).max());
            let mut want = Vec::new();
            for us in first.unwrap_or(0)..last.unwrap_or(0) {
                if heard(us) {
                    let to_us = (us + 1..=220).find(|&next| heard(next)).unwrap();
                    if to_us - us > min && (us + 1 < to_us || !records.iter().any(|r| r.0 <= us && r.1 >= to_us)) {
                        want.push(Gap { from_us: us, to_us });
                    }
                }
            }
            prop_assert_eq!(&found, &want);
            let turn = by.min(records.len());
            records.rotate_left(turn);
            prop_assert_eq!(gaps(records, min), found);
        }
    }
}
