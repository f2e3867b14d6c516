//! docs/sql.md against the program: every function stands in it, and every example runs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use locard::join::{SessionOptions, session};

const DOCS: &str = include_str!("../docs/sql.md");

/// The function's name and the example of each line of the table of functions.
fn documented() -> Vec<(&'static str, &'static str)> {
    let (_, table) = DOCS.split_once("\n## Functions\n").unwrap();
    let lines = table.lines().filter(|line| line.starts_with("| `"));
    let parts = lines.map(|line| {
        let (call, rest) = line.trim_start_matches("| `").split_once("` | ").unwrap();
        let (_, example) = rest.trim_end_matches("` |").rsplit_once(" | `").unwrap();
        (call.split_once('(').unwrap().0, example)
    });
    parts.collect()
}

#[test]
fn every_function_is_documented_once_and_no_other() {
    let mut registered: Vec<String> = locard::index::functions::all().iter().map(|f| f.name().to_owned()).collect();
    let mut documented: Vec<&str> = documented().into_iter().map(|(name, _)| name).collect();
    registered.sort_unstable();
    documented.sort_unstable();
    assert_eq!(documented, registered);
}

#[tokio::test]
async fn every_example_runs_calls_its_function_and_gives_a_value() {
    let context = session(&SessionOptions::default()).unwrap();
    for (name, example) in documented() {
        assert!(example.contains(&format!("{name}(")), "{name}: {example}");
        let batches = context.sql(example).await.unwrap().collect().await.unwrap();
        let values: usize = batches.iter().map(|b| b.num_rows() - b.column(0).logical_null_count()).sum();
        assert!(values > 0, "{example} gives NULL or nothing");
    }
}
