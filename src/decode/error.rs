//! What stops the decoding of a whole file. A bad row never does: it becomes a reject.

use std::io;

use crate::source::SourceError;

/// A file that could not be decoded to its end.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Reading failed; retrying may help.
    #[error("cannot read {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The structure broke, so that what follows cannot be trusted; rows before it were used. Retrying does not help.
    #[error("{file} cannot be read past row {row}: {detail}")]
    Structure {
        /// The file.
        file: String,
        /// The last row that was read, from 1.
        row: u64,
        /// What the reader found.
        detail: String,
    },
    /// The content is none of the formats Locard reads. Retrying does not help; a profile may.
    #[error("{file}: {detail}; name the format with --format, or describe its columns (locard profile {file})")]
    Unknown {
        /// The file.
        file: String,
        /// What was looked at.
        detail: String,
    },
    /// A profile cannot be used. Retrying does not help.
    #[error("profile {profile}: {detail}")]
    Profile {
        /// The profile's name.
        profile: String,
        /// What is wrong in it.
        detail: String,
    },
    /// The receiver of the rows failed (memory, disk); its own error says whether retrying helps.
    #[error("{file}: rows could not be kept: {detail}")]
    Sink {
        /// The file.
        file: String,
        /// What the receiver said.
        detail: String,
    },
    /// The file could not be opened or unpacked; the source's error says whether retrying helps.
    #[error(transparent)]
    Source(#[from] SourceError),
}
