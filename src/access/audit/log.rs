//! Writing: one entry at a time, on the disk before it counts, by any number of processes.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::super::whole_file;
use super::bounded::bounded;
use super::files::LogFile;
use super::head::{Head, write_head};
use super::line::seal;
use super::settle::{Settled, settle};
use super::{AuditError, Entry, NewEntry};

/// A file of the log has about so many bytes; then the next begins.
pub const ROLL_BYTES: u64 = 64 << 20;

/// The log in a folder. It can be shared between threads; several processes may write to one folder.
#[derive(Debug)]
pub struct AuditLog {
    folder: PathBuf,
    roll_bytes: u64,
    /// Where the chain stood when we wrote last; `None` if that must be looked up.
    tail: Mutex<Option<Tail>>,
}

/// The end of the chain.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub(super) head: Head,
    /// The file to write to.
    pub(super) file: LogFile,
    /// How many bytes it has; 0 also if it is not there yet.
    pub(super) bytes: u64,
}

impl AuditLog {
    /// Opens the log in a folder, and makes the folder if it is not there. If the last line is torn it is kept aside in a
    /// file `torn-<n>`, and an entry says so.
    ///
    /// # Errors
    /// [`AuditError`] if the folder cannot be made or written to, or nothing says where the chain stands.
    pub fn open(folder: &Path, now_us: i64) -> Result<Self, AuditError> {
        Self::open_with(folder, now_us, ROLL_BYTES)
    }

    pub(super) fn open_with(folder: &Path, now_us: i64, roll_bytes: u64) -> Result<Self, AuditError> {
        whole_file::private_folder(folder).map_err(AuditError::io(folder))?;
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            // The folder's own name must be on the disk too.
            whole_file::sync_folder(above).map_err(AuditError::io(above))?;
        }
        let log = Self { folder: folder.to_owned(), roll_bytes, tail: Mutex::new(None) };
        log.write(now_us, &[])?;
        Ok(log)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes an entry, and returns where the chain stands then. When this returns, the entry is on the disk. `now_us` is
    /// the present, UTC microseconds. It blocks: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`AuditError`] if it could not be written: then it does not count, and what it is about must not happen.
    pub fn append(&self, now_us: i64, entry: &NewEntry) -> Result<Head, AuditError> {
        self.write(now_us, std::slice::from_ref(entry))
    }

    fn write(&self, now_us: i64, entries: &[NewEntry]) -> Result<Head, AuditError> {
        // A thread that panicked has left no tail, and the next looks for itself.
        let mut known = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let lock_path = self.folder.join("lock");
        let _lock = whole_file::lock(&lock_path).map_err(AuditError::io(&lock_path))?;
        // Until all is written nothing is known, so that after an error the next looks again.
        let (mut tail, says) = match known.take() {
            Some(tail) if self.is_still(&tail) => (tail, Vec::new()),
            _ => {
                let Settled { tail, says } = settle(&self.folder)?;
                (tail, says)
            }
        };
        for entry in says.iter().chain(entries) {
            tail = self.write_one(tail, now_us, entry)?;
        }
        let head = tail.head;
        *known = Some(tail);
        Ok(head)
    }

    /// Whether nobody else has written since. Who did has made our file longer, or begun the next.
    fn is_still(&self, tail: &Tail) -> bool {
        let bytes = std::fs::metadata(&tail.file.path).map_or(0, |m| m.len());
        let next = LogFile::of(&self.folder, tail.head.sequence.saturating_add(1));
        bytes == tail.bytes && (next == tail.file || !next.path.exists())
    }

    fn write_one(&self, tail: Tail, at_us: i64, entry: &NewEntry) -> Result<Tail, AuditError> {
        let NewEntry { account, role, client, kind, details } = bounded(entry);
        let sequence = tail.head.sequence.saturating_add(1);
        let previous = tail.head.hash.to_string();
        let entry = Entry { sequence, at_us, account, role, client, kind, details, previous };
        let (line, hash) = seal(&entry, tail.head.hash)?;
        let (file, bytes) = if tail.bytes >= self.roll_bytes {
            (LogFile::of(&self.folder, sequence), 0)
        } else {
            (tail.file, tail.bytes)
        };
        self.append_line(&file.path, bytes, &line).map_err(AuditError::io(&file.path))?;
        let head = Head { sequence, hash };
        write_head(&self.folder, head).map_err(AuditError::io(&super::head::head_path(&self.folder)))?;
        Ok(Tail { head, file, bytes: bytes + u64::try_from(line.len()).unwrap_or(0) })
    }

    fn append_line(&self, path: &Path, expected_bytes: u64, line: &[u8]) -> io::Result<()> {
        let is_new = !path.exists();
        let mut file = whole_file::private().create(true).append(true).open(path)?;
        if file.metadata()?.len() != expected_bytes {
            return Err(io::Error::other("its length is not what it was: somebody writes to it without the lock"));
        }
        file.write_all(line)?;
        file.sync_data()?;
        // Its name too must be on the disk before the entry counts.
        if is_new { whole_file::sync_folder(&self.folder) } else { Ok(()) }
    }
}
