//! `locard check`: returned files in, a report of proximity out.
//!
//! ```text
//!  --suspect ─> read ─> FixStore (memory, then disk) ──┐
//!  --victim  ─> read ─> FixStore ─┐                    ├─> near: SQL join ─> contacts ─> fold ─> approach ─┐
//!  --place, --incidents ──────────┴─> targets (memory) ┘                                                   ├─> Report
//!                                                       └─> elsewhere: nearest record where there is none ─┘
//! ```
//! Memory is bounded in the suspect's fixes: they pass by three times and are not held. The victim's targets are.

mod contacts;
mod elsewhere;
mod error;
mod near;
mod read;
mod tally;
mod targets;

use std::io::Write;

use crate::model::Reject;
use crate::sink::report::{IncidentTarget, Parameters, PlaceTarget, RejectFound, Rejects, Role, Stage, Statistics};
use crate::sink::{Form, RejectsCsv, Report, write_report};
use crate::time::{Clock, Stopwatch};

use super::{CheckArgs, Progress};

pub use error::CheckError;

/// How a check ended: the report is written in both cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All input was used.
    Complete,
    /// Some input could not be used, for these reasons.
    Partial(Vec<String>),
}

/// How many rejects a report lists; `--rejects` writes all that were kept.
const REJECTS_LISTED: usize = 1_000;

/// Reads the files, finds the encounters and writes the report to `out` (or to `--out`).
///
/// # Errors
/// [`CheckError`] if the arguments do not fit, a file cannot be used at all, or the report cannot be written.
pub async fn run(
    args: &CheckArgs,
    clock: &dyn Clock,
    progress: Progress,
    out: &mut (dyn Write + Send),
) -> Result<Outcome, CheckError> {
    args.validate()?;
    let (report, rejects) = gather(args, clock, progress).await?;
    if let Some(path) = &args.rejects {
        let mut csv = RejectsCsv::new(error::create(path)?)?;
        rejects.iter().try_for_each(|r| csv.write(r))?;
        csv.finish()?;
    }
    match &args.out {
        Some(path) => write_report(args.output, &report, &mut error::create(path)?)?,
        None => write_report(args.output, &report, out)?,
    }
    let faults: Vec<String> = report.exhibits.iter().flat_map(|e| faults(e)).collect();
    Ok(if faults.is_empty() { Outcome::Complete } else { Outcome::Partial(faults) })
}

/// What of a file could not be used, in a line each.
fn faults(e: &crate::sink::report::ExhibitRead) -> Vec<String> {
    let broken = e.errors.iter().map(|why| format!("{}: {why}", e.file));
    let unused = (e.role != Role::Incidents && e.counts.fixes == 0)
        .then(|| format!("{}: none of its {} rows is a fix that can be used", e.file, e.counts.rows));
    broken.chain(unused).collect()
}

/// Reads the files and finds the encounters: the report that [`run`] writes.
///
/// # Errors
/// [`CheckError`] as for [`run`].
pub async fn report(args: &CheckArgs, clock: &dyn Clock, progress: Progress) -> Result<Report, CheckError> {
    args.validate()?;
    gather(args, clock, progress).await.map(|(report, _)| report)
}

async fn gather(args: &CheckArgs, clock: &dyn Clock, progress: Progress) -> Result<(Report, Vec<Reject>), CheckError> {
    let params = args.params()?;
    let zone = args.shown_zone();
    let reading = Stopwatch::start();
    let mut reader = read::Reader::new(args, clock.now_us(), progress)?;
    let suspects = reader.fixes(Role::Suspect, &args.suspect, &args.suspect_device)?;
    let victims = reader.fixes(Role::Victim, &args.victim, &args.victim_device)?;
    let incidents = args.incidents.as_deref().map(|path| reader.incidents(path)).transpose()?.unwrap_or_default();
    let decoded = Stage {
        stage: "decode".to_owned(),
        rows_in: reader.rows,
        matched: Some(suspects.len() + victims.len()),
        seconds: reading.seconds(),
        ..Stage::default()
    };

    let targets = targets::Targets::gather(&victims, &args.place, &incidents)?;
    let joining = progress.stage("join");
    let found = near::join(args, &params, suspects.clone(), &targets).await?;
    drop(joining);

    let folding = Stopwatch::start();
    let matched = contacts::Matched::gather(&suspects, &victims, &targets, &found.pairs)?;
    let encounters = matched.encounters(&suspects, &targets, &params, &zone)?;
    let folded = Stage {
        stage: "encounter".to_owned(),
        rows_in: matched.contact_count(),
        matched: Some(encounters.len() as u64),
        seconds: folding.seconds(),
        ..Stage::default()
    };

    let mut parameters = Parameters::new(&params, args.zone.as_ref().map(|z| z.name()), zone.name());
    parameters.suspect_devices.clone_from(&args.suspect_device);
    parameters.victim_devices.clone_from(&args.victim_device);
    let mut report = Report::new(parameters);
    report.not_near = elsewhere::not_near(&suspects, &targets, &encounters, &params, &zone)?;
    report.encounters = encounters;
    report.targets.places = args.place.iter().map(PlaceTarget::from).collect();
    report.targets.incidents = incidents.iter().map(|i| IncidentTarget::new(&i.incident, &zone)).collect();
    report.targets.victim_fixes = victims.len();
    report.targets.victim_devices = reader.devices(Role::Victim);
    report.rejects = Rejects {
        total: reader.exhibits.iter().map(|e| e.counts.rejects).sum(),
        listed: reader.rejects.iter().take(REJECTS_LISTED).map(RejectFound::from).collect(),
    };
    report.exhibits = reader.exhibits;
    if args.explain && matches!(args.output, Form::Text | Form::Json) {
        report.statistics =
            Some(Statistics { plan: found.plan, stages: vec![decoded, found.index, found.join, folded] });
    }
    Ok((report.settled(), reader.rejects))
}
