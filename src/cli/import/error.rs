//! What stops an import.

use std::io;

use datafusion::arrow::error::ArrowError;

use crate::cli::check::CheckError;
use crate::decode::DecodeError;
use crate::source::kafka::KafkaError;
use crate::store::StoreError;
use crate::stream::{CommitFault, StreamError};

/// An import that could not be finished; given again, it goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Wrong usage: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A profile that cannot be used: exit code 2.
    #[error(transparent)]
    Profile(#[from] CheckError),
    /// A file could not be read; the decoder's error says whether retrying helps.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A file is not what it was when it was stored. Give it again.
    #[error("{file} changed while it was imported: give it again")]
    Changed {
        /// The file.
        file: String,
    },
    /// The store failed; [`StoreError::retryable`] says whether retrying helps.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Matching the records failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The brokers do not answer, or refuse. Retrying helps once they do not.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The brokers did not take what they were sent. Retrying helps once they do.
    #[error("{count} messages were not delivered: {reason}")]
    Undelivered {
        /// How many.
        count: usize,
        /// Why the first was not.
        reason: String,
    },
    /// Another import is writing to the same table; retrying helps.
    #[error("another import was faster")]
    Contended,
    /// Rows could not be put together: a defect of Locard's.
    #[error("rows could not be put together: {0}")]
    Rows(#[from] ArrowError),
    /// Standard output could not be written to.
    #[error("cannot write what was imported: {0}")]
    Output(#[from] io::Error),
    /// A defect of Locard's.
    #[error("the import ended unexpectedly: {0}")]
    Defect(String),
}

impl ImportError {
    /// Whether the command was used wrongly, rather than given input that cannot be used.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Usage(_) | Self::Kafka(KafkaError::Config { .. }) => true,
            Self::Profile(e) => e.is_usage(),
            _ => false,
        }
    }

    /// Whether the reader of the output went away: what was imported is stored all the same.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether the fault is one file's, and the others can be imported.
    pub(super) const fn is_of_file(&self) -> bool {
        match self {
            Self::Decode(e) => !matches!(e, DecodeError::Sink { .. } | DecodeError::Profile { .. }),
            Self::Changed { .. } => true,
            _ => false,
        }
    }

    /// Whether another import was faster and this one is to begin again.
    pub(super) const fn is_contended(&self) -> bool {
        matches!(self, Self::Contended | Self::Stream(StreamError::Commit(CommitFault::Taken { .. })))
    }
}
