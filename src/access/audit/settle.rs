//! Finds where a chain stands, after a crash too, and what must be said of it.
//!
//! ```text
//!  last line without newline        ──> kept aside as torn-<n>, cut off the log, said
//!  head is further than the chain   ──> the tail was cut off: said, and the chain goes on from what is there
//! ```

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::super::whole_file;
use super::files::{LogFile, log_files, torn_files, torn_name};
use super::head::{Head, Stated, read_head};
use super::line::{read_entry, read_link};
use super::log::Tail;
use super::{AuditError, ChainHash, Details, Kind, NewEntry};

/// Where the chain stands, and the entries that say what was found.
pub(super) struct Settled {
    pub(super) tail: Tail,
    pub(super) says: Vec<NewEntry>,
}

/// Looks at the end of the chain. The caller holds the lock.
pub(super) fn settle(folder: &Path) -> Result<Settled, AuditError> {
    let stated = read_head(folder).map_err(AuditError::io(folder))?;
    let files = log_files(folder).map_err(AuditError::io(folder))?;
    let mut says = Vec::new();
    let mut end = None;
    // A file without a whole line is what a crash leaves of the moment when it was begun.
    for file in files.iter().rev() {
        let last = last_lines(&file.path).map_err(AuditError::io(&file.path))?;
        let last = set_aside(folder, file, last, &stated)?;
        if let Some(line) = &last.line {
            end = Some((file.clone(), last.until, head_in(line, &stated, file, &mut says)?));
            break;
        }
    }
    let head = end.as_ref().map_or(Head::NONE, |(_, _, head)| *head);
    says.extend(head_fault(head, &stated).map(|fault| broken(fault, None)));
    let next = head.sequence.saturating_add(1);
    for file in torn_files(folder, next).map_err(AuditError::io(folder))? {
        says.push(torn(file));
    }
    // An empty last file is written to if it has the right name; another one is left for `verify` to name.
    let fresh = LogFile::of(folder, next);
    let (file, bytes) = match end {
        Some((file, bytes, _)) if files.last() == Some(&file) => (file, bytes),
        _ => (fresh, 0),
    };
    Ok(Settled { tail: Tail { head, file, bytes }, says })
}

/// The end of a file.
struct Last {
    /// The line before the last whole one.
    before: Option<Vec<u8>>,
    /// The last whole line, without its newline.
    line: Option<Vec<u8>>,
    /// Where the whole lines end, bytes.
    until: u64,
    /// What comes after it.
    torn: Vec<u8>,
}

/// Reads a file's end: from the back, in pieces that double until two lines are in it.
fn last_lines(path: &Path) -> io::Result<Last> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let mut wanted = 1 << 16;
    loop {
        let from = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&file).take(length - from).read_to_end(&mut bytes)?;
        if from == 0 || bytes.split(|b| *b == b'\n').nth(3).is_some() {
            return Ok(split(bytes, length));
        }
        wanted *= 2;
    }
}

fn split(mut bytes: Vec<u8>, length: u64) -> Last {
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let torn = bytes.split_off(whole);
    let until = length - u64::try_from(torn.len()).unwrap_or(0);
    bytes.pop();
    let mut lines = bytes.rsplit(|b| *b == b'\n').map(<[u8]>::to_vec);
    let line = lines.next().filter(|_| whole > 0);
    Last { before: lines.next(), line, until, torn }
}

/// Keeps aside what was not written to its end: what comes after the last newline, and a last line that is not whole
/// inside though a newline ends it, if the head shows that it had not counted as written.
fn set_aside(folder: &Path, file: &LogFile, mut last: Last, stated: &Stated) -> Result<Last, AuditError> {
    let unsound = last.line.as_ref().is_some_and(|line| read_link(line).is_none());
    let before = last.before.as_ref().map_or(Some(Head::NONE), |line| read_link(line).map(|l| head_at(&l)));
    let counted = match (stated, before) {
        (Stated::Head(head), Some(before)) => *head != before,
        (Stated::Nothing, Some(before)) => before != Head::NONE,
        _ => true,
    };
    if unsound && !counted && last.torn.is_empty() {
        let line = last.line.take().unwrap_or_default();
        last.until -= u64::try_from(line.len()).unwrap_or(0) + 1;
        last.torn = line;
        last.line = last.before.take();
    }
    if !last.torn.is_empty() {
        let place = last.line.as_ref().and_then(|line| read_link(line)).map(|l| l.sequence);
        let next = place.map_or(file.first, |sequence| sequence.saturating_add(1));
        keep(folder, next, &last.torn).map_err(AuditError::io(folder))?;
        let path = &file.path;
        let log = whole_file::private().write(true).open(path).map_err(AuditError::io(path))?;
        log.set_len(last.until).and_then(|()| log.sync_all()).map_err(AuditError::io(path))?;
        last.torn.clear();
    }
    Ok(last)
}

/// Writes a file for a torn line, under the first name that is free.
fn keep(folder: &Path, sequence: u64, torn: &[u8]) -> io::Result<()> {
    for nth in 0..u32::MAX {
        match whole_file::private().create_new(true).write(true).open(folder.join(torn_name(sequence, nth))) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            opened => {
                let mut file = opened?;
                file.write_all(torn)?;
                file.sync_all()?;
                return whole_file::sync_folder(folder);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Where the chain stands by its last line. If that line was changed, what it says of itself is taken, or else the head,
/// so that the log can go on; and that is said.
fn head_in(line: &[u8], stated: &Stated, file: &LogFile, says: &mut Vec<NewEntry>) -> Result<Head, AuditError> {
    if let Some(link) = read_link(line) {
        return Ok(head_at(&link));
    }
    says.push(broken("the line before it was not what had been written", Some(file.name())));
    match stated {
        Stated::Head(head) => Ok(*head),
        _ => stated_in(line).ok_or_else(|| AuditError::NoTail { path: file.path.clone() }),
    }
}

fn stated_in(line: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(line).ok()?;
    let hash: ChainHash = text.strip_suffix("\"}")?.rsplit_once('"')?.1.parse().ok()?;
    Some(Head { sequence: read_entry(line)?.sequence, hash })
}

fn head_at(link: &super::line::Link) -> Head {
    Head { sequence: link.sequence, hash: link.hash }
}

/// What the head shows to be wrong. A head that is behind is what a crash leaves.
fn head_fault(found: Head, stated: &Stated) -> Option<String> {
    match stated {
        Stated::Head(head) if head.sequence > found.sequence => Some(format!(
            "entries {} to {} were missing at the end: the head stood at {} {}",
            found.sequence + 1,
            head.sequence,
            head.sequence,
            head.hash
        )),
        Stated::Head(head) if head.sequence == found.sequence && head.hash != found.hash => {
            Some(format!("the head named another entry {}: {}", head.sequence, head.hash))
        }
        Stated::Nonsense => Some("the head could not be read".to_owned()),
        Stated::Nothing if found.sequence > 1 => Some("the head was missing".to_owned()),
        _ => None,
    }
}

fn broken(fault: impl Into<String>, file: Option<String>) -> NewEntry {
    NewEntry::by_itself(Kind::Broken, Details { fault: Some(fault.into()), file, ..Details::default() })
}

fn torn(file: String) -> NewEntry {
    let text = "a line that was not written to its end was kept aside: it had not counted as written".to_owned();
    NewEntry::by_itself(Kind::Torn, Details { text, file: Some(file), ..Details::default() })
}
