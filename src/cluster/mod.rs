//! Beyond one machine: a question's plan, made here, is divided among executors of Apache DataFusion Ballista.
//!
//! ```text
//!  SQL ─> plan, guarded for its viewer ─> shape ─> bytes ─> scheduler ─┬─> executor ─┐ exchange files
//!  (this process: rights, limits, audit)           codec               └─> executor ─┘
//!  rows <──────────────────────────────────────────────────────────────────┘
//! ```
//! The invariant: what a viewer may see is decided in the plan before it leaves this process, and the rows are those of one
//! process. Scheduler and executors know functions, operators and files, and nothing of people: whoever reaches their ports
//! reads what the executors can read, so their network must be closed.
//!
//! What cannot be carried is told by the operator's name, or stays here: [`Cluster`] says which.

mod address;
mod client;
mod codec;
mod error;
mod executor;
mod remote;
mod scheduler;
mod shape;
mod state;

pub use address::Address;
pub use error::ClusterError;
pub use executor::{ExecutorOptions, execute};
pub use remote::{Cluster, Share};
pub use scheduler::{SchedulerOptions, schedule};

/// The longest message between processes: a plan with what people said of all cases in it, or a batch of rows.
const MESSAGE_BYTES: u32 = 256 << 20;
