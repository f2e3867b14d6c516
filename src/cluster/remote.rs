//! A cluster as those who ask see it: some of their plans run there.

use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::serde::protobuf::KeyValuePair;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::analyze::AnalyzeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;

use super::client::{Job, ask};
use super::{Address, codec, shape, state};
use crate::query::Elsewhere;

/// Which plans go to the cluster. What reads no files never does, nor EXPLAIN, nor EXPLAIN ANALYZE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All that read files. One that cannot be carried is an error that names the operator.
    All,
    /// Those that read files of so many bytes together, or more, and can be carried; the others run here.
    From(u64),
}

/// A cluster, by its scheduler.
#[derive(Debug, Clone)]
pub struct Cluster {
    address: Address,
    share: Share,
    parts: usize,
}

impl Cluster {
    /// Into how many parts a question is divided unless it is said.
    pub const PARTS: usize = 16;

    /// The cluster of a scheduler. Nothing is asked of it yet.
    #[must_use]
    pub const fn new(address: Address, share: Share) -> Self {
        Self { address, share, parts: Self::PARTS }
    }

    /// With questions divided into so many parts: as many tasks of one step can run at once.
    #[must_use]
    pub const fn in_parts(mut self, parts: usize) -> Self {
        self.parts = parts;
        self
    }

    /// The plan as it is carried; none if it is to run here.
    fn carried(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Vec<u8>>> {
        if plan.is::<AnalyzeExec>() {
            return Ok(None);
        }
        let shaped = shape::shaped(Arc::clone(plan))?;
        let Some(bytes) = shape::bytes_read(&shaped)? else { return Ok(None) };
        match (self.share, codec::bytes(&shaped)) {
            (Share::From(least), _) if bytes < least => Ok(None),
            (_, Ok(carried)) => Ok(Some(carried)),
            (Share::All, Err(error)) => Err(DataFusionError::External(Box::new(error))),
            (Share::From(_), Err(error)) => {
                tracing::info!(target: "locard::cluster", %error, "a large question runs here");
                Ok(None)
            }
        }
    }
}

/// The settings of a question, as they travel with it.
fn settings(config: &SessionConfig) -> Vec<KeyValuePair> {
    let entries = config.options().entries().into_iter();
    entries.map(|entry| KeyValuePair { key: entry.key, value: entry.value }).collect()
}

#[async_trait]
impl Elsewhere for Cluster {
    fn settings(&self, config: SessionConfig) -> SessionConfig {
        state::carried(config, self.parts)
    }

    async fn run(&self, plan: Arc<dyn ExecutionPlan>, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(carried) = self.carried(&plan)? else { return execute_stream(plan, task) };
        let job = Job {
            plan: carried,
            settings: settings(task.session_config()),
            session: task.session_id(),
            schema: plan.schema(),
        };
        ask(self.address.clone(), job).await.map_err(|e| DataFusionError::External(Box::new(e)))
    }
}
