//! `locard simulate` and `locard score` as a user meets them, and the library's own check scored on a generated feed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clap::Parser;
use locard::cli::check;
use locard::cli::{CheckArgs, Progress};
use locard::simulate::feed::{FeedTruth, Flag, FlagScore, score_flags};
use locard::time::FixedClock;

/// 2026-01-01T00:00:00Z: all records are from before it.
const NOW_US: i64 = 1_767_225_600_000_000;

#[derive(Parser)]
struct Check {
    #[command(flatten)]
    args: CheckArgs,
}

fn locard(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_locard")).args(args).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn simulate(folder: &Path, args: &[&str]) -> (FeedTruth, String) {
    let mut all = vec!["simulate", "--out", folder.to_str().unwrap()];
    all.extend(args);
    let (code, out, err) = locard(&all);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{all:?}");
    (serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap(), out)
}

/// The flags that `locard check` gives for a case's returned files.
fn check_case(folder: &Path, told: &FeedTruth, case_id: &str) -> Vec<Flag> {
    let mut args: Vec<OsString> = vec!["check".into()];
    for d in told.devices.iter().filter(|d| d.case_id == case_id && d.fixes > 0) {
        let file = folder.join(case_id).join(format!("{}-{}.ndjson", d.role, d.device_id));
        args.extend([format!("--{}", d.role).into(), file.into()]);
    }
    for p in told.places.iter().filter(|p| p.case_id == case_id) {
        args.extend(["--place".into(), format!("{}={},{},{}", p.name, p.lat_deg, p.lon_deg, p.radius_m).into()]);
    }
    let args = Check::try_parse_from(args).unwrap().args;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let report = runtime.block_on(check::report(&args, &FixedClock(NOW_US), Progress::hidden())).unwrap();
    assert_eq!(report.rejects.total, 0);
    let fixes: u64 = report.exhibits.iter().map(|e| e.counts.fixes).sum();
    let made: u64 = told.devices.iter().filter(|d| d.case_id == case_id).map(|d| d.fixes).sum();
    assert_eq!(fixes, made, "the files hold what the truth counts");
    let flag = |e: &locard::sink::report::EncounterFound| Flag {
        case_id: case_id.to_owned(),
        device_id: e.device.clone(),
        target: e.target.clone(),
        enter_us: e.enter.us,
        exit_us: e.exit.us,
        p_within_max: e.p_within_max,
        emitted_us: None,
    };
    report.encounters.iter().map(flag).collect()
}

fn check_and_score(folder: &Path, told: &FeedTruth) -> FlagScore {
    let cases: BTreeSet<&str> = told.devices.iter().map(|d| d.case_id.as_str()).collect();
    let flags: Vec<Flag> = cases.iter().flat_map(|case| check_case(folder, told, case)).collect();
    score_flags(told, &flags, 0.5)
}

#[test]
fn the_check_finds_all_that_was_planted_and_flags_no_near_miss() {
    for args in [
        ["--cases", "6", "--seed", "1"].as_slice(),
        &["--cases", "3", "--seed", "2", "--victims", "2", "--suspects", "2", "--planted-share", "1"],
        // As sparse as records may be, and in the spring night in which an hour is skipped.
        &["--cases", "12", "--seed", "3", "--days", "3", "--records", "62000", "--start", "2025-03-29T00:00:00Z"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (told, _) = simulate(folder.path(), args);
        assert!(told.planted.len() >= 15 && told.near_misses.len() >= 5, "{args:?}");
        let score = check_and_score(folder.path(), &told);
        assert_eq!(score.recall, Some(1.0), "{args:?}: missed {:?}", score.missed_shown);
        assert_eq!(score.near_misses_flagged, 0, "{args:?}: {:?}", score.near_misses_shown);
        assert_eq!(score.precision, Some(1.0), "{args:?}: wrong {:?}", score.wrong_shown);
        assert!(score.right >= score.planted && score.marginal * 20 <= score.right, "{args:?}: {score:?}");
    }
}

#[test]
fn the_commands_that_simulate_prints_lead_to_a_score() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("feed");
    let (told, out) = simulate(&inner, &["--cases", "2", "--days", "2"]);
    assert!(out.contains(&format!("{} records", told.delivered.records)), "{out}");
    let commands: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("  locard ")).collect();
    assert_eq!(commands.len(), 2, "{out}");
    let [checked, scored] = [0, 1].map(|i| locard(&commands[i].split(' ').collect::<Vec<_>>()));
    assert_eq!((checked.0, checked.2.as_str()), (Some(0), ""));
    assert_eq!((scored.0, scored.2.as_str()), (Some(0), ""));
    assert!(scored.1.starts_with("recall     1.0000  "), "{}", scored.1);
    assert!(scored.1.contains("near misses flagged: 0 of "), "{}", scored.1);
    let truth = inner.join("truth.json");
    let report = inner.join("report.json");
    let (truth, report) = (truth.to_str().unwrap(), report.to_str().unwrap());
    let (code, json, _) =
        locard(&["score", "--truth", truth, "--flags", report, "--case", "case-00001", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, json["recall"].as_f64(), json["wrong"].as_u64()), (Some(0), Some(1.0), Some(0)));
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else {
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn the_rate_changes_no_byte_and_the_seed_does() {
    let made = |args: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let args: Vec<&str> = ["--cases", "2", "--days", "1"].iter().chain(args).copied().collect();
        simulate(folder.path(), &args);
        files(folder.path())
    };
    let plain = made(&[]);
    assert!(plain.keys().any(|p| p.starts_with("case-00002")) && plain.contains_key(Path::new("cases.ndjson")));
    assert!(plain == made(&["--rate", "40000"]), "the rate shows");
    assert!(plain != made(&["--seed", "9"]), "the seed does not show");
    let without = made(&["--no-returned"]);
    assert_eq!(without.len(), 3);
    assert!(without.iter().all(|(path, bytes)| plain.get(path) == Some(bytes)));
}

#[test]
fn wrong_usage_and_unusable_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    for (args, code, word) in [
        (vec!["simulate", "--out", out, "--cases", "0"], 2, "cases is 0"),
        (vec!["simulate", "--out", out, "--records", "1"], 2, "records"),
        (vec!["simulate", "--out", out, "--rate", "0"], 2, "--rate 0"),
        (vec!["simulate", "--out", out, "--start", "yesterday"], 2, "2025-10-24T00:00:00Z"),
        (vec!["simulate", "--out", "/dev/null/x", "--days", "1", "--cases", "1"], 1, "/dev/null/x"),
        (vec!["score", "--truth", "/dev/null", "--flags", "/dev/null"], 1, "no truth"),
        (vec!["score", "--truth", "/dev/null", "--flags", "/dev/null", "--min-p-within", "2"], 2, "--min-p-within"),
    ] {
        let (got, _, err) = locard(&args);
        assert_eq!(got, Some(code), "{args:?}: {err}");
        assert!(err.contains(word), "{args:?}: {err}");
    }
}

#[test]
fn flags_that_are_none_and_cases_that_are_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), &["--cases", "1", "--days", "1", "--no-returned"]);
    let truth = folder.path().join("truth.json");
    let flags = folder.path().join("flags.ndjson");
    std::fs::write(&flags, "{\"device_id\":\"d\"}\n").unwrap();
    let (truth, flags) = (truth.to_str().unwrap(), flags.to_str().unwrap());
    let (code, _, err) = locard(&["score", "--truth", truth, "--flags", flags]);
    assert!(code == Some(1) && err.contains("--case"), "{err}");
    let (code, _, err) = locard(&["score", "--truth", truth, "--flags", flags, "--case", "case-9"]);
    assert!(code == Some(2) && err.contains("case-9"), "{err}");
}
