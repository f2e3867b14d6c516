//! Why a pipeline stops.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use crate::decode::StoreError as FixesError;
use crate::encounter::FoldError;

/// Why a step could not be made. The pipeline is started again from what is stored; nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The join failed: its memory is used up, most often. Retrying helps with more memory or fewer cases.
    #[error("the join of the pipeline failed: {0}")]
    Join(#[from] DataFusionError),
    /// A batch of fixes lacks a column. Retrying does not help.
    #[error("a batch of fixes has no usable column `{column}`")]
    Columns {
        /// The column.
        column: &'static str,
    },
    /// A batch is not one of fixes. Retrying does not help.
    #[error(transparent)]
    Fixes(#[from] FixesError),
    /// Rows could not be put together. Retrying does not help.
    #[error("rows of a batch could not be put together: {0}")]
    Arrow(#[from] ArrowError),
    /// The case's tables do not belong together: a defect. Retrying does not help.
    #[error(transparent)]
    Fold(#[from] FoldError),
}
