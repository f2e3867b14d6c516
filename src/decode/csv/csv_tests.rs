//! What holds for every profile: nothing panics, nothing disappears.

use proptest::prelude::*;

use super::decode;
use crate::decode::profile::Profile;
use crate::decode::{Checked, Collected, Counts, DecodeError, DecodeOptions, RowSink};
use crate::model::{FixRow, IncidentRow, NotAFix, RejectReason as R, RejectRow};
use crate::time::ZoneRule;

const BASE: &str = "[time]\nstart = \"t\"\n[position]\nlat = \"lat\"\nlon = \"lon\"\n";

fn profile(text: &str) -> Profile {
    Profile::parse_toml("test", text).unwrap()
}

fn run(profile: &Profile, text: &[u8], options: &DecodeOptions) -> (Collected, Counts) {
    let mut sink = Checked::new(Collected::default(), 1_800_000_000_000_000);
    decode(&mut &*text, "test", profile, options, &mut sink).unwrap();
    sink.into_parts()
}

fn reasons(c: &Collected) -> Vec<(u64, R)> {
    c.rejects.iter().map(|r| (r.row, r.reason)).collect()
}

#[test]
fn bytes_that_are_not_utf8_cost_a_row_only_where_they_are_used() {
    let p = profile(&(BASE.to_owned() + "[device]\ncolumn = \"d\"\n"));
    let text = b"t,lat,lon,d,note\n2025-01-01T00:00:00Z,1,2,a,caf\xe9\n2025-01-01T00:00:00Z,1,2,\xff,x\n";
    let (c, _) = run(&p, text, &DecodeOptions::default());
    assert_eq!((c.fixes.len(), reasons(&c)), (1, vec![(3, R::NotUtf8)]));
}

#[test]
fn semicolons_decimal_commas_comments_and_blank_columns() {
    let p = profile(&(BASE.to_owned() + "[file]\ndecimal_comma = true\ncomment = \"#\"\n"));
    let text =
        "sep=;\n# made up\nt;lat;lon\n2025-01-01T00:00:00Z;51,5;-0,1;;\n\n;;\n2025-01-01T00:00:00Z;51,5;-0,1;x\n";
    let (c, counts) = run(&p, text.as_bytes(), &DecodeOptions::default());
    assert_eq!((c.fixes[0].lat_deg, c.fixes[0].row), (51.5, 4));
    assert_eq!(reasons(&c), [(7, R::FieldCount)]);
    assert_eq!(counts.rows(), 7);
}

#[test]
fn old_macintosh_line_ends_and_repeated_headings() {
    let (c, counts) =
        run(&profile(BASE), b"t,lat,lon\r2025-01-01T00:00:00Z,1,2\rt,lat,lon\r", &DecodeOptions::default());
    assert_eq!((c.fixes.len(), c.rejects.len(), counts.rows()), (1, 0, 3));
}

#[test]
fn carriage_returns_that_turn_into_line_feeds_past_the_head_shift_no_row() {
    let mut text = b"t,lat,lon\r".to_vec();
    let mut before = 1;
    while text.len() < crate::decode::HEAD_BYTES {
        text.extend_from_slice(b"2025-01-01T00:00:00Z,1,2\r");
        before += 1;
    }
    text.extend_from_slice(b"2025-01-01T00:00:00Z,3,\"2\"\n2025-01-01T00:00:00Z,4,\"2\"\r\n");
    text.extend_from_slice(b"2025-01-01T00:00:00Z,5,\"2\"\r2025-01-01T00:00:00Z,6,2\r\n");
    let (c, counts) = run(&profile(BASE), &text, &DecodeOptions::default());
    let last: Vec<(u64, f64)> = c.fixes.iter().rev().take(4).rev().map(|f| (f.row, f.lat_deg)).collect();
    let first = before + 1;
    assert_eq!(last, [(first, 3.0), (first + 1, 4.0), (first + 2, 5.0), (first + 3, 6.0)]);
    assert_eq!((c.rejects.len(), counts.rows()), (0, first + 3));
}

#[test]
fn blank_headings_at_the_end_are_no_columns() {
    let text = b"t,lat,lon,,\n2025-01-01T00:00:00Z,1,2\n2025-01-01T00:00:00Z,1,\"2\",,\n";
    let (c, _) = run(&profile(BASE), text, &DecodeOptions::default());
    assert_eq!((c.fixes.len(), reasons(&c)), (2, Vec::new()));
}

#[test]
fn utf16_is_named_and_not_read_as_nonsense() {
    let mut sink = Collected::default();
    let got = decode(&mut &b"\xff\xfet\0,\0"[..], "test", &profile(BASE), &DecodeOptions::default(), &mut sink);
    assert!(matches!(got, Err(DecodeError::Unknown { detail, .. }) if detail.contains("UTF-16")));
}

#[test]
fn a_missing_column_is_named_with_the_headings_there_are() {
    let got = decode(
        &mut &b"t,lat,lng\n1,2,3\n"[..],
        "test",
        &profile(BASE),
        &DecodeOptions::default(),
        &mut Collected::default(),
    );
    let detail = got.unwrap_err().to_string();
    assert!(detail.contains("lat with lon") && detail.contains("t, lat, lng"), "{detail}");
}

#[test]
fn a_misspelt_optional_column_is_found_out() {
    let p = profile(&(BASE.to_owned() + "[uncertainty]\ncolumn = \"acuracy\"\n"));
    let got =
        decode(&mut &b"t,lat,lon,accuracy\n"[..], "test", &p, &DecodeOptions::default(), &mut Collected::default());
    assert!(matches!(got, Err(DecodeError::Profile { detail, .. }) if detail.contains("acuracy")));
}

#[test]
fn the_given_device_is_for_records_that_name_none() {
    let p = profile(&(BASE.to_owned() + "[device]\ncolumn = \"d\"\n"));
    let options = DecodeOptions { device: Some("given".to_owned()), ..Default::default() };
    let (c, _) = run(&p, b"t,lat,lon,d\n2025-01-01T00:00:00Z,1,2,own\n2025-01-01T00:00:00Z,1,2,\n", &options);
    assert_eq!(c.fixes.iter().map(|f| f.device.as_str()).collect::<Vec<_>>(), ["own", "given"]);
}

#[test]
fn a_duration_makes_an_interval_and_hemispheres_and_units_are_read() {
    let text = "[time]\nstart = \"t\"\nduration = \"s\"\n[position]\nlat = \"lat\"\nlon = \"lon\"\nunit = \"hemisphere\"\n\
                [uncertainty]\ncolumn = \"km\"\nunit = \"km\"\n";
    let rows = b"t,s,lat,lon,km\n2025-01-01T00:00:00Z,00:01:00,10.5S,20E,1.5\n2025-01-01T00:00:00Z,,10.5,20E,1\n";
    let (c, _) = run(&profile(text), rows, &DecodeOptions::default());
    let f = &c.fixes[0];
    assert_eq!((f.t1_us - f.t0_us, f.lat_deg, f.uncertainty_m), (60_000_000, -10.5, Some(1_500.0)));
    assert_eq!(reasons(&c), [(3, R::NotANumber)]);
}

#[test]
fn an_undecided_format_rejects_every_row() {
    let p = profile("[time]\nstart = \"t\"\nformats = []\n[position]\nlat = \"lat\"\nlon = \"lon\"\n");
    let (c, _) = run(&p, b"t,lat,lon\n03/04/2025 10:00,1,2\n", &DecodeOptions::default());
    assert_eq!(reasons(&c), [(2, R::TimeFormat)]);
}

#[test]
fn an_azimuth_that_is_blank_or_omni_is_none_and_never_north() {
    #[derive(Default)]
    struct Azimuths(Vec<Option<f64>>);
    impl RowSink for Azimuths {
        fn fix(&mut self, row: &FixRow<'_>) -> Result<(), DecodeError> {
            self.0.push(row.azimuth_deg);
            Ok(())
        }
        fn incident(&mut self, _: &IncidentRow<'_>) -> Result<(), DecodeError> {
            Ok(())
        }
        fn reject(&mut self, row: &RejectRow<'_>) -> Result<(), DecodeError> {
            assert_eq!(row.row, 0, "no row may be rejected: {row:?}");
            Ok(())
        }
        fn not_a_fix(&mut self, _: NotAFix, _: u64) {}
    }
    let p = profile(&(BASE.to_owned() + "[azimuth]\ncolumn = \"a\"\nnone = [\"0\", \"360\", \"999\", \"omni\"]\n"));
    let mut text = "t,lat,lon,a\n".to_owned();
    for a in ["120", "", "0", "0.0", "360", "999", "OMNI", "-123.5"] {
        text.extend(["2025-01-01T00:00:00Z,1,2,", a, "\n"]);
    }
    let mut sink = Azimuths::default();
    decode(&mut text.as_bytes(), "test", &p, &DecodeOptions::default(), &mut sink).unwrap();
    assert_eq!(sink.0, [Some(120.0), None, None, None, None, None, None, Some(236.5)]);
}

/// Text that looks like rows of some profile often enough to get past the heading.
fn csv_like() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        Just("51.5".to_owned()),
        Just("-0.1".to_owned()),
        Just("530000".to_owned()),
        Just("20250125083000".to_owned()),
        Just("01/06/2025 09:00".to_owned()),
        Just("26/10/2025".to_owned()),
        Just("2025-06-01T09:00:00Z".to_owned()),
        Just("\"".to_owned()),
        Just("\"a\nb\"".to_owned()),
        Just(String::new()),
        Just("WGS84".to_owned()),
        "[ -~é]{0,12}",
    ];
    let row = proptest::collection::vec(field, 0..14).prop_map(|f| f.join(","));
    proptest::collection::vec(row, 0..20).prop_map(|r| r.join("\n").into_bytes())
}

fn heading(p: &Profile) -> String {
    if !p.file.header {
        return "x\n".repeat(p.file.skip_lines);
    }
    let mut names: Vec<String> =
        p.recognise.columns.iter().map(|c| c.describe().split(" or ").next().unwrap().to_owned()).collect();
    for extra in [&p.time.start, &p.time.date, &p.time.clock] {
        names.extend(extra.describe().split(" or ").next().map(str::to_owned));
    }
    names.retain(|n| !n.is_empty());
    names.join(",") + "\n"
}

/// The rows that a file has by a count of our own: lines, where no quote joins them.
fn check_account(p: &Profile, body: &[u8], zone: bool) -> Result<(), TestCaseError> {
    let mut text = heading(p).into_bytes();
    text.extend_from_slice(body);
    let options = DecodeOptions { zone: zone.then(ZoneRule::utc), ..Default::default() };
    let mut sink = Checked::new(Collected::default(), 1_800_000_000_000_000);
    let done = decode(&mut text.as_slice(), "p", p, &options, &mut sink);
    let (kept, counts) = sink.into_parts();
    prop_assert_eq!(kept.fixes.len() as u64, counts.fixes);
    prop_assert_eq!(kept.rejects.len() as u64, counts.rejected());
    if done.is_ok() && !text.contains(&b'"') && !text.contains(&b'\r') {
        let lines = text.strip_suffix(b"\n").unwrap_or(&text).split(|b| *b == b'\n').count();
        prop_assert_eq!(counts.rows(), if text.is_empty() { 0 } else { lines as u64 });
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_like_those_of_a_profile_never_panic_and_are_all_counted(body in csv_like(), zone in any::<bool>()) {
        for p in Profile::builtins() {
            check_account(&p, &body, zone)?;
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_all_counted(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        for p in Profile::builtins() {
            check_account(&p, &body, true)?;
            let mut sink = Collected::default();
            // Without its heading the file is refused as a whole; it must be refused, not panic.
            let _refused = decode(&mut body.as_slice(), "p", &p, &DecodeOptions::default(), &mut sink);
        }
    }
}
