//! What chance and habit give: the suspect's days exchanged with each other.
//!
//! ```text
//!   working days   d1 d2 d3 d4 d5        in round r each of the suspect's days is laid on the day r places on,
//!                  v2 v3 v4 v5 v1        among days of the same kind; the clock stays
//!   weekend days   d6 d7  ->  v7 v6
//! ```
//! Two people who take one road to work every morning are as near each other's path with their days exchanged as
//! without: what is common to the days is no sign of following. Only days on which both devices have records take part.
//! Source of the kind of test: Spiegel et al., Methods in Ecology and Evolution 7 (2016) 971-979.

use super::super::LocalDay;
use super::params::FollowingParams;

/// One of the suspect's days and the day it is laid on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Laid {
    pub(super) day: LocalDay,
    pub(super) on: LocalDay,
}

impl Laid {
    /// By how much its records move in time, microseconds.
    pub(super) const fn shift_us(&self) -> i64 {
        self.on.start_us - self.day.start_us
    }
}

/// One exchange of days: every day that takes part once as `day` and once as `on`; in order of `day`.
pub(super) type Exchange = Vec<Laid>;

/// The days on which both have records, from those of each in order.
pub(super) fn common_days(his: &[LocalDay], hers: &[LocalDay]) -> Vec<LocalDay> {
    his.iter().copied().filter(|day| hers.binary_search(day).is_ok()).collect()
}

/// The exchanges of these days, at most `max_exchanges`, spread evenly over the possible ones.
pub(super) fn exchanges(days: &[LocalDay], params: &FollowingParams) -> Vec<Exchange> {
    let kinds = [false, true].map(|weekend| {
        let own: Vec<LocalDay> = days.iter().copied().filter(|day| day.weekend == weekend).collect();
        own
    });
    let possible = kinds.iter().map(|own| own.len().saturating_sub(1)).max().unwrap_or(0);
    let rounds = possible.min(params.max_exchanges);
    (0..rounds)
        .map(|round| {
            let mut exchange: Exchange = kinds.iter().flat_map(|own| laid(own, round, rounds)).collect();
            exchange.sort_unstable_by_key(|laid| laid.day);
            exchange
        })
        .collect()
}

/// The days of one kind in one round; a kind with fewer days than there are rounds goes round again.
fn laid(own: &[LocalDay], round: usize, rounds: usize) -> Vec<Laid> {
    let others = own.len().saturating_sub(1);
    if others == 0 {
        return Vec::new();
    }
    let by = 1 + if others >= rounds { round * others / rounds } else { round % others };
    let on = |at: usize| own.get((at + by) % own.len());
    own.iter().enumerate().filter_map(|(at, day)| Some(Laid { day: *day, on: *on(at)? })).collect()
}

/// The exchange's entry of the day that a moment falls on.
pub(super) fn entry(exchange: &Exchange, t_us: i64) -> Option<&Laid> {
    let at = exchange.partition_point(|laid| laid.day.end_us <= t_us);
    exchange.get(at).filter(|laid| laid.day.start_us <= t_us)
}

#[cfg(test)]
mod tests {
    use super::super::super::local_days;
    use super::*;
    use crate::time::{US_PER_S, ZoneRule};

    const DAY_US: i64 = 86_400 * US_PER_S;

    fn days(n: i64) -> Vec<LocalDay> {
        // 2025-11-03 is a Monday.
        let monday = crate::time::parse_utc("2025-11-03T12:00:00Z").unwrap();
        local_days((0..n).map(|i| monday + i * DAY_US), &ZoneRule::utc())
    }

    #[test]
    fn every_day_is_laid_on_another_of_its_kind_and_each_serves_once() {
        let days = days(28);
        let rounds = exchanges(&days, &FollowingParams::default());
        assert_eq!(rounds.len(), 19, "20 working days");
        for round in &rounds {
            assert_eq!(round.len(), 28);
            assert!(round.iter().all(|l| l.day != l.on && l.day.weekend == l.on.weekend));
            let mut on: Vec<LocalDay> = round.iter().map(|l| l.on).collect();
            on.sort_unstable();
            assert_eq!(on, days);
        }
        let shifts: std::collections::BTreeSet<i64> = rounds.iter().map(|r| r[0].shift_us()).collect();
        assert_eq!(shifts.len(), 19, "no round is another again");
    }

    #[test]
    fn fewer_rounds_are_spread_and_single_days_stay_out() {
        let few = FollowingParams { max_exchanges: 4, ..FollowingParams::default() };
        let by: Vec<i64> = exchanges(&days(28), &few).iter().map(|r| r[0].shift_us() / DAY_US).collect();
        assert_eq!(by, [1, 7, 14, 21], "working days 1, 5, 10 and 15 places on");
        assert_eq!(exchanges(&days(1), &few), Vec::<Exchange>::new());
        let with_saturday = exchanges(&days(6), &few);
        assert!(with_saturday.iter().all(|round| round.len() == 5));
        let first = &with_saturday[0];
        assert_eq!(entry(first, first[2].day.start_us).unwrap(), &first[2]);
        assert_eq!(entry(first, first[4].day.end_us), None);
    }
}
