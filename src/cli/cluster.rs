//! `locard cluster`: the processes of a cluster: one scheduler, and executors as many as there are machines.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use tempfile::TempDir;

use crate::cluster::{Address, ClusterError, ExecutorOptions, SchedulerOptions, execute, schedule};
use crate::serve::{ConfigError, LogForm, start_logs};

/// What is told unless the variable says otherwise: the plans that Ballista tells of name cases.
const LEVEL: &str = "info,ballista_core=warn,ballista_scheduler=warn,ballista_executor=warn";

/// Runs a process of a cluster that answers questions of many machines' size: `locard sql --cluster`.
///
/// Neither process asks anybody who they are: whoever reaches their ports reads what the executors can read.
#[derive(Debug, Clone, Args)]
pub struct ClusterArgs {
    #[command(subcommand)]
    process: Process,
}

#[derive(Debug, Clone, Subcommand)]
enum Process {
    Scheduler(SchedulerArgs),
    Executor(ExecutorArgs),
}

/// Takes questions, divides them into tasks and hands those to executors.
#[derive(Debug, Clone, Args)]
pub struct SchedulerArgs {
    /// Where executors and those who ask reach it; the network must be closed to all others
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50050")]
    pub listen: SocketAddr,

    /// An executor that is silent for so long is gone, seconds
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u32).range(6..))]
    pub silence_s: u32,

    /// The form of the logs
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub logs: LogForm,
}

/// Runs tasks over the store's files, which it must see under the same names as those who ask.
#[derive(Debug, Clone, Args)]
pub struct ExecutorArgs {
    /// Its scheduler
    #[arg(long, value_name = "df://HOST:PORT", default_value = "df://127.0.0.1:50050", value_parser = address)]
    pub scheduler: Address,

    /// Where rows are fetched from it; the network must be closed to all but the cluster and those who ask
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,

    /// The name under which others reach it, if not by the address it listens on
    #[arg(long, value_name = "HOST")]
    pub known_as: Option<String>,

    /// Tasks at once [default: the machine's cores]
    #[arg(long, value_name = "N")]
    pub tasks: Option<NonZeroUsize>,

    /// The memory its tasks may hold together, mebibytes
    #[arg(long, value_name = "MIB", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(64..))]
    pub memory_mib: u32,

    /// The folder for what it computes, personal data among it; emptied at the end [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,

    /// The form of the logs
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub logs: LogForm,
}

fn address(text: &str) -> Result<Address, String> {
    text.parse()
}

/// Why a process of a cluster ended, or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The logs cannot be started.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The process failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Its folder cannot be made.
    #[error("the folder for what it computes: {0}")]
    Folder(#[from] io::Error),
}

/// Runs the process until `stop` is done, or, of an executor, until the system tells it to end.
///
/// # Errors
/// [`ProcessError`] if it cannot begin, or failed.
pub async fn run(
    args: &ClusterArgs,
    log: Option<String>,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), ProcessError> {
    match &args.process {
        Process::Scheduler(args) => {
            start_logs(args.logs, LEVEL, log.as_deref())?;
            tell(args.listen, "a scheduler");
            let options =
                SchedulerOptions { listen: args.listen, silence: Duration::from_secs(u64::from(args.silence_s)) };
            tokio::select! {
                ended = schedule(&options) => ended?,
                () = stop => {}
            }
            Ok(())
        }
        Process::Executor(args) => {
            start_logs(args.logs, LEVEL, log.as_deref())?;
            tell(args.listen, "an executor");
            executor(args).await
        }
    }
}

fn tell(listen: SocketAddr, what: &str) {
    tracing::info!(target: "locard::cluster", %listen, "{what} begins");
    if !listen.ip().is_loopback() {
        tracing::warn!(
            target: "locard::cluster", %listen,
            "nobody is asked who they are at this address: the network must be closed to all but the cluster"
        );
    }
}

async fn executor(args: &ExecutorArgs) -> Result<(), ProcessError> {
    let mut made: Option<TempDir> = None;
    let work = match &args.work {
        Some(work) => {
            std::fs::create_dir_all(work)?;
            work.clone()
        }
        None => made.insert(tempfile::Builder::new().prefix("locard-executor-").tempdir()?).path().to_owned(),
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let options = ExecutorOptions {
        scheduler: args.scheduler.clone(),
        listen: args.listen,
        known_as: args.known_as.clone(),
        tasks: args.tasks.map_or(cores, NonZeroUsize::get),
        memory_bytes: u64::from(args.memory_mib) << 20,
        work,
    };
    Ok(execute(&options).await?)
}
