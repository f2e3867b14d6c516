//! `locard demo`: a made-up day live through an embedded broker, then a made-up case's returned files through `check`.
//!
//! Both are compared with the truth that was planted.

mod live;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Parser};

use crate::model::Place;
use crate::simulate::feed::FeedError;
use crate::simulate::{DEMO_SEED, DEMO_START_US, INCIDENTS_ZONE, SimulateError, SimulatedCase, case, score};
use crate::sink::{Form, Report, SinkError, write_report};
use crate::source::kafka::KafkaError;
use crate::stream::StreamError;
use crate::time::Clock;
use crate::time::custody::RulesError;

use super::{CheckArgs, Progress, check};

/// The files of the demo that hold the suspect's records.
const SUSPECT_FILES: [&str; 3] = ["suspect_records.json", "suspect_calls.csv", "suspect_anpr.csv"];
const VICTIM_FILE: &str = "victim.csv";
const INCIDENTS_FILE: &str = "incidents.csv";

/// A made-up case that has been written to a folder.
#[derive(Debug)]
pub struct DemoCase {
    /// The case and the truth about it.
    pub case: SimulatedCase,
    /// The files written.
    pub files: Vec<PathBuf>,
    /// The arguments after `locard` that check it.
    pub arguments: Vec<OsString>,
}

/// Why the demo's files could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The case could not be made.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// A file could not be written; another folder may help.
    #[error("the demo's files cannot be written to {folder}: {source}")]
    Write {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The demo's own arguments do not parse: a defect of Locard's.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// The feed could not be made or sent.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The embedded broker failed.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The stream failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The built-in rules of the custody clock cannot be read: a defect of Locard's.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The machine is too slow for the demo.
    #[error("the live part was not done after {0} s: try a longer --seconds, or a machine with less to do")]
    TooSlow(u64),
    /// The check failed.
    #[error(transparent)]
    Check(#[from] check::CheckError),
    /// The report could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Standard output could not be written to.
    #[error("cannot write the demo's output: {0}")]
    Output(#[from] std::io::Error),
}

impl DemoError {
    /// The reader of the output went away (`locard demo | head`): nothing is wrong.
    fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Output(e) => e.kind() == std::io::ErrorKind::BrokenPipe,
            Self::Sink(e) => e.is_broken_pipe(),
            _ => false,
        }
    }
}

/// Makes the case of a seed and writes it to a folder.
///
/// # Errors
/// [`DemoError::Write`] if the folder cannot be written to.
pub fn prepare(folder: &Path, seed: u64) -> Result<DemoCase, DemoError> {
    let case = case(seed, DEMO_START_US)?;
    let files = case.write_to(folder).map_err(|source| DemoError::Write { folder: folder.to_owned(), source })?;
    let arguments = check_arguments(folder, &case.places);
    Ok(DemoCase { case, files, arguments })
}

/// The arguments after `locard` that check the demo's files in a folder, as a person would write them.
#[must_use]
pub fn check_arguments(folder: &Path, places: &[Place]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["check".into()];
    let mut option = |name: &str, value: OsString| arguments.extend([name.into(), value]);
    for file in SUSPECT_FILES {
        option("--suspect", folder.join(file).into());
    }
    option("--victim", folder.join(VICTIM_FILE).into());
    for Place { name, lat_deg, lon_deg, radius_m } in places {
        option("--place", format!("{name}={lat_deg},{lon_deg},{radius_m}").into());
    }
    option("--incidents", folder.join(INCIDENTS_FILE).into());
    option("--zone", INCIDENTS_ZONE.into());
    arguments
}

/// Makes a small case with planted encounters, checks it, and compares what was found with what was planted.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the files go [default: a new folder locard-demo]
    #[arg(long, value_name = "FOLDER", default_value = "locard-demo")]
    pub folder: PathBuf,

    /// The case to make: the same seed makes the same case on every machine
    #[arg(long, default_value_t = DEMO_SEED)]
    pub seed: u64,

    /// How long the live part takes, seconds; 0 for as fast as it goes
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    pub seconds: f64,
}

/// Runs the demo; true if every planted encounter was found and nothing else, or if nobody reads the output any more.
///
/// # Errors
/// [`DemoError`] if a file cannot be written or the check fails.
pub async fn run(args: &DemoArgs, clock: &dyn Clock, out: &mut (dyn Write + Send)) -> Result<bool, DemoError> {
    match show(args, clock, out).await {
        Err(error) if error.is_broken_pipe() => Ok(true),
        ended => ended,
    }
}

async fn show(args: &DemoArgs, clock: &dyn Clock, out: &mut (dyn Write + Send)) -> Result<bool, DemoError> {
    let live = live::run(&args.folder, args.seed, args.seconds, out).await?;
    let s = &live.score;
    writeln!(
        out,
        "\nAgainst the truth: planted {}, found {}; flags right {}, wrong {}, at the margin {}; near misses flagged {} of {}.",
        s.planted, s.found, s.right, s.wrong, s.marginal, s.near_misses_flagged, s.near_misses
    )?;
    writeln!(out, "The tables ({} messages) are in {}.\n", live.messages, args.folder.join("data").display())?;
    let live_good = s.found == s.planted && s.wrong == 0;
    let demo = prepare(&args.folder, args.seed)?;
    writeln!(out, "Returned files: a made-up case, written to {}:", args.folder.display())?;
    for file in &demo.files {
        writeln!(out, "  {}", file.display())?;
    }
    let shown: Vec<String> = demo.arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    writeln!(out, "\nChecked with:\n  locard {}\n", shown.join(" "))?;
    let check = CheckCommand::try_parse_from(&demo.arguments)?.check;
    let report = check::report(&check, clock, Progress::on_stderr()).await?;
    write_report(Form::Text, &report, out)?;
    let found = firm(&report);
    let score = score(&found, &demo.case.truth);
    writeln!(out, "\nAgainst the truth (truth.json), encounters whose P(within) reaches 0.5:")?;
    writeln!(out, "  planted {}, found {}, missed {}", demo.case.truth.len(), score.found, score.missed)?;
    writeln!(out, "  not planted and found all the same: {}", score.extra)?;
    Ok(live_good && score.missed == 0 && score.extra == 0)
}

/// The times of the encounters that are more likely than not to be within the radius.
///
/// Not those graded probable: a mast that stands at her door is, two kilometres of uncertainty or not.
fn firm(report: &Report) -> Vec<(i64, i64)> {
    report.encounters.iter().filter(|e| e.p_within_max >= 0.5).map(|e| (e.enter.us, e.exit.us)).collect()
}

/// `check` as the command line reads it.
#[derive(Debug, Parser)]
struct CheckCommand {
    #[command(flatten)]
    check: CheckArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_every_file_but_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        let demo = prepare(folder.path(), DEMO_SEED).unwrap();
        let named = |file: &PathBuf| demo.arguments.contains(&file.clone().into_os_string());
        let unnamed: Vec<_> = demo.files.iter().filter(|f| !named(f)).collect();
        assert_eq!(unnamed, [&folder.path().join("truth.json")]);
        assert!(demo.files.iter().all(|f| f.is_file()));
        assert!(demo.arguments.contains(&"home=51.536,-0.039,75".into()), "{:?}", demo.arguments);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        std::fs::write(&file, "").unwrap();
        let error = prepare(&file, DEMO_SEED).unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
    }
}
