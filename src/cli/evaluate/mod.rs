//! `locard evaluate`: returned files in, findings out.
//!
//! ```text
//!  the files of `check` ─> read ─> FixStores ─> gather ─┐
//!                                                        ├─> Case ─> evaluate ─> findings ─> Evaluation
//!  a case of a store ─> session ─> stored ───────────────┘
//! ```
//! Files are read as `check` reads them, with the same account of every row; a stored case as it stands at the last commit. The whole case is held in memory: a finding
//! looks at all of it.

mod args;
mod gather;
mod stored;

use std::io::Write;

use crate::evaluate::evaluate;
use crate::sink::report::{IncidentTarget, PlaceTarget, RejectFound, Rejects, Role};
use crate::sink::{Evaluation, Report, write_evaluation};
use crate::time::Clock;

use super::Progress;
use super::check::{CheckError, Outcome, Reader, faults, inputs, parameters, written};

pub use args::{EvaluateArgs, moved_in};
pub(super) use gather::allegations;

/// Reads the files, evaluates the case and writes the findings to `out` (or to `--out`).
///
/// # Errors
/// [`CheckError`] if the arguments do not fit, a file is missing, no file of a role can be read, or the findings cannot be
/// written.
pub async fn run(
    args: &EvaluateArgs,
    clock: &dyn Clock,
    progress: Progress,
    out: &mut (dyn Write + Send),
) -> Result<Outcome, CheckError> {
    args.validate()?;
    inputs::outputs_fit(&args.case, args.out.as_deref())?;
    inputs::all_are_files(&args.case)?;
    let (found, faults) = match &args.stored {
        Some(case) => (stored::findings(args, case).await?, Vec::new()),
        None => findings(args, clock, progress)?,
    };
    let zone = args.case.shown_zone();
    written(args.out.as_deref(), out, |out| write_evaluation(args.output, &found, &zone, out))?;
    Ok(Outcome::of(faults))
}

/// Reads the files and evaluates the case: the findings that [`run`] writes, and what could not be used.
///
/// # Errors
/// [`CheckError`] as for [`run`].
pub fn findings(
    args: &EvaluateArgs,
    clock: &dyn Clock,
    progress: Progress,
) -> Result<(Evaluation, Vec<String>), CheckError> {
    let files = &args.case;
    let params = files.params()?;
    let zone = files.shown_zone();
    let mut reader = Reader::new(files, clock.now_us(), progress, files.rejects.as_deref())?;
    let suspects = reader.fixes(Role::Suspect, &files.suspect, &files.suspect_device)?;
    let victims = reader.fixes(Role::Victim, &files.victim, &files.victim_device)?;
    let incidents = files.incidents.as_deref().map(|path| reader.incidents(path)).transpose()?.unwrap_or_default();
    reader.finish_rejects()?;

    let case = gather::case(args, params, (&suspects, &victims), incidents.iter().map(|i| &i.incident))?;
    let found = evaluate(&case, &args.settings());

    let mut report = Report::new(parameters(files, &params));
    report.targets.places = files.place.iter().map(PlaceTarget::from).collect();
    report.targets.incidents = incidents.iter().map(|i| IncidentTarget::new(&i.incident, &zone)).collect();
    report.targets.victim_fixes = victims.len();
    report.targets.victim_devices = reader.devices(Role::Victim);
    report.rejects = Rejects {
        total: reader.exhibits.iter().map(|e| e.counts.rejects).sum(),
        listed: reader.rejects.iter().map(RejectFound::from).collect(),
    };
    report.exhibits = reader.exhibits;
    let faults = faults(&report);
    Ok((Evaluation::new(report, found), faults))
}
