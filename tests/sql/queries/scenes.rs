//! `present-at-scenes` against brute force: base rates counted window by window, and the chance of so many scenes from the
//! distribution of their sum.

use locard::evaluate::Allegation;
use locard::evaluate::scenes::other_days;
use locard::index::distance_m;
use locard::store::Table;
use locard::time::ZoneRule;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::asked::{ask, world};
use super::world::{MINUTE_US, at, fix, incident, said};

const RADIUS_M: f64 = 500.0;
const WINDOW_US: i64 = 15 * MINUTE_US;

/// A town: each device has one place, and on each day some hours at which it is recorded there.
struct Town {
    scenes: Vec<Allegation>,
    /// Device, moment, position.
    records: Vec<(String, i64, (f64, f64))>,
}

fn spot(n: u32) -> (f64, f64) {
    (51.4 + 0.01 * f64::from(n), -0.1)
}

/// Scenes at some of the spots, each on one of every so many of these days, and devices that go about by a seed. Days run
/// over the change to summer time on 29 March.
fn town(scenes: u32, devices: u32, (days, every): (i64, i64), seed: u64) -> Town {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |below: u32| chance.next_u32() % below;
    let scene = |n: u32| {
        let day = i64::from(n) * 7 / 2 % days;
        let t0_us = at((day - day % every) * 1_440 + i64::from(n % 24) * 60);
        let (lat_deg, lon_deg) = spot(n % 7);
        Allegation {
            reference: format!("I{n:03}"),
            t0_us,
            t1_us: t0_us + 20 * MINUTE_US,
            lat_deg,
            lon_deg,
            uncertainty_m: 0.0,
        }
    };
    let scenes: Vec<Allegation> = (0..scenes).map(scene).collect();
    let mut records = Vec::new();
    for device in 0..devices {
        for day in 0..days {
            for _ in 0..=draw(3) {
                let place = spot(if draw(3) == 0 { draw(9) } else { device % 9 });
                let minute = i64::from(draw(24 * 60));
                records.push((format!("d{device:02}"), at(day * 1_440 + minute), place));
            }
        }
        // Some are at a scene when it happens.
        for scene in scenes.iter().filter(|_| draw(6) == 0) {
            records.push((format!("d{device:02}"), scene.t0_us + MINUTE_US, (scene.lat_deg, scene.lon_deg)));
        }
    }
    Town { scenes, records }
}

impl Town {
    fn rows(&self) -> Vec<String> {
        let fixes: Vec<Value> = (1..).zip(&self.records).map(|(id, (d, t, p))| fix("C", d, id, *t, *p)).collect();
        let events = self
            .scenes
            .iter()
            .map(|s| said("C", &s.reference, 0, incident(&s.reference, (s.t0_us, s.t1_us), (s.lat_deg, s.lon_deg))));
        let world = world(vec![(Table::Fixes, fixes), (Table::CaseEvents, events.collect())]);
        ask(&world, "present-at-scenes", &["case=C"])
    }

    fn was_there(&self, device: &str, scene: &Allegation, (from_us, to_us): (i64, i64)) -> bool {
        self.records.iter().any(|(of, t, (lat, lon))| {
            of == device
                && *t <= to_us + WINDOW_US
                && *t >= from_us - WINDOW_US
                && distance_m(*lat, *lon, scene.lat_deg, scene.lon_deg) <= RADIUS_M
        })
    }

    /// What the question must say, counted one by one.
    fn expected(&self) -> Vec<(String, usize, f64)> {
        let mut devices: Vec<&str> = self.records.iter().map(|r| r.0.as_str()).collect();
        devices.sort_unstable();
        devices.dedup();
        let first = self.records.iter().map(|r| r.1).min().unwrap();
        let last = self.records.iter().map(|r| r.1).max().unwrap();
        let london = ZoneRule::parse("Europe/London").unwrap();
        let chance = |scene: &Allegation| {
            let windows = other_days(scene, &self.scenes, (first, last), &london, usize::MAX, 0);
            let pairs = windows.iter().flat_map(|window| devices.iter().map(move |device| (device, window)));
            let present = pairs.filter(|(device, window)| self.was_there(device, scene, **window)).count();
            (real(present) + 0.5) / (real(windows.len() * devices.len()) + 1.0)
        };
        let chances: Vec<f64> = self.scenes.iter().map(chance).collect();
        let at_scenes = |device: &&str| {
            self.scenes.iter().filter(|scene| self.was_there(device, scene, (scene.t0_us, scene.t1_us))).count()
        };
        let of_device = |device: &&str| {
            let hits = at_scenes(device);
            ((*device).to_owned(), hits, real(devices.len()) * tail(&chances, hits))
        };
        let mut all: Vec<_> = devices.iter().map(of_device).filter(|row| row.1 >= 2).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }
}

fn real(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}

/// P(at least so many), by the characteristic function of the sum: another way than adding one chance after the other.
///
/// Source: Hong, Y., *On computing the distribution function for the Poisson binomial distribution*, Computational
/// Statistics and Data Analysis 59 (2013) 41-51.
fn tail(chances: &[f64], least: usize) -> f64 {
    let n = chances.len();
    let exactly = |k: usize| {
        let term = |l: usize| {
            let omega = std::f64::consts::TAU * real(l) / real(n + 1);
            let (mut re, mut im) = (1.0, 0.0);
            for p in chances {
                let (a, b) = (1.0 - p + p * omega.cos(), p * omega.sin());
                (re, im) = (re * a - im * b, re * b + im * a);
            }
            // Times exp(-i omega k); the imaginary parts cancel out.
            re * (omega * real(k)).cos() + im * (omega * real(k)).sin()
        };
        (0..=n).map(term).sum::<f64>() / real(n + 1)
    };
    (least..=n).map(exactly).sum()
}

fn compare(town: &Town) {
    let rows = town.rows();
    let expected = town.expected();
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    assert!(rows.len() > 5, "{rows:?}");
    let mut seen_small = false;
    for (row, (device, hits, by_chance)) in rows.iter().zip(&expected) {
        let values: Vec<&str> = row.split(',').collect();
        assert_eq!((values[0], values[1]), (device.as_str(), hits.to_string().as_str()), "{row}");
        assert_eq!(values[2], town.scenes.len().to_string());
        let found: f64 = values[4].parse().unwrap();
        assert!((found - by_chance).abs() < 1e-9 * (1.0 + by_chance), "{row}: {by_chance}");
        seen_small |= *by_chance < real(expected.len());
    }
    assert!(seen_small, "{expected:?}");
}

#[test]
fn more_scenes_than_a_factorial_holds_over_a_change_of_the_clock() {
    compare(&town(25, 12, (60, 2), 1));
}

#[test]
fn two_hundred_scenes() {
    compare(&town(200, 9, (40, 13), 2));
}
