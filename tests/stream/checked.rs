//! What the tables say after restarts is what `locard check` says of the same records as files.
//!
//! ```text
//!  feed ─┬─> of each case suspect.ndjson, victim.ndjson, its places ─> locard check ──────────┐
//!        └─> messages that name the file and row of each record ─> instances, one after another ─┴─> equal
//! ```
//! A record's file and row are part of its identifier, so the messages carry them, as those of `locard import` do.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use locard::decode::message::case_event_to_json;
use locard::model::{CaseState, StatedTarget};
use locard::simulate::feed::{FeedBody, FeedFix, FeedItem, Stamp};
use locard::source::kafka::{Output, OutputTopic, Record};
use locard::store::Store;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::broker::{PATIENCE, broker};
use super::harness::{feed, open, options, run_until, runtime, stored};
use super::kill::story_params;

/// Whose files a record goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Suspect,
    Victim,
}

/// A record by its file and row: `<sha256> 17`; a place by its name.
type Named = String;

/// What is said of a case.
#[derive(Debug, Default, PartialEq)]
struct Said {
    encounters: BTreeSet<String>,
    /// Suspect's record, target, distance, grade, probability.
    pairs: BTreeSet<String>,
}

/// A case as files.
struct Files {
    lines: BTreeMap<Whose, Vec<String>>,
    /// Name, latitude, longitude, radius, as `--place` takes them.
    places: Vec<String>,
    /// By the identifier in its statement.
    place_names: BTreeMap<String, String>,
    /// File and row of each record, by its JSON.
    rows: BTreeMap<String, (Whose, usize)>,
}

impl Files {
    /// `None` if a check cannot be told of the case: a device that is both or neither, a target that is no place.
    fn of(items: &[&FeedItem]) -> Option<Self> {
        let mut state = CaseState::default();
        for item in items {
            if let FeedBody::Event(event) = &item.body {
                state.apply(event);
            }
        }
        let mut files =
            Self { lines: BTreeMap::new(), places: Vec::new(), place_names: BTreeMap::new(), rows: BTreeMap::new() };
        for (id, target, _) in state.targets() {
            let StatedTarget::Place(p) = target else { return None };
            files.places.push(format!("{}={},{},{}", p.name, p.lat_deg, p.lon_deg, p.radius_m));
            files.place_names.insert(id.to_owned(), p.name.clone());
        }
        for item in items {
            let FeedBody::Fix(fix) = &item.body else { continue };
            let claims = state.role_of(&fix.device_id, fix.t_us, fix.t_us);
            let whose = match (claims.suspect(), claims.victim()) {
                (true, false) => Whose::Suspect,
                (false, true) => Whose::Victim,
                _ => return None,
            };
            let line = json(item, fix);
            let lines = files.lines.entry(whose).or_default();
            if let Entry::Vacant(new) = files.rows.entry(line) {
                lines.push(new.key().clone());
                new.insert((whose, lines.len()));
            }
        }
        Some(files)
    }

    fn sha256(&self, whose: Whose) -> String {
        Sha256::digest(self.text(whose).as_bytes()).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }

    fn text(&self, whose: Whose) -> String {
        self.lines[&whose].join("\n") + "\n"
    }

    /// What `locard check` says of them.
    fn checked(&self, folder: &Path) -> Value {
        let file = |whose: Whose| {
            let path = folder.join(format!("{whose:?}.ndjson"));
            std::fs::write(&path, self.text(whose)).unwrap();
            path
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
        command.args(["check", "--output", "json", "--suspect"]).arg(file(Whose::Suspect));
        command.arg("--victim").arg(file(Whose::Victim));
        command.args(self.places.iter().flat_map(|place| ["--place", place]));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn json(item: &FeedItem, fix: &FeedFix) -> String {
    let mut line = Vec::new();
    fix.append_json(&item.case_id, &mut Stamp::default(), &mut line);
    String::from_utf8(line).unwrap()
}

/// The cases that a check can be told of, and how many it cannot.
fn cases(items: &[FeedItem]) -> (BTreeMap<String, Files>, usize) {
    let mut by_case: BTreeMap<String, Vec<&FeedItem>> = BTreeMap::new();
    for item in items {
        by_case.entry(item.case_id.to_string()).or_default().push(item);
    }
    let all = by_case.len();
    let told: BTreeMap<_, _> =
        by_case.into_iter().filter_map(|(case, items)| Some((case, Files::of(&items)?))).collect();
    let untold = all - told.len();
    (told, untold)
}

/// Sends the feed, each record with its file and row.
fn send(output: &Output, items: &[FeedItem], cases: &BTreeMap<String, Files>) {
    let hashes: BTreeMap<_, _> = cases
        .iter()
        .flat_map(|(case, files)| files.lines.keys().map(move |whose| ((case.as_str(), *whose), files.sha256(*whose))))
        .collect();
    for item in items {
        let (topic, payload) = match &item.body {
            FeedBody::Event(event) => (OutputTopic::Cases, case_event_to_json(event)),
            FeedBody::Fix(fix) => {
                let line = json(item, fix);
                let (whose, row) = cases[&*item.case_id].rows[&line];
                let sha256 = &hashes[&(&*item.case_id, whose)];
                let open = line.strip_suffix('}').unwrap();
                (OutputTopic::Fixes, format!(r#"{open},"exhibit":"{sha256}","row":{row},"file":"{whose:?}.ndjson"}}"#))
            }
        };
        let record = Record {
            topic,
            case_id: Some(&item.case_id),
            id: None,
            content_type: "application/json",
            headers: &[],
            payload: Some(payload.as_bytes()),
            ticket: 0,
        };
        output.send_waiting(&record, PATIENCE).unwrap();
    }
    assert_eq!(output.flush(PATIENCE).unwrap().failed, []);
}

fn of_report(report: &Value) -> Said {
    let named = |r: &Value| match r["exhibit"].as_str() {
        Some(exhibit) => format!("{exhibit} {}", r["row"]),
        None => r["name"].as_str().unwrap().to_owned(),
    };
    let mut said = Said::default();
    for e in report["encounters"].as_array().unwrap() {
        let text = |key: &str| e[key].as_str().unwrap();
        said.encounters.insert(format!(
            "{} {} {} {} {} {} {} {:?} {:?} {:?} {:?} {:?} {} {} {}",
            text("id"),
            text("device"),
            text("target_kind"),
            text("target"),
            e["enter"]["us"],
            e["exit"]["us"],
            text("grade"),
            e["min_distance_m"].as_f64().unwrap(),
            e["p_within_max"].as_f64().unwrap(),
            e["p_within_mean"].as_f64().unwrap(),
            e["closest_approach_m"].as_f64(),
            e["closest_approach_at"]["us"].as_i64(),
            e["suspect_fixes"],
            e["target_fixes"],
            e["single_fix"],
        ));
        for r in e["rows"].as_array().unwrap() {
            let (suspect, target) = (named(&r["suspect"]), named(&r["target"]));
            let (distance_m, p) = (r["distance_m"].as_f64().unwrap(), r["p_within"].as_f64().unwrap());
            said.pairs.insert(pair(&suspect, &target, distance_m, r["grade"].as_str().unwrap(), p));
        }
    }
    said
}

fn pair(suspect: &str, target: &str, distance_m: f64, grade: &str, p_within: f64) -> String {
    format!("{suspect} | {target} | {distance_m:?} {grade} {p_within:?}")
}

/// The columns of a batch, for the rows that hold.
struct Rows<'a>(&'a RecordBatch);

impl Rows<'_> {
    fn current(&self) -> impl Iterator<Item = usize> {
        (0..self.0.num_rows()).filter(|row| self.text("status", *row) == "current")
    }

    fn text(&self, column: &str, row: usize) -> &str {
        self.0[column].as_string::<i32>().value(row)
    }

    fn whole(&self, column: &str, row: usize) -> i64 {
        self.0[column].as_primitive::<Int64Type>().value(row)
    }

    fn us(&self, column: &str, row: usize) -> Option<i64> {
        let times = self.0[column].as_primitive::<TimestampMicrosecondType>();
        times.is_valid(row).then(|| times.value(row))
    }

    fn real(&self, column: &str, row: usize) -> Option<f64> {
        let numbers = self.0[column].as_primitive::<Float64Type>();
        numbers.is_valid(row).then(|| numbers.value(row))
    }
}

/// File and row of every record of a case, by its identifier.
async fn named_fixes(store: &Store, case: &str) -> BTreeMap<i64, Named> {
    let mut named = BTreeMap::new();
    for batch in &store.fixes_of(case).await.unwrap() {
        let rows = Rows(batch);
        named.extend((0..batch.num_rows()).map(|row| {
            (rows.whole("fix_id", row), format!("{} {}", rows.text("exhibit", row), rows.whole("row", row)))
        }));
    }
    named
}

async fn of_tables(store: &Store, case: &str, files: &Files) -> Said {
    let mut said = Said::default();
    let batch = store.current_encounters(case).await.unwrap();
    let e = Rows(&batch);
    for row in e.current() {
        let text = |column| e.text(column, row);
        said.encounters.insert(format!(
            "{} {} {} {} {} {} {} {:?} {:?} {:?} {:?} {:?} {} {} {}",
            text("content_id"),
            text("device_id"),
            text("target_kind"),
            text("target"),
            e.us("enter", row).unwrap(),
            e.us("exit", row).unwrap(),
            text("grade"),
            e.real("min_distance_m", row).unwrap(),
            e.real("p_within_max", row).unwrap(),
            e.real("p_within_mean", row).unwrap(),
            e.real("closest_approach_m", row),
            e.us("closest_approach_at", row),
            e.whole("suspect_fixes", row),
            e.whole("target_fixes", row),
            batch["single_fix"].as_boolean().value(row),
        ));
    }
    let fixes = named_fixes(store, case).await;
    assert_eq!(fixes.len(), files.rows.len(), "{case}: each record once");
    let batch = store.current_proximities(case).await.unwrap();
    let p = Rows(&batch);
    for row in p.current() {
        let target_id = p.text("target_id", row);
        let target = match p.text("target_kind", row) {
            "place" => &files.place_names[target_id],
            _ => &fixes[&u64::from_str_radix(target_id, 16).unwrap().cast_signed()],
        };
        let (distance_m, p_within) = (p.real("distance_m", row).unwrap(), p.real("p_within", row).unwrap());
        let suspect = &fixes[&p.whole("fix_id", row)];
        said.pairs.insert(pair(suspect, target, distance_m, p.text("grade", row), p_within));
    }
    said
}

#[test]
fn restarted_again_and_again_it_says_what_a_check_of_the_files_says() {
    let items = feed(&story_params());
    let (cases, untold) = cases(&items);
    assert_eq!(untold, 0, "cases that a check cannot be told of are not compared: say so where this is reported");
    let broker = broker("checked", 8);
    send(&broker.output(), &items, &cases);
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = i64::try_from(items.len()).unwrap();
    runtime().block_on(async {
        for round in 1..4 {
            run_until(options(broker.config.clone(), data.path()), all * round / 4, Duration::from_mins(1)).await;
        }
        run_until(options(broker.config.clone(), data.path()), all, Duration::from_mins(4)).await;
        let store = open(data.path()).await;
        assert_eq!(stored(&store).await, all);
        let (mut encounters, mut pairs) = (0, 0);
        for (case, files) in &cases {
            let expected = of_report(&files.checked(folder.path()));
            let found = of_tables(&store, case, files).await;
            let odd = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).next().cloned();
            let lacks = (odd(&expected.encounters, &found.encounters), odd(&expected.pairs, &found.pairs));
            let exceeds = (odd(&found.encounters, &expected.encounters), odd(&found.pairs, &expected.pairs));
            assert!(found == expected, "{case}: the tables lack {lacks:?}, and exceed by {exceeds:?}");
            encounters += expected.encounters.len();
            pairs += expected.pairs.len();
        }
        println!("checked: {} cases, {encounters} encounters and {pairs} pairs are those of a check", cases.len());
        assert!(pairs > 100 && encounters > 5, "a feed worth reading");
    });
}
