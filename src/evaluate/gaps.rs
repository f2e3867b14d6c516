//! Gaps: when a device was silent. A silence proves nothing, for or against.
//!
//! ```text
//!   fix ●   ● ═══visit═══ ●      (gap: longer than the limit)      ● ●  fix
//!                         from_us ─────────────────────────── to_us
//! ```
//! What lies before the first record and after the last is not a gap: the records do not say when the device's account
//! of itself began or ended.

use super::passes::{Pass, View};

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
    let mut heard_until_us = None;
    records.into_iter().filter_map(|record| gap_before(record, &mut heard_until_us, min_gap_us)).collect()
}

/// The silence that a record ends, if it is longer than `min_gap_us`; the records come by start, microseconds.
fn gap_before((t0_us, t1_us): (i64, i64), heard_until_us: &mut Option<i64>, min_gap_us: i64) -> Option<Gap> {
    let gap = heard_until_us.map(|from_us| Gap { from_us, to_us: t0_us });
    *heard_until_us = (*heard_until_us).max(Some(t1_us.max(t0_us)));
    gap.filter(|gap| gap.to_us > gap.from_us && gap.length_us() > min_gap_us)
}

/// The pass that finds a device's silences longer than this, microseconds; what it knows is until when it was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silences(pub(super) i64);

impl Pass for Silences {
    type State = Option<i64>;
    type Found = Vec<Gap>;

    fn read(&self, heard_until_us: &mut Option<i64>, view: &View<'_>) -> Vec<Gap> {
        let own = view.own().iter();
        own.filter_map(|r| gap_before((r.t0_us, r.t1_us), heard_until_us, self.0)).collect()
    }
}

/// When the devices of a file were heard, kept in bounded memory: one interval for each half hour of each device.
///
/// The silences longer than an hour are exact all the same: the records of one half hour are less than that apart, so
/// such a silence always lies between two half hours, from the last end so far to the first start of the next.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    bins: std::collections::BTreeMap<(u32, i64), (i64, i64)>,
    run: Option<((u32, i64), (i64, i64))>,
}

/// Half the least silence that is reported, microseconds.
const BIN_US: i64 = DEFAULT_MIN_GAP_US / 2;

impl Heard {
    /// Hears a record of a device, by the caller's number for it; UTC microseconds.
    pub fn hear(&mut self, device: u32, t0_us: i64, t1_us: i64) {
        let key = (device, t0_us.div_euclid(BIN_US));
        match &mut self.run {
            // Records mostly come in runs of one device and time: the map is touched once a run.
            Some((known, span)) if *known == key => *span = (span.0.min(t0_us), span.1.max(t1_us)),
            _ => {
                self.settle();
                self.run = Some((key, (t0_us, t1_us)));
            }
        }
    }

    fn settle(&mut self) {
        if let Some((key, span)) = self.run.take() {
            let known = self.bins.entry(key).or_insert(span);
            *known = (known.0.min(span.0), known.1.max(span.1));
        }
    }

    /// The silences longer than an hour, of each device in order of its number, in order of time.
    #[must_use]
    pub fn gaps(mut self) -> Vec<(u32, Gap)> {
        self.settle();
        let mut found = Vec::new();
        let mut last: Option<(u32, i64)> = None;
        for ((device, _), (t0_us, t1_us)) in self.bins {
            let heard_until_us = last.filter(|(d, _)| *d == device).map(|(_, end)| end);
            if let Some(gap) = heard_until_us.map(|from_us| Gap { from_us, to_us: t0_us })
                && gap.length_us() > DEFAULT_MIN_GAP_US
            {
                found.push((device, gap));
            }
            last = Some((device, heard_until_us.map_or(t1_us, |end| end.max(t1_us))));
        }
        found
    }
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

    proptest! {
        #[test]
        fn the_bounded_account_gives_the_same_silences(
            records in prop::collection::vec((0u32..3, 0i64..40, 0i64..3_600, 0i64..3), 0..80)) {
            let us = |minutes: i64| minutes * 60 * crate::time::US_PER_S;
            let records: Vec<(u32, i64, i64)> = records
                .into_iter()
                .map(|(d, hour, second, long)| {
                    let t0 = us(hour * 20) + second * crate::time::US_PER_S;
                    (d, t0, t0 + us(long * 47))
                })
                .collect();
            let mut heard = Heard::default();
            for (d, t0, t1) in &records {
                heard.hear(*d, *t0, *t1);
            }
            let expected: Vec<(u32, Gap)> = (0..3)
                .flat_map(|device| {
                    let own = records.iter().filter(|r| r.0 == device).map(|r| (r.1, r.2));
                    gaps(own, DEFAULT_MIN_GAP_US).into_iter().map(move |g| (device, g))
                })
                .collect();
            prop_assert_eq!(heard.gaps(), expected);
        }
    }
}
