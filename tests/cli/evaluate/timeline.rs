//! Reports, allegations, encounters, visits and custody on one axis: rows, text and drawing, from files and from a store.

use locard::model::{CaseChange, CustodyChange, CustodyStep};
use locard::time::parse_utc;
use serde_json::Value;

use super::said::say;
use super::{FILES, fill, from_files, json, locard, words};

fn lanes(evaluation: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    evaluation["timeline"].as_array().unwrap().iter().map(|row| (text(row, "lane"), text(row, "kind"))).collect()
}

#[test]
fn a_drawing_is_written_and_named_and_holds_what_the_rows_hold() {
    let folder = tempfile::tempdir().unwrap();
    let mut line = from_files(folder.path());
    line.extend(words(&["--report", "2025-10-27T09:00:00Z", "--custody", "started=2025-10-28T07:30:00Z"]));
    let bare = json(folder.path(), &line);
    assert_eq!(bare["plots"], Value::Array(vec![]));
    line.extend(words(&["--plots", "figures"]));
    let evaluation = json(folder.path(), &line);
    assert_eq!((&evaluation["timeline"], &evaluation["findings"]), (&bare["timeline"], &bare["findings"]));
    let rows = lanes(&evaluation);
    for lane in ["report", "allegation", "encounter", "visit", "custody"] {
        assert!(rows.iter().any(|(of, _)| of == lane), "{lane}: {rows:?}");
    }
    let starts: Vec<i64> =
        evaluation["timeline"].as_array().unwrap().iter().map(|row| row["from"]["us"].as_i64().unwrap()).collect();
    assert!(starts.is_sorted());
    let svg = std::fs::read_to_string(folder.path().join("figures/timeline.svg")).unwrap();
    let marks = svg.matches("<circle").count() + svg.matches("<rect").count();
    assert_eq!(marks, rows.len() + 1, "one mark each, and the ground");
    let (code, text, err) = locard(folder.path(), &line);
    assert_eq!(code, Some(0), "{err}");
    assert!(text.contains("drawn in figures/timeline.svg") && text.contains("custody started"), "{text}");
    let (code, _, err) = locard(folder.path(), &[&line[..], &words(&["--plots", "figures/timeline.svg/x"])].concat());
    assert_ne!(code, Some(0), "{err}");
}

#[test]
fn a_stored_case_brings_its_detentions_and_when_allegations_were_recorded() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), &FILES);
    let step = |step: CustodyStep| {
        let (custody_id, subject_id) = ("D1".to_owned(), "suspect".to_owned());
        CaseChange::Custody(CustodyChange { custody_id, subject_id, step })
    };
    let at_us = parse_utc("2025-10-28T07:30:00Z").unwrap();
    let started = CustodyStep::Started { relevant_us: at_us, authorised_us: None, indictable: true };
    let reviewed = CustodyStep::Reviewed { at_us: at_us + 6 * 3_600_000_000 };
    let store = words(&["evaluate", "--case", "C", "--data", "store"]);
    let before = json(folder.path(), &store);
    say(&folder.path().join("store"), "C", 1, vec![step(started), step(reviewed)]);
    let evaluation = json(folder.path(), &store);
    assert_eq!(evaluation["findings"], before["findings"], "custody changes no finding");
    let rows = lanes(&evaluation);
    let custody: Vec<&str> = rows.iter().filter(|(lane, _)| lane == "custody").map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(custody, ["custody_started", "custody_reviewed"]);
    let recorded = rows.iter().filter(|(lane, kind)| lane == "report" && kind == "allegation_recorded").count();
    assert_eq!(recorded, evaluation["targets"]["incidents"].as_array().unwrap().len());
    assert!(recorded > 0);
}
