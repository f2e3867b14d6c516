//! Where else than in this process plans may run.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;

/// Where else plans may run.
///
/// A plan that it is given is finished: what its viewer may see has been decided in it, and nothing of that is asked again.
#[async_trait]
pub trait Elsewhere: Debug + Send + Sync {
    /// The settings under which a plan is made that can be taken elsewhere.
    fn settings(&self, config: SessionConfig) -> SessionConfig;

    /// The rows of a finished plan: from there, or from here if it is none for there.
    ///
    /// # Errors
    /// If the plan must run there and cannot, or fails.
    async fn run(&self, plan: Arc<dyn ExecutionPlan>, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream>;
}
