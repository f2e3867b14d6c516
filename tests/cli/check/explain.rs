//! `--explain`: the plan, and counters that agree with the rest of the report.

use serde_json::Value;

use super::run::{Folder, check, json};
use super::world::{csv, worlds};
use proptest::strategy::{Strategy as _, ValueTree as _};

#[test]
fn the_counters_agree_with_the_report() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut worlds = std::iter::repeat_with(|| worlds().new_tree(&mut runner).unwrap().current());
    let world = worlds.find(|w| w.suspects.len() > 20 && w.victims.len() > 20 && w.exit_radius_m.is_none()).unwrap();
    let folder = Folder::new();
    let mut args = world.arguments(&folder);
    args.push("--explain".to_owned());
    args.extend([
        "--suspect".to_owned(),
        folder.write("more.csv", csv("s", &world.suspects[..1]) + "s0,gps,never,,1,2,,\n"),
    ]);
    let report = json(&args);
    assert!(
        report["statistics"]["plan"].as_str().unwrap().contains("ProximityJoinExec"),
        "{}",
        report["statistics"]["plan"]
    );
    let stages = report["statistics"]["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().map(|s| s["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ["decode", "index", "join", "encounter"]);
    let n = |stage: usize, key: &str| stages[stage][key].as_u64().unwrap();

    let exhibits = report["exhibits"].as_array().unwrap();
    let sum = |f: &dyn Fn(&Value) -> u64| exhibits.iter().map(f).sum::<u64>();
    assert_eq!(n(0, "rows_in"), sum(&|e| e["counts"]["rows"].as_u64().unwrap()));
    let fixes = (world.suspects.len() + 1 + world.victims.len()) as u64;
    assert_eq!(n(0, "matched"), fixes);
    // One side is indexed and the other put to it: together they are all fixes and all targets.
    let stated = (world.places.len() + world.incidents.len()) as u64;
    assert_eq!(n(1, "rows_in") + n(2, "rows_in"), fixes + stated);
    assert!(n(2, "candidates") >= n(2, "refined") && n(2, "candidates") >= n(2, "matched"));
    let rows = report["encounters"].as_array().unwrap().iter().map(|e| e["rows"].as_array().unwrap().len() as u64);
    assert_eq!(n(3, "rows_in"), rows.sum::<u64>(), "without an exit radius every pair supports an encounter");
    assert_eq!(n(2, "matched"), n(3, "rows_in"));
    assert_eq!(n(3, "matched"), report["encounters"].as_array().unwrap().len() as u64);
    assert!(stages.iter().all(|s| s["seconds"].as_f64().unwrap() >= 0.0));

    let (code, text, _) = check(&args);
    assert_eq!(code, 0);
    let explain = text.split("\nEXPLAIN\n").nth(1).unwrap();
    assert!(explain.contains("ProximityJoinExec"), "{explain}");
    for (i, name) in names.iter().enumerate() {
        let line = explain.lines().find(|l| l.trim_start().starts_with(name)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(n(i, "rows_in").to_string().as_str()), "{line}");
    }
}

#[test]
fn nothing_is_explained_unasked() {
    let folder = Folder::new();
    let file = folder.write("s.csv", super::run::fixes(&[("s", "2025-06-01T12:00:00Z", 51.5, 0.1)]));
    let report = json(&["--suspect", &file, "--place=home=51.5,0.1"]);
    assert!(report["statistics"].is_null());
}
