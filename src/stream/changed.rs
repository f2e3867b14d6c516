//! Which cases have more in the tables than before, for whoever works out more of them than flags.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The cases that have changed since they were taken last; a clone is the same set. It fills once somebody listens.
#[derive(Debug, Clone, Default)]
pub struct Changed(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    heard: AtomicBool,
    cases: Mutex<BTreeSet<String>>,
    told: Notify,
}

impl Changed {
    /// Says that somebody takes the cases from now on.
    pub fn listen(&self) {
        self.0.heard.store(true, Ordering::SeqCst);
    }

    /// Notes cases whose records, and all that follows from them, are in the tables.
    pub fn note<'a>(&self, cases: impl IntoIterator<Item = &'a String>) {
        if !self.0.heard.load(Ordering::SeqCst) {
            return;
        }
        self.held().extend(cases.into_iter().cloned());
        self.0.told.notify_one();
    }

    /// The cases since the last time, none if there are none.
    #[must_use]
    pub fn now(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.held())
    }

    /// The cases since the last time, once there are some.
    pub async fn take(&self) -> BTreeSet<String> {
        loop {
            let cases = self.now();
            if !cases.is_empty() {
                return cases;
            }
            self.0.told.notified().await;
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_kept_for_nobody_and_nothing_is_lost_between_two_looks() {
        let changed = Changed::default();
        let note = |names: &[&str]| changed.note(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        note(&["before"]);
        assert!(changed.now().is_empty());
        changed.clone().listen();
        note(&["b", "a"]);
        note(&["b"]);
        assert_eq!(changed.take().await, ["a", "b"].map(str::to_owned).into());
        assert!(changed.now().is_empty());
        let (waiting, ()) = tokio::join!(changed.take(), async { note(&["c"]) });
        assert_eq!(waiting, ["c".to_owned()].into());
    }
}
