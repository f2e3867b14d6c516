//! Who is compared with whom: devices asked for, several victims, places and incidents, files given twice.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::{Folder, HEADING, fixes, json};

const AT: (f64, f64) = (51.54, -0.003);

fn at(device: &'static str, time: &'static str) -> (&'static str, &'static str, f64, f64) {
    (device, time, AT.0, AT.1)
}

fn adds_up(report: &Value) {
    for e in report["exhibits"].as_array().unwrap() {
        let c = &e["counts"];
        let n = |key: &str| c[key].as_u64().unwrap();
        assert_eq!(n("rows") + n("row_ends"), n("fixes") + n("rejects") + n("not_fixes"), "{e}");
        let by = |list: &str| c[list].as_array().unwrap().iter().map(|r| r["rows"].as_u64().unwrap()).sum::<u64>();
        assert_eq!((by("rejects_by_reason"), by("not_fixes_by_kind")), (n("rejects"), n("not_fixes")));
        let of_devices: u64 = e["devices"].as_array().unwrap().iter().map(|d| d["fixes"].as_u64().unwrap()).sum();
        assert_eq!(of_devices, n("fixes") - n("of_other_devices"), "{e}");
    }
}

/// Device, kind and name of the target of each encounter.
fn who(report: &Value) -> BTreeSet<(String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let encounters = report["encounters"].as_array().unwrap().iter();
    encounters.map(|e| (text(&e["device"]), text(&e["target_kind"]), text(&e["target"]))).collect()
}

fn triple(device: &str, kind: &str, target: &str) -> (String, String, String) {
    (device.to_owned(), kind.to_owned(), target.to_owned())
}

#[test]
fn one_of_several_devices_is_compared_and_every_row_is_accounted_for() {
    let folder = Folder::new();
    let noon = "2025-06-01T12:00:00Z";
    let mut text = fixes(&[at("a", noon), at("b", noon), at("c", noon), at("b", "2025-06-01T13:00:00Z")]);
    text += "b,gps,2025-06-01T14:00:00Z,,91,0,,\n\nb,gps,,,51,0,,\n";
    let suspect = folder.write("s.csv", text);
    let place = format!("--place=home={},{}", AT.0, AT.1);
    let all = json(&["--suspect", &suspect, &place]);
    let one = json(&["--suspect", &suspect, &place, "--suspect-device", "b"]);
    let two = json(&["--suspect", &suspect, &place, "--suspect-device", "b", "--suspect-device", "c"]);
    [&all, &one, &two].into_iter().for_each(adds_up);
    let home = |d| triple(d, "place", "home");
    assert_eq!(who(&all), BTreeSet::from([home("a"), home("b"), home("c")]));
    assert_eq!(who(&one), BTreeSet::from([home("b")]));
    assert_eq!(who(&two), BTreeSet::from([home("b"), home("c")]));
    let counts = &one["exhibits"][0]["counts"];
    assert_eq!((counts["fixes"].as_u64(), counts["of_other_devices"].as_u64()), (Some(4), Some(2)));
    assert_eq!(counts["rejects"], 2);
    // The encounters of b do not depend on who else is in the file.
    let of_b = |r: &Value| {
        r["encounters"].as_array().unwrap().iter().filter(|e| e["device"] == "b").cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_b(&all), of_b(&one));
}

#[test]
fn victims_places_and_incidents_are_targets_together() {
    let folder = Folder::new();
    let noon = "2025-06-01T12:00:00Z";
    let suspect = folder.write("s.csv", fixes(&[at("s1", noon), at("s2", "2025-06-01T15:00:00Z")]));
    let first = folder.write("v1.csv", fixes(&[at("v1", "2025-06-01T12:01:00Z")]));
    let second = folder.write("v2.csv", fixes(&[at("v2", "2025-06-01T15:01:00Z"), at("v3", "2025-06-01T11:59:00Z")]));
    let incident = |reference: &str, from: &str, to: &str| {
        format!("MADEUP,AB,Made up,B1,{reference},20250601{from},20250601{to},,,{},{},WGS84,\n", AT.0, AT.1)
    };
    let incidents = folder.write("i.csv", incident("R1", "113000", "123000") + &incident("R2", "200000", "210000"));
    let place = format!("--place=home={},{}", AT.0, AT.1);
    let args = [
        "--suspect",
        &suspect,
        "--victim",
        &first,
        &second,
        "--incidents",
        &incidents,
        &place,
        "--place=away=52,1",
        "--zone=UTC",
    ];
    let report = json(&args);
    adds_up(&report);
    let expected = [
        triple("s1", "incident", "R1"),
        triple("s1", "place", "home"),
        triple("s1", "victim_fix", "v1"),
        triple("s1", "victim_fix", "v3"),
        triple("s2", "place", "home"),
        triple("s2", "victim_fix", "v2"),
    ];
    assert_eq!(who(&report), expected.into_iter().collect());
    let lines = report["not_near"].as_array().unwrap().iter();
    let not_near: Vec<_> = lines
        .map(|l| (l["target"].as_str().unwrap(), l["device"].as_str().unwrap(), l["finding"].as_str().unwrap()))
        .collect();
    let sorted: BTreeSet<_> = not_near.iter().copied().collect();
    let expected = [
        ("R1", "s2", "no_records"),
        ("R2", "s1", "no_records"),
        ("R2", "s2", "no_records"),
        ("away", "s1", "recorded_elsewhere"),
        ("away", "s2", "recorded_elsewhere"),
    ];
    assert_eq!(sorted, expected.into_iter().collect());
    assert_eq!(report["targets"]["victim_fixes"], 3);
    assert_eq!(report["targets"]["victim_devices"].as_array().unwrap().len(), 3);
}

#[test]
fn two_incidents_of_one_reference_are_each_answered() {
    let folder = Folder::new();
    let suspect = folder.write("s.csv", fixes(&[at("s", "2025-06-01T12:00:00Z")]));
    let incident =
        |hour: &str, lat: f64| format!("M,AB,x,B,SAME,20250601{hour}0000,20250601{hour}3000,,,{lat},-0.003,WGS84,\n");
    let incidents = folder.write("i.csv", incident("12", AT.0) + &incident("12", 51.6) + &incident("20", AT.0));
    let report = json(&["--suspect", &suspect, "--incidents", &incidents, "--zone=UTC"]);
    assert_eq!(report["encounters"].as_array().unwrap().len(), 1);
    let findings: Vec<_> =
        report["not_near"].as_array().unwrap().iter().map(|l| l["finding"].as_str().unwrap()).collect();
    assert_eq!(findings, ["recorded_elsewhere", "no_records"], "one elsewhere at that time, one at another time");
}

#[test]
fn the_same_file_for_both_is_near_itself_at_no_distance() {
    let folder = Folder::new();
    let both =
        folder.write("both.csv", fixes(&[at("d", "2025-06-01T12:00:00Z"), ("d", "2025-06-01T13:00:00Z", 51.6, 0.1)]));
    let report = json(&["--suspect", &both, "--victim", &both]);
    adds_up(&report);
    let encounters = report["encounters"].as_array().unwrap();
    assert_eq!(encounters.len(), 2);
    for e in encounters {
        assert_eq!((e["min_distance_m"].as_f64(), e["grade"].as_str()), (Some(0.0), Some("definite")));
    }
}

#[test]
fn a_file_given_twice_adds_nothing_but_a_note() {
    let folder = Folder::new();
    let text = fixes(&[
        at("s", "2025-06-01T12:00:00Z"),
        at("s", "2025-06-01T12:05:00Z"),
        ("s", "2025-06-01T12:05:00Z", 91.0, 0.0),
    ]);
    let (one, copy) = (folder.write("s.csv", &text), folder.write("copy of s.csv", &text));
    let victim = folder.write("v.csv", fixes(&[at("v", "2025-06-01T12:00:30Z")]));
    let place = format!("--place=home={},{}", AT.0, AT.1);
    let once = json(&["--suspect", &one, "--victim", &victim, &place]);
    let twice = json(&["--suspect", &one, &copy, &one, "--victim", &victim, &victim, &place]);
    adds_up(&twice);
    for same in ["encounters", "not_near", "rejects", "targets", "limits"] {
        assert_eq!(once[same], twice[same], "{same}");
    }
    let exhibits = twice["exhibits"].as_array().unwrap();
    assert_eq!(exhibits.len(), 5);
    let repeat = &exhibits[1];
    assert_eq!((repeat["file"].as_str(), &repeat["sha256"]), (Some("copy of s.csv"), &exhibits[0]["sha256"]));
    assert_eq!(repeat["counts"]["rows"], exhibits[0]["counts"]["rows"]);
    assert_eq!(repeat["counts"]["not_fixes_by_kind"][0]["kind"], "repeat of the same record");
    assert!(repeat["members"][0]["recognised_by"].as_str().unwrap().contains("same bytes as s.csv"), "{repeat}");
    let (code, _, err) = super::run::check(&["--suspect", &one, &copy, &place]);
    assert_eq!((code, err.as_str()), (0, ""), "and no fault");
}

#[test]
fn files_of_one_name_that_name_no_device_are_two_devices() {
    let folder = Folder::new();
    let text = |minute: u32| format!("t0,lat_deg,lon_deg\n2025-06-01T12:0{minute}:00Z,{},{}\n", AT.0, AT.1);
    let (one, two) = (folder.write("one/track.csv", text(0)), folder.write("two/track.csv", text(1)));
    let place = format!("--place=home={},{}", AT.0, AT.1);
    let devices = |files: &[&str]| {
        let mut args = vec!["--suspect"];
        args.extend(files);
        args.push(&place);
        json(&args)["encounters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["device"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(devices(&[&one]), ["track.csv"]);
    assert_eq!(devices(&[&one, &two]), [one.clone(), two.clone()]);
    assert_eq!(devices(&[&one, &one]), ["track.csv"]);
}

#[test]
fn the_nearest_of_equals_does_not_depend_on_the_order_of_files() {
    let folder = Folder::new();
    // The same position at the same time in two exhibits that differ only in a confidence.
    let row = |c: &str| format!("{HEADING}s,gps,2025-06-01T12:00:00Z,,51.6,0.1,10,{c}\n");
    let (one, two) = (folder.write("1.csv", row("0.68")), folder.write("2.csv", row("0.95")));
    let place = format!("--place=home={},{}", AT.0, AT.1);
    let nearest = |a: &str, b: &str| json(&["--suspect", a, b, &place])["not_near"].clone();
    assert_eq!(nearest(&one, &two), nearest(&two, &one));
}
