//! Call data whose rows tell of their ends: both ends are found again by row and path, and the account adds up.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::{Folder, check, json};

const CALLS: &str = "MSISDN,Start Date/Time,Duration,Cell ID,Easting,Northing,Range,End Easting,End Northing,End Range\n\
                     S,01/06/2025 09:00:00,600,a,530000,180000,50,531000,181000,50\n\
                     S,01/06/2025 10:00:00,60,a,530000,180000,50,,,\n\
                     S,01/06/2025 11:00:00,60,a,530000,180000,50,931000,181000,\n";

/// The two masts, to a hundred metres; they lie 1.4 km apart.
const PLACES: [&str; 2] = ["--place=first=51.504,-0.128", "--place=second=51.513,-0.114"];

fn arguments(folder: &Folder) -> Vec<String> {
    let calls = folder.write("calls.csv", CALLS);
    let fixed = ["--suspect", &calls, "--zone=Europe/London", "--radius-m=500", PLACES[0], PLACES[1]];
    fixed.map(str::to_owned).to_vec()
}

#[test]
fn both_ends_of_a_row_are_found_again_and_have_identities_of_their_own() {
    let folder = Folder::new();
    let report = json(&arguments(&folder));
    let counts = &report["exhibits"][0]["counts"];
    let n = |key: &str| counts[key].as_u64().unwrap();
    assert_eq!([n("rows"), n("row_ends"), n("fixes"), n("rejects"), n("not_fixes")], [4, 2, 4, 1, 1]);

    let encounters = report["encounters"].as_array().unwrap();
    let records: BTreeSet<(&str, u64, &str, &str)> = encounters
        .iter()
        .flat_map(|e| e["rows"].as_array().unwrap().iter().map(move |r| (e, &r["suspect"])))
        .map(|(e, s)| {
            let text = |v: &'_ Value| v.as_str().unwrap().to_owned().leak() as &str;
            (text(&e["target"]), s["row"].as_u64().unwrap(), text(&s["path"]), text(&s["time_text"]))
        })
        .collect();
    let expected = [
        ("first", 2, "", "01/06/2025 09:00:00"),
        ("first", 3, "", "01/06/2025 10:00:00"),
        ("first", 4, "", "01/06/2025 11:00:00"),
        ("second", 2, "end", "01/06/2025 09:00:00 + 600"),
    ];
    assert_eq!(records, BTreeSet::from(expected));
    let ids: BTreeSet<&str> = encounters.iter().map(|e| e["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), encounters.len());

    let reject = &report["rejects"]["listed"][0];
    assert_eq!((&reject["row"], &reject["path"], &reject["field"]), (&4.into(), &"end".into(), &"End Easting".into()));
}

#[test]
fn a_person_reads_which_end_it_is() {
    let folder = Folder::new();
    let args = arguments(&folder);
    let (code, out, err) = check(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("4 + 2 ends of rows = 4 fixes + 1 reject + 1 not fixes by nature"), "{out}");
    assert!(out.contains(" row 2 end"), "{out}");
    assert!(out.contains("1 row or end of a row not used"), "{out}");
    assert!(out.contains("calls.csv row 4 end End Easting \"931000\""), "{out}");
}
