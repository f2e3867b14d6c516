//! In which hours of the wall clock a device was recorded, as bits.

use crate::evaluate::wall_clock::{DAY_US, HOUR_US, is_weekend};

/// Hours in a day.
const DAY_HOURS: i64 = 24;
/// Bits in a word.
const WORD: usize = 64;

/// A set of hours of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hours {
    /// The first hour, in hours since 1970-01-01T00:00 of the wall clock; the start of a day.
    first: i64,
    bits: usize,
    words: Vec<u64>,
}

/// Whole weeks of the wall clock, thought of as a circle: what is moved past the end comes in again at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cycle {
    first_day: i64,
    days: i64,
}

impl Cycle {
    /// The whole weeks from the day of the earliest time; `None` without any.
    pub(super) fn of(times_us: impl Iterator<Item = i64>) -> Option<Self> {
        let mut days = times_us.map(|us| us.div_euclid(DAY_US));
        let one = days.next()?;
        let (first_day, last) = days.fold((one, one), |(low, high), day| (low.min(day), high.max(day)));
        Some(Self { first_day, days: ((last - first_day).div_euclid(7) + 1) * 7 })
    }

    /// How many days.
    pub(super) const fn days(self) -> i64 {
        self.days
    }

    /// How long it is, microseconds.
    pub(super) const fn length_us(self) -> i64 {
        self.days * DAY_US
    }

    /// Whether a time lies in it.
    pub(super) const fn has(self, us: i64) -> bool {
        let from_us = self.first_day * DAY_US;
        from_us <= us && us - from_us < self.length_us()
    }

    fn bits(self) -> usize {
        usize::try_from(self.days * DAY_HOURS).unwrap_or(0)
    }

    fn empty(self) -> Hours {
        Hours { first: self.first_day * DAY_HOURS, bits: self.bits(), words: vec![0; self.bits().div_ceil(WORD)] }
    }

    /// The hours of Saturdays and Sundays.
    pub(super) fn weekends(self) -> Hours {
        let mut hours = self.empty();
        for day in (self.first_day..self.first_day + self.days).filter(|day| is_weekend(*day)) {
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
        let last = i64::try_from(self.bits).unwrap_or(i64::MAX) - 1;
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

    /// The hours in both; both sets are of one cycle.
    pub(super) fn and(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect();
        Self { words, ..*self }
    }

    /// The hours that are in both or in neither.
    pub(super) fn same(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| !(a ^ b)).collect();
        Self { words, ..*self }.within()
    }

    /// So many hours of the set, spread evenly over it in their order; all of them if there are no more.
    pub(super) fn spread(&self, hours: u32) -> Self {
        let (all, wanted) = (u64::from(self.count()), u64::from(hours));
        if wanted >= all {
            return self.clone();
        }
        // Each hour brings its share; the one that makes a whole is kept.
        let mut shares = 0;
        let words = self.words.iter().map(|word| {
            let mut kept = 0;
            for bit in (0..WORD).filter(|bit| word >> bit & 1 == 1) {
                shares += wanted;
                if shares >= all {
                    shares -= all;
                    kept |= 1 << bit;
                }
            }
            kept
        });
        Self { words: words.collect(), ..*self }
    }

    /// The set `days` later around the cycle (earlier if negative).
    pub(super) fn turned(&self, days: i64) -> Self {
        let by = days.rem_euclid(i64::try_from(self.bits / 24).unwrap_or(1).max(1));
        let by = usize::try_from(by).unwrap_or(0) * 24;
        let (late, early) = (self.moved_up(by), self.moved_down(self.bits - by));
        let words = late.zip(early).map(|(a, b)| a | b).collect();
        Self { words, ..*self }.within()
    }

    /// The words of the set `by` hours later.
    fn moved_up(&self, by: usize) -> impl Iterator<Item = u64> {
        let (skip, turn) = (by / WORD, by % WORD);
        let word = move |at: Option<usize>| at.and_then(|at| self.words.get(at)).copied().unwrap_or(0);
        (0..self.words.len()).map(move |at| {
            let (near, far) = (word(at.checked_sub(skip)), word(at.checked_sub(skip + 1)));
            if turn == 0 { near } else { near << turn | far >> (WORD - turn) }
        })
    }

    /// The words of the set `by` hours earlier.
    fn moved_down(&self, by: usize) -> impl Iterator<Item = u64> {
        let (skip, turn) = (by / WORD, by % WORD);
        let word = move |at: usize| self.words.get(at).copied().unwrap_or(0);
        (0..self.words.len()).map(move |at| {
            let (near, far) = (word(at + skip), word(at + skip + 1));
            if turn == 0 { near } else { near >> turn | far << (WORD - turn) }
        })
    }

    /// Without what lies past the end of the cycle in the last word.
    fn within(mut self) -> Self {
        if let (Some(last), used @ 1..) = (self.words.last_mut(), self.bits % WORD) {
            *last &= (1 << used) - 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_what_a_list_of_hours_holds(
            raw in prop::collection::vec((0_i64..400, 0_i64..30), 1..20), days in -40_i64..40) {
            let raw: Vec<(i64, i64)> = raw.into_iter().map(|(start, long)| (start * HOUR_US + 5, (start + long) * HOUR_US)).collect();
            let cycle = Cycle::of([0, 430 * HOUR_US].into_iter()).unwrap();
            let (hours, end) = (cycle.touched(raw.iter().copied()), cycle.days() * 24);
            let turned = hours.turned(days);
            let heard = |hour: i64| raw.iter().any(|r| r.0.div_euclid(HOUR_US) <= hour && hour <= r.1.div_euclid(HOUR_US));
            let mut count = 0;
            for hour in 0..end {
                prop_assert_eq!(hours.has(hour * HOUR_US + 7), heard(hour));
                prop_assert_eq!(turned.has(hour * HOUR_US), heard((hour - 24 * days).rem_euclid(end)), "{}", hour);
                count += u32::from(heard(hour));
            }
            prop_assert_eq!((hours.count(), turned.count()), (count, count));
            prop_assert!(!hours.has(-1) && !hours.has(10_000 * HOUR_US));
            prop_assert_eq!(hours.same(&hours).count(), u32::try_from(end).unwrap());
            for wanted in [0, 1, count / 3, count, count + 5] {
                let some = hours.spread(wanted);
                prop_assert_eq!(some.count(), wanted.min(count));
                prop_assert_eq!(&some.and(&hours), &some);
            }
        }
    }

    #[test]
    fn a_cycle_is_whole_weeks_and_weekends_are_two_days_of_seven() {
        let cycle = Cycle::of([0, 27 * DAY_US].into_iter()).unwrap();
        assert_eq!((cycle.days(), cycle.weekends().count()), (28, 4 * 48));
        assert_eq!(Cycle::of([0, 28 * DAY_US].into_iter()).unwrap().days(), 35);
        assert!(cycle.has(0) && cycle.has(28 * DAY_US - 1) && !cycle.has(28 * DAY_US) && !cycle.has(-1));
        assert_eq!(Cycle::of(std::iter::empty()), None);
    }
}
