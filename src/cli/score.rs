//! `locard score`: flags compared with the truth of a generated feed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::simulate::feed::{
    FeedTruth, Flag, FlagError, FlagScore, Planted, TRUTH_VERSION, flags_from_json, score_flags,
};
use crate::sink::neutral;
use crate::time::utc_text;

/// Compares flags with the truth of a generated feed: recall, precision, latency.
#[derive(Debug, Clone, Args)]
pub struct ScoreArgs {
    /// The truth: truth.json of `locard simulate`
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,

    /// Files of flags: reports of `locard check --output json`, JSON arrays, or one JSON object a line
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub flags: Vec<PathBuf>,

    /// Score this case only; flags that name no case are of it
    #[arg(long, value_name = "CASE")]
    pub case: Option<String>,

    /// Only flags whose P(within) reaches this count
    #[arg(long, value_name = "P", default_value_t = 0.5)]
    pub min_p_within: f64,

    /// The form of the score
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ScoreForm::Text)]
    pub output: ScoreForm,
}

/// The form of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScoreForm {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why flags could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The truth is none.
    #[error("{} is no truth of a generated feed: {detail}", path.display())]
    Truth {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The flags are none.
    #[error("{}: {source}", path.display())]
    Flags {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: FlagError,
    },
    /// The truth does not know the case: exit code 2.
    #[error("--case {0}: the truth holds no such case")]
    NoSuchCase(String),
    /// A probability that is none: exit code 2.
    #[error("--min-p-within {0}: it must be between 0 and 1")]
    Probability(f64),
    /// The score cannot be written.
    #[error("cannot write the score: {0}")]
    Output(#[from] io::Error),
    /// The score cannot be written as JSON.
    #[error("cannot write the score: {0}")]
    Json(#[from] serde_json::Error),
}

impl ScoreError {
    /// Whether the command was used wrongly.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoSuchCase(_) | Self::Probability(_))
    }
}

/// Reads truth and flags and writes the score.
///
/// # Errors
/// [`ScoreError`] if a file cannot be read or the score cannot be written.
pub fn run(args: &ScoreArgs, out: &mut dyn Write) -> Result<(), ScoreError> {
    if !(0.0..=1.0).contains(&args.min_p_within) {
        return Err(ScoreError::Probability(args.min_p_within));
    }
    let mut truth = read_truth(&args.truth)?;
    if let Some(case) = &args.case {
        truth = truth.of_case(case);
        if truth.devices.is_empty() {
            return Err(ScoreError::NoSuchCase(case.clone()));
        }
    }
    let mut flags = Vec::new();
    for path in &args.flags {
        flags.extend(read_flags(path, args.case.as_deref())?);
    }
    flags.retain(|f| args.case.as_ref().is_none_or(|case| f.case_id == *case));
    let score = score_flags(&truth, &flags, args.min_p_within);
    let written = match args.output {
        ScoreForm::Text => write_text(&score, out),
        ScoreForm::Json => writeln!(out, "{}", serde_json::to_string_pretty(&score)?),
    };
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        ended => Ok(ended?),
    }
}

fn read(path: &Path) -> Result<String, ScoreError> {
    fs::read_to_string(path).map_err(|source| ScoreError::Read { path: path.to_owned(), source })
}

fn read_truth(path: &Path) -> Result<FeedTruth, ScoreError> {
    let fault = |detail: String| ScoreError::Truth { path: path.to_owned(), detail };
    let truth: FeedTruth = serde_json::from_str(&read(path)?).map_err(|e| fault(e.to_string()))?;
    if truth.locard_truth != TRUTH_VERSION {
        return Err(fault(format!("its version is {}, not {TRUTH_VERSION}", truth.locard_truth)));
    }
    Ok(truth)
}

fn read_flags(path: &Path, case: Option<&str>) -> Result<Vec<Flag>, ScoreError> {
    let fault = |source| ScoreError::Flags { path: path.to_owned(), source };
    flags_from_json(&read(path)?, case).map_err(fault)
}

fn write_text(score: &FlagScore, out: &mut dyn Write) -> io::Result<()> {
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{s:.4}"));
    let FlagScore { planted, found, right, wrong, marginal, flags, below, .. } = score;
    writeln!(out, "recall     {}  {found} of {planted} planted encounters found", share(score.recall))?;
    writeln!(out, "precision  {}  {right} flags right, {wrong} wrong, {marginal} marginal", share(score.precision))?;
    writeln!(out, "near misses flagged: {} of {}", score.near_misses_flagged, score.near_misses)?;
    writeln!(
        out,
        "encounters split over several flags: {}; flags over several encounters: {}",
        score.split, score.merged
    )?;
    writeln!(out, "flags compared: {flags}; left aside, P(within) below {}: {below}", score.min_p_within)?;
    if let Some(l) = score.latency {
        writeln!(out, "latency    p50 {:.3} s, p99 {:.3} s, max {:.3} s over {}", l.p50_s, l.p99_s, l.max_s, l.count)?;
    }
    write_planted("missed", &score.missed_shown, out)?;
    write_planted("near miss flagged", &score.near_misses_shown, out)?;
    for f in &score.wrong_shown {
        let (who, near) = (neutral(&f.device_id), neutral(&f.target));
        writeln!(
            out,
            "wrong: {} {who} near {near}, {} to {}",
            neutral(&f.case_id),
            utc_text(f.enter_us),
            utc_text(f.exit_us)
        )?;
    }
    Ok(())
}

fn write_planted(what: &str, shown: &[Planted], out: &mut dyn Write) -> io::Result<()> {
    for p in shown {
        let (who, near) = (neutral(&p.device_id), neutral(&p.target));
        writeln!(
            out,
            "{what}: {} {who} near {near}, {} to {}",
            neutral(&p.case_id),
            utc_text(p.from_us),
            utc_text(p.to_us)
        )?;
    }
    Ok(())
}
