//! What other days give, against reading every episode of every exchange for each.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::super::local_days;
use super::super::episode::any_episode;
use super::super::exchange::exchanges;
use super::*;
use crate::time::{US_PER_S, ZoneRule, parse_utc};

const MINUTE_US: i64 = 60 * US_PER_S;

/// Day, minute of it and minutes long of his, minutes later that hers begins, minutes long of hers, length and lag.
type Raw = (i64, i64, i64, i64, i64, u8, i64);

fn raw() -> impl Strategy<Value = Raw> {
    (0..9_i64, 400..480_i64, 0..40_i64, -20..20_i64, 0..40_i64, 0..4_u8, -8..8_i64)
}

fn episode(&(day, minute, long, later, hers_long, length, lag): &Raw) -> Episode {
    let monday_us = parse_utc("2025-11-03T00:00:00Z").unwrap();
    let t0_us = monday_us + (day * 1_440 + minute) * MINUTE_US;
    let victim_t0_us = t0_us + later * MINUTE_US;
    Episode {
        t0_us,
        t1_us: t0_us + long * MINUTE_US,
        victim_t0_us,
        victim_t1_us: victim_t0_us + hers_long * MINUTE_US,
        length_m: [700.0, 1_400.0, 2_000.0, 2_800.0][usize::from(length)],
        lag_us: lag * MINUTE_US,
        ..any_episode()
    }
}

/// By the words of the documentation: how many other days, of them with the same path, with a close trip, and by chance.
fn plainly(
    episode: &Episode,
    real: &[Episode],
    suspect: &[Record],
    rounds: &[(&Exchange, &Vec<&Episode>)],
    params: &FollowingParams,
) -> (usize, usize, usize, usize) {
    let is_one_trip = |own: &Episode, other: &Episode| own.t0_us <= other.t1_us && other.t0_us <= own.t1_us;
    let is_his_close_trip = |other: &Episode| {
        real.iter().any(|own| own.is_close(params) && qualifies(own, 0.0, params) && is_one_trip(own, other))
    };
    let (mut recorded, mut same, mut close) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut by_chance = BTreeSet::new();
    for (exchange, found) in rounds {
        let alike = |other: &&&Episode| {
            could_tell(other, params) && qualifies(other, 0.0, params) && other.length_m * 2.0 >= episode.length_m
        };
        let alike = found.iter().filter(alike).filter(|other| !is_his_close_trip(other));
        by_chance.extend(alike.map(|other| (other.t0_us, other.victim_t0_us)));
        for laid in *exchange {
            let by_us = laid.shift_us();
            let (from_us, to_us) = (episode.victim_t0_us - by_us, episode.victim_t1_us - by_us);
            let time_us = from_us - params.max_lag_us..=to_us + params.max_lag_us;
            let is_on = laid.on.start_us <= episode.victim_t0_us && episode.victim_t0_us < laid.on.end_us;
            if !is_on || !suspect.iter().any(|record| time_us.contains(&record.t0_us)) {
                continue;
            }
            recorded.insert(laid.day);
            for other in found.iter().filter(|other| episode.shares_half_with(other)) {
                if is_his_close_trip(other) {
                    close.insert(laid.day)
                } else {
                    same.insert(laid.day)
                };
            }
        }
    }
    (recorded.len(), same.len(), close.difference(&same).count(), by_chance.len())
}

proptest! {
    #[test]
    fn other_days_are_counted_as_by_reading_all(
        own in prop::collection::vec(raw(), 0..12), found in prop::collection::vec((raw(), 0..4_usize), 0..40),
        recorded in prop::collection::vec((0..9_i64, 380..540_i64), 1..20)) {
        let params = FollowingParams::default();
        let monday_us = parse_utc("2025-11-03T00:00:00Z").unwrap();
        let days = local_days((0..9).map(|day| monday_us + (day * 1_440 + 720) * MINUTE_US), &ZoneRule::utc());
        let exchanges = exchanges(&days, &params);
        let mut suspect: Vec<Record> = recorded
            .iter()
            .map(|(day, minute)| Record::at(monday_us + (day * 1_440 + minute) * MINUTE_US, 51.5, 0.0, 5.0))
            .collect();
        suspect.sort_by(Record::order);
        let found: Vec<(Episode, usize)> = found.iter().map(|(raw, round)| (episode(raw), *round)).collect();
        let of_round = |round: usize| found.iter().filter(move |(_, of)| *of == round).map(|(episode, _)| episode);
        let rounds: Vec<Vec<&Episode>> = (0..exchanges.len()).map(|round| of_round(round).collect()).collect();
        let real: Vec<Episode> = own.iter().map(episode).collect();
        let mut counted = real.clone();
        against_other_days(&mut counted, &suspect, &exchanges, &rounds, &params);
        let both: Vec<_> = exchanges.iter().zip(&rounds).collect();
        for (counted, episode) in counted.iter().zip(&real) {
            let Episode { other_days, same_path_days, close_days, by_chance, .. } = *counted;
            let expected = plainly(episode, &real, &suspect, &both, &params);
            prop_assert_eq!((other_days, same_path_days, close_days, by_chance), expected);
        }
    }
}
