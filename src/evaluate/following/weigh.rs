//! From episodes to an answer: against habit, and against chance.
//!
//! An episode tells something in one of two ways. Either the suspect's device took that path at that time on no other
//! day (it is not its habit); or, over many days, its lag keeps to hers more than exchanged days would.

use super::super::LocalDay;
use super::episode::{Episode, Side};
use super::params::FollowingParams;

/// What the lag scan says; the words of [`Answer::as_str`] are those of the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The device was on the victim's path some time after her device, and neither habit nor exchanged days give it.
    LaggedPath,
    /// The device was on the path some time before hers, likewise.
    LeadingPath,
    /// Some of both.
    BothWays,
    /// A path in common with a lag, on too few days to know the habit.
    NotWeighed,
    /// A path in common with a lag, which the device's other days give as well.
    HabitualPath,
    /// A path in common with a lag that is no habit, but too late, too small a part of her trip, or as often given by
    /// exchanged days.
    CommonPath,
    /// The two travelled together.
    PathTogether,
    /// A road in common with a lag, without the turns or the steady lag that would tell it from any other traffic.
    SharedRoad,
    /// No path in common.
    NoLaggedPath,
    /// The fixes cannot tell.
    Refused,
}

impl Answer {
    /// The word of the finding.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LaggedPath => "lagged_path",
            Self::LeadingPath => "leading_path",
            Self::BothWays => "both_ways",
            Self::NotWeighed => "not_weighed",
            Self::HabitualPath => "habitual_path",
            Self::CommonPath => "common_path",
            Self::PathTogether => "path_together",
            Self::SharedRoad => "shared_road",
            Self::NoLaggedPath => "no_lagged_path",
            Self::Refused => "refused",
        }
    }
}

/// How often the lag keeps to one value, on the real days and on exchanged ones, for one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Against {
    /// On how many days the lag kept to within three minutes of itself, at the lag where most do.
    pub days: usize,
    /// The same for each exchange of days, in order of size.
    pub exchanged: Vec<usize>,
}

#[expect(clippy::cast_precision_loss, reason = "counts of days")]
fn real(n: usize) -> f64 {
    n as f64
}

/// At least this many standard deviations above the exchanged days.
const LEAST_DEVIATIONS: f64 = 4.0;
/// Fewer days than this show no constancy.
const LEAST_DAYS: usize = 3;
/// A standard deviation of counts is taken for no less than this.
const LEAST_DEVIATION: f64 = 0.5;
/// Fewer exchanges than this cannot show constancy.
const LEAST_EXCHANGES: usize = 9;
/// Lags within this of each other are alike, microseconds.
const ALIKE_US: i64 = 180 * crate::time::US_PER_S;

impl Against {
    /// The share of exchanges (the real days among them) with as many days or more: `(1 + #{T_k >= T_0}) / (1 + K)`.
    ///
    /// Source: Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.
    #[must_use]
    pub fn p(&self) -> f64 {
        let as_many = self.exchanged.iter().filter(|&&n| n >= self.days).count();
        real(1 + as_many) / real(1 + self.exchanged.len())
    }

    /// The smallest `p` that this many exchanges can give.
    #[must_use]
    pub fn p_floor(&self) -> f64 {
        1.0 / real(1 + self.exchanged.len())
    }

    /// The mean over the exchanges; `None` without any.
    #[must_use]
    pub fn expected(&self) -> Option<f64> {
        let sum: usize = self.exchanged.iter().sum();
        (!self.exchanged.is_empty()).then(|| real(sum) / real(self.exchanged.len()))
    }

    fn is_beyond(&self) -> bool {
        let Some(mean) = self.expected().filter(|_| self.exchanged.len() >= LEAST_EXCHANGES) else { return false };
        let squares: f64 = self.exchanged.iter().map(|&n| (real(n) - mean) * (real(n) - mean)).sum();
        let deviation = (squares / real(self.exchanged.len() - 1)).sqrt().max(LEAST_DEVIATION);
        let largest = self.exchanged.last().copied().unwrap_or(0);
        self.days >= LEAST_DAYS && self.days > largest && real(self.days) >= mean + LEAST_DEVIATIONS * deviation
    }
}

/// An answer and what it hangs on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weighed {
    pub(super) answer: Answer,
    pub(super) behind: Against,
    pub(super) ahead: Against,
}

/// Whether an episode is long and winding enough, and of one direction.
pub(super) fn qualifies(episode: &Episode, min_length_m: f64, params: &FollowingParams) -> bool {
    episode.length_m >= min_length_m
        && (episode.side == Side::Together
            || episode.turns >= params.min_turns
                && episode.asymmetry() >= params.min_asymmetry
                && episode.keeps_pace(params))
}

/// Whether an episode is close and most of one of her trips: such a one tells something alone.
pub(super) fn could_tell(episode: &Episode, params: &FollowingParams) -> bool {
    episode.is_close(params) && episode.trip_share >= params.min_trip_share
}

/// Whether the device's other days are known well enough.
fn is_weighed(episode: &Episode, params: &FollowingParams) -> bool {
    episode.other_days >= params.min_exchanges
}

/// Whether the device's other days had this path.
fn is_habit(episode: &Episode) -> bool {
    episode.same_path_days * RARE > episode.other_days || episode.close_days * SELDOM > episode.other_days
}

/// Whether an episode tells something alone: no habit gives it, and exchanged days seldom gave one as close.
fn is_singular(episode: &Episode, params: &FollowingParams) -> bool {
    could_tell(episode, params)
        && is_weighed(episode, params)
        && !is_habit(episode)
        && episode.by_chance * RARE <= episode.other_days
}

/// Not more than one in this many of the other days may have the same path, or it is a habit.
const RARE: usize = 10;
/// Not more than one in this many of the other days may have a close episode on the same path, or it is a habit.
const SELDOM: usize = 3;

/// The most days on which qualifying episodes of a side have lags alike.
fn constant_days(episodes: &[&Episode], side: Side, days: &[LocalDay]) -> usize {
    let day = |e: &Episode| days.partition_point(|day| day.start_us <= e.t0_us);
    let own = episodes.iter().filter(|e| e.side == side);
    let mut lags: Vec<(i64, usize)> = own.map(|e| (e.lag_us, day(e))).collect();
    lags.sort_unstable();
    // A window over the lags: how many of each day are in it, and of how many days there are any.
    let mut of_day = vec![0_u32; days.len() + 1];
    let (mut distinct, mut most, mut end) = (0_usize, 0, 0);
    for (first_us, first_day) in &lags {
        while let Some((_, day)) = lags.get(end).filter(|(lag_us, _)| lag_us - first_us <= ALIKE_US) {
            if let Some(count) = of_day.get_mut(*day) {
                distinct += usize::from(*count == 0);
                *count += 1;
            }
            end += 1;
        }
        most = most.max(distinct);
        if let Some(count) = of_day.get_mut(*first_day) {
            *count -= 1;
            distinct -= usize::from(*count == 0);
        }
    }
    most
}

/// The answer at a least length; `rounds` are the episodes of each exchange of days.
pub(super) fn weigh(
    real_days: &[Episode],
    rounds: &[Vec<&Episode>],
    days: &[LocalDay],
    min_length_m: f64,
    params: &FollowingParams,
) -> Weighed {
    let fits = |e: &&Episode| qualifies(e, min_length_m, params);
    let found: Vec<&Episode> = real_days.iter().filter(fits).collect();
    let rounds: Vec<Vec<&Episode>> = rounds.iter().map(|round| round.iter().copied().filter(fits).collect()).collect();
    let against = |side: Side| {
        let count = |all: &[&Episode]| constant_days(all, side, days);
        let mut exchanged: Vec<usize> = rounds.iter().map(|round| count(round)).collect();
        exchanged.sort_unstable();
        Against { days: count(&found), exchanged }
    };
    let (behind, ahead) = (against(Side::Behind), against(Side::Ahead));
    let singular = |side: Side| found.iter().any(|e| e.side == side && is_singular(e, params));
    let tells = |side: Side, against: &Against| singular(side) || against.is_beyond();
    let lagging: Vec<&Episode> = found.iter().copied().filter(|e| e.side != Side::Together).collect();
    let answer = match (tells(Side::Behind, &behind), tells(Side::Ahead, &ahead)) {
        (true, true) => Answer::BothWays,
        (true, false) => Answer::LaggedPath,
        (false, true) => Answer::LeadingPath,
        _ if lagging.iter().any(|e| could_tell(e, params) && !is_weighed(e, params)) => Answer::NotWeighed,
        _ if lagging.iter().any(|e| is_habit(e)) => Answer::HabitualPath,
        _ if !lagging.is_empty() => Answer::CommonPath,
        _ if !found.is_empty() => Answer::PathTogether,
        _ if real_days.iter().any(|e| e.length_m >= min_length_m) => Answer::SharedRoad,
        _ => Answer::NoLaggedPath,
    };
    Weighed { answer, behind, ahead }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::following::episode::any_episode;
    use crate::time::{US_PER_S, ZoneRule};

    proptest! {
        #[test]
        fn the_most_days_with_lags_alike_are_those_of_the_best_window(
            found in prop::collection::vec((0..5_i64, -12..12_i64), 0..40)) {
            let hour_us = 3_600 * US_PER_S;
            let at = |day: i64| (day * 24 + 12) * hour_us;
            let days = crate::evaluate::local_days((0..5).map(at), &ZoneRule::utc());
            let side = |lag: i64| if lag < 0 { Side::Ahead } else { Side::Behind };
            let of = |&(day, lag): &(i64, i64)| {
                let lag_us = lag * 60 * US_PER_S;
                Episode { side: side(lag), lag_us, t0_us: at(day), ..any_episode() }
            };
            let episodes: Vec<Episode> = found.iter().map(of).collect();
            let all: Vec<&Episode> = episodes.iter().collect();
            for asked in [Side::Behind, Side::Ahead] {
                let own = || found.iter().filter(|(_, lag)| side(*lag) == asked);
                let alike =
                    |least: i64| own().filter(move |(_, lag)| (least..=least + 3).contains(lag)).map(|(day, _)| *day);
                let most = own().map(|(_, least)| alike(*least).collect::<BTreeSet<i64>>().len()).max().unwrap_or(0);
                prop_assert_eq!(constant_days(&all, asked, &days), most);
            }
        }
    }
}
