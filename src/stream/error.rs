//! Why a pipeline stops.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use super::committer::CommitFault;
use crate::decode::StoreError as FixesError;
use crate::decode::message::MessageError;
use crate::encounter::FoldError;
use crate::source::kafka::KafkaError;
use crate::store::StoreError;

/// Why a step could not be made. The pipeline is started again from what is stored; nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The join failed: its memory is used up, most often. Retrying helps with more memory or fewer cases.
    #[error("the join of the pipeline failed: {0}")]
    Join(#[from] DataFusionError),
    /// A case does not fit in memory. Retrying helps with more memory, or without the case: see
    /// [`Pipeline::set_aside`](super::Pipeline::set_aside).
    #[error("case {case_id} does not fit in memory: it needs about {bytes} bytes; {detail}")]
    NoRoom {
        /// The largest case of the step.
        case_id: String,
        /// What it needs, at least.
        bytes: usize,
        /// What was refused.
        detail: String,
    },
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
    /// The store cannot be read or written; [`StoreError::retryable`] says whether it may pass.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored event cannot be read again: the table was changed, or written by another version. Retrying does not help.
    #[error("a stored event of case {case_id} cannot be read: {detail}")]
    StoredEvent {
        /// The case.
        case_id: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Messages could not be decoded: the source of schemas does not answer, most often. Retrying helps then.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Flags could not be handed to the brokers. Retrying helps once they answer.
    #[error("flags could not be said: {0}")]
    Kafka(#[from] KafkaError),
    /// Flags were handed over and not delivered. Retrying helps once the brokers answer.
    #[error("{count} flags were not delivered: {reason}")]
    Undelivered {
        /// How many.
        count: usize,
        /// Why the first was not.
        reason: String,
    },
    /// The store was filled in another way, whose messages are counted apart: the revisions of the two could not be
    /// compared. Retrying does not help.
    #[error("the records in this store came {came}: {advice}")]
    OtherFeed {
        /// How they came.
        came: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The store was begun with other parameters. Retrying does not help.
    #[error(
        "this store was begun with other parameters: {differences}: what they said would stay beside what is said now; \
         give the same parameters, or another store (--data)"
    )]
    OtherParams {
        /// Each that differs, with both values.
        differences: String,
    },
    /// The store has flags, and does not say with which parameters they were computed. Retrying does not help.
    #[error(
        "this store has flags and does not say with which parameters they were computed (it was written by another \
         version): give another store (--data)"
    )]
    ParamsNotStated,
    /// The topics have another number of partitions than when the store was begun. Retrying does not help.
    #[error(
        "the topics have {given} partitions now and had {before} when this store was begun: the records of a case would \
         be in two partitions and would not meet; make new topics with the number that you want, send the records \
         there again, and give another store (--data)"
    )]
    OtherPartitions {
        /// How many there are.
        given: i32,
        /// How many there were.
        before: String,
    },
    /// Rows were not committed. The pipeline is started again.
    #[error(transparent)]
    Commit(#[from] CommitFault),
    /// A pipeline panicked: a defect. Retrying may help.
    #[error("a pipeline ended unexpectedly: {0}")]
    Defect(String),
    /// The case's tables do not belong together: a defect. Retrying does not help.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl StreamError {
    /// Whether nothing helps but other settings, other topics or another store.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::OtherFeed { .. }
                | Self::OtherParams { .. }
                | Self::ParamsNotStated
                | Self::OtherPartitions { .. }
                | Self::Kafka(KafkaError::UnequalPartitions { .. })
        )
    }
}
