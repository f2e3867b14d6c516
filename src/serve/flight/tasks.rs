//! Work that must come to its end although the call that began it is gone: a question is written down, a password's check
//! counts until it is done.

use std::sync::{Mutex, PoisonError};

use tokio::task::JoinSet;

/// Work that its caller may leave behind; dropping this ends it.
#[derive(Debug, Default)]
pub(super) struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    /// Begins some work.
    pub fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }

    /// Returns when all that was begun has ended.
    pub async fn ended(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}
