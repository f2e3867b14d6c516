//! `locard import`: returned files into a case, by the same path as the stream.
//!
//! ```text
//!  file ─> exhibits/<sha256> ─> row of `exhibits` ─> decode ─┬─ fixes ──────────> payloads ──┐
//!                                                            ├─ incidents ─> case events ────┼─> worker ─> tables
//!                               who it is about ─────────────┼──────────────> case events ───┘   or topics
//!                                                            └─ rejects ─> table `rejects`
//!                                          all of it stored? ─> row of `exhibits`: finished
//! ```
//! Every step can be done again: the file has one name, records have theirs by content, statements by the exhibit they
//! come from, and rejects are committed under the name of the import. So an import that was cut off is given again, and
//! one that is given again adds nothing.

mod args;
mod changes;
mod error;
mod ledger;
mod payload;
mod read;
mod statement;
mod summary;
mod way;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::decode::{ExhibitOptions, Format};
use crate::model::CaseState;
use crate::store::{Options, Store};
use crate::stream::stored_events;
use crate::time::Clock;

use super::check::{device_of, is_file, profile};
use super::{DEFAULT_DATA, Progress, parse_data};

pub use args::ImportArgs;
pub use error::ImportError;

use ledger::{Begun, Import};
use read::{FileRead, Job};
use summary::FileDone;
use way::Way;

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All input was used.
    Complete,
    /// Some input could not be used, for these reasons.
    Partial(Vec<String>),
}

/// How often an import begins again when another one is writing to the same store.
const ATTEMPTS: u32 = 50;

/// Imports the files and places, and says to `out` what came of it.
///
/// A file that cannot be read does not stop the others.
///
/// # Errors
/// [`ImportError`] if the arguments do not fit, a file is missing, or the store or the brokers fail.
pub async fn run(
    args: &ImportArgs,
    clock: Arc<dyn Clock>,
    progress: Progress,
    out: &mut (dyn Write + Send),
) -> Result<Outcome, ImportError> {
    args.validate()?;
    args.files.iter().try_for_each(|file| is_file(file))?;
    let data = parse_data(args.data.as_deref().unwrap_or(DEFAULT_DATA)).map_err(ImportError::Usage)?;
    let options = Options { clock: Arc::clone(&clock), ..Options::default() };
    let store = Arc::new(Store::open(&data, options).await?);
    let mut session = Session { args, clock, progress, store, way: None, faults: Vec::new() };
    let before = changes::encounters(&session.store, &args.case).await?;
    session.places(out).await?;
    for file in &args.files {
        session.file(file, out).await?;
    }
    if let Some(way) = session.way.take() {
        way.close().await?;
    }
    if args.kafka.is_none() {
        let after = changes::encounters(&session.store, &args.case).await?;
        summary::changes(&args.case, &changes::between(&before, &after), out)?;
    }
    out.flush()?;
    let faults = session.faults;
    Ok(if faults.is_empty() { Outcome::Complete } else { Outcome::Partial(faults) })
}

/// What the files of one import share.
struct Session<'a> {
    args: &'a ImportArgs,
    clock: Arc<dyn Clock>,
    progress: Progress,
    store: Arc<Store>,
    /// The way to the tables, once one was needed.
    way: Option<Way>,
    faults: Vec<String>,
}

impl Session<'_> {
    async fn way(&mut self) -> Result<Way, ImportError> {
        match self.way.take() {
            Some(way) => Ok(way),
            None => Way::open(self.args, &self.store, &self.clock).await,
        }
    }

    /// What has been said about the case, and the names of the statements.
    async fn said(&self) -> Result<(CaseState, BTreeSet<String>), ImportError> {
        let (mut state, mut ids) = (CaseState::default(), BTreeSet::new());
        for event in stored_events(&self.store, &self.args.case).await? {
            state.apply(&event);
            ids.insert(event.event_id);
        }
        Ok((state, ids))
    }

    /// States the places of `--place` that are not stated yet.
    async fn places(&mut self, out: &mut (dyn Write + Send)) -> Result<(), ImportError> {
        if self.args.place.is_empty() {
            return Ok(());
        }
        let mut attempt = 0;
        loop {
            let (state, _) = self.said().await?;
            let speaker = self.args.speaker(self.clock.now_us(), "");
            let mut events = speaker.opened(&state).into_iter().collect::<Vec<_>>();
            events.extend(self.args.place.iter().filter_map(|place| speaker.place(place, &state)));
            let way = self.way().await?;
            let (case, clock) = (self.args.case.clone(), Arc::clone(&self.clock));
            let stated = events.len();
            match read::state(way, case, events, clock).await {
                Ok(way) => {
                    self.way = Some(way);
                    return summary::places(&self.args.place, stated, out).map_err(Into::into);
                }
                Err(error) => again(error, &mut attempt).await?,
            }
        }
    }

    async fn file(&mut self, path: &Path, out: &mut (dyn Write + Send)) -> Result<(), ImportError> {
        let mut attempt = 0;
        loop {
            match self.file_once(path).await {
                Ok(done) => {
                    self.faults.extend(done.faults.clone());
                    return summary::file(&done, self.args.kafka.is_some(), out).map_err(Into::into);
                }
                Err(error) if error.is_of_file() => {
                    // What is unreadable today is an exhibit all the same, and stays one.
                    self.faults.push(error.to_string());
                    return summary::unread(path, &error, out).map_err(Into::into);
                }
                Err(error) => again(error, &mut attempt).await?,
            }
        }
    }

    async fn file_once(&mut self, path: &Path) -> Result<FileDone, ImportError> {
        let stored = self.store.store_exhibit(path).await?;
        let asked = self.args.asked(profile)?;
        let default_device = device_of(path, &self.args.files);
        let import = Import { case_id: &self.args.case, stored: &stored, asked: &asked, default_device };
        let begun = ledger::begin(&self.store, &import, self.clock.now_us()).await?;
        if begun.finished {
            return Ok(FileDone::already(&stored));
        }
        let (state, known) = self.said().await?;
        let job = Job {
            path: path.to_owned(),
            sha256: stored.exhibit.sha256.to_string(),
            options: self.exhibit_options(&begun)?,
            speaker: self.args.speaker(begun.imported_us, stored.exhibit.sha256.as_str()),
            device: self.args.device.clone(),
            state,
            known,
            now_us: self.clock.now_us(),
            progress: self.progress,
        };
        let way = self.way().await?;
        let before = way.new_fixes();
        let (mut way, read) = read::file(way, job).await?;
        way.settle().await?;
        let new = way.new_fixes().zip(before).map(|(after, before)| after - before);
        self.way = Some(way);
        self.finish(&import, &begun, read, new).await
    }

    async fn finish(
        &self,
        import: &Import<'_>,
        begun: &Begun,
        read: FileRead,
        new: Option<u64>,
    ) -> Result<FileDone, ImportError> {
        ledger::store_rejects(&self.store, import, begun, &read.rejects).await?;
        let done = FileDone::of(import, begun, &read, new);
        // An import with a fault is read again when it is given again, and says the fault again.
        if done.faults.is_empty() {
            ledger::finish(&self.store, import, begun).await?;
        }
        Ok(done)
    }

    fn exhibit_options(&self, begun: &Begun) -> Result<ExhibitOptions, ImportError> {
        // As of the first time, so that a later one decides alike which records are from the future.
        let mut options = ExhibitOptions::new(begun.imported_us);
        options.format = self.args.format;
        options.decode.zone.clone_from(&self.args.zone);
        options.decode.device = Some(begun.device.clone());
        options.only_devices = self.args.device.clone().into_iter().collect();
        options.authorities = Arc::new(self.args.authorities());
        options.rejects_kept = usize::MAX;
        if let Some(name) = &self.args.profile {
            options.decode.profile = Some(Arc::new(profile(name)?));
            options.format = Some(Format::Csv);
        }
        Ok(options)
    }
}

/// Waits a little if another import was faster; any other error is the end.
async fn again(error: ImportError, attempt: &mut u32) -> Result<(), ImportError> {
    *attempt += 1;
    if !error.is_contended() || *attempt > ATTEMPTS {
        return Err(error);
    }
    // Not in step with the other.
    let wait_ms = 20 + rand::random::<u64>() % (50 * u64::from(*attempt));
    tokio::time::sleep(std::time::Duration::from_millis(wait_ms)).await;
    Ok(())
}
