//! What clients ask before anybody asks anything: the statements in tests/sql/pg/startup, one file for each client.
//!
//! A block is comments, one statement, and the rows that it must give: `-- => a | b` for each, `-- => 3 rows`, or
//! `-- => some rows`. Without such a line it must only be answered.

use std::path::Path;

use super::client::Client;

/// A statement and what it must give.
struct Case {
    sql: String,
    rows: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let block = |block: &str| {
        let (expected, sql): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("-- => "));
        let comments_alone = sql.iter().all(|line| line.starts_with("--"));
        let rows = expected.iter().map(|line| line.trim_start_matches("-- => ").to_owned()).collect();
        (!comments_alone).then(|| Case { sql: sql.join("\n"), rows })
    };
    text.split("\n\n").filter_map(block).collect()
}

/// A row as a case has it.
fn shown(row: &[Option<String>]) -> String {
    row.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join(" | ")
}

/// What is wrong with an answer, if something is.
async fn wrong(client: &mut Client, case: &Case) -> Option<String> {
    let messages = client.ask(&case.sql).await;
    if let Some(error) = messages.iter().find(|message| message.letter == 'E') {
        return Some(format!("{} {}", error.field(b'C'), error.field(b'M')));
    }
    let rows: Vec<String> =
        messages.iter().filter(|message| message.letter == 'D').map(|message| shown(&message.values())).collect();
    let fine = match case.rows.as_slice() {
        [] => true,
        [one] if one == "some rows" => !rows.is_empty(),
        [one] if one.ends_with(" rows") => one.strip_suffix(" rows").and_then(|n| n.parse().ok()) == Some(rows.len()),
        expected => expected == rows.as_slice(),
    };
    (!fine).then(|| format!("gives {} rows: {:?}", rows.len(), &rows[..rows.len().min(8)]))
}

/// Asks all of a client's statements on one connection; returns how many there were, and what was wrong.
pub async fn ask(client: &mut Client, name: &str) -> (usize, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql/pg/startup").join(format!("{name}.sql"));
    let cases = cases(&std::fs::read_to_string(path).unwrap());
    let mut faults = Vec::new();
    for case in &cases {
        if let Some(fault) = wrong(client, case).await {
            faults.push(format!("{name}: {fault}\n    {}", case.sql.chars().take(300).collect::<String>()));
        }
    }
    (cases.len(), faults)
}
