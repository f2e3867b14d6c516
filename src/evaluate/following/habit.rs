//! What the suspect's other days and other trips give on the path of an episode.
//!
//! ```text
//!   her path on her day  ═════════════        laid on it: each other day of his of the same kind
//!   his day 3            ───────────── same path: his habit        his day 8   (elsewhere)
//! ```
//! Trips that are close episodes themselves are counted apart: who follows twice has no habit by it.

use std::collections::{BTreeMap, BTreeSet};

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
    let in_question: Vec<Episode> =
        episodes.iter().filter(|e| e.is_close(params) && qualifies(e, 0.0, params)).cloned().collect();
    for episode in episodes {
        count_other_days(episode, &in_question, (suspect, exchanges, rounds), params);
        let chance = rounds.iter().flatten().copied();
        episode.by_chance = by_chance(episode, &in_question, chance, params);
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
    in_question: &[Episode],
    (suspect, exchanges, rounds): (&[Record], &[Exchange], &[Vec<&Episode>]),
    params: &FollowingParams,
) {
    let mut known: BTreeMap<LocalDay, OtherDay> = BTreeMap::new();
    for (exchange, episodes) in exchanges.iter().zip(rounds) {
        let is_its_day = |laid: &&Laid| (laid.on.start_us..laid.on.end_us).contains(&episode.victim_t0_us);
        let Some(laid) = exchange.iter().find(is_its_day) else { continue };
        let from_us = episode.victim_t0_us.saturating_sub(laid.shift_us()).saturating_sub(params.max_lag_us);
        let to_us = episode.victim_t1_us.saturating_sub(laid.shift_us()).saturating_add(params.max_lag_us);
        let first = suspect.partition_point(|r| r.t0_us < from_us);
        if suspect.get(first).is_none_or(|r| r.t0_us > to_us) {
            continue;
        }
        let same = episodes.iter().filter(|other| episode.shares_half_with(other)).map(|other| {
            let is_close_trip = in_question.iter().any(|own| own.is_of_one_trip_with(other));
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

/// How many episodes as close in time, most of a trip of hers, and at least half as long the exchanged days give by the suspect's other trips.
///
/// His own close trips (`in_question`) laid on her other days would measure her habits, not his.
fn by_chance<'a>(
    episode: &Episode,
    in_question: &[Episode],
    rounds: impl Iterator<Item = &'a Episode>,
    params: &FollowingParams,
) -> usize {
    let is_another = |other: &Episode| !in_question.iter().any(|own| own.is_of_one_trip_with(other));
    let alike = |other: &Episode| could_tell(other, params) && other.length_m * 2.0 >= episode.length_m;
    let counted = rounds.filter(|other| alike(other) && qualifies(other, 0.0, params) && is_another(other));
    // A day may be laid on another in several rounds: a trip on a trip counts once.
    counted.map(|other| (other.t0_us, other.victim_t0_us)).collect::<BTreeSet<_>>().len()
}
