//! Why a question was not answered on the cluster, or a part of it does not run.

use std::net::SocketAddr;

use ballista_core::error::BallistaError;

use super::Address;

/// Why a question was not answered on the cluster, or a part of it does not run.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Nobody answers at the address. May pass.
    #[error("the scheduler at {address} cannot be reached: {detail}")]
    Unreachable {
        /// Where it should be.
        address: Address,
        /// What the network says.
        detail: String,
    },
    /// The question holds what cannot leave the process. Asking again does not help.
    #[error("the operator {operator} cannot be carried to the cluster: ask without it ({detail})")]
    NotCarried {
        /// The operator's name, as EXPLAIN shows it.
        operator: String,
        /// What is in the way.
        detail: String,
    },
    /// The question failed there.
    #[error("the cluster did not answer: {0}")]
    Failed(String),
    /// An executor went away with rows that it had computed. May pass.
    #[error("an executor went away with rows of the answer: {0}")]
    RowsLost(String),
    /// A process of the cluster cannot run at its address.
    #[error("{what} at {address}: {source}")]
    Process {
        /// `scheduler` or `executor`.
        what: &'static str,
        /// Where it listens.
        address: SocketAddr,
        /// What stopped it.
        source: BallistaError,
    },
    /// The engine of a process cannot be made.
    #[error(transparent)]
    Engine(#[from] datafusion::error::DataFusionError),
}
