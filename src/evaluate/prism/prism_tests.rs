//! The sweep against the definition, moment by moment, and the prism against its published condition.

use geographiclib_rs::{DirectGeodesic, Geodesic};
use proptest::prelude::*;

use super::*;
use crate::evaluate::case::Record;
use crate::index::{distance_m, sigma_m};

const PLACE: (f64, f64) = (51.5, -0.12);

fn params() -> ReachParams {
    ReachParams::default()
}

fn from_place(r: &Record) -> f64 {
    distance_m(PLACE.0, PLACE.1, r.lat_deg, r.lon_deg)
}

fn rooms(frontier: &Frontier<'_>, from_us: i64, to_us: i64, reach_m: f64) -> Vec<Room> {
    let all = vec![true; frontier.records().len()];
    let places = Places::measure(frontier.records(), PLACE.0, PLACE.1, &all);
    frontier.segments(from_us, to_us).map(|s| Room::of(frontier, &places, &s, reach_m, (0.95, 1.0))).collect()
}

/// A record about `km` north of the place, at a time in seconds.
fn north(s: i64, long_s: i64, km: f64, u_m: f64) -> Record {
    let t0_us = s * 1_000_000;
    Record { t1_us: t0_us + long_s * 1_000_000, ..Record::at(t0_us, PLACE.0 + km / 111.2, PLACE.1, u_m) }
}

/// The records that bear on a moment by the definition, quadratic: those that no other beats.
fn family_by_definition(records: &[Record], t_us: i64) -> Vec<usize> {
    let spread = |i: usize| params().sigma_m(&records[i]);
    let all = || 0..records.len();
    let during: Vec<usize> = all().filter(|&i| records[i].t0_us < t_us && t_us < records[i].t1_us).collect();
    let best_during = during.iter().map(|&i| spread(i)).fold(f64::INFINITY, f64::min);
    let mut family: Vec<usize> = during.into_iter().filter(|&i| spread(i) == best_during).collect();
    family.truncate(2);
    let gap = |i: usize, before: bool| if before { t_us - records[i].t1_us } else { records[i].t0_us - t_us };
    for before in [true, false] {
        let side: Vec<usize> = all().filter(|&i| gap(i, before) >= 0).collect();
        let beats = |j: usize, i: usize| {
            let (a, b) = ((gap(j, before), spread(j)), (gap(i, before), spread(i)));
            a.0 <= b.0 && a.1 <= b.1 && a != b
        };
        let mut left: Vec<usize> =
            side.iter().copied().filter(|&i| !side.iter().any(|&j| beats(j, i)) && spread(i) < best_during).collect();
        // Of records as near and as certain as each other the one that stands nearer in their order comes first.
        left.sort_by_key(|&i| (gap(i, before), if before { records.len() - i } else { i }));
        left.truncate(3);
        family.extend(left);
    }
    family
}

fn free_by_definition(records: &[Record], t_us: i64, reach_m: f64, speed_m_s: f64) -> bool {
    let family = family_by_definition(records, t_us);
    let widen = (-2.0 * (0.05 / f64::from(u32::try_from(family.len().max(1)).unwrap())).ln()).sqrt();
    family.iter().all(|&i| {
        let r = &records[i];
        let gap_s = seconds(r.t1_us, t_us).max(seconds(t_us, r.t0_us));
        from_place(r) <= reach_m + params().sigma_m(r) * widen + speed_m_s * gap_s
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_sweep_agrees_with_the_definition_at_every_moment(
        raw in prop::collection::vec((0_i64..120, 0_i64..4, -6.0..6.0f64, 0_usize..4), 0..14),
        speed in prop::sample::select(vec![2.0, 40.0, 200.0]), from in 0_i64..60, length in 0_i64..60) {
        // Records begin and end at even seconds and no two are one; moments are asked for at odd ones.
        let records: Vec<Record> = raw
            .iter()
            .zip(0_i32..)
            .map(|(&(t, long, km, u), n)| north(2 * t, 4 * (long / 2) * 5, km + f64::from(n) * 1e-6, [5.0, 5.0, 300.0, 2_000.0][u]))
            .collect();
        let device = crate::evaluate::case::Device::new("d", "s", records);
        let frontier = Frontier::new(device.records(), &params());
        let (from_us, to_us) = ((2 * from - 1) * 1_000_000, (2 * (from + length) + 1) * 1_000_000);
        let spans = spans_at(&rooms(&frontier, from_us, to_us, 500.0), |_| speed);
        for t_us in (from_us..=to_us).step_by(2_000_000) {
            let found = spans.iter().any(|s| (s.from_us..=s.to_us).contains(&t_us));
            prop_assert_eq!(found, free_by_definition(device.records(), t_us, 500.0, speed), "at {}", t_us);
        }
        prop_assert!(spans.windows(2).all(|w| w[0].to_us < w[1].from_us), "spans are maximal");
    }

    #[test]
    fn the_break_even_speed_is_where_the_answer_turns(
        raw in prop::collection::vec((0_i64..600, 0_i64..2, -20.0..20.0f64, 5.0..500.0f64), 1..10),
        from in 0_i64..500, length in 0_i64..200, stay in 0_i64..100) {
        let records = raw.iter().map(|&(t, long, km, u)| north(t, long * 30, km, u)).collect();
        let device = crate::evaluate::case::Device::new("d", "s", records);
        let frontier = Frontier::new(device.records(), &params());
        let rooms = rooms(&frontier, from * 1_000_000, (from + length) * 1_000_000, 100.0);
        let stay_us = stay.min(length) * 1_000_000;
        let turn = least_speed(&rooms, stay_us).speed_m_s;
        let reached = |v: f64| spans_at(&rooms, |_| v).iter().any(|s| s.length_us() >= stay_us);
        if turn.is_infinite() {
            prop_assert!(!reached(1e6));
        } else {
            prop_assert!(reached(turn * 1.000_001 + 1e-9), "{}", turn);
            // Times are whole microseconds, rounded towards possible: just below, up to two of them may remain.
            prop_assert!(!(1e-6..=1e4).contains(&turn) || !reached(turn * 0.999), "{}", turn);
        }
    }
}

#[test]
fn of_records_as_near_and_as_certain_the_nearer_in_their_order_bears() {
    // Two stays that end together, one at the place and one 2.5 km away, and nearer in time two records that say little: three
    // of the four bear.
    let records =
        [north(52, 20, 0.0, 5.0), north(52, 20, 2.5, 5.0), north(74, 0, 0.0, 300.0), north(76, 0, 0.0, 2_000.0)];
    let t_us = 77_000_000;
    let free = |records: &[Record]| {
        let device = crate::evaluate::case::Device::new("d", "s", records.to_vec());
        let frontier = Frontier::new(device.records(), &params());
        let found = !spans_at(&rooms(&frontier, t_us, t_us, 500.0), |_| 2.0).is_empty();
        assert_eq!(found, free_by_definition(device.records(), t_us, 500.0, 2.0));
        found
    };
    assert!(!free(&records), "the one further north stands later");
    let turned = [north(52, 20, 0.0, 5.0), north(52, 20, -2.5, 5.0), records[2], records[3]];
    assert!(free(&turned), "the one further south stands earlier");
}

#[test]
fn between_two_records_it_is_the_published_condition() {
    // notes E4: D1/v + m + D2/v <= T; break-even (D1 + D2)/(T - m); longest stay T - (D1 + D2)/v.
    let records = [north(0, 0, 3.0, 10.0), north(1_000, 0, -7.0, 20.0)];
    let frontier = Frontier::new(&records, &params());
    let rooms = rooms(&frontier, 0, 1_000_000_000, 100.0);
    let widen = (-2.0 * 0.025_f64.ln()).sqrt();
    let need = |i: usize| from_place(&records[i]) - 100.0 - params().sigma_m(&records[i]) * widen;
    let (d1, d2) = (need(0), need(1));
    assert!((least_speed(&rooms, 0).speed_m_s - (d1 + d2) / 1_000.0).abs() < 1e-9);
    assert!((least_speed(&rooms, 100_000_000).speed_m_s - (d1 + d2) / 900.0).abs() < 1e-6);
    assert_eq!(least_speed(&rooms, 0), Binding { before: Some(0), after: Some(1), ..least_speed(&rooms, 0) });
    let stay = spans_at(&rooms, |_| 20.0);
    assert_eq!(stay.len(), 1);
    assert!((seconds(0, stay[0].from_us) - d1 / 20.0).abs() < 1e-5);
    assert!((seconds(0, stay[0].to_us) - (1_000.0 - d2 / 20.0)).abs() < 1e-5);
    assert!((seconds(0, stay[0].length_us()) - (1_000.0 - (d1 + d2) / 20.0)).abs() < 1e-5);
    assert_eq!(spans_at(&rooms, |_| 9.0), [], "needs about 9.7 m/s");
}

#[test]
fn a_precise_record_a_little_earlier_beats_a_wide_one() {
    // 2 km cell one minute before; GPS 30 km away ten minutes before: 600 s at 40 m/s is 24 km.
    let records = [north(0, 0, 30.0, 10.0), north(540, 0, 1.0, 2_000.0)];
    let frontier = Frontier::new(&records, &params());
    assert_eq!(spans_at(&rooms(&frontier, 600_000_000, 600_000_000, 100.0), |_| 40.0), []);
    let alone = Frontier::new(&records[1..], &params());
    assert_eq!(spans_at(&rooms(&alone, 600_000_000, 600_000_000, 100.0), |_| 40.0).len(), 1);
}

#[test]
fn the_same_record_from_two_files_counts_once() {
    let once = [north(0, 0, 5.0, 10.0)];
    let twice = [once[0], Record { origin: crate::encounter::Origin { exhibit: 1, row: 9 }, ..once[0] }];
    let turn = |records: &[Record]| {
        let frontier = Frontier::new(records, &params());
        least_speed(&rooms(&frontier, 100_000_000, 100_000_000, 100.0), 0).speed_m_s
    };
    assert_eq!(turn(&once).to_bits(), turn(&twice).to_bits());
}

#[test]
fn a_stay_holds_the_device_while_it_lasts() {
    let records = [north(0, 3_600, 5.0, 10.0)];
    let frontier = Frontier::new(&records, &params());
    let at = |from: i64, to: i64| spans_at(&rooms(&frontier, from * 1_000_000, to * 1_000_000, 100.0), |_| 40.0);
    assert_eq!(at(10, 3_000), []);
    assert_eq!(least_speed(&rooms(&frontier, 10_000_000, 20_000_000, 100.0), 0).speed_m_s, f64::INFINITY);
    let after = at(10, 4_000);
    assert_eq!(after.len(), 1, "free some two minutes after it ended");
    assert!((3_715_000_000..3_725_000_000).contains(&after[0].from_us), "{after:?}");
}

#[test]
fn records_that_share_the_allowance_exclude_as_often_together_as_one_alone() {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(31);
    // A device at the place itself, three independent records at that moment: shut out if any exceeds its radius.
    let (worlds, allowance) = (20_000_u32, 0.32_f64);
    let mut shut_out = 0_u32;
    for _ in 0..worlds {
        let mut records: Vec<Record> = (0..3)
            .map(|_| {
                let off_m = sigma_m(30.0, 0.68) * (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
                let azimuth: f64 = rng.random_range(0.0..360.0);
                let (lat, lon) = Geodesic::wgs84().direct(PLACE.0, PLACE.1, azimuth, off_m);
                Record::at(0, lat, lon, 30.0)
            })
            .collect();
        records.sort_by(Record::order);
        let frontier = Frontier::new(&records, &params());
        let places = Places::measure(&records, PLACE.0, PLACE.1, &[true; 3]);
        let room = |s| Room::of(&frontier, &places, &s, 0.0, (1.0 - allowance, 1.0));
        let rooms: Vec<Room> = frontier.segments(0, 0).map(room).collect();
        shut_out += u32::from(spans_at(&rooms, |_| 40.0).is_empty());
    }
    // 1 - (1 - 0.32 / 3)^3 = 0.287; without sharing it would be 1 - 0.68^3 = 0.686.
    let want = 1.0 - (1.0 - allowance / 3.0).powi(3);
    let spread = (want * (1.0 - want) / f64::from(worlds)).sqrt();
    let rate = f64::from(shut_out) / f64::from(worlds);
    assert!((rate - want).abs() < 4.0 * spread, "{rate}, expected {want} within {spread}");
}
