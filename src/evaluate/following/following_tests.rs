#![expect(clippy::panic, reason = "a test fails by panicking")]
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{Case, Record};
use super::pass::{Pass, passes, reach_m};
use super::path::Path;
use super::steps::Step;
use super::town::{Chance, Life, Town, Trip, after, corner, go};
use super::walked::Steps;
use super::*;
use crate::index::distance_m;
use crate::time::US_PER_S;

const DAY_S: f64 = 86_400.0;

/// Twelve working days on which she walks to work by one way and back; on the third he is 90 s behind her from door to door.
/// On the other days he walks elsewhere.
fn one_trip(lag_s: f64) -> (Device, Device) {
    let (mut town, mut chance) = (Town::new(3), Chance::new(4));
    let (mut his, mut hers) = (Life::default(), Life::default());
    let route = town.route(corner(4, 4), corner(12, 13));
    for day in (0..16_i32).filter(|day| day % 7 < 5) {
        let start = f64::from(day) * DAY_S + 8.0 * 3_600.0 + chance.normal() * 300.0;
        let trip = go(&route, start, 1.4, &mut chance);
        let own = go(&town.route(corner(20, 20), corner(28, 22)), start, 1.4, &mut chance);
        his.add(if day == 2 { after(&trip, lag_s, &mut chance) } else { own });
        hers.add(trip);
    }
    (his.phone("his", &mut chance), hers.phone("hers", &mut chance))
}

#[test]
fn one_trip_behind_ahead_and_together_are_told_apart() {
    let params = FollowingParams::default();
    let behind = one_trip(90.0);
    let found = following(&behind.0, &behind.1, &params);
    assert_eq!((found.answer, found.refusal), (Answer::LaggedPath, None));
    let [episode] = found.episodes.as_slice() else { panic!("{:?}", found.episodes) };
    assert_eq!((episode.side, episode.same_path_days, episode.by_chance), (Side::Behind, 0, 0));
    assert!((60 * US_PER_S..120 * US_PER_S).contains(&episode.lag_us), "{}", episode.lag_us);
    assert!(episode.length_m > 3_000.0 && episode.turns >= 2 && episode.trip_share > 0.9, "{episode:?}");
    assert!(episode.asymmetry() > 0.9 && episode.other_days == 11, "{episode:?}");
    assert_eq!(found.best_lag().unwrap().lag_us.signum(), 1);
    // The same records with the roles exchanged: hers is behind his.
    let ahead = following(&behind.1, &behind.0, &params);
    assert!(ahead.episodes.iter().all(|e| e.side == Side::Ahead), "{:?}", ahead.episodes);
    assert_eq!(ahead.episodes.len(), 1);
    let together = one_trip(2.0);
    assert_eq!(following(&together.0, &together.1, &params).answer, Answer::PathTogether);
    let late = one_trip(1_500.0);
    assert_eq!(following(&late.0, &late.1, &params).answer, Answer::SharedRoad, "so late, no lag is steady");
}

#[test]
fn other_parameters_are_answered_too() {
    let (his, hers) = one_trip(90.0);
    let found = following(&his, &hers, &FollowingParams::default());
    let answers: Vec<_> = found.otherwise.iter().map(|o| (o.radius_m, o.min_length_m, o.answer)).collect();
    let all = Answer::LaggedPath;
    assert_eq!(answers, [(25.0, 1e3, all), (100.0, 1e3, all), (50.0, 1e3, all), (50.0, 500.0, all), (50.0, 2e3, all)]);
    assert_eq!(found.otherwise.iter().map(|o| o.with_uncertainty).collect::<Vec<_>>(), [true, true, false, true, true]);
    let strict = following(&his, &hers, &FollowingParams { min_length_m: 5_000.0, ..FollowingParams::default() });
    assert_eq!(strict.answer, Answer::NoLaggedPath);
    assert_eq!(strict.otherwise[3].answer, all, "half of that would do");
    assert!(strict.otherwise[3].longest_m > 3_000.0);
}

#[test]
fn what_only_uncertainty_brings_near_is_said_to_be_so() {
    // Positions err by 6 m each way and say 9 m: with a radius of 5 m only the uncertainties bring them together.
    let (his, hers) = one_trip(90.0);
    let found = following(&his, &hers, &FollowingParams { radius_m: 5.0, ..FollowingParams::default() });
    assert_eq!(found.answer, Answer::LaggedPath);
    assert_ne!(found.otherwise[2].answer, Answer::LaggedPath, "{:?}", found.otherwise);
}

#[test]
fn any_order_of_records_gives_the_same() {
    let (his, hers) = one_trip(90.0);
    let turned = |device: &Device| {
        let mut records = device.records().to_vec();
        records.reverse();
        let third = records.len() / 3;
        records.rotate_left(third);
        Device::new(device.name.clone(), device.subject.clone(), records)
    };
    let params = FollowingParams::default();
    let case = |s: Device, v: Device| Case { suspects: vec![s], victims: vec![v], ..Case::default() };
    let one = following_findings(&case(his.clone(), hers.clone()), &params);
    assert_eq!(one, following_findings(&case(turned(&his), turned(&hers)), &params));
    assert_eq!(one.len(), 1);
}

#[test]
fn sparse_still_and_distant_records_are_refused_with_the_reason() {
    let (his, hers) = one_trip(90.0);
    let params = FollowingParams::default();
    let every = |device: &Device, n: usize| {
        let kept = device.records().iter().step_by(n).copied().collect();
        Device::new("d", "", kept)
    };
    let reason = |s: &Device, v: &Device| following(s, v, &params).refusal;
    let sparse = |whose| Some(Refusal::TooSparse { whose, median_us: 60 * US_PER_S });
    assert_eq!(reason(&every(&his, 6), &hers), sparse(Whose::Suspect));
    assert_eq!(reason(&his, &every(&hers, 6)), sparse(Whose::Victim));
    let none = Device::new("none", "", vec![]);
    assert_eq!(reason(&none, &hers), Some(Refusal::NoMovement { whose: Whose::Suspect }));
    let few = Device::new("few", "", hers.records().iter().take(20).copied().collect());
    assert!(matches!(reason(&his, &few), Some(Refusal::TooFewMoving { whose: Whose::Victim, fixes: 1..20 })));
    let moved: Vec<Record> = hers
        .records()
        .iter()
        .map(|r| {
            let by = 100 * 86_400 * US_PER_S;
            Record { t0_us: r.t0_us + by, t1_us: r.t1_us + by, ..*r }
        })
        .collect();
    assert_eq!(reason(&his, &Device::new("later", "", moved)), Some(Refusal::NoCommonTime));
}

#[test]
fn every_sentence_may_be_said_and_carries_what_it_hangs_on() {
    let (his, hers) = one_trip(90.0);
    let early = Device::new("early", "", hers.records().iter().take(20).copied().collect());
    let sparse = Device::new("sparse", "", hers.records().iter().step_by(6).copied().collect());
    let case = Case {
        suspects: vec![his.clone(), sparse, early, Device::new("none", "", vec![]), one_trip(2.0).0, hers.clone()],
        victims: vec![hers],
        ..Case::default()
    };
    let findings = following_findings(&case, &FollowingParams::default());
    let answers: Vec<&str> = findings.iter().map(|f| f.answer).collect();
    assert_eq!(answers, ["lagged_path", "refused", "refused", "refused", "path_together", "path_together"]);
    for finding in &findings {
        assert_eq!(super::super::words::refused(&finding.says), None, "{}", finding.says);
        assert!(!finding.says.contains(['{', '}']) && finding.limits.len() == 4, "{}", finding.says);
    }
    let [first, ..] = findings.as_slice() else { panic!() };
    let parts: Vec<&str> = first.fixes.iter().map(|cited| cited.part).collect();
    assert_eq!(parts, ["first", "last", "before", "after"]);
    assert!(first.fixes[0].t0_us < first.fixes[1].t0_us && first.fixes[2].t0_us < first.fixes[0].t0_us);
    assert_eq!(first.sensitivity.len(), 5);
    let from = first.figures.iter().find(|f| f.name == "longest_from_us").unwrap();
    assert_eq!(from.value, super::super::Value::MomentUs(first.fixes[0].t0_us));
}

#[test]
fn a_late_trip_and_a_part_of_one_are_said_to_tell_nothing() {
    // Ten minutes behind, at a lag so steady that only its length keeps it from telling.
    let (_, hers) = one_trip(90.0);
    let (his, _) = one_trip(0.0);
    let shifted = |records: &[Record], by_s: i64| -> Vec<Record> {
        let by = by_s * US_PER_S;
        records.iter().map(|r| Record { t0_us: r.t0_us + by, t1_us: r.t1_us + by, ..*r }).collect()
    };
    let third_day = |r: &&Record| (2..3).contains(&((r.t0_us / US_PER_S - 1_762_128_000) / 86_400));
    let trip: Vec<Record> = hers.records().iter().filter(third_day).copied().collect();
    let others: Vec<Record> = his.records().iter().filter(|r| !third_day(r)).copied().collect();
    let answer = |trip: Vec<Record>| {
        let suspect = Device::new("s", "", [others.clone(), trip].concat());
        following(&suspect, &hers, &FollowingParams::default()).answer
    };
    assert_eq!(answer(shifted(&trip, 60)), Answer::LaggedPath);
    assert_eq!(answer(shifted(&trip, 600)), Answer::CommonPath);
    assert_eq!(answer(shifted(&trip[..trip.len() * 2 / 5], 60)), Answer::CommonPath);
}

#[test]
fn the_ends_of_time_and_of_the_earth_do_no_harm() {
    let odd = |t: i64, lat: f64| Record::at(t, lat, 180.0, 5.0);
    let device = Device::new("odd", "", vec![odd(i64::MIN, 90.0), odd(i64::MAX, -90.0), odd(0, 0.0)]);
    let found = following(&device, &device, &FollowingParams::default());
    assert_eq!(found.answer, Answer::Refused);
}

fn walk(points: &[(i64, f64, f64)]) -> Vec<Record> {
    let mut t = 0;
    points
        .iter()
        .map(|&(dt, east, north)| {
            t += dt;
            Record::at(t * US_PER_S, 51.5 + north / 111_250.0, east / 69_400.0, 5.0)
        })
        .collect()
}

/// Every moment of the path at which it is near each step, without a grid and by the geodesic, sampled.
fn near_by_sampling(mine: &Steps, hers: &Steps, limit_m: f64, params: &FollowingParams) -> BTreeSet<(usize, i64)> {
    let (mut near, cos) = (BTreeSet::new(), params.heading_deg.to_radians().cos());
    let place = |p: super::super::chord::Point| {
        let lat = (p[2] / 0.993_305_620_009_858_7).atan2(p[0].hypot(p[1]));
        (lat.to_degrees(), p[1].atan2(p[0]).to_degrees())
    };
    for (i, step) in mine.moving.iter().enumerate() {
        for pair in hers.moving.windows(2).filter(|pair| pair[1].joined) {
            let (a, b) = (&pair[0], &pair[1]);
            let mean = [0, 1, 2].map(|n| a.heading[n] + b.heading[n]);
            let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
            let agree: f64 = (0..3).map(|n| mean[n] * step.heading[n]).sum();
            for k in 0..=20_i32 {
                let share = f64::from(k) / 20.0;
                let at = [0, 1, 2].map(|n| a.at[n] + share * (b.at[n] - a.at[n]));
                let ((lat, lon), (own_lat, own_lon)) = (place(at), place(step.at));
                let t_us = a.t_us + (b.t_us - a.t_us) * i64::from(k) / 20;
                if agree >= cos * length && distance_m(lat, lon, own_lat, own_lon) <= limit_m {
                    near.insert((i, step.t_us - t_us));
                }
            }
        }
    }
    near
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_grid_finds_what_looking_everywhere_finds(
        mine in prop::collection::vec((10_i64..40, -1_000.0..1_000.0f64, -1_000.0..1_000.0f64), 2..25),
        hers in prop::collection::vec((10_i64..40, -1_000.0..1_000.0f64, -1_000.0..1_000.0f64), 2..25),
    ) {
        let params = FollowingParams { max_lag_us: 1_800 * US_PER_S, ..FollowingParams::default() };
        let (mine, hers) = (Steps::of(&walk(&mine), &params), Steps::of(&walk(&hers), &params));
        let path = Path::of(&hers.walked, reach_m(100.0, &params));
        let found = passes(&mine.moving, &path, 100.0, &params, |_| Some(0));
        // Sampling sees a pass wherever it is well within the limit, and none where there is none.
        let surely = near_by_sampling(&mine, &hers, 100.0 + 10.0 - 0.5, &params);
        let maybe: BTreeSet<usize> = near_by_sampling(&mine, &hers, 100.0 + 10.0 + 80.0, &params).iter().map(|s| s.0).collect();
        for (step, _) in &surely {
            prop_assert!(found.iter().any(|pass| pass.step == *step), "step {} is missed", step);
        }
        for pass in &found {
            prop_assert!(maybe.contains(&pass.step), "{:?}", pass);
        }
    }
}

#[test]
fn a_lag_is_that_of_the_nearest_moment_of_each_coming_by() {
    // She walks a square of 400 m sides twice; he stands on its first side for one step at the end.
    let side = |from: (f64, f64), to: (f64, f64)| {
        (0..40_i32).map(move |n| {
            let s = f64::from(n) / 40.0;
            (10, from.0 + s * (to.0 - from.0), from.1 + s * (to.1 - from.1))
        })
    };
    let corners = [(0.0, 0.0), (0.0, 560.0), (560.0, 560.0), (560.0, 0.0)];
    let round: Vec<_> = (0..4).flat_map(|n| side(corners[n], corners[(n + 1) % 4])).collect();
    let twice: Vec<_> = round.iter().chain(&round).copied().collect();
    let params = FollowingParams { max_lag_us: 1_800 * US_PER_S, ..FollowingParams::default() };
    let hers = Steps::of(&walk(&twice), &params);
    let path = Path::of(&hers.walked, reach_m(50.0, &params));
    let step = hers.moving.iter().find(|s| s.t_us == 210 * US_PER_S).copied().unwrap();
    let late = Step { t_us: 2_000 * US_PER_S, ..step };
    let found = passes(&[late], &path, 50.0, &params, |_| Some(0));
    let lags: Vec<i64> = found.iter().map(|p| p.lag_us / US_PER_S).collect();
    assert_eq!(lags, [1_790, 190], "both rounds, once each");
    assert!(found.iter().all(|p| p.clearance_m < 0.1));
}

#[test]
fn stretches_are_what_trying_all_of_them_gives() {
    // One row of hits and misses with legs of 100 m: the best stretch by brute force.
    let params = FollowingParams { lag_tolerance_us: 0, min_share: 0.75, ..FollowingParams::default() };
    let mut chance = Chance::new(5);
    for _ in 0..200 {
        let on: Vec<bool> = (0..40).map(|_| chance.unit() < 0.8).collect();
        let steps: Vec<Step> = (0..40_i32)
            .map(|n| Step {
                t_us: i64::from(n) * 10 * US_PER_S,
                at: [0.0; 3],
                heading: [1.0, 0.0, 0.0],
                accuracy_m: 0.0,
                leg_m: 100.0,
                joined: n > 0,
            })
            .collect();
        let hits = on.iter().enumerate().filter(|(_, on)| **on);
        let passes: Vec<Pass> = hits
            .map(|(step, _)| Pass { step, lag_us: 60 * US_PER_S, clearance_m: 0.0, distance_m: 0.0, piece: 0 })
            .collect();
        let score = |from: usize, to: usize| (from + 1..=to).map(|i| if on[i] { 100.0 } else { -300.0 }).sum::<f64>();
        let pairs = (0..40).flat_map(|from| (from..40).map(move |to| (from, to)));
        let best =
            pairs.filter(|(from, to)| on[*from] && on[*to]).map(|(from, to)| score(from, to)).fold(0.0, f64::max);
        let found = span::spans(&steps, &passes, 50.0, 500.0, &params);
        let most = found.iter().map(|s| score(s.first, s.last)).fold(0.0, f64::max);
        if best >= 500.0 {
            assert!((most - best).abs() < 1e-9, "{most} {best} {on:?}");
        } else {
            assert_eq!(found, []);
        }
        assert!(found.windows(2).all(|two| two[0].last < two[1].first), "{found:?}");
    }
}

#[test]
fn a_trip_keeps_its_knots_in_order_when_it_is_made_later() {
    let trip: Trip = go(&Town::new(1).route(corner(0, 0), corner(5, 5)), 0.0, 9.0, &mut Chance::new(1));
    assert!(after(&trip, 60.0, &mut Chance::new(2)).windows(2).all(|two| two[0].0 < two[1].0));
}
