//! What stops a report from being written.

use std::io;

use datafusion::arrow::error::ArrowError;
use datafusion::parquet::errors::ParquetError;

/// A report that could not be written; the report itself is sound. Retrying helps if the place it goes to recovers.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The output could not be written to.
    #[error("cannot write the report: {0}")]
    Io(#[from] io::Error),
    /// JSON or `GeoJSON` could not be written.
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// CSV could not be written.
    #[error("cannot write the report as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The table of proximities could not be formed.
    #[error("cannot form the table of proximities: {0}")]
    Arrow(#[from] ArrowError),
    /// Parquet could not be written.
    #[error("cannot write the report as Parquet: {0}")]
    Parquet(#[from] ParquetError),
}

impl SinkError {
    /// The reader of the output went away (`locard check ... | head`): nothing is wrong, and nothing needs saying.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Io(e) => e.kind() == io::ErrorKind::BrokenPipe,
            Self::Json(e) => e.io_error_kind() == Some(io::ErrorKind::BrokenPipe),
            Self::Csv(e) => matches!(e.kind(), csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::BrokenPipe),
            Self::Arrow(_) | Self::Parquet(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{Form, sample, write_report};

    struct Closed;

    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_recognised_in_every_streamed_form() {
        for form in [Form::Text, Form::Json, Form::Csv, Form::GeoJson] {
            let error = write_report(form, &sample::report(), &mut Closed).unwrap_err();
            assert!(error.is_broken_pipe(), "{form}: {error}");
        }
        assert!(!SinkError::Io(io::ErrorKind::StorageFull.into()).is_broken_pipe());
    }
}
