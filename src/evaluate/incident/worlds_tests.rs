//! Worlds with known truth: a device that was there is not excluded more often than the percentile says.

use geographiclib_rs::{DirectGeodesic, Geodesic};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::judge::{Answer, core};
use super::scene::{Scene, Setting, records_about};
use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::prism::{ReachParams, deviations, seconds};
use crate::index::sigma_m;
use crate::model::{DEFAULT_CONFIDENCE, ProximityParams};

fn ahead((lat, lon): (f64, f64), azimuth_deg: f64, way_m: f64) -> (f64, f64) {
    if way_m == 0.0 { (lat, lon) } else { Geodesic::wgs84().direct(lat, lon, azimuth_deg, way_m) }
}

/// One leg of a true journey: from a time, at a position, in a direction, at a speed.
struct Leg {
    from_us: i64,
    to_us: i64,
    start: (f64, f64),
    azimuth_deg: f64,
    speed_m_s: f64,
}

impl Leg {
    fn at(&self, t_us: i64) -> (f64, f64) {
        ahead(self.start, self.azimuth_deg, self.speed_m_s * seconds(self.from_us, t_us))
    }
}

/// A journey of some three hours, never faster than 40 m/s.
fn journey(rng: &mut ChaCha8Rng) -> Vec<Leg> {
    let mut legs = Vec::new();
    let mut start = (rng.random_range(50.0..58.0), rng.random_range(-5.0..1.5));
    let mut from_us = 0;
    while from_us < 10_800_000_000 {
        let to_us = from_us + rng.random_range(1..3_600) * 1_000_000;
        let speed_m_s = [0.0, 1.4, 13.0, 40.0][rng.random_range(0..4)];
        let leg = Leg { from_us, to_us, start, azimuth_deg: rng.random_range(0.0..360.0), speed_m_s };
        (start, from_us) = (leg.at(to_us), to_us);
        legs.push(leg);
    }
    legs
}

fn truth_at(legs: &[Leg], t_us: i64) -> (f64, f64) {
    legs.iter().find(|l| t_us <= l.to_us).map_or(legs[0].start, |l| l.at(t_us))
}

/// Records of a journey at random times, some of them stays; `error_m` draws an error for a standard deviation.
fn records(rng: &mut ChaCha8Rng, legs: &[Leg], error_m: &mut dyn FnMut(&mut ChaCha8Rng, f64) -> f64) -> Vec<Record> {
    let count = rng.random_range(0..12);
    (0..count)
        .map(|_| {
            let leg = &legs[rng.random_range(0..legs.len())];
            let t0_us = rng.random_range(leg.from_us..=leg.to_us);
            let t1_us = if leg.speed_m_s == 0.0 && rng.random() { rng.random_range(t0_us..=leg.to_us) } else { t0_us };
            let uncertainty_m = [5.0, 20.0, 100.0, 2_000.0][rng.random_range(0..4)];
            let off_m = error_m(rng, sigma_m(uncertainty_m, DEFAULT_CONFIDENCE));
            let (lat, lon) = ahead(leg.at(t0_us), rng.random_range(0.0..360.0), off_m);
            Record { t1_us, ..Record::at(t0_us, lat, lon, uncertainty_m) }
        })
        .collect()
}

/// An allegation that is true: at some moment of its window the device was within the radius of the place.
fn true_allegation(rng: &mut ChaCha8Rng, legs: &[Leg], params: &ProximityParams) -> Allegation {
    let t_us = rng.random_range(0..10_800_000_000_i64);
    let extent_m = [0.0, 50.0, 300.0][rng.random_range(0..3)];
    let off_m = (params.radius_m + extent_m) * [1.0, rng.random_range(0.0..1.0)][rng.random_range(0..2)] - 1e-6;
    let (lat_deg, lon_deg) = ahead(truth_at(legs, t_us), rng.random_range(0.0..360.0), off_m);
    let half_us = [0, 60, 3_600][rng.random_range(0..3)] * 1_000_000;
    let before_us = rng.random_range(0..=half_us);
    Allegation {
        reference: "i".into(),
        t0_us: t_us - before_us,
        t1_us: t_us + half_us - before_us,
        lat_deg,
        lon_deg,
        uncertainty_m: extent_m,
    }
}

fn answer(records: Vec<Record>, incident: &Allegation, params: &ProximityParams, reach: &ReachParams) -> Answer {
    let device = Device::new("d", "s", records);
    let about = records_about(&device, incident, params.window_us, reach);
    let scene = Scene::new(&about, incident, params.window_us, reach);
    let setting = Setting::of(params, reach);
    core(&scene, &setting, reach, &scene.rooms(&setting)).answer
}

/// How many of `worlds` true allegations are excluded, and how many of the same allegations moved 15 km away.
fn excluded(seed: u64, worlds: usize, error_m: &mut dyn FnMut(&mut ChaCha8Rng, f64) -> f64) -> (usize, usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let reach = ReachParams::default();
    let (mut wrong, mut right) = (0, 0);
    for n in 0..worlds {
        let params = ProximityParams { window_us: [0, 120_000_000][n % 2], ..ProximityParams::default() };
        let legs = journey(&mut rng);
        let records = records(&mut rng, &legs, error_m);
        let mut incident = true_allegation(&mut rng, &legs, &params);
        wrong += usize::from(answer(records.clone(), &incident, &params, &reach) == Answer::Excludes);
        (incident.lat_deg, incident.lon_deg) = ahead((incident.lat_deg, incident.lon_deg), 77.0, 15_000.0);
        right += usize::from(answer(records, &incident, &params, &reach) == Answer::Excludes);
    }
    (wrong, right)
}

#[test]
fn within_the_stated_percentile_the_truth_is_never_excluded() {
    let widest = deviations(0.95, 1);
    let mut to_the_rim =
        |rng: &mut ChaCha8Rng, sigma: f64| sigma * widest * if rng.random() { 0.999_999 } else { rng.random::<f64>() };
    let (wrong, right) = excluded(1, 100_000, &mut to_the_rim);
    println!("incidents, errors up to the percentile: {wrong} of 100000 excluded where it was there, {right} at 15 km");
    assert_eq!(wrong, 0);
    assert!(right > 15_000, "the test would be empty if nothing were ever excluded: {right}");
}

#[test]
fn beyond_the_stated_percentile_the_truth_can_be_excluded() {
    // Errors of six deviations: the same worlds must now show wrong exclusions, or the test above could not fail.
    let (wrong, _) = excluded(1, 5_000, &mut |_, sigma| 6.0 * sigma);
    assert!(wrong > 50, "{wrong}");
}

fn gaussian(rng: &mut ChaCha8Rng, sigma: f64) -> f64 {
    sigma * (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt()
}

#[test]
fn with_gaussian_errors_it_is_excluded_no_more_often_than_the_percentile_leaves() {
    let worlds = 20_000;
    let (wrong, _) = excluded(2, worlds, &mut gaussian);
    println!("incidents, Gaussian errors, 0.95: {wrong} of {worlds} excluded where it was there");
    assert!(20 * wrong <= worlds, "{wrong} of {worlds}");
    assert!(wrong > 0, "Gaussian errors have no bound: {wrong}");
}

#[test]
fn where_one_record_decides_the_rate_is_exactly_what_the_percentile_leaves() {
    // A moment, a radius of nothing, one record at that moment: the device is excluded when the error exceeds the radius.
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let params = ProximityParams { radius_m: 0.0, window_us: 0, ..ProximityParams::default() };
    for percentile in [0.68, 0.95, 0.99] {
        let reach = ReachParams { percentile, ..ReachParams::default() };
        let worlds = 20_000.0_f64;
        let mut wrong = 0.0;
        for _ in 0..20_000 {
            let truth = (rng.random_range(50.0..58.0), rng.random_range(-5.0..1.5));
            let off_m = gaussian(&mut rng, sigma_m(30.0, DEFAULT_CONFIDENCE));
            let (lat, lon) = ahead(truth, rng.random_range(0.0..360.0), off_m);
            let incident = Allegation {
                reference: "i".into(),
                t0_us: 7,
                t1_us: 7,
                lat_deg: truth.0,
                lon_deg: truth.1,
                uncertainty_m: 0.0,
            };
            let given = answer(vec![Record::at(7, lat, lon, 30.0)], &incident, &params, &reach);
            wrong += f64::from(u8::from(given == Answer::Excludes));
        }
        println!("incidents, one record, {percentile}: {wrong} of {worlds} excluded where it was there");
        let (want, spread) = (worlds * (1.0 - percentile), (worlds * percentile * (1.0 - percentile)).sqrt());
        assert!((wrong - want).abs() < 4.0 * spread, "{percentile}: {wrong}, expected {want} within {spread}");
    }
}
