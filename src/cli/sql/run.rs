//! Running a query: the shell around what decides.

use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::catalog::TableFunctionImpl;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use futures::StreamExt;
use tokio::runtime::Builder;

use crate::cli::cluster_arg::all_to;
use crate::decode::{ExhibitOptions, FixesFunction};
use crate::join::{SessionOptions, refusals, session};
use crate::query::Elsewhere;

use super::output::{OutFile, rows};
use super::{ResultForm, SqlArgs, SqlError, account, script, store_tables, tables};

/// Runs the command: results to `out` (or `--out`), what a person should know to `notes`.
///
/// `now_us` is the moment of reading, UTC microseconds: `fixes()` refuses records from after it. If the reader of `out`
/// goes away (`locard sql ... | head`), nothing is wrong.
///
/// # Errors
/// [`SqlError`]; [`SqlError::is_usage`] tells exit code 2 from 1.
pub fn run(args: &SqlArgs, now_us: i64, out: &mut (dyn Write + Send), notes: &mut dyn Write) -> Result<(), SqlError> {
    args.validate()?;
    let sql = text(args)?;
    let statements = script::read(&sql, &args.param, args.zone.as_ref())?;
    if args.output != ResultForm::Table && statements.iter().filter(|s| script::gives_rows(s)).count() > 1 {
        let text = "several statements give rows: --output table shows them all, other forms hold one result";
        return Err(SqlError::Usage(text.to_owned()));
    }
    let threads = args.threads.or(std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let result = runtime.block_on(async {
        let shell = Shell::open(args, threads, now_us, notes).await?;
        match &args.out {
            // Standard output writes out each line by itself.
            None => shell.all(statements, &mut BufWriter::new(out), notes).await,
            Some(path) => {
                let fault = |e: io::Error| SqlError::input(path, format!("cannot write it: {e}"));
                let mut file = OutFile::create(path).map_err(fault)?;
                shell.all(statements, &mut file, notes).await?;
                file.keep(path).map_err(fault)
            }
        }
    });
    match result {
        Err(SqlError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn text(args: &SqlArgs) -> Result<String, SqlError> {
    match (&args.command, &args.file) {
        (Some(sql), _) => Ok(sql.clone()),
        (None, Some(file)) => {
            let bytes = std::fs::read(file).map_err(|e| SqlError::input(file, format!("cannot read it: {e}")))?;
            let text = String::from_utf8(bytes).map_err(|_| SqlError::input(file, "it is not text in UTF-8"))?;
            Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
        }
        (None, None) => Err(SqlError::Usage("give the SQL with -c or -f".to_owned())),
    }
}

/// A session with the tables that were named.
struct Shell {
    context: SessionContext,
    fixes: Arc<FixesFunction>,
    form: ResultForm,
    elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl Shell {
    async fn open(args: &SqlArgs, threads: usize, now_us: i64, notes: &mut dyn Write) -> Result<Self, SqlError> {
        let memory_bytes = usize::try_from(u64::from(args.memory_mib) << 20).unwrap_or(usize::MAX);
        let context = session(&SessionOptions {
            memory_bytes,
            partitions: threads,
            batch_size: usize::try_from(args.batch_size).unwrap_or(usize::MAX),
            ..SessionOptions::default()
        })?;
        let mut options = ExhibitOptions::new(now_us);
        options.decode.zone.clone_from(&args.zone);
        let fixes = Arc::new(FixesFunction::new(options, memory_bytes / 2, threads));
        context.register_udtf("fixes", Arc::clone(&fixes) as Arc<dyn TableFunctionImpl>);
        let parts = args.threads.map(NonZeroUsize::get);
        let elsewhere = args.cluster.as_deref().map(|address| all_to(address, parts)).transpose();
        let elsewhere = elsewhere.map_err(SqlError::Usage)?;
        if let Some(elsewhere) = &elsewhere {
            let state = context.state_ref();
            let mut state = state.write();
            let settings = elsewhere.settings(state.config().clone());
            *state.config_mut() = settings;
        }
        let shell = Self { context, fixes, form: args.output, elsewhere };
        if let Some(data) = &args.data {
            store_tables::register(&shell.context, data).await?;
        }
        for named in &args.table {
            if let Some(note) = tables::register(&shell.context, &shell.fixes, named).await? {
                writeln!(notes, "locard: {note}")?;
            }
        }
        Ok(shell)
    }

    async fn all<W: Write + Send + ?Sized>(
        &self,
        statements: Vec<Statement>,
        out: &mut W,
        notes: &mut dyn Write,
    ) -> Result<(), SqlError> {
        for statement in statements {
            self.one(statement, out, notes).await?;
        }
        Ok(out.flush()?)
    }

    async fn one<W: Write + Send + ?Sized>(
        &self,
        statement: Statement,
        out: &mut W,
        notes: &mut dyn Write,
    ) -> Result<(), SqlError> {
        let shown = script::gives_rows(&statement);
        let planned = self.context.state().statement_to_plan(statement).await;
        for line in self.fixes.take_reports().iter().flat_map(account::account) {
            writeln!(notes, "locard: {line}")?;
        }
        let plan = planned?;
        let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false);
        reads_only.verify_plan(&plan).map_err(|e| {
            let what = e.message().into_owned();
            SqlError::Query(format!("{what}: locard sql reads and changes nothing; --out PATH keeps a result"))
        })?;
        let (state, plan) = self.context.execute_logical_plan(plan).await?.into_parts();
        if !shown {
            return Ok(());
        }
        let optimized = state.optimize(&plan)?;
        for why in refusals(&optimized) {
            writeln!(notes, "locard: a join that measures a distance is no proximity join and may be slow: {why}")?;
        }
        let physical = state.query_planner().create_physical_plan(&optimized, &state).await?;
        let mut batches = match &self.elsewhere {
            Some(elsewhere) => elsewhere.run(physical, state.task_ctx()).await?,
            None => execute_stream(physical, state.task_ctx())?,
        };
        let mut rows = rows(self.form, &batches.schema(), out)?;
        while let Some(batch) = batches.next().await {
            rows.batch(&batch?)?;
        }
        rows.finish()
    }
}
