//! docs/sql.md against the program: the tables of functions are what the program says of itself, and every example runs.
//!
//! `LOCARD_BLESS=1 cargo test --test sql sql_docs` writes the tables into docs/sql.md instead.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{Documentation, ScalarUDF};
use datafusion::prelude::SessionContext;
use locard::index::functions::all;
use locard::join::{SessionOptions, session};

/// A part of the page that is written by the program.
const OURS: (&str, &str) = ("<!-- functions:begin -->\n", "<!-- functions:end -->");
const POSTGIS: (&str, &str) = ("<!-- postgis:begin -->\n", "<!-- postgis:end -->");

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sql.md")
}

fn page() -> String {
    std::fs::read_to_string(page_path()).unwrap()
}

fn between<'a>(page: &'a str, (begin, end): (&str, &str)) -> &'a str {
    page.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).unwrap().0
}

/// A text in a cell of a table: one line, and no column ends in it.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A type as PostgreSQL calls it.
fn sql_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Float64 => "double precision".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Utf8 => "text".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Interval(_) => "interval".to_owned(),
        DataType::List(item) => format!("{}[]", sql_type(item.data_type())),
        other => other.to_string(),
    }
}

fn row(function: &ScalarUDF, words: &Documentation) -> String {
    let result = sql_type(&function.return_type(&[]).unwrap());
    let arguments = words.arguments.iter().flatten().map(|(name, meaning)| format!("`{name}`: {meaning}"));
    let arguments = arguments.collect::<Vec<_>>().join("; ");
    let example = words.sql_example.as_deref().unwrap();
    let gives = cell(&words.description);
    format!("| `{}` | `{result}`: {gives} | {} | `{}` |\n", words.syntax_example, cell(&arguments), cell(example))
}

/// The tables of our functions, one for each section in its order.
fn ours() -> String {
    let mut page = String::new();
    let mut section = "";
    for function in all() {
        let words = function.documentation().unwrap();
        if words.doc_section.label != section {
            section = words.doc_section.label;
            let heading = "| function | gives | arguments | example |\n| --- | --- | --- | --- |\n";
            write!(page, "\n### {section}\n\n{heading}").unwrap();
        }
        page.push_str(&row(&function, words));
    }
    page.push('\n');
    page
}

/// The names of a session's functions.
fn names(context: &SessionContext) -> BTreeSet<String> {
    let state = context.state();
    state.scalar_functions().keys().chain(state.aggregate_functions().keys()).cloned().collect()
}

/// What our session has and DataFusion's and this stage have not.
fn postgis_names(context: &SessionContext) -> BTreeSet<String> {
    let plain = names(&SessionContext::new());
    let ours: BTreeSet<String> = all().iter().map(|f| f.name().to_owned()).collect();
    names(context).into_iter().filter(|name| !plain.contains(name) && !ours.contains(name)).collect()
}

/// Up to the first full stop that a new sentence or nothing follows.
fn first_sentence(text: &str) -> &str {
    let ends = |at: usize| text[at + 1..].trim_start().starts_with(|c: char| c.is_uppercase());
    text.match_indices(". ").find(|(at, _)| ends(*at)).map_or(text, |(at, _)| &text[..=at])
}

fn postgis(context: &SessionContext) -> String {
    let mut page = "| function | in the words of its documentation |\n| --- | --- |\n".to_owned();
    let state = context.state();
    for name in postgis_names(context) {
        let scalar = state.scalar_functions().get(&name).and_then(|f| f.documentation());
        let words = scalar.or_else(|| state.aggregate_functions().get(&name).and_then(|f| f.documentation()));
        let line = words.map_or(String::new(), |w| cell(first_sentence(&w.description)));
        writeln!(page, "| `{name}` | {line} |").unwrap();
    }
    page
}

#[test]
fn the_tables_are_what_the_program_says() {
    let context = session(&SessionOptions::default()).unwrap();
    let parts = [(OURS, ours()), (POSTGIS, postgis(&context))];
    let mut page = page();
    for ((begin, end), written) in parts {
        let old = between(&page, (begin, end)).to_owned();
        if std::env::var_os("LOCARD_BLESS").is_some() {
            page = page.replace(&format!("{begin}{old}{end}"), &format!("{begin}{written}{end}"));
        } else {
            assert_eq!(old, written, "docs/sql.md says otherwise: LOCARD_BLESS=1 cargo test --test sql sql_docs");
        }
    }
    if std::env::var_os("LOCARD_BLESS").is_some() {
        std::fs::write(page_path(), page).unwrap();
    }
}

#[test]
fn every_function_of_a_session_is_on_the_page() {
    let context = session(&SessionOptions::default()).unwrap();
    let page = page();
    let (ours, postgis) = (between(&page, OURS), between(&page, POSTGIS));
    for function in all() {
        assert!(names(&context).contains(function.name()), "{} is not registered", function.name());
        assert_eq!(ours.matches(&format!("\n| `{}(", function.name())).count(), 1, "{}", function.name());
    }
    let theirs = postgis_names(&context);
    assert!(theirs.contains("st_contains") && theirs.len() > 40, "{theirs:?}");
    for name in theirs {
        assert_eq!(postgis.matches(&format!("| `{name}` |")).count(), 1, "{name}");
    }
}

/// The name and the example of each row of a table on the page, as a reader would copy it.
fn examples(page: &str) -> Vec<(&str, String)> {
    let rows = between(page, OURS).lines().filter(|line| line.starts_with("| `"));
    let parts = rows.map(|line| {
        let name = line.trim_start_matches("| `").split_once('(').unwrap().0;
        let (_, example) = line.trim_end_matches("` |").rsplit_once(" | `").unwrap();
        (name, example.replace("\\|", "|"))
    });
    parts.collect()
}

#[tokio::test]
async fn every_example_runs_calls_its_function_and_gives_a_value() {
    let context = session(&SessionOptions::default()).unwrap();
    let page = page();
    let examples = examples(&page);
    assert_eq!(examples.len(), all().len());
    for (name, example) in examples {
        assert!(example.contains(&format!("{name}(")), "{name}: {example}");
        let batches = context.sql(&example).await.unwrap().collect().await.unwrap();
        let values: usize = batches.iter().map(|b| b.num_rows() - b.column(0).logical_null_count()).sum();
        assert!(values > 0, "{example} gives NULL or nothing");
    }
}

/// What a client asks for help finds the same words: `information_schema.routines`.
#[tokio::test]
async fn the_catalogue_has_the_words_too() {
    let context = session(&SessionOptions::default()).unwrap();
    let sql = "SELECT description, syntax_example FROM information_schema.routines WHERE routine_name = 'bearing_deg'";
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let shown = datafusion::arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
    assert!(
        shown.contains("clockwise from true north") && shown.contains("bearing_deg(lat1, lon1, lat2, lon2)"),
        "{shown}"
    );
}

#[test]
fn a_sentence_ends_where_the_next_begins() {
    assert_eq!(first_sentence("Returns A. B follows."), "Returns A.");
    assert_eq!(first_sentence("A holds (i.e. in part) B. Then more."), "A holds (i.e. in part) B.");
    assert_eq!(first_sentence("Only one."), "Only one.");
    assert_eq!(cell("a | b\n c"), "a \\| b c");
}
