//! Every row of a file is in a table, or has a row that says why not.

use super::run::{HEADING, Place, walk};

#[test]
fn rejects_are_stored_with_their_reason_once() {
    let place = Place::new();
    let text = HEADING.to_owned()
        + "H1,gps,2025-06-01T12:00:00Z,,51.5,-0.1,,\n\
           H1,gps,2025-06-01T12:01:00Z,,91,-0.1,,\n\
           H1,gps,yesterday,,51.5,-0.1,,\n\
           H1,gps,2025-06-01 12:03:00,,51.5,-0.1,,\n";
    let file = place.write("mixed.csv", text);
    let args = ["--case", "C", "--subject", "suspect", &file];
    let told = place.imported(&args);
    assert!(told.contains("1 fix + 0 incidents + 3 rejects") && told.contains("rejects stored: 3"), "{told}");
    let rejects = "SELECT topic, partition, \"row\", field, value FROM rejects ORDER BY \"row\"";
    let rows = place.sql(rejects);
    assert_eq!(rows.len(), 3);
    assert_eq!((rows[0]["topic"].as_str(), rows[0]["row"].as_i64()), (Some("mixed.csv"), Some(3)));
    assert_eq!(
        (rows[0]["value"].as_str(), rows[0].get("partition").and_then(serde_json::Value::as_i64)),
        (Some("91"), None)
    );
    place.imported(&args);
    assert_eq!(place.sql(rejects), rows);
    // With the zone that was missing, the row without one is a fix; the two others are rejects of that reading too.
    let zoned = place.imported(&["--case", "C", "--subject", "suspect", "--zone", "Europe/London", &file]);
    assert!(zoned.contains("fixes: 1 new, 1 already there"), "{zoned}");
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes"), 2);
}

#[test]
fn records_outside_an_authority_are_rejects_and_do_not_come_into_the_case() {
    let place = Place::new();
    let text = HEADING.to_owned()
        + "H1,gps,2025-06-01T11:59:59Z,,51.5,-0.1,,\n\
           H1,gps,2025-06-01T12:00:00Z,,51.5,-0.1,,\n\
           H1,gps,2025-06-01T12:04:00Z,2025-06-01T12:06:00Z,51.5,-0.1,,\n\
           H2,gps,2025-06-01T12:00:00Z,,51.5,-0.1,,\n";
    let file = place.write("returned.csv", text);
    let authority = "H1=2025-06-01T12:00:00Z..2025-06-01T12:05:00Z,URN 1";
    let args = ["--case", "C", "--subject", "suspect", "--authorised", authority, &file];
    let told = place.imported(&args);
    assert!(told.contains("1 fix + 0 incidents + 3 rejects") && told.contains("rejects stored: 3"), "{told}");
    assert!(
        told.contains(
            "note: device \"H1\", outside every authority given, among the rejects: 1 outside_period, 1 partly"
        )
    );
    let rejects = "SELECT \"row\", reason, value FROM rejects ORDER BY \"row\"";
    let rows = place.sql(rejects);
    let said: Vec<_> = rows.iter().map(|r| (r["row"].as_i64().unwrap(), r["reason"].as_str().unwrap())).collect();
    let [outside, partly] = [(2, "outside the authorised period"), (4, "partly outside the authorised period")];
    assert_eq!(said, [outside, partly, (5, "no authority names its device")]);
    assert!(rows.iter().all(|r| !r["value"].as_str().unwrap().contains("51.5")), "no position goes further: {rows:?}");
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes WHERE device_id = 'H1'"), 1);
    let attributed = "SELECT body FROM case_events WHERE kind = 'attribution_added'";
    let attributed = place.sql(attributed);
    assert_eq!(attributed.len(), 1, "nothing is said of the device that no authority names: {attributed:?}");
    assert!(attributed[0]["body"].as_str().unwrap().contains("H1"));
    assert!(place.imported(&args).contains("imported already"));
    assert_eq!(place.sql(rejects), rows);
    // A wider authority is another reading of the file; of the victim's records, those of other devices are hers to give.
    let wider = "H1=2025-06-01T12:00:00Z..2025-06-01T13:00:00Z,URN 2";
    let told = place.imported(&["--case", "C", "--subject", "suspect", "--authorised", wider, &file]);
    assert!(told.contains("fixes: 1 new, 1 already there"), "{told}");
    let told = place.imported(&["--case", "D", "--subject", "victim", "--authorised", authority, &file]);
    assert!(told.contains("2 fixes + 0 incidents + 2 rejects"), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_is_kept_and_does_not_stop_the_others() {
    let place = Place::new();
    let (bad, good) = (place.write("bad.bin", [0_u8, 1, 2, 250]), place.write("v.csv", walk("V", 20, 51.5)));
    let ran = place.import(&["--case", "C", "--subject", "victim", &bad, &good]);
    assert_eq!(ran.code, 1);
    assert!(ran.notes.contains("bad.bin") && ran.out.contains("fixes: 20 new"), "{ran:?}");
    let exhibits = "SELECT name, bool_or(finished) AS finished FROM exhibits GROUP BY name ORDER BY name";
    let rows = place.sql(exhibits);
    let finished: Vec<_> =
        rows.iter().map(|r| (r["name"].as_str().unwrap(), r["finished"].as_bool().unwrap())).collect();
    assert_eq!(finished, [("bad.bin", false), ("v.csv", true)]);
    let missing = place.import(&["--case", "C", "--subject", "victim", &place.name("none.csv")]);
    assert_eq!(missing.code, 1);
    let usage = place.import(&["--case", "C", &good]);
    assert_eq!(usage.code, 2);
}

#[test]
fn places_and_incidents_become_targets_and_a_place_can_be_corrected() {
    let place = Place::new();
    let s = place.write("s.csv", walk("S", 300, 51.5));
    place.imported(&["--case", "C", "--subject", "suspect", &s]);
    let near = place.imported(&["--case", "C", "--place", "home=51.501,-0.1,20"]);
    assert!(near.contains("encounters: 1 opened") && near.contains("near place home"), "{near}");
    let again = place.imported(&["--case", "C", "--place", "home=51.501,-0.1,20"]);
    assert!(again.contains("none changed") && again.contains("0 statements"), "{again}");
    let moved = place.imported(&["--case", "C", "--place", "home=52.5,-0.1,20"]);
    assert!(moved.contains("withdrawn"), "{moved}");
    assert_eq!(place.count("SELECT count(*) AS n FROM current_encounters"), 0);
    assert!(place.count("SELECT count(*) AS n FROM encounters") >= 2, "what was said stays");
}

#[test]
fn sql_makes_no_store_and_reads_a_table_by_its_folder() {
    let place = Place::new();
    let none = place.command("sql", &["-c", "SELECT 1"]).output().unwrap();
    assert_eq!(none.status.code(), Some(1));
    assert!(!place.path().join("data").exists());
    let v = place.write("v.csv", walk("V", 20, 51.5));
    place.imported(&["--case", "C", "--subject", "victim", &v]);
    let table = format!("f={}", place.name("data/fixes"));
    let mut sql = std::process::Command::new(env!("CARGO_BIN_EXE_locard"));
    let args = ["sql", "-t", &table, "-c", "SELECT count(*) AS n FROM f WHERE lat_deg > 51", "--output", "csv"];
    let output = sql.args(args).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "n\n20\n", "{}", String::from_utf8_lossy(&output.stderr));
}
