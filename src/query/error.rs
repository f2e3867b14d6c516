//! Why a question was not answered.

use datafusion::error::DataFusionError;

use crate::store::StoreError;

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
        /// Which limit: `time`, `rows`, `memory`, `size` or `queries at once`.
        limit: &'static str,
        /// How much it is, with its unit.
        detail: String,
    },
    /// `AS OF` is written in a way that cannot be read.
    #[error("AS OF: {0}")]
    AsOf(String),
    /// The store is not at the address, or the address is none.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The query is wrong, or failed.
    #[error(transparent)]
    Engine(#[from] DataFusionError),
}

impl QueryError {
    /// An error of the engine, as ours if it is a refusal that the engine carried up from a table.
    pub(super) fn of_engine(error: DataFusionError) -> Self {
        let refused = match error.find_root() {
            DataFusionError::External(inner) => match inner.downcast_ref::<Self>() {
                Some(Self::Refused(why)) => Some(why.clone()),
                _ => None,
            },
            _ => None,
        };
        refused.map_or_else(|| Self::Engine(error), Self::Refused)
    }
}
