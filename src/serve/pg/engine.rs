//! The threads that questions run on: not those that talk to clients, so that a question that computes without a pause
//! holds up no cancel, no time limit and no other client.

use std::sync::Arc;

use datafusion::common::runtime::SpawnedTask;
use tokio::runtime::{Builder, Runtime};

/// Threads beyond the cores: timers and the disk go on when each core computes.
const SPARE: usize = 2;

/// The threads that questions run on.
#[derive(Debug)]
pub(super) struct Engine(Option<Runtime>);

impl Engine {
    /// As many threads as there are cores, and some.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn start() -> std::io::Result<Arc<Self>> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let runtime =
            Builder::new_multi_thread().worker_threads(cores + SPARE).thread_name("pg-query").enable_all().build()?;
        Ok(Arc::new(Self(Some(runtime))))
    }

    /// Runs work on them; it ends with what is returned.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> SpawnedTask<T> {
        let _there = self.0.as_ref().map(Runtime::enter);
        SpawnedTask::spawn(work)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Waiting for threads is not allowed where this may be dropped.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
