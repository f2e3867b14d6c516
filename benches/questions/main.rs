//! Answers questions over a store, one a line, and says how long each took: Locard's side of `benches/peers/questions.py`.
//!
//! ```text
//!  cargo bench --bench questions -- --data DIR      then, on standard input, one JSON string of SQL a line
//!  {"rows":12,"seconds":0.031,"cpu_s":0.052}        on standard output, one line each; {"error":"..."} if it failed
//!  {"sql":"SELECT ...","into":"file.parquet"}       the same, and the rows are kept as Parquet
//! ```
//! `--kept-mib N` is how much of the columns is kept decoded for the next question, as `query.kept_mib` of a server.
//! The desk is opened once, as a server does, so that the first question of a table is cold and the next are warm. A
//! session sees the whole store. `cargo bench -- --test` has no store: it answers one question that needs none.

#[path = "../stream/machine.rs"]
#[expect(dead_code, reason = "the stream's bench uses the rest")]
mod machine;

use std::io::{BufRead, Write};
use std::time::Duration;

use anyhow::{Context as _, bail};
use datafusion::parquet::arrow::ArrowWriter;
use futures::StreamExt as _;
use locard::access::{Role, Scope, Viewer};
use locard::query::{Brought, Desk, DeskOptions, Limits, Session};
use locard::store::Options;
use locard::time::Stopwatch;
use locard::time::custody::CustodyRules;
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let of = |name: &str| arguments.iter().skip_while(|a| *a != name).nth(1);
    let mut options = Options::default();
    if let Some(mib) = of("--kept-mib") {
        options.kept_bytes = mib.parse::<usize>().context("--kept-mib: a number")? << 20;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(data) = of("--data") {
        let folder = std::fs::canonicalize(data).with_context(|| data.clone())?;
        let Ok(location) = Url::from_directory_path(&folder) else { bail!("{data} is no folder") };
        let (asked, out) = (&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
        return runtime.block_on(answer_all(&location, options, asked, out));
    }
    if !arguments.iter().any(|a| a == "--test") {
        bail!("--data DIR: the store; benches/peers/questions.py makes one and asks");
    }
    let empty = tempfile::tempdir()?;
    let Ok(location) = Url::from_directory_path(empty.path()) else { bail!("no folder") };
    let mut out = Vec::new();
    let asked = "\"SELECT 1 UNION ALL SELECT 2\"\n\"SELECT nonsense\"\n";
    runtime.block_on(answer_all(&location, options, &mut asked.as_bytes(), &mut out))?;
    let out = String::from_utf8(out)?;
    let answers: Vec<serde_json::Value> = out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    if answers.first().and_then(|a| a["rows"].as_u64()) != Some(2) || !answers.iter().any(|a| a["error"].is_string()) {
        bail!("not answered as it should be: {out}");
    }
    Ok(())
}

async fn answer_all(
    location: &Url,
    store: Options,
    asked: &mut dyn BufRead,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let options =
        DeskOptions { store, rules: CustodyRules::pace()?, threads: std::thread::available_parallelism().ok() };
    let desk = Desk::open(location, options)?;
    let viewer = Viewer { account: "bench".to_owned(), role: Role::Analyst, scope: Scope::Everything };
    let limits = Limits { wall_time: Duration::from_hours(1), rows: u64::MAX, memory_bytes: 4 << 30, at_once: 1 };
    let session = desk.session(viewer, limits, Brought::new()).await?;
    for line in asked.lines() {
        let asked: Asked = serde_json::from_str(&line?)?;
        let (watch, cpu_s) = (Stopwatch::start(), machine::cpu_s());
        let said = match answer(&session, &asked).await {
            Ok(rows) => json!({"rows": rows, "seconds": watch.seconds(), "cpu_s": machine::cpu_s() - cpu_s}),
            Err(error) => json!({"error": format!("{error:#}")}),
        };
        writeln!(out, "{said}")?;
        out.flush()?;
    }
    Ok(())
}

/// One line of standard input.
#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    Only(String),
    Keep { sql: String, into: String },
}

async fn answer(session: &Session, asked: &Asked) -> anyhow::Result<u64> {
    let (sql, into) = match asked {
        Asked::Only(sql) => (sql, None),
        Asked::Keep { sql, into } => (sql, Some(into)),
    };
    let mut batches = session.run(session.plan(sql).await?).await?;
    let file = into.map(std::fs::File::create).transpose()?;
    let mut kept = file.map(|f| ArrowWriter::try_new(f, batches.schema(), None)).transpose()?;
    let mut rows = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        rows += u64::try_from(batch.num_rows())?;
        kept.as_mut().map(|k| k.write(&batch)).transpose()?;
    }
    kept.map(ArrowWriter::close).transpose()?;
    Ok(rows)
}
