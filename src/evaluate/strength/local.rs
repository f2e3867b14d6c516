//! The time of day, as people keep it.

use crate::evaluate::wall_clock::{LATEST_US, WallClock, is_weekend};
use crate::time::{EARLIEST_US, US_PER_S, ZoneRule};

/// Minutes in a day.
const DAY_MIN: i32 = 24 * 60;
const MIN_US: i64 = 60 * US_PER_S;

/// A moment as its day (since 1970-01-01), its minute of the day and its class of weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) day: i64,
    pub(super) minute: i32,
    pub(super) weekend: bool,
}

impl Local {
    /// The local time of a UTC moment; `None` for moments that are no times of records.
    pub(super) fn of(us: i64, zone: &ZoneRule) -> Option<Self> {
        if !(EARLIEST_US..=LATEST_US).contains(&us) {
            return None;
        }
        let minutes = WallClock::new(zone).at(us).div_euclid(MIN_US);
        let (day, minute) =
            (minutes.div_euclid(DAY_MIN.into()), i32::try_from(minutes.rem_euclid(DAY_MIN.into())).ok()?);
        Some(Self { day, minute, weekend: is_weekend(day) })
    }
}

/// How far two minutes of the day are apart, minutes; at most half a day.
pub(super) fn minutes_apart(one: i32, other: i32) -> i32 {
    let apart = (one - other).abs();
    apart.min(DAY_MIN - apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_on_the_wall_decides_in_summer_and_winter() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        // Saturday 2025-06-14 23:30 UTC is Sunday 00:30 in London; Friday 2025-12-12 23:30 UTC is 23:30.
        let summer = Local::of(1_749_943_800_000_000, &london).unwrap();
        let winter = Local::of(1_765_582_200_000_000, &london).unwrap();
        // 2025-06-15 is the 20,254th day after 1970-01-01.
        assert_eq!((summer.minute, summer.weekend, summer.day), (30, true, 20_254));
        assert_eq!((winter.minute, winter.weekend), (23 * 60 + 30, false));
        assert_eq!(minutes_apart(summer.minute, winter.minute), 60, "over midnight");
        assert_eq!(Local::of(i64::MAX, &london), None);
    }
}
