//! Whether the ratios mean what they say, on made-up devices of which it is known where they truly were.
//!
//! The worlds keep their own rules (rooms, straight ways, errands at any distance), not those that the routine assumes; the
//! sectors are chosen by received power with shadow fading, not by the prior. `--nocapture` prints the figures of
//! docs/validation.md.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::answer::{Routines, Settings, computed, in_time};
use super::habit::Habit;
use super::prior::{Environment, Prior};
use super::ratio::{Target, position_log10_lr, sector_log10_lr};
use super::routine::{Basis, Routine};
use super::sector::Sector;
use super::worlds::{World, normal, offset, pick, unit};
use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::validation::{
    Bounds, Cases, Labelled, Range, VERSION, Validation, cllr, cllr_min, crossed, entropy, figure_of_docs, logistic,
    real, tippett, validate,
};
use crate::index::sigma_m;
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

/// Monday 2025-01-06 00:00 UTC.
const MONDAY_US: i64 = 1_736_121_600 * US_PER_S;
const DAYS: usize = 29;
const RADIUS_M: f64 = 100.0;
const WORLDS: usize = 1_000;

/// The moment at a minute of a day.
fn moment_us(day: usize, minute: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
    let seconds = (minute * 60.0) as i64;
    MONDAY_US + (i64::try_from(day).unwrap() * 86_400 + seconds) * US_PER_S
}

/// A truth with an error drawn by the uncertainty that the record states, times `times`.
fn recorded(at_us: i64, truth: (f64, f64), times: f64, rng: &mut ChaCha8Rng) -> Record {
    let uncertainty_m = 8.0 * 8.0_f64.powf(unit(rng));
    let (x, y) = normal(rng);
    let sigma = times * sigma_m(uncertainty_m, 0.68);
    let (lat, lon) = offset(truth, sigma * x, sigma * y);
    Record::at(at_us, lat, lon, uncertainty_m)
}

/// A question: what the device does about that time of day, a target, and where the device truly was, both ways.
struct Question {
    habit: Habit,
    by_sectors: Option<Habit>,
    at_us: i64,
    target: Target,
    if_near: (f64, f64),
    if_routine: (f64, f64),
}

/// How far targets are from the places that the device keeps to, metres: the same for both answers.
const ACROSS_TOWN: (f64, f64) = (20.0, 3_000.0);
const NEXT_DOOR: (f64, f64) = (20.0, 300.0);

fn question(targets: (f64, f64), prior: &Prior, with_sectors: bool, rng: &mut ChaCha8Rng) -> Question {
    let zone = ZoneRule::parse("Europe/London").unwrap();
    let world = World::new(rng);
    let (asked_day, minute) = (pick(rng, DAYS), 420.0 + 960.0 * unit(rng));
    let (mut records, mut if_routine) = (Vec::new(), world.home);
    let mut served = Vec::new();
    for day in 0..DAYS {
        let plan = world.day(day % 7 >= 5, rng);
        if day == asked_day {
            if_routine = plan.at(minute, rng);
            continue;
        }
        let mut at = minute - 70.0;
        while at < minute + 70.0 {
            let at_us = moment_us(day, at);
            let truth = plan.at(at.max(0.0), rng);
            records.push(recorded(at_us, truth, 1.0, rng));
            if with_sectors {
                let sector = served_by(truth, rng);
                let mut record = Record::at(at_us, sector.lat_deg, sector.lon_deg, 0.0);
                (record.source, record.origin.row) = (SourceKind::Cell, records.len() as u64);
                record.azimuth_deg = sector.azimuth_deg;
                served.push(record);
            }
            at += 10.0;
        }
    }
    let at_us = moment_us(asked_day, minute);
    let device = Device::new("d", "s", records);
    let routine = Routine::new(device.records(), Basis::Positions, &zone, prior);
    let about = [world.home, world.work, world.haunts[0]][pick(rng, 3)];
    let (r, at) = (targets.0 * (targets.1 / targets.0).powf(unit(rng)), std::f64::consts::TAU * unit(rng));
    let centre = offset(about, r * at.sin(), r * at.cos());
    let (r, at) = (RADIUS_M * unit(rng).sqrt(), std::f64::consts::TAU * unit(rng));
    let sectors = Routine::new(&served, Basis::Sectors, &zone, prior);
    Question {
        habit: routine.at(at_us, &zone, prior).unwrap(),
        by_sectors: sectors.at(at_us, &zone, prior),
        at_us,
        target: Target { lat_deg: centre.0, lon_deg: centre.1, radius_m: RADIUS_M, sigma_m: 0.0 },
        if_near: offset(centre, r * at.sin(), r * at.cos()),
        if_routine,
    }
}

/// Ratios of positions in [`WORLDS`] worlds; the errors at the question are `times` what the records state.
fn positions(targets: (f64, f64), times: f64, seed: u64) -> Labelled {
    let (prior, mut rng) = (Prior::default(), ChaCha8Rng::seed_from_u64(seed));
    let (mut near, mut routine) = (Vec::new(), Vec::new());
    for _ in 0..WORLDS {
        let q = question(targets, &prior, false, &mut rng);
        let mut ratio =
            |truth| position_log10_lr(&recorded(q.at_us, truth, times, &mut rng), &q.target, &q.habit).unwrap();
        near.push(ratio(q.if_near));
        routine.push(ratio(q.if_routine));
    }
    Labelled::new(near, routine).unwrap()
}

/// Ratios of sectors in `worlds` worlds, against a routine of positions or, as of call data alone, one of sectors.
fn sectors(environment: Environment, by_sectors: bool, worlds: usize, seed: u64) -> Labelled {
    let (mut prior, mut rng) = (Prior::default(), ChaCha8Rng::seed_from_u64(seed));
    prior.sector.environment = environment;
    let (mut near, mut routine) = (Vec::new(), Vec::new());
    for _ in 0..worlds {
        let q = question(ACROSS_TOWN, &prior, by_sectors, &mut rng);
        let habit = if by_sectors { q.by_sectors.as_ref().unwrap() } else { &q.habit };
        let mut ratio = |truth| sector_log10_lr(&served_by(truth, &mut rng), &q.target, habit, &prior);
        near.push(ratio(q.if_near));
        routine.push(ratio(q.if_routine));
    }
    Labelled::new(near, routine).unwrap()
}

/// Masts 900 m apart, three sectors each, and the sector that a phone at a place uses: the one received best, with a
/// pattern of 65 degrees and 20 dB and a loss of 37.6 dB a decade (3GPP TR 36.942), and 8 dB of shadow fading.
fn served_by(truth: (f64, f64), rng: &mut ChaCha8Rng) -> Sector {
    let (spacing, base) = (900.0, (51.5, -0.1));
    let origin = Sector { lat_deg: base.0, lon_deg: base.1, azimuth_deg: None };
    let (east, north) = origin.plane(truth.0, truth.1);
    let mut best = (f64::NEG_INFINITY, (0.0, 0.0), 0.0);
    for i in -3..=3 {
        for j in -3..=3 {
            let mast = ((east / spacing).round() + f64::from(i), (north / spacing).round() + f64::from(j));
            let mast = (mast.0 * spacing, mast.1 * spacing);
            let (x, y) = (east - mast.0, north - mast.1);
            let loss = 37.6 * x.hypot(y).max(20.0).log10();
            let shadow = 8.0 * normal(rng).0;
            for azimuth in [0.0, 120.0, 240.0] {
                let off = (x.atan2(y).to_degrees() - azimuth + 540.0).rem_euclid(360.0) - 180.0;
                let gain = -(12.0 * (off / 65.0).powi(2)).min(20.0);
                if gain - loss + shadow > best.0 {
                    best = (gain - loss + shadow, mast, azimuth);
                }
            }
        }
    }
    let (lat_deg, lon_deg) = offset(base, best.1.0, best.1.1);
    Sector { lat_deg, lon_deg, azimuth_deg: Some(best.2) }
}

/// Prints what docs/validation.md shows, and gives what is lost before calibration and after it, and the bounds.
fn shown(name: &str, set: &Labelled) -> (f64, f64, Bounds) {
    let one = |x: f64| Range { from: x, to: x };
    let entry = validate(&Cases {
        source: if name.starts_with("sectors") { "cell" } else { "gps" },
        method: &Prior::default().text(),
        made_from: "made-up worlds of this program's own tests; not for use in a case",
        radius_m: one(RADIUS_M),
        sigma_m: Range { from: sigma_m(8.0, 0.68), to: sigma_m(64.0, 0.68) },
        computed: set,
        judged: &[],
        judged_radius_m: RADIUS_M,
        stated: &[],
        seed: 1,
    })
    .unwrap();
    if name == "across town" {
        let file = Validation { version: VERSION, data_types: vec![entry.clone()] };
        figure_of_docs("validation/example.toml", &file.to_text().unwrap());
    }
    if ["across town", "sectors, urban"].contains(&name) {
        let (stated, file) = (entry.bounds.hold_all(&crossed(set, 1).unwrap()), name.replace([',', ' '], ""));
        figure_of_docs(&format!("validation/tippett-{file}.svg"), &tippett(&stated).unwrap());
        figure_of_docs(&format!("validation/entropy-{file}.svg"), &entropy(&stated).unwrap());
    }
    let (raw, least) = (cllr(set), cllr_min(set));
    println!("{name}: Cllr {raw:.3}, Cllr_min {least:.3}; slope {:.2}", logistic(set).unwrap().slope_ln_per_log10);
    let (c, m) = (entry.cllr, entry.cllr_min);
    println!("  as stated: Cllr {:.3} ({:.3} to {:.3}), Cllr_min {:.3}", c.value, c.low, c.high, m.value);
    let Bounds { lower_log10, upper_log10 } = entry.bounds;
    println!("  bounds 1/{:.0} to {:.0}", 10f64.powf(-lower_log10), 10f64.powf(upper_log10));
    let cases = set.near().len();
    for k in [1.0, 2.0] {
        let wrong = set.routine().iter().filter(|x| **x >= k).count();
        let other = set.near().iter().filter(|x| **x <= -k).count();
        println!("  of {cases} each: {wrong} above {0} on their routine, {other} below 1/{0} near", 10f64.powf(k));
        // If the ratios mean what they say, at most one in k shows k or more against the truth (Markov's bound for a
        // likelihood ratio; Good 1950), here with four standard deviations of a binomial number.
        let most = real(cases) * 10f64.powf(-k);
        assert!(real(wrong.max(other)) < most + 4.0 * most.sqrt(), "{name}: {wrong} {other}");
    }
    (raw - least, c.value - m.value, entry.bounds)
}

#[test]
fn ratios_of_positions_mean_what_they_say() {
    for (name, targets, seed) in [("across town", ACROSS_TOWN, 11), ("next door", NEXT_DOOR, 13)] {
        let (raw, stated, bounds) = shown(name, &positions(targets, 1.0, seed));
        assert!(raw < 0.05 && stated < 0.03, "{name}: {raw} {stated}");
        assert!(bounds.upper_log10 > 1.0 && bounds.lower_log10 < -1.0, "{name}: {bounds:?}");
    }
}

/// Ratios of allegations that leave an hour open: a record every five minutes of the day as it was, and if the device was
/// near, a stay of a quarter of an hour in it.
fn open_hour(seed: u64) -> Labelled {
    let (prior, zone) = (Prior::default(), ZoneRule::parse("Europe/London").unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let settings = Settings { prior: &prior, zone: &zone, validation: None, scale: &super::ENFSI_2015 };
    let (mut near, mut routine) = (Vec::new(), Vec::new());
    for _ in 0..WORLDS / 4 {
        let world = World::new(&mut rng);
        let (asked_day, minute) = (pick(&mut rng, DAYS), 420.0 + 900.0 * unit(&mut rng));
        let (r, at) = (20.0 * 150.0_f64.powf(unit(&mut rng)), std::f64::consts::TAU * unit(&mut rng));
        let centre = offset([world.home, world.haunts[0]][pick(&mut rng, 2)], r * at.sin(), r * at.cos());
        let stay = minute + 45.0 * unit(&mut rng);
        let (mut others, mut as_was, mut with_stay) = (Vec::new(), Vec::new(), Vec::new());
        for day in 0..DAYS {
            let plan = world.day(day % 7 >= 5, &mut rng);
            for n in -12..24 {
                let at = minute + 5.0 * f64::from(n) + 4.0 * unit(&mut rng);
                let at_us = moment_us(day, at);
                let was = recorded(at_us, plan.at(at.max(0.0), &mut rng), 1.0, &mut rng);
                if day != asked_day {
                    others.push(was);
                    continue;
                }
                as_was.push(was);
                let (r, way) = (RADIUS_M * unit(&mut rng).sqrt(), std::f64::consts::TAU * unit(&mut rng));
                let there = recorded(at_us, offset(centre, r * way.sin(), r * way.cos()), 1.0, &mut rng);
                with_stay.push(if (stay..stay + 15.0).contains(&at) { there } else { was });
            }
        }
        let routines = Routines::new(&Device::new("d", "s", others), &settings);
        let allegation = Allegation {
            reference: String::new(),
            t0_us: moment_us(asked_day, minute),
            t1_us: moment_us(asked_day, minute + 60.0),
            lat_deg: centre.0,
            lon_deg: centre.1,
            uncertainty_m: 0.0,
        };
        let ratio = |records: Vec<Record>| {
            let within = in_time(&Device::new("d", "s", records), &allegation, 0).remove(&SourceKind::Gps).unwrap();
            computed(&within, &allegation, RADIUS_M, &routines, &settings).unwrap().log10_lr
        };
        routine.push(ratio(as_was));
        near.push(ratio(with_stay));
    }
    Labelled::new(near, routine).unwrap()
}

#[test]
fn ratios_of_an_open_hour_mean_what_they_say() {
    let (raw, stated, bounds) = shown("an open hour", &open_hour(17));
    assert!(raw < 0.08 && stated < 0.05, "{raw} {stated}");
    assert!(bounds.upper_log10 > 0.5, "{bounds:?}");
}

#[test]
fn errors_three_times_those_stated_are_found() {
    let set = positions(NEXT_DOOR, 3.0, 13);
    let lost = cllr(&set) - cllr_min(&set);
    println!("next door, errors three times those stated: Cllr {:.3}, Cllr_min {:.3}", cllr(&set), cllr_min(&set));
    assert!(lost > 0.1, "{lost}");
}

#[test]
fn ratios_of_sectors_mean_what_they_say() {
    for (name, environment, by_sectors, worlds) in [
        ("sectors, urban", Environment::Urban, false, WORLDS),
        ("sectors, unknown", Environment::Unknown, false, WORLDS),
        ("sectors, urban, routine of sectors", Environment::Urban, true, WORLDS / 4),
    ] {
        let (raw, stated, bounds) = shown(name, &sectors(environment, by_sectors, worlds, 12));
        assert!(raw < 0.06 && stated < 0.04, "{name}: {raw} {stated}");
        assert!(bounds.upper_log10 > 0.5, "{name}: {bounds:?}");
    }
}
