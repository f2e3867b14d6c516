//! One fixture per built-in profile, of our own making, with the traps of that format.

use std::fmt::Write as _;

use super::decode;
use crate::decode::profile::{Profile, recognise};
use crate::decode::{Checked, Collected, Counts, DecodeOptions};
use crate::model::{NotAFix, RejectReason as R};
use crate::time::{ZoneRule, utc_text};

const NOW_US: i64 = 1_800_000_000_000_000;

fn fixture(file: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/csv/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect(&path)
}

/// Decodes a fixture by the profile it must be recognised as, and checks that the account covers every line.
fn golden(profile: &str, file: &str, zone: Option<&str>) -> (Collected, Counts) {
    let bytes = fixture(file);
    let (found, because) = recognise(&bytes).expect(file);
    assert_eq!(found.name, profile, "{because}");
    let options = DecodeOptions { zone: zone.map(|z| ZoneRule::parse(z).unwrap()), ..Default::default() };
    let mut sink = Checked::new(Collected::default(), NOW_US);
    decode(&mut bytes.as_slice(), file, &found, &options, &mut sink).unwrap();
    sink.into_parts()
}

fn rejects(c: &Collected) -> Vec<(u64, &str, R)> {
    c.rejects.iter().map(|r| (r.row, r.field.as_str(), r.reason)).collect()
}

fn fixes(c: &Collected) -> String {
    let mut text = String::new();
    for f in &c.fixes {
        let end = if f.t1_us == f.t0_us { String::new() } else { format!("..{}", utc_text(f.t1_us)) };
        let radius = f.uncertainty_m.map_or("-".to_owned(), |u| u.to_string());
        writeln!(
            text,
            "{} {} {} {}{end} {:.5},{:.5} {radius}@{} {} {:?}",
            f.row,
            f.device,
            f.source,
            utc_text(f.t0_us),
            f.lat_deg,
            f.lon_deg,
            f.confidence,
            f.basis,
            f.time_text
        )
        .unwrap();
    }
    text
}

#[test]
fn canonical() {
    let (c, counts) = golden("canonical", "canonical.csv", None);
    assert_eq!(
        fixes(&c),
        "2 tag-1 gps 2025-06-01T12:00:00Z 51.50000,-0.12000 8@0.95 measured \"2025-06-01T12:00:00Z\"\n\
         3 tag-1 cell 2025-06-01T12:00:00Z..2025-06-01T12:05:00Z 51.51000,-0.13000 1500@0.68 estimated \
         \"2025-06-01T13:00:00+01:00/2025-06-01T13:05:00+01:00\"\n\
         13 tag-1 unknown 2025-06-01T12:18:00Z 51.50000,-0.12000 -@0.68 measured \"2025-06-01T12:18:00Z\"\n"
    );
    assert_eq!(
        rejects(&c),
        [
            (4, "t0", R::TimeZoneUnknown),
            (5, "uncertainty_m", R::UncertaintyRange),
            (6, "lon_deg", R::Missing),
            (7, "time", R::TimeOrder),
            (8, "confidence", R::NotAllowed),
            (9, "basis", R::NotAllowed),
            (11, "latitude", R::NullIsland),
            (12, "too few fields", R::FieldCount),
        ]
    );
    assert_eq!(counts.rows(), 13, "the heading and the row of commas are counted too");
}

#[test]
fn generated() {
    let (c, counts) = golden("generated", "generated.csv", None);
    assert_eq!(c.fixes[0].device, "dev-7");
    assert_eq!(utc_text(c.fixes[0].t0_us), "2026-09-21T08:00:00Z");
    assert_eq!((c.fixes[1].uncertainty_m, counts.fixes), (Some(7.0), 2));
}

#[test]
fn em_condensed_times_are_local_minutes_and_bearings_may_be_negative() {
    let (c, counts) = golden("em-condensed", "em-condensed.csv", Some("UTC"));
    assert_eq!(
        fixes(&c),
        "2  tag 2025-06-30T23:00:00Z..2025-06-30T23:00:59.999999Z 51.50000,0.06000 100@0.68 measured \
         \"01/07/2025 00:00\"\n\
         3  tag 2025-10-26T00:30:00Z..2025-10-26T01:30:59.999999Z 51.50000,0.06000 400@0.68 measured \
         \"26/10/2025 01:30\"\n\
         5  tag 2025-01-02T00:05:00Z..2025-01-02T00:05:59.999999Z 51.50000,0.06000 -@0.68 measured \
         \"02/01/2025 00:05\"\n",
        "the profile's zone goes before the option's"
    );
    assert_eq!([false, true, false], [0, 1, 2].map(|i| c.fixes[i].time_ambiguous));
    assert_eq!(rejects(&c), [(4, "DATE/TIME", R::TimeSkipped), (6, "DATE/TIME", R::TimeFormat)]);
    assert_eq!(counts.rows(), 6);
}

#[test]
fn em_full_takes_the_device_and_survives_an_address_of_two_lines() {
    let (c, counts) = golden("em-full", "em-full.csv", None);
    let seen: Vec<_> = c.fixes.iter().map(|f| (f.row, f.device.as_str())).collect();
    assert_eq!(seen, [(2, "4001"), (4, "4001")]);
    assert_eq!(counts.rows(), 3, "a record of two lines is one row");
}

#[test]
fn police_crime() {
    let (c, counts) = golden("police-crime", "police-crime.csv", Some("UTC"));
    let seen: Vec<_> = c.incidents.iter().map(|i| (i.row, i.reference.as_str(), i.kind.as_str())).collect();
    assert_eq!(
        seen,
        [(1, "CRI00000001", "TOMV"), (2, "CRI00000002", "AB"), (15, "CRI00000015", "TFP")],
        "the byte order mark does no harm"
    );
    // TQ 300 800 is Trafalgar Square's south side; `place` tests the conversion itself to the millimetre.
    let [lat, lon] = [c.incidents[1].lat_deg, c.incidents[1].lon_deg];
    assert!((lat - 51.504).abs() < 1e-3 && (lon + 0.128).abs() < 1e-3, "{lat}, {lon}");
    assert_eq!(c.incidents[1].time_text, "20250125083000/20250125103000");
    assert_eq!(
        rejects(&c),
        [
            (3, "position", R::CoordinateKind),
            (4, "position", R::CoordinateKind),
            (5, "time", R::TimeOrder),
            (6, "time", R::TimeOrder),
            (7, "column 8", R::GridRange),
            (8, "column 10", R::NotAllowed),
            (9, "column 7", R::Missing),
            (10, "column 5", R::Missing),
            (11, "column 12", R::NotAllowed),
            (12, "column 12", R::CoordinateKind),
            (13, "column 9", R::Missing),
            (14, "too many fields", R::FieldCount),
        ]
    );
    assert_eq!(counts.rows(), 15);
}

#[test]
fn police_crime_times_are_not_guessed_and_a_local_window_spans_both_readings() {
    let (c, _) = golden("police-crime", "police-crime.csv", None);
    assert!(c.incidents.is_empty());
    assert!(c.rejects.iter().any(|r| r.row == 1 && r.reason == R::TimeZoneUnknown));
    let (c, _) = golden("police-crime", "police-crime.csv", Some("Europe/London"));
    let night = c.incidents.last().unwrap();
    assert!(night.time_ambiguous);
    assert_eq!(
        (utc_text(night.t0_us), utc_text(night.t1_us)),
        ("2025-10-26T00:30:00Z".into(), "2025-10-26T01:45:00Z".into())
    );
}

#[test]
fn uk_call_data() {
    let (c, counts) = golden("uk-call-data", "uk-call-data.csv", Some("Europe/London"));
    let seen: Vec<_> = c.fixes.iter().map(|f| (f.row, f.device.as_str(), f.path.as_str())).collect();
    assert_eq!(
        seen,
        [
            (5, "447700900001", ""),
            (6, "447700900001", ""),
            (7, "447700900001", ""),
            (10, "350000000000010", ""),
            (11, "4.477E+11", super::row::DAMAGED_DEVICE),
        ]
    );
    assert_eq!(
        rejects(&c),
        [
            (9, "position", R::Missing),
            (12, "Easting", R::NullIsland),
            (13, "Easting", R::GridRange),
            (14, "Time", R::Missing),
        ]
    );
    let first = &c.fixes[0];
    assert_eq!((first.source.as_str(), first.basis.as_str(), first.uncertainty_m), ("cell", "estimated", Some(5000.0)));
    assert_eq!(
        (utc_text(first.t0_us).as_str(), first.time_text.as_str()),
        ("2025-06-01T08:00:00Z", "01/06/2025 09:00:00")
    );
    assert_eq!(counts.rows(), 14, "cover rows, the blank line and the Wi-Fi call are counted");
    assert_eq!((counts.ends, counts.not_fixes[&NotAFix::EndUnplaced]), (1, 1), "an end cell without its position");
}

#[test]
fn anpr_takes_the_zone_of_the_text_before_the_given_one_and_no_confidence_of_letters() {
    let (c, _) = golden("anpr", "anpr.csv", Some("Europe/London"));
    assert_eq!(
        fixes(&c),
        "2 AB12 CDE anpr 2025-06-01T08:00:00Z 51.50000,-0.10000 50@0.68 estimated \"01/06/2025 09:00:00\"\n\
         3 AB12 CDE anpr 2025-06-01T08:30:00Z 51.60000,-0.20000 50@0.68 estimated \"2025-06-01T09:30:00+01:00\"\n"
    );
    let (c, _) = golden("anpr", "anpr.csv", None);
    assert_eq!(rejects(&c), [(2, "Date/Time", R::TimeZoneUnknown)]);
}

#[test]
fn gpslogger_accuracy_of_zero_is_unknown() {
    let (c, _) = golden("gpslogger", "gpslogger.csv", None);
    let seen: Vec<_> = c.fixes.iter().map(|f| (f.source.as_str(), f.uncertainty_m)).collect();
    assert_eq!(seen, [("gps", Some(4.5)), ("fused", None)]);
}

#[test]
fn geolife() {
    let (c, counts) = golden("geolife-plt", "geolife-plt.plt", Some("Asia/Shanghai"));
    assert_eq!(c.fixes[0].time_text, "2008-10-23 02:53:04");
    assert_eq!(utc_text(c.fixes[0].t0_us), "2008-10-23T02:53:04Z", "GMT, whatever --zone says");
    assert_eq!((c.fixes[0].row, counts.rows()), (7, 8));
    let (c, _) = golden("geolife-csv", "geolife-csv.csv", None);
    assert_eq!((c.fixes[1].device.as_str(), c.fixes[1].lon_deg), ("002", 116.32));
}

#[test]
fn telcell_devices_and_owners() {
    let (c, _) = golden("telcell", "telcell.csv", None);
    assert_eq!(
        fixes(&c),
        "2 Ann1 cell 2023-05-17T12:01:00Z 51.27000,6.29000 5000@0.68 estimated \"2023-05-17 12:01:00+00:00\"\n\
         3 Ann2 cell 2023-05-17T10:27:00.25Z 51.34000,6.10000 5000@0.68 estimated \
         \"2023-05-17 12:27:00.250000+02:00\"\n\
         4 Bob1 cell 2023-05-17T12:49:00Z 51.41000,6.01000 5000@0.68 estimated \"2023-05-17 12:49:00+00:00\"\n"
    );
    let profile = Profile::builtin("telcell").unwrap();
    let owners = super::devices_by_owner(&mut fixture("telcell.csv").as_slice(), "t", &profile).unwrap();
    assert_eq!(owners["Ann"].iter().collect::<Vec<_>>(), ["Ann1", "Ann2"]);
    assert_eq!(owners.len(), 2);
}
