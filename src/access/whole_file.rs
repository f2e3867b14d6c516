//! Small files that are whole or not there: written under another name, synced, then named; their folder synced too.
//!
//! Files and folders made here are readable by their owner only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// How names begin of files that are still being written; no account's name begins so.
const STAGED: &str = ".staged-";

/// Writes a file whole; what had the name before is replaced.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    staged(path, bytes, |from, to| fs::rename(from, to))
}

/// Writes a file whole; its name must be free.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    staged(path, bytes, |from, to| fs::hard_link(from, to))
}

fn staged(path: &Path, bytes: &[u8], name: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let staged = folder.join(format!("{STAGED}{:016x}", rand::random::<u64>()));
    let done = (|| {
        let mut file = private().create_new(true).write(true).open(&staged)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        name(&staged, path)
    })();
    // After a rename there is nothing left to remove; after a failure what is left is of no use.
    _ = fs::remove_file(&staged);
    done?;
    sync_folder(folder)
}

/// Options of a file that only its owner may read, where the system knows owners.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Without owners, the folder's rights must do.
    options.truncate(false);
    options
}

/// Makes a folder, and those above it, that only its owner may enter; one that is there is left as it is.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes sure that a folder's names are on the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, and its names need no syncing of ours.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// A lock that one holder has at a time, of all processes on the machine; it ends with the file.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    let file = private().create(true).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_made_once_and_nothing_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create(&path, b"one").unwrap();
        assert_eq!(create(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("x/y");
        private_folder(&inner).unwrap();
        replace(&inner.join("a"), b"one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&inner.join("a"))), (0o700, 0o600));
    }
}
