//! A file on disk: its name, its size and its SHA-256.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::{Exhibit, Sha256Hex};

use super::SourceError;

/// How much is read at a time, bytes.
const BUFFER_BYTES: usize = 1 << 20;

/// Names a file as an exhibit: reads all its bytes once. `progress` is told how many bytes have been read so far.
///
/// # Errors
/// [`SourceError`] if it cannot be read or is a folder.
pub fn identify(path: &Path, progress: &dyn Fn(u64)) -> Result<Exhibit, SourceError> {
    let mut file = open(path)?;
    let fault = |source| SourceError::Io { file: path.display().to_string(), source };
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0_u64;
    loop {
        let n = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(fault(e)),
        };
        hasher.update(buffer.get(..n).unwrap_or(&[]));
        bytes += n as u64;
        progress(bytes);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Ok(Exhibit { name: name_of(path), sha256: Sha256Hex::from_bytes(&digest), bytes })
}

/// The file's name without its folder, fit to be shown.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| super::names::label(&n.to_string_lossy()))
}

/// Opens a file to read it.
pub(super) fn open(path: &Path) -> Result<File, SourceError> {
    let fault = |source| SourceError::Io { file: path.display().to_string(), source };
    let file = File::open(path).map_err(fault)?;
    if file.metadata().map_err(fault)?.is_dir() {
        return Err(SourceError::Folder { file: path.display().to_string() });
    }
    Ok(file)
}

/// Copies a stream to a nameless temporary file, so that it can be read in any order.
///
/// The stream's own limits bound the copy; the system removes the file when it is closed, also after a crash.
///
/// # Errors
/// [`SourceError`] if the stream breaks or the disk is full.
pub fn spool(reader: &mut dyn BufRead, label: &str) -> Result<File, SourceError> {
    let fault = |source| SourceError::from_io(label, source);
    let mut file = tempfile::tempfile().map_err(fault)?;
    io::copy(reader, &mut file).map_err(fault)?;
    file.seek(SeekFrom::Start(0)).map_err(fault)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_digest_is_of_the_bytes_and_progress_reaches_the_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc.csv");
        std::fs::write(&path, "abc").unwrap();
        let seen = Cell::new(0);
        let exhibit = identify(&path, &|n| seen.set(n)).unwrap();
        // FIPS 180-2, appendix B.1.
        assert_eq!(exhibit.sha256.as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((exhibit.name.as_str(), exhibit.bytes, seen.get()), ("abc.csv", 3, 3));
        assert!(matches!(identify(dir.path(), &|_| ()), Err(SourceError::Folder { .. })));
        assert!(matches!(identify(&dir.path().join("none"), &|_| ()), Err(SourceError::Io { .. })));
    }
}
