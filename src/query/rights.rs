//! What somebody may see now, and who says so. It is asked again at each question, so that what is withdrawn is gone.
//!
//! ```text
//!  question ─> Rights::check ─> Standing (accounts, policies) ─> the scope of now ─> every guarded table, when it is read
//!                                          └> may not stay: refused, and rows on their way end
//! ```

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::QueryError;
use crate::access::{Action, Context, Decision, Resource, Scope};

/// What stands behind a session after somebody has come in.
#[async_trait]
pub trait Standing: fmt::Debug + Send + Sync {
    /// What they may see now; the same pointer while that has not changed.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if they may not stay.
    async fn scope(&self) -> Result<Arc<Scope>, QueryError>;

    /// Whether they may do something.
    fn decide(&self, action: Action, about: &Resource, context: &Context) -> Decision;
}

/// What somebody may see now.
#[derive(Debug)]
pub struct Rights {
    scope: RwLock<Arc<Scope>>,
    /// How often something was taken away.
    narrowed: AtomicU64,
    standing: OnceLock<Arc<dyn Standing>>,
    /// One asks at a time, so that an older answer never takes the place of a newer one.
    asking: Mutex<()>,
}

impl Rights {
    /// What is seen until somebody says otherwise.
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope: RwLock::new(Arc::new(scope)),
            narrowed: AtomicU64::new(0),
            standing: OnceLock::new(),
            asking: Mutex::new(()),
        }
    }

    /// From now on this says what may be seen; the first stays.
    pub(super) fn stand_on(&self, standing: Arc<dyn Standing>) {
        // A second one is nobody's intention, and the first has been relied on.
        drop(self.standing.set(standing));
    }

    /// What may be seen, as it was when it was asked last.
    pub(super) fn scope(&self) -> Arc<Scope> {
        Arc::clone(&self.scope.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often something was taken away: rows that began before it went up may hold what may not be seen any more.
    pub(super) fn narrowed(&self) -> u64 {
        self.narrowed.load(Ordering::SeqCst)
    }

    /// Asks what may be seen now.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if they may not stay.
    pub(super) async fn check(&self) -> Result<(), QueryError> {
        let Some(standing) = self.standing.get() else { return Ok(()) };
        let _alone = self.asking.lock().await;
        let asked = standing.scope().await;
        let scope = asked.as_ref().map_or_else(|_| Arc::default(), Arc::clone);
        self.follow(scope);
        asked.map(drop)
    }

    fn follow(&self, scope: Arc<Scope>) {
        let mut held = self.scope.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&held, &scope) {
            return;
        }
        if !scope.covers(&held) {
            self.narrowed.fetch_add(1, Ordering::SeqCst);
        }
        *held = scope;
    }

    /// Whether they may do something; with nobody to say so, they may not.
    pub(super) fn decide(&self, action: Action, about: &Resource, context: &Context) -> Option<Decision> {
        self.standing.get().map(|standing| standing.decide(action, about, context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Stretch;

    /// Answers one after the other; none is a refusal.
    #[derive(Debug)]
    struct Answers(std::sync::Mutex<Vec<Option<Arc<Scope>>>>);

    #[async_trait]
    impl Standing for Answers {
        async fn scope(&self) -> Result<Arc<Scope>, QueryError> {
            let next = self.0.lock().unwrap().remove(0);
            next.ok_or_else(|| QueryError::Refused("shut".to_owned()))
        }

        fn decide(&self, _: Action, _: &Resource, _: &Context) -> Decision {
            Decision { allowed: true, by: Vec::new(), faults: Vec::new() }
        }
    }

    fn cases(names: &[&str]) -> Arc<Scope> {
        Arc::new(Scope::Cases(names.iter().map(|n| ((*n).to_owned(), vec![Stretch::default()])).collect()))
    }

    #[tokio::test]
    async fn what_is_taken_away_is_counted_and_what_is_added_is_not() {
        let (one, two) = (cases(&["a"]), cases(&["a", "b"]));
        let rights = Rights::new(one.as_ref().clone());
        let answers = [Some(two.clone()), Some(two), Some(one), None];
        rights.stand_on(Arc::new(Answers(std::sync::Mutex::new(answers.to_vec()))));
        let mut counts = Vec::new();
        for _ in 0..3 {
            rights.check().await.unwrap();
            counts.push(rights.narrowed());
        }
        assert_eq!(counts, [0, 0, 1]);
        assert!(rights.scope().sees_case("a") && !rights.scope().sees_case("b"));
        assert!(matches!(rights.check().await, Err(QueryError::Refused(_))));
        assert!(!rights.scope().sees_case("a") && rights.narrowed() == 2, "whoever may not stay sees nothing");
    }

    #[tokio::test]
    async fn without_anybody_who_says_so_nothing_changes_and_nothing_is_decided() {
        let rights = Rights::new(Scope::Everything);
        rights.check().await.unwrap();
        assert_eq!(*rights.scope(), Scope::Everything);
        assert!(rights.decide(Action::SearchScenes, &Resource::System, &Context::default()).is_none());
    }
}
