//! What stops the decoding of a whole block. A bad message never does: it becomes a reject.

use datafusion::arrow::error::ArrowError;

use super::SchemaError;

/// A block that could not be decoded; nothing of it was kept, and it can be given again.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The source of schemas could not be asked. Retrying helps once it answers.
    ///
    /// The messages are not rejected: what is in them does not depend on a registry that is down for a minute.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The block is of another topic. Retrying does not help.
    #[error("a block of the topic `cases` was given to the decoder of fixes")]
    Topic,
    /// The rows do not make a batch. Retrying does not help.
    #[error("the rows of partition {partition} do not make a batch: {source}")]
    Batch {
        /// The partition.
        partition: i32,
        /// What Arrow said.
        source: ArrowError,
    },
}

impl MessageError {
    /// Whether the same block may be decoded later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Schema(_))
    }
}
