//! Exit codes and what is said with them: 0 with or without encounters, 1 for input or output, 2 for wrong usage.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::run::{Folder, check, fixes, locard};

const NOON: &str = "2025-06-01T12:00:00Z";
const PLACE: &str = "--place=home=51.54,-0.003";

fn suspect(folder: &Folder) -> String {
    folder.write("suspect.csv", fixes(&[("s", NOON, 51.54, -0.003)]))
}

/// Runs a check that must end with a code and a message with these words, without a word on standard output.
fn refused(code: i32, words: &[&str], args: &[&str]) {
    let (found, out, err) = check(args);
    assert_eq!((found, out.as_str()), (code, ""), "{args:?}: {err}");
    for word in words {
        assert!(err.contains(word), "{args:?}: {word:?} is not in {err:?}");
    }
    assert!(!err.contains("panicked"), "{err}");
}

#[test]
fn encounters_or_none_the_code_is_nought() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    let (code, out, err) = check(&["--suspect", &suspect, PLACE]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("1 encounter, in time order"), "{out}");
    let (code, out, err) = check(&["--suspect", &suspect, "--place=away=52,-0.003"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("No encounter with these parameters."), "{out}");
}

#[test]
fn input_that_cannot_be_used_is_named_with_code_one() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    let missing = folder.name("missing.csv");
    refused(1, &["missing.csv", "No such file"], &["--suspect", &missing, PLACE]);
    refused(1, &["missing.csv"], &["--suspect", &suspect, "--victim", &missing]);
    refused(1, &["missing.csv"], &["--suspect", &suspect, "--incidents", &missing]);
    refused(1, &["is a folder"], &["--suspect", folder.path().to_str().unwrap(), PLACE]);
    let empty = folder.write("empty.csv", "");
    refused(1, &["empty.csv", "empty"], &["--suspect", &empty, PLACE]);
    let unknown = folder.write("letter.txt", "Dear Sir or Madam,\nplease find enclosed nothing.\n");
    refused(1, &["letter.txt", "--format"], &["--suspect", &unknown, PLACE]);
    #[cfg(unix)]
    refused(1, &["/dev/null", "not a plain file"], &["--suspect", "/dev/null", PLACE]);
}

#[test]
fn one_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = Folder::new();
    let (good, bad) = (suspect(&folder), folder.write("letter.txt", "Dear Sir or Madam,\n"));
    for args in [["--suspect", &good, &bad, PLACE], ["--suspect", &bad, &good, PLACE]] {
        let (code, out, err) = check(&args);
        assert_eq!(code, 1);
        assert!(err.contains("letter.txt") && err.lines().count() == 1, "{err}");
        assert!(out.contains("1 encounter, in time order") && out.contains("ERROR"), "{out}");
    }
}

#[test]
fn rows_without_a_zone_are_rejects_with_advice_and_code_one() {
    let folder = Folder::new();
    let naive = folder.write("naive.csv", fixes(&[("s", "2025-06-01 12:00:00", 51.54, -0.003)]));
    let (code, out, err) = check(&["--suspect", &naive, PLACE]);
    assert_eq!(code, 1);
    assert!(err.contains("none of its 2 rows is a fix"), "{err}");
    assert!(out.contains("time zone unknown") && out.contains("--zone Europe/London"), "{out}");
    let (code, out, _) = check(&["--suspect", &naive, PLACE, "--zone", "Europe/London"]);
    assert_eq!(code, 0);
    assert!(out.contains("2025-06-01T11:00:00Z"), "{out}");
}

#[test]
fn a_device_that_is_in_no_file_is_not_answered_with_no_encounter_alone() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    let (code, out, err) = check(&["--suspect", &suspect, PLACE, "--suspect-device", "S"]);
    assert_eq!(code, 1);
    assert!(err.contains("--suspect-device S"), "{err}");
    assert!(out.contains("silence shows nothing"), "{out}");
    let (code, _, err) = check(&["--suspect", &suspect, "--victim", &suspect, "--victim-device", "x"]);
    assert_eq!(code, 1);
    assert!(err.contains("--victim-device x"), "{err}");
}

#[test]
fn a_file_without_an_incident_is_no_file_of_incidents() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    let (code, _, err) = check(&["--suspect", &suspect, "--incidents", &suspect]);
    assert_eq!(code, 1);
    assert!(err.contains("is an incident that can be used"), "{err}");
}

#[test]
fn wrong_usage_has_code_two() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    let s = ["--suspect", &suspect];
    refused(2, &["--suspect"], &[PLACE]);
    refused(2, &["--victim", "--place", "--incidents"], &s);
    refused(2, &["NAME=LAT,LON"], &[s[0], s[1], "--place=home"]);
    refused(2, &["did you mean -33.9,151.2"], &[s[0], s[1], "--place=home=151.2,-33.9"]);
    refused(2, &["radius_m", "-5"], &[s[0], s[1], PLACE, "--radius-m", "-5"]);
    refused(2, &["radius_m"], &[s[0], s[1], PLACE, "--radius-m", "NaN"]);
    refused(2, &["exit_radius_m"], &[s[0], s[1], PLACE, "--exit-radius-m", "5"]);
    refused(2, &["window_s", "ten years"], &[s[0], s[1], PLACE, "--window-s", "4294967295"]);
    refused(2, &["parquet", "--out PATH"], &[s[0], s[1], PLACE, "--output", "parquet"]);
    refused(2, &["xlsx"], &[s[0], s[1], PLACE, "--format", "xlsx"]);
    refused(2, &["nope", "no built-in profile"], &[s[0], s[1], PLACE, "--profile", "nope"]);
    refused(2, &["Nowhere/Land"], &[s[0], s[1], PLACE, "--zone", "Nowhere/Land"]);
    refused(2, &["two places are named"], &[s[0], s[1], PLACE, PLACE]);
    refused(2, &["--victim-device"], &[s[0], s[1], PLACE, "--victim-device", "v"]);
    let profile = folder.write("bad.toml", "name = 1");
    refused(2, &["bad.toml"], &[s[0], s[1], PLACE, "--profile", &profile]);
}

#[test]
fn a_report_never_goes_over_a_file_that_is_read() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    let before = std::fs::read(&suspect).unwrap();
    let roundabout = format!("{}/./suspect.csv", folder.path().display());
    refused(2, &["--out", "overwritten"], &["--suspect", &suspect, PLACE, "--out", &roundabout]);
    refused(2, &["--rejects", "overwritten"], &["--suspect", &suspect, PLACE, "--rejects", &suspect]);
    assert_eq!(std::fs::read(&suspect).unwrap(), before);
}

#[test]
fn a_place_that_cannot_be_written_to_is_named_with_code_one() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    for option in ["--out", "--rejects"] {
        refused(1, &["cannot write", "none"], &["--suspect", &suspect, PLACE, option, &folder.name("none/report")]);
        refused(1, &["cannot write"], &["--suspect", &suspect, PLACE, option, folder.path().to_str().unwrap()]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_though_the_last_bytes_were_buffered() {
    let folder = Folder::new();
    let suspect = suspect(&folder);
    for form in ["text", "json", "csv", "geojson", "parquet"] {
        refused(1, &["/dev/full", "No space"], &["--suspect", &suspect, PLACE, "--output", form, "--out", "/dev/full"]);
    }
    refused(1, &["/dev/full", "No space"], &["--suspect", &suspect, PLACE, "--rejects", "/dev/full"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_output_is_told() {
    let folder = Folder::new();
    let full = std::fs::File::create("/dev/full").unwrap();
    let program = env!("CARGO_BIN_EXE_locard");
    let ran =
        Command::new(program).args(["check", "--suspect", &suspect(&folder), PLACE]).stdout(full).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8(ran.stderr).unwrap().contains("No space"));
}

/// Reads one line of a command's output, closes the pipe and gives the exit code and standard error.
fn read_one_line(args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
    let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = child.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let folder = Folder::new();
    let rows: Vec<_> = (0..3_000).map(|i| (format!("device {i}"), 51.54)).collect();
    let rows: Vec<_> = rows.iter().map(|(device, lat)| (device.as_str(), NOON, *lat, -0.003)).collect();
    let many = folder.write("many.csv", fixes(&rows));
    for form in ["text", "json", "csv", "geojson"] {
        // More than a pipe holds, so that the writer is still at work when the reader goes.
        let args = ["check", "--suspect", &many, PLACE, "--output", form];
        assert_eq!(read_one_line(&args), (Some(0), String::new()), "{form}");
    }
    assert_eq!(read_one_line(&["demo", "--seconds=1", "--folder", &folder.name("demo")]), (Some(0), String::new()));
}

#[test]
fn every_reject_is_written_and_the_report_lists_the_first() {
    let folder = Folder::new();
    let good = ("s", NOON, 51.54, -0.003);
    let bad: Vec<_> = std::iter::once(good).chain((0..100_500).map(|_| ("s", NOON, 91.0, 0.0))).collect();
    let (one, two) = (folder.write("1.csv", fixes(&bad)), folder.write("2.csv", fixes(&bad[..1_000])));
    let rejects = folder.name("rejects.csv");
    let args = ["--suspect", &one, &two, PLACE, "--output=json", "--rejects", &rejects];
    let (code, out, err) = check(&args);
    assert_eq!((code, err.as_str()), (0, ""));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["rejects"]["total"], 101_499);
    assert_eq!(report["rejects"]["listed"].as_array().unwrap().len(), 1_000);
    let rows = csv::Reader::from_path(&rejects).unwrap().into_records().map(Result::unwrap);
    let rows: Vec<(String, String)> = rows.map(|r| (r[0].to_owned(), r[2].to_owned())).collect();
    assert_eq!(rows.len(), 101_499);
    assert_eq!(
        (rows[0].clone(), rows[101_498].clone()),
        (("1.csv".into(), "3".into()), ("2.csv".into(), "1001".into()))
    );
    // The same report without the file.
    let (_, without, _) = check(&args[..5]);
    assert!(without == out, "--rejects changed the report");
}

#[test]
fn help_and_version_are_no_faults() {
    for args in [&["--help"][..], &["--version"], &["check", "--help"], &["demo", "--help"]] {
        let ran = locard(args);
        assert_eq!((ran.status.code(), ran.stderr.len()), (Some(0), 0), "{args:?}");
    }
    assert_eq!(locard::<&str>(&[]).status.code(), Some(2));
}
