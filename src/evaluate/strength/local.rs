//! The time of day, as people keep it.

use jiff::civil::{Date, Weekday};

use crate::time::ZoneRule;

/// Minutes in a day.
const DAY_MIN: i32 = 24 * 60;

/// A moment as its day, its minute of the day and its class of weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) day: Date,
    pub(super) minute: i32,
    pub(super) weekend: bool,
}

impl Local {
    /// The local time of a UTC moment; `None` outside the years that a calendar has.
    pub(super) fn of(us: i64, zone: &ZoneRule) -> Option<Self> {
        let at = zone.local(us)?;
        let minute = i32::from(at.hour()) * 60 + i32::from(at.minute());
        Some(Self { day: at.date(), minute, weekend: matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday) })
    }

    /// How far two times of day are apart, minutes; at most half a day.
    pub(super) fn minutes_apart(&self, other: &Self) -> i32 {
        let apart = (self.minute - other.minute).abs();
        apart.min(DAY_MIN - apart)
    }
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
        assert_eq!((summer.minute, summer.weekend, summer.day.to_string()), (30, true, "2025-06-15".to_owned()));
        assert_eq!((winter.minute, winter.weekend), (23 * 60 + 30, false));
        assert_eq!(summer.minutes_apart(&winter), 60, "over midnight");
        assert_eq!(Local::of(i64::MAX, &london), None);
    }
}
