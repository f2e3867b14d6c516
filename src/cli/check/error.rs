//! What stops a check.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use datafusion::common::DataFusionError;

use crate::cli::{CaseArgs, UsageError};
use crate::decode::{DecodeError, StoreError};
use crate::encounter::FoldError;
use crate::evaluate::scenes::ScenesError;
use crate::model::ParamsError;
use crate::sink::SinkError;

/// A check that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Wrong usage: exit code 2.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// A parameter that cannot be used: exit code 2.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// A profile that is not known, or cannot be read: exit code 2.
    #[error("--profile {name}: {detail}")]
    Profile {
        /// As given.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// A file could not be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Fixes could not be kept or read back.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The join failed; for want of memory, `--memory-mib` helps.
    #[error("the join failed: {0}")]
    Join(#[from] DataFusionError),
    /// A defect of Locard's: the encounters could not be put together.
    #[error("the encounters could not be put together: {0}")]
    Fold(#[from] FoldError),
    /// A search of other people's data without an authority or a purpose: exit code 2.
    #[error(transparent)]
    Authority(ScenesError),
    /// A search of other people's data that cannot be written down, and so is not answered. A disk that is full or a folder
    /// that may not be written are the reasons; when they are mended, retrying helps.
    #[error("the search is not answered, for it cannot be written to the audit: {0}")]
    NotNoted(String),
    /// A case of a store that cannot be evaluated.
    #[error("case {case} of {data}: {detail}")]
    Stored {
        /// The store, as given.
        data: String,
        /// The case.
        case: String,
        /// What is wrong.
        detail: String,
    },
    /// The report could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A file could not be made.
    #[error("cannot write {}: {source}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file could not be written to its end.
    #[error("{}: {source}", path.display())]
    Out {
        /// The file.
        path: PathBuf,
        /// What stopped it.
        source: SinkError,
    },
    /// A figure could not be drawn. A defect of Locard's.
    #[error("the timeline could not be drawn: {0}")]
    Draw(String),
    /// Output would go over a file that is read: exit code 2.
    #[error("{option} {} is one of the files to be checked, and would be overwritten: name another", path.display())]
    Overwrites {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// More targets or fixes than can be numbered.
    #[error("{0} records are more than 4,294,967,295: check fewer files at a time")]
    TooMany(u64),
}

impl CheckError {
    /// A fault of the file that `--rejects` names.
    pub(super) fn rejects(args: &CaseArgs, source: SinkError) -> Self {
        Self::Out { path: args.rejects.clone().unwrap_or_default(), source }
    }

    /// Whether the command was used wrongly, rather than given input that cannot be used.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Usage(_) | Self::Params(_) | Self::Authority(_) | Self::Profile { .. } | Self::Overwrites { .. }
        )
    }

    /// Whether the reader of the output went away.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Sink(e) if e.is_broken_pipe())
    }
}

pub(in crate::cli) fn create(path: &Path) -> Result<BufWriter<File>, CheckError> {
    let fault = |source| CheckError::Create { path: path.to_owned(), source };
    File::create(path).map(BufWriter::new).map_err(fault)
}
