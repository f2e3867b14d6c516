//! Asking as a person does.

use clap::Parser;
use locard::cli::query::{QueryArgs, run};
use locard::cli::sql::SqlError;
use locard::query::questions;
use locard::store::Table;
use serde_json::Value;

use super::world::World;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    query: QueryArgs,
}

pub const HOME: (f64, f64) = (51.5, -0.1);
/// 5.5 km from home.
pub const FAR: (f64, f64) = (51.55, -0.1);

/// A store with these rows, each list a commit.
pub fn world(commits: Vec<(Table, Vec<Value>)>) -> World {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (table, rows) in commits {
        runtime.block_on(world.write(table, &rows));
    }
    world
}

/// What `locard query` prints as CSV, without the heading.
pub fn ask(world: &World, name: &str, parameters: &[&str]) -> Vec<String> {
    let text = asked(&[name, "--output", "csv", "--data", world.folder().to_str().unwrap()], parameters).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

fn asked(words: &[&str], parameters: &[&str]) -> Result<String, SqlError> {
    let given = parameters.iter().flat_map(|p| ["-p", p]);
    let words = ["query"].into_iter().chain(words.iter().copied()).chain(given);
    let mut out = Vec::new();
    run(&Cli::parse_from(words).query, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn all_questions_are_listed_and_each_says_what_it_takes_and_what_it_cannot_say() {
    let list = asked(&[], &[]).unwrap();
    assert!(questions().len() >= 15);
    for q in questions() {
        assert!(list.lines().any(|l| l.starts_with(&q.name) && l.ends_with(&q.title)), "{}", q.name);
        let about = asked(&[&q.name, "--about"], &[]).unwrap();
        assert!(about.contains(&q.caveat) && q.parameters.iter().all(|p| about.contains(&p.meaning)), "{about}");
    }
}

#[test]
fn what_is_missing_unknown_or_of_another_type_is_wrong_usage() {
    for (words, parameters, says) in [
        (&["nothing"][..], &[][..], "locard query lists them"),
        (&["gaps"], &["case=C"], "-p device=VALUE"),
        (&["encounters"], &["case=C", "radius=5"], "it has case, least_p"),
        (&["encounters"], &["case=C", "case=D"], "given twice"),
        (&["encounters"], &["case=C", "least_p=many"], "not a number"),
        (&["encounters", "--output", "parquet"], &["case=C"], "--out"),
    ] {
        let error = asked(words, parameters).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(says), "{error}");
    }
    let nowhere = asked(&["encounters", "--data", "/nowhere/at/all"], &["case=C"]).unwrap_err();
    assert!(!nowhere.is_usage() && nowhere.to_string().contains("no store"), "{nowhere}");
}

#[test]
fn a_value_is_never_read_as_sql() {
    let world = world(vec![(Table::Encounters, vec![super::world::encounter("C", "car", "e", (0, 1), 1.0)])]);
    assert!(ask(&world, "encounters", &["case=x' OR 'a' = 'a"]).is_empty());
    assert_eq!(ask(&world, "encounters", &["case=C"]).len(), 1);
}
