//! `locard validate`: from feeds with known truth to the file without which no strength is stated.
//!
//! ```text
//!  seed ─> cases, their records, where everybody truly was
//!     └─> label: ratios whose device truly was near, ratios whose device kept its routine, graded pairs, probabilities
//!            └─> validate ─> validation file (TOML), figures (SVG), a table
//! ```
//! What it shows holds for records that err as the generated ones do. A force that has recorded truth of its own should use
//! that; until then this says what the method can do where its assumptions hold.

mod label;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::evaluate::strength::Prior;
use crate::evaluate::validation::{
    Cases, DataType, LabelledError, PlotError, VERSION, ValidateError, Validation, ValidationError, calibration,
    entropy, tippett, validate,
};
use crate::simulate::feed::{FeedError, FeedParams};

use label::{Asked, OfSource, label};

/// Shows on generated feeds of known truth how far likelihood ratios, probabilities and grades can be trusted.
///
/// The same arguments give the same file on every machine. Exit codes: 0 done, 1 too little to validate, 2 wrong usage.
#[derive(Debug, Clone, Args)]
pub struct ValidateArgs {
    /// The validation file to write, TOML
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    /// A folder for figures: Tippett, cross-entropy and calibration plots of each kind of record, SVG
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<PathBuf>,

    /// How many cases
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub cases: u32,

    /// How many days people are followed: a routine needs other days
    #[arg(long, value_name = "N", default_value_t = 21)]
    pub days: u32,

    /// Chooses everything that is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// "Near" is this far apart or nearer, metres; ratios may be stated from it to the radius with a place of 50 m only
    #[arg(long, value_name = "METRES", default_value_t = 100.0)]
    pub radius_m: f64,

    /// Records this long before and after a moment count for it, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub window_s: u32,
}

/// Why nothing could be validated.
#[derive(Debug, thiserror::Error)]
pub enum ValidateCommandError {
    /// The feed could not be made: exit code 2.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// A radius that is none: exit code 2.
    #[error("--radius-m {0}: it must be more than 0 and at most 100,000 m")]
    Radius(f64),
    /// No kind of record has cases enough. More cases or days help.
    #[error("no kind of record could be validated: {0}")]
    Nothing(String),
    /// The file could not be made. A defect of Locard's.
    #[error(transparent)]
    File(#[from] ValidationError),
    /// A figure could not be drawn. A defect of Locard's.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Standard output could not be written to.
    #[error("cannot write what was found: {0}")]
    Output(#[from] io::Error),
}

impl ValidateCommandError {
    /// Whether the command was used wrongly.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Feed(_) | Self::Radius(_))
    }
}

/// Makes the feeds, validates, and writes the file, the figures and a table.
///
/// # Errors
/// [`ValidateCommandError`].
pub fn run(args: &ValidateArgs, out: &mut dyn Write) -> Result<(), ValidateCommandError> {
    if !(args.radius_m > 0.0 && args.radius_m <= 100_000.0) {
        return Err(ValidateCommandError::Radius(args.radius_m));
    }
    let params = FeedParams { cases: args.cases, days: args.days, seed: args.seed, ..FeedParams::default() };
    let prior = Prior::default();
    let asked = Asked { radius_m: args.radius_m, window_us: i64::from(args.window_s) * crate::time::US_PER_S, prior };
    let labelled = label(&params, &asked)?;
    let made_from =
        format!("locard simulate: seed {}, {} cases, {} days; nobody in it is real", args.seed, args.cases, args.days);
    let (mut data_types, mut too_few) = (Vec::new(), Vec::new());
    for (source, of_source) in &labelled {
        match entry(source, of_source, &asked, &made_from, args.seed) {
            Ok(data_type) => {
                plots(args.plots.as_deref(), of_source, &data_type)?;
                data_types.push(data_type);
            }
            Err(why) => too_few.push(format!("{source}: {why}")),
        }
    }
    if data_types.is_empty() {
        return Err(ValidateCommandError::Nothing(too_few.join("; ")));
    }
    let file = Validation { version: VERSION, data_types };
    write(&args.out, &file.to_text()?)?;
    table(&file, &too_few, out)?;
    Ok(())
}

fn entry(
    source: &str,
    of_source: &OfSource,
    asked: &Asked,
    made_from: &str,
    seed: u64,
) -> Result<DataType, ValidateError> {
    let computed = of_source.labelled().map_err(|e: LabelledError| ValidateError::Labelled(e))?;
    let method = asked.prior.text();
    validate(&Cases {
        source,
        method: &method,
        made_from,
        radius_m: of_source.radius_m,
        sigma_m: of_source.sigma_m,
        computed: &computed,
        judged: &of_source.judged,
        judged_radius_m: asked.radius_m,
        stated: &of_source.stated,
        seed,
    })
}

fn plots(folder: Option<&Path>, of_source: &OfSource, data_type: &DataType) -> Result<(), ValidateCommandError> {
    let Some(folder) = folder else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|source| ValidateCommandError::Write { path: folder.to_owned(), source })?;
    // As they would be stated: after the line and between the bounds.
    let Ok(computed) = of_source.labelled() else { return Ok(()) };
    let stated = data_type.calibration.apply(&computed).map(|x| data_type.bounds.hold(x));
    for (name, svg) in [
        ("tippett", tippett(&stated)?),
        ("entropy", entropy(&stated)?),
        ("calibration", calibration(&data_type.deciles)?),
    ] {
        write(&folder.join(format!("{}-{name}.svg", data_type.source)), &svg)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), ValidateCommandError> {
    fs::write(path, text).map_err(|source| ValidateCommandError::Write { path: path.to_owned(), source })
}

fn table(file: &Validation, too_few: &[String], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:8} {:>7} {:>8} {:>22} {:>9} {:>15}",
        "source", "near", "routine", "Cllr (95 %)", "Cllr min", "bounds, log10"
    )?;
    for d in &file.data_types {
        let cost = format!("{:.3} ({:.3} to {:.3})", d.cllr.value, d.cllr.low, d.cllr.high);
        let bounds = format!("{:.2} to {:.2}", d.bounds.lower_log10, d.bounds.upper_log10);
        writeln!(
            out,
            "{:8} {:>7} {:>8} {:>22} {:>9.3} {:>15}",
            d.source, d.near, d.routine, cost, d.cllr_min.value, bounds
        )?;
    }
    for why in too_few {
        writeln!(out, "not validated: {why}")?;
    }
    writeln!(out, "\nprobabilities of being within the radius: stated, and the share that came true")?;
    for d in &file.data_types {
        for decile in d.deciles.iter().filter(|decile| decile.cases > 0) {
            let cases = f64::from(u32::try_from(decile.cases).unwrap_or(u32::MAX));
            let came_true = f64::from(u32::try_from(decile.came_true).unwrap_or(u32::MAX)) / cases;
            writeln!(out, "{:8} {:.3} {:.3}  of {}", d.source, decile.expected / cases, came_true, decile.cases)?;
        }
    }
    Ok(())
}
