//! What is not answered by a cluster, and how that is told.

use super::made_up::world;
use super::processes::{Cluster, locard, told};

/// The exit code and what is told on standard error.
fn refused(words: &[&str]) -> (i32, String) {
    let ended = locard(words).output().unwrap();
    (ended.status.code().unwrap(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn a_scheduler_that_is_not_there_and_an_address_that_is_none_are_told() {
    let world = world(2, 20);
    let data = world.folder().to_str().unwrap();
    let (code, says) = refused(&["sql", "--data", data, "-c", "SELECT * FROM fixes", "--cluster", "df://127.0.0.1:9"]);
    assert!(code == 1 && says.contains("scheduler at df://127.0.0.1:9 cannot be reached"), "{code} {says}");
    let (code, says) =
        refused(&["query", "gaps", "-p", "case=C", "-p", "device=d", "--data", data, "--cluster", "x:1"]);
    assert!(code == 2 && says.contains("df://host:port"), "{code} {says}");
}

#[test]
fn what_cannot_be_carried_is_named_and_what_reads_no_files_stays_here() {
    let world = world(2, 20);
    let data = world.folder().to_str().unwrap();
    // Nobody is there: what is answered is answered here.
    let nobody = ["--data", data, "--output", "csv", "--cluster", "df://127.0.0.1:9"];
    let ask = |sql: &'static str| ["sql", "-c", sql].into_iter().chain(nobody).collect::<Vec<_>>();
    assert_eq!(told(&ask("SELECT 1 + 1 AS two")), "two\n2\n");
    assert!(told(&ask("EXPLAIN SELECT * FROM fixes")).contains("DataSourceExec"));
    let endless = "WITH RECURSIVE r AS (SELECT min(fix_id) AS n FROM fixes UNION ALL SELECT n + 1 FROM r WHERE n < 9)
                   SELECT * FROM r";
    let (code, says) = refused(&ask(endless));
    assert!(code == 1 && says.contains("the operator RecursiveQueryExec cannot be carried"), "{code} {says}");
    assert!(!says.contains("case_id="), "no file is named: {says}");
}

#[test]
fn an_error_of_a_question_comes_back_and_names_no_file() {
    let (world, cluster) = (world(2, 20), Cluster::of(1));
    let data = world.folder().to_str().unwrap();
    let fails = "SELECT sum(1 / (fix_id - fix_id)) FROM fixes";
    let (code, says) = refused(&["sql", "--data", data, "-c", fails, "--cluster", &cluster.address]);
    assert!(code == 1 && says.contains("DivideByZero"), "{code} {says}");
    for entry in walk(world.folder()) {
        if entry.extension().is_some_and(|e| e == "parquet") && entry.to_string_lossy().contains("/fixes/") {
            std::fs::remove_file(entry).unwrap();
        }
    }
    let lost = ["query", "gaps", "-p", "case=C 1", "-p", "device=device-01", "--data", data];
    let (code, says) = refused(&lost.into_iter().chain(["--cluster", &cluster.address]).collect::<Vec<_>>());
    assert!(code == 1 && says.contains("the table fixes cannot be read now"), "{code} {says}");
    assert!(!says.contains("part-") && !says.contains("case_id="), "no file is named: {says}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
