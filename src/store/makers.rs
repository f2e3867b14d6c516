//! Threads that make data files, below everything that flags wait for.
//!
//! ```text
//!  records ─> pipelines ─> flags        as soon as may be: threads of the usual priority
//!                 └─ rows ─> makers ─> files      what they leave over; one thread for each core
//! ```
//! A commit is the files of many cases at once. Made on threads like the others, as many as there are files, they took turns
//! with the pipelines, and a flag waited for most of them.

use std::num::NonZero;

use datafusion::common::runtime::JoinSet;
use tokio::runtime::{Builder, Handle, Runtime};

use super::append::broken;
use super::{StoreError, Table};
use crate::threads::Behind;

/// Threads that make data files.
#[derive(Debug)]
pub(super) struct Makers(Option<Runtime>);

impl Makers {
    /// As many as there are cores.
    ///
    /// # Errors
    /// [`StoreError::Threads`] if the system gives none.
    pub(super) fn new() -> Result<Self, StoreError> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(cores).thread_name("store").on_thread_start(|| Behind::Files.step_back());
        builder.build().map(|r| Self(Some(r))).map_err(StoreError::Threads)
    }

    /// Runs work on one of them. It does not begin if nobody waits for it any more.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the thread ends early, besides what the work says.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        table: Table,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut waits = JoinSet::new();
        let threads = self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone());
        waits.spawn_blocking_on(work, &threads);
        match waits.join_next().await.transpose() {
            Ok(Some(done)) => done,
            Ok(None) => Err(StoreError::Broken { table, detail: "it was not begun".to_owned() }),
            Err(e) => Err(broken(table, &e)),
        }
    }
}

impl Drop for Makers {
    fn drop(&mut self) {
        // A runtime must not wait for its threads where others wait for it.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn files_are_made_on_threads_that_step_back_and_nothing_else_is() {
        let before = Behind::niceness().unwrap();
        let made = Makers::new().unwrap().run(Table::Fixes, || Ok(Behind::niceness())).await.unwrap().unwrap();
        assert_eq!(Behind::niceness(), Some(before));
        assert!(made == 10 || before > 10, "{made}, and the process {before}");
    }

    #[tokio::test]
    async fn work_that_breaks_off_is_an_error_that_may_pass() {
        let makers = Makers::new().unwrap();
        let broken =
            makers.run::<()>(Table::Fixes, || std::panic::resume_unwind(Box::new("a defect"))).await.unwrap_err();
        assert!(matches!(&broken, StoreError::Broken { table: Table::Fixes, .. }) && broken.retryable(), "{broken}");
        // The thread goes on.
        assert_eq!(makers.run(Table::Fixes, || Ok(5)).await.unwrap(), 5);
    }
}
