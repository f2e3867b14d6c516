//! The policies in force: one set for everybody, until another takes its place.

use std::sync::{Arc, PoisonError, RwLock};

use super::Policies;

/// The policies by which is decided now; a clone is the same.
#[derive(Debug, Clone)]
pub struct InForce(Arc<RwLock<Policies>>);

impl InForce {
    /// These, until others are put in force.
    #[must_use]
    pub fn new(policies: Policies) -> Self {
        Self(Arc::new(RwLock::new(policies)))
    }

    /// Those of this moment. What is decided by one of them after the other is decided by the same.
    #[must_use]
    pub fn now(&self) -> Policies {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts others in force, for whoever asks from now on.
    pub fn put(&self, policies: Policies) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = policies;
    }
}
