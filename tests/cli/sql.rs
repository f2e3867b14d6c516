//! `locard sql` as a person runs it: the binary, its output, its notes and its exit codes.

use std::path::Path;

use std::process::Command;

const SUSPECT: &str = "s=tests/fixtures/sql/suspect.csv";
const VICTIM: &str = "v=tests/fixtures/sql/victim semicolon [1].csv";
const NEAR: &str = "SELECT s.t0, v.who FROM s JOIN v
     ON distance_m(s.lat_deg, s.lon_deg, v.lat, v.lon) <= $radius_m
    AND s.t0 <= v.seen_at + $window AND s.t1 >= v.seen_at - $window ORDER BY s.t0";

struct Ran {
    code: i32,
    out: String,
    notes: String,
}

fn sql(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
    let output = command.arg("sql").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), notes: text(output.stderr) }
}

/// Runs a query that must succeed without a word on standard error.
fn csv(arguments: &[&str]) -> String {
    let ran = sql(&[arguments, &["--output", "csv"]].concat());
    assert_eq!((ran.code, ran.notes.as_str()), (0, ""), "{}", ran.out);
    ran.out
}

/// The suspect's fixes as Parquet, with their cells of resolution 9.
fn parquet(folder: &Path) -> String {
    let file = folder.join("suspect.parquet");
    let query = "SELECT *, h3_cell(lat_deg, lon_deg, 9) AS h3 FROM s";
    let ran = sql(&["-t", SUSPECT, "-c", query, "--output", "parquet", "--out", file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str(), ran.notes.as_str()), (0, "", ""));
    format!("s={}", file.display())
}

#[test]
fn csv_of_any_separator_joins_parquet_of_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let suspect = parquet(folder.path());
    let renamed = folder.path().join("no extension, [0-9] & spaces");
    std::fs::rename(suspect.strip_prefix("s=").unwrap(), &renamed).unwrap();
    let suspect = format!("s={}", renamed.display());
    let near = csv(&["-t", &suspect, "-t", VICTIM, "-p", "radius_m=100", "-p", "window=2 minutes", "-c", NEAR]);
    assert_eq!(near, "t0,who\n2025-06-01T12:05:00Z,victim\n");
    let wider = csv(&["-t", &suspect, "-t", VICTIM, "-p", "radius_m=100", "-p", "window=2 hours", "-c", NEAR]);
    assert_eq!(wider.lines().count(), 3, "{wider}");
}

#[test]
fn the_plan_shows_the_proximity_join_and_the_rows_are_those_without_it() {
    let parameters = ["-t", SUSPECT, "-t", VICTIM, "-p", "radius_m=100", "-p", "window=2 minutes"];
    let plan = sql(&[&parameters[..], &["-c", &format!("EXPLAIN {NEAR}")]].concat());
    assert_eq!((plan.code, plan.notes.as_str()), (0, ""));
    assert!(plan.out.contains("ProximityJoinExec"), "{}", plan.out);

    let off = format!("SET locard.proximity_join = false; {NEAR}");
    let plain = sql(&[&parameters[..], &["-c", &off, "--output", "csv"]].concat());
    assert!(plain.notes.contains("locard.proximity_join is false"), "{}", plain.notes);
    assert_eq!(plain.out, csv(&[&parameters[..], &["-c", NEAR]].concat()));
}

#[test]
fn a_join_by_distance_that_is_not_a_proximity_join_says_why() {
    let query = "SELECT count(*) AS n FROM s LEFT JOIN v ON distance_m(s.lat_deg, s.lon_deg, v.lat, v.lon) < 100";
    for (prefix, rows) in [("", "4"), ("EXPLAIN ", "NestedLoopJoinExec")] {
        let ran = sql(&["-t", SUSPECT, "-t", VICTIM, "-c", &format!("{prefix}{query}")]);
        assert_eq!(ran.code, 0);
        assert!(ran.notes.contains("Left join"), "{prefix}: {}", ran.notes);
        assert!(ran.out.contains(rows), "{}", ran.out);
    }
    let measured = sql(&["-t", SUSPECT, "-c", "SELECT max(distance_m(lat_deg, lon_deg, 51.5, -0.12)) FROM s"]);
    assert_eq!(measured.notes, "", "no join, nothing to say");
}

#[test]
fn a_stored_column_of_cells_can_be_filtered_and_joined_by() {
    let folder = tempfile::tempdir().unwrap();
    let suspect = parquet(folder.path());
    let at = "SELECT t0 FROM s WHERE h3 = h3_cell(51.51, -0.12, 9)";
    assert_eq!(csv(&["-t", &suspect, "-c", at]), "t0\n2025-06-01T12:05:00Z\n2025-06-01T13:10:00Z\n");
    let cover = "SELECT count(*) AS n FROM s JOIN
        (SELECT unnest(h3_cover(51.51, -0.12, 200)) AS cell, h3_resolution(h3_cover(51.51, -0.12, 200)[1]) AS r) c
        ON h3_cell(s.lat_deg, s.lon_deg, c.r) = c.cell";
    assert_eq!(csv(&["-t", &suspect, "-c", cover]), "n\n2\n");
}

#[test]
fn a_number_with_a_leading_zero_stays_what_it_is() {
    let found = csv(&["-t", VICTIM, "-p", "n=07700900123", "-c", "SELECT who, number FROM v WHERE number = $n"]);
    assert_eq!(found, "who,number\nvictim,07700900123\n");
}

#[test]
fn fixes_reads_what_is_no_table_and_tells_what_was_not_used() {
    let query = "SELECT count(*) AS n, count(DISTINCT device_id) AS devices FROM fixes($file)";
    let file = "file=tests/fixtures/google_records/records.json";
    let ran = sql(&["-p", file, "-c", query, "--output", "csv"]);
    assert_eq!(ran.code, 0, "{}", ran.notes);
    assert!(ran.notes.starts_with("locard: records.json: ") && ran.notes.contains("not used"), "{}", ran.notes);
    let table = sql(&[
        "-t",
        "r=tests/fixtures/google_records/records.json",
        "-c",
        &query.replace("fixes($file)", "r"),
        "--output",
        "csv",
    ]);
    assert_eq!(table.out, ran.out, "as a table it is the same");

    let zoned = "SELECT count(*) AS n FROM fixes('tests/fixtures/csv/canonical.csv')";
    let (without, with) =
        (sql(&["-c", zoned, "--output", "csv"]), sql(&["-c", zoned, "--output", "csv", "--zone", "Europe/London"]));
    assert!(without.notes.contains("time zone unknown") && !with.notes.contains("time zone unknown"));
    assert_ne!(without.out, with.out);
}

#[test]
fn a_table_read_by_a_profile_alone_says_so() {
    let ran = sql(&["-t", "p=tests/fixtures/csv/geolife-plt.plt", "-c", "SELECT count(lat_deg) > 0 AS some FROM p"]);
    assert_eq!(ran.code, 0, "{}", ran.notes);
    assert!(ran.notes.contains("geolife-plt.plt") && ran.notes.contains("fixes()"), "{}", ran.notes);
    assert!(ran.out.contains("true"), "{}", ran.out);
}

#[test]
fn json_lines_of_any_kind_are_a_table_and_json_comes_out() {
    let query = "SELECT n.ref, n.place['lat'] AS lat, n.late FROM n ORDER BY n.ref";
    let ran = sql(&["-t", "n=tests/fixtures/sql/notes.ndjson", "-c", query, "--output", "json"]);
    assert_eq!((ran.code, ran.notes.as_str()), (0, ""));
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let expected = serde_json::json!([
        {"ref": "N-1", "lat": 51.51, "late": null}, {"ref": "N-2", "lat": 51.6, "late": true}
    ]);
    assert_eq!(rows, expected);
}

#[test]
fn arrow_files_and_streams_are_tables() {
    for file in ["naive_times.arrow", "as_text.arrows"] {
        let table = format!("a=tests/fixtures/arrow/{file}");
        let rows = csv(&["-t", &table, "-c", "SELECT count(*) > 0 AS some FROM a"]);
        assert_eq!(rows, "some\ntrue\n", "{file}");
    }
}

#[test]
fn a_file_of_sql_may_hold_comments_settings_and_empty_statements() {
    let file = ["-t", SUSPECT, "-t", VICTIM, "-f", "tests/fixtures/sql/near.sql"];
    let near = csv(&[&file[..], &["-p", "radius_m=100", "-p", "window=2 minutes"]].concat());
    assert_eq!(near, "t0,who,apart_m\n2025-06-01T12:05:00Z,victim,11.1\n");
}

#[test]
fn wrong_usage_is_told_before_anything_is_read() {
    let one = ["-c", "SELECT $x"];
    let cases: [(&[&str], &str); 11] = [
        (&[], "--command"),
        (&["-c", "SELECT 1", "-f", "x.sql"], "cannot be used with"),
        (&["-t", "missing.parquet", "-c", "SELECT 1"], "NAME=FILE"),
        (&["-t", "a=missing.csv", "-t", "A=missing.csv", "-c", "SELECT 1"], "two tables"),
        (&["-t", "a=missing.csv", one[0], one[1]], "-p x=VALUE"),
        (&["-c", "SELECT 1", "-p", "x=1"], "$x"),
        (&["-c", "SELECT $x", "-p", "x:int=1.5"], "whole number"),
        (&["-c", "SELECT 1", "--output", "parquet"], "--out"),
        (&["-c", "SELECT 1; SELECT 2", "--output", "json"], "several statements"),
        (&["-c", " -- nothing"], "no statement"),
        (&["-c", "SELECT 1", "--memory-mib", "1"], "memory-mib"),
    ];
    for (arguments, says) in cases {
        let ran = sql(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.notes);
        assert!(ran.notes.contains(says), "{arguments:?}: {}", ran.notes);
    }
}

#[test]
fn what_cannot_be_run_is_told_with_exit_code_1_and_without_a_backtrace() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.csv");
    std::fs::write(&empty, "").unwrap();
    let empty = format!("e={}", empty.display());
    let cases: [(&[&str], &str); 9] = [
        (&["-t", SUSPECT, "-c", "SELECT * FROM suspects"], "suspects"),
        (&["-t", SUSPECT, "-c", "SELECT latitude FROM s"], "latitude"),
        (&["-c", "SELEC 1"], "SELEC"),
        (&["-t", &empty, "-c", "SELECT * FROM e"], "empty.csv: it is empty"),
        (&["-t", "m=missing.csv", "-c", "SELECT 1"], "missing.csv"),
        (&["-t", "d=tests", "-c", "SELECT 1"], "not a plain file"),
        (&["-t", "b=tests/fixtures/csv/canonical.csv", "-c", "SELECT 1"], "fixes('tests/fixtures/csv/canonical.csv')"),
        (&["-c", "SELECT * FROM fixes('missing.gpx')"], "missing.gpx"),
        (&["-f", "missing.sql"], "missing.sql"),
    ];
    for (arguments, says) in cases {
        let ran = sql(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{arguments:?}: {}", ran.notes);
        assert!(ran.notes.contains(says) && !ran.notes.to_lowercase().contains("backtrace"), "{}", ran.notes);
    }
}

#[test]
fn nothing_is_written_but_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x.csv");
    let copy = format!("COPY (SELECT 1) TO '{}'", target.display());
    for query in [copy.as_str(), &format!("EXPLAIN ANALYZE {copy}"), "CREATE TABLE x AS SELECT 1", "DROP TABLE s"] {
        let ran = sql(&["-t", SUSPECT, "-c", query]);
        assert_eq!(ran.code, 1, "{query}");
        assert!(ran.notes.contains("reads and changes nothing"), "{query}: {}", ran.notes);
    }
    let failing = "SELECT 1 / (device_id = 'x')::int FROM s";
    let ran = sql(&["-t", SUSPECT, "-c", failing, "--output", "csv", "--out", target.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a failing query leaves no file");
}

#[test]
fn a_result_may_replace_the_file_it_was_read_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.csv");
    std::fs::copy("tests/fixtures/sql/suspect.csv", &file).unwrap();
    let (path, table) = (file.to_str().unwrap(), format!("s={}", file.display()));
    csv(&["-t", &table, "-c", "SELECT * FROM s WHERE lat_deg > 51.515", "--out", path]);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
}

#[test]
fn several_results_are_shown_one_after_the_other() {
    let ran = sql(&["-t", SUSPECT, "-c", "SELECT count(*) AS first FROM s; SELECT 'x' AS second WHERE false"]);
    assert_eq!(ran.code, 0);
    let (first, second) = ran.out.split_once("1 row\n").unwrap();
    assert!(first.contains("first") && second.contains("second") && second.ends_with("0 rows\n"), "{}", ran.out);
}

#[test]
fn the_knobs_change_nothing_in_a_result() {
    let arguments = ["-t", SUSPECT, "-t", VICTIM, "-p", "radius_m=5000", "-p", "window=1 day", "-c", NEAR];
    let small = ["--threads", "3", "--batch-size", "1", "--memory-mib", "64"];
    assert_eq!(csv(&arguments), csv(&[&arguments[..], &small].concat()));
}

/// A reader that goes away in the middle is no fault.
#[test]
fn a_pipe_that_is_closed_ends_it_quietly() {
    use std::process::{Command as Process, Stdio};
    for form in ["csv", "json"] {
        let mut child = Process::new(env!("CARGO_BIN_EXE_locard"))
            .args(["sql", "-c", "SELECT * FROM generate_series(1, 3000000)", "--output", form])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""), "{form}");
    }
}
