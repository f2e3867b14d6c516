//! Reads a log's entries for people.

use std::io;
use std::path::Path;

use super::files::{each_line, log_files};
use super::line::read_entry;
use super::{AuditError, Entry};

/// Gives each entry in the order it stands, and `None` for a line that holds none. Nothing is verified.
///
/// # Errors
/// [`AuditError::Io`] if a file cannot be read, [`AuditError::Output`] for what `each` says.
pub fn each_entry(folder: &Path, mut each: impl FnMut(Option<&Entry>) -> io::Result<()>) -> Result<(), AuditError> {
    /// Whose fault it was.
    enum Ended {
        Reading(io::Error),
        Output(io::Error),
    }
    impl From<io::Error> for Ended {
        fn from(error: io::Error) -> Self {
            Self::Reading(error)
        }
    }
    for file in log_files(folder).map_err(AuditError::io(folder))? {
        let read = each_line(&file.path, u64::MAX, |line| each(read_entry(line.bytes).as_ref()).map_err(Ended::Output));
        match read {
            Err(Ended::Reading(error)) => return Err(AuditError::io(&file.path)(error)),
            Err(Ended::Output(error)) => return Err(AuditError::Output(error)),
            Ok(()) => {}
        }
    }
    Ok(())
}
