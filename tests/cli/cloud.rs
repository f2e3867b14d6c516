//! Tables in an object store hold what those in a folder hold, also when two write at once.
//!
//! `tests/cloud/run.sh` starts a server that speaks as Amazon S3 does and names a bucket of it in
//! `LOCARD_TEST_OBJECT_STORE`; without one there is nothing to test, which is said.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::import::run::walk;

/// A bucket of the server, and a name in it that no other test and no other run uses.
fn bucket(test: &str) -> Option<String> {
    let bucket = std::env::var("LOCARD_TEST_OBJECT_STORE").ok().filter(|bucket| !bucket.is_empty());
    if bucket.is_none() {
        println!("{test}: skipped, for there is no object store: tests/cloud/run.sh");
    }
    bucket.map(|bucket| format!("{bucket}/{test}-{}", std::process::id()))
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, device, lat) in [("s.csv", "S", 51.5), ("v.csv", "V", 51.5005), ("far.csv", "F", 55.0)] {
            std::fs::write(folder.path().join(name), walk(device, 400, lat)).unwrap();
        }
        Self(folder)
    }

    fn import(&self, data: &str, case: &str, subject: &str, file: &str) -> Child {
        let file = self.0.path().join(file);
        let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
        command.args(["import", "--data", data, "--case", case, "--subject", subject]).arg(file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
    }

    fn imported(&self, data: &str, case: &str, subject: &str, file: &str) {
        assert!(self.import(data, case, subject, file).wait().unwrap().success(), "{data} {case} {file}");
    }
}

fn rows(data: &str, sql: &str) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
    let output = command.args(["sql", "--data", data, "-c", sql, "--output", "json"]).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Everything but when it was stored and recorded.
const ASKED: [&str; 5] = [
    "SELECT case_id, fix_id, device_id, t0, t1, lat_deg, lon_deg, uncertainty_m, exhibit, \"row\" FROM fixes ORDER BY 1, 2, 3",
    "SELECT case_id, proximity_id, fix_id, distance_m, grade, p_within FROM current_proximity ORDER BY 1, 2",
    "SELECT case_id, content_id, device_id, grade FROM current_encounters ORDER BY 1, 2",
    "SELECT case_id, sha256 FROM exhibits ORDER BY 1, 2",
    "SELECT case_id, kind, count(*) AS n FROM case_events GROUP BY 1, 2 ORDER BY 1, 2",
];

#[test]
fn tables_in_an_object_store_are_those_of_a_folder() {
    let Some(bucket) = bucket("equal") else { return };
    let (files, folder) = (Files::new(), tempfile::tempdir().unwrap());
    let folder = folder.path().join("data").to_str().unwrap().to_owned();
    for data in [&folder, &bucket] {
        files.imported(data, "C", "suspect", "s.csv");
        files.imported(data, "C", "victim", "v.csv");
        // Given again it adds nothing: the exhibit is there.
        files.imported(data, "C", "suspect", "s.csv");
    }
    for sql in ASKED {
        let (there, here) = (rows(&bucket, sql), rows(&folder, sql));
        assert!(!here.is_empty() && there == here, "{sql}: {} and {} rows", there.len(), here.len());
    }
}

/// The log's next version can be put once: who comes second writes the one after it.
#[test]
fn of_two_who_write_at_once_neither_loses_a_row() {
    let Some(bucket) = bucket("at-once") else { return };
    let files = Files::new();
    files.imported(&bucket, "before", "suspect", "far.csv");
    let cases = ["A", "B", "D", "E"];
    let all: Vec<Child> = cases.iter().map(|case| files.import(&bucket, case, "suspect", "s.csv")).collect();
    for mut child in all {
        assert!(child.wait().unwrap().success());
    }
    let counted =
        rows(&bucket, "SELECT case_id, count(*) AS n, count(DISTINCT fix_id) AS ids FROM fixes GROUP BY 1 ORDER BY 1");
    let found: Vec<_> =
        counted.iter().map(|r| (r["case_id"].as_str().unwrap(), r["n"].as_i64(), r["ids"].as_i64())).collect();
    let expected: Vec<_> = cases.into_iter().chain(["before"]).map(|case| (case, Some(400), Some(400))).collect();
    assert_eq!(found, expected);
}
