//! Threads for queries, behind those of the stream and of those who answer, so that a heavy one takes little from either.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::threads::Behind;

/// Room for the functions that walk an expression: they call themselves for each operator in it.
const STACK_BYTES: usize = 16 << 20;

/// Threads for queries.
#[derive(Debug)]
pub struct Workers(Option<Runtime>);

impl Workers {
    /// So many threads, at least one.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn new(threads: usize) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads.max(1)).thread_name("query").thread_stack_size(STACK_BYTES).enable_all();
        builder.on_thread_start(|| Behind::Questions.step_back());
        builder.build().map(|r| Self(Some(r)))
    }

    /// Where work is given; that of whoever asks if they end already.
    pub(super) fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |r| r.handle().clone())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // A runtime must not wait for its threads where others wait for it.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
