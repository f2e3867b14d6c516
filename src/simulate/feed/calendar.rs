//! Local hours of the feed's days as UTC: people live by the clock on the wall, also in the nights when it changes.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::time::{US_PER_S, ZoneRule};

use super::feed_error::FeedError;

/// Where the people of the feed live by the clock.
pub const FEED_ZONE: &str = "Europe/London";

const HALF_DAY_US: i64 = 12 * 3_600 * US_PER_S;

/// The days of a feed.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    zone: ZoneRule,
    first: Date,
    start_us: i64,
}

impl Calendar {
    /// The first day is the local day 12 hours after the start.
    pub(super) fn new(start_us: i64) -> Result<Self, FeedError> {
        let zone = ZoneRule::parse(FEED_ZONE)?;
        let local = zone.local(start_us.saturating_add(HALF_DAY_US)).ok_or(FeedError::Start(start_us))?;
        Ok(Self { first: local.date(), zone, start_us })
    }

    /// A local time of a day (from 0) as UTC microseconds; the earlier reading of one that occurs twice, and one that the
    /// clocks skip as the clock after the change counts.
    pub(super) fn at(&self, day: u32, hour: i8, minute: i8) -> i64 {
        let noon_us = self.noon_us(day);
        let date = self.first.saturating_add(i64::from(day).days());
        let plain_us = noon_us + ((i64::from(hour) - 12) * 60 + i64::from(minute)) * 60 * US_PER_S;
        let resolved = self.zone.resolve(date.at(hour, minute, 0, 0), US_PER_S);
        resolved.map_or(plain_us, |reading| reading.t0_us)
    }

    /// Whether the clocks change in the night before this day's morning.
    pub(super) fn clocks_change(&self, day: u32) -> bool {
        self.noon_us(day) - self.at(day, 0, 0) != HALF_DAY_US
    }

    fn noon_us(&self, day: u32) -> i64 {
        let date = self.first.saturating_add(i64::from(day).days());
        let noon = self.zone.resolve(date.at(12, 0, 0, 0), US_PER_S);
        // Noon exists on every day; the plain sum is only there so that nothing can panic.
        noon.map_or(self.start_us + HALF_DAY_US + i64::from(day) * 2 * HALF_DAY_US, |reading| reading.t0_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::DEMO_START_US;
    use crate::time::utc_text;

    #[test]
    fn hours_are_those_on_the_wall_before_and_after_the_clocks_change() {
        let calendar = Calendar::new(DEMO_START_US).unwrap();
        let text = |day, hour, minute| utc_text(calendar.at(day, hour, minute));
        assert_eq!(text(0, 7, 30), "2025-10-24T06:30:00Z");
        assert_eq!(text(2, 7, 30), "2025-10-26T07:30:00Z");
        assert_eq!(text(2, 1, 30), "2025-10-26T00:30:00Z");
        assert_eq!([0, 1, 2, 3].map(|day| calendar.clocks_change(day)), [false, false, true, false]);
        // 2025-03-29T00:00:00Z: the next night 01:30 does not exist.
        let spring = Calendar::new(1_743_206_400 * US_PER_S).unwrap();
        assert!(spring.clocks_change(1) && !spring.clocks_change(0));
        assert_eq!(utc_text(spring.at(1, 1, 30)), "2025-03-30T00:30:00Z");
    }
}
