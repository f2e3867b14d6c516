//! Rows that tell of their end as well: what comes of it, and the account.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::decode;
use crate::decode::profile::{Profile, recognise};
use crate::decode::{Checked, Collected, Counts, DecodeError, DecodeOptions, RowSink};
use crate::model::{FixRow, IncidentRow, NotAFix, RejectReason as R, RejectRow};
use crate::time::{ZoneRule, utc_text};

const NOW_US: i64 = 1_800_000_000_000_000;
const FIXTURE: &[u8] = include_bytes!("../../../tests/fixtures/csv/uk-call-data-ends.csv");

fn london() -> DecodeOptions {
    DecodeOptions { zone: Some(ZoneRule::parse("Europe/London").unwrap()), ..DecodeOptions::default() }
}

fn call_data() -> Profile {
    Profile::builtin("uk-call-data").unwrap()
}

fn run(profile: &Profile, mut text: &[u8]) -> (Collected, Counts) {
    let mut sink = Checked::new(Collected::default(), NOW_US);
    decode(&mut text, "test", profile, &london(), &mut sink).unwrap();
    sink.into_parts()
}

/// Row, path, time and position (to a kilometre or so) of each fix.
fn fixes(c: &Collected) -> Vec<(u64, &str, String, &'static str)> {
    let mast = |lon: f64| if lon < -0.12 { "first" } else { "second" };
    let time = |t0, t1| if t0 == t1 { utc_text(t0) } else { format!("{}..{}", utc_text(t0), utc_text(t1)) };
    c.fixes.iter().map(|f| (f.row, f.path.as_str(), time(f.t0_us, f.t1_us), mast(f.lon_deg))).collect()
}

#[test]
fn the_golden_file_is_recognised_and_every_start_and_every_end_is_told() {
    assert_eq!(recognise(FIXTURE).unwrap().0.name, "uk-call-data");
    let (c, counts) = run(&call_data(), FIXTURE);
    let fixes = fixes(&c);
    let ends: Vec<_> = fixes.iter().filter(|f| f.1.starts_with("end")).map(|f| (f.0, f.1, f.2.as_str(), f.3)).collect();
    assert_eq!(
        ends,
        [
            (5, "end", "2025-06-01T08:05:30Z", "second"),
            (8, "end", "2025-06-01T11:10:00Z", "first"),
            (9, "end", "2025-06-01T12:01:30Z", "second"),
            (13, "end", "2025-06-01T16:20:00Z", "second"),
            (15, "end", "2025-10-26T00:20:00Z..2025-10-26T01:20:00Z", "second"),
            (16, "end", "2025-10-26T00:10:00Z..2025-10-26T01:10:00Z", "second"),
            (18, "end", "2025-06-01T20:01:00Z", "second"),
            (21, super::end::DAMAGED_END, "2025-06-01T22:01:00Z", "second"),
            (24, "end", "2025-03-30T01:01:00Z", "second"),
        ]
    );
    let starts: Vec<u64> = fixes.iter().filter(|f| !f.1.starts_with("end")).map(|f| f.0).collect();
    assert_eq!(starts, [5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 20, 21, 23, 24, 26]);
    let rejects: Vec<_> = c.rejects.iter().map(|r| (r.row, r.path.as_str(), r.field.as_str(), r.reason)).collect();
    assert_eq!(
        rejects,
        [
            (7, "end", "End Date/Time", R::TimeOrder),
            (10, "end", "End Date/Time", R::Missing),
            (11, "end", "End Northing", R::Missing),
            (12, "end", "position", R::Missing),
            (17, "end", "Duration", R::NotAllowed),
            (18, "", "Start Easting", R::NotANumber),
            (20, "end", "End Easting", R::GridRange),
            (22, "", "Start Date/Time", R::Missing),
            (22, "end", "Start Date/Time", R::Missing),
            (23, "end", "End Date/Time", R::TimeSkipped),
            (25, "", "time", R::TimeRange),
            (25, "end", "time", R::TimeRange),
            (26, "end", "End Easting", R::NullIsland),
        ]
    );
    assert_eq!(counts.not_fixes[&NotAFix::Repeat], 1, "a text message: one cell, one moment");
    assert_eq!(counts.not_fixes[&NotAFix::NoPosition], 1, "the call that began on Wi-Fi");
    assert_eq!((counts.rows(), counts.ends), (26, 20));
}

#[test]
fn an_end_is_as_the_file_writes_it_and_takes_no_radius_of_the_start() {
    let (c, _) = run(&call_data(), FIXTURE);
    let text = |row| c.fixes.iter().find(|f| f.row == row && f.path == "end").unwrap().time_text.as_str();
    assert_eq!([text(5), text(9)], ["01/06/2025 09:05:30", "01/06/2025 13:00:00 + 0:01:30"]);
    let parts =
        b"MSISDN,Start Date,Start Time,End Date,End Time,Cell ID,Easting,Northing,Range,End Easting,End Northing\n\
                  a,01/06/2025,23:59:00,02/06/2025,00:01:00,x,530000,180000,700,531000,181000\n\
                  a,01/06/2025,23:59:00,02/06/2025,,x,530000,180000,700,531000,181000\n\
                  a,01/06/2025,23:59:00,,00:01:00,x,530000,180000,700,531000,181000\n";
    let (c, _) = run(&call_data(), parts);
    let seen: Vec<_> = c.fixes.iter().take(2).map(|f| (f.time_text.as_str(), f.uncertainty_m)).collect();
    assert_eq!(seen, [("01/06/2025 23:59:00", Some(700.0)), ("02/06/2025 00:01:00", Some(5_000.0))]);
    let blank: Vec<_> = c.rejects.iter().map(|r| (r.row, r.field.as_str(), r.reason)).collect();
    assert_eq!(blank, [(3, "End Time", R::Missing), (4, "End Date", R::Missing)], "a date is never borrowed");
}

#[test]
fn a_file_without_an_end_time_or_position_says_how_many_ends_it_cannot_use() {
    let no_place = b"MSISDN,Date/Time,End Date/Time,Cell ID,Easting,Northing,End Cell ID\n\
                     a,01/06/2025 09:00:00,01/06/2025 09:01:00,x,530000,180000,y\n\
                     a,01/06/2025 09:00:00,01/06/2025 09:01:00,x,530000,180000,\n";
    let no_time = b"MSISDN,Date/Time,Cell ID,Easting,Northing,End Easting,End Northing\n\
                    a,01/06/2025 09:00:00,x,530000,180000,531000,181000\n\
                    a,01/06/2025 09:00:00,x,530000,180000,,\n";
    let half = b"MSISDN,Date/Time,Duration,Cell ID,Easting,Northing,End Easting\n\
                 a,01/06/2025 09:00:00,60,x,530000,180000,531000\n\
                 a,01/06/2025 09:00:00,60,x,530000,180000,\n";
    for text in [&no_place[..], no_time, half] {
        let (c, counts) = run(&call_data(), text);
        assert_eq!((c.fixes.len(), c.rejects.len(), counts.ends, counts.rows()), (2, 0, 1, 3));
        assert_eq!(counts.not_fixes[&NotAFix::EndUnplaced], 1);
    }
}

#[test]
fn an_end_has_its_own_direction_and_omni_is_none() {
    #[derive(Default)]
    struct Azimuths(Vec<(u64, String, Option<f64>)>);
    impl RowSink for Azimuths {
        fn fix(&mut self, r: &FixRow<'_>) -> Result<(), DecodeError> {
            self.0.push((r.row, r.path.to_owned(), r.azimuth_deg));
            Ok(())
        }
        fn incident(&mut self, _: &IncidentRow<'_>) -> Result<(), DecodeError> {
            Ok(())
        }
        fn reject(&mut self, _: &RejectRow<'_>) -> Result<(), DecodeError> {
            Ok(())
        }
        fn not_a_fix(&mut self, _: NotAFix, _: u64) {}
    }
    let mut sink = Azimuths::default();
    decode(&mut &*FIXTURE, "test", &call_data(), &london(), &mut sink).unwrap();
    let of = |row| sink.0.iter().filter(|a| a.0 == row).map(|a| a.2).collect::<Vec<_>>();
    assert_eq!((of(5), of(9)), (vec![Some(120.0), Some(240.0)], vec![Some(120.0), None]));
}

#[test]
fn an_end_in_degrees_is_read_as_the_position_is() {
    let text = "[file]\ndecimal_comma = true\n[time]\nstart = \"t\"\n[position]\nlat = \"a\"\nlon = \"o\"\n\
                unit = \"hemisphere\"\n[end]\nduration = \"d\"\nlat = \"a2\"\nlon = \"o2\"\nuncertainty = \"r2\"\n";
    let profile = Profile::parse_toml("test", text).unwrap();
    let rows = b"t;d;a;o;a2;o2;r2\n2025-01-01T00:00:00Z;90;51,5N;0,1W;52,5N;0,2W;12,5\n\
                 2025-01-01T00:00:00Z;90;51,5N;0,1W;52,5;0,2W;\n";
    let (c, counts) = run(&profile, rows);
    let end = &c.fixes[1];
    assert_eq!((end.lat_deg, end.lon_deg, end.uncertainty_m), (52.5, -0.2, Some(12.5)));
    assert_eq!(c.rejects.iter().map(|r| (r.row, r.field.as_str())).collect::<Vec<_>>(), [(3, "a2")]);
    assert_eq!((counts.rows(), counts.ends), (3, 2));
}

const HEADING: &str =
    "MSISDN,Date/Time,End Date/Time,Duration,Cell ID,Easting,Northing,End Cell ID,End Easting,End Northing\n";

/// Fields that are sound, blank or broken, in every combination.
fn row() -> impl Strategy<Value = [&'static str; 10]> {
    let time =
        || prop::sample::select(vec!["01/06/2025 09:00:00", "01/06/2025 10:00:00", "26/10/2025 01:30:00", "", "x"]);
    let place = || {
        prop::sample::select(vec![
            ["530000", "180000"],
            ["531000", "181000"],
            ["531000", ""],
            ["", ""],
            ["0", "0"],
            ["é", "1"],
        ])
    };
    let name = || prop::sample::select(vec!["", "234-10-1"]);
    let lasted = prop::sample::select(vec!["", "0", "60", "0:01:00", "-1", "99999999999"]);
    (time(), time(), lasted, name(), place(), name(), place())
        .prop_map(|(t, end, d, a, [e, n], b, [e2, n2])| ["447700900001", t, end, d, a, e, n, b, e2, n2])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// `rows + ends = fixes + rejects + not fixes`, with rows and ends counted here from the text.
    #[test]
    fn every_row_has_one_outcome_and_every_end_another(rows in prop::collection::vec(row(), 0..12)) {
        let mut text = HEADING.to_owned();
        for row in &rows {
            text.extend([row.join(",").as_str(), "\n"]);
        }
        let (c, counts) = run(&call_data(), text.as_bytes());
        let ends = rows.iter().filter(|r| r[7..].iter().any(|f| !f.is_empty())).count() as u64;
        prop_assert_eq!((counts.rows(), counts.ends), (rows.len() as u64 + 1, ends));
        prop_assert_eq!(counts.rows() + ends, counts.fixes + counts.rejected() + counts.not_fixes_total());
        let told: Vec<_> = c.fixes.iter().map(|f| (f.row, f.path.clone()))
            .chain(c.rejects.iter().map(|r| (r.row, r.path.clone()))).collect();
        prop_assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "a row or an end told twice");
        // Two fixes of a row never say the same, which a reader of the report could not tell from a redelivery.
        let said: BTreeSet<_> = c.fixes.iter()
            .map(|f| (f.row, f.t0_us, f.t1_us, f.lat_deg.to_bits(), f.lon_deg.to_bits())).collect();
        prop_assert_eq!(said.len(), c.fixes.len());
    }
}
