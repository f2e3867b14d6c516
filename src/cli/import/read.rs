//! Reading a file into messages: fixes as they are decoded, then what is stated about the case.
//!
//! Statements come last: before the file is read nobody knows which devices it names, and a case is matched once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use crate::cli::Progress;
use crate::decode::message::{CaseEventFault, ContentType, case_event, case_event_to_json};
use crate::decode::{DecodeError, ExhibitOptions, ExhibitReport, FixView, decode_exhibit};
use crate::model::{CaseChange, CaseEvent, CaseState, Reject, StatedTarget};
use crate::source::Topic;
use crate::source::kafka::KafkaError;
use crate::time::Clock;

use super::ImportError;
use super::payload::payloads;
use super::statement::Speaker;
use super::way::{Way, waiting};

/// What is to be read, and what is known.
pub(super) struct Job {
    pub(super) path: PathBuf,
    /// SHA-256 of the file as it was stored.
    pub(super) sha256: String,
    pub(super) options: ExhibitOptions,
    pub(super) speaker: Speaker,
    /// The one device that was asked for.
    pub(super) device: Option<String>,
    /// What has been said about the case, and the names of the statements.
    pub(super) state: CaseState,
    pub(super) known: BTreeSet<String>,
    /// UTC microseconds.
    pub(super) now_us: i64,
    pub(super) progress: Progress,
}

/// What came of a file.
#[derive(Debug)]
pub(super) struct FileRead {
    pub(super) report: ExhibitReport,
    /// All rejects: the file's, and incidents that cannot be stated.
    pub(super) rejects: Vec<Reject>,
    /// Statements made.
    pub(super) stated: u64,
}

/// Reads a file and posts what is in it; the way comes back with it.
///
/// # Errors
/// [`ImportError`] if the file cannot be read, or the way is closed.
pub(super) async fn file(way: Way, job: Job) -> Result<(Way, FileRead), ImportError> {
    let (mut way, read) = waiting(move || {
        let mut way = way;
        let read = read(&mut way, &job);
        (way, read)
    })
    .await?;
    match read {
        Ok(read) => Ok((way, read)),
        // The worker has ended, and says why.
        Err(ImportError::Contended) => Err(way.settle().await.err().unwrap_or(ImportError::Contended)),
        Err(error) => {
            // What was posted is stored, so that the next file does not find it half done.
            way.close().await?;
            Err(error)
        }
    }
}

/// Posts statements alone.
///
/// # Errors
/// As [`file()`].
pub(super) async fn state(
    way: Way,
    case_id: String,
    events: Vec<CaseEvent>,
    clock: Arc<dyn Clock>,
) -> Result<Way, ImportError> {
    let (mut way, posted) = waiting(move || {
        let mut way = way;
        let posted = events.iter().try_for_each(|event| post_event(&mut way, &case_id, event, clock.now_us()));
        (way, posted)
    })
    .await?;
    match posted {
        Ok(()) | Err(ImportError::Contended) => way.settle().await.map(|()| way),
        Err(error) => Err(error),
    }
}

fn post_event(way: &mut Way, case_id: &str, event: &CaseEvent, now_us: i64) -> Result<(), ImportError> {
    let text = case_event_to_json(event);
    case_event(text.as_bytes(), now_us).map_err(|fault| ImportError::Usage(fault.to_string()))?;
    posted(way.post(Topic::Cases, case_id, ContentType::Json, text.as_bytes()))
}

fn posted(done: Result<bool, KafkaError>) -> Result<(), ImportError> {
    if done? { Ok(()) } else { Err(ImportError::Contended) }
}

fn read(way: &mut Way, job: &Job) -> Result<FileRead, ImportError> {
    let name =
        job.path.file_name().map_or_else(|| job.path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let bar = job.progress.file(&name, std::fs::metadata(&job.path).map_or(0, |m| m.len().saturating_mul(2)));
    let progress = |done: u64, _total: u64| bar.advance(done.saturating_sub(bar.done()));
    // The decoder's own error has no room for these.
    let mut failed: Option<ImportError> = None;
    let mut on_batch = |batch: RecordBatch| {
        post_fixes(way, &job.speaker.case_id, &job.sha256, &batch).map_err(|error| {
            let detail = error.to_string();
            failed = Some(error);
            DecodeError::Sink { file: name.clone(), detail }
        })
    };
    let decoded = decode_exhibit(&job.path, &job.options, &progress, &mut on_batch);
    let mut report = match (failed, decoded) {
        (Some(error), _) => return Err(error),
        (None, decoded) => decoded?,
    };
    if report.exhibit.sha256.as_str() != job.sha256 {
        return Err(ImportError::Changed { file: name });
    }
    let mut rejects = std::mem::take(&mut report.rejects);
    let stated = post_statements(way, job, &report, &mut rejects)?;
    Ok(FileRead { report, rejects, stated })
}

/// Posts what the file gives rise to say; what cannot be said is a reject. Gives how many statements were made.
fn post_statements(
    way: &mut Way,
    job: &Job,
    report: &ExhibitReport,
    rejects: &mut Vec<Reject>,
) -> Result<u64, ImportError> {
    let mut stated = 0;
    for event in statements(job, report) {
        let text = case_event_to_json(&event);
        if let Err(fault) = case_event(text.as_bytes(), job.now_us) {
            rejects.push(unstated(report, &event, fault));
            continue;
        }
        posted(way.post(Topic::Cases, &job.speaker.case_id, ContentType::Json, text.as_bytes()))?;
        stated += 1;
    }
    Ok(stated)
}

fn post_fixes(way: &mut Way, case: &str, sha256: &str, batch: &RecordBatch) -> Result<(), ImportError> {
    let view = FixView::new(batch).map_err(|e| ImportError::Defect(e.to_string()))?;
    if !view.is_empty() && view.exhibit.word(0) != sha256 {
        return Err(ImportError::Changed { file: view.file.word(0).to_owned() });
    }
    for payload in payloads(batch)? {
        posted(way.post(Topic::Fixes, case, ContentType::ArrowStream, &payload))?;
    }
    Ok(())
}

/// What the file gives rise to say, without what was said.
fn statements(job: &Job, report: &ExhibitReport) -> Vec<CaseEvent> {
    let (speaker, state) = (&job.speaker, &job.state);
    let asked = |device: &&String| job.device.as_ref().is_none_or(|only| only == *device);
    let devices = report.devices.keys().filter(asked);
    let attributed = devices.filter_map(|device| speaker.attributed(device, state));
    let incidents = report.incidents.iter().filter_map(|incident| speaker.incident(incident, state));
    let events = speaker.opened(state).into_iter().chain(attributed).chain(incidents);
    events.filter(|event| !job.known.contains(&event.event_id)).collect()
}

/// An incident, or a device's name, that cannot be stated: it stands among the rejects.
fn unstated(report: &ExhibitReport, event: &CaseEvent, fault: CaseEventFault) -> Reject {
    let row = match &event.change {
        CaseChange::TargetAdded { target: StatedTarget::Incident(i), .. } => i.row,
        _ => 0,
    };
    let (file, exhibit) = (report.exhibit.name.clone(), report.exhibit.sha256.to_string());
    let CaseEventFault { field, value, reason } = fault;
    Reject { file, exhibit, row, path: String::new(), field, value, reason }
}
