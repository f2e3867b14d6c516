//! The log's files: each is named by the number of its first entry, so that order and gaps show in their names.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// The most bytes of a line; what is longer is no entry of ours.
pub(super) const MAX_LINE_BYTES: u64 = 16 << 20;

/// A file of the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogFile {
    /// The number of its first entry, by its name.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

impl LogFile {
    pub(super) fn of(folder: &Path, first: u64) -> Self {
        Self { first, path: folder.join(format!("audit-{first:012}.jsonl")) }
    }

    /// Its name without its folder.
    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// The files of a log in their order; other files are left out.
pub(super) fn log_files(folder: &Path) -> io::Result<Vec<LogFile>> {
    let mut files = Vec::new();
    for name in names(folder)? {
        let digits = name.strip_prefix("audit-").and_then(|n| n.strip_suffix(".jsonl"));
        let first = digits.filter(|d| d.bytes().all(|b| b.is_ascii_digit())).and_then(|d| d.parse().ok());
        files.extend(first.map(|first| LogFile { first, path: folder.join(&name) }));
    }
    files.sort();
    Ok(files)
}

/// The files that torn lines were kept in, of lines that would have been entry `sequence`.
pub(super) fn torn_files(folder: &Path, sequence: u64) -> io::Result<Vec<String>> {
    let stem = torn_name(sequence, 0);
    let mut found = names(folder)?;
    found.retain(|n| n.strip_prefix(&stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')));
    found.sort();
    Ok(found)
}

pub(super) fn torn_name(sequence: u64, nth: u32) -> String {
    if nth == 0 { format!("torn-{sequence}") } else { format!("torn-{sequence}-{nth}") }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

/// A line of a file, without its newline.
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// From 1.
    pub(super) number: u64,
    /// Whether a newline ends it.
    pub(super) whole: bool,
}

/// Reads the lines of a file's first `until` bytes. Of a line that is too long its beginning is given.
pub(super) fn each_line<E: From<io::Error>>(
    path: &Path,
    until: u64,
    mut each: impl FnMut(Line<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?.take(until));
    let (mut bytes, mut number) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        number += 1;
        let mut whole = bytes.pop_if(|b| *b == b'\n').is_some();
        if !whole && u64::try_from(bytes.len()).is_ok_and(|n| n == MAX_LINE_BYTES) {
            whole = reader.skip_until(b'\n')? > 0;
        }
        each(Line { bytes: &bytes, number, whole })?;
    }
}
