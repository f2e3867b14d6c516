//! Threads for queries, behind those of the stream and of those who answer, so that a heavy one takes little from either.

use std::io;

use tokio::runtime::{Builder, Handle};

use crate::threads::{Behind, Pool};

/// Room for the functions that walk an expression: they call themselves for each operator in it.
const STACK_BYTES: usize = 16 << 20;

/// Threads for queries.
#[derive(Debug)]
pub struct Workers(Pool);

impl Workers {
    /// So many threads, at least one.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn new(threads: usize) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads.max(1)).thread_name("query").thread_stack_size(STACK_BYTES).enable_all();
        Pool::start(&mut builder, Behind::Questions).map(Self)
    }

    /// Where work is given; that of whoever asks if they end already.
    pub(super) fn handle(&self) -> Handle {
        self.0.handle()
    }
}
