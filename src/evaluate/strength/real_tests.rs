//! Ratios on the tracks of two real people, whose days are what they are.
//!
//! The records are not in the repository: they are looked for in the folder that `LOCARD_DATA` names, or beside the checkout
//! in `shared/data`; where they are not, the test says so and passes. The files state no uncertainty: 15 m is assumed. Days
//! kept to the routine are real; being near a target is drawn, as nobody is known to have gone there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::prior::Prior;
use super::ratio::{Target, position_log10_lr};
use super::routine::{Basis, Routine};
use super::worlds::{normal, offset, pick, unit};
use crate::evaluate::case::{Device, Record};
use crate::evaluate::validation::{Labelled, cllr, cllr_min, real};
use crate::index::sigma_m;
use crate::time::{US_PER_S, ZoneRule, parse_utc};

fn tracks() -> Option<BTreeMap<String, Vec<Record>>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("LOCARD_DATA").map_or_else(beside, PathBuf::from);
    let file = std::fs::File::open(folder.join("geolife_two_users.csv.gz")).ok()?;
    let mut tracks: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for (row, line) in csv::Reader::from_reader(flate2::read::GzDecoder::new(file)).records().enumerate() {
        let line = line.unwrap();
        let t_us = parse_utc(&format!("{}Z", line[2].replace(' ', "T"))).unwrap();
        let mut record = Record::at(t_us, line[0].parse().unwrap(), line[1].parse().unwrap(), 15.0);
        record.origin.row = row as u64 + 1;
        tracks.entry(line[3].to_owned()).or_default().push(record);
    }
    Some(tracks)
}

#[test]
fn real_days_seldom_speak_against_themselves() {
    let Some(tracks) = tracks() else {
        println!("skipped: geolife_two_users.csv.gz is not here (LOCARD_DATA names its folder)");
        return;
    };
    let (zone, prior) = (ZoneRule::parse("Asia/Shanghai").unwrap(), Prior::default());
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    let (mut near, mut routine) = (Vec::new(), Vec::new());
    for (user, records) in tracks {
        let device = Device::new(user, "", records);
        let known = Routine::new(device.records(), Basis::Positions, &zone, &prior);
        // One record an hour at most; and targets from a hundred metres to ten kilometres from where the person ever was.
        let mut last_us = i64::MIN;
        for record in device.records() {
            if record.t0_us < last_us.saturating_add(3_600 * US_PER_S) {
                continue;
            }
            last_us = record.t0_us;
            let Some(habit) = known.at(record.t0_us, &zone, &prior) else { continue };
            let any = device.records()[pick(&mut rng, device.records().len())];
            let (r, at) = (100.0 * 100f64.powf(unit(&mut rng)), std::f64::consts::TAU * unit(&mut rng));
            let (lat_deg, lon_deg) = offset((any.lat_deg, any.lon_deg), r * at.sin(), r * at.cos());
            let target = Target { lat_deg, lon_deg, radius_m: 100.0, sigma_m: 0.0 };
            routine.push(position_log10_lr(record, &target, &habit).unwrap());
            let (r, at) = (100.0 * unit(&mut rng).sqrt(), std::f64::consts::TAU * unit(&mut rng));
            let (x, y) = normal(&mut rng);
            let s = sigma_m(15.0, 0.68);
            let (lat, lon) = offset((lat_deg, lon_deg), r * at.sin() + s * x, r * at.cos() + s * y);
            near.push(position_log10_lr(&Record::at(record.t0_us, lat, lon, 15.0), &target, &habit).unwrap());
        }
    }
    let set = Labelled::new(near, routine).unwrap();
    let count = set.routine().len();
    let above = |k: f64| set.routine().iter().filter(|x| **x >= k).count();
    println!("real tracks: {count} hours, Cllr {:.3}, Cllr_min {:.3}", cllr(&set), cllr_min(&set));
    println!("  {} above 10 and {} above 100 on their routine", above(1.0), above(2.0));
    assert!(count > 200, "{count}");
    for k in [1.0, 2.0] {
        let most = real(count) * 10f64.powf(-k);
        assert!(real(above(k)) < most + 4.0 * most.sqrt(), "{} above 10^{k} of {count}", above(k));
    }
    assert!(cllr(&set) - cllr_min(&set) < 0.1, "{} {}", cllr(&set), cllr_min(&set));
}
