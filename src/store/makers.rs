//! Threads that make data files, below everything that flags wait for.
//!
//! ```text
//!  records ─> pipelines ─> flags        as soon as may be: threads of the usual priority
//!                 └─ rows ─> makers ─> files      what they leave over; one thread for each core
//! ```
//! A commit is the files of many cases at once. Made on threads like the others, as many as there are files, they took turns
//! with the pipelines, and a flag waited for most of them.

use std::num::NonZero;
use std::sync::OnceLock;

use datafusion::common::runtime::SpawnedTask;
use tokio::runtime::Builder;

use super::append::broken;
use super::{StoreError, Table};
use crate::threads::{Behind, Pool};

/// Threads that make data files; there are none before the first is made.
#[derive(Debug, Default)]
pub(super) struct Makers(OnceLock<Pool>);

impl Makers {
    /// Runs work on one of them. It does not begin if nobody waits for it any more.
    ///
    /// # Errors
    /// [`StoreError::Threads`] if the system gives none, [`StoreError::Broken`] if one ends early; besides what the work says.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        table: Table,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let begun = {
            let threads = self.threads()?.handle();
            let _there = threads.enter();
            SpawnedTask::spawn_blocking(work)
        };
        begun.await.map_err(|e| broken(table, &e))?
    }

    /// As many as there are cores.
    fn threads(&self) -> Result<&Pool, StoreError> {
        if let Some(pool) = self.0.get() {
            return Ok(pool);
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(cores).thread_name("store");
        let pool = Pool::start(&mut builder, Behind::Files).map_err(StoreError::Threads)?;
        // Of two that come at once one is first.
        Ok(self.0.get_or_init(|| pool))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn files_are_made_on_threads_that_step_back_and_nothing_else_is() {
        let before = Behind::niceness().unwrap();
        let made = Makers::default().run(Table::Fixes, || Ok(Behind::niceness())).await.unwrap().unwrap();
        assert_eq!(Behind::niceness(), Some(before));
        assert!(made == 10 || before > 10, "{made}, and the process {before}");
    }

    #[tokio::test]
    async fn work_that_breaks_off_is_an_error_that_may_pass() {
        let makers = Makers::default();
        let broken =
            makers.run::<()>(Table::Fixes, || std::panic::resume_unwind(Box::new("a defect"))).await.unwrap_err();
        assert!(matches!(&broken, StoreError::Broken { table: Table::Fixes, .. }) && broken.retryable(), "{broken}");
        // The thread goes on.
        assert_eq!(makers.run(Table::Fixes, || Ok(5)).await.unwrap(), 5);
    }
}
