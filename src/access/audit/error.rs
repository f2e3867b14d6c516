//! Why an entry could not be written, or the log not be read.

use std::io;
use std::path::{Path, PathBuf};

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file cannot be read or written; retrying may help. What was to be written does not count as written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Neither the last line nor the head says where the chain stands: it cannot go on.
    #[error("{}: neither its last line nor the file `head` says where the chain stands: see locard audit verify", path.display())]
    NoTail {
        /// The file.
        path: PathBuf,
    },
    /// An entry cannot be written as JSON.
    #[error("an entry cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// Who reads the entries stopped.
    #[error("{0}")]
    Output(io::Error),
}

impl AuditError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}
