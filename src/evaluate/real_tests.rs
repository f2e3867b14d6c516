//! All questions asked of real records, with the answers that a reader of the map would give.
//!
//! The files are not in the repository. They are looked for in the folder that `LOCARD_DATA` names, or beside the checkout
//! in `shared/data`; where they are not, the test says so and passes.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use super::words::refused;
use super::{Case, Device, Exhibits, Finding, Record, Settings, Topic, evaluate};
use crate::encounter::Origin;
use crate::model::SourceKind;
use crate::time::{ZoneRule, parse_iso};

/// The devices of a file: columns of latitude, longitude, time and device; of cells, the radius and the column of the
/// direction.
fn devices(file: &str, columns: [usize; 4], cell: Option<(f64, usize)>) -> Option<BTreeMap<String, Device>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("LOCARD_DATA").map_or_else(beside, PathBuf::from).join(file);
    let Ok(opened) = std::fs::File::open(path) else {
        println!("skipped: {file} is not here (LOCARD_DATA names its folder)");
        return None;
    };
    let packed = std::path::Path::new(file).extension().is_some_and(|e| e == "gz");
    let reader: Box<dyn Read> = if packed { Box::new(flate2::read::GzDecoder::new(opened)) } else { Box::new(opened) };
    let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for (row, line) in (2..).zip(csv::Reader::from_reader(reader).records()) {
        let line = line.unwrap();
        let [lat, lon, time, device] = columns.map(|at| &line[at]);
        let t_us = parse_iso(time, Some(&ZoneRule::utc())).unwrap().t0_us;
        let mut record = Record::at(t_us, lat.parse().unwrap(), lon.parse().unwrap(), 0.0);
        record.origin = Origin { exhibit: 0, row };
        if let Some((radius_m, column)) = cell {
            (record.source, record.uncertainty_m) = (SourceKind::Cell, radius_m);
            // As the profile of such files reads it: 0 stands for a cell without a direction.
            record.azimuth_deg = line[column].parse().ok().filter(|deg| *deg != 0.0);
        }
        records.entry(device.to_owned()).or_default().push(record);
    }
    Some(records.into_iter().map(|(name, of)| (name.clone(), Device::new(name, "", of))).collect())
}

/// The phones of a file twice: with the 5 km that the profile of such files states, and with no radius.
fn phones(file: &str) -> Vec<BTreeMap<String, Device>> {
    [5_000.0, 0.0].into_iter().filter_map(|radius_m| devices(file, [5, 4, 3, 2], Some((radius_m, 6)))).collect()
}

fn asked(suspects: &[&Device], victims: &[&Device], zone: &str) -> Vec<Finding> {
    let own = |of: &[&Device]| of.iter().map(|device| (*device).clone()).collect();
    let case = Case {
        suspects: own(suspects),
        victims: own(victims),
        exhibits: Exhibits::dense(["ab".repeat(32)]),
        ..Case::default()
    };
    let found = evaluate(&case, &Settings { zone: ZoneRule::parse(zone).unwrap(), ..Settings::default() });
    for f in &found {
        println!("{:?} {:?} {}: {} {}", f.topic, f.device, f.about, f.answer, f.says);
        assert_eq!(refused(&f.says), None);
    }
    found
}

fn answers(found: &[Finding], topic: Topic) -> Vec<&'static str> {
    found.iter().filter(|f| f.topic == topic).map(|f| f.answer).collect()
}

#[test]
fn two_people_of_one_city_who_have_nothing_to_do_with_each_other() {
    let Some(users) = devices("geolife_two_users.csv.gz", [0, 1, 2, 3], None) else { return };
    let found = asked(&[&users["001"]], &[&users["005"]], "Asia/Shanghai");
    // 107 of the one's records lie within 100 m of the other's, on two occasions: as an independent program counts them
    // (docs/real-input.md). No path in common, nothing beyond chance.
    assert_eq!(answers(&found, Topic::Meeting), ["observed"]);
    assert!(found[0].says.starts_with("107 records"), "{}", found[0].says);
    assert_eq!(answers(&found, Topic::Following), ["no_lagged_path"]);
    assert_eq!(answers(&found, Topic::Coincidence), ["refused"]);
    assert_eq!(answers(&found, Topic::Pattern), ["two_or_more_occasions", "too_few"]);
    let near = |f: &&Finding| f.answer == "two_or_more_occasions" && f.says.contains("2 occasions near her device");
    assert_eq!(found.iter().filter(near).count(), 1);
    for topic in [Topic::Incident, Topic::Visit, Topic::Strength, Topic::Attribution] {
        assert_eq!(answers(&found, topic), [""; 0], "nothing was alleged, no place named, one device each");
    }
    // Stray positions (docs/real-input.md): seven and twenty jumps, never two devices that alternate.
    assert_eq!(answers(&found, Topic::Quality), ["silent", "impossible_speed", "silent", "impossible_speed"]);
    // As two devices of one suspect they are told apart, whichever is asked about first.
    for pair in [["001", "005"], ["005", "001"]] {
        let found = asked(&[&users[pair[0]], &users[pair[1]]], &[], "Asia/Shanghai");
        let [answer] = answers(&found, Topic::Attribution)[..] else { panic!("one pair") };
        assert!(["apart", "together_at_times"].contains(&answer), "{answer}");
    }
}

#[test]
fn two_phones_of_one_owner_and_one_of_another() {
    for phones in phones("phones_three_days.csv") {
        let found = asked(&[&phones["A1"], &phones["A2"]], &[&phones["B1"]], "Europe/Amsterdam");
        assert_eq!(answers(&found, Topic::Attribution), ["together"], "two phones of one owner");
        nothing_is_said_of_these(&found);
        for one in ["A1", "A2"] {
            let found = asked(&[&phones[one], &phones["B1"]], &[], "Europe/Amsterdam");
            assert_ne!(answers(&found, Topic::Attribution), ["together"], "phones of two owners");
        }
    }
}

#[test]
fn twenty_phones_of_ten_owners() {
    let owner = |name: &str| name.trim_end_matches(char::is_numeric).to_owned();
    for phones in phones("phones_measurements.csv") {
        let all: Vec<&Device> = phones.values().collect();
        nothing_is_said_of_these(&asked(&all[..4], &all[4..6], "Europe/Amsterdam"));
        let found = asked(&all, &[], "Europe/Amsterdam");
        let mut counted: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for f in found.iter().filter(|f| f.topic == Topic::Attribution) {
            let same = owner(f.device.as_deref().unwrap()) == owner(&f.about);
            *counted.entry((same, f.answer)).or_default() += 1;
        }
        println!("{counted:?}");
        // Nobody's own phones are told apart, and no two strangers' are together; without a radius to go by, a cell is taken
        // to reach 20 km, and then each of the 190 answers is the right one.
        assert!(!counted.contains_key(&(true, "apart")) && !counted.contains_key(&(false, "together")), "{counted:?}");
        if all.iter().all(|phone| phone.records()[0].uncertainty_m <= 0.0) {
            assert_eq!(counted, BTreeMap::from([((false, "apart"), 180), ((true, "together"), 10)]));
        }
    }
}

/// Cell records, at masts: nothing of theirs may place a phone, follow, exceed chance or be two devices.
fn nothing_is_said_of_these(found: &[Finding]) {
    assert!(answers(found, Topic::Meeting).iter().all(|a| *a == "possible"));
    assert!(
        answers(found, Topic::Following).iter().chain(&answers(found, Topic::Coincidence)).all(|a| *a == "refused")
    );
    assert!(answers(found, Topic::Pattern).iter().all(|a| ["no_occasion", "too_few"].contains(a)));
    // A phone may jump from one mast to the next faster than 5 km allow; two devices by turns it is not.
    let quality = answers(found, Topic::Quality);
    assert!(!quality.contains(&"alternating") && !quality.contains(&"offset"), "{quality:?}");
}
