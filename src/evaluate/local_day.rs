//! Days as people live them: from four in the morning to four in the morning, local time.
//!
//! A night out ends the day it began on, and a trip is seldom cut in two. A day is named by the date it begins on.

use jiff::civil::{Date, Weekday};

use crate::time::{US_PER_S, ZoneRule};

/// The local hour at which a day begins.
pub const DAY_BEGINS_HOUR: i8 = 4;

/// A local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalDay {
    /// When it begins, UTC microseconds.
    pub start_us: i64,
    /// When the next one begins, UTC microseconds.
    pub end_us: i64,
    /// Saturday or Sunday.
    pub weekend: bool,
}

fn begins_us(date: Date, zone: &ZoneRule) -> Option<i64> {
    Some(zone.resolve(date.at(DAY_BEGINS_HOUR, 0, 0, 0), 1).ok()?.t0_us)
}

impl LocalDay {
    /// The day that a moment (UTC microseconds) falls on; `None` outside the years of the calendar, or where the zone
    /// skips the hour at which the day would begin.
    #[must_use]
    pub fn of(t_us: i64, zone: &ZoneRule) -> Option<Self> {
        let local = zone.local(t_us)?.datetime();
        let date = if local.hour() < DAY_BEGINS_HOUR { local.date().yesterday().ok()? } else { local.date() };
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        Some(Self { start_us: begins_us(date, zone)?, end_us: begins_us(date.tomorrow().ok()?, zone)?, weekend })
    }
}

/// The distinct days on which these moments fall, in order; the moments (UTC microseconds) must be in order.
#[must_use]
pub fn local_days(moments_us: impl IntoIterator<Item = i64>, zone: &ZoneRule) -> Vec<LocalDay> {
    let mut days: Vec<LocalDay> = Vec::new();
    for t_us in moments_us {
        if days.last().is_none_or(|day| t_us >= day.end_us) {
            days.extend(LocalDay::of(t_us, zone));
        }
    }
    days
}

const QUARTER_HOUR_US: i64 = 900 * US_PER_S;
const QUARTERS_OF_A_DAY: i64 = 97;

/// How many of these intervals (`t0_us`, `t1_us`, UTC microseconds) touch each local hour of day.
#[must_use]
pub fn local_hours(intervals: impl IntoIterator<Item = (i64, i64)>, zone: &ZoneRule) -> [usize; 24] {
    let mut hours = [0; 24];
    for (t0_us, t1_us) in intervals {
        // Hours begin on quarters of an hour of UTC in every zone of today: steps of one miss no hour.
        let steps = (0..QUARTERS_OF_A_DAY).map(|n| t0_us.saturating_add(n * QUARTER_HOUR_US));
        let mut touched = [false; 24];
        for us in steps.take_while(|us| *us < t1_us).chain([t0_us, t1_us]) {
            let hour = zone.local(us).and_then(|local| usize::try_from(local.datetime().hour()).ok());
            if let Some(slot) = hour.and_then(|hour| touched.get_mut(hour)) {
                *slot = true;
            }
        }
        for (count, touched) in hours.iter_mut().zip(touched) {
            *count += usize::from(touched);
        }
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_utc;

    const HOUR_US: i64 = 3_600 * US_PER_S;

    fn us(text: &str) -> i64 {
        parse_utc(text).unwrap()
    }

    #[test]
    fn a_day_has_23_or_25_hours_when_the_clocks_change() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        // 2025-10-26 01:00Z: the clocks go back during the local day that began on Saturday at 04:00 BST.
        let long = LocalDay::of(us("2025-10-26T00:30:00Z"), &london).unwrap();
        assert_eq!((long.start_us, long.weekend), (us("2025-10-25T03:00:00Z"), true));
        assert_eq!(long.end_us - long.start_us, 25 * HOUR_US);
        let short = LocalDay::of(us("2025-03-30T00:30:00Z"), &london).unwrap();
        assert_eq!(short.end_us - short.start_us, 23 * HOUR_US);
    }

    #[test]
    fn a_night_belongs_to_the_day_before_and_friday_night_is_no_weekend() {
        let utc = ZoneRule::utc();
        let night = LocalDay::of(us("2025-11-15T03:59:59Z"), &utc).unwrap();
        assert_eq!((night.start_us, night.weekend), (us("2025-11-14T04:00:00Z"), false));
        let days = local_days(["2025-11-14T05:00:00Z", "2025-11-15T03:00:00Z", "2025-11-15T04:00:00Z"].map(us), &utc);
        assert_eq!(days.len(), 2);
        assert_eq!(local_days([i64::MIN, i64::MAX], &utc), []);
    }
}
