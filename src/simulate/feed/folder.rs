//! Where a feed goes: a folder here, and any other destination behind the same door.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::decode::message::case_event_to_json;
use crate::model::Role;

use super::case_feed::CaseStory;
use super::feed_error::FeedError;
use super::params::FeedParams;
use super::record::{FeedBody, FeedFix, FeedItem};
use super::stamp::Stamp;
use super::truth::FeedTruth;

/// The payloads for the topic `fixes`, one a line, in the order of delivery.
pub const FIXES_FILE: &str = "fixes.ndjson";
/// The payloads for the topic `cases`, one a line, in the order of delivery.
pub const CASES_FILE: &str = "cases.ndjson";
/// The truth.
pub const TRUTH_FILE: &str = "truth.json";

const BUFFER_BYTES: usize = 1 << 20;

/// A destination of a feed: files, a broker, a counter.
pub trait FeedWriter {
    /// Takes a message.
    ///
    /// # Errors
    /// [`FeedError`] if it cannot be written; what was taken before may be.
    fn write(&mut self, item: &FeedItem) -> Result<(), FeedError>;

    /// Sees to it that everything taken has arrived.
    ///
    /// # Errors
    /// [`FeedError`] if it has not.
    fn finish(&mut self) -> Result<(), FeedError>;
}

/// Writes [`FIXES_FILE`] and [`CASES_FILE`] into a folder.
#[derive(Debug)]
pub struct FolderWriter {
    fixes: Lines,
    cases: Lines,
    stamp: Stamp,
}

impl FolderWriter {
    /// Makes the folder if it is missing, and no file in it.
    ///
    /// # Errors
    /// [`FeedError::Write`] if it cannot be made.
    pub fn create_folder(folder: &Path) -> Result<(), FeedError> {
        make_folder(folder)
    }

    /// Makes the folder if it is missing; files of the same names are replaced.
    ///
    /// # Errors
    /// [`FeedError::Write`] names what cannot be made.
    pub fn create(folder: &Path) -> Result<Self, FeedError> {
        make_folder(folder)?;
        let (fixes, cases) = (Lines::create(folder.join(FIXES_FILE))?, Lines::create(folder.join(CASES_FILE))?);
        Ok(Self { fixes, cases, stamp: Stamp::default() })
    }
}

impl FeedWriter for FolderWriter {
    fn write(&mut self, item: &FeedItem) -> Result<(), FeedError> {
        match &item.body {
            FeedBody::Fix(fix) => self.fixes.put(|line| fix.append_json(&item.case_id, &mut self.stamp, line)),
            FeedBody::Event(event) => {
                let json = case_event_to_json(event);
                self.cases.put(|line| line.extend_from_slice(json.as_bytes()))
            }
        }
    }

    fn finish(&mut self) -> Result<(), FeedError> {
        self.fixes.flush()?;
        self.cases.flush()
    }
}

/// A file of lines.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
    line: Vec<u8>,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self, FeedError> {
        match File::create(&path) {
            Ok(file) => Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, file), path, line: Vec::new() }),
            Err(source) => Err(FeedError::Write { path, source }),
        }
    }

    fn put(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> Result<(), FeedError> {
        self.line.clear();
        append(&mut self.line);
        self.line.push(b'\n');
        self.file.write_all(&self.line).map_err(|source| FeedError::Write { path: self.path.clone(), source })
    }

    fn flush(&mut self) -> Result<(), FeedError> {
        self.file.flush().map_err(|source| FeedError::Write { path: self.path.clone(), source })
    }
}

fn make_folder(path: &Path) -> Result<(), FeedError> {
    fs::create_dir_all(path).map_err(|source| FeedError::Write { path: path.to_owned(), source })
}

/// Writes the truth into a folder.
///
/// # Errors
/// [`FeedError::Write`] if that is not possible.
pub fn write_truth(truth: &FeedTruth, folder: &Path) -> Result<(), FeedError> {
    make_folder(folder)?;
    let path = folder.join(TRUTH_FILE);
    let mut bytes = serde_json::to_vec_pretty(truth)?;
    bytes.push(b'\n');
    fs::write(&path, bytes).map_err(|source| FeedError::Write { path, source })
}

/// Writes what each device recorded as a returned file, `<case>/<role>-<device>.ndjson`: every record once, in the order
/// of time. `progress` is told of each record.
///
/// # Errors
/// [`FeedError`] if the parameters cannot be used or a file cannot be written.
pub fn write_returned(params: &FeedParams, folder: &Path, progress: &dyn Fn(u64)) -> Result<(), FeedError> {
    let mut stamp = Stamp::default();
    for case in (0..params.cases).filter_map(|n| usize::try_from(n).ok()) {
        let story = CaseStory::tell(params, case)?;
        let inner = folder.join(&*story.case_id);
        make_folder(&inner)?;
        for (i, device) in story.devices.iter().enumerate() {
            let role = if device.role == Role::Victim { "victim" } else { "suspect" };
            let Some(records) = story.sampler(params, i) else { continue };
            let mut file = Lines::create(inner.join(format!("{role}-{}.ndjson", device.id)))?;
            let mut written = 0;
            for observed in records {
                let fix = FeedFix::new(device.id.as_str().into(), i, &observed, false);
                file.put(|line| fix.append_json(&story.case_id, &mut stamp, line))?;
                written += 1;
            }
            file.flush()?;
            progress(written);
        }
    }
    Ok(())
}
