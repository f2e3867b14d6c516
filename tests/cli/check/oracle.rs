//! The report against brute force: every pair, every encounter and every "not near" of a made-up world.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestCaseResult;
use serde_json::Value;

use super::brute::{self, Encounter, Pair, Target};
use super::run::{self, Folder, json};
use super::world::{Fix, World, us, worlds};

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

/// Suspect row, kind and name of the target, its row: what names a pair in a world with one file for each role.
type Key = (u64, String, String, Option<u64>);

fn key(p: &Pair) -> Key {
    (p.suspect_row, p.target.kind.to_owned(), p.target.name.clone(), p.target.row)
}

fn reported_pairs(report: &Value) -> BTreeMap<Key, Value> {
    let mut found = BTreeMap::new();
    for e in report["encounters"].as_array().unwrap() {
        for row in e["rows"].as_array().unwrap() {
            let text = |v: &Value| v.as_str().unwrap().to_owned();
            assert_eq!(row["suspect"]["name"], e["device"]);
            assert_eq!(row["target"]["name"], e["target"]);
            let suspect_row = row["suspect"]["row"].as_u64().unwrap();
            let key = (suspect_row, text(&e["target_kind"]), text(&e["target"]), row["target"]["row"].as_u64());
            assert!(found.insert(key, row.clone()).is_none(), "a pair supports two encounters: {row}");
        }
    }
    found
}

fn same_pairs(report: &Value, pairs: &[Pair]) -> TestCaseResult {
    let reported = reported_pairs(report);
    let expected: BTreeMap<Key, &Pair> = pairs.iter().filter(|p| p.grade.is_some()).map(|p| (key(p), p)).collect();
    let keys = |k: &mut dyn Iterator<Item = &Key>| k.cloned().collect::<BTreeSet<_>>();
    prop_assert_eq!(keys(&mut reported.keys()), keys(&mut expected.keys()));
    for (key, p) in expected {
        let row = &reported[&key];
        prop_assert_eq!(row["grade"].as_str(), p.grade, "{:?}", p);
        prop_assert!(near(row["distance_m"].as_f64().unwrap(), p.distance_m, 1e-9), "{} {:?}", row, p);
        prop_assert!(near(row["p_within"].as_f64().unwrap(), p.p_within, 1e-7), "{} {:?}", row, p);
    }
    Ok(())
}

fn rank(grade: &str) -> usize {
    ["possible", "probable", "definite"].iter().position(|g| *g == grade).unwrap()
}

/// Whether the suspect's record of a pair and its target share a moment.
fn shares(world: &World, p: &Pair, (g0, g1): (i64, i64)) -> bool {
    let f = &world.suspects[usize::try_from(p.suspect_row).unwrap() - 2];
    us(f.t0_s) <= g1 && us(f.t1_s) >= g0
}

fn same_encounters(report: &Value, world: &World, expected: &[Encounter]) -> TestCaseResult {
    let reported = report["encounters"].as_array().unwrap();
    prop_assert_eq!(reported.len(), expected.len());
    for e in expected {
        let found = reported.iter().find(|r| {
            let named =
                r["device"] == e.device.as_str() && r["target_kind"] == e.kind && r["target"] == e.name.as_str();
            named && r["enter"]["us"] == e.enter_us && r["exit"]["us"] == e.exit_us
        });
        let Some(r) = found else { return Err(TestCaseError::fail(format!("missing: {e:?}"))) };
        prop_assert_eq!(r["rows"].as_array().unwrap().len(), e.graded.len());
        let best = e.graded.iter().filter_map(|p| p.grade).max_by_key(|g| rank(g));
        prop_assert_eq!(r["grade"].as_str(), best);
        let least_m = e.graded.iter().map(|p| p.distance_m).fold(f64::INFINITY, f64::min);
        prop_assert!(near(r["min_distance_m"].as_f64().unwrap(), least_m, 1e-9));
        prop_assert_eq!(&r["nearest"]["distance_m"], &r["min_distance_m"]);
        let sum: f64 = e.graded.iter().map(|p| p.p_within).sum();
        let n = u32::try_from(e.graded.len()).unwrap();
        prop_assert!(near(r["p_within_mean"].as_f64().unwrap(), sum / f64::from(n), 1e-7));
        let suspects: BTreeSet<u64> = e.graded.iter().map(|p| p.suspect_row).collect();
        prop_assert_eq!(r["single_fix"].as_bool(), Some(r["suspect_fixes"] == 1));
        prop_assert!(r["suspect_fixes"].as_u64().unwrap() <= suspects.len() as u64);
        // Two records of one moment are two positions at that moment: the tracks come as near as that, or nearer.
        let at_once = e.graded.iter().filter(|p| p.target.time_us.is_none_or(|(g0, g1)| shares(world, p, (g0, g1))));
        let closest_m = r["closest_approach_m"].as_f64();
        for p in at_once {
            prop_assert!(closest_m.is_some_and(|m| m <= p.distance_m + 1e-6), "{} {:?}", r, p);
        }
        if let Some(m) = closest_m {
            let at_us = r["closest_approach_at"]["us"].as_i64().unwrap();
            prop_assert!((e.enter_us..=e.exit_us).contains(&at_us) && m >= 0.0);
        }
    }
    Ok(())
}

fn same_not_near(report: &Value, world: &World, pairs: &[Pair]) -> TestCaseResult {
    let lines = report["not_near"].as_array().unwrap();
    let mut expected = 0;
    let devices: BTreeSet<usize> = world.suspects.iter().map(|f| f.device).collect();
    for device in devices {
        for g in brute::targets(world).iter().filter(|g| g.kind != "victim_fix") {
            let name = format!("s{device}");
            let met = |p: &Pair| p.device == name && p.grade.is_some() && p.target.name == g.name;
            if !pairs.iter().any(met) {
                expected += 1;
                let line = lines.iter().find(|l| l["device"] == name.as_str() && l["target"] == g.name.as_str());
                let Some(line) = line else { return Err(TestCaseError::fail(format!("no line for {name}, {g:?}"))) };
                one_not_near(line, world, device, g)?;
            }
        }
    }
    prop_assert_eq!(lines.len(), expected);
    Ok(())
}

fn one_not_near(line: &Value, world: &World, device: usize, g: &Target) -> TestCaseResult {
    let window = world.window_s * 1_000_000;
    let in_time = |f: &Fix| g.time_us.is_none_or(|(g0, g1)| us(f.t1_s) >= g0 - window && us(f.t0_s) <= g1 + window);
    let rows = (2u64..).zip(&world.suspects).filter(|(_, f)| f.device == device && in_time(f));
    let all: Vec<(f64, u64)> = rows.map(|(row, f)| (brute::distance_m(f, g), row)).collect();
    prop_assert_eq!(line["fixes"].as_u64(), Some(all.len() as u64));
    prop_assert_eq!(line["from"]["us"].as_i64(), g.time_us.map(|(g0, _)| g0 - window));
    match all.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) {
        None => {
            prop_assert_eq!(line["finding"].as_str(), Some("no_records"));
            prop_assert!(line["nearest"].is_null());
        }
        Some((least_m, row)) => {
            prop_assert_eq!(line["finding"].as_str(), Some("recorded_elsewhere"));
            prop_assert!(near(line["nearest"]["distance_m"].as_f64().unwrap(), least_m, 1e-9), "{} {}", line, least_m);
            prop_assert_eq!(line["nearest"]["record"]["row"].as_u64(), Some(row));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_report_says_what_brute_force_finds(world in worlds()) {
        let folder = Folder::new();
        let report = json(&world.arguments(&folder));
        for (exhibit, n) in report["exhibits"].as_array().unwrap().iter().zip([world.suspects.len(), world.victims.len()]) {
            prop_assert_eq!(exhibit["counts"]["fixes"].as_u64(), Some(n as u64), "{}", exhibit);
        }
        let pairs = brute::pairs(&world);
        same_pairs(&report, &pairs)?;
        same_encounters(&report, &world, &brute::encounters(&pairs, world.gap_s * 1_000_000))?;
        same_not_near(&report, &world, &pairs)?;
    }
}

#[test]
fn the_worlds_are_worth_testing_with() {
    // An oracle of empty worlds would agree with anything.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut grades, mut holding, mut several) = (BTreeSet::new(), 0, 0);
    for _ in 0..30 {
        let world = worlds().new_tree(&mut runner).unwrap().current();
        let pairs = brute::pairs(&world);
        grades.extend(pairs.iter().map(|p| (p.target.kind, p.grade)));
        holding += pairs.iter().filter(|p| p.grade.is_none()).count();
        several += usize::from(brute::encounters(&pairs, world.gap_s * 1_000_000).len() > 3);
    }
    assert!(grades.len() >= 10 && holding > 50 && several > 5, "{grades:?} {holding} {several}");
}

#[test]
fn a_held_pair_moves_the_exit_and_nothing_else() {
    // North of the place by 60 m, 160 m, 160 m and 160 m; the last is too late for the gap, the first is the only one near.
    let folder = Folder::new();
    let at = |minute: &str, m: f64| ("s", format!("2025-06-01T12:{minute}:00Z"), 51.54 + m / 111_270.0);
    let rows = [at("00", 160.0), at("05", 60.0), at("10", 160.0), at("15", 160.0), at("40", 160.0)];
    let rows: Vec<_> = rows.iter().map(|(d, t, lat)| (*d, t.as_str(), *lat, -0.003)).collect();
    let suspect = folder.write("s.csv", run::fixes(&rows));
    let place = "--place=home=51.54,-0.003,0".to_owned();
    let narrow = json(&["--suspect".to_owned(), suspect.clone(), place.clone()]);
    let wide = json(&["--suspect".to_owned(), suspect, place, "--exit-radius-m=200".to_owned()]);
    let [narrow, wide] = [&narrow, &wide].map(|r| {
        assert_eq!(r["encounters"].as_array().unwrap().len(), 1, "{r}");
        r["encounters"][0].clone()
    });
    assert_eq!(narrow["exit"]["utc"], "2025-06-01T12:05:00Z");
    assert_eq!(wide["exit"]["utc"], "2025-06-01T12:15:00Z");
    for same in
        ["enter", "grade", "rows", "min_distance_m", "p_within_max", "p_within_mean", "suspect_fixes", "single_fix"]
    {
        assert_eq!(narrow[same], wide[same], "{same}");
    }
    assert_eq!(wide["rows"].as_array().unwrap().len(), 1);
}

#[test]
fn the_nearest_record_is_found_across_the_antimeridian() {
    let folder = Folder::new();
    // West of the line by 0.5 degrees, against 2 degrees away on the place's own side, and one further at a pole.
    let rows = [
        ("s", "2025-06-01T12:00:00Z", -17.0, 177.9),
        ("s", "2025-06-01T12:10:00Z", -17.0, -179.6),
        ("s", "2025-06-01T12:20:00Z", -90.0, 10.0),
    ];
    let suspect = folder.write("s.csv", run::fixes(&rows));
    let report = json(&["--suspect", &suspect, "--place=fiji=-17,179.9", "--place=pole=-89.9,-170"]);
    assert_eq!(report["encounters"], serde_json::json!([]));
    let lines = report["not_near"].as_array().unwrap();
    let nearest = |place: &str| &lines.iter().find(|l| l["target"] == place).unwrap()["nearest"];
    assert_eq!(nearest("fiji")["record"]["row"], 3);
    let m = nearest("fiji")["distance_m"].as_f64().unwrap();
    assert!((53_000.0..53_500.0).contains(&m), "half a degree of longitude at 17 S is 53 km: {m}");
    assert_eq!(nearest("pole")["record"]["row"], 4);
}

#[test]
fn the_closest_approach_uses_the_records_about_the_encounter() {
    let folder = Folder::new();
    // She walks past from 100 m west to 100 m east; he is recorded at the middle, at a time of which she has no record.
    let suspect = folder.write("s.csv", run::fixes(&[("s", "2025-06-01T12:00:00Z", 51.54, -0.003)]));
    let degrees = 100.0 / (111_320.0 * 51.54_f64.to_radians().cos());
    let walk = [
        ("v", "2025-06-01T11:58:20Z", 51.54, -0.003 - degrees),
        ("v", "2025-06-01T12:01:40Z", 51.54, -0.003 + degrees),
    ];
    let victim = folder.write("v.csv", run::fixes(&walk));
    let args = ["--suspect", &suspect, "--victim", &victim, "--radius-m=150"];
    let e = json(&args)["encounters"][0].clone();
    assert!((e["min_distance_m"].as_f64().unwrap() - 100.0).abs() < 1.0, "{e}");
    assert!(e["closest_approach_m"].as_f64().unwrap() < 0.5, "{e}");
    let apart = json(&[&args[..], &["--max-interpolation-s=199"]].concat())["encounters"][0].clone();
    assert!(apart["closest_approach_m"].is_null() && apart["closest_approach_missing"].is_string(), "{apart}");
}

#[test]
fn a_mast_is_no_position_to_interpolate_from() {
    let folder = Folder::new();
    let row = "s,cell,2025-06-01T12:00:00Z,,51.54,-0.003,2000,\n";
    let suspect = folder.write("s.csv", run::HEADING.to_owned() + row);
    let e = json(&["--suspect", &suspect, "--place=home=51.54,-0.003"])["encounters"][0].clone();
    assert_eq!((e["min_distance_m"].as_f64(), e["sources"][0].as_str()), (Some(0.0), Some("cell")));
    assert!(e["closest_approach_m"].is_null() && e["closest_approach_missing"].is_string(), "{e}");
}
