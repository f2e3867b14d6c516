//! The command line: parses arguments, runs a subcommand, turns its outcome into an exit code.
//!
//! Exit codes: 0 done, 1 input that could not be used or a failure, 2 wrong usage.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use locard::cli::{
    CheckArgs, Progress, ServeArgs, account, audit, check, demo, evaluate, import, profile, query, scenes, score,
    serve, simulate, sql, validate, watch,
};
use locard::serve::LOG_VARIABLE;
use locard::time::{Clock as _, SystemClock};

/// The system's takes a fifth of the time of a question, in small pieces that many threads ask for (docs/asking.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Says where a device was recorded near a person, where it was not, and what the records cannot say.
#[derive(Debug, Parser)]
#[command(name = "locard", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Box<CheckArgs>),
    Evaluate(Box<evaluate::EvaluateArgs>),
    Scenes(Box<scenes::ScenesArgs>),
    Import(Box<import::ImportArgs>),
    Sql(sql::SqlArgs),
    Query(query::QueryArgs),
    Profile(profile::ProfileArgs),
    Demo(demo::DemoArgs),
    Serve(ServeArgs),
    Watch(watch::WatchArgs),
    Simulate(simulate::SimulateArgs),
    Score(score::ScoreArgs),
    Validate(validate::ValidateArgs),
    Account(Box<account::AccountArgs>),
    Audit(Box<audit::AuditArgs>),
    #[cfg(feature = "cluster")]
    Cluster(locard::cli::cluster::ClusterArgs),
}

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; their text goes where clap sends it, and a closed pipe is nobody's fault.
            _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_USAGE));
        }
    };
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    match command {
        Command::Check(args) => {
            let ended = runtime()?.block_on(check::run(&args, &SystemClock, Progress::on_stderr(), &mut out));
            Ok(check_code(ended))
        }
        Command::Evaluate(args) => {
            let ended = runtime()?.block_on(evaluate::run(&args, &SystemClock, Progress::on_stderr(), &mut out));
            Ok(check_code(ended))
        }
        Command::Scenes(args) => Ok(check_code(runtime()?.block_on(scenes::run(&args, &mut out)))),
        Command::Import(args) => {
            let clock = Arc::new(SystemClock);
            Ok(import_code(runtime()?.block_on(import::run(&args, clock, Progress::on_stderr(), &mut out))))
        }
        Command::Sql(args) => match sql::run(&args, SystemClock.now_us(), &mut out, &mut std::io::stderr()) {
            Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
            ended => ended.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        },
        Command::Query(args) => match query::run(&args, &mut out) {
            Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
            ended => ended.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        },
        Command::Profile(args) => {
            profile::run(&args, &mut out)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(args) => {
            let log = std::env::var(LOG_VARIABLE).ok();
            let serving = async { serve::run(&args, Arc::new(SystemClock), log, told_to_stop()).await };
            match runtime()?.block_on(serving) {
                Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
                ended => ended.map(|()| ExitCode::SUCCESS).map_err(Into::into),
            }
        }
        Command::Watch(args) => {
            watch::run(&args, &mut out)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(args) => {
            let good = runtime()?.block_on(demo::run(&args, &SystemClock, &mut out))?;
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
        }
        Command::Simulate(args) => match simulate::run(&args, Progress::on_stderr(), &mut out) {
            Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
            ended => ended.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        },
        Command::Score(args) => match score::run(&args, &mut out) {
            Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
            ended => ended.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        },
        Command::Validate(args) => match validate::run(&args, &mut out) {
            Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
            ended => ended.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        },
        Command::Account(args) => {
            account_code(account::run(&args, &SystemClock, &mut account::Asking::of_stdin(), &mut out).map(|()| true))
        }
        Command::Audit(args) => {
            account_code(audit::run(&args, &SystemClock, &mut account::Asking::of_stdin(), &mut out))
        }
        #[cfg(feature = "cluster")]
        Command::Cluster(args) => {
            let log = std::env::var(LOG_VARIABLE).ok();
            roomy_runtime()?.block_on(async { locard::cli::cluster::run(&args, log, told_to_stop()).await })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn account_code(ended: Result<bool, account::AccountError>) -> anyhow::Result<ExitCode> {
    match ended {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::from(FAILED)),
        Err(error) if error.is_usage() => Ok(wrong_usage(&error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// When the process is told to stop: SIGTERM, or Ctrl-C. It is listened for from the call on, and not only when the future is
/// waited for: whoever is told to stop while it starts ends as it should, too.
fn told_to_stop() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).ok()
    };
    async move {
        #[cfg(unix)]
        if let Some(mut terminate) = terminate {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
        _ = tokio::signal::ctrl_c().await;
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// With room on the stacks: a plan is read by functions that call themselves for each operator in it.
#[cfg(feature = "cluster")]
fn roomy_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().thread_stack_size(32 << 20).enable_all().build()
}

fn wrong_usage(message: &str) -> ExitCode {
    complain(message);
    ExitCode::from(WRONG_USAGE)
}

fn check_code(ended: Result<check::Outcome, check::CheckError>) -> ExitCode {
    match ended {
        Ok(check::Outcome::Complete) => ExitCode::SUCCESS,
        Ok(check::Outcome::Partial(faults)) => partly(&faults),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) if error.is_usage() => wrong_usage(&error.to_string()),
        Err(error) => partly(&[error.to_string()]),
    }
}

fn import_code(ended: Result<import::Outcome, import::ImportError>) -> ExitCode {
    match ended {
        Ok(import::Outcome::Complete) => ExitCode::SUCCESS,
        Ok(import::Outcome::Partial(faults)) => partly(&faults),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) if error.is_usage() => wrong_usage(&error.to_string()),
        Err(error) => partly(&[error.to_string()]),
    }
}

/// Something could not be used, or nothing: each fault in a line of its own.
fn partly(faults: &[String]) -> ExitCode {
    for fault in faults {
        complain(fault);
    }
    ExitCode::from(FAILED)
}

/// One line on standard error; if that is closed too, there is nobody to tell.
fn complain(message: &str) {
    let lines: Vec<String> = message.lines().map(locard::sink::neutral).collect();
    _ = writeln!(std::io::stderr(), "locard: {}", lines.join("\n  "));
}
