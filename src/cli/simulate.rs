//! `locard simulate`: generated feeds with known truth, as files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clap::Args;

use crate::simulate::feed::{
    CASES_FILE, FIXES_FILE, Feed, FeedBody, FeedError, FeedParams, FeedTruth, FeedWriter, FolderWriter, KafkaWriter,
    Pace, TRUTH_FILE, Tally, fit_records, truth, write_returned, write_truth,
};
use crate::source::kafka::{KafkaConfig, Output, TopicPlan, ensure_topics};
use crate::time::{Stopwatch, parse_iso};

use super::Progress;

/// Progress is told after this many records.
const TOLD_EVERY: u64 = 1_024;
/// Waits shorter than this are saved up.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// Generates a feed of location records and case events with known truth: made-up cases, nobody real.
///
/// The same arguments give the same files, byte for byte, on every machine; --rate changes only when they are written.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// The folder the files go into; it is made if it is missing, files of the same names are replaced
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,

    /// How many cases
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub cases: u32,

    /// About how many records in all: devices record more or less often, and without --days the feed is longer or
    /// shorter [default: as often as devices do]
    #[arg(long, value_name = "N")]
    pub records: Option<u64>,

    /// How many days people are followed [default: 3]
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,

    /// Chooses everything that is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Where the feed begins, ISO 8601 with a zone [default: 2025-10-24T00:00:00Z, two nights before the clocks change]
    #[arg(long, value_name = "TIME", value_parser = parse_start)]
    pub start: Option<i64>,

    /// Victims in each case
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub victims: u32,

    /// Suspects in each case
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub suspects: u32,

    /// The share of cases whose suspects are arrested on the last day: their records come back at once, hours later
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pub custody_share: f64,

    /// The share of records that are delivered twice
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    pub duplicate_share: f64,

    /// The share of the slots of a day that hold an encounter or a near miss
    #[arg(long, value_name = "SHARE", default_value_t = 0.6)]
    pub planted_share: f64,

    /// Records a second [default: as fast as it goes]
    #[arg(long, value_name = "N")]
    pub rate: Option<f64>,

    /// Send the feed to the topics of these brokers, made if they are missing, instead of into files; the truth and the
    /// returned files are written all the same
    #[arg(long, value_name = "HOST:PORT,...")]
    pub kafka: Option<String>,

    /// How many partitions topics get that are made
    #[arg(long, value_name = "N", default_value_t = 8, requires = "kafka")]
    pub partitions: i32,

    /// Leave out the returned files, one for each case and device
    #[arg(long)]
    pub no_returned: bool,
}

/// Why a feed could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateCommandError {
    /// The feed could not be made or written.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// A rate that is none: exit code 2.
    #[error("--rate {0}: it must be more than 0 records a second")]
    Rate(f64),
    /// Standard output could not be written to.
    #[error("cannot write what was made: {0}")]
    Output(#[from] io::Error),
}

impl SimulateCommandError {
    /// Whether the command was used wrongly, rather than a file could not be written.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Feed(e) => !matches!(
                e,
                FeedError::Write { .. }
                    | FeedError::Json(_)
                    | FeedError::Zone(_)
                    | FeedError::Kafka(_)
                    | FeedError::Undelivered(_)
            ),
            Self::Rate(_) => true,
            Self::Output(_) => false,
        }
    }
}

impl SimulateArgs {
    /// The parameters of the feed, fitted to the number of records if one is given.
    ///
    /// # Errors
    /// [`FeedError`] if no feed can be made of them.
    pub fn params(&self) -> Result<FeedParams, FeedError> {
        let usual = FeedParams::default();
        let params = FeedParams {
            seed: self.seed,
            cases: self.cases,
            start_us: self.start.unwrap_or(usual.start_us),
            days: self.days.unwrap_or(usual.days),
            victims: self.victims,
            suspects: self.suspects,
            sampling: usual.sampling,
            duplicate_share: self.duplicate_share,
            custody_share: self.custody_share,
            planted_share: self.planted_share,
        };
        params.validate()?;
        match self.records {
            Some(records) => fit_records(&params, records, self.days.is_none()),
            None => Ok(params),
        }
    }
}

/// Generates the feed, and says what was made.
///
/// # Errors
/// [`SimulateCommandError`] if the arguments cannot be used or a file cannot be written.
pub fn run(args: &SimulateArgs, progress: Progress, out: &mut dyn Write) -> Result<(), SimulateCommandError> {
    let pace = args.rate.map(|rate| Pace::new(rate).ok_or(SimulateCommandError::Rate(rate))).transpose()?;
    let params = args.params()?;
    let told = match &args.kafka {
        None => send(&params, args.records, pace, &mut FolderWriter::create(&args.out)?, progress)?,
        Some(servers) => {
            FolderWriter::create_folder(&args.out)?;
            send(&params, args.records, pace, &mut brokers(servers, args.partitions)?, progress)?
        }
    };
    write_truth(&told, &args.out)?;
    if !args.no_returned {
        let firsts = told.delivered.records - told.delivered.duplicates;
        let bar = progress.records("returned files", firsts);
        write_returned(&params, &args.out, &|n| bar.advance(n))?;
    }
    match summary(args, &told, out) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        ended => Ok(ended?),
    }
}

/// How long brokers may take to answer.
const BROKERS: Duration = Duration::from_secs(30);

fn brokers(servers: &str, partitions: i32) -> Result<KafkaWriter, FeedError> {
    let config = KafkaConfig { bootstrap_servers: servers.to_owned(), ..KafkaConfig::default() };
    ensure_topics(&config, &TopicPlan { partitions, replication: 1, deadline: BROKERS })?;
    Ok(KafkaWriter::new(Arc::new(Output::connect(&config, BROKERS)?)))
}

/// Sends a feed to a destination at a pace; gives the truth with what was delivered.
///
/// # Errors
/// [`FeedError`] if the parameters cannot be used or the destination fails.
pub fn send(
    params: &FeedParams,
    records: Option<u64>,
    pace: Option<Pace>,
    writer: &mut dyn FeedWriter,
    progress: Progress,
) -> Result<FeedTruth, FeedError> {
    let bar = match records {
        Some(records) => progress.records("feed", records),
        None => progress.stage("feed"),
    };
    let mut tally = Tally::new(truth(params)?);
    let watch = Stopwatch::start();
    // A timer that nobody rings: waiting on it is waiting.
    let (_bell, timer) = mpsc::channel::<()>();
    for item in Feed::new(params)? {
        let sent = tally.delivered().records;
        if let (Some(pace), FeedBody::Fix(_)) = (pace, &item.body) {
            let wait = pace.wait(sent, watch.seconds());
            if wait >= LEAST_WAIT {
                _ = timer.recv_timeout(wait);
            }
        }
        writer.write(&item)?;
        tally.note(&item);
        if tally.delivered().records > sent && sent % TOLD_EVERY == TOLD_EVERY - 1 {
            bar.advance(TOLD_EVERY);
        }
    }
    writer.finish()?;
    Ok(tally.finish())
}

fn summary(args: &SimulateArgs, told: &FeedTruth, out: &mut dyn Write) -> io::Result<()> {
    let folder = args.out.display();
    let delivered = told.delivered;
    let (fixes, cases) = match &args.kafka {
        None => {
            writeln!(out, "A made-up feed of {} cases, written to {folder}:", told.cases)?;
            (FIXES_FILE, CASES_FILE)
        }
        Some(servers) => {
            writeln!(out, "A made-up feed of {} cases, sent to {servers}; its truth is in {folder}:", told.cases)?;
            ("topic fixes", "topic cases")
        }
    };
    writeln!(out, "  {fixes}  {} records, {} of them delivered twice", delivered.records, delivered.duplicates)?;
    writeln!(out, "  {cases}  {} case events", delivered.case_events)?;
    let (planted, misses) = (told.planted.len(), told.near_misses.len());
    writeln!(out, "  {TRUTH_FILE}    {planted} planted encounters, {misses} near misses")?;
    if args.no_returned {
        return Ok(());
    }
    writeln!(out, "  and a folder for each case with a returned file for each device. To check the first case:\n")?;
    writeln!(out, "  locard {}", check_command(&args.out, told))?;
    let (report, truth) = (args.out.join("report.json"), args.out.join(TRUTH_FILE));
    writeln!(out, "  locard score --truth {} --flags {} --case case-00001", truth.display(), report.display())
}

/// The arguments after `locard` that check the first case's files.
fn check_command(folder: &Path, told: &FeedTruth) -> String {
    let case = told.devices.first().map_or("", |d| d.case_id.as_str());
    let file = |role: &str| {
        let of = told.devices.iter().filter(|d| d.case_id == case && d.role == role);
        let path = of.map(|d| folder.join(case).join(format!("{role}-{}.ndjson", d.device_id)).display().to_string());
        format!("--{role} {}", path.collect::<Vec<_>>().join(" "))
    };
    let places = told.places.iter().filter(|p| p.case_id == case);
    let places = places.map(|p| format!("--place {}={},{},{}", p.name, p.lat_deg, p.lon_deg, p.radius_m));
    let report = format!("--output json --out {}", folder.join("report.json").display());
    [file("suspect"), file("victim")]
        .into_iter()
        .chain(places)
        .chain([report])
        .fold("check".to_owned(), |all, part| format!("{all} {part}"))
}

fn parse_start(text: &str) -> Result<i64, String> {
    parse_iso(text, None).map(|reading| reading.t0_us).map_err(|e| format!("{e}: give it as 2025-10-24T00:00:00Z"))
}
