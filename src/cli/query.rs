//! `locard query`: the questions of `queries/`, asked of a store.
//!
//! ```text
//!  NAME, -p name=value ─> values of the types the question names ─> a session that sees the whole store ─> rows
//! ```
//! Whoever can read the store's files sees all of it: there is nobody to be asked who they are.

use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use datafusion::common::DataFusionError;
use futures::StreamExt as _;
use tokio::runtime::Builder;
use url::Url;

use super::cluster_arg::all_to;
use super::sql::{OutFile, Parameter, ResultForm, SqlError, filled, rows};
use super::{DEFAULT_DATA, parse_data};
use crate::access::{Role, Scope, Viewer};
use crate::query::{
    Brought, Desk, DeskOptions, Limits, QueryError, Question, Session, question, questions, with_as_of,
};
use crate::store::{Options, tables_at};
use crate::time::ZoneRule;
use crate::time::custody::CustodyRules;

/// Asks a store one of the questions that come up again and again; without a name it lists them.
///
/// Exit codes: 0 for an answer, 1 for a question that could not be answered, 2 for wrong usage.
#[derive(Debug, Clone, Args)]
pub struct QueryArgs {
    /// The question [default: list them all]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// A value for a parameter of the question (may be repeated)
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE", requires = "name")]
    pub param: Vec<String>,

    /// Say what the question is, its parameters and how to read the answer, and do not ask it
    #[arg(long, requires = "name")]
    pub about: bool,

    /// The store [default: locard-data]
    #[arg(long, value_name = "DIR|URL")]
    pub data: Option<String>,

    /// The form of the answer
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub output: ResultForm,

    /// Write the answer to this file instead of standard output
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,

    /// The memory the question may use, mebibytes
    #[arg(long, value_name = "MIB", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(16..))]
    pub memory_mib: u32,

    /// A scheduler to which the question goes; executors must see the store under the same name
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,

    /// The zone of times that are given without one: an IANA name, UTC or an offset
    #[arg(long, value_name = "ZONE", value_parser = ZoneRule::parse, allow_hyphen_values = true)]
    pub zone: Option<ZoneRule>,
}

/// Runs the command.
///
/// # Errors
/// [`SqlError`]; [`SqlError::is_usage`] tells exit code 2 from 1.
pub fn run(args: &QueryArgs, out: &mut (dyn Write + Send)) -> Result<(), SqlError> {
    let answered = match &args.name {
        None => list(out),
        Some(name) => {
            let unknown = || SqlError::Usage(format!("there is no question {name:?}: locard query lists them"));
            let asked = question(name).ok_or_else(unknown)?;
            if args.about { about(asked, out) } else { ask(args, asked, out) }
        }
    };
    match answered {
        Err(SqlError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn list(out: &mut dyn Write) -> Result<(), SqlError> {
    let width = questions().iter().map(|q| q.name.len()).max().unwrap_or(0);
    for q in questions() {
        writeln!(out, "{:width$}  {}", q.name, q.title)?;
    }
    writeln!(out, "\nlocard query NAME --about says more; locard query NAME -p name=value asks.")?;
    Ok(())
}

fn about(q: &Question, out: &mut dyn Write) -> Result<(), SqlError> {
    writeln!(out, "{}\n", q.title)?;
    for p in &q.parameters {
        let default = p.default.as_ref().map_or_else(|| "must be given".to_owned(), |d| format!("{d:?} if not given"));
        writeln!(out, "  -p {}={}  {} ({default})", p.name, p.kind.to_uppercase(), p.meaning)?;
    }
    writeln!(out, "\nHow to read it: {}\nWhat it cannot say: {}", q.reading, q.caveat)?;
    Ok(())
}

/// The values of a question's parameters, each of the type that the question names.
fn values(q: &Question, given: &[String]) -> Result<Vec<Parameter>, SqlError> {
    let usage = |text: String| SqlError::Usage(text);
    let mut left: Vec<(&str, &str)> = Vec::new();
    for text in given {
        let (name, value) = text.split_once('=').ok_or_else(|| usage(format!("{text:?}: write NAME=VALUE")))?;
        if !q.parameters.iter().any(|p| p.name == name) {
            let names: Vec<&str> = q.parameters.iter().map(|p| p.name.as_str()).collect();
            return Err(usage(format!("{} has no parameter {name:?}: it has {}", q.name, names.join(", "))));
        }
        if left.iter().any(|(other, _)| *other == name) {
            return Err(usage(format!("the parameter {name} is given twice")));
        }
        left.push((name, value));
    }
    let value = |p: &crate::query::QuestionParameter| {
        let given = left.iter().find(|(name, _)| *name == p.name).map(|(_, value)| (*value).to_owned());
        let value = given.or_else(|| p.default.clone());
        let value = value.ok_or_else(|| usage(format!("{} needs -p {}=VALUE: {}", q.name, p.name, p.meaning)))?;
        Parameter::parse(&format!("{}:{}={value}", p.name, p.kind)).map_err(usage)
    };
    q.parameters.iter().map(value).collect()
}

fn ask(args: &QueryArgs, q: &Question, out: &mut (dyn Write + Send)) -> Result<(), SqlError> {
    if args.output == ResultForm::Parquet && args.out.is_none() {
        return Err(SqlError::Usage("--output parquet needs --out PATH: it is not text".to_owned()));
    }
    let sql = with_as_of(&q.sql).map_err(failed)?;
    let sql = filled(&sql, &values(q, &args.param)?, args.zone.as_ref())?;
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    runtime.block_on(async {
        match &args.out {
            None => answer(args, &sql, &mut BufWriter::new(out)).await,
            Some(path) => {
                let fault = |e: io::Error| SqlError::input(path, format!("cannot write it: {e}"));
                let mut file = OutFile::create(path).map_err(fault)?;
                answer(args, &sql, &mut file).await?;
                file.keep(path).map_err(fault)
            }
        }
    })
}

async fn answer<W: Write + Send>(args: &QueryArgs, sql: &str, out: &mut W) -> Result<(), SqlError> {
    let data = args.data.as_deref().unwrap_or(DEFAULT_DATA);
    let location = parse_data(data).map_err(SqlError::Usage)?;
    let fault = |detail: String| SqlError::Input { file: data.to_owned(), detail };
    if tables_at(&location).await.map_err(|e| fault(e.to_string()))?.is_empty() {
        return Err(fault("there is no store: locard import and locard serve make one".to_owned()));
    }
    let elsewhere = args.cluster.as_deref().map(|address| all_to(address, None)).transpose();
    let elsewhere = elsewhere.map_err(SqlError::Usage)?;
    let session = whole_store(&location, args.memory_mib).await.map_err(failed)?;
    let session = match elsewhere {
        Some(elsewhere) => session.or_elsewhere(elsewhere),
        None => session,
    };
    let plan = session.plan(sql).await.map_err(failed)?;
    let mut batches = session.run(plan).await.map_err(failed)?;
    let mut rows = rows(args.output, &batches.schema(), &mut *out)?;
    while let Some(batch) = batches.next().await {
        rows.batch(&batch?)?;
    }
    rows.finish()?;
    Ok(out.flush()?)
}

/// A session that sees the whole store, for whoever can read its files.
///
/// # Errors
/// [`QueryError`] if it cannot be opened.
pub(super) async fn whole_store(location: &Url, memory_mib: u32) -> Result<Session, QueryError> {
    let rules = CustodyRules::pace().map_err(|e| QueryError::Engine(DataFusionError::External(Box::new(e))))?;
    let options = DeskOptions { store: Options::default(), rules, threads: std::thread::available_parallelism().ok() };
    let desk = Desk::open(location, options)?;
    let viewer = Viewer { account: "local".to_owned(), role: Role::Analyst, scope: Scope::Everything };
    let memory_bytes = usize::try_from(u64::from(memory_mib) << 20).unwrap_or(usize::MAX);
    let limits = Limits { wall_time: Duration::from_hours(24), rows: u64::MAX, memory_bytes, at_once: 1 };
    desk.session(viewer, limits, Brought::new()).await
}

fn failed(error: QueryError) -> SqlError {
    match error {
        QueryError::Engine(error) => error.into(),
        other => SqlError::Query(other.to_string()),
    }
}
