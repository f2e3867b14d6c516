//! `locard check` on real records, against counts that another program made (`tests/cli/real_input/brute_force.py`).
//!
//! The records are not in the repository. They are looked for in the folder that `LOCARD_DATA` names, or beside the
//! checkout in `shared/data`; where they are not, the test says so and passes. `docs/real-input.md` has the same table.

use std::path::PathBuf;

use locard::cli::{CheckArgs, Progress, check};
use locard::model::Grade;
use locard::time::FixedClock;

use clap::Parser;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    check: CheckArgs,
}

/// 2026-01-01T00:00:00Z: after all of the records.
const NOW_US: i64 = 1_767_225_600_000_000;

/// File, suspect's and victim's devices, radius (m), window (s); then pairs, suspect fixes in contact, encounters and the
/// least distance (m) as the other program counts them.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], u32, u32, [usize; 5], f64);

/// The five counts: definite, probable and possible pairs, suspect fixes in contact, encounters.
const CASES: [Case; 6] = [
    ("geolife_two_users.csv.gz", &["001"], &["005"], 100, 120, [1016, 0, 0, 107, 2], 6.829),
    ("geolife_two_users.csv.gz", &["001"], &["005"], 1000, 600, [332_492, 0, 0, 3305, 14], 3.125),
    ("phones_three_days.csv", &["A1", "A2"], &["B1"], 100, 120, [0, 2, 306, 79, 2], 0.0),
    ("phones_three_days.csv", &["A1", "A2"], &["B1"], 1000, 300, [0, 59, 763, 90, 2], 0.0),
    ("phones_measurements.csv", &["Bas1"], &["Bas2"], 100, 120, [0, 11, 12, 22, 19], 0.0),
    ("phones_measurements.csv", &["Hans1", "Hans2"], &["Tim1", "Tim2"], 100, 1800, [0, 7, 12, 11, 15], 0.0),
];

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("LOCARD_DATA").map_or_else(beside, PathBuf::from)
}

#[tokio::test]
async fn counts_agree_with_the_independent_ones() {
    for (file, suspects, victims, radius_m, window_s, counts, least_m) in CASES {
        let path = folder().join(file);
        if !path.is_file() {
            println!("skipped: {file} is not here (LOCARD_DATA names its folder)");
            continue;
        }
        let path = path.to_string_lossy().into_owned();
        let mut words = vec!["check".to_owned(), "--suspect".to_owned(), path.clone(), "--victim".to_owned(), path];
        words.extend(suspects.iter().flat_map(|d| ["--suspect-device".to_owned(), (*d).to_owned()]));
        words.extend(victims.iter().flat_map(|d| ["--victim-device".to_owned(), (*d).to_owned()]));
        words.extend([format!("--radius-m={radius_m}"), format!("--window-s={window_s}")]);
        let args = Command::parse_from(words).check;
        let report = check::report(&args, &FixedClock(NOW_US), Progress::hidden()).await.unwrap();
        let rows = || report.encounters.iter().flat_map(|e| &e.rows);
        let graded = |grade| rows().filter(|r| r.grade == grade).count();
        let fixes = rows().map(|r| (&r.suspect.name, r.suspect.row)).collect::<std::collections::BTreeSet<_>>().len();
        let found =
            [graded(Grade::Definite), graded(Grade::Probable), graded(Grade::Possible), fixes, report.encounters.len()];
        assert_eq!(found, counts, "{file} {suspects:?} {victims:?}");
        let least = report.encounters.iter().map(|e| e.min_distance_m).fold(f64::INFINITY, f64::min);
        assert!((least - least_m).abs() < 0.001, "{file}: {least} m");
    }
}
