//! Two real people of one city, who have nothing to do with each other as far as is known.
//!
//! The file is not in the repository. It is looked for in the folder that `LOCARD_DATA` names, or beside the checkout in
//! `shared/data`; where it is not, the test says so and passes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::pair_finding;
use crate::encounter::Origin;
use crate::evaluate::{Case, Device, Record, Value};
use crate::model::ProximityParams;
use crate::time::{US_PER_S, ZoneRule, parse_iso};

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("LOCARD_DATA").map_or_else(beside, PathBuf::from)
}

fn users() -> Option<Vec<Device>> {
    let path = folder().join("geolife_two_users.csv.gz");
    let Ok(file) = std::fs::File::open(path) else {
        println!("skipped: geolife_two_users.csv.gz is not here (LOCARD_DATA names its folder)");
        return None;
    };
    let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    for (row, line) in (2..).zip(rows.records()) {
        let line = line.unwrap();
        let t_us = parse_iso(&line[2], Some(&ZoneRule::utc())).unwrap().t0_us;
        let at = Record::at(t_us, line[0].parse().unwrap(), line[1].parse().unwrap(), 0.0);
        records.entry(line[3].to_owned()).or_default().push(Record { origin: Origin { exhibit: 0, row }, ..at });
    }
    Some(records.into_iter().map(|(name, of)| Device::new(name, "", of)).collect())
}

#[test]
fn two_people_of_one_city_meet_as_often_as_chance_gives() {
    let Some(users) = users() else { return };
    let zone = ZoneRule::parse("Asia/Shanghai").unwrap();
    // The encounters are those that an independent program counts (docs/real-input.md).
    for (radius_m, window_s, encounters) in [(100.0, 120, 2), (1_000.0, 600, 14)] {
        let params = ProximityParams {
            radius_m,
            exit_radius_m: radius_m,
            window_us: window_s * US_PER_S,
            ..ProximityParams::default()
        };
        let case = Case { params, ..Case::default() };
        let finding = pair_finding(&case, &users[0], &users[1], &zone, &super::CoincidenceParams::default());
        println!(
            "{} {radius_m} m: {} {}",
            finding.answer,
            finding.says,
            serde_json::to_string(&finding.figures).unwrap()
        );
        let figure = |name: &str| finding.figures.iter().find(|f| f.name == name).map(|f| f.value.clone()).unwrap();
        assert_eq!(figure("encounters"), Value::Count(encounters));
        assert!(["within_chance", "refused"].contains(&finding.answer), "{}", finding.answer);
    }
}
