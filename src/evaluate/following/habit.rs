//! What the suspect's other days and other trips give on the path of an episode.
//!
//! ```text
//!   her path on her day  ═════════════        laid on it: each other day of his of the same kind
//!   his day 3            ───────────── same path: his habit        his day 8   (elsewhere)
//! ```
//! Trips that are close episodes themselves are counted apart: who follows twice has no habit by it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::extent::latest_ends_us;
use super::super::{LocalDay, Record};
use super::episode::Episode;
use super::exchange::{Exchange, Laid};
use super::params::FollowingParams;
use super::weigh::{could_tell, qualifies};

/// Counts what the suspect's other days and trips give, into each episode of the real days.
///
/// Each exchange lays one of the suspect's other days on the episode's day.
pub(super) fn against_other_days(
    episodes: &mut [Episode],
    suspect: &[Record],
    exchanges: &[Exchange],
    rounds: &[Vec<&Episode>],
    params: &FollowingParams,
) {
    let close = episodes.iter().filter(|e| e.is_close(params) && qualifies(e, 0.0, params));
    let in_question = Stretches::of(close.map(|e| (e.t0_us, e.t1_us)));
    let chance = Chance::of(rounds.iter().flatten().copied(), &in_question, params);
    let rounds: Vec<Round<'_>> = exchanges.iter().zip(rounds).map(|(exchange, own)| Round::of(exchange, own)).collect();
    for episode in episodes {
        count_other_days(episode, &in_question, (suspect, &rounds), params);
        episode.by_chance = chance.alike(episode);
    }
}

/// Stretches of time by their starts, so that those that share a moment with another are found without reading all.
struct Stretches {
    /// Start and end, in order of the starts.
    times_us: Vec<(i64, i64)>,
    /// The latest end of each and all before it.
    latest_us: Vec<i64>,
}

impl Stretches {
    fn of(times_us: impl Iterator<Item = (i64, i64)>) -> Self {
        let mut times_us: Vec<(i64, i64)> = times_us.collect();
        times_us.sort_unstable();
        let latest_us = latest_ends_us(times_us.iter().map(|(_, end_us)| *end_us)).collect();
        Self { times_us, latest_us }
    }

    /// The places of those that may share a moment with a time: none outside does.
    fn near(&self, (from_us, to_us): (i64, i64)) -> Range<usize> {
        let begun = self.times_us.partition_point(|(start_us, _)| *start_us <= to_us);
        self.latest_us.partition_point(|us| *us < from_us).min(begun)..begun
    }

    /// Whether any shares a moment with a time.
    fn any(&self, time_us: (i64, i64)) -> bool {
        // The latest end of those that have begun is reached from its start on.
        !self.near(time_us).is_empty()
    }
}

/// An exchange with the episodes that it gave, by the victim's time.
struct Round<'a> {
    /// By the day that one is laid on.
    laid: Vec<&'a Laid>,
    /// In the order of `times`.
    episodes: Vec<&'a Episode>,
    times: Stretches,
}

impl<'a> Round<'a> {
    fn of(exchange: &'a Exchange, episodes: &[&'a Episode]) -> Self {
        let (mut laid, mut episodes): (Vec<&Laid>, _) = (exchange.iter().collect(), episodes.to_vec());
        laid.sort_by_key(|laid| laid.on);
        episodes.sort_by_key(|episode| (episode.victim_t0_us, episode.victim_t1_us));
        let times = Stretches::of(episodes.iter().map(|episode| (episode.victim_t0_us, episode.victim_t1_us)));
        Self { laid, episodes, times }
    }

    /// What is laid on the day of a moment.
    fn laid_on(&self, t_us: i64) -> Option<&'a Laid> {
        let at = self.laid.partition_point(|laid| laid.on.end_us <= t_us);
        self.laid.get(at).copied().filter(|laid| laid.on.start_us <= t_us)
    }

    /// The episodes that may share time of the victim's with another.
    fn beside(&self, episode: &Episode) -> &[&'a Episode] {
        self.episodes.get(self.times.near((episode.victim_t0_us, episode.victim_t1_us))).unwrap_or_default()
    }
}

/// What an exchanged day has on an episode's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum OtherDay {
    Nothing,
    CloseTrip,
    SamePath,
}

fn count_other_days(
    episode: &mut Episode,
    in_question: &Stretches,
    (suspect, rounds): (&[Record], &[Round<'_>]),
    params: &FollowingParams,
) {
    let mut known: BTreeMap<LocalDay, OtherDay> = BTreeMap::new();
    for round in rounds {
        let Some(laid) = round.laid_on(episode.victim_t0_us) else { continue };
        let from_us = episode.victim_t0_us.saturating_sub(laid.shift_us()).saturating_sub(params.max_lag_us);
        let to_us = episode.victim_t1_us.saturating_sub(laid.shift_us()).saturating_add(params.max_lag_us);
        let first = suspect.partition_point(|r| r.t0_us < from_us);
        if suspect.get(first).is_none_or(|r| r.t0_us > to_us) {
            continue;
        }
        let same = round.beside(episode).iter().filter(|other| episode.shares_half_with(other)).map(|other| {
            let is_close_trip = in_question.any((other.t0_us, other.t1_us));
            if is_close_trip { OtherDay::CloseTrip } else { OtherDay::SamePath }
        });
        let day = known.entry(laid.day).or_insert(OtherDay::Nothing);
        *day = same.max().unwrap_or(OtherDay::Nothing).max(*day);
    }
    let count = |which: OtherDay| known.values().filter(|day| **day == which).count();
    episode.other_days = known.len();
    episode.same_path_days = count(OtherDay::SamePath);
    episode.close_days = count(OtherDay::CloseTrip);
}

/// The episodes that the exchanged days give, as close in time and most of a trip of hers, by the suspect's other trips: his
/// own close trips laid on her other days would measure her habits, not his.
///
/// A day may be laid on another in several rounds: a trip on a trip counts once, by its longest.
struct Chance {
    /// In order, metres.
    lengths_m: Vec<f64>,
}

impl Chance {
    fn of<'a>(rounds: impl Iterator<Item = &'a Episode>, in_question: &Stretches, params: &FollowingParams) -> Self {
        let is_another = |other: &Episode| !in_question.any((other.t0_us, other.t1_us));
        let counted = rounds.filter(|e| could_tell(e, params) && qualifies(e, 0.0, params) && is_another(e));
        let mut longest_m: BTreeMap<(i64, i64), f64> = BTreeMap::new();
        for other in counted {
            let length_m = longest_m.entry((other.t0_us, other.victim_t0_us)).or_insert(other.length_m);
            *length_m = length_m.max(other.length_m);
        }
        let mut lengths_m: Vec<f64> = longest_m.into_values().collect();
        lengths_m.sort_unstable_by(f64::total_cmp);
        Self { lengths_m }
    }

    /// How many are at least half as long as an episode.
    fn alike(&self, episode: &Episode) -> usize {
        self.lengths_m.len() - self.lengths_m.partition_point(|length_m| length_m * 2.0 < episode.length_m)
    }
}

#[cfg(test)]
#[path = "habit_tests.rs"]
mod habit_tests;
