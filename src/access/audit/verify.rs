//! Reads a whole log and says whether it is as it was written.

use std::fs;
use std::io;
use std::path::Path;

use super::chain::{Chain, Passing};
use super::files::{LogFile, each_line, log_files};
use super::head::{Stated, read_head};
use super::line::{Link, read_entry};
use super::{AuditError, ChainHash, Fault, Head, Kind, Wrong};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Lines that were read.
    pub lines: u64,
    /// Files that were read.
    pub files: usize,
    /// Where the chain stands.
    pub head: Head,
    /// The number of the entry whose hash was written down elsewhere, if one was given and the chain goes through it.
    pub witnessed: Option<u64>,
    /// What is wrong, in the order it was found; none if nothing is.
    pub faults: Vec<Fault>,
}

/// Reads the log in a folder from its first line to its last, without holding it in memory.
///
/// `expect` is the hash of an entry as it was written down elsewhere: the chain must go through it. Writers are not held up:
/// what is written meanwhile is not looked at.
///
/// # Errors
/// [`AuditError::Io`] if a file cannot be read. A broken log is no error, but a result.
pub fn verify(folder: &Path, expect: Option<ChainHash>) -> Result<Verified, AuditError> {
    let Extent { files, stated } = Extent::of(folder)?;
    let mut reading = Reading::new(&stated, expect);
    let last = files.len().checked_sub(1);
    for (i, (file, bytes)) in files.iter().enumerate() {
        reading.file(file, *bytes, Some(i) == last)?;
    }
    Ok(reading.ended(&stated, files.len()))
}

/// Where the chain stands by its head, and when there is none by nothing: what to write down elsewhere.
///
/// # Errors
/// [`AuditError::Io`] if the head cannot be read; [`AuditError::NoTail`] if it does not hold one.
pub fn head_of(folder: &Path) -> Result<Head, AuditError> {
    let path = super::head::head_path(folder);
    match read_head(folder).map_err(AuditError::io(&path))? {
        Stated::Nothing => Ok(Head::NONE),
        Stated::Head(head) => Ok(head),
        Stated::Nonsense => Err(AuditError::NoTail { path }),
    }
}

/// What there is to read, at one moment.
struct Extent {
    files: Vec<(LogFile, u64)>,
    stated: Stated,
}

impl Extent {
    /// Takes the writers' lock for a moment, so that no line is seen half written. A copy may have no lock, and no writer.
    fn of(folder: &Path) -> Result<Self, AuditError> {
        let path = folder.join("lock");
        let lock = match fs::File::open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened.map_err(AuditError::io(&path))?),
        };
        if let Some(lock) = &lock {
            lock.lock_shared().map_err(AuditError::io(&path))?;
        }
        let mut files = Vec::new();
        for file in log_files(folder).map_err(AuditError::io(folder))? {
            let bytes = fs::metadata(&file.path).map_err(AuditError::io(&file.path))?.len();
            files.push((file, bytes));
        }
        let stated = read_head(folder).map_err(AuditError::io(folder))?;
        Ok(Self { files, stated })
    }
}

struct Reading {
    chain: Chain,
    /// The head's file, looked for in the chain.
    stated: Option<Passing>,
    expect: Option<ChainHash>,
    witnessed: Option<u64>,
    /// Where the next line would stand: the file's name, and the line.
    end: (String, u64),
    /// A last line without its newline.
    torn: bool,
}

impl Reading {
    fn new(stated: &Stated, expect: Option<ChainHash>) -> Self {
        let stated = match stated {
            Stated::Head(head) => Some(Passing { head: *head, seen: None }),
            Stated::Nothing | Stated::Nonsense => None,
        };
        let end = ("head".to_owned(), 1);
        Self { chain: Chain::new(), stated, expect, witnessed: None, end, torn: false }
    }

    fn file(&mut self, file: &LogFile, bytes: u64, is_last: bool) -> Result<(), AuditError> {
        let name = file.name();
        self.end = (name.clone(), 1);
        each_line::<io::Error>(&file.path, bytes, |line| {
            if !line.whole && is_last {
                // Whether it counted as written is known when the head has been looked at.
                self.torn = true;
                return Ok(());
            }
            let faults = self.chain.fault_count();
            let link = self.chain.take(&name, line.number, line.bytes, line.whole);
            self.end.1 = line.number + 1;
            if let Some(link) = link {
                self.sound(&name, line.number, line.bytes, &link);
                if line.number == 1 && link.sequence != file.first && faults == self.chain.fault_count() {
                    self.chain.fault(&name, 1, Wrong::Misnamed);
                }
            }
            Ok(())
        })
        .map_err(AuditError::io(&file.path))
    }

    fn sound(&mut self, file: &str, number: u64, bytes: &[u8], link: &Link) {
        if let Some(stated) = &mut self.stated {
            stated.look(link);
        }
        if self.expect == Some(link.hash) {
            self.witnessed = Some(link.sequence);
        }
        let said = read_entry(bytes).filter(|e| e.kind == Kind::Broken).and_then(|e| e.details.fault);
        if let Some(said) = said {
            self.chain.fault(file, number, Wrong::Said(said));
        }
    }

    fn ended(mut self, stated: &Stated, files: usize) -> Verified {
        let (head, next, sound) = (self.chain.last(), self.chain.expected(), self.chain.is_sound());
        let (file, line) = (self.end.0.clone(), self.end.1);
        match self.stated.take() {
            Some(Passing { head: to, .. }) if to.sequence >= next => {
                self.chain.fault(&file, line, Wrong::Cut { from: next, to: to.sequence });
            }
            Some(Passing { head: to, seen }) => {
                if seen.is_some_and(|seen| seen != to.hash) || to.sequence == 0 && to != Head::NONE {
                    self.chain.fault("head", 1, Wrong::Head("the head names another entry than the chain holds"));
                }
                if self.torn {
                    self.chain.fault(&file, line, Wrong::Torn);
                }
            }
            None => self.without_head(stated, &file, line, next),
        }
        if self.expect.is_some() && self.witnessed.is_none() {
            self.chain.fault(&file, line, Wrong::NotWitnessed);
        }
        let witnessed = self.witnessed;
        let (lines, faults) = self.chain.ended();
        debug_assert!(sound || !faults.is_empty(), "an unsound line is a fault");
        Verified { lines, files, head, witnessed, faults }
    }

    fn without_head(&mut self, stated: &Stated, file: &str, line: u64, next: u64) {
        if self.torn {
            self.chain.fault(file, line, Wrong::Torn);
        }
        match stated {
            Stated::Nonsense => self.chain.fault("head", 1, Wrong::Head("the head cannot be read")),
            // A crash between the very first entry and its head is no sign of anything.
            _ if next > 2 => self.chain.fault("head", 1, Wrong::Head("the head is missing")),
            _ => {}
        }
    }
}
