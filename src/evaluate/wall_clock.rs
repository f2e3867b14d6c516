//! UTC to the clock on the wall, as microseconds since 1970-01-01T00:00 of that clock.
//!
//! On this axis a shift by whole days keeps the hour of day and a shift by whole weeks the weekday, also across a change to
//! summer time. The hour that is repeated in autumn is one hour here, and the hour that is left out in spring is empty:
//! two hours of a year, at night, and only in the comparison; what was observed is always taken in UTC. Days as people live
//! them, from four to four and as stretches of UTC, are another thing: [`super::local_day`].

use crate::time::{US_PER_S, ZoneRule};

/// A day, microseconds.
pub(super) const DAY_US: i64 = 86_400 * US_PER_S;
/// An hour, microseconds.
pub(super) const HOUR_US: i64 = 3_600 * US_PER_S;
/// 2200-01-01T00:00:00Z: times after it are no times of records.
pub(super) const LATEST_US: i64 = 7_258_118_400 * US_PER_S;
/// No zone changes its offset within a quarter of an hour of UTC, since 1990 at least.
const QUARTER_US: i64 = 900 * US_PER_S;

/// Reads the clock on the wall at moments in about their order.
pub(super) struct WallClock<'a> {
    zone: &'a ZoneRule,
    /// The last quarter of an hour that was asked for, and the offset in it.
    last: Option<(i64, i64)>,
}

impl<'a> WallClock<'a> {
    pub(super) const fn new(zone: &'a ZoneRule) -> Self {
        Self { zone, last: None }
    }

    /// What the clock shows at a UTC moment.
    pub(super) fn at(&mut self, us: i64) -> i64 {
        let quarter = us.div_euclid(QUARTER_US);
        let offset_us = match self.last {
            Some((known, offset_us)) if known == quarter => offset_us,
            _ => {
                let local = self.zone.local(quarter * QUARTER_US);
                local.map_or(0, |local| i64::from(local.offset().seconds()) * US_PER_S)
            }
        };
        self.last = Some((quarter, offset_us));
        us.saturating_add(offset_us)
    }

    /// What the clock shows at both ends of an interval; in the repeated hour the end is not before the start.
    pub(super) fn interval(&mut self, t0_us: i64, t1_us: i64) -> (i64, i64) {
        let (start, end) = (self.at(t0_us), self.at(t1_us));
        (start, end.max(start))
    }
}

/// By how much the clock on the wall is ahead of UTC from one UTC moment to another, microseconds; `None` if it is put forward
/// or back between them.
pub(super) fn steady_us(zone: &ZoneRule, (from_us, to_us): (i64, i64)) -> Option<i64> {
    // Within its quarter of an hour the clock is read as at the quarter's beginning.
    let from_us = from_us.div_euclid(QUARTER_US) * QUARTER_US;
    let steady = zone.next_change_us(from_us).is_none_or(|change_us| change_us > to_us);
    steady.then(|| WallClock::new(zone).at(from_us) - from_us)
}

/// Whether a day of the wall clock (days since 1970-01-01, a Thursday) is a Saturday or a Sunday.
pub(super) const fn is_weekend(day: i64) -> bool {
    matches!((day + 4).rem_euclid(7), 0 | 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_utc;

    #[test]
    fn the_wall_shows_the_same_hour_on_both_sides_of_the_change() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let mut clock = WallClock::new(&london);
        // 2025-03-30 01:00Z: Greenwich time becomes British Summer Time.
        let before = clock.at(parse_utc("2025-03-27T08:30:00Z").unwrap());
        let after = clock.at(parse_utc("2025-04-03T07:30:00Z").unwrap());
        assert_eq!(after - before, 7 * DAY_US);
        // The repeated hour: an interval over it does not run backwards.
        let (start, end) =
            clock.interval(parse_utc("2025-10-26T00:50:00Z").unwrap(), parse_utc("2025-10-26T01:10:00Z").unwrap());
        assert_eq!(start, end);
    }

    #[test]
    fn the_clock_is_steady_until_it_is_put_forward_or_back() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let at = |text: &str| parse_utc(text).unwrap();
        let steady = |from: &str, to: &str| steady_us(&london, (at(from), at(to)));
        assert_eq!(steady("2025-03-30T00:59:59Z", "2025-03-30T00:59:59.9Z"), Some(0));
        assert_eq!(steady("2025-03-30T00:59:59Z", "2025-03-30T01:00:00Z"), None);
        assert_eq!(steady("2025-03-30T01:00:00Z", "2025-10-26T00:59:59Z"), Some(HOUR_US));
        assert_eq!(steady("2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z"), None);
        assert_eq!(steady("2025-10-26T01:00:00Z", "2026-03-01T00:00:00Z"), Some(0));
        assert_eq!(steady_us(&ZoneRule::utc(), (0, LATEST_US)), Some(0));
        assert_eq!(steady_us(&ZoneRule::parse("+05:45").unwrap(), (0, 1)), Some(HOUR_US * 23 / 4));
    }

    #[test]
    fn the_weekend_is_where_the_calendar_has_it() {
        let day = |text: &str| parse_utc(text).unwrap().div_euclid(DAY_US);
        // 2025-11-28 was a Friday.
        let found: Vec<bool> = (0..7).map(|n| is_weekend(day("2025-11-28T00:00:00Z") + n)).collect();
        assert_eq!(found, [false, true, true, false, false, false, false]);
    }
}
