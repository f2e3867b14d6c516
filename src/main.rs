//! `locard`: the command line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use locard::cli::{profile, sql};
use locard::time::{Clock as _, SystemClock};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Subcommand)]
enum Commands {
    Sql(sql::SqlArgs),
    Profile(profile::ProfileArgs),
}

fn main() -> ExitCode {
    let (mut out, mut notes) = (io::stdout(), io::stderr());
    let outcome = match Arguments::parse().command {
        Commands::Sql(args) => sql::run(&args, SystemClock.now_us(), &mut out, &mut notes)
            .map_err(|e| (if e.is_usage() { 2 } else { 1 }, e.to_string())),
        Commands::Profile(args) => profile::run(&args, &mut out).map_err(|e| (1, e.to_string())),
    };
    outcome.map_or_else(
        |(code, why)| {
            // Where standard error is gone there is nobody to tell.
            let _ = writeln!(notes, "locard: {why}");
            ExitCode::from(code)
        },
        |()| ExitCode::SUCCESS,
    )
}
