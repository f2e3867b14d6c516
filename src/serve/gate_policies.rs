//! By which policies the gate decides: written down at a start and whenever others take their place.

use super::gate::AccountGate;
use crate::access::Policies;
use crate::access::audit::{Details, Kind, NewEntry};
use crate::query::QueryError;

impl AccountGate {
    /// Writes down by which policies is decided: at a start.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if it cannot be written: nothing is to be answered then.
    pub async fn say_policies(&self) -> Result<(), QueryError> {
        let text = format!("in force: {}", self.policies().now().digest());
        self.write(NewEntry::by_itself(Kind::Policies, Details { text, ..Details::default() })).await
    }

    /// Puts other policies in force, for sessions that are open too, once that is written down. Those that are in force stay.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if it cannot be written down: those from before stay in force.
    pub async fn adopt(&self, policies: Policies) -> Result<(), QueryError> {
        let before = self.policies().now();
        if before.digest() == policies.digest() {
            return Ok(());
        }
        let text = format!("in force: {}, before: {}", policies.digest(), before.digest());
        self.write(NewEntry::by_itself(Kind::Policies, Details { text, ..Details::default() })).await?;
        tracing::info!(target: "locard::audit", before = before.digest(), now = policies.digest(), "other policies are in force");
        self.policies().put(policies);
        Ok(())
    }

    /// Writes down that policies were changed and cannot be used, so that those from before stay in force.
    ///
    /// # Errors
    /// [`QueryError::Refused`] if it cannot be written down.
    pub async fn keep(&self, fault: &str) -> Result<(), QueryError> {
        let kept = self.policies().now();
        tracing::error!(target: "locard::audit", fault, in_force = kept.digest(), "changed policies cannot be used");
        let text = format!("still in force: {}", kept.digest());
        self.write(NewEntry::by_itself(
            Kind::Policies,
            Details { text, fault: Some(fault.to_owned()), ..Details::default() },
        ))
        .await
    }
}
