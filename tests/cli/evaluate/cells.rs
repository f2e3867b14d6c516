//! The direction of a cell goes from the file, and from the store, to the ratio.

use std::fmt::Write as _;
use std::path::Path;

use locard::evaluate::strength::Prior;
use locard::evaluate::validation::{Bounds, Calibration, DataType, Measured, Range, VERSION, Validation};
use locard::time::{parse_utc, utc_text};
use serde_json::Value;

use super::{findings, json, locard, words};

/// Calls through a mast 2 km east of home: at home on ten evenings by another mast, and on the last by this one, in a sector
/// that looks east, west, or says nothing.
fn calls(azimuth: &str) -> String {
    let mut text = String::from("device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence,basis,azimuth_deg\n");
    let from_us = parse_utc("2025-11-03T18:00:00Z").unwrap();
    for day in (0..12).filter(|day| day % 7 < 5) {
        let t = utc_text(from_us + day * 86_400_000_000);
        let (lon, azimuth) = if day == 11 { (-0.071, azimuth) } else { (-0.1, "120") };
        writeln!(text, "H1,cell,{t},{t},51.5,{lon},,0.68,estimated,{azimuth}").unwrap();
    }
    text
}

fn validation(folder: &Path) {
    let measured = |value: f64| Measured { value, low: value - 0.1, high: value + 0.1 };
    let data_type = DataType {
        source: "cell".to_owned(),
        method: Prior::default().text(),
        made_from: "made up".to_owned(),
        radius_m: Range { from: 50.0, to: 200.0 },
        sigma_m: Range { from: 1.0, to: 100.0 },
        near: 300,
        routine: 300,
        cllr: measured(0.3),
        ..example()
    };
    let text = Validation { version: VERSION, data_types: vec![data_type] }.to_text().unwrap();
    std::fs::write(folder.join("validation.toml"), text).unwrap();
}

/// A data type of the example of the documentation, with a line and bounds that change nothing.
fn example() -> DataType {
    let text = include_str!("../../../docs/validation/example.toml");
    let mut example = Validation::parse(text).unwrap().data_types.remove(0);
    example.calibration = Calibration { intercept_ln: 0.0, slope_ln_per_log10: std::f64::consts::LN_10 };
    example.bounds = Bounds { lower_log10: -6.0, upper_log10: 6.0 };
    example
}

/// Log10 of the ratio that was computed for the allegation east of the mast, and whether the finding speaks of a cell
/// without direction.
fn computed(evaluation: &Value) -> (f64, bool) {
    let strength = findings(evaluation, "strength");
    let [finding] = strength.as_slice() else { panic!("{strength:?}") };
    let figure = finding["figures"].as_array().unwrap().iter().find(|f| f["name"] == "log10_computed");
    let value = figure.unwrap_or_else(|| panic!("{}", finding["says"]))["value"].as_f64().unwrap();
    (value, finding["limits"].to_string().contains("no direction"))
}

#[test]
fn a_sector_that_looks_at_the_place_speaks_for_it_and_one_that_looks_away_against() {
    let folder = tempfile::tempdir().unwrap();
    validation(folder.path());
    std::fs::write(
        folder.path().join("incidents.csv"),
        "MADEUP,AB,Made up,MADEUP20251114,CR1,20251114175900,20251114180100,,,51.5,-0.066,WGS84,made up\n",
    )
    .unwrap();
    let ask = |azimuth: &str| {
        std::fs::write(folder.path().join("calls.csv"), calls(azimuth)).unwrap();
        let line = [
            "evaluate",
            "--suspect",
            "calls.csv",
            "--incidents",
            "incidents.csv",
            "--zone",
            "UTC",
            "--validation",
            "validation.toml",
        ];
        computed(&json(folder.path(), &words(&line)))
    };
    let ((towards, known), (away, _), (unknown, said)) = (ask("90"), ask("270"), ask(""));
    assert!(towards > unknown + 0.3 && unknown > away + 0.3, "{towards} {unknown} {away}");
    assert_eq!((known, said), (false, true));
    // The store gives what the file gives.
    std::fs::write(folder.path().join("calls.csv"), calls("90")).unwrap();
    for line in
        [&["--subject", "suspect", "calls.csv"][..], &["--subject", "unknown", "--zone", "UTC", "incidents.csv"]]
    {
        let import = [&["import", "--case", "C", "--data", "store"][..], line].concat();
        let (code, _, err) = locard(folder.path(), &words(&import));
        assert_eq!(code, Some(0), "{err}");
    }
    let stored =
        json(folder.path(), &words(&["evaluate", "--case", "C", "--data", "store", "--validation", "validation.toml"]));
    assert_eq!(computed(&stored), (towards, false));
}
