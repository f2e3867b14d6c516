#![expect(clippy::panic, reason = "a test fails by panicking")]
use proptest::prelude::*;

use super::super::words::refused;
use super::super::{Case, Record, Value};
use super::*;
use crate::index::distance_m;
use crate::time::{US_PER_S, ZoneRule, parse_utc};

const MIN_US: i64 = 60 * US_PER_S;

/// A record so many minutes after the start and so many metres north of the place.
fn at(min: i64, north_m: f64) -> Record {
    Record::at(min * MIN_US, north_m / 111_250.0 + 51.5, 0.0, 5.0)
}

fn home() -> VictimPlace {
    VictimPlace { name: "home".into(), lat_deg: 51.5, lon_deg: 0.0, radius_m: 50.0, from_us: None, to_us: None }
}

fn device(name: &str, records: Vec<Record>) -> Device {
    Device::new(name, "", records)
}

fn one(suspect: Vec<Record>, victim: Vec<Record>, place: VictimPlace) -> PlaceVisits {
    let params = VisitParams::default();
    place_visits(&device("s", suspect), &[device("v", victim)], &[place], &params).remove(0)
}

/// Every five minutes between two times, so far from the place.
fn every5(from: i64, to: i64, north_m: f64) -> Vec<Record> {
    (from..=to).step_by(5).map(|min| at(min, north_m)).collect()
}

#[test]
fn stays_passes_and_lingering_are_told_apart() {
    let pass = one(vec![at(0, 900.0), at(1, 100.0), at(2, -800.0)], vec![], home());
    assert_eq!(pass.visits.len(), 1);
    assert_eq!((pass.visits[0].manner, pass.visits[0].edges), (Manner::Pass, [Edge::Seen; 2]));
    let stay = one(every5(0, 30, 20.0), vec![], home());
    assert_eq!((stay.visits[0].manner, stay.visits[0].stay_us), (Manner::Stay, 30 * MIN_US));
    assert_eq!(stay.visits[0].edges, [Edge::Silent; 2], "an open stay is counted and its ends are not known");
    // To and fro over the place for half an hour: never within 50 m of one point for ten minutes.
    let to_and_fro: Vec<Record> = (0..=30).map(|min| at(min, if min % 2 == 0 { 140.0 } else { -140.0 })).collect();
    assert_eq!(one(to_and_fro, vec![], home()).visits[0].manner, Manner::Lingering);
    let inferred = Record { t1_us: 40 * MIN_US, ..at(0, 0.0) };
    let visit = &one(vec![inferred], vec![], home()).visits[0];
    assert_eq!((visit.manner, visit.stay_us), (Manner::Stay, 40 * MIN_US), "a record with an interval is a stay");
}

#[test]
fn her_records_say_there_away_or_nothing() {
    let stay = every5(60, 90, 10.0);
    let presence = |hers: Vec<Record>| one(stay.clone(), hers, home()).visits[0].victim;
    assert_eq!(presence(every5(0, 120, 0.0)), Presence::There);
    assert_eq!(presence(every5(0, 120, 5_000.0)), Presence::Away);
    assert_eq!(presence(vec![]), Presence::NotKnown);
    // She was away before and after, with more than half an hour of silence between.
    assert_eq!(presence([every5(0, 55, 5_000.0), every5(95, 120, 5_000.0)].concat()), Presence::NotKnown);
    assert_eq!(presence([every5(0, 60, 5_000.0), every5(90, 120, 5_000.0)].concat()), Presence::Away);
    assert_eq!(presence(every5(0, 70, 5_000.0)), Presence::NotKnown, "nothing from the end of the visit");
    let unclear = Record { uncertainty_m: 150.0, ..at(75, 200.0) };
    assert_eq!(
        presence([every5(0, 70, 5_000.0), vec![unclear], every5(80, 120, 5_000.0)].concat()),
        Presence::NotKnown
    );
    let long = Record { t1_us: 600 * MIN_US, ..at(-600, 0.0) };
    assert_eq!(presence([vec![long], every5(0, 20, 5_000.0)].concat()), Presence::There, "her visit spans the time");
}

#[test]
fn before_she_arrives_and_after_she_leaves() {
    let hers = [every5(0, 60, 5_000.0), every5(65, 200, 0.0), every5(205, 300, 5_000.0)].concat();
    let found = one([every5(30, 90, 20.0), every5(150, 240, 20.0)].concat(), hers.clone(), home());
    let [waits, stays_on] = found.visits.as_slice() else { panic!("{:?}", found.visits) };
    let between_us = (60 * MIN_US, 65 * MIN_US);
    let before = Beside { by_us: 30 * MIN_US, overlaps: true, between_us };
    assert_eq!((waits.before_arrival, waits.after_leaving), (Some(before), None));
    let after = Beside { by_us: 35 * MIN_US, overlaps: true, between_us: (200 * MIN_US, 205 * MIN_US) };
    assert_eq!((stays_on.before_arrival, stays_on.after_leaving), (None, Some(after)));
    // Gone 29 minutes before she comes counts, gone 31 before does not.
    let gone = |to| one(every5(to - 15, to, 20.0), hers.clone(), home()).visits[0].before_arrival.map(|b| b.overlaps);
    assert_eq!((gone(36), gone(34)), (Some(false), None));
    // Her arrival falls into a silence: she may have been there all along.
    let silent = [every5(0, 20, 5_000.0), every5(65, 200, 0.0)].concat();
    let found = one(every5(30, 90, 20.0), silent, home());
    assert_eq!((found.visits[0].before_arrival, found.visits[0].victim), (None, Presence::There));
    // One wrong position of hers is no leaving.
    let jump = [every5(0, 60, 0.0), vec![at(62, 5_000.0)], every5(65, 120, 0.0)].concat();
    assert_eq!(one(every5(30, 90, 20.0), jump, home()).visits[0].after_leaving, None);
}

#[test]
fn a_move_is_looked_at_from_both_sides() {
    let place = VictimPlace { from_us: Some(1_000 * MIN_US), ..home() };
    let word = |suspect: Vec<Record>| {
        let case = Case { suspects: vec![device("s", suspect)], places: vec![place.clone()], ..Case::default() };
        let findings = visit_findings(&case, &VisitParams::default());
        assert_eq!(findings.len(), 3);
        findings[2].answer
    };
    let elsewhere = every5(0, 900, 9_000.0);
    let there = every5(4_000, 4_030, 0.0);
    assert_eq!(word([elsewhere.clone(), there.clone()].concat()), "after_move_only");
    assert_eq!(word(there.clone()), "before_not_observed");
    assert_eq!(word([elsewhere.clone(), every5(905, 920, 0.0), there.clone()].concat()), "before_and_after_move");
    assert_eq!(word([elsewhere.clone(), every5(4_000, 4_030, 9_000.0)].concat()), "no_appearance");
    assert_eq!(word(elsewhere), "no_data");
    let left = VictimPlace { to_us: Some(3_000 * MIN_US), ..place.clone() };
    assert_eq!(one(there, vec![], left).visits, [], "it is hers no more");
}

#[test]
fn hours_and_days_are_local_and_a_visit_counts_once_in_each() {
    let london = VisitParams { zone: ZoneRule::parse("Europe/London").unwrap(), ..VisitParams::default() };
    let stay = |from: &str, minutes: i64| {
        let t0_us = parse_utc(from).unwrap();
        Record { t0_us, t1_us: t0_us + minutes * MIN_US, ..at(0, 0.0) }
    };
    // In June London is an hour ahead; 23:50Z is 00:50 of the night of the 10th, still the day of the 10th.
    let records = vec![stay("2025-06-10T20:50:00Z", 25), stay("2025-06-10T23:50:00Z", 5)];
    let found = place_visits(&device("s", records), &[], &[home()], &london).remove(0);
    let hours: Vec<(usize, usize)> = found.hours.iter().copied().enumerate().filter(|(_, n)| *n > 0).collect();
    assert_eq!(hours, [(0, 1), (21, 1), (22, 1)]);
    assert_eq!((found.days, found.dwell_us), (1, 30 * MIN_US));
    let long = place_visits(&device("s", vec![stay("2025-06-10T20:50:00Z", 100_000)]), &[], &[home()], &london);
    assert_eq!(long[0].hours, [1; 24]);
}

#[test]
fn no_visit_says_how_long_was_looked_and_every_sentence_may_be_said() {
    let case = |suspect: Vec<Record>, victim: Vec<Record>| Case {
        suspects: vec![device("s", suspect)],
        victims: vec![device("v", victim)],
        places: vec![VictimPlace { from_us: Some(0), ..home() }],
        ..Case::default()
    };
    let hers = [every5(0, 60, 5_000.0), every5(65, 200, 0.0), every5(205, 300, 5_000.0)].concat();
    let cases = [
        case(every5(0, 600, 9_000.0), vec![]),
        case(vec![], vec![]),
        case(vec![at(0, 0.0)], hers.clone()),
        case([every5(30, 90, 20.0), every5(150, 240, 20.0)].concat(), hers),
    ];
    let mut answers = Vec::new();
    for findings in cases.iter().map(|case| visit_findings(case, &VisitParams::default())) {
        for finding in &findings {
            assert_eq!(refused(&finding.says), None, "{}", finding.says);
            assert!(!finding.says.contains('{') && finding.sensitivity.len() == 6);
            answers.push(finding.answer);
        }
        let ids: std::collections::BTreeSet<_> = findings.iter().map(|f| f.id().to_string()).collect();
        assert_eq!(ids.len(), findings.len(), "each question has its own name");
    }
    assert_eq!(answers[..6], ["no_visit", "no_visit", "no_appearance", "no_data", "no_visit", "no_data"]);
    assert_eq!(
        answers[6..],
        ["passes_only", "neither", "before_not_observed", "stays", "before_and_after", "before_not_observed"]
    );
    let silent = &visit_findings(&cases[0], &VisitParams::default())[0];
    assert_eq!(silent.says.matches("10 hours").count(), 1, "{}", silent.says);
    let observed = silent.figures.iter().find(|f| f.name == "observed_h").unwrap();
    assert_eq!(observed.value, Value::Real(10.0));
}

#[test]
fn what_hangs_on_the_uncertainty_is_said() {
    // The place reaches 150 m; records at 120 m with 40 m of uncertainty, and at 180 m with 40 m.
    let fuzzy = |min, north| Record { uncertainty_m: 40.0, ..at(min, north) };
    let records = vec![fuzzy(0, 120.0), fuzzy(100, 180.0), fuzzy(200, 9_000.0)];
    let case = Case { suspects: vec![device("s", records)], places: vec![home()], ..Case::default() };
    let finding = visit_findings(&case, &VisitParams::default()).remove(0);
    assert_eq!(finding.answer, "passes_only");
    let varied: Vec<_> = finding.sensitivity[2..4].iter().map(|v| (v.answer, v.figure.value.clone())).collect();
    assert_eq!(varied, [("no_visit", Value::Count(0)), ("passes_only", Value::Count(2))]);
}

#[test]
fn the_ends_of_time_do_no_harm() {
    let odd = |t: i64, north: f64| Record { t0_us: t, t1_us: t, ..at(0, north) };
    let records = vec![odd(i64::MIN, 0.0), odd(i64::MAX, 0.0), odd(0, 5_000.0), odd(1, 0.0)];
    let found = one(records.clone(), records, home());
    assert_eq!(found.visits.len(), 3);
}

/// The stay points as Li et al. write them, with every distance taken by the geodesic.
fn stays_by_definition(records: &[Record], params: &VisitParams) -> Vec<(i64, i64, usize)> {
    let d = |a: &Record, b: &Record| distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg);
    let (mut found, mut i) = (vec![], 0);
    while i < records.len() {
        let mut j = i + 1;
        let end = |j: usize| records[i..j].iter().map(|r| r.t1_us).max().unwrap();
        while j < records.len()
            && records[j].t0_us - end(j) <= params.split_us
            && d(&records[i], &records[j]) <= params.stay_distance_m
        {
            j += 1;
        }
        if end(j) - records[i].t0_us >= params.stay_us {
            found.push((records[i].t0_us, end(j), j - i));
            i = j;
        } else {
            i += 1;
        }
    }
    found
}

/// Visits by joining every two near records or stays whose gap is small enough, until nothing changes.
fn visits_by_joining(records: &[Record], place: &VictimPlace, params: &VisitParams) -> Vec<(i64, i64, bool)> {
    let near = |lat, lon| distance_m(lat, lon, place.lat_deg, place.lon_deg) <= place.radius_m + params.near_m;
    let mut runs: Vec<(i64, i64, bool, bool)> =
        records.iter().filter(|r| near(r.lat_deg, r.lon_deg)).map(|r| (r.t0_us, r.t1_us, false, true)).collect();
    let stays = stay_points(records, params);
    runs.extend(stays.iter().filter(|s| near(s.lat_deg, s.lon_deg)).map(|s| (s.t0_us, s.t1_us, true, false)));
    'again: loop {
        for i in 0..runs.len() {
            for j in 0..runs.len() {
                let (a, b) = (runs[i], runs[j]);
                if i != j && a.0.max(b.0) - a.1.min(b.1) <= params.gap_us {
                    runs[i] = (a.0.min(b.0), a.1.max(b.1), a.2 | b.2, a.3 | b.3);
                    runs.remove(j);
                    continue 'again;
                }
            }
        }
        break;
    }
    let mut visits: Vec<_> = runs.into_iter().filter(|r| r.3).map(|r| (r.0, r.1, r.2)).collect();
    visits.sort_unstable();
    visits
}

proptest! {
    #[test]
    fn stays_and_visits_are_those_of_their_definitions_in_any_order_of_records(
        raw in prop::collection::vec((0_i64..400, 0_i64..2, -4_i32..4, -300.0..300.0f64), 0..60), by in 0..60_usize) {
        let params = VisitParams { stay_distance_m: 150.0, ..VisitParams::default() };
        let mut records: Vec<Record> = raw
            .into_iter()
            .map(|(min, long, far, jitter)| {
                let record = at(min, f64::from(far) * 250.0 + jitter);
                Record { t1_us: record.t0_us + long * 12 * MIN_US, ..record }
            })
            .collect();
        let turn = by.min(records.len());
        let suspect = device("s", records.clone());
        records.rotate_left(turn);
        let found: Vec<_> = stay_points(suspect.records(), &params).iter().map(|s| (s.t0_us, s.t1_us, s.records)).collect();
        prop_assert_eq!(found, stays_by_definition(suspect.records(), &params));
        let visits = place_visits(&suspect, &[], &[home()], &params).remove(0);
        let found: Vec<_> = visits.visits.iter().map(|v| (v.t0_us, v.t1_us, v.manner == Manner::Stay)).collect();
        prop_assert_eq!(found, visits_by_joining(suspect.records(), &home(), &params));
        let other = device("s", records);
        prop_assert_eq!(place_visits(&other, &[], &[home()], &params).remove(0), visits);
    }

    #[test]
    fn presence_is_what_each_of_her_records_says(
        raw in prop::collection::vec((0_i64..300, any::<bool>()), 0..25), from in 0_i64..250, long in 0_i64..60) {
        let params = VisitParams::default();
        let mut hers: Vec<(i64, bool)> = raw;
        hers.sort_unstable();
        hers.dedup_by_key(|h| h.0);
        let records = hers.iter().map(|(min, near)| at(*min, if *near { 0.0 } else { 5_000.0 })).collect::<Vec<_>>();
        let around = Around { lat_deg: 51.5, lon_deg: 0.0, reach_m: 150.0, uncertainty_times: 0.0 };
        let pass = Presences { params: params.clone(), around: vec![around] };
        let (chunked, mut passed) = (Chunked::in_chunks(&records, 4), Passed::default());
        let told = Told::of(&chunked, &pass, &mut passed);
        let account = told.account(&around);
        let to = from + long;
        let inside: Vec<_> = hers.iter().filter(|h| (from..=to).contains(&h.0)).collect();
        let before = hers.iter().rev().find(|h| h.0 < from);
        let after = hers.iter().find(|h| h.0 > to);
        let chain: Vec<_> = before.into_iter().chain(inside.iter().copied()).chain(after).collect();
        let closed = (before.is_some() || inside.first().is_some_and(|h| h.0 == from))
            && (after.is_some() || inside.last().is_some_and(|h| h.0 == to));
        let heard = closed && chain.windows(2).all(|two| two[1].0 - two[0].0 <= 30);
        let want = if inside.iter().any(|h| h.1) || heard && chain.iter().all(|h| h.1) {
            Presence::There
        } else if heard && chain.iter().all(|h| !h.1) {
            Presence::Away
        } else {
            Presence::NotKnown
        };
        prop_assert_eq!(account.during(from * MIN_US, to * MIN_US, &params), want);
    }

    #[test]
    fn of_many_places_and_parameters_each_is_told_what_it_is_told_alone(
        his in prop::collection::vec((0_i64..400, -4_i32..4, 5_u8..90), 0..60),
        hers in prop::collection::vec((0_i64..400, -4_i32..4, 5_u8..90), 0..60)) {
        let records = |raw: Vec<(i64, i32, u8)>| -> Vec<Record> {
            let of = |(min, far, sure_m): (i64, i32, u8)| {
                Record { uncertainty_m: f64::from(sure_m), ..at(min, f64::from(far) * 60.0) }
            };
            raw.into_iter().map(of).collect()
        };
        let (suspect, victim) = (device("s", records(his)), device("v", records(hers)));
        // About one point, wider, and about another as far north.
        let places = [home(), VictimPlace { radius_m: 140.0, ..home() }, VictimPlace { lon_deg: 1e-3, ..home() }];
        let all = finding::asked_params(&VisitParams::default()).1;
        let chunked = [Chunked::anew(victim.records())];
        let asked = Asked { name: "s", suspect: &Chunked::anew(suspect.records()), victims: &chunked, places: &places };
        let mut passes = Passes::default();
        let found = asked.visits(&all, &all, &mut passes);
        for (found, params) in found.iter().zip(&all) {
            for (found, place) in found.iter().zip(&places) {
                let alone = place_visits(&suspect, std::slice::from_ref(&victim), std::slice::from_ref(place), params);
                prop_assert_eq!(std::slice::from_ref(found), &*alone);
            }
        }
        // Asked again, and of some only, what is kept is told.
        prop_assert_eq!(&asked.visits(&all[2..4], &all, &mut passes), &found[2..4]);
    }
}
