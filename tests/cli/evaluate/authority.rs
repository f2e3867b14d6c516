//! Records outside an authority: each is a reject with its reason, the totals add up, and none reaches a finding.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use locard::model::{CaseChange, DataRequest};
use locard::simulate::DEMO_SEED;
use locard::time::{parse_utc, utc_text};
use proptest::prelude::*;
use serde_json::Value;

use super::said::say;
use super::{FILES, fill, findings, from_files, json, locard, prepare, words};

/// The suspect's devices with the number of their fixes, and the first and last moment of all.
fn devices(evaluation: &Value) -> (BTreeMap<String, u64>, i64, i64) {
    let exhibits = || evaluation["exhibits"].as_array().unwrap().iter().filter(|e| e["role"] == "suspect");
    let all = exhibits().flat_map(|e| e["devices"].as_array().unwrap());
    let devices = all.map(|d| (d["device"].as_str().unwrap().to_owned(), d["fixes"].as_u64().unwrap())).collect();
    let ends = |end: &str| exhibits().map(|e| e["span"][end]["us"].as_i64().unwrap()).collect::<Vec<_>>();
    (devices, ends("from").into_iter().min().unwrap(), ends("to").into_iter().max().unwrap())
}

/// Everything up to a moment for one device; for the others, all of it.
fn authorised(devices: &BTreeMap<String, u64>, cut: &str, to_us: i64) -> Vec<OsString> {
    let to = |device: &str| if device == cut { utc_text(to_us) } else { String::new() };
    let arg = |device: &String| ["--authorised".into(), format!("{device}=..{},URN 1", to(device)).into()];
    devices.keys().flat_map(arg).collect()
}

fn without_authority(evaluation: &Value) -> Vec<Value> {
    let all = evaluation["findings"].as_array().unwrap().iter();
    all.filter(|f| f["about"] != "authority").cloned().collect()
}

fn figure(finding: &Value, name: &str) -> Value {
    let figures = finding["figures"].as_array().unwrap();
    figures.iter().find(|f| f["name"] == name).unwrap_or_else(|| panic!("{name} of {finding}"))["value"].clone()
}

fn authority_of<'a>(evaluation: &'a Value, device: &str) -> &'a Value {
    let of = |f: &&Value| f["about"] == "authority" && f["device"] == device;
    findings(evaluation, "quality").into_iter().find(of).unwrap()
}

/// Adds up: rows, and over all exhibits fixes and rejects.
fn sums(evaluation: &Value) -> (u64, u64) {
    let (mut fixes, mut rejects) = (0, 0);
    for e in evaluation["exhibits"].as_array().unwrap() {
        let n = |key: &str| e["counts"][key].as_u64().unwrap();
        assert_eq!(n("rows") + n("row_ends"), n("fixes") + n("rejects") + n("not_fixes"), "{e}");
        let by_reason = e["counts"]["rejects_by_reason"].as_array().unwrap().iter();
        assert_eq!(by_reason.map(|r| r["rows"].as_u64().unwrap()).sum::<u64>(), n("rejects"));
        fixes += n("fixes");
        rejects += n("rejects");
    }
    assert_eq!(evaluation["rejects"]["total"].as_u64().unwrap(), rejects);
    (fixes, rejects)
}

#[test]
fn what_lies_outside_is_a_reject_with_its_reason_and_the_totals_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let files = from_files(folder.path());
    let plain = json(folder.path(), &files);
    let (known, first_us, last_us) = devices(&plain);
    let (cut, all) = known.iter().max_by_key(|(_, n)| **n).unwrap();
    let middle_us = i64::midpoint(first_us, last_us) / 1_000_000 * 1_000_000;
    let with = [&files[..], &authorised(&known, cut, middle_us), &words(&["--rejects", "rejects.csv"])].concat();
    let governed = json(folder.path(), &with);

    let (before, after) = (sums(&plain), sums(&governed));
    let outside = figure(authority_of(&governed, cut), "quarantined").as_u64().unwrap();
    assert!(outside > 10 && outside < *all, "{outside} of {all}");
    assert_eq!((before.0 - after.0, after.1 - before.1), (outside, outside));
    let finding = authority_of(&governed, cut);
    assert_eq!((finding["answer"].as_str(), figure(finding, "records").as_u64()), (Some("quarantined"), Some(*all)));
    for cited in finding["fixes"].as_array().unwrap() {
        assert!(cited["t1_us"].as_i64().unwrap() >= middle_us && cited["lat_deg"].is_null(), "{cited}");
    }
    for other in known.keys().filter(|d| *d != cut) {
        assert_eq!(authority_of(&governed, other)["answer"], "within_authority");
    }
    // The file of rejects has each of them, with the reason.
    let mut rows = csv::Reader::from_path(folder.path().join("rejects.csv")).unwrap();
    let reasons: Vec<String> = rows.records().map(|r| r.unwrap()[6].to_owned()).collect();
    let of_period = |r: &&String| r.ends_with("outside the authorised period");
    assert_eq!(reasons.iter().filter(of_period).count() as u64, outside);
    // No other finding cites a record of that time.
    for f in without_authority(&governed) {
        for cited in f["fixes"].as_array().unwrap().iter().filter(|c| c["device"] == **cut) {
            assert!(cited["t1_us"].as_i64().unwrap() < middle_us, "{cited} in {f}");
        }
    }
    let (code, text, err) = locard(folder.path(), &with);
    assert_eq!(code, Some(0), "{err}");
    assert!(text.contains("outside the authorised period") && text.contains("URN 1"), "{text}");
}

#[test]
fn without_an_authority_and_within_one_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let files = from_files(folder.path());
    let plain = json(folder.path(), &files);
    assert_eq!(plain["parameters"]["authorised"], Value::Array(vec![]));
    assert_eq!(without_authority(&plain).len(), plain["findings"].as_array().unwrap().len());
    let (known, ..) = devices(&plain);
    let governed = json(folder.path(), &[&files[..], &authorised(&known, "", 0)].concat());
    assert_eq!(without_authority(&governed), without_authority(&plain));
    assert_eq!((sums(&governed), &governed["exhibits"]), (sums(&plain), &plain["exhibits"]));
    // Her devices are named by none: their records are used, and that is said.
    assert!(findings(&governed, "quality").iter().any(|f| f["answer"] == "not_named"));
}

#[test]
fn a_device_that_no_authority_names_is_not_compared_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = from_files(folder.path());
    let (known, ..) = devices(&json(folder.path(), &files));
    files[0] = "check".into();
    let plain = json(folder.path(), &files);
    let named = known.keys().next().unwrap();
    let line = [&files[..], &words(&["--authorised", &format!("{named}=..")])].concat();
    let governed = partly(folder.path(), &line);
    sums(&governed);
    let of = |report: &Value, own: bool| -> Vec<Value> {
        let all = report["encounters"].as_array().unwrap().iter();
        all.filter(|e| (e["device"] == **named) == own).cloned().collect()
    };
    assert!(!of(&plain, false).is_empty() && of(&governed, false).is_empty());
    assert_eq!(of(&governed, true), of(&plain, true));
    let reasons = governed["exhibits"].to_string();
    assert!(reasons.contains("no authority names its device"), "{reasons}");
    let (code, _, err) = locard(folder.path(), &[&files[..], &words(&["--authorised", "H1"])].concat());
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("DEVICE=FROM..TO"), "{err}");
}

/// The JSON of a run of which some file has no row that was used: exit code 1, as for any such file.
fn partly(folder: &Path, line: &[OsString]) -> Value {
    let (code, out, err) = locard(folder, &[line, &words(&["--output", "json"])].concat());
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("none of its"), "{err}");
    serde_json::from_str(&out).unwrap()
}

/// Canonical rows of a device that goes by her door every few minutes.
fn canonical(rows: &[(i64, i64)]) -> String {
    let mut text = String::from("device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence,basis,azimuth_deg\n");
    for (minute, long) in rows {
        let (t0, t1) = (utc_text(at(*minute)), utc_text(at(minute + long)));
        let lat_deg = 51.5 + f64::from(i32::try_from(minute % 7).unwrap()) / 1e3;
        writeln!(text, "H1,gps,{t0},{t1},{lat_deg},-0.1,10,0.68,measured,").unwrap();
    }
    text
}

fn at(minute: i64) -> i64 {
    parse_utc("2025-11-03T00:00:00Z").unwrap() + minute * 60_000_000
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn findings_are_those_of_the_records_within(
        rows in prop::collection::btree_map(0_i64..1_440, 0_i64..20, 5..60),
        periods in prop::collection::vec((0_i64..1_440, 1_i64..600), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let within = |&(minute, long): &(i64, i64)| {
            (at(minute)..=at(minute + long)).step_by(60_000_000).all(|us| {
                periods.iter().any(|&(from, length)| (at(from)..at(from + length)).contains(&us))
            })
        };
        let rows: Vec<(i64, i64)> = rows.into_iter().collect();
        let (inside, outside): (Vec<_>, Vec<_>) = rows.into_iter().partition(within);
        prop_assume!(!inside.is_empty() && !outside.is_empty());
        std::fs::write(folder.path().join("in.csv"), canonical(&inside)).unwrap();
        std::fs::write(folder.path().join("out.csv"), canonical(&outside)).unwrap();
        let authorised = periods.iter().flat_map(|&(from, length)| {
            ["--authorised".into(), format!("H1={}..{}", utc_text(at(from)), utc_text(at(from + length))).into()]
        });
        let common = [&words(&["--place", "home=51.5,-0.1,75"])[..], &authorised.collect::<Vec<OsString>>()].concat();
        let alone = json(folder.path(), &[&words(&["evaluate", "--suspect", "in.csv"])[..], &common].concat());
        let line = [&words(&["evaluate", "--suspect", "in.csv", "out.csv"])[..], &common].concat();
        let both = partly(folder.path(), &line);
        prop_assert_eq!(without_authority(&both), without_authority(&alone));
        let set_aside = figure(authority_of(&both, "H1"), "quarantined").as_u64();
        prop_assert_eq!(set_aside, Some(outside.len() as u64));
        prop_assert_eq!(sums(&both).1, outside.len() as u64);
    }
}

#[test]
fn the_requests_of_a_stored_case_are_its_authorities() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), &FILES);
    let store = words(&["evaluate", "--case", "C", "--data", "store"]);
    let plain = json(folder.path(), &store);
    assert!(without_authority(&plain).len() == plain["findings"].as_array().unwrap().len());
    let demo = prepare(&folder.path().join("again"), DEMO_SEED).unwrap();
    let of_files = json(&folder.path().join("again"), &{
        let mut arguments = demo.arguments.clone();
        arguments[0] = "evaluate".into();
        arguments
    });
    let (known, first_us, last_us) = devices(&of_files);
    let (cut, all) = known.iter().max_by_key(|(_, n)| **n).unwrap();
    let middle_us = i64::midpoint(first_us, last_us) / 1_000_000 * 1_000_000;
    let request = |to_us: i64| DataRequest {
        request_id: "R1".to_owned(),
        holder: "a network".to_owned(),
        authority: "URN 7".to_owned(),
        device_id: cut.clone(),
        from_us: first_us,
        to_us,
        requested_us: last_us,
        due_us: None,
    };
    say(&folder.path().join("store"), "C", 1, vec![CaseChange::Requested(request(middle_us))]);
    let governed = json(folder.path(), &[&store[..], &words(&["--rejects", "set-aside.csv"])].concat());
    let finding = authority_of(&governed, cut);
    let outside = figure(finding, "quarantined").as_u64().unwrap();
    assert!(outside > 10 && outside < *all, "{outside} of {all}");
    assert_eq!(governed["rejects"]["total"].as_u64(), Some(outside));
    let mut rows = csv::Reader::from_path(folder.path().join("set-aside.csv")).unwrap();
    assert_eq!(rows.records().count() as u64, outside);
    // The same as from files with the same authority, where each other device is left ungoverned.
    let others = known.keys().filter(|d| *d != cut).map(|d| (d.clone(), 1)).collect::<BTreeMap<_, _>>();
    let period = format!("{cut}={}..{},URN 7", utc_text(first_us), utc_text(middle_us));
    let mut arguments = [&demo.arguments[..], &authorised(&others, "", 0), &words(&["--authorised", &period])].concat();
    arguments[0] = "evaluate".into();
    assert_eq!(without_authority(&governed), without_authority(&json(&folder.path().join("again"), &arguments)));
    // The table keeps its rows.
    let count = words(&["sql", "--data", "store", "-c", "SELECT count(*) AS n FROM fixes", "--output", "csv"]);
    let (code, out, err) = locard(folder.path(), &count);
    assert_eq!(code, Some(0), "{err}");
    let stored: u64 = out.lines().last().unwrap().parse().unwrap();
    assert_eq!(stored, sums(&of_files).0);
    // What came back under a request that was withdrawn is nobody's to analyse.
    let exhibits: Vec<&str> = of_files["exhibits"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["devices"].to_string().contains(cut))
        .map(|e| e["sha256"].as_str().unwrap())
        .collect();
    let mut changes = vec![CaseChange::RequestWithdrawn { request_id: "R1".to_owned() }];
    changes.extend(exhibits.iter().map(|sha256| CaseChange::RequestReturned {
        request_id: format!("R of {sha256}"),
        at_us: last_us,
        exhibit: (*sha256).to_owned(),
    }));
    say(&folder.path().join("store"), "C", 10, changes);
    let withdrawn = json(folder.path(), &store);
    let finding = authority_of(&withdrawn, cut);
    assert_eq!(figure(finding, "identifier_not_authorised").as_u64(), Some(*all), "{finding}");
}
