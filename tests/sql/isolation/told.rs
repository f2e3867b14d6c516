//! All that a viewer is told: rows, or the error.

use locard::query::Session;

use super::world::lines;

/// What comes of a query, in one text: rows in the order of their text, since theirs is nobody's promise, or the error.
pub async fn told(session: &Session, sql: &str) -> String {
    match lines(session, sql).await {
        Ok(mut rows) => {
            rows.sort_unstable();
            let rows = rows.iter().filter(|r| !r.starts_with("Duration|"));
            rows.map(|r| without_durations(r)).collect::<Vec<_>>().join("\n")
        }
        // What a name is like is asked of a table in no order.
        Err(error) => format!("error: {}", error.to_string().split("Did you mean").next().unwrap_or_default()),
    }
}

/// What differs from run to run: how long each operator took, and what each partition got.
fn without_durations(row: &str) -> String {
    if !row.contains("metrics=[") {
        return row.to_owned();
    }
    let timed = ["elapsed", "time", "start", "end", "mem", "spill", "bytes", "batches", "selectivity", "ratio"];
    let lasted = |part: &str| ["ns", "µs", "ms", "s"].iter().any(|unit| part.ends_with(unit) && part.contains('='));
    let keep = |part: &&str| !lasted(part) && !part.contains("artition=") && !timed.iter().any(|t| part.contains(t));
    row.split([',', '[', ']']).filter(keep).collect::<Vec<_>>().join(",")
}

/// Whether what is told names the secret, other than in the words of who asked.
pub fn names_secret(told: &str, sql: &str) -> bool {
    ["bravo", "burner", "refuge", "57.25", "MADEUP/2", "e77", "e88"]
        .iter()
        .any(|s| told.contains(s) && !sql.contains(s))
}
