//! `locard evaluate` on the made-up case of the demo: the truth of its incidents, and the same findings from files, from a
//! store that was filled in one order, and from one that was filled in another.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use locard::cli::demo::prepare;
use locard::evaluate::words::refused;
use locard::simulate::DEMO_SEED;
use serde_json::Value;

mod authority;
mod cells;
mod following;
mod said;
mod timeline;

/// What the demo's case is made of, as `fill` names it.
const FILES: [&str; 6] =
    ["suspect_records.json", "suspect_calls.csv", "suspect_anpr.csv", "victim.csv", "incidents.csv", "places"];

/// Exit code, standard output and standard error of `locard` with these arguments, in a folder.
fn locard(folder: &Path, args: &[OsString]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
    let output = command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn words(line: &[&str]) -> Vec<OsString> {
    line.iter().map(OsString::from).collect()
}

/// The arguments that evaluate the demo's files.
fn from_files(folder: &Path) -> Vec<OsString> {
    let mut arguments = prepare(folder, DEMO_SEED).unwrap().arguments;
    arguments[0] = "evaluate".into();
    arguments
}

fn json(folder: &Path, arguments: &[OsString]) -> Value {
    let (code, out, err) = locard(folder, &[arguments, &words(&["--output", "json"])].concat());
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).unwrap()
}

fn findings<'a>(evaluation: &'a Value, topic: &str) -> Vec<&'a Value> {
    evaluation["findings"].as_array().unwrap().iter().filter(|f| f["topic"] == topic).collect()
}

/// The answers about an incident, one for each device.
fn answers<'a>(evaluation: &'a Value, reference: &str) -> Vec<&'a str> {
    let about = |f: &&Value| f["about"] == reference;
    findings(evaluation, "incident").into_iter().filter(about).map(|f| f["answer"].as_str().unwrap()).collect()
}

#[test]
fn incidents_are_answered_as_the_truth_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let evaluation = json(folder.path(), &from_files(folder.path()));
    let there = answers(&evaluation, "MADEUP/0001/25");
    assert!(there.contains(&"places_device_there") && !there.contains(&"excludes"), "{there:?}");
    let elsewhere = answers(&evaluation, "MADEUP/0002/25");
    assert!(elsewhere.contains(&"excludes") && !elsewhere.contains(&"places_device_there"), "{elsewhere:?}");
}

#[test]
fn every_finding_carries_what_it_takes_to_check_it() {
    let folder = tempfile::tempdir().unwrap();
    let evaluation = json(folder.path(), &from_files(folder.path()));
    let all = evaluation["findings"].as_array().unwrap();
    let mut ids: Vec<&str> = all.iter().map(|f| f["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "two findings have one name");
    for f in all {
        for key in ["question", "answer", "says"] {
            assert!(!f[key].as_str().unwrap().is_empty(), "{key} of {f}");
        }
        assert!(!f["parameters"].as_array().unwrap().is_empty(), "parameters of {f}");
        // What was not answered has no other explanation, and claims nothing that would have a limit.
        let answered = f["answer"] != "refused" && f["answer"] != "no_data";
        for key in ["alternatives", "limits"].into_iter().filter(|_| answered) {
            assert!(!f[key].as_array().unwrap().is_empty(), "{key} of {f}");
        }
    }
}

#[test]
fn the_text_claims_nothing_and_fits_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text, err) = locard(folder.path(), &from_files(folder.path()));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(refused(&text), None);
    assert!(text.lines().all(|l| l.chars().count() <= 100));
    assert!(text.contains("MADEUP/0002/25") && text.contains("\nINCIDENTS\n"), "{text}");
}

/// Fills a store with the demo's files, in the order given, and evaluates its case.
fn stored(order: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), order);
    json(folder.path(), &words(&["evaluate", "--case", "C", "--data", "store"]))
}

/// Fills a store with the demo's files, in the order given.
fn fill(folder: &Path, order: &[&str]) {
    let demo = prepare(folder, DEMO_SEED).unwrap();
    let mut places = Vec::new();
    for p in &demo.case.places {
        places.extend(words(&["--place", &format!("{}={},{},{}", p.name, p.lat_deg, p.lon_deg, p.radius_m)]));
    }
    for what in order {
        let mut import = words(&["import", "--case", "C", "--data", "store"]);
        match *what {
            "places" => import.extend(places.clone()),
            file => {
                let subject = if file.starts_with("suspect") { "suspect" } else { "victim" };
                let subject = if file.starts_with("incidents") { "unknown" } else { subject };
                import.extend(words(&["--subject", subject, "--zone", "Europe/London", file]));
            }
        }
        let (code, _, err) = locard(folder, &import);
        assert_eq!(code, Some(0), "{what}: {err}");
    }
}

#[test]
fn files_and_a_store_filled_in_any_order_give_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    let of_files = json(folder.path(), &from_files(folder.path()));
    let mut backwards = FILES;
    backwards.reverse();
    for order in [FILES, backwards] {
        let of_store = stored(&order);
        assert_eq!(of_store["findings"], of_files["findings"], "{order:?}");
    }
}

#[test]
fn a_case_that_is_not_in_the_store_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = locard(folder.path(), &words(&["evaluate", "--case", "C", "--data", "nowhere"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("case C of nowhere"), "{err}");
}

#[test]
fn a_validation_is_the_same_each_time_and_lets_an_evaluation_state_what_it_covers() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let (code, out, err) =
            locard(folder.path(), &words(&["validate", "--cases", "9", "--days", "14", "--out", name]));
        assert_eq!(code, Some(0), "{err}");
        (std::fs::read(folder.path().join(name)).unwrap(), out)
    };
    let (one, other) = (made("one.toml"), made("other.toml"));
    assert_eq!(one, other);
    assert!(one.1.starts_with("source") && one.1.contains("\ngps "), "{}", one.1);
    let without = "no validation was supplied";
    let says = |arguments: &[OsString]| {
        let evaluation = json(folder.path(), arguments);
        let gps = findings(&evaluation, "strength").into_iter().filter(|f| f["question"].to_string().contains(" gps "));
        gps.map(|f| f["says"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let files = from_files(folder.path());
    let bare = says(&files);
    assert!(!bare.is_empty() && bare.iter().all(|s| s.contains(without)), "{bare:?}");
    let covered = says(&[&files[..], &words(&["--validation", "one.toml"])].concat());
    assert!(covered.iter().all(|s| !s.contains(without)), "{covered:?}");
    let (code, _, err) = locard(folder.path(), &words(&["validate", "--radius-m", "0", "--out", "x.toml"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("--radius-m 0"), "{err}");
}
