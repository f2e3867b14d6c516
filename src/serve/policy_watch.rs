//! The folder of policies, looked at while the server runs: what was changed there is in force seconds later.
//!
//! ```text
//!  read ─ as handled ─────────────────────────> nothing
//!    └─ other texts ─> read again, the same? ─ no ──> they are still being written
//!                            └ yes ─> checked ─> in force, and written down; or, with a fault, those from before stay
//! ```
//! Invariant: policies are used as a whole, and only if the folder held the same at two looks: an editor that has written half
//! of a file may have left out the rule that forbids.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::gate::AccountGate;
use crate::access::PolicySources;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);

/// What a folder holds, or why it cannot be read.
type Found = Result<PolicySources, String>;

/// Watches a folder of policies.
#[derive(Debug)]
pub struct PolicyWatch {
    folder: PathBuf,
    last: Found,
    /// What was found last is in force, or was said to be wrong.
    handled: bool,
}

impl PolicyWatch {
    /// Of a folder from which these are in force.
    #[must_use]
    pub const fn new(folder: PathBuf, in_force: PolicySources) -> Self {
        Self { folder, last: Ok(in_force), handled: true }
    }

    /// Looks again and again, until it is dropped.
    pub async fn run(mut self, gate: Arc<AccountGate>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look(&gate).await;
        }
    }

    /// Looks once. What cannot be written down is tried again at the next look.
    pub async fn look(&mut self, gate: &AccountGate) {
        let folder = self.folder.clone();
        let read = tokio::task::spawn_blocking(move || PolicySources::folder(&folder).map_err(|e| e.to_string())).await;
        let found = read.unwrap_or_else(|e| Err(e.to_string()));
        if found != self.last {
            (self.last, self.handled) = (found, false);
        } else if !self.handled {
            let checked = found.and_then(|sources| sources.check().map_err(|e| e.to_string()));
            let written = match checked {
                Ok(policies) => gate.adopt(policies).await,
                Err(fault) => gate.keep(&fault).await,
            };
            self.handled = written.is_ok();
        }
    }
}

#[cfg(test)]
#[path = "policy_watch_tests.rs"]
mod tests;
