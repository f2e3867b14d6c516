//! Closest approach against dense sampling of tracks that are interpolated another way: along the geodesic.

use super::*;
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::*;

const S: i64 = 1_000_000;

fn geodesic_m(lat_a: f64, lon_a: f64, lat_b: f64, lon_b: f64) -> f64 {
    Geodesic::wgs84().inverse(lat_a, lon_a, lat_b, lon_b)
}

fn at(t_us: i64, lat_deg: f64, lon_deg: f64) -> TrackPoint {
    TrackPoint { t0_us: t_us, t1_us: t_us, lat_deg, lon_deg }
}

/// A point so many metres east and north of another.
fn offset(lat_deg: f64, lon_deg: f64, east_m: f64, north_m: f64) -> (f64, f64) {
    let (azimuth, m) = (east_m.atan2(north_m).to_degrees(), east_m.hypot(north_m));
    Geodesic::wgs84().direct(lat_deg, lon_deg, azimuth, m)
}

fn walk(origin: (f64, f64), steps: &[(i64, f64, f64)]) -> Vec<TrackPoint> {
    steps
        .iter()
        .map(|&(t_us, east_m, north_m)| {
            let (lat, lon) = offset(origin.0, origin.1, east_m, north_m);
            at(t_us, lat, lon)
        })
        .collect()
}

fn approach(a: &[TrackPoint], b: &[TrackPoint]) -> Option<(f64, i64)> {
    closest_approach(a, b, i64::MIN, i64::MAX, 300 * S, &geodesic_m)
}

#[test]
fn two_who_cross_between_their_records_meet_though_no_record_shows_it() {
    for origin in [(52.5, -1.1), (-33.0, 179.999_9), (89.99, 10.0), (0.0, -180.0)] {
        // Fixes 1 km apart; they cross at right angles, a at 150 s and b at 150 s, 40 m beside each other.
        let a = walk(origin, &[(0, -1_000.0, 0.0), (300 * S, 1_000.0, 0.0)]);
        let b = walk(origin, &[(0, 40.0, -1_000.0), (300 * S, 40.0, 1_000.0)]);
        let (m, us) = approach(&a, &b).unwrap();
        // Separation (-1040 + v t, 1000 - v t) with v = 2000/300: least at v t = 1020, where it is 20 sqrt 2.
        assert!((m - 20.0 * 2f64.sqrt()).abs() < 0.05, "{origin:?}: {m}");
        assert!((us - 153 * S).abs() < S / 50, "{origin:?}: {us}");
    }
}

#[test]
fn nothing_is_extrapolated_and_no_overlap_is_no_answer() {
    let a = walk((51.0, 0.0), &[(0, 0.0, 0.0), (100 * S, 10.0, 0.0)]);
    let later = walk((51.0, 0.0), &[(101 * S, 10.0, 0.0), (200 * S, 0.0, 0.0)]);
    assert_eq!(approach(&a, &later), None);
    assert_eq!(approach(&a, &[]), None);
    // 301 s between records: no track in between, only the two records themselves.
    let sparse = walk((51.0, 0.0), &[(-100 * S, 500.0, 0.0), (201 * S, 500.0, 0.0)]);
    assert_eq!(approach(&a, &sparse), None);
    let allowed = closest_approach(&a, &sparse, i64::MIN, i64::MAX, 301 * S, &geodesic_m);
    assert!((allowed.unwrap().0 - 490.0).abs() < 0.1);
}

#[test]
fn the_interval_asked_for_limits_the_search() {
    let a = walk((51.0, 0.0), &[(0, -1_000.0, 0.0), (200 * S, 1_000.0, 0.0)]);
    let home = [TrackPoint { t0_us: i64::MIN, t1_us: i64::MAX, ..at(0, 51.0, 0.0) }];
    let (m, us) = closest_approach(&a, &home, 0, 60 * S, 300 * S, &geodesic_m).unwrap();
    assert!((m - 400.0).abs() < 0.05 && us == 60 * S, "{m} {us}");
    let (m, us) = approach(&a, &home).unwrap();
    assert!(m < 0.05 && (us - 100 * S).abs() < S / 100, "{m} {us}");
    assert_eq!(approach(&home, &home), Some((0.0, i64::MIN)));
}

#[test]
fn a_single_record_against_a_movement_is_taken_at_its_own_moment() {
    let a = walk((51.0, 0.0), &[(0, 0.0, 0.0), (100 * S, 1_000.0, 0.0)]);
    let b = walk((51.0, 0.0), &[(25 * S, 250.0, 30.0)]);
    let (m, us) = approach(&a, &b).unwrap();
    assert!((m - 30.0).abs() < 0.05 && us == 25 * S, "{m} {us}");
    assert_eq!(approach(&b, &a), Some((m, us)));
}

#[test]
fn at_common_records_the_distance_is_that_of_the_records_to_the_bit() {
    let a = [at(0, 52.0, -1.0), at(10 * S, 52.001, -1.002)];
    let b = [at(0, 52.000_1, -1.000_3), at(10 * S, 52.1, -1.3)];
    let (m, us) = approach(&a, &b).unwrap();
    assert_eq!((m, us), (geodesic_m(52.0, -1.0, 52.000_1, -1.000_3), 0));
}

#[test]
fn two_positions_at_one_time_are_both_on_the_track() {
    let a = [at(0, 52.0, -1.0), at(0, 53.0, -1.0), at(60 * S, 52.0, -1.0)];
    let b = [at(0, 53.0, -1.000_1)];
    let c = [at(0, 52.0, -1.000_1)];
    assert!(approach(&a, &b).unwrap().0 < 10.0 && approach(&a, &c).unwrap().0 < 10.0);
    let shuffled = [a[2], a[1], a[0], a[1]];
    assert_eq!(approach(&shuffled, &b), approach(&a, &b));
}

#[test]
fn impossible_speeds_take_bounded_work() {
    let a: Vec<_> = (0..40).map(|k| at(k * S, 0.0, if k % 2 == 0 { 0.0 } else { 179.0 })).collect();
    let b = [TrackPoint { t0_us: 0, t1_us: 40 * S, ..at(0, 1.0, 90.0) }];
    let (m, _) = approach(&a, &b).unwrap();
    // Steps of 10 km: the pass at one degree of latitude is found to within what such steps can hide.
    assert!((110_500.0..111_500.0).contains(&m), "{m}");
}

/// Where a track of moments is at `t_us`, interpolated along the geodesic.
fn sampled(track: &[TrackPoint], t_us: i64, max_us: i64) -> Option<(f64, f64)> {
    if let Some(p) = track.iter().find(|p| p.t0_us == t_us) {
        return Some((p.lat_deg, p.lon_deg));
    }
    let after = track.iter().position(|p| p.t0_us > t_us)?;
    let (p, q) = (track[after.checked_sub(1)?], track[after]);
    if q.t0_us - p.t0_us > max_us {
        return None;
    }
    let (m, azimuth, ..): (f64, f64, f64, f64) = Geodesic::wgs84().inverse(p.lat_deg, p.lon_deg, q.lat_deg, q.lon_deg);
    #[expect(clippy::cast_precision_loss, reason = "minutes in microseconds")]
    let share = (t_us - p.t0_us) as f64 / (q.t0_us - p.t0_us) as f64;
    Some(Geodesic::wgs84().direct(p.lat_deg, p.lon_deg, azimuth, m * share))
}

fn steps() -> impl Strategy<Value = Vec<(i64, f64, f64)>> {
    prop::collection::vec((1_i64..60, -800.0..800.0_f64, -800.0..800.0_f64), 1..7).prop_map(|raw| {
        let mut t = 0;
        raw.into_iter()
            .map(|(dt, east, north)| {
                t += dt * S;
                (t, east, north)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_is_the_least_of_a_dense_sampling(
        a in steps(), b in steps(),
        origin in prop_oneof![Just((52.0, -1.0)), Just((-17.0, 180.0)), Just((89.999, 40.0)), Just((0.0, 0.0))],
    ) {
        let (a, b) = (walk(origin, &a), walk(origin, &b));
        let max_us = 40 * S;
        let found = closest_approach(&a, &b, i64::MIN, i64::MAX, max_us, &geodesic_m);
        let mut least: Option<f64> = None;
        let records = a.iter().chain(&b).map(|p| p.t0_us);
        for t_us in (0..=420).map(|k| k * S).chain((0..1_200).map(|k| k * S * 7 / 20)).chain(records) {
            if let (Some(p), Some(q)) = (sampled(&a, t_us, max_us), sampled(&b, t_us, max_us)) {
                let m = geodesic_m(p.0, p.1, q.0, q.1);
                least = Some(least.map_or(m, |l: f64| l.min(m)));
            }
        }
        prop_assert_eq!(found.is_some(), least.is_some());
        if let (Some((m, us)), Some(least)) = (found, least) {
            prop_assert!(m <= least + 0.1, "found {m} at {us}, sampled {least}");
            // What is reported is the distance at that moment.
            let (p, q) = (sampled(&a, us, max_us).unwrap(), sampled(&b, us, max_us).unwrap());
            prop_assert!((geodesic_m(p.0, p.1, q.0, q.1) - m).abs() < 0.1);
            prop_assert_eq!(closest_approach(&b, &a, i64::MIN, i64::MAX, max_us, &geodesic_m).unwrap().1, us);
        }
    }
}
