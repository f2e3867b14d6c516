//! What stops `locard sql`.

use std::io;
use std::path::Path;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::parquet::errors::ParquetError;

/// Why a query gave no result, or not all of it. Only [`SqlError::Output`] may go away by retrying.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The arguments cannot be used together; exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A file cannot be read as a table; exit code 1.
    #[error("{file}: {detail}")]
    Input {
        /// The file.
        file: String,
        /// What is wrong with it, and what to do.
        detail: String,
    },
    /// The query is wrong or failed; exit code 1.
    #[error("{0}")]
    Query(String),
    /// The result could not be written; exit code 1.
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
}

impl SqlError {
    /// A file that cannot be read as a table.
    pub(in crate::cli) fn input(file: &Path, detail: impl Into<String>) -> Self {
        Self::Input { file: file.display().to_string(), detail: detail.into() }
    }

    /// Whether the arguments are at fault (exit code 2) and not the data (exit code 1).
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_))
    }
}

/// The root of the error, on its own: what wraps it names operators, and a backtrace names nothing of the user's.
impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        Self::Query(match error.find_root() {
            DataFusionError::External(ours) => ours.to_string(),
            root => root.strip_backtrace(),
        })
    }
}

impl From<ArrowError> for SqlError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, source) => Self::Output(source),
            other => Self::Query(other.to_string()),
        }
    }
}

impl From<ParquetError> for SqlError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => Self::Output(*source),
                Err(other) => Self::Query(other.to_string()),
            },
            other => Self::Query(other.to_string()),
        }
    }
}

impl From<csv::Error> for SqlError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Self::Output(source),
            other => Self::Query(format!("the result cannot be written as CSV: {other:?}")),
        }
    }
}
