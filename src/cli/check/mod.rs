//! `locard check`: returned files in, a report of proximity out.
//!
//! ```text
//!  --suspect ─> read ─> FixStore (memory, then disk) ──┐
//!  --victim  ─> read ─> FixStore ─┐                    ├─> near: SQL join ─> contacts ─> fold ─> approach ─┐
//!  --place, --incidents ──────────┴─> targets (memory) ┘                                                   ├─> Report
//!                                                       └─> elsewhere: nearest record where there is none ─┘
//! ```
//! Memory is bounded in the suspect's fixes: they pass by a few times and are not held. The victim's targets are, and so
//! are the pairs, with each record behind them once.

mod account;
mod approach;
mod contacts;
mod elsewhere;
mod error;
mod faults;
pub(super) mod inputs;
mod near;
mod read;
mod stored;
mod tally;
mod targets;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::sink::report::{
    Authorised, IncidentTarget, Parameters, PlaceTarget, RejectFound, Rejects, Role, Stage, Statistics,
};
use crate::sink::{Form, Report, SinkError, write_report};
use crate::time::{Clock, Stopwatch};

use super::{CaseArgs, CheckArgs, Progress};

pub use error::CheckError;
pub(super) use faults::faults;
pub(super) use inputs::{device_of, is_file};
pub(super) use read::{REJECTS_LISTED, Reader, profile, rejects_csv};

/// How a check ended: the report is written in both cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All input was used.
    Complete,
    /// Some input could not be used, for these reasons.
    Partial(Vec<String>),
}

impl Outcome {
    /// How it ended with these faults of the input, or none.
    pub(super) fn of(faults: Vec<String>) -> Self {
        if faults.is_empty() { Self::Complete } else { Self::Partial(faults) }
    }
}

/// Reads the files, finds the encounters and writes the report to `out` (or to `--out`).
///
/// # Errors
/// [`CheckError`] if the arguments do not fit, a file is missing, no file of a role can be read, or the report cannot be
/// written.
pub async fn run(
    args: &CheckArgs,
    clock: &dyn Clock,
    progress: Progress,
    out: &mut (dyn Write + Send),
) -> Result<Outcome, CheckError> {
    args.validate()?;
    inputs::outputs_fit(&args.case, args.out.as_deref())?;
    inputs::all_are_files(&args.case)?;
    let report = gather(args, clock, progress, args.case.rejects.as_deref()).await?;
    written(args.out.as_deref(), out, |out| write_report(args.output, &report, out))?;
    Ok(Outcome::of(faults(&report)))
}

/// Writes to a file, or to standard output, to the last byte: what a buffer still holds when it is dropped would fail in
/// silence.
///
/// # Errors
/// [`CheckError`] names the file.
pub(super) fn written(
    path: Option<&Path>,
    out: &mut (dyn Write + Send),
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), SinkError>,
) -> Result<(), CheckError> {
    let whole = |out: &mut (dyn Write + Send)| {
        write(out)?;
        Ok(out.flush()?)
    };
    match path {
        Some(path) => {
            whole(&mut error::create(path)?).map_err(|source| CheckError::Out { path: path.to_owned(), source })
        }
        None => Ok(whole(&mut BufWriter::new(out))?),
    }
}

/// Writes a drawing into a folder, which is made; where it is now.
///
/// # Errors
/// [`CheckError`] names the file.
pub(super) fn drawing(folder: &Path, name: &str, svg: &str) -> Result<String, CheckError> {
    let path = folder.join(name);
    let fault = |source| CheckError::Create { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(fault)?;
    fs::write(&path, svg).map_err(fault)?;
    Ok(path.display().to_string())
}

/// Reads the files and finds the encounters: the report that [`run`] writes.
///
/// # Errors
/// [`CheckError`] as for [`run`].
pub async fn report(args: &CheckArgs, clock: &dyn Clock, progress: Progress) -> Result<Report, CheckError> {
    args.validate()?;
    inputs::all_are_files(&args.case)?;
    gather(args, clock, progress, None).await
}

async fn gather(
    args: &CheckArgs,
    clock: &dyn Clock,
    progress: Progress,
    rejects: Option<&Path>,
) -> Result<Report, CheckError> {
    let case = &args.case;
    let params = case.params()?;
    let zone = case.shown_zone();
    let reading = Stopwatch::start();
    let mut reader = Reader::new(case, clock.now_us(), progress, rejects)?;
    let suspects = reader.fixes(Role::Suspect, &case.suspect, &case.suspect_device)?;
    let victims = reader.fixes(Role::Victim, &case.victim, &case.victim_device)?;
    let incidents = case.incidents.as_deref().map(|path| reader.incidents(path)).transpose()?.unwrap_or_default();
    reader.finish_rejects()?;
    let decoded = stage("decode", reader.rows(), suspects.len() + victims.len(), &reading);

    let targets = targets::Targets::gather(&victims, &case.place, &incidents)?;
    let joining = progress.stage("join");
    let joined = near::join(case, &params, suspects.clone(), &targets).await?;
    drop(joining);

    let folding = Stopwatch::start();
    let matched = contacts::Matched::gather(&suspects, &victims, &targets, &joined.pairs)?;
    let found = matched.encounters(&suspects, &params, &zone)?;
    let folded = stage("encounter", matched.contact_count(), found.encounters.len() as u64, &folding);

    let mut report = Report::new(parameters(case, &params));
    report.not_near = elsewhere::not_near(&suspects, &targets, &found.near, (&case.suspect_device, &params, &zone))?;
    report.encounters = found.encounters;
    report.targets.places = case.place.iter().map(PlaceTarget::from).collect();
    report.targets.incidents = incidents.iter().map(|i| IncidentTarget::new(&i.incident, &zone)).collect();
    report.targets.victim_fixes = victims.len();
    report.targets.victim_devices = reader.devices(Role::Victim);
    report.rejects = Rejects {
        total: reader.exhibits.iter().map(|e| e.counts.rejects).sum(),
        listed: reader.rejects.iter().map(RejectFound::from).collect(),
    };
    report.exhibits = reader.exhibits;
    if args.explain && matches!(args.output, Form::Text | Form::Json) {
        let stages = vec![decoded, joined.index, joined.join, folded];
        report.statistics = Some(Statistics { plan: joined.plan, stages });
    }
    Ok(report.settled())
}

/// What a report says of its parameters.
pub(super) fn parameters(case: &CaseArgs, params: &crate::model::ProximityParams) -> Parameters {
    let zone = case.zone.as_ref().map(crate::time::ZoneRule::name);
    let mut parameters = Parameters::new(params, zone, case.shown_zone().name());
    parameters.suspect_devices.clone_from(&case.suspect_device);
    parameters.victim_devices.clone_from(&case.victim_device);
    let zone = case.shown_zone();
    parameters.authorised = case.authorised.iter().map(|a| Authorised::new(a, &zone)).collect();
    parameters
}

fn stage(name: &str, rows_in: u64, matched: u64, watch: &Stopwatch) -> Stage {
    let (stage, seconds) = (name.to_owned(), watch.seconds());
    Stage { stage, rows_in, matched: Some(matched), seconds, ..Stage::default() }
}
