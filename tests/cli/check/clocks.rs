//! The hours at which clocks change: one occurs twice in October, one never in March.

use serde_json::Value;

use super::run::{Folder, fixes, json};

/// A check of naive local times against a victim whose times are UTC.
fn checked(suspect: &[&str], victim: &[&str]) -> Value {
    let folder = Folder::new();
    let rows = |who, times: &[&str]| {
        let rows: Vec<_> = times.iter().map(|t| (who, *t, 51.54, -0.003)).collect();
        fixes(&rows)
    };
    let (s, v) = (folder.write("s.csv", rows("s", suspect)), folder.write("v.csv", rows("v", victim)));
    json(&["--suspect", &s, "--victim", &v, "--zone", "Europe/London", "--window-s", "60", "--gap-s", "0"])
}

#[test]
fn a_time_in_the_repeated_hour_meets_both_its_readings_and_says_so() {
    // 01:30 local on 26 October 2025 is 00:30Z (BST) and 01:30Z (GMT).
    let report =
        checked(&["2025-10-26 01:30:00"], &["2025-10-26T00:29:30Z", "2025-10-26T01:30:30Z", "2025-10-26T02:30:00Z"]);
    assert_eq!(report["exhibits"][0]["times_ambiguous"], 1);
    let rows: Vec<&Value> =
        report["encounters"].as_array().unwrap().iter().flat_map(|e| e["rows"].as_array().unwrap()).collect();
    let met: Vec<_> = rows.iter().map(|r| r["target"]["time_text"].as_str().unwrap()).collect();
    assert_eq!(met, ["2025-10-26T00:29:30Z", "2025-10-26T01:30:30Z"]);
    for row in rows {
        assert_eq!(row["suspect"]["time_ambiguous"], true);
        assert_eq!(row["suspect"]["time_text"], "2025-10-26 01:30:00", "as the file writes it");
        assert_eq!(
            row["suspect"]["time"]["t1_us"].as_i64().unwrap() - row["suspect"]["time"]["t0_us"].as_i64().unwrap(),
            3_600_000_000
        );
    }
    assert!(report["limits"].as_array().unwrap().iter().any(|l| l.as_str().unwrap().contains("went back")), "{report}");
}

#[test]
fn local_times_in_the_repeated_hour_can_be_told_apart() {
    let report =
        checked(&["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"], &["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"]);
    let local: Vec<_> = report["encounters"].as_array().unwrap().iter().map(|e| e["enter"]["local"].clone()).collect();
    // The window of 60 s before the victim's record does not begin before the suspect's.
    assert_eq!(local, ["2025-10-26 01:30:00 BST", "2025-10-26 01:30:00 GMT"]);
}

#[test]
fn a_time_in_the_skipped_hour_is_a_reject() {
    // 01:30 local on 30 March 2025 never was; 02:30 was 01:30Z.
    let report =
        checked(&["2025-03-30 01:30:00", "2025-03-30 02:30:00"], &["2025-03-30T01:30:00Z", "2025-03-30T00:30:00Z"]);
    assert_eq!(report["exhibits"][0]["counts"]["fixes"], 1);
    assert_eq!(report["rejects"]["total"], 1);
    let reject = &report["rejects"]["listed"][0];
    assert_eq!((reject["row"].as_u64(), reject["value"].as_str()), (Some(2), Some("2025-03-30 01:30:00")));
    assert!(reject["reason"].as_str().unwrap().contains("does not exist"), "{reject}");
    let encounters = report["encounters"].as_array().unwrap();
    assert_eq!(encounters.len(), 1);
    assert_eq!(encounters[0]["enter"]["utc"], "2025-03-30T01:30:00Z");
}
