//! In which hours of the wall clock a device was recorded, as bits.

use super::wall_clock::{DAY_US, HOUR_US, is_weekend};

/// Hours in a day.
const DAY_HOURS: i64 = 24;
/// Bits in a word.
const WORD: usize = 64;

/// A set of hours from a first day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hours {
    /// The first hour, in hours since 1970-01-01T00:00 of the wall clock; the start of a day.
    first: i64,
    words: Vec<u64>,
}

/// The wall clock's times that a set of hours must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    first_day: i64,
    days: usize,
}

impl Frame {
    /// From the day of the earliest to that of the latest time; `None` without any.
    pub(super) fn of(times_us: impl Iterator<Item = i64>) -> Option<Self> {
        let mut days = times_us.map(|us| us.div_euclid(DAY_US));
        let one = days.next()?;
        let (first_day, last) = days.fold((one, one), |(low, high), day| (low.min(day), high.max(day)));
        Some(Self { first_day, days: usize::try_from(last - first_day + 1).ok()? })
    }

    /// Days from the first to the last.
    pub(super) const fn days(self) -> usize {
        self.days
    }

    fn empty(self) -> Hours {
        Hours { first: self.first_day * DAY_HOURS, words: vec![0; (self.days * 24).div_ceil(WORD)] }
    }

    /// The hours of Saturdays and Sundays.
    pub(super) fn weekends(self) -> Hours {
        let mut hours = self.empty();
        let days = (self.first_day..).take(self.days).filter(|day| is_weekend(*day));
        for day in days {
            hours.add(day * DAY_US, day * DAY_US + DAY_US - 1);
        }
        hours
    }

    /// The hours that intervals of time touch.
    pub(super) fn touched(self, intervals: impl Iterator<Item = (i64, i64)>) -> Hours {
        let mut hours = self.empty();
        for (start_us, end_us) in intervals {
            hours.add(start_us, end_us);
        }
        hours
    }
}

impl Hours {
    fn add(&mut self, start_us: i64, end_us: i64) {
        let last = i64::try_from(self.words.len() * WORD).unwrap_or(i64::MAX) - 1;
        let at = |us: i64| us.div_euclid(HOUR_US) - self.first;
        let (from, to) = (at(start_us).max(0), at(end_us).min(last));
        for bit in from..=to {
            if let Ok(bit) = usize::try_from(bit)
                && let Some(word) = self.words.get_mut(bit / WORD)
            {
                *word |= 1 << (bit % WORD);
            }
        }
    }

    /// Whether the hour of a time is in the set.
    pub(super) fn has(&self, us: i64) -> bool {
        let bit = usize::try_from(us.div_euclid(HOUR_US) - self.first).ok();
        bit.and_then(|bit| self.words.get(bit / WORD).map(|word| word >> (bit % WORD) & 1 == 1)).unwrap_or(false)
    }

    /// How many hours are in the set.
    pub(super) fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The hours in both; both sets have one frame.
    pub(super) fn and(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect();
        Self { first: self.first, words }
    }

    /// The hours that are in both or in neither.
    pub(super) fn same(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| !(a ^ b)).collect();
        Self { first: self.first, words }
    }

    /// The set `days` later (earlier if negative) in the same frame: what leaves the frame is lost.
    pub(super) fn later(&self, days: i64) -> Self {
        let bits = usize::try_from(days.unsigned_abs()).map_or(usize::MAX, |days| days.saturating_mul(24));
        let (skip, turn) = (bits / WORD, bits % WORD);
        let word = |at: Option<usize>| at.and_then(|at| self.words.get(at)).copied().unwrap_or(0);
        let words = (0..self.words.len()).map(|at| {
            let (near, far) = if days >= 0 {
                (word(at.checked_sub(skip)), word(at.checked_sub(skip.saturating_add(1))))
            } else {
                (word(at.checked_add(skip)), word(at.saturating_add(skip).checked_add(1)))
            };
            match (turn, days >= 0) {
                (0, _) => near,
                (_, true) => near << turn | far >> (WORD - turn),
                (_, false) => near >> turn | far << (WORD - turn),
            }
        });
        Self { first: self.first, words: words.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_what_a_list_of_hours_holds(
            raw in prop::collection::vec((0_i64..400, 0_i64..30), 1..20), days in -20_i64..20) {
            let raw: Vec<(i64, i64)> = raw.into_iter().map(|(start, long)| (start * HOUR_US + 5, (start + long) * HOUR_US)).collect();
            let frame = Frame::of([0, 450 * HOUR_US].into_iter()).unwrap();
            let hours = frame.touched(raw.iter().copied());
            let later = hours.later(days);
            let heard = |hour: i64| raw.iter().any(|r| r.0.div_euclid(HOUR_US) <= hour && hour <= r.1.div_euclid(HOUR_US));
            let end = i64::try_from(frame.days()).unwrap() * 24;
            let mut count = 0;
            for hour in 0..end {
                prop_assert_eq!(hours.has(hour * HOUR_US + 7), heard(hour));
                let came = hour - 24 * days;
                prop_assert_eq!(later.has(hour * HOUR_US), (0..end).contains(&came) && heard(came), "{}", hour);
                count += u32::from(heard(hour));
            }
            prop_assert_eq!(hours.count(), count);
            prop_assert!(!hours.has(-1) && !hours.has(10_000 * HOUR_US));
        }
    }

    #[test]
    fn weekends_are_two_days_of_seven() {
        let frame = Frame::of([0, 27 * DAY_US].into_iter()).unwrap();
        assert_eq!((frame.days(), frame.weekends().count()), (28, 4 * 48));
        assert_eq!(Frame::of(std::iter::empty()), None);
    }
}
