//! Why a question was not answered.

use datafusion::error::DataFusionError;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It does more than read. Asking again does not help.
    #[error("{0}: this only reads; SELECT, EXPLAIN, SHOW and DESCRIBE are answered")]
    NotARead(String),
    /// Whoever asks is not who they say, or may not. Says nothing of which.
    #[error("not allowed: {0}")]
    Refused(String),
    /// It ran into a limit.
    #[error("the query's limit of {limit} is reached: {detail}")]
    Limit {
        /// Which limit: `time`, `rows`, `memory` or `queries at once`.
        limit: &'static str,
        /// How much it is, with its unit.
        detail: String,
    },
    /// The query is wrong, or failed.
    #[error(transparent)]
    Engine(#[from] DataFusionError),
}
