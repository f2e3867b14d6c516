//! `locard evaluate`: returned files in, findings out.
//!
//! ```text
//!  the files of `check` ─> read ─> FixStores ─> gather ─┐
//!                                                        ├─> Case ─> evaluate ─> findings ─> Evaluation
//!  a case of a store ─> session ─> of_store ─────────────┘
//! ```
//! Files are read as `check` reads them, with the same account of every row; a stored case as it stands at the last
//! commit. The whole case is held in memory: a finding looks at all of it.

mod args;
mod gather;
mod of_store;
mod quarantine;

use std::io::Write;
use std::path::Path;

use crate::evaluate::pattern::{TimelineRow, timeline_svg};
use crate::evaluate::{Case, evaluate_in_time};
use crate::sink::report::{IncidentTarget, OnAxis, PlaceTarget, RejectFound, Rejects, Role};
use crate::sink::{Evaluation, Report, write_evaluation};
use crate::time::Clock;

use super::Progress;
use super::check::{CheckError, Outcome, Reader, drawing, faults, inputs, parameters, written};

pub use args::{EvaluateArgs, moved_in};

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
    let (mut found, faults) = match &args.stored {
        Some(case) => (of_store::findings(args, case).await?, Vec::new()),
        None => findings(args, clock, progress)?,
    };
    if let Some(folder) = &args.plots {
        found.plots = plots(folder, &found.timeline)?;
    }
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

    let alleged = incidents.iter().map(|i| &i.incident);
    let case = gather::case(args, params, (&suspects, &victims), alleged, std::mem::take(&mut reader.outside))?;

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
    Ok((evaluation(args, &case, report), faults))
}

/// Evaluates a case: `report` is what there is around its findings.
fn evaluation(args: &EvaluateArgs, case: &Case, report: Report) -> Evaluation {
    let settings = args.settings();
    let (found, timeline) = evaluate_in_time(case, &settings);
    let zone = args.case.shown_zone();
    let mut evaluation = Evaluation::new(report, found);
    evaluation.timeline = timeline.into_iter().map(|row| OnAxis::new(row, &zone)).collect();
    evaluation
}

/// The size of the drawing of the timeline, pixels: a page's width.
const TIMELINE_PX: (u32, u32) = (1_000, 320);

/// Draws the timeline into a folder; the files written.
fn plots(folder: &Path, timeline: &[OnAxis]) -> Result<Vec<String>, CheckError> {
    let rows: Vec<TimelineRow> = timeline.iter().map(|row| row.row.clone()).collect();
    let svg = timeline_svg(&rows, TIMELINE_PX).map_err(|e| CheckError::Draw(e.to_string()))?;
    Ok(vec![drawing(folder, "timeline.svg", &svg)?])
}
